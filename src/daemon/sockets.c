/* SPDX-License-Identifier: Apache-2.0 */
#include "sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dataplane.h"

#define MARKER_LEN 4 /* RFC 3948 2.2 */
#define BUFFER_BYTES (4 * 1024 * 1024)

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t to_sockaddr(union address *ret, const struct endpoint *e)
{
	memset(ret, 0, sizeof(*ret));
	if (e->ip.family == IP_V6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(e->port);
		memcpy(&ret->v6.sin6_addr, e->ip.bytes, 16);
		return sizeof(ret->v6);
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons(e->port);
	memcpy(&ret->v4.sin_addr, e->ip.bytes, 4);
	return sizeof(ret->v4);
}

static void from_sockaddr(struct endpoint *ret, const union address *a)
{
	*ret = (struct endpoint){ 0 };
	if (a->any.sa_family == AF_INET6) {
		ret->ip.family = IP_V6;
		memcpy(ret->ip.bytes, &a->v6.sin6_addr, 16);
		ret->port = ntohs(a->v6.sin6_port);
	} else {
		ret->ip.family = IP_V4;
		memcpy(ret->ip.bytes, &a->v4.sin_addr, 4);
		ret->port = ntohs(a->v4.sin_port);
	}
}

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* What makes the difference under load and is no error when it is refused. */
static void tune(int fd)
{
	if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES))
		(void)set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
	if (!set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES))
		(void)set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
}

static const char *prepare(int fd, bool v6, uint16_t port)
{
	struct endpoint any = { .ip = { .family = v6 ? IP_V6 : IP_V4 }, .port = port };
	union address address;
	socklen_t len = to_sockaddr(&address, &any);

	if (v6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
		return "IPV6_V6ONLY";
	if (v6 ? !set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : !set(fd, IPPROTO_IP, IP_PKTINFO, 1))
		return "packet information";
	/* Without the mark a tunnel for 0.0.0.0/0 would swallow its own packets. */
	if (!set(fd, SOL_SOCKET, SO_MARK, DATAPLANE_MARK))
		return "SO_MARK (needs CAP_NET_ADMIN)";
	tune(fd);
	(void)set(fd, IPPROTO_UDP, UDP_GRO, 1);
	if (bind(fd, &address.any, len) < 0)
		return errno == EADDRINUSE ? "bind (does another IKE daemon run here?)" : "bind";
	return NULL;
}

static void on_ready(void *ctx, int fd, uint32_t events);

static enum err open_one(struct sockets *s, struct udp_socket *u, uint8_t family, uint16_t port,
			 bool marked, char *ret_why)
{
	bool v6 = family == IP_V6;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const char *failed = fd < 0 ? "socket" : prepare(fd, v6, port);

	if (failed) {
		(void)snprintf(ret_why, 160, "UDP port %u, %s: %s: %s", port, v6 ? "IPv6" : "IPv4",
			       failed, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_SYSTEM;
	}
	*u = (struct udp_socket){
		.source = { .fd = fd, .ready = on_ready, .ctx = u },
		.owner = s,
		.family = family,
		.port = port,
		.marked = marked,
	};
	return loop_add(s->loop, &u->source, EPOLLIN);
}

enum err sockets_open(struct sockets *s, struct loop *loop, const struct sockets_env *env,
		      uint16_t port, uint16_t port_nat_t, char *ret_why)
{
	enum err err;

	*s = (struct sockets){ .env = *env, .loop = loop };
	s->buffer = malloc(SOCKETS_DATAGRAM);
	s->train.data = malloc(SOCKETS_TRAIN_BYTES);
	TRY_THAT(s->buffer && s->train.data, ERR_MEMORY);
	TRY(open_one(s, &s->items[0], IP_V4, port, false, ret_why));
	TRY(open_one(s, &s->items[1], IP_V4, port_nat_t, true, ret_why));
	/* A host without IPv6 is a good host; a port in use is not. */
	if (open_one(s, &s->items[2], IP_V6, port, false, ret_why))
		TRY_THAT(errno != EADDRINUSE, ERR_SYSTEM);
	if (open_one(s, &s->items[3], IP_V6, port_nat_t, true, ret_why))
		TRY_THAT(errno != EADDRINUSE, ERR_SYSTEM);
	ret_why[0] = '\0'; /* what went wrong with IPv6 is nobody's reason */
out:
	if (err)
		sockets_close(s);
	return err;
}

void sockets_close(struct sockets *s)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		struct udp_socket *u = &s->items[i];

		if (u->family == IP_NONE)
			continue;
		loop_remove(s->loop, &u->source);
		close(u->source.fd);
		u->family = IP_NONE;
	}
	free(s->buffer);
	free(s->train.data);
	s->buffer = NULL;
	s->train.data = NULL;
	s->train.count = 0;
}

/* Our side of a datagram and, for a train of them, the length of each, from the control messages.
 */
static void read_control(struct msghdr *m, struct path *path, size_t *ret_segment)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			path->local.ip = (struct ip){ .family = IP_V4 };
			memcpy(path->local.ip.bytes, &info.ipi_spec_dst, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			path->local.ip = (struct ip){ .family = IP_V6 };
			memcpy(path->local.ip.bytes, &info.ipi6_addr, 16);
			path->interface = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex
										 : 0;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			int segment;

			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			if (segment > 0)
				*ret_segment = (size_t)segment;
		}
	}
}

/* RFC3948 2.2, 2.3: four zero bytes and IKE, or a keepalive, or ESP, whose SPI is never zero. */
static void dispatch(struct udp_socket *u, const struct path *path, uint8_t *data, size_t len)
{
	static const uint8_t marker[MARKER_LEN];
	struct sockets *s = u->owner;

	if (!u->marked) {
		s->env.ike(s->env.ctx, path, span_of(data, len));
		return;
	}
	if (len == 1 && data[0] == 0xff)
		return;
	if (len < MARKER_LEN)
		return;
	if (memcmp(data, marker, MARKER_LEN) == 0)
		s->env.ike(s->env.ctx, path, span_of(data + MARKER_LEN, len - MARKER_LEN));
	else
		s->env.esp(s->env.ctx, path, data, len);
}

static bool take_one(struct udp_socket *u)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
	struct sockets *s = u->owner;
	union address from = { 0 };
	struct iovec iov = { .iov_base = s->buffer, .iov_len = SOCKETS_DATAGRAM };
	struct msghdr m = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct path path = { .encap = u->marked };
	ssize_t len = recvmsg(u->source.fd, &m, 0);
	size_t segment = SOCKETS_DATAGRAM, at = 0;

	if (len < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK; /* an ICMP error is no end */
	from_sockaddr(&path.remote, &from);
	path.local.port = u->port;
	read_control(&m, &path, &segment);
	for (; at < (size_t)len; at += segment)
		dispatch(u, &path, s->buffer + at,
			 (size_t)len - at < segment ? (size_t)len - at : segment);
	return true;
}

static void on_ready(void *ctx, int fd, uint32_t events)
{
	struct udp_socket *u = ctx;

	(void)fd;
	(void)events;
	for (int i = 0; i < SOCKETS_BATCH && take_one(u); i++)
		;
}

static const struct udp_socket *socket_for(const struct sockets *s, const struct path *path)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		const struct udp_socket *u = &s->items[i];

		if (u->family == path->remote.ip.family && u->marked == path->encap)
			return u;
	}
	return NULL;
}

static void put_control(struct msghdr *m, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)m->msg_control + m->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	m->msg_controllen += CMSG_SPACE(len);
}

/* The source address the path names, so that answers come from where the question went. */
static void put_local(struct msghdr *m, const struct path *path)
{
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { .ipi6_ifindex = path->interface };

	if (path->local.ip.family == IP_V4) {
		memcpy(&v4.ipi_spec_dst, path->local.ip.bytes, 4);
		put_control(m, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
	} else if (path->local.ip.family == IP_V6) {
		memcpy(&v6.ipi6_addr, path->local.ip.bytes, 16);
		put_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
	}
}

/* segment: the length of each datagram of a train; 0: it is a single one. */
static bool send_parts(struct sockets *s, const struct path *path, struct iovec *iov, size_t count,
		       uint16_t segment)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
					      CMSG_SPACE(sizeof(segment))] = { 0 };
	const struct udp_socket *u = socket_for(s, path);
	union address to;
	struct msghdr m = {
		.msg_name = &to, .msg_iov = iov, .msg_iovlen = count, .msg_control = control
	};

	if (!u)
		return false;
	m.msg_namelen = to_sockaddr(&to, &path->remote);
	put_local(&m, path);
	if (segment)
		put_control(&m, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	if (!m.msg_controllen)
		m.msg_control = NULL;
	return sendmsg(u->source.fd, &m, MSG_NOSIGNAL) >= 0;
}

bool sockets_send_ike(struct sockets *s, const struct path *path, struct span datagram)
{
	static uint8_t marker[MARKER_LEN];
	bool keepalive = datagram.len == 1;
	struct iovec iov[2] = {
		{ .iov_base = marker, .iov_len = path->encap && !keepalive ? MARKER_LEN : 0 },
		{ .iov_base = (void *)(uintptr_t)datagram.data, .iov_len = datagram.len },
	};

	if (send_parts(s, path, iov, 2, 0))
		return true;
	s->ike_not_sent++;
	return false;
}

static void send_packet(struct sockets *s, const struct path *path, struct span packet)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)packet.data, .iov_len = packet.len };

	if (!send_parts(s, path, &iov, 1, 0))
		s->esp_not_sent++;
}

void sockets_flush(struct sockets *s)
{
	struct span waiting = span_of(s->train.data, s->train.len);
	struct iovec iov = { .iov_base = s->train.data, .iov_len = s->train.len };
	size_t segment = s->train.segment;

	if (s->train.count == 0)
		return;
	s->train.count = 0;
	if (waiting.len > segment && send_parts(s, &s->train.path, &iov, 1, (uint16_t)segment))
		return;
	/* EIO: the interface has no checksums to give; EINVAL: an old kernel, or packets longer
	 * than its MTU. */
	if (waiting.len > segment && errno == EIO)
		s->train.unsupported = true;
	for (; waiting.len > 0; waiting = span_tail(waiting, segment))
		send_packet(s, &s->train.path, span_head(waiting, segment));
}

void sockets_send_esp(struct sockets *s, const struct path *path, struct span packet)
{
	struct path encapsulated = *path;

	encapsulated.encap = true;
	if (s->train.count > 0 &&
	    (s->train.len + packet.len > SOCKETS_TRAIN_BYTES || packet.len > s->train.segment ||
	     !path_equal(&s->train.path, &encapsulated)))
		sockets_flush(s);
	if (s->train.unsupported || packet.len == 0 || packet.len > SOCKETS_TRAIN_BYTES) {
		sockets_flush(s);
		send_packet(s, &encapsulated, packet);
		return;
	}
	if (s->train.count == 0) {
		s->train.path = encapsulated;
		s->train.segment = packet.len;
		s->train.len = 0;
	}
	memcpy(s->train.data + s->train.len, packet.data, packet.len);
	s->train.len += packet.len;
	s->train.count++;
	/* A shorter one can only be the last. */
	if (packet.len < s->train.segment || s->train.count == SOCKETS_TRAIN)
		sockets_flush(s);
}

bool sockets_local_address(const struct ip *remote, struct ip *ret)
{
	struct endpoint there = { .ip = *remote, .port = 500 }, here;
	union address address;
	socklen_t len = to_sockaddr(&address, &there);
	int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	if (fd < 0)
		return false;
	/* Asked as our own packets are routed. */
	(void)set(fd, SOL_SOCKET, SO_MARK, DATAPLANE_MARK);
	found = connect(fd, &address.any, len) == 0;
	len = sizeof(address);
	found = found && getsockname(fd, &address.any, &len) == 0;
	close(fd);
	if (found) {
		from_sockaddr(&here, &address);
		*ret = here.ip;
	}
	return found;
}
