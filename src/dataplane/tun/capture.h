/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: what makes the host give protected packets to the tunnel, and to nothing else: routing
 * rules, routes, and the guards of guard.h, each counted by the SAs that want it.
 *
 * Beginning at the configured priority p:
 *	p	packets with DATAPLANE_MARK go to p + 3: the tunnel's own
 *	p + 1	from a local prefix to one of the same SA, when a remote selector lies around it
 *		(10.1.0.0/24 to 0.0.0.0/0): look into the main table, but not at its default route,
 *		so that a gateway still reaches its own LAN
 *	p + 2	from each local prefix (with the protocol, if any), and from sockets that have no
 *		address yet if the host has one within the local selectors: look into the table of
 *		that local selector and protocol
 *	p + 3	the guard's probe: what is not ours is at lo
 * To IPv6 a socket without an address comes from nowhere, which no rule can name; so there
 *	p + 3	whatever has a source address goes to p + 6
 *	p + 4	the rest, to neighbours as at p + 1
 *	p + 5	the rest, if the host has an address within the local selectors: the table of those
 *	p + 6	the guard's probe: what is not ours is prohibited (IPv6 has no routes to lo)
 * Each local selector with its protocol has a table of its own, the configured one and those after
 * it as far as they are free at the start: each remote prefix through the device, and the same
 * again as unreachable with a bad metric. Other networks that are directly connected are within
 * 0.0.0.0/0 like any other, and so protected. What does not come from a local selector is never
 * touched, whatever the remote ones are; a host whose own address is in no local selector keeps its
 * own traffic, also with 0.0.0.0/0 behind the tunnel.
 *
 * The kernel keeps all of it when the process is killed, and the device with it: packets then go to
 * a device that nobody reads, or are unreachable when it is down or gone. The next start finds and
 * keeps it, also with another priority or table; the SA that comes back takes its part over;
 * capture_close() removes everything, found or made.
 */
#ifndef ADIT_DATAPLANE_TUN_CAPTURE_H
#define ADIT_DATAPLANE_TUN_CAPTURE_H

#include "guard.h"
#include "map.h"
#include "netlink.h"
#include "prefixes.h"
#include "slab.h"

#define CAPTURE_ITEMS_PER_SA 4  /* a route, a rule, a table and one to spare */
#define CAPTURE_ITEMS_SPARE 4096
#define CAPTURE_FOUND_MAX 4096  /* rules of a killed run that are taken over; others only stay */
#define CAPTURE_NEIGHBOUR_RULES_MAX 64 /* of two ranges; odd ones are all protected instead */
#define CAPTURE_RULES 7         /* priorities in use, from the configured one on */

struct capture {
	struct memory *memory;
	struct netlink netlink;
	struct guard guard;
	uint32_t interface, table, priority, mark;
	bool v6;           /* the kernel has it */
	uint32_t failures; /* of what was to be removed and stays */
	struct slab items;
	struct map by_key;
	uint8_t *taken;    /* of each table number from `table` on */
	uint32_t tables, table_next;
	struct found *found;
	uint32_t found_count;
	uint64_t salt[2];
};

/* The host's own addresses within some local selectors; family IP_NONE: none. */
struct preferred {
	struct ip v4, v6;
};

/* The selectors of one SA, borrowed. `preferred` is what capture_preferred() said at its
 * install. */
struct captured {
	const struct selector *local, *remote;
	size_t local_count, remote_count;
	struct preferred preferred;
};

struct capture_params {
	const char *device;
	uint32_t interface, mtu, table, priority, mark, child_sas;
	uint64_t salt[2];
};

/* ERR_SYSTEM: ret->netlink.why or ret->guard.why says more. */
MUST_USE enum err capture_open(struct capture *ret, struct memory *m,
			       const struct capture_params *params);
/* remove: takes everything of ours out of the host, whoever put it there. An error says that some
 * of it stays; c is closed all the same. */
enum err capture_close(struct capture *c, bool remove);
MUST_USE enum err capture_preferred(struct capture *c, const struct selector *local, size_t count,
				    struct preferred *ret);
/* All or nothing. ERR_LIMIT, ERR_SYSTEM. */
MUST_USE enum err capture_add(struct capture *c, const struct captured *what);
void capture_remove(struct capture *c, const struct captured *what);
/* Puts the routes there again, which the kernel drops when the device goes down. */
MUST_USE enum err capture_replay(struct capture *c);

#endif
