/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: a blocking VICI client over a UNIX socket, with time limits.
 *
 * One connection, one command at a time. Events that come on the way are handed to the caller. It
 * trusts the daemon no more than any peer: every length is bounded, every message is checked
 * before anybody reads it.
 */
#ifndef ADIT_CLI_CLIENT_H
#define ADIT_CLI_CLIENT_H

#include "vici.h"

#define CLIENT_WAIT_FOREVER (-1)

struct client {
	int fd;            /* -1: closed */
	int system_error;  /* errno behind an ERR_SYSTEM; 0: the daemon closed the connection */
	size_t start, len; /* what was received and not yet used */
	uint8_t *received; /* VICI_LENGTH_LEN + VICI_SEGMENT_MAX bytes */
};

/* An EVENT that came: its name and message, borrowed for the call. */
typedef void (*client_event)(void *ctx, struct span name, struct span message);

/* ERR_SYSTEM (see system_error), ERR_LENGTH when the path is too long, ERR_MEMORY. */
MUST_USE enum err client_open(struct client *ret, const char *socket_path);
void client_close(struct client *c);

/* ERR_UNSUPPORTED when the daemon knows no such event. */
MUST_USE enum err client_register(struct client *c, const char *event, int timeout_ms);

/*
 * Sends a CMD_REQUEST (a whole segment) and waits for its answer, handing on events (NULL:
 * dropped). timeout_ms is for the whole of it. *ret_response is borrowed until the next call.
 * ERR_UNSUPPORTED: unknown command; ERR_TIMEOUT; ERR_SYSTEM; ERR_SYNTAX and its like: what came is
 * not VICI.
 */
MUST_USE enum err client_request(struct client *c, struct span segment, int timeout_ms,
				 client_event on_event, void *ctx, struct span *ret_response);

/* Hands on events until the connection ends, for `log -f`. Never ERR_OK. */
MUST_USE enum err client_listen(struct client *c, client_event on_event, void *ctx);

#endif
