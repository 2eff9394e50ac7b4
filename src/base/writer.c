/* SPDX-License-Identifier: Apache-2.0 */
#include "writer.h"

#include "require.h"

struct writer writer_of(void *buffer, size_t cap)
{
	return (struct writer){ .data = buffer, .cap = cap };
}

uint8_t *writer_room(struct writer *w, size_t len)
{
	uint8_t *room;

	if (w->overflow || len > w->cap - w->len) {
		w->overflow = true;
		return NULL;
	}
	room = w->data + w->len;
	w->len += len;
	return room;
}

static void put(struct writer *w, uint64_t value, size_t len)
{
	uint8_t *room = writer_room(w, len);

	if (!room)
		return;
	for (size_t i = len; i-- > 0; value >>= 8)
		room[i] = (uint8_t)value;
}

void writer_u8(struct writer *w, uint8_t value)
{
	put(w, value, 1);
}

void writer_u16(struct writer *w, uint16_t value)
{
	put(w, value, 2);
}

void writer_u32(struct writer *w, uint32_t value)
{
	put(w, value, 4);
}

void writer_u64(struct writer *w, uint64_t value)
{
	put(w, value, 8);
}

void writer_put(struct writer *w, struct span bytes)
{
	uint8_t *room;

	if (bytes.len == 0)
		return;
	room = writer_room(w, bytes.len);
	if (room)
		memcpy(room, bytes.data, bytes.len);
}

void writer_zero(struct writer *w, size_t len)
{
	uint8_t *room = len ? writer_room(w, len) : NULL;

	if (room)
		memset(room, 0, len);
}

size_t writer_mark16(struct writer *w)
{
	size_t mark = w->len;

	writer_u16(w, 0);
	return mark;
}

size_t writer_mark32(struct writer *w)
{
	size_t mark = w->len;

	writer_u32(w, 0);
	return mark;
}

static void patch(struct writer *w, size_t mark, uint64_t value, size_t len)
{
	if (w->overflow)
		return;
	REQUIRE(mark + len <= w->len);
	if (value >> (8 * len)) {
		w->overflow = true;
		return;
	}
	for (size_t i = len; i-- > 0; value >>= 8)
		w->data[mark + i] = (uint8_t)value;
}

void writer_patch16(struct writer *w, size_t mark, size_t value)
{
	patch(w, mark, value, 2);
}

void writer_patch32(struct writer *w, size_t mark, size_t value)
{
	patch(w, mark, value, 4);
}

void writer_patch8(struct writer *w, size_t at, uint8_t value)
{
	patch(w, at, value, 1);
}

enum err writer_end(const struct writer *w)
{
	return w->overflow ? ERR_SPACE : ERR_OK;
}
