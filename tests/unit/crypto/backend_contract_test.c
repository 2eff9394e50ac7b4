/* SPDX-License-Identifier: Apache-2.0 */
/* What crypto.h promises of every backend, asked of each of them. */
#include "fixture.h"

#define DATA_LEN 64
#define TEXT "the quick brown fox jumps over"

static const uint8_t key_bytes[SECRET_MAX + 1] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 };

static int setup_test(void **state)
{
	struct crypto *c = calloc(1, sizeof(*c));

	if (c == NULL || crypto_test_new(c, 7) != ERR_OK) {
		free(c);
		return -1;
	}
	*state = c;
	return 0;
}

static int teardown_test(void **state)
{
	crypto_test_free(*state);
	free(*state);
	return 0;
}

/* Calls test once for every row of a type; fails when there is none. */
static void each_row(const struct crypto *c, uint8_t type,
		     void (*test)(const struct crypto *, const struct transform_row *))
{
	size_t rows = 0;

	for (size_t i = 0; transform_at(i) != NULL; i++) {
		if (transform_at(i)->type != type)
			continue;
		test(c, transform_at(i));
		rows++;
	}
	assert_true(rows > 0);
}

static void every_row_is_done_and_nothing_else(void **state)
{
	const struct crypto *c = *state;

	for (size_t i = 0; transform_at(i) != NULL; i++) {
		const struct transform_row *row = transform_at(i);

		assert_true(crypto_has(c, row->type, row->id, row->key_bits));
	}
	assert_false(crypto_has(c, TRANSFORM_ENCR, 2, 0));
	assert_false(crypto_has(c, TRANSFORM_ENCR, ENCR_AES_CBC, 0));
	assert_false(crypto_has(c, TRANSFORM_ENCR, ENCR_AES_GCM_16, 512));
	assert_false(crypto_has(c, TRANSFORM_PRF, 1, 0));
	assert_false(crypto_has(c, TRANSFORM_INTEG, 1, 0));
	assert_false(crypto_has(c, TRANSFORM_KE, 1, 0));
	assert_false(crypto_has(c, TRANSFORM_ESN, 9, 0));
	assert_false(crypto_has(c, 0, 0, 0));
}

static void unknown_numbers_are_unsupported(void **state)
{
	const struct crypto *c = *state;
	uint8_t out[KE_PRIVATE_MAX], public[KE_PUBLIC_MAX];
	size_t len, private_len;
	struct span key = SPAN_ARRAY(key_bytes);

	assert_int_equal(crypto_prf(c, 99, key, &key, 1, out), ERR_UNSUPPORTED);
	assert_int_equal(crypto_prf_plus(c, 99, key, &key, 1, out, 8), ERR_UNSUPPORTED);
	assert_int_equal(crypto_ke_generate(c, 99, SPAN_EMPTY, public, &len, out, &private_len),
			 ERR_UNSUPPORTED);
	assert_int_equal(crypto_ke_agree(c, 99, key, key, out, &len), ERR_UNSUPPORTED);
}

static void random_bytes_differ_from_call_to_call(void **state)
{
	const struct crypto *c = *state;
	static const size_t lens[] = { 8, 16, 100, 255, 256, 257, 1000 };
	uint8_t a[1000], b[1000];

	for (size_t round = 0; round < 40; round++) {
		for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
			memset(a, 0, sizeof(a));
			memset(b, 0, sizeof(b));
			assert_ok(crypto_random(c, a, lens[i]));
			assert_ok(crypto_random(c, b, lens[i]));
			assert_memory_not_equal(a, b, lens[i]);
			/* the ends are filled, and nothing behind them */
			assert_true((a[lens[i] - 1] | a[lens[i] - 2] | a[lens[i] - 3] |
				     a[lens[i] - 4]) != 0);
			assert_true(lens[i] == sizeof(a) || a[lens[i]] == 0);
		}
	}
	a[0] = 5;
	assert_ok(crypto_random(c, a, 0));
	assert_int_equal(a[0], 5);
}

static void prf_row(const struct crypto *c, const struct transform_row *row)
{
	uint8_t a[SECRET_MAX + 1], b[SECRET_MAX + 1];
	struct span whole = span_text(TEXT);
	struct span parts[4] = { span_head(whole, 3), SPAN_EMPTY, span_of(whole.data + 3, 9),
				 span_tail(whole, 12) };
	struct span other = span_head(whole, whole.len - 1);
	struct span key = span_of(key_bytes, row->prf->key_len);
	static const uint8_t zero[1];

	memset(a, 0xa5, sizeof(a));
	memset(b, 0xa5, sizeof(b));
	assert_ok(crypto_prf(c, row->id, key, &whole, 1, a));
	assert_ok(crypto_prf(c, row->id, key, parts, 4, b));
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(a[row->prf->out_len], 0xa5);
	assert_ok(crypto_prf(c, row->id, key, &other, 1, b));
	assert_memory_not_equal(a, b, row->prf->out_len);
	assert_ok(crypto_prf(c, row->id, span_tail(key, 1), &whole, 1, b));
	assert_memory_not_equal(a, b, row->prf->out_len);
	/* an empty key is a key, not the last one */
	assert_ok(crypto_prf(c, row->id, key, &whole, 1, b));
	assert_memory_equal(a, b, row->prf->out_len);
	assert_ok(crypto_prf(c, row->id, SPAN_EMPTY, &whole, 1, b));
	assert_memory_not_equal(a, b, row->prf->out_len);
	/* a zero at the end is a byte as good as any */
	assert_ok(crypto_prf(c, row->id, key, (struct span[]){ whole, SPAN_ARRAY(zero) }, 2, b));
	assert_memory_not_equal(a, b, row->prf->out_len);
	assert_ok(crypto_prf(c, row->id, key, NULL, 0, b));
	assert_memory_not_equal(a, b, row->prf->out_len);
}

static void prf_depends_on_key_and_text_but_not_on_the_parts(void **state)
{
	each_row(*state, TRANSFORM_PRF, prf_row);
}

static void prf_plus_row(const struct crypto *c, const struct transform_row *row)
{
	static uint8_t all[255 * SECRET_MAX + 1], some[255 * SECRET_MAX + 1];
	size_t out = row->prf->out_len, max = 255 * out;
	uint8_t block[SECRET_MAX], round;
	struct span key = SPAN_ARRAY(key_bytes), seed[2] = { span_text("se"), span_text("ed") };
	struct span parts[3] = { SPAN_EMPTY, span_text("seed"), span_of(&round, 1) };
	static const size_t lens[] = { 0, 1, 19, 20, 21, 64, 65, 200 };

	all[max] = 0xa5;
	assert_ok(crypto_prf_plus(c, row->id, key, seed, 2, all, max));
	assert_int_equal(all[max], 0xa5);
	for (size_t n = 0; n < 255; n++) { /* RFC 7296 2.13, as it is written there */
		round = (uint8_t)(n + 1);
		assert_ok(crypto_prf(c, row->id, key, parts, 3, block));
		assert_memory_equal(all + n * out, block, out);
		parts[0] = span_of(block, out);
	}
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		memset(some, 0xa5, 300);
		assert_ok(crypto_prf_plus(c, row->id, key, seed, 2, some, lens[i]));
		assert_memory_equal(some, all, lens[i]);
		assert_int_equal(some[lens[i]], 0xa5);
	}
}

static void prf_plus_is_a_chain_of_prfs_cut_to_length(void **state)
{
	each_row(*state, TRANSFORM_PRF, prf_plus_row);
}

static void sha1_depends_on_all_bytes(void **state)
{
	const struct crypto *c = *state;
	uint8_t a[20], b[20];
	struct span whole = span_text(TEXT);
	struct span parts[2] = { span_head(whole, 5), span_tail(whole, 5) };

	assert_ok(crypto_sha1(c, &whole, 1, a));
	assert_ok(crypto_sha1(c, parts, 2, b));
	assert_memory_equal(a, b, 20);
	assert_ok(crypto_sha1(c, parts, 1, b));
	assert_memory_not_equal(a, b, 20);
}

struct pair {
	uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX];
	size_t public_len, private_len;
};

static void pair_generate(struct pair *p, const struct crypto *c, uint16_t ke, struct span peer)
{
	assert_ok(crypto_ke_generate(c, ke, peer, p->public, &p->public_len, p->private,
				     &p->private_len));
}

static void ke_row(const struct crypto *c, const struct transform_row *row)
{
	struct pair i, r, other;
	uint8_t shared_i[KE_SHARED_MAX], shared_r[KE_SHARED_MAX];
	size_t len_i, len_r;

	pair_generate(&i, c, row->id, SPAN_EMPTY);
	pair_generate(&r, c, row->id, span_of(i.public, i.public_len));
	pair_generate(&other, c, row->id, SPAN_EMPTY);
	assert_int_equal(i.public_len, row->ke->public_len_i);
	assert_int_equal(r.public_len, row->ke->public_len_r);
	assert_memory_not_equal(i.public, other.public, i.public_len);
	assert_memory_not_equal(i.private, other.private, i.private_len);

	assert_ok(crypto_ke_agree(c, row->id, span_of(i.private, i.private_len),
				  span_of(r.public, r.public_len), shared_i, &len_i));
	assert_ok(crypto_ke_agree(c, row->id, span_of(r.private, r.private_len),
				  span_of(i.public, i.public_len), shared_r, &len_r));
	assert_int_equal(len_i, row->ke->shared_len);
	assert_span_equal(span_of(shared_i, len_i), span_of(shared_r, len_r));
	assert_ok(crypto_ke_agree(c, row->id, span_of(other.private, other.private_len),
				  span_of(i.public, i.public_len), shared_r, &len_r));
	assert_memory_not_equal(shared_i, shared_r, len_i);
}

/* RFC5903 7: a value is X and Y alone. RFC7296 2.12: and another one each time */
static void both_sides_agree_on_one_secret(void **state)
{
	each_row(*state, TRANSFORM_KE, ke_row);
}

static void bad_ke_row(const struct crypto *c, const struct transform_row *row)
{
	struct pair own, peer;
	uint8_t shared[KE_SHARED_MAX] = { 0xa5 };
	uint8_t bad[KE_PUBLIC_MAX];
	size_t len = 77;
	struct span private;

	pair_generate(&own, c, row->id, SPAN_EMPTY);
	pair_generate(&peer, c, row->id, SPAN_EMPTY);
	private = span_of(own.private, own.private_len);
	peer.public[peer.public_len] = 0;
	assert_int_equal(crypto_ke_agree(c, row->id, private, SPAN_EMPTY, shared, &len),
			 ERR_KE_VALUE);
	assert_int_equal(crypto_ke_agree(c, row->id, private,
					 span_of(peer.public, peer.public_len - 1), shared, &len),
			 ERR_KE_VALUE);
	assert_int_equal(crypto_ke_agree(c, row->id, private,
					 span_of(peer.public, peer.public_len + 1), shared, &len),
			 ERR_KE_VALUE);
	memset(bad, 0xff, sizeof(bad));
	if ((row->id != KE_CURVE_25519 && row->id != KE_CURVE_448) ||
	    strcmp(c->ops->name, "test") == 0) /* a fine u there */
		assert_int_equal(crypto_ke_agree(c, row->id, private,
						 span_of(bad, peer.public_len), shared, &len),
				 ERR_KE_VALUE);
	assert_int_equal(len, 77);
	assert_int_equal(shared[0], 0xa5);
}

static void bad_public_values_are_the_peers_fault(void **state)
{
	each_row(*state, TRANSFORM_KE, bad_ke_row);
}

/* One sealed packet, and what it was made of. */
struct packet {
	uint8_t aad[12], iv[16], data[DATA_LEN], tail[4], icv[64];
	struct seal_keys keys;
};

static void packet_fill(struct packet *p)
{
	for (size_t i = 0; i < DATA_LEN; i++)
		p->data[i] = (uint8_t)i;
	memset(p->aad, 0xaa, sizeof(p->aad));
	memset(p->iv, 0x11, sizeof(p->iv));
	memset(p->tail, 0x77, sizeof(p->tail));
}

static void packet_init(struct packet *p, const struct cipher *cipher)
{
	*p = (struct packet){ .keys = { .cipher = cipher } };
	p->keys.encr = span_of(key_bytes, (size_t)cipher->key_len + cipher->salt_len);
	if (cipher->icv_len == 0) {
		p->keys.integ = integ_find(INTEG_HMAC_SHA2_256_128);
		p->keys.integrity = span_of(key_bytes, p->keys.integ->key_len);
	}
	packet_fill(p);
}

/* The same for an integrity algorithm, with a cipher that it goes with. */
static void packet_init_integ(struct packet *p, const struct integ *integ)
{
	packet_init(p, integ->iv_len != 0 ? cipher_find(ENCR_NULL, 0) : cipher_find(ENCR_AES_CBC, 128));
	p->keys.integ = integ;
	p->keys.integrity = span_of(key_bytes, integ->key_len);
}

static struct span packet_iv(const struct packet *p)
{
	return span_of(p->iv, seal_iv_len(p->keys.cipher, p->keys.integ));
}

static struct span packet_tail(const struct packet *p)
{
	return p->keys.integ != NULL ? SPAN_ARRAY(p->tail) : SPAN_EMPTY;
}

static size_t packet_icv_len(const struct packet *p)
{
	return seal_icv_len(p->keys.cipher, p->keys.integ);
}

static enum err packet_seal(const struct crypto *c, struct sealer *s, struct packet *p, size_t len)
{
	return crypto_seal(c, s, SPAN_ARRAY(p->aad), packet_iv(p), p->data, len, packet_tail(p),
			   p->icv);
}

static enum err packet_open(const struct crypto *c, struct sealer *s, const struct packet *p,
			    size_t len, uint8_t *ret)
{
	memcpy(ret, p->data, DATA_LEN);
	return crypto_open(c, s, SPAN_ARRAY(p->aad), packet_iv(p), ret, len, packet_tail(p),
			   span_of(p->icv, packet_icv_len(p)));
}

/* Flips every bit of field in turn; none may open. */
static void flip_all(const struct crypto *c, struct sealer *s, struct packet *p, uint8_t *field,
		     size_t len)
{
	uint8_t opened[DATA_LEN];

	for (size_t bit = 0; bit < len * 8; bit++) {
		field[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(packet_open(c, s, p, DATA_LEN, opened), ERR_INTEGRITY);
		field[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_ok(packet_open(c, s, p, DATA_LEN, opened));
}

static void flip_row(const struct crypto *c, const struct transform_row *row)
{
	struct packet p;
	struct sealer *s = crypto_sealer_new(c);

	assert_non_null(s);
	packet_init(&p, row->cipher);
	assert_ok(crypto_sealer_key(c, s, &p.keys));
	assert_ok(packet_seal(c, s, &p, DATA_LEN));
	flip_all(c, s, &p, p.aad, sizeof(p.aad));
	flip_all(c, s, &p, p.iv, row->cipher->iv_len);
	flip_all(c, s, &p, p.data, DATA_LEN);
	flip_all(c, s, &p, p.icv, packet_icv_len(&p));
	if (packet_tail(&p).len != 0)
		flip_all(c, s, &p, p.tail, sizeof(p.tail));
	crypto_sealer_free(c, s);
}

static void flip_integ_row(const struct crypto *c, const struct transform_row *row)
{
	struct packet p, other;
	struct sealer *s = crypto_sealer_new(c);
	uint8_t opened[DATA_LEN];

	assert_non_null(s);
	packet_init_integ(&p, row->integ);
	other = p;
	assert_ok(crypto_sealer_key(c, s, &p.keys));
	assert_ok(packet_seal(c, s, &p, DATA_LEN));
	flip_all(c, s, &p, p.aad, sizeof(p.aad));
	flip_all(c, s, &p, p.iv, packet_iv(&p).len);
	flip_all(c, s, &p, p.data, DATA_LEN);
	flip_all(c, s, &p, p.icv, row->integ->icv_len);
	flip_all(c, s, &p, p.tail, sizeof(p.tail));
	other.keys.integrity = span_of(key_bytes + 1, row->integ->key_len);
	assert_ok(crypto_sealer_key(c, s, &other.keys));
	assert_int_equal(packet_open(c, s, &p, DATA_LEN, opened), ERR_INTEGRITY);
	crypto_sealer_free(c, s);
}

static void any_flipped_bit_fails_to_open(void **state)
{
	each_row(*state, TRANSFORM_ENCR, flip_row);
	each_row(*state, TRANSFORM_INTEG, flip_integ_row);
}

static void round_trip_row(const struct crypto *c, const struct transform_row *row)
{
	struct packet p, plain;
	uint8_t opened[DATA_LEN];
	struct sealer *out = crypto_sealer_new(c), *in = crypto_sealer_new(c);

	assert_non_null(out);
	assert_non_null(in);
	packet_init(&plain, row->cipher);
	assert_ok(crypto_sealer_key(c, out, &plain.keys));
	assert_ok(crypto_sealer_key(c, in, &plain.keys));
	/* many packets through one context, of all lengths, in both directions */
	for (size_t len = 0; len <= DATA_LEN; len += row->cipher->block_len) {
		p = plain;
		p.iv[0] = (uint8_t)len;
		memset(p.icv, 0xa5, sizeof(p.icv));
		assert_ok(packet_seal(c, out, &p, len));
		if (row->cipher->flags & CIPHER_PLAIN)
			assert_memory_equal(p.data, plain.data, len);
		else
			assert_true(len < 8 || memcmp(p.data, plain.data, len) != 0);
		assert_memory_equal(p.data + len, plain.data + len, DATA_LEN - len);
		assert_int_equal(p.icv[packet_icv_len(&p)], 0xa5);
		assert_ok(packet_open(c, in, &p, len, opened));
		assert_memory_equal(opened, plain.data, DATA_LEN);
		assert_ok(packet_open(c, out, &p, len, opened));
		assert_memory_equal(opened, plain.data, DATA_LEN);
		p.icv[0] ^= 1; /* a forgery in between disturbs nothing */
		assert_int_equal(packet_open(c, in, &p, len, opened), ERR_INTEGRITY);
	}
	if (row->cipher->block_len > 1)
		assert_int_equal(packet_open(c, in, &p, DATA_LEN - 1, opened), ERR_INTEGRITY);
	crypto_sealer_free(c, out);
	crypto_sealer_free(c, in);
}

static void equal_blocks_row(const struct crypto *c, const struct transform_row *row)
{
	struct packet p, next;
	struct sealer *s;

	if (row->cipher->flags & CIPHER_PLAIN)
		return;
	s = crypto_sealer_new(c);
	assert_non_null(s);
	packet_init(&p, row->cipher);
	memset(p.data, 0x5a, DATA_LEN);
	next = p;
	next.iv[7] ^= 1;
	assert_ok(crypto_sealer_key(c, s, &p.keys));
	assert_ok(packet_seal(c, s, &p, DATA_LEN));
	assert_ok(packet_seal(c, s, &next, DATA_LEN));
	for (size_t i = 16; i < DATA_LEN; i += 16)
		assert_memory_not_equal(p.data, p.data + i, 16);
	assert_memory_not_equal(p.data, next.data, 16); /* nor under another IV */
	crypto_sealer_free(c, s);
}

static void equal_blocks_look_different_when_sealed(void **state)
{
	each_row(*state, TRANSFORM_ENCR, equal_blocks_row);
}

static void sealed_bytes_open_to_what_they_were(void **state)
{
	each_row(*state, TRANSFORM_ENCR, round_trip_row);
}

/* Seals with the keys, opens with the sealer as it is. */
static enum err cross_open(const struct crypto *c, struct sealer *in, const struct packet *plain)
{
	struct packet p = *plain;
	uint8_t opened[DATA_LEN];
	enum err err;
	struct sealer *out = crypto_sealer_new(c);

	assert_non_null(out);
	assert_ok(crypto_sealer_key(c, out, &p.keys));
	assert_ok(packet_seal(c, out, &p, DATA_LEN));
	err = packet_open(c, in, &p, DATA_LEN, opened);
	crypto_sealer_free(c, out);
	return err;
}

static void key_row(const struct crypto *c, const struct transform_row *row)
{
	struct packet p;
	uint8_t other[CIPHER_KEY_MAX];
	struct sealer *in = crypto_sealer_new(c);

	assert_non_null(in);
	packet_init(&p, row->cipher);
	assert_ok(crypto_sealer_key(c, in, &p.keys));
	assert_ok(cross_open(c, in, &p));
	if (p.keys.integ != NULL) { /* the cipher's key is not under the MAC */
		p.keys.integrity = span_of(key_bytes + 1, p.keys.integ->key_len);
		assert_int_equal(cross_open(c, in, &p), ERR_INTEGRITY);
	} else {
		for (size_t i = 0; i < p.keys.encr.len; i++) {
			memcpy(other, key_bytes, p.keys.encr.len);
			other[i] ^= 0x80;
			p.keys.encr = span_of(other, p.keys.encr.len);
			assert_int_equal(cross_open(c, in, &p), ERR_INTEGRITY);
		}
	}
	assert_ok(crypto_sealer_key(c, in, &p.keys)); /* replaced */
	assert_ok(cross_open(c, in, &p));
	crypto_sealer_free(c, in);
}

static void another_key_does_not_open(void **state)
{
	each_row(*state, TRANSFORM_ENCR, key_row);
}

static void a_sealer_changes_its_algorithm_with_its_keys(void **state)
{
	const struct crypto *c = *state;
	struct packet p;
	struct sealer *s = crypto_sealer_new(c);

	assert_non_null(s);
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; transform_at(i) != NULL; i++) {
			if (transform_at(i)->type != TRANSFORM_ENCR)
				continue;
			packet_init(&p, transform_at(i)->cipher);
			assert_ok(crypto_sealer_key(c, s, &p.keys));
			assert_ok(cross_open(c, s, &p));
			assert_ok(packet_seal(c, s, &p, DATA_LEN));
		}
	}
	crypto_sealer_free(c, s);
	crypto_sealer_free(c, NULL);
}

static void the_cbc_key_changes_the_ciphertext(void **state)
{
	const struct crypto *c = *state;
	struct packet a, b;
	struct sealer *s = crypto_sealer_new(c);

	assert_non_null(s);
	packet_init(&a, cipher_find(ENCR_AES_CBC, 256));
	b = a;
	b.keys.encr = span_of(key_bytes + 1, b.keys.encr.len);
	assert_ok(crypto_sealer_key(c, s, &a.keys));
	assert_ok(packet_seal(c, s, &a, DATA_LEN));
	assert_ok(crypto_sealer_key(c, s, &b.keys));
	assert_ok(packet_seal(c, s, &b, DATA_LEN));
	assert_memory_not_equal(a.data, b.data, 16);
	crypto_sealer_free(c, s);
}

static void the_test_backend_is_a_function_of_its_seed(void **state)
{
	struct crypto a, b, other;
	struct pair pa, pb;
	uint8_t ra[32], rb[32];

	(void)state;
	assert_ok(crypto_test_new(&a, 1));
	assert_ok(crypto_test_new(&b, 1));
	assert_ok(crypto_test_new(&other, 2));
	for (size_t i = 0; i < 3; i++) {
		assert_ok(crypto_random(&a, ra, sizeof(ra)));
		assert_ok(crypto_random(&b, rb, sizeof(rb)));
		assert_memory_equal(ra, rb, sizeof(ra));
		assert_ok(crypto_random(&other, rb, sizeof(rb)));
		assert_memory_not_equal(ra, rb, sizeof(ra));
		pair_generate(&pa, &a, KE_ECP_256, SPAN_EMPTY);
		pair_generate(&pb, &b, KE_ECP_256, SPAN_EMPTY);
		assert_memory_equal(pa.public, pb.public, pa.public_len);
	}
	crypto_test_free(&a);
	crypto_test_free(&b);
	crypto_test_free(&other);
}

#define CONTRACT(test)                                                                          \
	{ #test " (libcrypto)", test, setup_libcrypto, teardown_libcrypto, NULL },              \
	{ #test " (test)", test, setup_test, teardown_test, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT(every_row_is_done_and_nothing_else),
		CONTRACT(unknown_numbers_are_unsupported),
		CONTRACT(random_bytes_differ_from_call_to_call),
		CONTRACT(prf_depends_on_key_and_text_but_not_on_the_parts),
		CONTRACT(prf_plus_is_a_chain_of_prfs_cut_to_length),
		CONTRACT(sha1_depends_on_all_bytes),
		CONTRACT(both_sides_agree_on_one_secret),
		CONTRACT(bad_public_values_are_the_peers_fault),
		CONTRACT(sealed_bytes_open_to_what_they_were),
		CONTRACT(equal_blocks_look_different_when_sealed),
		CONTRACT(any_flipped_bit_fails_to_open),
		CONTRACT(another_key_does_not_open),
		CONTRACT(a_sealer_changes_its_algorithm_with_its_keys),
		CONTRACT(the_cbc_key_changes_the_ciphertext),
		cmocka_unit_test(the_test_backend_is_a_function_of_its_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
