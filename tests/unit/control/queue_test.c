/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "queue.h"

static void bytes_come_out_as_they_went_in_whatever_the_pieces(void **state)
{
	struct memory m = memory_system(SIZE_MAX);
	struct queue q = queue_of(&m, 100000);
	uint8_t piece[977];
	uint8_t put = 0, taken = 0;
	size_t waiting = 0;

	(void)state;
	for (unsigned round = 1; round < 3000; round++) {
		size_t in = (round * 7919u) % sizeof(piece), out;

		for (size_t i = 0; i < in && waiting + in <= q.max; i++)
			piece[i] = put++;
		if (waiting + in <= q.max) {
			assert_int_equal(queue_put(&q, span_of(piece, in)), ERR_OK);
			waiting += in;
		} else {
			assert_int_equal(queue_put(&q, span_of(piece, in)), ERR_LIMIT);
		}
		assert_int_equal(queue_span(&q).len, waiting);
		out = (round * 104729u) % 900;
		if (out > waiting)
			out = waiting;
		for (size_t i = 0; i < out; i++)
			assert_int_equal(queue_span(&q).data[i], taken++);
		queue_take(&q, out);
		waiting -= out;
	}
	assert_true(m.peak < 400000);
	queue_clear(&q);
	assert_int_equal(m.used, 0);
}

static void a_put_that_does_not_fit_changes_nothing(void **state)
{
	struct memory m = memory_system(SIZE_MAX);
	struct queue q = queue_of(&m, 4);

	(void)state;
	assert_int_equal(queue_put(&q, span_text("abc")), ERR_OK);
	assert_int_equal(queue_put(&q, span_text("de")), ERR_LIMIT);
	assert_true(span_equal(queue_span(&q), span_text("abc")));
	assert_int_equal(queue_put(&q, span_text("d")), ERR_OK);
	assert_int_equal(queue_put(&q, span_text("e")), ERR_LIMIT);
	assert_true(span_equal(queue_span(&q), span_text("abcd")));
	queue_clear(&q);
}

static void no_memory_leaves_what_waits(void **state)
{
	struct memory m = memory_system(5000);
	struct queue q = queue_of(&m, 100000);
	uint8_t large[5000] = { 0 };

	(void)state;
	assert_int_equal(queue_put(&q, span_text("abc")), ERR_OK);
	assert_int_equal(queue_put(&q, SPAN_ARRAY(large)), ERR_MEMORY);
	assert_true(span_equal(queue_span(&q), span_text("abc")));
	queue_clear(&q);
}

static void an_empty_queue_holds_no_memory(void **state)
{
	struct memory m = memory_system(SIZE_MAX);
	struct queue q = queue_of(&m, 100);

	(void)state;
	assert_int_equal(queue_put(&q, SPAN_EMPTY), ERR_OK);
	assert_int_equal(m.used, 0);
	assert_int_equal(queue_put(&q, span_text("abc")), ERR_OK);
	assert_true(m.used > 0);
	queue_take(&q, 3);
	assert_int_equal(m.used, 0);
	assert_int_equal(queue_span(&q).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_out_as_they_went_in_whatever_the_pieces),
		cmocka_unit_test(a_put_that_does_not_fit_changes_nothing),
		cmocka_unit_test(no_memory_leaves_what_waits),
		cmocka_unit_test(an_empty_queue_holds_no_memory),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
