/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create_child: CREATE_CHILD_SA, answered in the way RFC 7296 4 allows a minimal implementation, until its issue comes.
 */
#include "payloads.h"
#include "rules.h"
#include "state.h"

enum err create_child_request(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	uint16_t why = NOTIFY_NO_ADDITIONAL_SAS; /* RFC7296 4 */
	struct payload_list list;
	struct notify n;

	exchange_payloads(x, &list);
	if (sa->phase == PHASE_DELETING) /* RFC7296 2.25.2 */
		why = NOTIFY_TEMPORARY_FAILURE;
	else if (notify_find(&n, &list, NOTIFY_REKEY_SA) &&
		 !child_find_out(e, sa, (uint32_t)n.spi)) /* RFC7296 2.25.1 */
		why = NOTIFY_CHILD_SA_NOT_FOUND;
	return exchange_refuse(e, sa, x, why, SPAN_EMPTY);
}
