/* SPDX-License-Identifier: Apache-2.0 */
#include "esp.h"

#include "bounds.h"
#include "reader.h"
#include "registry.h"
#include "transport.h"

#define UDP_HEADER 8

enum err esp_init(struct esp *e, const struct crypto *c, struct memory *m, uint32_t child_sas)
{
	struct esp made = { .crypto = c };
	uint64_t salt[2] = { 0 };
	enum err err;

	TRY(crypto_random(c, (uint8_t *)salt, sizeof(salt)));
	TRY(sad_init(&made.sad, c, m, child_sas, salt));
	TRY(spd_init(&made.spd, m, child_sas, salt));
	*e = made;
	return ERR_OK;
out:
	sad_clear(&made.sad);
	return err;
}

void esp_clear(struct esp *e)
{
	uint32_t slot = 0;
	struct esp_sa *sa;

	if (!e->crypto)
		return;
	while ((sa = slab_next(&e->sad.sas, &slot)) != NULL)
		esp_remove(e, sa);
	spd_clear(&e->spd);
	sad_clear(&e->sad);
	*e = (struct esp){ 0 };
}

enum err esp_install(struct esp *e, const struct child_spec *spec, struct esp_sa **ret)
{
	struct esp_sa *sa = NULL;
	enum err err;

	TRY(sad_add(&e->sad, spec, &sa));
	TRY(spd_add(&e->spd, sa));
	*ret = sa;
	return ERR_OK;
out:
	if (sa)
		sad_remove(&e->sad, sa);
	return err;
}

void esp_remove(struct esp *e, struct esp_sa *sa)
{
	spd_remove(&e->spd, sa);
	sad_remove(&e->sad, sa);
}

static void count(struct esp_counters *c, enum err why)
{
	switch (why) {
	case ERR_INTEGRITY:
		c->integrity++;
		break;
	case ERR_REPLAY:
		c->replay++;
		break;
	case ERR_SELECTOR:
		c->selector++;
		break;
	case ERR_UNKNOWN_SPI:
	case ERR_NOT_FOUND:
		c->no_sa++;
		break;
	case ERR_LIMIT:
		c->exhausted++;
		break;
	case ERR_CANCELLED:
		c->congestion++;
		break;
	case ERR_SPACE:
		c->too_big++;
		break;
	default:
		if (err_kind(why) == ERR_KIND_PEER)
			c->malformed++;
		else
			c->failed++;
	}
}

static void count_drop(struct esp *e, struct esp_sa *sa, enum err why)
{
	count(&e->totals, why);
	if (sa)
		count(&sa->counters, why);
}

static void count_in(struct esp_counters *c, size_t bytes, nanos now)
{
	c->packets_in++;
	c->bytes_in += bytes;
	c->last_in = now;
}

static void count_out(struct esp_counters *c, size_t bytes, nanos now)
{
	c->packets_out++;
	c->bytes_out += bytes;
	c->last_out = now;
}

/* RFC4303 2.6, RFC4301 5.1.2: what a tunnel says its payload is */
static uint8_t tunnelled(const struct inner *inner)
{
	return inner->src.family == IP_V4 ? IP_PROTO_IPIP : IP_PROTO_IPV6;
}

/* Puts the packet into another, from host to host (RFC 4301 5.1.2). */
static enum err tunnel_header(const struct esp_sa *sa, struct esp_buffer *b, uint8_t next_header,
			      struct outer outer)
{
	const struct ip *src = &sa->path.local.ip, *dst = &sa->path.remote.ip;
	size_t len = ip_header_len(src->family);

	if (b->start < len || b->len + len > PACKET_MAX)
		return ERR_SPACE;
	b->start -= len;
	b->len += len;
	ip_header_build(&b->data[b->start], src, dst, next_header, outer, b->len);
	return ERR_OK;
}

static enum err transmit_esp(struct esp *e, struct esp_sa *sa, const struct inner *inner,
			     struct esp_buffer *b)
{
	uint8_t next_header = tunnelled(inner);
	enum err err;

	if (sa->mode == CHILD_TRANSPORT)
		TRY(transport_strip(b, &next_header));
	TRY(esp_seal(e->crypto, &sa->out, next_header, b));
	err = ERR_OK;
out:
	return err;
}

static enum err transmit_ah(struct esp *e, struct esp_sa *sa, const struct inner *inner,
			    struct esp_buffer *b, struct outer outer)
{
	enum err err;

	if (sa->mode == CHILD_TUNNEL)
		TRY(tunnel_header(sa, b, tunnelled(inner), outer));
	TRY(ah_seal(e->crypto, &sa->out, b));
	err = ERR_OK;
out:
	return err;
}

size_t esp_inner_max(const struct esp_sa *sa, size_t mtu)
{
	uint8_t family = sa->path.remote.ip.family;
	size_t header = ip_header_len(family), around = header, fits;
	bool tunnel = sa->mode == CHILD_TUNNEL;

	if (sa->protocol == PROTOCOL_AH) {
		around = ah_len(sa->out.suite.integ, family) + (tunnel ? header : 0);
		return mtu > around ? mtu - around : 0;
	}
	if (sa->path.encap)
		around += UDP_HEADER;
	fits = mtu > around ? esp_payload_max(&sa->out.suite, mtu - around) : 0;
	return fits > 0 && !tunnel ? fits + header : fits; /* its own header stays outside */
}

enum err esp_transmit(struct esp *e, struct esp_buffer *b, nanos now, struct esp_sa **ret_sa,
		      struct outer *ret_outer)
{
	struct inner inner;
	struct esp_sa *sa = NULL;
	struct outer outer;
	size_t plain_len;
	enum err err;

	e->too_long = 0;
	TRY(inner_parse(&inner, span_of(&b->data[b->start], b->len)));
	sa = spd_find(&e->spd, &inner);
	if (!sa)
		sa = spd_find_quoted(&e->spd, &inner, span_of(&b->data[b->start], b->len));
	TRY_THAT(sa, ERR_NOT_FOUND);
	if (sa->inner_max > 0 && inner.len > sa->inner_max) {
		e->too_long = sa->in.spi;
		return ERR_SPACE;
	}
	b->len = plain_len = inner.len;
	/* In transport mode the outer header is the inner one. */
	outer = sa->mode == CHILD_TRANSPORT ?
			(struct outer){ packet_tos(span_of(&b->data[b->start], b->len)),
					packet_df(span_of(&b->data[b->start], b->len)) } :
			outer_of(&sa->rules, span_of(&b->data[b->start], b->len));
	TRY(sa->protocol == PROTOCOL_AH ? transmit_ah(e, sa, &inner, b, outer) :
					  transmit_esp(e, sa, &inner, b));
	count_out(&e->totals, plain_len, now);
	count_out(&sa->counters, plain_len, now);
	*ret_sa = sa;
	*ret_outer = outer;
	return ERR_OK;
out:
	if (err == ERR_LIMIT)
		e->exhausted = sa->in.spi;
	count_drop(e, sa, err);
	return err;
}

/* RFC4301 5.2 steps 3 and 4: what was opened must be what the SA is for */
static enum err tunnel_take(struct esp_received *got, uint8_t *payload, size_t len,
			    uint8_t next_header, uint8_t tos)
{
	struct inner inner;
	enum err err;

	TRY_THAT(next_header == IP_PROTO_IPIP || next_header == IP_PROTO_IPV6, ERR_SELECTOR);
	TRY(inner_parse(&inner, span_of(payload, len)));
	TRY_THAT(inner.src.family == (next_header == IP_PROTO_IPIP ? IP_V4 : IP_V6), ERR_VERSION);
	TRY_THAT(sa_takes_inbound(got->sa, &inner) ||
			 sa_takes_quoted(got->sa, &inner, span_of(payload, len)),
		 ERR_SELECTOR);
	/* RFC6040 4.2: congestion that its sender would not understand */
	TRY_THAT(outer_undo(&got->sa->rules, payload, inner.len, tos), ERR_CANCELLED);
	got->packet = payload;
	got->len = inner.len; /* RFC4303 2.7: what follows is traffic flow padding */
	err = ERR_OK;
out:
	return err;
}

/* The same where the header is to be made: its addresses are the selectors'. */
static enum err transport_take(struct esp_received *got, const struct esp_opened *opened,
			       uint8_t tos)
{
	const struct esp_sa *sa = got->sa;
	const struct ip *src = &sa_remote(sa, 0)->first, *dst = &sa_local(sa, 0)->first;
	struct inner inner;
	enum err err;

	TRY(inner_of(&inner, src, dst, opened->next_header,
		     span_of(opened->payload, opened->len)));
	TRY_THAT(sa_takes_inbound(sa, &inner), ERR_SELECTOR);
	TRY(transport_header(got->head, src, dst, opened->next_header, tos, opened->len));
	got->head_len = ip_header_len(src->family);
	if (sa->encap)
		transport_checksum(src, dst, opened->next_header, opened->payload, opened->len);
	got->packet = opened->payload;
	got->len = opened->len;
	err = ERR_OK;
out:
	return err;
}

/* Of AH in transport mode the packet is whole. */
static enum err whole_take(struct esp_received *got, const struct ah_opened *opened)
{
	struct inner inner;
	enum err err;

	TRY(inner_parse(&inner, span_of(opened->packet, opened->len)));
	TRY_THAT(sa_takes_inbound(got->sa, &inner), ERR_SELECTOR);
	got->packet = opened->packet;
	got->len = inner.len;
	err = ERR_OK;
out:
	return err;
}

static enum err received(struct esp *e, struct esp_received *got, uint8_t next_header,
			 enum err err, nanos now, struct esp_received *ret)
{
	if (err == ERR_OK && next_header == IP_PROTO_NONE) { /* RFC4303 2.6 */
		e->totals.dummies++;
		got->sa->counters.dummies++;
	} else if (err == ERR_OK) {
		count_in(&e->totals, got->head_len + got->len, now);
		count_in(&got->sa->counters, got->head_len + got->len, now);
	}
	if (err == ERR_OK)
		*ret = *got;
	else
		count_drop(e, got->sa, err);
	return err;
}

enum err esp_receive(struct esp *e, uint8_t *data, size_t len, uint8_t tos, nanos now,
		     struct esp_received *ret)
{
	struct reader r = reader_of(span_of(data, len));
	uint32_t spi = reader_u32(&r);
	struct esp_received got = { 0 };
	struct esp_opened opened = { 0 };
	struct esp_sa *sa;
	enum err err;

	TRY_THAT(reader_ok(&r), ERR_TRUNCATED);
	sa = sad_find(&e->sad, spi);
	TRY_THAT(sa && sa->protocol == PROTOCOL_ESP, ERR_UNKNOWN_SPI);
	got.sa = sa;
	TRY(esp_open(e->crypto, &sa->in, data, len, &opened));
	got.newest = opened.newest;
	if (opened.next_header == IP_PROTO_NONE)
		goto out;
	TRY(sa->mode == CHILD_TRANSPORT ? transport_take(&got, &opened, tos) :
					  tunnel_take(&got, opened.payload, opened.len,
						      opened.next_header, tos));
out:
	return received(e, &got, opened.next_header, err, now, ret);
}

enum err esp_receive_ah(struct esp *e, uint8_t *data, size_t len, nanos now,
			struct esp_received *ret)
{
	struct esp_received got = { 0 };
	struct ah_opened opened = { 0 };
	struct esp_sa *sa;
	uint32_t spi;
	enum err err;

	TRY(ah_spi(&spi, span_of(data, len)));
	sa = sad_find(&e->sad, spi);
	TRY_THAT(sa && sa->protocol == PROTOCOL_AH, ERR_UNKNOWN_SPI);
	got.sa = sa;
	TRY(ah_open(e->crypto, &sa->in, data, len, &opened));
	got.newest = opened.newest;
	if (opened.next_header == IP_PROTO_NONE)
		goto out;
	TRY(sa->mode == CHILD_TRANSPORT ? whole_take(&got, &opened) :
					  tunnel_take(&got, opened.packet + opened.header_len,
						      opened.len - opened.header_len,
						      opened.next_header,
						      packet_tos(span_of(opened.packet,
									 opened.len))));
out:
	return received(e, &got, opened.next_header, err, now, ret);
}
