/* SPDX-License-Identifier: Apache-2.0 */
/* main: the command adit-sim. */
#include <stdlib.h>

#include "explore.h"
#include "require.h"

static const char usage[] =
	"adit-sim [--scenario NAME] [--seed N] [--count M] [--libcrypto] [--twice] [--trace]\n"
	"         [--coverage]\n"
	"  Without --scenario all of them run, and --count is of those at random alone; without\n"
	"  --seed from seed 0, without --count as many as the scenario has. --seed alone plays\n"
	"  one. --twice plays each seed twice and compares.\n"
	"  --coverage prints what was met, and fails for what should have been and was not.\n";

struct wishes {
	const char *scenario;
	uint64_t seed, count;
	bool seeded, libcrypto, twice, trace, coverage;
};

static bool number_parse(const char *text, uint64_t *ret)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	*ret = strtoull(text, &end, 10);
	return *end == '\0';
}

static bool wishes_parse(struct wishes *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--libcrypto") == 0) {
			w->libcrypto = true;
		} else if (strcmp(argv[i], "--twice") == 0) {
			w->twice = true;
		} else if (strcmp(argv[i], "--trace") == 0) {
			w->trace = true;
		} else if (strcmp(argv[i], "--coverage") == 0) {
			w->coverage = true;
		} else if (strcmp(argv[i], "--scenario") == 0 && value) {
			w->scenario = value;
			i++;
		} else if (strcmp(argv[i], "--seed") == 0 && number_parse(value, &w->seed)) {
			w->seeded = true;
			i++;
		} else if (strcmp(argv[i], "--count") == 0 && number_parse(value, &w->count)) {
			i++;
		} else {
			return false;
		}
	}
	return !w->scenario || script_find(w->scenario);
}

static void scenarios_print(void)
{
	const struct script *script;

	for (size_t i = 0; (script = script_at(i)) != NULL; i++)
		fprintf(stderr, "  %-10s %s\n", script->name, script->about);
}

int main(int argc, char **argv)
{
	struct wishes w = { 0 };
	struct coverage *coverage = calloc(1, sizeof(*coverage));
	const struct script *script;
	uint64_t failures = 0;

	REQUIRE(coverage != NULL);
	if (!wishes_parse(&w, argc, argv)) {
		fputs(usage, stderr);
		scenarios_print();
		free(coverage);
		return 2;
	}
	for (size_t i = 0; (script = script_at(i)) != NULL; i++) {
		struct explore e = { .script = script, .first = w.seed, .count = w.count,
				     .libcrypto = w.libcrypto, .twice = w.twice, .trace = w.trace,
				     .coverage = coverage };

		if (w.scenario && strcmp(w.scenario, script->name) != 0)
			continue;
		if (w.seeded && w.count == 0)
			e.count = 1;
		if (!w.scenario && script->variants && !w.seeded)
			e.count = script->variants; /* what can be exhausted is */
		failures += explore_run(&e);
	}
	if (w.coverage) {
		coverage_print(coverage, stdout);
		failures += !coverage_complete(coverage, stdout);
	}
	free(coverage);
	return failures ? 1 : 0;
}
