/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: what makes the host give protected packets to the tunnel, and to nothing else: routing
 * rules, routes, and the guards of guard.h, each counted by the SAs that want it.
 *
 * Beginning at the configured priority p:
 *	p	packets with DATAPLANE_MARK go to p + 2: the tunnel's own
 *	p + 1	from each local prefix (with the protocol and ports, if any), and from sockets that
 *		have no address yet if the host has one within the local selectors: look into our
 *		table
 *	p + 2	nothing
 * In the table: each remote prefix through the device, and the same again as unreachable with a bad
 * metric; and, where a remote selector lies around a local one (10.1.0.0/24 to 0.0.0.0/0), the
 * local prefix as "throw", so that a gateway still reaches its own LAN. Other networks that are
 * directly connected are within 0.0.0.0/0 like any other, and so protected. What does not come from
 * a local selector is never touched, whatever the remote ones are; a host whose own address is in
 * no local selector keeps its own traffic, also with 0.0.0.0/0 behind the tunnel.
 *
 * The kernel keeps all of it when the process is killed, and the device with it: packets then go to
 * a device that nobody reads, or are unreachable when it is gone. The next start finds and keeps
 * it; the SA that comes back takes its part over; capture_close() removes everything, found or
 * made.
 */
#ifndef ADIT_DATAPLANE_TUN_CAPTURE_H
#define ADIT_DATAPLANE_TUN_CAPTURE_H

#include "guard.h"
#include "map.h"
#include "netlink.h"
#include "slab.h"

#define CAPTURE_ITEMS_PER_SA 3  /* a route, a rule and one to spare: most SAs share rules */
#define CAPTURE_ITEMS_SPARE 4096
#define CAPTURE_PREFIXES_MAX 62 /* that one range of IPv4 addresses can need */

struct capture {
	struct memory *memory;
	struct netlink netlink;
	struct guard guard;
	uint32_t interface, table, priority, mark;
	struct slab items;
	struct map by_key;
	uint64_t salt[2];
};

/* The selectors of one SA, borrowed. `preferred` is what capture_preferred() said at its
 * install. */
struct captured {
	const struct selector *local, *remote;
	size_t local_count, remote_count;
	struct ip preferred;
};

struct capture_params {
	const char *device;
	uint32_t interface, mtu, table, priority, mark, child_sas;
	uint64_t salt[2];
};

/* ERR_SYSTEM: ret->netlink.why or ret->guard.why says more. */
MUST_USE enum err capture_open(struct capture *ret, struct memory *m,
			       const struct capture_params *params);
/* remove: takes everything of ours out of the host, whoever put it there. */
void capture_close(struct capture *c, bool remove);
/* The host's own address within the local selectors, or family IP_NONE. */
struct ip capture_preferred(struct capture *c, const struct selector *local, size_t count);
/* All or nothing. ERR_LIMIT, ERR_SYSTEM. */
MUST_USE enum err capture_add(struct capture *c, const struct captured *what);
void capture_remove(struct capture *c, const struct captured *what);

/* The fewest prefixes that make up first…last; gives their number, at most CAPTURE_PREFIXES_MAX.
 * IPv4. */
size_t range_split(const struct ip *first, const struct ip *last,
		   struct prefix ret[CAPTURE_PREFIXES_MAX]);

#endif
