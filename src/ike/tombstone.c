/* SPDX-License-Identifier: Apache-2.0 */
#include "tombstone.h"

#include "state.h"

static void level(struct adit_engine *e, struct tombstone *t)
{
	timers_unset(&e->timers, &t->expire);
	map_remove(&e->graves, t->our_spi);
	bytes_clear(&t->response, e->memory);
	slab_free(&e->tombstones, t);
}

void tombstone_raise(struct adit_engine *e, struct ike_sa *sa)
{
	struct window *w = &sa->window;
	struct tombstone *t;

	if (!w->cached || w->response.len == 0)
		return;
	t = slab_alloc(&e->tombstones);
	if (!t) /* none is free: this SA's peer times out by itself */
		return;
	*t = (struct tombstone){
		.our_spi = sa_our_spi(sa),
		.request_hash = w->request_hash,
		.response = w->response,
		.expire = { .kind = TIMER_TOMBSTONE, .slot = slab_slot(&e->tombstones, t) },
	};
	w->response = (struct bytes){ 0 };
	REQUIRE(map_put(&e->graves, t->our_spi, slab_slot(&e->tombstones, t)) == ERR_OK);
	timers_set(&e->timers, &t->expire, nanos_after(e->now, TOMBSTONE_TIME));
}

bool tombstone_answer(struct adit_engine *e, uint64_t our_spi, const struct path *path,
		      uint64_t hash)
{
	struct tombstone *t;
	uint32_t slot;

	if (!map_get(&e->graves, our_spi, &slot))
		return false;
	t = slab_at(&e->tombstones, slot);
	REQUIRE(t);
	if (t->request_hash == hash) {
		count(e, COUNTER_RESPONSES_RESENT);
		engine_send(e, path, bytes_span(&t->response));
	}
	return true;
}

void tombstone_timer(struct adit_engine *e, uint32_t slot)
{
	level(e, slab_at(&e->tombstones, slot));
}

void tombstones_clear(struct adit_engine *e)
{
	struct tombstone *t;

	if (!e->tombstones.memory)
		return;
	for (uint32_t slot = 0; (t = slab_next(&e->tombstones, &slot)); slot++)
		level(e, t);
	slab_clear(&e->tombstones);
}
