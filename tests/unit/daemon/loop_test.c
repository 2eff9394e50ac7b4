/* SPDX-License-Identifier: Apache-2.0 */
/* loop: who is called when, and who is not called any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "clock.h"
#include "loop.h"

struct fixture {
	struct loop loop;
	struct watched {
		struct loop_source source;
		int out;
		unsigned calls;
		struct fixture *owner;
		struct watched *removes;
	} a, b;
};

static void on_ready(void *ctx, int fd, uint32_t events)
{
	struct watched *w = ctx;

	assert_int_equal(fd, w->source.fd);
	assert_true(events & EPOLLIN);
	w->calls++;
	if (w->removes)
		loop_remove(&w->owner->loop, &w->removes->source);
}

static void watched_open(struct fixture *f, struct watched *w)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	w->source = (struct loop_source){ .fd = ends[0], .ready = on_ready, .ctx = w };
	w->out = ends[1];
	w->owner = f;
	assert_int_equal(loop_add(&f->loop, &w->source, EPOLLIN), ERR_OK);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(loop_init(&f->loop), ERR_OK);
	watched_open(f, &f->a);
	watched_open(f, &f->b);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->a.source.fd);
	close(f->a.out);
	close(f->b.source.fd);
	close(f->b.out);
	loop_clear(&f->loop);
	free(f);
	return 0;
}

static void feed(const struct watched *w)
{
	assert_int_equal(write(w->out, "x", 1), 1);
}

static void turn(struct fixture *f, nanos deadline)
{
	assert_int_equal(loop_wait(&f->loop, deadline, clock_now()), ERR_OK);
	loop_serve(&f->loop);
}

static void only_what_is_ready_is_served_and_again_until_it_is_read(void **state)
{
	struct fixture *f = *state;
	char c;

	feed(&f->a);
	turn(f, NANOS_NEVER);
	turn(f, NANOS_NEVER);
	assert_int_equal(f->a.calls, 2);
	assert_int_equal(f->b.calls, 0);
	assert_int_equal(read(f->a.source.fd, &c, 1), 1);
	turn(f, 0);
	assert_int_equal(f->a.calls, 2);
}

static void a_deadline_ends_the_sleep_and_not_before(void **state)
{
	struct fixture *f = *state;
	nanos due = clock_now() + 20 * NANOS_MILLI;

	turn(f, due);
	assert_true(clock_now() >= due);
	assert_int_equal(f->a.calls + f->b.calls, 0);
	/* and a second one works as well */
	due = clock_now() + 5 * NANOS_MILLI;
	turn(f, due);
	assert_true(clock_now() >= due);
}

static void a_deadline_in_the_past_only_looks(void **state)
{
	struct fixture *f = *state;

	turn(f, 1);
	feed(&f->b);
	turn(f, 1);
	assert_int_equal(f->b.calls, 1);
}

static void a_deadline_that_was_taken_back_wakes_nobody(void **state)
{
	struct fixture *f = *state;
	nanos before;

	feed(&f->a);
	turn(f, clock_now() + 5 * NANOS_MILLI);
	before = clock_now();
	loop_remove(&f->loop, &f->a.source);
	turn(f, before + 40 * NANOS_MILLI);
	assert_true(clock_now() >= before + 40 * NANOS_MILLI);
}

static void what_is_removed_in_a_turn_is_not_called_in_it(void **state)
{
	struct fixture *f = *state;

	f->a.removes = &f->b;
	f->b.removes = &f->a;
	feed(&f->a);
	feed(&f->b);
	turn(f, NANOS_NEVER);
	assert_int_equal(f->a.calls + f->b.calls, 1);
	turn(f, 0);
	assert_int_equal(f->a.calls + f->b.calls, 2);
}

static void what_is_not_wanted_now_is_not_served_now(void **state)
{
	struct fixture *f = *state;

	feed(&f->a);
	loop_change(&f->loop, &f->a.source, 0);
	turn(f, 0);
	assert_int_equal(f->a.calls, 0);
	loop_change(&f->loop, &f->a.source, EPOLLIN);
	turn(f, 0);
	assert_int_equal(f->a.calls, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_is_ready_is_served_and_again_until_it_is_read),
		TEST(a_deadline_ends_the_sleep_and_not_before),
		TEST(a_deadline_in_the_past_only_looks),
		TEST(a_deadline_that_was_taken_back_wakes_nobody),
		TEST(what_is_removed_in_a_turn_is_not_called_in_it),
		TEST(what_is_not_wanted_now_is_not_served_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
