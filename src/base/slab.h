/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slab: a fixed number of records of one size, named by slot.
 *
 * Allocated once; a freed record is wiped and queued at the tail of the free list, so that a slot
 * (and the SPI that names it) rests as long as possible before it is used again. Slots are
 * 0 … count-1.
 */
#ifndef ADIT_BASE_SLAB_H
#define ADIT_BASE_SLAB_H

#include "memory.h"

#define SLAB_NONE UINT32_MAX

struct slab {
	struct memory *memory;
	uint8_t *records;
	uint32_t *next;   /* free list; SLAB_USED for records in use */
	uint32_t count;
	uint32_t used;
	uint32_t first_free, last_free;
	size_t size;
};

MUST_USE enum err slab_init(struct slab *s, struct memory *m, size_t record_size, uint32_t count);
/* Every record must have been freed. */
void slab_clear(struct slab *s);
/* A zero-filled record, or NULL when all are in use. */
void *slab_alloc(struct slab *s);
void slab_free(struct slab *s, void *record);
uint32_t slab_slot(const struct slab *s, const void *record);
/* The record in that slot, or NULL when it is free or out of range. */
void *slab_at(const struct slab *s, uint32_t slot);
/* The first record in use at or after *slot, which is set to it; NULL at the end. For walks that a
 * person asked for (lists, shutdown), never for a packet or a timer. */
void *slab_next(const struct slab *s, uint32_t *slot);

#endif
