/* SPDX-License-Identifier: Apache-2.0 */
/* The fixed header and the chain of generic payload headers, RFC 7296 3.1 and 3.2. */
#include "message.h"

#include "require.h"

#define CRITICAL_BIT 0x80

enum err ike_header_parse(struct ike_header *ret, struct span datagram)
{
	struct reader r = reader_of(datagram);
	struct ike_header header;

	header.spi_i = reader_u64(&r);
	header.spi_r = reader_u64(&r);
	header.next_payload = reader_u8(&r);
	header.version = reader_u8(&r);
	header.exchange = reader_u8(&r);
	header.flags = reader_u8(&r);
	header.message_id = reader_u32(&r);
	header.length = reader_u32(&r);
	if (!reader_ok(&r))
		return ERR_TRUNCATED;
	/* The version comes before the length: another version may mean something else by it. */
	if (header.version >> 4 != IKE_VERSION >> 4) { /* RFC7296 2.5 */
		*ret = header;
		return ERR_VERSION;
	}
	if (header.length != datagram.len)
		return ERR_LENGTH;
	*ret = header;
	return ERR_OK;
}

void ike_header_build(struct writer *w, const struct ike_header *header)
{
	writer_u64(w, header->spi_i);
	writer_u64(w, header->spi_r);
	writer_u8(w, header->next_payload);
	writer_u8(w, header->version);
	writer_u8(w, header->exchange);
	writer_u8(w, header->flags);
	writer_u32(w, header->message_id);
	writer_u32(w, 0);
}

void ike_header_finish(struct writer *w, size_t header_at)
{
	REQUIRE(w->overflow || w->len >= header_at + IKE_HEADER_LEN);
	writer_patch32(w, header_at + IKE_HEADER_LEN - 4, w->len - header_at);
}

static enum err payload_parse(struct payload *ret, uint8_t type, struct reader *r)
{
	struct payload payload = { .type = type };
	uint16_t length;
	size_t least;

	payload.next = reader_u8(r);
	payload.critical =
		(reader_u8(r) & CRITICAL_BIT) != 0; /* RFC7296 3.2: the rest is reserved */
	length = reader_u16(r);
	if (!reader_ok(r))
		return ERR_TRUNCATED;
	if (length < PAYLOAD_HEADER_LEN)
		return ERR_LENGTH;
	payload.body = reader_take(r, length - (size_t)PAYLOAD_HEADER_LEN);
	if (!reader_ok(r))
		return ERR_TRUNCATED;
	if (payload_least(type, &least)) {
		if (payload.body.len < least)
			return ERR_LENGTH;
	} else if (payload.critical) {
		return ERR_CRITICAL; /* RFC7296 2.5 */
	}
	*ret = payload;
	return ERR_OK;
}

enum err payload_list_parse(struct payload_list *ret, uint8_t first, struct span bytes,
			    uint8_t *ret_critical)
{
	struct reader r = reader_of(bytes);
	struct payload_list list;
	uint8_t type = first;
	enum err err;

	list.count = 0;
	while (type != PAYLOAD_NONE) {
		size_t offset = bytes.len - reader_left(&r);

		if (list.count == PAYLOADS_MAX)
			return ERR_TOO_MANY;
		err = payload_parse(&list.items[list.count], type, &r);
		if (err == ERR_CRITICAL)
			*ret_critical = type;
		if (err)
			return err;
		list.items[list.count].offset = offset;
		if (type == PAYLOAD_SK || type == PAYLOAD_SKF)
			type = PAYLOAD_NONE; /* RFC7296 3.14: the last of its message */
		else
			type = list.items[list.count].next;
		list.count++;
	}
	err = reader_end(&r);
	if (err)
		return err;
	memcpy(ret->items, list.items, sizeof(list.items[0]) * list.count);
	ret->count = list.count;
	return ERR_OK;
}

const struct payload *payload_find(const struct payload_list *list, uint8_t type)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].type == type)
			return &list->items[i];
	}
	return NULL;
}

struct chain chain_begin(struct writer *w, size_t next_at)
{
	return (struct chain){ .w = w, .next_at = next_at };
}

void payload_begin(struct chain *c, uint8_t type, bool critical)
{
	REQUIRE(!c->open && type != PAYLOAD_NONE);
	writer_patch8(c->w, c->next_at, type);
	c->next_at = c->w->len;
	writer_u8(c->w, PAYLOAD_NONE);
	writer_u8(c->w, critical ? CRITICAL_BIT : 0);
	c->length_at = writer_mark16(c->w);
	c->open = true;
}

void payload_end(struct chain *c)
{
	REQUIRE(c->open);
	writer_patch16(c->w, c->length_at, c->w->len - c->next_at);
	c->open = false;
}

void payload_put(struct chain *c, uint8_t type, struct span body)
{
	payload_begin(c, type, false);
	writer_put(c->w, body);
	payload_end(c);
}
