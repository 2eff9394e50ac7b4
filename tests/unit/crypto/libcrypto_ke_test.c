/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchange against RFC 7748, 5903 and plain exponentiation, and what RFC 6989 refuses. */
#include <openssl/bn.h>
#include <openssl/err.h>

#include "vector_text.h"

#define MODP_LEN 256

/* One agreement that must succeed. */
static struct fixture_bytes agree(const struct crypto *c, uint16_t ke, struct span private,
				  struct span peer)
{
	struct fixture_bytes shared;

	assert_ok(crypto_ke_agree(c, ke, private, peer, shared.data, &shared.len));
	return shared;
}

static void assert_refused(const struct crypto *c, uint16_t ke, struct span private,
			   struct span peer)
{
	uint8_t shared[KE_SHARED_MAX] = { 0xa5 };
	size_t len = 77;

	assert_int_equal(crypto_ke_agree(c, ke, private, peer, shared, &len), ERR_KE_VALUE);
	assert_int_equal(len, 77);
	assert_int_equal(shared[0], 0xa5);
	assert_int_equal(ERR_peek_error(), 0); /* the queue is left as it was found */
}

static void x25519_gives_the_answers_of_rfc_7748_section_5(void **state)
{
	struct section all = vector_file("rfc/rfc7748-x25519.txt"), rest, test;
	size_t answers = 0;

	all.end = strstr(all.from, "X448:");
	assert_non_null(all.end);
	rest = all;
	while (section_next(&test, &rest, "Input scalar:")) {
		struct section whole = { test.from - 1, test.end };
		struct fixture_bytes k = hex_after(whole, ":");
		struct fixture_bytes u = hex_after(test, "Input u-coordinate:");
		struct fixture_bytes want = hex_after(test, "Output u-coordinate:");
		struct fixture_bytes got =
			agree(*state, KE_CURVE_25519, fixture_span(&k), fixture_span(&u));

		assert_span_equal(fixture_span(&got), fixture_span(&want));
		answers++;
	}
	assert_int_equal(answers, 2);
}

static void x25519_gives_the_answer_after_a_thousand_iterations(void **state)
{
	struct section all = vector_file("rfc/rfc7748-x25519.txt");
	struct fixture_bytes once = hex_after(all, "After one iteration:");
	struct fixture_bytes often = hex_after(all, "After 1,000 iterations:");
	struct fixture_bytes k = hex_after(all, "For X25519:"), u = k;

	for (size_t i = 0; i < 1000; i++) {
		struct fixture_bytes next =
			agree(*state, KE_CURVE_25519, fixture_span(&k), fixture_span(&u));

		u = k;
		k = next;
		if (i == 0)
			assert_span_equal(fixture_span(&k), fixture_span(&once));
	}
	assert_span_equal(fixture_span(&k), fixture_span(&often));
}

static void x25519_gives_the_answers_of_rfc_7748_section_6(void **state)
{
	struct section s = vector_file("rfc/rfc7748-x25519-dh.txt");
	struct fixture_bytes a = hex_after(s, "Alice's private key, a:");
	struct fixture_bytes a_public = hex_after(s, "Alice's public key, X25519(a, 9):");
	struct fixture_bytes b = hex_after(s, "Bob's private key, b:");
	struct fixture_bytes b_public = hex_after(s, "Bob's public key, X25519(b, 9):");
	struct fixture_bytes want = hex_after(s, "Their shared secret, K:");
	struct fixture_bytes base = { .data = { 9 }, .len = 32 }, got;

	got = agree(*state, KE_CURVE_25519, fixture_span(&a), fixture_span(&base));
	assert_span_equal(fixture_span(&got), fixture_span(&a_public));
	got = agree(*state, KE_CURVE_25519, fixture_span(&b), fixture_span(&base));
	assert_span_equal(fixture_span(&got), fixture_span(&b_public));
	got = agree(*state, KE_CURVE_25519, fixture_span(&a), fixture_span(&b_public));
	assert_span_equal(fixture_span(&got), fixture_span(&want));
	got = agree(*state, KE_CURVE_25519, fixture_span(&b), fixture_span(&a_public));
	assert_span_equal(fixture_span(&got), fixture_span(&want));
}

/* RFC 8031 2.3, RFC 7748 6.1: whatever makes the result zero. The points of small order, little-endian. */
static void x25519_refuses_points_of_small_order(void **state)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000", /* 0 */
		"0100000000000000000000000000000000000000000000000000000000000000", /* 1 */
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", /* order 8 */
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", /* order 8 */
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p - 1 */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p */
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* p + 1 */
	};
	uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX];
	size_t public_len, private_len;

	assert_ok(crypto_ke_generate(*state, KE_CURVE_25519, SPAN_EMPTY, public, &public_len,
				     private, &private_len));
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		struct fixture_bytes point = hex(points[i]);
		struct span own = span_of(private, private_len);

		assert_refused(*state, KE_CURVE_25519, own, fixture_span(&point));
		point.data[31] |= 0x80; /* RFC 7748 5: this bit is ignored */
		assert_refused(*state, KE_CURVE_25519, own, fixture_span(&point));
	}
}

struct ecp_case {
	struct fixture_bytes i, r, i_public, r_public, shared;
};

/* X | Y out of the KE payload, behind its eight octets of header */
static struct fixture_bytes ke_payload_value(struct section s, const char *label)
{
	struct fixture_bytes payload = hex_after(s, label), value = { .len = 64 };

	assert_int_equal(payload.len, 72);
	assert_int_equal(payload.data[5], KE_ECP_256);
	memcpy(value.data, payload.data + 8, 64);
	return value;
}

static struct ecp_case ecp_case_read(void)
{
	struct section s = vector_file("rfc/rfc5903-ecp-ike.txt");

	s.end = strstr(s.from, "8.2.");
	assert_non_null(s.end);
	return (struct ecp_case){
		.i = hex_after(s, "\ni:"),
		.r = hex_after(s, "\nr:"),
		.i_public = ke_payload_value(s, "The KEi payload is as follows."),
		.r_public = ke_payload_value(s, "The KEr payload is as follows."),
		.shared = hex_after(s, "girx:"),
	};
}

static void ecp_256_gives_the_answers_of_rfc_5903(void **state)
{
	struct ecp_case k = ecp_case_read();
	struct fixture_bytes got;

	got = agree(*state, KE_ECP_256, fixture_span(&k.i), fixture_span(&k.r_public));
	assert_span_equal(fixture_span(&got), fixture_span(&k.shared));
	got = agree(*state, KE_ECP_256, fixture_span(&k.r), fixture_span(&k.i_public));
	assert_span_equal(fixture_span(&got), fixture_span(&k.shared));
}

/* RFC 6989 2.3 */
static void ecp_256_refuses_points_off_the_curve(void **state)
{
	struct ecp_case k = ecp_case_read();
	struct fixture_bytes bad;

	for (size_t bit = 0; bit < 64 * 8; bit += 7) {
		bad = k.r_public;
		bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(*state, KE_ECP_256, fixture_span(&k.i), fixture_span(&bad));
	}
	bad = (struct fixture_bytes){ .len = 64 }; /* (0, 0) */
	assert_refused(*state, KE_ECP_256, fixture_span(&k.i), fixture_span(&bad));
}

static void ecp_256_refuses_coordinates_that_are_not_reduced(void **state)
{
	struct ecp_case k = ecp_case_read();
	/* x = 0 is on the curve with this y; so it must be x as such that p is refused for */
	struct fixture_bytes point = hex(
		"0000000000000000000000000000000000000000000000000000000000000000"
		"66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
	struct fixture_bytes p =
		hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
	struct fixture_bytes got =
		agree(*state, KE_ECP_256, fixture_span(&k.i), fixture_span(&point));

	assert_int_equal(got.len, 32);
	memcpy(point.data, p.data, p.len);
	assert_refused(*state, KE_ECP_256, fixture_span(&k.i), fixture_span(&point));
}

/* RFC7296 3.4 */
static void lengths_other_than_the_methods_are_refused(void **state)
{
	static const uint16_t methods[] = { KE_CURVE_25519, KE_ECP_256, KE_MODP_2048 };
	static const size_t lens[] = { 0, 1, 31, 33, 63, 65, 255, 257, KE_PUBLIC_MAX };
	uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX];
	size_t public_len, private_len;

	for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
		memset(public, 0, sizeof(public));
		assert_ok(crypto_ke_generate(*state, methods[m], SPAN_EMPTY, public, &public_len,
					     private, &private_len));
		for (size_t i = 0; i < ARRAY_LEN(lens); i++)
			assert_refused(*state, methods[m], span_of(private, private_len),
				       span_of(public, lens[i]));
	}
}

/* p of RFC 3526 3, plus delta */
static struct fixture_bytes modp_value(int delta)
{
	struct fixture_bytes b = { .len = MODP_LEN };
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL);

	assert_non_null(p);
	assert_int_equal(delta < 0 ? BN_sub_word(p, (BN_ULONG)-delta)
				   : BN_add_word(p, (BN_ULONG)delta), 1);
	assert_int_equal(BN_bn2binpad(p, b.data, MODP_LEN), MODP_LEN);
	BN_free(p);
	return b;
}

static struct fixture_bytes modp_small(uint8_t value)
{
	struct fixture_bytes b = { .len = MODP_LEN };

	b.data[MODP_LEN - 1] = value;
	return b;
}

/* base^exponent mod p, by plain arithmetic on numbers */
static struct fixture_bytes modp_power(struct span base, struct span exponent)
{
	struct fixture_bytes b = { .len = MODP_LEN };
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL), *r = BN_new();
	BIGNUM *g = BN_bin2bn(base.data, (int)base.len, NULL);
	BIGNUM *x = BN_bin2bn(exponent.data, (int)exponent.len, NULL);

	assert_true(ctx != NULL && p != NULL && r != NULL && g != NULL && x != NULL);
	assert_int_equal(BN_mod_exp(r, g, x, p, ctx), 1);
	assert_int_equal(BN_bn2binpad(r, b.data, MODP_LEN), MODP_LEN);
	BN_free(p);
	BN_free(r);
	BN_free(g);
	BN_free(x);
	BN_CTX_free(ctx);
	return b;
}

static void modp_2048_is_exponentiation_of_two(void **state)
{
	static const uint8_t two[1] = { 2 };
	uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX];
	size_t public_len, private_len, long_ones = 0;
	struct fixture_bytes other = modp_power(SPAN_ARRAY(two), span_text("a different exponent"));

	for (size_t i = 0; i < 40; i++) {
		struct fixture_bytes want, got;
		struct span own;

		assert_ok(crypto_ke_generate(*state, KE_MODP_2048, SPAN_EMPTY, public, &public_len,
					     private, &private_len));
		own = span_of(private, private_len);
		want = modp_power(SPAN_ARRAY(two), own);
		assert_span_equal(span_of(public, public_len), fixture_span(&want));
		want = modp_power(fixture_span(&other), own);
		got = agree(*state, KE_MODP_2048, own, fixture_span(&other));
		assert_span_equal(fixture_span(&got), fixture_span(&want));
		long_ones += (private[0] & 0x80) != 0 ? 1 : 0;
	}
	/* all 256 bits of the exponent are drawn: the first is neither always 0 nor always 1 */
	assert_int_equal(private_len, 32);
	assert_in_range(long_ones, 1, 39);
}

/* RFC 7296 2.14 */
static void modp_2048_pads_the_secret_to_the_modulus(void **state)
{
	uint8_t exponent[32] = { 0 };
	struct fixture_bytes three = modp_small(3), nine = modp_small(9), got;

	exponent[31] = 2;
	got = agree(*state, KE_MODP_2048, SPAN_ARRAY(exponent), fixture_span(&three));
	assert_span_equal(fixture_span(&got), fixture_span(&nine));
}

/* RFC 6989 2.1 */
static void modp_2048_takes_values_between_1_and_p_minus_1(void **state)
{
	struct fixture_bytes bad[] = { modp_small(0), modp_small(1), modp_value(-1), modp_value(0),
				       modp_value(1) };
	struct fixture_bytes good[] = { modp_small(2), modp_value(-2) };
	uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX];
	size_t public_len, private_len;

	assert_ok(crypto_ke_generate(*state, KE_MODP_2048, SPAN_EMPTY, public, &public_len, private,
				     &private_len));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_refused(*state, KE_MODP_2048, span_of(private, private_len),
			       fixture_span(&bad[i]));
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct fixture_bytes want =
			modp_power(fixture_span(&good[i]), span_of(private, private_len));
		struct fixture_bytes got =
			agree(*state, KE_MODP_2048, span_of(private, private_len),
			      fixture_span(&good[i]));

		assert_span_equal(fixture_span(&got), fixture_span(&want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LIBCRYPTO(x25519_gives_the_answers_of_rfc_7748_section_5),
		WITH_LIBCRYPTO(x25519_gives_the_answer_after_a_thousand_iterations),
		WITH_LIBCRYPTO(x25519_gives_the_answers_of_rfc_7748_section_6),
		WITH_LIBCRYPTO(x25519_refuses_points_of_small_order),
		WITH_LIBCRYPTO(ecp_256_gives_the_answers_of_rfc_5903),
		WITH_LIBCRYPTO(ecp_256_refuses_points_off_the_curve),
		WITH_LIBCRYPTO(ecp_256_refuses_coordinates_that_are_not_reduced),
		WITH_LIBCRYPTO(lengths_other_than_the_methods_are_refused),
		WITH_LIBCRYPTO(modp_2048_is_exponentiation_of_two),
		WITH_LIBCRYPTO(modp_2048_pads_the_secret_to_the_modulus),
		WITH_LIBCRYPTO(modp_2048_takes_values_between_1_and_p_minus_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
