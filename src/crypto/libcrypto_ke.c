/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The libcrypto backend: key exchange. RFC 3526, 5903, 6989, 8031.
 *
 * Private bytes are as the RFCs write them, big-endian for MODP and ECP; X25519's public value
 * follows its own, since the library works it out anew where it is missing. Deriving looks the
 * exchange up in the library's cache, which it has no way around and which is lost in the cost of
 * the curve.
 */
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/ecerr.h>
#include <openssl/params.h>
#include <openssl/proverr.h>

#include "libcrypto.h"
#include "require.h"
#include "writer.h"

#define POINT_UNCOMPRESSED 4 /* SEC 1 2.3.3; RFC 5903 7 sends X and Y without it */
#define MODP_PRIVATE_BITS 256 /* more than twice the group's strength, RFC 3526 8 */

enum ke_kind { KE_MONTGOMERY, KE_WEIERSTRASS, KE_MODP };

struct ke_name {
	uint16_t id;
	enum ke_kind kind;
	const char *type;
	const char *group; /* NULL: the type says it */
	uint16_t private_len;
};

static const struct ke_name kes[] = {
	{ KE_CURVE_25519, KE_MONTGOMERY, "X25519", NULL, 32 },
	{ KE_ECP_256, KE_WEIERSTRASS, "EC", "P-256", 32 },
	{ KE_MODP_2048, KE_MODP, "DH", "modp_2048", MODP_PRIVATE_BITS / 8 },
};
static_assert(ARRAY_LEN(kes) <= LIBCRYPTO_KES_MAX, "room for each");

#define GROUP_NAME_MAX 24
#define MONTGOMERY_MAX 112 /* X448's two halves */

static OSSL_PARAM group_param(const struct ke_name *k, char name[GROUP_NAME_MAX])
{
	if (k->group == NULL)
		return OSSL_PARAM_construct_end();
	REQUIRE(strlen(k->group) < GROUP_NAME_MAX);
	memcpy(name, k->group, strlen(k->group) + 1);
	return OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
}

static EVP_PKEY_CTX *generator(const struct ke_name *k)
{
	char name[GROUP_NAME_MAX];
	int bits = MODP_PRIVATE_BITS;
	OSSL_PARAM params[3] = { group_param(k, name), OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, k->type, NULL);

	if (k->kind == KE_MODP)
		params[1] = OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits);
	if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_params(ctx, params) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static EVP_PKEY_CTX *importer(const struct ke_name *k)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, k->type, NULL);

	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/*
 * Whose fault it is that the library refused: the peer's only where its first word is one of
 * these, since an allocation may fail in the same call, and the library then says "not on the
 * curve" on top of it. Empties the error queue, which was empty before the call.
 */
static enum err blame_value(void)
{
	static const struct {
		int lib, reason;
	} refusals[] = {
		{ ERR_LIB_EC, EC_R_POINT_IS_NOT_ON_CURVE },
		{ ERR_LIB_EC, EC_R_INVALID_ENCODING }, /* a coordinate from p up */
		{ ERR_LIB_PROV, PROV_R_FAILED_DURING_DERIVATION }, /* X25519's result is zero */
	};
	unsigned long first = ERR_peek_error();
	enum err err = ERR_CRYPTO;

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		if (ERR_GET_LIB(first) == refusals[i].lib &&
		    ERR_GET_REASON(first) == refusals[i].reason)
			err = ERR_KE_VALUE;
	}
	ERR_clear_error();
	return err;
}

void libcrypto_ke_init(struct libcrypto *l)
{
	for (size_t i = 0; i < ARRAY_LEN(kes); i++) {
		l->kes[i].generate = generator(&kes[i]);
		l->kes[i].import = importer(&kes[i]);
	}
	l->modp_2048_less_1 = BN_get_rfc3526_prime_2048(NULL);
	if (l->modp_2048_less_1 != NULL && BN_sub_word(l->modp_2048_less_1, 1) != 1) {
		BN_free(l->modp_2048_less_1);
		l->modp_2048_less_1 = NULL;
	}
}

void libcrypto_ke_clear(struct libcrypto *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->kes); i++) {
		EVP_PKEY_CTX_free(l->kes[i].generate);
		EVP_PKEY_CTX_free(l->kes[i].import);
	}
	BN_free(l->modp_2048_less_1);
}

/* The index of a method that the library has; ARRAY_LEN(kes) otherwise. */
static size_t ke_index(const struct libcrypto *l, uint16_t ke)
{
	for (size_t i = 0; i < ARRAY_LEN(kes); i++) {
		if (kes[i].id != ke)
			continue;
		if (l->kes[i].generate == NULL || l->kes[i].import == NULL)
			break;
		if (kes[i].kind == KE_MODP && l->modp_2048_less_1 == NULL)
			break;
		return i;
	}
	return ARRAY_LEN(kes);
}

bool libcrypto_ke_has(const struct libcrypto *l, uint16_t ke)
{
	return ke_index(l, ke) < ARRAY_LEN(kes);
}

/* The public value as the KE payload has it. */
static enum err export_public(const struct ke_name *k, EVP_PKEY *key, uint8_t *ret, size_t *ret_len)
{
	uint8_t bytes[KE_PUBLIC_MAX];
	size_t len = 0;
	struct span value;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, bytes,
					    sizeof(bytes), &len) != 1)
		return libcrypto_failed();
	value = span_of(bytes, len);
	if (k->kind == KE_WEIERSTRASS) { /* RFC5903 7 */
		REQUIRE(len > 1 && bytes[0] == POINT_UNCOMPRESSED);
		value = span_tail(value, 1);
	}
	memcpy(ret, value.data, value.len);
	*ret_len = value.len;
	return ERR_OK;
}

static enum err export_private(const struct ke_name *k, EVP_PKEY *key, uint8_t *ret,
			       size_t *ret_len)
{
	enum err err = ERR_OK;
	size_t len = 0, public_len = 0;
	BIGNUM *number = NULL;

	if (k->kind == KE_MONTGOMERY) {
		TRY_THAT(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PRIV_KEY, ret,
							 k->private_len, &len) == 1 &&
			 len == k->private_len, libcrypto_failed());
		TRY(export_public(k, key, &ret[len], &public_len));
	} else {
		TRY_THAT(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
			 BN_bn2binpad(number, ret, k->private_len) == k->private_len,
			 libcrypto_failed());
	}
	*ret_len = k->private_len + public_len;
out:
	BN_clear_free(number);
	return err;
}

enum err libcrypto_ke_generate(void *ctx, uint16_t ke, struct span peer, uint8_t *ret_public,
			       size_t *ret_public_len, uint8_t *ret_private,
			       size_t *ret_private_len)
{
	enum err err = ERR_OK;
	struct libcrypto *l = ctx;
	size_t i = ke_index(l, ke);
	EVP_PKEY *key = NULL;

	(void)peer; /* Diffie-Hellman's values do not depend on each other */
	TRY_THAT(i < ARRAY_LEN(kes), ERR_UNSUPPORTED);
	/* RFC7296 2.12: a fresh exponent each time; nothing here is reused */
	TRY_THAT(EVP_PKEY_generate(l->kes[i].generate, &key) == 1, libcrypto_failed());
	TRY(export_public(&kes[i], key, ret_public, ret_public_len));
	TRY(export_private(&kes[i], key, ret_private, ret_private_len));
out:
	EVP_PKEY_free(key);
	return err;
}

/* A key from bytes; more is another parameter, where the type needs no group, or the end.
 * ERR_KE_VALUE when they are no value of the group. */
static enum err import(EVP_PKEY_CTX *ctx, const struct ke_name *k, int selection, OSSL_PARAM param,
		       OSSL_PARAM more, EVP_PKEY **ret)
{
	char name[GROUP_NAME_MAX];
	EVP_PKEY *key = NULL;
	OSSL_PARAM group = group_param(k, name);
	OSSL_PARAM params[] = { param, k->group != NULL ? group : more, OSSL_PARAM_END };

	if (EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
		return blame_value();
	*ret = key;
	return ERR_OK;
}

/* The same for a number that comes big-endian; the library wants the machine's order. */
static enum err import_number(EVP_PKEY_CTX *ctx, const struct ke_name *k, int selection,
			      const char *what, const BIGNUM *number, size_t len, EVP_PKEY **ret)
{
	enum err err = ERR_OK;
	uint8_t native[KE_PUBLIC_MAX];

	REQUIRE(len <= sizeof(native));
	TRY_THAT(BN_bn2nativepad(number, native, (int)len) == (int)len,
		 libcrypto_failed());
	TRY(import(ctx, k, selection, OSSL_PARAM_construct_BN(what, native, len),
		   OSSL_PARAM_construct_end(), ret));
out:
	secret_wipe(native, len);
	return err;
}

/* private_len bytes of scalar and, from export_private(), the public value. */
static enum err import_montgomery(const struct libcrypto *l, size_t i, struct span bytes,
				  EVP_PKEY **ret)
{
	enum err err = ERR_OK;
	size_t len = kes[i].private_len;
	uint8_t copy[MONTGOMERY_MAX];
	OSSL_PARAM public = OSSL_PARAM_construct_end();

	REQUIRE(bytes.len <= sizeof(copy));
	REQUIRE(bytes.len == len || bytes.len == 2 * len);
	memcpy(copy, bytes.data, bytes.len);
	if (bytes.len > len)
		public = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, &copy[len],
							   len);
	TRY(import(l->kes[i].import, &kes[i], EVP_PKEY_KEYPAIR,
		   OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, copy, len), public,
		   ret));
out:
	secret_wipe(copy, sizeof(copy));
	return err;
}

static enum err import_private(const struct libcrypto *l, size_t i, struct span bytes,
			       EVP_PKEY **ret)
{
	enum err err = ERR_OK;
	BIGNUM *number = NULL;

	if (kes[i].kind == KE_MONTGOMERY)
		return import_montgomery(l, i, bytes, ret);
	REQUIRE(bytes.len == kes[i].private_len);
	number = BN_bin2bn(bytes.data, (int)bytes.len, NULL);
	TRY_THAT(number != NULL, libcrypto_failed());
	TRY(import_number(l->kes[i].import, &kes[i], EVP_PKEY_KEYPAIR, OSSL_PKEY_PARAM_PRIV_KEY,
			  number, bytes.len, ret));
out:
	BN_clear_free(number);
	return err;
}

/* RFC6989 2.1: 1 < y < p - 1 */
static enum err import_public_modp(const struct libcrypto *l, size_t i, struct span peer,
				   EVP_PKEY **ret)
{
	enum err err = ERR_OK;
	BIGNUM *y = BN_bin2bn(peer.data, (int)peer.len, NULL);

	TRY_THAT(y != NULL, libcrypto_failed());
	TRY_THAT(BN_cmp(y, BN_value_one()) > 0, ERR_KE_VALUE);
	TRY_THAT(BN_cmp(y, l->modp_2048_less_1) < 0, ERR_KE_VALUE);
	TRY(import_number(l->kes[i].import, &kes[i], EVP_PKEY_PUBLIC_KEY, OSSL_PKEY_PARAM_PUB_KEY,
			  y, peer.len, ret));
out:
	BN_free(y);
	return err;
}

/* RFC6989 2.3: the import refuses coordinates from p up and points off the curve; prime order. */
static enum err import_public(const struct libcrypto *l, size_t i, struct span peer, EVP_PKEY **ret)
{
	uint8_t bytes[1 + KE_PUBLIC_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));

	if (kes[i].kind == KE_MODP)
		return import_public_modp(l, i, peer, ret);
	if (kes[i].kind == KE_WEIERSTRASS)
		writer_u8(&w, POINT_UNCOMPRESSED);
	writer_put(&w, peer);
	REQUIRE(!w.overflow);
	return import(l->kes[i].import, &kes[i], EVP_PKEY_PUBLIC_KEY,
		      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes, w.len),
		      OSSL_PARAM_construct_end(), ret);
}

static enum err derive(const struct ke_name *k, EVP_PKEY *own, EVP_PKEY *peer, uint8_t *ret,
		       size_t *ret_len)
{
	enum err err = ERR_OK;
	int pad = 1;
	uint8_t shared[KE_SHARED_MAX] = { 0 };
	static const uint8_t zero[KE_SHARED_MAX];
	size_t len = sizeof(shared);
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);

	if (k->kind == KE_MODP) /* RFC7296 2.14: as long as the modulus */
		params[0] = OSSL_PARAM_construct_int(OSSL_EXCHANGE_PARAM_PAD, &pad);
	TRY_THAT(ctx != NULL && EVP_PKEY_derive_init_ex(ctx, params) == 1,
		 libcrypto_failed());
	/* Checked above as RFC 6989 asks; the library's own check costs a second agreement. */
	TRY_THAT(EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1, libcrypto_failed());
	TRY_THAT(EVP_PKEY_derive(ctx, shared, &len) == 1, blame_value());
	/* RFC8031 2.3, RFC7748 6.1: a point of small order; the library may have said so itself */
	TRY_THAT(!secret_equal(span_of(shared, len), span_of(zero, len)), ERR_KE_VALUE);
	memcpy(ret, shared, len);
	*ret_len = len;
out:
	EVP_PKEY_CTX_free(ctx);
	secret_wipe(shared, sizeof(shared));
	return err;
}

enum err libcrypto_ke_agree(void *ctx, uint16_t ke, struct span private_key, struct span peer,
			    uint8_t *ret_shared, size_t *ret_shared_len)
{
	enum err err = ERR_OK;
	const struct libcrypto *l = ctx;
	size_t i = ke_index(l, ke);
	EVP_PKEY *own = NULL, *theirs = NULL;

	TRY_THAT(i < ARRAY_LEN(kes), ERR_UNSUPPORTED);
	ERR_clear_error(); /* so that what is found there is ours */
	TRY(import_public(l, i, peer, &theirs)); /* first: it is cheaper than a bad agreement */
	TRY(import_private(l, i, private_key, &own));
	TRY(derive(&kes[i], own, theirs, ret_shared, ret_shared_len));
out:
	EVP_PKEY_free(own);
	EVP_PKEY_free(theirs);
	return err;
}
