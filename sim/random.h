/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random: the simulator's only source of chance.
 *
 * One generator a world, started from the seed. Whoever draws from it outside the world's total
 * order of happenings breaks the replay of seeds. Never a source of keys.
 */
#ifndef ADIT_SIM_RANDOM_H
#define ADIT_SIM_RANDOM_H

#include "span.h"

struct random {
	uint64_t state;
};

struct random random_of(uint64_t seed);
uint64_t random_u64(struct random *r);
/* 0 … bound - 1; bound is above zero. */
uint64_t random_below(struct random *r, uint64_t bound);
/* True in permille of 1000 cases; draws nothing when permille is zero. */
bool random_chance(struct random *r, unsigned permille);

#endif
