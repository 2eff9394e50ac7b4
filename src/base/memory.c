/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>

#include "require.h"
#include "secret.h"

static void *system_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void system_free(void *ctx, void *block, size_t size)
{
	(void)ctx;
	(void)size;
	free(block);
}

struct memory memory_system(size_t limit)
{
	return (struct memory){ .alloc = system_alloc, .free = system_free, .limit = limit };
}

void *memory_alloc(struct memory *m, size_t size)
{
	void *block;

	REQUIRE(size > 0);
	if (size > m->limit - m->used)
		return NULL;
	block = m->alloc(m->ctx, size);
	if (!block)
		return NULL;
	m->used += size;
	if (m->used > m->peak)
		m->peak = m->used;
	return block;
}

void memory_free(struct memory *m, void *block, size_t size)
{
	if (!block)
		return;
	REQUIRE(size > 0 && size <= m->used);
	secret_wipe(block, size);
	m->used -= size;
	m->free(m->ctx, block, size);
}

enum err bytes_set(struct bytes *ret, struct memory *m, struct span from)
{
	uint8_t *copy = NULL;

	if (from.len) {
		copy = memory_alloc(m, from.len);
		if (!copy)
			return ERR_MEMORY;
		memcpy(copy, from.data, from.len);
	}
	bytes_clear(ret, m);
	*ret = (struct bytes){ .data = copy, .len = from.len };
	return ERR_OK;
}

void bytes_clear(struct bytes *b, struct memory *m)
{
	memory_free(m, b->data, b->len);
	*b = (struct bytes){ 0 };
}
