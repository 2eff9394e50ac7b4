/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#define P(name) PAYLOAD_BIT(PAYLOAD_##name)
#define ANYWHERE (P(NOTIFY) | P(VENDOR)) /* RFC7296 3.10, 3.12: any message may carry them */

static const struct rule rules[] = {
	{ EXCHANGE_IKE_SA_INIT, true, 0,
	  P(SA) | P(KE) | P(NONCE), P(CERTREQ), NULL },
	{ EXCHANGE_IKE_SA_INIT, false, PHASE_BIT(PHASE_INIT) | PHASE_BIT(PHASE_AUTH),
	  0, P(SA) | P(KE) | P(NONCE) | P(CERTREQ), NULL },
	{ EXCHANGE_IKE_AUTH, true, PHASE_BIT(PHASE_AUTH),
	  P(IDI) | P(SA) | P(TSI) | P(TSR), P(IDR) | P(AUTH) | P(CERT) | P(CERTREQ) | P(CP),
	  ike_auth_request },
	{ EXCHANGE_IKE_AUTH, false, PHASE_BIT(PHASE_AUTH),
	  0, P(IDR) | P(AUTH) | P(SA) | P(TSI) | P(TSR) | P(CERT) | P(CP), ike_auth_answered },
	{ EXCHANGE_CREATE_CHILD_SA, true, PHASE_BIT(PHASE_UP) | PHASE_BIT(PHASE_DELETING),
	  P(SA) | P(NONCE), P(KE) | P(TSI) | P(TSR) | P(CP), create_child_request },
	{ EXCHANGE_INFORMATIONAL, true, PHASE_BIT(PHASE_UP) | PHASE_BIT(PHASE_DELETING),
	  0, P(DELETE) | P(CP), informational_request },
	{ EXCHANGE_INFORMATIONAL, false,
	  PHASE_BIT(PHASE_AUTH) | PHASE_BIT(PHASE_UP) | PHASE_BIT(PHASE_DELETING),
	  0, P(DELETE) | P(CP), informational_answered },
};

/* Payloads that one message holds once at most. */
#define SINGLES                                                                                \
	(P(SA) | P(KE) | P(IDI) | P(IDR) | P(AUTH) | P(NONCE) | P(TSI) | P(TSR) | P(CP) | P(SK))

const struct rule *rule_find(uint8_t exchange, bool request, unsigned phase)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct rule *rule = &rules[i];

		if (rule->exchange == exchange && rule->request == request &&
		    (phase ? (rule->phases & PHASE_BIT(phase)) != 0 : rule->phases == 0))
			return rule;
	}
	return NULL;
}

const struct rule *rule_at(size_t index)
{
	return index < ARRAY_LEN(rules) ? &rules[index] : NULL;
}

enum err rule_check(const struct rule *rule, const struct payload_list *list)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint8_t type = list->items[i].type;
		uint64_t bit;

		/* RFC7296 2.5: unknown payloads without the critical bit are skipped. */
		if (!payload_name(type))
			continue;
		bit = PAYLOAD_BIT(type);
		if (!(bit & (rule->required | rule->optional | ANYWHERE)))
			return ERR_UNEXPECTED;
		if ((seen & bit) && (bit & SINGLES))
			return ERR_UNEXPECTED;
		seen |= bit;
	}
	return (rule->required & ~seen) ? ERR_MISSING : ERR_OK;
}
