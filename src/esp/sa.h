/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sa: one Child SA as userspace ESP keeps it, both directions (RFC 4301 4.4.2.1).
 *
 * A record of sad.h's slab. It holds no raw keys: those are in the sealers, which the backend
 * wipes. Each field is changed by one file: windows and counters by esp.c, links by spd.c, the path
 * by its owner.
 */
#ifndef ADIT_ESP_SA_H
#define ADIT_ESP_SA_H

#include "child_spec.h"
#include "outer.h"
#include "packet.h"
#include "timers.h"

struct esp_counters {
	uint64_t bytes_in, packets_in, bytes_out, packets_out; /* of inner packets */
	nanos last_in, last_out;                               /* 0: none yet */
	/* drops, by reason */
	uint64_t integrity, replay, selector, malformed, too_big, no_sa, exhausted, failed;
	uint64_t congestion; /* RFC 6040 4.2 */
	uint64_t dummies; /* RFC 4303 2.6: discarded without a word */
};

struct esp_sa {
	struct esp_in in;
	struct esp_out out;
	uint8_t protocol;           /* ESP or AH */
	enum child_mode mode;
	bool encap;                 /* ESP in UDP; in transport mode checksums are made anew */
	bool icmp;                  /* as in struct child_spec */
	uint16_t tfc_padding;       /* as in struct child_spec; in.pad_to follows from it */
	struct outer_rules rules;
	struct path path;           /* encap: ESP goes in UDP */
	size_t inner_max;           /* the longest inner packet for it; 0: any */
	struct endpoint moved;      /* last told remote endpoint; port 0: none */
	struct selector *selectors; /* local ones, then remote ones */
	uint8_t local_count, remote_count;
	struct esp_counters counters;
};

static inline const struct selector *sa_local(const struct esp_sa *sa, size_t i)
{
	return &sa->selectors[i];
}

static inline const struct selector *sa_remote(const struct esp_sa *sa, size_t i)
{
	return &sa->selectors[sa->local_count + i];
}

#endif
