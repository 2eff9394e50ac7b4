/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/cert.c. */
#include "wire_test.h"

static void encoding_and_data_survive(void **state)
{
	struct cert_payload cert;
	struct built b;

	(void)state;
	cert_build(built_begin(&b), PAYLOAD_CERT, 4, span_text("der"));
	assert_span_equal(built_body(&b, PAYLOAD_CERT), BYTES(4, 'd', 'e', 'r'));
	assert_int_equal(cert_parse(&cert, built_body(&b, PAYLOAD_CERT)), ERR_OK);
	assert_int_equal(cert.encoding, 4);
	assert_span_equal(cert.data, span_text("der"));
}

static void a_request_may_name_no_authority(void **state)
{
	struct cert_payload cert;
	struct built b;

	(void)state;
	cert_build(built_begin(&b), PAYLOAD_CERTREQ, 4, SPAN_EMPTY);
	assert_int_equal(cert_parse(&cert, built_body(&b, PAYLOAD_CERTREQ)), ERR_OK);
	assert_int_equal(cert.data.len, 0);
}

static void an_empty_body_is_an_error(void **state)
{
	struct cert_payload cert = { .encoding = 9 };

	(void)state;
	assert_int_equal(cert_parse(&cert, SPAN_EMPTY), ERR_TRUNCATED);
	assert_int_equal(cert.encoding, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoding_and_data_survive),
		cmocka_unit_test(a_request_may_name_no_authority),
		cmocka_unit_test(an_empty_body_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
