/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists for a path: only those that a certificate of the path has signed are ever shown to the library (RFC 5280 5, 6.3). */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "chain.h"
#include "signature.h"

/* Whether the CRL's signature is x's. One whose signer is known was signed with that key and no other: nobody makes us hash a long list again. */
static bool crl_signed_by(const struct credentials *c, const struct crl_entry *entry, const X509 *x)
{
	const struct cert_entry *signer = credentials_entry(c, entry->signer);
	EVP_PKEY *key = X509_get0_pubkey(x);

	if (signer)
		return key && EVP_PKEY_eq(X509_get0_pubkey(signer->x), key) == 1;
	return key && crl_signature_strong(entry->crl) && X509_CRL_verify(entry->crl, key) == 1;
}

/* Whether x may have issued the CRL, by name, key usage and signature. */
static bool crl_is_by(const struct credentials *c, const struct crl_entry *entry, X509 *x)
{
	if (X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(entry->crl)) != 0)
		return false;
	/* All bits when there is no such extension. */
	return (X509_get_key_usage(x) & KU_CRL_SIGN) && crl_signed_by(c, entry, x);
}

void credentials_settle(struct credentials *c)
{
	for (size_t i = 0; i < c->crls_count; i++) {
		struct crl_entry *entry = &c->crls[i];
		uint64_t hash = index_hash_name(INDEX_SUBJECT, X509_CRL_get_issuer(entry->crl));
		uint32_t place = 0, cert;
		unsigned looked = 0;

		while (!entry->signer && looked++ < CHAIN_ISSUERS_MAX && (cert = credentials_walk(c, hash, &place))) {
			if (crl_is_by(c, entry, credentials_entry(c, cert)->x))
				entry->signer = cert;
		}
	}
	ERR_clear_error();
}

/* Whether each certificate has signed the one below it. */
static bool path_is_signed(const struct path_of_certs *path)
{
	for (size_t i = 0; i + 1 < path->len; i++) {
		EVP_PKEY *key = X509_get0_pubkey(path->certs[i + 1]);

		if (!key || X509_verify(path->certs[i], key) != 1)
			return false;
	}
	return true;
}

STACK_OF(X509_CRL) *crls_for(const struct credentials *c, const struct path_of_certs *path)
{
	STACK_OF(X509_CRL) *ret = sk_X509_CRL_new_null();
	bool proven = false;
	unsigned looked = 0;

	for (size_t i = 0; ret && i < path->len && c->crls_count; i++) {
		uint64_t hash = index_hash_name(INDEX_CRL, X509_get_subject_name(path->certs[i]));
		uint32_t place = 0, crl;

		while (looked < CHAIN_CRLS_MAX && (crl = credentials_walk(c, hash, &place))) {
			const struct crl_entry *entry = &c->crls[crl - 1];

			looked++;
			/* A list may be long: it is not hashed for a path that a stranger has made up. */
			if (!entry->signer && !proven && !(proven = path_is_signed(path)))
				return ret; /* as the library will find */
			if (crl_is_by(c, entry, path->certs[i]))
				(void)sk_X509_CRL_push(ret, entry->crl);
		}
	}
	return ret;
}

bool crl_is_settled(const struct credentials *c, const X509_CRL *crl, X509 *issuer)
{
	uint64_t hash = index_hash_name(INDEX_CRL, X509_CRL_get_issuer(crl));
	uint32_t place = 0, at;

	while ((at = credentials_walk(c, hash, &place))) {
		const struct crl_entry *entry = &c->crls[at - 1];

		if (entry->crl == crl)
			return entry->plain && entry->signer && crl_is_by(c, entry, issuer);
	}
	return false;
}

bool cert_has_revocation_uri(const X509 *x)
{
	AUTHORITY_INFO_ACCESS *info;
	bool has = X509_get_ext_by_NID(x, NID_crl_distribution_points, -1) >= 0;

	if (has)
		return true;
	info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	for (int i = 0; info && i < sk_ACCESS_DESCRIPTION_num(info) && !has; i++)
		has = OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(info, i)->method) == NID_ad_OCSP;
	AUTHORITY_INFO_ACCESS_free(info);
	return has;
}
