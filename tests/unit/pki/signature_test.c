/* SPDX-License-Identifier: Apache-2.0 */
/* Bare signatures: the known answers of RFC 4754, and forgeries that a sloppy check lets through. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "vector.h"

#define MESSAGE "a message"

static struct auth_octets octets_of(const char *text)
{
	return (struct auth_octets){ { span_text(text) } };
}

static const struct scheme_row *row_of(uint8_t method, const char *name)
{
	for (size_t i = 0; i < schemes_count(); i++) {
		if (scheme_at(i)->method == method && (!name || strcmp(scheme_at(i)->name, name) == 0))
			return scheme_at(i);
	}
	fail();
	return NULL;
}

static bool fits(const char *scheme, EVP_PKEY *key, const void *sig, size_t len)
{
	struct auth_octets octets = octets_of(MESSAGE);

	return signature_check(row_of(AUTH_DIGITAL_SIGNATURE, scheme), key, &octets, span_of(sig, len));
}

/* ---- known answers ---- */

static size_t vector_after(const char *section, const char *label, uint8_t *ret, size_t max)
{
	const char *at = strstr(section, label);

	assert_non_null(at);
	return vector_hex(at + strlen(label), false, ret, max);
}

static EVP_PKEY *public_of(const char *section, const char *curve)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	uint8_t point[1 + 2 * 66] = { 4 };
	EVP_PKEY *key = NULL;
	size_t len = 1;
	OSSL_PARAM params[3];

	len += vector_after(section, "\ngwx:\n", &point[len], 66);
	len += vector_after(section, "\ngwy:\n", &point[len], 66);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, len);
	params[2] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void the_signatures_of_rfc_4754_are_taken(void **state)
{
	static const struct {
		const char *section, *curve;
		uint8_t method;
		size_t half;
	} rows[] = {
		{ "8.1.  ECDSA-256", "P-256", AUTH_ECDSA_256, 32 },
		{ "8.2.  ECDSA-384", "P-384", AUTH_ECDSA_384, 48 },
		{ "8.3.  ECDSA-521", "P-521", AUTH_ECDSA_521, 66 },
	};
	const char *text = vector_file("rfc4754-ecdsa.txt");
	struct auth_octets abc = octets_of("abc"), abd = octets_of("abd");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scheme_row *row = row_of(rows[i].method, NULL);
		const char *section = strstr(text, rows[i].section);
		EVP_PKEY *key;
		uint8_t sig[2 * 66 + 1];
		size_t len;

		assert_non_null(section);
		key = public_of(section, rows[i].curve);
		len = vector_after(section, "\nr:\n", sig, sizeof(sig));
		assert_int_equal(len, rows[i].half);
		len += vector_after(section, "\ns:\n", &sig[len], sizeof(sig) - len);
		assert_int_equal(len, 2 * rows[i].half);
		assert_true(signature_check(row, key, &abc, span_of(sig, len)));
		assert_false(signature_check(row, key, &abd, span_of(sig, len)));
		/* Neither longer nor shorter, nor with a half out of range. */
		sig[len] = 0;
		assert_false(signature_check(row, key, &abc, span_of(sig, len + 1)));
		assert_false(signature_check(row, key, &abc, span_of(sig, len - 1)));
		assert_false(signature_check(row, key, &abc, SPAN_EMPTY));
		memset(sig, 0, rows[i].half);
		assert_false(signature_check(row, key, &abc, span_of(sig, len)));
		memset(sig, 0, len);
		assert_false(signature_check(row, key, &abc, span_of(sig, len)));
		memset(sig, 0xff, len);
		assert_false(signature_check(row, key, &abc, span_of(sig, len)));
		EVP_PKEY_free(key);
	}
}

/* RFC4754 7: r and s have the curve's length, also where one of them begins with a zero. */
static void a_half_without_its_leading_zero_is_refused(void **state)
{
	const struct scheme_row *row = row_of(AUTH_ECDSA_256, NULL);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct auth_octets octets = octets_of(MESSAGE);
	uint8_t sig[64];
	size_t len = 0;

	(void)state;
	do
		assert_int_equal(signature_make(row, key, &octets, sig, sizeof(sig), &len), ERR_OK);
	while (sig[32] != 0); /* one in 256 */
	assert_true(signature_check(row, key, &octets, span_of(sig, 64)));
	memmove(&sig[32], &sig[33], 31);
	assert_false(signature_check(row, key, &octets, span_of(sig, 63)));
	EVP_PKEY_free(key);
}

/* RFC4754 2 */
static void raw_signatures_have_the_curve_s_length_and_verify(void **state)
{
	static const struct {
		unsigned bits;
		uint8_t method;
		size_t len;
	} rows[] = { { 256, AUTH_ECDSA_256, 64 }, { 384, AUTH_ECDSA_384, 96 }, { 521, AUTH_ECDSA_521, 132 } };
	struct auth_octets octets = octets_of(MESSAGE);
	uint8_t sig[512];
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scheme_row *row = row_of(rows[i].method, NULL);
		EVP_PKEY *key = made_key("EC", rows[i].bits);

		for (int turn = 0; turn < 50; turn++) { /* r and s with leading zeros among them */
			assert_int_equal(signature_make(row, key, &octets, sig, sizeof(sig), &len), ERR_OK);
			assert_int_equal(len, rows[i].len);
			assert_true(signature_check(row, key, &octets, span_of(sig, len)));
		}
		assert_int_equal(signature_make(row, key, &octets, sig, len - 1, &len), ERR_SPACE);
		/* A key on another curve makes and checks none. */
		key = made_key("EC", rows[i].bits == 256 ? 384 : 256);
		assert_int_equal(signature_make(row, key, &octets, sig, sizeof(sig), &len), ERR_CRYPTO);
		assert_false(signature_check(row, key, &octets, span_of(sig, rows[i].len)));
	}
	makers_clear();
}

static void a_curve_of_another_family_is_none_of_rfc_4754_s(void **state)
{
	const struct scheme_row *row = row_of(AUTH_ECDSA_256, NULL);
	struct auth_octets octets = octets_of(MESSAGE);
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
	uint8_t sig[512];
	size_t len;

	(void)state;
	assert_non_null(key);
	assert_int_equal(signature_make(row, key, &octets, sig, sizeof(sig), &len), ERR_CRYPTO);
	EVP_PKEY_free(key);
}

/* ---- RSA PKCS#1 v1.5 ---- */

static const uint8_t digest_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };

/* The private operation on a block of 256 bytes that the test made up. */
static void rsa_raw(EVP_PKEY *key, const uint8_t block[256], uint8_t ret[256])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = 256;

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, ret, &len, block, 256), 1);
	assert_int_equal(len, 256);
	EVP_PKEY_CTX_free(ctx);
}

/* 00 01 FF… 00 and info, with pad bytes of FF; what is left is garbage at the end. */
static void block_make(uint8_t block[256], size_t pad, const uint8_t *info, size_t info_len)
{
	uint8_t hash[32];

	memset(block, 0x5a, 256);
	block[0] = 0;
	block[1] = 1;
	memset(&block[2], 0xff, pad);
	block[2 + pad] = 0;
	memcpy(&block[3 + pad], info, info_len);
	assert_int_equal(EVP_Digest(MESSAGE, strlen(MESSAGE), hash, NULL, EVP_sha256(), NULL), 1);
	memcpy(&block[3 + pad + info_len], hash, sizeof(hash));
}

static bool block_taken(EVP_PKEY *key, const uint8_t block[256])
{
	uint8_t sig[256];

	rsa_raw(key, block, sig);
	return fits("rsa-sha256", key, sig, sizeof(sig));
}

static void sloppy_pkcs1_padding_is_refused(void **state)
{
	/* DigestInfo: without NULL; with bytes in the parameters (CVE-2018-16152 and its kin); with another algorithm; not DER */
	static const uint8_t no_null[] = { 0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20 };
	static const uint8_t stuffed[] = { 0x30, 0x39, 0x30, 0x15, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x08,
					   1, 2, 3, 4, 5, 6, 7, 8, 0x04, 0x20 };
	static const uint8_t other[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x08, 0x05, 0x00, 0x04, 0x20 };
	static const uint8_t long_form[] = { 0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
	const size_t full = 256 - 3 - sizeof(digest_info) - 32;
	EVP_PKEY *key = made_key("RSA", 2048);
	uint8_t block[256];

	(void)state;
	block_make(block, full, digest_info, sizeof(digest_info));
	assert_true(block_taken(key, block)); /* the tests below fail for what they change */
	for (size_t pad = 0; pad < full; pad += full / 8) { /* Bleichenbacher 2006: garbage at the end */
		block_make(block, pad, digest_info, sizeof(digest_info));
		assert_false(block_taken(key, block));
	}
	block_make(block, full, digest_info, sizeof(digest_info));
	block[100] = 0xfe;
	assert_false(block_taken(key, block)); /* padding that is not FF */
	block_make(block, full, digest_info, sizeof(digest_info));
	block[1] = 2;
	assert_false(block_taken(key, block));
	block[1] = 0;
	assert_false(block_taken(key, block));
	block_make(block, full, digest_info, sizeof(digest_info));
	block[2 + full] = 1;
	assert_false(block_taken(key, block)); /* no end to the padding */
	block_make(block, full + sizeof(digest_info) - sizeof(no_null), no_null, sizeof(no_null));
	assert_false(block_taken(key, block));
	block_make(block, full + sizeof(digest_info) - sizeof(stuffed), stuffed, sizeof(stuffed));
	assert_false(block_taken(key, block));
	block_make(block, full, other, sizeof(other));
	assert_false(block_taken(key, block));
	block_make(block, full - 1, long_form, sizeof(long_form));
	assert_false(block_taken(key, block));
	block_make(block, full + sizeof(digest_info), digest_info, 0);
	assert_false(block_taken(key, block)); /* the bare hash */
	makers_clear();
}

static void an_rsa_signature_is_as_long_as_its_modulus(void **state)
{
	struct auth_octets octets = octets_of(MESSAGE);
	EVP_PKEY *key = made_key("RSA", 2048);
	static const char *const schemes[] = { "rsa-sha256", "rsa/pss-sha256" };
	uint8_t auth[512], longer[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		const struct scheme_row *row = row_of(AUTH_DIGITAL_SIGNATURE, schemes[i]);
		size_t len, skip = 1 + row->algid.len;

		assert_int_equal(signature_make(row, key, &octets, auth, sizeof(auth), &len), ERR_OK);
		assert_int_equal(auth[0], row->algid.len);
		assert_memory_equal(&auth[1], row->algid.data, row->algid.len);
		assert_int_equal(len - skip, 256);
		assert_true(fits(schemes[i], key, &auth[skip], 256));
		assert_false(fits(schemes[i], key, &auth[skip], 255));
		auth[len] = 0;
		assert_false(fits(schemes[i], key, &auth[skip], 257));
		longer[0] = 0;
		memcpy(&longer[1], &auth[skip], 256);
		assert_false(fits(schemes[i], key, longer, 257));
		/* Zero, one, and all ones. */
		memset(longer, 0, 256);
		assert_false(fits(schemes[i], key, longer, 256));
		longer[255] = 1;
		assert_false(fits(schemes[i], key, longer, 256));
		memset(longer, 0xff, 256);
		assert_false(fits(schemes[i], key, longer, 256));
	}
	makers_clear();
}

static void a_signature_and_the_modulus_more_is_refused(void **state)
{
	struct auth_octets octets = octets_of(MESSAGE);
	const struct scheme_row *row = row_of(AUTH_RSA_SIGNATURE, NULL);
	EVP_PKEY *key = made_key("RSA", 2047);
	BIGNUM *n = NULL, *s;
	uint8_t sig[256];
	size_t len;

	(void)state;
	assert_int_equal(signature_make(row, key, &octets, sig, sizeof(sig), &len), ERR_OK);
	assert_true(signature_check(row, key, &octets, span_of(sig, len)));
	s = BN_bin2bn(sig, (int)len, NULL);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	assert_int_equal(BN_add(s, s, n), 1);
	assert_int_equal(BN_bn2binpad(s, sig, (int)len), (int)len); /* it fits: the modulus has a bit less */
	assert_false(signature_check(row, key, &octets, span_of(sig, len)));
	BN_free(s);
	BN_free(n);
	makers_clear();
}

/* ---- RSA-PSS ---- */

static size_t pss_sign(EVP_PKEY *key, const EVP_MD *digest, const EVP_MD *mask, int salt, uint8_t *ret)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	size_t len = 256;

	assert_int_equal(EVP_DigestSignInit(ctx, &pctx, digest, NULL, key), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, mask), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt), 1);
	assert_int_equal(EVP_DigestSign(ctx, ret, &len, (const uint8_t *)MESSAGE, strlen(MESSAGE)), 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

static void pss_with_another_salt_hash_or_mask_is_refused(void **state)
{
	static const int salts[] = { 0, 1, 20, 31, 33, 48, 64, 222 };
	EVP_PKEY *key = made_key("RSA", 2048);
	uint8_t sig[256];
	size_t len;

	(void)state;
	len = pss_sign(key, EVP_sha256(), EVP_sha256(), 32, sig);
	assert_true(fits("rsa/pss-sha256", key, sig, len));
	assert_false(fits("rsa/pss-sha384", key, sig, len));
	assert_false(fits("rsa-sha256", key, sig, len));
	for (size_t i = 0; i < ARRAY_LEN(salts); i++) {
		len = pss_sign(key, EVP_sha256(), EVP_sha256(), salts[i], sig);
		assert_false(fits("rsa/pss-sha256", key, sig, len));
	}
	len = pss_sign(key, EVP_sha256(), EVP_sha1(), 32, sig);
	assert_false(fits("rsa/pss-sha256", key, sig, len));
	len = pss_sign(key, EVP_sha256(), EVP_sha384(), 32, sig);
	assert_false(fits("rsa/pss-sha256", key, sig, len));
	len = pss_sign(key, EVP_sha512(), EVP_sha512(), 64, sig);
	assert_true(fits("rsa/pss-sha512", key, sig, len));
	assert_false(fits("rsa/pss-sha256", key, sig, len));
	makers_clear();
}

static void a_pkcs1_signature_does_not_pass_for_pss(void **state)
{
	struct auth_octets octets = octets_of(MESSAGE);
	const struct scheme_row *row = row_of(AUTH_DIGITAL_SIGNATURE, "rsa-sha256");
	EVP_PKEY *key = made_key("RSA", 2048);
	uint8_t auth[512];
	size_t len;

	(void)state;
	assert_int_equal(signature_make(row, key, &octets, auth, sizeof(auth), &len), ERR_OK);
	assert_true(fits("rsa-sha256", key, &auth[16], len - 16));
	assert_false(fits("rsa/pss-sha256", key, &auth[16], len - 16));
	assert_false(fits("rsa-sha384", key, &auth[16], len - 16));
	makers_clear();
}

/* ---- ECDSA and Ed25519 ---- */

static void an_ecdsa_signature_is_der_and_nothing_more(void **state)
{
	struct auth_octets octets = octets_of(MESSAGE);
	const struct scheme_row *row = row_of(AUTH_DIGITAL_SIGNATURE, "ecdsa-sha256");
	EVP_PKEY *key = made_key("EC", 256);
	size_t len, skip = 1 + row->algid.len;
	uint8_t auth[256], copy[256], *sig = &auth[skip];

	(void)state;
	do /* until r has its top bit clear, so that a zero before it is one too many */
		assert_int_equal(signature_make(row, key, &octets, auth, sizeof(auth), &len), ERR_OK);
	while (sig[3] != 32);
	len -= skip;
	assert_true(fits("ecdsa-sha256", key, sig, len));
	assert_false(fits("ecdsa-sha384", key, sig, len));
	sig[len] = 0;
	assert_false(fits("ecdsa-sha256", key, sig, len + 1));
	assert_false(fits("ecdsa-sha256", key, sig, len - 1));
	memcpy(copy, &sig[4], len - 4);
	memcpy(&sig[5], copy, len - 4);
	sig[4] = 0;
	sig[3]++;
	sig[1]++;
	assert_false(fits("ecdsa-sha256", key, sig, len + 1)); /* a zero before r */
	assert_false(fits("ecdsa-sha256", key, "\x30\x06\x02\x01\x00\x02\x01\x00", 8));
	assert_false(fits("ecdsa-sha256", key, "\x30\x06\x02\x01\x01\x02\x01\x01", 8));
	assert_false(fits("ecdsa-sha256", key, "", 0));
	makers_clear();
}

static void an_ed25519_signature_with_another_s_is_refused(void **state)
{
	/* The group's order, little-endian (RFC 8032 5.1). */
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	struct auth_octets octets = octets_of(MESSAGE);
	const struct scheme_row *row = row_of(AUTH_DIGITAL_SIGNATURE, "ed25519-identity");
	EVP_PKEY *key = made_key("ED25519", 0);
	uint8_t auth[128], *sig = &auth[1 + 7];
	unsigned carry = 0;
	size_t len;

	(void)state;
	assert_int_equal(signature_make(row, key, &octets, auth, sizeof(auth), &len), ERR_OK);
	assert_int_equal(len, 8 + 64);
	assert_true(fits("ed25519-identity", key, sig, 64));
	auth[len] = 0;
	assert_false(fits("ed25519-identity", key, sig, 65));
	assert_false(fits("ed25519-identity", key, sig, 63));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_false(fits("ed25519-identity", key, sig, 64));
	makers_clear();
}

static void signatures_are_over_all_parts_in_order(void **state)
{
	struct auth_octets one = { { span_text("ab"), span_text("c"), span_text("de") } }, same = { { span_text("abc"), SPAN_EMPTY, span_text("de") } };
	struct auth_octets other = { { span_text("ab"), span_text("de"), span_text("c") } };
	static const char *const types[] = { "RSA", "EC", "ED25519", "ED448" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		EVP_PKEY *key = made_key(types[i], i == 0 ? 2048 : 256);
		const struct scheme_row *row = row_for(key, NULL);
		struct span signature;
		uint8_t auth[1024];
		size_t len;

		assert_int_equal(signature_make(row, key, &one, auth, sizeof(auth), &len), ERR_OK);
		assert_int_equal(scheme_read(row->method, span_of(auth, len), &row, &signature), VERIFY_NONE);
		assert_true(signature_check(row, key, &one, signature));
		assert_true(signature_check(row, key, &same, signature));
		assert_false(signature_check(row, key, &other, signature));
	}
	makers_clear();
}

/* RFC5480 2.1.1 */
static void a_curve_over_a_binary_field_is_refused(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "sect571r1"), *prime = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP512r1");
	struct key_facts facts;
	const char *words;

	(void)state;
	assert_non_null(key);
	assert_non_null(prime);
	assert_int_equal(key_judge(key, NULL, &facts, &words), VERIFY_WEAK_KEY);
	assert_string_equal(words, "its curve is over a binary field");
	assert_int_equal(key_judge(prime, NULL, &facts, &words), VERIFY_NONE);
	EVP_PKEY_free(key);
	EVP_PKEY_free(prime);
}

static void a_curve_without_a_name_is_weak(void **state)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	struct key_facts facts;
	const char *words;

	(void)state;
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_EXPLICIT_CURVE), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	assert_int_equal(key_judge(key, NULL, &facts, &words), VERIFY_WEAK_KEY);
	assert_string_equal(words, "its curve has no name");
	assert_int_equal(key_judge(NULL, NULL, &facts, &words), VERIFY_WEAK_KEY);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signatures_of_rfc_4754_are_taken),
		cmocka_unit_test(a_half_without_its_leading_zero_is_refused),
		cmocka_unit_test(raw_signatures_have_the_curve_s_length_and_verify),
		cmocka_unit_test(a_curve_of_another_family_is_none_of_rfc_4754_s),
		cmocka_unit_test(sloppy_pkcs1_padding_is_refused),
		cmocka_unit_test(an_rsa_signature_is_as_long_as_its_modulus),
		cmocka_unit_test(a_signature_and_the_modulus_more_is_refused),
		cmocka_unit_test(pss_with_another_salt_hash_or_mask_is_refused),
		cmocka_unit_test(a_pkcs1_signature_does_not_pass_for_pss),
		cmocka_unit_test(an_ecdsa_signature_is_der_and_nothing_more),
		cmocka_unit_test(an_ed25519_signature_with_another_s_is_refused),
		cmocka_unit_test(signatures_are_over_all_parts_in_order),
		cmocka_unit_test(a_curve_over_a_binary_field_is_refused),
		cmocka_unit_test(a_curve_without_a_name_is_weak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
