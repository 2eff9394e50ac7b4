/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/span.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "span.h"

static void equality_is_of_length_and_bytes(void **state)
{
	(void)state;
	assert_true(span_equal(span_text("abc"), span_text("abc")));
	assert_false(span_equal(span_text("abc"), span_text("abd")));
	assert_false(span_equal(span_text("abc"), span_text("ab")));
	assert_true(span_equal(SPAN_EMPTY, span_text("")));
}

static void head_and_tail_split_and_never_reach_past_the_end(void **state)
{
	struct span s = span_text("hello");

	(void)state;
	assert_true(span_equal(span_head(s, 2), span_text("he")));
	assert_true(span_equal(span_tail(s, 2), span_text("llo")));
	assert_int_equal(span_head(s, 99).len, 5);
	assert_int_equal(span_tail(s, 5).len, 0);
	assert_int_equal(span_tail(s, SIZE_MAX).len, 0);
	assert_int_equal(span_head(SPAN_EMPTY, 1).len, 0);
	assert_int_equal(span_tail(SPAN_EMPTY, 0).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_is_of_length_and_bytes),
		cmocka_unit_test(head_and_tail_split_and_never_reach_past_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
