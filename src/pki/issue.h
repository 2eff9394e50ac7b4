/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue: what a small CA does, for `adit pki`: keys, certificates, requests, CRLs, PKCS#12 (RFC 5280, 2986, 7292).
 *
 * Results are PEM or DER in caller's buffers. No files, no terminal.
 */
#ifndef ADIT_PKI_ISSUE_H
#define ADIT_PKI_ISSUE_H

#include "schemes.h"

#define ISSUE_SANS_MAX 16

struct issue_key; /* a key pair, wiped when freed */

/* bits: RSA modulus or curve size; 0: 3072, 256. */
MUST_USE enum err issue_key_new(struct issue_key **ret, enum key_kind kind, unsigned bits);
MUST_USE enum err issue_key_read(struct issue_key **ret, struct span pem_or_der, struct span passphrase, struct text *ret_why);
/* PKCS#8 PEM, encrypted (PBES2, AES-256) when passphrase is not empty. Gives the length in *ret_len. */
MUST_USE enum err issue_key_write(const struct issue_key *k, struct span passphrase, uint8_t *ret, size_t max, size_t *ret_len);
void issue_key_free(struct issue_key *k);

enum issue_purpose { ISSUE_CA = 1, ISSUE_SERVER, ISSUE_CLIENT };

struct issue_request {
	enum issue_purpose purpose;
	const char *subject;               /* "C=CH, O=example, CN=moon" */
	const char *sans[ISSUE_SANS_MAX];  /* "moon.example.org", "192.0.2.1", "carol@example.org" */
	size_t sans_count;
	unsigned days;
	int path_length;                   /* of a CA; -1: none */
};

/* A certificate for subject_key (or the key of a CSR), signed by ca_key under ca_cert; self-signed when ca_cert is empty. DER. An IP address
 * of a server goes into an iPAddress and, for Windows, into a dNSName too; servers get serverAuth and ikeIntermediate. */
MUST_USE enum err issue_cert(const struct issue_request *r, const struct issue_key *subject_key, struct span csr, struct span ca_cert,
			     const struct issue_key *ca_key, int64_t now, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why);
MUST_USE enum err issue_csr(const struct issue_request *r, const struct issue_key *key, uint8_t *ret, size_t max, size_t *ret_len,
			    struct text *ret_why);
/* Adds the serial of cert (DER; empty: none) to the CRL old (DER; empty: a new one), signed again. reason: RFC 5280 5.3.1. */
MUST_USE enum err issue_crl(struct span old, struct span cert, unsigned reason, struct span ca_cert, const struct issue_key *ca_key,
			    int64_t now, unsigned days, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why);
MUST_USE enum err issue_pkcs12(struct span cert, const struct issue_key *key, struct span ca_certs_pem, const char *friendly_name,
			       struct span passphrase, bool legacy, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why);
/* A certificate, key, request or CRL in plain words, a line each. */
MUST_USE enum err issue_show(struct span pem_or_der, int64_t now, struct text *ret, struct text *ret_why);

#endif
