/* SPDX-License-Identifier: Apache-2.0 */
#include "certificates.h"

/* What the sections local and remote of a connection with certificates become. */
static struct config *conn_good(const char *local, const char *remote)
{
	char text[1024];

	snprintf(text, sizeof(text), "connections { a { local { %s }\nremote { %s } } }", local, remote);
	return good_here(text);
}

static void conn_bad(const char *local, const char *remote, const char *errors)
{
	char text[1024];

	snprintf(text, sizeof(text), "connections { a {\nlocal { %s }\nremote { %s } } }", local, remote);
	bad_here(text, errors);
}

static void conn_warned(const char *local, const char *remote, const char *warnings)
{
	char text[1024];

	snprintf(text, sizeof(text), "connections { a {\nlocal { %s }\nremote { %s } } }", local, remote);
	config_unref(warned_here(text, warnings));
}

static void assert_id(const struct identity *id, const char *want)
{
	char words[256];
	struct text t = TEXT_ARRAY(words);

	text_identity(&t, id);
	assert_string_equal(words, want);
}

static void certificates_are_the_default(void **state)
{
	struct config *c = conn_good("", "");
	const struct conn_config *conn = config_conn(c, "a");

	(void)state;
	assert_int_equal(conn->local.kind, AUTH_KIND_PUBKEY);
	assert_int_equal(conn->remote.kind, AUTH_KIND_PUBKEY);
	assert_int_equal(conn->local.certs_count, 0);
	assert_int_equal(conn->remote.certs_count, 0);
	assert_int_equal(conn->remote.anchors_count, 0);
	assert_int_equal(conn->local.constraints.count, 0);
	assert_int_equal(conn->local.id.type, IDENTITY_ANY);
	assert_int_equal(conn->certreq_len, CA_HASH_LEN);
	config_unref(c);
}

static void keys_of_certificates_are_what_is_written(void **state)
{
	const struct conn_config *a, *b;
	struct config *c;
	uint32_t moon, sun;

	(void)state;
	file_use("spare/ca.crl", "x509crl/ca.crl");
	c = good_here("connections { a { send_cert = always\n send_certreq = no\n fragmentation = accept\n"
				     "local { certs = moon.pem }\n"
				     "remote { certs = sun.pem, moon.pem\n cacerts = ca.pem\n revocation = strict\n"
				     "cacert-x { file = @/spare/otherca.pem } } }\n"
				     "b { send_cert = NEVER\n fragmentation = force\n local { cert { file = moon.pem } }\n"
				     "remote { cert1 { file = sun.pem }\n cert2 { file = @/x509/moon.pem }\n revocation = ifuri } }\n"
				     "c : connections.a { fragmentation = no } }");
	a = config_conn(c, "a");
	b = config_conn(c, "b");
	moon = credentials_cert(c->credentials, "moon.pem");
	sun = credentials_cert(c->credentials, "sun.pem");
	assert_true(moon && sun);
	assert_int_equal(a->send_cert, SEND_CERT_ALWAYS);
	assert_false(a->send_certreq);
	assert_int_equal(a->fragmentation, FRAGMENTATION_ACCEPT);
	assert_int_equal(a->local.certs_count, 1);
	assert_int_equal(a->local.certs[0], moon);
	assert_int_equal(a->remote.certs_count, 2);
	assert_int_equal(a->remote.certs[0], sun);
	assert_int_equal(a->remote.certs[1], moon);
	assert_int_equal(a->remote.anchors_count, 2);
	assert_int_equal(a->remote.anchors[0], credentials_ca(c->credentials, "ca.pem"));
	assert_int_not_equal(a->remote.anchors[1], 0);
	assert_int_equal(a->remote.revocation, REVOCATION_STRICT);
	assert_int_equal(b->send_cert, SEND_CERT_NEVER);
	assert_true(b->send_certreq);
	assert_int_equal(b->fragmentation, FRAGMENTATION_FORCE);
	assert_int_equal(b->local.certs[0], moon);
	assert_int_equal(b->remote.certs_count, 2);
	assert_int_equal(b->remote.certs[1], moon); /* the folder's file, by its absolute path */
	assert_int_equal(b->remote.revocation, REVOCATION_IFURI);
	assert_int_equal(config_conn(c, "c")->fragmentation, FRAGMENTATION_NO);
	config_unref(c);
}

static void an_identity_that_is_not_written_is_the_certificates(void **state)
{
	struct config *c = conn_good("certs = moon.pem", "");

	(void)state;
	assert_id(&config_conn(c, "a")->local.id, "C=CH, O=Adit, CN=moon");
	config_unref(c);
	file_use("spare/bare.key", "private/bare.key");
	c = conn_good("certs = @/spare/bare.pem", ""); /* no subject */
	assert_id(&config_conn(c, "a")->local.id, "bare.example.org");
	config_unref(c);
	c = conn_good("certs = moon.pem\n id = moon.example.org", "id = \"C=CH, O=Adit, CN=*\"");
	assert_id(&config_conn(c, "a")->local.id, "moon.example.org");
	assert_id(&config_conn(c, "a")->remote.id, "C=CH, O=Adit, CN=*");
	config_unref(c);
}

static void an_identity_that_no_certificate_carries_is_warned_about(void **state)
{
	(void)state;
	conn_warned("certs = moon.pem\n id = mars.example.org", "",
		    "adit.conf:3: connections.a.local.id: no certificate of certs carries mars.example.org; write an identity "
		    "that one has, as \"adit pki show\" tells");
	conn_warned("id = sun.example.org", "", /* whose key is not here */
		    "adit.conf:2: connections.a.local.id: no certificate with a private key carries sun.example.org; write an "
		    "identity that one has, as \"adit pki show\" tells");
	config_unref(conn_good("id = 192.0.2.1", ""));
	config_unref(conn_good("id = MOON.example.org", ""));
	config_unref(conn_good("id = \"C=CH, O=Adit, CN=moon\"", ""));
	config_unref(conn_good("id = \"keyid:0a0b\"", "")); /* a key ID may be a certificate's: cannot be told here */
}

struct scheme_set {
	const char *schemes, *chain; /* names with blanks, in the order of the table */
	unsigned rsa_bits, ecdsa_bits;
};

static void text_schemes(struct text *t, const uint8_t *list, size_t count)
{
	for (size_t row = 0; scheme_name(row); row++) {
		for (size_t i = 0; i < count; i++) {
			/* methods before RFC 7427 go by the same names */
			if (list[i] != row || strstr(t->data, scheme_name(row)))
				continue;
			if (t->len)
				text_char(t, ' ');
			text_put(t, scheme_name(row));
		}
	}
}

static void auth_words_become_constraints(void **state)
{
	static const struct {
		const char *auth;
		struct scheme_set want;
	} rows[] = {
		{ "pubkey", { "", "", 0, 0 } },
		{ "pubkey-sha384",
		  { "rsa/pss-sha384 rsa-sha384 ecdsa-sha384", "rsa/pss-sha384 rsa-sha384 ecdsa-sha384", 0, 0 } },
		{ "rsa-3072-sha384", { "rsa-sha384", "rsa-sha384", 3072, 0 } },
		{ "rsa/pss-sha384", { "rsa/pss-sha384", "rsa/pss-sha384", 0, 0 } },
		{ "ike:rsa/pss-sha384", { "rsa/pss-sha384", "", 0, 0 } },
		{ "ecdsa", { "ecdsa-sha256 ecdsa-sha384 ecdsa-sha512", "", 0, 0 } },
		{ "ed25519", { "ed25519-identity", "", 0, 0 } },
		{ "ed448", { "ed448-identity", "", 0, 0 } },
		{ "rsa-2048-sha256-ecdsa-384-sha384",
		  { "rsa-sha256 ecdsa-sha384", "rsa-sha256 ecdsa-sha384", 2048, 384 } },
		{ "rsa-sha256-sha512-ike:rsa/pss-sha512", { "rsa/pss-sha512", "rsa-sha256 rsa-sha512", 0, 0 } },
		{ "ike:ecdsa-sha384-rsa-sha256", { "ecdsa-sha384", "rsa-sha256", 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scheme_constraints *got;
		char local[128], schemes[512], chain[512];
		struct text s = TEXT_ARRAY(schemes), n = TEXT_ARRAY(chain);
		struct config *c;

		snprintf(local, sizeof(local), "auth = %s", rows[i].auth);
		c = conn_good("", local);
		got = &config_conn(c, "a")->remote.constraints;
		text_schemes(&s, got->schemes, got->count);
		text_schemes(&n, got->chain, got->chain_count);
		assert_string_equal(schemes, rows[i].want.schemes);
		assert_string_equal(chain, rows[i].want.chain);
		assert_int_equal(got->rsa_bits, rows[i].want.rsa_bits);
		assert_int_equal(got->ecdsa_bits, rows[i].want.ecdsa_bits);
		config_unref(c);
	}
}

static void auth_words_that_mean_nothing_are_refused(void **state)
{
	static const char cure[] = "; write it like pubkey-sha256, rsa-3072-sha384 or ike:rsa/pss-sha384";
	static const struct {
		const char *auth, *wrong;
	} rows[] = {
		{ "pubkey-md5", "md5" },
		{ "rsa-512", "512" },
		{ "rsa-sha256-ecdsa-sha999", "sha999" },
		{ "ike:rsa-sha", "sha" },
		{ "ed25519-256", "256" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char local[128], want[512];

		snprintf(local, sizeof(local), "auth = %s", rows[i].auth);
		snprintf(want, sizeof(want), "adit.conf:2: connections.a.local.auth: \"%s\": \"%s\" is no key type, hash or size that "
			 "a signature can have here%s", rows[i].auth, rows[i].wrong, cure);
		conn_bad(local, "", want);
	}
	conn_bad("auth = pubkeys", "auth = ike:",
		 "adit.conf:2: connections.a.local.auth: \"pubkeys\" is no way to authenticate; write pubkey, rsa, ecdsa, ed25519, "
		 "ed448 or psk\n"
		 "adit.conf:3: connections.a.remote.auth: \"ike:\" is no way to authenticate; write pubkey, rsa, ecdsa, ed25519, ed448 "
		 "or psk");
}

static void a_certificate_of_ours_needs_its_key(void **state)
{
	(void)state;
	conn_bad("certs = moon.pem, sun.pem", "",
		 "adit.conf:2: connections.a.local.certs: \"sun.pem\" has no private key here; put its key into the folder private, or "
		 "name its file in secrets");
	assert_int_equal(unlink(path_of("private/moon.key")), 0);
	conn_bad("", "", "adit.conf:2: connections.a.local.auth: there is no private key for x509/moon.pem, x509/sun.pem; put it into the "
			 "folder private, or name its file in secrets, or write auth = psk");
	file_use("spare/other.key", "private/gw.key");
	conn_bad("", "", "adit.conf:2: connections.a.local.auth: none of the private keys (private/gw.key) is that of one of the certificates "
			 "(x509/moon.pem, x509/sun.pem); put the key of ours into the folder private, or make both anew");
	assert_int_equal(unlink(path_of("x509/moon.pem")), 0);
	assert_int_equal(unlink(path_of("x509/sun.pem")), 0);
	conn_bad("", "", "adit.conf:2: connections.a.local.auth: there is no certificate for private/gw.key; put it into the folder x509, or "
			 "name it in certs, or write auth = psk");
	assert_int_equal(unlink(path_of("private/gw.key")), 0);
	conn_bad("", "", "adit.conf:2: connections.a.local.auth: there is no certificate with a private key for pubkey; put them into "
			 "the folders x509 and private, or name certs, or write auth = psk");
}

static void an_identity_that_would_be_our_address_is_warned_about(void **state)
{
	(void)state;
	config_unref(conn_good("", "")); /* moon's certificate has an address */
	assert_int_equal(unlink(path_of("private/moon.key")), 0);
	file_use("spare/sun.key", "private/sun.key");
	conn_warned("", "", "adit.conf:2: connections.a.local: without id and certs our identity is our own address, which no certificate with "
			    "a private key carries; add id = …, or certs = …");
	config_unref(conn_good("certs = sun.pem", ""));
	config_unref(conn_good("id = sun.example.org", ""));
}

static void an_end_entity_among_the_cas_is_said_to_be_none(void **state)
{
	static const char *const warning = "x509ca/gw.pem: this is no CA's certificate, so it vouches for nobody; put the CA's there, and this "
					   "one into the folder x509";
	static struct loaded l;

	(void)state;
	file_use("spare/moon.pem", "x509ca/gw.pem");
	conn_warned("", "", warning);
	assert_int_equal(unlink(path_of("x509ca/ca.pem")), 0);
	load_here(&l, "connections { a { local { }\nremote { } } }");
	assert_string_equal(l.warnings, warning);
	assert_string_equal(l.errors, "adit.conf:2: connections.a.remote.auth: nothing in the folder x509ca is a CA's certificate; put the one "
				      "there that vouches for the peer");
}

static void strict_revocation_without_a_list_is_warned_about(void **state)
{
	(void)state;
	conn_warned("", "revocation = strict", "adit.conf:3: connections.a.remote.revocation: there is no CRL, so every peer will be refused; "
					       "put those of its CAs into the folder x509crl");
	config_unref(conn_good("", "revocation = ifuri"));
	file_use("spare/ca.crl", "x509crl/ca.crl");
	config_unref(conn_good("", "revocation = strict"));
}

/* The CA of our own certificate need not be the peer's. */
static void the_ca_of_a_bundle_is_named_where_there_is_no_other(void **state)
{
	(void)state;
	assert_int_equal(unlink(path_of("x509ca/ca.pem")), 0);
	file_use("spare/withca.p12", "pkcs12/sun.p12");
	bad_here("connections { a { local { certs = sun.p12 }\nremote { } } }\nsecrets { pkcs12 { file = sun.p12\nsecret = sesame } }",
		 "adit.conf:2: connections.a.remote.auth: there is no CA that could vouch for the peer; put its certificate into the folder "
		 "x509ca, or name cacerts or certs, or write auth = psk. There is one in pkcs12/sun.p12, which is not trusted from there; if it "
		 "is the peer's, copy it: openssl pkcs12 -cacerts -nokeys -in … -out …/x509ca/ca.pem");
}

static void a_peer_needs_somebody_who_vouches_for_it(void **state)
{
	static const char *const want = "adit.conf:3: connections.a.remote.auth: there is no CA that could vouch for the peer; put its "
					"certificate into the folder x509ca, or name cacerts or certs, or write auth = psk";
	struct config *c;

	(void)state;
	file_move("x509ca/ca.pem", "spare/ca.pem");
	conn_bad("", "", want);
	conn_bad("", "auth = ecdsa", want);
	c = conn_good("", "certs = sun.pem");
	assert_int_equal(config_conn(c, "a")->certreq_len, 0);
	config_unref(c);
	config_unref(conn_good("", "cacerts = @/spare/ca.pem"));
}

static void an_intermediate_ca_alone_vouches_for_nobody_unless_it_is_named(void **state)
{
	(void)state;
	file_use("spare/inter.pem", "x509ca/inter.pem");
	config_unref(conn_good("", ""));
	file_move("x509ca/ca.pem", "spare/ca.pem");
	conn_bad("", "", "adit.conf:3: connections.a.remote.auth: the CAs in the folder x509ca are intermediate ones and vouch for nobody "
			 "without their root; put that there, or name one of them in cacerts to trust it alone");
	config_unref(conn_good("", "cacerts = inter.pem"));
	config_unref(conn_good("", "certs = sun.pem"));
}

static void the_peer_is_asked_for_the_cas_that_count(void **state)
{
	struct config *c;
	const struct conn_config *a, *b, *d;
	uint8_t hash[CA_HASH_LEN];
	uint32_t ca;

	(void)state;
	c = good_here("connections { a { local { }\nremote { } }\nb { local { }\nremote { cacerts = ca.pem } }\n"
		      "c { local { }\nremote { cacerts = @/spare/otherca.pem } }\nd { local { auth = pubkey }\nremote { auth = psk } } }");
	a = config_conn(c, "a");
	b = config_conn(c, "b");
	d = config_conn(c, "d");
	assert_int_equal(a->certreq_len, 2 * CA_HASH_LEN);
	assert_int_equal(b->certreq_len, CA_HASH_LEN);
	ca = credentials_ca(c->credentials, "ca.pem");
	assert_int_equal(credentials_certreq(c->credentials, &ca, 1, hash, sizeof(hash)), CA_HASH_LEN);
	assert_memory_equal(b->certreq, hash, CA_HASH_LEN);
	assert_memory_not_equal(config_conn(c, "c")->certreq, hash, CA_HASH_LEN);
	assert_int_equal(d->certreq_len, 0);
	assert_true(d->send_certreq);
	config_unref(c);
}

static void certificates_beside_a_shared_key_are_warned_about(void **state)
{
	(void)state;
	conn_warned("auth = psk\n certs = moon.pem", "auth = psk\n certs = sun.pem\n cacerts = ca.pem",
		    "adit.conf:3: connections.a.local.certs: means nothing with auth = psk; remove it, or write auth = pubkey\n"
		    "adit.conf:5: connections.a.remote.certs: means nothing with auth = psk; remove it, or write auth = pubkey\n"
		    "adit.conf:6: connections.a.remote.cacerts: means nothing with auth = psk; remove it, or write auth = pubkey");
}

static void one_end_may_have_a_certificate_and_the_other_a_shared_key(void **state)
{
	struct config *c = good_here("connections { a { local { certs = moon.pem\n id = moon.example.org }\nremote { auth = psk\n"
				     "id = sun.example.org } } }\nsecrets { ike { secret = x } }");

	(void)state;
	assert_int_equal(config_conn(c, "a")->local.kind, AUTH_KIND_PUBKEY);
	assert_int_equal(config_conn(c, "a")->remote.kind, AUTH_KIND_PSK);
	config_unref(c);
	conn_warned("certs = moon.pem\n id = moon.example.org", "auth = psk\n id = sun.example.org",
		    "adit.conf:1: connections.a: no pre-shared key is for moon.example.org and sun.example.org; add one to secrets");
}

static void the_examples_fit_each_other(void **state)
{
	static const char *const names[] = { "gateway", "client" };
	struct config *c[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		static struct loaded l;
		char path[512], text[4096];
		FILE *f;
		size_t len;

		snprintf(path, sizeof(path), EXAMPLES "/certificates/%s.conf", names[i]);
		f = fopen(path, "r");
		assert_non_null(f);
		len = fread(text, 1, sizeof(text) - 1, f);
		text[len] = '\0';
		fclose(f);
		load_here(&l, text);
		assert_string_equal(l.errors, "");
		/* the folder has another's certificate; tests/demo.sh runs them with the right ones */
		assert_non_null(strstr(l.warnings, "no certificate with a private key carries"));
		assert_non_null(strstr(l.warnings, names[i]));
		c[i] = l.config;
	}
	assert_true(identity_match(&config_conn(c[0], "road")->remote.id, &config_conn(c[1], "home")->local.id));
	assert_true(identity_match(&config_conn(c[1], "home")->remote.id, &config_conn(c[0], "road")->local.id));
	config_unref(c[0]);
	config_unref(c[1]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(certificates_are_the_default, folder_make),
		cmocka_unit_test_setup(keys_of_certificates_are_what_is_written, folder_make),
		cmocka_unit_test_setup(an_identity_that_is_not_written_is_the_certificates, folder_make),
		cmocka_unit_test_setup(an_identity_that_no_certificate_carries_is_warned_about, folder_make),
		cmocka_unit_test_setup(auth_words_become_constraints, folder_make),
		cmocka_unit_test_setup(auth_words_that_mean_nothing_are_refused, folder_make),
		cmocka_unit_test_setup(a_certificate_of_ours_needs_its_key, folder_make),
		cmocka_unit_test_setup(an_identity_that_would_be_our_address_is_warned_about, folder_make),
		cmocka_unit_test_setup(an_end_entity_among_the_cas_is_said_to_be_none, folder_make),
		cmocka_unit_test_setup(strict_revocation_without_a_list_is_warned_about, folder_make),
		cmocka_unit_test_setup(the_ca_of_a_bundle_is_named_where_there_is_no_other, folder_make),
		cmocka_unit_test_setup(a_peer_needs_somebody_who_vouches_for_it, folder_make),
		cmocka_unit_test_setup(an_intermediate_ca_alone_vouches_for_nobody_unless_it_is_named, folder_make),
		cmocka_unit_test_setup(the_peer_is_asked_for_the_cas_that_count, folder_make),
		cmocka_unit_test_setup(certificates_beside_a_shared_key_are_warned_about, folder_make),
		cmocka_unit_test_setup(one_end_may_have_a_certificate_and_the_other_a_shared_key, folder_make),
		cmocka_unit_test_setup(the_examples_fit_each_other, folder_make),
	};

	if (!arguments_take(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
