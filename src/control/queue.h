/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue: bytes that wait, first in first out, bounded.
 *
 * Grows from nothing as bytes come and gives its memory back when it is empty, so that an idle
 * session costs none. Private to this room.
 */
#ifndef ADIT_CONTROL_QUEUE_H
#define ADIT_CONTROL_QUEUE_H

#include "memory.h"

struct queue {
	struct memory *memory;
	uint8_t *data;
	size_t cap, start, len; /* the bytes are data[start … start + len - 1] */
	size_t max;
};

struct queue queue_of(struct memory *m, size_t max);
void queue_clear(struct queue *q);
/* Appends all or nothing: ERR_LIMIT over max, ERR_MEMORY. */
MUST_USE enum err queue_put(struct queue *q, struct span bytes);
/* What waits, borrowed until the queue changes. */
struct span queue_span(const struct queue *q);
/* Drops the first n bytes; no more than there are. */
void queue_take(struct queue *q, size_t n);

#endif
