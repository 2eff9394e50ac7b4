/* SPDX-License-Identifier: Apache-2.0 */
/* The libcrypto backend: ciphers, ICVs and sealers. RFC 3602, 3686, 4106, 4309,
 * 4543, 4868, 5282, 7634. */
#include <assert.h>
#include <stdlib.h>

#include "libcrypto.h"
#include "require.h"
#include "sealer.h"
#include "writer.h"

#define NONCE_LEN_MAX 16 /* salt and IV, and CTR's counter; 16 bytes with CBC and CTR */
#define ICV_LEN_MAX 64   /* the longest output of a hash */

/* What the library wants to be told, and when. */
enum mode {
	MODE_NONE,   /* ENCR_NULL: nothing */
	MODE_CIPHER, /* an IV */
	MODE_CTR,    /* and the counter behind it */
	MODE_AEAD,   /* associated data first, the ICV last */
	MODE_CCM,    /* the lengths of nonce, ICV and text before all of them */
	MODE_GMAC,   /* all is associated data */
};

struct cipher_name {
	uint16_t id, key_bits;
	enum mode mode;
	const char *name;
};

#define AES(id, mode, name) \
	{ id, 128, mode, "AES-128-" name }, { id, 192, mode, "AES-192-" name }, \
	{ id, 256, mode, "AES-256-" name }

static const struct cipher_name ciphers[] = {
	AES(ENCR_AES_GCM_16, MODE_AEAD, "GCM"),
	AES(ENCR_AES_CBC, MODE_CIPHER, "CBC"),
	{ ENCR_CHACHA20_POLY1305, 0, MODE_AEAD, "ChaCha20-Poly1305" },
	AES(ENCR_AES_CTR, MODE_CTR, "CTR"),
	AES(ENCR_AES_GCM_8, MODE_AEAD, "GCM"),
	AES(ENCR_AES_GCM_12, MODE_AEAD, "GCM"),
	AES(ENCR_AES_CCM_8, MODE_CCM, "CCM"),
	AES(ENCR_AES_CCM_12, MODE_CCM, "CCM"),
	AES(ENCR_AES_CCM_16, MODE_CCM, "CCM"),
	AES(ENCR_NULL_AUTH_AES_GMAC, MODE_GMAC, "GCM"),
	AES(ENCR_AES_CCM_8_IIV, MODE_CCM, "CCM"),
	AES(ENCR_AES_GCM_16_IIV, MODE_AEAD, "GCM"),
	{ ENCR_CHACHA20_POLY1305_IIV, 0, MODE_AEAD, "ChaCha20-Poly1305" },
	{ ENCR_3DES, 0, MODE_CIPHER, "DES-EDE3-CBC" },
	{ ENCR_NULL, 0, MODE_NONE, "NULL" },
};
static_assert(ARRAY_LEN(ciphers) <= LIBCRYPTO_CIPHERS_MAX, "room for each");

static const struct libcrypto_mac_name integs[] = {
	{ INTEG_HMAC_SHA2_256_128, MAC_HMAC, "SHA2-256" },
	{ INTEG_HMAC_SHA2_384_192, MAC_HMAC, "SHA2-384" },
	{ INTEG_HMAC_SHA2_512_256, MAC_HMAC, "SHA2-512" },
	{ INTEG_HMAC_SHA2_256_96, MAC_HMAC, "SHA2-256" },
	{ INTEG_HMAC_SHA1_96, MAC_HMAC, "SHA1" },
	{ INTEG_HMAC_SHA1_160, MAC_HMAC, "SHA1" },
	{ INTEG_AES_XCBC_96, MAC_XCBC, "AES-128-CBC" },
	{ INTEG_AES_CMAC_96, MAC_CMAC, "AES-128-CBC" },
	{ INTEG_AES_128_GMAC, MAC_GMAC, "AES-128-GCM" },
	{ INTEG_AES_192_GMAC, MAC_GMAC, "AES-192-GCM" },
	{ INTEG_AES_256_GMAC, MAC_GMAC, "AES-256-GCM" },
};
static_assert(ARRAY_LEN(integs) <= LIBCRYPTO_MACS_MAX, "room for each");

enum direction { OPENING = 0, SEALING = 1 }; /* the library's `enc` */

/*
 * An SA uses a sealer one way; tests and IKE's both. A direction's context is made when it is first
 * used, so that the other one costs nothing. It keeps its key schedule from packet to packet.
 */
struct libcrypto_sealer {
	struct sealer base;
	const struct libcrypto *lib;
	const EVP_CIPHER *cipher;
	enum mode mode;
	const struct cipher *row;
	const struct integ *integ;
	EVP_CIPHER_CTX *ways[2];
	bool ready[2]; /* the way's context has the current key */
	struct libcrypto_mac mac;
	uint16_t mac_id; /* the integrity algorithm that mac was made for; 0: none */
	struct secret key;
	struct secret salt;
};

void libcrypto_seal_init(struct libcrypto *l)
{
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++)
		l->ciphers[i] = EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
	for (size_t i = 0; i < ARRAY_LEN(integs); i++)
		libcrypto_mac_init(&l->integ[i], l, &integs[i]);
}

void libcrypto_seal_clear(struct libcrypto *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->ciphers); i++)
		EVP_CIPHER_free(l->ciphers[i]);
	for (size_t i = 0; i < ARRAY_LEN(l->integ); i++)
		libcrypto_mac_clear(&l->integ[i]);
}

/* The index of a cipher that the library has; ARRAY_LEN(ciphers) otherwise. */
static size_t cipher_index(const struct libcrypto *l, uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		if (ciphers[i].id == id && ciphers[i].key_bits == key_bits &&
		    l->ciphers[i] != NULL)
			return i;
	}
	return ARRAY_LEN(ciphers);
}

static const struct libcrypto_mac *integ_mac(const struct libcrypto *l, uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(integs); i++) {
		if (integs[i].id == id && l->integ[i].kind != MAC_NONE)
			return &l->integ[i];
	}
	return NULL;
}

bool libcrypto_cipher_has(const struct libcrypto *l, uint16_t id, uint16_t key_bits)
{
	return cipher_index(l, id, key_bits) < ARRAY_LEN(ciphers);
}

bool libcrypto_integ_has(const struct libcrypto *l, uint16_t id)
{
	return integ_mac(l, id) != NULL;
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
	libcrypto_mac_clear(&s->mac);
	secret_wipe(s, sizeof(*s));
	free(s);
}

enum err libcrypto_sealer_key(struct sealer *base, const struct seal_keys *keys)
{
	enum err err = ERR_OK;
	struct libcrypto_sealer *s = own(base);
	const struct integ *integ = keys->integ;
	size_t i = cipher_index(s->lib, keys->cipher->id, keys->cipher->key_bits);

	TRY_THAT(i < ARRAY_LEN(ciphers), ERR_UNSUPPORTED);
	s->cipher = s->lib->ciphers[i];
	s->mode = ciphers[i].mode;
	s->row = keys->cipher;
	s->integ = integ;
	s->ready[OPENING] = s->ready[SEALING] = false;
	secret_set(&s->key, span_head(keys->encr, s->row->key_len));
	secret_set(&s->salt, span_tail(keys->encr, s->row->key_len));
	if (integ == NULL)
		goto out;
	if (s->mac_id != integ->id) {
		const struct libcrypto_mac *from = integ_mac(s->lib, integ->id);

		TRY_THAT(from != NULL, ERR_UNSUPPORTED);
		libcrypto_mac_clear(&s->mac);
		s->mac_id = INTEG_NONE;
		TRY(libcrypto_mac_copy(&s->mac, from));
		s->mac_id = integ->id;
	}
	TRY(libcrypto_mac_key(&s->mac, keys->integrity));
out:
	return err;
}

/* RFC4106 4, RFC4309 4, RFC5282 4, RFC7634 2: salt, then IV; CBC has no salt, CTR also a counter */
static size_t nonce_build(const struct libcrypto_sealer *s, struct span iv,
			  uint8_t ret[NONCE_LEN_MAX])
{
	struct writer w = writer_of(ret, NONCE_LEN_MAX);

	writer_put(&w, secret_span(&s->salt));
	writer_put(&w, iv);
	if (s->mode == MODE_CTR)
		writer_u32(&w, 1); /* RFC3686 4 */
	REQUIRE(!w.overflow);
	return w.len;
}

/* A context with its key and what never changes. Memory is the only thing that can lack. */
static bool way_begin(struct libcrypto_sealer *s, enum direction way, size_t nonce_len)
{
	EVP_CIPHER_CTX *ctx = s->ways[way];
	int icv_len = s->row->icv_len;

	if (ctx == NULL)
		ctx = s->ways[way] = EVP_CIPHER_CTX_new();
	if (ctx == NULL || EVP_CipherInit_ex2(ctx, s->cipher, NULL, NULL, (int)way, NULL) != 1)
		return false;
	/* RFC4309 4: a nonce of 11 bytes, not the library's 7; and the ICV is not its 12 */
	if (s->mode == MODE_CCM &&
	    (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)nonce_len, NULL) != 1 ||
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, icv_len, NULL) != 1))
		return false;
	if (EVP_CipherInit_ex2(ctx, NULL, s->key.bytes, NULL, (int)way, NULL) != 1)
		return false;
	/* RFC3602 2.4: the padding is ESP's and IKE's own */
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	s->ready[way] = true;
	return true;
}

/* The way's context with its key, set up for one packet's nonce; NULL when the library fails. */
static EVP_CIPHER_CTX *begin(struct libcrypto_sealer *s, enum direction way, struct span iv)
{
	uint8_t nonce[NONCE_LEN_MAX];
	size_t len = nonce_build(s, iv, nonce);

	if (s->ways[way] == NULL || !s->ready[way]) {
		s->ready[way] = false;
		if (!way_begin(s, way, len))
			return NULL;
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

/* RFC4303 3.3.2.2: what is authenticated and not encrypted. CCM wants the text's length first. */
static bool associate(const struct libcrypto_sealer *s, EVP_CIPHER_CTX *ctx, struct span aad,
		      struct span iv, struct span text)
{
	int done = 0;

	if (s->mode == MODE_CCM &&
	    EVP_CipherUpdate(ctx, NULL, &done, NULL, (int)text.len) != 1)
		return false;
	if (!update(ctx, NULL, aad.data, aad.len))
		return false;
	/* RFC4543 3.5, figure 4 */
	return s->mode != MODE_GMAC ||
	       (update(ctx, NULL, iv.data, iv.len) && update(ctx, NULL, text.data, text.len));
}

/* The text through an AEAD. CCM needs to hear of an empty one, too. */
static bool convert(const struct libcrypto_sealer *s, EVP_CIPHER_CTX *ctx, uint8_t *data,
		    size_t len)
{
	int done = 0;

	if (s->mode == MODE_GMAC)
		return true;
	if (s->mode == MODE_CCM)
		return EVP_CipherUpdate(ctx, data, &done, data, (int)len) == 1;
	return update(ctx, data, data, len);
}

static enum err seal_aead(struct libcrypto_sealer *s, struct span aad, struct span iv,
			  uint8_t *data, size_t len, uint8_t *ret_icv)
{
	enum err err = ERR_OK;
	EVP_CIPHER_CTX *ctx = begin(s, SEALING, iv);

	TRY_THAT(ctx != NULL && associate(s, ctx, aad, iv, span_of(data, len)) &&
		 convert(s, ctx, data, len) && finish(ctx), libcrypto_failed());
	TRY_THAT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, s->row->icv_len, ret_icv) == 1,
		 libcrypto_failed());
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
	TRY_THAT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)icv.len, tag) == 1 &&
		 associate(s, ctx, aad, iv, span_of(data, len)), libcrypto_failed());
	if (!convert(s, ctx, data, len)) { /* CCM looks at the ICV already here */
		(void)libcrypto_failed();
		err = s->mode == MODE_CCM ? ERR_INTEGRITY : ERR_CRYPTO;
	} else if (s->mode != MODE_CCM && !finish(ctx)) {
		(void)libcrypto_failed();
		err = ERR_INTEGRITY;
	}
out:
	return err;
}

/* RFC4303 3.3.2.1, RFC7296 3.14: the MAC is over what is sent, and the hidden tail. */
static enum err mac_of(struct libcrypto_sealer *s, struct span aad, struct span iv,
		       struct span text, struct span mac_tail, uint8_t *ret)
{
	const struct span parts[4] = { aad, s->integ->iv_len != 0 ? SPAN_EMPTY : iv, text,
				       mac_tail };

	return libcrypto_mac_of(&s->mac, iv, parts, ARRAY_LEN(parts), ret, s->integ->icv_len);
}

static bool crypt(struct libcrypto_sealer *s, enum direction way, struct span iv, uint8_t *data,
		  size_t len)
{
	EVP_CIPHER_CTX *ctx;

	if (s->mode == MODE_NONE)
		return true;
	ctx = begin(s, way, iv);
	return ctx != NULL && update(ctx, data, data, len) && finish(ctx);
}

enum err libcrypto_seal(struct sealer *base, struct span aad, struct span iv, uint8_t *data,
			size_t len, struct span mac_tail, uint8_t *ret_icv)
{
	enum err err = ERR_OK;
	struct libcrypto_sealer *s = own(base);

	if (s->integ == NULL)
		return seal_aead(s, aad, iv, data, len, ret_icv);
	TRY_THAT(crypt(s, SEALING, iv, data, len), libcrypto_failed());
	TRY(mac_of(s, aad, iv, span_of(data, len), mac_tail, ret_icv));
out:
	return err;
}

enum err libcrypto_open(struct sealer *base, struct span aad, struct span iv, uint8_t *data,
			size_t len, struct span mac_tail, struct span icv)
{
	enum err err = ERR_OK;
	struct libcrypto_sealer *s = own(base);
	uint8_t expected[ICV_LEN_MAX];

	if (s->integ == NULL)
		return open_aead(s, aad, iv, data, len, icv);
	/* RFC4303 3.4.4.1: verify, then decrypt */
	TRY(mac_of(s, aad, iv, span_of(data, len), mac_tail, expected));
	TRY_THAT(secret_equal(span_of(expected, s->integ->icv_len), icv), ERR_INTEGRITY);
	TRY_THAT(crypt(s, OPENING, iv, data, len), libcrypto_failed());
out:
	return err;
}
