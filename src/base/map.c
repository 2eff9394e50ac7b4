/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include "require.h"

struct map_entry {
	uint64_t key;
	uint32_t value;
	uint32_t taken;
};

static uint64_t rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

uint64_t hash_bytes(const uint64_t salt[2], struct span bytes)
{
	uint64_t v[4] = {
		salt[0] ^ UINT64_C(0x736f6d6570736575),
		salt[1] ^ UINT64_C(0x646f72616e646f6d),
		salt[0] ^ UINT64_C(0x6c7967656e657261),
		salt[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		word |= (uint64_t)bytes.data[i] << (8 * (i % 8));
		if (i % 8 == 7) {
			sip_word(v, word);
			word = 0;
		}
	}
	sip_word(v, word | (uint64_t)bytes.len << 56);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum err map_init(struct map *map, struct memory *m, uint32_t limit, const uint64_t salt[2])
{
	uint32_t size = 16;

	REQUIRE(limit > 0 && limit <= UINT32_C(1) << 29);
	while (size < limit + limit / 2)
		size *= 2;
	*map = (struct map){ .memory = m, .mask = size - 1, .limit = limit };
	map->salt[0] = salt[0];
	map->salt[1] = salt[1];
	map->entries = memory_alloc(m, sizeof(*map->entries) * size);
	return map->entries ? ERR_OK : ERR_MEMORY;
}

void map_clear(struct map *map)
{
	if (map->memory)
		memory_free(map->memory, map->entries,
			    sizeof(*map->entries) * ((size_t)map->mask + 1));
	*map = (struct map){ 0 };
}

static uint32_t home(const struct map *map, uint64_t key)
{
	return (uint32_t)hash_bytes(map->salt, span_of(&key, sizeof(key))) & map->mask;
}

/* The entry of the key, or the free one where it would go. */
static uint32_t place(const struct map *map, uint64_t key)
{
	uint32_t at = home(map, key);

	while (map->entries[at].taken && map->entries[at].key != key)
		at = (at + 1) & map->mask;
	return at;
}

enum err map_put(struct map *map, uint64_t key, uint32_t value)
{
	uint32_t at = place(map, key);

	if (map->entries[at].taken)
		return ERR_EXISTS;
	if (map->used == map->limit)
		return ERR_LIMIT;
	map->entries[at] = (struct map_entry){ .key = key, .value = value, .taken = 1 };
	map->used++;
	return ERR_OK;
}

bool map_get(const struct map *map, uint64_t key, uint32_t *ret_value)
{
	uint32_t at = place(map, key);

	if (!map->entries[at].taken)
		return false;
	*ret_value = map->entries[at].value;
	return true;
}

bool map_remove(struct map *map, uint64_t key)
{
	uint32_t hole = place(map, key);

	if (!map->entries[hole].taken)
		return false;
	/* Entries that were pushed past the hole move back, so that no probe stops short. */
	for (uint32_t at = (hole + 1) & map->mask; map->entries[at].taken;
	     at = (at + 1) & map->mask) {
		uint32_t wanted = home(map, map->entries[at].key);

		if (((at - wanted) & map->mask) >= ((at - hole) & map->mask)) {
			map->entries[hole] = map->entries[at];
			hole = at;
		}
	}
	map->entries[hole] = (struct map_entry){ 0 };
	map->used--;
	return true;
}
