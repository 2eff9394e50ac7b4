/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: waiting for descriptors and for one deadline (epoll, timerfd).
 *
 * Waiting and serving are two calls, so that the owner reads the clock once between them and
 * everybody served sees the time of this turn. Level-triggered: who is called takes a bounded batch
 * and is called again in the next turn when more is there, so that no descriptor starves another. A
 * source is embedded in its owner and may be removed at any time, also from within its own or
 * another's call in the same turn.
 */
#ifndef ADIT_DAEMON_LOOP_H
#define ADIT_DAEMON_LOOP_H

#include <sys/epoll.h>

#include "error.h"
#include "timers.h"

#define LOOP_BATCH 32 /* descriptors served a turn; the rest come first in the next one */

struct loop_source {
	int fd;
	void (*ready)(void *ctx, int fd, uint32_t events); /* EPOLLIN, EPOLLOUT, … */
	void *ctx;
};

struct loop {
	int epoll, timer;
	nanos due; /* what the timer is set to; NANOS_NEVER: not set */
	int count; /* of batch, until it is served; 0 otherwise */
	struct epoll_event batch[LOOP_BATCH];
};

/* ERR_SYSTEM with errno set. */
MUST_USE enum err loop_init(struct loop *loop);
void loop_clear(struct loop *loop);
/* events: EPOLLIN, EPOLLOUT or both. ERR_SYSTEM with errno set. */
MUST_USE enum err loop_add(struct loop *loop, struct loop_source *source, uint32_t events);
void loop_change(struct loop *loop, struct loop_source *source, uint32_t events);
/* Before the descriptor is closed. */
void loop_remove(struct loop *loop, struct loop_source *source);
/* Sleeps until a descriptor is ready or the deadline (clock_now()'s clock) has come. A deadline
 * that has passed only looks. ERR_SYSTEM: waiting itself failed. */
MUST_USE enum err loop_wait(struct loop *loop, nanos deadline, nanos now);
/* Calls the sources that loop_wait() found ready. */
void loop_serve(struct loop *loop);

#endif
