/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/require.c: a bug ends the process, and says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "require.h"

static void a_kept_requirement_does_nothing(void **state)
{
	int evaluated = 0;

	(void)state;
	REQUIRE(++evaluated == 1);
	assert_int_equal(evaluated, 1);
}

static void a_broken_requirement_aborts_and_names_its_place(void **state)
{
	char said[512] = { 0 };
	size_t len = 0;
	int fds[2], status;
	ssize_t got;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		dup2(fds[1], STDERR_FILENO);
		require_failed("pigs != fly", "farm.c", 1203);
	}
	close(fds[1]);
	while ((got = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)got;
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(said, "farm.c:1203: pigs != fly\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kept_requirement_does_nothing),
		cmocka_unit_test(a_broken_requirement_aborts_and_names_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
