/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto: what the house asks of a cryptographic backend.
 *
 * A backend is passed in; nothing outside src/crypto names a library. Backends: libcrypto, and a
 * cheap deterministic stand-in for the simulator and the fuzzers. Keys are raw bytes in the
 * caller's records; a backend keeps contexts only where it is asked to (struct sealer).
 *
 * Return values: ERR_CRYPTO when the library fails, ERR_UNSUPPORTED for a number that crypto_has()
 * denies, ERR_INTEGRITY and ERR_KE_VALUE where a peer's bytes are wrong.
 */
#ifndef ADIT_CRYPTO_CRYPTO_H
#define ADIT_CRYPTO_CRYPTO_H

#include "error.h"
#include "bounds.h"
#include "secret.h"
#include "span.h"
#include "transform.h"

#define CIPHER_KEY_MAX 36 /* 32 of key and 4 of salt */

struct sealer; /* a backend's context for one key: cipher and, unless AEAD, integrity */

/* Keys of one direction of an SA. */
struct seal_keys {
	const struct cipher *cipher;
	const struct integ *integ; /* NULL with an AEAD */
	struct span encr;          /* key_len + salt_len bytes */
	struct span integrity;     /* integ->key_len bytes; empty with an AEAD */
};

struct crypto_ops {
	const char *name;
	bool (*has)(void *ctx, uint8_t type, uint16_t id, uint16_t key_bits);
	enum err (*random)(void *ctx, uint8_t *ret, size_t len);
	enum err (*prf)(void *ctx, uint16_t prf, struct span key, const struct span *parts,
			size_t count, uint8_t *ret);
	enum err (*sha1)(void *ctx, const struct span *parts, size_t count, uint8_t ret[20]);
	enum err (*ke_generate)(void *ctx, uint16_t ke, struct span peer, uint8_t *ret_public,
				size_t *ret_public_len, uint8_t *ret_private,
				size_t *ret_private_len);
	enum err (*ke_agree)(void *ctx, uint16_t ke, struct span private_key, struct span peer,
			     uint8_t *ret_shared, size_t *ret_shared_len);
	struct sealer *(*sealer_new)(void *ctx);
	void (*sealer_free)(struct sealer *s);
	enum err (*sealer_key)(struct sealer *s, const struct seal_keys *keys);
	enum err (*seal)(struct sealer *s, struct span aad, struct span iv, uint8_t *data,
			 size_t len, struct span mac_tail, uint8_t *ret_icv);
	enum err (*open)(struct sealer *s, struct span aad, struct span iv, uint8_t *data,
			 size_t len, struct span mac_tail, struct span icv);
};

struct crypto {
	const struct crypto_ops *ops;
	void *ctx;
};

/* Whether the backend can do the transform; key_bits 0 where the algorithm takes no Key Length. */
bool crypto_has(const struct crypto *c, uint8_t type, uint16_t id, uint16_t key_bits);

/* Fills ret with len unpredictable bytes. */
MUST_USE enum err crypto_random(const struct crypto *c, uint8_t *ret, size_t len);

/* prf(key, parts concatenated), prf_find(prf)->out_len bytes into ret (RFC 7296 2.13). */
MUST_USE enum err crypto_prf(const struct crypto *c, uint16_t prf, struct span key,
			     const struct span *parts, size_t count, uint8_t *ret);
/* prf+(key, parts concatenated), len bytes (RFC 7296 2.13); len is at most 255 outputs. */
MUST_USE enum err crypto_prf_plus(const struct crypto *c, uint16_t prf, struct span key,
				  const struct span *parts, size_t count, uint8_t *ret,
				  size_t len);
/* SHA-1 of the parts, for NAT detection and nothing else (RFC 7296 2.23). */
MUST_USE enum err crypto_sha1(const struct crypto *c, const struct span *parts, size_t count,
			      uint8_t ret[20]);

/*
 * A fresh key pair. ret_public has room for KE_PUBLIC_MAX, ret_private for KE_PRIVATE_MAX bytes;
 * the private bytes mean something to this backend only. peer is empty for the initiator; the
 * responder passes the initiator's value, which Diffie-Hellman ignores and a KEM encapsulates to
 * (its "private" bytes are then the shared secret).
 */
MUST_USE enum err crypto_ke_generate(const struct crypto *c, uint16_t ke, struct span peer,
				     uint8_t *ret_public, size_t *ret_public_len,
				     uint8_t *ret_private, size_t *ret_private_len);
/*
 * The shared secret as RFC 7296 2.14 wants it (MODP padded to the modulus, ECP the x coordinate).
 * ret_shared has room for KE_SHARED_MAX. ERR_KE_VALUE when the peer's value fails the checks of
 * RFC 6989 2 (and 8031 2.3: an all-zero result).
 */
MUST_USE enum err crypto_ke_agree(const struct crypto *c, uint16_t ke, struct span private_key,
				  struct span peer, uint8_t *ret_shared, size_t *ret_shared_len);

/* A context for sealing and opening; without keys until sealer_key(). NULL when out of memory. */
struct sealer *crypto_sealer_new(const struct crypto *c);
void crypto_sealer_free(const struct crypto *c, struct sealer *s);
/* Sets or replaces the keys, which are copied. */
MUST_USE enum err crypto_sealer_key(const struct crypto *c, struct sealer *s,
				    const struct seal_keys *keys);
/*
 * Encrypts data in place and writes the ICV. With an AEAD, aad is the associated data and mac_tail
 * must be empty. Otherwise the MAC covers aad | iv | ciphertext | mac_tail (encrypt then MAC;
 * mac_tail is the high half of an extended sequence number, RFC 4303 2.2.1). len is a multiple of
 * the cipher's block. iv is seal_iv_len() bytes. AES-GMAC counts the plaintext among the associated
 * data, behind the IV (RFC 4543 3.5); in AH, whose cipher is ENCR_NULL, the caller's aad has all.
 */
MUST_USE enum err crypto_seal(const struct crypto *c, struct sealer *s, struct span aad,
			      struct span iv, uint8_t *data, size_t len, struct span mac_tail,
			      uint8_t *ret_icv);
/* The mirror image: verifies first, then decrypts in place; ERR_INTEGRITY when it does not verify
 * or len is no multiple of the cipher's block, and data is then unspecified. */
MUST_USE enum err crypto_open(const struct crypto *c, struct sealer *s, struct span aad,
			      struct span iv, uint8_t *data, size_t len, struct span mac_tail,
			      struct span icv);

/* ICV bytes of a suite: the AEAD's or the integrity algorithm's. */
size_t seal_icv_len(const struct cipher *cipher, const struct integ *integ);

/* IV bytes that a suite is sealed with: the cipher's, or those of AH's GMAC (RFC 4543 4). */
size_t seal_iv_len(const struct cipher *cipher, const struct integ *integ);

/* Backends. Each instance serves one thread. */
MUST_USE enum err crypto_libcrypto_new(struct crypto *ret);
void crypto_libcrypto_free(struct crypto *c);
/* Not cryptography: deterministic from seed, every operation a few mixes of its inputs, but with
 * every property the engine relies on (agreement commutes, a changed bit fails to open). */
MUST_USE enum err crypto_test_new(struct crypto *ret, uint64_t seed);
void crypto_test_free(struct crypto *c);

#endif
