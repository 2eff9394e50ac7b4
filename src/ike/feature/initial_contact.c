/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/initial_contact.h"

#include "peers.h"
#include "state.h"

void initial_contact(struct adit_engine *e, const struct ike_sa *sa)
{
	struct ike_sa *old;
	struct log l;

	while ((old = peers_other(e, sa))) {
		log_begin(&l, e, LOG_INFO, old, "replaced-by-initial-contact");
		log_u64(&l, "by", sa->unique);
		log_end(&l);
		sa_destroy(e, old, ERR_CANCELLED);
	}
}
