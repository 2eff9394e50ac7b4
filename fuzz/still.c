/* SPDX-License-Identifier: Apache-2.0 */
#include "still.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>

#include "require.h"

#define ARENA_LEN ((size_t)2 << 20)
#define GAP 32
#define CHUNK ((size_t)512)

static size_t round_up(size_t len)
{
	return (len + CHUNK - 1) & ~(CHUNK - 1); /* so that no chunk has bytes of two blocks */
}

static void *block_at(const struct still *s, size_t index)
{
	return s->arena + s->blocks[index].offset;
}

static void *take(void *ctx, size_t size)
{
	struct still *s = ctx;
	void *block;

	if (s->taken)
		return calloc(1, size);
	REQUIRE(s->count < STILL_BLOCKS_MAX && s->len + round_up(size + GAP) <= ARENA_LEN);
	s->blocks[s->count].offset = s->len;
	s->blocks[s->count].len = size;
	s->blocks[s->count].live = true;
	block = block_at(s, s->count++);
	s->len += round_up(size + GAP);
	ASAN_UNPOISON_MEMORY_REGION(block, size);
	return memset(block, 0, size);
}

/* Blocks lie in the order in which they were taken. */
static size_t block_of(const struct still *s, const void *block)
{
	size_t from = 0, to = s->count;

	while (to - from > 1) {
		size_t middle = (from + to) / 2;

		if ((uintptr_t)block_at(s, middle) <= (uintptr_t)block)
			from = middle;
		else
			to = middle;
	}
	return from;
}

static void give(void *ctx, void *block, size_t size)
{
	struct still *s = ctx;
	size_t index;

	if ((uintptr_t)block - (uintptr_t)s->arena >= ARENA_LEN) {
		free(block);
		return;
	}
	index = block_of(s, block);
	REQUIRE(block_at(s, index) == block && s->blocks[index].len == size);
	if (!s->taken)
		s->blocks[index].live = false;
	ASAN_POISON_MEMORY_REGION(block, size);
}

void still_init(struct still *s)
{
	*s = (struct still){ .memory = { take, give, s, SIZE_MAX, 0, 0 } };
	s->arena = malloc(ARENA_LEN);
	REQUIRE(s->arena);
	ASAN_POISON_MEMORY_REGION(s->arena, ARENA_LEN);
}

/* Most of an engine is zero, and is again when it was freed (memory_free() wipes): the rest is copied. */
static void block_copy(const struct still *s, size_t index)
{
	const uint8_t *from = s->copy + s->blocks[index].offset;
	uint8_t *to = block_at(s, index);
	size_t len = s->blocks[index].len;

	for (size_t at = 0; at < len; at += CHUNK) {
		if (s->filled[(s->blocks[index].offset + at) / CHUNK])
			memcpy(to + at, from + at, len - at < CHUNK ? len - at : CHUNK);
	}
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

void still_take(struct still *s)
{
	s->copy = calloc(1, s->len);
	s->filled = calloc(1, s->len / CHUNK + 1);
	REQUIRE(s->copy && s->filled && !s->taken);
	for (size_t i = 0; i < s->count; i++) {
		if (s->blocks[i].live)
			memcpy(s->copy + s->blocks[i].offset, block_at(s, i), s->blocks[i].len);
	}
	for (size_t at = 0; at < s->len; at += CHUNK)
		s->filled[at / CHUNK] = !is_zero(s->copy + at, s->len - at < CHUNK ? s->len - at : CHUNK);
	s->used = s->memory.used;
	s->taken = true;
}

void still_return(struct still *s)
{
	REQUIRE(s->taken && (s->memory.used == 0 || s->memory.used == s->used));
	for (size_t i = 0; i < s->count; i++) {
		if (!s->blocks[i].live)
			continue;
		ASAN_UNPOISON_MEMORY_REGION(block_at(s, i), s->blocks[i].len);
		block_copy(s, i);
	}
	s->memory.used = s->used;
}
