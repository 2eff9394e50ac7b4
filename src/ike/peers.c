/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"

#include "state.h"

static uint64_t key_of(const struct adit_engine *e, const struct identity *local,
		       const struct identity *remote)
{
	uint8_t bytes[2 * (ID_MAX + 3)];
	struct writer w = writer_of(bytes, sizeof(bytes));

	writer_u8(&w, local->type);
	writer_u16(&w, local->len);
	writer_put(&w, span_of(local->data, local->len));
	writer_u8(&w, remote->type);
	writer_u16(&w, remote->len);
	writer_put(&w, span_of(remote->data, remote->len));
	REQUIRE(writer_end(&w) == ERR_OK);
	return engine_hash(e, writer_span(&w));
}

static bool same_pair(const struct ike_sa *a, const struct ike_sa *b)
{
	return identity_equal(a->local_id, b->local_id) &&
	       identity_equal(a->remote_id, b->remote_id);
}

static struct ike_sa *first_of(const struct adit_engine *e, uint64_t key)
{
	uint32_t slot;

	return map_get(&e->peers, key, &slot) ? sa_at(e, slot) : NULL;
}

void peers_add(struct adit_engine *e, struct ike_sa *sa)
{
	uint64_t key = key_of(e, sa->local_id, sa->remote_id);
	uint32_t next = SLAB_NONE;

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
	key = key_of(e, sa->local_id, sa->remote_id);
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

struct ike_sa *peers_other(const struct adit_engine *e, const struct ike_sa *sa)
{
	struct ike_sa *at = first_of(e, key_of(e, sa->local_id, sa->remote_id));

	while (at && (at == sa || !same_pair(at, sa)))
		at = at->peer_next == SLAB_NONE ? NULL : sa_at(e, at->peer_next);
	return at;
}

bool peers_known(const struct adit_engine *e, const struct identity *local,
		 const struct identity *remote)
{
	return first_of(e, key_of(e, local, remote)) != NULL;
}
