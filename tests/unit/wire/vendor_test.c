/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/vendor.c. */
#include "wire_test.h"

static void a_vendor_id_is_its_body(void **state)
{
	struct built b;

	(void)state;
	vendor_build(built_begin(&b), span_text("any bytes at all"));
	assert_span_equal(built_body(&b, PAYLOAD_VENDOR), span_text("any bytes at all"));
	vendor_build(built_begin(&b), SPAN_EMPTY);
	assert_int_equal(built_body(&b, PAYLOAD_VENDOR).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vendor_id_is_its_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
