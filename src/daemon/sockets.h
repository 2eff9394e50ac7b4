/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets: the shard's sockets: UDP for IKE and for ESP in UDP (RFC 7296 2.23, RFC 3948), raw ones
 * for bare ESP (RFC 4303).
 *
 * One socket a family and port, and one a family for bare ESP. Packets in UDP of one length for one
 * peer go to the kernel and come from it together (UDP_SEGMENT, UDP_GRO) where it can do that: a
 * way through its stack costs more than the cipher; bare ones go many in one call. Takes off and
 * puts on the non-ESP marker and IP headers; knows the local address of every datagram. Decides
 * nothing: what comes in UDP or bare is given on alike.
 */
#ifndef ADIT_DAEMON_SOCKETS_H
#define ADIT_DAEMON_SOCKETS_H

#include "child_spec.h"
#include "loop.h"

#define SOCKETS_MAX 6
#define SOCKETS_BATCH 32        /* datagrams, or trains of them, taken a turn and socket */
#define SOCKETS_TRAIN 64        /* datagrams sent together; the kernel's own limit */
#define SOCKETS_TRAIN_BYTES 65507 /* the longest datagram, so that any packet fits */
#define SOCKETS_DATAGRAM 65536  /* UDP's longest, since ESP has no limit of its own */

struct sockets_env {
	void *ctx;
	/* One IKE datagram, the marker taken off. */
	void (*ike)(void *ctx, const struct path *path, struct span datagram);
	/* One ESP packet, bare when path->encap is false; may be overwritten. outer->df is not
	 * known. */
	void (*esp)(void *ctx, const struct path *path, const struct outer *outer, uint8_t *data,
		    size_t len);
	/* A packet that was not to be fragmented is longer than the path takes; may be NULL. */
	void (*narrow)(void *ctx, const struct path *path);
};

struct sockets {
	struct sockets_env env;
	struct loop *loop;
	struct one_socket {
		struct loop_source source;
		struct sockets *owner;
		uint8_t family; /* enum ip_family; IP_NONE: not open */
		uint16_t port;
		bool marked;    /* the NAT traversal port: IKE carries the marker */
		bool raw;       /* bare ESP */
		bool df;        /* what it sends is not fragmented */
	} items[SOCKETS_MAX];
	uint8_t *buffer;        /* SOCKETS_DATAGRAM */
	/* ESP packets that wait for more of their kind. */
	struct {
		struct path path;
		struct outer outer;
		uint8_t *data;      /* SOCKETS_TRAIN_BYTES */
		size_t len, segment, count;
		size_t lengths[SOCKETS_TRAIN];
		bool unsupported;   /* the kernel or the interface cannot: one by one */
	} train;
	uint64_t ike_not_sent, esp_not_sent; /* datagrams that the system did not take */
};

/* IPv4 is a must, IPv6 where the host has it. ERR_SYSTEM: what failed is in ret_why (room for 160
 * characters). */
MUST_USE enum err sockets_open(struct sockets *s, struct loop *loop, const struct sockets_env *env,
			       uint16_t port, uint16_t port_nat_t, char *ret_why);
void sockets_close(struct sockets *s);
/* The raw ones alone, where bare ESP is not for us: they get a copy of each packet. */
void sockets_bare_close(struct sockets *s);
/* An IKE datagram of the engine's, or its keepalive. False when the system did not take it. */
bool sockets_send_ike(struct sockets *s, const struct path *path, struct span datagram);
/* An ESP packet, in UDP if path->encap; it may wait for the next ones until sockets_flush(). */
void sockets_send_esp(struct sockets *s, const struct path *path, const struct outer *outer,
		      struct span packet);
/* Sends what waits; before the loop sleeps. */
void sockets_flush(struct sockets *s);
/* Of ICMP errors that a socket keeps for its reader the kernel has learnt already; nobody reads them. */
void sockets_errors_drop(int fd);
/* Our address on the way to a peer, by asking the routing table; false when there is no way.
 * interface: of a link-local peer. */
bool sockets_local_address(const struct ip *remote, uint32_t interface, struct ip *ret);
/* The longest IP packet that the way takes, as far as the kernel knows; 0: it does not. */
size_t sockets_path_mtu(const struct path *path);

#endif
