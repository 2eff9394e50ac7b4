/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrappers of crypto.h: they check sizes once for all backends, and build prf+ from prf.
 */
#include "crypto.h"

#include "require.h"
#include "sealer.h"
#include "writer.h"

#define PRF_PARTS_MAX 8     /* callers' parts; AUTH's octets and KEYMAT's seed are at most four */
#define PRF_PLUS_ROUNDS 255 /* RFC7296 2.13: the counter is one octet */

bool crypto_has(const struct crypto *c, uint8_t type, uint16_t id, uint16_t key_bits)
{
	if (transform_find(type, id, key_bits) == NULL)
		return false;
	return type == TRANSFORM_ESN || c->ops->has(c->ctx, type, id, key_bits);
}

enum err crypto_random(const struct crypto *c, uint8_t *ret, size_t len)
{
	return c->ops->random(c->ctx, ret, len);
}

enum err crypto_prf(const struct crypto *c, uint16_t prf, struct span key,
		    const struct span *parts, size_t count, uint8_t *ret)
{
	if (prf_find(prf) == NULL)
		return ERR_UNSUPPORTED;
	return c->ops->prf(c->ctx, prf, key, parts, count, ret);
}

/* RFC7296 2.13: T1 = prf(K, S | 0x01), Tn = prf(K, Tn-1 | S | n) */
enum err crypto_prf_plus(const struct crypto *c, uint16_t prf, struct span key,
			 const struct span *parts, size_t count, uint8_t *ret, size_t len)
{
	enum err err = ERR_OK;
	const struct prf *row = prf_find(prf);
	struct span input[1 + PRF_PARTS_MAX + 1];
	uint8_t block[SECRET_MAX];
	uint8_t round = 0;
	struct writer w = writer_of(ret, len);

	if (row == NULL)
		return ERR_UNSUPPORTED;
	REQUIRE(count <= PRF_PARTS_MAX);
	REQUIRE(row->out_len <= sizeof(block));
	REQUIRE(len <= (size_t)PRF_PLUS_ROUNDS * row->out_len);
	input[0] = SPAN_EMPTY;
	for (size_t i = 0; i < count; i++)
		input[1 + i] = parts[i];
	input[1 + count] = span_of(&round, 1);
	while (w.len < len) {
		size_t wanted = len - w.len;

		round++;
		TRY(c->ops->prf(c->ctx, prf, key, input, count + 2, block));
		writer_put(&w, span_head(span_of(block, row->out_len), wanted));
		input[0] = span_of(block, row->out_len);
	}
	TRY(writer_end(&w));
out:
	secret_wipe(block, sizeof(block));
	if (err != ERR_OK)
		secret_wipe(ret, len);
	return err;
}

enum err crypto_sha1(const struct crypto *c, const struct span *parts, size_t count,
		     uint8_t ret[20])
{
	return c->ops->sha1(c->ctx, parts, count, ret);
}

enum err crypto_ke_generate(const struct crypto *c, uint16_t ke, struct span peer,
			    uint8_t *ret_public, size_t *ret_public_len, uint8_t *ret_private,
			    size_t *ret_private_len)
{
	enum err err;
	const struct ke *row = ke_find(ke);

	if (row == NULL)
		return ERR_UNSUPPORTED;
	err = c->ops->ke_generate(c->ctx, ke, peer, ret_public, ret_public_len, ret_private,
				  ret_private_len);
	if (err == ERR_OK) {
		REQUIRE(*ret_public_len == (peer.len == 0 ? row->public_len_i : row->public_len_r));
		REQUIRE(*ret_private_len <= KE_PRIVATE_MAX);
	}
	return err;
}

enum err crypto_ke_agree(const struct crypto *c, uint16_t ke, struct span private_key,
			 struct span peer, uint8_t *ret_shared, size_t *ret_shared_len)
{
	enum err err;
	const struct ke *row = ke_find(ke);

	if (row == NULL)
		return ERR_UNSUPPORTED;
	/* RFC7296 3.4, 5903 7, 8031 3.1: the length follows from the method */
	if (peer.len != row->public_len_i && peer.len != row->public_len_r)
		return ERR_KE_VALUE;
	err = c->ops->ke_agree(c->ctx, ke, private_key, peer, ret_shared, ret_shared_len);
	if (err == ERR_OK)
		REQUIRE(*ret_shared_len == row->shared_len);
	return err;
}

struct sealer *crypto_sealer_new(const struct crypto *c)
{
	return c->ops->sealer_new(c->ctx);
}

void crypto_sealer_free(const struct crypto *c, struct sealer *s)
{
	if (s != NULL)
		c->ops->sealer_free(s);
}

enum err crypto_sealer_key(const struct crypto *c, struct sealer *s, const struct seal_keys *keys)
{
	enum err err;
	const struct cipher *cipher = keys->cipher;
	const struct integ *integ = keys->integ;

	REQUIRE(cipher != NULL);
	REQUIRE((cipher->icv_len != 0) == (integ == NULL));
	REQUIRE(keys->encr.len == (size_t)cipher->key_len + cipher->salt_len);
	REQUIRE(keys->encr.len <= CIPHER_KEY_MAX);
	REQUIRE(keys->integrity.len == (integ != NULL ? integ->key_len : 0));
	REQUIRE(integ == NULL || integ->iv_len == 0 || cipher->iv_len == 0);
	s->cipher = NULL;
	s->integ = NULL;
	TRY_THAT(crypto_has(c, TRANSFORM_ENCR, cipher->id, cipher->key_bits), ERR_UNSUPPORTED);
	TRY_THAT(integ == NULL || crypto_has(c, TRANSFORM_INTEG, integ->id, 0), ERR_UNSUPPORTED);
	TRY(c->ops->sealer_key(s, keys));
	s->cipher = cipher;
	s->integ = integ;
out:
	return err;
}

/* What both directions demand of their caller; none of it is a peer's choice. */
static void sealer_check(const struct sealer *s, struct span aad, struct span iv, size_t len,
			 struct span mac_tail)
{
	REQUIRE(s->cipher != NULL);
	REQUIRE(iv.len == seal_iv_len(s->cipher, s->integ));
	REQUIRE(s->integ != NULL || mac_tail.len == 0);
	REQUIRE(aad.len <= PACKET_MAX && mac_tail.len <= PACKET_MAX && len <= PACKET_MAX);
}

enum err crypto_seal(const struct crypto *c, struct sealer *s, struct span aad, struct span iv,
		     uint8_t *data, size_t len, struct span mac_tail, uint8_t *ret_icv)
{
	sealer_check(s, aad, iv, len, mac_tail);
	REQUIRE(len % s->cipher->block_len == 0);
	return c->ops->seal(s, aad, iv, data, len, mac_tail, ret_icv);
}

enum err crypto_open(const struct crypto *c, struct sealer *s, struct span aad, struct span iv,
		     uint8_t *data, size_t len, struct span mac_tail, struct span icv)
{
	sealer_check(s, aad, iv, len, mac_tail);
	REQUIRE(icv.len == seal_icv_len(s->cipher, s->integ));
	if (len % s->cipher->block_len != 0) /* the peer chose it */
		return ERR_INTEGRITY;
	return c->ops->open(s, aad, iv, data, len, mac_tail, icv);
}

size_t seal_icv_len(const struct cipher *cipher, const struct integ *integ)
{
	return integ != NULL ? integ->icv_len : cipher->icv_len;
}

size_t seal_iv_len(const struct cipher *cipher, const struct integ *integ)
{
	return integ != NULL && integ->iv_len != 0 ? integ->iv_len : cipher->iv_len;
}
