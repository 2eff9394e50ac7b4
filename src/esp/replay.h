/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: the anti-replay window of one inbound SA.
 *
 * A ring of 64-bit words, one word longer than the window needs, so that sliding clears whole words
 * and never shifts (the idea of RFC 6479). Checked before authentication, updated after it and
 * never before (RFC 4303 3.4.3). Sequence numbers are 64 bits throughout; replay_extend() finds the
 * half that is not on the wire (RFC 4303 A2.2). It never fails after its init.
 */
#ifndef ADIT_ESP_REPLAY_H
#define ADIT_ESP_REPLAY_H

#include "memory.h"

struct replay {
	struct memory *memory;
	uint64_t *words;
	uint64_t top;   /* highest authenticated sequence number; 0: none yet */
	uint32_t count; /* of words, a power of two; 0: the check is switched off */
	uint32_t size;  /* of the window, in packets */
};

/* size is at most REPLAY_WINDOW_MAX; 0 switches the check off. ERR_MEMORY, ERR_LIMIT. */
MUST_USE enum err replay_init(struct replay *r, struct memory *m, uint32_t size);
void replay_clear(struct replay *r);

/* The sequence number whose low half is on the wire; 0, which no window takes, when there is
 * none. */
uint64_t replay_extend(const struct replay *r, uint32_t low, bool esn);
/* True when seq was not seen and is not too old. */
bool replay_check(const struct replay *r, uint64_t seq);
/* Marks seq, which passed replay_check() and was authenticated. True when it is the highest so
 * far. */
bool replay_update(struct replay *r, uint64_t seq);

#endif
