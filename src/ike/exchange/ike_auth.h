/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ike_auth: what both roles of IKE_AUTH share (RFC 7296 1.2, 2.9, 2.15).
 */
#ifndef ADIT_IKE_EXCHANGE_IKE_AUTH_H
#define ADIT_IKE_EXCHANGE_IKE_AUTH_H

#include "exchange.h"
#include "payloads.h"

/* Our identity: the configured one, or our address. ERR_CONFIG when there is neither. */
MUST_USE enum err ike_auth_local_id(struct adit_engine *e, struct ike_sa *sa);
/* No wildcard, so that it names one peer. */
bool ike_auth_is_exact(const struct identity *id);
/* An ID payload's content; ERR_MISSING, or what is wrong with it. */
MUST_USE enum err ike_auth_read_id(struct identity *ret, const struct payload_list *list,
				   uint8_t type);
MUST_USE enum err ike_auth_read_ts(struct selectors *ret, const struct payload_list *list,
				   uint8_t type);
/*
 * The child's proposals that this SA can carry: AH passes no NAT, and a pretended one is one to the
 * peer (RFC 3947 1, RFC 3715 2.1). Gives their number, 0 among others, which is then said why.
 */
size_t ike_auth_proposals(struct adit_engine *e, const struct ike_sa *sa,
			  const struct child_config *child, struct proposal ret[PROPOSALS_MAX]);
/* Both lists name one address each: that of the SA's own path. What transport mode is for. */
bool ike_auth_host_to_host(const struct ike_sa *sa, const struct selector *local,
			   size_t local_count, const struct selector *remote, size_t remote_count);
/*
 * Puts an address in the place of the one that all items name; false when they name several, and
 * nothing is changed then. The end that a NAT hides from the other is known there by another
 * address (RFC 7296 2.23.1).
 */
bool ike_auth_substitute(struct selectors *ts, const struct ip *by, struct ip *ret_named);
/* JOB_AUTH_VERIFY for the AUTH payload of the message, then next. ERR_AUTH when there is none. */
MUST_USE enum err ike_auth_verify(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
				  const struct payload_list *list, exchange_step *next);
/* JOB_AUTH_SIGN, then next. */
MUST_USE enum err ike_auth_sign(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
				exchange_step *next);
/* Notes a failed signature or check in words. verifying: it was the peer's. */
void ike_auth_explain(struct adit_engine *e, struct ike_sa *sa, const struct answer *answer,
		      bool verifying);
/* Selectors that have nothing in common, or are not what was offered, in words. */
void ike_auth_explain_ts(struct adit_engine *e, struct ike_sa *sa,
			 const struct selectors *their_tsi, const struct selectors *their_tsr,
			 const struct child_config *child);

#endif
