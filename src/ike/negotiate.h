/* SPDX-License-Identifier: Apache-2.0 */
/*
 * negotiate: choosing from proposals, and saying why nothing was chosen (RFC 7296 2.7, 3.3; RFC
 * 5282 8). Pure functions.
 */
#ifndef ADIT_IKE_NEGOTIATE_H
#define ADIT_IKE_NEGOTIATE_H

#include "crypto.h"
#include "event.h"
#include "keys.h"
#include "payloads.h"

/*
 * The responder's choice: our proposals in our order against theirs; within a pair, for each
 * transform type our first alternative that they offer too. When ke_hint (the method of their KE
 * payload; KE_NONE: none) is among both sides' alternatives it is preferred to our order, to save a
 * round trip. An AEAD is chosen without integrity (a proposal that lists integrity NONE beside it
 * is fine); types neither side lists are absent; a type that only they list, other than ESN and
 * NONE alternatives, bars the proposal (3.3.3, 3.3.6). KE of a Child SA's first exchange is ignored
 * (1.2: no KE in IKE_AUTH) when protocol is ESP and ke_wanted is false. *ret_answer is what goes
 * into the answer: their number and, for the caller to replace, their SPI.
 */
MUST_USE enum err negotiate_select(const struct crypto *c, const struct proposal *ours,
				   size_t ours_count, const struct sa *theirs, uint16_t ke_hint,
				   bool ke_wanted, struct proposal *ret_answer,
				   struct suite *ret_suite);
/*
 * The initiator's check of an answer: exactly one proposal, one of those offered (by number),
 * exactly one transform of each type it needs and none that was not offered (2.7). ERR_NO_PROPOSAL
 * otherwise. Proposal i of ours was offered as number i + 1.
 */
MUST_USE enum err negotiate_accept(const struct proposal *offered, size_t offered_count,
				   const struct sa *answer, bool ke_wanted,
				   struct suite *ret_suite, uint64_t *ret_spi);
/* Fills theirs, ours, parted (the first transform type without a common alternative in the pair
 * that came farthest) and setting ("connections.<conn>.proposals", or the child's esp_proposals) of
 * a DIAGNOSIS_PROPOSAL. */
void negotiate_explain(struct diagnosis *ret, const struct proposal *ours, size_t ours_count,
		       const struct sa *theirs, const char *setting);

#endif
