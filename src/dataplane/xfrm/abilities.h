/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abilities: what this kernel's IPsec can do, found out by having it take an SA for a moment.
 *
 * The table of algorithms.c says what the kernel calls a transform; whether it was built with it
 * nobody knows but the kernel. Each is asked about once, when a negotiation first wants to know.
 * RFC 7296 2.7: what cannot be installed is neither offered nor chosen.
 */
#ifndef ADIT_DATAPLANE_XFRM_ABILITIES_H
#define ADIT_DATAPLANE_XFRM_ABILITIES_H

#include "child_spec.h"
#include "kernel.h"

#define ABILITIES_MAX 96 /* more than there are algorithms and key lengths */

struct abilities {
	uint32_t count;
	struct ability {
		uint8_t protocol, type;
		uint16_t id, key_bits;
		bool there;
	} items[ABILITIES_MAX];
};

/* A cipher or an integrity algorithm of ESP's or AH's. */
bool abilities_have(struct abilities *a, struct kernel *k, uint8_t protocol,
		    const struct transform *t);

#endif
