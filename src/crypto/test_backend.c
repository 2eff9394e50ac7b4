/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THIS IS NOT CRYPTOGRAPHY. It protects nothing and must never carry a packet.
 *
 * A stand-in for the simulator and the fuzzers: every operation is a few 64-bit mixes of its
 * inputs, and a run is a function of the seed. It keeps the properties that the engine relies on:
 * prf of parts is prf of their concatenation; two sides agree on one secret; sealed bytes look
 * different and a changed bit of anything fails to open; values have the lengths that the rows
 * say.
 *
 * It does every row of transform.h, with no list of its own.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto.h"
#include "require.h"
#include "sealer.h"
#include "writer.h"

#define KE_BAD_BYTE 0xff /* a public value of nothing else is refused, for tests of that path */
#define PRIVATE_LEN 8
#define ICV_LEN_MAX 64

struct test_crypto {
	uint64_t random;
};

struct test_sealer {
	struct sealer base;
	const struct cipher *cipher;
	const struct integ *integ;
	uint64_t encr, integrity; /* digests of the keys */
};
static_assert(offsetof(struct test_sealer, base) == 0, "sealer.h");

static struct test_sealer *own(struct sealer *base)
{
	return (struct test_sealer *)base;
}

/* A bijection of 64 bits (the finalizer of splitmix64). */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* Takes bytes in eights: each step is a bijection of the state, so no single change is lost. */
struct digest {
	uint64_t state, word, total;
};

static void digest_u64(struct digest *d, uint64_t word)
{
	d->state = mix(d->state ^ word) + GOLDEN;
}

static struct digest digest_of(uint64_t what)
{
	struct digest d = { 0 };

	digest_u64(&d, what);
	return d;
}

static void digest_put(struct digest *d, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		d->word |= (uint64_t)bytes.data[i] << (8 * (d->total % 8));
		d->total++;
		if (d->total % 8 == 0) {
			digest_u64(d, d->word);
			d->word = 0;
		}
	}
}

static uint64_t digest_end(struct digest *d)
{
	digest_u64(d, d->word);
	digest_u64(d, d->total);
	return d->state;
}

static uint64_t digest_bytes(uint64_t what, struct span bytes)
{
	struct digest d = digest_of(what);

	digest_put(&d, bytes);
	return digest_end(&d);
}

/* len bytes that follow from the state; the first eight are a bijection of it. */
static void expand(uint64_t state, uint8_t *ret, size_t len)
{
	struct writer w = writer_of(ret, len);

	for (; w.cap - w.len >= 8; state += GOLDEN)
		writer_u64(&w, mix(state));
	for (uint64_t rest = mix(state); w.len < w.cap; rest >>= 8)
		writer_u8(&w, (uint8_t)rest);
}

static bool has(void *ctx, uint8_t type, uint16_t id, uint16_t key_bits)
{
	(void)ctx;
	return transform_find(type, id, key_bits) != NULL;
}

static uint64_t random_u64(struct test_crypto *t)
{
	t->random += GOLDEN;
	return mix(t->random);
}

static enum err fill_random(void *ctx, uint8_t *ret, size_t len)
{
	expand(random_u64(ctx), ret, len);
	return ERR_OK;
}

static uint64_t keyed(uint64_t what, struct span key, const struct span *parts, size_t count)
{
	struct digest d = digest_of(digest_bytes(what, key));

	for (size_t i = 0; i < count; i++)
		digest_put(&d, parts[i]);
	return digest_end(&d);
}

static enum err prf(void *ctx, uint16_t number, struct span key, const struct span *parts,
		    size_t count, uint8_t *ret)
{
	(void)ctx;
	expand(keyed(number, key, parts, count), ret, prf_find(number)->out_len);
	return ERR_OK;
}

static enum err sha1(void *ctx, const struct span *parts, size_t count, uint8_t ret[20])
{
	(void)ctx;
	expand(keyed(1, SPAN_EMPTY, parts, count), ret, 20);
	return ERR_OK;
}

static void public_of(const struct ke *ke, struct span private_key, uint8_t *ret)
{
	expand(digest_bytes(ke->id, private_key), ret, ke->public_len_i);
}

static enum err ke_generate(void *ctx, uint16_t number, struct span peer, uint8_t *ret_public,
			    size_t *ret_public_len, uint8_t *ret_private, size_t *ret_private_len)
{
	const struct ke *ke = ke_find(number);

	(void)peer;
	REQUIRE(ke->public_len_i == ke->public_len_r); /* a KEM's row needs more than this */
	expand(random_u64(ctx), ret_private, PRIVATE_LEN);
	*ret_private_len = PRIVATE_LEN;
	public_of(ke, span_of(ret_private, PRIVATE_LEN), ret_public);
	*ret_public_len = ke->public_len_i;
	return ERR_OK;
}

static bool is_bad_value(struct span peer)
{
	for (size_t i = 0; i < peer.len; i++) {
		if (peer.data[i] != KE_BAD_BYTE)
			return false;
	}
	return true;
}

/* Symmetric in the two public values: both sides know both. */
static enum err ke_agree(void *ctx, uint16_t number, struct span private_key, struct span peer,
			 uint8_t *ret_shared, size_t *ret_shared_len)
{
	const struct ke *ke = ke_find(number);
	uint8_t public[KE_PUBLIC_MAX];
	uint64_t ours, theirs;

	(void)ctx;
	REQUIRE(private_key.len == PRIVATE_LEN);
	if (is_bad_value(peer))
		return ERR_KE_VALUE;
	public_of(ke, private_key, public);
	ours = digest_bytes(number, span_of(public, ke->public_len_i));
	theirs = digest_bytes(number, peer);
	expand(mix(ours + theirs), ret_shared, ke->shared_len);
	*ret_shared_len = ke->shared_len;
	return ERR_OK;
}

static struct sealer *sealer_new(void *ctx)
{
	struct test_sealer *s = calloc(1, sizeof(*s));

	(void)ctx;
	return s != NULL ? &s->base : NULL;
}

static void sealer_free(struct sealer *s)
{
	free(s);
}

static enum err sealer_key(struct sealer *base, const struct seal_keys *keys)
{
	struct test_sealer *s = own(base);

	s->cipher = keys->cipher;
	s->integ = keys->integ;
	s->encr = digest_bytes(keys->cipher->id, keys->encr);
	s->integrity = s->integ != NULL ? digest_bytes(s->integ->id, keys->integrity) : s->encr;
	return ERR_OK;
}

static void icv_of(const struct test_sealer *s, const struct span parts[4], uint8_t *ret)
{
	struct digest d = digest_of(s->integrity);

	for (size_t i = 0; i < 4; i++) {
		digest_put(&d, parts[i]);
		digest_u64(&d, parts[i].len); /* the boundaries count too, as with an AEAD */
	}
	expand(digest_end(&d), ret, seal_icv_len(s->cipher, s->integ));
}

/* Adds or removes the key stream. */
static void transform_data(const struct test_sealer *s, struct span iv, uint8_t *data, size_t len)
{
	uint64_t state = digest_bytes(s->encr, iv);
	uint64_t word = 0;

	if (s->cipher->flags & CIPHER_PLAIN)
		return;
	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0) {
			word = mix(state);
			state += GOLDEN;
		}
		data[i] ^= (uint8_t)(word >> (8 * (i % 8)));
	}
}

static enum err seal(struct sealer *base, struct span aad, struct span iv, uint8_t *data,
		     size_t len, struct span mac_tail, uint8_t *ret_icv)
{
	struct test_sealer *s = own(base);

	transform_data(s, iv, data, len);
	icv_of(s, (struct span[4]){ aad, iv, span_of(data, len), mac_tail }, ret_icv);
	return ERR_OK;
}

static enum err open(struct sealer *base, struct span aad, struct span iv, uint8_t *data,
		     size_t len, struct span mac_tail, struct span icv)
{
	struct test_sealer *s = own(base);
	uint8_t expected[ICV_LEN_MAX];

	icv_of(s, (struct span[4]){ aad, iv, span_of(data, len), mac_tail }, expected);
	if (!span_equal(span_of(expected, seal_icv_len(s->cipher, s->integ)), icv))
		return ERR_INTEGRITY;
	transform_data(s, iv, data, len);
	return ERR_OK;
}

static const struct crypto_ops test_ops = {
	.name = "test",
	.has = has,
	.random = fill_random,
	.prf = prf,
	.sha1 = sha1,
	.ke_generate = ke_generate,
	.ke_agree = ke_agree,
	.sealer_new = sealer_new,
	.sealer_free = sealer_free,
	.sealer_key = sealer_key,
	.seal = seal,
	.open = open,
};

enum err crypto_test_new(struct crypto *ret, uint64_t seed)
{
	struct test_crypto *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ERR_MEMORY;
	t->random = mix(seed + GOLDEN);
	*ret = (struct crypto){ .ops = &test_ops, .ctx = t };
	return ERR_OK;
}

void crypto_test_free(struct crypto *c)
{
	free(c->ctx);
	*c = (struct crypto){ 0 };
}
