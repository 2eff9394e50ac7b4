/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers: which SAs there are between which identities, hashed, never walked (RFC 7296 2.4,
 * INITIAL_CONTACT). An initiator's SA is here from its IKE_AUTH on, a responder's when it is up.
 */
#ifndef ADIT_IKE_PEERS_H
#define ADIT_IKE_PEERS_H

#include "sa.h"

/* Once is enough; again does nothing. */
void peers_add(struct adit_engine *e, struct ike_sa *sa);
void peers_remove(struct adit_engine *e, struct ike_sa *sa);
/* Another SA that is up between the same identities, or NULL. */
struct ike_sa *peers_other(const struct adit_engine *e, const struct ike_sa *sa);
/* No other SA is up or on its way between these identities. */
bool peers_first(const struct adit_engine *e, const struct ike_sa *sa);

#endif
