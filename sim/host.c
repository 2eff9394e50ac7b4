/* SPDX-License-Identifier: Apache-2.0 */
/* host: the shell's loop around an engine, on the virtual clock. */
#include "host.h"

#include <inttypes.h>

#include "require.h"

#define HOST_MEMORY_MAX (64u << 20)

static bool guard_has(void *ctx, uint8_t type, uint16_t id, uint16_t key_bits)
{
	const struct guard *g = ctx;

	return g->inner.ops->has(g->inner.ctx, type, id, key_bits);
}

static enum err guard_random(void *ctx, uint8_t *ret, size_t len)
{
	const struct guard *g = ctx;

	return g->inner.ops->random(g->inner.ctx, ret, len);
}

static enum err guard_prf(void *ctx, uint16_t prf, struct span key, const struct span *parts,
			  size_t count, uint8_t *ret)
{
	const struct guard *g = ctx;

	return g->inner.ops->prf(g->inner.ctx, prf, key, parts, count, ret);
}

static enum err guard_sha1(void *ctx, const struct span *parts, size_t count, uint8_t ret[20])
{
	const struct guard *g = ctx;

	return g->inner.ops->sha1(g->inner.ctx, parts, count, ret);
}

static void guard_watch(const struct guard *g, const char *what)
{
	if (g->host->inside)
		world_fail(g->host->env.world, "%s: %s inside an engine call", g->host->name, what);
}

static enum err guard_ke_generate(void *ctx, uint16_t ke, struct span peer, uint8_t *ret_public,
				  size_t *ret_public_len, uint8_t *ret_private,
				  size_t *ret_private_len)
{
	const struct guard *g = ctx;

	guard_watch(g, "a key pair is made");
	return g->inner.ops->ke_generate(g->inner.ctx, ke, peer, ret_public, ret_public_len,
					 ret_private, ret_private_len);
}

static enum err guard_ke_agree(void *ctx, uint16_t ke, struct span private_key, struct span peer,
			       uint8_t *ret_shared, size_t *ret_shared_len)
{
	const struct guard *g = ctx;

	guard_watch(g, "a secret is agreed on");
	return g->inner.ops->ke_agree(g->inner.ctx, ke, private_key, peer, ret_shared,
				      ret_shared_len);
}

static struct sealer *guard_sealer_new(void *ctx)
{
	const struct guard *g = ctx;

	return g->inner.ops->sealer_new(g->inner.ctx);
}

static void guard_init(struct guard *g, struct host *h, uint64_t seed)
{
	enum err err = h->libcrypto ? crypto_libcrypto_new(&g->inner) :
				      crypto_test_new(&g->inner, seed);

	REQUIRE(err == ERR_OK);
	g->host = h;
	g->ops = *g->inner.ops; /* what a sealer does goes straight through */
	g->ops.has = guard_has;
	g->ops.random = guard_random;
	g->ops.prf = guard_prf;
	g->ops.sha1 = guard_sha1;
	g->ops.ke_generate = guard_ke_generate;
	g->ops.ke_agree = guard_ke_agree;
	g->ops.sealer_new = guard_sealer_new;
	h->crypto = (struct crypto){ &g->ops, g };
}

static struct host_life *host_life_of(struct host *h, uint32_t unique, bool child)
{
	for (size_t i = 0; i < h->lives_count; i++) {
		if (h->lives[i].unique == unique && h->lives[i].child == child)
			return &h->lives[i];
	}
	if (h->lives_count == HOST_LIVES_MAX)
		return NULL;
	h->lives[h->lives_count] = (struct host_life){ .unique = unique, .child = child };
	return &h->lives[h->lives_count++];
}

/* Up comes once, and down once and not before. */
static void host_life_told(struct host *h, const struct event *e)
{
	bool child = e->kind == EVENT_CHILD_UP || e->kind == EVENT_CHILD_DOWN;
	bool up = e->kind == EVENT_IKE_UP || e->kind == EVENT_CHILD_UP;
	uint32_t unique = child ? e->child_unique : e->ike_unique;
	struct host_life *life = host_life_of(h, unique, child);

	if (!life)
		return;
	if (unique == 0 || (up && life->up) || life->down)
		world_fail(h->env.world, "%s: %s %u goes %s twice, or after its end", h->name,
			   child ? "Child SA" : "IKE SA", unique, up ? "up" : "down");
	if (up)
		life->up = true;
	else
		life->down = true;
}

static void host_request_done(struct host *h, const struct event *e)
{
	for (size_t i = 0; i < h->requests_count; i++) {
		struct host_request *r = &h->requests[i];

		if (r->id != e->request)
			continue;
		if (r->done)
			world_fail(h->env.world, "%s: request %u ends twice", h->name, r->id);
		r->done = true;
		r->err = e->err;
		return;
	}
}

static void host_learn(struct host *h, const struct event *e)
{
	struct sniffer_keys keys = {
		.owner = h->station,
		.spi_i = e->ike_keys.spi_i, .spi_r = e->ike_keys.spi_r,
		.encr = e->ike_keys.encr, .integ = e->ike_keys.integ,
		.ei = e->ike_keys.ei, .er = e->ike_keys.er,
		.ai = e->ike_keys.ai, .ar = e->ike_keys.ar,
	};

	sniffer_learn(h->env.sniffer, &keys);
	secret_wipe(&keys, sizeof(keys));
}

static void host_event(struct host *h, const struct event *e)
{
	static const char *const names[] = { "?", "LOG", "IKE_UP", "IKE_DOWN", "CHILD_UP",
					     "CHILD_DOWN", "PATH", "DIAGNOSIS", "REQUEST",
					     "IKE_KEYS", "CHILD_KEYS" };

	REQUIRE(e->kind < ARRAY_LEN(names));
	world_note(h->env.world, "%s says %s ike %u child %u request %u %s%s%s", h->name,
		   names[e->kind], e->ike_unique, e->child_unique, e->request, err_name(e->err),
		   e->kind == EVENT_LOG ? " " : "", e->kind == EVENT_LOG ? e->text : "");
	switch (e->kind) {
	case EVENT_IKE_UP: h->ike_ups++; host_life_told(h, e); break;
	case EVENT_IKE_DOWN: h->ike_downs++; h->last_down = e->err; host_life_told(h, e); break;
	case EVENT_CHILD_UP: h->child_ups++; host_life_told(h, e); break;
	case EVENT_CHILD_DOWN: h->child_downs++; host_life_told(h, e); break;
	case EVENT_PATH: h->paths++; break;
	case EVENT_DIAGNOSIS: h->diagnoses++; h->diagnosis = e->diagnosis; break;
	case EVENT_REQUEST: host_request_done(h, e); break;
	case EVENT_IKE_KEYS: host_learn(h, e); break;
	case EVENT_LOG:
	case EVENT_CHILD_KEYS: break;
	}
}

#define LONE_NOTIFY_LEN 8   /* RFC 7296 3.10, without SPI and data */
#define PATH_MTU 1280        /* of the worst IPv6 path */

static void host_refusal(struct host *h, const struct sighting *seen)
{
	for (unsigned i = 0; seen->sealed && i < seen->notifies_count; i++) {
		if (seen->notifies[i] >= NOTIFY_STATUS_FIRST)
			continue;
		h->refusals++;
		h->wordy_refusals += seen->inner_len != LONE_NOTIFY_LEN;
		h->last_refusal = seen->notifies[i];
	}
}

static bool host_has_ike(const struct host *h, const struct sighting *seen)
{
	static struct adit_ike_info info; /* large */
	uint32_t cursor = 0;

	while (adit_engine_ike_info(h->engine, &cursor, &info)) {
		if (info.spi_i == seen->spi_i && info.spi_r == seen->spi_r)
			return true;
	}
	return false;
}

/*
 * Judges and sends a datagram. RFC7296 1.2: the other side may use a Child SA as soon as it has the
 * response, so it is installed before. The same response again may have outlived its Child SA, but
 * not its IKE SA (2.1).
 */
static void host_send(struct host *h, const struct path *path, struct span bytes)
{
	struct sighting seen;

	if (bytes.len > DATAGRAM_MAX || bytes.len == 0)
		world_fail(h->env.world, "%s sends %zu bytes", h->name, bytes.len);
	if (!ip_equal(&path->local.ip, &h->ip) ||
	    (path->local.port != IKE_PORT && path->local.port != NAT_T_PORT) ||
	    path->encap != (path->local.port == NAT_T_PORT))
		world_fail(h->env.world, "%s sends from a socket it does not have: port %u%s",
			   h->name, path->local.port, path->encap ? " with marker" : "");
	if (path->remote.ip.family == IP_NONE || path->remote.port == 0)
		world_fail(h->env.world, "%s sends to nowhere", h->name);
	seen = network_send(h->env.network, h->station, path, bytes);
	host_refusal(h, &seen);
	/* RFC7383 2.5.1: fragments are for paths that carry no more. */
	if (seen.fragments > 0 && bytes.len + (path->remote.ip.family == IP_V6 ? 48u : 28u) +
					  (path->encap ? 4u : 0u) > PATH_MTU)
		world_fail(h->env.world, "%s sends a fragment of %zu bytes", h->name, bytes.len);
	if (seen.response && seen.esp_spi && !plane_find(&h->plane, seen.esp_spi) &&
	    !(seen.again && host_has_ike(h, &seen)))
		world_fail(h->env.world, "%s announces SPI %08x, which is not installed", h->name,
			   seen.esp_spi);
}

static void host_drain(struct host *h);

static void host_return(void *ctx, uint64_t generation)
{
	struct host *h = ctx;

	if (generation != h->generation)
		return;
	h->jobs_left = false;
	host_drain(h);
}

static size_t host_jobs(struct host *h, struct job **ret_jobs, size_t max)
{
	struct world *w = h->env.world;

	if (h->jobs_left)
		return 0;
	if (random_chance(&w->random, h->lazy)) {
		h->jobs_left = true;
		world_plan(w, w->now + random_below(&w->random, NANOS_SECOND), host_return, NULL,
			   h, h->generation);
		return 0;
	}
	return adit_engine_jobs(h->engine, ret_jobs, max);
}

/* Takes all that an engine call led to. Jobs are answered later, from the world's queue. */
static void host_drain(struct host *h)
{
	static uint8_t buffer[DATAGRAM_MAX];
	static struct event event; /* large; whole at each call */
	struct job *jobs[8];
	struct path path;
	bool more = true;

	while (more && !h->env.world->failed) {
		struct writer w = writer_of(buffer, sizeof(buffer));
		size_t count = host_jobs(h, jobs, ARRAY_LEN(jobs));

		more = count > 0;
		for (size_t i = 0; i < count; i++)
			sim_jobs_take(&h->jobs, jobs[i]);
		while (adit_engine_event(h->engine, &event)) {
			host_event(h, &event);
			secret_wipe(&event, sizeof(event));
			more = true;
		}
		while (adit_engine_output(h->engine, &path, &w)) {
			host_send(h, &path, writer_span(&w));
			w = writer_of(buffer, sizeof(buffer));
			more = true;
		}
	}
}

static void host_enter(struct host *h)
{
	REQUIRE(!h->inside);
	h->inside = true;
}

static void host_leave(struct host *h)
{
	h->inside = false;
	host_drain(h);
}

static void host_receive(void *ctx, const struct datagram *d)
{
	struct host *h = ctx;
	struct path path = { .local = d->dst, .remote = d->src, .encap = d->encap };

	/*
	 * A socket's work: the port and its marker belong together, and keepalives end here (RFC
	 * 3948 2.2, 2.3).
	 */
	if (!h->engine || d->encap != (d->dst.port == NAT_T_PORT) ||
	    (d->dst.port != NAT_T_PORT && d->dst.port != IKE_PORT))
		return;
	if (d->len == 1 && d->data[0] == 0xff)
		return;
	host_enter(h);
	adit_engine_input(h->engine, &path, span_of(d->data, d->len), h->env.world->now);
	host_leave(h);
}

static nanos host_deadline(void *ctx)
{
	struct host *h = ctx;

	return h->engine ? adit_engine_deadline(h->engine) : NANOS_NEVER;
}

static void host_advance(void *ctx)
{
	struct host *h = ctx;

	host_enter(h);
	adit_engine_advance(h->engine, h->env.world->now);
	host_leave(h);
}

static void host_start(struct host *h)
{
	struct adit_engine_params params = {
		.crypto = &h->crypto, .memory = &h->memory, .config = h->config,
		.shards = 1, .export_keys = true,
	};
	enum err err;

	h->memory = memory_system(HOST_MEMORY_MAX);
	plane_init(&h->plane, h->env.world, h->name);
	host_enter(h);
	err = adit_engine_new(&h->engine, &params, h->env.world->now);
	REQUIRE(err == ERR_OK);
	host_leave(h);
}

static void host_stop(struct host *h)
{
	adit_engine_free(h->engine);
	h->engine = NULL;
	h->generation++;
	h->jobs_left = false;
	sim_jobs_clear(&h->jobs);
	plane_clear(&h->plane);
	if (h->memory.used != 0)
		world_fail(h->env.world, "%s: %zu bytes are out after the engine's end", h->name,
			   h->memory.used);
}

void host_init(struct host *h, const struct host_env *env, const char *name, const struct ip *ip,
	       struct config *config, bool libcrypto, uint64_t seed)
{
	struct station station = { .ip = *ip, .engine = true, .receive = host_receive, .ctx = h };
	struct member member = { host_deadline, host_advance, h };

	*h = (struct host){ .env = *env, .name = name, .ip = *ip, .libcrypto = libcrypto };
	h->config = config_ref(config);
	h->station = network_attach(env->network, &station);
	guard_init(&h->guard, h, seed);
	sim_jobs_init(&h->jobs, h);
	world_join(env->world, &member);
	host_start(h);
}

void host_clear(struct host *h)
{
	host_stop(h);
	if (h->libcrypto)
		crypto_libcrypto_free(&h->guard.inner);
	else
		crypto_test_free(&h->guard.inner);
	config_unref(h->config);
}

void host_reboot(struct host *h)
{
	world_note(h->env.world, "%s reboots", h->name);
	host_stop(h);
	h->lives_count = 0;
	h->requests_count = 0;
	host_start(h);
}

/* An EVENT_REQUEST may come within the call's own drain, so the request is written down before. */
static void host_request_add(struct host *h, uint32_t id)
{
	if (h->requests_count < HOST_REQUESTS_MAX)
		h->requests[h->requests_count++] = (struct host_request){ .id = id };
}

enum err host_initiate(struct host *h, const char *conn, const char *child, uint32_t *ret_request)
{
	struct path from = { .local.ip = h->ip };
	uint32_t request = 0;
	enum err err;

	world_note(h->env.world, "%s is asked to initiate %s", h->name, conn ? conn : child);
	host_enter(h);
	err = adit_engine_initiate(h->engine, conn, child, &from, h->env.world->now, &request);
	if (err == ERR_OK) {
		host_request_add(h, request);
		*ret_request = request;
	}
	host_leave(h);
	return err;
}

enum err host_terminate(struct host *h, const struct adit_terminate *what)
{
	uint32_t matches, request;
	enum err err;

	world_note(h->env.world, "%s is asked to terminate%s", h->name,
		   what->force ? " by force" : "");
	host_enter(h);
	err = adit_engine_terminate(h->engine, what, h->env.world->now, &matches, &request);
	if (err == ERR_OK)
		host_request_add(h, request);
	host_leave(h);
	return err;
}

void host_shutdown(struct host *h)
{
	world_note(h->env.world, "%s is asked to shut down", h->name);
	host_enter(h);
	adit_engine_shutdown(h->engine, h->env.world->now);
	host_leave(h);
}

void host_moved(struct host *h, uint32_t spi_in, const struct endpoint *remote)
{
	host_enter(h);
	adit_engine_peer_moved(h->engine, spi_in, remote, h->env.world->now);
	host_leave(h);
}

void host_complete(struct host *h, job_id id, const struct job_result *result)
{
	host_enter(h);
	adit_engine_complete(h->engine, id, result, h->env.world->now);
	host_leave(h);
}

const struct host_request *host_request(const struct host *h, uint32_t id)
{
	for (size_t i = 0; i < h->requests_count; i++) {
		if (h->requests[i].id == id)
			return &h->requests[i];
	}
	return NULL;
}

bool host_succeeded(const struct host *h)
{
	return h->requests_count == 1 && h->requests[0].done && h->requests[0].err == ERR_OK;
}

unsigned host_established(const struct host *h)
{
	struct adit_ike_info info;
	uint32_t cursor = 0;
	unsigned count = 0;

	while (adit_engine_ike_info(h->engine, &cursor, &info))
		count += info.state == IKE_STATE_ESTABLISHED;
	return count;
}

unsigned host_children(const struct host *h)
{
	struct adit_child_info info;
	uint32_t cursor = 0;
	unsigned count = 0;

	while (adit_engine_child_info(h->engine, &cursor, &info))
		count += info.installed;
	return count;
}

uint64_t host_counter(const struct host *h, const char *name)
{
	const char *row;

	for (size_t i = 0; (row = adit_counter_name(i)) != NULL; i++) {
		if (strcmp(row, name) == 0)
			return adit_engine_counter(h->engine, i);
	}
	REQUIRE(!"a counter of that name");
	return 0;
}
