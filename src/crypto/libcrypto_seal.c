/* SPDX-License-Identifier: Apache-2.0 */
/* The libcrypto backend: ciphers, ICVs and sealers. RFC 3602, 4106, 4868, 5282. */
#include <assert.h>
#include <stdlib.h>

#include "libcrypto.h"
#include "require.h"
#include "sealer.h"
#include "writer.h"

#define NONCE_LEN_MAX 16 /* salt and IV: 12 bytes with GCM, 16 with CBC */
#define ICV_LEN_MAX 64   /* the longest output of a hash */

struct cipher_name {
	uint16_t id, key_bits;
	const char *name;
};

static const struct cipher_name ciphers[] = {
	{ ENCR_AES_GCM_16, 128, "AES-128-GCM" },
	{ ENCR_AES_GCM_16, 192, "AES-192-GCM" },
	{ ENCR_AES_GCM_16, 256, "AES-256-GCM" },
	{ ENCR_AES_CBC, 128, "AES-128-CBC" },
	{ ENCR_AES_CBC, 192, "AES-192-CBC" },
	{ ENCR_AES_CBC, 256, "AES-256-CBC" },
};
static_assert(ARRAY_LEN(ciphers) <= LIBCRYPTO_CIPHERS_MAX, "room for each");

struct integ_name {
	uint16_t id;
	const char *hash;
};

static const struct integ_name integs[] = {
	{ INTEG_HMAC_SHA2_256_128, "SHA2-256" },
};
static_assert(ARRAY_LEN(integs) <= LIBCRYPTO_HASHES_MAX, "room for each");

enum direction { OPENING = 0, SEALING = 1 }; /* the library's `enc` */

/*
 * An SA uses a sealer one way; tests and IKE's both. A direction's context is made when it is first
 * used, so that the other one costs nothing. It keeps its key schedule from packet to packet.
 */
struct libcrypto_sealer {
	struct sealer base;
	const struct libcrypto *lib;
	const EVP_CIPHER *cipher;
	const struct cipher *row;
	const struct integ *integ;
	EVP_CIPHER_CTX *ways[2];
	bool ready[2]; /* the way's context has the current key */
	EVP_MAC_CTX *mac;
	uint16_t mac_id; /* the integrity algorithm that mac was made for */
	struct secret key;
	struct secret salt;
};

void libcrypto_seal_init(struct libcrypto *l)
{
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++)
		l->ciphers[i] = EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
	for (size_t i = 0; i < ARRAY_LEN(integs); i++)
		l->integ[i] = libcrypto_hmac(l, integs[i].hash);
}

void libcrypto_seal_clear(struct libcrypto *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->ciphers); i++)
		EVP_CIPHER_free(l->ciphers[i]);
	for (size_t i = 0; i < ARRAY_LEN(l->integ); i++)
		EVP_MAC_CTX_free(l->integ[i]);
}

static const EVP_CIPHER *cipher_fetched(const struct libcrypto *l, uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		if (ciphers[i].id == id && ciphers[i].key_bits == key_bits)
			return l->ciphers[i];
	}
	return NULL;
}

static const EVP_MAC_CTX *integ_fetched(const struct libcrypto *l, uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(integs); i++) {
		if (integs[i].id == id)
			return l->integ[i];
	}
	return NULL;
}

bool libcrypto_cipher_has(const struct libcrypto *l, uint16_t id, uint16_t key_bits)
{
	return cipher_fetched(l, id, key_bits) != NULL;
}

bool libcrypto_integ_has(const struct libcrypto *l, uint16_t id)
{
	return integ_fetched(l, id) != NULL;
}

struct sealer *libcrypto_sealer_new(void *ctx)
{
	struct libcrypto_sealer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->lib = ctx;
	return &s->base;
}

/* The base is the first member, so that both have one address. */
static_assert(offsetof(struct libcrypto_sealer, base) == 0, "sealer.h");

static struct libcrypto_sealer *own(struct sealer *base)
{
	return (struct libcrypto_sealer *)base;
}

void libcrypto_sealer_free(struct sealer *base)
{
	struct libcrypto_sealer *s = own(base);

	EVP_CIPHER_CTX_free(s->ways[OPENING]);
	EVP_CIPHER_CTX_free(s->ways[SEALING]);
	EVP_MAC_CTX_free(s->mac);
	secret_wipe(s, sizeof(*s));
	free(s);
}

enum err libcrypto_sealer_key(struct sealer *base, const struct seal_keys *keys)
{
	enum err err = ERR_OK;
	struct libcrypto_sealer *s = own(base);
	const struct integ *integ = keys->integ;

	s->cipher = cipher_fetched(s->lib, keys->cipher->id, keys->cipher->key_bits);
	TRY_THAT(s->cipher != NULL, ERR_UNSUPPORTED);
	s->row = keys->cipher;
	s->integ = integ;
	s->ready[OPENING] = s->ready[SEALING] = false;
	secret_set(&s->key, span_head(keys->encr, s->row->key_len));
	secret_set(&s->salt, span_tail(keys->encr, s->row->key_len));
	if (integ == NULL)
		goto out;
	if (s->mac == NULL || s->mac_id != integ->id) {
		const EVP_MAC_CTX *from = integ_fetched(s->lib, integ->id);

		TRY_THAT(from != NULL, ERR_UNSUPPORTED);
		EVP_MAC_CTX_free(s->mac);
		s->mac = EVP_MAC_CTX_dup(from);
		TRY_THAT(s->mac != NULL, libcrypto_failed());
		s->mac_id = integ->id;
	}
	TRY_THAT(EVP_MAC_init(s->mac, keys->integrity.data, keys->integrity.len, NULL) == 1,
		 libcrypto_failed());
out:
	return err;
}

/* The way's context with its key, set up for one packet's nonce; NULL when the library fails. */
static EVP_CIPHER_CTX *begin(struct libcrypto_sealer *s, enum direction way, struct span iv)
{
	uint8_t nonce[NONCE_LEN_MAX];
	struct writer w = writer_of(nonce, sizeof(nonce));

	/* RFC4106 4, RFC5282 4: the nonce is the salt, then the IV; CBC has no salt */
	writer_put(&w, secret_span(&s->salt));
	writer_put(&w, iv);
	REQUIRE(!w.overflow);
	if (s->ways[way] == NULL) {
		s->ways[way] = EVP_CIPHER_CTX_new();
		s->ready[way] = false;
	}
	if (s->ways[way] == NULL)
		return NULL;
	if (!s->ready[way]) {
		if (EVP_CipherInit_ex2(s->ways[way], s->cipher, s->key.bytes, nonce, (int)way,
				       NULL) != 1)
			return NULL;
		/* RFC3602 2.4: the padding is ESP's and IKE's own */
		EVP_CIPHER_CTX_set_padding(s->ways[way], 0);
		s->ready[way] = true;
		return s->ways[way];
	}
	if (EVP_CipherInit_ex2(s->ways[way], NULL, NULL, nonce, (int)way, NULL) != 1)
		return NULL;
	return s->ways[way];
}

static bool update(EVP_CIPHER_CTX *ctx, uint8_t *to, const uint8_t *from, size_t len)
{
	int done = 0;

	REQUIRE(len <= INT_MAX);
	if (len == 0)
		return true;
	return EVP_CipherUpdate(ctx, to, &done, from, (int)len) == 1 && done == (int)len;
}

static bool finish(EVP_CIPHER_CTX *ctx)
{
	uint8_t none[EVP_MAX_BLOCK_LENGTH];
	int done = 0;

	return EVP_CipherFinal_ex(ctx, none, &done) == 1 && done == 0;
}

/* RFC4303 3.3.2.1, RFC7296 3.14: the MAC is over what is sent, and the hidden tail. */
static enum err mac_of(struct libcrypto_sealer *s, const struct span parts[4], uint8_t *ret)
{
	enum err err = ERR_OK;
	uint8_t block[ICV_LEN_MAX];
	size_t len = 0;

	TRY_THAT(EVP_MAC_init(s->mac, NULL, 0, NULL) == 1, libcrypto_failed());
	for (size_t i = 0; i < 4; i++) {
		if (parts[i].len != 0)
			TRY_THAT(EVP_MAC_update(s->mac, parts[i].data, parts[i].len) == 1,
				 libcrypto_failed());
	}
	TRY_THAT(EVP_MAC_final(s->mac, block, &len, sizeof(block)) == 1 && len >= s->integ->icv_len,
		 libcrypto_failed());
	memcpy(ret, block, s->integ->icv_len); /* RFC4868 2.3: cut to the first half */
out:
	return err;
}

enum err libcrypto_seal(struct sealer *base, struct span aad, struct span iv, uint8_t *data,
			size_t len, struct span mac_tail, uint8_t *ret_icv)
{
	enum err err = ERR_OK;
	struct libcrypto_sealer *s = own(base);
	bool aead = s->integ == NULL;
	EVP_CIPHER_CTX *ctx = begin(s, SEALING, iv);

	TRY_THAT(ctx != NULL, libcrypto_failed());
	if (aead) /* RFC4303 3.3.2.2 */
		TRY_THAT(update(ctx, NULL, aad.data, aad.len), libcrypto_failed());
	TRY_THAT(update(ctx, data, data, len) && finish(ctx), libcrypto_failed());
	if (aead)
		TRY_THAT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, s->row->icv_len,
					     ret_icv) == 1, libcrypto_failed());
	else
		TRY(mac_of(s, (struct span[4]){ aad, iv, span_of(data, len), mac_tail }, ret_icv));
out:
	return err;
}

static enum err open_aead(struct libcrypto_sealer *s, struct span aad, struct span iv,
			  uint8_t *data, size_t len, struct span icv)
{
	enum err err = ERR_OK;
	uint8_t tag[ICV_LEN_MAX];
	EVP_CIPHER_CTX *ctx = begin(s, OPENING, iv);

	REQUIRE(icv.len <= sizeof(tag));
	TRY_THAT(ctx != NULL, libcrypto_failed());
	memcpy(tag, icv.data, icv.len); /* the library's pointer is not const */
	TRY_THAT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)icv.len, tag) == 1,
		 libcrypto_failed());
	TRY_THAT(update(ctx, NULL, aad.data, aad.len) && update(ctx, data, data, len),
		 libcrypto_failed());
	if (!finish(ctx)) {
		ERR_clear_error();
		err = ERR_INTEGRITY;
	}
out:
	return err;
}

enum err libcrypto_open(struct sealer *base, struct span aad, struct span iv, uint8_t *data,
			size_t len, struct span mac_tail, struct span icv)
{
	enum err err = ERR_OK;
	struct libcrypto_sealer *s = own(base);
	uint8_t expected[ICV_LEN_MAX];
	EVP_CIPHER_CTX *ctx;

	if (s->integ == NULL)
		return open_aead(s, aad, iv, data, len, icv);
	/* RFC4303 3.4.4.1: verify, then decrypt */
	TRY(mac_of(s, (struct span[4]){ aad, iv, span_of(data, len), mac_tail }, expected));
	TRY_THAT(secret_equal(span_of(expected, s->integ->icv_len), icv), ERR_INTEGRITY);
	ctx = begin(s, OPENING, iv);
	TRY_THAT(ctx != NULL && update(ctx, data, data, len) && finish(ctx),
		 libcrypto_failed());
out:
	return err;
}
