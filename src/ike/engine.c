/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine: birth, death, clock, output. The walk of a datagram begins in demux.c.
 */
#include "engine.h"

#include "state.h"

#define HANDSHAKES_SPARE 64 /* ours as initiator, beside half_open as responder */

static uint32_t at_least(uint32_t value, uint32_t least)
{
	return value > least ? value : least;
}

static enum err init_tables(struct adit_engine *e)
{
	const struct engine_config *l = &e->limits;
	uint32_t sas = at_least(l->ike_sas, 1), children = at_least(l->child_sas, 1);
	uint32_t handshakes = l->half_open < sas ? l->half_open + HANDSHAKES_SPARE : sas;
	uint32_t exchanges = 2 * sas + 16;
	uint32_t restarts = at_least(children, 16);
	uint32_t timers = exchanges + 4 * sas + handshakes + TOMBSTONES_MAX + restarts;
	struct memory *m = e->memory;
	enum err err;

	TRY(slab_init(&e->sas, m, sizeof(struct ike_sa), sas));
	TRY(slab_init(&e->handshakes, m, sizeof(struct handshake), at_least(handshakes, 1)));
	TRY(slab_init(&e->exchanges, m, sizeof(struct exchange), exchanges));
	TRY(slab_init(&e->children, m, sizeof(struct child_sa), children));
	TRY(slab_init(&e->tombstones, m, sizeof(struct tombstone), TOMBSTONES_MAX));
	TRY(slab_init(&e->restarts, m, sizeof(struct restart), restarts));
	TRY(jobs_init(&e->jobs, m, exchanges + 2 * children + sas));
	TRY(map_init(&e->init_map, m, sas, e->salt));
	TRY(map_init(&e->peers, m, sas, e->salt));
	TRY(map_init(&e->graves, m, TOMBSTONES_MAX, e->salt));
	TRY(timers_init(&e->timers, m, timers));
out:
	return err;
}

/* Strangers never hold every record: a quarter is kept for what is up and for ourselves. */
static uint32_t half_open_limit(const struct engine_config *l)
{
	uint32_t most = at_least(l->ike_sas - l->ike_sas / 4, 1);

	return l->half_open < most ? l->half_open : most;
}

enum err adit_engine_new(struct adit_engine **ret, const struct adit_engine_params *params,
			 nanos now)
{
	struct adit_engine *e = memory_alloc(params->memory, sizeof(*e));
	enum err err;

	if (!e)
		return ERR_MEMORY;
	e->crypto = params->crypto;
	e->memory = params->memory;
	e->config = config_ref(params->config);
	e->limits = params->config->engine;
	e->limits.half_open = half_open_limit(&e->limits);
	e->log_level = params->log_level;
	e->export_keys = params->export_keys;
	e->child_has = params->child_has;
	e->child_ctx = params->child_ctx;
	e->now = now;
	e->jobs.first = SLAB_NONE;
	e->spi = spi_layout_of(params->shard, params->shards, e->limits.child_sas);
	TRY(crypto_random(e->crypto, (uint8_t *)e->salt, sizeof(e->salt)));
	e->sealer = crypto_sealer_new(e->crypto);
	TRY_THAT(e->sealer, ERR_MEMORY);
	TRY(init_tables(e));
	*ret = e;
	e = NULL;
out:
	adit_engine_free(e);
	return err;
}

static void destroy_all(struct adit_engine *e)
{
	struct ike_sa *sa;

	if (!e->sas.memory)
		return;
	for (uint32_t slot = 0; (sa = slab_next(&e->sas, &slot)); slot++)
		sa_destroy(e, sa, ERR_CANCELLED);
}

static void orphans_clear(struct adit_engine *e)
{
	struct child_sa *child;

	if (!e->children.memory)
		return;
	for (uint32_t slot = 0; (child = slab_next(&e->children, &slot)); slot++) {
		memory_free(e->memory, child->selectors,
			    sizeof(struct selector) *
				    (size_t)(child->local_count + child->remote_count));
		slab_free(&e->children, child);
	}
}

static void restarts_clear(struct adit_engine *e)
{
	struct restart *r;

	if (!e->restarts.memory)
		return;
	for (uint32_t slot = 0; (r = slab_next(&e->restarts, &slot)); slot++) {
		timers_unset(&e->timers, &r->timer);
		slab_free(&e->restarts, r);
	}
}

static void output_drop_first(struct adit_engine *e)
{
	struct output *out = e->first_output;

	e->first_output = out->next;
	if (!e->first_output)
		e->last_output = NULL;
	e->outputs_count--;
	memory_free(e->memory, out, sizeof(*out) + out->len);
}

void adit_engine_free(struct adit_engine *e)
{
	if (!e)
		return;
	e->closing = true;
	destroy_all(e);
	orphans_clear(e);
	restarts_clear(e);
	tombstones_clear(e);
	jobs_clear(e);
	reports_clear(e);
	while (e->first_output)
		output_drop_first(e);
	slab_clear(&e->sas);
	slab_clear(&e->handshakes);
	slab_clear(&e->exchanges);
	slab_clear(&e->children);
	slab_clear(&e->restarts);
	map_clear(&e->init_map);
	map_clear(&e->peers);
	map_clear(&e->graves);
	timers_clear(&e->timers);
	if (e->sealer)
		crypto_sealer_free(e->crypto, e->sealer);
	config_unref(e->config);
	memory_free(e->memory, e, sizeof(*e)); /* wipes the cookie secrets */
}

void adit_engine_input(struct adit_engine *e, const struct path *path, struct span datagram,
		       nanos now)
{
	e->now = now;
	demux_input(e, path, datagram);
	child_reap(e);
}

static void queue(struct adit_engine *e, const struct path *path, struct span datagram)
{
	struct output *out = NULL;

	if (e->outputs_count < OUTPUTS_MAX)
		out = memory_alloc(e->memory, sizeof(*out) + datagram.len);
	if (!out) {
		count(e, COUNTER_DROP_OUTPUT);
		return;
	}
	out->path = *path;
	out->len = datagram.len;
	memcpy(out->datagram, datagram.data, datagram.len);
	if (e->last_output)
		e->last_output->next = out;
	else
		e->first_output = out;
	e->last_output = out;
	e->outputs_count++;
}

void engine_send(struct adit_engine *e, const struct path *path, struct span datagram)
{
	/* The Length of its IKE header ends each car of a train; a keepalive has none. */
	while (datagram.len > IKE_HEADER_LEN) {
		struct reader r = reader_of(datagram);
		size_t len;

		reader_skip(&r, IKE_HEADER_LEN - 4);
		len = reader_u32(&r);
		REQUIRE(len >= IKE_HEADER_LEN && len <= datagram.len);
		queue(e, path, span_head(datagram, len));
		datagram = span_tail(datagram, len);
	}
	if (datagram.len > 0)
		queue(e, path, datagram);
}

static void count_out(struct adit_engine *e, struct span datagram)
{
	struct ike_header header;
	unsigned row;

	if (ike_header_parse(&header, datagram)) /* a keepalive */
		return;
	row = header.exchange - EXCHANGE_IKE_SA_INIT;
	if (row < 4)
		count(e, (enum counter)(COUNTER_IKE_INIT_OUT_REQ + 4 * row +
					(header.flags & IKE_FLAG_RESPONSE ? 1 : 0)));
}

bool adit_engine_output(struct adit_engine *e, struct path *ret_path, struct writer *ret)
{
	const struct output *out = e->first_output;
	struct span datagram;

	if (!out)
		return false;
	datagram = span_of(out->datagram, out->len);
	count_out(e, datagram);
	writer_put(ret, datagram);
	*ret_path = out->path;
	output_drop_first(e);
	return true;
}

uint64_t engine_hash(const struct adit_engine *e, struct span bytes)
{
	return hash_bytes(e->salt, bytes);
}

bool ration_take(struct adit_engine *e, struct ration *r, unsigned limit)
{
	if (r->second == 0 || e->now - r->second >= NANOS_SECOND)
		*r = (struct ration){ .second = e->now ? e->now : 1 };
	if (r->used >= limit)
		return false;
	r->used++;
	return true;
}

bool engine_may_complain(struct adit_engine *e)
{
	if (ration_take(e, &e->errors, INVALID_SPI_RATE))
		return true;
	count(e, COUNTER_DROP_RATE);
	return false;
}

enum err engine_random32(struct adit_engine *e, uint32_t *ret)
{
	uint32_t random;
	enum err err = crypto_random(e->crypto, (uint8_t *)&random, sizeof(random));

	if (!err)
		*ret = random;
	return err;
}

void message_begin(struct adit_engine *e, const struct ike_sa *sa, struct sealing *ret,
		   uint8_t exchange, uint32_t message_id, bool response)
{
	struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = exchange,
		.flags = (uint8_t)((sa->initiator ? IKE_FLAG_INITIATOR : 0) |
				   (response ? IKE_FLAG_RESPONSE : 0)),
		.message_id = message_id,
	};

	protect_begin(ret, &sa->protect, e->build, sizeof(e->build), &header);
}

enum err message_seal(struct adit_engine *e, struct ike_sa *sa, struct sealing *sealing,
		      struct span *ret_datagram)
{
	size_t limit = fragment_limit(&sa->path);
	struct writer train = writer_of(e->train, sizeof(e->train));
	enum err err;

	if (!sa->fragments.send || protect_sealed_len(&sa->protect, sealing) <= limit) {
		err = protect_seal(e->crypto, e->sealer, &sa->protect, sa->initiator, sealing,
				   ret_datagram);
		return !err && ret_datagram->len > DATAGRAM_MAX ? ERR_SPACE : err;
	}
	err = protect_seal_fragments(e->crypto, e->sealer, &sa->protect, sa->initiator, sealing,
				     limit, &train);
	if (!err)
		*ret_datagram = writer_span(&train);
	return err;
}

nanos adit_engine_deadline(const struct adit_engine *e)
{
	return timers_next(&e->timers);
}

static void half_open_timer(struct adit_engine *e, struct ike_sa *sa)
{
	struct line l;

	if (sa->initiator) {
		sa_init_waited(e, sa);
		return;
	}
	line_begin(&l, e, LOG_INFO, sa, "half-open-timeout");
	line_endpoint(&l, "peer", &sa->path.remote);
	line_end(&l);
	sa_destroy(e, sa, ERR_TIMEOUT);
}

static void fire(struct adit_engine *e, const struct timer *timer)
{
	struct ike_sa *sa = NULL;

	if (timer->kind >= TIMER_HALF_OPEN && timer->kind <= TIMER_FRAGMENTS) {
		sa = sa_at(e, timer->slot);
		REQUIRE(sa);
	}
	switch ((enum timer_kind)timer->kind) {
	case TIMER_EXCHANGE:
		exchange_timer(e, timer->slot);
		break;
	case TIMER_HALF_OPEN:
		half_open_timer(e, sa);
		break;
	case TIMER_LIVENESS:
		liveness_timer(e, sa);
		break;
	case TIMER_KEEPALIVE:
		nat_timer(e, sa);
		break;
	case TIMER_FORGET:
		bytes_clear(&sa->window.response, e->memory);
		sa_forget_init(e, sa);
		break;
	case TIMER_FRAGMENTS: /* RFC7383 2.6 */
		fragment_clear(e, sa);
		break;
	case TIMER_TOMBSTONE:
		tombstone_timer(e, timer->slot);
		break;
	case TIMER_RESTART:
		restart_timer(e, timer->slot);
		break;
	}
}

void adit_engine_advance(struct adit_engine *e, nanos now)
{
	struct timer *timer;

	e->now = now;
	while ((timer = timers_pop(&e->timers, now)))
		fire(e, timer);
	child_reap(e);
}
