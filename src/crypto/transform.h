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

/* IANA numbers of the rows; more with issues to come. */
enum { ENCR_NULL = 11, ENCR_AES_CBC = 12, ENCR_AES_GCM_16 = 20 };
enum { PRF_HMAC_SHA1 = 2, PRF_HMAC_SHA2_256 = 5, PRF_HMAC_SHA2_384 = 6, PRF_HMAC_SHA2_512 = 7 };
enum { INTEG_NONE = 0, INTEG_HMAC_SHA2_256_128 = 12 };
enum { KE_NONE = 0, KE_MODP_2048 = 14, KE_ECP_256 = 19, KE_CURVE_25519 = 31 };
enum { ESN_NO = 0, ESN_YES = 1 };

struct cipher {
	uint16_t id;
	uint16_t key_bits;  /* the Key Length attribute; 0: the algorithm takes none */
	uint8_t key_len;    /* bytes of key, without salt */
	uint8_t salt_len;   /* bytes of KEYMAT that follow the key (RFC 4106 8.1, 5282 7.1) */
	uint8_t iv_len;     /* bytes of IV on the wire */
	uint8_t icv_len;    /* AEAD only; 0: needs a separate integrity algorithm */
	uint8_t block_len;  /* plaintext is padded to this; 1 for counter modes */
};

struct integ {
	uint16_t id;
	uint8_t key_len;
	uint8_t icv_len;
};

struct prf {
	uint16_t id;
	uint8_t key_len; /* preferred key size, RFC 7296 2.13 */
	uint8_t out_len;
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
 * number. NULL when unknown.
 */
const struct transform_row *transform_by_keyword(struct span keyword);
/* The registry's name for any number, also one that we do not do ("ENCR_3DES", "MODP_1024"), for
 * diagnosis; NULL when the registry has none. */
const char *transform_registry_name(uint8_t type, uint16_t id);

#endif
