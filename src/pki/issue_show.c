/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a file of the PKI, in plain words. Private keys are named, never shown. */
#include "issue_in.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/sha.h>

#include "secret.h"

#define SHOWN_MAX 64 /* blocks of a file, and entries of a CRL */

static void label(struct text *t, const char *name)
{
	size_t len = strlen(name);

	text_put(t, "  ");
	text_put(t, name);
	for (; len < 12; len++)
		text_char(t, ' ');
}

static void two_digits(struct text *t, int number)
{
	text_char(t, (char)('0' + number / 10 % 10));
	text_char(t, (char)('0' + number % 10));
}

static void text_time(struct text *t, const ASN1_TIME *time)
{
	struct tm tm;

	if (!time || !ASN1_TIME_to_tm(time, &tm)) {
		text_put(t, "an unreadable time");
		return;
	}
	text_u64(t, (uint64_t)tm.tm_year + 1900);
	text_char(t, '-');
	two_digits(t, tm.tm_mon + 1);
	text_char(t, '-');
	two_digits(t, tm.tm_mday);
	text_char(t, ' ');
	two_digits(t, tm.tm_hour);
	text_char(t, ':');
	two_digits(t, tm.tm_min);
	text_put(t, " UTC");
}

/* "from … until … (3 days left)". */
static void validity_show(struct text *t, const ASN1_TIME *from, const ASN1_TIME *until, int64_t now)
{
	ASN1_TIME *today = ASN1_TIME_adj(NULL, (time_t)now, 0, 0);
	int days = 0, seconds = 0;

	text_time(t, from);
	text_put(t, " until ");
	text_time(t, until);
	if (today && ASN1_TIME_compare(from, today) == 1) {
		text_put(t, " (NOT YET)");
	} else if (today && ASN1_TIME_diff(&days, &seconds, today, until)) {
		if (days < 0 || seconds < 0) {
			text_put(t, " (EXPIRED)");
		} else {
			text_put(t, " (");
			text_u64(t, (uint64_t)days);
			text_put(t, days == 1 ? " day left)" : " days left)");
		}
	}
	ASN1_TIME_free(today);
	text_char(t, '\n');
}

static void colons(struct text *t, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (i)
			text_char(t, ':');
		text_hex(t, span_head(span_tail(bytes, i), 1));
	}
}

static void octets_show(struct text *t, const char *name, const ASN1_STRING *value)
{
	if (!value)
		return;
	label(t, name);
	colons(t, span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
	text_char(t, '\n');
}

static void key_show(struct text *t, const EVP_PKEY *key)
{
	label(t, "key");
	text_key(t, key);
	text_char(t, '\n');
}

static void names_show(struct text *t, const GENERAL_NAMES *names)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (i == 0)
			label(t, "names");
		else
			text_put(t, ", ");
		if (!text_general_name(t, sk_GENERAL_NAME_value(names, i)))
			text_put(t, "(another kind of name)");
		else if (sk_GENERAL_NAME_value(names, i)->type == GEN_IPADD)
			text_put(t, " (address)");
	}
	if (sk_GENERAL_NAME_num(names) > 0)
		text_char(t, '\n');
}

static void purposes_show(struct text *t, const EXTENDED_KEY_USAGE *purposes)
{
	static const struct {
		const char *oid, *words;
	} known[] = {
		{ "1.3.6.1.5.5.7.3.1", "server (serverAuth)" },
		{ "1.3.6.1.5.5.7.3.2", "client (clientAuth)" },
		{ "1.3.6.1.5.5.8.2.2", "IKE (ikeIntermediate)" },
		{ "1.3.6.1.5.5.7.3.17", "IKE (ipsecIKE)" },
		{ "2.5.29.37.0", "anything" },
	};

	for (int i = 0; i < sk_ASN1_OBJECT_num(purposes); i++) {
		char oid[80];
		const char *words = oid;

		(void)OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(purposes, i), 1);
		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			words = strcmp(oid, known[k].oid) == 0 ? known[k].words : words;
		if (i == 0)
			label(t, "for");
		else
			text_put(t, ", ");
		text_put(t, words);
	}
	if (sk_ASN1_OBJECT_num(purposes) > 0)
		text_char(t, '\n');
}

static void usage_show(struct text *t, X509 *x)
{
	static const struct {
		uint32_t bit;
		const char *words;
	} uses[] = {
		{ KU_DIGITAL_SIGNATURE, "sign" }, { KU_NON_REPUDIATION, "sign documents" }, { KU_KEY_ENCIPHERMENT, "encrypt keys" },
		{ KU_KEY_CERT_SIGN, "issue certificates" }, { KU_CRL_SIGN, "issue CRLs" },
	};
	uint32_t have = X509_get_key_usage(x);
	bool any = false;

	if (have == UINT32_MAX)
		return;
	label(t, "may");
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		if (!(have & uses[i].bit))
			continue;
		if (any)
			text_put(t, ", ");
		text_put(t, uses[i].words);
		any = true;
	}
	text_put(t, any ? "\n" : "nothing that matters here\n");
}

static const char *cert_kind(X509 *x)
{
	uint32_t purposes = X509_get_extended_key_usage(x);

	if (X509_check_ca(x) == 1)
		return X509_get_extension_flags(x) & EXFLAG_SI ? "Certificate of a root CA\n" : "Certificate of an intermediate CA\n";
	if (purposes == UINT32_MAX)
		return "Certificate\n";
	if (purposes & XKU_SSL_SERVER)
		return purposes & XKU_SSL_CLIENT ? "Certificate of a server and client\n" : "Certificate of a server\n";
	return purposes & XKU_SSL_CLIENT ? "Certificate of a client\n" : "Certificate\n";
}

static void signed_with_show(struct text *t, int nid)
{
	const char *name = OBJ_nid2ln(nid);

	label(t, "signed with");
	text_put(t, name ? name : "something unknown");
	text_char(t, '\n');
}

static void fingerprint_show(struct text *t, X509 *x)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len;

	if (X509_digest(x, EVP_sha256(), digest, &len) != 1)
		return;
	label(t, "SHA-256");
	colons(t, span_of(digest, len));
	text_char(t, '\n');
}

static void x509_show(struct text *t, X509 *x, int64_t now)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	EXTENDED_KEY_USAGE *purposes = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);

	text_put(t, cert_kind(x));
	label(t, "subject");
	text_x509_name(t, X509_get_subject_name(x));
	text_char(t, '\n');
	names_show(t, names);
	label(t, "issuer");
	text_x509_name(t, X509_get_issuer_name(x));
	text_char(t, '\n');
	label(t, "valid");
	validity_show(t, X509_get0_notBefore(x), X509_get0_notAfter(x), now);
	key_show(t, X509_get0_pubkey(x));
	usage_show(t, x);
	purposes_show(t, purposes);
	if (X509_check_ca(x) == 1 && X509_get_pathlen(x) >= 0) {
		label(t, "CAs below");
		text_u64(t, (uint64_t)X509_get_pathlen(x));
		text_put(t, " at most\n");
	}
	signed_with_show(t, X509_get_signature_nid(x));
	octets_show(t, "serial", X509_get0_serialNumber(x));
	octets_show(t, "key ID", X509_get0_subject_key_id(x));
	octets_show(t, "issuer's ID", X509_get0_authority_key_id(x));
	fingerprint_show(t, x);
	EXTENDED_KEY_USAGE_free(purposes);
	GENERAL_NAMES_free(names);
}

static bool cert_show(struct text *t, struct span der, int64_t now)
{
	X509 *x = x509_read(der);

	if (x)
		x509_show(t, x, now);
	X509_free(x);
	return x != NULL;
}

static bool req_show(struct text *t, struct span der)
{
	const unsigned char *at = der.data;
	X509_REQ *req = d2i_X509_REQ(NULL, &at, (long)der.len);
	STACK_OF(X509_EXTENSION) *asked;
	GENERAL_NAMES *names;
	EXTENDED_KEY_USAGE *purposes;

	if (!req)
		return false;
	asked = X509_REQ_get_extensions(req);
	names = X509V3_get_d2i(asked, NID_subject_alt_name, NULL, NULL);
	purposes = X509V3_get_d2i(asked, NID_ext_key_usage, NULL, NULL);
	text_put(t, "Request for a certificate\n");
	label(t, "subject");
	text_x509_name(t, X509_REQ_get_subject_name(req));
	text_char(t, '\n');
	names_show(t, names);
	purposes_show(t, purposes);
	key_show(t, X509_REQ_get0_pubkey(req));
	label(t, "signature");
	text_put(t, X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) == 1 ? "by its own key, as it must be\n" : "WRONG\n");
	EXTENDED_KEY_USAGE_free(purposes);
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
	X509_REQ_free(req);
	return true;
}

static void revoked_show(struct text *t, X509_REVOKED *entry)
{
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(entry);

	label(t, "revoked");
	colons(t, span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
	text_put(t, " on ");
	text_time(t, X509_REVOKED_get0_revocationDate(entry));
	if (reason) {
		const char *words = issue_reason_name((unsigned)ASN1_ENUMERATED_get(reason));

		text_put(t, ", ");
		text_put(t, words ? words : "for a reason that has no name");
	}
	text_char(t, '\n');
	ASN1_ENUMERATED_free(reason);
}

static bool crl_show(struct text *t, struct span der, int64_t now)
{
	const unsigned char *at = der.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
	STACK_OF(X509_REVOKED) *revoked;
	ASN1_INTEGER *number;

	if (!crl)
		return false;
	text_put(t, "Certificate revocation list\n");
	label(t, "issuer");
	text_x509_name(t, X509_CRL_get_issuer(crl));
	text_put(t, "\n");
	label(t, "valid");
	if (X509_CRL_get0_nextUpdate(crl)) {
		validity_show(t, X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl), now);
	} else {
		text_time(t, X509_CRL_get0_lastUpdate(crl));
		text_char(t, '\n');
	}
	number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	octets_show(t, "number", number);
	ASN1_INTEGER_free(number);
	signed_with_show(t, X509_CRL_get_signature_nid(crl));
	revoked = X509_CRL_get_REVOKED(crl);
	if (sk_X509_REVOKED_num(revoked) <= 0)
		text_put(t, "  nothing is revoked\n");
	for (int i = 0; i < sk_X509_REVOKED_num(revoked) && i < SHOWN_MAX; i++)
		revoked_show(t, sk_X509_REVOKED_value(revoked, i));
	if (sk_X509_REVOKED_num(revoked) > SHOWN_MAX)
		text_put(t, "  … and more\n");
	X509_CRL_free(crl);
	return true;
}

static void text_key_id(struct text *t, EVP_PKEY *pkey)
{
	uint8_t digest[SHA_DIGEST_LENGTH];
	X509_PUBKEY *public = NULL;
	const unsigned char *bits;
	int len;

	if (X509_PUBKEY_set(&public, pkey) == 1 && X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, public) == 1 &&
	    EVP_Digest(bits, (size_t)len, digest, NULL, EVP_sha1(), NULL) == 1) { /* as RFC 5280 4.2.1.2 (1) */
		label(t, "key ID");
		colons(t, SPAN_ARRAY(digest));
		text_char(t, '\n');
	}
	X509_PUBKEY_free(public);
}

static bool pkey_show(struct text *t, struct span der)
{
	const unsigned char *at = der.data;
	EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)der.len);

	if (!pkey)
		return false;
	text_put(t, "Private key, not encrypted\n");
	key_show(t, pkey);
	text_key_id(t, pkey);
	EVP_PKEY_free(pkey);
	return true;
}

static bool encrypted_show(struct text *t, struct span der)
{
	const unsigned char *at = der.data;
	X509_SIG *sealed = d2i_X509_SIG(NULL, &at, (long)der.len);
	const unsigned char *bundle_at = der.data;
	PKCS12 *bundle = sealed ? NULL : d2i_PKCS12(NULL, &bundle_at, (long)der.len);
	bool known = sealed || bundle;

	if (sealed)
		text_put(t, "Private key, encrypted\n");
	if (bundle)
		text_put(t, "PKCS#12 bundle; --key-passphrase-file FILE shows what is in it\n");
	X509_SIG_free(sealed);
	PKCS12_free(bundle);
	return known;
}

static bool der_show(struct text *t, struct span der, int64_t now)
{
	bool known = cert_show(t, der, now) || req_show(t, der) || crl_show(t, der, now) || pkey_show(t, der) || encrypted_show(t, der);

	ERR_clear_error();
	return known;
}

/* ERR_NOT_FOUND: it is no bundle. */
static enum err bundle_show(struct text *t, struct span der, struct span passphrase, int64_t now, struct text *ret_why)
{
	const unsigned char *at = der.data;
	PKCS12 *bundle = d2i_PKCS12(NULL, &at, (long)der.len);
	char words[ISSUE_PASSPHRASE_MAX + 1] = { 0 };
	STACK_OF(X509) *certs = NULL;
	EVP_PKEY *pkey = NULL;
	enum err err = ERR_OK;
	X509 *x = NULL;

	TRY_THAT(bundle, ERR_NOT_FOUND);
	TRY_THAT(passphrase.len < sizeof(words), complain(ret_why, "the passphrase is too long", ERR_AUTH));
	memcpy(words, passphrase.data, passphrase.len);
	TRY_THAT(PKCS12_parse(bundle, words, &pkey, &x, &certs) == 1,
		 complain(ret_why, "the passphrase is wrong, or the bundle's ciphers are no longer done", ERR_AUTH));
	text_put(t, "PKCS#12 bundle\n");
	if (pkey) {
		text_put(t, "Private key\n");
		key_show(t, pkey);
		text_key_id(t, pkey);
	}
	if (x)
		x509_show(t, x, now);
	for (int i = 0; certs && i < sk_X509_num(certs) && i < SHOWN_MAX; i++)
		x509_show(t, sk_X509_value(certs, i), now);
out:
	secret_wipe(words, sizeof(words));
	PKCS12_free(bundle);
	EVP_PKEY_free(pkey);
	X509_free(x);
	sk_X509_pop_free(certs, X509_free);
	ERR_clear_error();
	return err;
}

enum err issue_show(struct span pem_or_der, struct span passphrase, int64_t now, struct text *ret, struct text *ret_why)
{
	enum err err;
	BIO *bio;
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len;
	int shown = 0;

	if (passphrase.len && (err = bundle_show(ret, pem_or_der, passphrase, now, ret_why)) != ERR_NOT_FOUND)
		return err;
	if (pem_or_der.len && pem_or_der.data[0] == 0x30 && der_show(ret, pem_or_der, now))
		return ERR_OK;
	bio = BIO_new_mem_buf(pem_or_der.data, (int)pem_or_der.len);
	for (int i = 0; bio && i < SHOWN_MAX && PEM_read_bio(bio, &name, &header, &data, &len) > 0; i++) {
		if (strstr(header, "ENCRYPTED")) {
			text_put(ret, "Private key, encrypted\n");
			shown++;
		} else {
			shown += der_show(ret, span_of(data, (size_t)len), now);
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)len);
	}
	BIO_free(bio);
	ERR_clear_error();
	return shown ? ERR_OK : complain(ret_why, "it holds no certificate, key, request or CRL", ERR_SYNTAX);
}
