/* SPDX-License-Identifier: Apache-2.0 */
#include "ah_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bounds.h"
#include "dataplane.h"
#include "ip_header.h"
#include "narrow.h"
#include "sockets.h"
#include "writer.h"

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36 /* linux/in6.h, which netinet/in.h does not go with */
#endif

static bool set(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

static int raw_open(bool v6)
{
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IP_PROTO_AH);
	int mark = DATAPLANE_MARK;
	bool good;

	if (fd < 0)
		return -1;
	good = setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0;
	if (v6)
		good = good && set(fd, IPPROTO_IPV6, IPV6_HDRINCL) &&
		       set(fd, IPPROTO_IPV6, IPV6_RECVERR) && /* as in sockets.c */
		       set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) &&
		       set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS);
	else
		good = good && set(fd, IPPROTO_IP, IP_HDRINCL);
	if (good)
		return fd;
	(void)close(fd);
	return -1;
}

static bool take_v4(struct ah_sockets *s)
{
	ssize_t len = recv(s->v4.fd, s->buffer, PACKET_MAX, 0);

	if (len < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	s->packet(s->ctx, s->buffer, (size_t)len);
	return true;
}

/* Our address and the traffic class, which the kernel tells beside the payload. */
static void control_read(struct msghdr *m, struct ip *ret_local, struct outer *ret_outer)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct in6_pktinfo info;
		int class;

		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret_local->family = IP_V6;
			memcpy(ret_local->bytes, &info.ipi6_addr, sizeof(info.ipi6_addr));
		} else if (c->cmsg_type == IPV6_TCLASS) {
			memcpy(&class, CMSG_DATA(c), sizeof(class));
			ret_outer->tos = (uint8_t)class;
		}
	}
}

static bool take_v6(struct ah_sockets *s)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
	struct sockaddr_in6 from = { 0 };
	struct iovec iov = { .iov_base = s->buffer + IPV6_HEADER, .iov_len = PACKET_MAX };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
			    .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct ip remote = { .family = IP_V6 }, local = { 0 };
	struct outer outer = { 0 };
	ssize_t len = recvmsg(s->v6.fd, &m, 0);

	if (len < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	control_read(&m, &local, &outer);
	memcpy(remote.bytes, &from.sin6_addr, sizeof(from.sin6_addr));
	if (local.family != IP_V6 || len > PACKET_MAX)
		return true;
	ip_header_build(s->buffer, &remote, &local, IP_PROTO_AH, outer,
			IPV6_HEADER + (size_t)len);
	s->packet(s->ctx, s->buffer, IPV6_HEADER + (size_t)len);
	return true;
}

static void v4_ready(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	for (unsigned i = 0; i < AH_SOCKETS_BATCH && take_v4(ctx); i++)
		;
}

static void v6_ready(void *ctx, int fd, uint32_t events)
{
	if (events & EPOLLERR)
		sockets_errors_drop(fd);
	for (unsigned i = 0; i < AH_SOCKETS_BATCH && take_v6(ctx); i++)
		;
}

enum err ah_sockets_open(struct ah_sockets *s, struct loop *loop, void *ctx,
			 void (*packet)(void *ctx, uint8_t *data, size_t len))
{
	enum err err;

	*s = (struct ah_sockets){ .loop = loop, .ctx = ctx, .packet = packet,
				  .v4 = { .fd = -1, .ready = v4_ready, .ctx = s },
				  .v6 = { .fd = -1, .ready = v6_ready, .ctx = s } };
	s->buffer = malloc(IPV6_HEADER + PACKET_MAX);
	TRY_THAT(s->buffer, ERR_MEMORY);
	s->v4.fd = raw_open(false);
	TRY_THAT(s->v4.fd >= 0, ERR_SYSTEM);
	TRY(loop_add(loop, &s->v4, EPOLLIN));
	s->v6.fd = raw_open(true);
	if (s->v6.fd >= 0)
		TRY(loop_add(loop, &s->v6, EPOLLIN));
out:
	if (err != ERR_OK) {
		int why = errno;

		ah_sockets_close(s);
		errno = why;
	}
	return err;
}

static void close_one(struct ah_sockets *s, struct loop_source *source)
{
	if (source->fd < 0)
		return;
	loop_remove(s->loop, source);
	(void)close(source->fd);
	source->fd = -1;
}

void ah_sockets_close(struct ah_sockets *s)
{
	if (!s->loop)
		return;
	close_one(s, &s->v4);
	close_one(s, &s->v6);
	free(s->buffer);
	s->buffer = NULL;
	s->loop = NULL;
}

static bool send_one(const struct ah_sockets *s, const struct path *path, struct span packet)
{
	const struct ip *ip = &path->remote.ip;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_scope_id = path->interface };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	ssize_t sent;

	memcpy(&v4.sin_addr, ip->bytes, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, ip->bytes, sizeof(v6.sin6_addr));
	if (ip->family == IP_V4)
		sent = sendto(s->v4.fd, packet.data, packet.len, MSG_NOSIGNAL, (struct sockaddr *)&v4,
			      sizeof(v4));
	else
		sent = sendto(s->v6.fd, packet.data, packet.len, MSG_NOSIGNAL, (struct sockaddr *)&v6,
			      sizeof(v6));
	return sent == (ssize_t)packet.len;
}

/* What comes with a header of its own the kernel does not fragment for a link that is too narrow. */
static bool send_cut(const struct ah_sockets *s, const struct path *path, struct span packet)
{
	static uint8_t fragment[PACKET_MAX];
	size_t mtu = sockets_path_mtu(path), len;
	struct narrow_cut cut;

	if (mtu == 0 || mtu > sizeof(fragment) ||
	    narrow_cut_begin(&cut, packet, mtu) != ERR_OK) /* with DF among others */
		return false;
	while ((len = narrow_cut_next(&cut, fragment)) > 0) {
		if (!send_one(s, path, span_of(fragment, len)))
			return false;
	}
	return true;
}

void ah_sockets_send(struct ah_sockets *s, const struct path *path, struct span packet)
{
	if (send_one(s, path, packet))
		return;
	if (errno != EMSGSIZE || !send_cut(s, path, packet))
		s->not_sent++;
}
