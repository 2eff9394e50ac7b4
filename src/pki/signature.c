/* SPDX-License-Identifier: Apache-2.0 */
#include "signature.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "bounds.h"
#include "registry.h"
#include "writer.h"

#define CURVE_BYTES_MAX 66 /* P-521 */

/* ---- keys ---- */

static const char *rsa_weakness(const EVP_PKEY *key)
{
	BIGNUM *n = NULL, *e = NULL;
	const char *words = NULL;

	if (!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) || !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e))
		words = "its key has no numbers";
	else if (!BN_is_odd(n))
		words = "its modulus is even";
	else if (!BN_is_odd(e) || BN_num_bits(e) <= 16)
		words = "its public exponent is below 65537 or even";
	else if (BN_num_bits(e) > RSA_EXPONENT_BITS_MOST)
		words = "its public exponent is longer than 33 bits";
	BN_free(n);
	BN_free(e);
	return words;
}

/*
 * Curves by name only: a certificate that brings its own equation may bring one that is easy. And none over binary fields: a check takes ten times
 * as long as on P-521, and a stranger may make us do dozens.
 */
static const char *curve_weakness(const EVP_PKEY *key)
{
	char encoding[32] = "", field[32] = "";
	size_t len = 0;

	if (!EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof(encoding), &len) ||
	    strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) != 0)
		return "its curve has no name"; /* RFC5480 2.1.1 */
	if (!EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_FIELD_TYPE, field, sizeof(field), &len) ||
	    strcmp(field, SN_X9_62_prime_field) != 0)
		return "its curve is over a binary field";
	return NULL;
}

enum verify_fault key_judge(const EVP_PKEY *key, const struct scheme_constraints *constraints, struct key_facts *ret, const char **ret_words)
{
	unsigned rsa_least = constraints && constraints->rsa_bits ? constraints->rsa_bits : RSA_BITS_LEAST;
	unsigned ecdsa_least = constraints && constraints->ecdsa_bits ? constraints->ecdsa_bits : ECDSA_BITS_LEAST;
	int id = key ? EVP_PKEY_get_base_id(key) : 0;
	struct key_facts facts = { 0 };
	const char *words = NULL;

	facts.bits = key ? (unsigned)EVP_PKEY_get_bits(key) : 0;
	if (id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS) {
		facts.kind = KEY_RSA;
		facts.pss_only = id == EVP_PKEY_RSA_PSS;
		if (facts.bits < rsa_least)
			words = "its RSA key is too short";
		else if (facts.bits > RSA_BITS_MOST)
			words = "its RSA key is longer than any we take";
		else
			words = rsa_weakness(key);
	} else if (id == EVP_PKEY_EC) {
		facts.kind = KEY_ECDSA;
		words = facts.bits < ecdsa_least ? "its curve is too small" : curve_weakness(key);
	} else if (id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448) {
		facts.kind = id == EVP_PKEY_ED25519 ? KEY_ED25519 : KEY_ED448;
	} else {
		words = "its key is of a kind that we do not take";
	}
	*ret = facts;
	*ret_words = words;
	return words ? VERIFY_WEAK_KEY : VERIFY_NONE;
}

/* 0: too weak, or nothing we know. SHA-3 is as good as SHA-2 in certificates, and no scheme of AUTH. */
static unsigned hash_of_nid(int nid, bool *ret_strong)
{
	*ret_strong = true;
	switch (nid) {
	case NID_sha256:
		return HASH_SHA2_256;
	case NID_sha384:
		return HASH_SHA2_384;
	case NID_sha512:
		return HASH_SHA2_512;
	case NID_sha512_256:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
		return 0;
	default:
		*ret_strong = false;
		return nid == NID_sha1 ? HASH_SHA1 : 0;
	}
}

enum verify_fault cert_signature_judge(X509 *x, const struct scheme_constraints *constraints)
{
	int digest = NID_undef, key = NID_undef;
	enum key_kind kind;
	unsigned hash;
	bool strong = true, listed;

	if (!X509_get_signature_info(x, &digest, &key, NULL, NULL))
		return VERIFY_WEAK_HASH; /* an algorithm that the library does not know, or malformed parameters */
	if (key == NID_ED25519 || key == NID_ED448) {
		kind = key == NID_ED25519 ? KEY_ED25519 : KEY_ED448;
		hash = HASH_IDENTITY;
	} else {
		kind = key == NID_X9_62_id_ecPublicKey ? KEY_ECDSA : KEY_RSA;
		hash = hash_of_nid(digest, &strong);
	}
	listed = constraints && constraints->chain_count &&
		 scheme_chain_allowed(constraints, kind, hash, key == NID_rsassaPss);
	if (!strong && !listed)
		return VERIFY_WEAK_HASH; /* RFC8247 3.2 */
	return listed || !constraints || !constraints->chain_count ? VERIFY_NONE : VERIFY_SCHEME;
}

/* PSS keeps its hash in the parameters, which the library shows of certificates only; a row must fit them. */
static bool crl_pss_strong(const X509_CRL *crl)
{
	const struct scheme_row *row;
	unsigned char *der = NULL;
	const X509_ALGOR *algid;
	uint8_t auth[1 + UINT8_MAX];
	struct span signature;
	int len;

	X509_CRL_get0_signature(crl, NULL, &algid);
	len = i2d_X509_ALGOR(algid, &der);
	if (len > 0 && len <= UINT8_MAX) {
		auth[0] = (uint8_t)len;
		memcpy(&auth[1], der, (size_t)len);
	}
	OPENSSL_free(der);
	return len > 0 && len <= UINT8_MAX &&
	       scheme_read(AUTH_DIGITAL_SIGNATURE, span_of(auth, 1 + (size_t)len), &row, &signature) == VERIFY_NONE;
}

bool crl_signature_strong(const X509_CRL *crl)
{
	int digest = NID_undef, key = NID_undef, nid = X509_CRL_get_signature_nid(crl);
	bool strong = true;

	if (nid == NID_rsassaPss)
		return crl_pss_strong(crl);
	if (nid == NID_ED25519 || nid == NID_ED448)
		return true;
	if (!OBJ_find_sigid_algs(nid, &digest, &key))
		return false;
	(void)hash_of_nid(digest, &strong);
	return strong;
}

bool scheme_fits_key(const struct scheme_row *row, const struct key_facts *facts)
{
	if (row->kind != facts->kind || (facts->pss_only && !row->pss))
		return false;
	return !row->curve_bits || row->curve_bits == facts->bits;
}

/* ---- signatures ---- */

/* RFC 4754 fixes the curve; a curve of another family with as many bits is none of its. */
static bool curve_is_right(const struct scheme_row *row, const EVP_PKEY *key)
{
	static const struct {
		uint16_t bits;
		const char *name;
	} curves[] = { { 256, "prime256v1" }, { 384, "secp384r1" }, { 521, "secp521r1" } };
	char name[64];

	for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
		if (row->curve_bits == curves[i].bits)
			return EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) == 1 && strcmp(name, curves[i].name) == 0;
	}
	return row->curve_bits == 0;
}

static bool scheme_set(const struct scheme_row *row, EVP_PKEY_CTX *ctx)
{
	const EVP_MD *digest;

	if (row->kind != KEY_RSA)
		return true;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, row->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1)
		return false;
	if (!row->pss)
		return true;
	digest = EVP_get_digestbyname(scheme_digest(row));
	return EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest) == 1;
}

/* The parts in one, since Ed25519 and Ed448 go over them twice. */
static enum err octets_join(const struct auth_octets *octets, uint8_t **ret, size_t *ret_len)
{
	struct writer w;
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(octets->parts); i++)
		len += octets->parts[i].len;
	*ret = malloc(len ? len : 1);
	if (!*ret)
		return ERR_MEMORY;
	w = writer_of(*ret, len);
	for (size_t i = 0; i < ARRAY_LEN(octets->parts); i++)
		writer_put(&w, octets->parts[i]);
	*ret_len = len;
	return ERR_OK;
}

/* DER's SEQUENCE of r and s as RFC 4754 7 wants it: both as long as the curve's order. */
static enum err ecdsa_to_raw(const struct scheme_row *row, uint8_t *sig, size_t *len)
{
	size_t half = (row->curve_bits + 7u) / 8;
	const unsigned char *at = sig;
	ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)*len);
	enum err err = ERR_CRYPTO;
	uint8_t raw[2 * CURVE_BYTES_MAX];

	if (parts && half <= CURVE_BYTES_MAX && BN_bn2binpad(ECDSA_SIG_get0_r(parts), raw, (int)half) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(parts), &raw[half], (int)half) > 0) {
		memcpy(sig, raw, 2 * half);
		*len = 2 * half;
		err = ERR_OK;
	}
	ECDSA_SIG_free(parts);
	return err;
}

/* And back; the result is the caller's to free. */
static bool raw_to_ecdsa(const struct scheme_row *row, struct span raw, unsigned char **ret, size_t *ret_len)
{
	size_t half = (row->curve_bits + 7u) / 8;
	struct span r = span_head(raw, half), s = span_tail(raw, half);
	ECDSA_SIG *parts;
	BIGNUM *one, *two;
	int len = 0;

	if (raw.len != 2 * half)
		return false;
	parts = ECDSA_SIG_new();
	one = BN_bin2bn(r.data, (int)r.len, NULL);
	two = BN_bin2bn(s.data, (int)s.len, NULL);
	if (parts && one && two && ECDSA_SIG_set0(parts, one, two) == 1) {
		len = i2d_ECDSA_SIG(parts, ret);
	} else {
		BN_free(one);
		BN_free(two);
	}
	ECDSA_SIG_free(parts);
	*ret_len = len > 0 ? (size_t)len : 0;
	return len > 0;
}

/* Bare, by the library. */
static enum err library_make(const struct scheme_row *row, EVP_PKEY *key, struct span octets, uint8_t *ret, size_t max, size_t *ret_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	enum err err = ERR_OK;
	size_t len = max;

	TRY_THAT((size_t)EVP_PKEY_get_size(key) <= max, ERR_SPACE);
	TRY_THAT(ctx && EVP_DigestSignInit_ex(ctx, &pctx, scheme_digest(row), NULL, NULL, key, NULL) == 1 && scheme_set(row, pctx), ERR_CRYPTO);
	TRY_THAT(EVP_DigestSign(ctx, ret, &len, octets.data, octets.len) == 1, ERR_CRYPTO);
	*ret_len = len;
out:
	EVP_MD_CTX_free(ctx);
	return err;
}

static bool library_check(const struct scheme_row *row, EVP_PKEY *key, struct span octets, struct span signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool fits = ctx && EVP_DigestVerifyInit_ex(ctx, &pctx, scheme_digest(row), NULL, NULL, key, NULL) == 1 && scheme_set(row, pctx) &&
		    EVP_DigestVerify(ctx, signature.data, signature.len, octets.data, octets.len) == 1;

	EVP_MD_CTX_free(ctx);
	return fits;
}

enum err signature_make(const struct scheme_row *row, EVP_PKEY *key, const struct auth_octets *octets, uint8_t *ret, size_t max, size_t *ret_len)
{
	struct writer w = writer_of(ret, max);
	uint8_t sig[AUTH_DATA_MAX];
	size_t len = 0, joined_len = 0;
	uint8_t *joined = NULL;
	enum err err = ERR_OK;

	TRY(octets_join(octets, &joined, &joined_len));
	TRY_THAT(curve_is_right(row, key), ERR_CRYPTO);
	if (row->make)
		TRY(row->make(key, span_of(joined, joined_len), sig, sizeof(sig), &len));
	else
		TRY(library_make(row, key, span_of(joined, joined_len), sig, sizeof(sig), &len));
	if (row->curve_bits)
		TRY(ecdsa_to_raw(row, sig, &len));
	if (row->algid.len) { /* RFC7427 3 */
		writer_u8(&w, (uint8_t)row->algid.len);
		writer_put(&w, row->algid);
	}
	writer_put(&w, span_of(sig, len));
	TRY(writer_end(&w));
	*ret_len = w.len;
out:
	free(joined);
	ERR_clear_error();
	return err;
}

bool signature_check(const struct scheme_row *row, EVP_PKEY *key, const struct auth_octets *octets, struct span signature)
{
	unsigned char *der = NULL;
	uint8_t *joined = NULL;
	size_t joined_len = 0, der_len = 0;
	bool fits = false;

	if (signature.len == 0 || signature.len > AUTH_DATA_MAX || !curve_is_right(row, key))
		goto out;
	if (row->curve_bits) {
		if (!raw_to_ecdsa(row, signature, &der, &der_len))
			goto out;
		signature = span_of(der, der_len);
	}
	if (octets_join(octets, &joined, &joined_len))
		goto out;
	fits = row->check ? row->check(key, span_of(joined, joined_len), signature)
			  : library_check(row, key, span_of(joined, joined_len), signature);
out:
	OPENSSL_free(der);
	free(joined);
	ERR_clear_error();
	return fits;
}
