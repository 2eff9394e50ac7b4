/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nth allocation fails, for every n, on either side, once or from then on: whatever happens, nothing is leaked, nothing stays half done, and a
 * single failure is overcome by the next retransmission.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "pair.h"

struct failing {
	unsigned count, at;
	bool for_ever, failed;
};

static void *failing_alloc(void *ctx, size_t size)
{
	struct failing *f = ctx;

	f->count++;
	if (f->at && (f->count == f->at || (f->for_ever && f->count > f->at))) {
		f->failed = true;
		return NULL;
	}
	return calloc(1, size);
}

static void failing_free(void *ctx, void *block, size_t size)
{
	(void)ctx;
	(void)size;
	free(block);
}

/* Up, traffic of time, and down, with the nth allocation after the engines' birth failing; true when it was reached. */
static bool run(unsigned n, bool on_initiator, bool for_ever)
{
	struct adit_terminate what = { .ike = "gw" };
	struct failing f = { .for_ever = for_ever };
	struct path from = { .local.ip = ip_v4(192, 0, 2, 2) };
	uint32_t matches, request;
	struct pair p;
	struct side *s;

	pair_init(&p, NULL, NULL);
	s = on_initiator ? &p.i : &p.r;
	s->memory.alloc = failing_alloc;
	s->memory.free = failing_free;
	s->memory.ctx = &f;
	f.at = n;
	if (adit_engine_initiate(p.i.engine, "gw", "net", &from, p.now, &request) == ERR_OK) {
		pair_settle(&p);
		pair_pass(&p, 40 * NANOS_SECOND);
		if (adit_engine_terminate(p.i.engine, &what, p.now, &matches, &request) == ERR_OK)
			pair_settle(&p);
	}
	pair_pass(&p, 400 * NANOS_SECOND);
	if (!for_ever) {
		assert_true(adit_engine_idle(p.i.engine));
		/* A responder whose peer has gone silently has no liveness here and keeps it, but never half an SA. */
		assert_int_equal(adit_engine_usage(p.r.engine).handshakes, 0);
		assert_int_equal(adit_engine_usage(p.r.engine).exchanges, 0);
	}
	f.at = 0;
	adit_engine_advance(p.i.engine, p.now);
	adit_engine_advance(p.r.engine, p.now);
	pair_clear(&p);
	return f.failed;
}

static void one_failed_allocation_leaves_nothing_half_done(void **state)
{
	unsigned n;

	(void)state;
	for (int side = 0; side < 2; side++) {
		for (n = 1; run(n, side, false); n++)
			;
		print_message("%u allocations\n", n - 1);
		assert_true(n > 30);
	}
}

static void no_memory_from_some_point_on_leaves_no_leak(void **state)
{
	unsigned n;

	(void)state;
	for (int side = 0; side < 2; side++) {
		for (n = 1; run(n, side, true); n++)
			;
		print_message("%u allocations\n", n - 1);
		assert_true(n > 30);
	}
}

static void a_child_sa_ended_by_force_without_memory_is_removed_when_there_is_some(void **state)
{
	struct adit_terminate what = { .child = "net", .force = true };
	uint32_t matches, request;
	struct pair p;

	(void)state;
	pair_init(&p, NULL, NULL);
	pair_initiate(&p);
	pair_settle(&p);
	assert_int_equal(p.i.installs, 1);
	/* The record of the request is a block of the engine's own; neither its datagram nor a job has room. */
	p.i.memory.limit = p.i.memory.used;
	assert_int_equal(adit_engine_terminate(p.i.engine, &what, p.now, &matches, &request), ERR_OK);
	assert_int_equal(matches, 1);
	pair_settle(&p);
	assert_int_equal(p.i.removals, 0);
	p.i.memory.limit = SIZE_MAX;
	adit_engine_advance(p.i.engine, p.now);
	pair_settle(&p);
	assert_int_equal(p.i.removals, 1);
	assert_int_equal(p.i.removed[0], p.i.installed[0]);
	pair_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_failed_allocation_leaves_nothing_half_done),
		cmocka_unit_test(no_memory_from_some_point_on_leaves_no_leak),
		cmocka_unit_test(a_child_sa_ended_by_force_without_memory_is_removed_when_there_is_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
