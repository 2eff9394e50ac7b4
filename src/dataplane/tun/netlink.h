/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink: the few rtnetlink requests that the tun dataplane makes: link, routes, rules, addresses.
 *
 * Each call is one request and its answer from the kernel, at once. Everything it adds carries the
 * protocol number NETLINK_PROTOCOL, by which it is found again and by which nothing of anybody else
 * is ever removed. IPv4 only. ERR_EXISTS and ERR_NOT_FOUND are told apart; other refusals are
 * ERR_SYSTEM with the kernel's errno in `why`, for the log.
 */
#ifndef ADIT_DATAPLANE_TUN_NETLINK_H
#define ADIT_DATAPLANE_TUN_NETLINK_H

#include "address.h"
#include "payloads.h"

#define NETLINK_PROTOCOL 173 /* of routes and rules: ours; unused by iproute2's rt_protos */

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	uint32_t port;
	int why; /* errno of the last refusal */
};

enum route_kind { ROUTE_DEVICE, ROUTE_UNREACHABLE, ROUTE_THROW };

struct route {
	enum route_kind kind; /* THROW: as if the table had no such route */
	struct prefix to;
	uint32_t table, metric;
	uint32_t interface;  /* of ROUTE_DEVICE */
	struct ip preferred; /* source of the host's own packets; IP_NONE: the kernel's choice */
};

enum rule_action { RULE_LOOKUP, RULE_GOTO, RULE_NOP };

struct port_range {
	uint16_t first, last; /* 0…65535: any */
};

struct rule {
	enum rule_action action;
	uint32_t priority;
	uint32_t target;     /* table, or priority to go to */
	uint32_t mark;       /* 0: any */
	struct prefix from;  /* 0 bits: any; 0.0.0.0/32: sockets that have no address yet */
	uint8_t protocol;    /* 0: any */
	struct port_range src_ports, dst_ports;
};

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
/* Removes all our routes from the table, and all our rules with priorities first…last. */
MUST_USE enum err netlink_flush(struct netlink *n, uint32_t table, uint32_t first, uint32_t last);
/* An address of the host within one of the selectors, the first selector first. False: there is
 * none. */
bool netlink_address_within(struct netlink *n, const struct selector *selectors, size_t count,
			    struct ip *ret);

#endif
