/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine: the IKEv2 protocol, sans-I/O. This header is libadit's manual.
 *
 * The engine gets datagrams, the time and answers as arguments and gives datagrams, deadlines, jobs
 * and events as results. It opens nothing, reads no clock, keeps no globals and calls nobody but
 * the crypto backend it was given (for cheap symmetric work; public-key work leaves as jobs). A run
 * is a function of configuration, inputs and the backend's randomness.
 *
 * A shell's loop:
 *     adit_engine_input() for each datagram → adit_engine_jobs(), do them, adit_engine_complete()
 *     each → adit_engine_output() until false → adit_engine_event() until false → sleep until
 *     adit_engine_deadline() → adit_engine_advance().
 *
 * Every call that takes `now` takes the same clock; it never goes back. One engine serves one
 * thread.
 */
#ifndef ADIT_IKE_ENGINE_H
#define ADIT_IKE_ENGINE_H

#include "event.h"
#include "job.h"

#define ADIT_API __attribute__((visibility("default")))

struct adit_engine;

struct adit_engine_params {
	const struct crypto *crypto;  /* borrowed for the engine's life */
	struct memory *memory;        /* the same; all the engine ever allocates comes from it */
	struct config *config;        /* referenced; its engine section sizes the slabs */
	uint8_t shard;                /* our number, 0 … shards - 1 */
	uint16_t shards;
	enum log_level log_level;     /* LOG events beyond it are not made */
	/*
	 * Whether a Child SA can have a cipher or an integrity algorithm where it will live; the
	 * same answer each time. What it cannot have is neither offered nor chosen. NULL: whatever
	 * crypto has.
	 */
	bool (*child_has)(void *ctx, uint8_t protocol, const struct transform *t);
	void *child_ctx;
	bool export_keys; /* EVENT_IKE_KEYS and EVENT_CHILD_KEYS; off unless an operator asked */
};

/* ERR_MEMORY when the slabs do not fit, ERR_CRYPTO when the backend has no randomness. */
ADIT_API MUST_USE enum err adit_engine_new(struct adit_engine **ret,
					   const struct adit_engine_params *params, nanos now);
/* Ends at once, without a word to peers; jobs that are out become invalid. NULL is fine. */
ADIT_API void adit_engine_free(struct adit_engine *e);

/* One datagram, without the non-ESP marker. What it leads to comes out of the calls below. */
ADIT_API void adit_engine_input(struct adit_engine *e, const struct path *path,
				struct span datagram, nanos now);

/* Takes up to max jobs that are due; gives their number. */
ADIT_API size_t adit_engine_jobs(struct adit_engine *e, struct job **ret_jobs, size_t max);
/* The answer to a job; unknown and stale ids are ignored. */
ADIT_API void adit_engine_complete(struct adit_engine *e, job_id id,
				   const struct job_result *result, nanos now);

/* The next datagram and its way; false when there is none. ret has room for DATAGRAM_MAX. A
 * datagram of the single byte 0xff is a NAT keepalive (RFC 3948 2.3) and takes no marker. */
ADIT_API bool adit_engine_output(struct adit_engine *e, struct path *ret_path, struct writer *ret);
ADIT_API bool adit_engine_event(struct adit_engine *e, struct event *ret);

/* When adit_engine_advance() is wanted next; NANOS_NEVER: not at all. */
ADIT_API nanos adit_engine_deadline(const struct adit_engine *e);
ADIT_API void adit_engine_advance(struct adit_engine *e, nanos now);

/*
 * Sets up a Child SA with an IKE SA of its own (CREATE_CHILD_SA comes later). conn may be "": the
 * first connection that has such a child; child may be "": the connection's first. ERR_NOT_FOUND
 * for unknown names, ERR_EXISTS when it is up already or on its way, ERR_CONFIG when the connection
 * names no single remote address, ERR_NO_ROUTE when there is no local address, ERR_LIMIT. The end
 * is an EVENT_REQUEST with *ret_request. Of from its local address counts, where local_addrs does
 * not name one (the shell asks the routing table), and to a link-local peer its interface.
 */
ADIT_API MUST_USE enum err adit_engine_initiate(struct adit_engine *e, const char *conn,
						const char *child, const struct path *from,
						nanos now, uint32_t *ret_request);
/* Deletes by unique id (0: not given) or name (NULL or "": not given); at least one is given.
 * force: do not wait for the peer's answer. *ret_matches SAs end; EVENT_REQUEST follows when all
 * have. ERR_NOT_FOUND when none matches. */
struct adit_terminate {
	uint32_t ike_unique, child_unique;
	const char *ike, *child;
	bool force;
};
ADIT_API MUST_USE enum err adit_engine_terminate(struct adit_engine *e,
						 const struct adit_terminate *what, nanos now,
						 uint32_t *ret_matches, uint32_t *ret_request);
/* Deletes every SA and takes no new ones; done when adit_engine_idle(). */
ADIT_API void adit_engine_shutdown(struct adit_engine *e, nanos now);
/* No SA, exchange or job is left. */
ADIT_API bool adit_engine_idle(const struct adit_engine *e);

/* New SAs use config; SAs keep theirs, but a removed secret counts at once. Slab sizes need a
 * restart. */
ADIT_API void adit_engine_reconfigure(struct adit_engine *e, struct config *config);

/* The dataplane saw a good packet of a Child SA (by our inbound SPI) from another address (RFC
 * 7296 2.23). */
ADIT_API void adit_engine_peer_moved(struct adit_engine *e, uint32_t spi_in,
				     const struct endpoint *remote, nanos now);

/* Snapshots for lists: start with *cursor 0; false at the end. */
enum ike_state { IKE_STATE_CONNECTING = 1, IKE_STATE_ESTABLISHED, IKE_STATE_DELETING };

struct adit_ike_info {
	uint32_t unique;
	enum ike_state state;
	bool initiator, nat_local, nat_remote;
	bool nat_fake; /* we pretended a NAT, so that ESP goes in UDP */
	uint64_t spi_i, spi_r;
	struct path path;
	char conn[NAME_MAX_LEN + 1];
	struct identity local_id, remote_id; /* IDENTITY_ANY: not known yet */
	struct transform encr, integ, prf, ke;
	nanos established; /* on the engine's clock; 0: not yet */
	uint32_t first_child; /* for adit_engine_child_at(); 0: none */
};

struct adit_child_info {
	uint32_t ike_unique, unique, reqid;
	char conn[NAME_MAX_LEN + 1], name[NAME_MAX_LEN + 1];
	bool installed, encap, esn;
	enum child_mode mode;
	uint8_t protocol;
	uint32_t spi_in, spi_out;
	struct transform encr, integ;
	uint8_t local_count, remote_count;
	struct selector local_ts[SELECTORS_MAX], remote_ts[SELECTORS_MAX];
	nanos installed_at;
	uint32_t next_child;  /* of the same IKE SA; 0: none */
};

ADIT_API bool adit_engine_ike_info(const struct adit_engine *e, uint32_t *cursor,
				   struct adit_ike_info *ret);
ADIT_API bool adit_engine_child_info(const struct adit_engine *e, uint32_t *cursor,
				     struct adit_child_info *ret);

/* One Child SA, by an IKE SA's first_child or its sibling's next_child; false when it is gone. */
ADIT_API bool adit_engine_child_at(const struct adit_engine *e, uint32_t place,
				   struct adit_child_info *ret);

/* Counters, by name and number; rows in counters.h. */
ADIT_API const char *adit_counter_name(size_t index); /* NULL past the end */
ADIT_API uint64_t adit_engine_counter(const struct adit_engine *e, size_t index);

/* What is in use, for checks and `status --memory`. */
struct adit_engine_usage {
	uint32_t ike_sas, half_open, handshakes, exchanges, child_sas, tombstones;
	uint32_t jobs_live, jobs_abandoned, timers, outputs, events;
};
ADIT_API struct adit_engine_usage adit_engine_usage(const struct adit_engine *e);

/*
 * For tests: the keys that both ends must agree on, as one digest (SipHash with a fixed key), so
 * that no secret leaves. False when the SA is unknown or has no keys yet.
 */
ADIT_API bool adit_engine_ike_digest(const struct adit_engine *e, uint32_t unique, uint64_t *ret);

#endif
