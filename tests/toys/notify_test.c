/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the row of the toy notify: its number, name, sizes, and that they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "payloads.h"

static void the_row_gives_number_name_and_sizes(void **state)
{
	size_t least, most;

	(void)state;
	assert_int_equal(NOTIFY_TOY, 49999);
	assert_string_equal(notify_name(49999), "TOY");
	assert_true(notify_sizes(49999, &least, &most));
	assert_int_equal(least, 4);
	assert_int_equal(most, 4);
}

static void another_size_is_refused(void **state)
{
	uint8_t body[9] = { 0, 0, 0xc3, 0x4f, 1, 2, 3, 4, 5 };
	struct notify n;

	(void)state;
	assert_int_equal(notify_parse(&n, span_of(body, 8)), ERR_OK);
	assert_int_equal(n.type, NOTIFY_TOY);
	assert_int_equal(notify_parse(&n, span_of(body, 7)), ERR_LENGTH);
	assert_int_equal(notify_parse(&n, span_of(body, 9)), ERR_LENGTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_row_gives_number_name_and_sizes),
		cmocka_unit_test(another_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
