/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schemes: signature schemes as rows: AUTH method, AlgorithmIdentifier, key kind, hash, least strength (RFC 7296 3.8, 4754, 7427, 8420).
 *
 * One row a scheme. Constraint strings are swanctl's ("rsa/pss-sha384", "ike:ecdsa-sha256", "rsa-3072", "ed25519"): `ike:` ones bind AUTH alone,
 * others the chain too; where both kinds are given, AUTH is bound by the `ike:` ones only.
 */
#ifndef ADIT_PKI_SCHEMES_H
#define ADIT_PKI_SCHEMES_H

#include "error.h"
#include "text.h"

enum key_kind { KEY_RSA = 1, KEY_ECDSA, KEY_ED25519, KEY_ED448 };

/* Hash Algorithms of RFC 7427 7, 8420; a bit each in masks: 1 << number. */
enum signature_hash { HASH_SHA1 = 1, HASH_SHA2_256 = 2, HASH_SHA2_384 = 3, HASH_SHA2_512 = 4, HASH_IDENTITY = 5 };
#define HASH_BIT(hash) (1u << (hash))
/* What we say in SIGNATURE_HASH_ALGORITHMS: never SHA-1 (RFC 8247 3). */
#define HASHES_OURS (HASH_BIT(HASH_SHA2_256) | HASH_BIT(HASH_SHA2_384) | HASH_BIT(HASH_SHA2_512) | HASH_BIT(HASH_IDENTITY))

#define SCHEMES_MAX 16
#define RSA_BITS_LEAST 2048   /* unless constraints say otherwise, RFC 8247 3.2 */
#define ECDSA_BITS_LEAST 256
#define RSA_BITS_FLOOR 1024   /* no constraint goes below */
#define ECDSA_BITS_FLOOR 192
#define RSA_BITS_MOST 8192    /* a check of a longer one takes milliseconds, and a stranger may make us do dozens */

/* What `auth` of a connection narrows; all zero: the defaults. */
struct scheme_constraints {
	uint8_t count;                 /* of schemes; 0: any */
	uint8_t schemes[SCHEMES_MAX];  /* indices of rows, for AUTH */
	uint8_t chain_count;
	uint8_t chain[SCHEMES_MAX];    /* for certificates' own signatures */
	uint16_t rsa_bits, ecdsa_bits; /* least sizes; 0: the defaults, 2048 and 256 */
	bool ike;                      /* an `ike:` word came: other words leave AUTH alone */
	bool sha1;                     /* it is named among schemes: a peer that could do better may use it */
};

/* One word of an `auth` value after its method ("sha256", "rsa/pss-sha384", "ike:rsa-sha256", "rsa-4096-sha512"); added to ret.
 * ERR_SYNTAX with words in ret_why. */
MUST_USE enum err scheme_constraint_parse(struct scheme_constraints *ret, struct span word, struct text *ret_why);
/* A row's name, "rsa/pss-sha384", as constraints write it; NULL past the end. */
const char *scheme_name(size_t index);

#endif
