/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include "nearest.h"

static const char *nearest_among(const char *wanted, const char *const *names)
{
	static char best[64];
	struct nearest n = nearest_of(span_text(wanted));

	for (; *names; names++)
		nearest_offer(&n, span_text(*names));
	memcpy(best, n.best.len ? n.best.data : (const uint8_t *)"", n.best.len);
	best[n.best.len] = '\0';
	return best;
}

static void the_name_with_the_fewest_edits_is_nearest(void **state)
{
	const char *const names[] = { "local_addrs", "remote_addrs", "proposals", "encap", "id", NULL };

	(void)state;
	assert_string_equal(nearest_among("local_adrs", names), "local_addrs");
	assert_string_equal(nearest_among("LOCAL_ADDRS", names), "local_addrs");
	assert_string_equal(nearest_among("propsoals", names), "proposals");
	assert_string_equal(nearest_among("proposal", names), "proposals");
	assert_string_equal(nearest_among("encaps", names), "encap");
	assert_string_equal(nearest_among("ib", names), "id");
}

static void two_swapped_letters_are_one_edit(void **state)
{
	const char *const names[] = { "abdc", "abxx", NULL };

	(void)state;
	assert_string_equal(nearest_among("abcd", names), "abdc");
}

static void what_is_too_far_from_everything_has_no_nearest_name(void **state)
{
	const char *const names[] = { "local_addrs", "id", NULL };

	(void)state;
	assert_string_equal(nearest_among("banana", names), "");
	assert_string_equal(nearest_among("xy", names), "");
	assert_string_equal(nearest_among("", names), "");
}

static void a_name_past_the_limit_is_near_nothing(void **state)
{
	const char *const names[] = { "0123456789012345678901234567890123456789", NULL };

	(void)state;
	assert_string_equal(nearest_among("012345678901234567890123456789012345678x", names), names[0]);
	assert_string_equal(nearest_among("0123456789012345678901234567890123456789x", names), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_with_the_fewest_edits_is_nearest),
		cmocka_unit_test(two_swapped_letters_are_one_edit),
		cmocka_unit_test(what_is_too_far_from_everything_has_no_nearest_name),
		cmocka_unit_test(a_name_past_the_limit_is_near_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
