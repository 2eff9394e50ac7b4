/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcrypto: the instance behind crypto_libcrypto_new(), shared by its four files.
 *
 * libcrypto.c owns the instance, prf, SHA-1 and random bytes; libcrypto_ke.c key exchange;
 * libcrypto_mac.c MACs, which PRFs and integrity algorithms are made of; libcrypto_seal.c ciphers
 * and ICVs. Whatever has a name in the library is looked up once, when the
 * instance is made, and an algorithm that the library lacks is left NULL, which is what has()
 * tells. No packet and no prf fetches or looks a name up. A packet of an AEAD does not allocate
 * either; the library's HMAC copies its hash state to the heap, which it gives no way around.
 * Failures empty the library's error queue: it is a thread's, and nobody else reads it. Private to
 * src/crypto. RFC 8247, 8221.
 */
#ifndef ADIT_CRYPTO_LIBCRYPTO_H
#define ADIT_CRYPTO_LIBCRYPTO_H

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sys/types.h>

#include "crypto.h"

#define LIBCRYPTO_CIPHERS_MAX 48
#define LIBCRYPTO_MACS_MAX 16
#define LIBCRYPTO_KES_MAX 32
#define LIBCRYPTO_MAC_RUN 512 /* bytes that XCBC hands to the library at a time */
#define LIBCRYPTO_POOL_LEN 1024 /* 64 IVs of CBC a draw */

/* The library's things for one key exchange method; NULL where it has no such method. */
struct libcrypto_ke {
	EVP_PKEY_CTX *generate; /* ready for EVP_PKEY_generate(), again and again */
	EVP_PKEY_CTX *import;   /* ready for EVP_PKEY_fromdata(), likewise */
	BIGNUM *p_less_1, *q;   /* MODP: p - 1; order of a small subgroup or NULL */
};

enum mac_kind { MAC_NONE, MAC_HMAC, MAC_CMAC, MAC_XCBC, MAC_GMAC };

/* How the library knows a MAC. */
struct libcrypto_mac_name {
	uint16_t id;
	enum mac_kind kind;
	const char *name; /* of the hash or the cipher */
};

/* A MAC that can be keyed. */
struct libcrypto_mac {
	enum mac_kind kind;
	EVP_MAC_CTX *evp;        /* HMAC, CMAC */
	EVP_CIPHER_CTX *cipher;  /* XCBC: CBC with K1; GMAC: GCM */
	struct secret k2, k3;    /* XCBC's; GMAC has its salt in k2 */
};

struct libcrypto {
	EVP_MD *sha1;
	EVP_MD_CTX *digest;
	EVP_MAC *hmac, *cmac;
	struct libcrypto_mac prf[LIBCRYPTO_MACS_MAX];   /* reused by every prf */
	struct libcrypto_mac integ[LIBCRYPTO_MACS_MAX]; /* copied into sealers */
	EVP_CIPHER *ciphers[LIBCRYPTO_CIPHERS_MAX];
	struct libcrypto_ke kes[LIBCRYPTO_KES_MAX];
	BN_CTX *numbers; /* room for arithmetic on public values */
	pid_t pool_owner;
	size_t pool_left;
	uint8_t pool[LIBCRYPTO_POOL_LEN];
};

/* ERR_CRYPTO; empties the error queue. */
enum err libcrypto_failed(void);

/* kind MAC_NONE when the library lacks it. */
void libcrypto_mac_init(struct libcrypto_mac *m, const struct libcrypto *l,
			const struct libcrypto_mac_name *name);
/* Another one of the same kind, without a key. */
enum err libcrypto_mac_copy(struct libcrypto_mac *ret, const struct libcrypto_mac *from);
void libcrypto_mac_clear(struct libcrypto_mac *m);
/* The key is of the algorithm's own length; HMAC takes any. */
enum err libcrypto_mac_key(struct libcrypto_mac *m, struct span key);
/* len bytes of the MAC of the parts, in their order; iv is GMAC's and else empty. */
enum err libcrypto_mac_of(struct libcrypto_mac *m, struct span iv, const struct span *parts,
			  size_t count, uint8_t *ret, size_t len);

void libcrypto_ke_init(struct libcrypto *l);
void libcrypto_ke_clear(struct libcrypto *l);
bool libcrypto_ke_has(const struct libcrypto *l, uint16_t ke);
enum err libcrypto_ke_generate(void *ctx, uint16_t ke, struct span peer, uint8_t *ret_public,
			       size_t *ret_public_len, uint8_t *ret_private,
			       size_t *ret_private_len);
enum err libcrypto_ke_agree(void *ctx, uint16_t ke, struct span private_key, struct span peer,
			    uint8_t *ret_shared, size_t *ret_shared_len);

void libcrypto_seal_init(struct libcrypto *l);
void libcrypto_seal_clear(struct libcrypto *l);
bool libcrypto_cipher_has(const struct libcrypto *l, uint16_t id, uint16_t key_bits);
bool libcrypto_integ_has(const struct libcrypto *l, uint16_t id);
struct sealer *libcrypto_sealer_new(void *ctx);
void libcrypto_sealer_free(struct sealer *s);
enum err libcrypto_sealer_key(struct sealer *s, const struct seal_keys *keys);
enum err libcrypto_seal(struct sealer *s, struct span aad, struct span iv, uint8_t *data,
			size_t len, struct span mac_tail, uint8_t *ret_icv);
enum err libcrypto_open(struct sealer *s, struct span aad, struct span iv, uint8_t *data,
			size_t len, struct span mac_tail, struct span icv);

#endif
