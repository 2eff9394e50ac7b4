/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials_in: the store behind credentials.h, as the room's other files see it.
 *
 * Certificates, keys and CRLs in arrays that only grow while the set is filled; an index from hashes (of subject names, identities, public
 * keys, issuers of CRLs) to places in them, so that no look-up walks the set. Nothing here changes after the last credentials_add(): threads
 * share a set, and the library's own caches in these objects have locks. Private to src/pki. RFC 5280, RFC 7296 3.7.
 */
#ifndef ADIT_PKI_CREDENTIALS_IN_H
#define ADIT_PKI_CREDENTIALS_IN_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "credentials.h"

enum cert_role {
	CERT_ENTITY = 1, /* the first of a file of certificates, or of a PKCS#12 */
	CERT_EXTRA,      /* came with one */
	CERT_ANCHOR,     /* of the folder of CAs: an anchor when it is a root, or the connection names it */
};

struct cert_entry {
	X509 *x;
	char *name;             /* NULL: none */
	enum cert_role role;
	bool root;              /* CERT_ANCHOR: signed by itself */
	uint32_t first;         /* handle of the first certificate of its file: a bundle of anchors is trusted as one */
	uint32_t key;           /* 1 + index of its private key; 0: none */
	uint8_t spki[CA_HASH_LEN];
};

struct key_entry {
	EVP_PKEY *key;
	uint8_t spki[CA_HASH_LEN];
};

struct crl_entry {
	X509_CRL *crl;
	uint32_t signer; /* handle of the certificate whose key was seen to have signed it; 0: none yet */
	bool plain;      /* it has no critical extension: it is about all that its issuer has issued */
};

/* What a hash of the index is of. */
enum index_kind { INDEX_SUBJECT = 1, INDEX_IDENTITY, INDEX_SPKI, INDEX_CRL, INDEX_NAME, INDEX_KEY };

#define INDEX_HEADS 4096

struct index_link {
	uint64_t hash;
	uint32_t what; /* a certificate's handle, or 1 + the index of a CRL or key */
	uint32_t next; /* 1 + place; 0: the end */
};

struct credentials {
	struct cert_entry *certs;
	struct key_entry *keys;
	struct crl_entry *crls;
	struct index_link *links;
	size_t certs_count, certs_cap, keys_count, keys_cap, crls_count, crls_cap, links_count, links_cap;
	uint32_t heads[INDEX_HEADS], tails[INDEX_HEADS];
};

/* What a file held (credentials_read.c). */
struct credential_file {
	X509 *certs[CERTS_PER_FILE_MAX];
	X509_CRL *crls[CERTS_PER_FILE_MAX];
	EVP_PKEY *key;
	size_t certs_count, crls_count;
};
MUST_USE enum err credential_file_read(struct credential_file *ret, enum credential_kind kind, struct span bytes, struct span passphrase,
				       struct text *ret_why);
void credential_file_clear(struct credential_file *f);

/* NULL for a handle that is none. */
const struct cert_entry *credentials_entry(const struct credentials *c, uint32_t cert);
/* Its private key, or NULL. */
EVP_PKEY *credentials_key(const struct credentials *c, uint32_t cert);
/* Handles, CRLs or keys under a hash in the order they were added: *place is 0 at first; 0 past the end. Certificates' are handles, the
 * others' 1 + index. Different things may share a hash: the caller compares. */
uint32_t credentials_walk(const struct credentials *c, uint64_t hash, uint32_t *place);
uint64_t index_hash(enum index_kind kind, struct span bytes);
uint64_t index_hash_name(enum index_kind kind, const X509_NAME *name);
/*
 * Whether the entry is of the anchors; of all roots among the CAs when count is 0. An intermediate there is one only for a connection that names
 * it: else what its root says of it, that it is revoked say, would not count any more.
 */
bool credentials_is_anchor(const struct credentials *c, const struct cert_entry *entry, const uint32_t *anchors, size_t count);
/* SHA-1 of the SubjectPublicKeyInfo, RFC 7296 3.7. False when the library failed. */
bool cert_spki_hash(const X509 *x, uint8_t ret[CA_HASH_LEN]);
/* "\"C=CH, CN=moon\"": a certificate in words. */
void text_cert(struct text *t, const X509 *x);
void text_cert_name(struct text *t, const X509_NAME *name);

#endif
