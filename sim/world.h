/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world: the virtual clock, and everything that happens, in one total order.
 *
 * A happening is a function to be called at an instant; those of one instant run in the order in
 * which they were planned, and members' timers after them. Nothing runs outside world_step(), so a
 * run is a function of the seed and the scenario: its trace hash, over everything that was noted,
 * is the same every time. The first broken rule is kept in words (world_fail) and stops the run.
 */
#ifndef ADIT_SIM_WORLD_H
#define ADIT_SIM_WORLD_H

#include <stdio.h>

#include "random.h"
#include "timers.h"

#define WORLD_MEMBERS_MAX 16
#define WORLD_QUEUE_MAX 65536
#define WORLD_STALL_MAX 1000 /* turns of the timers within one instant; more are a loop */

struct world;

struct happening {
	nanos at;
	uint64_t order;
	void (*run)(void *ctx, uint64_t arg);
	void (*drop)(void *ctx); /* when the world ends first; NULL: nothing to release */
	void *ctx;
	uint64_t arg;
};

/* Somebody who lives by the clock: a host with an engine. */
struct member {
	nanos (*deadline)(void *ctx);
	void (*advance)(void *ctx);
	void *ctx;
};

struct world {
	nanos now;
	uint64_t seed;
	struct random random;
	struct happening *queue; /* binary heap */
	size_t queue_count, queue_cap;
	uint64_t order;
	struct member members[WORLD_MEMBERS_MAX];
	unsigned members_count;
	void (*after_step)(void *ctx); /* the checker; NULL: none */
	void *after_step_ctx;
	uint64_t hash, steps;
	nanos stall_at;
	unsigned stall;
	FILE *trace; /* NULL: quiet */
	bool failed;
	char failure[640];
};

void world_init(struct world *w, uint64_t seed);
void world_clear(struct world *w);

void world_plan(struct world *w, nanos at, void (*run)(void *ctx, uint64_t arg),
		void (*drop)(void *ctx), void *ctx, uint64_t arg);
void world_join(struct world *w, const struct member *member);

/* One happening or one timer; false when there is nothing before limit, or the run has failed. */
bool world_step(struct world *w, nanos limit);
/*
 * Steps until nothing is left before limit; the clock is then at limit, unless the run has failed.
 */
void world_run(struct world *w, nanos limit);
/* Steps until done(ctx); false when it did not come true by limit. */
bool world_run_until(struct world *w, bool (*done)(void *ctx), void *ctx, nanos limit);

/* Into the trace hash, and in words to the trace. */
void world_note(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_note_bytes(struct world *w, struct span bytes);
/* Keeps the first failure. */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
