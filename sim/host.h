/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host: an engine with a shell around it: the loop of engine.h on the virtual clock.
 *
 * Owns the engine, its memory, its crypto backend and its dataplane's books. The backend is wrapped
 * so that public-key work inside an engine call fails the world: such work has to leave as a job.
 * Outputs are checked on their way: a response that announces an ESP SPI finds it installed (RFC
 * 7296 1.2).
 */
#ifndef ADIT_SIM_HOST_H
#define ADIT_SIM_HOST_H

#include "engine.h"
#include "jobs.h"
#include "network.h"
#include "plane.h"

#define HOST_REQUESTS_MAX 256
#define HOST_LIVES_MAX 512

struct host_env {
	struct world *world;
	struct network *network;
	struct sniffer *sniffer;
	struct coverage *coverage;
};

/* Between the engine and the real backend. */
struct guard {
	struct crypto inner;
	struct crypto_ops ops;
	struct host *host;
};

struct host_request {
	uint32_t id;
	bool done;
	enum err err;
};

/* An IKE or Child SA as its events tell it. */
struct host_life {
	uint32_t unique;
	bool child, up, down;
};

struct host {
	struct host_env env;
	const char *name;
	struct ip ip;
	unsigned station;
	bool libcrypto;
	struct guard guard;
	struct crypto crypto; /* what the engine gets: guard's */
	struct memory memory;
	struct config *config;
	struct adit_engine *engine;
	unsigned generation;  /* of the engine: grows when the host reboots */
	bool inside;          /* an engine call is running */
	unsigned lazy;        /* permille of calls after which jobs are taken only later */
	bool jobs_left;       /* and some are waiting for that */
	bool lean;            /* memory has been short: events may be missing */
	struct plane plane;
	struct sim_jobs jobs;
	struct host_request requests[HOST_REQUESTS_MAX];
	size_t requests_count;
	struct host_life lives[HOST_LIVES_MAX];
	size_t lives_count;
	unsigned ike_ups, ike_downs, child_ups, child_downs, diagnoses, paths;
	/* Sealed messages with an error notify that it sent, and those that held more than one. */
	unsigned refusals, wordy_refusals;
	uint16_t last_refusal;
	enum err last_down;
	struct diagnosis diagnosis; /* the last */
};

/* config is referenced. libcrypto: the real backend, else the test backend from seed. */
void host_init(struct host *h, const struct host_env *env, const char *name, const struct ip *ip,
	       struct config *config, bool libcrypto, uint64_t seed);
void host_clear(struct host *h);
/* A crash: the engine and the dataplane's state are gone, and a new engine starts. */
void host_reboot(struct host *h);

/* What the engine says to it at once; how it ends is in the request. */
enum err host_initiate(struct host *h, const char *conn, const char *child, uint32_t *ret_request);
enum err host_terminate(struct host *h, const struct adit_terminate *what);
void host_shutdown(struct host *h);
void host_moved(struct host *h, uint32_t spi_in, const struct endpoint *remote);
void host_complete(struct host *h, job_id id, const struct job_result *result);
/* NULL: not known. */
const struct host_request *host_request(const struct host *h, uint32_t id);
/* The only request was successful. */
bool host_succeeded(const struct host *h);
unsigned host_established(const struct host *h);
unsigned host_children(const struct host *h);
uint64_t host_counter(const struct host *h, const char *name);

#endif
