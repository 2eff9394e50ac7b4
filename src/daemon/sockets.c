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
#include "reader.h"

#define MARKER_LEN 4 /* RFC 3948 2.2 */
#define BUFFER_BYTES (4 * 1024 * 1024)

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* scope: of a link-local address, whose interface it is; 0 otherwise. */
static socklen_t to_sockaddr(union address *ret, const struct endpoint *e, uint32_t scope)
{
	memset(ret, 0, sizeof(*ret));
	if (e->ip.family == IP_V6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(e->port);
		memcpy(&ret->v6.sin6_addr, e->ip.bytes, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&ret->v6.sin6_addr))
			ret->v6.sin6_scope_id = scope;
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

static bool set_df(int fd, bool v6, bool df)
{
	if (v6)
		return set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			   df ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT);
	return set(fd, IPPROTO_IP, IP_MTU_DISCOVER, df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
}

static const char *prepare(int fd, bool v6, bool raw, uint16_t port)
{
	struct endpoint any = { .ip = { .family = v6 ? IP_V6 : IP_V4 }, .port = port };
	union address address;
	socklen_t len = to_sockaddr(&address, &any, 0);

	if (v6 && !raw && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
		return "IPV6_V6ONLY";
	if (v6 ? !set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : !set(fd, IPPROTO_IP, IP_PKTINFO, 1))
		return "packet information";
	if (v6 ? !set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) : !set(fd, IPPROTO_IP, IP_RECVTOS, 1))
		return "traffic class";
	if (!set_df(fd, v6, false))
		return "path MTU discovery";
	/* Without the mark a tunnel for 0.0.0.0/0 would swallow its own packets. */
	if (!set(fd, SOL_SOCKET, SO_MARK, DATAPLANE_MARK))
		return "SO_MARK (needs CAP_NET_ADMIN)";
	tune(fd);
	/* RFC8201 4: for a raw socket of IPv6 the kernel heeds no Packet Too Big otherwise */
	if (raw && v6 && !set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1))
		return "ICMPv6 errors";
	if (raw) /* one for all addresses */
		return NULL;
	(void)set(fd, IPPROTO_UDP, UDP_GRO, 1);
	if (bind(fd, &address.any, len) < 0)
		return errno == EADDRINUSE ? "bind (does another IKE daemon run here?)" : "bind";
	return NULL;
}

static void on_ready(void *ctx, int fd, uint32_t events);

/* kind: family and what it is for; the rest is filled in. */
static enum err open_one(struct sockets *s, struct one_socket *u, const struct one_socket *kind,
			 char *ret_why)
{
	bool v6 = kind->family == IP_V6;
	int fd = socket(v6 ? AF_INET6 : AF_INET,
			(kind->raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK,
			kind->raw ? IPPROTO_ESP : 0);
	const char *failed = fd < 0 ? "socket" : prepare(fd, v6, kind->raw, kind->port);

	if (failed && kind->raw)
		(void)snprintf(ret_why, 160, "ESP, %s: %s: %s", v6 ? "IPv6" : "IPv4", failed,
			       strerror(errno));
	else if (failed)
		(void)snprintf(ret_why, 160, "UDP port %u, %s: %s: %s", kind->port,
			       v6 ? "IPv6" : "IPv4", failed, strerror(errno));
	if (failed) {
		if (fd >= 0)
			close(fd);
		return ERR_SYSTEM;
	}
	*u = *kind;
	u->source = (struct loop_source){ .fd = fd, .ready = on_ready, .ctx = u };
	u->owner = s;
	return loop_add(s->loop, &u->source, EPOLLIN);
}

enum err sockets_open(struct sockets *s, struct loop *loop, const struct sockets_env *env,
		      uint16_t port, uint16_t port_nat_t, char *ret_why)
{
	const struct one_socket kinds[SOCKETS_MAX] = {
		{ .family = IP_V4, .port = port },
		{ .family = IP_V4, .port = port_nat_t, .marked = true },
		{ .family = IP_V4, .raw = true },
		{ .family = IP_V6, .port = port },
		{ .family = IP_V6, .port = port_nat_t, .marked = true },
		{ .family = IP_V6, .raw = true },
	};
	enum err err;

	*s = (struct sockets){ .env = *env, .loop = loop };
	s->buffer = malloc(SOCKETS_DATAGRAM);
	s->train.data = malloc(SOCKETS_TRAIN_BYTES);
	TRY_THAT(s->buffer && s->train.data, ERR_MEMORY);
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		err = open_one(s, &s->items[i], &kinds[i], ret_why);
		/* A host without IPv6 is a good host; a port in use is not. */
		TRY_THAT(err == ERR_OK || (kinds[i].family == IP_V6 && errno != EADDRINUSE), err);
	}
	err = ERR_OK;
	ret_why[0] = '\0'; /* what went wrong with IPv6 is nobody's reason */
out:
	if (err)
		sockets_close(s);
	return err;
}

static void close_one(struct sockets *s, struct one_socket *u)
{
	if (u->family == IP_NONE)
		return;
	loop_remove(s->loop, &u->source);
	close(u->source.fd);
	u->family = IP_NONE;
}

void sockets_bare_close(struct sockets *s)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		if (s->items[i].raw)
			close_one(s, &s->items[i]);
	}
}

void sockets_close(struct sockets *s)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		close_one(s, &s->items[i]);
	free(s->buffer);
	free(s->train.data);
	s->buffer = NULL;
	s->train.data = NULL;
	s->train.count = 0;
}

/* Our side of a datagram, its TOS octet and, for a train of them, the length of each, from the
 * control messages. */
static void read_control(struct msghdr *m, struct path *path, struct outer *outer,
			 size_t *ret_segment)
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
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			outer->tos = *CMSG_DATA(c);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
			int class;

			memcpy(&class, CMSG_DATA(c), sizeof(class));
			outer->tos = (uint8_t)class;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			int segment;

			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			if (segment > 0)
				*ret_segment = (size_t)segment;
		}
	}
}

/* RFC3948 2.2, 2.3: four zero bytes and IKE, or a keepalive, or ESP, whose SPI is never zero. */
static void dispatch(struct one_socket *u, const struct path *path, const struct outer *outer,
		     uint8_t *data, size_t len)
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
		s->env.esp(s->env.ctx, path, outer, data, len);
}

/* IPv4 gives a raw socket the header too. */
static void dispatch_raw(struct one_socket *u, const struct path *path, const struct outer *outer,
			 uint8_t *data, size_t len)
{
	struct sockets *s = u->owner;
	struct reader r = reader_of(span_of(data, len));
	size_t head = u->family == IP_V4 ? (size_t)(reader_u8(&r) & 0x0f) * 4 : 0;

	if (head < len)
		s->env.esp(s->env.ctx, path, outer, &data[head], len - head);
}

static bool take_one(struct one_socket *u)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))];
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
	struct outer outer = { 0 };
	ssize_t len = recvmsg(u->source.fd, &m, 0);
	size_t segment = SOCKETS_DATAGRAM, at = 0;

	if (len < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK; /* an ICMP error is no end */
	from_sockaddr(&path.remote, &from);
	path.local.port = u->port;
	read_control(&m, &path, &outer, &segment);
	if (u->raw) {
		path.remote.port = 0; /* IPv6 says the protocol there */
		dispatch_raw(u, &path, &outer, s->buffer, (size_t)len);
		return true;
	}
	for (; at < (size_t)len; at += segment)
		dispatch(u, &path, &outer, s->buffer + at,
			 (size_t)len - at < segment ? (size_t)len - at : segment);
	return true;
}

void sockets_errors_drop(int fd)
{
	struct msghdr m = { 0 };

	for (int i = 0; i < SOCKETS_BATCH && recvmsg(fd, &m, MSG_ERRQUEUE) >= 0; i++)
		m = (struct msghdr){ 0 };
}

static void on_ready(void *ctx, int fd, uint32_t events)
{
	struct one_socket *u = ctx;

	if (events & EPOLLERR)
		sockets_errors_drop(fd);
	for (int i = 0; i < SOCKETS_BATCH && take_one(u); i++)
		;
}

static struct one_socket *socket_for(struct sockets *s, const struct path *path, bool bare)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		struct one_socket *u = &s->items[i];

		if (u->family == path->remote.ip.family && u->raw == bare &&
		    (bare || u->marked == path->encap))
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

static void put_tos(struct msghdr *m, uint8_t family, uint8_t tos)
{
	int value = tos;

	if (tos && family == IP_V6)
		put_control(m, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
	else if (tos)
		put_control(m, IPPROTO_IP, IP_TOS, &value, sizeof(value));
}

/* What every datagram of one way has in common. */
struct way {
	struct one_socket *socket;
	union address to;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
					      CMSG_SPACE(sizeof(int)) +
					      CMSG_SPACE(sizeof(uint16_t))];
	struct msghdr header;
};

/* False: there is no socket for it. segment: the length of each datagram of a train; 0: there is
 * one. */
static bool way_open(struct sockets *s, struct way *w, const struct path *path,
		     const struct outer *outer, bool bare, uint16_t segment)
{
	struct endpoint to = path->remote;
	struct msghdr *m = &w->header;

	w->socket = socket_for(s, path, bare);
	if (!w->socket) {
		errno = EAFNOSUPPORT;
		return false;
	}
	if (bare)
		to.port = 0;
	/* A property of the socket, so it follows the packets; most in a row want the same. */
	if (w->socket->df != outer->df &&
	    set_df(w->socket->source.fd, w->socket->family == IP_V6, outer->df))
		w->socket->df = outer->df;
	memset(w->control, 0, sizeof(w->control));
	*m = (struct msghdr){ .msg_name = &w->to, .msg_control = w->control };
	m->msg_namelen = to_sockaddr(&w->to, &to, path->interface);
	put_local(m, path);
	put_tos(m, path->remote.ip.family, outer->tos);
	if (segment)
		put_control(m, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	if (!m->msg_controllen)
		m->msg_control = NULL;
	return true;
}

bool sockets_send_ike(struct sockets *s, const struct path *path, struct span datagram)
{
	static uint8_t marker[MARKER_LEN];
	static const struct outer plain; /* long messages may be fragmented on their way */
	bool keepalive = datagram.len == 1;
	struct iovec iov[2] = {
		{ .iov_base = marker, .iov_len = path->encap && !keepalive ? MARKER_LEN : 0 },
		{ .iov_base = (void *)(uintptr_t)datagram.data, .iov_len = datagram.len },
	};
	struct way w;

	if (way_open(s, &w, path, &plain, false, 0)) {
		w.header.msg_iov = iov;
		w.header.msg_iovlen = 2;
		if (sendmsg(w.socket->source.fd, &w.header, MSG_NOSIGNAL) >= 0)
			return true;
	}
	s->ike_not_sent++;
	return false;
}

/* ESP. What waits in the train is one way's. */

static struct path esp_path(const struct path *path)
{
	struct path p = *path;

	if (!p.encap) /* other ports make no other way */
		p.local.port = p.remote.port = 0;
	return p;
}

static bool outer_equal(const struct outer *a, const struct outer *b)
{
	return a->tos == b->tos && a->df == b->df;
}

static void not_sent(struct sockets *s)
{
	bool narrow = errno == EMSGSIZE;

	s->esp_not_sent++;
	if (narrow && s->env.narrow)
		s->env.narrow(s->env.ctx, &s->train.path);
}

/* One by one, bare ones many a call. */
static void send_each(struct sockets *s, size_t count)
{
	struct mmsghdr messages[SOCKETS_TRAIN];
	struct iovec iov[SOCKETS_TRAIN];
	struct way w;
	size_t at = 0, done = 0;

	if (!way_open(s, &w, &s->train.path, &s->train.outer, !s->train.path.encap, 0)) {
		s->esp_not_sent += count;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		iov[i] = (struct iovec){ .iov_base = s->train.data + at,
					 .iov_len = s->train.lengths[i] };
		messages[i] = (struct mmsghdr){ .msg_hdr = w.header };
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		at += s->train.lengths[i];
	}
	/* It stops before one that is refused. */
	while (done < count) {
		int sent = sendmmsg(w.socket->source.fd, &messages[done],
				    (unsigned)(count - done), MSG_NOSIGNAL);

		if (sent > 0) {
			done += (size_t)sent;
		} else {
			not_sent(s);
			done++;
		}
	}
}

static bool send_train(struct sockets *s)
{
	struct iovec iov = { .iov_base = s->train.data, .iov_len = s->train.len };
	struct way w;

	if (!way_open(s, &w, &s->train.path, &s->train.outer, false, (uint16_t)s->train.segment))
		return false;
	w.header.msg_iov = &iov;
	w.header.msg_iovlen = 1;
	return sendmsg(w.socket->source.fd, &w.header, MSG_NOSIGNAL) >= 0;
}

void sockets_flush(struct sockets *s)
{
	size_t count = s->train.count;

	if (count == 0)
		return;
	s->train.count = 0;
	if (count > 1 && s->train.path.encap && !s->train.unsupported) {
		if (send_train(s))
			return;
		/* EIO: the interface has no checksums to give; EINVAL: an old kernel, or packets
		 * longer than its MTU. */
		if (errno == EIO)
			s->train.unsupported = true;
	}
	send_each(s, count);
}

/* Whether it can join what waits. In UDP a shorter one can only be the last. */
static bool train_takes(const struct sockets *s, const struct path *path,
			const struct outer *outer, size_t len)
{
	return s->train.count < SOCKETS_TRAIN && len <= SOCKETS_TRAIN_BYTES - s->train.len &&
	       (!path->encap || len <= s->train.segment) && path_equal(&s->train.path, path) &&
	       outer_equal(&s->train.outer, outer);
}

void sockets_send_esp(struct sockets *s, const struct path *path, const struct outer *outer,
		      struct span packet)
{
	struct path way = esp_path(path);

	if (s->train.count > 0 && !train_takes(s, &way, outer, packet.len))
		sockets_flush(s);
	if (packet.len == 0 || packet.len > SOCKETS_TRAIN_BYTES) {
		s->esp_not_sent++;
		return;
	}
	if (s->train.count == 0) {
		s->train.path = way;
		s->train.outer = *outer;
		s->train.segment = packet.len;
		s->train.len = 0;
	}
	memcpy(s->train.data + s->train.len, packet.data, packet.len);
	s->train.len += packet.len;
	s->train.lengths[s->train.count++] = packet.len;
	if ((way.encap && packet.len < s->train.segment) || s->train.count == SOCKETS_TRAIN)
		sockets_flush(s);
}

/* A socket that is connected the way our own packets go, to ask it things; -1: there is no way. */
static int probe_open(const struct ip *local, const struct endpoint *remote, uint32_t interface)
{
	struct endpoint here = { .ip = *local };
	union address address;
	socklen_t len = to_sockaddr(&address, remote, interface);
	int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)set(fd, SOL_SOCKET, SO_MARK, DATAPLANE_MARK);
	if (local->family != IP_NONE) {
		union address from;
		socklen_t from_len = to_sockaddr(&from, &here, interface);

		(void)bind(fd, &from.any, from_len); /* the route is much the same without */
	}
	if (connect(fd, &address.any, len) == 0)
		return fd;
	close(fd);
	return -1;
}

size_t sockets_path_mtu(const struct path *path)
{
	bool v6 = path->remote.ip.family == IP_V6;
	struct endpoint there = { .ip = path->remote.ip, .port = 4500 };
	int fd = probe_open(&path->local.ip, &there, path->interface), mtu = 0;
	socklen_t len = sizeof(mtu);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &len) < 0)
		mtu = 0;
	close(fd);
	return mtu > 0 ? (size_t)mtu : 0;
}

bool sockets_local_address(const struct ip *remote, uint32_t interface, struct ip *ret)
{
	static const struct ip any;
	struct endpoint there = { .ip = *remote, .port = 500 }, here;
	union address address;
	socklen_t len = sizeof(address);
	int fd = probe_open(&any, &there, interface);
	bool found;

	if (fd < 0)
		return false;
	found = getsockname(fd, &address.any, &len) == 0;
	close(fd);
	if (found) {
		from_sockaddr(&here, &address);
		*ret = here.ip;
	}
	return found;
}
