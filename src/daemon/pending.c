/* SPDX-License-Identifier: Apache-2.0 */
/* pending: commands that wait for the engine, their words on the way and their answers; start
 * actions that wait for a route. */
#include "daemon.h"

#define START_AGAIN (10 * NANOS_SECOND) /* after the boot the network is often later than we are */

struct pending *pending_new(struct daemon *d, enum pending_kind kind, control_id session,
			    uint32_t request, nanos due)
{
	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &d->pending[i];

		/* Who has gone does not wait any more. */
		if (p->kind != PENDING_NONE &&
		    !control_session_done(d->control.server, p->session, NULL))
			continue;
		*p = (struct pending){
			.kind = kind, .session = session, .request = request, .due = due
		};
		return p;
	}
	return NULL;
}

void pending_tell(struct daemon *d, uint32_t request, enum log_level level, const char *conn,
		  uint32_t ike_unique, const char *words)
{
	for (size_t i = 0; request && i < PENDING_MAX; i++) {
		struct pending *p = &d->pending[i];
		struct vici_writer v;
		struct span segment;

		if (p->kind == PENDING_NONE || p->request != request ||
		    !control_session_wants(d->control.server, p->session, "control-log"))
			continue;
		v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT, "control-log");
		vici_put(&v, "group", "IKE");
		vici_put_u64(&v, "level", level <= LOG_NOTICE ? 0 : 1);
		vici_put(&v, "thread", "0");
		vici_put(&v, "ikesa-name", conn);
		vici_put_u64(&v, "ikesa-uniqueid", ike_unique);
		vici_put(&v, "msg", words);
		if (vici_finish(&v, &segment) == ERR_OK &&
		    control_stream(d->control.server, p->session, segment))
			continue; /* it does not read: the answer alone must do */
	}
}

static void answer(struct daemon *d, struct pending *p, const char *errmsg)
{
	struct vici_writer v = vici_begin(d->segment, sizeof(d->segment), VICI_CMD_RESPONSE, NULL);
	control_id session = p->session;
	struct span segment;

	vici_put_bool(&v, "success", errmsg == NULL);
	if (p->kind == PENDING_TERMINATE) {
		vici_put_u64(&v, "matches", p->matches);
		vici_put_u64(&v, "terminated", errmsg ? 0 : p->matches);
	}
	if (errmsg)
		vici_put(&v, "errmsg", errmsg);
	*p = (struct pending){ 0 };
	if (vici_finish(&v, &segment) == ERR_OK)
		control_respond(d->control.server, session, segment);
	else
		control_respond_result(d->control.server, session, "the answer is too long");
}

void pending_done(struct daemon *d, uint32_t request, enum err err)
{
	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &d->pending[i];
		char words[640];
		struct text t = TEXT_ARRAY(words);

		if (p->kind == PENDING_NONE || p->request != request || !request)
			continue;
		if (*p->last) {
			text_put(&t, p->last);
		} else {
			text_put(&t, p->kind == PENDING_INITIATE
					     ? "not established: the peer's message "
					     : "not ended: it ");
			text_put(&t, err_words(err));
		}
		answer(d, p, err ? words : NULL);
	}
}

static bool installed(struct daemon *d, const char *conn, const char *child, bool *ret_found)
{
	struct adit_child_info c;

	*ret_found = false;
	for (uint32_t cursor = 0; adit_engine_child_info(d->shard.engine, &cursor, &c);) {
		if (strcmp(c.conn, conn) != 0 || strcmp(c.name, child) != 0)
			continue;
		*ret_found = true;
		if (c.installed)
			return true;
	}
	return false;
}

bool pending_under_way(struct daemon *d, const char *conn, const char *child)
{
	struct adit_ike_info i;
	bool found;

	if (installed(d, conn, child, &found))
		return false;
	for (uint32_t cursor = 0; !found && adit_engine_ike_info(d->shard.engine, &cursor, &i);)
		found = i.state == IKE_STATE_CONNECTING && strcmp(i.conn, conn) == 0;
	return found;
}

void pending_look(struct daemon *d)
{
	bool found;

	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &d->pending[i];

		if (p->kind != PENDING_INITIATE || p->request ||
		    pending_under_way(d, p->conn, p->child))
			continue;
		answer(d, p, installed(d, p->conn, p->child, &found) ? NULL :
		       "the attempt that was under way has failed; `adit log` says why");
	}
}

static bool has_sa(struct daemon *d, const struct conn_config *conn,
		   const struct child_config *child)
{
	struct adit_child_info info;

	for (uint32_t cursor = 0; adit_engine_child_info(d->shard.engine, &cursor, &info);) {
		if (strcmp(info.conn, conn->name) == 0 && strcmp(info.name, child->name) == 0)
			return true;
	}
	return false;
}

static void log_not_started(struct daemon *d, const char *conn, const char *child, enum err err)
{
	struct log_entry e;

	log_begin_always(&e, &d->log, err == ERR_NO_ROUTE ? LOG_NOTICE : LOG_ERROR,
			 "start-action-failed");
	log_put(&e, "conn", conn);
	log_put(&e, "child", child);
	log_put(&e, "why",
		err == ERR_CONFIG ? "the connection names no single remote address"
				  : err_words(err));
	if (err == ERR_NO_ROUTE)
		log_put(&e, "next", "tried again every 10 s until there is one");
	log_end(&e);
}

static void start_all(struct daemon *d, bool again)
{
	const struct config *config = d->shard.config;

	d->start_due = NANOS_NEVER;
	for (size_t i = 0; i < config->conns_count; i++) {
		const struct conn_config *conn = &config->conns[i];

		for (size_t j = 0; j < conn->children_count; j++) {
			const struct child_config *child = &conn->children[j];
			uint32_t request;
			enum err err;

			if (child->start_action != ACTION_START || has_sa(d, conn, child))
				continue;
			err = shard_initiate(&d->shard, conn->name, child->name, &request);
			if (err == ERR_NO_ROUTE)
				d->start_due = nanos_after(d->now, START_AGAIN);
			if (err && err != ERR_EXISTS && !again)
				log_not_started(d, conn->name, child->name, err);
		}
	}
}

void start_children(struct daemon *d)
{
	start_all(d, false);
}

void pending_expire(struct daemon *d, nanos now)
{
	if (!d->stopping && d->start_due <= now)
		start_all(d, true);
	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &d->pending[i];

		if (p->kind != PENDING_NONE && p->due <= now)
			answer(d, p,
			       p->kind == PENDING_INITIATE ? "not up within the time given; it "
							     "goes on in the background"
							   : "not ended within the time given; it "
							     "goes on in the background");
	}
}

nanos pending_deadline(const struct daemon *d)
{
	nanos due = d->stopping ? NANOS_NEVER : d->start_due;

	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (d->pending[i].kind != PENDING_NONE && d->pending[i].due < due)
			due = d->pending[i].due;
	}
	return due;
}
