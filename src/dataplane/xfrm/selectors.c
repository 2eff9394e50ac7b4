/* SPDX-License-Identifier: Apache-2.0 */
#include "selectors.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "prefixes.h"
#include "require.h"

#define PORTS_MAX 30    /* the most that a range of 16 bits takes */
#define PRIORITY_BASE 400000
#define PRIORITY_BITS_MAX 256 /* prefix bits of both ends, IPv6 */

struct piece {
	struct prefix prefix;
	uint16_t port, mask;
};

struct pieces {
	struct piece items[XFRM_PAIRS_MAX];
	size_t count;
};

static size_t ports_of(uint16_t first, uint16_t last, uint16_t port[PORTS_MAX],
		       uint16_t mask[PORTS_MAX])
{
	uint32_t at = first;
	size_t count = 0;

	while (at <= last) {
		uint32_t size = 1;

		while (at % (size * 2) == 0 && at + size * 2 - 1 <= last)
			size *= 2;
		REQUIRE(count < PORTS_MAX);
		port[count] = (uint16_t)at;
		mask[count++] = (uint16_t)~(size - 1);
		at += size;
	}
	return count;
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static enum err split(const struct selector *s, struct pieces *ret)
{
	struct prefix prefixes[PREFIXES_MAX];
	uint16_t port[PORTS_MAX], mask[PORTS_MAX];
	size_t prefix_count, port_count;
	enum err err;

	TRY_THAT(s->port_first <= s->port_last, ERR_UNSUPPORTED);
	prefix_count = prefixes_of_range(&s->first, &s->last, prefixes);
	port_count = ports_of(s->port_first, s->port_last, port, mask);
	/* Type and code, RFC 7296 3.13.1; the kernel has each for itself. */
	TRY_THAT(!is_icmp(s->protocol) || port_count == 1, ERR_UNSUPPORTED);
	TRY_THAT(ret->count + prefix_count * port_count <= XFRM_PAIRS_MAX, ERR_LIMIT);
	for (size_t i = 0; i < prefix_count; i++) {
		for (size_t j = 0; j < port_count; j++)
			ret->items[ret->count++] =
				(struct piece){ prefixes[i], port[j], mask[j] };
	}
	err = ERR_OK;
out:
	return err;
}

/* What is said of type and code on either side holds for both (RFC 4301 4.4.1.3). */
static bool icmp_put(struct xfrm_selector *sel, const struct piece *a, const struct piece *b)
{
	const struct piece *said = a->mask ? a : b;

	if (a->mask && b->mask && (a->port != b->port || a->mask != b->mask))
		return false;
	sel->sport = htons(said->port >> 8);
	sel->sport_mask = htons(said->mask >> 8 ? 0xffff : 0);
	sel->dport = htons(said->port & 0xff);
	sel->dport_mask = htons(said->mask & 0xff ? 0xffff : 0);
	return (said->mask >> 8 == 0 || said->mask >> 8 == 0xff) &&
	       ((said->mask & 0xff) == 0 || (said->mask & 0xff) == 0xff);
}

static bool pair_make(struct xfrm_selector *ret, uint8_t protocol, const struct piece *local,
		      const struct piece *remote)
{
	struct xfrm_selector sel;

	/* To the last byte: an initializer leaves gaps and the rest of a union open, and selectors
	 * are compared as bytes. */
	memset(&sel, 0, sizeof(sel));
	sel.family = local->prefix.ip.family == IP_V6 ? AF_INET6 : AF_INET;
	sel.prefixlen_s = local->prefix.bits;
	sel.prefixlen_d = remote->prefix.bits;
	sel.proto = protocol;
	memcpy(&sel.saddr, local->prefix.ip.bytes, ip_len(&local->prefix.ip));
	memcpy(&sel.daddr, remote->prefix.ip.bytes, ip_len(&remote->prefix.ip));
	if (is_icmp(protocol)) {
		if (!icmp_put(&sel, local, remote))
			return false;
	} else {
		sel.sport = htons(local->port);
		sel.sport_mask = htons(local->mask);
		sel.dport = htons(remote->port);
		sel.dport_mask = htons(remote->mask);
	}
	*ret = sel;
	return true;
}

/* True when both ends' traffic can be the same packet's. */
static bool meet(const struct selector *local, const struct selector *remote)
{
	return local->first.family == remote->first.family &&
	       (!local->protocol || !remote->protocol || local->protocol == remote->protocol);
}

static enum err cross(const struct selector *local, const struct selector *remote,
		      struct xfrm_selector ret[XFRM_PAIRS_MAX], size_t *count)
{
	static _Thread_local struct pieces here, there;
	uint8_t protocol = local->protocol ? local->protocol : remote->protocol;
	enum err err;

	here.count = there.count = 0;
	TRY(split(local, &here));
	TRY(split(remote, &there));
	TRY_THAT(*count + here.count * there.count <= XFRM_PAIRS_MAX, ERR_LIMIT);
	for (size_t i = 0; i < here.count; i++) {
		for (size_t j = 0; j < there.count; j++)
			TRY_THAT(pair_make(&ret[(*count)++], protocol, &here.items[i],
					   &there.items[j]),
				 ERR_UNSUPPORTED);
	}
	err = ERR_OK;
out:
	return err;
}

static bool had(const struct xfrm_selector *list, size_t count, const struct xfrm_selector *sel)
{
	for (size_t i = 0; i < count; i++) {
		if (memcmp(&list[i], sel, sizeof(*sel)) == 0)
			return true;
	}
	return false;
}

enum err xfrm_pairs(const struct child_spec *spec, struct xfrm_selector ret[XFRM_PAIRS_MAX],
		    size_t *ret_count)
{
	size_t count = 0, kept = 0;
	enum err err;

	for (size_t i = 0; i < spec->local_count; i++) {
		for (size_t j = 0; j < spec->remote_count; j++) {
			if (!meet(&spec->local_ts[i], &spec->remote_ts[j]))
				continue;
			TRY(cross(&spec->local_ts[i], &spec->remote_ts[j], ret, &count));
		}
	}
	TRY_THAT(count > 0, ERR_UNSUPPORTED);
	for (size_t i = 0; i < count; i++) {
		if (!had(ret, kept, &ret[i]))
			ret[kept++] = ret[i];
	}
	*ret_count = kept;
	err = ERR_OK;
out:
	return err;
}

struct xfrm_selector xfrm_selector_turned(const struct xfrm_selector *sel)
{
	struct xfrm_selector turned = *sel;

	turned.saddr = sel->daddr;
	turned.daddr = sel->saddr;
	turned.prefixlen_s = sel->prefixlen_d;
	turned.prefixlen_d = sel->prefixlen_s;
	if (is_icmp(sel->proto)) /* type and code, not two ends */
		return turned;
	turned.sport = sel->dport;
	turned.sport_mask = sel->dport_mask;
	turned.dport = sel->sport;
	turned.dport_mask = sel->sport_mask;
	return turned;
}

uint32_t xfrm_priority(const struct xfrm_selector *sel)
{
	uint32_t bits = (uint32_t)sel->prefixlen_s + sel->prefixlen_d;

	return PRIORITY_BASE + (PRIORITY_BITS_MAX - bits) * 64 - (sel->proto ? 32 : 0) -
	       (uint32_t)(__builtin_popcount(sel->sport_mask) +
			  __builtin_popcount(sel->dport_mask)) / 2;
}
