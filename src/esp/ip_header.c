/* SPDX-License-Identifier: Apache-2.0 */
#include "ip_header.h"

#include "reader.h"
#include "require.h"
#include "writer.h"

#define ROUTING_FIXED 4
#define HOP_LIMIT 64

enum { V4_LEN_AT = 2, V4_ID_AT = 4, V4_FRAGMENT_AT = 6, V4_TTL_AT = 8, V4_PROTOCOL_AT = 9, V4_SUM_AT = 10 };
enum { V6_LEN_AT = 4, V6_NEXT_AT = 6, V6_HOPS_AT = 7 };
enum { EXT_HOP_BY_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_OPTIONS = 60 };

/* RFC 791 and IANA's registry of options. */
enum {
	OPTION_END = 0, OPTION_NOP = 1, OPTION_SECURITY = 130, OPTION_LSRR = 131,
	OPTION_EXTENDED_SECURITY = 133, OPTION_COMMERCIAL_SECURITY = 134, OPTION_SSRR = 137,
	OPTION_ROUTER_ALERT = 148, OPTION_DIRECTED_BROADCAST = 149,
};

/* One IPv4 option; false at the end of the list. *ret_len is 0 when it is none. */
static bool v4_option(struct reader *r, uint8_t *ret_type, size_t *ret_len)
{
	uint8_t len;

	if (reader_left(r) == 0)
		return false;
	*ret_type = reader_u8(r);
	*ret_len = 1;
	if (*ret_type == OPTION_END)
		return false;
	if (*ret_type == OPTION_NOP)
		return true;
	len = reader_u8(r);
	*ret_len = len >= 2 ? len : 0;
	reader_skip(r, len >= 2 ? len - (size_t)2 : 0);
	if (!reader_ok(r))
		*ret_len = 0;
	return true;
}

/* RFC4302 A1 */
static bool v4_option_is_immutable(uint8_t type)
{
	return type == OPTION_END || type == OPTION_NOP || type == OPTION_SECURITY ||
	       type == OPTION_EXTENDED_SECURITY || type == OPTION_COMMERCIAL_SECURITY ||
	       type == OPTION_ROUTER_ALERT || type == OPTION_DIRECTED_BROADCAST;
}

static enum err v4_parse(struct ip_header *ret, struct span packet)
{
	struct ip_header h = { .family = IP_V4, .next_at = V4_PROTOCOL_AT };
	struct reader r = reader_of(packet), options;
	uint8_t type;
	size_t option;
	enum err err;

	h.len = (size_t)(reader_u8(&r) & 0x0f) * 4;
	reader_skip(&r, 1);
	h.packet_len = reader_u16(&r);
	reader_skip(&r, 2);
	h.fragment = (reader_u16(&r) & 0x3fff) != 0;
	reader_skip(&r, 1);
	h.next_header = reader_u8(&r);
	reader_skip(&r, 2);
	TRY_THAT(reader_left(&r) >= 8, ERR_TRUNCATED);
	TRY(ip_from_bytes(&h.src, reader_take(&r, 4)));
	TRY(ip_from_bytes(&h.dst, reader_take(&r, 4)));
	TRY_THAT(h.len >= IPV4_HEADER && h.packet_len >= h.len, ERR_LENGTH);
	TRY_THAT(h.packet_len <= packet.len, ERR_TRUNCATED);
	options = reader_sub(&r, h.len - IPV4_HEADER);
	while (v4_option(&options, &type, &option)) {
		TRY_THAT(option > 0, ERR_SYNTAX);
		h.routed |= type == OPTION_LSRR || type == OPTION_SSRR;
	}
	*ret = h;
	err = ERR_OK;
out:
	return err;
}

/* Whether AH or ESP goes behind it (RFC4302 3.1.1, RFC4303 3.1.1). Destination options may stand on
 * either side; ours are behind, others' where they are. */
static bool goes_before(uint8_t kind, struct reader rest)
{
	uint8_t next;

	if (kind != EXT_OPTIONS)
		return kind == EXT_HOP_BY_HOP || kind == EXT_ROUTING;
	next = reader_u8(&rest);
	return next == EXT_ROUTING || next == IP_PROTO_AH;
}

static enum err v6_parse(struct ip_header *ret, struct span packet)
{
	struct ip_header h = { .family = IP_V6, .len = IPV6_HEADER, .next_at = V6_NEXT_AT };
	struct reader r = reader_of(packet);
	enum err err;

	reader_skip(&r, V6_LEN_AT);
	h.packet_len = IPV6_HEADER + reader_u16(&r);
	h.next_header = reader_u8(&r);
	reader_skip(&r, 1);
	TRY_THAT(reader_left(&r) >= 32, ERR_TRUNCATED);
	TRY(ip_from_bytes(&h.src, reader_take(&r, 16)));
	TRY(ip_from_bytes(&h.dst, reader_take(&r, 16)));
	TRY_THAT(h.packet_len <= packet.len, ERR_TRUNCATED);
	r = reader_sub(&r, h.packet_len - IPV6_HEADER);
	for (unsigned i = 0; goes_before(h.next_header, r); i++) {
		uint8_t kind = h.next_header;
		size_t len;

		TRY_THAT(i < IPV6_EXTENSIONS_MAX, ERR_TOO_MANY);
		h.next_at = h.len;
		h.next_header = reader_u8(&r);
		len = (reader_u8(&r) + (size_t)1) * 8;
		if (kind == EXT_ROUTING) {
			reader_skip(&r, 1);
			h.routed |= reader_u8(&r) > 0; /* segments left */
			reader_skip(&r, len - ROUTING_FIXED);
		} else {
			reader_skip(&r, len - 2);
		}
		TRY_THAT(reader_ok(&r), ERR_SYNTAX);
		h.len += len;
	}
	h.fragment = h.next_header == EXT_FRAGMENT;
	*ret = h;
	err = ERR_OK;
out:
	return err;
}

enum err ip_header_parse(struct ip_header *ret, struct span packet)
{
	struct reader r = reader_of(packet);
	uint8_t version = reader_u8(&r) >> 4;

	if (!reader_ok(&r))
		return ERR_TRUNCATED;
	if (version == 4)
		return v4_parse(ret, packet);
	return version == 6 ? v6_parse(ret, packet) : ERR_VERSION;
}

static void put16(uint8_t *packet, size_t at, uint16_t value)
{
	struct writer w = writer_of(packet + at, 2);

	writer_u16(&w, value);
}

void ip_header_set(uint8_t *packet, const struct ip_header *h, uint8_t next_header, size_t len)
{
	packet[h->next_at] = next_header;
	if (h->family == IP_V4)
		put16(packet, V4_LEN_AT, (uint16_t)len);
	else
		put16(packet, V6_LEN_AT, (uint16_t)(len - IPV6_HEADER));
}

void ip_header_identify(uint8_t *packet, const struct ip_header *h, uint16_t number)
{
	if (h->family == IP_V4 && packet[V4_ID_AT] == 0 && packet[V4_ID_AT + 1] == 0)
		put16(packet, V4_ID_AT, number ? number : 1);
}

void ip_header_checksum(uint8_t *packet, const struct ip_header *h)
{
	size_t len = (size_t)(packet[0] & 0x0f) * 4;

	if (h->family != IP_V4)
		return;
	put16(packet, V4_SUM_AT, 0);
	put16(packet, V4_SUM_AT, internet_sum_fold(internet_sum(0, span_of(packet, len))));
}

static enum err v4_zero_mutable(uint8_t *packet, const struct ip_header *h)
{
	struct reader options = reader_of(span_of(packet + IPV4_HEADER, h->len - IPV4_HEADER));
	size_t at = IPV4_HEADER, len;
	uint8_t type;

	packet[1] = 0;
	memset(packet + V4_FRAGMENT_AT, 0, 2);
	packet[V4_TTL_AT] = 0;
	memset(packet + V4_SUM_AT, 0, 2);
	while (v4_option(&options, &type, &len)) {
		if (len == 0)
			return ERR_SYNTAX;
		if (!v4_option_is_immutable(type))
			memset(packet + at, 0, len);
		at += len;
	}
	return ERR_OK;
}

/* RFC8200 4.2: the third bit of an option's type says that its data may change */
static enum err v6_options_zero(uint8_t *options, size_t options_len)
{
	struct reader r = reader_of(span_of(options, options_len));

	while (reader_left(&r) > 0) {
		uint8_t type = reader_u8(&r), len;
		size_t at;

		if (type == 0) /* Pad1 */
			continue;
		len = reader_u8(&r);
		at = options_len - reader_left(&r);
		reader_skip(&r, len);
		if (!reader_ok(&r))
			return ERR_SYNTAX;
		if (type & 0x20)
			memset(options + at, 0, len);
	}
	return ERR_OK;
}

static enum err v6_zero_mutable(uint8_t *packet, const struct ip_header *h)
{
	uint8_t kind = packet[V6_NEXT_AT];
	enum err err = ERR_OK;

	packet[0] = 0x60;
	memset(packet + 1, 0, 3);
	packet[V6_HOPS_AT] = 0;
	for (size_t at = IPV6_HEADER; err == ERR_OK && at < h->len;) {
		size_t len = (packet[at + 1] + (size_t)1) * 8;

		REQUIRE(len <= h->len - at);
		if (kind != EXT_ROUTING)
			err = v6_options_zero(packet + at + 2, len - 2);
		kind = packet[at];
		at += len;
	}
	return err;
}

enum err ip_header_zero_mutable(uint8_t *packet, const struct ip_header *h)
{
	return h->family == IP_V4 ? v4_zero_mutable(packet, h) : v6_zero_mutable(packet, h);
}

void ip_header_build(uint8_t *ret, const struct ip *src, const struct ip *dst, uint8_t next_header,
		     struct outer outer, size_t packet_len)
{
	struct ip_header h = { .family = src->family };
	struct writer w = writer_of(ret, ip_header_len(src->family));

	REQUIRE(src->family == dst->family);
	if (src->family == IP_V4) {
		writer_u8(&w, 0x45);
		writer_u8(&w, outer.tos);
		writer_u16(&w, (uint16_t)packet_len);
		writer_u32(&w, outer.df ? 0x4000 : 0); /* RFC 6864: no identification with DF */
		writer_u8(&w, HOP_LIMIT);
		writer_u8(&w, next_header);
		writer_u16(&w, 0);
	} else {
		writer_u32(&w, UINT32_C(6) << 28 | (uint32_t)outer.tos << 20);
		writer_u16(&w, (uint16_t)(packet_len - IPV6_HEADER));
		writer_u8(&w, next_header);
		writer_u8(&w, HOP_LIMIT);
	}
	writer_put(&w, ip_span(src));
	writer_put(&w, ip_span(dst));
	REQUIRE(writer_end(&w) == ERR_OK);
	ip_header_checksum(ret, &h);
}

uint32_t internet_sum(uint32_t sum, struct span bytes)
{
	struct reader r = reader_of(bytes);

	while (reader_left(&r) > 1)
		sum += reader_u16(&r); /* 65,535 bytes are too few to overflow 32 bits */
	if (reader_left(&r) == 1)
		sum += (uint32_t)reader_u8(&r) << 8;
	return sum;
}

uint16_t internet_sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
