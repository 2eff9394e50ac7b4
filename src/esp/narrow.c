/* SPDX-License-Identifier: Apache-2.0 */
#include "narrow.h"

#include "ip_header.h"
#include "reader.h"
#include "require.h"
#include "writer.h"

#define V4_CHECKSUM_AT 10
#define ICMP_HEADER 8
#define TCP_CHECKSUM_AT 16
#define TTL 64

enum { FLAG_DF = 0x4000, FLAG_MF = 0x2000, OFFSET_BITS = 0x1fff };
enum { ICMP_UNREACHABLE = 3, ICMP_FRAG_NEEDED = 4, ICMPV6_TOO_BIG = 2 };
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_COPIED = 0x80, TCP_OPTION_MSS = 2 };
enum { TCP_SYN = 0x02, TCP_HEADER = 20 };

static uint16_t checksum_of(struct span bytes, uint32_t sum)
{
	return internet_sum_fold(internet_sum(sum, bytes));
}

static bool is_v4(struct span packet)
{
	return packet.len > 0 && packet.data[0] >> 4 == 4;
}

static void put16(uint8_t *at, uint16_t value)
{
	struct writer w = writer_of(at, 2);

	writer_u16(&w, value);
}

/* Telling the sender */

/* An address that is one host's, so that it can be a source. */
static bool is_unicast(const struct ip *ip)
{
	if (ip->family == IP_V4)
		return ip->bytes[0] != 0 && ip->bytes[0] < 224;
	return ip->bytes[0] != 0xff && (ip->bytes[0] != 0 || ip->bytes[15] != 0);
}

static bool is_answered(const struct inner *in, struct span packet)
{
	uint8_t type = (uint8_t)(in->src_port >> 8);

	if (!is_unicast(&in->src) || !is_unicast(&in->dst))
		return false;
	if (in->src.family == IP_V4) {
		struct reader r = reader_of(packet);

		reader_skip(&r, 6);
		if (reader_u16(&r) & OFFSET_BITS)
			return false;
		return in->protocol != IP_PROTO_ICMP ||
		       (in->has_ports && (type == 0 || type == 8 || type > 12));
	}
	return in->protocol != IP_PROTO_ICMPV6 || (in->has_ports && type >= 128);
}

static void v4_tell(struct writer *w, const struct inner *in, struct span packet, size_t mtu)
{
	struct span kept = span_head(packet, NARROW_V4_MIN - IPV4_HEADER - ICMP_HEADER);
	size_t icmp;

	writer_u16(w, 0x4500);
	writer_u16(w, (uint16_t)(IPV4_HEADER + ICMP_HEADER + kept.len));
	writer_u32(w, 0);
	writer_u8(w, TTL);
	writer_u8(w, IP_PROTO_ICMP);
	writer_u16(w, 0);
	writer_put(w, ip_span(&in->dst));
	writer_put(w, ip_span(&in->src));
	writer_patch16(w, V4_CHECKSUM_AT, checksum_of(writer_span(w), 0));
	icmp = w->len;
	writer_u8(w, ICMP_UNREACHABLE);
	writer_u8(w, ICMP_FRAG_NEEDED);
	writer_u32(w, 0);
	writer_u16(w, (uint16_t)mtu); /* RFC1191 4 */
	writer_put(w, kept);
	writer_patch16(w, icmp + 2, checksum_of(span_tail(writer_span(w), icmp), 0));
}

static void v6_tell(struct writer *w, const struct inner *in, struct span packet, size_t mtu)
{
	/* RFC4443 3.2: as much of the packet as fits 1280 */
	struct span kept = span_head(packet, NARROW_V6_MIN - IPV6_HEADER - ICMP_HEADER);
	size_t len = ICMP_HEADER + kept.len;
	struct span message;

	writer_u32(w, UINT32_C(6) << 28);
	writer_u16(w, (uint16_t)len);
	writer_u8(w, IP_PROTO_ICMPV6);
	writer_u8(w, TTL);
	writer_put(w, ip_span(&in->dst));
	writer_put(w, ip_span(&in->src));
	writer_u16(w, ICMPV6_TOO_BIG << 8);
	writer_u16(w, 0);
	writer_u32(w, (uint32_t)mtu);
	writer_put(w, kept);
	/* The addresses, as in the pseudo-header, and all behind them. */
	message = span_tail(writer_span(w), 8);
	writer_patch16(w, IPV6_HEADER + 2, checksum_of(message, (uint32_t)len + IP_PROTO_ICMPV6));
}

size_t narrow_tell(struct span packet, size_t mtu, uint8_t *ret_message)
{
	struct writer w = writer_of(ret_message, NARROW_ICMP_MAX);
	struct inner in;

	if (inner_parse(&in, packet) != ERR_OK || !is_answered(&in, packet))
		return 0;
	packet = span_head(packet, in.len);
	if (in.src.family == IP_V4)
		v4_tell(&w, &in, packet, mtu > NARROW_V4_MIN ? mtu : NARROW_V4_MIN);
	else /* RFC8201 4: of less its sender would discard the news */
		v6_tell(&w, &in, packet, mtu > NARROW_V6_MIN ? mtu : NARROW_V6_MIN);
	return writer_end(&w) == ERR_OK ? w.len : 0;
}

/* Fragments */

enum err narrow_cut_begin(struct narrow_cut *ret, struct span packet, size_t mtu)
{
	struct reader r = reader_of(packet);
	size_t header_len = (size_t)(reader_u8(&r) & 0x0f) * 4;
	uint16_t flags;

	reader_skip(&r, 5);
	flags = reader_u16(&r);
	if (!is_v4(packet) || !reader_ok(&r) || flags & FLAG_DF || packet.len <= header_len ||
	    mtu < header_len + 8)
		return ERR_UNSUPPORTED;
	*ret = (struct narrow_cut){ .packet = packet, .header_len = header_len,
				    .room = (mtu - header_len) / 8 * 8 };
	return ERR_OK;
}

/* RFC791 3.1: in later fragments only options with the copied flag; others become nothing */
static void options_thin(struct writer *w, struct span options)
{
	struct reader r = reader_of(options);

	while (reader_left(&r) > 0) {
		uint8_t kind = reader_u8(&r), len = 2;
		struct span body;

		if (kind == OPTION_END || kind == OPTION_NOP) {
			writer_u8(w, kind);
			if (kind == OPTION_NOP)
				continue;
			writer_zero(w, reader_left(&r));
			return;
		}
		len = reader_u8(&r);
		body = reader_take(&r, len >= 2 ? (size_t)len - 2 : 0);
		if (!reader_ok(&r) || len < 2) { /* no options at all */
			writer_zero(w, options.len + IPV4_HEADER - w->len);
			return;
		}
		if (kind & OPTION_COPIED) {
			writer_u8(w, kind);
			writer_u8(w, len);
			writer_put(w, body);
		} else {
			for (uint8_t i = 0; i < len; i++)
				writer_u8(w, OPTION_NOP);
		}
	}
}

size_t narrow_cut_next(struct narrow_cut *c, uint8_t *ret_fragment)
{
	struct span header = span_head(c->packet, c->header_len);
	struct span rest = span_tail(c->packet, c->header_len + c->at);
	struct span part = span_head(rest, c->room);
	struct writer w = writer_of(ret_fragment, c->header_len + c->room);
	struct reader r = reader_of(header);
	uint16_t word;

	if (rest.len == 0)
		return 0;
	reader_skip(&r, 6);
	word = reader_u16(&r);
	writer_put(&w, span_head(header, IPV4_HEADER));
	if (c->at == 0)
		writer_put(&w, span_tail(header, IPV4_HEADER));
	else
		options_thin(&w, span_tail(header, IPV4_HEADER));
	writer_put(&w, part);
	writer_patch16(&w, 2, c->header_len + part.len);
	/* RFC791 3.2: the packet may be a fragment itself */
	word = (uint16_t)(word + c->at / 8);
	if (part.len < rest.len)
		word |= FLAG_MF;
	writer_patch16(&w, 6, word);
	writer_patch16(&w, V4_CHECKSUM_AT, 0);
	writer_patch16(&w, V4_CHECKSUM_AT,
		       checksum_of(span_head(writer_span(&w), c->header_len), 0));
	c->at += part.len;
	REQUIRE(!w.overflow);
	return w.len;
}

/* MSS */

/* The offset of its value in a SYN's options, 0: there is none. */
static size_t mss_find(struct span options)
{
	struct reader r = reader_of(options);

	while (reader_left(&r) > 0) {
		uint8_t kind = reader_u8(&r), len;

		if (kind == OPTION_NOP)
			continue;
		len = reader_u8(&r);
		if (kind == OPTION_END || !reader_ok(&r) || len < 2)
			return 0;
		if (kind == TCP_OPTION_MSS)
			return len == 4 && reader_left(&r) >= 2 ? options.len - reader_left(&r) : 0;
		reader_skip(&r, (size_t)len - 2);
	}
	return 0;
}

/* Where TCP begins; 0: it is none, or not its first fragment. */
static size_t tcp_find(struct span packet)
{
	struct inner in;
	struct reader r = reader_of(packet);
	size_t at = IPV6_HEADER;

	if (inner_parse(&in, packet) != ERR_OK || in.protocol != IP_PROTO_TCP || !in.has_ports)
		return 0;
	if (is_v4(packet))
		return (size_t)(reader_u8(&r) & 0x0f) * 4;
	reader_skip(&r, 6);
	/* With extension headers it is left alone: SYNs have none. */
	return reader_u8(&r) == IP_PROTO_TCP ? at : 0;
}

void narrow_mss(uint8_t *packet, size_t len, size_t mss)
{
	size_t tcp = tcp_find(span_of(packet, len)), head, at;
	struct span segment = span_tail(span_of(packet, len), tcp);
	struct reader r = reader_of(segment);
	uint16_t now, checksum;
	uint32_t sum;

	if (tcp == 0)
		return;
	reader_skip(&r, 12);
	head = (size_t)(reader_u8(&r) >> 4) * 4;
	if (!(reader_u8(&r) & TCP_SYN) || head < TCP_HEADER || head > segment.len)
		return;
	reader_skip(&r, 2);
	checksum = reader_u16(&r);
	at = mss_find(span_tail(span_head(segment, head), TCP_HEADER));
	if (at == 0)
		return;
	at += tcp + TCP_HEADER;
	r = reader_of(span_tail(span_of(packet, len), at));
	now = reader_u16(&r);
	if (now <= mss)
		return;
	put16(&packet[at], (uint16_t)mss);
	/* RFC 1624. A value at an odd place counts with its bytes the other way round. */
	if ((at - tcp) % 2) {
		now = (uint16_t)(now << 8 | now >> 8);
		mss = (uint16_t)(mss << 8 | mss >> 8);
	}
	sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~now + (uint16_t)mss;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(&packet[tcp + TCP_CHECKSUM_AT], (uint16_t)~sum);
}
