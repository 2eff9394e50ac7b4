/* SPDX-License-Identifier: Apache-2.0 */
#include "shard.h"

#include <net/if.h>

static void work(struct shard *s);

static void on_ike(void *ctx, const struct path *path, struct span datagram)
{
	struct shard *s = ctx;

	adit_engine_input(s->engine, path, datagram, s->now);
	s->fed = true;
}

static void on_esp(void *ctx, const struct path *path, const struct outer *outer, uint8_t *data,
		   size_t len)
{
	struct shard *s = ctx;

	/* The first packets of an SA come close behind the message that brings it up. */
	if (s->fed)
		work(s);
	s->ops->input(s->plane, path, outer, data, len, s->now);
}

static void on_narrow(void *ctx, const struct path *path)
{
	struct shard *s = ctx;

	s->ops->narrow(s->plane, path);
}

static void plane_send(void *ctx, const struct path *path, const struct outer *outer,
		       struct span packet)
{
	struct shard *s = ctx;

	sockets_send_esp(&s->sockets, path, outer, packet);
}

static size_t plane_path_mtu(void *ctx, const struct path *path)
{
	(void)ctx;
	return sockets_path_mtu(path);
}

static void plane_send_ip(void *ctx, const struct path *path, struct span packet)
{
	struct shard *s = ctx;

	ah_sockets_send(&s->ah, path, packet);
}

static void on_ah(void *ctx, uint8_t *packet, size_t len)
{
	struct shard *s = ctx;

	if (s->fed)
		work(s);
	s->ops->input_ip(s->plane, packet, len, s->now);
}

static void plane_moved(void *ctx, uint32_t spi_in, const struct endpoint *remote)
{
	struct shard *s = ctx;

	adit_engine_peer_moved(s->engine, spi_in, remote, s->now);
}

static void plane_expired(void *ctx, uint32_t child_unique)
{
	struct adit_terminate what = { .child_unique = child_unique };
	struct shard *s = ctx;
	uint32_t matches, request;

	/* Not found: it is on its way out already. */
	(void)(shard_terminate(s, &what, &matches, &request) == ERR_OK);
}

/* Nothing waits for it yet: policies without an SA are only what a run before this one left. */
static void plane_acquire(void *ctx, uint32_t reqid)
{
	struct shard *s = ctx;
	struct log_entry e;

	log_begin(&e, s->log, LOG_INFO, "acquire");
	log_put_u64(&e, "reqid", reqid);
	log_end(&e);
}

static void plane_log(void *ctx, int level, const char *line)
{
	struct shard *s = ctx;

	log_say(s->log, (enum log_level)level, "dataplane", line);
}

static void plane_ready(void *ctx, int fd, uint32_t events)
{
	struct shard *s = ctx;

	(void)events;
	if (s->ops->ready(s->plane, fd, s->now) != ERR_OK)
		s->lost = true;
	sockets_flush(&s->sockets);
}

static enum err plane_sockets(struct shard *s)
{
	enum err err = ERR_OK;

	if (s->ops->socket) /* the kernel's ESP */
		sockets_bare_close(&s->sockets);
	for (size_t i = 0; i < SOCKETS_MAX && s->ops->socket; i++) {
		const struct one_socket *u = &s->sockets.items[i];

		if (u->family != IP_NONE)
			TRY(s->ops->socket(s->plane, u->source.fd, u->family == IP_V6, u->marked));
	}
out:
	return err;
}

static enum err open_plane(struct shard *s)
{
	struct dataplane_env env = {
		.crypto = &s->crypto,
		.memory = &s->memory,
		.child_sas = s->config->engine.child_sas,
		.routing_table = s->config->daemon.routing_table,
		.routing_table_prio = s->config->daemon.routing_table_prio,
		.ctx = s,
		.mss = s->config->daemon.mss,
		.mtu = s->config->daemon.mtu,
		.send = plane_send,
		.path_mtu = plane_path_mtu,
		.moved = plane_moved,
		.expired = plane_expired,
		.acquire = plane_acquire,
		.log = plane_log,
	};
	int fds[SHARD_PLANE_FDS];
	enum err err;

	s->ops = dataplane_find(s->config->daemon.dataplane);
	TRY_THAT(s->ops, ERR_CONFIG);
	/* Without them there is no AH, and nothing else is missing. */
	if (s->ops->input_ip && ah_sockets_open(&s->ah, s->loop, s, on_ah) == ERR_OK)
		env.send_ip = plane_send_ip;
	TRY(s->ops->new(&s->plane, &env));
	TRY(plane_sockets(s));
	s->plane_count = s->ops->descriptors(s->plane, fds, SHARD_PLANE_FDS);
	for (size_t i = 0; i < s->plane_count; i++) {
		s->plane_sources[i] = (struct loop_source){ .fd = fds[i], .ready = plane_ready, .ctx = s };
		TRY(loop_add(s->loop, &s->plane_sources[i], EPOLLIN));
	}
out:
	return err;
}

static bool plane_has(void *ctx, uint8_t protocol, const struct transform *t)
{
	struct shard *s = ctx;

	return s->ops->has(s->plane, protocol, t);
}

static enum err open_engine(struct shard *s)
{
	struct adit_engine_params params = {
		.crypto = &s->crypto,
		.memory = &s->memory,
		.config = s->config,
		.shards = 1,
		.log_level = s->log->level,
		.child_has = s->ops->has ? plane_has : NULL,
		.child_ctx = s,
		.export_keys = s->config->daemon.keylog != NULL,
	};

	return adit_engine_new(&s->engine, &params, s->now);
}

enum err shard_open(struct shard *s, struct loop *loop, struct log *log, struct config *config,
		    void (*event)(void *ctx, const struct event *event), void *ctx)
{
	struct sockets_env env = { .ctx = s, .ike = on_ike, .esp = on_esp, .narrow = on_narrow };
	const char *what = "the cryptographic library cannot be used";
	char why[160] = "";
	enum err err;

	s->loop = loop;
	s->log = log;
	s->event = event;
	s->ctx = ctx;
	s->config = config_ref(config);
	s->memory = memory_system(SIZE_MAX);
	s->jobs_left = SHARD_JOBS;
	TRY(crypto_libcrypto_new(&s->crypto));
	what = "the sockets cannot be opened";
	TRY(sockets_open(&s->sockets, loop, &env, config->daemon.port, config->daemon.port_nat_t, why));
	what = "the dataplane cannot be opened (adit.dataplane)";
	TRY(open_plane(s));
	s->worker.crypto = &s->crypto;
	s->worker.ops = s->ops;
	s->worker.plane = s->plane;
	what = "the engine does not fit into memory (adit.ike_sas, adit.child_sas)";
	TRY(open_engine(s));
out:
	if (err) {
		struct log_entry e;

		log_begin_always(&e, log, LOG_ERROR, "start-failed");
		log_put(&e, "message", what);
		log_put(&e, "why", *why ? why : err_words(err));
		log_end(&e);
		shard_close(s, false);
	}
	return err;
}

void shard_close(struct shard *s, bool orderly)
{
	if (s->engine)
		adit_engine_free(s->engine);
	for (size_t i = 0; i < s->plane_count; i++)
		loop_remove(s->loop, &s->plane_sources[i]);
	if (s->plane)
		s->ops->free(s->plane, orderly);
	ah_sockets_close(&s->ah);
	if (s->sockets.buffer)
		sockets_close(&s->sockets);
	if (s->crypto.ops)
		crypto_libcrypto_free(&s->crypto);
	config_unref(s->config);
	s->engine = NULL;
	s->plane = NULL;
	s->plane_count = 0;
	s->crypto.ops = NULL;
	s->config = NULL;
}

static void do_jobs(struct shard *s)
{
	struct job *jobs[SHARD_JOBS];
	size_t count;

	/* A job's answer often makes the next one; they go on within the turn's bound. */
	while (s->jobs_left > 0 && (count = adit_engine_jobs(s->engine, jobs, s->jobs_left)) > 0) {
		for (size_t i = 0; i < count; i++)
			worker_do(&s->worker, s->engine, jobs[i], s->now);
		s->jobs_left -= count;
	}
	s->busy = s->jobs_left == 0;
}

static void send_outputs(struct shard *s)
{
	struct path path;

	for (;;) {
		struct writer w = writer_of(s->buffer, sizeof(s->buffer));
		struct log_entry e;

		if (!adit_engine_output(s->engine, &path, &w))
			return;
		if (sockets_send_ike(&s->sockets, &path, writer_span(&w)))
			continue;
		log_begin(&e, s->log, LOG_NOTICE, "send-failed");
		log_put_endpoint(&e, "local", &path.local);
		log_put_endpoint(&e, "peer", &path.remote);
		log_end(&e);
	}
}

static void tell_events(struct shard *s)
{
	struct event event;

	while (adit_engine_event(s->engine, &event)) {
		s->event(s->ctx, &event);
		secret_wipe(&event, sizeof(event));
	}
}

static void work(struct shard *s)
{
	s->fed = false;
	adit_engine_advance(s->engine, s->now);
	do_jobs(s);
	send_outputs(s);
	tell_events(s);
	sockets_flush(&s->sockets);
}

void shard_work(struct shard *s, nanos now)
{
	s->now = now;
	work(s);
	s->jobs_left = SHARD_JOBS; /* of the next turn, with what its datagrams ask for at once */
}

nanos shard_deadline(const struct shard *s)
{
	return s->busy ? 0 : adit_engine_deadline(s->engine);
}

enum err shard_initiate(struct shard *s, const char *conn, const char *child, uint32_t *ret_request)
{
	const struct child_config *wanted;
	const struct conn_config *c;
	struct path from = { 0 };

	c = conn && *conn ? config_conn(s->config, conn) : config_child(s->config, child, &wanted);
	if (c && c->remote_addrs_count == 1 && !c->remote_addrs->any) {
		from.interface = if_nametoindex(c->remote_addrs->interface);
		(void)sockets_local_address(&c->remote_addrs->prefix.ip, from.interface,
					    &from.local.ip);
	}
	s->busy = true;
	return adit_engine_initiate(s->engine, conn, child, &from, s->now, ret_request);
}

enum err shard_terminate(struct shard *s, const struct adit_terminate *what, uint32_t *ret_matches, uint32_t *ret_request)
{
	s->busy = true;
	return adit_engine_terminate(s->engine, what, s->now, ret_matches, ret_request);
}

void shard_reconfigure(struct shard *s, struct config *config)
{
	config_ref(config);
	config_unref(s->config);
	s->config = config;
	adit_engine_reconfigure(s->engine, config);
	s->busy = true;
}
