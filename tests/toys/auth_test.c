/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the row of the toy auth method: an engine that does not know it authenticates
 * by it. */
#include "two.h"

static void the_number_has_a_name(void **state)
{
	(void)state;
	assert_int_equal(AUTH_TOY, 201);
	assert_string_equal(auth_method_name(201), "TOY");
}

static const struct one_words toy = { "", "toy", "open sesame" };

/* The end of an attempt of the toy's initiator with this responder. */
static enum err end_with(const struct one_words *r, unsigned *ret_ups)
{
	struct two t;
	enum err err;

	two_init(&t, &toy, r);
	two_connect(&t);
	two_pass(&t, 300 * NANOS_SECOND); /* a refusal may be believed late */
	assert_int_equal(t.i.requests, 1);
	err = t.i.request_err;
	*ret_ups = t.i.ups + t.r.ups;
	two_clear(&t);
	return err;
}

static void two_engines_authenticate_by_it(void **state)
{
	unsigned ups;

	(void)state;
	assert_int_equal(end_with(&toy, &ups), ERR_OK);
	assert_int_equal(ups, 2);
}

static void the_wrong_secret_does_not_come_up(void **state)
{
	static const struct one_words other = { "", "toy", "open barley" };
	unsigned ups;

	(void)state;
	assert_int_equal(end_with(&other, &ups), ERR_AUTH);
	assert_int_equal(ups, 0);
}

static void it_is_not_taken_for_another_method(void **state)
{
	static const struct one_words psk = { "", "psk", "open sesame" };
	unsigned ups;

	(void)state;
	assert_int_equal(end_with(&psk, &ups), ERR_AUTH);
	assert_int_equal(ups, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_has_a_name),
		cmocka_unit_test(two_engines_authenticate_by_it),
		cmocka_unit_test(the_wrong_secret_does_not_come_up),
		cmocka_unit_test(it_is_not_taken_for_another_method),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
