/* SPDX-License-Identifier: Apache-2.0 */
/* world: the virtual clock and the queue of happenings. */
#include "world.h"

#include <stdarg.h>
#include <stdlib.h>

#include "require.h"

void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){
		.now = NANOS_SECOND, /* not zero: instants of the engine use zero for "not yet" */
		.seed = seed,
		.random = random_of(seed),
		.hash = UINT64_C(0xcbf29ce484222325),
	};
}

void world_clear(struct world *w)
{
	for (size_t i = 0; i < w->queue_count; i++) {
		if (w->queue[i].drop)
			w->queue[i].drop(w->queue[i].ctx);
	}
	free(w->queue);
	w->queue = NULL;
	w->queue_count = w->queue_cap = 0;
}

static bool happening_before(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void world_plan(struct world *w, nanos at, void (*run)(void *ctx, uint64_t arg),
		void (*drop)(void *ctx), void *ctx, uint64_t arg)
{
	struct happening h = { at, w->order++, run, drop, ctx, arg };
	size_t i = w->queue_count;

	REQUIRE(at >= w->now);
	REQUIRE(w->queue_count < WORLD_QUEUE_MAX);
	if (w->queue_count == w->queue_cap) {
		w->queue_cap = w->queue_cap ? 2 * w->queue_cap : 64;
		w->queue = reallocarray(w->queue, w->queue_cap, sizeof(*w->queue));
		REQUIRE(w->queue != NULL);
	}
	w->queue_count++;
	for (; i > 0 && happening_before(&h, &w->queue[(i - 1) / 2]); i = (i - 1) / 2)
		w->queue[i] = w->queue[(i - 1) / 2];
	w->queue[i] = h;
}

static struct happening happening_take(struct world *w)
{
	struct happening first = w->queue[0];
	struct happening last = w->queue[--w->queue_count];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= w->queue_count)
			break;
		if (child + 1 < w->queue_count &&
		    happening_before(&w->queue[child + 1], &w->queue[child]))
			child++;
		if (!happening_before(&w->queue[child], &last))
			break;
		w->queue[i] = w->queue[child];
		i = child;
	}
	w->queue[i] = last;
	return first;
}

void world_join(struct world *w, const struct member *member)
{
	REQUIRE(w->members_count < WORLD_MEMBERS_MAX);
	w->members[w->members_count++] = *member;
}

/* An engine whose deadline stays in the past would stop the clock for ever. */
static void world_watch_stall(struct world *w)
{
	if (w->stall_at != w->now) {
		w->stall_at = w->now;
		w->stall = 0;
	}
	if (++w->stall > WORLD_STALL_MAX)
		world_fail(w, "the timers turn %u times within one instant", w->stall);
}

bool world_step(struct world *w, nanos limit)
{
	nanos due = w->queue_count > 0 ? w->queue[0].at : NANOS_NEVER;
	struct member *who = NULL;

	if (w->failed)
		return false;
	for (unsigned i = 0; i < w->members_count; i++) {
		nanos deadline = w->members[i].deadline(w->members[i].ctx);

		if (deadline < w->now)
			deadline = w->now;
		if (deadline < due) {
			due = deadline;
			who = &w->members[i];
		}
	}
	if (due == NANOS_NEVER || due > limit)
		return false;
	w->now = due;
	w->steps++;
	if (who) {
		world_watch_stall(w);
		who->advance(who->ctx);
	} else {
		struct happening h = happening_take(w);

		h.run(h.ctx, h.arg);
	}
	if (w->after_step && !w->failed)
		w->after_step(w->after_step_ctx);
	return true;
}

void world_run(struct world *w, nanos limit)
{
	while (world_step(w, limit))
		;
	if (!w->failed && w->now < limit)
		w->now = limit;
}

bool world_run_until(struct world *w, bool (*done)(void *ctx), void *ctx, nanos limit)
{
	while (!done(ctx)) {
		if (!world_step(w, limit)) {
			if (!w->failed && w->now < limit)
				w->now = limit;
			return done(ctx);
		}
	}
	return true;
}

void world_note_bytes(struct world *w, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		w->hash = (w->hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
}

void world_note(struct world *w, const char *format, ...)
{
	char line[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	REQUIRE(len >= 0);
	world_note_bytes(w, span_of(&w->now, sizeof(w->now)));
	world_note_bytes(w, span_text(line));
	if (w->trace)
		fprintf(w->trace, "%10.6f %s\n", (double)w->now / 1e9, line);
}

void world_fail(struct world *w, const char *format, ...)
{
	va_list args;
	int len;

	if (w->failed)
		return;
	w->failed = true;
	len = snprintf(w->failure, sizeof(w->failure), "at %.6f s: ", (double)w->now / 1e9);
	REQUIRE(len > 0 && (size_t)len < sizeof(w->failure));
	va_start(args, format);
	vsnprintf(w->failure + len, sizeof(w->failure) - (size_t)len, format, args);
	va_end(args);
	if (w->trace)
		fprintf(w->trace, "FAILED %s\n", w->failure);
}
