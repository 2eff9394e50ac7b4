/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "secret.h"

#define ANSWER_MAX 32768
#define ANSWER_SECONDS 10 /* the kernel answers at once, but may load a module first */
#define NEWS_BUFFER (1024 * 1024)

enum err kernel_open(struct kernel *k)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	struct kernel made = { .seq = k->seq };

	made.socket = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (!made.socket || mnl_socket_bind(made.socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		k->why = errno;
		if (made.socket)
			(void)mnl_socket_close(made.socket);
		return ERR_SYSTEM;
	}
	(void)setsockopt(mnl_socket_get_fd(made.socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	made.port = mnl_socket_get_portid(made.socket);
	*k = made;
	return ERR_OK;
}

void kernel_close(struct kernel *k)
{
	if (k->socket)
		(void)mnl_socket_close(k->socket);
	k->socket = NULL;
}

struct answer {
	uint32_t seq, port;
	mnl_cb_t take;
	void *ctx;
	bool ended;
	int error;
};

/*
 * Netlink aligns messages to four bytes, and XFRM's structures have fields of eight: the message at
 * hand moves down over the one that is done.
 */
static const struct nlmsghdr *settled(struct nlmsghdr *h)
{
	char *to = (char *)h - (uintptr_t)h % KERNEL_ALIGN;

	memmove(to, h, h->nlmsg_len);
	return (const void *)to;
}

/* What answers another request, one that failed half-way, is passed over. */
static void answer_read(struct answer *a, void *bytes, int len, bool dump)
{
	struct nlmsghdr *next = bytes;

	while (!a->ended && mnl_nlmsg_ok(next, len)) {
		struct nlmsghdr *at = next;
		const struct nlmsghdr *h;
		const struct nlmsgerr *e;

		next = mnl_nlmsg_next(at, &len);
		h = settled(at);
		e = mnl_nlmsg_get_payload(h);

		if (h->nlmsg_seq != a->seq || h->nlmsg_pid != a->port)
			continue;
		if (h->nlmsg_type == NLMSG_ERROR) {
			a->ended = true;
			if (mnl_nlmsg_get_payload_len(h) < sizeof(*e))
				a->error = EBADMSG;
			else
				a->error = e->error < 0 ? -e->error : e->error;
		} else if (h->nlmsg_type == NLMSG_DONE) {
			a->ended = true;
		} else if (h->nlmsg_type >= NLMSG_MIN_TYPE) {
			if (a->take)
				(void)a->take(h, a->ctx);
			/* A single get has no acknowledgement behind it. */
			a->ended = !dump;
		}
	}
}

static enum err err_of(int error)
{
	switch (error) {
	case 0:
		return ERR_OK;
	case EEXIST:
		return ERR_EXISTS;
	case ESRCH:
	case ENOENT:
		return ERR_NOT_FOUND;
	case EPROTONOSUPPORT:
	case ENOSYS:
	case EOPNOTSUPP:
		return ERR_UNSUPPORTED;
	default:
		return ERR_SYSTEM;
	}
}

static enum err reopen(struct kernel *k)
{
	struct kernel fresh = { .seq = k->seq };
	enum err err = kernel_open(&fresh);

	if (err == ERR_OK) {
		kernel_close(k);
		*k = fresh;
	}
	return err;
}

enum err kernel_ask(struct kernel *k, void *message, uint16_t flags, mnl_cb_t take, void *ctx)
{
	static _Thread_local char bytes[ANSWER_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	struct nlmsghdr *h = message;
	struct answer a = { .seq = ++k->seq, .port = k->port, .take = take, .ctx = ctx };
	bool dump, failed;
	ssize_t len = 0;

	h->nlmsg_flags |= flags;
	h->nlmsg_seq = a.seq;
	dump = (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	failed = mnl_socket_sendto(k->socket, h, h->nlmsg_len) < 0;
	secret_wipe(message, h->nlmsg_len);
	while (!failed && !a.ended) {
		len = mnl_socket_recvfrom(k->socket, bytes, sizeof(bytes));
		if (len > 0) {
			answer_read(&a, bytes, (int)len, dump);
			secret_wipe(bytes, (size_t)len);
		} else {
			failed = len == 0 || errno != EINTR;
		}
	}
	if (failed) {
		int error = errno;

		(void)(reopen(k) == ERR_OK);
		k->why = error;
		return ERR_SYSTEM;
	}
	k->why = a.error;
	return err_of(a.error);
}

struct mnl_socket *kernel_news_open(void)
{
	static const int groups[] = { XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE, XFRMNLGRP_MAPPING };
	struct mnl_socket *s = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int buffer = NEWS_BUFFER, error;

	if (!s)
		return NULL;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		goto failed;
	(void)setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
			goto failed;
	}
	return s;
failed:
	error = errno;
	(void)mnl_socket_close(s);
	errno = error;
	return NULL;
}
