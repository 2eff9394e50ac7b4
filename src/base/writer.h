/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer: the one way datagrams are made.
 *
 * A bounded cursor over the caller's buffer with sticky overflow: puts after the first that did not
 * fit do nothing, and writer_end() says so once. Lengths that are known only later are reserved by
 * writer_mark16() and filled in by writer_patch16(). All integers are big-endian.
 */
#ifndef ADIT_BASE_WRITER_H
#define ADIT_BASE_WRITER_H

#include "error.h"
#include "span.h"

struct writer {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool overflow;
};

struct writer writer_of(void *buffer, size_t cap);

void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_put(struct writer *w, struct span bytes);
void writer_zero(struct writer *w, size_t len);
/* Room for len bytes that the caller fills at once; NULL after an overflow. */
uint8_t *writer_room(struct writer *w, size_t len);

/* Reserves a 16-bit field and gives its place. */
size_t writer_mark16(struct writer *w);
size_t writer_mark32(struct writer *w);
/* Fills a reserved field with value. A value over 65,535 is an overflow. */
void writer_patch16(struct writer *w, size_t mark, size_t value);
void writer_patch32(struct writer *w, size_t mark, size_t value);
/* Overwrites one byte that was written before. */
void writer_patch8(struct writer *w, size_t at, uint8_t value);

/* What has been written so far, borrowed. */
static inline struct span writer_span(const struct writer *w)
{
	return span_of(w->data, w->len);
}

/* ERR_SPACE after an overflow, else ERR_OK. */
MUST_USE enum err writer_end(const struct writer *w);

#endif
