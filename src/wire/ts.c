/* SPDX-License-Identifier: Apache-2.0 */
/* The Traffic Selector payloads, RFC 7296 3.13. */
#include "payloads.h"

#include "require.h"

#define TS_HEADER_LEN 4   /* type, protocol, length: what every type has */
#define OPAQUE_FIRST 65535
#define OPAQUE_LAST 0

static enum err ip_read(struct ip *ret, struct reader *r, size_t len)
{
	struct span bytes = reader_take(r, len);

	return reader_ok(r) ? ip_from_bytes(ret, bytes) : ERR_SYNTAX;
}

/* *ret_known: false when the type is one we do not know; its length is checked all the same. */
static enum err selector_parse(struct selector *ret, struct reader *r, bool *ret_known)
{
	struct selector s = { 0 };
	uint8_t type = reader_u8(r);
	struct reader inner;
	uint16_t length;
	size_t ip_size;

	s.protocol = reader_u8(r);
	length = reader_u16(r);
	if (length < TS_HEADER_LEN)
		return ERR_SYNTAX;
	inner = reader_sub(r, length - (size_t)TS_HEADER_LEN);
	if (!reader_ok(r))
		return ERR_SYNTAX;
	*ret_known = type == TS_IPV4_ADDR_RANGE || type == TS_IPV6_ADDR_RANGE;
	if (!*ret_known)
		return ERR_OK;
	ip_size = type == TS_IPV4_ADDR_RANGE ? 4 : 16;
	s.port_first = reader_u16(&inner);
	s.port_last = reader_u16(&inner);
	if (ip_read(&s.first, &inner, ip_size) || ip_read(&s.last, &inner, ip_size))
		return ERR_SYNTAX;
	if (reader_end(&inner) || ip_compare(&s.first, &s.last) > 0)
		return ERR_SYNTAX;
	/* RFC7296 3.13.1: the one inverted range that means something is OPAQUE. */
	if (s.port_first > s.port_last &&
	    (s.port_first != OPAQUE_FIRST || s.port_last != OPAQUE_LAST))
		return ERR_SYNTAX;
	*ret = s;
	return ERR_OK;
}

enum err ts_parse(struct selectors *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct selectors ts = { 0 };
	uint8_t offered = reader_u8(&r);

	reader_skip(&r, 3);
	if (offered == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < offered; i++) {
		struct selector s;
		bool known = false;

		if (selector_parse(&s, &r, &known))
			return ERR_SYNTAX;
		if (known && ts.count < TS_OFFERED_MAX)
			ts.items[ts.count++] = s;
	}
	if (reader_end(&r))
		return ERR_SYNTAX;
	*ret = ts;
	return ERR_OK;
}

static void selector_build(struct writer *w, const struct selector *s)
{
	size_t ip_size = ip_len(&s->first);

	REQUIRE(ip_size > 0 && s->first.family == s->last.family);
	writer_u8(w, s->first.family == IP_V4 ? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE);
	writer_u8(w, s->protocol);
	writer_u16(w, (uint16_t)(TS_HEADER_LEN + 4 + 2 * ip_size));
	writer_u16(w, s->port_first);
	writer_u16(w, s->port_last);
	writer_put(w, ip_span(&s->first));
	writer_put(w, ip_span(&s->last));
}

void ts_build(struct chain *c, uint8_t payload, const struct selector *items, size_t count)
{
	REQUIRE(payload == PAYLOAD_TSI || payload == PAYLOAD_TSR);
	REQUIRE(count > 0 && count <= UINT8_MAX);
	payload_begin(c, payload, false);
	writer_u8(c->w, (uint8_t)count);
	writer_zero(c->w, 3);
	for (size_t i = 0; i < count; i++)
		selector_build(c->w, &items[i]);
	payload_end(c);
}
