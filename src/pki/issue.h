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
#define ISSUE_DAYS_MAX 36525 /* a hundred years, so that no date needs a fifth digit */
#define ISSUE_PASSPHRASE_MAX 255

struct issue_key; /* a key pair, wiped when freed */

/* bits: RSA modulus (2048 to 8192) or curve size (256, 384, 521); 0: 3072, 256. Ignored for EdDSA. ERR_UNSUPPORTED for other sizes. */
MUST_USE enum err issue_key_new(struct issue_key **ret, enum key_kind kind, unsigned bits);
/* ERR_MISSING: it is encrypted and passphrase is empty. ERR_AUTH: the passphrase is wrong. */
MUST_USE enum err issue_key_read(struct issue_key **ret, struct span pem_or_der, struct span passphrase, struct text *ret_why);
/* PKCS#8 PEM, encrypted (PBES2, AES-256) when passphrase is not empty. Gives the length in *ret_len. */
MUST_USE enum err issue_key_write(const struct issue_key *k, struct span passphrase, uint8_t *ret, size_t max, size_t *ret_len);
void issue_key_free(struct issue_key *k);

enum issue_purpose { ISSUE_CA = 1, ISSUE_SERVER, ISSUE_CLIENT };

/* Names come from the request; where it has none (NULL, 0), from the CSR, of which nothing else is believed. */
struct issue_request {
	enum issue_purpose purpose;
	const char *subject;               /* "C=CH, O=example, CN=moon" */
	const char *sans[ISSUE_SANS_MAX];  /* "moon.example.org", "192.0.2.1", "carol@example.org" */
	size_t sans_count;
	unsigned days;
	int path_length;                   /* of a CA; -1: none */
};

/* A certificate for subject_key (or the key of a CSR), signed by ca_key under ca_cert; self-signed when ca_cert is empty. DER. An IP address
 * of a server goes into an iPAddress and, for Windows, into a dNSName too; servers get serverAuth and ikeIntermediate. It ends no later than
 * its CA. ERR_CONFIG, ERR_SYNTAX: ret_why says what is wrong with what was asked. */
MUST_USE enum err issue_cert(const struct issue_request *r, const struct issue_key *subject_key, struct span csr, struct span ca_cert,
			     const struct issue_key *ca_key, int64_t now, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why);
MUST_USE enum err issue_csr(const struct issue_request *r, const struct issue_key *key, uint8_t *ret, size_t max, size_t *ret_len,
			    struct text *ret_why);
/* Adds the serial of cert (DER; empty: none) to the CRL old (DER; empty: a new one), signed again. reason: RFC 5280 5.3.1. */
MUST_USE enum err issue_crl(struct span old, struct span cert, unsigned reason, struct span ca_cert, const struct issue_key *ca_key,
			    int64_t now, unsigned days, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why);
/* "key-compromise" and its like, RFC 5280 5.3.1 with dashes; NULL, ERR_NOT_FOUND when there is none. */
const char *issue_reason_name(unsigned reason);
MUST_USE enum err issue_reason_parse(unsigned *ret, const char *name);
/* PBES2 with AES-256-CBC and a SHA-256 MAC; legacy: 3DES and SHA-1 (RFC 7292 appendix C), which Apple still wants. Needs a passphrase. */
MUST_USE enum err issue_pkcs12(struct span cert, const struct issue_key *key, struct span ca_certs_pem, const char *friendly_name,
			       struct span passphrase, bool legacy, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why);
/* Certificates, keys, requests and CRLs in plain words, a line a fact; what is in a PKCS#12 bundle, with its passphrase (empty: none).
 * Nothing secret. ERR_AUTH: that is not the bundle's. */
MUST_USE enum err issue_show(struct span pem_or_der, struct span passphrase, int64_t now, struct text *ret, struct text *ret_why);
/* PEM of a result; kind is "CERTIFICATE", "CERTIFICATE REQUEST" or "X509 CRL". */
MUST_USE enum err issue_pem(const char *kind, struct span der, uint8_t *ret, size_t max, size_t *ret_len);
/* The first block of that kind as DER; DER is taken as it is. ERR_NOT_FOUND. */
MUST_USE enum err issue_der(const char *kind, struct span pem_or_der, uint8_t *ret, size_t max, size_t *ret_len);
/* Subject and alternative names, on one line. */
void issue_cert_names(struct span cert, struct text *ret);
/* What a person calls it: its first name (SAN), else its CN, as it is. False: it has none. */
bool issue_cert_name(struct span cert, struct text *ret);
/* Whether a certificate's issuer is itself. */
bool issue_cert_is_root(struct span cert);

#endif
