/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic selectors as sets of packets: intersection and inclusion (RFC 7296 2.9, 3.13; RFC
 * 4301 4.4.1). */
#include "selectors.h"

#define PORT_MAX 65535

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

/* RFC7296 3.13.1: the whole range means any port and none at all; 65535…0 only packets whose ports
 * cannot be seen. */
static bool ports_any(const struct selector *s)
{
	return s->port_first == 0 && s->port_last == PORT_MAX;
}

static bool ports_opaque(const struct selector *s)
{
	return s->port_first > s->port_last;
}

static bool ports_within(const struct selector *inner, const struct selector *outer)
{
	if (ports_any(outer))
		return true;
	if (ports_opaque(inner) || ports_opaque(outer))
		return ports_opaque(inner) && ports_opaque(outer);
	return inner->port_first >= outer->port_first && inner->port_last <= outer->port_last;
}

static bool selector_within(const struct selector *inner, const struct selector *outer)
{
	return inner->first.family == outer->first.family &&
	       (outer->protocol == 0 || outer->protocol == inner->protocol) &&
	       ports_within(inner, outer) && ip_compare(&inner->first, &outer->first) >= 0 &&
	       ip_compare(&inner->last, &outer->last) <= 0;
}

static bool ports_intersect(struct selector *s, const struct selector *a, const struct selector *b)
{
	const struct selector *narrow = ports_within(a, b) ? a : b;

	if (ports_within(a, b) || ports_within(b, a)) {
		s->port_first = narrow->port_first;
		s->port_last = narrow->port_last;
		return true;
	}
	/* OPAQUE and a part of the range have nothing in common, and come out inverted. */
	s->port_first = a->port_first > b->port_first ? a->port_first : b->port_first;
	s->port_last = a->port_last < b->port_last ? a->port_last : b->port_last;
	return s->port_first <= s->port_last;
}

static bool selector_intersect(struct selector *ret, const struct selector *a,
			       const struct selector *b)
{
	struct selector s = { .protocol = a->protocol ? a->protocol : b->protocol };

	if (a->first.family != b->first.family)
		return false;
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return false;
	if (!ports_intersect(&s, a, b))
		return false;
	s.first = ip_compare(&a->first, &b->first) > 0 ? a->first : b->first;
	s.last = ip_compare(&a->last, &b->last) < 0 ? a->last : b->last;
	if (ip_compare(&s.first, &s.last) > 0)
		return false;
	*ret = s;
	return true;
}

size_t selectors_resolve(struct selector *ret, size_t max, const struct selector_config *config,
			 size_t count, const struct ip *own)
{
	size_t n = 0;

	for (size_t i = 0; i < count && n < max; i++) {
		struct selector s = config[i].selector;

		if (config[i].dynamic) {
			if (own->family == IP_NONE)
				continue;
			s.first = *own;
			s.last = *own;
		}
		ret[n++] = s;
	}
	return n;
}

/* Keeps the list free of selectors that others hold; a wider one takes the place of the first it
 * holds. */
static size_t selectors_add(struct selector *list, size_t max, size_t count,
			    const struct selector *s)
{
	size_t kept = 0;
	bool placed = false;

	for (size_t i = 0; i < count; i++) {
		if (selector_within(s, &list[i]))
			return count;
	}
	for (size_t i = 0; i < count; i++) {
		if (!selector_within(&list[i], s)) {
			list[kept++] = list[i];
		} else if (!placed) {
			list[kept++] = *s;
			placed = true;
		}
	}
	if (!placed && kept < max)
		list[kept++] = *s;
	return kept;
}

static bool is_one_packet(const struct selector *s)
{
	return ip_equal(&s->first, &s->last) && s->port_first == s->port_last;
}

size_t selectors_narrow(struct selector *ret, size_t max, const struct selector *ours,
			size_t ours_count, const struct selector *theirs, size_t theirs_count,
			bool *ret_narrowed)
{
	size_t count = 0;

	/* RFC7296 2.9: the packet that made them ask must be in what they get, so it goes in first.
	 */
	if (theirs_count > 0 && is_one_packet(&theirs[0]) &&
	    selectors_within(theirs, 1, ours, ours_count))
		count = selectors_add(ret, max, count, &theirs[0]);
	for (size_t i = 0; i < ours_count; i++) {
		for (size_t j = 0; j < theirs_count; j++) {
			struct selector s;

			if (selector_intersect(&s, &ours[i], &theirs[j]))
				count = selectors_add(ret, max, count, &s);
		}
	}
	*ret_narrowed = !selectors_within(theirs, theirs_count, ret, count);
	return count;
}

bool selectors_within(const struct selector *inner, size_t inner_count,
		      const struct selector *outer, size_t outer_count)
{
	for (size_t i = 0; i < inner_count; i++) {
		size_t j = 0;

		while (j < outer_count && !selector_within(&inner[i], &outer[j]))
			j++;
		if (j == outer_count)
			return false;
	}
	return true;
}

static void text_protocol(struct text *t, uint8_t protocol)
{
	switch (protocol) {
	case PROTO_ICMP:
		text_put(t, "icmp");
		break;
	case PROTO_TCP:
		text_put(t, "tcp");
		break;
	case PROTO_UDP:
		text_put(t, "udp");
		break;
	case PROTO_ICMPV6:
		text_put(t, "ipv6-icmp");
		break;
	default:
		text_u64(t, protocol);
	}
}

/* RFC7296 3.13.1: of ICMP, a "port" is type and code. */
static void text_port(struct text *t, uint8_t protocol, uint16_t port)
{
	if (protocol != PROTO_ICMP && protocol != PROTO_ICMPV6) {
		text_u64(t, port);
		return;
	}
	text_u64(t, port >> 8);
	if (port & 0xff) {
		text_char(t, '(');
		text_u64(t, port & 0xff);
		text_char(t, ')');
	}
}

static void text_ports(struct text *t, const struct selector *s)
{
	if (ports_opaque(s)) {
		text_put(t, "OPAQUE");
		return;
	}
	text_port(t, s->protocol, s->port_first);
	if (s->port_first != s->port_last) {
		text_char(t, '-');
		text_port(t, s->protocol, s->port_last);
	}
}

void text_selector(struct text *t, const struct selector *s)
{
	struct prefix prefix;

	if (prefix_of_range(&prefix, &s->first, &s->last)) {
		text_prefix(t, &prefix);
	} else {
		text_ip(t, &s->first);
		text_put(t, "..");
		text_ip(t, &s->last);
	}
	if (s->protocol == 0 && ports_any(s))
		return;
	text_char(t, '[');
	text_protocol(t, s->protocol);
	if (!ports_any(s)) {
		text_char(t, '/');
		text_ports(t, s);
	}
	text_char(t, ']');
}

void text_selectors(struct text *t, const struct selector *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		text_put(t, i ? " " : "");
		text_selector(t, &s[i]);
	}
}
