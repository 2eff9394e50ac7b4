/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs: which jobs are due, out, or forsaken, and to whom their results go.
 *
 * A job that was handed out stays until it is completed, whatever becomes of its owner: the worker
 * reads it. Its id has a generation, so a second or stale completion finds nothing.
 */
#ifndef ADIT_IKE_JOBS_H
#define ADIT_IKE_JOBS_H

#include "engine.h"
#include "slab.h"

enum job_owner {
	OWNER_NONE,      /* nobody waits: removal, update of a Child SA */
	OWNER_EXCHANGE,
	OWNER_HANDSHAKE, /* the responder's shared secret; slot is the SA's */
	OWNER_LIVENESS,  /* slot is the SA's */
};

struct job_record {
	struct job *job;      /* owned */
	uint32_t generation;
	uint32_t next;        /* in the list of due jobs */
	uint8_t owner;        /* enum job_owner */
	uint32_t owner_slot;
	bool handed, abandoned;
};

struct jobs {
	struct slab records;
	uint32_t first, last; /* due, in order */
	uint32_t generation;
	uint32_t abandoned;
};

MUST_USE enum err jobs_init(struct jobs *j, struct memory *m, uint32_t count);
void jobs_clear(struct adit_engine *e);
/* A zero-filled job at the end of the due list; NULL when there is no room. */
struct job *job_new(struct adit_engine *e, enum job_kind kind, enum job_owner owner,
		    uint32_t owner_slot);
/* Nobody wants its result any more. */
void job_abandon(struct adit_engine *e, job_id id);

#endif
