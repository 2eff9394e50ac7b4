/* SPDX-License-Identifier: Apache-2.0 */
/* loop: epoll over embedded sources; a timerfd on the boot clock keeps deadlines across suspend. */
#include "loop.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum err loop_init(struct loop *loop)
{
	struct epoll_event event = { .events = EPOLLIN };

	*loop = (struct loop){ .epoll = -1, .timer = -1, .due = NANOS_NEVER };
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return ERR_SYSTEM;
	loop->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->timer, &event) < 0) {
		loop_clear(loop);
		return ERR_SYSTEM;
	}
	return ERR_OK;
}

void loop_clear(struct loop *loop)
{
	if (loop->timer >= 0)
		close(loop->timer);
	if (loop->epoll >= 0)
		close(loop->epoll);
	loop->timer = -1;
	loop->epoll = -1;
}

enum err loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0 ? ERR_SYSTEM : ERR_OK;
}

void loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	(void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event);
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	for (int i = 0; i < loop->count; i++)
		if (loop->batch[i].data.ptr == source)
			loop->batch[i].data.ptr = NULL;
}

static void timer_arm(struct loop *loop, nanos deadline)
{
	struct itimerspec spec = { 0 };

	if (deadline == loop->due)
		return;
	if (deadline != NANOS_NEVER) {
		spec.it_value.tv_sec = (time_t)(deadline / NANOS_SECOND);
		spec.it_value.tv_nsec = (long)(deadline % NANOS_SECOND);
	}
	if (timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &spec, NULL) == 0)
		loop->due = deadline;
}

enum err loop_wait(struct loop *loop, nanos deadline, nanos now)
{
	int count;

	if (deadline > now)
		timer_arm(loop, deadline);
	count = epoll_wait(loop->epoll, loop->batch, LOOP_BATCH, deadline > now ? -1 : 0);
	if (count < 0)
		return errno == EINTR ? ERR_OK : ERR_SYSTEM;
	loop->count = count;
	return ERR_OK;
}

void loop_serve(struct loop *loop)
{
	for (int i = 0; i < loop->count; i++) {
		struct loop_source *source = loop->batch[i].data.ptr;
		uint64_t expired;

		if (source) {
			source->ready(source->ctx, source->fd, loop->batch[i].events);
		} else if (loop->due != NANOS_NEVER &&
			   read(loop->timer, &expired, sizeof(expired)) > 0) {
			loop->due = NANOS_NEVER;
		}
	}
	loop->count = 0;
}
