/* SPDX-License-Identifier: Apache-2.0 */
#include "toy.h"

#include <openssl/evp.h>

#define DIGEST_LEN 64

static bool digest_make(struct span octets, uint8_t *ret)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) == 1 && EVP_DigestUpdate(ctx, "toy", 3) == 1 &&
		    EVP_DigestUpdate(ctx, octets.data, octets.len) == 1 && EVP_DigestFinal_ex(ctx, ret, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return done;
}

enum err toy_make(EVP_PKEY *key, struct span octets, uint8_t *ret, size_t max, size_t *ret_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[DIGEST_LEN];
	enum err err = ERR_OK;
	size_t len = max;

	TRY_THAT(ctx && digest_make(octets, digest) && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
			 EVP_DigestSign(ctx, ret, &len, digest, sizeof(digest)) == 1,
		 ERR_CRYPTO);
	*ret_len = len;
out:
	EVP_MD_CTX_free(ctx);
	return err;
}

bool toy_check(EVP_PKEY *key, struct span octets, struct span signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[DIGEST_LEN];
	bool fits = ctx && digest_make(octets, digest) && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, signature.data, signature.len, digest, sizeof(digest)) == 1;

	EVP_MD_CTX_free(ctx);
	return fits;
}
