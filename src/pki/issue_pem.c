/* SPDX-License-Identifier: Apache-2.0 */
/* PEM and DER, and what leaves the library as bytes (RFC 7468). */
#include "issue_in.h"

#include <openssl/err.h>
#include <openssl/pem.h>

enum err der_give(unsigned char *der, int len, uint8_t *ret, size_t max, size_t *ret_len)
{
	enum err err = ERR_OK;

	TRY_THAT(der && len > 0, ERR_CRYPTO);
	TRY_THAT((size_t)len <= max, ERR_SPACE);
	memcpy(ret, der, (size_t)len);
	*ret_len = (size_t)len;
out:
	OPENSSL_free(der);
	return err;
}

enum err bio_give(BIO *bio, uint8_t *ret, size_t max, size_t *ret_len)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	if (len <= 0)
		return ERR_CRYPTO;
	if ((size_t)len > max)
		return ERR_SPACE;
	memcpy(ret, data, (size_t)len);
	*ret_len = (size_t)len;
	return ERR_OK;
}

X509 *x509_read(struct span der)
{
	const unsigned char *at = der.data;
	X509 *x = der.len ? d2i_X509(NULL, &at, (long)der.len) : NULL;

	if (x && at != der.data + der.len) {
		X509_free(x);
		x = NULL;
	}
	ERR_clear_error();
	return x;
}

enum err issue_pem(const char *kind, struct span der, uint8_t *ret, size_t max, size_t *ret_len)
{
	enum err err = ERR_OK;
	BIO *bio = BIO_new(BIO_s_mem());

	TRY_THAT(bio, ERR_MEMORY);
	TRY_THAT(PEM_write_bio(bio, kind, "", der.data, (long)der.len) > 0, ERR_CRYPTO);
	TRY(bio_give(bio, ret, max, ret_len));
out:
	BIO_free(bio);
	return err;
}

/* Old names of the same thing. */
static bool kind_is(const char *name, const char *kind)
{
	if (strcmp(name, kind) == 0)
		return true;
	if (strcmp(kind, PEM_STRING_X509) == 0)
		return strcmp(name, PEM_STRING_X509_OLD) == 0;
	return strcmp(kind, PEM_STRING_X509_REQ) == 0 && strcmp(name, PEM_STRING_X509_REQ_OLD) == 0;
}

enum err issue_der(const char *kind, struct span pem_or_der, uint8_t *ret, size_t max, size_t *ret_len)
{
	enum err err = ERR_NOT_FOUND;
	BIO *bio = BIO_new_mem_buf(pem_or_der.data, (int)pem_or_der.len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len;

	if (pem_or_der.len && pem_or_der.data[0] == 0x30) { /* a SEQUENCE */
		err = pem_or_der.len <= max ? ERR_OK : ERR_SPACE;
		if (!err) {
			memcpy(ret, pem_or_der.data, pem_or_der.len);
			*ret_len = pem_or_der.len;
		}
	}
	while (bio && err == ERR_NOT_FOUND && PEM_read_bio(bio, &name, &header, &data, &len) > 0) {
		if (kind_is(name, kind))
			err = der_give(data, (int)len, ret, max, ret_len);
		else
			OPENSSL_clear_free(data, (size_t)len);
		OPENSSL_free(name);
		OPENSSL_free(header);
	}
	BIO_free(bio);
	ERR_clear_error();
	return err;
}
