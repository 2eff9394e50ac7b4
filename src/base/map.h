/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: 64-bit key to 32-bit value, bounded, hashed with a secret salt.
 *
 * Open addressing with linear probing and backward-shift deletion; sized at start for its limit,
 * never grown. Keys that a stranger chooses (SPIs, hashes of addresses) cannot be steered into one
 * chain, since the hash (SipHash-2-4) is keyed.
 */
#ifndef ADIT_BASE_MAP_H
#define ADIT_BASE_MAP_H

#include "memory.h"

struct map {
	struct memory *memory;
	struct map_entry *entries;
	uint32_t mask; /* entries - 1 */
	uint32_t used;
	uint32_t limit;
	uint64_t salt[2];
};

MUST_USE enum err map_init(struct map *map, struct memory *m, uint32_t limit,
			   const uint64_t salt[2]);
void map_clear(struct map *map);
/* Adds; ERR_EXISTS when the key is there, ERR_LIMIT when the map is full. */
MUST_USE enum err map_put(struct map *map, uint64_t key, uint32_t value);
bool map_get(const struct map *map, uint64_t key, uint32_t *ret_value);
/* True when it was there. */
bool map_remove(struct map *map, uint64_t key);

/* SipHash-2-4 of bytes, for hash keys and digests that never leave the process. */
uint64_t hash_bytes(const uint64_t salt[2], struct span bytes);

#endif
