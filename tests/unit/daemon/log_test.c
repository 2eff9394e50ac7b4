/* SPDX-License-Identifier: Apache-2.0 */
/* log: forms of lines, what strangers can put into them, limits, the ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "log.h"

struct fixture {
	struct log log;
	int pipe[2];
	unsigned sunk;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	unsetenv("JOURNAL_STREAM");
	assert_int_equal(pipe(f->pipe), 0);
	assert_int_equal(log_init(&f->log, f->pipe[1], LOG_INFO), ERR_OK);
	f->log.now = 1000 * NANOS_SECOND;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	log_clear(&f->log);
	close(f->pipe[0]);
	close(f->pipe[1]);
	free(f);
	return 0;
}

/* What the descriptor got, as text. */
static const char *written(struct fixture *f)
{
	static char buffer[4096];
	ssize_t len = read(f->pipe[0], buffer, sizeof(buffer) - 1);

	assert_true(len > 0);
	buffer[len] = '\0';
	return buffer;
}

static const struct log_line *newest(const struct fixture *f)
{
	uint64_t number = f->log.last;
	const struct log_line *line = log_next(&f->log, &number);

	assert_non_null(line);
	return line;
}

static unsigned kept(const struct fixture *f)
{
	unsigned lines = 0;

	for (uint64_t number = 0; log_next(&f->log, &number);)
		lines++;
	return lines;
}

static void a_line_is_time_level_event_and_fields(void **state)
{
	struct fixture *f = *state;
	struct endpoint peer = { .ip = ip_v4(192, 0, 2, 1), .port = 500 };
	unsigned year, month, day, hour, minute, second, milli;
	struct log_entry e;
	const char *line;
	int at = 0;

	log_begin(&e, &f->log, LOG_NOTICE, "ike-up");
	log_put(&e, "conn", "home");
	log_put_u64(&e, "ike", 7);
	log_put_hex(&e, "spi", 0xab, 8);
	log_put_endpoint(&e, "peer", &peer);
	log_put_ip(&e, "ip", &peer.ip);
	log_words(&e, "more=words");
	log_end(&e);
	line = written(f);
	assert_int_equal(sscanf(line, "%4u-%2u-%2uT%2u:%2u:%2u.%3uZ%n", &year, &month, &day, &hour,
				&minute, &second, &milli, &at), 7);
	assert_true(year >= 2025 && month >= 1 && month <= 12 && day >= 1 && day <= 31);
	assert_true(hour < 24 && minute < 60 && second <= 60 && milli < 1000);
	assert_int_equal(at, strlen("2026-01-02T03:04:05.678Z"));
	assert_string_equal(line + at, " notice ike-up conn=home ike=7 spi=000000ab "
				       "peer=192.0.2.1[500] ip=192.0.2.1 more=words\n");
}

static void the_wall_clock_is_printed_as_utc(void **state)
{
	struct log_line line = { .wall = 1767323045 * NANOS_SECOND + 678 * NANOS_MILLI, .level = LOG_ERROR,
				 .text = "x" };
	char buffer[100];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	text_log_line(&t, &line);
	assert_string_equal(buffer, "2026-01-02T03:04:05.678Z error x");
}

static void a_value_cannot_end_its_quotes_or_its_line(void **state)
{
	struct fixture *f = *state;
	struct log_entry e;

	log_begin(&e, &f->log, LOG_NOTICE, "x");
	log_put(&e, "a", "two words");
	log_put(&e, "b", "");
	log_put(&e, "c", "k=v");
	log_put(&e, "back", "\\x0a \\\" \\");
	log_put(&e, "d", "quote\" b=1\nnew line\x1b[2J\xff");
	log_words(&e, "e=1\nf=2\x7f");
	log_end(&e);
	assert_string_equal(newest(f)->text, "x a=\"two words\" b=\"\" c=\"k=v\" "
					     "back=\"\\x0a \\x5c\\\" \\x5c\" "
					     "d=\"quote\\\" b=1\\x0anew line\\x1b[2J\\xff\" e=1?f=2?");
	assert_ptr_equal(strchr(strchr(written(f), '\n') + 1, '\n'), NULL);
}

static void a_line_that_is_too_long_is_cut_and_ends(void **state)
{
	struct fixture *f = *state;
	char value[2 * LOG_TEXT_MAX];
	const char *line;

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	log_say(&f->log, LOG_NOTICE, "long", value);
	line = written(f);
	assert_int_equal(strlen(newest(f)->text), LOG_TEXT_MAX - 1);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static void what_is_beyond_the_level_is_not_logged(void **state)
{
	struct fixture *f = *state;

	log_say(&f->log, LOG_DEBUG, "small", "thing");
	assert_int_equal(f->log.last, 0);
	f->log.level = LOG_DEBUG;
	log_say(&f->log, LOG_DEBUG, "small", "thing");
	assert_int_equal(f->log.last, 1);
}

static void a_flood_of_one_event_is_held_back_and_counted(void **state)
{
	struct fixture *f = *state;

	f->log.fd = -1;
	for (unsigned i = 0; i < 100; i++)
		log_say(&f->log, LOG_INFO, "flood", "x");
	assert_int_equal(f->log.last, LOG_BURST);
	f->log.now += NANOS_SECOND;
	for (unsigned i = 0; i < 100; i++)
		log_say(&f->log, LOG_INFO, "flood", "x");
	assert_int_equal(f->log.last, LOG_BURST + LOG_RATE);
	/* 68 of the first burst, told with the first line that follows */
	for (uint64_t number = LOG_BURST + 1; number == LOG_BURST + 1;)
		assert_string_equal(log_next(&f->log, &number)->text, "flood held_back=68 message=x");
	f->log.now += 60 * NANOS_SECOND;
	for (unsigned i = 0; i < 100; i++)
		log_say(&f->log, LOG_INFO, "flood", "x");
	assert_int_equal(f->log.last, LOG_BURST + LOG_RATE + LOG_BURST);
}

static void a_flood_holds_back_neither_errors_nor_other_events(void **state)
{
	struct fixture *f = *state;
	struct log_entry e;
	uint64_t before;

	f->log.fd = -1;
	for (unsigned i = 0; i < 100; i++)
		log_say(&f->log, LOG_INFO, "flood", "x");
	before = f->log.last;
	log_say(&f->log, LOG_INFO, "other", "x");
	log_say(&f->log, LOG_ERROR, "flood", "x");
	log_begin_always(&e, &f->log, LOG_INFO, "flood");
	log_end(&e);
	assert_int_equal(f->log.last, before + 3);
}

static void the_ring_keeps_the_newest_lines_in_order(void **state)
{
	struct fixture *f = *state;
	const struct log_line *line;
	uint64_t number = 0, expected = 101;

	f->log.fd = -1;
	for (unsigned i = 0; i < LOG_RING_LINES + 100; i++)
		log_say(&f->log, LOG_ERROR, "x", "y");
	assert_int_equal(kept(f), LOG_RING_LINES);
	while ((line = log_next(&f->log, &number)))
		assert_int_equal(line->number, expected++);
	assert_int_equal(expected, LOG_RING_LINES + 101);
}

static void an_empty_ring_has_no_line(void **state)
{
	assert_int_equal(kept(*state), 0);
}

static void count_sunk(void *ctx, const struct log_line *line)
{
	struct fixture *f = ctx;

	assert_string_equal(line->text, "x message=y");
	f->sunk++;
}

static void the_sink_sees_each_line_that_is_logged(void **state)
{
	struct fixture *f = *state;

	f->log.sink = count_sunk;
	f->log.sink_ctx = f;
	log_say(&f->log, LOG_NOTICE, "x", "y");
	log_say(&f->log, LOG_DEBUG, "x", "y");
	log_say(&f->log, LOG_ERROR, "x", "y");
	assert_int_equal(f->sunk, 2);
}

static void the_journal_gets_a_priority_instead_of_the_time(void **state)
{
	struct fixture *f = *state;

	struct stat st;
	char name[64];

	log_clear(&f->log);
	assert_int_equal(fstat(f->pipe[1], &st), 0);
	(void)snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
	assert_int_equal(log_init(&f->log, f->pipe[1], LOG_INFO), ERR_OK);
	log_say(&f->log, LOG_NOTICE, "x", "y");
	log_say(&f->log, LOG_ERROR, "x", "y");
	assert_string_equal(written(f), "<5>x message=y\n<3>x message=y\n");
}

static void output_redirected_away_from_the_journal_is_for_people(void **state)
{
	struct fixture *f = *state;

	log_clear(&f->log);
	setenv("JOURNAL_STREAM", "8:1234", 1);
	assert_int_equal(log_init(&f->log, f->pipe[1], LOG_INFO), ERR_OK);
	log_say(&f->log, LOG_NOTICE, "x", "y");
	assert_null(strstr(written(f), "<5>"));
}

static void a_failed_call_is_logged_in_words(void **state)
{
	struct fixture *f = *state;

	log_errno(&f->log, LOG_ERROR, "open", "some file", 2);
	assert_string_equal(newest(f)->text,
			    "open message=\"some file\" error=\"No such file or directory\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_time_level_event_and_fields),
		TEST(the_wall_clock_is_printed_as_utc),
		TEST(a_value_cannot_end_its_quotes_or_its_line),
		TEST(a_line_that_is_too_long_is_cut_and_ends),
		TEST(what_is_beyond_the_level_is_not_logged),
		TEST(a_flood_of_one_event_is_held_back_and_counted),
		TEST(a_flood_holds_back_neither_errors_nor_other_events),
		TEST(the_ring_keeps_the_newest_lines_in_order),
		TEST(an_empty_ring_has_no_line),
		TEST(the_sink_sees_each_line_that_is_logged),
		TEST(the_journal_gets_a_priority_instead_of_the_time),
		TEST(output_redirected_away_from_the_journal_is_for_people),
		TEST(a_failed_call_is_logged_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
