/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/auth.c. */
#include "wire_test.h"

static void method_and_data_survive(void **state)
{
	struct auth_payload auth;
	struct built b;

	(void)state;
	auth_build(built_begin(&b), AUTH_SHARED_KEY, span_text("mac"));
	assert_span_equal(built_body(&b, PAYLOAD_AUTH), BYTES(2, 0, 0, 0, 'm', 'a', 'c'));
	assert_int_equal(auth_parse(&auth, built_body(&b, PAYLOAD_AUTH)), ERR_OK);
	assert_int_equal(auth.method, AUTH_SHARED_KEY);
	assert_span_equal(auth.data, span_text("mac"));
}

static void reserved_bytes_are_ignored(void **state)
{
	struct auth_payload auth;

	(void)state;
	assert_int_equal(auth_parse(&auth, BYTES(14, 9, 9, 9, 1)), ERR_OK);
	assert_int_equal(auth.method, AUTH_DIGITAL_SIGNATURE);
	assert_span_equal(auth.data, BYTES(1));
}

static void a_cut_header_is_an_error(void **state)
{
	struct auth_payload auth = { .method = 77 };

	(void)state;
	for (size_t len = 0; len < 4; len++)
		assert_int_equal(auth_parse(&auth, span_head(BYTES(2, 0, 0, 0), len)), ERR_TRUNCATED);
	assert_int_equal(auth.method, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(method_and_data_survive),
		cmocka_unit_test(reserved_bytes_are_ignored),
		cmocka_unit_test(a_cut_header_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
