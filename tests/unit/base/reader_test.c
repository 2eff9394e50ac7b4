/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/reader.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reader.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void integers_are_big_endian(void **state)
{
	struct reader r = reader_of(SPAN_ARRAY(bytes));

	(void)state;
	assert_int_equal(reader_u8(&r), 0x01);
	assert_int_equal(reader_u16(&r), 0x0203);
	assert_int_equal(reader_u32(&r), 0x04050607);
	assert_true(reader_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_int_equal(reader_end(&r), ERR_OK);
}

static void a_short_read_fails_for_good(void **state)
{
	struct reader r = reader_of(span_of(bytes, 3));

	(void)state;
	assert_int_equal(reader_u32(&r), 0);
	assert_false(reader_ok(&r));
	assert_int_equal(reader_left(&r), 0);
	/* The three bytes that were there do not come back. */
	assert_int_equal(reader_u8(&r), 0);
	assert_int_equal(reader_take(&r, 1).len, 0);
	assert_int_equal(reader_rest(&r).len, 0);
	assert_int_equal(reader_end(&r), ERR_TRUNCATED);
}

static void every_integer_fails_one_byte_short(void **state)
{
	struct reader r8 = reader_of(SPAN_EMPTY), r16 = reader_of(span_of(bytes, 1));
	struct reader r32 = reader_of(span_of(bytes, 3)), r64 = reader_of(span_of(bytes, 7));

	(void)state;
	assert_int_equal(reader_u8(&r8), 0);
	assert_int_equal(reader_u16(&r16), 0);
	assert_int_equal(reader_u32(&r32), 0);
	assert_true(reader_u64(&r64) == 0);
	assert_false(reader_ok(&r8) || reader_ok(&r16) || reader_ok(&r32) || reader_ok(&r64));
}

static void left_over_bytes_are_an_error_of_their_own(void **state)
{
	struct reader r = reader_of(SPAN_ARRAY(bytes));

	(void)state;
	reader_skip(&r, 14);
	assert_int_equal(reader_end(&r), ERR_TRAILING);
	reader_skip(&r, 1);
	assert_int_equal(reader_end(&r), ERR_OK);
	reader_skip(&r, 1);
	assert_int_equal(reader_end(&r), ERR_TRUNCATED);
}

static void a_taken_span_borrows_from_the_source(void **state)
{
	struct reader r = reader_of(SPAN_ARRAY(bytes));
	struct span taken;

	(void)state;
	reader_skip(&r, 2);
	taken = reader_take(&r, 4);
	assert_ptr_equal(taken.data, bytes + 2);
	assert_int_equal(taken.len, 4);
	assert_int_equal(reader_take(&r, 0).len, 0);
	assert_true(reader_ok(&r));
	taken = reader_rest(&r);
	assert_ptr_equal(taken.data, bytes + 6);
	assert_int_equal(taken.len, 9);
	assert_int_equal(reader_rest(&r).len, 0);
	assert_int_equal(reader_end(&r), ERR_OK);
}

static void a_huge_length_does_not_wrap(void **state)
{
	struct reader r = reader_of(SPAN_ARRAY(bytes));

	(void)state;
	reader_skip(&r, 5);
	assert_int_equal(reader_take(&r, SIZE_MAX).len, 0);
	assert_false(reader_ok(&r));
}

static void a_sub_reader_ends_where_it_was_told(void **state)
{
	struct reader r = reader_of(SPAN_ARRAY(bytes)), sub = reader_sub(&r, 2);

	(void)state;
	assert_int_equal(reader_u16(&sub), 0x0102);
	assert_int_equal(reader_u8(&sub), 0);
	assert_int_equal(reader_end(&sub), ERR_TRUNCATED);
	assert_true(reader_ok(&r));
	assert_int_equal(reader_u8(&r), 3);
}

static void a_sub_reader_past_the_end_fails_with_its_parent(void **state)
{
	struct reader r = reader_of(span_of(bytes, 4)), sub = reader_sub(&r, 5);

	(void)state;
	assert_false(reader_ok(&r));
	assert_false(reader_ok(&sub));
	assert_int_equal(reader_end(&sub), ERR_TRUNCATED);
}

static void nothing_reads_as_nothing(void **state)
{
	struct reader r = reader_of(SPAN_EMPTY);

	(void)state;
	assert_int_equal(reader_rest(&r).len, 0);
	assert_int_equal(reader_end(&r), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(a_short_read_fails_for_good),
		cmocka_unit_test(every_integer_fails_one_byte_short),
		cmocka_unit_test(left_over_bytes_are_an_error_of_their_own),
		cmocka_unit_test(a_taken_span_borrows_from_the_source),
		cmocka_unit_test(a_huge_length_does_not_wrap),
		cmocka_unit_test(a_sub_reader_ends_where_it_was_told),
		cmocka_unit_test(a_sub_reader_past_the_end_fails_with_its_parent),
		cmocka_unit_test(nothing_reads_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
