/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/error.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "error.h"

static void every_error_has_a_name_words_and_a_kind(void **state)
{
	(void)state;
	for (int err = ERR_OK; err < ERR_ROWS; err++) {
		assert_true(strlen(err_name((enum err)err)) > 0);
		assert_true(strlen(err_words((enum err)err)) > 0);
		assert_int_equal(err_kind((enum err)err) == ERR_KIND_NONE, err == ERR_OK);
	}
}

static void names_are_unique(void **state)
{
	(void)state;
	for (int a = 0; a < ERR_ROWS; a++) {
		for (int b = a + 1; b < ERR_ROWS; b++)
			assert_string_not_equal(err_name((enum err)a), err_name((enum err)b));
	}
}

static void the_kind_says_whose_fault_it_is(void **state)
{
	(void)state;
	assert_int_equal(err_kind(ERR_TRUNCATED), ERR_KIND_PEER);
	assert_int_equal(err_kind(ERR_MEMORY), ERR_KIND_LOCAL);
	assert_int_equal(err_kind(ERR_PENDING), ERR_KIND_WAIT);
	assert_string_equal(err_name(ERR_NO_PROPOSAL), "NO_PROPOSAL");
}

static MUST_USE enum err third_step(int fail_at, int *ret_done)
{
	enum err err;

	TRY_THAT(fail_at != 1, ERR_SYNTAX);
	(*ret_done)++;
	TRY(fail_at == 2 ? ERR_LIMIT : ERR_OK);
	(*ret_done)++;
	err = ERR_OK;
out:
	return err;
}

static void try_leaves_at_the_first_error(void **state)
{
	int done = 0;

	(void)state;
	assert_int_equal(third_step(1, &done), ERR_SYNTAX);
	assert_int_equal(done, 0);
	assert_int_equal(third_step(2, &done), ERR_LIMIT);
	assert_int_equal(done, 1);
	assert_int_equal(third_step(3, &done), ERR_OK);
	assert_int_equal(done, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_a_name_words_and_a_kind),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(the_kind_says_whose_fault_it_is),
		cmocka_unit_test(try_leaves_at_the_first_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
