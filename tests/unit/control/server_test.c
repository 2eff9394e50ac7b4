/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server.h"

#define BYTES(...) SPAN_ARRAY(((const uint8_t[]){ __VA_ARGS__ }))
#define OUTPUT_MAX (CONTROL_OUTPUT_RESERVE + 200000)
#define SESSIONS 4

struct fixture {
	struct memory memory;
	struct control_server *server;
	control_id late;    /* whose `wait` command runs */
	control_id log[64]; /* which sessions' handlers ran */
	size_t calls;
	unsigned list_at, list_len, list_refused;
	struct span expected; /* message of `check` */
};

static void respond_empty(struct fixture *f, control_id id)
{
	control_respond(f->server, id, BYTES(0, 0, 0, 1, VICI_CMD_RESPONSE));
}

static void called(struct fixture *f, control_id id)
{
	if (f->calls < ARRAY_LEN(f->log))
		f->log[f->calls] = id;
	f->calls++;
}

static void on_echo(void *ctx, control_id id, struct span message)
{
	struct fixture *f = ctx;
	static uint8_t buffer[VICI_SEGMENT_MAX + VICI_LENGTH_LEN];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	struct span segment;

	called(f, id);
	writer_put(&v.w, message);
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	control_respond(f->server, id, segment);
}

static void on_wait(void *ctx, control_id id, struct span message)
{
	struct fixture *f = ctx;

	(void)message;
	called(f, id);
	f->late = id;
}

/* Answers the one that waits, then itself: an answer from inside another session's handler. */
static void on_release(void *ctx, control_id id, struct span message)
{
	struct fixture *f = ctx;

	(void)message;
	called(f, id);
	respond_empty(f, f->late);
	respond_empty(f, id);
}

static struct span event_make(const char *name, size_t size, unsigned number)
{
	static uint8_t buffer[VICI_SEGMENT_MAX + VICI_LENGTH_LEN];
	static uint8_t filling[65535];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_EVENT, name);
	struct span segment;

	vici_put_u64(&v, "n", number);
	for (; size > sizeof(filling); size -= sizeof(filling))
		vici_put_span(&v, "f", SPAN_ARRAY(filling));
	vici_put_span(&v, "f", span_of(filling, size));
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	return segment;
}

static void list_more(void *ctx, control_id id)
{
	struct fixture *f = ctx;

	while (f->list_at < f->list_len) {
		enum err err = control_stream(f->server, id, event_make("item", 1000, f->list_at));

		if (err == ERR_LIMIT) {
			f->list_refused++;
			return;
		}
		assert_int_equal(err, ERR_OK);
		f->list_at++;
	}
	respond_empty(f, id);
}

static void on_list(void *ctx, control_id id, struct span message)
{
	(void)message;
	list_more(ctx, id);
}

/* Streams until there is no room, then answers all the same. */
static void on_hasty(void *ctx, control_id id, struct span message)
{
	struct fixture *f = ctx;

	(void)message;
	while (control_stream(f->server, id, event_make("item", 1000, 0)) == ERR_OK)
		;
	respond_empty(f, id);
}

static void more_unwanted(void *ctx, control_id id)
{
	(void)ctx;
	(void)id;
	fail();
}

static const struct control_command commands[] = {
	{ "hasty", on_hasty, more_unwanted },
	{ "idle", on_wait, more_unwanted },
	{ "echo", on_echo, NULL },
	{ "wait", on_wait, NULL },
	{ "release", on_release, NULL },
	{ "list", on_list, list_more },
};
static const char *const events[] = { "log", "item" };

static int setup_turns(void **state, uint32_t commands_turn)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct control_params params = {
		.commands = commands,
		.commands_count = ARRAY_LEN(commands),
		.events = events,
		.events_count = ARRAY_LEN(events),
		.sessions_max = SESSIONS,
		.output_max = OUTPUT_MAX,
		.commands_turn = commands_turn,
	};

	assert_non_null(f);
	f->memory = memory_system(SIZE_MAX);
	params.memory = &f->memory;
	params.ctx = f;
	assert_int_equal(control_server_new(&f->server, &params), ERR_OK);
	*state = f;
	return 0;
}

static int setup(void **state)
{
	return setup_turns(state, 0);
}

static int setup_two_a_turn(void **state)
{
	return setup_turns(state, 2);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	control_server_free(f->server);
	assert_int_equal(f->memory.used, 0);
	free(f);
	return 0;
}

static control_id open_session(struct fixture *f)
{
	control_id id = 0;

	assert_int_equal(control_session_open(f->server, &id), ERR_OK);
	assert_int_not_equal(id, 0);
	return id;
}

static void send_bytes(struct fixture *f, control_id id, struct span bytes)
{
	control_session_input(f->server, id, bytes);
}

static void send_text(struct fixture *f, control_id id, uint8_t type, const char *name)
{
	uint8_t packet[64] = { 0, 0, 0, (uint8_t)(strlen(name) + 2), type, (uint8_t)strlen(name) };

	memcpy(packet + 6, name, strlen(name));
	send_bytes(f, id, span_of(packet, 6 + strlen(name)));
}

static void assert_output(struct fixture *f, control_id id, struct span expected)
{
	struct span output = control_session_output(f->server, id);

	assert_int_equal(output.len, expected.len);
	if (expected.len)
		assert_memory_equal(output.data, expected.data, expected.len);
	control_session_sent(f->server, id, output.len);
}

static void assert_cut(struct fixture *f, control_id id, enum err why)
{
	enum err got = ERR_OK;

	assert_true(control_session_done(f->server, id, &got));
	assert_int_equal(got, why);
	assert_false(control_session_reading(f->server, id));
	assert_int_equal(control_session_output(f->server, id).len, 0);
	control_session_close(f->server, id);
}

static const uint8_t echo_request[] = { 0, 0, 0, 11, 0, 4, 'e', 'c', 'h', 'o', 3, 1, 'k', 0, 0 };
static const uint8_t echo_response[] = { 0, 0, 0, 6, 1, 3, 1, 'k', 0, 0 };

static void a_request_is_answered_whatever_the_pieces_it_comes_in(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	assert_true(control_session_reading(f->server, id));
	for (size_t first = 0; first <= sizeof(echo_request); first++) {
		for (size_t second = first; second <= sizeof(echo_request); second++) {
			struct span all = SPAN_ARRAY(echo_request);

			send_bytes(f, id, span_head(all, first));
			send_bytes(f, id, span_head(span_tail(all, first), second - first));
			send_bytes(f, id, span_tail(all, second));
			assert_output(f, id, SPAN_ARRAY(echo_response));
		}
	}
	for (size_t i = 0; i < sizeof(echo_request); i++)
		send_bytes(f, id, span_of(echo_request + i, 1));
	assert_output(f, id, SPAN_ARRAY(echo_response));
	assert_false(control_session_done(f->server, id, NULL));
}

static void many_requests_in_one_piece_are_answered_in_order(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	send_bytes(f, id,
		   BYTES(0, 0, 0, 9, 0, 4, 'e', 'c', 'h', 'o', 1, 0, 2, 0, 0, 0, 3, 0, 1, 'x', 0, 0,
			 0, 5, 3, 3, 'l', 'o', 'g', 0, 0, 0, 5, 3, 3, 'l', 'u', 'g', 0, 0, 0, 6, 0,
			 4, 'e', 'c', 'h', 'o', 0, 0, 0, 5, 4, 3, 'l', 'o', 'g'));
	assert_output(f, id,
		      BYTES(0, 0, 0, 4, 1, 1, 0, 2, 0, 0, 0, 1, 2, 0, 0, 0, 1, 5, 0, 0, 0, 1, 6, 0,
			    0, 0, 1, 1, 0, 0, 0, 1, 5));
	assert_false(control_session_wants(f->server, id, "log"));
}

static void input_waits_while_a_command_runs(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	send_text(f, id, VICI_CMD_REQUEST, "wait");
	assert_false(control_session_reading(f->server, id));
	send_text(f, id, VICI_CMD_REQUEST, "echo");
	send_text(f, id, VICI_CMD_REQUEST, "wait");
	assert_int_equal(f->calls, 1);
	assert_output(f, id, SPAN_EMPTY);
	control_respond_result(f->server, id, NULL);
	assert_output(f, id,
		      BYTES(0, 0, 0, 15, 1, 3, 7, 's', 'u', 'c', 'c', 'e', 's', 's', 0, 3, 'y', 'e',
			    's', 0, 0, 0, 1, 1));
	assert_int_equal(f->calls, 3);
	respond_empty(f, id);
	assert_true(control_session_reading(f->server, id));
}

static void a_command_may_answer_another_sessions_command(void **state)
{
	struct fixture *f = *state;
	control_id a = open_session(f), b = open_session(f);

	send_text(f, a, VICI_CMD_REQUEST, "wait");
	send_text(f, a, VICI_CMD_REQUEST, "echo");
	send_text(f, b, VICI_CMD_REQUEST, "release");
	assert_output(f, a, BYTES(0, 0, 0, 1, 1, 0, 0, 0, 1, 1));
	assert_output(f, b, BYTES(0, 0, 0, 1, 1));
	assert_int_equal(f->calls, 3);
	assert_int_equal(f->log[1], b);
	assert_int_equal(f->log[2], a);
}

static void an_answer_for_a_session_that_is_gone_is_ignored(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f), later;

	send_text(f, id, VICI_CMD_REQUEST, "wait");
	control_session_close(f->server, id);
	later = open_session(f);
	assert_int_not_equal(later, id);
	respond_empty(f, id);
	assert_output(f, later, SPAN_EMPTY);
	assert_int_equal(control_stream(f->server, id, event_make("log", 1, 0)), ERR_NOT_FOUND);
	assert_true(control_session_done(f->server, id, NULL));
	send_text(f, id, VICI_CMD_REQUEST, "echo");
	control_session_eof(f->server, id);
	control_session_sent(f->server, id, 0);
	assert_int_equal(f->calls, 1);
}

static void a_malformed_message_gets_an_errmsg_and_the_session_lives(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);
	struct span value, output;

	send_bytes(f, id, BYTES(0, 0, 0, 7, 0, 4, 'e', 'c', 'h', 'o', 2));
	assert_int_equal(f->calls, 0);
	output = control_session_output(f->server, id);
	assert_true(vici_find(span_tail(output, 5), "success", &value));
	assert_true(span_equal(value, span_text("no")));
	assert_true(vici_find(span_tail(output, 5), "errmsg", &value));
	control_session_sent(f->server, id, output.len);
	send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_output(f, id, SPAN_ARRAY(echo_response));
}

static void a_session_that_cannot_be_framed_is_cut(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint8_t bytes[8];
		uint8_t len;
		enum err why;
	} rows[] = {
		{ { 0, 0, 0, 0 }, 4, ERR_LENGTH },
		{ { 0, 8, 0, 1 }, 4, ERR_LENGTH },
		{ { 255, 255, 255, 255 }, 4, ERR_LENGTH },
		{ { 0, 0, 0, 1, 8 }, 5, ERR_SYNTAX },
		{ { 0, 0, 0, 1, 0 }, 5, ERR_TRUNCATED },
		{ { 0, 0, 0, 3, 3, 2, 'l' }, 7, ERR_TRUNCATED },
		{ { 0, 0, 0, 4, 3, 1, 'l', 0 }, 8, ERR_TRAILING },
		{ { 0, 0, 0, 1, 1 }, 5, ERR_UNEXPECTED },
		{ { 0, 0, 0, 1, 2 }, 5, ERR_UNEXPECTED },
		{ { 0, 0, 0, 1, 5 }, 5, ERR_UNEXPECTED },
		{ { 0, 0, 0, 3, 7, 1, 'l' }, 7, ERR_UNEXPECTED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		control_id id = open_session(f);

		send_bytes(f, id, span_of(rows[i].bytes, rows[i].len));
		send_text(f, id, VICI_CMD_REQUEST, "echo");
		assert_cut(f, id, rows[i].why);
	}
	assert_int_equal(f->calls, 0);
	assert_int_equal(control_usage(f->server).cut, ARRAY_LEN(rows));
}

static void the_longest_segment_is_taken(void **state)
{
	struct fixture *f = *state;
	static uint8_t segment[VICI_LENGTH_LEN + VICI_SEGMENT_MAX + sizeof(echo_request)];
	static uint8_t chunk_filling[40000];
	struct vici_writer v = vici_begin(segment, sizeof(segment), VICI_CMD_REQUEST, "wait");
	control_id id = open_session(f);
	struct span whole;

	while (VICI_LENGTH_LEN + VICI_SEGMENT_MAX - v.w.len > 40004 + 10)
		vici_put_span(&v, "f", SPAN_ARRAY(chunk_filling));
	vici_put_span(&v, "f",
		      span_of(chunk_filling, VICI_LENGTH_LEN + VICI_SEGMENT_MAX - v.w.len - 5));
	assert_int_equal(vici_finish(&v, &whole), ERR_OK);
	assert_int_equal(whole.len, VICI_LENGTH_LEN + VICI_SEGMENT_MAX);
	memcpy(segment + whole.len, echo_request, sizeof(echo_request));
	send_bytes(f, id, SPAN_ARRAY(segment));
	assert_int_equal(f->calls, 1);
	respond_empty(f, id);
	assert_int_equal(f->calls, 2);
}

static void flooding_behind_a_running_command_cuts_the_session(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	send_text(f, id, VICI_CMD_REQUEST, "wait");
	for (unsigned i = 0; i <= VICI_SEGMENT_MAX / sizeof(echo_request); i++)
		send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_int_equal(f->calls, 1);
	assert_true(f->memory.peak < 4 * VICI_SEGMENT_MAX);
	respond_empty(f, id); /* comes too late, and is nobody's bug */
	assert_cut(f, id, ERR_LIMIT);
}

static void requests_without_reading_answers_stop_being_taken(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);
	size_t sent = 0, answered = 0;

	while (control_session_reading(f->server, id)) {
		send_bytes(f, id, SPAN_ARRAY(echo_request));
		sent++;
	}
	for (unsigned i = 0; i < 100; i++, sent++)
		send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_true(control_session_output(f->server, id).len < CONTROL_OUTPUT_PAUSE + 100);
	while (control_session_output(f->server, id).len) {
		size_t len = control_session_output(f->server, id).len;

		answered += len / sizeof(echo_response);
		control_session_sent(f->server, id, len);
	}
	assert_int_equal(answered, sent);
	assert_true(control_session_reading(f->server, id));
}

static void events_reach_those_who_registered(void **state)
{
	struct fixture *f = *state;
	control_id a = open_session(f), b = open_session(f);

	assert_false(control_wanted(f->server, "log"));
	send_text(f, a, VICI_EVENT_REGISTER, "log");
	assert_output(f, a, BYTES(0, 0, 0, 1, VICI_EVENT_CONFIRM));
	assert_true(control_wanted(f->server, "log"));
	assert_false(control_wanted(f->server, "item"));
	assert_false(control_wanted(f->server, "no such event"));
	assert_true(control_session_wants(f->server, a, "log"));
	assert_false(control_session_wants(f->server, b, "log"));
	control_broadcast(f->server, BYTES(0, 0, 0, 5, 7, 3, 'l', 'o', 'g'));
	control_broadcast(f->server, BYTES(0, 0, 0, 6, 7, 4, 'i', 't', 'e', 'm'));
	assert_output(f, a, BYTES(0, 0, 0, 5, 7, 3, 'l', 'o', 'g'));
	assert_output(f, b, SPAN_EMPTY);
	assert_int_equal(control_stream(f->server, b, BYTES(0, 0, 0, 5, 7, 3, 'l', 'o', 'g')),
			 ERR_NOT_FOUND);
	send_text(f, a, VICI_EVENT_UNREGISTER, "log");
	assert_output(f, a, BYTES(0, 0, 0, 1, VICI_EVENT_CONFIRM));
	assert_false(control_wanted(f->server, "log"));
	assert_int_equal(control_usage(f->server).events_dropped, 0);
}

static void an_event_may_come_in_the_middle_of_a_command(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	send_text(f, id, VICI_EVENT_REGISTER, "log");
	send_text(f, id, VICI_CMD_REQUEST, "wait");
	control_broadcast(f->server, BYTES(0, 0, 0, 5, 7, 3, 'l', 'o', 'g'));
	assert_output(f, id, BYTES(0, 0, 0, 1, 5, 0, 0, 0, 5, 7, 3, 'l', 'o', 'g'));
	respond_empty(f, id);
	assert_output(f, id, BYTES(0, 0, 0, 1, 1));
}

static void a_client_that_does_not_read_loses_events_but_gets_its_answer(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f), other = open_session(f);

	send_text(f, id, VICI_EVENT_REGISTER, "log");
	send_text(f, other, VICI_EVENT_REGISTER, "log");
	send_text(f, id, VICI_CMD_REQUEST, "wait");
	for (unsigned i = 0; i < 1000; i++) {
		control_broadcast(f->server, event_make("log", 1000, i));
		control_session_sent(f->server, other,
				     control_session_output(f->server, other).len);
	}
	assert_in_range(control_usage(f->server).events_dropped, 1000 - 200, 1000 - 190);
	assert_true(control_session_output(f->server, id).len <=
		    OUTPUT_MAX - CONTROL_OUTPUT_RESERVE);
	respond_empty(f, id);
	assert_false(control_session_done(f->server, id, NULL));
	assert_false(control_session_reading(f->server, id));
	control_session_sent(f->server, id, control_session_output(f->server, id).len);
	assert_true(control_session_reading(f->server, id));
}

static void an_answer_that_does_not_fit_cuts_the_session(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);
	static uint8_t buffer[VICI_SEGMENT_MAX], filling[65535];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	struct span segment;

	for (unsigned i = 0; i < 6; i++)
		vici_put_span(&v, "f", SPAN_ARRAY(filling));
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	send_text(f, id, VICI_CMD_REQUEST, "wait");
	control_respond(f->server, id, segment);
	assert_cut(f, id, ERR_LIMIT);
}

static void a_long_list_waits_for_its_reader_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);
	unsigned seen = 0;
	bool ended = false;

	f->list_len = 2000;
	send_text(f, id, VICI_EVENT_REGISTER, "item");
	assert_output(f, id, BYTES(0, 0, 0, 1, VICI_EVENT_CONFIRM));
	send_text(f, id, VICI_CMD_REQUEST, "list");
	while (!ended) {
		struct span output = control_session_output(f->server, id), name, message, value;
		struct reader r = reader_of(output);
		struct span packet = reader_take(&r, reader_u32(&r));
		uint8_t type;
		char number[8];

		assert_true(output.len > 0 && output.len <= OUTPUT_MAX);
		assert_int_equal(vici_packet_parse(packet, &type, &name, &message), ERR_OK);
		ended = type == VICI_CMD_RESPONSE;
		if (!ended) {
			assert_int_equal(type, VICI_EVENT);
			assert_true(vici_find(message, "n", &value));
			snprintf(number, sizeof(number), "%u", seen++);
			assert_true(span_equal(value, span_text(number)));
		}
		control_session_sent(f->server, id, VICI_LENGTH_LEN + packet.len);
	}
	assert_int_equal(seen, 2000);
	assert_in_range(f->list_refused, 5, 30); /* half a queue at a time */
	assert_int_equal(control_usage(f->server).events_dropped, 0);
	assert_true(control_session_reading(f->server, id));
}

static void a_list_that_gave_up_is_not_asked_for_more(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	send_text(f, id, VICI_EVENT_REGISTER, "item");
	send_text(f, id, VICI_CMD_REQUEST, "hasty");
	send_text(f, id, VICI_CMD_REQUEST, "idle");
	while (control_session_output(f->server, id).len)
		control_session_sent(f->server, id,
				     1 + control_session_output(f->server, id).len / 2);
	assert_int_equal(f->calls, 1); /* idle runs */
	respond_empty(f, id);
}

static void a_reader_that_leaves_ends_its_list(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	f->list_len = 2000;
	send_text(f, id, VICI_EVENT_REGISTER, "item");
	send_text(f, id, VICI_CMD_REQUEST, "list");
	assert_int_equal(f->list_refused, 1);
	control_session_close(f->server, id);
	control_session_sent(f->server, id, 0);
	assert_int_equal(f->list_refused, 1);
}

static void an_event_that_never_fits_is_dropped(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	send_text(f, id, VICI_EVENT_REGISTER, "log");
	assert_int_equal(control_stream(f->server, id, event_make("log", 300000, 0)), ERR_SPACE);
	assert_int_equal(control_usage(f->server).events_dropped, 1);
	assert_output(f, id, BYTES(0, 0, 0, 1, VICI_EVENT_CONFIRM));
}

static void after_a_half_close_whole_requests_are_still_answered(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);
	enum err why = ERR_MEMORY;

	send_text(f, id, VICI_EVENT_REGISTER, "log");
	send_text(f, id, VICI_CMD_REQUEST, "wait");
	send_bytes(f, id, SPAN_ARRAY(echo_request));
	control_session_eof(f->server, id);
	assert_false(control_session_done(f->server, id, NULL));
	assert_false(control_session_reading(f->server, id));
	respond_empty(f, id);
	assert_false(control_session_done(f->server, id, NULL));
	control_broadcast(f->server, BYTES(0, 0, 0, 5, 7, 3, 'l', 'o', 'g')); /* to nobody */
	assert_output(f, id, BYTES(0, 0, 0, 1, 5, 0, 0, 0, 1, 1, 0, 0, 0, 6, 1, 3, 1, 'k', 0, 0));
	assert_true(control_session_done(f->server, id, &why));
	assert_int_equal(why, ERR_OK);
}

static void death_in_the_middle_of_a_request_ends_the_session(void **state)
{
	struct fixture *f = *state;

	for (size_t len = 0; len < sizeof(echo_request); len++) {
		control_id id = open_session(f);
		enum err why = ERR_MEMORY;

		send_bytes(f, id, span_of(echo_request, len));
		control_session_eof(f->server, id);
		assert_true(control_session_done(f->server, id, &why));
		assert_int_equal(why, len == 0 ? ERR_OK : ERR_TRUNCATED);
		control_session_close(f->server, id);
	}
	assert_int_equal(f->calls, 0);
}

static void sessions_are_bounded(void **state)
{
	struct fixture *f = *state;
	control_id ids[SESSIONS], more = 77, walk = 0;

	for (size_t i = 0; i < SESSIONS; i++)
		ids[i] = open_session(f);
	assert_int_equal(control_session_open(f->server, &more), ERR_LIMIT);
	assert_int_equal(more, 77);
	assert_int_equal(control_usage(f->server).refused, 1);
	control_session_close(f->server, ids[1]);
	more = open_session(f);
	for (size_t i = 0; i < SESSIONS - 1; i++)
		walk = control_session_next(f->server, walk);
	assert_int_equal(walk, ids[3]);
	assert_int_equal(control_session_next(f->server, walk), more);
	assert_int_equal(control_session_next(f->server, more), 0);
	assert_int_equal(control_usage(f->server).sessions, SESSIONS);
	assert_int_equal(control_usage(f->server).opened, SESSIONS + 1);
}

static void without_memory_a_session_is_cut_and_the_others_live(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	f->memory.limit = f->memory.used;
	send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_cut(f, id, ERR_MEMORY);
	f->memory.limit = SIZE_MAX;
	id = open_session(f);
	send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_output(f, id, SPAN_ARRAY(echo_response));
}

struct scarce {
	unsigned until; /* allocations that still work */
};

static void *scarce_alloc(void *ctx, size_t size)
{
	struct scarce *scarce = ctx;

	if (scarce->until == 0)
		return NULL;
	scarce->until--;
	return calloc(1, size);
}

static void scarce_free(void *ctx, void *block, size_t size)
{
	(void)ctx;
	(void)size;
	free(block);
}

/* The nth allocation and all after it fail, for every n: nothing is lost but that session. */
static void whatever_allocation_fails_only_the_session_ends(void **state)
{
	struct fixture *f = *state;
	unsigned n = 0;
	bool survived = false;

	for (; !survived; n++) {
		struct scarce scarce = { .until = n };
		control_id id = open_session(f);

		f->memory.alloc = scarce_alloc;
		f->memory.free = scarce_free;
		f->memory.ctx = &scarce;
		send_text(f, id, VICI_EVENT_REGISTER, "log");
		control_broadcast(f->server, event_make("log", 3000, 0));
		control_broadcast(f->server, event_make("log", 9000, 0));
		send_bytes(f, id, SPAN_ARRAY(echo_request));
		send_text(f, id, VICI_CMD_REQUEST, "wait");
		send_text(f, id, VICI_CMD_REQUEST, "echo");
		if (f->late == id)
			respond_empty(f, id);
		survived = !control_session_done(f->server, id, NULL) &&
			   control_session_output(f->server, id).len > 12000;
		control_session_close(f->server, id);
		f->memory.alloc = memory_system(0).alloc;
		f->memory.free = memory_system(0).free;
	}
	assert_in_range(n, 5, 100);
}

static void an_idle_session_holds_no_memory(void **state)
{
	struct fixture *f = *state;
	size_t before = f->memory.used;
	control_id id = open_session(f);

	send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_output(f, id, SPAN_ARRAY(echo_response));
	assert_int_equal(f->memory.used, before);
}

static void a_turn_serves_a_few_commands_of_a_session_and_all_in_the_end(void **state)
{
	struct fixture *f = *state;
	control_id many = open_session(f), few = open_session(f);
	uint8_t requests[7 * sizeof(echo_request)];

	for (size_t i = 0; i < 7; i++)
		memcpy(requests + i * sizeof(echo_request), echo_request, sizeof(echo_request));
	send_bytes(f, many, SPAN_ARRAY(requests));
	assert_int_equal(f->calls, 2);
	assert_true(control_server_due(f->server));
	assert_false(control_session_reading(f->server, many));
	send_bytes(f, few, SPAN_ARRAY(echo_request));
	assert_int_equal(f->log[2], few);
	control_session_eof(f->server, many);
	for (size_t want = 5; want <= 7; want += 2) {
		control_server_turn(f->server);
		assert_int_equal(f->calls, want);
		assert_true(control_server_due(f->server));
		assert_false(control_session_done(f->server, many, NULL));
	}
	control_server_turn(f->server);
	assert_int_equal(f->calls, 8);
	assert_false(control_server_due(f->server));
	assert_int_equal(control_session_output(f->server, many).len, 7 * sizeof(echo_response));
}

static void a_session_that_has_spent_its_turn_is_read_from_in_the_next(void **state)
{
	struct fixture *f = *state;
	control_id id = open_session(f);

	send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_true(control_session_reading(f->server, id));
	send_bytes(f, id, SPAN_ARRAY(echo_request));
	assert_false(control_session_reading(f->server, id));
	assert_true(control_server_due(f->server));
	control_server_turn(f->server);
	assert_true(control_session_reading(f->server, id));
	assert_false(control_server_due(f->server));
}

static void the_idlest_session_is_the_longest_silent_without_command_and_event(void **state)
{
	struct fixture *f = *state;
	control_id monitor, running, talking, silent;

	assert_int_equal(control_session_idlest(f->server), 0);
	monitor = open_session(f);
	send_text(f, monitor, VICI_EVENT_REGISTER, "log");
	running = open_session(f);
	send_text(f, running, VICI_CMD_REQUEST, "wait");
	assert_int_equal(control_session_idlest(f->server), 0);
	talking = open_session(f);
	silent = open_session(f);
	assert_int_equal(control_session_idlest(f->server), talking);
	send_text(f, talking, VICI_CMD_REQUEST, "echo");
	assert_int_equal(control_session_idlest(f->server), silent);
	control_session_close(f->server, silent);
	assert_int_equal(control_session_idlest(f->server), talking);
	send_text(f, monitor, VICI_EVENT_UNREGISTER, "log");
	assert_int_equal(control_session_idlest(f->server), talking);
	control_session_close(f->server, talking);
	assert_int_equal(control_session_idlest(f->server), monitor);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_answered_whatever_the_pieces_it_comes_in),
		TEST(many_requests_in_one_piece_are_answered_in_order),
		TEST(input_waits_while_a_command_runs),
		TEST(a_command_may_answer_another_sessions_command),
		TEST(an_answer_for_a_session_that_is_gone_is_ignored),
		TEST(a_malformed_message_gets_an_errmsg_and_the_session_lives),
		TEST(a_session_that_cannot_be_framed_is_cut),
		TEST(the_longest_segment_is_taken),
		TEST(flooding_behind_a_running_command_cuts_the_session),
		TEST(requests_without_reading_answers_stop_being_taken),
		TEST(events_reach_those_who_registered),
		TEST(an_event_may_come_in_the_middle_of_a_command),
		TEST(a_client_that_does_not_read_loses_events_but_gets_its_answer),
		TEST(an_answer_that_does_not_fit_cuts_the_session),
		TEST(a_long_list_waits_for_its_reader_and_loses_nothing),
		TEST(a_list_that_gave_up_is_not_asked_for_more),
		TEST(a_reader_that_leaves_ends_its_list),
		TEST(an_event_that_never_fits_is_dropped),
		TEST(after_a_half_close_whole_requests_are_still_answered),
		TEST(death_in_the_middle_of_a_request_ends_the_session),
		TEST(sessions_are_bounded),
		TEST(without_memory_a_session_is_cut_and_the_others_live),
		TEST(whatever_allocation_fails_only_the_session_ends),
		TEST(an_idle_session_holds_no_memory),
		cmocka_unit_test_setup_teardown(
			a_turn_serves_a_few_commands_of_a_session_and_all_in_the_end,
			setup_two_a_turn, teardown),
		cmocka_unit_test_setup_teardown(
			a_session_that_has_spent_its_turn_is_read_from_in_the_next,
			setup_two_a_turn, teardown),
		TEST(the_idlest_session_is_the_longest_silent_without_command_and_event),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
