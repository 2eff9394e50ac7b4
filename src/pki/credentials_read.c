/* SPDX-License-Identifier: Apache-2.0 */
/* Files of certificates, keys and CRLs: PEM and DER, PKCS#1, SEC1, PKCS#8, PKCS#12 (RFC 7468, 5958, 7292). */
#include "credentials_in.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "bounds.h"
#include "schemes.h"
#include "secret.h"

#define FILE_LEN_MAX (64u << 20) /* a CRL of a million entries is about 40 MiB */

struct passphrase {
	struct span bytes;
	bool asked;
};

/* The library must never turn to a terminal. */
static int passphrase_give(char *buffer, int size, int writing, void *ctx)
{
	struct passphrase *p = ctx;

	(void)writing;
	p->asked = true;
	if (p->bytes.len == 0 || size < 0 || p->bytes.len > (size_t)size)
		return -1;
	memcpy(buffer, p->bytes.data, p->bytes.len);
	return (int)p->bytes.len;
}

static bool is_pem(struct span bytes)
{
	static const char mark[] = "-----BEGIN ";

	return memmem(bytes.data, bytes.len, mark, sizeof(mark) - 1) != NULL && bytes.data[0] != 0x30;
}

static enum err refuse(enum err err, struct text *ret_why, const char *words)
{
	text_put(ret_why, words);
	return err;
}

/* One certificate or CRL in DER, nothing after it. */
static enum err block_add(struct credential_file *f, bool crl, struct span der)
{
	const unsigned char *at = der.data;
	enum err err = ERR_OK;
	X509_CRL *list = NULL;
	X509 *x = NULL;

	TRY_THAT(der.len <= LONG_MAX && (crl ? f->crls_count : f->certs_count) < CERTS_PER_FILE_MAX, ERR_LIMIT);
	if (crl)
		list = d2i_X509_CRL(NULL, &at, (long)der.len);
	else
		x = d2i_X509(NULL, &at, (long)der.len);
	TRY_THAT((x || list) && at == der.data + der.len, ERR_SYNTAX);
	if (crl)
		f->crls[f->crls_count++] = list;
	else
		f->certs[f->certs_count++] = x;
	list = NULL;
	x = NULL;
out:
	X509_free(x);
	X509_CRL_free(list);
	return err;
}

static bool block_is(const char *name, bool crl)
{
	if (crl)
		return strcmp(name, PEM_STRING_X509_CRL) == 0;
	return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;
}

/* All blocks of the kind; others (keys beside certificates) are passed over. */
static enum err blocks_read(struct credential_file *f, bool crl, struct span bytes)
{
	BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	enum err err = ERR_OK;
	long len = 0;

	TRY_THAT(bio, ERR_MEMORY);
	while (!err && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
		if (block_is(name, crl))
			err = block_add(f, crl, span_of(data, (size_t)len));
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)len);
	}
	if (!err && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		err = ERR_SYNTAX; /* a block that is cut off or not base64 */
out:
	BIO_free(bio);
	return err;
}

static enum err certs_read(struct credential_file *f, bool crl, struct span bytes, struct text *ret_why)
{
	enum err err = is_pem(bytes) ? blocks_read(f, crl, bytes) : block_add(f, crl, bytes);

	if (!err && (crl ? f->crls_count : f->certs_count) == 0)
		err = ERR_SYNTAX;
	if (err == ERR_LIMIT)
		text_put(ret_why, "it holds more than 32 of them");
	else if (err)
		text_put(ret_why, crl ? "it holds no readable CRL" : "it holds no readable certificate");
	return err;
}

static EVP_PKEY *key_read_der(struct span bytes, struct passphrase *p)
{
	const unsigned char *at = bytes.data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)bytes.len);
	BIO *bio;

	if (key && at != bytes.data + bytes.len) {
		EVP_PKEY_free(key);
		return NULL;
	}
	if (key)
		return key;
	bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	key = bio ? d2i_PKCS8PrivateKey_bio(bio, NULL, passphrase_give, p) : NULL;
	BIO_free(bio);
	return key;
}

static EVP_PKEY *key_read_pem(struct span bytes, struct passphrase *p)
{
	BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, passphrase_give, p) : NULL;

	BIO_free(bio);
	return key;
}

static bool key_kind_done(const EVP_PKEY *key)
{
	int id = EVP_PKEY_get_base_id(key);

	return id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS || id == EVP_PKEY_EC || id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448;
}

static enum err key_read(struct credential_file *f, struct span bytes, struct span passphrase, struct text *ret_why)
{
	struct passphrase p = { .bytes = passphrase };

	f->key = is_pem(bytes) ? key_read_pem(bytes, &p) : key_read_der(bytes, &p);
	if (!f->key && p.asked)
		return refuse(ERR_AUTH, ret_why, passphrase.len ? "its passphrase is wrong" : "it needs a passphrase");
	if (!f->key)
		return refuse(ERR_SYNTAX, ret_why, "it holds no readable private key");
	if (!key_kind_done(f->key))
		return refuse(ERR_UNSUPPORTED, ret_why, "its key is neither RSA, ECDSA, Ed25519 nor Ed448");
	return ERR_OK;
}

/* Some write an empty password as none. */
static bool pkcs12_mac_fits(PKCS12 *p12, const char *password, bool empty)
{
	int fits;

	if (!PKCS12_mac_present(p12))
		return true;
	fits = PKCS12_verify_mac(p12, password, -1);
	secret_reveal(&fits, sizeof(fits)); /* whether it is the right one */
	return fits == 1 || (empty && PKCS12_verify_mac(p12, NULL, 0) == 1);
}

static enum err pkcs12_take(struct credential_file *f, PKCS12 *p12, const char *password, bool empty, struct text *ret_why)
{
	STACK_OF(X509) *rest = NULL;
	enum err err = ERR_OK;
	X509 *x = NULL;

	if (!pkcs12_mac_fits(p12, password, empty))
		return refuse(ERR_AUTH, ret_why, empty ? "it needs a passphrase" : "its passphrase is wrong");
	if (PKCS12_parse(p12, password, &f->key, &x, &rest) != 1)
		return refuse(ERR_UNSUPPORTED, ret_why, "its ciphers are ones that the library no longer does by default (RC2-40?)");
	if (x)
		f->certs[f->certs_count++] = x;
	while (rest && sk_X509_num(rest) > 0 && f->certs_count < CERTS_PER_FILE_MAX)
		f->certs[f->certs_count++] = sk_X509_shift(rest);
	if (rest && sk_X509_num(rest) > 0)
		err = refuse(ERR_LIMIT, ret_why, "it holds more than 32 certificates");
	else if (!f->key && !f->certs_count)
		err = refuse(ERR_SYNTAX, ret_why, "it is empty");
	else if (f->key && !key_kind_done(f->key))
		err = refuse(ERR_UNSUPPORTED, ret_why, "its key is neither RSA, ECDSA, Ed25519 nor Ed448");
	sk_X509_pop_free(rest, X509_free);
	return err;
}

static enum err pkcs12_read(struct credential_file *f, struct span bytes, struct span passphrase, struct text *ret_why)
{
	const unsigned char *at = bytes.data;
	char password[PSK_MAX + 1];
	PKCS12 *p12 = NULL;
	enum err err = ERR_OK;

	memset(password, 0, sizeof(password));
	if (passphrase.len > PSK_MAX)
		return refuse(ERR_LIMIT, ret_why, "its passphrase is too long");
	if (passphrase.len)
		memcpy(password, passphrase.data, passphrase.len);
	p12 = d2i_PKCS12(NULL, &at, (long)bytes.len);
	if (!p12 || at != bytes.data + bytes.len)
		err = refuse(ERR_SYNTAX, ret_why, "it is no PKCS#12 file");
	else
		err = pkcs12_take(f, p12, password, passphrase.len == 0, ret_why);
	PKCS12_free(p12);
	secret_wipe(password, sizeof(password));
	return err;
}

enum err credential_file_read(struct credential_file *ret, enum credential_kind kind, struct span bytes, struct span passphrase,
			      struct text *ret_why)
{
	ERR_clear_error();
	if (bytes.len == 0 || bytes.len > FILE_LEN_MAX)
		return refuse(bytes.len ? ERR_LIMIT : ERR_SYNTAX, ret_why, bytes.len ? "it is longer than 64 MiB" : "it is empty");
	switch (kind) {
	case CREDENTIAL_CERT:
	case CREDENTIAL_CA:
		return certs_read(ret, false, bytes, ret_why);
	case CREDENTIAL_CRL:
		return certs_read(ret, true, bytes, ret_why);
	case CREDENTIAL_KEY:
		return key_read(ret, bytes, passphrase, ret_why);
	case CREDENTIAL_PKCS12:
		return pkcs12_read(ret, bytes, passphrase, ret_why);
	}
	return ERR_UNSUPPORTED;
}

void credential_file_clear(struct credential_file *f)
{
	for (size_t i = 0; i < f->certs_count; i++)
		X509_free(f->certs[i]);
	for (size_t i = 0; i < f->crls_count; i++)
		X509_CRL_free(f->crls[i]);
	EVP_PKEY_free(f->key);
	memset(f, 0, sizeof(*f));
}
