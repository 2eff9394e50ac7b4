/* SPDX-License-Identifier: Apache-2.0 */
/* events: the engine's events as log lines, key tables, control events and words for who waits. */
#include <errno.h>

#include "daemon.h"
#include "keylog.h"

static void begin(struct log_entry *e, struct daemon *d, const struct event *event,
		  const char *name)
{
	log_begin(e, &d->log, event->level, name);
	e->line.ike_unique = event->ike_unique;
	e->line.request = event->request;
	memcpy(e->line.conn, event->conn, sizeof(e->line.conn));
	if (event->conn[0])
		log_put(e, "conn", event->conn);
	if (event->child[0])
		log_put(e, "child", event->child);
	if (event->ike_unique)
		log_put_u64(e, "ike", event->ike_unique);
	if (event->child_unique)
		log_put_u64(e, "child_sa", event->child_unique);
}

/* The engine's own line: its first word is the event's name, by which lines are limited. */
static void on_log(struct daemon *d, const struct event *event)
{
	char name[64];
	struct text t = TEXT_ARRAY(name);
	const char *space = strchr(event->text, ' ');
	struct log_entry e;

	text_putn(&t, event->text, space ? (size_t)(space - event->text) : strlen(event->text));
	log_begin(&e, &d->log, event->level, name);
	e.line.ike_unique = event->ike_unique;
	e.line.request = event->request;
	memcpy(e.line.conn, event->conn, sizeof(e.line.conn));
	log_words(&e, space ? space + 1 : "");
	log_end(&e);
	pending_tell(d, event->request, event->level, event->conn, event->ike_unique, event->text);
}

/* What is left to say of an SA that is gone. */
static void put_gone(struct vici_writer *v, const struct event *event)
{
	char words[NAME_MAX_LEN + 16];
	struct text t;

	vici_section(v, event->conn);
	vici_put_u64(v, "uniqueid", event->ike_unique);
	vici_put(v, "version", "2");
	vici_put(v, "state", "DELETING");
	t = TEXT_ARRAY(words);
	text_ip(&t, &event->path.local.ip);
	vici_put(v, "local-host", words);
	vici_put_u64(v, "local-port", event->path.local.port);
	t = TEXT_ARRAY(words);
	text_ip(&t, &event->path.remote.ip);
	vici_put(v, "remote-host", words);
	vici_put_u64(v, "remote-port", event->path.remote.port);
	if (event->child_unique) {
		vici_section(v, "child-sas");
		t = TEXT_ARRAY(words);
		text_put(&t, event->child);
		text_char(&t, '-');
		text_u64(&t, event->child_unique);
		vici_section(v, words);
		vici_put(v, "name", event->child);
		vici_put_u64(v, "uniqueid", event->child_unique);
		vici_put(v, "state", "DELETED");
		vici_section_end(v);
		vici_section_end(v);
	}
	vici_section_end(v);
}

static void broadcast_updown(struct daemon *d, const struct event *event, const char *name, bool up)
{
	struct vici_writer v;
	struct span segment;

	if (!control_wanted(d->control.server, name))
		return;
	v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT, name);
	if (up)
		vici_put(&v, "up", "yes");
	if (!up || !list_put_ike(d, &v, event->ike_unique, event->child_unique))
		put_gone(&v, event);
	if (vici_finish(&v, &segment) == ERR_OK)
		control_broadcast(d->control.server, segment);
}

static void on_updown(struct daemon *d, const struct event *event)
{
	bool ike = event->kind == EVENT_IKE_UP || event->kind == EVENT_IKE_DOWN;
	bool up = event->kind == EVENT_IKE_UP || event->kind == EVENT_CHILD_UP;
	const char *name = ike ? (up ? "ike-up" : "ike-down") : (up ? "child-up" : "child-down");
	char words[200];
	struct text t = TEXT_ARRAY(words);
	struct log_entry e;

	begin(&e, d, event, name);
	log_put_endpoint(&e, "local", &event->path.local);
	log_put_endpoint(&e, "peer", &event->path.remote);
	if (event->kind == EVENT_IKE_UP)
		log_put(&e, "remote_id", event->text);
	if (!up)
		log_put(&e, "why", err_words(event->err));
	log_end(&e);
	broadcast_updown(d, event, ike ? "ike-updown" : "child-updown", up);
	text_put(&t, ike ? "IKE SA " : "Child SA ");
	text_put(&t, ike ? event->conn : event->child);
	text_put(&t, up ? " is up with " : " has ended, peer ");
	text_endpoint(&t, &event->path.remote);
	pending_tell(d, event->request, LOG_INFO, event->conn, event->ike_unique, words);
}

static void on_path(struct daemon *d, const struct event *event)
{
	struct log_entry e;
	struct vici_writer v;
	struct span segment;
	char host[64];
	struct text t = TEXT_ARRAY(host);

	begin(&e, d, event, "peer-moved");
	log_put_endpoint(&e, "peer", &event->path.remote);
	log_end(&e);
	if (!control_wanted(d->control.server, "ike-update"))
		return;
	v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT, "ike-update");
	text_ip(&t, &event->path.local.ip);
	vici_put(&v, "local-host", host);
	vici_put_u64(&v, "local-port", event->path.local.port);
	t = TEXT_ARRAY(host);
	text_ip(&t, &event->path.remote.ip);
	vici_put(&v, "remote-host", host);
	vici_put_u64(&v, "remote-port", event->path.remote.port);
	(void)list_put_ike(d, &v, event->ike_unique, 0);
	if (vici_finish(&v, &segment) == ERR_OK)
		control_broadcast(d->control.server, segment);
}

/* Decision 7 in one sentence. */
static void text_diagnosis(struct text *t, const struct diagnosis *x)
{
	text_put(t, x->parted[0] ? x->parted : "the negotiation failed");
	if (x->theirs[0]) {
		text_put(t, "; theirs: ");
		text_put(t, x->theirs);
	}
	if (x->ours[0]) {
		text_put(t, "; ours: ");
		text_put(t, x->ours);
	}
	if (x->setting[0]) {
		text_put(t, "; see ");
		text_put(t, x->setting);
	}
}

static void on_diagnosis(struct daemon *d, const struct event *event)
{
	const struct diagnosis *x = &event->diagnosis;
	struct log_entry e;
	char words[1100];
	struct text t = TEXT_ARRAY(words);

	begin(&e, d, event, "negotiation-failed");
	log_put_endpoint(&e, "peer", &event->path.remote);
	log_put(&e, "parted", x->parted);
	if (x->theirs[0])
		log_put(&e, "theirs", x->theirs);
	if (x->ours[0])
		log_put(&e, "ours", x->ours);
	if (x->setting[0])
		log_put(&e, "setting", x->setting);
	log_end(&e);
	text_diagnosis(&t, x);
	pending_tell(d, event->request, LOG_NOTICE, event->conn, event->ike_unique, words);
	for (size_t i = 0; event->request && i < PENDING_MAX; i++) {
		struct pending *p = &d->pending[i];
		struct text last = TEXT_ARRAY(p->last);

		if (p->kind != PENDING_NONE && p->request == event->request)
			text_put(&last, words);
	}
}

static void on_keys(struct daemon *d, const struct event *event)
{
	const char *folder = d->shard.config->daemon.keylog;
	enum err err = folder ? keylog_write(folder, event) : ERR_OK;

	if (err == ERR_SYSTEM)
		log_errno(&d->log, LOG_ERROR, "keylog-failed", folder, errno);
	else if (err)
		log_say(&d->log, LOG_NOTICE, "keylog-failed",
			"Wireshark has no name for this suite");
}

void daemon_event(void *ctx, const struct event *event)
{
	struct daemon *d = ctx;

	if (event->kind != EVENT_LOG)
		pending_look(d);
	switch (event->kind) {
	case EVENT_LOG:
		on_log(d, event);
		break;
	case EVENT_IKE_UP:
	case EVENT_IKE_DOWN:
	case EVENT_CHILD_UP:
	case EVENT_CHILD_DOWN:
		on_updown(d, event);
		break;
	case EVENT_PATH:
		on_path(d, event);
		break;
	case EVENT_DIAGNOSIS:
		on_diagnosis(d, event);
		break;
	case EVENT_REQUEST:
		pending_done(d, event->request, event->err);
		break;
	case EVENT_IKE_KEYS:
	case EVENT_CHILD_KEYS:
		on_keys(d, event);
		break;
	}
}

void daemon_log_sink(void *ctx, const struct log_line *line)
{
	struct daemon *d = ctx;
	char words[LOG_TEXT_MAX + 64];
	struct text t = TEXT_ARRAY(words);
	struct vici_writer v;
	struct span segment;

	if (!d->control.server || !control_wanted(d->control.server, "log"))
		return;
	text_log_line(&t, line);
	v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT, "log");
	vici_put(&v, "group", "IKE");
	vici_put_u64(&v, "level", line->level);
	vici_put(&v, "thread", "0");
	vici_put(&v, "ikesa-name", line->conn);
	vici_put_u64(&v, "ikesa-uniqueid", line->ike_unique);
	vici_put(&v, "msg", words);
	if (vici_finish(&v, &segment) == ERR_OK)
		control_broadcast(d->control.server, segment);
}
