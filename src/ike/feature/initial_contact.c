/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/initial_contact.h"

#include "peers.h"
#include "state.h"

void initial_contact(struct adit_engine *e, const struct ike_sa *sa)
{
	struct ike_sa *old;
	struct line l;

	while ((old = peers_other(e, sa))) {
		line_begin(&l, e, LOG_INFO, old, "replaced-by-initial-contact");
		line_u64(&l, "by", sa->unique);
		line_end(&l);
		sa_destroy(e, old, ERR_CANCELLED);
	}
}
