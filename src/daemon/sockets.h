/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets: the shard's UDP sockets, for IKE and for ESP in UDP (RFC 7296 2.23, RFC 3948).
 *
 * One socket a family and port. Packets of one length for one peer go to the kernel and come from
 * it together (UDP_SEGMENT, UDP_GRO) where it can do that: a way through its stack costs more than
 * the cipher. Takes off and puts on the non-ESP marker; knows the local address of every datagram.
 * Decides nothing.
 */
#ifndef ADIT_DAEMON_SOCKETS_H
#define ADIT_DAEMON_SOCKETS_H

#include "address.h"
#include "loop.h"

#define SOCKETS_MAX 4
#define SOCKETS_BATCH 32        /* datagrams, or trains of them, taken a turn and socket */
#define SOCKETS_TRAIN 64        /* datagrams sent together; the kernel's own limit */
#define SOCKETS_TRAIN_BYTES 65000
#define SOCKETS_DATAGRAM 65536  /* UDP's longest, since ESP has no limit of its own */

struct sockets_env {
	void *ctx;
	/* One IKE datagram, the marker taken off. */
	void (*ike)(void *ctx, const struct path *path, struct span datagram);
	/* One ESP packet; may be overwritten. */
	void (*esp)(void *ctx, const struct path *path, uint8_t *data, size_t len);
};

struct sockets {
	struct sockets_env env;
	struct loop *loop;
	struct udp_socket {
		struct loop_source source;
		struct sockets *owner;
		uint8_t family; /* enum ip_family; IP_NONE: not open */
		uint16_t port;
		bool marked;    /* the NAT traversal port: IKE carries the marker */
	} items[SOCKETS_MAX];
	uint8_t *buffer;        /* SOCKETS_DATAGRAM */
	/* ESP packets that wait for more of their kind. */
	struct {
		struct path path;
		uint8_t *data;      /* SOCKETS_TRAIN_BYTES */
		size_t len, segment, count;
		bool unsupported;   /* the kernel or the interface cannot: one by one */
	} train;
	uint64_t ike_not_sent, esp_not_sent; /* datagrams that the system did not take */
};

/* IPv4 is a must, IPv6 where the host has it. ERR_SYSTEM: what failed is in ret_why (room for 160
 * characters). */
MUST_USE enum err sockets_open(struct sockets *s, struct loop *loop, const struct sockets_env *env,
			       uint16_t port, uint16_t port_nat_t, char *ret_why);
void sockets_close(struct sockets *s);
/* An IKE datagram of the engine's, or its keepalive. False when the system did not take it. */
bool sockets_send_ike(struct sockets *s, const struct path *path, struct span datagram);
/* An ESP packet in UDP; it may wait for the next ones until sockets_flush(). */
void sockets_send_esp(struct sockets *s, const struct path *path, struct span packet);
/* Sends what waits; before the loop sleeps. */
void sockets_flush(struct sockets *s);
/* Our address on the way to a peer, by asking the routing table; false when there is no way. */
bool sockets_local_address(const struct ip *remote, struct ip *ret);

#endif
