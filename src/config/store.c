/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <stdalign.h>

#include "require.h"

#define BLOCK_LEN ((size_t)16 * 1024)

struct block {
	struct block *next;
	size_t size; /* with this header */
	size_t used;
	alignas(max_align_t) uint8_t bytes[];
};

struct config_store {
	struct memory memory;
	struct block *blocks; /* the first has room */
};

struct config_store *store_new(const struct memory *like)
{
	struct memory memory = *like;
	struct config_store *s;

	memory.used = 0;
	memory.peak = 0;
	s = memory_alloc(&memory, sizeof(*s));
	if (!s)
		return NULL;
	s->memory = memory;
	return s;
}

void store_free(struct config_store *s)
{
	struct memory memory;

	if (!s)
		return;
	while (s->blocks) {
		struct block *block = s->blocks;

		s->blocks = block->next;
		memory_free(&s->memory, block, block->size);
	}
	memory = s->memory;
	memory_free(&memory, s, sizeof(*s));
	REQUIRE(memory.used == 0);
}

static struct block *block_new(struct config_store *s, size_t len)
{
	size_t size = sizeof(struct block) + (len > BLOCK_LEN ? len : BLOCK_LEN);
	struct block *block = memory_alloc(&s->memory, size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = s->blocks;
	s->blocks = block;
	return block;
}

void *store_alloc(struct config_store *s, size_t count, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *block = s->blocks;
	size_t len;
	void *room;

	REQUIRE(size > 0 && size <= STORE_LIMIT);
	if (count > STORE_LIMIT / size)
		return NULL;
	len = (count ? count * size : 1) + (align - 1);
	len -= len % align;
	if (!block || block->size - sizeof(*block) - block->used < len)
		block = block_new(s, len);
	if (!block)
		return NULL;
	room = &block->bytes[block->used];
	block->used += len;
	return room;
}

char *store_text(struct config_store *s, struct span text)
{
	char *copy = store_alloc(s, text.len + 1, 1);

	if (copy && text.len)
		memcpy(copy, text.data, text.len);
	return copy;
}

struct memory *store_memory(struct config_store *s)
{
	return &s->memory;
}
