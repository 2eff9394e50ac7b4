/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink: the few rtnetlink requests that the tun dataplane makes: link, routes, rules, addresses.
 *
 * Each call is one request and its answer from the kernel, at once (answers to others are passed
 * over; a dump that changes overtook is repeated; a socket that failed is replaced).
 * Everything it adds carries the
 * protocol number NETLINK_PROTOCOL, by which it is found again and by which nothing of anybody else
 * is ever removed. Both IP versions. ERR_EXISTS and ERR_NOT_FOUND are told apart; other refusals are
 * ERR_SYSTEM with the kernel's errno in `why`, for the log. A call that failed spoils none after
 * it.
 */
#ifndef ADIT_DATAPLANE_TUN_NETLINK_H
#define ADIT_DATAPLANE_TUN_NETLINK_H

#include "address.h"
#include "payloads.h"

#define NETLINK_LOOPBACK 1 /* the index of lo, in every namespace */
#define NETLINK_PROTOCOL 173 /* of routes and rules: ours; unused by iproute2's rt_protos */

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	uint32_t port;
	int why; /* errno of the last refusal */
};

enum route_kind { ROUTE_DEVICE, ROUTE_UNREACHABLE, ROUTE_PROHIBIT };

struct route {
	enum route_kind kind;
	struct prefix to; /* its address names the family also when it has no bits */
	uint32_t table, metric;
	uint32_t interface;  /* of ROUTE_DEVICE */
	struct ip preferred; /* source of the host's own packets; IP_NONE: the kernel's choice */
};

/* LOOKUP_NO_DEFAULT: any route of the table but its default one. */
enum rule_action { RULE_LOOKUP, RULE_LOOKUP_NO_DEFAULT, RULE_GOTO };

/*
 * The kernel takes an attribute that is not there for "any", both when it looks for a rule to
 * delete and when it says that one exists. So what is any in one rule must never be given in
 * another one of the same priority and target; prefixes have at least one bit.
 */
struct rule {
	enum rule_action action;
	uint32_t priority;
	uint32_t target;         /* table, or priority to go to */
	uint32_t mark;           /* 0: any */
	uint8_t family;          /* enum ip_family */
	/* 0 bits: any. IPv4: from 0.0.0.0/32 is sockets without an address yet; IPv6: those match
	 * no rule that has `from` bits. */
	struct prefix from, to;
	uint8_t protocol;        /* 0: any */
};

struct seen_rule {
	struct rule rule;
	bool ours;
};

/* Tells when a device goes up and down. fd is to be polled for reading. */
struct link_watch {
	struct mnl_socket *socket;
	int fd;
};

enum link_news { LINK_NO_NEWS, LINK_UP, LINK_DOWN };

MUST_USE enum err link_watch_open(struct link_watch *ret);
void link_watch_close(struct link_watch *w);
/* Reads what is there; the last news count. LINK_UP also when some were lost. */
enum link_news link_watch_read(struct link_watch *w, uint32_t interface);

/* seq goes on from what n holds. */
MUST_USE enum err netlink_open(struct netlink *n);
void netlink_close(struct netlink *n);

/* Sets the MTU, keeps the kernel from giving it IPv6 addresses, and takes it up. */
MUST_USE enum err netlink_link_up(struct netlink *n, uint32_t interface, uint32_t mtu);
/* Adds or replaces the route of that prefix, table and metric. */
MUST_USE enum err netlink_route_set(struct netlink *n, const struct route *route);
MUST_USE enum err netlink_route_delete(struct netlink *n, const struct route *route);
/* Adds; no error when it is there already. */
MUST_USE enum err netlink_rule_add(struct netlink *n, const struct rule *rule);
MUST_USE enum err netlink_rule_delete(struct netlink *n, const struct rule *rule);
/* Every rule there is. One may be shown twice. */
MUST_USE enum err netlink_rules_see(struct netlink *n,
				    void (*see)(void *ctx, const struct seen_rule *rule),
				    void *ctx);
/* The table of every route there is. */
MUST_USE enum err netlink_tables_see(struct netlink *n,
				     void (*see)(void *ctx, uint32_t table, bool ours), void *ctx);
/* Removes all our rules and routes, whatever their table and priority. */
MUST_USE enum err netlink_flush(struct netlink *n);
/* An address of the host, of that family, within one of the selectors, the first selector first.
 * ERR_NOT_FOUND: there is none. */
MUST_USE enum err netlink_address_within(struct netlink *n, enum ip_family family,
					 const struct selector *selectors, size_t count,
					 struct ip *ret);
/* Whether the kernel has IPv6 at all. */
bool netlink_has_v6(struct netlink *n);

#endif
