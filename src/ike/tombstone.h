/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tombstone: a deleted SA that still answers a retransmission of the request that ended it (RFC
 * 7296 2.1).
 */
#ifndef ADIT_IKE_TOMBSTONE_H
#define ADIT_IKE_TOMBSTONE_H

#include "sa.h"

#define TOMBSTONES_MAX 1024          /* at once; a peer without one times out by itself */
#define TOMBSTONE_TIME (30 * NANOS_SECOND)

struct tombstone {
	uint64_t our_spi;
	uint64_t request_hash;
	struct bytes response;
	struct timer expire;
};

/* Takes the cached response of an SA that ends. */
void tombstone_raise(struct adit_engine *e, struct ike_sa *sa);
/* Repeats the response when the datagram is the request; true when our SPI has a tombstone. */
bool tombstone_answer(struct adit_engine *e, uint64_t our_spi, const struct path *path,
		      uint64_t hash);
void tombstone_timer(struct adit_engine *e, uint32_t slot);
void tombstones_clear(struct adit_engine *e);

#endif
