/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_fuzz: bytes as a datagram, as a chain of payloads, and as the body of every payload (libFuzzer).
 *
 * Nothing may be read past the end, and whatever parses is built again and must parse to the same. The first byte
 * says what the rest is: 0 a datagram, 1 a chain whose first type is the second byte, else the body of a payload of that
 * type.
 */
#include "../tests/unit/wire/rebuild.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rebuilt scratch;

/* A chain that was parsed is built again from its parts and must be the same bytes, reserved bits apart. */
static void chain_rebuild(const struct payload_list *list, struct span bytes)
{
	struct payload_list again;
	uint8_t critical = 0, first = list->count ? list->items[0].type : PAYLOAD_NONE;
	struct chain *c = rebuilt_begin(&scratch);

	for (size_t i = 0; i < list->count; i++) {
		payload_begin(c, list->items[i].type, list->items[i].critical);
		writer_put(&scratch.w, list->items[i].body);
		payload_end(c);
	}
	REQUIRE(writer_end(&scratch.w) == ERR_OK && scratch.w.len == bytes.len + 1);
	REQUIRE(scratch.data[0] == first);
	REQUIRE(payload_list_parse(&again, first, span_tail(writer_span(&scratch.w), 1), &critical) ==
		ERR_OK);
	REQUIRE(again.count == list->count);
	for (size_t i = 0; i < list->count; i++)
		REQUIRE(again.items[i].type == list->items[i].type &&
			again.items[i].critical == list->items[i].critical &&
			again.items[i].offset == list->items[i].offset &&
			span_equal(again.items[i].body, list->items[i].body));
}

static void chain_try(uint8_t first, struct span bytes)
{
	struct payload_list list;
	struct notify n;
	uint8_t critical = 0;
	enum err err = payload_list_parse(&list, first, bytes, &critical);

	REQUIRE((err == ERR_CRITICAL) == (critical != 0));
	REQUIRE(err != ERR_CRITICAL || !payload_name(critical));
	if (err)
		return;
	REQUIRE(list.count <= PAYLOADS_MAX);
	chain_rebuild(&list, bytes);
	for (size_t i = 0; i < list.count; i++)
		(void)!rebuild_payload(&scratch, list.items[i].type, list.items[i].body);
	if (notify_find_error(&n, &list))
		REQUIRE(n.type < NOTIFY_STATUS_FIRST && payload_find(&list, PAYLOAD_NOTIFY));
	if (notify_find(&n, &list, NOTIFY_COOKIE))
		REQUIRE(n.data.len >= 1 && n.data.len <= COOKIE_MAX);
}

static void datagram_try(struct span datagram)
{
	struct ike_header header, again;

	if (ike_header_parse(&header, datagram))
		return;
	scratch.w = writer_of(scratch.data, sizeof(scratch.data));
	ike_header_build(&scratch.w, &header);
	writer_put(&scratch.w, span_tail(datagram, IKE_HEADER_LEN));
	ike_header_finish(&scratch.w, 0);
	REQUIRE(writer_end(&scratch.w) == ERR_OK);
	REQUIRE(ike_header_parse(&again, writer_span(&scratch.w)) == ERR_OK);
	REQUIRE(span_equal(writer_span(&scratch.w), datagram));
	REQUIRE(again.length == header.length && again.message_id == header.message_id);
	chain_try(header.next_payload, span_tail(datagram, IKE_HEADER_LEN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size), rest = span_tail(input, 1);

	if (size == 0 || size > UINT16_MAX)
		return 0;
	if (data[0] == 0)
		datagram_try(rest);
	else if (data[0] == 1)
		chain_try(rest.len ? rest.data[0] : PAYLOAD_NONE, span_tail(rest, 1));
	else if (rest.len <= UINT16_MAX - PAYLOAD_HEADER_LEN)
		(void)!rebuild_payload(&scratch, data[0], rest);
	return 0;
}
