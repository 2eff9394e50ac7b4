/* SPDX-License-Identifier: Apache-2.0 */
#include "transport.h"

#include "bounds.h"
#include "writer.h"

enum { TCP_SUM_AT = 16, UDP_SUM_AT = 6, ICMPV6_SUM_AT = 2 };

enum err transport_strip(struct esp_buffer *b, uint8_t *ret_next_header)
{
	struct ip_header h;
	enum err err;

	TRY(ip_header_parse(&h, span_of(&b->data[b->start], b->len)));
	/* RFC4303 3.1.1: options and such headers stay in front of ESP, where our sockets put none */
	TRY_THAT(!h.fragment && h.len == ip_header_len(h.family), ERR_UNSUPPORTED);
	b->start += h.len;
	b->len = h.packet_len - h.len;
	*ret_next_header = h.next_header;
out:
	return err;
}

enum err transport_header(uint8_t ret[IPV6_HEADER], const struct ip *src, const struct ip *dst,
			  uint8_t next_header, uint8_t tos, size_t payload_len)
{
	size_t len = ip_header_len(src->family) + payload_len;

	if (len > PACKET_MAX)
		return ERR_LENGTH;
	ip_header_build(ret, src, dst, next_header, (struct outer){ .tos = tos, .df = true }, len);
	return ERR_OK;
}

/* Where the checksum over the addresses is; false: there is none. */
static bool sum_find(uint8_t protocol, uint8_t family, size_t *ret)
{
	switch (protocol) {
	case IP_PROTO_TCP:
		*ret = TCP_SUM_AT;
		return true;
	case IP_PROTO_UDP:
		*ret = UDP_SUM_AT;
		return true;
	case IP_PROTO_ICMPV6:
		*ret = ICMPV6_SUM_AT;
		return family == IP_V6;
	default:
		return false;
	}
}

/*
 * RFC3948 3.1.2: anew, since the ICV has said already that nothing changed; that needs no word of
 * the addresses before.
 */
void transport_checksum(const struct ip *src, const struct ip *dst, uint8_t next_header,
			uint8_t *payload, size_t len)
{
	uint8_t rest[4];
	struct writer w = writer_of(rest, sizeof(rest));
	uint32_t sum;
	uint16_t folded;
	size_t at;

	if (!sum_find(next_header, src->family, &at) || len < at + 2)
		return;
	if (next_header == IP_PROTO_UDP && payload[at] == 0 && payload[at + 1] == 0)
		return; /* RFC 768: the sender made none */
	writer_u16(&w, (uint16_t)len);
	writer_u16(&w, next_header);
	payload[at] = payload[at + 1] = 0;
	sum = internet_sum(0, ip_span(src));
	sum = internet_sum(sum, ip_span(dst));
	sum = internet_sum(sum, writer_span(&w));
	folded = internet_sum_fold(internet_sum(sum, span_of(payload, len)));
	if (next_header == IP_PROTO_UDP && folded == 0)
		folded = 0xffff;
	w = writer_of(payload + at, 2);
	writer_u16(&w, folded);
}
