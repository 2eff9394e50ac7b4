/* SPDX-License-Identifier: Apache-2.0 */
/* notify: sd_notify(3)'s protocol over a datagram socket of our own. */
#include "notify.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "text.h"

static bool number_parse(const char *text, unsigned long long *ret)
{
	char *end = NULL;
	unsigned long long value;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end)
		return false;
	*ret = value;
	return true;
}

void notify_open(struct notify_socket *n, nanos now)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	unsigned long long usec, pid;
	size_t len;

	*n = (struct notify_socket){ .fd = -1 };
	if (!name || (name[0] != '/' && name[0] != '@'))
		return;
	len = strlen(name);
	if (len < 2 || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@') /* the abstract name space */
		address.sun_path[0] = '\0';
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd < 0)
		return;
	if (connect(n->fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		notify_close(n);
		return;
	}
	if (getenv("WATCHDOG_PID") &&
	    (!number_parse(getenv("WATCHDOG_PID"), &pid) || pid != (unsigned long long)getpid()))
		return;
	if (number_parse(getenv("WATCHDOG_USEC"), &usec) && usec > 0 &&
	    usec < NANOS_SECOND * 1000) {
		n->watchdog = usec * 1000 / 2; /* twice as often as we must */
		n->watchdog_next = now;
	}
}

void notify_close(struct notify_socket *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	n->watchdog = 0;
}

void notify_send(const struct notify_socket *n, const char *state)
{
	if (n->fd >= 0)
		(void)send(n->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notify_reloading(const struct notify_socket *n)
{
	char buffer[64];
	struct text t = TEXT_ARRAY(buffer);

	text_put(&t, "RELOADING=1\nMONOTONIC_USEC=");
	text_u64(&t, clock_read(CLOCK_MONOTONIC) / 1000);
	notify_send(n, buffer);
}

nanos notify_watchdog(struct notify_socket *n, nanos now)
{
	if (!n->watchdog)
		return NANOS_NEVER;
	if (now >= n->watchdog_next) {
		notify_send(n, "WATCHDOG=1");
		n->watchdog_next = nanos_after(now, n->watchdog);
	}
	return n->watchdog_next;
}
