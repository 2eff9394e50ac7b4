/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initial_contact: the peer has no other SA with us (RFC 7296 2.4): what we hold of it under the
 * same identities is dead.
 */
#ifndef ADIT_IKE_FEATURE_INITIAL_CONTACT_H
#define ADIT_IKE_FEATURE_INITIAL_CONTACT_H

struct adit_engine;
struct ike_sa;

/* Ends every other SA between the identities of this one, which is up, without a word to the peer.
 */
void initial_contact(struct adit_engine *e, const struct ike_sa *sa);

#endif
