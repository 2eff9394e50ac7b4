/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard: the packet filter that drops clear packets which should have come through the tunnel (RFC
 * 4301 5.2), as a table `inet adit` of nftables; `arp adit` beside it marks ARP, for its reverse
 * path check.
 *
 * The kernel keeps it without us, so that it outlives a killed process. The main rule names no
 * address: it asks the routing whether the answer to a packet would go into the tunnel, or would if
 * the device were there, and drops the packet when it did not come out of it. So it follows the
 * routes and rules of capture.h by itself, at the cost of two route lookups a packet however many
 * SAs there are. Only selectors with a protocol, since that lookup knows no protocols, and
 * neighbours get rules of their own. Exempt: loopback, what is sent to everybody, and IKE and ESP
 * to the host.
 */
#ifndef ADIT_DATAPLANE_TUN_GUARD_H
#define ADIT_DATAPLANE_TUN_GUARD_H

#include "netlink.h"

#define GUARD_PROBE_MARK(mark) ((mark) + 1) /* of the guard's questions to the routing */
#define GUARD_PORTS_MAX 16 /* local UDP ports of IKE and ESP beside 500 and 4500 */

struct guard {
	struct nft_ctx *nft;
	const char *device;
	uint32_t mark;
	uint16_t ports[GUARD_PORTS_MAX];
	size_t ports_count;
	char why[256]; /* what nftables said last, one line */
};

/*
 * What one pair of selectors with a protocol protects, seen from us: all ports, as the rules of
 * capture.h, since fragments have none. neighbours: both are local
 * ones, and what comes from there must come in where the answer would leave; no protocol then.
 */
struct guarded {
	bool neighbours;
	uint8_t protocol;
	struct ip local_first, local_last, remote_first, remote_last;
};

/* Puts the table there, or takes over the one that a killed process left. device outlives the
 * guard. */
MUST_USE enum err guard_open(struct guard *g, const char *device, uint32_t mark);
/* Removes the table when remove is true, else leaves it to guard on. */
void guard_close(struct guard *g, bool remove);
/* A note in the table, which lives as long as it; what it says is the caller's affair. */
void guard_note_put(struct guard *g);
bool guard_note_there(struct guard *g);
/* UDP to that port of the host is never dropped. */
MUST_USE enum err guard_exempt(struct guard *g, uint16_t port);
MUST_USE enum err guard_add(struct guard *g, const struct guarded *what);
MUST_USE enum err guard_delete(struct guard *g, const struct guarded *what);

#endif
