/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the row of the toy key: it is accepted and hinted at, and its default is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config.h"
#include "keys.h"

static char error_words[1024], warning_words[1024];

static enum err load(const char *text)
{
	struct text errors = TEXT_ARRAY(error_words), warnings = TEXT_ARRAY(warning_words);
	struct config *c = NULL;
	enum err err = config_load_text(&c, "toy.conf", span_text(text), &errors, &warnings);

	config_unref(c);
	return err;
}

static void it_is_accepted_without_a_word(void **state)
{
	(void)state;
	assert_int_equal(load("adit { toy = 5 }\n"), ERR_OK);
	assert_string_equal(warning_words, "");
	assert_string_equal(key_row(KEY_ADIT_TOY)->standard, "1");
}

static void a_misspelt_one_is_led_to_it(void **state)
{
	(void)state;
	assert_int_not_equal(load("adit { toyy = 5 }\n"), ERR_OK);
	assert_non_null(strstr(error_words, "did you mean \"toy\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_accepted_without_a_word),
		cmocka_unit_test(a_misspelt_one_is_led_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
