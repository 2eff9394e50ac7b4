/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataplane: where Child SAs live. One interface, several houses: tun (userspace ESP), xfrm (the
 * kernel's), null.
 *
 * A dataplane belongs to one shard's thread. It gets Child SAs from the engine's jobs, ESP packets
 * that arrived on the shard's UDP sockets, and readiness of its own descriptors; it sends ESP
 * packets through the shell's hook, and tells the shell when a good packet came from a new address.
 * RFC 4301 (SPD, SAD), RFC 3948.
 */
#ifndef ADIT_DATAPLANE_DATAPLANE_H
#define ADIT_DATAPLANE_DATAPLANE_H

#include "address.h"
#include "child_spec.h"
#include "crypto.h"
#include "memory.h"
#include "timers.h"

/*
 * The firewall mark (SO_MARK) of the sockets that carry IKE and UDP-encapsulated ESP. The shell
 * sets it on them, and the routing rules of a dataplane leave marked packets alone: otherwise a
 * tunnel for 0.0.0.0/0 would swallow itself.
 */
#define DATAPLANE_MARK 0xad17

#define DATAPLANE_MSS_FIT 1
#define DATAPLANE_MTU 1400 /* what most paths of 1500 take; SAs know theirs better */

struct dataplane;

/* What a dataplane needs from the shell. */
struct dataplane_env {
	const struct crypto *crypto;
	struct memory *memory;
	uint32_t child_sas;                 /* slab size */
	uint32_t routing_table, routing_table_prio;
	uint32_t mss; /* of TCP in tunnels, at most; 0: as it is, DATAPLANE_MSS_FIT: what fits */
	uint32_t mtu; /* of the device that packets come from; 0: DATAPLANE_MTU */
	void *ctx;
	/* Sends one ESP packet, in UDP if path->encap (RFC 3948 2.1: no marker), bare otherwise. May
	 * lose it. */
	void (*send)(void *ctx, const struct path *path, const struct outer *outer,
		     struct span packet);
	/* The longest IP packet that the way takes; 0: not known. May be NULL. */
	size_t (*path_mtu)(void *ctx, const struct path *path);
	/* Sends a whole IP packet (AH, which authenticates its header) to the path's remote host; NULL:
	 * that cannot be done here. */
	void (*send_ip)(void *ctx, const struct path *path, struct span packet);
	/* An authentic packet of spi_in came from another endpoint. */
	void (*moved)(void *ctx, uint32_t spi_in, const struct endpoint *remote);
	/*
	 * The kernel's dataplane only; both may be NULL. A Child SA has expired there; traffic wants
	 * an SA of that reqid (its lower 24 bits), and there is none.
	 */
	void (*expired)(void *ctx, uint32_t child_unique);
	void (*acquire)(void *ctx, uint32_t reqid);
	/* One line for the log; level as enum log_level. */
	void (*log)(void *ctx, int level, const char *line);
};

struct dataplane_counters {
	uint64_t bytes_in, packets_in, bytes_out, packets_out;
	nanos last_in, last_out; /* 0: none yet */
	/* drops, by reason */
	uint64_t integrity, replay, selector, malformed, too_big, no_sa;
	uint64_t exhausted; /* sequence numbers used up: only a new SA cures it (RFC 4303 3.3.3) */
	uint64_t failed;    /* the system or the cryptographic library did not take the packet */
	uint64_t dummies;   /* RFC 4303 2.6: meant to be dropped */
	uint64_t congestion; /* RFC 6040 4.2: the only way to tell the sender of it */
};

struct dataplane_ops {
	const char *name;
	MUST_USE enum err (*new)(struct dataplane **ret, const struct dataplane_env *env);
	/*
	 * orderly: takes down all that any run put into the system; traffic is the host's own
	 * again. Otherwise what protects traffic stays, as after a kill; a run that found nothing
	 * and had no SA leaves nothing.
	 */
	void (*free)(struct dataplane *d, bool orderly);
	/* NULL: the shell's UDP sockets need nothing. Called once for each; nat_t: it carries ESP. */
	MUST_USE enum err (*socket)(struct dataplane *d, int fd, bool v6, bool nat_t);
	/* Whether an SA can have the cipher or integrity algorithm; the same answer each time.
	 * NULL: whatever env->crypto has. */
	bool (*has)(struct dataplane *d, uint8_t protocol, const struct transform *t);
	/* Both directions; inbound is in place when it returns. ERR_EXISTS, ERR_LIMIT, ERR_SYSTEM,
	 * ERR_UNSUPPORTED. */
	MUST_USE enum err (*install)(struct dataplane *d, const struct child_spec *spec, nanos now);
	/* path->encap: whether ESP goes in UDP, whatever IKE does. */
	MUST_USE enum err (*update)(struct dataplane *d, uint32_t spi_in, const struct path *path);
	MUST_USE enum err (*remove)(struct dataplane *d, uint32_t spi_in);
	MUST_USE enum err (*query)(struct dataplane *d, uint32_t spi_in,
				   struct dataplane_counters *ret);
	/* An ESP packet, its outer headers taken off; data may be overwritten. In UDP or not is all
	 * the same (RFC 7296 2.23). */
	void (*input)(struct dataplane *d, const struct path *path, const struct outer *outer,
		      uint8_t *data, size_t len, nanos now);
	/* A whole IP packet with AH, likewise; NULL: this dataplane takes none. */
	void (*input_ip)(struct dataplane *d, uint8_t *packet, size_t len, nanos now);
	/* What went that way was too long for it: path_mtu() has news. */
	void (*narrow)(struct dataplane *d, const struct path *path);
	/* Descriptors to poll for reading; gives their number, at most max. */
	size_t (*descriptors)(struct dataplane *d, int *ret_fds, size_t max);
	/*
	 * fd is readable or has an error: take a bounded batch. ERR_SYSTEM: the dataplane is at
	 * its end, as it has told the log; free() without order is all that is left.
	 */
	MUST_USE enum err (*ready)(struct dataplane *d, int fd, nanos now);
	/* Totals over all SAs ever, and of packets that matched none. */
	void (*totals)(struct dataplane *d, struct dataplane_counters *ret);
};

extern const struct dataplane_ops dataplane_tun, dataplane_xfrm, dataplane_null;

/* Whether this kernel takes an ESP SA, by having it take one for a moment. */
bool dataplane_xfrm_there(void);

/* "xfrm", "tun", "null", or "auto": xfrm when the kernel has it, otherwise tun. NULL when unknown. */
const struct dataplane_ops *dataplane_find(const char *name);

#endif
