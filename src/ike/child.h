/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child: Child SAs as the engine knows them (RFC 7296 1.3, 2.17, 2.9). Their keys live in the
 * dataplane only.
 */
#ifndef ADIT_IKE_CHILD_H
#define ADIT_IKE_CHILD_H

#include "engine.h"
#include "keys.h"

enum child_state { CHILD_NEW = 1, CHILD_INSTALLING, CHILD_UP, CHILD_DELETING };

struct child_sa {
	uint32_t sa, next;           /* slots; next is of the SA's list, or of the orphans' */
	uint32_t unique;
	uint8_t state;               /* enum child_state */
	const struct child_config *config;
	uint32_t spi_in, spi_out;
	struct suite suite;
	enum child_mode mode;        /* what was agreed */
	bool no_tfc;                 /* the peer takes no padding beyond ESP's own */
	struct selector *selectors;  /* owned: local ones, then remote ones */
	uint8_t local_count, remote_count;
	uint32_t end_request;        /* 0: none */
	nanos installed_at;
};

struct ike_sa;

/* On the SA's list, with an inbound SPI; NULL when the slab is full. */
struct child_sa *child_new(struct adit_engine *e, struct ike_sa *sa,
			   const struct child_config *config);
/* Takes it off its SA and has it removed from the dataplane when it was there; tells, and answers
 * who waits for its end. */
void child_destroy(struct adit_engine *e, struct child_sa *child, enum err why);
struct child_sa *child_at(const struct adit_engine *e, uint32_t slot);
uint32_t child_slot(const struct adit_engine *e, const struct child_sa *child);
struct child_sa *child_find_in(const struct adit_engine *e, uint32_t spi_in);
/* By the peer's SPI, within an SA; ESP and AH number theirs each. */
struct child_sa *child_find_out(const struct adit_engine *e, const struct ike_sa *sa,
				uint8_t protocol, uint32_t spi_out);
struct child_sa *child_find_unique(const struct adit_engine *e, const struct ike_sa *sa,
				   uint32_t unique);

MUST_USE enum err child_set_selectors(struct adit_engine *e, struct child_sa *child,
				      const struct selector *local, size_t local_count,
				      const struct selector *remote, size_t remote_count);
/*
 * Whether another peer has transport mode for some of the same traffic. Behind one NAT both have one
 * address, so that what is meant for one would go to the other (RFC 3948 5.2). Said why.
 */
bool child_conflicts(struct adit_engine *e, const struct ike_sa *sa, const struct child_sa *child);
/* Derives the keys and fills the job of its installation. */
MUST_USE enum err child_fill_install(struct adit_engine *e, const struct ike_sa *sa,
				     const struct child_sa *child, struct span shared,
				     struct span ni, struct span nr, struct job *job);
/* It is in the dataplane: up. */
void child_installed(struct adit_engine *e, struct ike_sa *sa, struct child_sa *child);
/* Tells the dataplane where the peer is now, for every Child SA of the IKE SA; false when there
 * was no room to say so. */
bool child_update_paths(struct adit_engine *e, struct ike_sa *sa);
/* Asks the peer to delete it. */
void child_delete(struct adit_engine *e, struct ike_sa *sa, struct child_sa *child);
/* Tries again to make the removal jobs there was no memory for. */
void child_reap(struct adit_engine *e);

#endif
