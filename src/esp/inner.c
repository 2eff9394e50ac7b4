/* SPDX-License-Identifier: Apache-2.0 */
#include "inner.h"

#include "ip_header.h"
#include "reader.h"

enum {
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_OPTIONS = 60,
	EXT_MOBILITY = 135,
};

#define ICMP_HEADER 8
enum {
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
	ICMPV6_ERROR_FIRST = 1, /* destination unreachable, too big, time exceeded, parameter */
	ICMPV6_ERROR_LAST = 4,
};

bool protocol_has_ports(uint8_t protocol)
{
	return protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP || protocol == IP_PROTO_SCTP ||
	       protocol == IP_PROTO_DCCP || protocol == IP_PROTO_UDPLITE;
}

/* The ports at the head of the upper layer. Too short for them means none: only ANY selects it
 * then. */
static void ports_parse(struct inner *in, struct reader r)
{
	if (protocol_has_ports(in->protocol)) {
		in->src_port = reader_u16(&r);
		in->dst_port = reader_u16(&r);
		in->has_ports = reader_ok(&r);
	} else if (in->protocol == IP_PROTO_ICMP || in->protocol == IP_PROTO_ICMPV6) {
		/* RFC7296 3.13.1: type is the high octet, code the low one */
		in->src_port = in->dst_port = reader_u16(&r);
		in->has_ports = reader_ok(&r);
	}
}

/* whole: all of the packet is there. */
static enum err v4_parse(struct inner *ret, struct span packet, bool whole)
{
	struct reader r = reader_of(packet);
	struct inner in = { 0 };
	uint8_t header_len = (uint8_t)((reader_u8(&r) & 0x0f) * 4);
	uint16_t fragment;
	enum err err;

	reader_skip(&r, 1);
	in.len = reader_u16(&r);
	reader_skip(&r, 2);
	fragment = reader_u16(&r);
	reader_skip(&r, 1);
	in.protocol = reader_u8(&r);
	reader_skip(&r, 2);
	TRY_THAT(reader_left(&r) >= 8, ERR_TRUNCATED);
	TRY(ip_from_bytes(&in.src, reader_take(&r, 4)));
	TRY(ip_from_bytes(&in.dst, reader_take(&r, 4)));
	TRY_THAT(header_len >= IPV4_HEADER && in.len >= header_len, ERR_LENGTH);
	TRY_THAT(!whole || in.len <= packet.len, ERR_TRUNCATED);
	/* RFC4301 7: only the first fragment tells its ports */
	if ((fragment & 0x1fff) == 0)
		ports_parse(&in, reader_of(span_tail(span_head(packet, in.len), header_len)));
	*ret = in;
	err = ERR_OK;
out:
	return err;
}

/* Steps over one extension header; *ret_later when it makes the rest a later fragment. */
static void extension_skip(struct reader *r, uint8_t kind, uint8_t *ret_next, bool *ret_later)
{
	uint8_t next = reader_u8(r), len = reader_u8(r);

	*ret_next = next;
	if (kind == EXT_FRAGMENT) {
		*ret_later = (reader_u16(r) & 0xfff8) != 0;
		reader_skip(r, 4);
	} else if (kind == IP_PROTO_AH) {
		reader_skip(r, ((size_t)len + 2) * 4 - 2);
	} else {
		reader_skip(r, ((size_t)len + 1) * 8 - 2);
	}
}

static bool is_extension(uint8_t kind)
{
	return kind == EXT_HOP_BY_HOP || kind == EXT_ROUTING || kind == EXT_FRAGMENT ||
	       kind == IP_PROTO_AH || kind == EXT_OPTIONS || kind == EXT_MOBILITY;
}

/* The upper layer's protocol and ports, behind the extension headers. */
static enum err v6_upper(struct inner *in, struct reader r)
{
	bool later = false;
	enum err err = ERR_OK;

	for (unsigned i = 0; is_extension(in->protocol) && !later; i++) {
		TRY_THAT(i < IPV6_EXTENSIONS_MAX, ERR_TOO_MANY);
		extension_skip(&r, in->protocol, &in->protocol, &later);
		TRY_THAT(reader_ok(&r), ERR_SYNTAX);
	}
	if (!later)
		ports_parse(in, r);
out:
	return err;
}

static enum err v6_parse(struct inner *ret, struct span packet, bool whole)
{
	struct reader r = reader_of(packet);
	struct inner in = { 0 };
	size_t payload_len;
	enum err err;

	reader_skip(&r, 4);
	payload_len = reader_u16(&r);
	in.protocol = reader_u8(&r);
	reader_skip(&r, 1);
	TRY_THAT(reader_left(&r) >= 32, ERR_TRUNCATED);
	TRY(ip_from_bytes(&in.src, reader_take(&r, 16)));
	TRY(ip_from_bytes(&in.dst, reader_take(&r, 16)));
	TRY_THAT(!whole || payload_len <= reader_left(&r), ERR_TRUNCATED);
	in.len = IPV6_HEADER + payload_len;
	TRY(v6_upper(&in, reader_of(span_head(span_tail(packet, IPV6_HEADER), payload_len))));
	*ret = in;
	err = ERR_OK;
out:
	return err;
}

enum err inner_of(struct inner *ret, const struct ip *src, const struct ip *dst,
		  uint8_t next_header, struct span payload)
{
	struct inner in = { .src = *src, .dst = *dst, .protocol = next_header };
	enum err err = ERR_OK;

	if (src->family == IP_V6)
		err = v6_upper(&in, reader_of(payload));
	else
		ports_parse(&in, reader_of(payload));
	if (err == ERR_OK)
		*ret = in;
	return err;
}

static enum err parse(struct inner *ret, struct span packet, bool whole)
{
	struct reader r = reader_of(packet);
	uint8_t version = reader_u8(&r) >> 4;

	if (!reader_ok(&r))
		return ERR_TRUNCATED;
	if (version == 4)
		return v4_parse(ret, packet, whole);
	if (version == 6)
		return v6_parse(ret, packet, whole);
	return ERR_VERSION;
}

enum err inner_parse(struct inner *ret, struct span packet)
{
	return parse(ret, packet, true);
}

/* Where the ICMP error begins; 0: the packet is none. */
static size_t icmp_error_find(const struct inner *in, struct span packet)
{
	struct reader r = reader_of(packet);
	uint8_t type = (uint8_t)(in->src_port >> 8), first = reader_u8(&r);

	if (!in->has_ports) /* a later fragment, or not even a type */
		return 0;
	if (in->src.family == IP_V4) {
		if (in->protocol != IP_PROTO_ICMP)
			return 0;
		if (type != ICMP_UNREACHABLE && type != ICMP_SOURCE_QUENCH &&
		    type != ICMP_TIME_EXCEEDED && type != ICMP_PARAMETER)
			return 0;
		return (size_t)(first & 0x0f) * 4;
	}
	reader_skip(&r, 5);
	/* Behind extension headers nobody sends any. */
	if (reader_u8(&r) != IP_PROTO_ICMPV6)
		return 0;
	return type >= ICMPV6_ERROR_FIRST && type <= ICMPV6_ERROR_LAST ? IPV6_HEADER : 0;
}

bool inner_quoted(struct inner *ret, const struct inner *in, struct span packet)
{
	size_t at = icmp_error_find(in, packet);
	struct inner quoted;

	packet = span_head(packet, in->len);
	if (at == 0 || parse(&quoted, span_tail(packet, at + ICMP_HEADER), false) != ERR_OK)
		return false;
	if (quoted.src.family != in->src.family || !ip_equal(&quoted.src, &in->dst))
		return false;
	*ret = quoted;
	return true;
}
