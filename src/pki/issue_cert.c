/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests (RFC 5280 4, RFC 2986 4, RFC 4945 5.1). */
#include "issue_in.h"

#include <openssl/err.h>

#define SERIAL_BITS 128

enum err ca_check(X509 *ca, const struct issue_key *key, int64_t now, struct text *ret_why)
{
	time_t when = (time_t)now;

	if (!key || X509_check_private_key(ca, key->pkey) != 1) {
		ERR_clear_error();
		return complain(ret_why, "the CA's key does not belong to the CA's certificate", ERR_CONFIG);
	}
	if (X509_check_ca(ca) != 1 || !(X509_get_key_usage(ca) & KU_KEY_CERT_SIGN))
		return complain(ret_why, "the CA's certificate is not one of a CA", ERR_CONFIG);
	if (X509_cmp_time(X509_get0_notAfter(ca), &when) < 0)
		return complain(ret_why, "the CA's certificate has expired; make a new CA", ERR_CONFIG);
	return ERR_OK;
}

static enum err serial_set(X509 *x)
{
	enum err err = ERR_OK;
	BIGNUM *number = BN_new();

	TRY_THAT(number, ERR_MEMORY);
	do {
		TRY_THAT(BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1, ERR_CRYPTO);
	} while (BN_is_zero(number)); /* RFC5280 4.1.2.2 */
	TRY_THAT(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)), ERR_CRYPTO);
out:
	BN_free(number);
	return err;
}

/* UTCTime through 2049, GeneralizedTime after it: RFC5280 4.1.2.5. Never longer than the CA. */
static enum err validity_set(X509 *x, const X509 *ca, int64_t now, unsigned days)
{
	if (!ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)now, 0, 0) ||
	    !ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)now, (int)days, 0))
		return ERR_CRYPTO;
	if (ca && ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(ca)) > 0 &&
	    !X509_set1_notAfter(x, X509_get0_notAfter(ca)))
		return ERR_CRYPTO;
	return ERR_OK;
}

/* Extensions on their way into a certificate or a request. */
struct extensions {
	X509V3_CTX ctx;
	STACK_OF(X509_EXTENSION) *list;
};

static enum err extension_add(struct extensions *e, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &e->ctx, nid, value);

	if (extension && X509v3_add_ext(&e->list, extension, -1)) {
		X509_EXTENSION_free(extension);
		return ERR_OK;
	}
	X509_EXTENSION_free(extension);
	return ERR_CRYPTO;
}

static enum err extensions_of_purpose(struct extensions *e, const struct issue_request *r)
{
	char words[64];
	struct text t = TEXT_ARRAY(words);
	enum err err;

	if (r->purpose == ISSUE_CA) {
		text_put(&t, "critical,CA:TRUE"); /* RFC5280 4.2.1.9 */
		if (r->path_length >= 0) {
			text_put(&t, ",pathlen:");
			text_u64(&t, (uint64_t)r->path_length);
		}
		TRY(extension_add(e, NID_basic_constraints, words));
		TRY(extension_add(e, NID_key_usage, "critical,keyCertSign,cRLSign")); /* RFC5280 4.2.1.3 */
		goto out;
	}
	TRY(extension_add(e, NID_basic_constraints, "critical,CA:FALSE"));
	TRY(extension_add(e, NID_key_usage, "critical,digitalSignature")); /* RFC4945 5.1.3.2 */
	TRY(extension_add(e, NID_ext_key_usage,
			  r->purpose == ISSUE_SERVER ? "serverAuth,1.3.6.1.5.5.8.2.2" : "clientAuth"));
out:
	return err;
}

static enum err extension_sans(struct extensions *e, const struct issue_request *r, const GENERAL_NAMES *csr_names,
			       const X509_NAME *subject, struct text *ret_why)
{
	enum err err;
	GENERAL_NAMES *names = NULL;
	bool nameless = X509_NAME_entry_count(subject) == 0;

	TRY(sans_make(&names, r, csr_names, ret_why));
	TRY_THAT(names || !nameless, complain(ret_why, "it has no name at all; give --name or --san", ERR_CONFIG));
	TRY_THAT(names || r->purpose != ISSUE_SERVER,
		 complain(ret_why, "a server needs the names that peers connect to; give --san", ERR_CONFIG));
	if (names) /* critical where it is the only name: RFC5280 4.2.1.6 */
		TRY_THAT(X509V3_add1_i2d(&e->list, NID_subject_alt_name, names, nameless, X509V3_ADD_APPEND) == 1, ERR_CRYPTO);
out:
	GENERAL_NAMES_free(names);
	return err;
}

static enum err extensions_put(X509 *x, const struct extensions *e)
{
	for (int i = 0; i < sk_X509_EXTENSION_num(e->list); i++) {
		if (!X509_add_ext(x, sk_X509_EXTENSION_value(e->list, i), -1))
			return ERR_CRYPTO;
	}
	return ERR_OK;
}

/* Read and checked: it is signed by the key it carries. */
static enum err csr_read(X509_REQ **ret, struct span csr, struct text *ret_why)
{
	const unsigned char *at = csr.data;
	X509_REQ *req = d2i_X509_REQ(NULL, &at, (long)csr.len);
	EVP_PKEY *key = req ? X509_REQ_get0_pubkey(req) : NULL;
	enum err err = ERR_OK;

	TRY_THAT(req && key && at == csr.data + csr.len, complain(ret_why, "the request cannot be read", ERR_SYNTAX));
	TRY_THAT(X509_REQ_verify(req, key) == 1, complain(ret_why, "the request is not signed by its own key", ERR_AUTH));
	*ret = req;
	req = NULL;
out:
	X509_REQ_free(req);
	ERR_clear_error();
	return err;
}

static GENERAL_NAMES *csr_names(X509_REQ *req)
{
	STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(req);
	GENERAL_NAMES *names = X509V3_get_d2i(asked, NID_subject_alt_name, NULL, NULL);

	sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
	return names;
}

static enum err subject_set(X509 *x, const struct issue_request *r, const X509_REQ *req, struct text *ret_why)
{
	enum err err = ERR_OK;
	X509_NAME *subject = NULL;

	if (r->subject)
		TRY(subject_parse(&subject, r->subject, ret_why));
	if (subject)
		TRY_THAT(X509_set_subject_name(x, subject) == 1, ERR_CRYPTO);
	else if (req)
		TRY_THAT(X509_set_subject_name(x, X509_REQ_get_subject_name(req)) == 1, ERR_CRYPTO);
	TRY_THAT(r->purpose != ISSUE_CA || X509_NAME_entry_count(X509_get_subject_name(x)), /* RFC5280 4.1.2.6 */
		 complain(ret_why, "a CA needs a name; give --name", ERR_CONFIG));
out:
	X509_NAME_free(subject);
	return err;
}

/* Keys that are refused when others use them are not certified here. */
static enum err key_strong(const EVP_PKEY *key, struct text *ret_why)
{
	int bits = EVP_PKEY_get_bits(key);

	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") || (EVP_PKEY_is_a(key, "EC") && bits >= ECDSA_BITS_LEAST))
		return ERR_OK;
	if ((EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) && bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST)
		return ERR_OK;
	return complain(ret_why, "its key is too weak or of a kind that IKE does not use; make another", ERR_CONFIG);
}

static enum err cert_fill(X509 *x, const struct issue_request *r, EVP_PKEY *key, X509_REQ *req, X509 *ca, int64_t now,
			  struct text *ret_why)
{
	enum err err;
	struct extensions e = { .list = NULL };
	GENERAL_NAMES *asked = req ? csr_names(req) : NULL;

	TRY(key_strong(key, ret_why));
	TRY_THAT(X509_set_version(x, X509_VERSION_3) == 1 && X509_set_pubkey(x, key) == 1, ERR_CRYPTO);
	TRY(serial_set(x));
	TRY(validity_set(x, ca, now, r->days));
	TRY(subject_set(x, r, req, ret_why));
	TRY_THAT(X509_set_issuer_name(x, X509_get_subject_name(ca ? ca : x)) == 1, ERR_CRYPTO);
	TRY_THAT(!ca || X509_NAME_cmp(X509_get_subject_name(ca), X509_get_subject_name(x)) != 0,
		 complain(ret_why, "it would have the CA's own name; give it another --name", ERR_CONFIG));
	X509V3_set_ctx(&e.ctx, ca ? ca : x, x, NULL, NULL, 0);
	TRY(extensions_of_purpose(&e, r));
	TRY(extension_add(&e, NID_subject_key_identifier, "hash")); /* RFC5280 4.2.1.2 */
	if (ca)
		TRY_THAT(extension_add(&e, NID_authority_key_identifier, "keyid:always") == ERR_OK, /* RFC5280 4.2.1.1 */
			 complain(ret_why, "the CA's certificate has no subject key identifier; make a new CA", ERR_CONFIG));
	TRY(extension_sans(&e, r, asked, X509_get_subject_name(x), ret_why));
	TRY(extensions_put(x, &e));
out:
	GENERAL_NAMES_free(asked);
	sk_X509_EXTENSION_pop_free(e.list, X509_EXTENSION_free);
	return err;
}

/* What a CA may still do below itself. */
static enum err ca_room(const struct issue_request *r, X509 *ca, struct text *ret_why)
{
	long room = X509_get_pathlen(ca);

	if (r->purpose == ISSUE_CA && room == 0)
		return complain(ret_why, "this CA may have no CA below it (its path length is 0)", ERR_CONFIG);
	if (r->purpose == ISSUE_CA && room > 0 && (r->path_length < 0 || r->path_length >= room))
		return complain(ret_why, "the path length must be smaller than that of the CA", ERR_CONFIG);
	return ERR_OK;
}

enum err issue_cert(const struct issue_request *r, const struct issue_key *subject_key, struct span csr, struct span ca_cert,
		    const struct issue_key *ca_key, int64_t now, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why)
{
	enum err err = ERR_OK;
	X509 *x = X509_new(), *ca = NULL;
	X509_REQ *req = NULL;
	unsigned char *der = NULL;
	EVP_PKEY *key;
	int len;

	TRY_THAT(x, ERR_MEMORY);
	TRY_THAT(r->days > 0 && r->days <= ISSUE_DAYS_MAX, complain(ret_why, "that many days are not possible", ERR_CONFIG));
	if (csr.len)
		TRY(csr_read(&req, csr, ret_why));
	if (ca_cert.len) {
		ca = x509_read(ca_cert);
		TRY_THAT(ca, complain(ret_why, "the CA's certificate cannot be read", ERR_SYNTAX));
		TRY(ca_check(ca, ca_key, now, ret_why));
		TRY(ca_room(r, ca, ret_why));
	}
	key = req ? X509_REQ_get0_pubkey(req) : subject_key ? subject_key->pkey : NULL;
	TRY_THAT(key, complain(ret_why, "there is no key to certify", ERR_CONFIG));
	if (!ca_key)
		ca_key = subject_key;
	TRY_THAT(ca_key && (ca || EVP_PKEY_eq(key, ca_key->pkey) == 1), complain(ret_why, "there is no CA to sign it", ERR_CONFIG));
	TRY(cert_fill(x, r, key, req, ca, now, ret_why));
	TRY_THAT(X509_sign(x, ca_key->pkey, key_digest(ca_key->pkey)) > 0, ERR_CRYPTO);
	len = i2d_X509(x, &der);
	TRY(der_give(der, len, ret, max, ret_len));
out:
	X509_REQ_free(req);
	X509_free(ca);
	X509_free(x);
	ERR_clear_error();
	return err;
}

enum err issue_csr(const struct issue_request *r, const struct issue_key *key, uint8_t *ret, size_t max, size_t *ret_len,
		   struct text *ret_why)
{
	enum err err = ERR_OK;
	X509_REQ *req = X509_REQ_new();
	struct extensions e = { .list = NULL };
	X509_NAME *subject = NULL;
	unsigned char *der = NULL;
	int len;

	TRY_THAT(req, ERR_MEMORY);
	TRY(key_strong(key->pkey, ret_why));
	TRY_THAT(X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 && X509_REQ_set_pubkey(req, key->pkey) == 1, ERR_CRYPTO);
	if (r->subject) {
		TRY(subject_parse(&subject, r->subject, ret_why));
		TRY_THAT(X509_REQ_set_subject_name(req, subject) == 1, ERR_CRYPTO);
	}
	X509V3_set_ctx(&e.ctx, NULL, NULL, req, NULL, 0);
	TRY(extensions_of_purpose(&e, r));
	TRY(extension_sans(&e, r, NULL, X509_REQ_get_subject_name(req), ret_why));
	TRY_THAT(X509_REQ_add_extensions(req, e.list) == 1, ERR_CRYPTO);
	TRY_THAT(X509_REQ_sign(req, key->pkey, key_digest(key->pkey)) > 0, ERR_CRYPTO);
	len = i2d_X509_REQ(req, &der);
	TRY(der_give(der, len, ret, max, ret_len));
out:
	sk_X509_EXTENSION_pop_free(e.list, X509_EXTENSION_free);
	X509_NAME_free(subject);
	X509_REQ_free(req);
	ERR_clear_error();
	return err;
}
