/* SPDX-License-Identifier: Apache-2.0 */
/* Key pairs: made, read, written (RFC 5958, 8018). */
#include "issue_in.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#define PBKDF2_ROUNDS 100000

enum err issue_key_new(struct issue_key **ret, enum key_kind kind, unsigned bits)
{
	enum err err = ERR_OK;
	struct issue_key *k = NULL;
	EVP_PKEY *pkey = NULL;

	if (kind == KEY_RSA) {
		bits = bits ? bits : 3072;
		TRY_THAT(bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST && bits % 8 == 0, ERR_UNSUPPORTED);
		pkey = EVP_RSA_gen(bits);
	} else if (kind == KEY_ECDSA) {
		bits = bits ? bits : 256;
		TRY_THAT(bits == 256 || bits == 384 || bits == 521, ERR_UNSUPPORTED);
		pkey = EVP_EC_gen(bits == 256 ? "P-256" : bits == 384 ? "P-384" : "P-521");
	} else {
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, kind == KEY_ED25519 ? "ED25519" : "ED448");
	}
	TRY_THAT(pkey, ERR_CRYPTO);
	k = OPENSSL_zalloc(sizeof(*k));
	TRY_THAT(k, ERR_MEMORY);
	k->pkey = pkey;
	pkey = NULL;
	*ret = k;
out:
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return err;
}

struct asking {
	struct span passphrase;
	bool asked;
};

static int passphrase_give(char *buffer, int size, int writing, void *ctx)
{
	struct asking *a = ctx;

	(void)writing;
	a->asked = true;
	if (!a->passphrase.len || size < 0 || a->passphrase.len > (size_t)size)
		return -1;
	memcpy(buffer, a->passphrase.data, a->passphrase.len);
	return (int)a->passphrase.len;
}

static EVP_PKEY *pkey_read(struct span bytes, struct asking *asking)
{
	BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	const unsigned char *at = bytes.data;
	EVP_PKEY *pkey = NULL;

	if (bio && bytes.len && bytes.data[0] == 0x30) {
		pkey = d2i_AutoPrivateKey(NULL, &at, (long)bytes.len);
		if (!pkey)
			pkey = d2i_PKCS8PrivateKey_bio(bio, NULL, passphrase_give, asking);
	} else if (bio) {
		pkey = PEM_read_bio_PrivateKey(bio, NULL, passphrase_give, asking);
	}
	BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

enum err issue_key_read(struct issue_key **ret, struct span pem_or_der, struct span passphrase, struct text *ret_why)
{
	enum err err = ERR_OK;
	struct asking asking = { .passphrase = passphrase };
	EVP_PKEY *pkey = pkey_read(pem_or_der, &asking);
	struct issue_key *k = NULL;

	if (!pkey && asking.asked)
		return passphrase.len ? complain(ret_why, "the passphrase is wrong", ERR_AUTH)
				      : complain(ret_why, "the key is encrypted and needs its passphrase", ERR_MISSING);
	TRY_THAT(pkey, complain(ret_why, "it holds no private key that can be read", ERR_SYNTAX));
	k = OPENSSL_zalloc(sizeof(*k));
	TRY_THAT(k, ERR_MEMORY);
	k->pkey = pkey;
	pkey = NULL;
	*ret = k;
out:
	EVP_PKEY_free(pkey);
	return err;
}

enum err issue_key_write(const struct issue_key *k, struct span passphrase, uint8_t *ret, size_t max, size_t *ret_len)
{
	enum err err = ERR_OK;
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(k->pkey);
	X509_SIG *sealed = NULL;
	BIO *bio = BIO_new(BIO_s_secmem());

	TRY_THAT(plain && bio, ERR_MEMORY);
	if (!passphrase.len) {
		TRY_THAT(PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, plain) == 1, ERR_CRYPTO);
	} else {
		TRY_THAT(passphrase.len <= ISSUE_PASSPHRASE_MAX, ERR_LENGTH);
		sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), (const char *)passphrase.data, (int)passphrase.len, NULL, 0,
				       PBKDF2_ROUNDS, plain);
		TRY_THAT(sealed && PEM_write_bio_PKCS8(bio, sealed) == 1, ERR_CRYPTO);
	}
	TRY(bio_give(bio, ret, max, ret_len));
out:
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(plain);
	BIO_free(bio);
	ERR_clear_error();
	return err;
}

void issue_key_free(struct issue_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	OPENSSL_free(k);
}

const EVP_MD *key_digest(const EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "ED25519") || EVP_PKEY_is_a(pkey, "ED448"))
		return NULL;
	if (!EVP_PKEY_is_a(pkey, "EC") || bits <= 256)
		return EVP_sha256();
	return bits <= 384 ? EVP_sha384() : EVP_sha512();
}

void text_key(struct text *t, const EVP_PKEY *pkey)
{
	const char *name = pkey ? EVP_PKEY_get0_type_name(pkey) : NULL;

	if (!name) {
		text_put(t, "of a kind that cannot be read");
		return;
	}
	if (EVP_PKEY_is_a(pkey, "ED25519") || EVP_PKEY_is_a(pkey, "ED448")) {
		text_put(t, EVP_PKEY_is_a(pkey, "ED448") ? "Ed448" : "Ed25519");
		return;
	}
	text_put(t, EVP_PKEY_is_a(pkey, "EC") ? "ECDSA" : name);
	text_put(t, ", ");
	text_u64(t, (uint64_t)EVP_PKEY_get_bits(pkey));
	text_put(t, " bits");
}
