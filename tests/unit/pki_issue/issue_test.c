/* SPDX-License-Identifier: Apache-2.0 */
/* A small CA without files: what it makes, what it refuses, and that nothing is written where it does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "issue.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

struct made {
	uint8_t der[8192];
	size_t len;
};

static char why_words[512];
static struct text why;

static struct span span_made(const struct made *m)
{
	return span_of(m->der, m->len);
}

static struct issue_key *key_new(enum key_kind kind)
{
	struct issue_key *k = NULL;

	assert_int_equal(issue_key_new(&k, kind, 0), ERR_OK);
	return k;
}

static enum err cert_make(struct made *ret, const struct issue_request *r, const struct issue_key *key, struct span csr,
			  const struct made *ca, const struct issue_key *ca_key)
{
	why = TEXT_ARRAY(why_words);
	return issue_cert(r, key, csr, ca ? span_made(ca) : SPAN_EMPTY, ca_key, NOW, ret->der, sizeof(ret->der), &ret->len, &why);
}

static void ca_make(struct made *ret, const struct issue_key *key, int path_length)
{
	struct issue_request r = { .purpose = ISSUE_CA, .subject = "CN=test CA", .days = 100, .path_length = path_length };

	assert_int_equal(cert_make(ret, &r, key, SPAN_EMPTY, NULL, NULL), ERR_OK);
}

static X509 *x509_of(const struct made *m)
{
	const unsigned char *at = m->der;
	X509 *x = d2i_X509(NULL, &at, (long)m->len);

	assert_non_null(x);
	return x;
}

static void a_server_certificate_is_signed_by_its_ca_and_fit_for_servers_only(void **state)
{
	struct issue_key *ca_key = key_new(KEY_ECDSA), *key = key_new(KEY_ED25519);
	struct issue_request r = { .purpose = ISSUE_SERVER, .subject = "CN=gw", .sans = { "192.0.2.1" }, .sans_count = 1, .days = 10 };
	struct made ca, cert;
	X509 *x, *issuer;

	(void)state;
	ca_make(&ca, ca_key, -1);
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, &ca, ca_key), ERR_OK);
	x = x509_of(&cert);
	issuer = x509_of(&ca);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(issuer)), 1);
	assert_int_equal(X509_check_issued(issuer, x), X509_V_OK);
	assert_int_equal(X509_get_extended_key_usage(x) & (XKU_SSL_SERVER | XKU_SSL_CLIENT), XKU_SSL_SERVER);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_check_ip_asc(x, "192.0.2.1", 0), 1);
	assert_int_equal(X509_check_host(x, "192.0.2.1", 0, 0, NULL), 1); /* Windows */
	X509_free(x);
	X509_free(issuer);
	issue_key_free(key);
	issue_key_free(ca_key);
}

static void no_certificate_outlives_its_ca(void **state)
{
	struct issue_key *key = key_new(KEY_ECDSA);
	struct issue_request r = { .purpose = ISSUE_CLIENT, .subject = "CN=c", .days = 1000 };
	struct made ca, cert;
	X509 *x, *issuer;

	(void)state;
	ca_make(&ca, key, -1);
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, &ca, key), ERR_OK);
	x = x509_of(&cert);
	issuer = x509_of(&ca);
	assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(issuer)), 0);
	X509_free(x);
	X509_free(issuer);
	issue_key_free(key);
}

static void a_ca_without_room_issues_no_ca_and_an_expired_one_nothing(void **state)
{
	struct issue_key *key = key_new(KEY_ECDSA);
	struct issue_request r = { .purpose = ISSUE_CA, .subject = "CN=below", .days = 10, .path_length = 0 };
	struct made ca, cert;

	(void)state;
	ca_make(&ca, key, 0);
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, &ca, key), ERR_CONFIG);
	assert_non_null(strstr(why_words, "path length"));
	r.purpose = ISSUE_CLIENT;
	why = TEXT_ARRAY(why_words);
	assert_int_equal(issue_cert(&r, key, SPAN_EMPTY, span_made(&ca), key, NOW + 101 * DAY, cert.der, sizeof(cert.der), &cert.len, &why),
			 ERR_CONFIG);
	assert_non_null(strstr(why_words, "expired"));
	issue_key_free(key);
}

static void a_key_that_is_not_the_cas_signs_nothing(void **state)
{
	struct issue_key *key = key_new(KEY_ECDSA), *other = key_new(KEY_ECDSA);
	struct issue_request r = { .purpose = ISSUE_CLIENT, .subject = "CN=c", .days = 10 };
	struct made ca, cert;

	(void)state;
	ca_make(&ca, key, -1);
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, &ca, other), ERR_CONFIG);
	issue_key_free(key);
	issue_key_free(other);
}

static void names_that_are_none_and_servers_without_one_are_refused(void **state)
{
	static const char *const wrong[] = { "a b", "", "@x", "a@", "a..b", ".a", "a.", "ä.example", "*a.example" };
	struct issue_key *key = key_new(KEY_ECDSA);
	struct issue_request r = { .purpose = ISSUE_SERVER, .subject = "CN=c", .days = 10 };
	struct made cert;

	(void)state;
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, NULL, NULL), ERR_CONFIG);
	r.sans_count = 1;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		r.sans[0] = wrong[i];
		assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, NULL, NULL), ERR_SYNTAX);
	}
	r.sans[0] = "*.example.org";
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, NULL, NULL), ERR_OK);
	r.subject = "no name";
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, NULL, NULL), ERR_SYNTAX);
	issue_key_free(key);
}

/* RFC 5280 4.1.2.6, 4.2.1.6 */
static void a_ca_needs_a_subject_and_others_without_one_have_critical_names(void **state)
{
	struct issue_key *key = key_new(KEY_ECDSA);
	struct issue_request r = { .purpose = ISSUE_CA, .days = 10, .path_length = -1 };
	struct made ca, cert;
	X509 *x;

	(void)state;
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, NULL, NULL), ERR_CONFIG);
	ca_make(&ca, key, -1);
	r.purpose = ISSUE_CLIENT;
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, &ca, key), ERR_CONFIG);
	r.sans[0] = "a.example";
	r.sans_count = 1;
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, &ca, key), ERR_OK);
	x = x509_of(&cert);
	assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(x, X509_get_ext_by_NID(x, NID_subject_alt_name, -1))), 1);
	X509_free(x);
	issue_key_free(key);
}

static void a_request_gives_its_names_and_not_its_purpose(void **state)
{
	struct issue_key *ca_key = key_new(KEY_ECDSA), *key = key_new(KEY_ED448);
	struct issue_request ask = { .purpose = ISSUE_CA, .subject = "CN=asked", .sans = { "a.example" }, .sans_count = 1 };
	struct issue_request r = { .purpose = ISSUE_CLIENT, .days = 10 };
	struct made ca, csr, cert;
	X509 *x;

	(void)state;
	ca_make(&ca, ca_key, -1);
	assert_int_equal(issue_csr(&ask, key, csr.der, sizeof(csr.der), &csr.len, &why), ERR_OK);
	assert_int_equal(cert_make(&cert, &r, NULL, span_made(&csr), &ca, ca_key), ERR_OK);
	x = x509_of(&cert);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_check_host(x, "a.example", 0, 0, NULL), 1);
	X509_free(x);
	csr.der[csr.len - 1] ^= 1;
	assert_int_equal(cert_make(&cert, &r, NULL, span_made(&csr), &ca, ca_key), ERR_AUTH);
	issue_key_free(key);
	issue_key_free(ca_key);
}

static void a_key_comes_back_with_its_passphrase_alone(void **state)
{
	struct issue_key *key = key_new(KEY_ED25519), *back = NULL;
	uint8_t pem[2048];
	size_t len;

	(void)state;
	why = TEXT_ARRAY(why_words);
	assert_int_equal(issue_key_write(key, span_text("word"), pem, sizeof(pem), &len), ERR_OK);
	assert_int_equal(issue_key_read(&back, span_of(pem, len), SPAN_EMPTY, &why), ERR_MISSING);
	assert_int_equal(issue_key_read(&back, span_of(pem, len), span_text("sword"), &why), ERR_AUTH);
	assert_null(back);
	assert_int_equal(issue_key_read(&back, span_of(pem, len), span_text("word"), &why), ERR_OK);
	issue_key_free(back);
	assert_int_equal(issue_key_write(key, SPAN_EMPTY, pem, 10, &len), ERR_SPACE);
	assert_int_equal(issue_key_read(&back, span_text("nothing"), SPAN_EMPTY, &why), ERR_SYNTAX);
	issue_key_free(key);
}

static void sizes_of_keys_that_are_too_small_or_odd_are_refused(void **state)
{
	struct issue_key *key = NULL;

	(void)state;
	assert_int_equal(issue_key_new(&key, KEY_RSA, 1024), ERR_UNSUPPORTED);
	assert_int_equal(issue_key_new(&key, KEY_RSA, 16384), ERR_UNSUPPORTED);
	assert_int_equal(issue_key_new(&key, KEY_ECDSA, 224), ERR_UNSUPPORTED);
	assert_null(key);
}

static void a_crl_grows_counts_and_takes_nobody_twice(void **state)
{
	struct issue_key *key = key_new(KEY_ECDSA);
	struct issue_request r = { .purpose = ISSUE_CLIENT, .subject = "CN=c", .days = 10 };
	struct made ca, cert, crl, next;
	const unsigned char *at = next.der;
	X509_REVOKED *entry;
	X509_CRL *read;
	X509 *x;

	(void)state;
	ca_make(&ca, key, -1);
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, &ca, key), ERR_OK);
	assert_int_equal(issue_crl(SPAN_EMPTY, SPAN_EMPTY, 0, span_made(&ca), key, NOW, 30, crl.der, sizeof(crl.der), &crl.len, &why), ERR_OK);
	assert_int_equal(issue_crl(span_made(&crl), span_made(&cert), 1, span_made(&ca), key, NOW, 30, next.der, sizeof(next.der), &next.len, &why),
			 ERR_OK);
	x = x509_of(&cert);
	read = d2i_X509_CRL(NULL, &at, (long)next.len);
	assert_int_equal(X509_CRL_get0_by_cert(read, &entry, x), 1);
	X509_CRL_free(read);
	X509_free(x);
	assert_int_equal(issue_crl(span_made(&next), span_made(&cert), 1, span_made(&ca), key, NOW, 30, crl.der, sizeof(crl.der), &crl.len, &why),
			 ERR_EXISTS);
	assert_int_equal(issue_crl(SPAN_EMPTY, span_made(&cert), 7, span_made(&ca), key, NOW, 30, crl.der, sizeof(crl.der), &crl.len, &why),
			 ERR_CONFIG);
	next.der[next.len - 1] ^= 1;
	assert_int_equal(issue_crl(span_made(&next), SPAN_EMPTY, 0, span_made(&ca), key, NOW, 30, crl.der, sizeof(crl.der), &crl.len, &why), ERR_AUTH);
	issue_key_free(key);
}

static void a_bundle_needs_a_passphrase_and_the_right_key(void **state)
{
	struct issue_key *key = key_new(KEY_ECDSA), *other = key_new(KEY_ECDSA);
	struct made ca, p12;
	const unsigned char *at = p12.der;
	PKCS12 *read;

	(void)state;
	ca_make(&ca, key, -1);
	assert_int_equal(issue_pkcs12(span_made(&ca), key, SPAN_EMPTY, "x", SPAN_EMPTY, false, p12.der, sizeof(p12.der), &p12.len, &why), ERR_CONFIG);
	assert_int_equal(issue_pkcs12(span_made(&ca), other, SPAN_EMPTY, "x", span_text("w"), false, p12.der, sizeof(p12.der), &p12.len, &why),
			 ERR_CONFIG);
	assert_int_equal(issue_pkcs12(span_made(&ca), key, SPAN_EMPTY, "x", span_text("w"), false, p12.der, sizeof(p12.der), &p12.len, &why), ERR_OK);
	read = d2i_PKCS12(NULL, &at, (long)p12.len);
	assert_int_equal(PKCS12_verify_mac(read, "w", -1), 1);
	assert_int_equal(PKCS12_verify_mac(read, "v", -1), 0);
	PKCS12_free(read);
	issue_key_free(key);
	issue_key_free(other);
}

static void what_is_shown_is_escaped_and_bounded(void **state)
{
	struct issue_key *key = key_new(KEY_ECDSA);
	struct issue_request r = { .purpose = ISSUE_CA, .subject = "CN=a\\x1bb", .days = 10, .path_length = -1 };
	char words[4096], few[20];
	struct text t = TEXT_ARRAY(words), small = TEXT_ARRAY(few);
	struct made cert;

	(void)state;
	assert_int_equal(cert_make(&cert, &r, key, SPAN_EMPTY, NULL, NULL), ERR_OK);
	assert_int_equal(issue_show(span_made(&cert), SPAN_EMPTY, NOW + 11 * DAY, &t, &why), ERR_OK);
	assert_non_null(strstr(words, "CN=a\\x1bb"));
	assert_non_null(strstr(words, "EXPIRED"));
	assert_int_equal(issue_show(span_made(&cert), SPAN_EMPTY, NOW, &small, &why), ERR_OK);
	assert_true(small.cut);
	assert_int_equal(issue_show(span_of(cert.der, cert.len - 1), SPAN_EMPTY, NOW, &t, &why), ERR_SYNTAX);
	issue_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_certificate_is_signed_by_its_ca_and_fit_for_servers_only),
		cmocka_unit_test(no_certificate_outlives_its_ca),
		cmocka_unit_test(a_ca_without_room_issues_no_ca_and_an_expired_one_nothing),
		cmocka_unit_test(a_key_that_is_not_the_cas_signs_nothing),
		cmocka_unit_test(names_that_are_none_and_servers_without_one_are_refused),
		cmocka_unit_test(a_ca_needs_a_subject_and_others_without_one_have_critical_names),
		cmocka_unit_test(a_request_gives_its_names_and_not_its_purpose),
		cmocka_unit_test(a_key_comes_back_with_its_passphrase_alone),
		cmocka_unit_test(sizes_of_keys_that_are_too_small_or_odd_are_refused),
		cmocka_unit_test(a_crl_grows_counts_and_takes_nobody_twice),
		cmocka_unit_test(a_bundle_needs_a_passphrase_and_the_right_key),
		cmocka_unit_test(what_is_shown_is_escaped_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
