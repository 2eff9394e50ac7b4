/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: struct adit_engine, for the engine's own files.
 */
#ifndef ADIT_IKE_STATE_H
#define ADIT_IKE_STATE_H

#include "child.h"
#include "engine.h"
#include "exchange.h"
#include "feature/cookie.h"
#include "handshake.h"
#include "jobs.h"
#include "map.h"
#include "report.h"
#include "request.h"
#include "require.h"
#include "sa.h"
#include "slab.h"
#include "spi.h"
#include "tombstone.h"

enum timer_kind {
	TIMER_EXCHANGE = 1, /* slot of the exchange */
	TIMER_HALF_OPEN,    /* slot of the SA, as in the rest */
	TIMER_LIVENESS,
	TIMER_KEEPALIVE,
	TIMER_FORGET,       /* the cached response */
	TIMER_FRAGMENTS,    /* a message that does not become whole */
	TIMER_TOMBSTONE,    /* slot of the tombstone */
	TIMER_RESTART,      /* slot in restarts */
};

/* A datagram that waits to be taken. */
struct output {
	struct output *next;
	struct path path;
	size_t len;
	uint8_t datagram[];
};

/* A connection to be set up (again) once its old SA is gone. */
struct restart {
	char conn[NAME_MAX_LEN + 1], child[NAME_MAX_LEN + 1];
	struct path from; /* as in adit_engine_initiate() */
	unsigned tries;
	uint32_t request;
	struct timer timer;
};

/* So many a second. */
struct ration {
	nanos second;
	unsigned used;
};

struct adit_engine {
	const struct crypto *crypto;
	struct memory *memory;
	struct config *config;
	struct engine_config limits;  /* as at start: slab sizes do not change */
	enum log_level log_level;
	bool export_keys, closing;
	bool (*child_has)(void *ctx, uint8_t protocol, const struct transform *t);
	void *child_ctx;
	nanos now;
	uint64_t salt[2];             /* of every hash */
	struct spi_layout spi;
	struct sealer *sealer;
	struct slab sas, handshakes, exchanges, children, tombstones, restarts;
	struct map init_map; /* hash of an IKE_SA_INIT request and its source → SA slot */
	struct map peers;             /* hash of both identities → first SA slot */
	struct map graves;            /* our SPI → tombstone slot */
	struct timers timers;
	struct jobs jobs;
	struct reports reports;
	struct requests requests;
	struct cookies cookies;
	struct output *first_output, *last_output;
	uint32_t outputs_count;
	uint32_t half_open;
	uint32_t next_unique, next_child_unique;
	uint32_t orphans;             /* Child SAs whose removal job has found no memory yet */
	struct ration errors;         /* unprotected error answers */
	struct ration strangers;      /* diagnoses of peers that have no SA */
	uint8_t plain[MESSAGE_MAX];   /* the message being opened */
	uint8_t build[MESSAGE_MAX];   /* the message being built */
	uint8_t train[2 * MESSAGE_MAX]; /* the same, in fragments */
};

/* Queues a datagram, or each of a train of them (feature/fragment.h). What does not fit is counted
 * and lost, as any datagram may be. */
void engine_send(struct adit_engine *e, const struct path *path, struct span datagram);
uint64_t engine_hash(const struct adit_engine *e, struct span bytes);
/* Whether one more unprotected error answer may go out (RFC 7296 2.21.4). */
bool engine_may_complain(struct adit_engine *e);
/* Takes one of limit a second; false when they are used up. */
bool ration_take(struct adit_engine *e, struct ration *r, unsigned limit);
MUST_USE enum err engine_random32(struct adit_engine *e, uint32_t *ret);
/* What an arrived datagram goes through: demux.c. */
void demux_input(struct adit_engine *e, const struct path *path, struct span datagram);
/* Begins the handshake of a connection: exchange/sa_init.c. */
MUST_USE enum err sa_init_initiate(struct adit_engine *e, const struct conn_config *conn,
				   const struct child_config *child, const struct path *path,
				   uint32_t request, unsigned tries);
/* A first IKE_SA_INIT request: exchange/sa_init.c. */
void sa_init_request(struct adit_engine *e, const struct path *path,
		     const struct ike_header *header, struct span datagram);
/* An answer to our IKE_SA_INIT, which nobody has authenticated: exchange/sa_init.c. */
void sa_init_response(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
		      const struct ike_header *header, struct span datagram);
/* After an IKE_SA_INIT was accepted, or a second candidate is tried: exchange/ike_auth_initiate.c.
 */
exchange_step ike_auth_start;
/* The answer that an initiator went on with is none of the peer's, or of no use: the next one, or a
 * short wait for one, or the end: exchange/sa_init.c. */
void sa_init_suspect(struct adit_engine *e, struct ike_sa *sa);
void sa_init_waited(struct adit_engine *e, struct ike_sa *sa);
/* Moves an initiator to the next of several IKE_SA_INIT answers; false when there is none:
 * exchange/sa_init.c. */
bool sa_init_next_answer(struct adit_engine *e, struct ike_sa *sa);
/* The error notify that no good answer followed, in words: exchange/sa_init.c. */
void sa_init_explain_refusal(struct adit_engine *e, const struct ike_sa *sa);
/* Queues an INFORMATIONAL request of ours; NULL when there is no room: exchange/informational.c. */
struct exchange *informational_queue(struct adit_engine *e, struct ike_sa *sa);
exchange_step informational_send;
/* Sets up conn and child after wait: control.c. */
void restart_later(struct adit_engine *e, const struct conn_config *conn,
		   const struct child_config *child, const struct path *from, nanos wait,
		   unsigned tries, uint32_t request);
void restart_timer(struct adit_engine *e, uint32_t slot);

/* A protected message of an SA: begin, payloads on sealing->chain, seal: one datagram, or a train
 * of fragments. */
void message_begin(struct adit_engine *e, const struct ike_sa *sa, struct sealing *ret,
		   uint8_t exchange, uint32_t message_id, bool response);
MUST_USE enum err message_seal(struct adit_engine *e, struct ike_sa *sa, struct sealing *sealing,
			       struct span *ret_datagram);

#endif
