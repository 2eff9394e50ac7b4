/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sa: the IKE SA, its table, and its end.
 *
 * struct ike_sa is composed of small structs, each owned by one file. What only the handshake needs
 * lives in struct handshake and is freed when the SA is up. RFC 7296 2.4 (state and its loss), 2.6
 * (SPIs).
 */
#ifndef ADIT_IKE_SA_H
#define ADIT_IKE_SA_H

#include "engine.h"
#include "feature/fragment.h"
#include "feature/liveness.h"
#include "feature/nat.h"
#include "keys.h"
#include "protect.h"
#include "window.h"

enum sa_phase {
	PHASE_INIT = 1,   /* initiator: IKE_SA_INIT is out */
	PHASE_HALF_OPEN,  /* responder: IKE_SA_INIT came; no keys are derived */
	PHASE_AUTH,       /* IKE_AUTH goes on; an initiator may still be deriving its keys */
	PHASE_UP,
	PHASE_DELETING,   /* we said DELETE */
};

#define PHASE_BIT(phase) (1u << (phase))

struct ike_sa {
	uint64_t spi_i, spi_r;       /* spi_r is 0 until it is known */
	uint32_t unique;
	uint8_t phase;               /* enum sa_phase */
	bool initiator;
	enum err doomed;             /* when not OK the SA ends after the running handler */
	bool unwanted;               /* it is to be deleted as soon as it is up */
	bool disowned;               /* we could not authenticate it and are telling it so */
	struct suite suite;
	struct secret sk_d;
	struct protect protect;
	struct path path;
	struct nat nat;
	struct window window;
	struct liveness liveness;
	struct fragments fragments;
	struct identity *local_id, *remote_id; /* owned; NULL: not known */
	struct config *config;       /* referenced */
	const struct conn_config *conn;
	struct handshake *handshake; /* owned; NULL once it is up */
	uint32_t first_exchange;     /* slots; SLAB_NONE: none */
	uint32_t first_child;
	uint64_t init_key; /* responder: hash of the IKE_SA_INIT request it came from (2.1) */
	bool in_init_map;
	uint32_t peer_next;          /* next SA of the same pair of identities (peers.h) */
	bool in_peers;
	uint32_t end_request;        /* request that waits for its end; 0: none */
	nanos established;
};

/* A fresh SA with our SPI. NULL when the slab or memory is full. path and configuration are copied,
 * referenced. */
struct ike_sa *sa_new(struct adit_engine *e, bool initiator, const struct path *path,
		      struct config *config, const struct conn_config *conn);
/* Ends at once: jobs are abandoned, Child SAs removed, requests told. */
void sa_destroy(struct adit_engine *e, struct ike_sa *sa, enum err why);
/* By our SPI; NULL when there is none. */
struct ike_sa *sa_find(const struct adit_engine *e, uint64_t our_spi);
struct ike_sa *sa_at(const struct adit_engine *e, uint32_t slot);
uint32_t sa_slot(const struct adit_engine *e, const struct ike_sa *sa);

static inline uint64_t sa_our_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

static inline uint64_t sa_peer_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_r : sa->spi_i;
}

/* Ends a doomed SA. answered: by a request of the peer's, whose answer a tombstone repeats (2.1).
 */
void sa_end_doomed(struct adit_engine *e, struct ike_sa *sa, bool answered);
/* The SA is to end once the running handler is done. The first reason stays. */
void sa_doom(struct ike_sa *sa, enum err why);
/* Derives all keys from the shared secret of the handshake, installs them in the SA and tells them
 * when asked to. */
MUST_USE enum err sa_derive(struct adit_engine *e, struct ike_sa *sa, struct span shared);
/* IKE_AUTH is done: frees the handshake, starts liveness and keepalives, tells. */
void sa_establish(struct adit_engine *e, struct ike_sa *sa);
/* Asks the peer to delete it, or ends it at once when it never came up. */
void sa_delete(struct adit_engine *e, struct ike_sa *sa);
/* A late duplicate of its IKE_SA_INIT request will not be known any more. */
void sa_forget_init(struct adit_engine *e, struct ike_sa *sa);
MUST_USE enum err sa_set_identity(struct adit_engine *e, struct identity **slot,
				  const struct identity *id);

#endif
