/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "client.h"
#include "fake_daemon.h"

static const uint8_t version_request[] = { 0, 0, 0, 9, 0, 7, 'v', 'e', 'r', 's', 'i', 'o', 'n' };
static const uint8_t list_request[] = { 0, 0, 0, 10, 0, 8, 'l', 'i', 's', 't', '-', 's', 'a', 's' };

static enum err ask(enum fake_mood mood, int timeout_ms, int *ret_system_error)
{
	struct span response;
	struct client c;
	struct fake f;
	enum err err;

	fake_start(&f, mood);
	assert_int_equal(client_open(&c, f.path), ERR_OK);
	err = client_request(&c, SPAN_ARRAY(version_request), timeout_ms, NULL, NULL, &response);
	*ret_system_error = c.system_error;
	client_close(&c);
	fake_stop(&f);
	return err;
}

static void requests_are_answered_one_after_another(void **state)
{
	struct span response, value;
	struct client c;
	struct fake f;

	(void)state;
	fake_start(&f, FAKE_WELL);
	assert_int_equal(client_open(&c, f.path), ERR_OK);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(client_request(&c, SPAN_ARRAY(version_request), 10000, NULL, NULL,
						&response),
				 ERR_OK);
		assert_true(vici_find(response, "version", &value));
		assert_true(span_equal(value, span_text("9.8.7")));
	}
	client_close(&c);
	fake_stop(&f);
}

static void count(void *ctx, struct span name, struct span message)
{
	assert_true(span_equal(name, span_text("list-sa")));
	assert_int_equal(vici_check(message), ERR_OK);
	++*(unsigned *)ctx;
}

static void events_before_the_answer_are_handed_on(void **state)
{
	struct span response;
	unsigned events = 0;
	struct client c;
	struct fake f;

	(void)state;
	fake_start(&f, FAKE_WELL);
	assert_int_equal(client_open(&c, f.path), ERR_OK);
	assert_int_equal(client_register(&c, "list-sa", 10000), ERR_OK);
	assert_int_equal(client_register(&c, "no such event", 10000), ERR_UNSUPPORTED);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(client_request(&c, SPAN_ARRAY(list_request), 10000, count, &events,
						&response),
				 ERR_OK);
		assert_int_equal(events, i);
	}
	assert_int_equal(client_request(&c, SPAN_ARRAY(list_request), 10000, NULL, NULL, &response),
			 ERR_OK);
	client_close(&c);
	fake_stop(&f);
}

static void a_daemon_that_does_not_answer_runs_into_the_time_limit(void **state)
{
	int system_error;

	(void)state;
	assert_int_equal(ask(FAKE_SILENT, 50, &system_error), ERR_TIMEOUT);
}

static void a_daemon_that_dies_is_noticed(void **state)
{
	int system_error = 77;

	(void)state;
	assert_int_equal(ask(FAKE_DIES, CLIENT_WAIT_FOREVER, &system_error), ERR_SYSTEM);
	assert_true(system_error == 0 || system_error == ECONNRESET);
}

static void what_is_not_vici_is_refused(void **state)
{
	int system_error;

	(void)state;
	assert_int_equal(ask(FAKE_BABBLES, 10000, &system_error), ERR_LENGTH);
}

static void an_unknown_command_is_told_apart(void **state)
{
	int system_error;

	(void)state;
	assert_int_equal(ask(FAKE_OLD, 10000, &system_error), ERR_UNSUPPORTED);
}

static void nobody_at_the_socket_is_told_by_the_system(void **state)
{
	char too_long[200];
	struct client c;

	(void)state;
	assert_int_equal(client_open(&c, "/nonexistent/vici.sock"), ERR_SYSTEM);
	assert_int_equal(c.system_error, ENOENT);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(client_open(&c, too_long), ERR_LENGTH);
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_answered_one_after_another),
		cmocka_unit_test(events_before_the_answer_are_handed_on),
		cmocka_unit_test(a_daemon_that_does_not_answer_runs_into_the_time_limit),
		cmocka_unit_test(a_daemon_that_dies_is_noticed),
		cmocka_unit_test(what_is_not_vici_is_refused),
		cmocka_unit_test(an_unknown_command_is_told_apart),
		cmocka_unit_test(nobody_at_the_socket_is_told_by_the_system),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
