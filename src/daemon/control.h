/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the UNIX socket of the control protocol: bytes between connections and the sans-I/O
 * server of src/control.
 */
#ifndef ADIT_DAEMON_CONTROL_H
#define ADIT_DAEMON_CONTROL_H

#include "loop.h"
#include "server.h"

struct control_connection {
	struct loop_source source; /* fd -1: free */
	struct control *owner;
	control_id id;
	uint32_t wanted;           /* EPOLLIN, EPOLLOUT as they are set */
	bool ended;                /* the client sends no more */
};

struct control {
	struct loop *loop;
	struct memory memory;
	struct control_server *server;
	struct loop_source listener;
	const char *path;
	struct control_connection connections[CONTROL_SESSIONS_MAX];
};

/*
 * Listens on a UNIX socket of mode 0770. A socket left behind by a daemon that died is replaced,
 * one that somebody answers on is not. ERR_EXISTS: another daemon answers; ERR_SYSTEM with errno
 * set.
 */
MUST_USE enum err control_open(struct control *c, struct loop *loop, const char *path,
			       const struct control_params *params);
void control_close(struct control *c);
/* Sends what waits and looks whom to read from; once a turn, and after commands were answered. */
void control_work(struct control *c);
/* Whether commands wait for the next turn, which is then not to sleep. */
bool control_due(const struct control *c);

#endif
