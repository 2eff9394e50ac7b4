/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign: making and checking AUTH payloads with certificates (RFC 7296 2.15, 3.6–3.8, RFC 7427, 4754, 8420).
 *
 * For whoever does JOB_AUTH_SIGN and JOB_AUTH_VERIFY. Pure but for the library; the wall clock is an argument.
 */
#ifndef ADIT_PKI_SIGN_H
#define ADIT_PKI_SIGN_H

#include "bounds.h"
#include "credentials.h"
#include "schemes.h"

/*
 * Certificates on their way between engine and worker: records of encoding (1 byte), length (2 bytes, big-endian), data, in the order of the CERT
 * payloads. Encoding 4 is X.509; others are passed over.
 */

enum revocation { REVOCATION_RELAXED = 0, REVOCATION_IFURI, REVOCATION_STRICT };

/* The octets that AUTH covers, in parts (RFC 7296 2.15). */
struct auth_octets {
	struct span parts[3];
};

struct sign_query {
	const struct identity *id;       /* what our certificate must carry, unless certs names it; IDENTITY_ANY: nothing */
	const uint32_t *certs;           /* handles to choose from; count 0: all with a key */
	size_t certs_count;
	struct span certreq;             /* the peer's CA hashes, concatenated; empty: it asked for none */
	bool peer_7427;                  /* it sent SIGNATURE_HASH_ALGORITHMS */
	unsigned peer_hashes;            /* HASH_BITs */
	const struct scheme_constraints *constraints;
	bool with_certs;                 /* put the chain into the result */
	struct auth_octets octets;
	int64_t now;                     /* wall clock, seconds since 1970: of two that fit, one that is valid now */
};

struct sign_result {
	uint8_t method;                  /* of the AUTH payload */
	uint8_t scheme;                  /* scheme_name() has its words */
	uint32_t cert;                   /* whose key signed */
	uint8_t auth[AUTH_DATA_MAX];
	size_t auth_len;
	uint8_t certs[16384];            /* records as above: leaf first, then intermediates, without the anchor */
	size_t certs_len;
};

/* ERR_NOT_FOUND: no certificate with a key fits; ERR_UNSUPPORTED: no scheme both ends take; ERR_SPACE: the chain is longer than ret holds;
 * ERR_CRYPTO. Words in ret_why. */
MUST_USE enum err sign_auth(const struct credentials *c, const struct sign_query *q, struct sign_result *ret, struct text *ret_why);

/* Why a peer was refused, and what would help: each has its own words and its own test. */
#define VERIFY_FAULT_ROWS(X) \
	X(NONE, "", "") \
	X(NO_CERT, "no certificate came and none is configured for this identity", \
	  "connections.<conn>.remote.certs, or the peer sends its certificate") \
	X(MALFORMED, "a certificate that cannot be read", "that certificate: make another one") \
	X(EXPIRED, "a certificate has expired", "that certificate: renew it; or the clock of this machine") \
	X(NOT_YET_VALID, "a certificate is not valid yet", "the clock of this machine, or that certificate") \
	X(REVOKED, "a certificate is revoked", "that certificate: replace it; its CA took it back") \
	X(REVOCATION_UNKNOWN, "whether a certificate is revoked cannot be told, and the connection insists", \
	  "connections.<conn>.remote.revocation, and the folder x509crl: put a fresh CRL of its CA there") \
	X(USAGE, "a certificate must not be used for this (key usage or extended key usage)", "that certificate: issue it anew for IKE or TLS") \
	X(NOT_CA, "a certificate in the chain is no CA's", "that certificate: only one with CA:TRUE may issue others") \
	X(PATH_LENGTH, "the chain is longer than a CA in it allows", "that CA: issue it anew with a longer path length") \
	X(NAME_CONSTRAINTS, "a name lies outside what a CA in the chain may certify", \
	  "the names of that certificate, or the constraints of its CA") \
	X(CRITICAL_EXTENSION, "a certificate has a critical extension that we do not know", \
	  "that certificate: issue it anew without the extension") \
	X(UNTRUSTED, "the chain leads to no CA that this connection trusts", \
	  "connections.<conn>.remote.cacerts, certs, and the folder x509ca: put the CA there") \
	X(TOO_LONG, "the chain is too long or goes in circles", "the certificates that the peer sends") \
	X(CHAIN_SIGNATURE, "a certificate is not signed by the one above it", "the folder x509ca: another CA of the same name may be there") \
	X(WEAK_KEY, "a key is too weak", "that certificate: issue it anew with a longer key; or connections.<conn>.remote.auth") \
	X(WEAK_HASH, "a signature uses a hash that is too weak", "that certificate: issue it anew with SHA-256; or connections.<conn>.remote.auth") \
	X(SCHEME, "the signature scheme is not one that this connection takes", "connections.<conn>.remote.auth") \
	X(SIGNATURE, "the AUTH signature does not fit the certificate's key", "the private key of the peer") \
	X(IDENTITY, "the certificate does not carry the identity that the peer claims", \
	  "connections.<conn>.local.id of the peer, or its certificate")

enum verify_fault {
#define X(name, words, cure) VERIFY_##name,
	VERIFY_FAULT_ROWS(X)
#undef X
};
const char *verify_fault_words(enum verify_fault fault);
/* What to look at, after "see"; "<conn>" stands for the connection's name. */
const char *verify_fault_cure(enum verify_fault fault);

struct verify_query {
	const struct identity *id;       /* the peer's, as its ID payload says */
	const uint32_t *certs;           /* the peer's certificate is one of these; count 0: any that a chain vouches for */
	size_t certs_count;
	const uint32_t *anchors;         /* trusted for this connection; count 0: all */
	size_t anchors_count;
	struct span peer_certs;          /* records as above; empty: none came */
	uint8_t method;
	bool peer_7427;                  /* it sent SIGNATURE_HASH_ALGORITHMS and we did: method 1 with its SHA-1 is refused */
	struct span auth;                /* AUTH data */
	struct auth_octets octets;
	const struct scheme_constraints *constraints;
	enum revocation revocation;
	int64_t now;                     /* wall clock, seconds since 1970 */
};

/* ERR_OK with VERIFY_NONE, or ERR_AUTH with *ret_fault and detail (which certificate, whose) in ret_why. Work is bounded whatever the
 * certificates say. */
MUST_USE enum err verify_auth(const struct credentials *c, const struct verify_query *q, enum verify_fault *ret_fault,
			      struct text *ret_why);

#endif
