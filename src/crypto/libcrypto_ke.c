/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The libcrypto backend: key exchange. RFC 2409, 3526, 5114, 5903, 6954, 6989, 8031.
 *
 * Private bytes are as the RFCs write them, big-endian for MODP and ECP; the public value of X25519
 * and X448 follows their own, since the library works it out anew where it is missing. Deriving
 * looks the exchange up in the library's cache, which it has no way around and which is lost in the
 * cost of the curve.
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

enum ke_kind { KE_MONTGOMERY, KE_WEIERSTRASS, KE_MODP, KE_MODP_SUBGROUP };

struct ke_name {
	uint16_t id;
	enum ke_kind kind;
	const char *type;
	const char *group; /* NULL: the type says it */
	uint16_t private_len;
};

/* MODP's exponents: twice the group's strength and more (RFC 3526 8), or as long as the subgroup's
 * order. */
static const struct ke_name kes[] = {
	{ KE_CURVE_25519, KE_MONTGOMERY, "X25519", NULL, 32 },
	{ KE_CURVE_448, KE_MONTGOMERY, "X448", NULL, 56 },
	{ KE_ECP_256, KE_WEIERSTRASS, "EC", "P-256", 32 },
	{ KE_ECP_384, KE_WEIERSTRASS, "EC", "P-384", 48 },
	{ KE_ECP_521, KE_WEIERSTRASS, "EC", "P-521", 66 },
	{ KE_ECP_192, KE_WEIERSTRASS, "EC", "P-192", 24 },
	{ KE_ECP_224, KE_WEIERSTRASS, "EC", "P-224", 28 },
	{ KE_BRAINPOOL_224, KE_WEIERSTRASS, "EC", "brainpoolP224r1", 28 },
	{ KE_BRAINPOOL_256, KE_WEIERSTRASS, "EC", "brainpoolP256r1", 32 },
	{ KE_BRAINPOOL_384, KE_WEIERSTRASS, "EC", "brainpoolP384r1", 48 },
	{ KE_BRAINPOOL_512, KE_WEIERSTRASS, "EC", "brainpoolP512r1", 64 },
	{ KE_MODP_2048, KE_MODP, "DH", "modp_2048", 32 },
	{ KE_MODP_3072, KE_MODP, "DH", "modp_3072", 40 },
	{ KE_MODP_4096, KE_MODP, "DH", "modp_4096", 48 },
	{ KE_MODP_6144, KE_MODP, "DH", "modp_6144", 56 },
	{ KE_MODP_8192, KE_MODP, "DH", "modp_8192", 64 },
	{ KE_MODP_1536, KE_MODP, "DH", "modp_1536", 32 },
	{ KE_MODP_1024, KE_MODP, "DH", NULL, 32 }, /* the library has no name for it */
	{ KE_MODP_1024_160, KE_MODP_SUBGROUP, "DH", "dh_1024_160", 20 },
	{ KE_MODP_2048_224, KE_MODP_SUBGROUP, "DH", "dh_2048_224", 28 },
	{ KE_MODP_2048_256, KE_MODP_SUBGROUP, "DH", "dh_2048_256", 32 },
};
static_assert(ARRAY_LEN(kes) <= LIBCRYPTO_KES_MAX, "room for each");

#define GROUP_NAME_MAX 24
#define MODP_1024_LEN 128
#define MONTGOMERY_MAX 112 /* X448's two halves */

static bool is_modp(const struct ke_name *k)
{
	return k->kind == KE_MODP || k->kind == KE_MODP_SUBGROUP;
}

/* The parameters that name a method's group: one name, or p and g of the MODP group without one. */
struct group {
	char name[GROUP_NAME_MAX];
	uint8_t p[MODP_1024_LEN], g;
	size_t count;
	OSSL_PARAM params[2];
};

static bool group_fill(struct group *ret, const struct ke_name *k)
{
	BIGNUM *p = NULL;
	bool good;

	ret->count = 0;
	if (k->group != NULL) {
		REQUIRE(strlen(k->group) < GROUP_NAME_MAX);
		memcpy(ret->name, k->group, strlen(k->group) + 1);
		ret->params[ret->count++] = OSSL_PARAM_construct_utf8_string(
			OSSL_PKEY_PARAM_GROUP_NAME, ret->name, 0);
	}
	if (k->group != NULL || k->kind != KE_MODP)
		return true;
	p = BN_get_rfc2409_prime_1024(NULL);
	good = p != NULL && BN_bn2nativepad(p, ret->p, MODP_1024_LEN) == MODP_1024_LEN;
	BN_free(p);
	ret->g = 2;
	ret->params[ret->count++] =
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_FFC_P, ret->p, sizeof(ret->p));
	ret->params[ret->count++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_FFC_G, &ret->g, 1);
	return good;
}

static EVP_PKEY_CTX *generator(const struct ke_name *k)
{
	struct group group;
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, k->type, NULL);

	if (group_fill(&group, k) && group.count != 0)
		params[0] = group.params[0];
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

/* From the group's numbers: what values are checked against, and a generator that draws exponents
 * of the row's length. */
static bool modp_init(struct libcrypto_ke *ke, const struct ke_name *k)
{
	struct group group;
	int bits = 8 * k->private_len;
	OSSL_PARAM params[3] = { OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END };
	OSSL_PARAM length[2] = { OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
				 OSSL_PARAM_END };
	EVP_PKEY *key = NULL;
	bool good = ke->import != NULL && group_fill(&group, k);

	for (size_t i = 0; good && i < group.count; i++)
		params[i] = group.params[i];
	good = good &&
	       EVP_PKEY_fromdata(ke->import, &key, EVP_PKEY_KEY_PARAMETERS, params) == 1 &&
	       EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &ke->p_less_1) == 1 &&
	       BN_sub_word(ke->p_less_1, 1) == 1;
	if (k->kind == KE_MODP_SUBGROUP) /* exponents are below q as it is */
		good = good && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, &ke->q) == 1;
	ke->generate = good ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	good = ke->generate != NULL && EVP_PKEY_keygen_init(ke->generate) == 1 &&
	       (k->kind == KE_MODP_SUBGROUP ||
		EVP_PKEY_CTX_set_params(ke->generate, length) == 1);
	EVP_PKEY_free(key);
	return good;
}

static void ke_clear(struct libcrypto_ke *ke)
{
	EVP_PKEY_CTX_free(ke->generate);
	EVP_PKEY_CTX_free(ke->import);
	BN_free(ke->p_less_1);
	BN_free(ke->q);
	*ke = (struct libcrypto_ke){ 0 };
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
		{ ERR_LIB_PROV, PROV_R_FAILED_DURING_DERIVATION }, /* X25519's is zero */
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
	l->numbers = BN_CTX_new();
	for (size_t i = 0; i < ARRAY_LEN(kes); i++) {
		struct libcrypto_ke *ke = &l->kes[i];

		ke->import = importer(&kes[i]);
		if (is_modp(&kes[i]) ? !modp_init(ke, &kes[i]) || l->numbers == NULL
				     : (ke->generate = generator(&kes[i])) == NULL)
			ke_clear(ke);
	}
}

void libcrypto_ke_clear(struct libcrypto *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->kes); i++)
		ke_clear(&l->kes[i]);
	BN_CTX_free(l->numbers);
}

/* The index of a method that the library has; ARRAY_LEN(kes) otherwise. */
static size_t ke_index(const struct libcrypto *l, uint16_t ke)
{
	for (size_t i = 0; i < ARRAY_LEN(kes); i++) {
		if (kes[i].id != ke)
			continue;
		if (l->kes[i].generate == NULL || l->kes[i].import == NULL)
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
	EVP_PKEY *key = NULL;
	struct group group;
	OSSL_PARAM params[] = { param, more, OSSL_PARAM_END, OSSL_PARAM_END };

	if (!group_fill(&group, k))
		return libcrypto_failed();
	for (size_t i = 0; i < group.count; i++)
		params[1 + i] = group.params[i];
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

/* RFC6989 2.2: a value outside the subgroup of order q would tell our exponent modulo a factor */
static enum err subgroup_check(const struct libcrypto *l, const struct libcrypto_ke *ke,
			       const BIGNUM *y)
{
	enum err err = ERR_OK;
	BIGNUM *p = BN_dup(ke->p_less_1), *power = BN_new();

	TRY_THAT(p != NULL && power != NULL && BN_add_word(p, 1) == 1 &&
		 BN_mod_exp(power, y, ke->q, p, l->numbers) == 1, libcrypto_failed());
	TRY_THAT(BN_is_one(power), ERR_KE_VALUE);
out:
	BN_free(p);
	BN_free(power);
	return err;
}

/* RFC6989 2.1: 1 < y < p - 1 */
static enum err import_public_modp(const struct libcrypto *l, size_t i, struct span peer,
				   EVP_PKEY **ret)
{
	enum err err = ERR_OK;
	const struct libcrypto_ke *ke = &l->kes[i];
	BIGNUM *y = BN_bin2bn(peer.data, (int)peer.len, NULL);

	TRY_THAT(y != NULL, libcrypto_failed());
	TRY_THAT(BN_cmp(y, BN_value_one()) > 0, ERR_KE_VALUE);
	TRY_THAT(BN_cmp(y, ke->p_less_1) < 0, ERR_KE_VALUE);
	if (ke->q != NULL)
		TRY(subgroup_check(l, ke, y));
	TRY(import_number(ke->import, &kes[i], EVP_PKEY_PUBLIC_KEY, OSSL_PKEY_PARAM_PUB_KEY, y,
			  peer.len, ret));
out:
	BN_free(y);
	return err;
}

/* RFC6989 2.3: the import refuses coordinates from p up and points off the curve; prime order. */
static enum err import_public(const struct libcrypto *l, size_t i, struct span peer, EVP_PKEY **ret)
{
	uint8_t bytes[1 + KE_PUBLIC_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));

	if (is_modp(&kes[i]))
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

	if (is_modp(k)) /* RFC7296 2.14: as long as the modulus */
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
