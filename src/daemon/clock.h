/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the one place of the shell that reads the time.
 *
 * clock_now() is what every `now` of the engine and the dataplane is: it goes on while the machine
 * sleeps, so that lifetimes, liveness checks and keepalives are due when it wakes, and it never
 * goes back. The wall clock is for people (log lines, uptime) and decides nothing.
 */
#ifndef ADIT_DAEMON_CLOCK_H
#define ADIT_DAEMON_CLOCK_H

#include <time.h>

#include "timers.h"

static inline nanos clock_read(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);
	return (nanos)ts.tv_sec * NANOS_SECOND + (nanos)ts.tv_nsec;
}

static inline nanos clock_now(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

static inline nanos clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}

#endif
