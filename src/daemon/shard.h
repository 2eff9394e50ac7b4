/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard: one engine, its sockets and its dataplane, and the turn of their loop. Everything a shard has is in its struct; several can run.
 */
#ifndef ADIT_DAEMON_SHARD_H
#define ADIT_DAEMON_SHARD_H

#include "ah_sockets.h"
#include "dataplane.h"
#include "engine.h"
#include "log.h"
#include "loop.h"
#include "sockets.h"
#include "worker.h"

#define SHARD_PLANE_FDS 4
#define SHARD_JOBS 16 /* done a turn, so that packets and liveness go on in a storm of handshakes */

struct shard {
	struct loop *loop;
	struct log *log;
	nanos now;               /* of the turn */
	struct config *config;   /* referenced */
	struct crypto crypto;
	struct memory memory;
	struct adit_engine *engine;
	const struct dataplane_ops *ops;
	struct dataplane *plane;
	struct sockets sockets;
	struct ah_sockets ah;    /* for a dataplane that takes AH */
	struct worker worker;
	struct loop_source plane_sources[SHARD_PLANE_FDS];
	size_t plane_count;
	size_t jobs_left;        /* that this turn may still do */
	bool lost;               /* the dataplane is gone: this run is at its end */
	bool busy;               /* the next turn has work at once: jobs left over, or what a command asked for after work was done */
	bool fed;                /* an IKE datagram came that no work has followed yet */
	void (*event)(void *ctx, const struct event *event);
	void *ctx;
	uint8_t buffer[DATAGRAM_MAX];
};

/* Sockets, dataplane and engine, ready. On failure the log says why and nothing is left. */
MUST_USE enum err shard_open(struct shard *s, struct loop *loop, struct log *log, struct config *config,
			     void (*event)(void *ctx, const struct event *event), void *ctx);
/* orderly: takes down what the dataplane put into the system; otherwise what protects traffic stays. */
void shard_close(struct shard *s, bool orderly);
/* What a turn has after its datagrams: deadlines that have come, jobs, outputs, events. */
void shard_work(struct shard *s, nanos now);
/* When shard_work() is wanted next. */
nanos shard_deadline(const struct shard *s);
/* adit_engine_initiate() with our address on the way to the peer. */
MUST_USE enum err shard_initiate(struct shard *s, const char *conn, const char *child, uint32_t *ret_request);
MUST_USE enum err shard_terminate(struct shard *s, const struct adit_terminate *what, uint32_t *ret_matches, uint32_t *ret_request);
void shard_reconfigure(struct shard *s, struct config *config);

#endif
