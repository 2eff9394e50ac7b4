/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers: which SAs are up with which pair of identities, hashed, never walked (RFC 7296 2.4, INITIAL_CONTACT).
 */
#ifndef ADIT_IKE_PEERS_H
#define ADIT_IKE_PEERS_H

#include "sa.h"

void peers_add(struct adit_engine *e, struct ike_sa *sa);
void peers_remove(struct adit_engine *e, struct ike_sa *sa);
/* Another SA that is up between the same identities, or NULL. */
struct ike_sa *peers_other(const struct adit_engine *e, const struct ike_sa *sa);
/* Whether an SA is up between these identities. */
bool peers_known(const struct adit_engine *e, const struct identity *local,
		 const struct identity *remote);

#endif
