/* SPDX-License-Identifier: Apache-2.0 */
/* scripts: the rows, and what scripts share. */
#include "scripts.h"

const struct script *script_at(size_t index)
{
	static const struct script *const rows[] = {
		&losses_single_script, &losses_pair_script, &damages_script, &faults_script,
		&shortages_script, &matches_script, &certificates_script, &fragments_script,
		&fragment_flood_script, &adversary_script, &imposter_script, &flood_script,
		&mix_script,
	};

	return index < ARRAY_LEN(rows) ? rows[index] : NULL;
}

const struct script *script_find(const char *name)
{
	const struct script *script;

	for (size_t i = 0; (script = script_at(i)) != NULL; i++) {
		if (strcmp(script->name, name) == 0)
			return script;
	}
	return NULL;
}

struct outcome script_play(const struct script *script, const struct bench_options *options)
{
	static struct bench b; /* large; one run at a time */
	struct outcome outcome;

	bench_init(&b, options);
	script->run(&b);
	outcome.passed = bench_clear(&b, outcome.failure, sizeof(outcome.failure), &outcome.hash);
	return outcome;
}

struct pair pair_new(struct bench *b, const struct setup *left, const struct setup *right)
{
	return (struct pair){ bench_host(b, "left", left), bench_host(b, "right", right) };
}

struct wanted {
	struct host *host;
	uint32_t request;
};

static bool request_ended(void *ctx)
{
	const struct wanted *wanted = ctx;
	const struct host_request *r = host_request(wanted->host, wanted->request);

	return r && r->done;
}

bool pair_connect(struct bench *b, struct pair *p, nanos limit)
{
	struct wanted wanted = { .host = p->left };

	EXPECT(b, host_initiate(p->left, "gw", "net", &wanted.request) == ERR_OK);
	if (!world_run_until(&b->world, request_ended, &wanted, b->world.now + limit))
		return false;
	return host_request(p->left, wanted.request)->err == ERR_OK;
}

static bool pair_is_idle(void *ctx)
{
	const struct pair *p = ctx;

	return adit_engine_idle(p->left->engine) && adit_engine_idle(p->right->engine);
}

bool pair_idle_wait(struct bench *b, struct pair *p, nanos limit)
{
	return world_run_until(&b->world, pair_is_idle, p, b->world.now + limit);
}
