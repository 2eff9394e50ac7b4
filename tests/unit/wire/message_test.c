/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/message.c: the IKE header and the chain of payloads. */
#include "wire_test.h"

/* RFC 7296 3.1, with every field different. */
static const uint8_t header_bytes[] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 33, 0x20, 34, 0x08, 0, 0, 0, 5, 0, 0, 0, 28,
};

static void the_fixed_header_is_read_field_by_field(void **state)
{
	struct ike_header h;

	(void)state;
	assert_int_equal(ike_header_parse(&h, SPAN_ARRAY(header_bytes)), ERR_OK);
	assert_true(h.spi_i == UINT64_C(0x0102030405060708));
	assert_true(h.spi_r == UINT64_C(0x090a0b0c0d0e0f10));
	assert_int_equal(h.next_payload, PAYLOAD_SA);
	assert_int_equal(h.version, IKE_VERSION);
	assert_int_equal(h.exchange, EXCHANGE_IKE_SA_INIT);
	assert_int_equal(h.flags, IKE_FLAG_INITIATOR);
	assert_int_equal(h.message_id, 5);
	assert_int_equal(h.length, 28);
}

static void the_fixed_header_is_written_as_it_is_read(void **state)
{
	uint8_t buffer[64];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct ike_header h;

	(void)state;
	assert_int_equal(ike_header_parse(&h, SPAN_ARRAY(header_bytes)), ERR_OK);
	writer_u32(&w, 0); /* a non-ESP marker or whatever else comes before */
	ike_header_build(&w, &h);
	ike_header_finish(&w, 4);
	assert_int_equal(writer_end(&w), ERR_OK);
	assert_span_equal(span_tail(writer_span(&w), 4), SPAN_ARRAY(header_bytes));
}

static void every_prefix_of_a_header_is_too_short(void **state)
{
	struct ike_header h = { .message_id = 99 };

	(void)state;
	for (size_t len = 0; len < sizeof(header_bytes); len++)
		assert_int_equal(ike_header_parse(&h, span_of(header_bytes, len)), ERR_TRUNCATED);
	assert_int_equal(h.message_id, 99);
}

static void the_length_must_be_the_datagrams(void **state)
{
	uint8_t bytes[32] = { 0 };
	struct ike_header h;

	(void)state;
	memcpy(bytes, header_bytes, sizeof(header_bytes));
	assert_int_equal(ike_header_parse(&h, span_of(bytes, 29)), ERR_LENGTH);
	bytes[27] = 27;
	assert_int_equal(ike_header_parse(&h, span_of(bytes, 28)), ERR_LENGTH);
	bytes[27] = 0;
	assert_int_equal(ike_header_parse(&h, span_of(bytes, 28)), ERR_LENGTH);
	bytes[24] = 0x80; /* a length that would be negative */
	bytes[27] = 28;
	assert_int_equal(ike_header_parse(&h, span_of(bytes, 28)), ERR_LENGTH);
}

static void another_major_version_is_told_with_the_header(void **state)
{
	uint8_t bytes[sizeof(header_bytes)];
	struct ike_header h;

	(void)state;
	memcpy(bytes, header_bytes, sizeof(bytes));
	for (int major = 0; major < 16; major++) {
		h = (struct ike_header){ 0 };
		bytes[17] = (uint8_t)(major << 4);
		assert_int_equal(ike_header_parse(&h, SPAN_ARRAY(bytes)), major == 2 ? ERR_OK : ERR_VERSION);
		assert_int_equal(h.version >> 4, major);
		assert_int_equal(h.message_id, 5);
	}
}

static void the_minor_version_and_reserved_flags_are_ignored(void **state)
{
	uint8_t bytes[sizeof(header_bytes)];
	struct ike_header h;

	(void)state;
	memcpy(bytes, header_bytes, sizeof(bytes));
	bytes[17] = 0x2f;
	bytes[19] = 0xff;
	assert_int_equal(ike_header_parse(&h, SPAN_ARRAY(bytes)), ERR_OK);
	assert_true(h.flags & IKE_FLAG_RESPONSE);
}

static enum err parse(struct payload_list *list, uint8_t first, struct span bytes)
{
	uint8_t critical = 0;

	return payload_list_parse(list, first, bytes, &critical);
}

/* RFC7296 3.2: only the top bit is the critical one */
static void a_chain_is_walked_to_its_end(void **state)
{
	struct payload_list list;

	(void)state;
	assert_int_equal(parse(&list, PAYLOAD_VENDOR,
			       BYTES(43, 0, 0, 6, 'a', 'b', 38, 0x7f, 0, 4, 0, 0, 0, 5, 9)), ERR_OK);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].type, PAYLOAD_VENDOR);
	assert_span_equal(list.items[0].body, span_text("ab"));
	assert_int_equal(list.items[0].offset, 0);
	assert_int_equal(list.items[1].type, PAYLOAD_VENDOR);
	assert_int_equal(list.items[1].body.len, 0);
	assert_false(list.items[1].critical); /* seven reserved bits are not the critical one */
	assert_int_equal(list.items[1].offset, 6);
	assert_int_equal(list.items[2].type, PAYLOAD_CERTREQ);
	assert_int_equal(list.items[2].offset, 10);
	assert_ptr_equal(payload_find(&list, PAYLOAD_VENDOR), &list.items[0]);
	assert_ptr_equal(payload_find(&list, PAYLOAD_CERTREQ), &list.items[2]);
	assert_null(payload_find(&list, PAYLOAD_SA));
}

static void no_payloads_are_an_empty_list(void **state)
{
	struct payload_list list = { .count = 9 };

	(void)state;
	assert_int_equal(parse(&list, PAYLOAD_NONE, SPAN_EMPTY), ERR_OK);
	assert_int_equal(list.count, 0);
	assert_int_equal(parse(&list, PAYLOAD_NONE, BYTES(0)), ERR_TRAILING);
}

static void a_chain_must_fill_its_bytes(void **state)
{
	struct payload_list list = { .count = 9 };

	(void)state;
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, SPAN_EMPTY), ERR_TRUNCATED);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(0, 0, 0)), ERR_TRUNCATED);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(0, 0, 0, 5)), ERR_TRUNCATED);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(43, 0, 0, 4)), ERR_TRUNCATED);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(0, 0, 0, 4, 0)), ERR_TRAILING);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(0, 0, 0xff, 0xff, 1)), ERR_TRUNCATED);
	assert_int_equal(list.count, 9);
}

static void a_length_below_the_headers_own_is_an_error(void **state)
{
	struct payload_list list;

	(void)state;
	for (uint8_t len = 0; len < PAYLOAD_HEADER_LEN; len++)
		assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(43, 0, 0, len, 0, 0, 0, 4)), ERR_LENGTH);
}

static void a_known_payload_has_the_least_its_row_asks_for(void **state)
{
	static const uint8_t zeros[32] = { 0 };
	struct payload_list list;
	struct built b;

	(void)state;
	for (int type = 1; type < 256; type++) {
		size_t least;

		if (!payload_least((uint8_t)type, &least))
			continue;
		payload_put(built_begin(&b), (uint8_t)type, span_of(zeros, least));
		assert_int_equal(parse(&list, (uint8_t)type, built_payloads(&b)), ERR_OK);
		if (least == 0)
			continue;
		payload_put(built_begin(&b), (uint8_t)type, span_of(zeros, least - 1));
		assert_int_equal(parse(&list, (uint8_t)type, built_payloads(&b)), ERR_LENGTH);
	}
}

static void an_unknown_payload_is_kept_unless_it_is_critical(void **state)
{
	struct payload_list list = { 0 };
	uint8_t critical = 77;

	(void)state;
	assert_int_equal(payload_list_parse(&list, 200, BYTES(201, 0, 0, 5, 1, 0, 0, 0, 4), &critical), ERR_OK);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].type, 200);
	assert_int_equal(critical, 77);
	assert_int_equal(payload_list_parse(&list, 200, BYTES(201, 0, 0, 5, 1, 0, 0x80, 0, 4), &critical),
			 ERR_CRITICAL);
	assert_int_equal(critical, 201);
	/* RFC 7296 2.5: IKEv1's numbers are as unknown as any. */
	assert_int_equal(payload_list_parse(&list, 1, BYTES(0, 0x80, 0, 4), &critical), ERR_CRITICAL);
	assert_int_equal(critical, 1);
}

static void the_critical_bit_of_a_known_payload_is_ignored(void **state)
{
	struct payload_list list;

	(void)state;
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(0, 0x80, 0, 4)), ERR_OK);
	assert_true(list.items[0].critical);
}

static void an_encrypted_payload_ends_the_chain(void **state)
{
	struct payload_list list;

	(void)state;
	assert_int_equal(parse(&list, PAYLOAD_SK, BYTES(PAYLOAD_IDI, 0, 0, 6, 1, 2)), ERR_OK);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].next, PAYLOAD_IDI);
	assert_int_equal(parse(&list, PAYLOAD_SK, BYTES(PAYLOAD_VENDOR, 0, 0, 4, 0, 0, 0, 4)), ERR_TRAILING);
	assert_int_equal(parse(&list, PAYLOAD_SKF, BYTES(PAYLOAD_IDI, 0, 0, 9, 0, 1, 0, 2, 0)), ERR_OK);
	assert_int_equal(list.items[0].next, PAYLOAD_IDI);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, BYTES(PAYLOAD_SK, 0, 0, 4, 0, 0, 0, 4)), ERR_OK);
	assert_int_equal(list.count, 2);
}

static void the_number_of_payloads_has_a_limit(void **state)
{
	struct payload_list list;
	struct built b;

	(void)state;
	built_begin(&b);
	for (int i = 0; i < PAYLOADS_MAX; i++)
		payload_put(&b.c, PAYLOAD_VENDOR, SPAN_EMPTY);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, built_payloads(&b)), ERR_OK);
	assert_int_equal(list.count, PAYLOADS_MAX);
	payload_put(&b.c, PAYLOAD_VENDOR, SPAN_EMPTY);
	assert_int_equal(parse(&list, PAYLOAD_VENDOR, built_payloads(&b)), ERR_TOO_MANY);
}

static void a_chain_that_is_built_names_each_next_payload(void **state)
{
	struct built b;

	(void)state;
	built_begin(&b);
	payload_put(&b.c, PAYLOAD_NOTIFY, span_text("n"));
	payload_begin(&b.c, 200, true);
	writer_u8(&b.w, 7);
	payload_end(&b.c);
	payload_put(&b.c, PAYLOAD_VENDOR, SPAN_EMPTY);
	assert_int_equal(b.data[0], PAYLOAD_NOTIFY);
	assert_span_equal(built_payloads(&b), BYTES(200, 0, 0, 5, 'n', 43, 0x80, 0, 5, 7, 0, 0, 0, 4));
}

static void an_inner_chain_hangs_on_its_encrypted_payload(void **state)
{
	struct payload_list list;
	struct chain inner;
	struct built b;

	(void)state;
	built_begin(&b);
	payload_put(&b.c, PAYLOAD_VENDOR, SPAN_EMPTY);
	payload_begin(&b.c, PAYLOAD_SK, false);
	inner = chain_begin(&b.w, b.c.next_at);
	payload_put(&inner, PAYLOAD_NOTIFY, span_text("nnnn"));
	payload_put(&inner, PAYLOAD_DELETE, span_text("dddd"));
	payload_end(&b.c);
	assert_int_equal(parse(&list, b.data[0], built_payloads(&b)), ERR_OK);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[1].next, PAYLOAD_NOTIFY);
	assert_int_equal(parse(&list, PAYLOAD_NOTIFY, list.items[1].body), ERR_OK);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[1].type, PAYLOAD_DELETE);
}

static void a_chain_without_room_says_so_at_the_end(void **state)
{
	uint8_t buffer[40] = { 0 };

	(void)state;
	for (size_t cap = 0; cap <= sizeof(buffer); cap++) {
		struct writer w = writer_of(buffer, cap);
		struct chain c;
		struct ike_header h = { .version = IKE_VERSION };

		ike_header_build(&w, &h);
		c = chain_begin(&w, 16);
		payload_put(&c, PAYLOAD_VENDOR, span_text("vvvv"));
		payload_put(&c, PAYLOAD_VENDOR, SPAN_EMPTY);
		ike_header_finish(&w, 0);
		assert_int_equal(writer_end(&w), cap < 40 ? ERR_SPACE : ERR_OK);
	}
}

static void a_payload_past_16_bits_of_length_is_an_overflow(void **state)
{
	static uint8_t big[65532];
	struct built b;

	(void)state;
	payload_put(built_begin(&b), PAYLOAD_VENDOR, span_of(big, sizeof(big) - 1));
	assert_int_equal(writer_end(&b.w), ERR_OK);
	payload_put(built_begin(&b), PAYLOAD_VENDOR, span_of(big, sizeof(big)));
	assert_int_equal(writer_end(&b.w), ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fixed_header_is_read_field_by_field),
		cmocka_unit_test(the_fixed_header_is_written_as_it_is_read),
		cmocka_unit_test(every_prefix_of_a_header_is_too_short),
		cmocka_unit_test(the_length_must_be_the_datagrams),
		cmocka_unit_test(another_major_version_is_told_with_the_header),
		cmocka_unit_test(the_minor_version_and_reserved_flags_are_ignored),
		cmocka_unit_test(a_chain_is_walked_to_its_end),
		cmocka_unit_test(no_payloads_are_an_empty_list),
		cmocka_unit_test(a_chain_must_fill_its_bytes),
		cmocka_unit_test(a_length_below_the_headers_own_is_an_error),
		cmocka_unit_test(a_known_payload_has_the_least_its_row_asks_for),
		cmocka_unit_test(an_unknown_payload_is_kept_unless_it_is_critical),
		cmocka_unit_test(the_critical_bit_of_a_known_payload_is_ignored),
		cmocka_unit_test(an_encrypted_payload_ends_the_chain),
		cmocka_unit_test(the_number_of_payloads_has_a_limit),
		cmocka_unit_test(a_chain_that_is_built_names_each_next_payload),
		cmocka_unit_test(an_inner_chain_hangs_on_its_encrypted_payload),
		cmocka_unit_test(a_chain_without_room_says_so_at_the_end),
		cmocka_unit_test(a_payload_past_16_bits_of_length_is_an_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
