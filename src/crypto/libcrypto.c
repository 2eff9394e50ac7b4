/* SPDX-License-Identifier: Apache-2.0 */
/* The libcrypto backend: its instance, prf, SHA-1 and random bytes. */
#include "libcrypto.h"

#include <assert.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <unistd.h>

#include "require.h"

static const struct libcrypto_mac_name prfs[] = {
	{ PRF_HMAC_SHA2_256, MAC_HMAC, "SHA2-256" },
	{ PRF_HMAC_SHA2_384, MAC_HMAC, "SHA2-384" },
	{ PRF_HMAC_SHA2_512, MAC_HMAC, "SHA2-512" },
	{ PRF_HMAC_SHA1, MAC_HMAC, "SHA1" },
	{ PRF_AES128_XCBC, MAC_XCBC, "AES-128-CBC" },
	{ PRF_AES128_CMAC, MAC_CMAC, "AES-128-CBC" },
};
static_assert(ARRAY_LEN(prfs) <= LIBCRYPTO_MACS_MAX, "room for each");

#define AES_KEY 16

enum err libcrypto_failed(void)
{
	ERR_clear_error();
	return ERR_CRYPTO;
}

static struct libcrypto_mac *prf_mac(struct libcrypto *l, uint16_t prf)
{
	for (size_t i = 0; i < ARRAY_LEN(prfs); i++) {
		if (prfs[i].id == prf && l->prf[i].kind != MAC_NONE)
			return &l->prf[i];
	}
	return NULL;
}

static bool has(void *ctx, uint8_t type, uint16_t id, uint16_t key_bits)
{
	struct libcrypto *l = ctx;

	switch (type) {
	case TRANSFORM_ENCR:
		return libcrypto_cipher_has(l, id, key_bits);
	case TRANSFORM_PRF:
		return prf_mac(l, id) != NULL;
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

/*
 * A PRF takes a key of any length. RFC4434 2, RFC4615 3: AES's is 16 bytes; a longer one is put
 * through the PRF with a key of zeros, and so is a shorter one with CMAC; XCBC fills it up.
 */
static enum err prf_key(struct libcrypto_mac *mac, struct span key)
{
	static const uint8_t zero[AES_KEY];
	enum err err = ERR_OK;
	uint8_t fitted[AES_KEY] = { 0 };

	if (mac->kind == MAC_HMAC || key.len == AES_KEY) /* RFC2104 2, RFC4868 2.1.2 */
		return libcrypto_mac_key(mac, key);
	if (mac->kind == MAC_XCBC && key.len < AES_KEY) {
		if (key.len != 0)
			memcpy(fitted, key.data, key.len);
	} else {
		TRY(libcrypto_mac_key(mac, SPAN_ARRAY(zero)));
		TRY(libcrypto_mac_of(mac, SPAN_EMPTY, &key, 1, fitted, sizeof(fitted)));
	}
	TRY(libcrypto_mac_key(mac, SPAN_ARRAY(fitted)));
out:
	secret_wipe(fitted, sizeof(fitted));
	return err;
}

static enum err prf(void *ctx, uint16_t number, struct span key, const struct span *parts,
		    size_t count, uint8_t *ret)
{
	enum err err = ERR_OK;
	const struct prf *row = prf_find(number);
	struct libcrypto_mac *mac = prf_mac(ctx, number);

	TRY_THAT(mac != NULL && row != NULL, ERR_UNSUPPORTED);
	TRY(prf_key(mac, key));
	TRY(libcrypto_mac_of(mac, SPAN_EMPTY, parts, count, ret, row->out_len));
out:
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
		libcrypto_mac_clear(&l->prf[i]);
	libcrypto_seal_clear(l);
	libcrypto_ke_clear(l);
	EVP_MAC_free(l->hmac);
	EVP_MAC_free(l->cmac);
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
	l->cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	TRY_THAT(l->digest != NULL && l->hmac != NULL, ERR_CRYPTO);
	l->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	for (size_t i = 0; i < ARRAY_LEN(prfs); i++)
		libcrypto_mac_init(&l->prf[i], l, &prfs[i]);
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
