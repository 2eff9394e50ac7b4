/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory: where a sans-I/O room gets its memory, counted.
 *
 * The caller of an engine passes allocation hooks; `struct memory` counts what is out and refuses
 * more than its limit. `struct bytes` is an owned run of bytes from it. Freed bytes are wiped, so
 * that no datagram or key outlives its owner.
 */
#ifndef ADIT_BASE_MEMORY_H
#define ADIT_BASE_MEMORY_H

#include "error.h"
#include "span.h"

struct memory {
	void *(*alloc)(void *ctx, size_t size); /* zero-filled or NULL; aligned for any type */
	void (*free)(void *ctx, void *block, size_t size);
	void *ctx;
	size_t limit; /* bytes that may be out at once */
	size_t used;  /* bytes that are out */
	size_t peak;
};

/* A memory over calloc() and free(). */
struct memory memory_system(size_t limit);

/* Zero-filled, or NULL when the limit or the system says no. size is above zero. */
void *memory_alloc(struct memory *m, size_t size);
/* Wipes and gives back; block may be NULL. size is the one it was allocated with. */
void memory_free(struct memory *m, void *block, size_t size);

struct bytes {
	uint8_t *data;
	size_t len;
};

/* Replaces what ret holds by a copy of from. ERR_MEMORY leaves ret as it was. */
MUST_USE enum err bytes_set(struct bytes *ret, struct memory *m, struct span from);
void bytes_clear(struct bytes *b, struct memory *m);

static inline struct span bytes_span(const struct bytes *b)
{
	return span_of(b->data, b->len);
}

#endif
