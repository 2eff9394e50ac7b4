/* SPDX-License-Identifier: Apache-2.0 */
/* The Security Association payload, RFC 7296 3.3: proposals, transforms, attributes. */
#include "payloads.h"

#include "require.h"

#define PROPOSAL_HEADER_LEN 8
#define TRANSFORM_HEADER_LEN 8
#define LAST 0
#define MORE_PROPOSALS 2
#define MORE_TRANSFORMS 3
#define ATTRIBUTE_TV 0x8000
#define ATTRIBUTE_KEY_LENGTH 14

/*
 * What we do not understand makes the transform unacceptable, not the message malformed (3.3.6). A
 * Key Length of zero, twice or in TLV form is such a thing too: 3.3.5 forbids it.
 */
static enum err attributes_parse(struct transform *t, struct reader *r)
{
	while (reader_ok(r) && reader_left(r) > 0) {
		uint16_t type = reader_u16(r), value = reader_u16(r);

		if (!(type & ATTRIBUTE_TV)) {
			reader_skip(r, value);
			t->unknown = true;
		} else if (type != (ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH) || t->key_bits || !value) {
			t->unknown = true;
		} else {
			t->key_bits = value;
		}
	}
	return reader_end(r);
}

static enum err transform_parse(struct transform *ret, struct reader *r, bool last)
{
	struct transform t = { 0 };
	uint8_t marker = reader_u8(r);
	struct reader body;
	uint16_t length;

	reader_skip(r, 1);
	length = reader_u16(r);
	if (marker != (last ? LAST : MORE_TRANSFORMS) || length < TRANSFORM_HEADER_LEN)
		return ERR_SYNTAX;
	body = reader_sub(r, length - (size_t)4);
	t.type = reader_u8(&body);
	reader_skip(&body, 1);
	t.id = reader_u16(&body);
	if (attributes_parse(&t, &body))
		return ERR_SYNTAX;
	*ret = t;
	return ERR_OK;
}

static enum err spi_parse(struct proposal *p, struct reader *r)
{
	switch (p->protocol) {
	case PROTOCOL_IKE:
		if (p->spi_len != 0 && p->spi_len != 8) /* RFC7296 3.3.1 */
			return ERR_SYNTAX;
		p->spi = p->spi_len ? reader_u64(r) : 0;
		return ERR_OK;
	case PROTOCOL_AH:
	case PROTOCOL_ESP:
		if (p->spi_len != 4)
			return ERR_SYNTAX;
		p->spi = reader_u32(r);
		return ERR_OK;
	default:
		reader_skip(r, p->spi_len);
		return ERR_OK;
	}
}

/* *ret_keep: false when it is well-formed but nothing that could be chosen. */
static enum err proposal_parse_body(struct proposal *p, struct reader *r, bool *ret_keep)
{
	size_t transforms;

	p->number = reader_u8(r);
	p->protocol = reader_u8(r);
	p->spi_len = reader_u8(r);
	transforms = reader_u8(r);
	if (spi_parse(p, r) || transforms == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < transforms; i++) {
		struct transform t;

		if (transform_parse(&t, r, i + 1 == transforms))
			return ERR_SYNTAX;
		if (p->count < TRANSFORMS_MAX)
			p->transforms[p->count++] = t;
	}
	*ret_keep = transforms <= TRANSFORMS_MAX && protocol_name(p->protocol) != NULL;
	return reader_end(r) ? ERR_SYNTAX : ERR_OK;
}

enum err sa_parse(struct sa *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct sa sa = { 0 };
	uint8_t marker, number = 0;

	do {
		struct proposal p = { 0 };
		struct reader inner;
		uint16_t length;
		bool keep = false;

		marker = reader_u8(&r);
		reader_skip(&r, 1);
		length = reader_u16(&r);
		if ((marker != LAST && marker != MORE_PROPOSALS) || length < PROPOSAL_HEADER_LEN)
			return ERR_SYNTAX;
		inner = reader_sub(&r, length - (size_t)4);
		if (proposal_parse_body(&p, &inner, &keep))
			return ERR_SYNTAX;
		/* RFC7296 3.3.1 wants 1, 2, 3, …; an answer names just the chosen one, and gaps
		 * hurt nobody. */
		if (p.number <= number)
			return ERR_SYNTAX;
		number = p.number;
		if (keep && sa.count < PROPOSALS_MAX)
			sa.proposals[sa.count++] = p;
	} while (marker == MORE_PROPOSALS);
	if (reader_end(&r))
		return ERR_SYNTAX;
	*ret = sa;
	return ERR_OK;
}

static void transform_build(struct writer *w, const struct transform *t, bool last)
{
	size_t at = w->len, length_at;

	writer_u8(w, last ? LAST : MORE_TRANSFORMS);
	writer_u8(w, 0);
	length_at = writer_mark16(w);
	writer_u8(w, t->type);
	writer_u8(w, 0);
	writer_u16(w, t->id);
	if (t->key_bits) {
		writer_u16(w, ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH); /* RFC7296 3.3.5 */
		writer_u16(w, t->key_bits);
	}
	writer_patch16(w, length_at, w->len - at);
}

static void proposal_build(struct writer *w, const struct proposal *p, bool last)
{
	size_t at = w->len, length_at;

	REQUIRE(p->count > 0 && p->count <= TRANSFORMS_MAX && p->number > 0);
	REQUIRE(p->spi_len == 0 || p->spi_len == 4 || p->spi_len == 8);
	writer_u8(w, last ? LAST : MORE_PROPOSALS);
	writer_u8(w, 0);
	length_at = writer_mark16(w);
	writer_u8(w, p->number);
	writer_u8(w, p->protocol);
	writer_u8(w, p->spi_len);
	writer_u8(w, p->count);
	if (p->spi_len == 8)
		writer_u64(w, p->spi);
	else if (p->spi_len == 4)
		writer_u32(w, (uint32_t)p->spi);
	for (size_t i = 0; i < p->count; i++)
		transform_build(w, &p->transforms[i], i + 1 == p->count);
	writer_patch16(w, length_at, w->len - at);
}

void sa_build(struct chain *c, const struct sa *sa)
{
	REQUIRE(sa->count > 0 && sa->count <= PROPOSALS_MAX);
	payload_begin(c, PAYLOAD_SA, false);
	for (size_t i = 0; i < sa->count; i++)
		proposal_build(c->w, &sa->proposals[i], i + 1 == sa->count);
	payload_end(c);
}
