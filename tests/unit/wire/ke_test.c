/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/ke.c. */
#include "wire_test.h"

static void method_and_value_survive(void **state)
{
	struct ke_payload ke;
	struct built b;

	(void)state;
	ke_build(built_begin(&b), 31, span_text("public value"));
	assert_span_equal(span_head(built_body(&b, PAYLOAD_KE), 5), BYTES(0, 31, 0, 0, 'p'));
	assert_int_equal(ke_parse(&ke, built_body(&b, PAYLOAD_KE)), ERR_OK);
	assert_int_equal(ke.method, 31);
	assert_span_equal(ke.data, span_text("public value"));
}

static void reserved_bytes_are_ignored(void **state)
{
	struct ke_payload ke;

	(void)state;
	assert_int_equal(ke_parse(&ke, BYTES(0xff, 0xfe, 0xff, 0xff, 7)), ERR_OK);
	assert_int_equal(ke.method, 0xfffe);
	assert_span_equal(ke.data, BYTES(7));
}

static void an_empty_value_is_left_to_the_method(void **state)
{
	struct ke_payload ke;

	(void)state;
	assert_int_equal(ke_parse(&ke, BYTES(0, 31, 0, 0)), ERR_OK);
	assert_int_equal(ke.data.len, 0);
}

static void a_cut_header_is_an_error(void **state)
{
	struct ke_payload ke = { .method = 9 };

	(void)state;
	for (size_t len = 0; len < 4; len++)
		assert_int_equal(ke_parse(&ke, span_head(BYTES(0, 31, 0, 0), len)), ERR_TRUNCATED);
	assert_int_equal(ke.method, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(method_and_value_survive),
		cmocka_unit_test(reserved_bytes_are_ignored),
		cmocka_unit_test(an_empty_value_is_left_to_the_method),
		cmocka_unit_test(a_cut_header_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
