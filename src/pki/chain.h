/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain: from a certificate to a CA that the connection trusts, and why not.
 *
 * Paths are found here, by name, key identifier and, where more than one certificate could be the issuer, by signature; a path is then checked whole
 * by the library, told which issuer belongs to which certificate, and its verdict becomes a verify_fault. Work is bounded by the constants below,
 * however certificates name each other. RFC 5280 6, RFC 4945 5.
 */
#ifndef ADIT_PKI_CHAIN_H
#define ADIT_PKI_CHAIN_H

#include <openssl/x509.h>

#include "credentials_in.h"
#include "sign.h"

#define CHAIN_MAX 10           /* certificates in a path, leaf and anchor with them; seen in the field: 4 */
#define CHAIN_ISSUERS_MAX 16   /* certificates that may have issued one: cross-signed CAs have 2 or 3 */
#define CHAIN_SIGNATURES_MAX 64 /* checked to find paths */
#define CHAIN_PATHS_MAX 8      /* whole paths that are checked */
#define CHAIN_STEPS_MAX 64      /* through the chains of our own certificate */
#define CHAIN_CRLS_MAX 32      /* that are looked at for one path */
#define WANTED_MAX 128          /* of our certificates that one CERTREQ may mean */
#define PEER_CERTS_MAX 32      /* in one IKE_AUTH message; more is VERIFY_TOO_LONG */

struct chain_query {
	const struct credentials *credentials;
	X509 *leaf;
	X509 *const *untrusted; /* what the peer sent beside it */
	size_t untrusted_count;
	const uint32_t *anchors; /* count 0: all */
	size_t anchors_count;
	bool pinned;            /* the connection names the leaf itself: it may stand without a chain */
	const struct scheme_constraints *constraints;
	enum revocation revocation;
	int64_t now;
};

struct path_of_certs {
	X509 *certs[CHAIN_MAX]; /* leaf first */
	size_t len;
};

/* VERIFY_NONE, or what is wrong with the first path that was found, with the certificate in ret_why. */
enum verify_fault chain_verify(const struct chain_query *q, struct text *ret_why);
/* The set's certificates that a peer asks for, by the hashes of its CERTREQ. */
struct wanted {
	bool any;                /* it asks for none: all will do */
	const X509 *certs[WANTED_MAX];
	size_t count;
};
void wanted_find(const struct credentials *c, struct span certreq, struct wanted *ret);

/* The chain above one of our own certificates, to be sent: the leaf, intermediates, and last the anchor when the set has it. One with a CA of
 * wanted goes before others. */
struct own_chain {
	struct path_of_certs path;
	bool anchored; /* the last one is an anchor */
	bool wanted;   /* a CA of wanted is in it, or nothing was wanted */
};
void chain_own(const struct credentials *c, X509 *leaf, const struct wanted *wanted, struct own_chain *ret);
/* A whole path, checked (chain_check.c). */
enum verify_fault chain_check(const struct chain_query *q, const struct path_of_certs *path, struct text *ret_why);
/* Whether its extended key usage lets it speak IKE, or vouch for who does. */
bool purpose_fits(X509 *x);
/* CRLs for the path that its own certificates have signed (crl.c); NULL when out of memory. */
STACK_OF(X509_CRL) *crls_for(const struct credentials *c, const struct path_of_certs *path);
/* Whether it is known without another check that the issuer signed the CRL, which is about all that it has issued. */
bool crl_is_settled(const struct credentials *c, const X509_CRL *crl, X509 *issuer);
/* Whether a certificate says where to ask whether it is revoked. */
bool cert_has_revocation_uri(const X509 *x);

#endif
