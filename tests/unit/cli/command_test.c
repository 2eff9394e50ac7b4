/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "command.h"
#include "fake_daemon.h"

#define ARGS_MAX 12

/* What a run of the command did. */
struct run {
	enum cli_status status;
	char *out, *err;
};

static struct run last;

/* Splits line at spaces and runs it; the socket is from the environment's place. */
static void run(const char *socket_path, const char *line)
{
	char words[300] = "adit ", *argv[ARGS_MAX + 1] = { NULL }, *rest = words;
	struct cli cli = { .socket_path = socket_path };
	size_t out_len, err_len;
	int argc = 0;

	free(last.out);
	free(last.err);
	strcat(words, line);
	for (char *word; argc < ARGS_MAX && (word = strsep(&rest, " ")) != NULL;) {
		if (*word)
			argv[argc++] = word;
	}
	cli.out = open_memstream(&last.out, &out_len);
	cli.err = open_memstream(&last.err, &err_len);
	assert_true(cli.out && cli.err);
	last.status = cli_run(&cli, argc, argv);
	fclose(cli.out);
	fclose(cli.err);
}

static void run_with(enum fake_mood mood, const char *line)
{
	struct fake f;

	fake_start(&f, mood);
	run(f.path, line);
	fake_stop(&f);
}

static void says(enum cli_status status, const char *out, const char *err)
{
	assert_string_equal(last.out, out);
	assert_string_equal(last.err, err);
	assert_int_equal(last.status, status);
}

static int forget(void **state)
{
	(void)state;
	free(last.out);
	free(last.err);
	last = (struct run){ 0 };
	return 0;
}

static void up_brings_up_every_child_of_a_connection(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "up gw");
	says(CLI_OK,
	     "initiate ike=gw child=net timeout=0\ngw/net is up.\n"
	     "initiate ike=gw child=dmz timeout=0\ngw/dmz is up.\n",
	     "");
}

static void up_takes_one_child_and_a_timeout(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "up gw --child dmz --timeout 7");
	says(CLI_OK, "initiate ike=gw child=dmz timeout=7000\ngw/dmz is up.\n", "");
}

static void up_finds_a_child_by_its_name_alone(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "up lan");
	says(CLI_OK, "initiate ike=office child=lan timeout=0\noffice/lan is up.\n", "");
	run_with(FAKE_WELL, "up dmz");
	says(CLI_OK, "initiate ike=gw child=dmz timeout=0\ngw/dmz is up.\n", "");
}

static void up_names_what_there_is_when_the_name_is_wrong(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "up gx");
	says(CLI_FAILED, "",
	     "adit: no connection and no child is named gx\nConnections are: gw, office\n");
	run_with(FAKE_WELL, "up gx --child net");
	says(CLI_FAILED, "", "adit: no connection is named gx\nConnections are: gw, office\n");
	run_with(FAKE_WELL, "up gw --child lan");
	says(CLI_FAILED, "", "adit: the connection has no child named lan\n");
	run_with(FAKE_EMPTY, "up gw");
	says(CLI_FAILED, "",
	     "adit: no connection and no child is named gw\nNo connection is configured.\n");
}

static void up_ends_with_the_diagnosis_when_it_fails(void **state)
{
	(void)state;
	run_with(FAKE_REFUSES, "up gw");
	says(CLI_FAILED, "initiate ike=gw child=net timeout=0\n",
	     "adit: gw/net did not come up: no proposal chosen\ntheirs: 3DES\n");
}

static void down_deletes_by_connection_by_child_or_all(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "down gw");
	says(CLI_OK, "1 of 1 IKE SA is down.\n", "");
	run_with(FAKE_WELL, "down net --force --timeout=5");
	says(CLI_OK, "1 of 1 Child SA is down.\n", "");
	run_with(FAKE_WELL, "down --all");
	says(CLI_OK, "1 of 1 IKE SA is down.\n", "");
	run_with(FAKE_EMPTY, "down --all");
	says(CLI_OK, "Nothing is up.\n", "");
}

static void down_says_why_when_it_fails(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "down office");
	says(CLI_FAILED, "", "adit: nothing named office is up\n");
	run_with(FAKE_REFUSES, "down gw");
	says(CLI_FAILED, "0 of 1 IKE SA is down.\n",
	     "adit: SA 7 is not down: the peer did not answer\n"
	     "A peer that does not answer need not be waited for: --force.\n");
}

static void status_and_conns_print_lists(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "status");
	assert_int_equal(last.status, CLI_OK);
	assert_non_null(strstr(last.out, "gw #7, ESTABLISHED for 1 h 2 min"));
	assert_non_null(strstr(last.out, "1 packet\noffice, not up\n"));
	assert_null(strstr(last.out, "gw, not up"));
	run_with(FAKE_EMPTY, "status");
	says(CLI_OK, "Nothing is up.\n", "");
	run_with(FAKE_WELL, "conns");
	assert_non_null(strstr(last.out, "gw: 192.0.2.1 <-> 198.51.100.2"));
	assert_non_null(strstr(last.out, "office: %any <-> %any\n"));
	run_with(FAKE_EMPTY, "conns");
	says(CLI_OK, "No connection is configured.\n", "");
}

static void json_is_an_array_of_messages(void **state)
{
	static const char begin[] = "[\n{\"gw\":{\"uniqueid\":\"7\",\"version\":\"2\",";
	static const char end[] = "\"remote-ts\":[\"10.2.0.0/16\",\"10.3.0.0/16\"]}}}}\n]\n";

	(void)state;
	run_with(FAKE_WELL, "status --json");
	assert_int_equal(last.status, CLI_OK);
	assert_memory_equal(last.out, begin, sizeof(begin) - 1);
	assert_non_null(strstr(last.out, "\"remote-id\":\"C=CH, CN=\\\"sun\\\"\\u001b[2J\""));
	assert_true(strlen(last.out) > sizeof(end));
	assert_string_equal(last.out + strlen(last.out) - (sizeof(end) - 1), end);
	run_with(FAKE_EMPTY, "status --json");
	says(CLI_OK, "[]\n", "");
	run_with(FAKE_WELL, "conns --json");
	assert_non_null(strstr(last.out, "}}},\n{\"office\":{\"children\":{\"lan\":{}}}}\n]\n"));
}

static void log_prints_lines_without_their_control_characters(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "log");
	says(CLI_OK, "notice ike-up conn=gw id=\"sun\"\nevil \\x1b[2J line\\x0a\n", "");
	run_with(FAKE_WELL, "log --json");
	says(CLI_OK,
	     "{\"level\":\"1\",\"msg\":\"notice ike-up conn=gw id=\\\"sun\\\"\"}\n"
	     "{\"level\":\"2\",\"msg\":\"evil \\u001b[2J line\\n\"}\n",
	     "");
}

static void log_follows_until_the_daemon_ends(void **state)
{
	(void)state;
	run_with(FAKE_LEAVES, "log -f");
	says(CLI_NO_DAEMON, "notice ike-up conn=gw id=\"sun\"\nevil \\x1b[2J line\\x0a\ngoodbye\n",
	     "adit: aditd closed the connection; is it still running?\n");
}

static void the_rest_prints_what_the_daemon_says(void **state)
{
	(void)state;
	run_with(FAKE_WELL, "stats");
	says(CLI_OK,
	     "uptime:\n  running: 5 minutes\nplugins: a, b\ncounters:\n  (all):\n    invalid: 4\n",
	     "");
	run_with(FAKE_WELL, "stats --json");
	says(CLI_OK,
	     "{\"stats\":{\"uptime\":{\"running\":\"5 minutes\"},\"plugins\":[\"a\",\"b\"]},"
	     "\"get-counters\":{\"counters\":{\"\":{\"invalid\":\"4\"}},\"success\":\"yes\"}}\n",
	     "");
	run_with(FAKE_WELL, "version");
	assert_non_null(strstr(last.out, "\naditd 9.8.7 on Linux\n"));
	run_with(FAKE_WELL, "version --json");
	says(CLI_OK, "{\"daemon\":\"aditd\",\"version\":\"9.8.7\",\"sysname\":\"Linux\"}\n", "");
	run_with(FAKE_WELL, "reload");
	says(CLI_OK, "The configuration is read.\n", "");
	run_with(FAKE_REFUSES, "reload");
	says(CLI_FAILED, "",
	     "adit: the configuration stays as it was: adit.conf:3: unknown key\nadit.conf:9: "
	     "too\n");
}

static void no_daemon_has_a_status_of_its_own(void **state)
{
	static const char *const lines[] = { "up gw",  "down --all", "status", "conns",
					     "log -f", "stats",      "reload" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		run("/nonexistent/vici.sock", lines[i]);
		says(CLI_NO_DAEMON, "",
		     "adit: aditd does not answer at /nonexistent/vici.sock. Start it with "
		     "`systemctl start aditd`, or "
		     "run `aditd` as root.\n");
	}
	run_with(FAKE_DIES, "status");
	assert_int_equal(last.status, CLI_NO_DAEMON);
}

static void a_strange_daemon_is_described(void **state)
{
	(void)state;
	run_with(FAKE_OLD, "stats");
	assert_int_equal(last.status, CLI_FAILED);
	assert_non_null(strstr(last.err, "does not know stats\n"));
	run_with(FAKE_BABBLES, "stats");
	assert_int_equal(last.status, CLI_FAILED);
	assert_non_null(strstr(last.err, "is aditd listening there?\n"));
}

static void the_socket_option_wins(void **state)
{
	struct fake f;
	char line[200];

	(void)state;
	fake_start(&f, FAKE_EMPTY);
	snprintf(line, sizeof(line), "--socket %s status", f.path);
	run("/nonexistent", line);
	says(CLI_OK, "Nothing is up.\n", "");
	snprintf(line, sizeof(line), "status --socket=%s", f.path);
	run("/nonexistent", line);
	says(CLI_OK, "Nothing is up.\n", "");
	fake_stop(&f);
}

static void wrong_usage_has_a_status_of_its_own(void **state)
{
	static const char *const lines[] = {
		"",
		"dance",
		"--json",
		"up",
		"up a b",
		"up --all",
		"down",
		"down gw --all",
		"status gw",
		"status --child x",
		"log --timeout 3",
		"check",
		"up gw --timeout",
		"up gw --timeout 0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		run("/nonexistent", lines[i]);
		assert_int_equal(last.status, CLI_USAGE);
		assert_string_equal(last.out, "");
		assert_true(strlen(last.err) > 10);
	}
}

static void every_command_has_help(void **state)
{
	static const char *const names[] = { "up",    "down",   "status", "conns",  "log",
					     "stats", "reload", "check",  "version" };
	char line[30];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(line, sizeof(line), "%s --help", names[i]);
		run("/nonexistent", line);
		assert_int_equal(last.status, CLI_OK);
		assert_string_equal(last.err, "");
		assert_memory_equal(last.out, "Usage: adit ", 12);
		assert_memory_equal(last.out + 12, names[i], strlen(names[i]));
		run("/nonexistent", "--help");
		assert_int_equal(last.status, CLI_OK);
		snprintf(line, sizeof(line), "  adit %s ", names[i]);
		assert_non_null(strstr(last.out, line));
	}
}

static void file_with(char path[64], const char *text)
{
	FILE *file;
	int fd;

	strcpy(path, "/tmp/adit-check-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void check_needs_no_daemon(void **state)
{
	char path[64], line[100], expected[200];

	(void)state;
	file_with(path, "connections { gw { nonsense = 1 } }\n");
	snprintf(line, sizeof(line), "check %s", path);
	run("/nonexistent", line);
	unlink(path);
	assert_int_equal(last.status, CLI_FAILED);
	assert_non_null(strstr(last.err, "nonsense"));
	assert_string_equal(last.out, "");

	file_with(path, "connections { gw { local { auth = psk }\n remote { auth = psk } } }\n"
			"secrets { ike-1 { secret = 0123456789abcdef } }\n");
	snprintf(line, sizeof(line), "check %s", path);
	run("/nonexistent", line);
	unlink(path);
	snprintf(expected, sizeof(expected), "%s is fine: 1 connection, 1 secret.\n", path);
	assert_string_equal(last.out, expected);
	assert_int_equal(last.status, CLI_OK);
	run("/nonexistent", "check /nonexistent/adit.conf");
	assert_int_equal(last.status, CLI_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_brings_up_every_child_of_a_connection),
		cmocka_unit_test(up_takes_one_child_and_a_timeout),
		cmocka_unit_test(up_finds_a_child_by_its_name_alone),
		cmocka_unit_test(up_names_what_there_is_when_the_name_is_wrong),
		cmocka_unit_test(up_ends_with_the_diagnosis_when_it_fails),
		cmocka_unit_test(down_deletes_by_connection_by_child_or_all),
		cmocka_unit_test(down_says_why_when_it_fails),
		cmocka_unit_test(status_and_conns_print_lists),
		cmocka_unit_test(json_is_an_array_of_messages),
		cmocka_unit_test(log_prints_lines_without_their_control_characters),
		cmocka_unit_test(log_follows_until_the_daemon_ends),
		cmocka_unit_test(the_rest_prints_what_the_daemon_says),
		cmocka_unit_test(no_daemon_has_a_status_of_its_own),
		cmocka_unit_test(a_strange_daemon_is_described),
		cmocka_unit_test(the_socket_option_wins),
		cmocka_unit_test(wrong_usage_has_a_status_of_its_own),
		cmocka_unit_test(every_command_has_help),
		cmocka_unit_test(check_needs_no_daemon),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, forget);
}
