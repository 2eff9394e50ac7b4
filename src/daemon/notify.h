/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: telling the service manager how we are (sd_notify(3)'s datagram protocol).
 *
 * Without NOTIFY_SOCKET in the environment everything here does nothing. Nothing waits: a manager
 * that does not read loses the message.
 */
#ifndef ADIT_DAEMON_NOTIFY_H
#define ADIT_DAEMON_NOTIFY_H

#include "timers.h"

struct notify_socket {
	int fd;              /* -1: nobody to tell */
	nanos watchdog;      /* how often to say that we live; 0: not wanted */
	nanos watchdog_next;
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. */
void notify_open(struct notify_socket *n, nanos now);
void notify_close(struct notify_socket *n);
/* "READY=1", "STOPPING=1", …: newline-separated assignments. */
void notify_send(const struct notify_socket *n, const char *state);
/* RELOADING=1 with the time that goes with it. */
void notify_reloading(const struct notify_socket *n);
/* Says WATCHDOG=1 when it is due; gives when it is due next, NANOS_NEVER: not wanted. */
nanos notify_watchdog(struct notify_socket *n, nanos now);

#endif
