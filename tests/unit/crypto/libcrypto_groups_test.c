/* SPDX-License-Identifier: Apache-2.0 */
/* Every group against the RFC that has numbers of it, and every refusal of RFC 6989 2 and 8031 3.2. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "vector_text.h"

/* len bytes out of the hex digits behind the label, however the lines break them. */
static struct fixture_bytes number_after(struct section s, const char *label, size_t len)
{
	struct fixture_bytes b = { .len = len };
	const char *at = label_find(s, label);
	size_t digits = 0;

	if (at == NULL)
		fail_msg("no %s", label);
	at += strspn(at, " \t\r\n=:");
	for (; digits < 2 * len && at < s.end; at++) {
		if (is_gap(*at))
			continue;
		assert_true(hex_digit(*at) >= 0);
		b.data[digits / 2] = (uint8_t)(b.data[digits / 2] << 4 | hex_digit(*at));
		digits++;
	}
	assert_int_equal(digits, 2 * len);
	return b;
}

static struct fixture_bytes joined(struct fixture_bytes a, struct fixture_bytes b)
{
	memcpy(a.data + a.len, b.data, b.len);
	a.len += b.len;
	return a;
}

static struct section part_of(struct section all, const char *from, const char *end)
{
	struct section s = { label_find(all, from), all.end };

	if (s.from == NULL)
		fail_msg("no part %s", from);
	if (end != NULL) {
		s.end = strstr(s.from, end);
		assert_non_null(s.end);
	}
	return s;
}

static void assert_agrees(const struct crypto *c, uint16_t ke, const struct fixture_bytes *private,
			  const struct fixture_bytes *peer, const struct fixture_bytes *want)
{
	uint8_t shared[KE_SHARED_MAX];
	size_t len = 0;

	assert_ok(crypto_ke_agree(c, ke, fixture_span(private), fixture_span(peer), shared, &len));
	assert_span_equal(span_of(shared, len), fixture_span(want));
}

static void assert_refused(const struct crypto *c, uint16_t ke, struct span private,
			   const struct fixture_bytes *peer)
{
	uint8_t shared[KE_SHARED_MAX] = { 0xa5 };
	size_t len = 77;

	assert_int_equal(crypto_ke_agree(c, ke, private, fixture_span(peer), shared, &len),
			 ERR_KE_VALUE);
	assert_int_equal(len, 77);
	assert_int_equal(shared[0], 0xa5);
	assert_int_equal(ERR_peek_error(), 0);
}

static void ecp_check(const struct crypto *c, uint16_t ke, struct section s, size_t len,
		      const char *z)
{
	struct fixture_bytes a = number_after(s, "dA", len), b = number_after(s, "dB", len);
	struct fixture_bytes qa = joined(number_after(s, "x_qA", len), number_after(s, "y_qA", len));
	struct fixture_bytes qb = joined(number_after(s, "x_qB", len), number_after(s, "y_qB", len));
	struct fixture_bytes want = number_after(s, z, len);

	assert_agrees(c, ke, &a, &qb, &want);
	assert_agrees(c, ke, &b, &qa, &want);
}

/* RFC6954 2: X and Y, and the x coordinate of the result */
static void brainpool_gives_the_answers_of_rfc_6954(void **state)
{
	struct section all = vector_file("rfc/rfc6954-brainpool-ike.txt");

	ecp_check(*state, KE_BRAINPOOL_224, part_of(all, "A.1.", "A.2."), 28, "x_Z");
	ecp_check(*state, KE_BRAINPOOL_256, part_of(all, "A.2.", "A.3."), 32, "x_Z");
	ecp_check(*state, KE_BRAINPOOL_384, part_of(all, "A.3.", "A.4."), 48, "x_Z");
	ecp_check(*state, KE_BRAINPOOL_512, part_of(all, "A.4.", NULL), 64, "x_Z");
}

static void ecp_gives_the_answers_of_rfc_5114(void **state)
{
	struct section all = vector_file("rfc/rfc5114-dh-22-24.txt");

	ecp_check(*state, KE_ECP_192, part_of(all, "A.4.", "A.5."), 24, "x_Z");
	ecp_check(*state, KE_ECP_224, part_of(all, "A.5.", "A.6."), 28, "x_Z");
	ecp_check(*state, KE_ECP_256, part_of(all, "A.6.", "A.7."), 32, "x_Z");
	ecp_check(*state, KE_ECP_384, part_of(all, "A.7.", "A.8."), 48, "x_Z");
	ecp_check(*state, KE_ECP_521, part_of(all, "A.8.", NULL), 66, "x_Z");
}

static void ecp_gives_the_answers_of_rfc_5903(void **state)
{
	static const struct {
		const char *from, *end;
		uint16_t ke;
		size_t len;
	} parts[] = {
		{ "8.1.", "8.2.", KE_ECP_256, 32 },
		{ "8.2.", "8.3.", KE_ECP_384, 48 },
		{ "8.3.", NULL, KE_ECP_521, 66 },
	};
	struct section all = vector_file("rfc/rfc5903-ecp-ike.txt");

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct section s = part_of(all, parts[i].from, parts[i].end);
		size_t len = parts[i].len;
		struct fixture_bytes own = number_after(s, "\ni:", len);
		struct fixture_bytes peer =
			joined(number_after(s, "\ngrx:", len), number_after(s, "\ngry:", len));
		struct fixture_bytes want = number_after(s, "\ngirx:", len);

		assert_agrees(*state, parts[i].ke, &own, &peer, &want);
	}
}

/* RFC5114 A.1 to A.3 */
static void modp_with_subgroups_gives_the_answers_of_rfc_5114(void **state)
{
	static const struct {
		const char *from, *end;
		uint16_t ke;
		size_t private, public;
	} parts[] = {
		{ "A.1.", "A.2.", KE_MODP_1024_160, 20, 128 },
		{ "A.2.", "A.3.", KE_MODP_2048_224, 28, 256 },
		{ "A.3.", "A.4.", KE_MODP_2048_256, 32, 256 },
	};
	struct section all = vector_file("rfc/rfc5114-dh-22-24.txt");

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct section s = part_of(all, parts[i].from, parts[i].end);
		struct fixture_bytes a = number_after(s, "xA =", parts[i].private);
		struct fixture_bytes b = number_after(s, "xB =", parts[i].private);
		struct fixture_bytes ya = number_after(s, "yA =", parts[i].public);
		struct fixture_bytes yb = number_after(s, "yB =", parts[i].public);
		struct fixture_bytes want = number_after(s, "Z  =", parts[i].public);

		assert_agrees(*state, parts[i].ke, &a, &yb, &want);
		assert_agrees(*state, parts[i].ke, &b, &ya, &want);
	}
}

/* RFC8031 2: little-endian, as X25519 has it */
static void x25519_gives_the_answer_of_rfc_8031(void **state)
{
	struct section s = vector_file("rfc/rfc8031-x25519-x448-ike.txt");
	struct fixture_bytes own = number_after(s, "fixed_i =", 32);
	struct fixture_bytes peer = number_after(s, "pub_r = X25519(d_r, G) =", 32);
	struct fixture_bytes want = hex("c7495060 7a12327f 3204d94b 6825bfb0 68b7f831 9a9e3708 ed3d43ce 8130c950");

	assert_agrees(*state, KE_CURVE_25519, &own, &peer, &want);
}

static void x448_gives_the_answers_of_rfc_7748(void **state)
{
	struct section all = vector_file("rfc/rfc7748-x25519.txt"), rest, test;
	struct fixture_bytes once, often, k, u;
	size_t answers = 0;

	rest = part_of(all, "X448:", "The second type");
	while (section_next(&test, &rest, "Input scalar:")) {
		struct section whole = { test.from - 1, test.end };
		struct fixture_bytes scalar = number_after(whole, ":", 56);
		struct fixture_bytes in = number_after(test, "Input u-coordinate:", 56);
		struct fixture_bytes want = number_after(test, "Output u-coordinate:", 56);

		assert_agrees(*state, KE_CURVE_448, &scalar, &in, &want);
		answers++;
	}
	assert_int_equal(answers, 2);
	k = u = number_after(all, "For X448:", 56);
	rest = part_of(all, "For X448:", NULL);
	rest = part_of(rest, "   X448:", NULL);
	once = number_after(rest, "After one iteration:", 56);
	often = number_after(rest, "After 1,000 iterations:", 56);
	for (size_t i = 0; i < 1000; i++) {
		struct fixture_bytes next;

		assert_ok(crypto_ke_agree(*state, KE_CURVE_448, fixture_span(&k), fixture_span(&u),
					  next.data, &next.len));
		u = k;
		k = next;
		if (i == 0)
			assert_span_equal(fixture_span(&k), fixture_span(&once));
	}
	assert_span_equal(fixture_span(&k), fixture_span(&often));
}

/* RFC8031 3.2, RFC7748 6.2: whatever makes the result zero */
static void x448_refuses_points_of_small_order(void **state)
{
	static const char *const points[] = {
		"00000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000", /* 0 */
		"01000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000", /* 1 */
		"feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"feffffffffffffffffffffffffffffffffffffffffffffffffffffff", /* p - 1 */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"feffffffffffffffffffffffffffffffffffffffffffffffffffffff", /* p */
		"00000000000000000000000000000000000000000000000000000000"
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffff", /* p + 1 */
	};
	uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX];
	size_t public_len, private_len;

	assert_ok(crypto_ke_generate(*state, KE_CURVE_448, SPAN_EMPTY, public, &public_len, private,
				     &private_len));
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		struct fixture_bytes point = hex(points[i]);

		assert_int_equal(point.len, 56);
		assert_refused(*state, KE_CURVE_448, span_of(private, private_len), &point);
	}
}

/* RFC6989 2.3 */
static void every_curve_refuses_points_off_it(void **state)
{
	size_t curves = 0;

	for (uint16_t id = KE_ECP_256; id <= KE_BRAINPOOL_512; id++) {
		uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX];
		size_t len, private_len;
		struct fixture_bytes bad;

		if (id >= KE_MODP_1024_160 && id <= KE_MODP_2048_256)
			continue;
		assert_ok(crypto_ke_generate(*state, id, SPAN_EMPTY, public, &len, private,
					     &private_len));
		for (size_t bit = 0; bit < 8 * len; bit += 37) {
			bad.len = len;
			memcpy(bad.data, public, len);
			bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_refused(*state, id, span_of(private, private_len), &bad);
		}
		bad = (struct fixture_bytes){ .len = len }; /* (0, 0) */
		assert_refused(*state, id, span_of(private, private_len), &bad);
		memset(bad.data, 0xff, len); /* not reduced */
		assert_refused(*state, id, span_of(private, private_len), &bad);
		curves++;
	}
	assert_int_equal(curves, 3 + 6);
}

/* A MODP group's numbers, from the library's tables. */
struct modp {
	uint16_t ke;
	const char *group; /* NULL: 1024 bits of RFC 2409 */
	BIGNUM *p, *q;
};

static struct modp modp_open(uint16_t ke, const char *group)
{
	struct modp m = { .ke = ke, .group = group };
	char name[32];
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (group == NULL) {
		m.p = BN_get_rfc2409_prime_1024(NULL);
		m.q = BN_dup(m.p);
		assert_int_equal(BN_rshift1(m.q, m.p), 1);
		return m;
	}
	assert_true(snprintf(name, sizeof(name), "%s", group) < (int)sizeof(name));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	assert_non_null(ctx);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &m.p), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, &m.q), 1);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	return m;
}

static void modp_close(struct modp *m)
{
	BN_free(m->p);
	BN_free(m->q);
}

static struct fixture_bytes modp_bytes(const struct modp *m, const BIGNUM *n)
{
	struct fixture_bytes b = { .len = (size_t)BN_num_bytes(m->p) };

	assert_int_equal(BN_bn2binpad(n, b.data, (int)b.len), b.len);
	return b;
}

/* p + delta, or delta alone */
static struct fixture_bytes modp_near(const struct modp *m, bool from_p, int delta)
{
	BIGNUM *n = BN_new();
	struct fixture_bytes b;

	assert_non_null(n);
	if (from_p)
		assert_non_null(BN_copy(n, m->p));
	assert_int_equal(delta < 0 ? BN_sub_word(n, (BN_ULONG)-delta)
				   : BN_add_word(n, (BN_ULONG)delta), 1);
	b = modp_bytes(m, n);
	BN_free(n);
	return b;
}

static struct fixture_bytes modp_power(const struct modp *m, BN_ULONG base, const BIGNUM *exponent)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *r = BN_new(), *g = BN_new();
	struct fixture_bytes b;

	assert_true(ctx != NULL && r != NULL && g != NULL);
	assert_int_equal(BN_set_word(g, base), 1);
	assert_int_equal(BN_mod_exp(r, g, exponent, m->p, ctx), 1);
	b = modp_bytes(m, r);
	BN_free(r);
	BN_free(g);
	BN_CTX_free(ctx);
	return b;
}

static const struct {
	uint16_t ke;
	const char *group;
	size_t bits;
} modps[] = {
	{ KE_MODP_1024, NULL, 256 },	     { KE_MODP_1536, "modp_1536", 256 },
	{ KE_MODP_2048, "modp_2048", 256 },  { KE_MODP_3072, "modp_3072", 320 },
	{ KE_MODP_4096, "modp_4096", 384 },  { KE_MODP_6144, "modp_6144", 448 },
	{ KE_MODP_8192, "modp_8192", 512 },
};

/* RFC6989 2.1: 1 < y < p - 1 */
static void every_safe_prime_group_takes_values_between_1_and_p_minus_1(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(modps); i++) {
		struct modp m = modp_open(modps[i].ke, modps[i].group);
		struct fixture_bytes bad[] = { modp_near(&m, false, 0), modp_near(&m, false, 1),
					       modp_near(&m, true, -1), modp_near(&m, true, 0) };
		struct fixture_bytes public = { 0 }, two = modp_near(&m, false, 2), want;
		struct fixture_bytes edge = modp_near(&m, true, -2);
		uint8_t private[KE_PRIVATE_MAX], shared[KE_SHARED_MAX];
		size_t len, shared_len;
		BIGNUM *x;

		assert_ok(crypto_ke_generate(*state, m.ke, SPAN_EMPTY, public.data, &public.len,
					     private, &len));
		assert_int_equal(8 * len, modps[i].bits);
		x = BN_bin2bn(private, (int)len, NULL);
		assert_non_null(x);
		want = modp_power(&m, 2, x);
		assert_span_equal(fixture_span(&public), fixture_span(&want));
		assert_ok(crypto_ke_agree(*state, m.ke, span_of(private, len), fixture_span(&two),
					  shared, &shared_len));
		assert_span_equal(span_of(shared, shared_len), fixture_span(&want));
		assert_ok(crypto_ke_agree(*state, m.ke, span_of(private, len), fixture_span(&edge),
					  shared, &shared_len));
		for (size_t n = 0; n < ARRAY_LEN(bad); n++)
			assert_refused(*state, m.ke, span_of(private, len), &bad[n]);
		BN_clear_free(x);
		modp_close(&m);
	}
}

/* RFC6989 2.2: what is outside the subgroup of order q is refused, whatever the exponent */
static void groups_with_small_subgroups_refuse_what_is_outside(void **state)
{
	static const struct {
		uint16_t ke;
		const char *group;
	} groups[] = {
		{ KE_MODP_1024_160, "dh_1024_160" },
		{ KE_MODP_2048_224, "dh_2048_224" },
		{ KE_MODP_2048_256, "dh_2048_256" },
	};

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		struct modp m = modp_open(groups[i].ke, groups[i].group);
		struct fixture_bytes bad[] = {
			modp_near(&m, false, 0), modp_near(&m, false, 1), modp_near(&m, true, -1),
			modp_near(&m, true, 0),	 modp_near(&m, false, 2), /* not in the subgroup */
			modp_power(&m, 2, m.q),	 /* of an order that divides (p - 1) / q */
			{ .len = 0 },		 /* -y: of order 2q */
		};
		struct fixture_bytes public = { 0 };
		uint8_t private[KE_PRIVATE_MAX], shared[KE_SHARED_MAX];
		size_t len, shared_len;
		BIGNUM *y;

		assert_ok(crypto_ke_generate(*state, m.ke, SPAN_EMPTY, public.data, &public.len,
					     private, &len));
		assert_int_equal(len, BN_num_bytes(m.q));
		y = BN_bin2bn(public.data, (int)public.len, NULL);
		assert_true(y != NULL && BN_sub(y, m.p, y) == 1);
		bad[ARRAY_LEN(bad) - 1] = modp_bytes(&m, y);
		for (size_t n = 0; n < ARRAY_LEN(bad); n++)
			assert_refused(*state, m.ke, span_of(private, len), &bad[n]);
		assert_ok(crypto_ke_agree(*state, m.ke, span_of(private, len),
					  fixture_span(&public), shared, &shared_len));
		BN_free(y);
		modp_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LIBCRYPTO(brainpool_gives_the_answers_of_rfc_6954),
		WITH_LIBCRYPTO(ecp_gives_the_answers_of_rfc_5114),
		WITH_LIBCRYPTO(ecp_gives_the_answers_of_rfc_5903),
		WITH_LIBCRYPTO(modp_with_subgroups_gives_the_answers_of_rfc_5114),
		WITH_LIBCRYPTO(x25519_gives_the_answer_of_rfc_8031),
		WITH_LIBCRYPTO(x448_gives_the_answers_of_rfc_7748),
		WITH_LIBCRYPTO(x448_refuses_points_of_small_order),
		WITH_LIBCRYPTO(every_curve_refuses_points_off_it),
		WITH_LIBCRYPTO(every_safe_prime_group_takes_values_between_1_and_p_minus_1),
		WITH_LIBCRYPTO(groups_with_small_subgroups_refuse_what_is_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
