/* SPDX-License-Identifier: Apache-2.0 */
/* commands: what a control client may ask, as rows. */
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

#include "clock.h"
#include "daemon.h"
#include "version.h"

static bool read_word(struct span message, const char *key, char *ret, size_t size)
{
	struct text t = text_of(ret, size);
	struct span value;

	if (!vici_find(message, key, &value))
		return false;
	text_putn(&t, (const char *)value.data, value.len);
	return !t.cut;
}

static long read_long(struct span message, const char *key, long otherwise)
{
	char word[24];

	return read_word(message, key, word, sizeof(word)) ? strtol(word, NULL, 10) : otherwise;
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

	if (localtime_r(&since, &tm) && strftime(words, sizeof(words), "%b %d %H:%M:%S %Y", &tm) > 0)
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

static void initiate(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	char ike[NAME_MAX_LEN + 1] = "", child[NAME_MAX_LEN + 1] = "";
	long timeout = read_long(message, "timeout", 0);
	uint32_t request;
	enum err err;

	(void)read_word(message, "ike", ike, sizeof(ike));
	(void)read_word(message, "child", child, sizeof(child));
	err = shard_initiate(&d->shard, ike, child, &request);
	if (err == ERR_EXISTS) { /* what was asked for is so */
		control_respond_result(d->control.server, session, NULL);
		return;
	}
	if (err) {
		control_respond_result(d->control.server, session,
				       err == ERR_NOT_FOUND ? "no such connection or child in the configuration" :
				       err == ERR_CONFIG ? "the connection names no single remote address (remote_addrs)" :
							   err_words(err));
		return;
	}
	if (timeout < 0 || !pending_new(d, PENDING_INITIATE, session, request, due_of(d, timeout)))
		control_respond_result(d->control.server, session, NULL);
}

static void terminate(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	char ike[NAME_MAX_LEN + 1] = "", child[NAME_MAX_LEN + 1] = "", force[8] = "";
	struct adit_terminate what = { .ike = ike, .child = child };
	long timeout = read_long(message, "timeout", 0);
	struct pending *p = NULL;
	uint32_t matches = 0, request;
	struct vici_writer v;
	enum err err;

	(void)read_word(message, "ike", ike, sizeof(ike));
	(void)read_word(message, "child", child, sizeof(child));
	(void)read_word(message, "force", force, sizeof(force));
	what.ike_unique = (uint32_t)read_long(message, "ike-id", 0);
	what.child_unique = (uint32_t)read_long(message, "child-id", 0);
	what.force = strcmp(force, "yes") == 0;
	err = !*ike && !*child && !what.ike_unique && !what.child_unique ? ERR_CONFIG :
		shard_terminate(&d->shard, &what, &matches, &request);
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
		vici_put(&v, "errmsg", err == ERR_NOT_FOUND ? "no matching SAs to terminate found" :
			 err == ERR_CONFIG ? "name what is to end: ike, child, ike-id or child-id" : err_words(err));
	respond(d, session, &v);
}

static void get_conns(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct vici_writer v = answer_begin(d);

	/* Only what came over VICI is named here, so that swanctl does not unload the daemon's own (facts of get-conns). */
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

/* The lines kept, as `log` events to this session. */
static void recent_log(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	const struct log_line *line;
	uint64_t number = 0;
	struct vici_writer v;

	(void)message;
	while ((line = log_next(&d->log, &number))) {
		char words[LOG_TEXT_MAX + 64];
		struct text t = TEXT_ARRAY(words);
		struct span segment;

		text_log_line(&t, line);
		v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT, "log");
		vici_put(&v, "group", "IKE");
		vici_put_u64(&v, "level", line->level);
		vici_put(&v, "ikesa-name", line->conn);
		vici_put_u64(&v, "ikesa-uniqueid", line->ike_unique);
		vici_put(&v, "msg", words);
		if (vici_finish(&v, &segment) == ERR_OK && control_stream(d->control.server, session, segment))
			break;
	}
	v = answer_begin(d);
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
	{ "list-conns", command_list_conns, NULL },
	{ "get-conns", get_conns, NULL },
	{ "get-algorithms", command_get_algorithms, NULL },
	{ "get-counters", command_get_counters, NULL },
	{ "adit-log", recent_log, NULL },
};
const size_t daemon_commands_count = ARRAY_LEN(daemon_commands);

const char *const daemon_events[] = {
	"log", "control-log", "list-sa", "list-policy", "list-conn", "ike-updown", "ike-update", "child-updown",
};
const size_t daemon_events_count = ARRAY_LEN(daemon_events);
