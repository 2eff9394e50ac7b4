/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spd: which SA an outbound packet takes, and whether an inbound one came over the right SA (RFC
 * 4301 5.1, 5.2).
 *
 * Each pair of a local and a remote selector is a policy, filed under the two smallest prefixes
 * that hold their addresses. A lookup asks one hash table once for each pair of prefix lengths in
 * use, the longest remote one first, and compares what it finds exactly: it never walks the SAs.
 * Within one file the newer SA wins, so that a rekeyed SA takes over at once.
 */
#ifndef ADIT_ESP_SPD_H
#define ADIT_ESP_SPD_H

#include "inner.h"
#include "map.h"
#include "sa.h"
#include "slab.h"

#define SPD_SHAPES_MAX 256      /* pairs of prefix lengths in use; real ones have about 10 */
#define SPD_POLICIES_PER_SA 4   /* room for that many pairs an SA on average */
#define SPD_POLICIES_SPARE 256  /* and for one SA with every pair of SELECTORS_MAX */

/* A pair of prefix lengths, and how many files have it. */
struct spd_shape {
	uint8_t family, remote_bits, local_bits;
	uint32_t files;
};

struct spd {
	struct memory *memory;
	struct slab policies;
	struct map files; /* hash of both prefixes → slot of the newest policy there */
	struct spd_shape shapes[SPD_SHAPES_MAX];
	uint32_t shapes_count;
	uint64_t salt[2];
};

MUST_USE enum err spd_init(struct spd *s, struct memory *m, uint32_t sas, const uint64_t salt[2]);
void spd_clear(struct spd *s);
/* Files all selector pairs of the SA. ERR_LIMIT: no room; nothing is filed then. */
MUST_USE enum err spd_add(struct spd *s, struct esp_sa *sa);
void spd_remove(struct spd *s, struct esp_sa *sa);
/* The SA for a packet that leaves, or NULL. */
struct esp_sa *spd_find(const struct spd *s, const struct inner *inner);
/* The same where no selector holds it: as an ICMP error about a packet that came over the SA. */
struct esp_sa *spd_find_quoted(const struct spd *s, const struct inner *inner, struct span packet);

/* Whether the selectors of the SA hold the packet, seen from the side that sends it. */
bool sa_takes_outbound(const struct esp_sa *sa, const struct inner *inner);
bool sa_takes_inbound(const struct esp_sa *sa, const struct inner *inner); /* RFC 4301 5.2 step 4 */
/* Whether it is an ICMP error about a packet that went over the SA, and the SA is to carry such. */
bool sa_takes_quoted(const struct esp_sa *sa, const struct inner *inner, struct span packet);

#endif
