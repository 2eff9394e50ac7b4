/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "options.h"

#define ALL_OPTIONS 0xffu

static struct options o;
static char complaint[100];
static int at;

static enum err parse(unsigned allowed, bool operand, const char *const words[], int count)
{
	struct text t = TEXT_ARRAY(complaint);

	o = (struct options){ 0 };
	at = 0;
	return options_parse(&o, allowed, operand, count, (char *const *)words, &at, &t);
}

#define PARSE(...)                                                                                 \
	parse(ALL_OPTIONS, true, (const char *const[]){ __VA_ARGS__ },                             \
	      (int)ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static void options_and_the_name_come_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--json", "gw", "--child", "net", "--timeout=12", "-f"), ERR_OK);
	assert_true(o.json && o.follow && !o.all && !o.force && !o.help);
	assert_string_equal(o.name, "gw");
	assert_string_equal(o.child, "net");
	assert_int_equal(o.timeout_s, 12);
	assert_int_equal(PARSE("gw", "--force", "--all", "--help", "--socket", "/s"), ERR_OK);
	assert_true(o.force && o.all && o.help);
	assert_string_equal(o.socket_path, "/s");
	assert_int_equal(PARSE("-h"), ERR_OK);
	assert_true(o.help);
}

static void after_two_dashes_everything_is_a_name(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--", "--json"), ERR_OK);
	assert_false(o.json);
	assert_string_equal(o.name, "--json");
	assert_int_equal(PARSE("-"), ERR_OK);
	assert_string_equal(o.name, "-");
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--jsonx"), ERR_SYNTAX);
	assert_string_equal(complaint, "unknown option --jsonx");
	assert_int_equal(PARSE("-x"), ERR_SYNTAX);
	assert_int_equal(PARSE("-fh"), ERR_SYNTAX);
	assert_int_equal(PARSE("--json=yes"), ERR_SYNTAX);
	assert_string_equal(complaint, "no value belongs to --json=yes");
	assert_int_equal(PARSE("--child"), ERR_SYNTAX);
	assert_string_equal(complaint, "a value is missing behind --child");
	assert_int_equal(PARSE("--child="), ERR_SYNTAX);
	assert_int_equal(PARSE("a", "b"), ERR_SYNTAX);
	assert_string_equal(complaint, "one word too many: b");
	assert_int_equal(PARSE(""), ERR_SYNTAX);
	assert_int_equal(PARSE("--\033"), ERR_SYNTAX);
	assert_string_equal(complaint, "unknown option --\\x1b");
}

static void a_timeout_is_a_number_of_seconds(void **state)
{
	static const char *const bad[] = { "0", "", "-1", "1s", "86401", "99999999999999999999",
					   " 1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(PARSE("--timeout", bad[i]), ERR_SYNTAX);
	assert_int_equal(PARSE("--timeout", "86400"), ERR_OK);
	assert_int_equal(o.timeout_s, 86400);
}

static void only_allowed_options_are_taken(void **state)
{
	const char *const words[] = { "--json" };

	(void)state;
	assert_int_equal(parse(OPTIONS_EVERYWHERE, true, words, 1), ERR_SYNTAX);
	assert_int_equal(parse(OPTION_JSON, true, words, 1), ERR_OK);
}

static void without_an_operand_the_walk_ends_at_the_first_word(void **state)
{
	const char *const words[] = { "--socket", "/s", "up", "--child", "c" };

	(void)state;
	assert_int_equal(parse(OPTIONS_EVERYWHERE, false, words, 5), ERR_OK);
	assert_int_equal(at, 2);
	assert_null(o.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_the_name_come_in_any_order),
		cmocka_unit_test(after_two_dashes_everything_is_a_name),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_timeout_is_a_number_of_seconds),
		cmocka_unit_test(only_allowed_options_are_taken),
		cmocka_unit_test(without_an_operand_the_walk_ends_at_the_first_word),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
