/* SPDX-License-Identifier: Apache-2.0 */
#include "timers.h"

#include "require.h"

#define ARITY 4

enum err timers_init(struct timers *t, struct memory *m, uint32_t cap)
{
	REQUIRE(cap > 0);
	*t = (struct timers){ .memory = m, .cap = cap };
	t->heap = memory_alloc(m, sizeof(struct timer *) * cap);
	return t->heap ? ERR_OK : ERR_MEMORY;
}

void timers_clear(struct timers *t)
{
	if (t->memory)
		memory_free(t->memory, t->heap, sizeof(struct timer *) * t->cap);
	*t = (struct timers){ 0 };
}

static bool before(const struct timer *a, const struct timer *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct timers *t, uint32_t at, struct timer *timer)
{
	t->heap[at] = timer;
	timer->place = at + 1;
}

static void sift_up(struct timers *t, uint32_t at)
{
	struct timer *timer = t->heap[at];

	while (at > 0 && before(timer, t->heap[(at - 1) / ARITY])) {
		put(t, at, t->heap[(at - 1) / ARITY]);
		at = (at - 1) / ARITY;
	}
	put(t, at, timer);
}

static uint32_t first_child(const struct timers *t, uint32_t at)
{
	uint32_t best = at * ARITY + 1;

	for (uint32_t i = best + 1; i <= at * ARITY + ARITY && i < t->count; i++) {
		if (before(t->heap[i], t->heap[best]))
			best = i;
	}
	return best;
}

static void sift_down(struct timers *t, uint32_t at)
{
	struct timer *timer = t->heap[at];

	while (at * ARITY + 1 < t->count) {
		uint32_t child = first_child(t, at);

		if (!before(t->heap[child], timer))
			break;
		put(t, at, t->heap[child]);
		at = child;
	}
	put(t, at, timer);
}

void timers_unset(struct timers *t, struct timer *timer)
{
	uint32_t at;
	struct timer *last;

	if (!timer_is_set(timer))
		return;
	at = timer->place - 1;
	REQUIRE(at < t->count && t->heap[at] == timer);
	last = t->heap[--t->count];
	timer->place = 0;
	if (last == timer)
		return;
	put(t, at, last);
	sift_up(t, at);
	sift_down(t, last->place - 1);
}

void timers_set(struct timers *t, struct timer *timer, nanos due)
{
	timers_unset(t, timer);
	if (due == NANOS_NEVER)
		return;
	REQUIRE(t->count < t->cap);
	timer->due = due;
	timer->order = t->order++;
	put(t, t->count++, timer);
	sift_up(t, t->count - 1);
}

nanos timers_next(const struct timers *t)
{
	return t->count ? t->heap[0]->due : NANOS_NEVER;
}

struct timer *timers_pop(struct timers *t, nanos now)
{
	struct timer *timer;

	if (timers_next(t) > now || t->count == 0)
		return NULL;
	timer = t->heap[0];
	timers_unset(t, timer);
	return timer;
}
