/* SPDX-License-Identifier: Apache-2.0 */
#include "sa.h"

#include "peers.h"
#include "state.h"

struct ike_sa *sa_at(const struct adit_engine *e, uint32_t slot)
{
	return slab_at(&e->sas, slot);
}

uint32_t sa_slot(const struct adit_engine *e, const struct ike_sa *sa)
{
	return slab_slot(&e->sas, sa);
}

struct ike_sa *sa_find(const struct adit_engine *e, uint64_t our_spi)
{
	struct ike_sa *sa = sa_at(e, spi_ike_slot(our_spi));

	return sa && sa_our_spi(sa) == our_spi ? sa : NULL;
}

static void set_timers(struct ike_sa *sa, uint32_t slot)
{
	sa->window.forget = (struct timer){ .kind = TIMER_FORGET, .slot = slot };
	sa->liveness.timer = (struct timer){ .kind = TIMER_LIVENESS, .slot = slot };
	sa->nat.keepalive = (struct timer){ .kind = TIMER_KEEPALIVE, .slot = slot };
}

struct ike_sa *sa_new(struct adit_engine *e, bool initiator, const struct path *path,
		      struct config *config, const struct conn_config *conn)
{
	struct ike_sa *sa = NULL;
	uint32_t random;
	uint64_t spi;

	if (engine_random32(e, &random) == ERR_OK)
		sa = slab_alloc(&e->sas);
	if (!sa)
		return NULL;
	spi = spi_ike_make(&e->spi, sa_slot(e, sa), random);
	if (initiator)
		sa->spi_i = spi;
	else
		sa->spi_r = spi;
	sa->unique = ++e->next_unique;
	sa->initiator = initiator;
	sa->phase = initiator ? PHASE_INIT : PHASE_HALF_OPEN;
	sa->path = *path;
	sa->config = config_ref(config);
	sa->conn = conn;
	sa->first_exchange = SLAB_NONE;
	sa->first_child = SLAB_NONE;
	sa->peer_next = SLAB_NONE;
	set_timers(sa, sa_slot(e, sa));
	if (!handshake_new(e, sa)) {
		config_unref(sa->config);
		slab_free(&e->sas, sa);
		return NULL;
	}
	return sa;
}

/* What a Child SA's end means to its configuration: should it be set up again, and when. */
static bool wants_restart(const struct child_sa *child, enum err why)
{
	if (why == ERR_TIMEOUT)
		return child->config->dpd_action == ACTION_START;
	return why == ERR_DELETED && child->config->close_action == ACTION_START;
}

static void end_children(struct adit_engine *e, struct ike_sa *sa, enum err why)
{
	while (sa->first_child != SLAB_NONE) {
		struct child_sa *child = child_at(e, sa->first_child);

		if (child->state == CHILD_UP && sa->phase != PHASE_DELETING && !e->closing &&
		    wants_restart(child, why))
			restart_later(e, sa->conn, child->config, &sa->path, 0, 0, 0);
		child_destroy(e, child, why);
	}
}

/* An initiator that never came up: another try when the configuration wants one, else the end of
 * the request. */
static void end_handshake(struct adit_engine *e, struct ike_sa *sa, enum err why)
{
	struct handshake *h = sa->handshake;
	unsigned limit = sa->conn ? sa->conn->keyingtries : 1;

	if (sa->initiator && why == ERR_TIMEOUT && !e->closing && !sa->end_request &&
	    (limit == 0 || h->tries + 1 < limit)) {
		restart_later(e, sa->conn, h->child, &sa->path, 0, h->tries + 1,
			      h->request);
		h->request = 0;
	}
	request_done(e, h->request, why);
	h->request = 0;
	handshake_free(e, sa);
}

static void tell_down(struct adit_engine *e, const struct ike_sa *sa, enum err why)
{
	struct event *event = report_new(e, EVENT_IKE_DOWN, sa, NULL);

	if (!event)
		return;
	event->err = why;
	report_send(e, event);
}

void sa_destroy(struct adit_engine *e, struct ike_sa *sa, enum err why)
{
	bool was_up = sa->phase >= PHASE_UP;

	exchange_free_all(e, sa);
	end_children(e, sa, why);
	if (was_up)
		tell_down(e, sa, why);
	if (sa->handshake)
		end_handshake(e, sa, why);
	/* A request to end it has what it wanted, however the end came. */
	request_done(e, sa->end_request, ERR_OK);
	peers_remove(e, sa);
	sa_forget_init(e, sa);
	timers_unset(&e->timers, &sa->window.forget);
	timers_unset(&e->timers, &sa->liveness.timer);
	timers_unset(&e->timers, &sa->nat.keepalive);
	if (sa->liveness.query)
		job_abandon(e, sa->liveness.query);
	fragment_clear(e, sa);
	window_clear(&sa->window, e->memory);
	if (sa->local_id)
		memory_free(e->memory, sa->local_id, sizeof(*sa->local_id));
	if (sa->remote_id)
		memory_free(e->memory, sa->remote_id, sizeof(*sa->remote_id));
	protect_clear(&sa->protect);
	secret_clear(&sa->sk_d);
	config_unref(sa->config);
	slab_free(&e->sas, sa);
}

void sa_end_doomed(struct adit_engine *e, struct ike_sa *sa, bool answered)
{
	if (answered)
		tombstone_raise(e, sa);
	sa_destroy(e, sa, sa->doomed);
}

void sa_forget_init(struct adit_engine *e, struct ike_sa *sa)
{
	if (sa->in_init_map)
		map_remove(&e->init_map, sa->init_key);
	sa->in_init_map = false;
}

void sa_doom(struct ike_sa *sa, enum err why)
{
	REQUIRE(why != ERR_OK);
	if (!sa->doomed)
		sa->doomed = why;
}

enum err sa_set_identity(struct adit_engine *e, struct identity **slot, const struct identity *id)
{
	if (!*slot)
		*slot = memory_alloc(e->memory, sizeof(**slot));
	if (!*slot)
		return ERR_MEMORY;
	**slot = *id;
	return ERR_OK;
}

static void tell_keys(struct adit_engine *e, const struct ike_sa *sa)
{
	struct event *event;

	if (!e->export_keys)
		return;
	event = report_new(e, EVENT_IKE_KEYS, sa, NULL);
	if (!event)
		return;
	event->ike_keys.spi_i = sa->spi_i;
	event->ike_keys.spi_r = sa->spi_r;
	event->ike_keys.encr = sa->suite.encr;
	event->ike_keys.integ = sa->suite.integ;
	event->ike_keys.ei = sa->protect.ei;
	event->ike_keys.er = sa->protect.er;
	event->ike_keys.ai = sa->protect.ai;
	event->ike_keys.ar = sa->protect.ar;
	report_send(e, event);
}

enum err sa_derive(struct adit_engine *e, struct ike_sa *sa, struct span shared)
{
	struct span ni = handshake_nonce_i(sa), nr = handshake_nonce_r(sa);
	struct secret skeyseed = { 0 };
	struct ike_keys keys = { 0 };
	enum err err;

	TRY(keys_skeyseed(e->crypto, sa->suite.prf.id, ni, nr, shared, &skeyseed));
	TRY(keys_ike(e->crypto, &sa->suite, secret_span(&skeyseed), ni, nr, sa->spi_i, sa->spi_r,
		     &keys));
	protect_clear(&sa->protect);
	sa->protect.cipher = cipher_find(sa->suite.encr.id, sa->suite.encr.key_bits);
	REQUIRE(sa->protect.cipher);
	if (sa->protect.cipher->icv_len == 0)
		sa->protect.integ = integ_find(sa->suite.integ.id);
	sa->protect.ei = keys.ei;
	sa->protect.er = keys.er;
	sa->protect.ai = keys.ai;
	sa->protect.ar = keys.ar;
	sa->sk_d = keys.d;
	sa->handshake->sk_pi = keys.pi;
	sa->handshake->sk_pr = keys.pr;
	sa->phase = PHASE_AUTH;
	tell_keys(e, sa);
out:
	secret_clear(&skeyseed);
	ike_keys_clear(&keys);
	return err;
}

void sa_establish(struct adit_engine *e, struct ike_sa *sa)
{
	struct event *event;

	REQUIRE(sa->phase == PHASE_AUTH && sa->handshake && sa->local_id && sa->remote_id);
	sa->phase = PHASE_UP;
	sa->established = e->now;
	peers_add(e, sa);
	event = report_new(e, EVENT_IKE_UP, sa, NULL);
	if (event) {
		struct text peer = TEXT_ARRAY(event->text);

		text_identity(&peer, sa->remote_id);
		report_send(e, event);
	}
	nat_start_keepalives(e, sa);
	liveness_start(e, sa);
}

void sa_delete(struct adit_engine *e, struct ike_sa *sa)
{
	struct exchange *x;

	if (sa->phase == PHASE_DELETING)
		return;
	/* The peer may be up on our IKE_AUTH already: it is told when its answer is here. */
	if (sa->initiator && exchange_awaiting(e, sa, 1, EXCHANGE_IKE_AUTH)) {
		sa->unwanted = true;
		return;
	}
	if (sa->phase != PHASE_UP) {
		sa_destroy(e, sa, ERR_CANCELLED);
		return;
	}
	x = informational_queue(e, sa);
	if (!x) { /* no room to say so: the peer finds out by itself */
		sa_destroy(e, sa, ERR_LIMIT);
		return;
	}
	x->info.delete_ike = true;
	sa->phase = PHASE_DELETING;
	exchange_pump(e, sa);
}
