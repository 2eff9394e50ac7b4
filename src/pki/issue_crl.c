/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280 5). */
#include "issue_in.h"

#include <openssl/err.h>

/* RFC 5280 5.3.1; 7 is unused, and 8 is for delta CRLs only. */
static const char *const reasons[] = {
	"unspecified", "key-compromise", "ca-compromise", "affiliation-changed", "superseded", "cessation-of-operation",
	"certificate-hold", NULL, NULL, "privilege-withdrawn", "aa-compromise",
};

const char *issue_reason_name(unsigned reason)
{
	return reason < ARRAY_LEN(reasons) ? reasons[reason] : NULL;
}

enum err issue_reason_parse(unsigned *ret, const char *name)
{
	for (unsigned i = 0; i < ARRAY_LEN(reasons); i++) {
		if (!reasons[i] || strcmp(reasons[i], name) != 0)
			continue;
		*ret = i;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

/* A new one, or the old one as the base of the next. */
static enum err crl_read(X509_CRL **ret, struct span old, X509 *ca, struct text *ret_why)
{
	enum err err = ERR_OK;
	const unsigned char *at = old.data;
	X509_CRL *crl = old.len ? d2i_X509_CRL(NULL, &at, (long)old.len) : X509_CRL_new();

	TRY_THAT(crl, complain(ret_why, "the CRL cannot be read", ERR_SYNTAX));
	TRY_THAT(!old.len || X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1,
		 complain(ret_why, "the CRL that is there was not signed by this CA", ERR_AUTH));
	*ret = crl;
	crl = NULL;
out:
	X509_CRL_free(crl);
	return err;
}

static enum err number_next(X509_CRL *crl)
{
	enum err err = ERR_OK;
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	BIGNUM *value = number ? ASN1_INTEGER_to_BN(number, NULL) : BN_new();
	int at;

	if (!number)
		number = ASN1_INTEGER_new();
	TRY_THAT(number && value && BN_add_word(value, 1) && BN_to_ASN1_INTEGER(value, number), ERR_CRYPTO);
	at = X509_CRL_get_ext_by_NID(crl, NID_crl_number, -1);
	if (at >= 0)
		X509_EXTENSION_free(X509_CRL_delete_ext(crl, at));
	TRY_THAT(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, X509V3_ADD_APPEND) == 1, ERR_CRYPTO); /* RFC5280 5.2.3 */
out:
	BN_free(value);
	ASN1_INTEGER_free(number);
	return err;
}

static enum err authority_set(X509_CRL *crl, X509 *ca, struct text *ret_why)
{
	int at = X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1);
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	int added;

	if (at >= 0)
		X509_EXTENSION_free(X509_CRL_delete_ext(crl, at));
	X509V3_set_ctx(&ctx, ca, NULL, NULL, crl, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always"); /* RFC5280 5.2.1 */
	if (!extension)
		return complain(ret_why, "the CA's certificate has no subject key identifier; make a new CA", ERR_CONFIG);
	added = X509_CRL_add_ext(crl, extension, -1);
	X509_EXTENSION_free(extension);
	return added ? ERR_OK : ERR_CRYPTO;
}

static enum err entry_make(X509_REVOKED **ret, const X509 *x, unsigned reason, int64_t now)
{
	enum err err = ERR_OK;
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_adj(NULL, (time_t)now, 0, 0);
	ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();

	TRY_THAT(entry && when && code, ERR_MEMORY);
	TRY_THAT(X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)X509_get0_serialNumber(x)) == 1, ERR_CRYPTO);
	TRY_THAT(X509_REVOKED_set_revocationDate(entry, when) == 1, ERR_CRYPTO);
	if (reason) { /* 0, unspecified, is left out: RFC5280 5.3.1 */
		TRY_THAT(ASN1_ENUMERATED_set(code, (long)reason) == 1, ERR_CRYPTO);
		TRY_THAT(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code, 0, X509V3_ADD_APPEND) == 1, ERR_CRYPTO);
	}
	*ret = entry;
	entry = NULL;
out:
	ASN1_ENUMERATED_free(code);
	ASN1_TIME_free(when);
	X509_REVOKED_free(entry);
	return err;
}

static enum err cert_revoke(X509_CRL *crl, struct span cert, unsigned reason, X509 *ca, int64_t now, struct text *ret_why)
{
	enum err err = ERR_OK;
	X509 *x = x509_read(cert);
	X509_REVOKED *entry = NULL, *there; /* the CRL's own */

	TRY_THAT(x, complain(ret_why, "the certificate cannot be read", ERR_SYNTAX));
	TRY_THAT(issue_reason_name(reason), complain(ret_why, "there is no such reason", ERR_CONFIG));
	TRY_THAT(X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(ca)) == 0 && X509_verify(x, X509_get0_pubkey(ca)) == 1,
		 complain(ret_why, "this CA did not issue the certificate", ERR_CONFIG));
	TRY_THAT(X509_CRL_get0_by_cert(crl, &there, x) == 0, complain(ret_why, "the certificate is revoked already", ERR_EXISTS));
	TRY(entry_make(&entry, x, reason, now));
	TRY_THAT(X509_CRL_add0_revoked(crl, entry) == 1, ERR_CRYPTO);
	entry = NULL;
out:
	X509_REVOKED_free(entry);
	X509_free(x);
	return err;
}

static enum err times_set(X509_CRL *crl, int64_t now, unsigned days)
{
	enum err err = ERR_OK;
	ASN1_TIME *from = ASN1_TIME_adj(NULL, (time_t)now, 0, 0), *next = ASN1_TIME_adj(NULL, (time_t)now, (int)days, 0);

	TRY_THAT(from && next, ERR_MEMORY);
	TRY_THAT(X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1, ERR_CRYPTO);
out:
	ASN1_TIME_free(from);
	ASN1_TIME_free(next);
	return err;
}

enum err issue_crl(struct span old, struct span cert, unsigned reason, struct span ca_cert, const struct issue_key *ca_key,
		   int64_t now, unsigned days, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why)
{
	enum err err = ERR_OK;
	X509 *ca = x509_read(ca_cert);
	X509_CRL *crl = NULL;
	unsigned char *der = NULL;
	int len;

	TRY_THAT(ca, complain(ret_why, "the CA's certificate cannot be read", ERR_SYNTAX));
	TRY_THAT(days > 0 && days <= ISSUE_DAYS_MAX, complain(ret_why, "that many days are not possible", ERR_CONFIG));
	TRY(ca_check(ca, ca_key, now, ret_why));
	TRY_THAT(X509_get_key_usage(ca) & KU_CRL_SIGN, complain(ret_why, "the CA's certificate may not sign CRLs", ERR_CONFIG));
	TRY(crl_read(&crl, old, ca, ret_why));
	TRY_THAT(X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1, ERR_CRYPTO); /* RFC5280 5.1.2.1 */
	TRY_THAT(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) == 1, ERR_CRYPTO);
	TRY(times_set(crl, now, days));
	if (cert.len)
		TRY(cert_revoke(crl, cert, reason, ca, now, ret_why));
	TRY(authority_set(crl, ca, ret_why));
	TRY(number_next(crl));
	TRY_THAT(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, ca_key->pkey, key_digest(ca_key->pkey)) > 0, ERR_CRYPTO);
	len = i2d_X509_CRL(crl, &der);
	TRY(der_give(der, len, ret, max, ret_len));
out:
	X509_CRL_free(crl);
	X509_free(ca);
	ERR_clear_error();
	return err;
}
