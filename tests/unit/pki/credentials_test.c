/* SPDX-License-Identifier: Apache-2.0 */
/* Files as openssl's own command writes them, and what a set makes of them. */
#include <stdio.h>
#include <unistd.h>

#include "credentials_in.h"
#include "names.h"
#include "scene.h"

static char folder[] = "/tmp/adit-pki-XXXXXX";
static char why_words[256];

/* Runs openssl in the folder; its words go nowhere. */
static void openssl(const char *arguments)
{
	char command[1024];

	assert_true(snprintf(command, sizeof(command), "cd %s && openssl %s >/dev/null 2>&1", folder, arguments) < (int)sizeof(command));
	if (system(command) != 0)
		fail_msg("openssl %s", arguments);
}

static struct span file_read(const char *name)
{
	static uint8_t bytes[65536];
	char path[256];
	size_t len;
	FILE *f;

	assert_true(snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path));
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return span_of(bytes, len);
}

static enum err add_bytes(struct credentials *c, enum credential_kind kind, const char *name, struct span bytes, const char *passphrase)
{
	struct text why = TEXT_ARRAY(why_words);
	enum err err = credentials_add(c, kind, name, bytes, span_text(passphrase), &why);

	assert_true((err == ERR_OK) == (why.len == 0)); /* an error has words, and nothing else has */
	return err;
}

static enum err add_file(struct credentials *c, enum credential_kind kind, const char *name, const char *passphrase)
{
	return add_bytes(c, kind, name, file_read(name), passphrase);
}

static int files_make(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 30");
	openssl("req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem -subj /C=CH/CN=rsa -addext subjectAltName=DNS:rsa.example.org -days 30");
	openssl("req -x509 -newkey ed25519 -nodes -keyout ed.key -out ed.pem -subj /CN=ed -days 30");
	openssl("x509 -in rsa.pem -outform DER -out rsa.der");
	openssl("rsa -in rsa.key -traditional -out rsa.pkcs1");
	openssl("rsa -in rsa.key -traditional -outform DER -out rsa.pkcs1.der");
	openssl("rsa -in rsa.key -traditional -aes128 -passout pass:secret -out rsa.pkcs1.enc");
	openssl("pkcs8 -topk8 -in rsa.key -nocrypt -outform DER -out rsa.pkcs8.der");
	openssl("pkcs8 -topk8 -in rsa.key -passout pass:secret -out rsa.pkcs8.enc");
	openssl("pkcs8 -topk8 -in rsa.key -passout pass:secret -outform DER -out rsa.pkcs8.enc.der");
	openssl("ec -in ca.key -out ec.sec1");
	openssl("ec -in ca.key -outform DER -out ec.sec1.der");
	openssl("pkcs12 -export -in rsa.pem -inkey rsa.key -certfile ca.pem -passout pass:secret -out rsa.p12");
	openssl("pkcs12 -export -in rsa.pem -inkey rsa.key -passout pass: -out open.p12");
	openssl("pkcs12 -export -nokeys -in ca.pem -passout pass:secret -out certs.p12");
	openssl("genpkey -algorithm X25519 -out x25519.key");
	openssl("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key");
	openssl("req -x509 -key pss.key -out pss.pem -subj /CN=pss -sigopt rsa_pss_saltlen:32 -days 30");
	return 0;
}

static int files_remove(void **state)
{
	char command[64];

	(void)state;
	assert_true(snprintf(command, sizeof(command), "rm -rf %s", folder) < (int)sizeof(command));
	return system(command);
}

static void keys_are_read_in_every_form(void **state)
{
	static const struct {
		const char *cert, *key, *passphrase;
	} rows[] = {
		{ "rsa.pem", "rsa.key", "" },           { "rsa.der", "rsa.pkcs1", "" },      { "rsa.pem", "rsa.pkcs1.der", "" },
		{ "rsa.pem", "rsa.pkcs1.enc", "secret" }, { "rsa.pem", "rsa.pkcs8.der", "" }, { "rsa.pem", "rsa.pkcs8.enc", "secret" },
		{ "rsa.pem", "rsa.pkcs8.enc.der", "secret" }, { "ca.pem", "ca.key", "" },    { "ca.pem", "ec.sec1", "" },
		{ "ca.pem", "ec.sec1.der", "" },        { "ed.pem", "ed.key", "" },          { "rsa.pem", "rsa.key", "not needed" },
		{ "pss.pem", "pss.key", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int key_first = 0; key_first < 2; key_first++) {
			struct credentials *c = credentials_new();

			if (key_first)
				assert_int_equal(add_file(c, CREDENTIAL_KEY, rows[i].key, rows[i].passphrase), ERR_OK);
			assert_int_equal(add_file(c, CREDENTIAL_CERT, rows[i].cert, ""), ERR_OK);
			if (!key_first) {
				assert_false(credentials_has_key(c, credentials_cert(c, rows[i].cert)));
				assert_int_equal(add_file(c, CREDENTIAL_KEY, rows[i].key, rows[i].passphrase), ERR_OK);
			}
			if (!credentials_has_key(c, credentials_cert(c, rows[i].cert)))
				fail_msg("%s has no key in %s", rows[i].cert, rows[i].key);
			credentials_free(c);
		}
	}
}

static void a_key_of_another_certificate_is_not_its_key(void **state)
{
	struct credentials *c = credentials_new();

	(void)state;
	assert_int_equal(add_file(c, CREDENTIAL_CERT, "rsa.pem", ""), ERR_OK);
	assert_int_equal(add_file(c, CREDENTIAL_KEY, "ca.key", ""), ERR_OK);
	assert_false(credentials_has_key(c, credentials_cert(c, "rsa.pem")));
	assert_false(credentials_has_key(c, 0));
	assert_false(credentials_has_key(c, 7));
	credentials_free(c);
}

static void a_wrong_or_missing_passphrase_is_told_apart_from_a_bad_file(void **state)
{
	static const char *const encrypted[] = { "rsa.pkcs1.enc", "rsa.pkcs8.enc", "rsa.pkcs8.enc.der" };
	struct credentials *c = credentials_new();
	static char longest[PSK_MAX + 600];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	for (size_t i = 0; i < ARRAY_LEN(encrypted); i++) {
		assert_int_equal(add_file(c, CREDENTIAL_KEY, encrypted[i], "wrong"), ERR_AUTH);
		assert_string_equal(why_words, "its passphrase is wrong");
		assert_int_equal(add_file(c, CREDENTIAL_KEY, encrypted[i], longest), ERR_AUTH);
		assert_int_equal(add_file(c, CREDENTIAL_KEY, encrypted[i], ""), ERR_AUTH);
		assert_string_equal(why_words, "it needs a passphrase");
	}
	assert_int_equal(add_file(c, CREDENTIAL_PKCS12, "rsa.p12", "wrong"), ERR_AUTH);
	assert_int_equal(add_file(c, CREDENTIAL_PKCS12, "rsa.p12", ""), ERR_AUTH);
	assert_int_equal(add_file(c, CREDENTIAL_PKCS12, "rsa.p12", longest), ERR_LIMIT);
	assert_int_equal(add_file(c, CREDENTIAL_KEY, "rsa.pem", ""), ERR_SYNTAX);
	assert_int_equal(add_file(c, CREDENTIAL_KEY, "rsa.der", ""), ERR_SYNTAX);
	credentials_free(c);
}

static void a_kind_of_key_that_we_do_not_do_is_named_as_such(void **state)
{
	struct credentials *c = credentials_new();

	(void)state;
	assert_int_equal(add_file(c, CREDENTIAL_KEY, "x25519.key", ""), ERR_UNSUPPORTED);
	credentials_free(c);
}

static void pkcs12_brings_key_certificate_and_intermediates(void **state)
{
	static uint8_t longer[65536 + 1];
	struct credentials *c = credentials_new();
	struct span whole;
	uint8_t hashes[64];
	uint32_t cert;

	(void)state;
	assert_int_equal(add_file(c, CREDENTIAL_PKCS12, "rsa.p12", "secret"), ERR_OK);
	cert = credentials_cert(c, "rsa.p12");
	assert_true(credentials_has_key(c, cert));
	assert_int_equal(c->certs_count, 2);
	assert_int_equal(credentials_certreq(c, NULL, 0, hashes, sizeof(hashes)), 0); /* its CA is no anchor */
	assert_int_equal(add_file(c, CREDENTIAL_PKCS12, "open.p12", ""), ERR_OK);
	assert_true(credentials_has_key(c, credentials_cert(c, "open.p12")));
	assert_int_equal(add_file(c, CREDENTIAL_PKCS12, "certs.p12", "secret"), ERR_OK);
	assert_int_equal(add_file(c, CREDENTIAL_PKCS12, "rsa.der", "secret"), ERR_SYNTAX);
	whole = file_read("rsa.p12");
	memcpy(longer, whole.data, whole.len);
	longer[whole.len] = 0;
	assert_int_equal(add_bytes(c, CREDENTIAL_PKCS12, "more.p12", span_of(longer, whole.len + 1), "secret"), ERR_SYNTAX);
	credentials_free(c);
}

static void further_certificates_of_a_file_are_intermediates(void **state)
{
	static char bundle[32768];
	struct credentials *c = credentials_new();
	struct identity ids[4];
	struct span part;
	size_t len = 0;
	uint32_t cert;

	(void)state;
	part = file_read("rsa.pem");
	memcpy(bundle, part.data, part.len);
	len += part.len;
	part = file_read("ed.pem");
	memcpy(&bundle[len], part.data, part.len);
	len += part.len;
	part = file_read("rsa.key"); /* a key between them is passed over */
	memcpy(&bundle[len], part.data, part.len);
	len += part.len;
	part = file_read("ca.pem");
	memcpy(&bundle[len], part.data, part.len);
	len += part.len;
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "bundle", span_of(bundle, len), ""), ERR_OK);
	assert_int_equal(c->certs_count, 3);
	cert = credentials_cert(c, "bundle");
	assert_int_equal(cert, 1);
	assert_int_equal(credentials_identities(c, cert, ids, ARRAY_LEN(ids)), 2);
	assert_int_equal(ids[0].type, ID_DER_ASN1_DN);
	assert_int_equal(ids[1].type, ID_FQDN);
	assert_int_equal(credentials_identities(c, 9, ids, ARRAY_LEN(ids)), 0);
	assert_int_equal(c->certs[1].role, CERT_EXTRA);
	credentials_free(c);
}

static void a_bundle_of_cas_is_trusted_as_one(void **state)
{
	static char bundle[32768];
	struct credentials *c = credentials_new();
	uint8_t hashes[4 * CA_HASH_LEN];
	struct span part;
	uint32_t anchor;
	size_t len;

	(void)state;
	part = file_read("ca.pem");
	memcpy(bundle, part.data, part.len);
	len = part.len;
	part = file_read("ed.pem");
	memcpy(&bundle[len], part.data, part.len);
	len += part.len;
	assert_int_equal(add_bytes(c, CREDENTIAL_CA, "bundle", span_of(bundle, len), ""), ERR_OK);
	assert_int_equal(add_file(c, CREDENTIAL_CA, "rsa.pem", ""), ERR_OK);
	assert_int_equal(credentials_cert(c, "bundle"), 0);
	assert_int_equal(credentials_ca(c, "nothing"), 0);
	anchor = credentials_ca(c, "bundle");
	assert_int_equal(credentials_certreq(c, &anchor, 1, hashes, sizeof(hashes)), 2 * CA_HASH_LEN);
	anchor = credentials_ca(c, "rsa.pem");
	assert_int_equal(credentials_certreq(c, &anchor, 1, hashes, sizeof(hashes)), CA_HASH_LEN);
	assert_int_equal(credentials_certreq(c, NULL, 0, hashes, sizeof(hashes)), 3 * CA_HASH_LEN);
	assert_int_equal(credentials_certreq(c, NULL, 0, hashes, 2 * CA_HASH_LEN + 19), 2 * CA_HASH_LEN);
	assert_int_equal(credentials_certreq(c, NULL, 0, hashes, 0), 0);
	credentials_free(c);
}

static void the_same_ca_twice_is_asked_for_once_by_the_hash_of_its_key(void **state)
{
	struct credentials *c = credentials_new();
	uint8_t hashes[64], expected[20];
	struct span der;

	(void)state;
	assert_int_equal(add_file(c, CREDENTIAL_CA, "ca.pem", ""), ERR_OK);
	assert_int_equal(add_file(c, CREDENTIAL_CA, "ca.pem", ""), ERR_OK);
	assert_int_equal(credentials_certreq(c, NULL, 0, hashes, sizeof(hashes)), CA_HASH_LEN);
	openssl("x509 -in ca.pem -pubkey -noout -out ca.pub");
	openssl("pkey -pubin -in ca.pub -outform DER -out ca.pub.der");
	openssl("dgst -sha1 -binary -out ca.sha1 ca.pub.der");
	der = file_read("ca.sha1");
	assert_int_equal(der.len, sizeof(expected));
	assert_memory_equal(hashes, der.data, der.len);
	credentials_free(c);
}

static void what_is_not_such_a_file_is_refused(void **state)
{
	struct credentials *c = credentials_new();
	static char copy[32768];
	struct span file;

	(void)state;
	for (int kind = CREDENTIAL_CERT; kind <= CREDENTIAL_PKCS12; kind++) {
		assert_int_equal(add_bytes(c, (enum credential_kind)kind, "x", SPAN_EMPTY, ""), ERR_SYNTAX);
		assert_int_equal(add_bytes(c, (enum credential_kind)kind, "x", span_text("hello"), ""), ERR_SYNTAX);
		assert_int_equal(add_bytes(c, (enum credential_kind)kind, "x", span_text("-----BEGIN CERTIFICATE-----\nAAAA\n"), ""), ERR_SYNTAX);
		assert_int_equal(add_bytes(c, (enum credential_kind)kind, "x", span_of("\x30\x03\x02\x01\x00", 5), ""), ERR_SYNTAX);
	}
	file = file_read("rsa.der");
	memcpy(copy, file.data, file.len);
	copy[file.len] = 0;
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "x", span_of(copy, file.len + 1), ""), ERR_SYNTAX);
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "x", span_of(copy, file.len - 1), ""), ERR_SYNTAX);
	assert_int_equal(add_file(c, CREDENTIAL_CERT, "rsa.key", ""), ERR_SYNTAX); /* a file without certificates */
	assert_int_equal(add_file(c, CREDENTIAL_CRL, "rsa.pem", ""), ERR_SYNTAX);
	file = file_read("rsa.pem");
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "x", span_of(file.data, file.len - 10), ""), ERR_SYNTAX);
	assert_int_equal(c->certs_count + c->keys_count + c->crls_count, 0); /* and leaves nothing behind */
	credentials_free(c);
}

static void a_file_holds_so_many_certificates_and_no_more(void **state)
{
	static char bundle[65536];
	struct credentials *c = credentials_new();
	struct span one = file_read("ed.pem");
	size_t len = 0;

	(void)state;
	for (int i = 0; i < CERTS_PER_FILE_MAX; i++, len += one.len)
		memcpy(&bundle[len], one.data, one.len);
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "x", span_of(bundle, len), ""), ERR_OK);
	assert_int_equal(c->certs_count, CERTS_PER_FILE_MAX);
	memcpy(&bundle[len], one.data, one.len);
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "x", span_of(bundle, len + one.len), ""), ERR_LIMIT);
	credentials_free(c);
}

static void a_set_holds_so_many_credentials_and_no_more(void **state)
{
	struct credentials *c = credentials_new();
	struct span file = file_read("ed.pem");

	(void)state;
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "x", file, ""), ERR_OK);
	c->certs_count = CREDENTIALS_MAX; /* as if */
	assert_int_equal(add_bytes(c, CREDENTIAL_CERT, "x", file, ""), ERR_LIMIT);
	assert_string_equal(why_words, "there are more credentials than fit");
	c->certs_count = 1;
	credentials_free(c);
}

static void hundreds_of_certificates_are_found_by_identity(void **state)
{
	struct credentials *c = credentials_new();
	struct made ca = made_ca("CN=ca", NULL);
	EVP_PKEY *key = made_key("EC", 256);
	struct identity id;
	char name[32];

	(void)state;
	for (int i = 0; i < 300; i++) {
		char san[64];
		struct made m;

		assert_true(snprintf(name, sizeof(name), "CN=n%d", i) > 0 && snprintf(san, sizeof(san), "DNS:n%d.example.org", i) > 0);
		m = made_cert(&(struct recipe){ .subject = name, .issuer = &ca, .key = key, .extensions = { "subjectAltName", san } });
		add_cert(c, CREDENTIAL_CERT, name, m.x);
	}
	for (int i = 0; i < 300; i++) {
		uint32_t place = 0, cert;
		char text[64];

		assert_true(snprintf(text, sizeof(text), "N%d.example.org", i) > 0 && snprintf(name, sizeof(name), "CN=n%d", i) > 0);
		assert_int_equal(identity_parse(&id, text), ERR_OK);
		cert = credentials_walk(c, names_hash(&id), &place);
		assert_int_equal(cert, credentials_cert(c, name));
		assert_int_equal(cert, i + 1);
		assert_int_equal(credentials_walk(c, names_hash(&id), &place), 0);
	}
	credentials_free(c);
	makers_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_in_every_form),
		cmocka_unit_test(a_key_of_another_certificate_is_not_its_key),
		cmocka_unit_test(a_wrong_or_missing_passphrase_is_told_apart_from_a_bad_file),
		cmocka_unit_test(a_kind_of_key_that_we_do_not_do_is_named_as_such),
		cmocka_unit_test(pkcs12_brings_key_certificate_and_intermediates),
		cmocka_unit_test(further_certificates_of_a_file_are_intermediates),
		cmocka_unit_test(a_bundle_of_cas_is_trusted_as_one),
		cmocka_unit_test(the_same_ca_twice_is_asked_for_once_by_the_hash_of_its_key),
		cmocka_unit_test(what_is_not_such_a_file_is_refused),
		cmocka_unit_test(a_file_holds_so_many_certificates_and_no_more),
		cmocka_unit_test(a_set_holds_so_many_credentials_and_no_more),
		cmocka_unit_test(hundreds_of_certificates_are_found_by_identity),
	};

	return cmocka_run_group_tests(tests, files_make, files_remove);
}
