/* SPDX-License-Identifier: Apache-2.0 */
#include "slab.h"

#include "require.h"
#include "secret.h"

#define SLAB_USED (UINT32_MAX - 1)

enum err slab_init(struct slab *s, struct memory *m, size_t record_size, uint32_t count)
{
	size_t size = (record_size + 15) & ~(size_t)15;

	REQUIRE(count > 0 && count < SLAB_USED && record_size > 0);
	*s = (struct slab){ .memory = m, .size = size, .count = count };
	s->records = memory_alloc(m, size * count);
	s->next = memory_alloc(m, sizeof(*s->next) * count);
	if (!s->records || !s->next) {
		memory_free(m, s->records, size * count);
		memory_free(m, s->next, sizeof(*s->next) * count);
		*s = (struct slab){ 0 };
		return ERR_MEMORY;
	}
	for (uint32_t i = 0; i < count; i++)
		s->next[i] = i + 1 < count ? i + 1 : SLAB_NONE;
	s->first_free = 0;
	s->last_free = count - 1;
	return ERR_OK;
}

void slab_clear(struct slab *s)
{
	if (!s->memory)
		return;
	REQUIRE(s->used == 0);
	memory_free(s->memory, s->records, s->size * s->count);
	memory_free(s->memory, s->next, sizeof(*s->next) * s->count);
	*s = (struct slab){ 0 };
}

void *slab_alloc(struct slab *s)
{
	uint32_t slot = s->first_free;

	if (s->used == s->count)
		return NULL;
	REQUIRE(slot < s->count);
	s->first_free = s->next[slot];
	if (s->first_free == SLAB_NONE)
		s->last_free = SLAB_NONE;
	s->next[slot] = SLAB_USED;
	s->used++;
	return s->records + slot * s->size;
}

uint32_t slab_slot(const struct slab *s, const void *record)
{
	size_t offset = (size_t)((const uint8_t *)record - s->records);

	REQUIRE(offset % s->size == 0 && offset / s->size < s->count);
	return (uint32_t)(offset / s->size);
}

void slab_free(struct slab *s, void *record)
{
	uint32_t slot = slab_slot(s, record);

	REQUIRE(s->next[slot] == SLAB_USED);
	secret_wipe(record, s->size);
	s->next[slot] = SLAB_NONE;
	if (s->last_free == SLAB_NONE)
		s->first_free = slot;
	else
		s->next[s->last_free] = slot;
	s->last_free = slot;
	s->used--;
}

void *slab_at(const struct slab *s, uint32_t slot)
{
	if (slot >= s->count || s->next[slot] != SLAB_USED)
		return NULL;
	return s->records + slot * s->size;
}

void *slab_next(const struct slab *s, uint32_t *slot)
{
	if (s->used == 0)
		return NULL;
	for (; *slot < s->count; (*slot)++) {
		if (s->next[*slot] == SLAB_USED)
			return s->records + *slot * s->size;
	}
	return NULL;
}
