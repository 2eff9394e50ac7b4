/* SPDX-License-Identifier: Apache-2.0 */
/* Every fault of verify_auth() is reached by a peer made for it, and a peer without that fault is let in. */
#include "scene.h"

#define MOON_SAN "subjectAltName", "DNS:moon"
#define CA_EXTENSIONS "basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign"

/* A leaf of the scene's root with further extensions. */
static struct made leaf_with(struct scene *s, const char *name, const char *value)
{
	struct recipe r = { .subject = "CN=moon", .issuer = &s->root, .extensions = { MOON_SAN, name, value } };

	return made_cert(&r);
}

static void a_good_peer_is_let_in_with_each_kind_of_key(void **state)
{
	static const struct {
		const char *type;
		unsigned bits;
		const char *scheme;
	} rows[] = {
		{ "RSA", 2048, "rsa-sha256" },   { "RSA", 2048, "rsa-sha384" },     { "RSA", 2048, "rsa-sha512" },
		{ "RSA", 2048, "rsa/pss-sha256" }, { "RSA", 2048, "rsa/pss-sha384" }, { "RSA", 2048, "rsa/pss-sha512" },
		{ "RSA", 2048, "rsa-sha1" },     { "EC", 256, "ecdsa-sha256" },     { "EC", 384, "ecdsa-sha384" },
		{ "EC", 521, "ecdsa-sha512" },   { "EC", 256, "ecdsa-sha512" },     { "ED25519", 0, "ed25519-identity" },
		{ "ED448", 0, "ed448-identity" },
	};
	struct scene s;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct recipe r = { .subject = "CN=moon", .issuer = &s.root, .extensions = { MOON_SAN } };
		struct made leaf;

		r.key = made_key(rows[i].type, rows[i].bits);
		leaf = made_cert(&r);
		scene_sign(&s, leaf.key, rows[i].scheme);
		assert_fault(scene_send_leaf(&s, &leaf), NONE);
		s.auth[s.q.auth.len - 1] ^= 1;
		assert_fault(scene_send_leaf(&s, &leaf), SIGNATURE);
	}
	scene_clear(&s);
}

static void without_a_certificate_there_is_nothing_to_verify(void **state)
{
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	scene_sign(&s, leaf.key, NULL);
	assert_fault(scene_verify(&s, SPAN_EMPTY), NO_CERT);
	assert_string_equal(s.why, "moon");
	add_cert(s.c, CREDENTIAL_CERT, "moon.pem", leaf.x);
	assert_fault(scene_verify(&s, SPAN_EMPTY), NONE);
	scene_clear(&s);
}

static void what_is_no_certificate_is_malformed(void **state)
{
	uint8_t records[8192];
	struct made leaf;
	size_t len = 0;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	scene_sign(&s, leaf.key, NULL);
	assert_fault(scene_verify(&s, span_of("\x04\x00\x02\x30\x00", 5)), MALFORMED);
	record_add(records, &len, sizeof(records), leaf.x);
	assert_fault(scene_verify(&s, span_of(records, len - 1)), MALFORMED); /* cut off */
	records[len++] = 0x05;
	records[2]++;
	assert_fault(scene_verify(&s, span_of(records, len)), MALFORMED); /* a byte behind the certificate */
	/* Other encodings are passed over. */
	assert_fault(scene_verify(&s, span_of("\x0c\x00\x02hi", 5)), NO_CERT);
	/* One that cannot be read spoils those that can. */
	len = 0;
	record_add(records, &len, sizeof(records), leaf.x);
	memcpy(&records[len], "\x04\x00\x01\x30", 4);
	assert_fault(scene_verify(&s, span_of(records, len + 4)), MALFORMED);
	scene_clear(&s);
}

static void an_extension_that_comes_twice_is_malformed(void **state)
{
	struct recipe r = { .subject = "CN=moon", .extensions = { MOON_SAN, "keyUsage", "digitalSignature", "keyUsage", "digitalSignature" } };
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), MALFORMED);
	scene_clear(&s);
}

static void an_expired_certificate_is_refused(void **state)
{
	struct recipe r = { .subject = "CN=moon", .extensions = { MOON_SAN }, .from_days = -10, .to_days = -1 };
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), EXPIRED);
	assert_string_equal(s.why, "\"CN=moon\"");
	/* The last second of its life, and the next. */
	s.q.now = MADE_NOW - DAY - 1;
	s.root = made_cert(&(struct recipe){ .subject = "CN=root", .key = s.root.key, .extensions = { CA_EXTENSIONS }, .from_days = -20, .to_days = 20 });
	add_cert(s.c, CREDENTIAL_CA, "older", s.root.x);
	assert_fault(scene_judge(&s, &leaf), NONE);
	s.q.now = MADE_NOW - DAY;
	assert_fault(scene_judge(&s, &leaf), EXPIRED);
	scene_clear(&s);
}

static void an_expired_ca_is_refused(void **state)
{
	struct recipe r = { .subject = "CN=sub", .extensions = { CA_EXTENSIONS }, .from_days = -10, .to_days = -1 };
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	sub = made_cert(&r);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), EXPIRED);
	assert_string_equal(s.why, "\"CN=sub\"");
	scene_clear(&s);
}

static void a_certificate_of_tomorrow_is_refused(void **state)
{
	struct recipe r = { .subject = "CN=moon", .extensions = { MOON_SAN }, .from_days = 1, .to_days = 10 };
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), NOT_YET_VALID);
	scene_clear(&s);
}

static void a_revoked_certificate_is_refused_however_lax_revocation_is(void **state)
{
	struct made leaf, other;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	other = made_leaf("moon", &s.root);
	add_crl(s.c, made_crl(&s.root, leaf.x, -1, 10));
	s.q.revocation = REVOCATION_RELAXED;
	assert_fault(scene_judge(&s, &leaf), REVOKED);
	assert_fault(scene_judge(&s, &other), NONE);
	s.q.revocation = REVOCATION_STRICT;
	assert_fault(scene_judge(&s, &other), NONE);
	scene_clear(&s);
}

static void a_revoked_ca_takes_its_certificates_with_it(void **state)
{
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	sub = made_ca("CN=sub", &s.root);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), NONE);
	add_crl(s.c, made_crl(&s.root, sub.x, -1, 10));
	assert_fault(scene_judge(&s, &leaf), REVOKED);
	assert_string_equal(s.why, "\"CN=sub\"");
	scene_clear(&s);
}

static void an_expired_list_still_revokes_and_no_longer_clears(void **state)
{
	struct made leaf, other;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	other = made_leaf("moon", &s.root);
	add_crl(s.c, made_crl(&s.root, leaf.x, -10, -5));
	assert_fault(scene_judge(&s, &leaf), REVOKED);
	assert_fault(scene_judge(&s, &other), NONE);
	s.q.revocation = REVOCATION_STRICT;
	assert_fault(scene_judge(&s, &other), REVOCATION_UNKNOWN);
	scene_clear(&s);
}

static void a_list_that_its_ca_did_not_sign_says_nothing(void **state)
{
	struct made impostor, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	impostor = made_ca("CN=root", NULL);
	add_crl(s.c, made_crl(&impostor, leaf.x, -1, 10));
	assert_fault(scene_judge(&s, &leaf), NONE);
	s.q.revocation = REVOCATION_STRICT;
	assert_fault(scene_judge(&s, &leaf), REVOCATION_UNKNOWN);
	scene_clear(&s);
}

static void a_list_with_a_weak_hash_or_by_a_ca_that_may_sign_none_says_nothing(void **state)
{
	struct recipe root = { .subject = "CN=rsa root", .extensions = { CA_EXTENSIONS } };
	static const struct {
		const char *digest;
		bool pss, counts;
	} rows[] = {
		{ "SHA1", false, false }, { "MD5", false, false }, { "SHA1", true, false }, { "SHA256", true, true }, { "SHA256", false, true },
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i <= ARRAY_LEN(rows); i++) {
		bool mute = i == ARRAY_LEN(rows); /* key usage without cRLSign */
		struct made ca, leaf;

		scene_init(&s);
		root.key = made_key("RSA", 2048);
		root.extensions[3] = mute ? "critical,keyCertSign" : "critical,keyCertSign,cRLSign";
		ca = made_cert(&root);
		add_cert(s.c, CREDENTIAL_CA, "rsa", ca.x);
		leaf = made_leaf("moon", &ca);
		add_crl(s.c, made_crl_by(&ca, leaf.x, mute ? "SHA256" : rows[i].digest, !mute && rows[i].pss));
		if (!mute && rows[i].counts)
			assert_fault(scene_judge(&s, &leaf), REVOKED);
		else
			assert_fault(scene_judge(&s, &leaf), NONE);
		scene_clear(&s);
	}
}

static void strict_revocation_insists_and_ifuri_only_where_a_certificate_says_whom_to_ask(void **state)
{
	struct made plain, uri, ocsp;
	struct scene s;

	(void)state;
	scene_init(&s);
	plain = made_leaf("moon", &s.root);
	uri = leaf_with(&s, "crlDistributionPoints", "URI:http://crl.example.org/root.crl");
	ocsp = leaf_with(&s, "authorityInfoAccess", "OCSP;URI:http://ocsp.example.org/");
	s.q.revocation = REVOCATION_RELAXED;
	assert_fault(scene_judge(&s, &uri), NONE);
	s.q.revocation = REVOCATION_IFURI;
	assert_fault(scene_judge(&s, &plain), NONE);
	assert_fault(scene_judge(&s, &uri), REVOCATION_UNKNOWN);
	assert_fault(scene_judge(&s, &ocsp), REVOCATION_UNKNOWN);
	s.q.revocation = REVOCATION_STRICT;
	assert_fault(scene_judge(&s, &plain), REVOCATION_UNKNOWN);
	scene_clear(&s);
}

/* RFC4945 5.1.3.2 */
static void usage_must_allow_to_sign_and_to_speak_ike(void **state)
{
	static const struct {
		const char *name, *value;
		bool good;
	} rows[] = {
		{ "keyUsage", "critical,digitalSignature", true },
		{ "keyUsage", "nonRepudiation", true },
		{ "keyUsage", "keyEncipherment", false },
		{ "keyUsage", "keyAgreement", false },
		{ "extendedKeyUsage", "serverAuth", true },
		{ "extendedKeyUsage", "clientAuth", true },
		{ "extendedKeyUsage", "anyExtendedKeyUsage", true },
		{ "extendedKeyUsage", "1.3.6.1.5.5.8.2.2", true },
		{ "extendedKeyUsage", "1.3.6.1.5.5.7.3.17", true },
		{ "extendedKeyUsage", "codeSigning,emailProtection", false },
		{ "extendedKeyUsage", "critical,timeStamping", false },
	};
	struct scene s;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made leaf = leaf_with(&s, rows[i].name, rows[i].value);

		if (rows[i].good)
			assert_fault(scene_judge(&s, &leaf), NONE);
		else
			assert_fault(scene_judge(&s, &leaf), USAGE);
	}
	scene_clear(&s);
}

static void an_intermediate_for_another_purpose_vouches_for_nobody(void **state)
{
	static const struct {
		const char *purposes;
		bool good;
	} rows[] = { { "codeSigning,emailProtection", false }, { "serverAuth,clientAuth", true }, { "1.3.6.1.5.5.7.3.17", true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct recipe r = { .subject = "CN=sub", .extensions = { CA_EXTENSIONS, "extendedKeyUsage", rows[i].purposes } };
		struct made sub, leaf;
		struct scene s;

		scene_init(&s);
		r.issuer = &s.root;
		sub = made_cert(&r);
		leaf = made_leaf("moon", &sub);
		scene_send(&s, &sub);
		if (rows[i].good) {
			assert_fault(scene_judge(&s, &leaf), NONE);
		} else {
			assert_fault(scene_judge(&s, &leaf), USAGE);
			assert_string_equal(s.why, "\"CN=sub\"");
		}
		scene_clear(&s);
	}
}

static void a_ca_whose_key_must_not_sign_certificates_is_refused_for_its_usage(void **state)
{
	struct recipe r = { .subject = "CN=sub", .extensions = { "basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,cRLSign" } };
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	sub = made_cert(&r);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), USAGE);
	scene_clear(&s);
}

static void an_end_entity_issues_no_certificates(void **state)
{
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	sub = made_cert(&(struct recipe){ .subject = "CN=sub", .issuer = &s.root }); /* not even an extension */
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), NOT_CA);
	sub = made_cert(&(struct recipe){ .subject = "CN=sub", .issuer = &s.root, .key = sub.key,
					  .extensions = { "basicConstraints", "CA:FALSE" } });
	s.more_len = 0;
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), NOT_CA);
	assert_string_equal(s.why, "\"CN=sub\"");
	scene_clear(&s);
}

static void a_ca_may_limit_how_many_follow_it(void **state)
{
	struct recipe r = { .subject = "CN=one", .extensions = { "basicConstraints", "critical,CA:TRUE,pathlen:0" } };
	struct made one, two, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	one = made_cert(&r);
	two = made_ca("CN=two", &one);
	leaf = made_leaf("moon", &one);
	scene_send(&s, &one);
	scene_send(&s, &two);
	assert_fault(scene_judge(&s, &leaf), NONE);
	leaf = made_leaf("moon", &two);
	assert_fault(scene_judge(&s, &leaf), PATH_LENGTH);
	scene_clear(&s);
}

static void a_ca_certifies_names_within_its_constraints_only(void **state)
{
	struct recipe r = { .subject = "CN=sub",
			    .extensions = { "basicConstraints", "critical,CA:TRUE", "nameConstraints",
					    "critical,permitted;DNS:example.org,excluded;DNS:secret.example.org" } };
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	sub = made_cert(&r);
	scene_send(&s, &sub);
	scene_id(&s, "moon.example.org");
	leaf = made_leaf("moon.example.org", &sub);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_id(&s, "moon.example.com");
	leaf = made_leaf("moon.example.com", &sub);
	assert_fault(scene_judge(&s, &leaf), NAME_CONSTRAINTS);
	scene_id(&s, "moon.secret.example.org");
	leaf = made_leaf("moon.secret.example.org", &sub);
	assert_fault(scene_judge(&s, &leaf), NAME_CONSTRAINTS);
	scene_clear(&s);
}

/* A CA for some addresses certifies no other by spelling it as a name, which constraints on addresses do not see. */
static void a_name_that_spells_an_address_is_no_address(void **state)
{
	struct recipe r = { .subject = "CN=sub",
			    .extensions = { "basicConstraints", "critical,CA:TRUE", "nameConstraints",
					    "critical,permitted;IP:10.0.0.0/255.0.0.0" } };
	struct recipe l = { .subject = "CN=leaf", .extensions = { "subjectAltName", "IP:10.1.2.3" } };
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	sub = made_cert(&r);
	l.issuer = &sub;
	scene_send(&s, &sub);
	scene_id(&s, "10.1.2.3");
	leaf = made_cert(&l);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_id(&s, "192.0.2.7");
	l.extensions[1] = "DNS:192.0.2.7"; /* RFC5280 4.2.1.10 */
	leaf = made_cert(&l);
	assert_fault(scene_judge(&s, &leaf), IDENTITY);
	l.extensions[1] = "IP:192.0.2.7";
	leaf = made_cert(&l);
	assert_fault(scene_judge(&s, &leaf), NAME_CONSTRAINTS);
	scene_clear(&s);
}

static void constraints_that_cannot_be_followed_are_refused_as_such(void **state)
{
	static const struct {
		const char *constraints, *san;
	} rows[] = {
		{ "critical,permitted;RID:1.2.3", "RID:1.2.3.4,DNS:moon" },               /* a type that the library does not do */
		{ "critical,DER:3014a0123010820b6578616d706c652e6f7267800101", "DNS:moon" },  /* example.org, from one label on */
		{ "critical,permitted;IP:10.0.0.0/255.0.0.0", "DER:300b82046d6f6f6e87030a0102" }, /* an address of three bytes */
	};
	struct recipe r = { .subject = "CN=sub", .extensions = { "basicConstraints", "critical,CA:TRUE", "nameConstraints" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct recipe l = { .subject = "CN=leaf", .extensions = { "subjectAltName", rows[i].san } };
		struct made sub, leaf;
		struct scene s;

		scene_init(&s);
		r.issuer = &s.root;
		r.extensions[3] = rows[i].constraints;
		sub = made_cert(&r);
		l.issuer = &sub;
		leaf = made_cert(&l);
		scene_send(&s, &sub);
		assert_fault(scene_judge(&s, &leaf), NAME_CONSTRAINTS);
		scene_clear(&s);
	}
}

static void an_unknown_critical_extension_is_refused_and_another_is_not(void **state)
{
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = leaf_with(&s, "1.3.6.1.4.1.99999.1", "critical,DER:0500");
	assert_fault(scene_judge(&s, &leaf), CRITICAL_EXTENSION);
	leaf = leaf_with(&s, "1.3.6.1.4.1.99999.1", "DER:0500");
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void a_stranger_s_ca_is_not_trusted_even_when_it_comes_along(void **state)
{
	struct made stranger, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	stranger = made_ca("CN=stranger", NULL);
	leaf = made_leaf("moon", &stranger);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	scene_send(&s, &stranger);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	leaf = made_leaf("moon", NULL); /* by itself */
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	scene_clear(&s);
}

static void a_connection_trusts_only_the_cas_it_names(void **state)
{
	struct made other, leaf;
	struct scene s;
	uint32_t anchor;

	(void)state;
	scene_init(&s);
	other = made_ca("CN=other", NULL);
	add_cert(s.c, CREDENTIAL_CA, "other.pem", other.x);
	leaf = made_leaf("moon", &other);
	assert_fault(scene_judge(&s, &leaf), NONE);
	anchor = credentials_ca(s.c, "root.pem");
	s.q.anchors = &anchor;
	s.q.anchors_count = 1;
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	anchor = credentials_ca(s.c, "other.pem");
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void an_end_entity_in_the_set_is_no_anchor(void **state)
{
	struct made self;
	struct scene s;

	(void)state;
	scene_init(&s);
	self = made_leaf("moon", NULL);
	add_cert(s.c, CREDENTIAL_CERT, "moon.pem", self.x);
	assert_fault(scene_judge(&s, &self), UNTRUSTED);
	scene_clear(&s);
}

static void a_pinned_certificate_needs_no_chain_and_no_other_will_do(void **state)
{
	struct made self, other;
	struct scene s;
	uint32_t pinned;

	(void)state;
	scene_init(&s);
	self = made_leaf("moon", NULL);
	other = made_leaf("moon", &s.root);
	add_cert(s.c, CREDENTIAL_CERT, "moon.pem", self.x);
	pinned = credentials_cert(s.c, "moon.pem");
	s.q.certs = &pinned;
	s.q.certs_count = 1;
	assert_fault(scene_judge(&s, &self), NONE);
	scene_sign(&s, self.key, NULL);
	assert_fault(scene_verify(&s, SPAN_EMPTY), NONE); /* nor need it be sent */
	assert_fault(scene_judge(&s, &other), UNTRUSTED);
	s.q.revocation = REVOCATION_STRICT;
	assert_fault(scene_judge(&s, &self), REVOCATION_UNKNOWN);
	s.q.revocation = REVOCATION_RELAXED;
	s.q.now = MADE_NOW + 366 * DAY;
	assert_fault(scene_judge(&s, &self), EXPIRED);
	scene_clear(&s);
}

static void a_pinned_certificate_with_named_cas_needs_its_chain(void **state)
{
	uint32_t pinned, anchor;
	struct made self;
	struct scene s;

	(void)state;
	scene_init(&s);
	self = made_leaf("moon", NULL);
	add_cert(s.c, CREDENTIAL_CERT, "moon.pem", self.x);
	pinned = credentials_cert(s.c, "moon.pem");
	anchor = credentials_ca(s.c, "root.pem");
	s.q.certs = &pinned;
	s.q.anchors = &anchor;
	s.q.certs_count = s.q.anchors_count = 1;
	assert_fault(scene_judge(&s, &self), UNTRUSTED);
	scene_clear(&s);
}

static void more_certificates_than_we_take_are_too_long_a_chain(void **state)
{
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	for (int i = 0; i < 31; i++)
		scene_send(&s, &leaf);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_send(&s, &leaf);
	assert_fault(scene_judge(&s, &leaf), TOO_LONG);
	scene_clear(&s);
}

static void a_certificate_that_the_ca_did_not_sign_is_refused(void **state)
{
	struct recipe r = { .subject = "CN=moon", .extensions = { MOON_SAN } };
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	r.spoil_signature = true;
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), CHAIN_SIGNATURE);
	r.spoil_signature = false;
	r.sign_with = made_key("EC", 256);
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), CHAIN_SIGNATURE);
	scene_clear(&s);
}

static void judge_key(struct scene *s, EVP_PKEY *key, const char *scheme, enum verify_fault wanted)
{
	struct recipe r = { .subject = "CN=moon", .issuer = &s->root, .key = key, .extensions = { MOON_SAN } };
	struct made leaf = made_cert(&r);

	scene_sign(s, key, scheme);
	assert_int_equal(scene_send_leaf(s, &leaf), wanted);
}

static void weak_keys_are_refused(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	judge_key(&s, made_key("RSA", 1024), NULL, VERIFY_WEAK_KEY);
	assert_string_equal(s.why, "\"CN=moon\": its RSA key is too short");
	judge_key(&s, made_rsa(2048, 3), NULL, VERIFY_WEAK_KEY);
	assert_non_null(strstr(s.why, "exponent"));
	judge_key(&s, made_rsa(2048, 17), NULL, VERIFY_WEAK_KEY);
	judge_key(&s, made_key("EC", 224), NULL, VERIFY_WEAK_KEY);
	s.constraints.rsa_bits = 1024;
	s.constraints.ecdsa_bits = 224;
	judge_key(&s, made_key("RSA", 1024), NULL, VERIFY_NONE);
	judge_key(&s, made_key("EC", 224), NULL, VERIFY_NONE);
	s.constraints.rsa_bits = 3072;
	s.constraints.ecdsa_bits = 384;
	judge_key(&s, made_key("RSA", 2048), NULL, VERIFY_WEAK_KEY);
	judge_key(&s, made_key("EC", 256), NULL, VERIFY_WEAK_KEY);
	scene_clear(&s);
}

/* Keys that nobody can sign with, or everybody: the AUTH data are another key's. */
static void broken_moduli_and_exponents_are_refused_before_they_are_used(void **state)
{
	static const struct {
		unsigned bits;
		unsigned long exponent;
		bool even;
		const char *words;
	} rows[] = {
		{ 2048, 1, false, "exponent is below" }, { 2048, 0, false, "exponent is below" }, { 2048, 65537, true, "modulus is even" },
		{ 2048, 65538, false, "exponent is below" }, { 2048, 0x200000001, false, "longer than 33 bits" },
		{ 8200, 65537, false, "longer than any" }, { 512, 65537, false, "too short" },
	};
	EVP_PKEY *signer;
	struct scene s;

	(void)state;
	scene_init(&s);
	signer = made_key("RSA", 2048);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct recipe r = { .subject = "CN=moon", .issuer = &s.root, .extensions = { MOON_SAN } };
		struct made leaf;

		r.key = made_rsa_spoilt(rows[i].bits, rows[i].exponent, rows[i].even);
		leaf = made_cert(&r);
		scene_sign(&s, signer, "rsa-sha256");
		assert_fault(scene_send_leaf(&s, &leaf), WEAK_KEY);
		assert_non_null(strstr(s.why, rows[i].words));
	}
	scene_clear(&s);
}

static void a_weak_key_of_a_ca_is_refused_too(void **state)
{
	struct recipe r = { .subject = "CN=sub", .extensions = { CA_EXTENSIONS } };
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	r.issuer = &s.root;
	r.key = made_key("RSA", 1024);
	sub = made_cert(&r);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), WEAK_KEY);
	assert_string_equal(s.why, "\"CN=sub\": its RSA key is too short");
	scene_clear(&s);
}

static void weak_hashes_in_the_chain_are_refused_unless_constraints_list_them(void **state)
{
	static const char *const digests[] = { "SHA1", "MD5" };
	struct recipe root = { .subject = "CN=rsa root", .digest = "SHA1", .extensions = { CA_EXTENSIONS } };
	struct recipe r = { .subject = "CN=moon", .extensions = { MOON_SAN } };
	struct text why = TEXT_ARRAY((char[64]){ 0 });
	struct made ca, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	root.key = made_key("RSA", 2048);
	ca = made_cert(&root); /* its own SHA-1 signature is nobody's business */
	add_cert(s.c, CREDENTIAL_CA, "rsa", ca.x);
	r.issuer = &ca;
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), NONE);
	for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
		r.digest = digests[i];
		leaf = made_cert(&r);
		assert_fault(scene_judge(&s, &leaf), WEAK_HASH);
	}
	assert_int_equal(scheme_constraint_parse(&s.constraints, span_text("rsa-sha1"), &why), ERR_OK);
	assert_int_equal(scheme_constraint_parse(&s.constraints, span_text("ecdsa"), &why), ERR_OK);
	r.digest = "SHA1";
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

/* RFC8247 3.2 */
static void sha1_in_a_signature_by_rfc_7427_is_too_weak(void **state)
{
	uint8_t copy[1024];
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_cert(&(struct recipe){ .subject = "CN=moon", .issuer = &s.root, .key = made_key("RSA", 2048), .extensions = { MOON_SAN } });
	scene_sign(&s, leaf.key, "rsa-sha1"); /* the bare signature, of method 1 */
	assert_fault(scene_send_leaf(&s, &leaf), NONE);
	s.q.peer_7427 = true; /* it could do better */
	assert_fault(scene_send_leaf(&s, &leaf), WEAK_HASH);
	s.q.peer_7427 = false;
	memcpy(copy, s.auth, s.q.auth.len);
	memcpy(&s.auth[16], copy, s.q.auth.len);
	memcpy(s.auth, "\x0f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00", 16);
	s.q.auth = span_of(s.auth, s.q.auth.len + 16);
	s.q.method = AUTH_DIGITAL_SIGNATURE;
	assert_fault(scene_send_leaf(&s, &leaf), WEAK_HASH);
	scene_clear(&s);
}

static void a_kind_of_key_alone_names_no_sha1(void **state)
{
	static const struct {
		const char *words[2];
		bool named;
	} rows[] = {
		{ { "rsa", "ecdsa" }, false },          { { "rsa-3072", "ecdsa" }, false }, { { "ike:rsa", "rsa-sha1" }, false },
		{ { "rsa-sha1", "ike:rsa" }, false },   { { "rsa-sha1", "ecdsa" }, true },  { { "ike:rsa-sha1", "ecdsa" }, true },
		{ { "pubkey-sha1-sha256", "rsa" }, true },
	};
	struct text why = TEXT_ARRAY((char[64]){ 0 });
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_cert(&(struct recipe){ .subject = "CN=moon", .issuer = &s.root, .key = made_key("RSA", 3072), .extensions = { MOON_SAN } });
	scene_sign(&s, leaf.key, "rsa-sha1");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		s.constraints = (struct scheme_constraints){ 0 };
		for (size_t k = 0; k < ARRAY_LEN(rows[i].words); k++)
			assert_int_equal(scheme_constraint_parse(&s.constraints, span_text(rows[i].words[k]), &why), ERR_OK);
		s.constraints.chain_count = 0;
		s.q.peer_7427 = false; /* a peer from before RFC 7427 has nothing else */
		assert_fault(scene_send_leaf(&s, &leaf), NONE);
		s.q.peer_7427 = true;
		if (rows[i].named)
			assert_fault(scene_send_leaf(&s, &leaf), NONE);
		else
			assert_fault(scene_send_leaf(&s, &leaf), WEAK_HASH);
	}
	scene_clear(&s);
}

static void schemes_that_the_connection_does_not_take_are_refused(void **state)
{
	struct text why = TEXT_ARRAY((char[64]){ 0 });
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	scene_sign(&s, leaf.key, NULL);
	s.q.method = 3; /* DSS */
	assert_fault(scene_send_leaf(&s, &leaf), SCHEME);
	s.q.method = AUTH_SHARED_KEY;
	assert_fault(scene_send_leaf(&s, &leaf), SCHEME);
	assert_int_equal(scheme_constraint_parse(&s.constraints, span_text("ike:ecdsa-sha384"), &why), ERR_OK);
	assert_fault(scene_judge(&s, &leaf), SCHEME); /* SHA-256 */
	assert_int_equal(scheme_constraint_parse(&s.constraints, span_text("ike:ecdsa-sha256"), &why), ERR_OK);
	assert_fault(scene_judge(&s, &leaf), NONE);
	assert_int_equal(scheme_constraint_parse(&s.constraints, span_text("ecdsa-sha384"), &why), ERR_OK);
	assert_fault(scene_judge(&s, &leaf), SCHEME); /* the CA's signature, this time */
	assert_string_equal(s.why, "\"C=CH, O=example, CN=moon\"");
	scene_clear(&s);
}

static void the_key_that_signed_must_be_the_certificate_s(void **state)
{
	struct made leaf, other;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	other = made_leaf("moon", &s.root);
	scene_sign(&s, other.key, NULL);
	assert_fault(scene_send_leaf(&s, &leaf), SIGNATURE);
	/* Sending the right one second does not help: RFC 7296 3.6 */
	scene_send(&s, &other);
	assert_fault(scene_send_leaf(&s, &leaf), SIGNATURE);
	/* Nor does another kind of key. */
	scene_sign(&s, made_key("ED25519", 0), NULL);
	assert_fault(scene_send_leaf(&s, &leaf), SIGNATURE);
	/* Nor other octets. */
	scene_sign(&s, leaf.key, NULL);
	s.q.octets.parts[1] = span_text("monce");
	assert_fault(scene_send_leaf(&s, &leaf), SIGNATURE);
	s.q.octets.parts[1] = span_text("nonce");
	assert_fault(scene_send_leaf(&s, &leaf), NONE);
	scene_clear(&s);
}

/* RFC7296 3.5, RFC4945 3.1 */
static void an_identity_that_the_certificate_does_not_carry_is_refused(void **state)
{
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	leaf = made_leaf("moon", &s.root);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_id(&s, "sun");
	assert_fault(scene_judge(&s, &leaf), IDENTITY);
	assert_string_equal(s.why, "\"C=CH, O=example, CN=moon\" is not sun");
	scene_id(&s, "C=CH, O=example, CN=moon");
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_id(&s, "C=CH, O=example, CN=sun");
	assert_fault(scene_judge(&s, &leaf), IDENTITY);
	scene_clear(&s);
}

static void the_ca_that_is_missing_is_named(void **state)
{
	struct made other, sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	other = made_ca("CN=other", NULL);
	leaf = made_leaf("moon", &other);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	assert_string_equal(s.why, "\"C=CH, O=example, CN=moon\" needs \"CN=other\"");
	sub = made_ca("CN=sub", &other);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	assert_string_equal(s.why, "\"C=CH, O=example, CN=moon\" needs \"CN=other\"");
	scene_send(&s, &other); /* a root is not trusted for being sent */
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	assert_string_equal(s.why, "\"C=CH, O=example, CN=moon\" needs \"CN=other\"");
	scene_clear(&s);
}

static void every_fault_has_words_of_its_own(void **state)
{
	(void)state;
	for (enum verify_fault a = VERIFY_NO_CERT; a <= VERIFY_IDENTITY; a++) {
		assert_true(strlen(verify_fault_words(a)) > 0);
		assert_true(strlen(verify_fault_cure(a)) > 0);
		for (enum verify_fault b = VERIFY_NONE; b < a; b++)
			assert_string_not_equal(verify_fault_words(a), verify_fault_words(b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_peer_is_let_in_with_each_kind_of_key),
		cmocka_unit_test(the_ca_that_is_missing_is_named),
		cmocka_unit_test(without_a_certificate_there_is_nothing_to_verify),
		cmocka_unit_test(what_is_no_certificate_is_malformed),
		cmocka_unit_test(an_extension_that_comes_twice_is_malformed),
		cmocka_unit_test(an_expired_certificate_is_refused),
		cmocka_unit_test(an_expired_ca_is_refused),
		cmocka_unit_test(a_certificate_of_tomorrow_is_refused),
		cmocka_unit_test(a_revoked_certificate_is_refused_however_lax_revocation_is),
		cmocka_unit_test(a_revoked_ca_takes_its_certificates_with_it),
		cmocka_unit_test(an_expired_list_still_revokes_and_no_longer_clears),
		cmocka_unit_test(a_list_that_its_ca_did_not_sign_says_nothing),
		cmocka_unit_test(a_list_with_a_weak_hash_or_by_a_ca_that_may_sign_none_says_nothing),
		cmocka_unit_test(strict_revocation_insists_and_ifuri_only_where_a_certificate_says_whom_to_ask),
		cmocka_unit_test(usage_must_allow_to_sign_and_to_speak_ike),
		cmocka_unit_test(an_intermediate_for_another_purpose_vouches_for_nobody),
		cmocka_unit_test(a_ca_whose_key_must_not_sign_certificates_is_refused_for_its_usage),
		cmocka_unit_test(an_end_entity_issues_no_certificates),
		cmocka_unit_test(a_ca_may_limit_how_many_follow_it),
		cmocka_unit_test(a_ca_certifies_names_within_its_constraints_only),
		cmocka_unit_test(a_name_that_spells_an_address_is_no_address),
		cmocka_unit_test(constraints_that_cannot_be_followed_are_refused_as_such),
		cmocka_unit_test(an_unknown_critical_extension_is_refused_and_another_is_not),
		cmocka_unit_test(a_stranger_s_ca_is_not_trusted_even_when_it_comes_along),
		cmocka_unit_test(a_connection_trusts_only_the_cas_it_names),
		cmocka_unit_test(an_end_entity_in_the_set_is_no_anchor),
		cmocka_unit_test(a_pinned_certificate_needs_no_chain_and_no_other_will_do),
		cmocka_unit_test(a_pinned_certificate_with_named_cas_needs_its_chain),
		cmocka_unit_test(more_certificates_than_we_take_are_too_long_a_chain),
		cmocka_unit_test(a_certificate_that_the_ca_did_not_sign_is_refused),
		cmocka_unit_test(weak_keys_are_refused),
		cmocka_unit_test(broken_moduli_and_exponents_are_refused_before_they_are_used),
		cmocka_unit_test(a_weak_key_of_a_ca_is_refused_too),
		cmocka_unit_test(weak_hashes_in_the_chain_are_refused_unless_constraints_list_them),
		cmocka_unit_test(sha1_in_a_signature_by_rfc_7427_is_too_weak),
		cmocka_unit_test(a_kind_of_key_alone_names_no_sha1),
		cmocka_unit_test(schemes_that_the_connection_does_not_take_are_refused),
		cmocka_unit_test(the_key_that_signed_must_be_the_certificate_s),
		cmocka_unit_test(an_identity_that_the_certificate_does_not_carry_is_refused),
		cmocka_unit_test(every_fault_has_words_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
