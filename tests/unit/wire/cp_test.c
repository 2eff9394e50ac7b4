/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/cp.c. */
#include "wire_test.h"

static void attributes_survive_in_order(void **state)
{
	const struct cp_payload request = {
		.type = CP_REQUEST, .count = 2, .items = { { 1, SPAN_EMPTY }, { 3, span_text("dns!") } }
	};
	struct cp_payload cp;
	struct built b;

	(void)state;
	cp_build(built_begin(&b), &request);
	assert_span_equal(built_body(&b, PAYLOAD_CP),
			  BYTES(1, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 4, 'd', 'n', 's', '!'));
	assert_int_equal(cp_parse(&cp, built_body(&b, PAYLOAD_CP)), ERR_OK);
	assert_int_equal(cp.type, CP_REQUEST);
	assert_int_equal(cp.count, 2);
	assert_int_equal(cp.items[0].type, 1);
	assert_int_equal(cp.items[0].value.len, 0);
	assert_int_equal(cp.items[1].type, 3);
	assert_span_equal(cp.items[1].value, span_text("dns!"));
}

static void no_attributes_are_fine(void **state)
{
	struct cp_payload cp;

	(void)state;
	assert_int_equal(cp_parse(&cp, BYTES(2, 7, 7, 7)), ERR_OK);
	assert_int_equal(cp.type, CP_REPLY);
	assert_int_equal(cp.count, 0);
}

/* RFC7296 3.15.1 */
static void the_reserved_bit_of_a_type_is_ignored(void **state)
{
	struct cp_payload cp;

	(void)state;
	assert_int_equal(cp_parse(&cp, BYTES(1, 0, 0, 0, 0x80, 8, 0, 1, 5)), ERR_OK);
	assert_int_equal(cp.items[0].type, 8);
}

static void an_attribute_reaches_no_farther_than_the_body(void **state)
{
	const struct span whole = BYTES(1, 0, 0, 0, 0, 1, 0, 4, 10, 0, 0, 1);
	struct cp_payload cp = { .count = 9 };

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(cp_parse(&cp, span_head(whole, len)), len == 4 ? ERR_OK : ERR_TRUNCATED);
	cp.count = 9;
	assert_int_equal(cp_parse(&cp, BYTES(1, 0, 0, 0, 0, 1, 0xff, 0xff, 1)), ERR_TRUNCATED);
	assert_int_equal(cp_parse(&cp, BYTES(1, 0, 0, 0, 0, 1, 0, 0, 0)), ERR_TRUNCATED);
	assert_int_equal(cp.count, 9);
}

static void the_number_of_attributes_has_a_limit(void **state)
{
	static uint8_t bytes[4 + (PAYLOADS_MAX + 1) * 4];
	struct cp_payload cp;

	(void)state;
	assert_int_equal(cp_parse(&cp, span_of(bytes, sizeof(bytes) - 4)), ERR_OK);
	assert_int_equal(cp.count, PAYLOADS_MAX);
	assert_int_equal(cp_parse(&cp, SPAN_ARRAY(bytes)), ERR_TOO_MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_survive_in_order),
		cmocka_unit_test(no_attributes_are_fine),
		cmocka_unit_test(the_reserved_bit_of_a_type_is_ignored),
		cmocka_unit_test(an_attribute_reaches_no_farther_than_the_body),
		cmocka_unit_test(the_number_of_attributes_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
