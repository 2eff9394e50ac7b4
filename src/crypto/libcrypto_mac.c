/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The libcrypto backend: MACs. RFC 2104, 4493, 3566, 4543.
 *
 * HMAC and CMAC are the library's. XCBC, which it lacks, is its AES-CBC with the keys and the last
 * block of RFC 3566; GMAC is its GCM without a plaintext, since IPsec's nonces change by the
 * packet.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "libcrypto.h"
#include "require.h"
#include "writer.h"

#define BLOCK 16
#define MAC_NAME_MAX 16
#define GMAC_SALT 4
#define GMAC_NONCE 12

static EVP_MAC_CTX *evp_mac(EVP_MAC *mac, const char *param, const char *name, size_t key_len)
{
	static const uint8_t any_key[BLOCK];
	char value[MAC_NAME_MAX];
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	if (ctx == NULL)
		return NULL;
	REQUIRE(strlen(name) < sizeof(value));
	memcpy(value, name, strlen(name) + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(param, value, 0);
	/* A key of some sort, because a context without one cannot be copied. */
	if (EVP_MAC_init(ctx, any_key, key_len, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static EVP_CIPHER_CTX *evp_cipher(const char *name)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	bool good = ctx != NULL && cipher != NULL &&
		    EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1;

	EVP_CIPHER_free(cipher); /* the context keeps it */
	if (good)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

void libcrypto_mac_init(struct libcrypto_mac *m, const struct libcrypto *l,
			const struct libcrypto_mac_name *name)
{
	*m = (struct libcrypto_mac){ .kind = name->kind };
	switch (name->kind) {
	case MAC_HMAC:
		m->evp = evp_mac(l->hmac, OSSL_MAC_PARAM_DIGEST, name->name, 1);
		break;
	case MAC_CMAC:
		m->evp = evp_mac(l->cmac, OSSL_MAC_PARAM_CIPHER, name->name, BLOCK);
		break;
	case MAC_XCBC:
	case MAC_GMAC:
		m->cipher = evp_cipher(name->name);
		break;
	case MAC_NONE:
		break;
	}
	if (m->evp == NULL && m->cipher == NULL)
		m->kind = MAC_NONE;
}

enum err libcrypto_mac_copy(struct libcrypto_mac *ret, const struct libcrypto_mac *from)
{
	enum err err = ERR_OK;
	struct libcrypto_mac m = { .kind = from->kind };

	if (from->evp != NULL) {
		m.evp = EVP_MAC_CTX_dup(from->evp);
	} else {
		m.cipher = EVP_CIPHER_CTX_new();
		TRY_THAT(m.cipher != NULL && EVP_CIPHER_CTX_copy(m.cipher, from->cipher) == 1,
			 libcrypto_failed());
	}
	TRY_THAT(m.evp != NULL || m.cipher != NULL, libcrypto_failed());
	*ret = m;
out:
	if (err != ERR_OK)
		libcrypto_mac_clear(&m);
	return err;
}

void libcrypto_mac_clear(struct libcrypto_mac *m)
{
	EVP_MAC_CTX_free(m->evp);
	EVP_CIPHER_CTX_free(m->cipher);
	secret_wipe(m, sizeof(*m));
}

/* len bytes, whole blocks, through the chain; only the last block is of interest. */
static bool xcbc_chain(EVP_CIPHER_CTX *ctx, uint8_t *data, size_t len)
{
	int done = 0;

	return len == 0 || (EVP_EncryptUpdate(ctx, data, &done, data, (int)len) == 1 &&
			    done == (int)len);
}

/* RFC 3566 4: K1, K2 and K3 are the key's encryptions of blocks of ones, twos and threes. */
static enum err xcbc_key(struct libcrypto_mac *m, struct span key)
{
	static const uint8_t zero[BLOCK];
	enum err err = ERR_OK;
	uint8_t keys[3][BLOCK];

	for (uint8_t i = 0; i < 3; i++) {
		memset(keys[i], i + 1, BLOCK);
		TRY_THAT(EVP_EncryptInit_ex2(m->cipher, NULL, key.data, zero, NULL) == 1 &&
			 EVP_CIPHER_CTX_set_padding(m->cipher, 0) == 1 &&
			 xcbc_chain(m->cipher, keys[i], BLOCK), libcrypto_failed());
	}
	TRY_THAT(EVP_EncryptInit_ex2(m->cipher, NULL, keys[0], zero, NULL) == 1,
		 libcrypto_failed());
	secret_set(&m->k2, SPAN_ARRAY(keys[1]));
	secret_set(&m->k3, SPAN_ARRAY(keys[2]));
out:
	secret_wipe(keys, sizeof(keys));
	return err;
}

enum err libcrypto_mac_key(struct libcrypto_mac *m, struct span key)
{
	static const uint8_t no_key[1];
	enum err err = ERR_OK;

	switch (m->kind) {
	case MAC_HMAC:
	case MAC_CMAC: /* NULL would mean the key of the last call */
		TRY_THAT(EVP_MAC_init(m->evp, key.len != 0 ? key.data : no_key, key.len, NULL) == 1,
			 libcrypto_failed());
		break;
	case MAC_XCBC:
		REQUIRE(key.len == BLOCK);
		TRY(xcbc_key(m, key));
		break;
	case MAC_GMAC: /* RFC4543 5.4: the salt ends the key material */
		REQUIRE(key.len > GMAC_SALT);
		secret_set(&m->k2, span_tail(key, key.len - GMAC_SALT));
		TRY_THAT(EVP_EncryptInit_ex2(m->cipher, NULL, key.data, NULL, NULL) == 1,
			 libcrypto_failed());
		break;
	case MAC_NONE:
		err = ERR_UNSUPPORTED;
	}
out:
	return err;
}

/* RFC 3566 4: the last block is whole and takes K2, or is padded by one bit and takes K3. */
static bool xcbc_finish(const struct libcrypto_mac *m, uint8_t *run, size_t len, uint8_t *ret)
{
	size_t before = len == 0 ? 0 : (len - 1) / BLOCK * BLOCK, rest = len - before;
	const struct secret *last_key = rest == BLOCK ? &m->k2 : &m->k3;
	uint8_t last[BLOCK] = { 0 };

	memcpy(last, &run[before], rest);
	if (rest < BLOCK)
		last[rest] = 0x80;
	for (size_t i = 0; i < BLOCK; i++)
		last[i] ^= last_key->bytes[i];
	if (!xcbc_chain(m->cipher, run, before) || !xcbc_chain(m->cipher, last, BLOCK))
		return false;
	memcpy(ret, last, BLOCK);
	return true;
}

static enum err xcbc_of(struct libcrypto_mac *m, const struct span *parts, size_t count,
			uint8_t ret[BLOCK])
{
	static const uint8_t zero[BLOCK];
	enum err err = ERR_OK;
	uint8_t run[LIBCRYPTO_MAC_RUN];
	struct writer w = writer_of(run, sizeof(run));

	TRY_THAT(EVP_EncryptInit_ex2(m->cipher, NULL, NULL, zero, NULL) == 1, libcrypto_failed());
	for (size_t i = 0; i < count; i++) {
		struct span rest = parts[i];

		while (rest.len != 0) {
			struct span piece;

			if (w.len == w.cap) { /* more comes, so that the last block is not here */
				TRY_THAT(xcbc_chain(m->cipher, run, w.len), libcrypto_failed());
				w = writer_of(run, sizeof(run));
			}
			piece = span_head(rest, w.cap - w.len);
			writer_put(&w, piece);
			rest = span_tail(rest, piece.len);
		}
	}
	TRY_THAT(xcbc_finish(m, run, w.len, ret), libcrypto_failed());
out:
	secret_wipe(run, sizeof(run)); /* a PRF's input may be secret */
	return err;
}

static enum err gmac_of(struct libcrypto_mac *m, struct span iv, const struct span *parts,
			size_t count, uint8_t ret[BLOCK])
{
	enum err err = ERR_OK;
	uint8_t nonce[GMAC_NONCE];
	struct writer w = writer_of(nonce, sizeof(nonce));
	int done = 0;

	writer_put(&w, secret_span(&m->k2)); /* RFC4543 3.2 */
	writer_put(&w, iv);
	REQUIRE(!w.overflow && w.len == w.cap);
	TRY_THAT(EVP_EncryptInit_ex2(m->cipher, NULL, NULL, nonce, NULL) == 1, libcrypto_failed());
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len != 0)
			TRY_THAT(EVP_EncryptUpdate(m->cipher, NULL, &done, parts[i].data,
						   (int)parts[i].len) == 1, libcrypto_failed());
	}
	TRY_THAT(EVP_EncryptFinal_ex(m->cipher, ret, &done) == 1 &&
		 EVP_CIPHER_CTX_ctrl(m->cipher, EVP_CTRL_AEAD_GET_TAG, BLOCK, ret) == 1,
		 libcrypto_failed());
out:
	return err;
}

static enum err evp_of(struct libcrypto_mac *m, const struct span *parts, size_t count,
		       uint8_t ret[EVP_MAX_MD_SIZE])
{
	enum err err = ERR_OK;
	size_t len = 0;

	TRY_THAT(EVP_MAC_init(m->evp, NULL, 0, NULL) == 1, libcrypto_failed());
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len != 0)
			TRY_THAT(EVP_MAC_update(m->evp, parts[i].data, parts[i].len) == 1,
				 libcrypto_failed());
	}
	TRY_THAT(EVP_MAC_final(m->evp, ret, &len, EVP_MAX_MD_SIZE) == 1, libcrypto_failed());
out:
	return err;
}

enum err libcrypto_mac_of(struct libcrypto_mac *m, struct span iv, const struct span *parts,
			  size_t count, uint8_t *ret, size_t len)
{
	enum err err = ERR_OK;
	uint8_t mac[EVP_MAX_MD_SIZE];

	REQUIRE(len <= sizeof(mac));
	if (m->kind == MAC_XCBC)
		TRY(xcbc_of(m, parts, count, mac));
	else if (m->kind == MAC_GMAC)
		TRY(gmac_of(m, iv, parts, count, mac));
	else
		TRY(evp_of(m, parts, count, mac));
	memcpy(ret, mac, len); /* RFC4868 2.3, RFC3566 4.3, RFC4494 3: cut to the head */
out:
	secret_wipe(mac, sizeof(mac));
	return err;
}
