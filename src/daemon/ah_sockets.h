/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ah_sockets: AH packets (IP protocol 51) in and out for a dataplane in userspace, one raw socket a
 * family.
 *
 * AH authenticates the IP header, so packets go out with the header that it was made for, and come
 * in with one. What the kernel keeps back of an IPv6 header is made up: only fields that AH does
 * not authenticate are not known; extension headers before AH are lost, and such packets fail their
 * check. The sockets are marked as those of IKE are (DATAPLANE_MARK).
 */
#ifndef ADIT_DAEMON_AH_SOCKETS_H
#define ADIT_DAEMON_AH_SOCKETS_H

#include "address.h"
#include "loop.h"

#define AH_SOCKETS_BATCH 64 /* packets taken in one turn */

struct ah_sockets {
	struct loop *loop;
	struct loop_source v4, v6; /* fd -1: not open */
	void *ctx;
	/* A whole IP packet, to be overwritten at will. */
	void (*packet)(void *ctx, uint8_t *data, size_t len);
	uint8_t *buffer;
	uint64_t not_sent;
};

/* IPv4 has to be there, IPv6 need not. ERR_SYSTEM with errno set (CAP_NET_RAW?), ERR_MEMORY. */
MUST_USE enum err ah_sockets_open(struct ah_sockets *s, struct loop *loop, void *ctx,
				  void (*packet)(void *ctx, uint8_t *data, size_t len));
void ah_sockets_close(struct ah_sockets *s);
/* Sends a whole IP packet to path's remote host. May lose it. */
void ah_sockets_send(struct ah_sockets *s, const struct path *path, struct span packet);

#endif
