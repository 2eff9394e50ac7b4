/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature: how strong a key is, and bare signatures by a row of the schemes.
 *
 * The arithmetic and the padding checks are the library's; what this file adds is that nothing is left to the library's choice: hash, padding,
 * mask hash and salt length are set, curves are named ones, and the size of every number is looked at first. Private to src/pki.
 * RFC 8017 8, 4754 7, 8420.
 */
#ifndef ADIT_PKI_SIGNATURE_H
#define ADIT_PKI_SIGNATURE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "schemes_in.h"

#define RSA_EXPONENT_BITS_MOST 33 /* 2^32 + 1; longer ones make a check dear and help nobody */

struct key_facts {
	enum key_kind kind;
	unsigned bits;
	bool pss_only; /* id-RSASSA-PSS key, RFC 4055 1.2 */
};

/* VERIFY_NONE, or VERIFY_WEAK_KEY with words for it. NULL key: one that the library cannot read. */
enum verify_fault key_judge(const EVP_PKEY *key, const struct scheme_constraints *constraints, struct key_facts *ret, const char **ret_words);
/* Hash and scheme of a certificate's or CRL's own signature: VERIFY_NONE, VERIFY_WEAK_HASH, VERIFY_SCHEME. */
enum verify_fault cert_signature_judge(X509 *x, const struct scheme_constraints *constraints);
bool crl_signature_strong(const X509_CRL *crl);

/* Whether a key of that kind can use the row. */
bool scheme_fits_key(const struct scheme_row *row, const struct key_facts *facts);
/* Bytes of AUTH data, with the AlgorithmIdentifier where the method has one. ERR_SPACE, ERR_CRYPTO. */
MUST_USE enum err signature_make(const struct scheme_row *row, EVP_PKEY *key, const struct auth_octets *octets, uint8_t *ret, size_t max,
				 size_t *ret_len);
/* signature is bare, as scheme_read() gives it. */
bool signature_check(const struct scheme_row *row, EVP_PKEY *key, const struct auth_octets *octets, struct span signature);

#endif
