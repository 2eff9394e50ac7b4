/* SPDX-License-Identifier: Apache-2.0 */
#include "poison.h"

#include <valgrind/memcheck.h>

static struct crypto_ops ops;
static const struct crypto_ops *real;

void poison(const void *bytes, size_t len)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, len);
}

bool is_poisoned(const void *bytes, size_t len)
{
	uint8_t bits[256] = { 0 };

	if (len == 0 || len > sizeof(bits) || VALGRIND_GET_VBITS(bytes, bits, len) != 1)
		return false;
	(void)VALGRIND_MAKE_MEM_DEFINED(bits, len);
	for (size_t i = 0; i < len; i++) {
		if (bits[i] != 0xff)
			return false;
	}
	return true;
}

static enum err prf(void *ctx, uint16_t number, struct span key, const struct span *parts, size_t count, uint8_t *ret)
{
	enum err err = real->prf(ctx, number, key, parts, count, ret);

	if (err == ERR_OK)
		poison(ret, prf_find(number)->out_len);
	return err;
}

static enum err ke_generate(void *ctx, uint16_t ke, struct span peer, uint8_t *ret_public, size_t *ret_public_len, uint8_t *ret_private,
			    size_t *ret_private_len)
{
	enum err err = real->ke_generate(ctx, ke, peer, ret_public, ret_public_len, ret_private, ret_private_len);

	if (err == ERR_OK) {
		secret_reveal(ret_public, *ret_public_len);
		poison(ret_private, *ret_private_len);
	}
	return err;
}

static enum err ke_agree(void *ctx, uint16_t ke, struct span private_key, struct span peer, uint8_t *ret_shared, size_t *ret_shared_len)
{
	enum err err = real->ke_agree(ctx, ke, private_key, peer, ret_shared, ret_shared_len);

	secret_reveal(&err, sizeof(err));
	if (err == ERR_OK)
		poison(ret_shared, *ret_shared_len);
	return err;
}

/* The key schedule is in the library; what it sealed is for everybody. */
static enum err seal(struct sealer *s, struct span aad, struct span iv, uint8_t *data, size_t len, struct span mac_tail, uint8_t *ret_icv)
{
	enum err err = real->seal(s, aad, iv, data, len, mac_tail, ret_icv);

	secret_reveal(&err, sizeof(err));
	return err;
}

static enum err open_(struct sealer *s, struct span aad, struct span iv, uint8_t *data, size_t len, struct span mac_tail, struct span icv)
{
	enum err err = real->open(s, aad, iv, data, len, mac_tail, icv);

	secret_reveal(&err, sizeof(err));
	secret_reveal(data, len); /* authentic, and ours to look at */
	return err;
}

enum err poison_crypto_new(struct crypto *ret, uint64_t seed)
{
	enum err err = crypto_libcrypto_new(ret);

	(void)seed;
	if (err)
		return err;
	real = ret->ops;
	ops = *real;
	ops.prf = prf;
	ops.ke_generate = ke_generate;
	ops.ke_agree = ke_agree;
	ops.seal = seal;
	ops.open = open_;
	ret->ops = &ops;
	return ERR_OK;
}

void poison_crypto_free(struct crypto *c)
{
	c->ops = real;
	crypto_libcrypto_free(c);
}
