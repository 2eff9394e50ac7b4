/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard: the packet filter that drops clear packets which should have come through the tunnel (RFC
 * 4301 5.2), as a table `inet adit` of nftables; `arp adit` beside it marks ARP, for its reverse
 * path check.
 *
 * The kernel keeps it without us, so that it outlives a killed process. The main rule names no
 * address: it asks the routing whether the answer to a packet would go into the tunnel, and drops
 * the packet when it did not come out of it. So it follows the routes and rules of capture.h by
 * itself, at the cost of one route lookup a packet however many SAs there are. Only selectors with
 * a protocol get rules of their own, since that lookup knows no protocols. Exempt: loopback,
 * broadcast and multicast, and IKE and ESP to the host.
 */
#ifndef ADIT_DATAPLANE_TUN_GUARD_H
#define ADIT_DATAPLANE_TUN_GUARD_H

#include "netlink.h"

#define GUARD_PORTS_MAX 16 /* local UDP ports of IKE and ESP beside 500 and 4500 */

struct guard {
	struct nft_ctx *nft;
	const char *device;
	uint32_t mark;
	uint16_t ports[GUARD_PORTS_MAX];
	size_t ports_count;
	char why[256]; /* what nftables said last, one line */
};

/* What one pair of selectors with a protocol protects, seen from us. */
struct guarded {
	uint8_t protocol;
	struct ip local_first, local_last, remote_first, remote_last;
	struct port_range local_ports, remote_ports;
};

/* Puts the table there, or takes over the one that a killed process left. device outlives the
 * guard. */
MUST_USE enum err guard_open(struct guard *g, const char *device, uint32_t mark);
/* Removes the table when remove is true, else leaves it to guard on. */
void guard_close(struct guard *g, bool remove);
/* UDP to that port of the host is never dropped. */
MUST_USE enum err guard_exempt(struct guard *g, uint16_t port);
MUST_USE enum err guard_add(struct guard *g, const struct guarded *what);
MUST_USE enum err guard_delete(struct guard *g, const struct guarded *what);

#endif
