/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/text.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text.h"

static void words_and_numbers_follow_each_other(void **state)
{
	char buffer[96];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	text_put(&t, "n=");
	text_u64(&t, 0);
	text_char(&t, ' ');
	text_u64(&t, UINT64_MAX);
	text_putn(&t, " abcdef", 3);
	text_char(&t, ' ');
	text_hex64(&t, 0xbeef, 6);
	text_char(&t, ' ');
	text_hex(&t, span_of("\x00\xff\x10", 3));
	assert_string_equal(buffer, "n=0 18446744073709551615 ab 00beef 00ff10");
	assert_int_equal(t.len, strlen(buffer));
	assert_false(t.cut);
}

static void what_does_not_fit_is_cut_and_still_terminated(void **state)
{
	char buffer[6] = "zzzzz";
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	text_put(&t, "abcde");
	assert_false(t.cut);
	text_char(&t, 'f');
	assert_true(t.cut);
	assert_string_equal(buffer, "abcde");
}

static void the_part_that_fits_is_kept(void **state)
{
	char buffer[4];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	text_put(&t, "abcdefgh");
	assert_string_equal(buffer, "abc");
	assert_true(t.cut);
}

static void a_buffer_of_one_holds_the_terminator(void **state)
{
	char buffer[1] = { 'x' };
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	assert_int_equal(buffer[0], 0);
	text_put(&t, "a");
	assert_int_equal(buffer[0], 0);
	assert_true(t.cut);
}

static void hex_of_a_number_keeps_its_low_digits(void **state)
{
	char buffer[32];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	text_hex64(&t, UINT64_C(0x123456789abcdef0), 16);
	text_char(&t, ' ');
	text_hex64(&t, 0x12345, 2);
	assert_string_equal(buffer, "123456789abcdef0 45");
}

static void bytes_of_a_stranger_cannot_leave_their_line(void **state)
{
	char buffer[64];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	text_peer(&t, span_of("a b\n\"\\\x7f\x80\0~", 10));
	assert_string_equal(buffer, "a b\\x0a\\x22\\x5c\\x7f\\x80\\x00~");
}

static void every_byte_of_a_stranger_is_printable(void **state)
{
	char buffer[5];

	(void)state;
	for (int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		struct text t = TEXT_ARRAY(buffer);

		text_peer(&t, span_of(&byte, 1));
		assert_false(t.cut);
		for (size_t i = 0; i < t.len; i++)
			assert_in_range(buffer[i], 0x20, 0x7e);
		assert_null(strchr(buffer, '"'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_numbers_follow_each_other),
		cmocka_unit_test(what_does_not_fit_is_cut_and_still_terminated),
		cmocka_unit_test(the_part_that_fits_is_kept),
		cmocka_unit_test(a_buffer_of_one_holds_the_terminator),
		cmocka_unit_test(hex_of_a_number_keeps_its_low_digits),
		cmocka_unit_test(bytes_of_a_stranger_cannot_leave_their_line),
		cmocka_unit_test(every_byte_of_a_stranger_is_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
