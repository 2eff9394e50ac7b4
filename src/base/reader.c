/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

struct reader reader_of(struct span bytes)
{
	return (struct reader){ .at = bytes.data, .left = bytes.len };
}

struct span reader_take(struct reader *r, size_t len)
{
	struct span taken = SPAN_EMPTY;

	if (r->failed || len > r->left) {
		r->failed = true;
		r->left = 0;
		return taken;
	}
	if (len == 0)
		return taken;
	taken = span_of(r->at, len);
	r->at += len;
	r->left -= len;
	return taken;
}

static uint64_t get(struct reader *r, size_t len)
{
	struct span bytes = reader_take(r, len);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | bytes.data[i];
	return value;
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)get(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
	return (uint16_t)get(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
	return (uint32_t)get(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
	return get(r, 8);
}

struct span reader_rest(struct reader *r)
{
	return reader_take(r, r->left);
}

void reader_skip(struct reader *r, size_t len)
{
	(void)reader_take(r, len);
}

struct reader reader_sub(struct reader *r, size_t len)
{
	struct reader sub = reader_of(reader_take(r, len));

	sub.failed = r->failed;
	return sub;
}

enum err reader_end(const struct reader *r)
{
	if (r->failed)
		return ERR_TRUNCATED;
	return r->left == 0 ? ERR_OK : ERR_TRAILING;
}
