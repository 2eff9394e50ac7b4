/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/writer.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "writer.h"

static void integers_are_big_endian(void **state)
{
	static const uint8_t want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 42 };
	uint8_t buffer[32];
	struct writer w = writer_of(buffer, sizeof(buffer));

	(void)state;
	writer_u8(&w, 0x01);
	writer_u16(&w, 0x0203);
	writer_u32(&w, 0x04050607);
	writer_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	writer_zero(&w, 2);
	writer_put(&w, span_of("*", 1));
	assert_int_equal(writer_end(&w), ERR_OK);
	assert_true(span_equal(writer_span(&w), SPAN_ARRAY(want)));
}

static void an_exact_fit_is_no_overflow(void **state)
{
	uint8_t buffer[8];
	struct writer w = writer_of(buffer, sizeof(buffer));

	(void)state;
	writer_u64(&w, 1);
	assert_int_equal(writer_end(&w), ERR_OK);
	writer_u8(&w, 1);
	assert_int_equal(writer_end(&w), ERR_SPACE);
}

static void after_an_overflow_nothing_more_is_written(void **state)
{
	uint8_t buffer[4] = { 9, 9, 9, 9 };
	struct writer w = writer_of(buffer, 3);

	(void)state;
	writer_u16(&w, 0x0102);
	writer_u16(&w, 0x0304); /* does not fit */
	writer_u8(&w, 5);       /* would, but the message is broken already */
	assert_int_equal(w.len, 2);
	assert_null(writer_room(&w, 1));
	writer_zero(&w, 1);
	writer_put(&w, span_of("x", 1));
	assert_int_equal(writer_end(&w), ERR_SPACE);
	assert_int_equal(buffer[2], 9);
	assert_int_equal(buffer[3], 9);
}

static void an_empty_put_is_always_possible(void **state)
{
	uint8_t buffer[1];
	struct writer w = writer_of(buffer, 0);

	(void)state;
	writer_put(&w, SPAN_EMPTY);
	writer_zero(&w, 0);
	assert_int_equal(writer_end(&w), ERR_OK);
}

static void a_mark_is_filled_in_later(void **state)
{
	static const uint8_t want[] = { 0xab, 0, 9, 0, 1, 0, 0, 7, 7 };
	uint8_t buffer[16];
	struct writer w = writer_of(buffer, sizeof(buffer));
	size_t short_mark, long_mark;

	(void)state;
	writer_u8(&w, 0);
	short_mark = writer_mark16(&w);
	long_mark = writer_mark32(&w);
	writer_u16(&w, 0x0707);
	writer_patch16(&w, short_mark, w.len);
	writer_patch32(&w, long_mark, 0x00010000);
	writer_patch8(&w, 0, 0xab);
	assert_int_equal(writer_end(&w), ERR_OK);
	assert_true(span_equal(writer_span(&w), SPAN_ARRAY(want)));
}

static void a_length_past_16_bits_is_an_overflow(void **state)
{
	uint8_t buffer[8];
	struct writer w = writer_of(buffer, sizeof(buffer));
	size_t mark = writer_mark16(&w);

	(void)state;
	writer_patch16(&w, mark, 65535);
	assert_int_equal(writer_end(&w), ERR_OK);
	writer_patch16(&w, mark, 65536);
	assert_int_equal(writer_end(&w), ERR_SPACE);
}

static void a_patch_after_an_overflow_is_ignored(void **state)
{
	uint8_t buffer[2] = { 0 };
	struct writer w = writer_of(buffer, sizeof(buffer));
	size_t mark;

	(void)state;
	writer_u8(&w, 1);
	mark = writer_mark16(&w); /* overflows, so the mark is no place at all */
	writer_patch16(&w, mark, 0x0202);
	assert_int_equal(writer_end(&w), ERR_SPACE);
	assert_int_equal(buffer[0], 1);
	assert_int_equal(buffer[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(an_exact_fit_is_no_overflow),
		cmocka_unit_test(after_an_overflow_nothing_more_is_written),
		cmocka_unit_test(an_empty_put_is_always_possible),
		cmocka_unit_test(a_mark_is_filled_in_later),
		cmocka_unit_test(a_length_past_16_bits_is_an_overflow),
		cmocka_unit_test(a_patch_after_an_overflow_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
