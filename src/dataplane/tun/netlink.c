/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#define REQUEST_MAX 1024
#define ANSWER_MAX 32768
#define ANSWER_SECONDS 10 /* the kernel answers at once; never wait for ever */
#define DUMPS_MAX 8       /* of one list that changes while it is read */
#define FLUSH_ROUNDS_MAX 1024 /* each removes up to FLUSH_BATCH; a table never holds more */
#define FLUSH_BATCH 256
#define WATCH_BATCH 64 /* datagrams a call; what is left makes the descriptor ready again */

enum err netlink_open(struct netlink *n)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	struct netlink made = { .seq = n->seq };
	int fd;

	made.socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!made.socket || mnl_socket_bind(made.socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		n->why = errno;
		if (made.socket)
			(void)mnl_socket_close(made.socket);
		return ERR_SYSTEM;
	}
	fd = mnl_socket_get_fd(made.socket);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	made.port = mnl_socket_get_portid(made.socket);
	*n = made;
	return ERR_OK;
}

void netlink_close(struct netlink *n)
{
	if (n->socket)
		(void)mnl_socket_close(n->socket);
	n->socket = NULL;
}

static struct nlmsghdr *request(struct netlink *n, void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++n->seq;
	return h;
}

/* One answer, as it comes in. */
struct answer {
	uint32_t seq, port;
	mnl_cb_t take; /* may be NULL */
	void *ctx;
	bool ended, interrupted;
	int error;
};

/* One datagram of it. What answers another request, one that failed half-way, is passed over. */
static void answer_read(struct answer *a, const void *bytes, int len)
{
	const struct nlmsghdr *h = bytes;

	for (; !a->ended && mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

		if (h->nlmsg_seq != a->seq || h->nlmsg_pid != a->port)
			continue;
		a->interrupted = a->interrupted || h->nlmsg_flags & NLM_F_DUMP_INTR;
		if (h->nlmsg_type == NLMSG_ERROR) {
			a->ended = true;
			if (mnl_nlmsg_get_payload_len(h) < sizeof(*e))
				a->error = EBADMSG;
			else
				a->error = e->error < 0 ? -e->error : e->error;
		} else if (h->nlmsg_type == NLMSG_DONE) {
			a->ended = true;
		} else if (h->nlmsg_type >= NLMSG_MIN_TYPE && a->take) {
			(void)a->take(h, a->ctx);
		}
	}
}

/* False: the socket is no good, with errno. */
static bool answer_receive(struct netlink *n, struct answer *a)
{
	static _Thread_local char bytes[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));

	while (!a->ended) {
		ssize_t len = mnl_socket_recvfrom(n->socket, bytes, sizeof(bytes));

		if (len > 0)
			answer_read(a, bytes, (int)len);
		else if (len == 0 || errno != EINTR)
			return false;
	}
	return true;
}

static enum err reopen(struct netlink *n)
{
	struct netlink fresh = { .seq = n->seq };
	enum err err = netlink_open(&fresh);

	if (err == ERR_OK) {
		netlink_close(n);
		*n = fresh;
	}
	return err;
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
	case ENODEV:
		return ERR_NOT_FOUND;
	default:
		return ERR_SYSTEM;
	}
}

/*
 * Sends, and gives each message of the answer to take (which may be NULL). A dump that the kernel
 * says was overtaken by changes is asked for again, and what it brought is given again.
 */
static enum err exchange(struct netlink *n, struct nlmsghdr *h, mnl_cb_t take, void *ctx)
{
	struct answer a = { 0 };

	for (unsigned i = 0; i < DUMPS_MAX; i++) {
		if (i > 0)
			h->nlmsg_seq = ++n->seq;
		a = (struct answer){
			.seq = h->nlmsg_seq, .port = n->port, .take = take, .ctx = ctx
		};
		if (mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0 || !answer_receive(n, &a)) {
			int error = errno;

			(void)(reopen(n) == ERR_OK);
			n->why = error;
			return ERR_SYSTEM;
		}
		if (!a.interrupted || a.error)
			break;
	}
	if (a.error)
		n->why = a.error;
	return err_of(a.error);
}

enum err netlink_link_up(struct netlink *n, uint32_t interface, uint32_t mtu)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
	struct nlmsghdr *h = request(n, buffer, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(h, sizeof(*link));
	struct nlattr *spec, *inet6;
	enum err err;

	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)interface;
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(h, inet6);
	mnl_attr_nest_end(h, spec);
	/* A host without IPv6 refuses this, and has nothing that it would prevent. */
	(void)(exchange(n, h, NULL, NULL) == ERR_OK);

	h = request(n, buffer, RTM_NEWLINK, NLM_F_ACK);
	link = mnl_nlmsg_put_extra_header(h, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)interface;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	err = exchange(n, h, NULL, NULL);
	return err;
}

static uint8_t address_family(uint8_t family)
{
	return family == IP_V6 ? AF_INET6 : AF_INET;
}

/* Routes */

static void put_ip(struct nlmsghdr *h, uint16_t type, const struct ip *ip)
{
	mnl_attr_put(h, type, ip_len(ip), ip->bytes);
}

static enum err route_request(struct netlink *n, const struct route *route, uint16_t type,
			      uint16_t flags)
{
	static const uint8_t types[] = { [ROUTE_DEVICE] = RTN_UNICAST,
					 [ROUTE_UNREACHABLE] = RTN_UNREACHABLE,
					 [ROUTE_PROHIBIT] = RTN_PROHIBIT };
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
	struct nlmsghdr *h = request(n, buffer, type, NLM_F_ACK | flags);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = address_family(route->to.ip.family);
	m->rtm_dst_len = route->to.bits;
	m->rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC;
	m->rtm_protocol = NETLINK_PROTOCOL;
	m->rtm_scope = route->kind == ROUTE_DEVICE ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	m->rtm_type = types[route->kind];
	mnl_attr_put_u32(h, RTA_TABLE, route->table);
	if (route->to.bits)
		put_ip(h, RTA_DST, &route->to.ip);
	if (route->metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, route->metric);
	if (route->kind == ROUTE_DEVICE)
		mnl_attr_put_u32(h, RTA_OIF, route->interface);
	if (route->kind == ROUTE_DEVICE && route->preferred.family != IP_NONE)
		put_ip(h, RTA_PREFSRC, &route->preferred);
	return exchange(n, h, NULL, NULL);
}

enum err netlink_route_set(struct netlink *n, const struct route *route)
{
	return route_request(n, route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
}

enum err netlink_route_delete(struct netlink *n, const struct route *route)
{
	return route_request(n, route, RTM_DELROUTE, 0);
}

/* Rules */

static void put_prefix(struct nlmsghdr *h, uint16_t type, const struct prefix *prefix)
{
	if (prefix->bits)
		put_ip(h, type, &prefix->ip);
}

static enum err rule_request(struct netlink *n, const struct rule *rule, uint16_t type,
			     uint16_t flags)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
	struct nlmsghdr *h = request(n, buffer, type, NLM_F_ACK | flags);
	struct fib_rule_hdr *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->family = address_family(rule->family);
	m->action = rule->action == RULE_GOTO ? FR_ACT_GOTO : FR_ACT_TO_TBL;
	m->src_len = rule->from.bits;
	m->dst_len = rule->to.bits;
	mnl_attr_put_u32(h, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u8(h, FRA_PROTOCOL, NETLINK_PROTOCOL);
	put_prefix(h, FRA_SRC, &rule->from);
	put_prefix(h, FRA_DST, &rule->to);
	if (rule->mark) {
		mnl_attr_put_u32(h, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(h, FRA_FWMASK, UINT32_MAX);
	}
	if (rule->action == RULE_GOTO)
		mnl_attr_put_u32(h, FRA_GOTO, rule->target);
	else
		mnl_attr_put_u32(h, FRA_TABLE, rule->target);
	if (rule->action == RULE_LOOKUP_NO_DEFAULT)
		mnl_attr_put_u32(h, FRA_SUPPRESS_PREFIXLEN, 0);
	if (rule->protocol)
		mnl_attr_put_u8(h, FRA_IP_PROTO, rule->protocol);
	return exchange(n, h, NULL, NULL);
}

enum err netlink_rule_add(struct netlink *n, const struct rule *rule)
{
	enum err err = rule_request(n, rule, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);

	return err == ERR_EXISTS ? ERR_OK : err;
}

enum err netlink_rule_delete(struct netlink *n, const struct rule *rule)
{
	return rule_request(n, rule, RTM_DELRULE, 0);
}

/* What the kernel has: rules and routes, as far as we ask about them */

static struct seen_rule rule_read(const struct nlmsghdr *h)
{
	const struct fib_rule_hdr *m = mnl_nlmsg_get_payload(h);
	struct seen_rule seen = { .rule.target = m->table,
				  .rule.family = m->family == AF_INET6 ? IP_V6 : IP_V4 };
	struct rule *rule = &seen.rule;
	const struct nlattr *attr;

	rule->action = m->action == FR_ACT_GOTO ? RULE_GOTO : RULE_LOOKUP;
	mnl_attr_for_each(attr, h, sizeof(*m)) {
		struct span bytes = span_of(mnl_attr_get_payload(attr),
					    mnl_attr_get_payload_len(attr));

		switch (mnl_attr_get_type(attr)) {
		case FRA_PRIORITY:
			rule->priority = mnl_attr_get_u32(attr);
			break;
		case FRA_PROTOCOL:
			seen.ours = mnl_attr_get_u8(attr) == NETLINK_PROTOCOL;
			break;
		case FRA_TABLE:
			if (m->action == FR_ACT_TO_TBL)
				rule->target = mnl_attr_get_u32(attr);
			break;
		case FRA_GOTO:
			rule->target = mnl_attr_get_u32(attr);
			break;
		case FRA_FWMARK:
			rule->mark = mnl_attr_get_u32(attr);
			break;
		case FRA_IP_PROTO:
			rule->protocol = mnl_attr_get_u8(attr);
			break;
		case FRA_SUPPRESS_PREFIXLEN:
			if (mnl_attr_get_u32(attr) == 0)
				rule->action = RULE_LOOKUP_NO_DEFAULT;
			break;
		case FRA_SRC:
			if (ip_from_bytes(&rule->from.ip, bytes) == ERR_OK)
				rule->from.bits = m->src_len;
			break;
		case FRA_DST:
			if (ip_from_bytes(&rule->to.ip, bytes) == ERR_OK)
				rule->to.bits = m->dst_len;
			break;
		default:
			break;
		}
	}
	return seen;
}

struct seeing {
	void (*rule)(void *ctx, const struct seen_rule *rule);
	void (*table)(void *ctx, uint32_t table, bool ours);
	void *ctx;
};

static int see_rule(const struct nlmsghdr *h, void *ctx)
{
	const struct seeing *s = ctx;
	struct seen_rule seen;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct fib_rule_hdr))
		return MNL_CB_OK;
	seen = rule_read(h);
	s->rule(s->ctx, &seen);
	return MNL_CB_OK;
}

static uint32_t route_table(const struct nlmsghdr *h)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	uint32_t table = m->rtm_table;

	mnl_attr_for_each(attr, h, sizeof(*m)) {
		if (mnl_attr_get_type(attr) == RTA_TABLE)
			table = mnl_attr_get_u32(attr);
	}
	return table;
}

static int see_route(const struct nlmsghdr *h, void *ctx)
{
	const struct seeing *s = ctx;
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return MNL_CB_OK;
	s->table(s->ctx, route_table(h), m->rtm_protocol == NETLINK_PROTOCOL);
	return MNL_CB_OK;
}

static struct nlmsghdr *dump(struct netlink *n, void *buffer, uint16_t type, uint8_t family)
{
	struct nlmsghdr *h = request(n, buffer, type, NLM_F_DUMP);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = family;
	return h;
}

bool netlink_has_v6(struct netlink *n)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };

	return exchange(n, dump(n, buffer, RTM_GETRULE, AF_INET6), NULL, NULL) == ERR_OK;
}

enum err netlink_rules_see(struct netlink *n, void (*see)(void *ctx, const struct seen_rule *rule),
			   void *ctx)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
	struct seeing s = { .rule = see, .ctx = ctx };
	enum err err = exchange(n, dump(n, buffer, RTM_GETRULE, AF_INET), see_rule, &s);

	if (err == ERR_OK && netlink_has_v6(n))
		err = exchange(n, dump(n, buffer, RTM_GETRULE, AF_INET6), see_rule, &s);
	return err;
}

enum err netlink_tables_see(struct netlink *n, void (*see)(void *ctx, uint32_t table, bool ours),
			    void *ctx)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
	struct seeing s = { .table = see, .ctx = ctx };
	enum err err = exchange(n, dump(n, buffer, RTM_GETROUTE, AF_INET), see_route, &s);

	if (err == ERR_OK && netlink_has_v6(n))
		err = exchange(n, dump(n, buffer, RTM_GETROUTE, AF_INET6), see_route, &s);
	return err;
}

/* Flush: collects a batch of ours, deletes each as it was dumped, until a dump finds none. */

struct found {
	size_t count;
	char messages[FLUSH_BATCH][512];
};

static void keep(struct found *f, const struct nlmsghdr *h)
{
	if (f->count == FLUSH_BATCH || h->nlmsg_len > sizeof(f->messages[0]))
		return;
	memcpy(f->messages[f->count++], h, h->nlmsg_len);
}

static int take_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(*m) && m->rtm_protocol == NETLINK_PROTOCOL)
		keep(ctx, h);
	return MNL_CB_OK;
}

static int take_rule(const struct nlmsghdr *h, void *ctx)
{
	if (mnl_nlmsg_get_payload_len(h) >= sizeof(struct fib_rule_hdr) && rule_read(h).ours)
		keep(ctx, h);
	return MNL_CB_OK;
}

static enum err flush(struct netlink *n, struct found *f, uint8_t family, uint16_t get,
		      uint16_t del, mnl_cb_t take)
{
	enum err err;

	for (unsigned round = 0; round < FLUSH_ROUNDS_MAX; round++) {
		char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
		struct nlmsghdr *h;

		f->count = 0;
		TRY(exchange(n, dump(n, buffer, get, family), take, f));
		if (f->count == 0)
			return ERR_OK;
		for (size_t i = 0; i < f->count; i++) {
			h = (struct nlmsghdr *)(void *)f->messages[i];
			h->nlmsg_type = del;
			h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
			h->nlmsg_seq = ++n->seq;
			h->nlmsg_pid = 0;
			err = exchange(n, h, NULL, NULL);
			TRY_THAT(err == ERR_OK || err == ERR_NOT_FOUND, err);
		}
	}
	err = ERR_LIMIT;
out:
	return err;
}

enum err netlink_flush(struct netlink *n)
{
	static _Thread_local struct found found __attribute__((aligned(NLMSG_ALIGNTO)));
	enum err err;

	TRY(flush(n, &found, AF_INET, RTM_GETRULE, RTM_DELRULE, take_rule));
	TRY(flush(n, &found, AF_INET, RTM_GETROUTE, RTM_DELROUTE, take_route));
	if (netlink_has_v6(n)) {
		TRY(flush(n, &found, AF_INET6, RTM_GETRULE, RTM_DELRULE, take_rule));
		TRY(flush(n, &found, AF_INET6, RTM_GETROUTE, RTM_DELROUTE, take_route));
	}
	err = ERR_OK;
out:
	return err;
}

/* Addresses */

struct wanted {
	enum ip_family family;
	const struct selector *selectors;
	size_t best; /* index of the selector that found; count: none yet */
	struct ip ip;
};

/* What a socket without an address of its own may be given. */
static bool address_serves(const struct ip *ip, const struct ifaddrmsg *m)
{
	static const struct ip loopback = { .family = IP_V6, .bytes = { [15] = 1 } };

	if (ip->family == IP_V4)
		return ip->bytes[0] != 127;
	return m->ifa_scope < RT_SCOPE_LINK && !ip_equal(ip, &loopback) &&
	       !(m->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_DADFAILED));
}

static int take_address(const struct nlmsghdr *h, void *ctx)
{
	struct wanted *w = ctx;
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	struct ip ip = { 0 };
	bool local = false;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, h, sizeof(*m)) {
		uint16_t type = mnl_attr_get_type(attr);

		/* IFA_ADDRESS is the other end's where there is an IFA_LOCAL, as always with
		 * IPv4. */
		if (type != IFA_LOCAL && (type != IFA_ADDRESS || local || w->family == IP_V4))
			continue;
		local = type == IFA_LOCAL;
		if (ip_from_bytes(&ip, span_of(mnl_attr_get_payload(attr),
					       mnl_attr_get_payload_len(attr))) != ERR_OK)
			return MNL_CB_OK;
	}
	if (ip.family != w->family || !address_serves(&ip, m))
		return MNL_CB_OK;
	for (size_t i = 0; i < w->best; i++) {
		if (ip_compare(&ip, &w->selectors[i].first) >= 0 &&
		    ip_compare(&ip, &w->selectors[i].last) <= 0) {
			w->best = i;
			w->ip = ip;
		}
	}
	return MNL_CB_OK;
}

enum err netlink_address_within(struct netlink *n, enum ip_family family,
				const struct selector *selectors, size_t count, struct ip *ret)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
	struct nlmsghdr *h = request(n, buffer, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct wanted w = { .family = family, .selectors = selectors, .best = count };
	enum err err;

	m->ifa_family = address_family(family);
	TRY(exchange(n, h, take_address, &w));
	TRY_THAT(w.best < count, ERR_NOT_FOUND);
	*ret = w.ip;
out:
	return err;
}

/* The device, watched */

enum err link_watch_open(struct link_watch *ret)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (!socket || mnl_socket_bind(socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
		int error = errno;

		if (socket)
			(void)mnl_socket_close(socket);
		errno = error;
		return ERR_SYSTEM;
	}
	*ret = (struct link_watch){ .socket = socket, .fd = mnl_socket_get_fd(socket) };
	return ERR_OK;
}

void link_watch_close(struct link_watch *w)
{
	if (w->socket)
		(void)mnl_socket_close(w->socket);
	w->socket = NULL;
}

struct watching {
	uint32_t interface;
	enum link_news news;
};

static int take_link(const struct nlmsghdr *h, void *ctx)
{
	struct watching *w = ctx;
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(h) >= sizeof(*m) &&
	    (uint32_t)m->ifi_index == w->interface)
		w->news = m->ifi_flags & IFF_UP ? LINK_UP : LINK_DOWN;
	return MNL_CB_OK;
}

enum link_news link_watch_read(struct link_watch *w, uint32_t interface)
{
	static _Thread_local char bytes[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct watching watching = { .interface = interface };

	for (unsigned i = 0; i < WATCH_BATCH; i++) {
		ssize_t len = mnl_socket_recvfrom(w->socket, bytes, sizeof(bytes));

		if (len < 0 && errno == ENOBUFS)
			watching.news = LINK_UP;
		else if (len <= 0)
			break;
		else
			(void)mnl_cb_run(bytes, (size_t)len, 0, 0, take_link, &watching);
	}
	return watching.news;
}
