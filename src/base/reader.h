/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: the one way bytes from outside are read.
 *
 * A bounded cursor with sticky failure: after the first short read every get gives zero or an empty
 * span, so a parser reads straight through and asks once, at its end, with reader_end(). All
 * integers are big-endian (RFC 7296 3).
 */
#ifndef ADIT_BASE_READER_H
#define ADIT_BASE_READER_H

#include "error.h"
#include "span.h"

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

struct reader reader_of(struct span bytes);

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
/* The next len bytes, borrowed from what the reader was made of. */
struct span reader_take(struct reader *r, size_t len);
/* All that is left; never fails by itself. */
struct span reader_rest(struct reader *r);
void reader_skip(struct reader *r, size_t len);
/* A sub-reader over the next len bytes; failed when they are not there. */
struct reader reader_sub(struct reader *r, size_t len);

static inline size_t reader_left(const struct reader *r)
{
	return r->left;
}

static inline bool reader_ok(const struct reader *r)
{
	return !r->failed;
}

/* ERR_TRUNCATED after a short read, ERR_TRAILING when bytes are left, else ERR_OK. */
MUST_USE enum err reader_end(const struct reader *r);

#endif
