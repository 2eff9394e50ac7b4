/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fragment: IKE messages larger than a datagram (RFC 7383).
 *
 * Each fragment is authentic before it is kept; one message is put together at a time, in bounded
 * memory, and forgotten with the exchange it belongs to. Sending: a sealed message is a train, IKE
 * messages one after the other, split by their lengths.
 */
#ifndef ADIT_IKE_FEATURE_FRAGMENT_H
#define ADIT_IKE_FEATURE_FRAGMENT_H

#include "address.h"
#include "memory.h"
#include "payloads.h"
#include "timers.h"

struct adit_engine;
struct ike_sa;

/* A message being put together; only while fragments come. */
struct reassembly {
	uint32_t message_id;
	bool response;
	uint16_t total, have;
	uint8_t first;          /* type of the first inner payload, from fragment 1 */
	uint64_t hash; /* of fragment 1's datagram, by which a repetition is known (2.6.1) */
	size_t size;            /* of all pieces */
	struct bytes pieces[FRAGMENTS_MAX];
	struct timer expire;    /* half_open_timeout after its first piece */
};

struct fragments {
	bool supported;         /* both ends said so in IKE_SA_INIT */
	bool send;              /* and we do */
	struct reassembly *in;  /* owned; NULL: none */
};

/* We announce it for a connection. */
bool fragment_wanted(const struct ike_sa *sa);
/* Both have announced it, or not. */
void fragment_agreed(struct ike_sa *sa, const struct payload_list *theirs);
/* The longest datagram to send on a path. */
size_t fragment_limit(const struct path *path);
/*
 * Takes an opened fragment. ERR_PENDING: more are to come (or it was of no use); ERR_OK: the
 * message is complete: its payloads in ret, which has room for MESSAGE_MAX, with their length, type
 * of the first and hash.
 */
MUST_USE enum err fragment_take(struct adit_engine *e, struct ike_sa *sa,
				const struct ike_header *header, const struct skf_header *number,
				uint8_t first, uint64_t hash, struct span piece, uint8_t *ret,
				size_t *ret_len, uint8_t *ret_first, uint64_t *ret_hash);
/* A message came whole: what was put together of it is forgotten. */
void fragment_overtaken(struct adit_engine *e, struct ike_sa *sa, const struct ike_header *header);
/* Forgets what has not become whole. */
void fragment_clear(struct adit_engine *e, struct ike_sa *sa);

#endif
