/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#12 bundles for other people's devices (RFC 7292). */
#include "issue_in.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "secret.h"

#define ROUNDS 10000
#define ROUNDS_LEGACY 2048 /* what old importers are known to take */
#define BUNDLE_CERTS_MAX 8

static enum err certs_read(STACK_OF(X509) **ret, struct span pem, struct text *ret_why)
{
	enum err err = ERR_OK;
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *bio = BIO_new_mem_buf(pem.len ? (const void *)pem.data : "", (int)pem.len);
	X509 *x;

	TRY_THAT(certs && bio, ERR_MEMORY);
	while (pem.len && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (sk_X509_num(certs) < BUNDLE_CERTS_MAX && sk_X509_push(certs, x))
			continue;
		X509_free(x);
		TRY_THAT(false, complain(ret_why, "there are too many CA certificates", ERR_LIMIT));
	}
	TRY_THAT(!pem.len || sk_X509_num(certs), complain(ret_why, "the CA's certificate cannot be read", ERR_SYNTAX));
	*ret = certs;
	certs = NULL;
out:
	sk_X509_pop_free(certs, X509_free);
	BIO_free(bio);
	ERR_clear_error();
	return err;
}

static PKCS12 *bundle_make(const char *words, const char *name, EVP_PKEY *pkey, X509 *x, STACK_OF(X509) *certs, bool legacy)
{
	int cipher = legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc;
	int rounds = legacy ? ROUNDS_LEGACY : ROUNDS;
	PKCS12 *p12 = PKCS12_create(words, name, pkey, x, certs, cipher, cipher, rounds, -1, 0);

	if (p12 && PKCS12_set_mac(p12, words, -1, NULL, 0, rounds, legacy ? EVP_sha1() : EVP_sha256()) != 1) {
		PKCS12_free(p12);
		return NULL;
	}
	return p12;
}

enum err issue_pkcs12(struct span cert, const struct issue_key *key, struct span ca_certs_pem, const char *friendly_name,
		      struct span passphrase, bool legacy, uint8_t *ret, size_t max, size_t *ret_len, struct text *ret_why)
{
	enum err err = ERR_OK;
	X509 *x = x509_read(cert);
	STACK_OF(X509) *certs = NULL;
	char words[ISSUE_PASSPHRASE_MAX + 1] = { 0 };
	unsigned char *der = NULL;
	PKCS12 *p12 = NULL;
	int len;

	TRY_THAT(x, complain(ret_why, "the certificate cannot be read", ERR_SYNTAX));
	TRY_THAT(X509_check_private_key(x, key->pkey) == 1,
		 complain(ret_why, "the key does not belong to the certificate", ERR_CONFIG));
	TRY_THAT(passphrase.len > 0 && passphrase.len <= ISSUE_PASSPHRASE_MAX && !memchr(passphrase.data, 0, passphrase.len),
		 complain(ret_why, "it needs a passphrase of 1 to 255 characters", ERR_CONFIG));
	memcpy(words, passphrase.data, passphrase.len);
	TRY(certs_read(&certs, ca_certs_pem, ret_why));
	p12 = bundle_make(words, friendly_name, key->pkey, x, certs, legacy);
	TRY_THAT(p12, ERR_CRYPTO);
	len = i2d_PKCS12(p12, &der);
	TRY(der_give(der, len, ret, max, ret_len));
out:
	secret_wipe(words, sizeof(words));
	PKCS12_free(p12);
	sk_X509_pop_free(certs, X509_free);
	X509_free(x);
	ERR_clear_error();
	return err;
}
