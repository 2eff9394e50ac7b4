/* SPDX-License-Identifier: Apache-2.0 */
/* random: splitmix64. */
#include "random.h"

#include "require.h"

struct random random_of(uint64_t seed)
{
	return (struct random){ .state = seed ^ UINT64_C(0x6a09e667f3bcc909) };
}

uint64_t random_u64(struct random *r)
{
	uint64_t z;

	r->state += UINT64_C(0x9e3779b97f4a7c15);
	z = r->state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t random_below(struct random *r, uint64_t bound)
{
	REQUIRE(bound > 0);
	return random_u64(r) % bound;
}

bool random_chance(struct random *r, unsigned permille)
{
	return permille > 0 && random_below(r, 1000) < permille;
}
