/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policies: the kernel's policies that lead traffic into our SAs.
 *
 * A policy is there as long as an SA needs it. Several may, one after the other in a rekeying: the
 * newest is named by its SPI outbound, inbound all of them pass. RFC 4301 4.4.1.
 */
#ifndef ADIT_DATAPLANE_XFRM_POLICIES_H
#define ADIT_DATAPLANE_XFRM_POLICIES_H

#include "kernel.h"
#include "map.h"
#include "message.h"
#include "slab.h"

/* An SA as policies name it; stays where it is as long as it holds policies. */
struct carrier {
	struct ip local, remote; /* outer */
	uint32_t spi_out, reqid; /* the kernel's reqid */
	uint8_t ip_protocol;
	enum child_mode mode;
	bool icmp;
	struct kernel_match match;
};

struct policy;

/* One SA's share in one policy. */
struct hold {
	struct hold *next; /* older */
	struct policy *policy;
	const struct carrier *by;
};

struct policies {
	struct kernel *kernel;
	struct slab slab;
	struct map by_key;
	uint64_t salt[2];
};

MUST_USE enum err policies_init(struct policies *p, struct kernel *kernel, struct memory *m,
				uint32_t count, const uint64_t salt[2]);
/* Forgets; the kernel's stay. */
void policies_clear(struct policies *p);
/* In, forward and out. ERR_EXISTS: somebody else has a policy for the same traffic; ERR_LIMIT. */
MUST_USE enum err policies_take(struct policies *p, struct hold *hold, const struct carrier *by,
				const struct xfrm_selector *selector);
/* The kernel's go with the last hold. */
MUST_USE enum err policies_drop(struct policies *p, struct hold *hold);
/* The carrier's addresses have changed. */
MUST_USE enum err policies_renew(struct policies *p, const struct hold *hold);

#endif
