/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials: certificates, private keys and revocation lists, found by identity.
 *
 * A set is filled once (by the configuration) and only read afterwards, so that threads may share it. Files are PEM (any number of blocks) or
 * DER: X.509 certificates, PKCS#1, SEC1 and PKCS#8 keys (encrypted ones with a passphrase), PKCS#12, CRLs. Further certificates of a bundle
 * serve as intermediates. Private keys never leave this room. RFC 5280, 5958, 7292.
 */
#ifndef ADIT_PKI_CREDENTIALS_H
#define ADIT_PKI_CREDENTIALS_H

#include "error.h"
#include "identity.h"
#include "text.h"

#define CA_HASH_LEN 20       /* SHA-1 of the SubjectPublicKeyInfo, RFC 7296 3.7 */
#define CERTS_PER_FILE_MAX 32
#define CREDENTIALS_MAX 65536

struct credentials;

enum credential_kind {
	CREDENTIAL_CERT = 1, /* end entities, and what comes with them as intermediates */
	CREDENTIAL_CA,       /* roots are trust anchors; intermediates where a connection names them */
	CREDENTIAL_KEY,
	CREDENTIAL_CRL,
	CREDENTIAL_PKCS12,   /* key, certificate and its chain; CA certificates in it are intermediates, not anchors */
};

/* NULL when out of memory. */
struct credentials *credentials_new(void);
void credentials_free(struct credentials *c);

/*
 * Adds what a file holds. name is how the configuration calls it ("moonCert.pem"); several additions may share one. passphrase is
 * empty when there is none. ERR_SYNTAX (not such a file), ERR_AUTH (wrong passphrase), ERR_UNSUPPORTED (a key type we do not do), ERR_LIMIT;
 * in words in ret_why, which never holds a secret.
 */
MUST_USE enum err credentials_add(struct credentials *c, enum credential_kind kind, const char *name, struct span bytes,
				  struct span passphrase, struct text *ret_why);

/* Once nothing more is added: checks the signatures of CRLs, so that no handshake has to where their issuer is in the set. */
void credentials_settle(struct credentials *c);

/* An end entity certificate or an anchor by its name, as a handle for the queries of sign.h and verify.h; 0 when there is none. */
uint32_t credentials_cert(const struct credentials *c, const char *name);
uint32_t credentials_ca(const struct credentials *c, const char *name);

/* Whether there is a root: a CA that connections without anchors of their own trust. */
bool credentials_has_root(const struct credentials *c);
/* CERTREQ data for anchors (all CAs, intermediate ones too, when count is 0): concatenated hashes, at most max bytes; gives the length (RFC 7296 3.7). */
size_t credentials_certreq(const struct credentials *c, const uint32_t *anchors, size_t count, uint8_t *ret, size_t max);

/* The identities a certificate carries: subject DN first, then the SANs; gives their number. For defaults of local.id and for lists. */
size_t credentials_identities(const struct credentials *c, uint32_t cert, struct identity *ret, size_t max);
/* When it is valid, in seconds since 1970, both ends included; false when there is no such certificate, or its times cannot be read. */
bool credentials_validity(const struct credentials *c, uint32_t cert, int64_t *ret_from, int64_t *ret_until);
/* Whether it is a CA's; and whether such a one came with it in its file. */
bool credentials_is_ca(const struct credentials *c, uint32_t cert);
bool credentials_brings_ca(const struct credentials *c, uint32_t cert);
/* Whether there is any CRL. */
bool credentials_has_crl(const struct credentials *c);
/* Whether a file could be added as kind, given its passphrase. */
bool credentials_fits(enum credential_kind kind, struct span bytes);
/* Whether there is a private key for the certificate. */
bool credentials_has_key(const struct credentials *c, uint32_t cert);

#endif
