/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the row of the toy key exchange: it is offered by its keyword, negotiated, and
 * keys come of it. */
#include "two.h"

#define KE_TOY 33 /* of the registry, and not done */

static void the_keyword_is_in_the_configuration_and_in_the_lists(void **state)
{
	const struct transform_row *row = transform_by_keyword(span_text("toyke"), 1);

	(void)state;
	assert_non_null(row);
	assert_int_equal(row->type, TRANSFORM_KE);
	assert_int_equal(row->id, KE_TOY);
	for (size_t i = 0; transform_at(i) != row; i++)
		assert_non_null(transform_at(i));
}

static void two_engines_negotiate_it(void **state)
{
	static const struct one_words words = { "proposals = aes128gcm16-prfsha256-toyke", "psk",
						"open sesame" };
	struct two t;
	struct adit_ike_info info;
	uint32_t cursor = 0;

	(void)state;
	two_init(&t, &words, &words);
	two_connect(&t);
	assert_int_equal(t.i.requests, 1);
	assert_int_equal(t.i.request_err, ERR_OK);
	assert_int_equal(t.i.ups + t.r.ups, 2);
	assert_true(adit_engine_ike_info(t.r.engine, &cursor, &info));
	assert_int_equal(info.ke.id, KE_TOY);
	two_clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keyword_is_in_the_configuration_and_in_the_lists),
		cmocka_unit_test(two_engines_negotiate_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
