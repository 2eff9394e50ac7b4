/* SPDX-License-Identifier: Apache-2.0 */
/* explore: ranges of seeds. */
#include "explore.h"

#include <inttypes.h>
#include <time.h>

#define FAILURES_MAX 10

static void replay_print(const struct explore *e, uint64_t seed, const char *failure)
{
	printf("%s seed %" PRIu64 ": %s\n  replay: adit-sim --scenario %s --seed %" PRIu64
	       "%s --trace\n",
	       e->script->name, seed, failure, e->script->name, seed,
	       e->libcrypto ? " --libcrypto" : "");
}

static bool seed_play(const struct explore *e, uint64_t seed)
{
	struct bench_options options = { .seed = seed, .libcrypto = e->libcrypto,
					 .coverage = e->coverage,
					 .trace = e->trace ? stdout : NULL };
	struct outcome first = script_play(e->script, &options), again;

	if (!first.passed) {
		replay_print(e, seed, first.failure);
		return false;
	}
	if (!e->twice)
		return true;
	again = script_play(e->script, &options);
	if (!again.passed || again.hash != first.hash) {
		replay_print(e, seed, "a second run of the same seed differs");
		return false;
	}
	return true;
}

uint64_t explore_run(const struct explore *e)
{
	uint64_t count = e->count ? e->count :
			 e->script->variants ? e->script->variants : e->script->by_default;
	uint64_t failures = 0, played = 0;
	clock_t start = clock();

	for (; played < count && failures < FAILURES_MAX; played++)
		failures += !seed_play(e, e->first + played);
	printf("%-10s %6" PRIu64 " of %" PRIu64 " seeds%s, %" PRIu64 " failed, %.1f s\n",
	       e->script->name, played, count, e->libcrypto ? " with libcrypto" : "", failures,
	       (double)(clock() - start) / CLOCKS_PER_SEC);
	fflush(stdout);
	return failures;
}
