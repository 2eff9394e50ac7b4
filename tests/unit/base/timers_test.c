/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/timers.c, against a model that looks at every timer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timers.h"

static void timers_fire_in_the_order_of_their_deadlines(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct timer a = { 0 }, b = { 0 }, c = { 0 };
	struct timers t;

	(void)state;
	assert_int_equal(timers_init(&t, &m, 3), ERR_OK);
	assert_true(timers_next(&t) == NANOS_NEVER);
	timers_set(&t, &a, 300);
	timers_set(&t, &b, 100);
	timers_set(&t, &c, 200);
	assert_true(timers_next(&t) == 100);
	assert_null(timers_pop(&t, 99));
	assert_ptr_equal(timers_pop(&t, 100), &b);
	assert_false(timer_is_set(&b));
	assert_ptr_equal(timers_pop(&t, 1000), &c);
	assert_ptr_equal(timers_pop(&t, 1000), &a);
	assert_null(timers_pop(&t, NANOS_NEVER));
	timers_clear(&t);
	assert_int_equal(m.used, 0);
}

static void one_instant_keeps_the_order_of_setting(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct timer many[50] = { 0 };
	struct timers t;

	(void)state;
	assert_int_equal(timers_init(&t, &m, 50), ERR_OK);
	for (int i = 0; i < 50; i++)
		timers_set(&t, &many[i], 7);
	/* Setting again, even to the same instant, puts a timer last. */
	timers_set(&t, &many[10], 7);
	for (int i = 0; i < 50; i++) {
		if (i != 10)
			assert_ptr_equal(timers_pop(&t, 7), &many[i]);
	}
	assert_ptr_equal(timers_pop(&t, 7), &many[10]);
	timers_clear(&t);
}

static void a_timer_can_be_moved_and_unset(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct timer a = { 0 }, b = { 0 };
	struct timers t;

	(void)state;
	assert_int_equal(timers_init(&t, &m, 2), ERR_OK);
	timers_set(&t, &a, 10);
	timers_set(&t, &b, 20);
	timers_set(&t, &a, 30);
	assert_true(timers_next(&t) == 20);
	timers_unset(&t, &b);
	timers_unset(&t, &b);
	assert_true(timers_next(&t) == 30);
	timers_set(&t, &a, NANOS_NEVER);
	assert_false(timer_is_set(&a));
	assert_true(timers_next(&t) == NANOS_NEVER);
	timers_clear(&t);
}

static void no_memory_is_an_error(void **state)
{
	struct memory m = memory_system(10);
	struct timers t;

	(void)state;
	assert_int_equal(timers_init(&t, &m, 100), ERR_MEMORY);
	timers_clear(&t);
}

static void a_sum_of_times_stops_at_never(void **state)
{
	(void)state;
	assert_true(nanos_after(5, 6) == 11);
	assert_true(nanos_after(5, NANOS_NEVER) == NANOS_NEVER);
	assert_true(nanos_after(NANOS_NEVER, 0) == NANOS_NEVER);
	assert_true(nanos_after(NANOS_NEVER - 10, 11) == NANOS_NEVER);
	assert_true(nanos_after(NANOS_NEVER - 10, 9) == NANOS_NEVER - 1);
}

#define COUNT 100

/* Due first, and of those the one that was set first. */
static struct timer *model_first(struct timer *timers, const bool *set)
{
	struct timer *first = NULL;

	for (int i = 0; i < COUNT; i++) {
		if (!set[i])
			continue;
		if (!first || timers[i].due < first->due ||
		    (timers[i].due == first->due && timers[i].order < first->order))
			first = &timers[i];
	}
	return first;
}

static void random_use_agrees_with_a_naive_model(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct timer timers[COUNT] = { 0 }, *first;
	bool set[COUNT] = { false };
	uint64_t seed = 4711;
	nanos now = 0;
	struct timers t;

	(void)state;
	assert_int_equal(timers_init(&t, &m, COUNT), ERR_OK);
	for (int step = 0; step < 100000; step++) {
		uint32_t i;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		i = (uint32_t)(seed >> 33) % COUNT;
		first = model_first(timers, set);
		assert_true(timers_next(&t) == (first ? first->due : NANOS_NEVER));
		switch (seed >> 62) {
		case 0:
			timers_unset(&t, &timers[i]);
			set[i] = false;
			break;
		case 1:
			now += 1;
			if (first && first->due > now)
				first = NULL;
			assert_ptr_equal(timers_pop(&t, now), first);
			if (first)
				set[first - timers] = false;
			break;
		default:
			/* Few different instants, so that order within one matters. */
			timers_set(&t, &timers[i], now + (seed >> 40) % 16);
			set[i] = true;
		}
		assert_int_equal(timer_is_set(&timers[i]), set[i]);
	}
	while ((first = model_first(timers, set))) {
		assert_ptr_equal(timers_pop(&t, NANOS_NEVER), first);
		set[first - timers] = false;
	}
	assert_null(timers_pop(&t, NANOS_NEVER));
	timers_clear(&t);
	assert_int_equal(m.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_the_order_of_their_deadlines),
		cmocka_unit_test(one_instant_keeps_the_order_of_setting),
		cmocka_unit_test(a_timer_can_be_moved_and_unset),
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(a_sum_of_times_stops_at_never),
		cmocka_unit_test(random_use_agrees_with_a_naive_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
