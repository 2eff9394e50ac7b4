/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create_child: CREATE_CHILD_SA, answered in the way RFC 7296 4 allows a minimal implementation,
 * until its issue comes.
 */
#include "payloads.h"
#include "rules.h"
#include "state.h"

/* What else to say of a request to rekey a Child SA that is not there, or is on its way out. */
static void judge_rekey(struct adit_engine *e, struct ike_sa *sa, const struct payload_list *list,
			struct notify *ret_why)
{
	const struct child_sa *child;
	struct notify n;

	if (!notify_find(&n, list, NOTIFY_REKEY_SA))
		return;
	child = n.spi_len == 4 ? child_find_out(e, sa, n.protocol, (uint32_t)n.spi) : NULL;
	if (child && child->state == CHILD_DELETING) { /* RFC7296 2.25.1 */
		ret_why->type = NOTIFY_TEMPORARY_FAILURE;
	} else if (!child) { /* RFC7296 2.25: names the SPI, RFC7296 3.10 */
		*ret_why = n;
		ret_why->type = NOTIFY_CHILD_SA_NOT_FOUND;
		ret_why->data = SPAN_EMPTY;
	}
}

enum err create_child_request(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct notify why = { .type = NOTIFY_NO_ADDITIONAL_SAS }; /* RFC7296 4 */
	struct payload_list list;

	exchange_payloads(x, &list);
	if (sa->phase == PHASE_DELETING) /* RFC7296 2.25.2 */
		why.type = NOTIFY_TEMPORARY_FAILURE;
	else
		judge_rekey(e, sa, &list, &why);
	return exchange_refuse_with(e, sa, x, &why);
}
