/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maker: certificates, keys and CRLs made for a test, good ones and every kind of bad one.
 *
 * Made by the library's own functions at run time, since certificates in files expire; the clock of the tests is MADE_NOW. What a maker gives lives
 * until makers_clear(). A test that cannot be set up fails at once.
 */
#ifndef ADIT_TESTS_PKI_MAKER_H
#define ADIT_TESTS_PKI_MAKER_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "credentials.h"
#include "sign.h"

#define MADE_NOW 1800000000 /* 2027-01-15 */
#define DAY 86400
#define MADE_EXTENSIONS_MAX 8

struct made {
	X509 *x;
	EVP_PKEY *key;
};

struct recipe {
	const char *subject;       /* "CN=moon": one attribute, or several with commas */
	const struct made *issuer; /* NULL: itself */
	EVP_PKEY *key;             /* NULL: a P-256 key of its own */
	const char *extensions[MADE_EXTENSIONS_MAX]; /* "basicConstraints", "critical,CA:TRUE" in pairs */
	int from_days, to_days;    /* against MADE_NOW; both 0: -1 and 365 */
	const char *digest;        /* "SHA256" when NULL */
	bool pss;
	bool spoil_signature;
	EVP_PKEY *sign_with;       /* NULL: the issuer's key */
	const X509_NAME *issuer_name; /* NULL: the issuer's subject */
};

EVP_PKEY *made_key(const char *type, unsigned bits); /* "RSA", "EC" with the curve's bits, "ED25519", "ED448" */
EVP_PKEY *made_rsa(unsigned bits, unsigned long exponent);
/* A private key of random numbers, of any length, whose signatures are worth nothing. */
EVP_PKEY *made_rsa_private(unsigned bits);
/* A public key of random numbers: nobody can sign with it, or everybody. */
EVP_PKEY *made_rsa_spoilt(unsigned bits, unsigned long exponent, bool even);
struct made made_cert(const struct recipe *r);
/* A CA and a leaf with a dNSName, as most tests want them. */
struct made made_ca(const char *subject, const struct made *issuer);
struct made made_leaf(const char *dns, const struct made *issuer);
/* A CRL of ca that revokes x (NULL: nothing). */
X509_CRL *made_crl(const struct made *ca, const X509 *x, int from_days, int to_days);
/* The same, signed with another hash (and PSS, for an RSA key). */
X509_CRL *made_crl_by(const struct made *ca, const X509 *x, const char *digest, bool pss);
void makers_clear(void);

/* Into a set. */
void add_cert(struct credentials *c, enum credential_kind kind, const char *name, const X509 *x);
void add_key(struct credentials *c, const char *name, EVP_PKEY *key);
void add_crl(struct credentials *c, X509_CRL *crl);
/* Appends a CERT record; buffer has room for max. */
void record_add(uint8_t *buffer, size_t *len, size_t max, const X509 *x);

#endif
