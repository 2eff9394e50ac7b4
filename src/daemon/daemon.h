/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon: what the process holds, for its own files.
 */
#ifndef ADIT_DAEMON_DAEMON_H
#define ADIT_DAEMON_DAEMON_H

#include "control.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "shard.h"

#define PENDING_MAX CONTROL_SESSIONS_MAX /* commands that wait for the engine: one a session */

enum pending_kind { PENDING_NONE, PENDING_INITIATE, PENDING_TERMINATE };

/* A command whose answer comes with an EVENT_REQUEST, or when its time is up. */
struct pending {
	enum pending_kind kind;
	control_id session;
	uint32_t request;   /* 0: somebody else's, for conn and child */
	nanos due;          /* NANOS_NEVER: waits for ever */
	uint32_t matches;
	char conn[NAME_MAX_LEN + 1], child[NAME_MAX_LEN + 1];
	char last[512];     /* the last diagnosis in words, for errmsg */
};

/* A list that did not fit into a session's queue at once. */
struct listing {
	control_id session; /* 0: free */
	uint32_t cursor;    /* the engine's, or a connection's number */
	uint64_t line;      /* the log's */
	uint32_t ike_unique, child_unique;
	char ike[NAME_MAX_LEN + 1], child[NAME_MAX_LEN + 1];
};

struct daemon {
	const char *path;   /* of the configuration file */
	struct loop loop;
	struct log log;
	struct notify_socket manager;
	struct control control;
	struct shard shard;
	struct loop_source signals;
	struct pending pending[PENDING_MAX];
	struct listing listings[CONTROL_SESSIONS_MAX];
	nanos started, now;
	/* Start actions that found no route are tried again; NANOS_NEVER: there is none */
	nanos start_due;
	nanos stop_due;     /* when closing: how long the peers have to answer */
	bool stopping;
	uint8_t segment[VICI_SEGMENT_MAX + VICI_LENGTH_LEN];
};

/* The table of commands and the names of events: commands.c. */
extern const struct control_command daemon_commands[];
extern const size_t daemon_commands_count;
extern const char *const daemon_events[];
extern const size_t daemon_events_count;

/*
 * What a request says at key: empty, or as it was, when the key is not there. False when it does
 * not fit or cannot be meant: a word with a NUL, which would end it where the sender did not, and
 * what is no number from min to max.
 */
bool request_word(struct span message, const char *key, char *ret, size_t size);
bool request_number(struct span message, const char *key, long min, long max, long *ret);

/* lists.c */
void command_list_sas(void *ctx, control_id session, struct span message);
void command_list_sas_more(void *ctx, control_id session);
void command_list_conns(void *ctx, control_id session, struct span message);
void command_list_conns_more(void *ctx, control_id session);
void command_get_algorithms(void *ctx, control_id session, struct span message);
void command_get_counters(void *ctx, control_id session, struct span message);
void command_log(void *ctx, control_id session, struct span message);
void command_log_more(void *ctx, control_id session);
/* A section for an IKE SA with one of its Child SAs (by its unique id; 0: none). False when the SA
 * is gone. */
bool list_put_ike(struct daemon *d, struct vici_writer *v, uint32_t ike_unique,
		  uint32_t child_unique);

/* events.c */
void daemon_event(void *ctx, const struct event *event);
void daemon_log_sink(void *ctx, const struct log_line *line);

/* pending.c */
struct pending *pending_new(struct daemon *d, enum pending_kind kind, control_id session,
			    uint32_t request, nanos due);
void pending_tell(struct daemon *d, uint32_t request, enum log_level level, const char *conn,
		  uint32_t ike_unique, const char *words);
void pending_done(struct daemon *d, uint32_t request, enum err err);
/* Whether a Child SA is being set up and not there yet. */
bool pending_under_way(struct daemon *d, const char *conn, const char *child);
/* Answers who waits for what somebody else initiated, when that came up or failed. */
void pending_look(struct daemon *d);
void pending_expire(struct daemon *d, nanos now);
nanos pending_deadline(const struct daemon *d);

/* start_action = start, at the start and for what a reload brought. */
void start_children(struct daemon *d);

/* main.c: reads the file again; false when it changed nothing, with the reason in ret_why. */
bool daemon_reload(struct daemon *d, struct text *ret_why);

#endif
