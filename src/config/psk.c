/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pre-shared key is for a pair of identities (RFC 7296 2.15), among ten thousands: by a hash of the peer's identity, then the few that
 * are for patterns or anybody.
 */
#include "build.h"
#include "psk.h"
#include "require.h"

#define FIT_MOST 233   /* both identities are listed */
#define FIT_REMOTE 100 /* the peer's is */

/* What a link of the index is found by. */
enum side { SIDE_REMOTE = 1, SIDE_LOCAL };

struct psk_link {
	uint64_t hash;
	uint32_t psk;
	uint32_t next; /* 1 + place, of a psk further down; 0: the end */
};

struct psk_index {
	uint32_t mask;
	uint32_t *heads;        /* mask + 1; 1 + place of a link */
	struct psk_link *links;
	uint32_t *patterns;     /* psks that have to be compared with whoever comes */
	size_t patterns_count;
};

static uint64_t hash_of(enum side side, const struct identity *id)
{
	const uint64_t salt[2] = { side, 0 }; /* only the operator adds links: nobody to hide a salt from */
	uint8_t key[IDENTITY_KEY_MAX];

	return hash_bytes(salt, identity_key(id, key));
}

/*
 * How well a secret fits a pair; 0: not at all. A secret that names somebody besides the local side
 * is for those it names alone: else whoever shares a key with us could use it under any other name
 * (RFC 7296 2.15).
 */
static int psk_fit(const struct psk_config *psk, const struct identity *local,
		   const struct identity *remote)
{
	int local_fit = 0, remote_fit = 0;
	bool others = false;

	if (psk->ids_count == 0)
		return 1;
	for (size_t i = 0; i < psk->ids_count; i++) {
		int l = identity_match(&psk->ids[i], local),
		    r = identity_match(&psk->ids[i], remote);

		others |= !l;
		local_fit = l > local_fit ? l : local_fit;
		remote_fit = r > remote_fit ? r : remote_fit;
	}
	if (remote_fit)
		return (local_fit ? 2 : 1) * FIT_REMOTE + 10 * remote_fit + local_fit;
	return local_fit && !others ? 10 + local_fit : 0;
}

static bool is_pattern(const struct psk_config *psk)
{
	for (size_t i = 0; i < psk->ids_count; i++) {
		if (identity_is_pattern(&psk->ids[i]))
			return true;
	}
	return psk->ids_count == 0;
}

/* In front of its chain. */
static void link_put(struct psk_index *index, size_t *place, uint64_t hash, uint32_t psk)
{
	uint32_t *head = &index->heads[hash & index->mask];

	index->links[*place] = (struct psk_link){ .hash = hash, .psk = psk, .next = *head };
	*head = (uint32_t)++*place;
}

/* A secret that lists one identity and no other may be for whoever comes to that one. */
static void links_put(struct psk_index *index, size_t *place, const struct psk_config *psk, uint32_t number)
{
	bool alone = true;

	for (size_t i = 0; i < psk->ids_count; i++) {
		link_put(index, place, hash_of(SIDE_REMOTE, &psk->ids[i]), number);
		alone = alone && identity_equal(&psk->ids[i], &psk->ids[0]);
	}
	if (alone)
		link_put(index, place, hash_of(SIDE_LOCAL, &psk->ids[0]), number);
}

enum err psks_index(struct config *c)
{
	struct psk_index *index = store_alloc(c->store, 1, sizeof(*index));
	size_t links = 0, patterns = 0, place = 0, heads = 16;
	enum err err = ERR_OK;

	for (size_t i = 0; i < c->psks_count; i++) {
		bool pattern = is_pattern(&c->psks[i]);

		patterns += pattern;
		links += pattern ? 0 : c->psks[i].ids_count + 1;
	}
	while (heads < links)
		heads *= 2;
	TRY_THAT(index && links < UINT32_MAX / 2, ERR_MEMORY);
	index->heads = store_alloc(c->store, heads, sizeof(*index->heads));
	index->links = store_alloc(c->store, links, sizeof(*index->links));
	index->patterns = store_alloc(c->store, patterns, sizeof(*index->patterns));
	TRY_THAT(index->heads && index->links && index->patterns, ERR_MEMORY);
	index->mask = (uint32_t)heads - 1;
	for (size_t i = c->psks_count; i-- > 0;) { /* backwards, so that chains go forwards */
		if (is_pattern(&c->psks[i]))
			index->patterns[index->patterns_count++] = (uint32_t)i;
		else
			links_put(index, &place, &c->psks[i], (uint32_t)i);
	}
	REQUIRE(place <= links && index->patterns_count == patterns);
	c->psk_index = index;
out:
	return err;
}

struct best {
	const struct identity *local, *remote;
	uint32_t psk;
	int fit; /* 0: none yet */
};

/* Of two that fit alike, the one that is written first. */
static void psk_try(const struct config *c, struct best *best, uint32_t psk)
{
	int fit = psk_fit(&c->psks[psk], best->local, best->remote);

	if (fit > best->fit || (fit && fit == best->fit && psk < best->psk)) {
		best->fit = fit;
		best->psk = psk;
	}
}

/* Down a chain until one fits by `enough`: the first that does is the first that is written. */
static void chain_try(const struct config *c, struct best *best, uint64_t hash, int enough)
{
	const struct psk_index *index = c->psk_index;

	for (uint32_t at = index->heads[hash & index->mask]; at && best->fit < enough; at = index->links[at - 1].next) {
		if (index->links[at - 1].hash == hash)
			psk_try(c, best, index->links[at - 1].psk);
	}
}

const struct psk_config *config_psk(const struct config *c, const struct identity *local,
				    const struct identity *remote)
{
	struct best best = { .local = local, .remote = remote };

	if (!c->psk_index)
		return NULL;
	chain_try(c, &best, hash_of(SIDE_REMOTE, remote), FIT_MOST);
	if (!best.fit)
		chain_try(c, &best, hash_of(SIDE_LOCAL, local), 1);
	for (size_t i = 0; i < c->psk_index->patterns_count; i++)
		psk_try(c, &best, c->psk_index->patterns[i]);
	return best.fit ? &c->psks[best.psk] : NULL;
}
