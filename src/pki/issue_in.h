/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue_in: what the files of `issue` share. Private to src/pki/issue*.c.
 *
 * Reading and writing of libcrypto's objects, names as certificates carry them, and complaints.
 * Nothing here is for the daemon. RFC 5280.
 */
#ifndef ADIT_PKI_ISSUE_IN_H
#define ADIT_PKI_ISSUE_IN_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "issue.h"

struct issue_key {
	EVP_PKEY *pkey;
};

/* Puts words and gives the code. */
static inline enum err complain(struct text *why, const char *words, enum err err)
{
	text_put(why, words);
	return err;
}

/* Bytes that i2d gave, freed here. len below zero: the library failed. */
MUST_USE enum err der_give(unsigned char *der, int len, uint8_t *ret, size_t max, size_t *ret_len);
/* What is in a memory BIO. */
MUST_USE enum err bio_give(BIO *bio, uint8_t *ret, size_t max, size_t *ret_len);
/* Whole DER, nothing behind it; NULL when it is not that. */
X509 *x509_read(struct span der);

/* The digest a key signs with; NULL for EdDSA. */
const EVP_MD *key_digest(const EVP_PKEY *pkey);
/* "RSA, 3072 bits", "ECDSA, P-256". */
void text_key(struct text *t, const EVP_PKEY *pkey);
/* Whether key and CA certificate fit and the certificate may issue; says why not. */
MUST_USE enum err ca_check(X509 *ca, const struct issue_key *key, int64_t now, struct text *ret_why);

MUST_USE enum err subject_parse(X509_NAME **ret, const char *subject, struct text *ret_why);
/* The SANs of a request, or those of csr_names when it has none; *ret NULL when there are none. */
MUST_USE enum err sans_make(GENERAL_NAMES **ret, const struct issue_request *r, const GENERAL_NAMES *csr_names,
			    struct text *ret_why);
/* One name for people; false when it is of a kind that we do not print. */
bool text_general_name(struct text *t, const GENERAL_NAME *name);
void text_x509_name(struct text *t, const X509_NAME *name);

#endif
