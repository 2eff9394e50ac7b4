/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"

#include "state.h"

/* An initiator's peer is who the connection asks for, known before it answers. */
static const struct identity *peer_of(const struct ike_sa *sa)
{
	return sa->initiator ? &sa->conn->remote.id : sa->remote_id;
}

static uint64_t key_of(const struct adit_engine *e, const struct ike_sa *sa)
{
	uint8_t bytes[2 * (IDENTITY_KEY_MAX + 2)], key[IDENTITY_KEY_MAX];
	const struct identity *pair[] = { sa->local_id, peer_of(sa) };
	struct writer w = writer_of(bytes, sizeof(bytes));

	for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
		struct span one = identity_key(pair[i], key);

		writer_u16(&w, (uint16_t)one.len);
		writer_put(&w, one);
	}
	REQUIRE(writer_end(&w) == ERR_OK);
	return engine_hash(e, writer_span(&w));
}

static bool same_pair(const struct ike_sa *a, const struct ike_sa *b)
{
	return identity_equal(a->local_id, b->local_id) && identity_equal(peer_of(a), peer_of(b));
}

static struct ike_sa *first_of(const struct adit_engine *e, uint64_t key)
{
	uint32_t slot;

	return map_get(&e->peers, key, &slot) ? sa_at(e, slot) : NULL;
}

void peers_add(struct adit_engine *e, struct ike_sa *sa)
{
	uint64_t key;
	uint32_t next = SLAB_NONE;

	if (sa->in_peers)
		return;
	key = key_of(e, sa);
	if (map_get(&e->peers, key, &next))
		map_remove(&e->peers, key);
	sa->peer_next = next;
	sa->in_peers = true;
	/* The map has a place for every SA. */
	REQUIRE(map_put(&e->peers, key, sa_slot(e, sa)) == ERR_OK);
}

void peers_remove(struct adit_engine *e, struct ike_sa *sa)
{
	uint64_t key;
	struct ike_sa *at;

	if (!sa->in_peers)
		return;
	key = key_of(e, sa);
	at = first_of(e, key);
	REQUIRE(at);
	if (at == sa) {
		map_remove(&e->peers, key);
		if (sa->peer_next != SLAB_NONE)
			REQUIRE(map_put(&e->peers, key, sa->peer_next) == ERR_OK);
	} else {
		while (at->peer_next != sa_slot(e, sa))
			at = sa_at(e, at->peer_next);
		at->peer_next = sa->peer_next;
	}
	sa->in_peers = false;
}

static struct ike_sa *next_of(const struct adit_engine *e, const struct ike_sa *sa)
{
	return sa->peer_next == SLAB_NONE ? NULL : sa_at(e, sa->peer_next);
}

struct ike_sa *peers_other(const struct adit_engine *e, const struct ike_sa *sa)
{
	struct ike_sa *at = first_of(e, key_of(e, sa));

	while (at && (at == sa || at->phase < PHASE_UP || !same_pair(at, sa)))
		at = next_of(e, at);
	return at;
}

bool peers_first(const struct adit_engine *e, const struct ike_sa *sa)
{
	const struct ike_sa *at = first_of(e, key_of(e, sa));

	while (at && (at == sa || !same_pair(at, sa)))
		at = next_of(e, at);
	return at == NULL;
}
