/* SPDX-License-Identifier: Apache-2.0 */
/* pending: commands that wait for the engine, asked through the table of commands; the peer never answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "daemon.h"

#define MS NANOS_MILLI

static const char settings[] =
	"connections {\n"
	"  home {\n remote_addrs = 127.0.0.9\n local { auth = psk\n id = a }\n remote { auth = psk\n id = b }\n"
	"    children { net { remote_ts = 10.0.0.0/24 } } }\n"
	"  road {\n local { auth = psk\n id = a }\n remote { auth = psk\n id = c }\n children { far { } } }\n"
	"}\n"
	"secrets { ike-1 { secret = \"of the test alone\" } }\n";

struct fixture {
	struct daemon *d;
	control_id one, two;
	char errmsg[640]; /* of the last answer */
	uint8_t taken[VICI_SEGMENT_MAX];
};

/* main.c's, which this program has none of. */
bool daemon_reload(struct daemon *d, struct text *ret_why)
{
	(void)d;
	text_put(ret_why, "not here");
	return false;
}

static void shard_start(struct shard *s, nanos now)
{
	static char errors[1024], warnings[1024];
	struct text e = TEXT_ARRAY(errors), w = TEXT_ARRAY(warnings);
	struct adit_engine_params params = { .crypto = &s->crypto, .memory = &s->memory, .shards = 1 };

	s->now = now;
	s->memory = memory_system(SIZE_MAX);
	assert_int_equal(crypto_test_new(&s->crypto, 1), ERR_OK);
	if (config_load_text(&s->config, "test.conf", span_text(settings), &e, &w))
		fail_msg("%s", errors);
	params.config = s->config;
	assert_int_equal(adit_engine_new(&s->engine, &params, now), ERR_OK);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct control_params params = {
		.commands = daemon_commands,
		.commands_count = daemon_commands_count,
		.events = daemon_events,
		.events_count = daemon_events_count,
	};
	struct daemon *d;

	if (!f || !(f->d = calloc(1, sizeof(*f->d)))) {
		free(f);
		return -1;
	}
	d = f->d;
	d->now = NANOS_SECOND;
	d->start_due = NANOS_NEVER;
	d->control.memory = memory_system(SIZE_MAX);
	params.memory = &d->control.memory;
	params.ctx = d;
	assert_int_equal(log_init(&d->log, -1, LOG_DEBUG), ERR_OK);
	d->log.sink = daemon_log_sink;
	d->log.sink_ctx = d;
	shard_start(&d->shard, d->now);
	assert_int_equal(control_server_new(&d->control.server, &params), ERR_OK);
	assert_int_equal(control_session_open(d->control.server, &f->one), ERR_OK);
	assert_int_equal(control_session_open(d->control.server, &f->two), ERR_OK);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct daemon *d = f->d;

	control_server_free(d->control.server);
	adit_engine_free(d->shard.engine);
	config_unref(d->shard.config);
	crypto_test_free(&d->shard.crypto);
	log_clear(&d->log);
	free(d);
	free(f);
	return 0;
}

/* A command with up to two keys. */
static void ask(struct fixture *f, control_id session, const char *command, const char *key, const char *value, const char *key2,
		const char *value2)
{
	uint8_t buffer[512];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_REQUEST, command);
	struct span segment;

	if (key)
		vici_put(&v, key, value);
	if (key2)
		vici_put(&v, key2, value2);
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	control_session_input(f->d->control.server, session, segment);
}

static void listen_to(struct fixture *f, control_id session, const char *event)
{
	uint8_t buffer[64];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_EVENT_REGISTER, event);
	struct span segment, out;

	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	control_session_input(f->d->control.server, session, segment);
	out = control_session_output(f->d->control.server, session);
	assert_int_equal(out.len, 5);
	assert_int_equal(out.data[4], VICI_EVENT_CONFIRM);
	control_session_sent(f->d->control.server, session, out.len);
}

/* Takes the next packet that waits for a session; false when none does. */
static bool take(struct fixture *f, control_id session, uint8_t *ret_type, struct span *ret_name, struct span *ret_message)
{
	struct span out = control_session_output(f->d->control.server, session);
	struct reader r = reader_of(out);
	uint32_t len = reader_u32(&r);

	if (out.len == 0)
		return false;
	assert_true(out.len >= 4 + (size_t)len && len <= sizeof(f->taken));
	memcpy(f->taken, out.data + 4, len);
	control_session_sent(f->d->control.server, session, 4 + (size_t)len);
	assert_int_equal(vici_packet_parse(span_of(f->taken, len), ret_type, ret_name, ret_message), ERR_OK);
	return true;
}

static void assert_value(struct span message, const char *key, const char *value)
{
	struct span found;

	if (!vici_find(message, key, &found))
		fail_msg("no %s", key);
	if (!span_equal(found, span_text(value)))
		fail_msg("%s is %.*s, not %s", key, (int)found.len, (const char *)found.data, value);
}

/* The answer that a session has got; f->errmsg is its errmsg. */
static struct span assert_answer(struct fixture *f, control_id session, bool success)
{
	struct text t = TEXT_ARRAY(f->errmsg);
	struct span name, message, errmsg;
	uint8_t type;

	assert_true(take(f, session, &type, &name, &message));
	assert_int_equal(type, VICI_CMD_RESPONSE);
	if (vici_find(message, "errmsg", &errmsg))
		text_putn(&t, (const char *)errmsg.data, errmsg.len);
	assert_value(message, "success", success ? "yes" : "no");
	return message;
}

static void assert_waits(struct fixture *f, control_id session)
{
	assert_int_equal(control_session_output(f->d->control.server, session).len, 0);
}

static void assert_errmsg(const struct fixture *f, const char *words)
{
	if (!strstr(f->errmsg, words))
		fail_msg("“%s” lacks “%s”", f->errmsg, words);
}

static void engine_events(struct fixture *f)
{
	struct event event;

	while (adit_engine_event(f->d->shard.engine, &event))
		daemon_event(f->d, &event);
}

/* The engine's word on its first request. */
static void request_ends(struct fixture *f, enum err err)
{
	struct event event = { .kind = EVENT_REQUEST, .request = f->d->pending[0].request, .err = err };

	assert_int_not_equal(event.request, 0);
	daemon_event(f->d, &event);
}

static void an_initiation_is_answered_when_it_is_done(void **state)
{
	struct fixture *f = *state;

	ask(f, f->one, "initiate", "child", "net", NULL, NULL);
	engine_events(f);
	assert_waits(f, f->one);
	assert_int_equal(pending_deadline(f->d), NANOS_NEVER);
	request_ends(f, ERR_OK);
	assert_answer(f, f->one, true);
	assert_waits(f, f->one);
}

static void a_failure_is_answered_with_the_diagnosis(void **state)
{
	struct fixture *f = *state;
	struct event event = { .kind = EVENT_DIAGNOSIS, .level = LOG_NOTICE, .diagnosis = {
		.theirs = "x25519", .ours = "ecp256", .parted = "the key exchange", .setting = "connections.home.proposals" } };

	ask(f, f->one, "initiate", "child", "net", NULL, NULL);
	engine_events(f);
	event.request = f->d->pending[0].request;
	daemon_event(f->d, &event);
	request_ends(f, ERR_REFUSED);
	assert_answer(f, f->one, false);
	assert_string_equal(f->errmsg, "the key exchange; theirs: x25519; ours: ecp256; see connections.home.proposals");
}

static void a_failure_without_a_diagnosis_is_a_sentence_all_the_same(void **state)
{
	struct fixture *f = *state;

	ask(f, f->one, "initiate", "child", "net", NULL, NULL);
	request_ends(f, ERR_TIMEOUT);
	assert_answer(f, f->one, false);
	assert_errmsg(f, err_words(ERR_TIMEOUT));
}

static void who_does_not_want_to_wait_does_not(void **state)
{
	struct fixture *f = *state;

	ask(f, f->one, "initiate", "child", "net", "timeout", "-1");
	assert_answer(f, f->one, true);
	assert_int_equal(adit_engine_usage(f->d->shard.engine).ike_sas, 1);
}

static void time_that_is_up_is_said_and_the_attempt_goes_on(void **state)
{
	struct fixture *f = *state;
	nanos due = f->d->now + 1500 * MS;

	ask(f, f->one, "initiate", "child", "net", "timeout", "1500");
	assert_int_equal(pending_deadline(f->d), due);
	pending_expire(f->d, due - 1);
	assert_waits(f, f->one);
	pending_expire(f->d, due);
	assert_answer(f, f->one, false);
	assert_errmsg(f, "goes on in the background");
	assert_int_equal(adit_engine_usage(f->d->shard.engine).ike_sas, 1);
	assert_int_equal(pending_deadline(f->d), NANOS_NEVER);
}

static void a_time_that_is_no_number_is_refused_and_begins_nothing(void **state)
{
	static const char *const bad[] = { "soon", "1s", "99999999999999999999", "1 000" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ask(f, f->one, "initiate", "child", "net", "timeout", bad[i]);
		assert_answer(f, f->one, false);
		assert_errmsg(f, "milliseconds");
	}
	assert_int_equal(adit_engine_usage(f->d->shard.engine).ike_sas, 0);
}

static void a_time_beyond_all_measure_is_for_ever(void **state)
{
	struct fixture *f = *state;

	ask(f, f->one, "initiate", "child", "net", "timeout", "9223372036854775807");
	ask(f, f->two, "initiate", "child", "net", "timeout", "18446744073710"); /* in ns, 2^64 and a bit */
	assert_waits(f, f->one);
	assert_waits(f, f->two);
	assert_int_equal(pending_deadline(f->d), NANOS_NEVER);
}

static void what_cannot_be_initiated_is_said_at_once(void **state)
{
	struct fixture *f = *state;
	char name[NAME_MAX_LEN + 2];

	ask(f, f->one, "initiate", "child", "nix", NULL, NULL);
	assert_answer(f, f->one, false);
	assert_errmsg(f, "no such connection or child");
	ask(f, f->one, "initiate", "child", "far", NULL, NULL);
	assert_answer(f, f->one, false);
	assert_errmsg(f, "remote_addrs");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ask(f, f->one, "initiate", "child", name, NULL, NULL);
	assert_answer(f, f->one, false);
	assert_errmsg(f, "no such connection or child");
}

static void a_second_initiation_waits_for_the_first_and_hears_how_it_ends(void **state)
{
	struct fixture *f = *state;
	struct adit_terminate what = { .ike = "home", .force = true };
	uint32_t matches, request;

	ask(f, f->one, "initiate", "child", "net", NULL, NULL);
	ask(f, f->two, "initiate", "ike", "home", NULL, NULL);
	engine_events(f);
	assert_waits(f, f->two);
	assert_int_equal(adit_engine_usage(f->d->shard.engine).ike_sas, 1);
	assert_int_equal(adit_engine_terminate(f->d->shard.engine, &what, f->d->now, &matches, &request), ERR_OK);
	engine_events(f);
	assert_answer(f, f->one, false);
	assert_answer(f, f->two, false);
	assert_errmsg(f, "under way has failed");
}

static void a_second_initiations_time_is_its_own(void **state)
{
	struct fixture *f = *state;

	ask(f, f->one, "initiate", "child", "net", NULL, NULL);
	ask(f, f->two, "initiate", "child", "net", "timeout", "100");
	pending_expire(f->d, f->d->now + 100 * MS);
	assert_answer(f, f->two, false);
	assert_errmsg(f, "goes on in the background");
	assert_waits(f, f->one);
}

static void words_on_the_way_are_for_who_asked_and_listens(void **state)
{
	struct fixture *f = *state;
	struct event event = { .kind = EVENT_LOG, .level = LOG_INFO, .conn = "home", .ike_unique = 7, .text = "retransmit try=2" };
	struct span name, message;
	uint8_t type;

	listen_to(f, f->one, "control-log");
	listen_to(f, f->two, "control-log");
	ask(f, f->one, "initiate", "child", "net", NULL, NULL);
	event.request = f->d->pending[0].request;
	daemon_event(f->d, &event);
	assert_waits(f, f->two);
	assert_true(take(f, f->one, &type, &name, &message));
	assert_int_equal(type, VICI_EVENT);
	assert_true(span_equal(name, span_text("control-log")));
	assert_value(message, "msg", "retransmit try=2");
	assert_value(message, "ikesa-name", "home");
	assert_value(message, "ikesa-uniqueid", "7");
}

static void who_has_gone_leaves_his_place(void **state)
{
	struct fixture *f = *state;
	control_id session;

	ask(f, f->one, "initiate", "child", "net", NULL, NULL);
	for (unsigned i = 0; i < 3 * PENDING_MAX; i++) {
		assert_int_equal(control_session_open(f->d->control.server, &session), ERR_OK);
		ask(f, session, "initiate", "child", "net", NULL, NULL);
		assert_waits(f, session); /* and is not told that it is up */
		control_session_close(f->d->control.server, session);
	}
	request_ends(f, ERR_OK);
	assert_answer(f, f->one, true);
}

static void a_termination_counts_what_it_ends(void **state)
{
	struct fixture *f = *state;
	struct span message;

	ask(f, f->one, "initiate", "child", "net", "timeout", "-1");
	assert_answer(f, f->one, true);
	ask(f, f->two, "terminate", "ike", "home", NULL, NULL);
	engine_events(f);
	message = assert_answer(f, f->two, true);
	assert_value(message, "matches", "1");
	assert_value(message, "terminated", "1");
	ask(f, f->two, "terminate", "ike", "home", NULL, NULL);
	message = assert_answer(f, f->two, false);
	assert_value(message, "matches", "0");
	assert_errmsg(f, "no matching SAs to terminate found");
}

static void a_number_that_does_not_fit_ends_nothing(void **state)
{
	static const struct {
		const char *key, *value;
	} bad[] = {
		{ "ike-id", "4294967297" }, { "ike-id", "1x" }, { "ike-id", "-1" }, { "ike-id", "0" }, { "child-id", "one" },
	};
	struct fixture *f = *state;

	ask(f, f->one, "initiate", "child", "net", "timeout", "-1");
	assert_answer(f, f->one, true);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ask(f, f->two, "terminate", bad[i].key, bad[i].value, NULL, NULL);
		assert_answer(f, f->two, false);
		assert_errmsg(f, "ids and timeout (ms) are numbers");
	}
	ask(f, f->two, "terminate", NULL, NULL, NULL, NULL);
	assert_answer(f, f->two, false);
	assert_int_equal(adit_engine_usage(f->d->shard.engine).ike_sas, 1);
	ask(f, f->two, "terminate", "ike-id", "1", NULL, NULL);
	engine_events(f);
	assert_answer(f, f->two, true);
}

static void an_sa_that_is_gone_is_told_with_what_is_known(void **state)
{
	struct fixture *f = *state;
	struct event event = { .kind = EVENT_CHILD_DOWN, .conn = "home", .child = "net", .ike_unique = 3, .child_unique = 5,
			       .path = { .remote = { .ip = ip_v4(192, 0, 2, 1), .port = 4500 } }, .err = ERR_DELETED };
	struct span name, message, found;
	uint8_t type;

	listen_to(f, f->one, "child-updown");
	daemon_event(f->d, &event);
	assert_true(take(f, f->one, &type, &name, &message));
	assert_true(span_equal(name, span_text("child-updown")));
	assert_false(vici_find(message, "up", &found));
	assert_value(message, "home.uniqueid", "3");
	assert_value(message, "home.remote-host", "192.0.2.1");
	assert_value(message, "home.child-sas.net-5.name", "net");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(an_initiation_is_answered_when_it_is_done),
		TEST(a_failure_is_answered_with_the_diagnosis),
		TEST(a_failure_without_a_diagnosis_is_a_sentence_all_the_same),
		TEST(who_does_not_want_to_wait_does_not),
		TEST(time_that_is_up_is_said_and_the_attempt_goes_on),
		TEST(a_time_that_is_no_number_is_refused_and_begins_nothing),
		TEST(a_time_beyond_all_measure_is_for_ever),
		TEST(what_cannot_be_initiated_is_said_at_once),
		TEST(a_second_initiation_waits_for_the_first_and_hears_how_it_ends),
		TEST(a_second_initiations_time_is_its_own),
		TEST(words_on_the_way_are_for_who_asked_and_listens),
		TEST(who_has_gone_leaves_his_place),
		TEST(a_termination_counts_what_it_ends),
		TEST(a_number_that_does_not_fit_ends_nothing),
		TEST(an_sa_that_is_gone_is_told_with_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
