/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "window.h"

static void the_next_request_is_new_and_others_are_foreign(void **state)
{
	struct window w = { .recv_next = 5 };

	(void)state;
	assert_int_equal(window_judge(&w, 5, 1), WINDOW_NEW);
	assert_int_equal(window_judge(&w, 4, 1), WINDOW_FOREIGN);
	assert_int_equal(window_judge(&w, 6, 1), WINDOW_FOREIGN);
	assert_int_equal(window_judge(&w, 0, 1), WINDOW_FOREIGN);
	assert_int_equal(window_judge(&w, UINT32_MAX, 1), WINDOW_FOREIGN);
}

/* RFC7296 2.1: a retransmission is the same to the bit; what has its ID and other bytes is not one. */
static void an_answered_request_is_repeated_only_with_the_same_bytes(void **state)
{
	struct memory m = memory_system(SIZE_MAX);
	struct window w = { .recv_next = 5 };

	(void)state;
	assert_int_equal(window_answered(&w, &m, 77, span_text("answer")), ERR_OK);
	assert_int_equal(w.recv_next, 6);
	assert_int_equal(window_judge(&w, 5, 77), WINDOW_REPEATED);
	assert_int_equal(window_judge(&w, 5, 78), WINDOW_FOREIGN);
	assert_int_equal(window_judge(&w, 6, 77), WINDOW_NEW);
	assert_int_equal(window_answered(&w, &m, 79, span_text("next")), ERR_OK);
	assert_int_equal(window_judge(&w, 5, 77), WINDOW_FOREIGN);
	window_clear(&w, &m);
	assert_int_equal(m.used, 0);
}

static void an_answer_that_cannot_be_kept_changes_nothing(void **state)
{
	struct memory m = memory_system(4);
	struct window w = { .recv_next = 5 };

	(void)state;
	assert_int_equal(window_answered(&w, &m, 77, span_text("answer")), ERR_MEMORY);
	assert_int_equal(w.recv_next, 5);
	assert_int_equal(window_judge(&w, 5, 77), WINDOW_NEW);
	assert_int_equal(window_judge(&w, 4, 77), WINDOW_FOREIGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_request_is_new_and_others_are_foreign),
		cmocka_unit_test(an_answered_request_is_repeated_only_with_the_same_bytes),
		cmocka_unit_test(an_answer_that_cannot_be_kept_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
