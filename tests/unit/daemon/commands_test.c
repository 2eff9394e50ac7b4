/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands, lists, pending: what a client gets for what it asks. The engine is there and has no SA; what would set one up is not the
 * shard, but says what the test wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "daemon.h"

#define CONNS 400 /* their list is longer than a small queue */
#define RETRY (10 * NANOS_SECOND)

static struct {
	enum err initiate; /* what shard_initiate() says */
	unsigned initiated, terminated;
} answers;

enum err shard_initiate(struct shard *s, const char *conn, const char *child, uint32_t *ret_request)
{
	(void)s;
	(void)conn;
	(void)child;
	answers.initiated++;
	if (answers.initiate)
		return answers.initiate;
	*ret_request = 1;
	return ERR_OK;
}

enum err shard_terminate(struct shard *s, const struct adit_terminate *what, uint32_t *ret_matches, uint32_t *ret_request)
{
	(void)s;
	(void)what;
	answers.terminated++;
	*ret_matches = *ret_request = 1;
	return ERR_OK;
}

bool daemon_reload(struct daemon *d, struct text *ret_why)
{
	(void)d;
	(void)ret_why;
	return true;
}

static struct config *config_make(void)
{
	static char text[CONNS * 200];
	char errors[1000], warnings[1000];
	struct text t = TEXT_ARRAY(text), e = TEXT_ARRAY(errors), w = TEXT_ARRAY(warnings);
	struct config *config = NULL;

	text_put(&t, "connections {\n");
	for (unsigned i = 0; i < CONNS; i++) {
		char one[200];

		(void)snprintf(one, sizeof(one),
			       "c%u { remote_addrs = 192.0.2.1\n local { auth = psk\n id = a.x }\n remote { auth = psk\n id = b%u.x }\n"
			       " children { n { %s } } }\n", i, i, i == 7 ? "start_action = start" : "");
		text_put(&t, one);
	}
	text_put(&t, "}\n adit { ike_sas = 4\n child_sas = 4\n half_open = 4 }\n");
	if (config_load_text(&config, "test", span_text(text), &e, &w))
		fail_msg("%s", errors);
	return config;
}

static int setup(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct adit_engine_params engine;
	struct control_params control;
	struct dataplane_env plane;

	assert_non_null(d);
	memset(&answers, 0, sizeof(answers));
	d->now = d->started = NANOS_SECOND;
	d->start_due = NANOS_NEVER;
	assert_int_equal(log_init(&d->log, -1, LOG_INFO), ERR_OK);
	d->shard.log = &d->log;
	d->shard.config = config_make();
	d->shard.memory = memory_system(SIZE_MAX);
	assert_int_equal(crypto_libcrypto_new(&d->shard.crypto), ERR_OK);
	d->shard.ops = &dataplane_null;
	plane = (struct dataplane_env){ .crypto = &d->shard.crypto, .memory = &d->shard.memory, .child_sas = 4 };
	assert_int_equal(dataplane_null.new(&d->shard.plane, &plane), ERR_OK);
	engine = (struct adit_engine_params){
		.crypto = &d->shard.crypto, .memory = &d->shard.memory, .config = d->shard.config, .shards = 1 };
	assert_int_equal(adit_engine_new(&d->shard.engine, &engine, d->now), ERR_OK);
	control = (struct control_params){
		.memory = &d->shard.memory, .commands = daemon_commands, .commands_count = daemon_commands_count,
		.events = daemon_events, .events_count = daemon_events_count, .ctx = d, .output_max = CONTROL_OUTPUT_RESERVE + 8000 };
	assert_int_equal(control_server_new(&d->control.server, &control), ERR_OK);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct daemon *d = *state;

	control_server_free(d->control.server);
	adit_engine_free(d->shard.engine);
	dataplane_null.free(d->shard.plane, true);
	crypto_libcrypto_free(&d->shard.crypto);
	config_unref(d->shard.config);
	assert_int_equal(d->shard.memory.used, 0);
	log_clear(&d->log);
	free(d);
	return 0;
}

static control_id client_open(struct daemon *d)
{
	control_id id = 0;

	assert_int_equal(control_session_open(d->control.server, &id), ERR_OK);
	return id;
}

static void say(struct daemon *d, control_id id, enum vici_packet type, const char *name, const char *key, struct span value)
{
	uint8_t buffer[1000];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), type, name);
	struct span segment;

	if (key)
		vici_put_span(&v, key, value);
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	control_session_input(d->control.server, id, segment);
}

static void ask(struct daemon *d, control_id id, const char *command, const char *key, struct span value)
{
	say(d, id, VICI_CMD_REQUEST, command, key, value);
}

/* Reads everything, a packet at a time; gives the number of events before the response, and the response's message. */
static unsigned hear(struct daemon *d, control_id id, struct span *ret_message)
{
	static uint8_t packet[100000];
	unsigned events = 0;
	struct span out;

	while ((out = control_session_output(d->control.server, id)).len) {
		struct reader r = reader_of(out);
		uint32_t len = reader_u32(&r);
		struct span name;
		uint8_t type;

		assert_in_range(len, 1, sizeof(packet));
		memcpy(packet, reader_take(&r, len).data, len);
		control_session_sent(d->control.server, id, VICI_LENGTH_LEN + len);
		assert_int_equal(vici_packet_parse(span_of(packet, len), &type, &name, ret_message), ERR_OK);
		if (type == VICI_CMD_RESPONSE)
			return events;
		events += type == VICI_EVENT;
	}
	fail_msg("no response");
	return 0;
}

/* The value at path in the answer; empty when it is not there. */
static struct span answer_at(struct daemon *d, control_id id, const char *path)
{
	struct span message, value = SPAN_EMPTY;

	(void)hear(d, id, &message);
	(void)vici_find(message, path, &value);
	return value;
}

static bool is_refused(struct daemon *d, const char *command, const char *key, struct span value)
{
	control_id id = client_open(d);
	bool refused;

	ask(d, id, command, key, value);
	refused = answer_at(d, id, "errmsg").len > 0;
	control_session_close(d->control.server, id);
	return refused;
}

static void a_name_that_would_be_cut_is_refused(void **state)
{
	static const char *const words[] = { "list-sas", "list-conns", "initiate", "terminate" };
	static const uint8_t with_nul[] = { 'c', '1', 0, 'x' };
	struct daemon *d = *state;
	uint8_t longer[NAME_MAX_LEN + 1];

	memset(longer, 'c', sizeof(longer));
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		assert_true(is_refused(d, words[i], "ike", SPAN_ARRAY(with_nul)));
		assert_true(is_refused(d, words[i], "ike", SPAN_ARRAY(longer)));
		if (i != 1) {
			assert_true(is_refused(d, words[i], "child", SPAN_ARRAY(with_nul)));
			assert_true(is_refused(d, words[i], "child", SPAN_ARRAY(longer)));
		}
	}
	assert_int_equal(answers.initiated + answers.terminated, 0);
	for (size_t i = 0; i < 2; i++)
		assert_false(is_refused(d, words[i], "ike", span_of(longer, NAME_MAX_LEN)));
}

static void an_id_that_is_no_number_does_not_list_everything(void **state)
{
	struct daemon *d = *state;

	assert_true(is_refused(d, "list-sas", "ike-id", span_text("#7")));
	assert_true(is_refused(d, "list-sas", "child-id", span_text("4294967296")));
	assert_false(is_refused(d, "list-sas", "ike-id", span_text("7")));
}

static void a_list_comes_whole_to_a_slow_reader(void **state)
{
	struct daemon *d = *state;
	control_id id = client_open(d);
	struct span message;

	say(d, id, VICI_EVENT_REGISTER, "list-conn", NULL, SPAN_EMPTY);
	ask(d, id, "list-conns", NULL, SPAN_EMPTY);
	assert_int_equal(hear(d, id, &message), CONNS);
}

static void the_log_comes_whole_to_a_slow_reader(void **state)
{
	struct daemon *d = *state;
	control_id id = client_open(d);
	struct span message;
	char words[600];
	struct log_entry e;

	memset(words, 'w', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	for (unsigned i = 0; i < LOG_RING_LINES; i++) {
		log_begin_always(&e, &d->log, LOG_NOTICE, "long");
		log_put(&e, "words", words);
		log_end(&e);
	}
	say(d, id, VICI_EVENT_REGISTER, "log", NULL, SPAN_EMPTY);
	ask(d, id, "adit-log", NULL, SPAN_EMPTY);
	assert_int_equal(hear(d, id, &message), LOG_RING_LINES);
}

static void a_list_that_nobody_listens_to_ends_at_once(void **state)
{
	static const char *const words[] = { "list-sas", "list-conns", "adit-log" };
	struct daemon *d = *state;
	control_id id = client_open(d);
	struct span message;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		ask(d, id, words[i], NULL, SPAN_EMPTY);
		assert_int_equal(hear(d, id, &message), 0);
		assert_int_equal(message.len, 0);
	}
	assert_int_equal(control_usage(d->control.server).events_dropped, 0);
}

static void packets_that_were_dropped_are_counted_by_reason(void **state)
{
	struct daemon *d = *state;
	control_id id = client_open(d);
	struct path path = { 0 };
	uint8_t packet[8] = { 1, 2, 3, 4 };

	d->shard.ops->input(d->shard.plane, &path, &(struct outer){ 0 }, packet, sizeof(packet), d->now);
	d->shard.ops->input(d->shard.plane, &path, &(struct outer){ 0 }, packet, 2, d->now);
	d->shard.ops->input(d->shard.plane, &path, &(struct outer){ 0 }, packet, 3, d->now);
	d->shard.sockets.esp_not_sent = 5;
	ask(d, id, "get-counters", NULL, SPAN_EMPTY);
	assert_true(span_equal(answer_at(d, id, "counters..esp-drop-no-sa"), span_text("1")));
	ask(d, id, "get-counters", NULL, SPAN_EMPTY);
	assert_true(span_equal(answer_at(d, id, "counters..esp-drop-malformed"), span_text("2")));
	ask(d, id, "get-counters", NULL, SPAN_EMPTY);
	assert_true(span_equal(answer_at(d, id, "counters..esp-drop-congestion"), span_text("0")));
	ask(d, id, "get-counters", NULL, SPAN_EMPTY);
	assert_true(span_equal(answer_at(d, id, "counters..esp-not-sent"), span_text("5")));
}

static void without_a_route_initiate_says_so(void **state)
{
	struct daemon *d = *state;
	control_id id = client_open(d);
	struct span words;

	answers.initiate = ERR_NO_ROUTE;
	ask(d, id, "initiate", "child", span_text("n"));
	words = answer_at(d, id, "errmsg");
	assert_true(words.len > 0 && memmem(words.data, words.len, "no route to the peer", 20));
}

static void start_action_waits_for_a_route_and_says_so_once(void **state)
{
	struct daemon *d = *state;
	uint64_t lines;

	answers.initiate = ERR_NO_ROUTE;
	start_children(d);
	assert_int_equal(answers.initiated, 1);
	lines = d->log.last;
	assert_int_equal(lines, 1);
	assert_int_equal(pending_deadline(d), d->now + RETRY);
	pending_expire(d, d->now + RETRY - 1);
	assert_int_equal(answers.initiated, 1);
	for (unsigned i = 2; i < 5; i++) {
		d->now += RETRY;
		pending_expire(d, d->now);
		assert_int_equal(answers.initiated, i);
	}
	assert_int_equal(d->log.last, lines);
	answers.initiate = ERR_OK;
	d->now += RETRY;
	pending_expire(d, d->now);
	assert_int_equal(answers.initiated, 5);
	assert_int_equal(pending_deadline(d), NANOS_NEVER);
}

static void a_daemon_that_stops_starts_nothing(void **state)
{
	struct daemon *d = *state;

	answers.initiate = ERR_NO_ROUTE;
	start_children(d);
	d->stopping = true;
	assert_int_equal(pending_deadline(d), NANOS_NEVER);
	pending_expire(d, d->now + RETRY);
	assert_int_equal(answers.initiated, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_that_would_be_cut_is_refused),
		TEST(an_id_that_is_no_number_does_not_list_everything),
		TEST(a_list_comes_whole_to_a_slow_reader),
		TEST(the_log_comes_whole_to_a_slow_reader),
		TEST(a_list_that_nobody_listens_to_ends_at_once),
		TEST(packets_that_were_dropped_are_counted_by_reason),
		TEST(without_a_route_initiate_says_so),
		TEST(start_action_waits_for_a_route_and_says_so_once),
		TEST(a_daemon_that_stops_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
