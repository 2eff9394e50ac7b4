/* SPDX-License-Identifier: Apache-2.0 */
/* commands: what a control client may ask, as rows. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

#include "clock.h"
#include "daemon.h"
#include "version.h"

#define TIMEOUT_MS_MAX 86400000 /* a day; a longer wait is for ever */

bool request_word(struct span message, const char *key, char *ret, size_t size)
{
	struct text t = text_of(ret, size);
	struct span value;

	if (!vici_find(message, key, &value) || value.len == 0)
		return true;
	if (memchr(value.data, '\0', value.len))
		return false;
	text_putn(&t, (const char *)value.data, value.len);
	return !t.cut;
}

bool request_number(struct span message, const char *key, long min, long max, long *ret)
{
	char word[24], *end;
	long value;

	if (!request_word(message, key, word, sizeof(word)))
		return false;
	if (!*word)
		return true;
	errno = 0;
	value = strtol(word, &end, 10);
	if (errno || *end || value < min || value > max)
		return false;
	*ret = value;
	return true;
}

/* Milliseconds; below zero: do not wait, zero: for ever. */
static bool read_timeout(struct span message, long *ret)
{
	*ret = 0;
	if (!request_number(message, "timeout", LONG_MIN, LONG_MAX, ret))
		return false;
	if (*ret > TIMEOUT_MS_MAX)
		*ret = 0;
	return true;
}

static void respond(struct daemon *d, control_id session, struct vici_writer *v)
{
	struct span segment;

	if (vici_finish(v, &segment) == ERR_OK)
		control_respond(d->control.server, session, segment);
	else
		control_respond_result(d->control.server, session, "the answer is too long");
}

static struct vici_writer answer_begin(struct daemon *d)
{
	return vici_begin(d->segment, sizeof(d->segment), VICI_CMD_RESPONSE, NULL);
}

static void version(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct vici_writer v = answer_begin(d);
	struct utsname name = { 0 };

	(void)message;
	(void)uname(&name);
	vici_put(&v, "daemon", "aditd");
	vici_put(&v, "version", ADIT_VERSION);
	vici_put(&v, "sysname", name.sysname);
	vici_put(&v, "release", name.release);
	vici_put(&v, "machine", name.machine);
	respond(d, session, &v);
}

/* "Nov 21 18:09:12 2026", as strongSwan says when it was started. */
static void put_since(struct vici_writer *v, time_t since)
{
	char words[40];
	struct tm tm;

	if (localtime_r(&since, &tm) &&
	    strftime(words, sizeof(words), "%b %d %H:%M:%S %Y", &tm) > 0)
		vici_put(v, "since", words);
}

static void stats(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct adit_engine_usage usage = adit_engine_usage(d->shard.engine);
	struct vici_writer v = answer_begin(d);
	uint64_t running = (d->now - d->started) / NANOS_SECOND;
	char words[40];
	struct text t = TEXT_ARRAY(words);

	(void)message;
	text_u64(&t, running);
	text_put(&t, " seconds");
	vici_section(&v, "uptime");
	vici_put(&v, "running", words);
	put_since(&v, (time_t)(clock_wall() / NANOS_SECOND - running));
	vici_section_end(&v);
	vici_section(&v, "workers");
	vici_put(&v, "total", "1");
	vici_put(&v, "idle", "0");
	vici_section(&v, "active");
	vici_put(&v, "critical", "0");
	vici_put(&v, "high", "0");
	vici_put(&v, "medium", "1");
	vici_put(&v, "low", "0");
	vici_section_end(&v);
	vici_section_end(&v);
	vici_section(&v, "queues");
	vici_put(&v, "critical", "0");
	vici_put(&v, "high", "0");
	vici_put_u64(&v, "medium", usage.jobs_live);
	vici_put(&v, "low", "0");
	vici_section_end(&v);
	vici_put_u64(&v, "scheduled", usage.timers);
	vici_section(&v, "ikesas");
	vici_put_u64(&v, "total", usage.ike_sas);
	vici_put_u64(&v, "half-open", usage.half_open);
	vici_section_end(&v);
	vici_list(&v, "plugins");
	vici_list_item(&v, d->shard.crypto.ops->name);
	vici_list_item(&v, d->shard.ops->name);
	vici_list_end(&v);
	respond(d, session, &v);
}

static void reload_settings(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	char why[2048];
	struct text t = TEXT_ARRAY(why);

	(void)message;
	control_respond_result(d->control.server, session, daemon_reload(d, &t) ? NULL : why);
}

static nanos due_of(struct daemon *d, long timeout_ms)
{
	return timeout_ms > 0 ? nanos_after(d->now, (nanos)timeout_ms * NANOS_MILLI) : NANOS_NEVER;
}

/* What was asked for is so, or somebody else has asked for it and this session waits, too. */
static void initiated_before(struct daemon *d, control_id session, const char *ike,
			     const char *child, long timeout)
{
	const struct config *config = d->shard.config;
	const struct child_config *first = NULL;
	const struct conn_config *conn = *ike ? config_conn(config, ike)
					      : config_child(config, child, &first);
	struct pending *p = NULL;
	struct text t;

	if (conn && !*child && conn->children_count)
		child = conn->children->name;
	if (timeout >= 0 && conn && pending_under_way(d, conn->name, child))
		p = pending_new(d, PENDING_INITIATE, session, 0, due_of(d, timeout));
	if (!p) {
		control_respond_result(d->control.server, session, NULL);
		return;
	}
	memcpy(p->conn, conn->name, sizeof(p->conn));
	t = TEXT_ARRAY(p->child);
	text_put(&t, child);
}

static void initiate(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	char ike[NAME_MAX_LEN + 1], child[NAME_MAX_LEN + 1];
	bool named = request_word(message, "ike", ike, sizeof(ike)) &&
		     request_word(message, "child", child, sizeof(child));
	uint32_t request;
	long timeout;
	enum err err;

	if (!read_timeout(message, &timeout)) {
		control_respond_result(d->control.server, session, "timeout takes milliseconds");
		return;
	}
	err = named ? shard_initiate(&d->shard, ike, child, &request) : ERR_NOT_FOUND;
	if (err == ERR_EXISTS) {
		initiated_before(d, session, ike, child, timeout);
		return;
	}
	if (err) {
		control_respond_result(
			d->control.server, session,
			err == ERR_NOT_FOUND ? "no such connection or child in the configuration"
			: err == ERR_CONFIG
				? "the connection names no single remote address (remote_addrs)"
			: err == ERR_NO_ROUTE ? "there is no route to the peer (remote_addrs), so "
						"no address of ours to use"
					      : err_words(err));
		return;
	}
	if (timeout < 0 || !pending_new(d, PENDING_INITIATE, session, request, due_of(d, timeout)))
		control_respond_result(d->control.server, session, NULL);
}

struct terminate_names {
	char ike[NAME_MAX_LEN + 1], child[NAME_MAX_LEN + 1];
};

static enum err read_terminate(struct span message, struct terminate_names *n,
			       struct adit_terminate *ret)
{
	char force[8];
	long ike_id = 0, child_id = 0;

	*ret = (struct adit_terminate){ .ike = n->ike, .child = n->child };
	if (!request_number(message, "ike-id", 1, UINT32_MAX, &ike_id) ||
	    !request_number(message, "child-id", 1, UINT32_MAX, &child_id) ||
	    !request_word(message, "force", force, sizeof(force)))
		return ERR_CONFIG;
	if (!request_word(message, "ike", n->ike, sizeof(n->ike)) ||
	    !request_word(message, "child", n->child, sizeof(n->child)))
		return ERR_NOT_FOUND; /* no name of ours is as long */
	ret->ike_unique = (uint32_t)ike_id;
	ret->child_unique = (uint32_t)child_id;
	ret->force = strcmp(force, "yes") == 0;
	return *n->ike || *n->child || ike_id || child_id ? ERR_OK : ERR_CONFIG;
}

static void terminate(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct terminate_names n;
	struct adit_terminate what;
	long timeout;
	struct pending *p = NULL;
	uint32_t matches = 0, request;
	struct vici_writer v;
	enum err err = read_terminate(message, &n, &what);

	if (!read_timeout(message, &timeout))
		err = ERR_CONFIG;
	if (!err)
		err = shard_terminate(&d->shard, &what, &matches, &request);
	if (!err && timeout >= 0)
		p = pending_new(d, PENDING_TERMINATE, session, request, due_of(d, timeout));
	if (p) {
		p->matches = matches;
		return;
	}
	v = answer_begin(d);
	vici_put_bool(&v, "success", !err);
	vici_put_u64(&v, "matches", matches);
	vici_put_u64(&v, "terminated", 0);
	if (err)
		vici_put(&v, "errmsg",
			 err == ERR_NOT_FOUND ? "no matching SAs to terminate found"
			 : err == ERR_CONFIG  ? "name what is to end by ike, child, ike-id or "
						"child-id; ids and timeout (ms) are numbers"
					      : err_words(err));
	respond(d, session, &v);
}

static void get_conns(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct vici_writer v = answer_begin(d);

	/* Only what came over VICI is named here, so that swanctl does not unload the daemon's own
	 * (facts of get-conns). */
	(void)message;
	vici_list(&v, "conns");
	vici_list_end(&v);
	respond(d, session, &v);
}

static void list_policies(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct vici_writer v = answer_begin(d);

	(void)message; /* trap, pass and drop policies are not there yet: there is none to list */
	respond(d, session, &v);
}

const struct control_command daemon_commands[] = {
	{ "version", version, NULL },
	{ "stats", stats, NULL },
	{ "reload-settings", reload_settings, NULL },
	{ "initiate", initiate, NULL },
	{ "terminate", terminate, NULL },
	{ "list-sas", command_list_sas, command_list_sas_more },
	{ "list-policies", list_policies, NULL },
	{ "list-conns", command_list_conns, command_list_conns_more },
	{ "get-conns", get_conns, NULL },
	{ "get-algorithms", command_get_algorithms, NULL },
	{ "get-counters", command_get_counters, NULL },
	{ "adit-log", command_log, command_log_more },
};
const size_t daemon_commands_count = ARRAY_LEN(daemon_commands);

const char *const daemon_events[] = {
	"log",	     "control-log", "list-sa",	  "list-policy",
	"list-conn", "ike-updown",  "ike-update", "child-updown",
};
const size_t daemon_events_count = ARRAY_LEN(daemon_events);
