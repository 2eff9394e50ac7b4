/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timers: deadlines on a clock that somebody else reads.
 *
 * `nanos` is time since any fixed point, given by the caller; nothing here reads a clock. Timers
 * that are due at the same instant fire in the order they were set, so that a run is a function of
 * its inputs. A 4-ary heap: setting, moving and clearing cost O(log n), the next deadline O(1).
 */
#ifndef ADIT_BASE_TIMERS_H
#define ADIT_BASE_TIMERS_H

#include "memory.h"

typedef uint64_t nanos;

#define NANOS_NEVER UINT64_MAX
#define NANOS_SECOND UINT64_C(1000000000)
#define NANOS_MILLI UINT64_C(1000000)

/* Embedded in its owner. Zero-filled means not set. */
struct timer {
	nanos due;
	uint64_t order;
	uint32_t place; /* index in the heap + 1; 0 when not set */
	uint16_t kind;  /* the owner's: what to do */
	uint32_t slot;  /* the owner's: whose it is */
};

struct timers {
	struct memory *memory;
	struct timer **heap;
	uint32_t count, cap;
	uint64_t order;
};

MUST_USE enum err timers_init(struct timers *t, struct memory *m, uint32_t cap);
void timers_clear(struct timers *t);
/* Sets or moves. There is room for cap timers; more is a broken requirement, because every timer
 * belongs to a record of a counted slab. NANOS_NEVER unsets. */
void timers_set(struct timers *t, struct timer *timer, nanos due);
void timers_unset(struct timers *t, struct timer *timer);
/* NANOS_NEVER when none is set. */
nanos timers_next(const struct timers *t);
/* Unsets and gives the first timer due at or before now, or NULL. */
struct timer *timers_pop(struct timers *t, nanos now);

static inline bool timer_is_set(const struct timer *timer)
{
	return timer->place != 0;
}

/* Sums that stop at NANOS_NEVER instead of wrapping. */
static inline nanos nanos_after(nanos now, nanos wait)
{
	return wait >= NANOS_NEVER - now ? NANOS_NEVER : now + wait;
}

#endif
