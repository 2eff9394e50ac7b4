/* SPDX-License-Identifier: Apache-2.0 */
/* bench: makes, closes and judges one run. */
#include "bench.h"

#include <stdlib.h>

#include "checker.h"
#include "entropy.h"
#include "require.h"

#define CLOSE_MAX (20 * 60 * NANOS_SECOND) /* the longest retransmission and tombstone fit well */

static void bench_after_step(void *ctx)
{
	checker_step(ctx);
}

void bench_init(struct bench *b, const struct bench_options *options)
{
	enum err err;

	*b = (struct bench){ .options = *options };
	world_init(&b->world, options->seed);
	b->world.trace = options->trace;
	(void)entropy_begin(options->seed);
	err = options->libcrypto ? crypto_libcrypto_new(&b->crypto) :
				   crypto_test_new(&b->crypto, ~options->seed);
	REQUIRE(err == ERR_OK);
	sniffer_init(&b->sniffer, &b->world, options->coverage, &b->crypto);
	network_init(&b->network, &b->world, &b->sniffer, options->coverage);
	b->world.after_step = bench_after_step;
	b->world.after_step_ctx = b;
}

struct host *bench_host_at(struct bench *b, const char *name, const struct ip *ip,
			   const struct setup *setup)
{
	struct host_env env = { &b->world, &b->network, &b->sniffer, b->options.coverage };
	struct config *config = setup_load(setup);
	struct host *h = malloc(sizeof(*h));

	REQUIRE(h != NULL && b->hosts_count < BENCH_HOSTS_MAX);
	host_init(h, &env, name, ip, config, b->options.libcrypto,
		  b->options.seed * BENCH_HOSTS_MAX + b->hosts_count + 1);
	config_unref(config);
	b->hosts[b->hosts_count++] = h;
	return h;
}

struct host *bench_host(struct bench *b, const char *name, const struct setup *setup)
{
	struct ip ip;
	enum err err = ip_parse(&ip, setup->local);

	REQUIRE(err == ERR_OK);
	return bench_host_at(b, name, &ip, setup);
}

void bench_run(struct bench *b, nanos duration)
{
	world_run(&b->world, b->world.now + duration);
}

static bool bench_quiet(void *ctx)
{
	struct bench *b = ctx;

	for (unsigned i = 0; i < b->hosts_count; i++) {
		if (!adit_engine_idle(b->hosts[i]->engine) ||
		    adit_engine_usage(b->hosts[i]->engine).tombstones > 0)
			return false;
	}
	return b->world.queue_count == 0;
}

void bench_close(struct bench *b)
{
	nanos limit;

	b->network.faults = (struct network_faults){ .latency = 10 * NANOS_MILLI };
	memset(b->network.mask, 0, sizeof(b->network.mask));
	for (unsigned i = 0; i < b->hosts_count && !b->world.failed; i++) {
		b->hosts[i]->jobs.faults = (struct job_faults){ .usual_max = 2 * NANOS_MILLI };
		b->hosts[i]->jobs.rule.on = false;
		b->hosts[i]->lazy = 0;
		host_shutdown(b->hosts[i]);
	}
	/* What waits for a job that never comes must end without it. */
	limit = b->world.now + CLOSE_MAX / 2;
	(void)world_run_until(&b->world, bench_quiet, b, limit);
	for (unsigned i = 0; i < b->hosts_count; i++)
		sim_jobs_release(&b->hosts[i]->jobs);
	limit = b->world.now + CLOSE_MAX;
	if (!world_run_until(&b->world, bench_quiet, b, limit))
		checker_idle(b);
	checker_closed(b);
}

bool bench_clear(struct bench *b, char *failure, size_t failure_size, uint64_t *ret_hash)
{
	bool passed;

	for (unsigned i = 0; i < b->hosts_count; i++)
		host_clear(b->hosts[i]);
	passed = !b->world.failed;
	snprintf(failure, failure_size, "%s", b->world.failure);
	*ret_hash = b->world.hash;
	if (b->options.coverage) {
		b->options.coverage->runs++;
		b->options.coverage->steps += b->world.steps;
	}
	network_clear(&b->network);
	world_clear(&b->world);
	for (unsigned i = 0; i < b->hosts_count; i++)
		free(b->hosts[i]);
	sniffer_clear(&b->sniffer);
	if (b->options.libcrypto)
		crypto_libcrypto_free(&b->crypto);
	else
		crypto_test_free(&b->crypto);
	return passed;
}
