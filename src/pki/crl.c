/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists for a path: only those that a certificate of the path has signed are ever shown to the library (RFC 5280 5, 6.3). */
#include <openssl/x509v3.h>

#include "chain.h"
#include "signature.h"

/* Whether x may have issued the CRL, by name, key usage and signature. */
static bool crl_is_by(X509_CRL *crl, X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	if (!key || X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(crl)) != 0)
		return false;
	if (!(X509_get_key_usage(x) & KU_CRL_SIGN)) /* all bits when there is no such extension */
		return false;
	return crl_signature_strong(crl) && X509_CRL_verify(crl, key) == 1;
}

STACK_OF(X509_CRL) *crls_for(const struct credentials *c, const struct path_of_certs *path)
{
	STACK_OF(X509_CRL) *ret = sk_X509_CRL_new_null();
	unsigned looked = 0;

	for (size_t i = 0; ret && i < path->len && c->crls_count; i++) {
		uint64_t hash = index_hash_name(INDEX_CRL, X509_get_subject_name(path->certs[i]));
		uint32_t place = 0, crl;

		while (looked < CHAIN_CRLS_MAX && (crl = credentials_walk(c, hash, &place))) {
			looked++;
			if (crl_is_by(c->crls[crl - 1], path->certs[i]))
				(void)sk_X509_CRL_push(ret, c->crls[crl - 1]);
		}
	}
	return ret;
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
