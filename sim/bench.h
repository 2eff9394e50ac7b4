/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench: one run: a world, its network, a sniffer on it, and the hosts under test.
 *
 * Owns all of them, checks after every step (checker.h), and closes a run so that nothing may be
 * left. A run is made by bench_init(), bench_host() for each engine, the scenario's doings,
 * bench_close(), and bench_clear(), which gives the verdict.
 */
#ifndef ADIT_SIM_BENCH_H
#define ADIT_SIM_BENCH_H

#include "host.h"
#include "setup.h"

#define BENCH_HOSTS_MAX 4

struct bench_options {
	uint64_t seed;
	bool libcrypto;
	struct coverage *coverage; /* NULL: not counted */
	FILE *trace;               /* NULL: quiet */
};

struct bench {
	struct world world;
	struct network network;
	struct sniffer sniffer;
	struct bench_options options;
	struct crypto crypto; /* the sniffer's and the scripted peers' */
	struct host *hosts[BENCH_HOSTS_MAX];
	unsigned hosts_count;
};

void bench_init(struct bench *b, const struct bench_options *options);
struct host *bench_host(struct bench *b, const char *name, const struct setup *setup);
/* A host of that configuration at another address (behind a NAT box). */
struct host *bench_host_at(struct bench *b, const char *name, const struct ip *ip,
			   const struct setup *setup);
void bench_run(struct bench *b, nanos duration);
/* Faults end; every engine shuts down; every job comes back at last; then nothing may be left. */
void bench_close(struct bench *b);
/*
 * What went wrong into failure (at least 640 bytes); true when nothing did. *ret_hash is the
 * trace's.
 */
bool bench_clear(struct bench *b, char *failure, size_t failure_size, uint64_t *ret_hash);

#endif
