/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scripts: what happens in a run, as rows.
 *
 * A script builds its hosts on an empty bench, does things, says what has to come of them with
 * EXPECT(), and closes the bench. Its seed is its variant: an exhaustive script has as many
 * variants as there are cases, a random one as many as anybody asks for. So `adit-sim --scenario
 * NAME --seed N` replays any run of any test.
 */
#ifndef ADIT_SIM_SCRIPTS_H
#define ADIT_SIM_SCRIPTS_H

#include "bench.h"
#include "checker.h"

struct script {
	const char *name;
	const char *about;
	void (*run)(struct bench *b);
	uint64_t variants;   /* 0: any number */
	uint64_t by_default; /* how many when nobody says, if any number */
};

struct outcome {
	bool passed;
	uint64_t hash;
	char failure[640];
};

/* NULL past the end. */
const struct script *script_at(size_t index);
const struct script *script_find(const char *name);
/* One run; the seed of options is its variant. */
struct outcome script_play(const struct script *script, const struct bench_options *options);

#define EXPECT(b, cond)                                                                    \
	do {                                                                               \
		if (!(cond))                                                               \
			world_fail(&(b)->world, "%s:%d: not so: %s", __func__, __LINE__, #cond); \
	} while (0)

extern const struct script losses_single_script, losses_pair_script, damages_script,
	faults_script, shortages_script, matches_script, adversary_script, imposter_script,
	flood_script, certificates_script, fragments_script, fragment_flood_script,
	mix_script;

/* For scripts: the usual two hosts, waiting, ending. */
struct pair {
	struct host *left, *right; /* left initiates */
};
struct pair pair_new(struct bench *b, const struct setup *left, const struct setup *right);
/* left initiates; true when its request was successful within limit. */
bool pair_connect(struct bench *b, struct pair *p, nanos limit);
bool pair_idle_wait(struct bench *b, struct pair *p, nanos limit);

#endif
