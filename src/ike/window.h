/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window: message IDs and the cached response of one IKE SA (RFC 7296 2.1, 2.2, 2.3).
 *
 * Owns the counters of both directions and the last response sent. A retransmitted request is known
 * by its message ID and by the hash of its bytes, since a retransmission is the same to the bit
 * (2.1), so it costs no cipher and is never acted on twice. Window size is one.
 */
#ifndef ADIT_IKE_WINDOW_H
#define ADIT_IKE_WINDOW_H

#include "memory.h"
#include "timers.h"

struct window {
	uint32_t send_next;     /* the message ID of our next request */
	uint32_t recv_next;     /* of the peer's next request */
	bool cached;            /* a response to recv_next - 1 is known */
	uint64_t request_hash;  /* of the request it answers */
	struct bytes response;  /* empty when it was forgotten after response_keep */
	struct timer forget;
};

enum window_verdict { WINDOW_NEW, WINDOW_REPEATED, WINDOW_FOREIGN };

/* What a request with that ID is to us; hash is of its datagram. */
enum window_verdict window_judge(const struct window *w, uint32_t message_id, uint64_t hash);
/* Notes the response to request recv_next and moves the window. ERR_MEMORY leaves all as it was. */
MUST_USE enum err window_answered(struct window *w, struct memory *m, uint64_t hash,
				  struct span response);
void window_clear(struct window *w, struct memory *m);

#endif
