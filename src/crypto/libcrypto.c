/* SPDX-License-Identifier: Apache-2.0 */
/* The libcrypto backend: its instance, prf, SHA-1 and random bytes. */
#include "libcrypto.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <unistd.h>

#include "require.h"

struct hash_name {
	uint16_t id;
	const char *hash;
};

static const struct hash_name prfs[] = {
	{ PRF_HMAC_SHA2_256, "SHA2-256" },
	{ PRF_HMAC_SHA2_384, "SHA2-384" },
	{ PRF_HMAC_SHA2_512, "SHA2-512" },
	{ PRF_HMAC_SHA1, "SHA1" },
};
static_assert(ARRAY_LEN(prfs) <= LIBCRYPTO_HASHES_MAX, "room for each");

enum err libcrypto_failed(void)
{
	ERR_clear_error();
	return ERR_CRYPTO;
}

EVP_MAC_CTX *libcrypto_hmac(const struct libcrypto *l, const char *hash)
{
	static const uint8_t any_key[1];
	char name[16];
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_MAC_CTX *mac;

	if (l->hmac == NULL)
		return NULL;
	mac = EVP_MAC_CTX_new(l->hmac);
	if (mac == NULL)
		return NULL;
	REQUIRE(strlen(hash) < sizeof(name));
	memcpy(name, hash, strlen(hash) + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	/* A key of some sort, because a context without one cannot be copied. */
	if (EVP_MAC_init(mac, any_key, sizeof(any_key), params) != 1) {
		EVP_MAC_CTX_free(mac);
		mac = NULL;
	}
	return mac;
}

static EVP_MAC_CTX *prf_context(const struct libcrypto *l, uint16_t prf)
{
	for (size_t i = 0; i < ARRAY_LEN(prfs); i++) {
		if (prfs[i].id == prf)
			return l->prf[i];
	}
	return NULL;
}

static bool has(void *ctx, uint8_t type, uint16_t id, uint16_t key_bits)
{
	const struct libcrypto *l = ctx;

	switch (type) {
	case TRANSFORM_ENCR:
		return libcrypto_cipher_has(l, id, key_bits);
	case TRANSFORM_PRF:
		return prf_context(l, id) != NULL;
	case TRANSFORM_INTEG:
		return libcrypto_integ_has(l, id);
	case TRANSFORM_KE:
		return libcrypto_ke_has(l, id);
	default:
		return false;
	}
}

/*
 * Small wishes are served from a pool, as the library's generator costs more by the call than by
 * the byte. Bytes leave the pool once and are wiped there; a child process never inherits any.
 */
static enum err fill_random(void *ctx, uint8_t *ret, size_t len)
{
	struct libcrypto *l = ctx;
	struct span bytes;

	REQUIRE(len <= INT32_MAX);
	if (len == 0)
		return ERR_OK;
	if (len > sizeof(l->pool) / 4)
		return RAND_bytes(ret, (int)len) == 1 ? ERR_OK : libcrypto_failed();
	if (l->pool_left < len || l->pool_owner != getpid()) {
		l->pool_left = 0;
		if (RAND_bytes(l->pool, sizeof(l->pool)) != 1)
			return libcrypto_failed();
		l->pool_left = sizeof(l->pool);
		l->pool_owner = getpid();
	}
	bytes = span_tail(SPAN_ARRAY(l->pool), sizeof(l->pool) - l->pool_left);
	memcpy(ret, bytes.data, len);
	secret_wipe(&l->pool[sizeof(l->pool) - l->pool_left], len);
	l->pool_left -= len;
	return ERR_OK;
}

/* RFC2104 2, RFC4868 2.1.2 */
static enum err prf(void *ctx, uint16_t number, struct span key, const struct span *parts,
		    size_t count, uint8_t *ret)
{
	static const uint8_t no_key[1];
	enum err err = ERR_OK;
	uint8_t block[EVP_MAX_MD_SIZE];
	size_t len = 0;
	const struct prf *row = prf_find(number);
	EVP_MAC_CTX *mac = prf_context(ctx, number);

	TRY_THAT(mac != NULL && row != NULL, ERR_UNSUPPORTED);
	/* NULL would mean the key of the last call. */
	TRY_THAT(EVP_MAC_init(mac, key.len != 0 ? key.data : no_key, key.len, NULL) == 1,
		 libcrypto_failed());
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len != 0)
			TRY_THAT(EVP_MAC_update(mac, parts[i].data, parts[i].len) == 1,
				 libcrypto_failed());
	}
	TRY_THAT(EVP_MAC_final(mac, block, &len, sizeof(block)) == 1 && len == row->out_len,
		 libcrypto_failed());
	memcpy(ret, block, len);
out:
	secret_wipe(block, sizeof(block));
	return err;
}

static enum err sha1(void *ctx, const struct span *parts, size_t count, uint8_t ret[20])
{
	enum err err = ERR_OK;
	struct libcrypto *l = ctx;

	TRY_THAT(l->sha1 != NULL, ERR_UNSUPPORTED);
	TRY_THAT(EVP_DigestInit_ex2(l->digest, l->sha1, NULL) == 1, libcrypto_failed());
	for (size_t i = 0; i < count; i++)
		TRY_THAT(EVP_DigestUpdate(l->digest, parts[i].data, parts[i].len) == 1,
			 libcrypto_failed());
	TRY_THAT(EVP_DigestFinal_ex(l->digest, ret, NULL) == 1, libcrypto_failed());
out:
	return err;
}

static const struct crypto_ops libcrypto_ops = {
	.name = "libcrypto",
	.has = has,
	.random = fill_random,
	.prf = prf,
	.sha1 = sha1,
	.ke_generate = libcrypto_ke_generate,
	.ke_agree = libcrypto_ke_agree,
	.sealer_new = libcrypto_sealer_new,
	.sealer_free = libcrypto_sealer_free,
	.sealer_key = libcrypto_sealer_key,
	.seal = libcrypto_seal,
	.open = libcrypto_open,
};

static void libcrypto_free(struct libcrypto *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(l->prf); i++)
		EVP_MAC_CTX_free(l->prf[i]);
	libcrypto_seal_clear(l);
	libcrypto_ke_clear(l);
	EVP_MAC_free(l->hmac);
	EVP_MD_CTX_free(l->digest);
	EVP_MD_free(l->sha1);
	secret_wipe(l, sizeof(*l));
	free(l);
}

enum err crypto_libcrypto_new(struct crypto *ret)
{
	enum err err = ERR_OK;
	struct libcrypto *l = calloc(1, sizeof(*l));

	TRY_THAT(l != NULL, ERR_MEMORY);
	l->digest = EVP_MD_CTX_new();
	l->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	TRY_THAT(l->digest != NULL && l->hmac != NULL, ERR_CRYPTO);
	l->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	for (size_t i = 0; i < ARRAY_LEN(prfs); i++)
		l->prf[i] = libcrypto_hmac(l, prfs[i].hash);
	libcrypto_seal_init(l);
	libcrypto_ke_init(l);
	*ret = (struct crypto){ .ops = &libcrypto_ops, .ctx = l };
out:
	ERR_clear_error(); /* what the library lacks is no error */
	if (err != ERR_OK)
		libcrypto_free(l);
	return err;
}

void crypto_libcrypto_free(struct crypto *c)
{
	libcrypto_free(c->ctx);
	*c = (struct crypto){ 0 };
}
