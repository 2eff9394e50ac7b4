/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: the VICI protocol's server side, sans-I/O.
 *
 * Bytes of any number of connections go in, calls of command handlers come out, and bytes to send
 * wait in a bounded queue a session. Opens no socket, reads no clock. The shell's part, for each
 * connection: accept → control_session_open(); readable while control_session_reading() →
 * control_session_input(), at the end of the stream control_session_eof(); while
 * control_session_output() is not empty → send() and control_session_sent(); when
 * control_session_done() → control_session_close() and close().
 * Once a turn of the loop control_server_turn(), and no sleep while control_server_due().
 * Look at reading, output and done after any call below, for all sessions: one session's request
 * may end in another's event.
 *
 * A session runs one command at a time, strictly in order; further input waits. A client that does
 * not read loses events (counted) and is cut when an answer does not fit. A session is named by a
 * number that is never used again, so that a late answer for one that is gone is ignored.
 */
#ifndef ADIT_CONTROL_SERVER_H
#define ADIT_CONTROL_SERVER_H

#include "memory.h"
#include "vici.h"

#define CONTROL_SESSIONS_MAX 32            /* people, monitors and a few scripts at once */
#define CONTROL_EVENTS_MAX 64              /* names of events; a bit each */
#define CONTROL_OUTPUT_MAX (2048 * 1024)   /* waits to be sent, a session: four long segments */
#define CONTROL_OUTPUT_RESERVE (64 * 1024) /* the last of it is for answers; events end before */
/* A session: packets have their turn between two reloads of a long file */
#define CONTROL_COMMANDS_TURN 1
#define CONTROL_OUTPUT_PAUSE (64 * 1024)   /* more than this waits: no further command is taken */

typedef uint64_t control_id; /* of a session; 0: none */

struct control_server;

/*
 * Runs a command. message is well-formed and borrowed for the call. Must lead to exactly one
 * control_respond() for that session: before it returns, or later. Must not close the session.
 */
typedef void (*control_handler)(void *ctx, control_id session, struct span message);
/*
 * Goes on with a command that streams: called when control_stream() said ERR_LIMIT during it and
 * half of the queue has been sent since. Long lists live from it.
 */
typedef void (*control_more)(void *ctx, control_id session);

struct control_command {
	const char *name;
	control_handler handler;
	control_more more; /* NULL: what was refused is lost */
};

struct control_params {
	struct memory *memory; /* borrowed for the server's life, as are the tables */
	const struct control_command *commands;
	size_t commands_count;
	const char *const *events; /* what a client may register for, list-sa and its like too */
	size_t events_count;       /* up to CONTROL_EVENTS_MAX */
	void *ctx;                 /* handed to handlers */
	uint32_t sessions_max;     /* 0: CONTROL_SESSIONS_MAX */
	uint32_t commands_turn;    /* served a session and turn; 0: all that are there */
	size_t output_max;         /* 0: CONTROL_OUTPUT_MAX; above CONTROL_OUTPUT_RESERVE */
};

MUST_USE enum err control_server_new(struct control_server **ret,
				     const struct control_params *params);
/* Closes what is open. NULL is fine. */
void control_server_free(struct control_server *s);

/* ERR_LIMIT when sessions_max are open (close the connection at once), ERR_MEMORY. */
MUST_USE enum err control_session_open(struct control_server *s, control_id *ret);
/* Forgets the session; a running command's answer will be ignored. Unknown ids are ignored. */
void control_session_close(struct control_server *s, control_id id);

/* A new turn: every session may have commands_turn commands served again; serves what waits. */
void control_server_turn(struct control_server *s);
/* Whether a session waits for the next turn. */
bool control_server_due(const struct control_server *s);

/* Whether it is time to read from the connection. */
bool control_session_reading(const struct control_server *s, control_id id);
/*
 * Bytes as they came, in any pieces; all are taken. May call handlers, of other sessions too. What
 * cannot be framed, a segment over VICI_SEGMENT_MAX, and more than such a segment while not
 * reading, cut the session (control_session_done()).
 */
void control_session_input(struct control_server *s, control_id id, struct span bytes);
/* The client sends no more. Whole requests are still served; then the session is done. */
void control_session_eof(struct control_server *s, control_id id);

/* What to send next, borrowed until the next call on this server; empty when there is nothing. */
struct span control_session_output(const struct control_server *s, control_id id);
/* The first n bytes of that were sent. May call handlers. */
void control_session_sent(struct control_server *s, control_id id, size_t n);
/*
 * Whether to close the connection: cut, or at its end with everything sent. ret_why (may be NULL)
 * is ERR_OK for a good end. True for unknown ids.
 */
bool control_session_done(const struct control_server *s, control_id id, enum err *ret_why);

/*
 * The answer to the session's running command; segment is a whole CMD_RESPONSE of vici_finish() and
 * is copied. May call the handler of the next command, but never from inside another handler. An
 * answer nobody waits for is a broken requirement, one for a session that is gone is ignored.
 */
void control_respond(struct control_server *s, control_id id, struct span segment);
/* The usual answer: success = yes, or no with errmsg. NULL: success. */
void control_respond_result(struct control_server *s, control_id id, const char *errmsg);
/* An EVENT for one session that registered for it. ERR_NOT_FOUND: gone, or not registered;
 * ERR_LIMIT: no room now, and counted as dropped when the running command has no `more`; ERR_SPACE,
 * ERR_MEMORY: it never fits, dropped. */
MUST_USE enum err control_stream(struct control_server *s, control_id id, struct span segment);
/* An EVENT for every session that registered for it; dropped and counted where there is no room. */
void control_broadcast(struct control_server *s, struct span segment);
/* Whether any session registered for that event, to spare the work of making one. */
bool control_wanted(const struct control_server *s, const char *event);
/* Whether this session did. */
bool control_session_wants(const struct control_server *s, control_id id, const char *event);

/* To walk the open sessions: the next id after `after` (start with 0); 0 at the end. */
control_id control_session_next(const struct control_server *s, control_id after);
/*
 * Who may have to go when all places are taken: of the sessions without a running command and
 * without a registered event the one that has been silent longest; 0: there is none.
 */
control_id control_session_idlest(const struct control_server *s);

struct control_usage {
	uint32_t sessions;
	uint64_t opened, refused, cut, commands, events_dropped;
};
struct control_usage control_usage(const struct control_server *s);

#endif
