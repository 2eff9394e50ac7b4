/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/id.c. */
#include "wire_test.h"

static void type_and_data_survive(void **state)
{
	struct id_payload id;
	struct built b;

	(void)state;
	id_build(built_begin(&b), PAYLOAD_IDR, ID_FQDN, span_text("moon.example.org"));
	assert_span_equal(span_head(built_body(&b, PAYLOAD_IDR), 5), BYTES(2, 0, 0, 0, 'm'));
	assert_int_equal(id_parse(&id, built_body(&b, PAYLOAD_IDR)), ERR_OK);
	assert_int_equal(id.type, ID_FQDN);
	assert_span_equal(id.data, span_text("moon.example.org"));
	id_build(built_begin(&b), PAYLOAD_IDI, ID_NULL, SPAN_EMPTY);
	assert_int_equal(id_parse(&id, built_body(&b, PAYLOAD_IDI)), ERR_OK);
	assert_int_equal(id.data.len, 0);
}

static void reserved_bytes_are_ignored(void **state)
{
	struct id_payload id;

	(void)state;
	assert_int_equal(id_parse(&id, BYTES(ID_IPV4_ADDR, 1, 2, 3, 192, 0, 2, 1)), ERR_OK);
	assert_span_equal(id.data, BYTES(192, 0, 2, 1));
}

static void the_size_of_a_known_type_is_checked(void **state)
{
	static const uint8_t zeros[32] = { ID_IPV6_ADDR };
	struct id_payload id = { .type = 99 };

	(void)state;
	assert_int_equal(id_parse(&id, BYTES(ID_IPV4_ADDR, 0, 0, 0, 1, 2, 3)), ERR_LENGTH);
	assert_int_equal(id_parse(&id, BYTES(ID_IPV4_ADDR, 0, 0, 0, 1, 2, 3, 4, 5)), ERR_LENGTH);
	assert_int_equal(id_parse(&id, span_of(zeros, 19)), ERR_LENGTH);
	assert_int_equal(id_parse(&id, span_of(zeros, 21)), ERR_LENGTH);
	assert_int_equal(id_parse(&id, BYTES(ID_FQDN, 0, 0, 0)), ERR_LENGTH);
	assert_int_equal(id_parse(&id, BYTES(ID_KEY_ID, 0, 0, 0)), ERR_LENGTH);
	assert_int_equal(id_parse(&id, BYTES(ID_DER_ASN1_DN, 0, 0, 0, 0x30)), ERR_LENGTH);
	assert_int_equal(id.type, 99);
	assert_int_equal(id_parse(&id, span_of(zeros, 20)), ERR_OK);
}

static void an_unknown_type_may_hold_anything(void **state)
{
	struct id_payload id;

	(void)state;
	assert_int_equal(id_parse(&id, BYTES(201, 0, 0, 0)), ERR_OK);
	assert_int_equal(id.type, 201);
}

static void a_cut_header_is_an_error(void **state)
{
	struct id_payload id;

	(void)state;
	for (size_t len = 0; len < 4; len++)
		assert_int_equal(id_parse(&id, span_head(BYTES(ID_NULL, 0, 0, 0), len)), ERR_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(type_and_data_survive),
		cmocka_unit_test(reserved_bytes_are_ignored),
		cmocka_unit_test(the_size_of_a_known_type_is_checked),
		cmocka_unit_test(an_unknown_type_may_hold_anything),
		cmocka_unit_test(a_cut_header_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
