/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/secret.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "secret.h"

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void a_secret_holds_a_copy(void **state)
{
	uint8_t key[] = { 1, 2, 3 };
	struct secret s = { 0 };

	(void)state;
	secret_set(&s, SPAN_ARRAY(key));
	key[0] = 9;
	assert_int_equal(s.len, 3);
	assert_true(secret_equal(secret_span(&s), span_of("\x01\x02\x03", 3)));
	secret_clear(&s);
}

static void a_shorter_key_leaves_nothing_of_the_longer_one(void **state)
{
	uint8_t key[SECRET_MAX];
	struct secret s = { 0 };

	(void)state;
	memset(key, 0xee, sizeof(key));
	secret_set(&s, SPAN_ARRAY(key));
	assert_int_equal(s.len, SECRET_MAX);
	secret_set(&s, span_of(key, 1));
	assert_int_equal(s.len, 1);
	assert_true(all_zero(s.bytes + 1, SECRET_MAX - 1));
}

static void clearing_wipes_every_byte(void **state)
{
	struct secret s = { 0 };

	(void)state;
	secret_set(&s, span_text("correct horse battery staple"));
	secret_clear(&s);
	assert_int_equal(s.len, 0);
	assert_true(all_zero(s.bytes, sizeof(s.bytes)));
	secret_set(&s, SPAN_EMPTY);
	assert_int_equal(s.len, 0);
}

static void equality_sees_every_bit(void **state)
{
	uint8_t a[33] = { 0 }, b[33] = { 0 };

	(void)state;
	assert_true(secret_equal(SPAN_ARRAY(a), SPAN_ARRAY(b)));
	for (size_t bit = 0; bit < 8 * sizeof(b); bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(secret_equal(SPAN_ARRAY(a), SPAN_ARRAY(b)));
		b[bit / 8] = 0;
	}
	assert_false(secret_equal(SPAN_ARRAY(a), span_of(b, 32)));
	assert_true(secret_equal(SPAN_EMPTY, span_of(b, 0)));
}

static void wiping_stops_at_its_length(void **state)
{
	uint8_t bytes[] = { 1, 2, 3, 4 };

	(void)state;
	secret_wipe(bytes, 0);
	assert_int_equal(bytes[0], 1);
	secret_wipe(bytes, 3);
	assert_true(all_zero(bytes, 3));
	assert_int_equal(bytes[3], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_holds_a_copy),
		cmocka_unit_test(a_shorter_key_leaves_nothing_of_the_longer_one),
		cmocka_unit_test(clearing_wipes_every_byte),
		cmocka_unit_test(equality_sees_every_bit),
		cmocka_unit_test(wiping_stops_at_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
