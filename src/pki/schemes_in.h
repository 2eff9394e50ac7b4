/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schemes_in: the rows behind schemes.h, and AlgorithmIdentifiers of the wire as rows.
 *
 * Owns the table; reads the peer's DER bounded and without recursion, and takes only what a row says. Private to src/pki. RFC 7427 3, 4055, 8420.
 */
#ifndef ADIT_PKI_SCHEMES_IN_H
#define ADIT_PKI_SCHEMES_IN_H

#include <openssl/types.h>

#include "schemes.h"
#include "sign.h"

struct scheme_row {
	const char *name;
	uint8_t method;     /* enum auth_method */
	uint8_t kind;       /* enum key_kind */
	uint8_t hash;       /* enum signature_hash */
	bool pss;
	uint16_t curve_bits; /* of methods that fix the curve; 0: any */
	struct span algid;  /* DER, as we send it; empty for methods before RFC 7427 */
	/* Of a scheme that the library does not do: bare signatures over the octets; NULL: the library's. */
	enum err (*make)(EVP_PKEY *key, struct span octets, uint8_t *ret, size_t max, size_t *ret_len);
	bool (*check)(EVP_PKEY *key, struct span octets, struct span signature);
};

size_t schemes_count(void);
const struct scheme_row *scheme_at(size_t index);
/* "SHA256" as libcrypto calls it; NULL for HASH_IDENTITY. */
const char *scheme_digest(const struct scheme_row *row);
/* Whether constraints let AUTH use the row. */
bool scheme_allowed(const struct scheme_constraints *constraints, const struct scheme_row *row);
/* Whether they let certificates be signed so; NULL row: a scheme that is none of ours. */
bool scheme_chain_allowed(const struct scheme_constraints *constraints, enum key_kind kind, enum signature_hash hash, bool pss);

/*
 * The row that method and AUTH data name, and the bare signature in it. VERIFY_NONE; VERIFY_SCHEME when there is no such row, or the
 * AlgorithmIdentifier is malformed; VERIFY_WEAK_HASH for SHA-1 in a method 14 signature.
 */
enum verify_fault scheme_read(uint8_t method, struct span auth, const struct scheme_row **ret, struct span *ret_signature);

#endif
