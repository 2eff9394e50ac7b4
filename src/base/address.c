/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include "require.h"

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip){ .family = IP_V4, .bytes = { a, b, c, d } };
}

enum err ip_from_bytes(struct ip *ret, struct span bytes)
{
	struct ip ip = { .family = bytes.len == 4 ? IP_V4 : IP_V6 };

	if (bytes.len != 4 && bytes.len != 16)
		return ERR_LENGTH;
	memcpy(ip.bytes, bytes.data, bytes.len);
	*ret = ip;
	return ERR_OK;
}

/* A run of decimal digits up to max, without leading zeros beyond a single "0". */
static bool parse_decimal(const char **at, unsigned max, unsigned *ret)
{
	const char *p = *at;
	unsigned value = 0;

	if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (unsigned)(*p - '0');
		if (value > max)
			return false;
	}
	*at = p;
	*ret = value;
	return true;
}

static bool parse_v4(const char **at, uint8_t bytes[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned value;

		if (i > 0 && *(*at)++ != '.')
			return false;
		if (!parse_decimal(at, 255, &value))
			return false;
		bytes[i] = (uint8_t)value;
	}
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool parse_group(const char **at, uint8_t bytes[2])
{
	unsigned value = 0;
	int digits = 0;

	for (; hex_value(**at) >= 0; (*at)++) {
		if (++digits > 4)
			return false;
		value = value << 4 | (unsigned)hex_value(**at);
	}
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	return digits > 0;
}

/* Only the tail of an IPv6 address may be written as IPv4. */
static bool looks_v4(const char *at)
{
	while (hex_value(*at) >= 0)
		at++;
	return *at == '.';
}

static bool parse_v6(const char **at, uint8_t bytes[16])
{
	int len = 0, gap = -1;
	const char *p = *at;

	if (p[0] == ':' && p[1] == ':') {
		gap = 0;
		p += 2;
	}
	while (len < 16 && (hex_value(*p) >= 0)) {
		if (looks_v4(p)) {
			if (len > 12 || !parse_v4(&p, bytes + len))
				return false;
			len += 4;
			break;
		}
		if (!parse_group(&p, bytes + len))
			return false;
		len += 2;
		if (*p != ':')
			break;
		p++;
		if (*p == ':') {
			if (gap >= 0)
				return false;
			gap = len;
			p++;
		} else if (hex_value(*p) < 0) {
			return false;
		}
	}
	if (gap < 0 ? len != 16 : len > 14)
		return false;
	if (gap >= 0) {
		memmove(bytes + 16 - (len - gap), bytes + gap, (size_t)(len - gap));
		memset(bytes + gap, 0, (size_t)(16 - len));
	}
	*at = p;
	return true;
}

static enum err parse_ip(struct ip *ret, const char **at)
{
	struct ip ip = { 0 };

	if (looks_v4(*at)) {
		ip.family = IP_V4;
		if (!parse_v4(at, ip.bytes))
			return ERR_SYNTAX;
	} else {
		ip.family = IP_V6;
		if (!parse_v6(at, ip.bytes))
			return ERR_SYNTAX;
	}
	*ret = ip;
	return ERR_OK;
}

enum err ip_parse(struct ip *ret, const char *text)
{
	struct ip ip;

	if (parse_ip(&ip, &text) || *text != '\0')
		return ERR_SYNTAX;
	*ret = ip;
	return ERR_OK;
}

static uint8_t byte_mask(unsigned bits, size_t at)
{
	if (bits >= 8 * (at + 1))
		return 0xff;
	if (bits <= 8 * at)
		return 0;
	return (uint8_t)(0xff << (8 - (bits - 8 * at)));
}

enum err prefix_parse(struct prefix *ret, const char *text)
{
	struct prefix prefix = { 0 };
	unsigned max, bits;

	if (parse_ip(&prefix.ip, &text))
		return ERR_SYNTAX;
	max = (unsigned)ip_len(&prefix.ip) * 8;
	bits = max;
	if (*text == '/') {
		text++;
		if (!parse_decimal(&text, max, &bits))
			return ERR_SYNTAX;
	}
	if (*text != '\0')
		return ERR_SYNTAX;
	for (size_t i = 0; i < max / 8; i++)
		prefix.ip.bytes[i] &= byte_mask(bits, i);
	prefix.bits = (uint8_t)bits;
	*ret = prefix;
	return ERR_OK;
}

static unsigned group_of(const struct ip *ip, int i)
{
	return (unsigned)(ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1]);
}

/* RFC 5952: the longest run of two or more zero groups, the first of equals. */
static void longest_gap(const struct ip *ip, int *ret_start, int *ret_len)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && group_of(ip, i + len) == 0)
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
		i += len;
	}
	*ret_start = best;
	*ret_len = best < 0 ? 0 : best_len;
}

static void text_v6(struct text *t, const struct ip *ip)
{
	int gap, gap_len;

	longest_gap(ip, &gap, &gap_len);
	for (int i = 0; i < 8; i++) {
		unsigned group = group_of(ip, i);

		if (i == gap) {
			text_put(t, "::");
			i += gap_len - 1;
			continue;
		}
		if (i > 0 && i != gap + gap_len)
			text_char(t, ':');
		text_hex64(t, group, group > 0xfff ? 4 : group > 0xff ? 3 : group > 0xf ? 2 : 1);
	}
}

void text_ip(struct text *t, const struct ip *ip)
{
	if (ip->family == IP_V6) {
		text_v6(t, ip);
	} else if (ip->family == IP_V4) {
		for (int i = 0; i < 4; i++) {
			if (i > 0)
				text_char(t, '.');
			text_u64(t, ip->bytes[i]);
		}
	} else {
		text_put(t, "%any");
	}
}

void text_prefix(struct text *t, const struct prefix *prefix)
{
	text_ip(t, &prefix->ip);
	text_char(t, '/');
	text_u64(t, prefix->bits);
}

void text_endpoint(struct text *t, const struct endpoint *e)
{
	text_ip(t, &e->ip);
	text_char(t, '[');
	text_u64(t, e->port);
	text_char(t, ']');
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool ip_is_link_local(const struct ip *ip)
{
	return ip->family == IP_V6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_compare(a, b) == 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ip_equal(&a->ip, &b->ip);
}

bool path_equal(const struct path *a, const struct path *b)
{
	return endpoint_equal(&a->local, &b->local) && endpoint_equal(&a->remote, &b->remote) &&
	       a->interface == b->interface && a->encap == b->encap;
}

bool prefix_holds(const struct prefix *prefix, const struct ip *ip)
{
	if (prefix->ip.family != ip->family)
		return false;
	for (size_t i = 0; i < ip_len(ip); i++) {
		if ((ip->bytes[i] ^ prefix->ip.bytes[i]) & byte_mask(prefix->bits, i))
			return false;
	}
	return true;
}

struct ip prefix_last(const struct prefix *prefix)
{
	struct ip last = prefix->ip;

	for (size_t i = 0; i < ip_len(&last); i++)
		last.bytes[i] |= (uint8_t)~byte_mask(prefix->bits, i);
	return last;
}

bool prefix_of_range(struct prefix *ret, const struct ip *first, const struct ip *last)
{
	unsigned bits = 0, max = (unsigned)ip_len(first) * 8;
	struct prefix prefix = { .ip = *first };
	struct ip end;

	if (first->family != last->family || max == 0)
		return false;
	while (bits < max &&
	       ((first->bytes[bits / 8] ^ last->bytes[bits / 8]) >> (7 - bits % 8) & 1) == 0)
		bits++;
	prefix.bits = (uint8_t)bits;
	end = prefix_last(&prefix);
	for (size_t i = 0; i < max / 8; i++) {
		if (first->bytes[i] & (uint8_t)~byte_mask(bits, i))
			return false;
	}
	if (!ip_equal(&end, last))
		return false;
	*ret = prefix;
	return true;
}
