/* SPDX-License-Identifier: Apache-2.0 */
/* The Notify payload, RFC 7296 3.10. Sizes of the data come from the registry's rows. */
#include "payloads.h"

#include "require.h"

static bool spi_len_valid(uint8_t len)
{
	return len == 0 || len == 4 || len == 8;
}

enum err notify_parse(struct notify *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct notify n = { 0 };
	size_t least, most;
	enum err err;

	n.protocol = reader_u8(&r);
	n.spi_len = reader_u8(&r);
	n.type = reader_u16(&r);
	TRY_THAT(spi_len_valid(n.spi_len), ERR_SYNTAX);
	if (n.spi_len == 8)
		n.spi = reader_u64(&r);
	else if (n.spi_len == 4)
		n.spi = reader_u32(&r);
	else
		n.protocol = PROTOCOL_NONE; /* RFC7296 3.10: ignored without an SPI */
	n.data = reader_rest(&r);
	TRY(reader_end(&r));
	if (notify_sizes(n.type, &least, &most))
		TRY_THAT(n.data.len >= least && n.data.len <= most, ERR_LENGTH);
	*ret = n;
out:
	return err;
}

void notify_build(struct chain *c, const struct notify *n)
{
	REQUIRE(spi_len_valid(n->spi_len));
	payload_begin(c, PAYLOAD_NOTIFY, false);
	writer_u8(c->w, n->spi_len ? n->protocol : PROTOCOL_NONE); /* RFC7296 3.10 */
	writer_u8(c->w, n->spi_len);
	writer_u16(c->w, n->type);
	if (n->spi_len == 8)
		writer_u64(c->w, n->spi);
	else if (n->spi_len == 4)
		writer_u32(c->w, (uint32_t)n->spi);
	writer_put(c->w, n->data);
	payload_end(c);
}

void notify_build_data(struct chain *c, uint16_t type, struct span data)
{
	notify_build(c, &(struct notify){ .type = type, .data = data });
}

bool notify_find(struct notify *ret, const struct payload_list *list, uint16_t type)
{
	for (size_t i = 0; i < list->count; i++) {
		struct notify n;

		if (list->items[i].type != PAYLOAD_NOTIFY ||
		    notify_parse(&n, list->items[i].body) || n.type != type)
			continue;
		*ret = n;
		return true;
	}
	return false;
}

bool notify_find_error(struct notify *ret, const struct payload_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct notify n;

		if (list->items[i].type != PAYLOAD_NOTIFY ||
		    notify_parse(&n, list->items[i].body) || n.type >= NOTIFY_STATUS_FIRST)
			continue;
		*ret = n;
		return true;
	}
	return false;
}
