/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "bounds.h"

#define WORD_BITS 64

enum err replay_init(struct replay *r, struct memory *m, uint32_t size)
{
	struct replay made = { .memory = m, .size = size };

	if (size > REPLAY_WINDOW_MAX)
		return ERR_LIMIT;
	if (size > 0) {
		/* One word more than the window: the word that top is in may be nearly empty. */
		made.count = 1;
		while (made.count * WORD_BITS < size + WORD_BITS)
			made.count *= 2;
		made.words = memory_alloc(m, made.count * sizeof(*made.words));
		if (!made.words)
			return ERR_MEMORY;
	}
	*r = made;
	return ERR_OK;
}

void replay_clear(struct replay *r)
{
	if (r->memory)
		memory_free(r->memory, r->words, r->count * sizeof(*r->words));
	*r = (struct replay){ 0 };
}

/* RFC4303 A2.2 */
uint64_t replay_extend(const struct replay *r, uint32_t low, bool esn)
{
	uint32_t window = r->size > 0 ? r->size : REPLAY_WINDOW_DEFAULT;
	uint32_t top_low = (uint32_t)r->top, bottom = top_low - window + 1;
	uint64_t high = r->top >> 32;

	if (!esn)
		return low;
	if (top_low >= window - 1) {
		/* The window lies within one subspace: what is below it belongs to the next. */
		if (low < bottom)
			high++;
	} else if (low >= bottom) {
		/* The window spans two: a high number belongs to the one before. */
		if (high == 0)
			return 0;
		high--;
	}
	return high > UINT32_MAX ? 0 : high << 32 | low;
}

static uint64_t *word_of(const struct replay *r, uint64_t seq)
{
	return &r->words[seq / WORD_BITS & (r->count - 1)];
}

bool replay_check(const struct replay *r, uint64_t seq)
{
	if (r->size == 0)
		return true;
	if (seq == 0) /* RFC4303 3.3.3: the first packet has number 1 */
		return false;
	if (seq > r->top)
		return true;
	if (r->top - seq >= r->size)
		return false;
	return !(*word_of(r, seq) >> seq % WORD_BITS & 1);
}

bool replay_update(struct replay *r, uint64_t seq)
{
	bool newest = seq > r->top;

	if (r->size > 0 && newest) {
		uint64_t from = r->top / WORD_BITS, to = seq / WORD_BITS;

		/* A leap over the whole ring clears each word once. */
		if (to - from > r->count)
			from = to - r->count;
		while (from < to)
			r->words[++from & (r->count - 1)] = 0;
	}
	if (newest)
		r->top = seq;
	if (r->size > 0)
		*word_of(r, seq) |= UINT64_C(1) << seq % WORD_BITS;
	return newest;
}
