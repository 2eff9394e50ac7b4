/* SPDX-License-Identifier: Apache-2.0 */
#include "capture.h"

#include <errno.h>

#include "require.h"
#include "writer.h"

#define METRIC_UNREACHABLE UINT32_C(0xff000000) /* worse than any a person writes */
#define TABLE_MAIN 254
#define TABLE_FREE 0
#define TABLE_TAKEN 1 /* by an item */
#define TABLE_KEPT 2  /* found: somebody else's, or of a run before this one */

/* Where rules stand, from the configured priority on; capture.h says why IPv6 has more. */
enum {
	RULE_OWN,
	RULE_NEIGHBOURS,
	RULE_PROTECTED,
	RULE_PROBE,
	RULE_SOURCED_V6 = RULE_PROBE,
	RULE_NOBODY_NEIGHBOURS_V6,
	RULE_NOBODY_V6,
	RULE_PROBE_V6,
};

enum item_kind { ITEM_ROUTE = 1, ITEM_RULE, ITEM_GUARD, ITEM_TABLE };

/* A routing table, for what leaves from one local selector with one protocol. */
struct table {
	uint32_t number;
	struct ip first, last;
	uint8_t protocol;
	bool nobody; /* for sockets without an address, and first and last are zero */
};

struct item {
	enum item_kind kind;
	uint32_t users;
	uint32_t table; /* slot of the ITEM_TABLE that it is for, or SLAB_NONE */
	union {
		struct route route;
		struct rule rule;
		struct guarded guarded;
		struct table of;
	};
};

struct found {
	struct rule rule;
	bool adopted; /* its table is an item's */
};

/* Prefixes of a range */

/* For rules: to the kernel a prefix without bits is one that is not given (netlink.h). */
static size_t rule_prefixes(const struct ip *first, const struct ip *last,
			    struct prefix ret[PREFIXES_MAX])
{
	size_t count = prefixes_of_range(first, last, ret);

	if (ret[0].bits > 0)
		return count;
	ret[0] = (struct prefix){ .ip.family = first->family, .bits = 1 };
	ret[1] = (struct prefix){ .ip = { .family = first->family, .bytes = { 0x80 } }, .bits = 1 };
	return 2;
}

/* The prefixes of a table's rules. */
static size_t table_prefixes(const struct table *t, struct prefix ret[PREFIXES_MAX])
{
	if (!t->nobody || t->first.family == IP_V4)
		return rule_prefixes(&t->first, &t->last, ret);
	ret[0] = (struct prefix){ .ip.family = IP_V6 };
	return 1;
}

/* Tables' numbers: from the configured one on, what is free */

/* 0 is none, 253 to 255 are the host's own. */
static bool table_reserved(uint32_t number)
{
	return number == 0 || (number >= 253 && number <= 255);
}

static void table_keep(void *ctx, uint32_t number, bool ours)
{
	struct capture *c = ctx;
	uint32_t at = number - c->table;

	(void)ours;
	if (at < c->tables)
		c->taken[at] = TABLE_KEPT;
}

static void rule_found(void *ctx, const struct seen_rule *seen)
{
	struct capture *c = ctx;

	if (seen->rule.action != RULE_GOTO)
		table_keep(c, seen->rule.target, seen->ours);
	if (seen->ours && c->found_count < CAPTURE_FOUND_MAX)
		c->found[c->found_count++] = (struct found){ .rule = seen->rule };
}

static enum err tables_look(struct capture *c)
{
	enum err err;

	TRY(netlink_rules_see(&c->netlink, rule_found, c));
	TRY(netlink_tables_see(&c->netlink, table_keep, c));
	for (uint32_t i = 0; i < c->tables; i++) {
		if (table_reserved(c->table + i))
			c->taken[i] = TABLE_KEPT;
	}
out:
	return err;
}

/*
 * The one that a run before this one had for it, or the lowest that is free; 0: none. `first` is
 * the first prefix of its rules.
 */
static uint32_t table_number(struct capture *c, const struct prefix *first, uint8_t protocol)
{
	for (uint32_t i = 0; i < c->found_count; i++) {
		struct found *f = &c->found[i];

		if (f->adopted || f->rule.action != RULE_LOOKUP || f->rule.mark ||
		    f->rule.family != first->ip.family || f->rule.protocol != protocol ||
		    f->rule.from.bits != first->bits ||
		    (first->bits > 0 && !ip_equal(&f->rule.from.ip, &first->ip)))
			continue;
		f->adopted = true;
		return f->rule.target;
	}
	for (; c->table_next < c->tables; c->table_next++) {
		if (c->taken[c->table_next] == TABLE_FREE) {
			c->taken[c->table_next] = TABLE_TAKEN;
			return c->table + c->table_next;
		}
	}
	return 0;
}

static void table_number_free(struct capture *c, uint32_t number)
{
	uint32_t at = number - c->table;

	for (uint32_t i = 0; i < c->found_count; i++) {
		if (c->found[i].rule.target == number)
			c->found[i].adopted = false;
	}
	if (at >= c->tables || c->taken[at] != TABLE_TAKEN)
		return;
	c->taken[at] = TABLE_FREE;
	if (at < c->table_next)
		c->table_next = at;
}

/* Opening and closing */

static uint32_t probe_table(struct capture *c)
{
	for (uint32_t i = 0; i < c->found_count; i++) {
		if (c->found[i].rule.mark == GUARD_PROBE_MARK(c->mark))
			return c->found[i].rule.target;
	}
	for (uint32_t i = c->tables; i > 0; i--) {
		if (c->taken[i - 1] == TABLE_FREE)
			return c->table + i - 1;
	}
	return 0;
}

static enum err probe_put(struct capture *c, enum ip_family family, uint32_t table)
{
	uint32_t priority = c->priority + (family == IP_V6 ? RULE_PROBE_V6 : RULE_PROBE);
	struct rule rule = { .action = RULE_LOOKUP, .priority = priority, .family = family,
			     .target = table, .mark = GUARD_PROBE_MARK(c->mark) };
	struct rule own = { .action = RULE_GOTO, .priority = c->priority + RULE_OWN,
			    .family = family, .target = priority, .mark = c->mark };
	struct route route = { .kind = family == IP_V6 ? ROUTE_PROHIBIT : ROUTE_DEVICE,
			       .interface = NETLINK_LOOPBACK, .to.ip.family = family,
			       .table = table };
	enum err err;

	TRY(netlink_route_set(&c->netlink, &route));
	TRY(netlink_rule_add(&c->netlink, &rule));
	TRY(netlink_rule_add(&c->netlink, &own));
out:
	return err;
}

/* IPv6: what has a source address passes over the rules for what has none. */
static enum err sourced_put(struct capture *c)
{
	struct rule rule = { .action = RULE_GOTO, .priority = c->priority + RULE_SOURCED_V6,
			     .family = IP_V6, .target = c->priority + RULE_PROBE_V6,
			     .from = { .ip.family = IP_V6, .bits = 1 } };
	enum err err;

	TRY(netlink_rule_add(&c->netlink, &rule));
	rule.from.ip.bytes[0] = 0x80;
	TRY(netlink_rule_add(&c->netlink, &rule));
out:
	return err;
}

/*
 * The guard asks the routing about packets with the probe mark, which find a route of the probe's
 * own when no table of ours has one: so what is unreachable is told apart from what is not ours.
 */
static enum err probes_put(struct capture *c)
{
	uint32_t table = probe_table(c);
	enum err err;

	TRY_THAT(table != 0, ERR_LIMIT);
	table_keep(c, table, true);
	TRY(probe_put(c, IP_V4, table));
	if (c->v6) {
		TRY(probe_put(c, IP_V6, table));
		TRY(sourced_put(c));
	}
out:
	return err;
}

/* Where a rule that a run before this one left stands now. */
static uint32_t rule_priority(const struct capture *c, const struct rule *rule)
{
	bool v6 = rule->family == IP_V6, nobody = v6 && rule->from.bits == 0;
	uint32_t at = RULE_OWN;

	if (rule->action == RULE_LOOKUP && rule->mark)
		at = v6 ? RULE_PROBE_V6 : RULE_PROBE;
	else if (rule->action == RULE_LOOKUP)
		at = nobody ? RULE_NOBODY_V6 : RULE_PROTECTED;
	else if (rule->action == RULE_LOOKUP_NO_DEFAULT)
		at = nobody ? RULE_NOBODY_NEIGHBOURS_V6 : RULE_NEIGHBOURS;
	else if (!rule->mark)
		at = RULE_SOURCED_V6;
	return c->priority + at;
}

/* Those that probes_put() makes at each start. */
static bool rule_is_fixed(const struct rule *rule)
{
	return rule->mark || rule->action == RULE_GOTO;
}

/* What a run with another priority left moves to ours, and is never gone in between. */
static enum err found_move(struct capture *c)
{
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < c->found_count; i++) {
		struct rule old = c->found[i].rule, now = old;

		now.priority = rule_priority(c, &old);
		if (rule_is_fixed(&old) || now.priority == old.priority)
			continue;
		TRY(netlink_rule_add(&c->netlink, &now));
		TRY(netlink_rule_delete(&c->netlink, &old));
		c->found[i].rule = now;
	}
	for (uint32_t i = 0; i < c->found_count; i++) {
		const struct rule *old = &c->found[i].rule;

		if (!rule_is_fixed(old) || old->priority == rule_priority(c, old))
			continue;
		err = netlink_rule_delete(&c->netlink, old);
		TRY_THAT(err == ERR_OK || err == ERR_NOT_FOUND, err);
	}
	err = ERR_OK;
out:
	return err;
}

static void capture_clear(struct capture *c)
{
	uint32_t slot = 0;
	struct item *item;

	while ((item = slab_next(&c->items, &slot)) != NULL)
		slab_free(&c->items, item);
	map_clear(&c->by_key);
	slab_clear(&c->items);
	memory_free(c->memory, c->found, sizeof(*c->found) * CAPTURE_FOUND_MAX);
	memory_free(c->memory, c->taken, c->tables);
	netlink_close(&c->netlink);
}

enum err capture_open(struct capture *ret, struct memory *m, const struct capture_params *p)
{
	struct capture c = { .memory = m, .interface = p->interface, .table = p->table,
			     .priority = p->priority, .mark = p->mark,
			     .salt = { p->salt[0], p->salt[1] } };
	uint64_t count = (uint64_t)p->child_sas * CAPTURE_ITEMS_PER_SA + CAPTURE_ITEMS_SPARE;
	bool alone = false; /* what is ours in the kernel is of this start */
	enum err err;

	TRY_THAT(count <= UINT32_C(1) << 28, ERR_LIMIT);
	TRY(slab_init(&c.items, m, sizeof(struct item), (uint32_t)count));
	TRY(map_init(&c.by_key, m, (uint32_t)count, p->salt));
	c.tables = (uint32_t)count;
	c.taken = memory_alloc(m, c.tables);
	c.found = memory_alloc(m, sizeof(*c.found) * CAPTURE_FOUND_MAX);
	TRY_THAT(c.taken && c.found, ERR_MEMORY);
	TRY(netlink_open(&c.netlink));
	c.v6 = netlink_has_v6(&c.netlink);
	TRY(netlink_link_up(&c.netlink, p->interface, p->mtu));
	TRY(tables_look(&c));
	alone = c.found_count == 0;
	TRY(probes_put(&c));
	TRY(found_move(&c));
	TRY(guard_open(&c.guard, p->device, p->mark));
	*ret = c;
	return ERR_OK;
out:
	ret->netlink.why = c.netlink.why;
	memcpy(ret->guard.why, c.guard.why, sizeof(c.guard.why));
	if (alone)
		(void)(netlink_flush(&c.netlink) == ERR_OK);
	guard_close(&c.guard, false);
	capture_clear(&c);
	return err;
}

enum err capture_close(struct capture *c, bool remove)
{
	enum err err = ERR_OK;

	/* Routes first: while the guard stands nothing comes in that the routes no longer ask
	 * about. */
	if (remove)
		err = netlink_flush(&c->netlink);
	guard_close(&c->guard, remove);
	capture_clear(c);
	return err;
}

enum err capture_preferred(struct capture *c, const struct selector *local, size_t count,
			   struct preferred *ret)
{
	struct preferred found = { 0 };
	enum err err = netlink_address_within(&c->netlink, IP_V4, local, count, &found.v4);

	TRY_THAT(err == ERR_OK || err == ERR_NOT_FOUND, err);
	if (c->v6) {
		err = netlink_address_within(&c->netlink, IP_V6, local, count, &found.v6);
		TRY_THAT(err == ERR_OK || err == ERR_NOT_FOUND, err);
	}
	*ret = found;
	err = ERR_OK;
out:
	return err;
}

static const struct ip *preferred_of(const struct captured *what, uint8_t family)
{
	return family == IP_V6 ? &what->preferred.v6 : &what->preferred.v4;
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
	err = netlink_route_set(&c->netlink, route);
	/* Somebody took the device down; capture_replay() comes when it is up. */
	if (err == ERR_SYSTEM && c->netlink.why == ENETDOWN)
		err = ERR_OK;
out:
	return err;
}

/* What is gone already is no trouble: somebody else may have removed it. */
static void undone(struct capture *c, enum err err)
{
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		c->failures++;
}

static void route_undo(struct capture *c, const struct route *route)
{
	struct route fallback = fallback_of(route);

	undone(c, netlink_route_delete(&c->netlink, route));
	if (route->kind == ROUTE_DEVICE)
		undone(c, netlink_route_delete(&c->netlink, &fallback));
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
	case ITEM_TABLE:
		return ERR_OK;
	}
	return ERR_UNSUPPORTED;
}

static void item_undo(struct capture *c, const struct item *item)
{
	switch (item->kind) {
	case ITEM_ROUTE:
		route_undo(c, &item->route);
		break;
	case ITEM_RULE:
		undone(c, netlink_rule_delete(&c->netlink, &item->rule));
		break;
	case ITEM_GUARD:
		undone(c, guard_delete(&c->guard, &item->guarded));
		break;
	case ITEM_TABLE:
		table_number_free(c, item->of.number);
		break;
	}
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
		writer_u32(&w, item->route.table);
		writer_u8(&w, item->route.to.bits);
		writer_put(&w, ip_span(&item->route.to.ip));
		break;
	case ITEM_RULE:
		writer_u8(&w, (uint8_t)item->rule.action);
		writer_u8(&w, item->rule.family);
		writer_u32(&w, item->rule.target);
		writer_u8(&w, item->rule.from.bits);
		if (item->rule.from.bits)
			writer_put(&w, ip_span(&item->rule.from.ip));
		writer_u8(&w, item->rule.to.bits);
		if (item->rule.to.bits)
			writer_put(&w, ip_span(&item->rule.to.ip));
		writer_u8(&w, item->rule.protocol);
		break;
	case ITEM_TABLE:
		writer_u8(&w, item->of.protocol);
		writer_u8(&w, item->of.nobody);
		writer_put(&w, ip_span(&item->of.first));
		writer_put(&w, ip_span(&item->of.last));
		break;
	case ITEM_GUARD:
		writer_u8(&w, item->guarded.neighbours);
		writer_u8(&w, item->guarded.protocol);
		writer_put(&w, ip_span(&item->guarded.local_first));
		writer_put(&w, ip_span(&item->guarded.local_last));
		writer_put(&w, ip_span(&item->guarded.remote_first));
		writer_put(&w, ip_span(&item->guarded.remote_last));
		break;
	}
	err = writer_end(&w);
	REQUIRE(err == ERR_OK);
	return hash_bytes(c->salt, writer_span(&w));
}

static struct item *item_add(struct capture *c, const struct item *wanted, uint64_t key)
{
	struct item *item = slab_alloc(&c->items);

	if (!item)
		return NULL;
	*item = *wanted;
	item->users = 0;
	if (map_put(&c->by_key, key, slab_slot(&c->items, item)) == ERR_OK)
		return item;
	slab_free(&c->items, item);
	return NULL;
}

static void item_free(struct capture *c, struct item *item)
{
	(void)map_remove(&c->by_key, item_key(c, item));
	slab_free(&c->items, item);
}

static void item_release(struct capture *c, struct item *item)
{
	struct item *table = slab_at(&c->items, item->table);

	item_undo(c, item);
	item_free(c, item);
	if (table && --table->users == 0) {
		item_undo(c, table);
		item_free(c, table);
	}
}

static enum err item_take(struct capture *c, const struct item *wanted)
{
	uint64_t key = item_key(c, wanted);
	struct item *item, *table;
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
	item = item_add(c, wanted, key);
	if (!item)
		return ERR_LIMIT;
	item->users = 1;
	table = slab_at(&c->items, item->table);
	if (table)
		table->users++;
	err = item_put(c, item);
	if (err != ERR_OK)
		item_release(c, item);
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
	if (--item->users == 0)
		item_release(c, item);
}

/* The table item for a local selector; without make, or without room, NULL. */
static struct item *table_item(struct capture *c, const struct table *wanted, bool make)
{
	struct prefix prefixes[PREFIXES_MAX];
	struct item item = { .kind = ITEM_TABLE, .table = SLAB_NONE, .of = *wanted }, *made;
	uint64_t key = item_key(c, &item);
	uint32_t slot;

	if (map_get(&c->by_key, key, &slot))
		return slab_at(&c->items, slot);
	if (!make)
		return NULL;
	(void)table_prefixes(wanted, prefixes);
	made = item_add(c, &item, key);
	if (made)
		made->of.number = table_number(c, &prefixes[0], wanted->protocol);
	if (made && made->of.number == 0) {
		item_free(c, made);
		made = NULL;
	}
	return made;
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

/*
 * What leaves from first…last to the remote selector. Rules name whole protocols: to them a
 * fragment has no ports. A packet that no SA takes is then dropped by the SPD.
 */
static void visit_protected(struct walk *w, const struct captured *what, struct table from,
			    const struct selector *remote)
{
	struct prefix prefixes[PREFIXES_MAX];
	struct capture *c = w->capture;
	struct item *table = NULL, item = { .kind = ITEM_ROUTE };
	size_t count;

	if (w->err != ERR_OK || w->done == w->stop)
		return;
	table = table_item(c, &from, w->take);
	if (!table) {
		w->err = w->take ? ERR_LIMIT : ERR_OK;
		return;
	}
	table->users++; /* while we are here */
	item.table = slab_slot(&c->items, table);
	item.route = (struct route){ .kind = ROUTE_DEVICE,
				     .table = table->of.number,
				     .interface = c->interface,
				     .preferred = *preferred_of(what, from.first.family) };
	count = prefixes_of_range(&remote->first, &remote->last, prefixes);
	for (size_t i = 0; i < count; i++) {
		item.route.to = prefixes[i];
		visit(w, &item);
	}
	item.kind = ITEM_RULE;
	item.rule = (struct rule){ .action = RULE_LOOKUP, .family = from.first.family,
				   .target = table->of.number, .protocol = from.protocol };
	count = table_prefixes(&from, prefixes);
	for (size_t i = 0; i < count; i++) {
		item.rule.from = prefixes[i];
		item.rule.priority = rule_priority(c, &item.rule);
		visit(w, &item);
	}
	if (--table->users == 0) {
		item_undo(c, table);
		item_free(c, table);
	}
}

static void visit_neighbour_rules(struct walk *w, const struct prefix *from, size_t from_count,
				  const struct prefix *to, size_t to_count)
{
	struct item item = { .kind = ITEM_RULE, .table = SLAB_NONE };

	item.rule = (struct rule){ .action = RULE_LOOKUP_NO_DEFAULT, .family = to->ip.family,
				   .target = TABLE_MAIN };
	for (size_t i = 0; i < from_count; i++) {
		for (size_t j = 0; j < to_count; j++) {
			item.rule.from = from[i];
			item.rule.to = to[j];
			item.rule.priority = rule_priority(w->capture, &item.rule);
			visit(w, &item);
		}
	}
}

/* Whether the remote selector is wider than the local one and around it. */
static bool lies_around(const struct selector *remote, const struct selector *local)
{
	int below = ip_compare(&remote->first, &local->first),
	    above = ip_compare(&remote->last, &local->last);

	return below <= 0 && above >= 0 && (below != 0 || above != 0);
}

/* The source of what leaves a socket without an address, as a rule says it. */
static struct prefix nobody(uint8_t family)
{
	return (struct prefix){ .ip.family = family, .bits = family == IP_V4 ? 32 : 0 };
}

/* Neighbours on our side stay ours, where the host has a way to them. */
static void visit_neighbours(struct walk *w, const struct captured *what,
			     const struct selector *local, const struct selector *remote)
{
	struct prefix from[PREFIXES_MAX], to[PREFIXES_MAX];
	const struct prefix none = nobody(local->first.family);
	size_t from_count = rule_prefixes(&local->first, &local->last, from), to_count;

	for (size_t i = 0; i < what->local_count; i++) {
		const struct selector *near = &what->local[i];
		struct item guard = { .kind = ITEM_GUARD, .table = SLAB_NONE };

		if (near->first.family != remote->first.family || !lies_around(remote, near))
			continue;
		to_count = rule_prefixes(&near->first, &near->last, to);
		if (from_count * to_count > CAPTURE_NEIGHBOUR_RULES_MAX)
			continue;
		guard.guarded = (struct guarded){ .neighbours = true,
						  .local_first = local->first,
						  .local_last = local->last,
						  .remote_first = near->first,
						  .remote_last = near->last };
		visit(w, &guard);
		visit_neighbour_rules(w, from, from_count, to, to_count);
		if (preferred_of(what, near->first.family)->family != IP_NONE)
			visit_neighbour_rules(w, &none, 1, to, to_count);
	}
}

static void visit_pair(struct walk *w, const struct captured *what, const struct selector *local,
		       const struct selector *remote)
{
	uint8_t protocol = local->protocol ? local->protocol : remote->protocol;
	struct item guard = { .kind = ITEM_GUARD, .table = SLAB_NONE };
	struct table from = { .first = local->first, .last = local->last, .protocol = protocol };

	if (local->first.family != remote->first.family ||
	    (local->protocol && remote->protocol && local->protocol != remote->protocol))
		return;
	/* The guard before the routes: inbound is closed before outbound opens. */
	if (protocol) {
		guard.guarded = (struct guarded){ .protocol = protocol,
						  .local_first = local->first,
						  .local_last = local->last,
						  .remote_first = remote->first,
						  .remote_last = remote->last };
		visit(w, &guard);
	}
	visit_neighbours(w, what, local, remote);
	visit_protected(w, what, from, remote);
	if (preferred_of(what, local->first.family)->family != IP_NONE) {
		from.first = from.last = nobody(local->first.family).ip;
		from.nobody = true;
		visit_protected(w, what, from, remote);
	}
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

enum err capture_replay(struct capture *c)
{
	uint32_t slot = 0;
	struct item *item;
	enum err err = ERR_OK;

	for (; (item = slab_next(&c->items, &slot)) != NULL; slot++) {
		if (item->kind == ITEM_ROUTE)
			TRY(netlink_route_set(&c->netlink, &item->route));
	}
out:
	return err;
}
