/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/delete.c. */
#include "wire_test.h"

static void the_ike_sa_is_deleted_without_an_spi(void **state)
{
	struct delete_payload d;
	struct built b;

	(void)state;
	delete_build_ike(built_begin(&b));
	assert_span_equal(built_body(&b, PAYLOAD_DELETE), BYTES(1, 0, 0, 0));
	assert_int_equal(delete_parse(&d, built_body(&b, PAYLOAD_DELETE)), ERR_OK);
	assert_int_equal(d.protocol, PROTOCOL_IKE);
	assert_int_equal(d.count, 0);
}

static void child_sas_are_deleted_by_their_spis(void **state)
{
	static const uint32_t spis[] = { 0xdeadbeef, 0x00000100 };
	struct delete_payload d;
	struct built b;

	(void)state;
	delete_build_child(built_begin(&b), PROTOCOL_ESP, spis, 2);
	assert_span_equal(built_body(&b, PAYLOAD_DELETE), BYTES(3, 4, 0, 2, 0xde, 0xad, 0xbe, 0xef, 0, 0, 1, 0));
	assert_int_equal(delete_parse(&d, built_body(&b, PAYLOAD_DELETE)), ERR_OK);
	assert_int_equal(d.protocol, PROTOCOL_ESP);
	assert_int_equal(d.count, 2);
	assert_true(delete_spi(&d, 0) == 0xdeadbeef);
	assert_true(delete_spi(&d, 1) == 0x100);
	delete_build_child(built_begin(&b), PROTOCOL_AH, spis, 0);
	assert_int_equal(delete_parse(&d, built_body(&b, PAYLOAD_DELETE)), ERR_OK);
	assert_int_equal(d.count, 0);
}

static void the_count_must_fill_the_body(void **state)
{
	struct delete_payload d = { .count = 9 };

	(void)state;
	assert_int_equal(delete_parse(&d, BYTES(3, 4, 0, 2, 1, 2, 3, 4)), ERR_TRUNCATED);
	assert_int_equal(delete_parse(&d, BYTES(3, 4, 0, 1, 1, 2, 3)), ERR_TRUNCATED);
	assert_int_equal(delete_parse(&d, BYTES(3, 4, 0, 1, 1, 2, 3, 4, 5)), ERR_TRAILING);
	assert_int_equal(delete_parse(&d, BYTES(3, 4, 0, 0, 1, 2, 3, 4)), ERR_TRAILING);
	assert_int_equal(delete_parse(&d, BYTES(3, 4, 0xff, 0xff, 1, 2, 3, 4)), ERR_TRUNCATED);
	for (size_t len = 0; len < 4; len++)
		assert_int_equal(delete_parse(&d, span_head(BYTES(3, 4, 0, 0), len)), ERR_TRUNCATED);
	assert_int_equal(d.count, 9);
}

/* RFC7296 3.11 */
static void protocol_and_spi_size_must_agree(void **state)
{
	struct delete_payload d;

	(void)state;
	assert_int_equal(delete_parse(&d, BYTES(1, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8)), ERR_SYNTAX);
	assert_int_equal(delete_parse(&d, BYTES(1, 8, 0, 0)), ERR_SYNTAX);
	assert_int_equal(delete_parse(&d, BYTES(1, 0, 0, 1)), ERR_SYNTAX);
	assert_int_equal(delete_parse(&d, BYTES(3, 0, 0xff, 0xff)), ERR_SYNTAX);
	assert_int_equal(delete_parse(&d, BYTES(3, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8)), ERR_SYNTAX);
	assert_int_equal(delete_parse(&d, BYTES(0, 0, 0, 0)), ERR_SYNTAX);
	assert_int_equal(delete_parse(&d, BYTES(4, 4, 0, 1, 1, 2, 3, 4)), ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ike_sa_is_deleted_without_an_spi),
		cmocka_unit_test(child_sas_are_deleted_by_their_spis),
		cmocka_unit_test(the_count_must_fill_the_body),
		cmocka_unit_test(protocol_and_spi_size_must_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
