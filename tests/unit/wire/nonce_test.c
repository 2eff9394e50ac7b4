/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/nonce.c. */
#include "wire_test.h"

/* RFC7296 3.9 */
static void sixteen_to_256_bytes_are_a_nonce(void **state)
{
	static const uint8_t bytes[300] = { 1 };
	struct span nonce = span_text("untouched");

	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		bool fits = len >= 16 && len <= 256;

		assert_int_equal(nonce_parse(&nonce, span_of(bytes, len)), fits ? ERR_OK : ERR_LENGTH);
		assert_int_equal(nonce.len, len < 16 ? strlen("untouched") : len <= 256 ? len : 256);
	}
}

static void a_nonce_is_its_body(void **state)
{
	static const uint8_t bytes[32] = { 1, 2, 3 };
	struct built b;

	(void)state;
	nonce_build(built_begin(&b), SPAN_ARRAY(bytes));
	assert_span_equal(built_body(&b, PAYLOAD_NONCE), SPAN_ARRAY(bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixteen_to_256_bytes_are_a_nonce),
		cmocka_unit_test(a_nonce_is_its_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
