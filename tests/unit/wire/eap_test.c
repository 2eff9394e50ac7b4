/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/eap.c. */
#include "wire_test.h"

static void a_request_has_a_type_and_data(void **state)
{
	const struct span message = BYTES(1, 7, 0, 8, 26, 'a', 'b', 'c');
	struct eap_payload eap;
	struct built b;

	(void)state;
	eap_build(built_begin(&b), message);
	assert_int_equal(eap_parse(&eap, built_body(&b, PAYLOAD_EAP)), ERR_OK);
	assert_int_equal(eap.code, 1);
	assert_int_equal(eap.identifier, 7);
	assert_int_equal(eap.type, 26);
	assert_span_equal(eap.data, span_text("abc"));
	assert_span_equal(eap.whole, message);
}

static void success_and_failure_are_four_bytes(void **state)
{
	struct eap_payload eap = { .identifier = 99 };

	(void)state;
	assert_int_equal(eap_parse(&eap, BYTES(3, 1, 0, 4)), ERR_OK);
	assert_int_equal(eap.type, 0);
	assert_int_equal(eap_parse(&eap, BYTES(4, 1, 0, 4)), ERR_OK);
	eap.identifier = 99;
	assert_int_equal(eap_parse(&eap, BYTES(3, 1, 0, 5, 1)), ERR_TRAILING);
	assert_int_equal(eap_parse(&eap, BYTES(4, 1, 0, 5, 1)), ERR_TRAILING);
	assert_int_equal(eap.identifier, 99);
}

/* RFC7296 3.16 */
static void the_length_must_be_the_bodys(void **state)
{
	struct eap_payload eap;

	(void)state;
	for (int length = 0; length < 256; length++)
		assert_int_equal(eap_parse(&eap, BYTES(2, 1, 0, (uint8_t)length, 1, 'x')),
				 length == 6 ? ERR_OK : ERR_LENGTH);
	assert_int_equal(eap_parse(&eap, BYTES(2, 1, 1, 6, 1, 'x')), ERR_LENGTH);
}

static void a_request_without_a_type_is_cut(void **state)
{
	struct eap_payload eap;

	(void)state;
	assert_int_equal(eap_parse(&eap, BYTES(1, 1, 0, 4)), ERR_TRUNCATED);
	assert_int_equal(eap_parse(&eap, BYTES(2, 1, 0, 4)), ERR_TRUNCATED);
	for (size_t len = 0; len < 4; len++)
		assert_int_equal(eap_parse(&eap, span_head(BYTES(3, 1, 0, 4), len)), ERR_TRUNCATED);
}

static void other_codes_are_malformed(void **state)
{
	struct eap_payload eap;

	(void)state;
	assert_int_equal(eap_parse(&eap, BYTES(0, 1, 0, 5, 1)), ERR_SYNTAX);
	assert_int_equal(eap_parse(&eap, BYTES(5, 1, 0, 5, 1)), ERR_SYNTAX);
	assert_int_equal(eap_parse(&eap, BYTES(255, 1, 0, 4)), ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_a_type_and_data),
		cmocka_unit_test(success_and_failure_are_four_bytes),
		cmocka_unit_test(the_length_must_be_the_bodys),
		cmocka_unit_test(a_request_without_a_type_is_cut),
		cmocka_unit_test(other_codes_are_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
