/* SPDX-License-Identifier: Apache-2.0 */
/* Which of our certificates signs, how, and what goes with it. */
#include <stdio.h>

#include "credentials_in.h"
#include "scene.h"

/* Two ends: ours signs, the scene verifies. */
struct ends {
	struct scene scene;
	struct credentials *ours;
	struct sign_query q;
	struct scheme_constraints constraints;
	struct sign_result result;
	char why[256];
};

static void ends_init(struct ends *e)
{
	scene_init(&e->scene);
	e->ours = credentials_new();
	e->constraints = (struct scheme_constraints){ 0 };
	e->q = (struct sign_query){ .id = &e->scene.id, .peer_7427 = true, .peer_hashes = HASHES_OURS, .constraints = &e->constraints,
				    .with_certs = true, .octets = e->scene.q.octets, .now = MADE_NOW };
	memset(&e->result, 0, sizeof(e->result));
}

static void ends_clear(struct ends *e)
{
	credentials_free(e->ours);
	scene_clear(&e->scene);
}

static enum err ends_sign(struct ends *e)
{
	struct text why = TEXT_ARRAY(e->why);

	return sign_auth(e->ours, &e->q, &e->result, &why);
}

/* Ours signs and the scene lets it in. */
static void ends_meet(struct ends *e)
{
	enum verify_fault fault;

	assert_int_equal(ends_sign(e), ERR_OK);
	e->scene.q.method = e->result.method;
	e->scene.q.auth = span_of(e->result.auth, e->result.auth_len);
	fault = scene_verify(&e->scene, span_of(e->result.certs, e->result.certs_len));
	if (fault)
		fail_msg("%s: %s", verify_fault_words(fault), e->scene.why);
}

static struct made ours_add(struct ends *e, const char *name, EVP_PKEY *key, const struct made *issuer)
{
	struct made m = made_cert(&(struct recipe){ .subject = "CN=moon", .issuer = issuer, .key = key, .extensions = { "subjectAltName", "DNS:moon" } });

	add_cert(e->ours, CREDENTIAL_CERT, name, m.x);
	add_key(e->ours, name, m.key);
	return m;
}

/* RFC7427 4 */
static void the_scheme_fits_the_key_and_what_the_peer_takes(void **state)
{
	static const struct {
		const char *type;
		unsigned bits;
		bool peer_7427;
		unsigned hashes;
		const char *constraint, *scheme; /* scheme NULL: none */
		uint8_t method;
	} rows[] = {
		{ "RSA", 2048, true, HASHES_OURS, NULL, "rsa/pss-sha256", 14 },
		{ "RSA", 2048, true, HASH_BIT(HASH_SHA2_512) | HASH_BIT(HASH_SHA2_384), NULL, "rsa/pss-sha384", 14 },
		{ "RSA", 2048, true, HASH_BIT(HASH_SHA1), NULL, NULL, 0 },
		{ "RSA", 2048, true, HASHES_OURS, "rsa-sha512", "rsa-sha512", 14 },
		{ "RSA", 2048, true, HASHES_OURS, "ecdsa-sha512", NULL, 0 },
		{ "RSA", 2048, true, HASH_BIT(HASH_SHA2_256), "rsa-sha512", NULL, 0 },
		{ "RSA", 2048, false, 0, NULL, "rsa-sha1", 1 },
		{ "RSA", 2048, false, 0, "rsa-sha256", NULL, 0 },
		{ "EC", 256, true, HASHES_OURS, NULL, "ecdsa-sha256", 14 },
		{ "EC", 384, true, HASHES_OURS, NULL, "ecdsa-sha384", 14 },
		{ "EC", 521, true, HASHES_OURS, NULL, "ecdsa-sha512", 14 },
		{ "EC", 384, true, HASH_BIT(HASH_SHA2_256), NULL, "ecdsa-sha256", 14 },
		{ "EC", 384, true, HASH_BIT(HASH_SHA1), NULL, "ecdsa-sha384", 10 },
		{ "EC", 256, false, 0, NULL, "ecdsa-sha256", 9 },
		{ "EC", 384, false, 0, NULL, "ecdsa-sha384", 10 },
		{ "EC", 521, false, 0, NULL, "ecdsa-sha512", 11 },
		{ "EC", 256, false, 0, "ecdsa-sha384", NULL, 0 },
		{ "ED25519", 0, true, HASHES_OURS, NULL, "ed25519-identity", 14 },
		{ "ED25519", 0, true, HASH_BIT(HASH_SHA2_256), NULL, NULL, 0 },
		{ "ED25519", 0, false, 0, NULL, NULL, 0 },
		{ "ED448", 0, true, HASHES_OURS, NULL, "ed448-identity", 14 },
	};
	char words[64];
	struct text why = TEXT_ARRAY(words);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ends e;

		ends_init(&e);
		(void)ours_add(&e, "moon", made_key(rows[i].type, rows[i].bits), &e.scene.root);
		e.q.peer_7427 = rows[i].peer_7427;
		e.q.peer_hashes = rows[i].hashes;
		if (rows[i].constraint)
			assert_int_equal(scheme_constraint_parse(&e.constraints, span_text(rows[i].constraint), &why), ERR_OK);
		if (!rows[i].scheme) {
			assert_int_equal(ends_sign(&e), ERR_UNSUPPORTED);
			assert_true(strlen(e.why) > 0);
		} else {
			ends_meet(&e);
			assert_int_equal(e.result.method, rows[i].method);
			assert_string_equal(scheme_name(e.result.scheme), rows[i].scheme);
		}
		ends_clear(&e);
	}
}

static void constraints_are_followed_in_their_order(void **state)
{
	char words[64];
	struct text why = TEXT_ARRAY(words);
	struct ends e;

	(void)state;
	ends_init(&e);
	(void)ours_add(&e, "moon", made_key("RSA", 2048), &e.scene.root);
	assert_int_equal(scheme_constraint_parse(&e.constraints, span_text("rsa-sha384"), &why), ERR_OK);
	assert_int_equal(scheme_constraint_parse(&e.constraints, span_text("rsa/pss-sha256"), &why), ERR_OK);
	ends_meet(&e);
	assert_string_equal(scheme_name(e.result.scheme), "rsa-sha384");
	e.q.peer_hashes = HASH_BIT(HASH_SHA2_256);
	ends_meet(&e);
	assert_string_equal(scheme_name(e.result.scheme), "rsa/pss-sha256");
	ends_clear(&e);
}

static void only_a_certificate_with_a_key_and_the_identity_signs(void **state)
{
	struct made m;
	struct ends e;

	(void)state;
	ends_init(&e);
	assert_int_equal(ends_sign(&e), ERR_NOT_FOUND);
	m = made_leaf("moon", &e.scene.root);
	add_cert(e.ours, CREDENTIAL_CERT, "moon", m.x);
	assert_int_equal(ends_sign(&e), ERR_NOT_FOUND);
	assert_string_equal(e.why, "no certificate with a private key fits");
	add_key(e.ours, "moon", m.key);
	ends_meet(&e);
	scene_id(&e.scene, "sun");
	assert_int_equal(ends_sign(&e), ERR_NOT_FOUND);
	scene_id(&e.scene, "%any");
	assert_int_equal(ends_sign(&e), ERR_OK);
	ends_clear(&e);
}

static void a_certificate_that_is_valid_signs_before_one_that_is_not(void **state)
{
	static const struct { int from, to; } days[] = { { -30, -5 }, { 5, 30 }, { -1, 30 }, { -30, -4 } };
	static const char *const names[] = { "old", "next", "renewed", "older" };
	uint32_t named[2];
	struct ends e;

	(void)state;
	ends_init(&e);
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		struct made m = made_cert(&(struct recipe){ .subject = "CN=moon", .issuer = &e.scene.root, .from_days = days[i].from,
							    .to_days = days[i].to, .extensions = { "subjectAltName", "DNS:moon" } });

		add_cert(e.ours, CREDENTIAL_CERT, names[i], m.x);
		add_key(e.ours, names[i], m.key);
	}
	ends_meet(&e);
	assert_int_equal(e.result.cert, credentials_cert(e.ours, "renewed"));
	named[0] = credentials_cert(e.ours, "old");
	named[1] = credentials_cert(e.ours, "renewed");
	e.q.certs = named;
	e.q.certs_count = 2;
	ends_meet(&e);
	assert_int_equal(e.result.cert, named[1]);
	e.q.certs_count = 1; /* none else is there: the peer says what is wrong with it */
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(e.result.cert, named[0]);
	ends_clear(&e);
}

static void certificates_that_the_connection_names_sign_whatever_their_identity(void **state)
{
	uint32_t certs[2];
	struct ends e;

	(void)state;
	ends_init(&e);
	(void)ours_add(&e, "one", NULL, &e.scene.root);
	(void)ours_add(&e, "two", NULL, &e.scene.root);
	scene_id(&e.scene, "sun");
	certs[0] = credentials_cert(e.ours, "two");
	certs[1] = credentials_cert(e.ours, "one");
	e.q.certs = certs;
	e.q.certs_count = 2;
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(e.result.cert, certs[0]);
	certs[0] = 0; /* none of ours */
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(e.result.cert, certs[1]);
	certs[1] = 99;
	assert_int_equal(ends_sign(&e), ERR_NOT_FOUND);
	ends_clear(&e);
}

static void the_peer_s_certreq_chooses_between_certificates(void **state)
{
	struct made other, sub;
	uint8_t hash[2 * CA_HASH_LEN];
	struct ends e;

	(void)state;
	ends_init(&e);
	other = made_ca("CN=other", NULL);
	sub = made_ca("CN=sub", &other);
	add_cert(e.ours, CREDENTIAL_CA, "root", e.scene.root.x);
	add_cert(e.ours, CREDENTIAL_CA, "other", other.x);
	add_cert(e.ours, CREDENTIAL_CERT, "sub", sub.x);
	(void)ours_add(&e, "by root", NULL, &e.scene.root);
	(void)ours_add(&e, "by sub", NULL, &sub);
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(e.result.cert, credentials_cert(e.ours, "by root"));
	memset(hash, 0xab, sizeof(hash));
	assert_true(cert_spki_hash(other.x, &hash[CA_HASH_LEN]));
	e.q.certreq = SPAN_ARRAY(hash);
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(e.result.cert, credentials_cert(e.ours, "by sub"));
	/* CAs that we do not know are a wish that cannot be granted: RFC 7296 3.7 */
	e.q.certreq = span_of(hash, CA_HASH_LEN);
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(e.result.cert, credentials_cert(e.ours, "by root"));
	/* A hash that is cut off is none. */
	e.q.certreq = span_of(&hash[CA_HASH_LEN], CA_HASH_LEN - 1);
	assert_int_equal(ends_sign(&e), ERR_OK);
	ends_clear(&e);
}

static void a_cross_signed_ca_is_sent_by_the_way_the_peer_asked_for(void **state)
{
	struct made old, sub, crossed;
	uint8_t hash[CA_HASH_LEN];
	struct ends e;

	(void)state;
	ends_init(&e);
	old = made_ca("CN=old", NULL);
	sub = made_ca("CN=sub", &old);
	crossed = made_cert(&(struct recipe){ .subject = "CN=sub", .issuer = &e.scene.root, .key = sub.key,
					      .extensions = { "basicConstraints", "critical,CA:TRUE" } });
	add_cert(e.ours, CREDENTIAL_CA, "old", old.x);
	add_cert(e.ours, CREDENTIAL_CERT, "sub", sub.x);
	add_cert(e.ours, CREDENTIAL_CERT, "crossed", crossed.x);
	(void)ours_add(&e, "moon", NULL, &sub);
	add_cert(e.ours, CREDENTIAL_CA, "root", e.scene.root.x);
	assert_true(cert_spki_hash(e.scene.root.x, hash));
	e.q.certreq = SPAN_ARRAY(hash);
	ends_meet(&e); /* the scene trusts the root alone */
	ends_clear(&e);
}

static size_t records_count(const struct sign_result *r)
{
	size_t count = 0;

	for (size_t at = 0; at < r->certs_len; count++) {
		assert_int_equal(r->certs[at], 4);
		at += 3 + ((size_t)r->certs[at + 1] << 8 | r->certs[at + 2]);
		assert_true(at <= r->certs_len);
	}
	return count;
}

static void the_chain_goes_along_without_its_anchor(void **state)
{
	struct made sub, self;
	struct ends e;

	(void)state;
	ends_init(&e);
	sub = made_ca("CN=sub", &e.scene.root);
	add_cert(e.ours, CREDENTIAL_CERT, "sub", sub.x);
	(void)ours_add(&e, "moon", NULL, &sub);
	ends_meet(&e);
	assert_int_equal(records_count(&e.result), 2);
	add_cert(e.ours, CREDENTIAL_CA, "root", e.scene.root.x);
	ends_meet(&e);
	assert_int_equal(records_count(&e.result), 2);
	add_cert(e.ours, CREDENTIAL_CERT, "bundle", e.scene.root.x); /* a root is not sent either when it lies among the others */
	ends_meet(&e);
	assert_int_equal(records_count(&e.result), 2);
	e.q.with_certs = false;
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(e.result.certs_len, 0);
	e.q.with_certs = true;
	scene_id(&e.scene, "self");
	self = made_leaf("self", NULL);
	add_cert(e.ours, CREDENTIAL_CERT, "self", self.x);
	add_key(e.ours, "self", self.key);
	assert_int_equal(ends_sign(&e), ERR_OK);
	assert_int_equal(records_count(&e.result), 1);
	ends_clear(&e);
}

static void a_chain_that_does_not_fit_is_an_error(void **state)
{
	static char san[12000];
	struct made sub;
	size_t len = 0;
	struct ends e;

	(void)state;
	ends_init(&e);
	for (int i = 0; len < sizeof(san) - 64; i++)
		len += (size_t)snprintf(&san[len], sizeof(san) - len, "%sDNS:a-name-that-is-long-enough-%d", i ? "," : "", i);
	sub = made_cert(&(struct recipe){ .subject = "CN=sub", .issuer = &e.scene.root,
					  .extensions = { "basicConstraints", "CA:TRUE", "subjectAltName", san } });
	add_cert(e.ours, CREDENTIAL_CERT, "sub", sub.x);
	sub = made_cert(&(struct recipe){ .subject = "CN=sub 2", .issuer = &sub, .extensions = { "basicConstraints", "CA:TRUE", "subjectAltName", san } });
	add_cert(e.ours, CREDENTIAL_CERT, "sub 2", sub.x);
	(void)ours_add(&e, "moon", NULL, &sub);
	e.result.certs_len = 7;
	assert_int_equal(ends_sign(&e), ERR_SPACE);
	assert_string_equal(e.why, "the certificate chain is too long to send");
	assert_int_equal(e.result.certs_len, 7); /* nothing is written */
	ends_clear(&e);
}

static void a_key_whose_signature_does_not_fit_is_said_to_be_too_long(void **state)
{
	struct ends e;

	(void)state;
	ends_init(&e);
	(void)ours_add(&e, "moon", made_rsa_private(8 * (AUTH_DATA_MAX + 1)), &e.scene.root);
	e.result.certs_len = e.result.auth_len = 7;
	assert_int_equal(ends_sign(&e), ERR_SPACE);
	assert_string_equal(e.why, "the key is too long: its signature does not fit into an AUTH payload; take one of 4096 bits");
	assert_int_equal(e.result.certs_len, 7);
	assert_int_equal(e.result.auth_len, 7);
	ends_clear(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_scheme_fits_the_key_and_what_the_peer_takes),
		cmocka_unit_test(constraints_are_followed_in_their_order),
		cmocka_unit_test(only_a_certificate_with_a_key_and_the_identity_signs),
		cmocka_unit_test(a_certificate_that_is_valid_signs_before_one_that_is_not),
		cmocka_unit_test(certificates_that_the_connection_names_sign_whatever_their_identity),
		cmocka_unit_test(the_peer_s_certreq_chooses_between_certificates),
		cmocka_unit_test(a_cross_signed_ca_is_sent_by_the_way_the_peer_asked_for),
		cmocka_unit_test(the_chain_goes_along_without_its_anchor),
		cmocka_unit_test(a_chain_that_does_not_fit_is_an_error),
		cmocka_unit_test(a_key_whose_signature_does_not_fit_is_said_to_be_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
