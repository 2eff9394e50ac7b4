/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway: a dataplane between a LAN and the world, and what leaks past it, for the tests of this folder.
 */
#ifndef ADIT_TESTS_DATAPLANE_GATEWAY_H
#define ADIT_TESTS_DATAPLANE_GATEWAY_H

#include <sys/types.h>

#include "lab.h"

/*
 * A gateway between a LAN host and the world, and a sniffer out there:
 * host 10.1.0.2 – lan 10.1.0.1 gateway wan 192.0.2.1 – 192.0.2.2 world (also 198.51.100.1)
 *      fd01::2        fd01::1             fd09::1     fd09::2       (also fd51::1)
 * A protected address says by its family which of both is asked about.
 */
struct gateway {
	int netns, host, world;
	int host_udp, world_udp, host_udp6, world_udp6, world_sniffer;
	struct lab_plane plane;
};

/* rp_filter 1 drops much of what the guard is for by itself; 0 leaves it to the guard. */
void gateway_open_filtering(struct gateway *g, int rp_filter);
void gateway_open(struct gateway *g);
void gateway_close(struct gateway *g);
/* How many of our packets to a protected address the world sees, from the LAN and from the gateway itself. */
unsigned leaks_out(struct gateway *g, const char *protected_address);
/* Whether a clear packet with that source reaches the LAN; one from elsewhere must in any case. */
bool leaks_in(struct gateway *g, const char *src, uint16_t src_port);
bool plain_traffic_arrives(struct gateway *g);
void assert_open(struct gateway *g, const char *address);
void assert_closed(struct gateway *g, const char *address);
void assert_nothing_left(struct gateway *g);
/* A process that holds a dataplane with these SAs, until it is killed. */
pid_t holder_start(struct gateway *g, const struct child_spec *specs, size_t count);
void holder_kill(pid_t pid);
/* How many lines the host's rules, our routes, its filters and devices make. */
unsigned footprint(struct gateway *g);

#endif
