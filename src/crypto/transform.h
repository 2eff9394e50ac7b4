/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transform: the table of algorithms (IANA "IKEv2 Transform Attribute" registries).
 *
 * One row an algorithm and key length: number, keyword of swanctl.conf, strongSwan's name, sizes.
 * Everything that lists algorithms reads these rows: proposal keywords, validation,
 * `get-algorithms`, status output. A row says what the house knows; whether the backend at hand
 * can do it is crypto_has(). RFC 7296 3.3.2, 5282, 8247, 8221.
 */
#ifndef ADIT_CRYPTO_TRANSFORM_H
#define ADIT_CRYPTO_TRANSFORM_H

#include "span.h"

enum transform_type {
	TRANSFORM_ENCR = 1,
	TRANSFORM_PRF = 2,
	TRANSFORM_INTEG = 3,
	TRANSFORM_KE = 4,
	TRANSFORM_ESN = 5,
};

/* IANA numbers of the rows, and strongSwan's private one. */
enum {
	ENCR_3DES = 3,
	ENCR_NULL = 11,
	ENCR_AES_CBC = 12,
	ENCR_AES_CTR = 13,
	ENCR_AES_CCM_8 = 14,
	ENCR_AES_CCM_12 = 15,
	ENCR_AES_CCM_16 = 16,
	ENCR_AES_GCM_8 = 18,
	ENCR_AES_GCM_12 = 19,
	ENCR_AES_GCM_16 = 20,
	ENCR_NULL_AUTH_AES_GMAC = 21,
	ENCR_CHACHA20_POLY1305 = 28,
	ENCR_AES_CCM_8_IIV = 29,
	ENCR_AES_GCM_16_IIV = 30,
	ENCR_CHACHA20_POLY1305_IIV = 31,
};
enum {
	PRF_HMAC_SHA1 = 2,
	PRF_AES128_XCBC = 4,
	PRF_HMAC_SHA2_256 = 5,
	PRF_HMAC_SHA2_384 = 6,
	PRF_HMAC_SHA2_512 = 7,
	PRF_AES128_CMAC = 8,
};
enum {
	INTEG_NONE = 0,
	INTEG_HMAC_SHA1_96 = 2,
	INTEG_AES_XCBC_96 = 5,
	INTEG_HMAC_SHA1_160 = 7,
	INTEG_AES_CMAC_96 = 8,
	INTEG_AES_128_GMAC = 9,
	INTEG_AES_192_GMAC = 10,
	INTEG_AES_256_GMAC = 11,
	INTEG_HMAC_SHA2_256_128 = 12,
	INTEG_HMAC_SHA2_384_192 = 13,
	INTEG_HMAC_SHA2_512_256 = 14,
	INTEG_HMAC_SHA2_256_96 = 1026, /* private use: the truncation that Linux once did */
};
enum {
	KE_NONE = 0,
	KE_MODP_1024 = 2,
	KE_MODP_1536 = 5,
	KE_MODP_2048 = 14,
	KE_MODP_3072 = 15,
	KE_MODP_4096 = 16,
	KE_MODP_6144 = 17,
	KE_MODP_8192 = 18,
	KE_ECP_256 = 19,
	KE_ECP_384 = 20,
	KE_ECP_521 = 21,
	KE_MODP_1024_160 = 22,
	KE_MODP_2048_224 = 23,
	KE_MODP_2048_256 = 24,
	KE_ECP_192 = 25,
	KE_ECP_224 = 26,
	KE_BRAINPOOL_224 = 27,
	KE_BRAINPOOL_256 = 28,
	KE_BRAINPOOL_384 = 29,
	KE_BRAINPOOL_512 = 30,
	KE_CURVE_25519 = 31,
	KE_CURVE_448 = 32,
};
enum { ESN_NO = 0, ESN_YES = 1 };

struct cipher {
	uint16_t id;
	uint16_t key_bits;  /* the Key Length attribute; 0: the algorithm takes none */
	uint8_t key_len;    /* bytes of key, without salt */
	uint8_t salt_len;   /* bytes of KEYMAT that follow the key (RFC 4106 8.1, 5282 7.1) */
	uint8_t iv_len;     /* bytes of IV on the wire */
	uint8_t icv_len;    /* AEAD only; 0: needs a separate integrity algorithm */
	uint8_t block_len;  /* plaintext is padded to this; 1 for counter modes */
	uint8_t flags;      /* CIPHER_… */
};

#define CIPHER_PLAIN 1  /* encrypts nothing */
#define CIPHER_IV_IMPLICIT 2 /* RFC 8750: the IV is the sequence number and is not sent; ESP only */

struct integ {
	uint16_t id;
	uint8_t key_len; /* with GMAC's salt behind it */
	uint8_t icv_len;
	uint8_t iv_len; /* GMAC in AH: the IV stands before the ICV (RFC 4543 4); else 0 */
};

struct prf {
	uint16_t id;
	uint8_t key_len; /* preferred key size, RFC 7296 2.13 */
	uint8_t out_len;
	uint8_t nonce_len; /* bytes of each nonce that key SKEYSEED (RFC 7296 2.14); 0: all */
};

struct ke {
	uint16_t id;
	uint16_t public_len_i; /* bytes of the KE payload's data from the initiator */
	uint16_t public_len_r; /* and from the responder; they differ for KEMs */
	uint16_t shared_len;
};

struct transform_row {
	uint8_t type;        /* enum transform_type */
	uint16_t id;
	uint16_t key_bits;
	const char *keyword; /* swanctl.conf: "aes128gcm16"; NULL: never written by hand */
	const char *name;    /* strongSwan's, as in list-sas: "AES_GCM_16" */
	uint8_t protocols;   /* bit n: goes into proposals of protocol n (RFC 7296 3.3.1) */
	union {
		const struct cipher *cipher;
		const struct integ *integ;
		const struct prf *prf;
		const struct ke *ke;
	};
};

/* NULL when we have no such row. key_bits is 0 where the algorithm takes no Key Length. */
const struct transform_row *transform_find(uint8_t type, uint16_t id, uint16_t key_bits);
const struct cipher *cipher_find(uint16_t id, uint16_t key_bits);
const struct integ *integ_find(uint16_t id);
const struct prf *prf_find(uint16_t id);
const struct ke *ke_find(uint16_t id);
/* Rows in order; NULL past the end. */
const struct transform_row *transform_at(size_t index);
/*
 * The row of a proposal keyword ("x25519", "curve25519", "ecp256", "prfsha384", "sha256",
 * "aes128gcm16", "aes128", "modp2048", "esn", "noesn"); aliases are rows of their own with the same
 * number. Where a keyword means two things ("aes128gmac"), the one that goes into proposals of the
 * protocol. NULL when unknown.
 */
const struct transform_row *transform_by_keyword(struct span keyword, uint8_t protocol);
/* Why whoever named the algorithm for a protocol should not have, in words that follow its keyword;
 * NULL when nothing speaks against it (RFC 8247, 8221). */
const char *transform_weakness(uint8_t type, uint16_t id, uint8_t protocol);
/* Whether IVs are a counter: unique is enough, and must be (RFC 3686 2.1, 4106 3.1, 4309 3). */
static inline bool cipher_counts(const struct cipher *cipher)
{
	return cipher->block_len == 1 && cipher->iv_len > 0;
}
/* Bytes of IV in an ESP packet or an SK payload. */
static inline size_t cipher_sent_iv_len(const struct cipher *cipher)
{
	return cipher->flags & CIPHER_IV_IMPLICIT ? 0 : cipher->iv_len;
}
/* The registry's name for any number, also one that we do not do ("ENCR_3DES", "MODP_1024"), for
 * diagnosis; NULL when the registry has none. */
const char *transform_registry_name(uint8_t type, uint16_t id);

#endif
