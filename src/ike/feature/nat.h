/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nat: NAT detection, the move to port 4500, keepalives, following a peer whose NAT moved (RFC
 * 7296 2.23, RFC 3948 4).
 */
#ifndef ADIT_IKE_FEATURE_NAT_H
#define ADIT_IKE_FEATURE_NAT_H

#include "address.h"
#include "message.h"
#include "timers.h"

struct adit_engine;
struct ike_sa;

struct nat {
	bool local, remote;     /* behind a NAT */
	bool forced; /* we pretended, so that ESP goes in UDP (connections.<conn>.encap) */
	struct timer keepalive;
};

/* Puts both NAT_DETECTION notifies on an IKE_SA_INIT message; spi_r is 0 in the request. A false
 * source hash when forced. */
MUST_USE enum err nat_build(struct adit_engine *e, struct chain *c, const struct path *path,
			    uint64_t spi_i, uint64_t spi_r, bool forced);
/* Judges the peer's notifies against the way its message came. */
MUST_USE enum err nat_detect(struct adit_engine *e, struct nat *ret,
			     const struct payload_list *list, const struct path *path,
			     uint64_t spi_i, uint64_t spi_r);
/* ESP goes in UDP and IKE over port 4500. */
bool nat_encap(const struct nat *n);
/* The initiator goes on over the NAT traversal ports. */
void nat_float(struct adit_engine *e, struct ike_sa *sa);
void nat_start_keepalives(struct adit_engine *e, struct ike_sa *sa);
void nat_timer(struct adit_engine *e, struct ike_sa *sa);
/* An authentic message came by this way; follows it when the peer's NAT may have moved. */
void nat_follow(struct adit_engine *e, struct ike_sa *sa, const struct path *path);

#endif
