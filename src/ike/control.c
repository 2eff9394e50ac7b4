/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: what the control socket asks of the engine: initiate, terminate, shut down, reconfigure;
 * and connections that are set up again by themselves.
 */
#include "state.h"

#define RESTART_WAIT \
	NANOS_SECOND /* before a connection is set up again, so that a refusing peer is not \
			hammered */

/* The only address a connection can be initiated to. */
static enum err remote_of(const struct conn_config *conn, struct ip *ret)
{
	const struct host_pattern *p = conn->remote_addrs;

	if (conn->remote_addrs_count != 1 || p->any ||
	    p->prefix.bits != 8 * ip_len(&p->prefix.ip))
		return ERR_CONFIG;
	*ret = p->prefix.ip;
	return ERR_OK;
}

static enum err path_of(struct adit_engine *e, const struct conn_config *conn,
			const struct path *from, struct path *ret)
{
	struct path path = { 0 };
	const struct host_pattern *own = conn->local_addrs;
	enum err err = remote_of(conn, &path.remote.ip);

	if (err)
		return err;
	if (conn->local_addrs_count > 0 && !own->any &&
	    own->prefix.bits == 8 * ip_len(&own->prefix.ip))
		path.local.ip = own->prefix.ip;
	else
		path.local.ip = from->local.ip;
	if (path.local.ip.family == IP_NONE)
		return ERR_NO_ROUTE;
	if (ip_is_link_local(&path.remote.ip))
		path.interface = from->interface;
	path.remote.port = conn->remote_port;
	/* A port of its own is one behind which NAT traversal is spoken from the first message on.
	 */
	path.encap = conn->remote_port != 500;
	path.local.port = path.encap ? e->config->daemon.port_nat_t : e->config->daemon.port;
	*ret = path;
	return ERR_OK;
}

/* Our SA that has such a Child SA, or is about to; NULL: none. */
static struct ike_sa *find_up(const struct adit_engine *e, const struct conn_config *conn,
			      const struct child_config *child)
{
	struct ike_sa *sa;

	for (uint32_t slot = 0; (sa = slab_next(&e->sas, &slot)); slot++) {
		if (!sa->conn || strcmp(sa->conn->name, conn->name) != 0 || sa->disowned ||
		    sa->unwanted || sa->phase == PHASE_DELETING)
			continue;
		if (sa->handshake && sa->handshake->child &&
		    strcmp(sa->handshake->child->name, child->name) == 0)
			return sa;
		for (const struct child_sa *c = child_at(e, sa->first_child); c;
		     c = child_at(e, c->next)) {
			if (sa->initiator && strcmp(c->config->name, child->name) == 0)
				return sa;
		}
	}
	return NULL;
}

static enum err find(const struct config *config, const char *conn, const char *child,
		     const struct conn_config **ret_conn, const struct child_config **ret_child)
{
	bool named = conn && *conn;

	if (!named && !(child && *child))
		return ERR_NOT_FOUND;
	*ret_conn = named ? config_conn(config, conn) : config_child(config, child, ret_child);
	if (!*ret_conn)
		return ERR_NOT_FOUND;
	if (child && *child)
		*ret_child = conn_child(*ret_conn, child);
	else
		*ret_child = (*ret_conn)->children_count ? (*ret_conn)->children : NULL;
	return *ret_child ? ERR_OK : ERR_NOT_FOUND;
}

enum err adit_engine_initiate(struct adit_engine *e, const char *conn_name, const char *child_name,
			      const struct path *from, nanos now, uint32_t *ret_request)
{
	const struct conn_config *conn;
	const struct child_config *child;
	struct ike_sa *sa;
	struct path path;
	uint32_t request;
	enum err err;

	e->now = now;
	TRY_THAT(!e->closing, ERR_CANCELLED);
	TRY(find(e->config, conn_name, child_name, &conn, &child));
	sa = find_up(e, conn, child);
	if (sa) { /* whoever asks may doubt that the peer is still there */
		liveness_probe(e, sa);
		return ERR_EXISTS;
	}
	TRY(path_of(e, conn, from, &path));
	request = request_new(e, 1);
	TRY_THAT(request, ERR_LIMIT);
	err = sa_init_initiate(e, conn, child, &path, request, 0);
	if (err) {
		request_cancel(e, request);
		goto out;
	}
	*ret_request = request;
out:
	return err;
}

void restart_later(struct adit_engine *e, const struct conn_config *conn,
		   const struct child_config *child, const struct path *from, nanos wait,
		   unsigned tries, uint32_t request)
{
	struct restart *r = slab_alloc(&e->restarts);

	if (!r) {
		request_done(e, request, ERR_LIMIT);
		return;
	}
	memcpy(r->conn, conn->name, sizeof(r->conn));
	memcpy(r->child, child->name, sizeof(r->child));
	r->from = *from;
	r->tries = tries;
	r->request = request;
	r->timer = (struct timer){ .kind = TIMER_RESTART, .slot = slab_slot(&e->restarts, r) };
	timers_set(&e->timers, &r->timer, nanos_after(e->now, wait ? wait : RESTART_WAIT));
}

void restart_timer(struct adit_engine *e, uint32_t slot)
{
	struct restart r = *(struct restart *)slab_at(&e->restarts, slot);
	const struct conn_config *conn;
	const struct child_config *child;
	struct path path;
	enum err err;

	slab_free(&e->restarts, slab_at(&e->restarts, slot));
	TRY_THAT(!e->closing, ERR_CANCELLED);
	TRY(find(e->config, r.conn, r.child, &conn, &child));
	TRY_THAT(!find_up(e, conn, child), ERR_EXISTS);
	TRY(path_of(e, conn, &r.from, &path));
	TRY(sa_init_initiate(e, conn, child, &path, r.request, r.tries));
out:
	if (err) {
		struct line l;

		line_begin(&l, e, LOG_NOTICE, NULL, "restart-failed");
		line_word(&l, "conn", r.conn);
		line_word(&l, "child", r.child);
		line_word(&l, "why", err_words(err));
		line_end(&l);
		request_done(e, r.request, err);
	}
}

static bool named(const char *wanted, const char *name)
{
	return !wanted || !*wanted || strcmp(wanted, name) == 0;
}

static bool ike_matches(const struct adit_terminate *what, const struct ike_sa *sa)
{
	if (what->ike_unique && what->ike_unique != sa->unique)
		return false;
	return named(what->ike, sa->conn ? sa->conn->name : "");
}

static bool child_wanted(const struct adit_terminate *what)
{
	return what->child_unique || (what->child && *what->child);
}

static bool child_matches(const struct adit_terminate *what, const struct child_sa *child)
{
	if (child->state != CHILD_UP)
		return false;
	if (what->child_unique && what->child_unique != child->unique)
		return false;
	return named(what->child, child->config->name);
}

/* force: a DELETE is sent when the window is free for one, and nobody waits for its answer. */
static void end_ike(struct adit_engine *e, struct ike_sa *sa, uint32_t request, bool force)
{
	uint32_t unique = sa->unique, slot = sa_slot(e, sa);

	if (sa->end_request) /* somebody waits already: this one has what it asked */
		request_done(e, request, ERR_OK);
	else
		sa->end_request = request;
	sa_delete(e, sa);
	sa = sa_at(e, slot);
	if (force && sa && sa->unique == unique)
		sa_destroy(e, sa, ERR_DELETED);
}

static void end_child(struct adit_engine *e, struct ike_sa *sa, struct child_sa *child, bool force)
{
	uint32_t unique = child->unique, slot = child_slot(e, child);

	child_delete(e, sa, child);
	child = child_at(e, slot);
	/* Without memory for its removal the record outlives its SA (child_reap). */
	if (force && child && child->unique == unique && child->sa != SLAB_NONE)
		child_destroy(e, child, ERR_DELETED);
}

static uint32_t walk_children(struct adit_engine *e, struct ike_sa *sa,
			      const struct adit_terminate *what, uint32_t request, bool act)
{
	uint32_t matches = 0;

	for (uint32_t slot = sa->first_child; slot != SLAB_NONE;) {
		struct child_sa *child = child_at(e, slot);

		if (!child || child->sa != sa_slot(e, sa)) /* the one before took it along */
			break;
		slot = child->next;
		if (!child_matches(what, child))
			continue;
		matches++;
		if (!act)
			continue;
		child->end_request = request;
		end_child(e, sa, child, what->force);
	}
	return matches;
}

/* Counts what matches, or ends it. */
static uint32_t walk(struct adit_engine *e, const struct adit_terminate *what, uint32_t request,
		     bool act)
{
	struct ike_sa *sa;
	uint32_t matches = 0;

	for (uint32_t slot = 0; (sa = slab_next(&e->sas, &slot)); slot++) {
		if (!ike_matches(what, sa))
			continue;
		if (child_wanted(what)) {
			if (sa->phase == PHASE_UP)
				matches += walk_children(e, sa, what, request, act);
			continue;
		}
		matches++;
		if (act)
			end_ike(e, sa, request, what->force);
	}
	return matches;
}

enum err adit_engine_terminate(struct adit_engine *e, const struct adit_terminate *what, nanos now,
			       uint32_t *ret_matches, uint32_t *ret_request)
{
	uint32_t matches, request;

	e->now = now;
	matches = walk(e, what, 0, false);
	if (matches == 0)
		return ERR_NOT_FOUND;
	request = request_new(e, matches);
	if (request == 0)
		return ERR_LIMIT;
	walk(e, what, request, true);
	*ret_matches = matches;
	*ret_request = request;
	return ERR_OK;
}

void adit_engine_shutdown(struct adit_engine *e, nanos now)
{
	struct restart *r;
	struct ike_sa *sa;

	e->now = now;
	e->closing = true;
	for (uint32_t slot = 0; (r = slab_next(&e->restarts, &slot)); slot++) {
		timers_unset(&e->timers, &r->timer);
		request_done(e, r->request, ERR_CANCELLED);
		slab_free(&e->restarts, r);
	}
	for (uint32_t slot = 0; (sa = slab_next(&e->sas, &slot)); slot++)
		sa_delete(e, sa);
}

bool adit_engine_idle(const struct adit_engine *e)
{
	return e->sas.used == 0 && e->exchanges.used == 0 && e->children.used == 0 &&
	       e->jobs.records.used == e->jobs.abandoned && e->restarts.used == 0;
}

void adit_engine_reconfigure(struct adit_engine *e, struct config *config)
{
	struct engine_config sizes = e->limits;

	config_ref(config);
	config_unref(e->config);
	e->config = config;
	e->limits = config->engine;
	/* Slabs keep their sizes until a restart. */
	e->limits.ike_sas = sizes.ike_sas;
	e->limits.child_sas = sizes.child_sas;
	e->limits.half_open = sizes.half_open;
}
