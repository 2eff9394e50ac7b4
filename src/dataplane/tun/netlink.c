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

#define REQUEST_MAX 1024
#define ANSWER_MAX 32768
#define FLUSH_ROUNDS_MAX 1024 /* each removes up to FLUSH_BATCH; a table never holds more */
#define FLUSH_BATCH 256

enum err netlink_open(struct netlink *n)
{
	struct netlink made = { 0 };

	made.socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!made.socket || mnl_socket_bind(made.socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		n->why = errno;
		if (made.socket)
			(void)mnl_socket_close(made.socket);
		return ERR_SYSTEM;
	}
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

/* Sends, and gives each message of the answer to take (which may be NULL). */
static enum err exchange(struct netlink *n, const struct nlmsghdr *h, mnl_cb_t take, void *ctx)
{
	static _Thread_local char answer[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len;
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0) {
		n->why = errno;
		return ERR_SYSTEM;
	}
	while (more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(n->socket, answer, sizeof(answer));
		if (len < 0 && errno == EINTR)
			continue;
		more = len < 0 ? MNL_CB_ERROR
			       : mnl_cb_run(answer, (size_t)len, h->nlmsg_seq, n->port, take, ctx);
	}
	if (more == MNL_CB_STOP)
		return ERR_OK;
	n->why = errno;
	if (errno == EEXIST)
		return ERR_EXISTS;
	return errno == ESRCH || errno == ENOENT || errno == ENODEV ? ERR_NOT_FOUND : ERR_SYSTEM;
}

enum err netlink_link_up(struct netlink *n, uint32_t interface, uint32_t mtu)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
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
					 [ROUTE_THROW] = RTN_THROW };
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *h = request(n, buffer, type, NLM_F_ACK | flags);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = AF_INET;
	m->rtm_dst_len = route->to.bits;
	m->rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC;
	m->rtm_protocol = NETLINK_PROTOCOL;
	m->rtm_scope = route->kind == ROUTE_DEVICE ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	m->rtm_type = types[route->kind];
	mnl_attr_put_u32(h, RTA_TABLE, route->table);
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

static bool ports_any(const struct port_range *r)
{
	return r->first == 0 && r->last == UINT16_MAX;
}

static void put_ports(struct nlmsghdr *h, uint16_t type, const struct port_range *r)
{
	struct fib_rule_port_range range = { .start = r->first, .end = r->last };

	if (!ports_any(r))
		mnl_attr_put(h, type, sizeof(range), &range);
}

static enum err rule_request(struct netlink *n, const struct rule *rule, uint16_t type,
			     uint16_t flags)
{
	static const uint8_t actions[] = { [RULE_LOOKUP] = FR_ACT_TO_TBL, [RULE_GOTO] = FR_ACT_GOTO,
					   [RULE_NOP] = FR_ACT_NOP };
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *h = request(n, buffer, type, NLM_F_ACK | flags);
	struct fib_rule_hdr *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->family = AF_INET;
	m->action = actions[rule->action];
	m->src_len = rule->from.bits;
	mnl_attr_put_u32(h, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u8(h, FRA_PROTOCOL, NETLINK_PROTOCOL);
	if (rule->from.bits)
		put_ip(h, FRA_SRC, &rule->from.ip);
	if (rule->mark) {
		mnl_attr_put_u32(h, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(h, FRA_FWMASK, UINT32_MAX);
	}
	if (rule->action == RULE_LOOKUP)
		mnl_attr_put_u32(h, FRA_TABLE, rule->target);
	if (rule->action == RULE_GOTO)
		mnl_attr_put_u32(h, FRA_GOTO, rule->target);
	if (rule->protocol) {
		mnl_attr_put_u8(h, FRA_IP_PROTO, rule->protocol);
		put_ports(h, FRA_SPORT_RANGE, &rule->src_ports);
		put_ports(h, FRA_DPORT_RANGE, &rule->dst_ports);
	}
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

/* Flush: collects a batch of ours, deletes each as it was dumped, until a dump finds none. */

struct found {
	uint32_t table, first, last;
	size_t count;
	char messages[FLUSH_BATCH][512];
};

static void keep(struct found *f, const struct nlmsghdr *h, size_t attrs_at)
{
	if (f->count == FLUSH_BATCH || h->nlmsg_len > sizeof(f->messages[0]) ||
	    h->nlmsg_len < attrs_at)
		return;
	memcpy(f->messages[f->count++], h, h->nlmsg_len);
}

static int take_route(const struct nlmsghdr *h, void *ctx)
{
	struct found *f = ctx;
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	uint32_t table = m->rtm_table;

	mnl_attr_for_each(attr, h, sizeof(*m)) {
		if (mnl_attr_get_type(attr) == RTA_TABLE)
			table = mnl_attr_get_u32(attr);
	}
	if (m->rtm_protocol == NETLINK_PROTOCOL && table == f->table)
		keep(f, h, sizeof(*m));
	return MNL_CB_OK;
}

static int take_rule(const struct nlmsghdr *h, void *ctx)
{
	struct found *f = ctx;
	const struct nlattr *attr;
	uint32_t priority = 0, protocol = 0;

	mnl_attr_for_each(attr, h, sizeof(struct fib_rule_hdr)) {
		if (mnl_attr_get_type(attr) == FRA_PRIORITY)
			priority = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == FRA_PROTOCOL)
			protocol = mnl_attr_get_u8(attr);
	}
	if (protocol == NETLINK_PROTOCOL && priority >= f->first && priority <= f->last)
		keep(f, h, sizeof(struct fib_rule_hdr));
	return MNL_CB_OK;
}

static enum err flush(struct netlink *n, struct found *f, uint16_t get, uint16_t del, mnl_cb_t take)
{
	enum err err;

	for (unsigned round = 0; round < FLUSH_ROUNDS_MAX; round++) {
		char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
		struct nlmsghdr *h = request(n, buffer, get, NLM_F_DUMP);
		struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

		m->rtm_family = AF_INET;
		f->count = 0;
		TRY(exchange(n, h, take, f));
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

enum err netlink_flush(struct netlink *n, uint32_t table, uint32_t first, uint32_t last)
{
	static _Thread_local struct found found __attribute__((aligned(NLMSG_ALIGNTO)));
	enum err err;

	found.table = table;
	found.first = first;
	found.last = last;
	TRY(flush(n, &found, RTM_GETRULE, RTM_DELRULE, take_rule));
	TRY(flush(n, &found, RTM_GETROUTE, RTM_DELROUTE, take_route));
	err = ERR_OK;
out:
	return err;
}

/* Addresses */

struct wanted {
	const struct selector *selectors;
	size_t best; /* index of the selector that found; count: none yet */
	struct ip ip;
};

static int take_address(const struct nlmsghdr *h, void *ctx)
{
	struct wanted *w = ctx;
	const struct nlattr *attr;
	struct ip ip = { 0 };

	mnl_attr_for_each(attr, h, sizeof(struct ifaddrmsg)) {
		if (mnl_attr_get_type(attr) != IFA_LOCAL)
			continue;
		if (ip_from_bytes(&ip, span_of(mnl_attr_get_payload(attr),
					       mnl_attr_get_payload_len(attr))) != ERR_OK)
			return MNL_CB_OK;
	}
	if (ip.family != IP_V4 || ip.bytes[0] == 127)
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

bool netlink_address_within(struct netlink *n, const struct selector *selectors, size_t count,
			    struct ip *ret)
{
	char buffer[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *h = request(n, buffer, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct wanted w = { .selectors = selectors, .best = count };

	m->ifa_family = AF_INET;
	if (exchange(n, h, take_address, &w) != ERR_OK || w.best == count)
		return false;
	*ret = w.ip;
	return true;
}
