/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/sk.c. */
#include "wire_test.h"

static void number_and_total_survive(void **state)
{
	struct skf_header header;
	struct span sealed;
	struct built b;

	(void)state;
	payload_begin(built_begin(&b), PAYLOAD_SKF, false);
	skf_header_build(&b.w, &(struct skf_header){ .number = 2, .total = 300 });
	writer_put(&b.w, span_text("sealed"));
	payload_end(&b.c);
	assert_span_equal(span_head(built_body(&b, PAYLOAD_SKF), 5), BYTES(0, 2, 1, 44, 's'));
	assert_int_equal(skf_parse(&header, &sealed, built_body(&b, PAYLOAD_SKF)), ERR_OK);
	assert_int_equal(header.number, 2);
	assert_int_equal(header.total, 300);
	assert_span_equal(sealed, span_text("sealed"));
}

/* RFC7383 2.5 */
static void fragments_count_from_one_to_their_total(void **state)
{
	struct skf_header header = { .number = 9 };
	struct span sealed = SPAN_EMPTY;

	(void)state;
	assert_int_equal(skf_parse(&header, &sealed, BYTES(0, 0, 0, 2, 1)), ERR_SYNTAX);
	assert_int_equal(skf_parse(&header, &sealed, BYTES(0, 0, 0, 0, 1)), ERR_SYNTAX);
	assert_int_equal(skf_parse(&header, &sealed, BYTES(0, 1, 0, 0, 1)), ERR_SYNTAX);
	assert_int_equal(skf_parse(&header, &sealed, BYTES(0, 3, 0, 2, 1)), ERR_SYNTAX);
	assert_int_equal(header.number, 9);
	assert_int_equal(sealed.len, 0);
	assert_int_equal(skf_parse(&header, &sealed, BYTES(0, 1, 0, 1, 1)), ERR_OK);
	assert_int_equal(skf_parse(&header, &sealed, BYTES(0xff, 0xff, 0xff, 0xff, 1)), ERR_OK);
}

static void a_cut_header_is_an_error(void **state)
{
	struct skf_header header;
	struct span sealed;

	(void)state;
	for (size_t len = 0; len < 4; len++)
		assert_int_equal(skf_parse(&header, &sealed, span_head(BYTES(0, 1, 0, 1), len)), ERR_TRUNCATED);
	assert_int_equal(skf_parse(&header, &sealed, BYTES(0, 1, 0, 1)), ERR_OK);
	assert_int_equal(sealed.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_and_total_survive),
		cmocka_unit_test(fragments_count_from_one_to_their_total),
		cmocka_unit_test(a_cut_header_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
