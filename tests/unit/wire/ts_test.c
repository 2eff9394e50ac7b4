/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/ts.c. */
#include "wire_test.h"

/* 10.0.0.0–10.255.255.255, any protocol; 2001:db8::–2001:db8::ffff, TCP 443. */
static const uint8_t two[] = {
	2, 0, 0, 0,
	7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 0, 10, 255, 255, 255,
	8, 6, 0, 40, 1, 187, 1, 187,
	0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
};

static void selectors_are_read_field_by_field(void **state)
{
	struct selectors ts;
	struct ip v4 = ip_v4(10, 255, 255, 255), v6;

	(void)state;
	assert_int_equal(ip_parse(&v6, "2001:db8::ffff"), ERR_OK);
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(two)), ERR_OK);
	assert_int_equal(ts.count, 2);
	assert_int_equal(ts.items[0].protocol, 0);
	assert_int_equal(ts.items[0].port_first, 0);
	assert_int_equal(ts.items[0].port_last, 65535);
	assert_true(ip_equal(&ts.items[0].last, &v4));
	assert_int_equal(ts.items[1].protocol, 6);
	assert_int_equal(ts.items[1].port_first, 443);
	assert_int_equal(ts.items[1].port_last, 443);
	assert_true(ip_equal(&ts.items[1].last, &v6));
}

static void selectors_are_written_as_they_are_read(void **state)
{
	struct selectors ts;
	struct built b;

	(void)state;
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(two)), ERR_OK);
	ts_build(built_begin(&b), PAYLOAD_TSR, ts.items, ts.count);
	assert_span_equal(built_body(&b, PAYLOAD_TSR), SPAN_ARRAY(two));
}

static void every_prefix_and_every_extension_is_malformed(void **state)
{
	uint8_t longer[sizeof(two) + 1] = { 0 };
	struct selectors ts = { .count = 9 };

	(void)state;
	for (size_t len = 0; len < sizeof(two); len++)
		assert_int_equal(ts_parse(&ts, span_of(two, len)), ERR_SYNTAX);
	memcpy(longer, two, sizeof(two));
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(longer)), ERR_SYNTAX);
	assert_int_equal(ts.count, 9);
}

static void the_number_of_selectors_must_be_right(void **state)
{
	uint8_t bytes[sizeof(two)];
	struct selectors ts;

	(void)state;
	memcpy(bytes, two, sizeof(two));
	for (int n = 0; n < 256; n++) {
		bytes[0] = (uint8_t)n;
		assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), n == 2 ? ERR_OK : ERR_SYNTAX);
	}
	assert_int_equal(ts_parse(&ts, BYTES(0, 0, 0, 0)), ERR_SYNTAX);
}

static void a_selector_has_the_length_of_its_type(void **state)
{
	uint8_t bytes[sizeof(two)];
	struct selectors ts;

	(void)state;
	memcpy(bytes, two, sizeof(two));
	for (int length = 0; length < 256; length++) {
		bytes[7] = (uint8_t)length;
		assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), length == 16 ? ERR_OK : ERR_SYNTAX);
	}
	assert_int_equal(ts_parse(&ts, BYTES(1, 0, 0, 0, 7, 0, 0, 17, 0, 0, 0xff, 0xff, 1, 2, 3, 4, 1, 2, 3, 4, 0)),
			 ERR_SYNTAX);
	memcpy(bytes, two, sizeof(two));
	bytes[4] = TS_IPV6_ADDR_RANGE;
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), ERR_SYNTAX);
}

static void an_unknown_type_is_left_out_but_not_unchecked(void **state)
{
	struct selectors ts;

	(void)state;
	assert_int_equal(ts_parse(&ts, BYTES(2, 0, 0, 0, 10, 0, 0, 7, 1, 2, 3, 7, 0, 0, 16, 0, 0, 0xff, 0xff, 1, 2, 3,
					     4, 1, 2, 3, 4)), ERR_OK);
	assert_int_equal(ts.count, 1);
	assert_int_equal(ts.items[0].first.bytes[3], 4);
	assert_int_equal(ts_parse(&ts, BYTES(1, 0, 0, 0, 10, 0, 0, 4)), ERR_OK);
	assert_int_equal(ts.count, 0);
	assert_int_equal(ts_parse(&ts, BYTES(1, 0, 0, 0, 10, 0, 0, 3)), ERR_SYNTAX);
	assert_int_equal(ts_parse(&ts, BYTES(1, 0, 0, 0, 10, 0, 0, 5)), ERR_SYNTAX);
	assert_int_equal(ts_parse(&ts, BYTES(1, 0, 0, 0, 10, 0, 0, 0)), ERR_SYNTAX);
}

/* RFC7296 3.13.1 */
static void an_inverted_range_is_malformed_unless_it_is_opaque(void **state)
{
	uint8_t bytes[20] = { 1, 0, 0, 0, 7, 6, 0, 16, 0, 80, 0, 80, 10, 0, 0, 5, 10, 0, 0, 5 };
	struct selectors ts;

	(void)state;
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), ERR_OK);
	bytes[11] = 79;
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), ERR_SYNTAX);
	memcpy(bytes + 8, "\xff\xff\0\0", 4);
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), ERR_OK);
	assert_int_equal(ts.items[0].port_first, 65535);
	assert_int_equal(ts.items[0].port_last, 0);
	memcpy(bytes + 8, "\xff\xff\0\1", 4); /* neither half alone is OPAQUE */
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), ERR_SYNTAX);
	memcpy(bytes + 8, "\xff\xfe\0\0", 4);
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), ERR_SYNTAX);
	memcpy(bytes + 8, "\xff\xff\0\0", 4);
	bytes[19] = 4;
	assert_int_equal(ts_parse(&ts, SPAN_ARRAY(bytes)), ERR_SYNTAX);
}

static void selectors_past_the_limit_are_left_out(void **state)
{
	static uint8_t bytes[4 + 255 * 16];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct selectors ts;

	(void)state;
	writer_put(&w, BYTES(255, 0, 0, 0));
	for (int i = 0; i < 255; i++)
		writer_put(&w, BYTES(7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, (uint8_t)i, 10, 0, 0, (uint8_t)i));
	assert_int_equal(ts_parse(&ts, writer_span(&w)), ERR_OK);
	assert_int_equal(ts.count, TS_OFFERED_MAX);
	assert_int_equal(ts.items[TS_OFFERED_MAX - 1].first.bytes[3], TS_OFFERED_MAX - 1);
	bytes[sizeof(bytes) - 1] = 0; /* the last one is inverted now */
	assert_int_equal(ts_parse(&ts, writer_span(&w)), ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_are_read_field_by_field),
		cmocka_unit_test(selectors_are_written_as_they_are_read),
		cmocka_unit_test(every_prefix_and_every_extension_is_malformed),
		cmocka_unit_test(the_number_of_selectors_must_be_right),
		cmocka_unit_test(a_selector_has_the_length_of_its_type),
		cmocka_unit_test(an_unknown_type_is_left_out_but_not_unchecked),
		cmocka_unit_test(an_inverted_range_is_malformed_unless_it_is_opaque),
		cmocka_unit_test(selectors_past_the_limit_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
