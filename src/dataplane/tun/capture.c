/* SPDX-License-Identifier: Apache-2.0 */
#include "capture.h"

#include "inner.h"
#include "require.h"
#include "writer.h"

#define METRIC_UNREACHABLE UINT32_C(0xff000000) /* worse than any a person writes */
#define METRIC_THROW (METRIC_UNREACHABLE + 1)   /* a tunnel to the same prefix counts more */

enum item_kind { ITEM_ROUTE = 1, ITEM_RULE, ITEM_GUARD };

struct item {
	enum item_kind kind;
	uint32_t users;
	union {
		struct route route;
		struct rule rule;
		struct guarded guarded;
	};
};

/* Prefixes of a range */

static uint32_t v4_number(const struct ip *ip)
{
	return (uint32_t)ip->bytes[0] << 24 | (uint32_t)ip->bytes[1] << 16 |
	       (uint32_t)ip->bytes[2] << 8 | ip->bytes[3];
}

size_t range_split(const struct ip *first, const struct ip *last,
		   struct prefix ret[CAPTURE_PREFIXES_MAX])
{
	uint64_t at = v4_number(first), end = v4_number(last);
	size_t count = 0;

	REQUIRE(first->family == IP_V4 && last->family == IP_V4);
	while (at <= end) {
		uint8_t bits = 32;

		/* As wide as both its alignment and the end allow. */
		while (bits > 0) {
			uint64_t size = UINT64_C(1) << (33 - bits);

			if (at % size != 0 || at + size - 1 > end)
				break;
			bits--;
		}
		REQUIRE(count < CAPTURE_PREFIXES_MAX);
		ret[count++] =
			(struct prefix){ .ip = ip_v4((uint8_t)(at >> 24), (uint8_t)(at >> 16),
						     (uint8_t)(at >> 8), (uint8_t)at),
					 .bits = bits };
		at += UINT64_C(1) << (32 - bits);
	}
	return count;
}

/* Opening and closing */

static struct rule mark_rule(const struct capture *c)
{
	return (struct rule){ .action = RULE_GOTO,
			      .priority = c->priority,
			      .target = c->priority + 2,
			      .mark = c->mark };
}

static struct rule end_rule(const struct capture *c)
{
	return (struct rule){ .action = RULE_NOP, .priority = c->priority + 2 };
}

enum err capture_open(struct capture *ret, struct memory *m, const struct capture_params *p)
{
	struct capture c = { .memory = m, .interface = p->interface, .table = p->table,
			     .priority = p->priority, .mark = p->mark,
			     .salt = { p->salt[0], p->salt[1] } };
	uint64_t count = (uint64_t)p->child_sas * CAPTURE_ITEMS_PER_SA + CAPTURE_ITEMS_SPARE;
	struct rule mark = mark_rule(&c), end = end_rule(&c);
	enum err err;

	TRY_THAT(count <= UINT32_C(1) << 28, ERR_LIMIT);
	TRY(slab_init(&c.items, m, sizeof(struct item), (uint32_t)count));
	TRY(map_init(&c.by_key, m, (uint32_t)count, p->salt));
	TRY(netlink_open(&c.netlink));
	TRY(netlink_link_up(&c.netlink, p->interface, p->mtu));
	TRY(guard_open(&c.guard, p->device, p->mark));
	TRY(netlink_rule_add(&c.netlink, &end));
	TRY(netlink_rule_add(&c.netlink, &mark));
	*ret = c;
	return ERR_OK;
out:
	ret->netlink.why = c.netlink.why;
	memcpy(ret->guard.why, c.guard.why, sizeof(c.guard.why));
	guard_close(&c.guard, false);
	netlink_close(&c.netlink);
	map_clear(&c.by_key);
	slab_clear(&c.items);
	return err;
}

void capture_close(struct capture *c, bool remove)
{
	uint32_t slot = 0;
	struct item *item;

	while ((item = slab_next(&c->items, &slot)) != NULL)
		slab_free(&c->items, item);
	map_clear(&c->by_key);
	slab_clear(&c->items);
	/* Routes first: while the guard stands nothing comes in that the routes no longer ask
	 * about. */
	if (remove)
		(void)(netlink_flush(&c->netlink, c->table, c->priority, c->priority + 2) ==
		       ERR_OK);
	guard_close(&c->guard, remove);
	netlink_close(&c->netlink);
}

struct ip capture_preferred(struct capture *c, const struct selector *local, size_t count)
{
	struct ip ip = { 0 };

	if (!netlink_address_within(&c->netlink, local, count, &ip))
		ip = (struct ip){ 0 };
	return ip;
}

/* Items: what the kernel is asked to do and undo */

/* What takes over when the device is gone. */
static struct route fallback_of(const struct route *route)
{
	return (struct route){ .kind = ROUTE_UNREACHABLE, .to = route->to, .table = route->table,
			       .metric = METRIC_UNREACHABLE };
}

static enum err route_put(struct capture *c, const struct route *route)
{
	struct route fallback = fallback_of(route);
	enum err err;

	if (route->kind == ROUTE_DEVICE)
		TRY(netlink_route_set(&c->netlink, &fallback));
	TRY(netlink_route_set(&c->netlink, route));
out:
	return err;
}

static void route_undo(struct capture *c, const struct route *route)
{
	struct route fallback = fallback_of(route);

	(void)(netlink_route_delete(&c->netlink, route) == ERR_OK);
	if (route->kind == ROUTE_DEVICE)
		(void)(netlink_route_delete(&c->netlink, &fallback) == ERR_OK);
}

static enum err item_put(struct capture *c, const struct item *item)
{
	switch (item->kind) {
	case ITEM_ROUTE:
		return route_put(c, &item->route);
	case ITEM_RULE:
		return netlink_rule_add(&c->netlink, &item->rule);
	case ITEM_GUARD:
		return guard_add(&c->guard, &item->guarded);
	}
	return ERR_UNSUPPORTED;
}

/* What is gone already is no trouble: somebody else may have removed it. */
static void item_undo(struct capture *c, const struct item *item)
{
	switch (item->kind) {
	case ITEM_ROUTE:
		route_undo(c, &item->route);
		break;
	case ITEM_RULE:
		(void)(netlink_rule_delete(&c->netlink, &item->rule) == ERR_OK);
		break;
	case ITEM_GUARD:
		(void)(guard_delete(&c->guard, &item->guarded) == ERR_OK);
		break;
	}
}

static void put_ports(struct writer *w, const struct port_range *r)
{
	writer_u16(w, r->first);
	writer_u16(w, r->last);
}

static uint64_t item_key(const struct capture *c, const struct item *item)
{
	uint8_t bytes[96];
	struct writer w = writer_of(bytes, sizeof(bytes));
	enum err err;

	writer_u8(&w, (uint8_t)item->kind);
	switch (item->kind) {
	case ITEM_ROUTE:
		writer_u8(&w, (uint8_t)item->route.kind);
		writer_u8(&w, item->route.to.bits);
		writer_put(&w, ip_span(&item->route.to.ip));
		break;
	case ITEM_RULE:
		writer_u8(&w, item->rule.from.bits);
		writer_put(&w, ip_span(&item->rule.from.ip));
		writer_u8(&w, item->rule.protocol);
		put_ports(&w, &item->rule.src_ports);
		put_ports(&w, &item->rule.dst_ports);
		break;
	case ITEM_GUARD:
		writer_u8(&w, item->guarded.protocol);
		writer_put(&w, ip_span(&item->guarded.local_first));
		writer_put(&w, ip_span(&item->guarded.local_last));
		writer_put(&w, ip_span(&item->guarded.remote_first));
		writer_put(&w, ip_span(&item->guarded.remote_last));
		put_ports(&w, &item->guarded.local_ports);
		put_ports(&w, &item->guarded.remote_ports);
		break;
	}
	err = writer_end(&w);
	REQUIRE(err == ERR_OK);
	return hash_bytes(c->salt, writer_span(&w));
}

static enum err item_take(struct capture *c, const struct item *wanted)
{
	uint64_t key = item_key(c, wanted);
	struct item *item;
	uint32_t slot;
	enum err err;

	if (map_get(&c->by_key, key, &slot)) {
		item = slab_at(&c->items, slot);
		/* The newer SA's source address counts: the older one may be about to go. */
		if (item->kind == ITEM_ROUTE && wanted->route.preferred.family != IP_NONE &&
		    !ip_equal(&item->route.preferred, &wanted->route.preferred)) {
			err = netlink_route_set(&c->netlink, &wanted->route);
			if (err != ERR_OK)
				return err;
			item->route.preferred = wanted->route.preferred;
		}
		item->users++;
		return ERR_OK;
	}
	item = slab_alloc(&c->items);
	if (!item)
		return ERR_LIMIT;
	*item = *wanted;
	item->users = 1;
	TRY(map_put(&c->by_key, key, slab_slot(&c->items, item)));
	err = item_put(c, item);
	if (err != ERR_OK) {
		item_undo(c, item);
		(void)map_remove(&c->by_key, key);
		goto out;
	}
	return ERR_OK;
out:
	slab_free(&c->items, item);
	return err;
}

static void item_drop(struct capture *c, const struct item *wanted)
{
	uint64_t key = item_key(c, wanted);
	struct item *item;
	uint32_t slot;

	if (!map_get(&c->by_key, key, &slot))
		return;
	item = slab_at(&c->items, slot);
	if (--item->users > 0)
		return;
	item_undo(c, item);
	(void)map_remove(&c->by_key, key);
	slab_free(&c->items, item);
}

/*
 * The items of an SA. Every pair of selectors asks for its own; those that are alike are counted,
 * so that the same walk, cut off at `stop`, takes and gives back.
 */
struct walk {
	struct capture *capture;
	bool take;
	size_t done, stop;
	enum err err;
};

static void visit(struct walk *w, const struct item *item)
{
	if (w->err != ERR_OK || w->done == w->stop)
		return;
	if (w->take)
		w->err = item_take(w->capture, item);
	else
		item_drop(w->capture, item);
	if (w->err == ERR_OK)
		w->done++;
}

/* OPAQUE ports, and the types of ICMP, are not for routing rules: the whole protocol is captured
 * then. */
static struct port_range ports_of(const struct selector *s, uint8_t protocol)
{
	if (!protocol_has_ports(protocol) || s->port_first > s->port_last)
		return (struct port_range){ 0, UINT16_MAX };
	return (struct port_range){ s->port_first, s->port_last };
}

static void visit_rules(struct walk *w, const struct captured *what, const struct selector *local,
			const struct selector *remote, uint8_t protocol)
{
	struct prefix prefixes[CAPTURE_PREFIXES_MAX];
	size_t count = range_split(&local->first, &local->last, prefixes);
	struct item item = { .kind = ITEM_RULE };

	item.rule = (struct rule){ .action = RULE_LOOKUP, .priority = w->capture->priority + 1,
				   .target = w->capture->table, .protocol = protocol,
				   .src_ports = ports_of(local, protocol),
				   .dst_ports = ports_of(remote, protocol) };
	for (size_t i = 0; i < count; i++) {
		item.rule.from = prefixes[i];
		visit(w, &item);
	}
	if (what->preferred.family != IP_NONE) {
		item.rule.from = (struct prefix){ .ip = ip_v4(0, 0, 0, 0), .bits = 32 };
		visit(w, &item);
	}
}

static void visit_routes(struct walk *w, const struct captured *what, const struct selector *remote)
{
	struct prefix prefixes[CAPTURE_PREFIXES_MAX];
	size_t count = range_split(&remote->first, &remote->last, prefixes);
	struct item item = { .kind = ITEM_ROUTE };

	item.route = (struct route){ .kind = ROUTE_DEVICE,
				     .table = w->capture->table,
				     .interface = w->capture->interface,
				     .preferred = what->preferred };
	for (size_t i = 0; i < count; i++) {
		item.route.to = prefixes[i];
		visit(w, &item);
	}
}

/* Where the remote selector is wider than the local one and around it, neighbours on our side
 * stay ours. */
static void visit_throws(struct walk *w, const struct selector *local,
			 const struct selector *remote)
{
	struct prefix prefixes[CAPTURE_PREFIXES_MAX];
	size_t count = range_split(&local->first, &local->last, prefixes);
	int below = ip_compare(&remote->first, &local->first),
	    above = ip_compare(&remote->last, &local->last);
	struct item item = { .kind = ITEM_ROUTE };

	if (below > 0 || above < 0 || (below == 0 && above == 0))
		return;
	item.route = (struct route){ .kind = ROUTE_THROW,
				     .table = w->capture->table,
				     .metric = METRIC_THROW };
	for (size_t i = 0; i < count; i++) {
		item.route.to = prefixes[i];
		visit(w, &item);
	}
}

static void visit_pair(struct walk *w, const struct captured *what, const struct selector *local,
		       const struct selector *remote)
{
	uint8_t protocol = local->protocol ? local->protocol : remote->protocol;
	struct item guard = { .kind = ITEM_GUARD };

	if (local->first.family != IP_V4 || remote->first.family != IP_V4 ||
	    (local->protocol && remote->protocol && local->protocol != remote->protocol))
		return;
	/* The guard before the routes: inbound is closed before outbound opens. */
	if (protocol) {
		guard.guarded = (struct guarded){ .protocol = protocol,
						  .local_first = local->first,
						  .local_last = local->last,
						  .remote_first = remote->first,
						  .remote_last = remote->last,
						  .local_ports = ports_of(local, protocol),
						  .remote_ports = ports_of(remote, protocol) };
		visit(w, &guard);
	}
	visit_throws(w, local, remote);
	visit_routes(w, what, remote);
	visit_rules(w, what, local, remote, protocol);
}

static void walk(struct walk *w, const struct captured *what)
{
	for (size_t i = 0; i < what->local_count; i++) {
		for (size_t j = 0; j < what->remote_count; j++)
			visit_pair(w, what, &what->local[i], &what->remote[j]);
	}
}

enum err capture_add(struct capture *c, const struct captured *what)
{
	struct walk w = { .capture = c, .take = true, .stop = SIZE_MAX };

	walk(&w, what);
	if (w.err != ERR_OK) {
		struct walk back = { .capture = c, .stop = w.done };

		if (w.done > 0)
			walk(&back, what);
	}
	return w.err;
}

void capture_remove(struct capture *c, const struct captured *what)
{
	struct walk w = { .capture = c, .stop = SIZE_MAX };

	walk(&w, what);
}
