/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: the closed table of what may come when (decision 5 of docs/architecture.md).
 *
 * One row: exchange, request or response, phases of the SA, payloads that must and may be there
 * (RFC 7296 1.2–1.4, appendix C), and the step that takes it. A new exchange is a row here and a
 * file in exchange/.
 */
#ifndef ADIT_IKE_RULES_H
#define ADIT_IKE_RULES_H

#include "exchange.h"

struct rule {
	uint8_t exchange;
	bool request;
	uint8_t phases;      /* PHASE_BIT()s; 0: no SA yet */
	uint64_t required;   /* PAYLOAD_BIT()s */
	uint64_t optional;
	exchange_step *step;
};

#define PAYLOAD_BIT(type) (UINT64_C(1) << ((type)-PAYLOAD_SA))

/* NULL when such a message has no place in that phase. */
const struct rule *rule_find(uint8_t exchange, bool request, unsigned phase);
/* The index-th row, NULL past the end: for who counts which of them were reached. */
const struct rule *rule_at(size_t index);
/* ERR_MISSING, ERR_UNEXPECTED (not allowed there, or twice where once is allowed), ERR_OK. */
MUST_USE enum err rule_check(const struct rule *rule, const struct payload_list *list);

/* The steps, by file of exchange/. */
exchange_step sa_init_answered;              /* sa_init.c */
exchange_step ike_auth_request, ike_auth_answered; /* ike_auth_respond.c, ike_auth_initiate.c */
exchange_step create_child_request;          /* create_child.c */
exchange_step informational_request, informational_answered; /* informational.c */

#endif
