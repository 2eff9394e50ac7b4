/* SPDX-License-Identifier: Apache-2.0 */
#include "two.h"

static void section_text(struct text *t, const char *section, const struct one_words *words, const char *id, const char *more)
{
	text_put(t, section);
	text_put(t, " { auth = ");
	text_put(t, words->auth);
	text_put(t, "\n id = ");
	text_put(t, id);
	text_put(t, "\n");
	text_put(t, more ? more : "");
	text_put(t, "\n }\n");
}

static void config_text(struct text *t, bool initiator, const struct one_words *words)
{
	static const char *const ids[] = { "client.example.org", "gateway.example.org" };

	text_put(t, initiator ? "connections { gw { remote_addrs = 192.0.2.1\n"
			      : "connections { gw { local_addrs = 192.0.2.1\n");
	text_put(t, words->conn);
	text_put(t, "\n");
	section_text(t, "local", words, ids[!initiator], words->local);
	section_text(t, "remote", words, ids[initiator], words->remote);
	text_put(t, initiator ? " children { net { local_ts = 10.2.0.0/24\n remote_ts = "
				"10.1.0.0/24\n } } } }\n"
			      : " children { net { local_ts = 10.1.0.0/24\n remote_ts = "
				"10.2.0.0/24\n } } } }\n");
	text_put(t, "secrets {\n");
	if (words->secret) {
		text_put(t, "ike-1 { secret = \"");
		text_put(t, words->secret);
		text_put(t, "\"\n }\n");
	}
	text_put(t, words->keys ? words->keys : "");
	text_put(t, "}\n");
}

static void one_init(struct one *o, bool initiator, const struct one_words *words)
{
	static char file[4096], error_words[4096], warning_words[4096];
	struct text t = TEXT_ARRAY(file), errors = TEXT_ARRAY(error_words),
		    warnings = TEXT_ARRAY(warning_words);
	struct adit_engine_params params;
	struct dataplane_env env;

	*o = (struct one){ .memory = memory_system(SIZE_MAX) };
	config_text(&t, initiator, words);
	assert_int_equal(crypto_libcrypto_new(&o->crypto), ERR_OK);
	if (config_load_text(&o->config, "toy.conf", span_text(file), &errors, &warnings))
		fail_msg("%s", error_words);
	env = (struct dataplane_env){ .crypto = &o->crypto, .memory = &o->memory, .child_sas = 4 };
	assert_int_equal(dataplane_null.new(&o->plane, &env), ERR_OK);
	o->worker =
		(struct worker){ .crypto = &o->crypto, .ops = &dataplane_null, .plane = o->plane };
	params = (struct adit_engine_params){
		.crypto = &o->crypto, .memory = &o->memory, .config = o->config, .shards = 1
	};
	assert_int_equal(adit_engine_new(&o->engine, &params, 1), ERR_OK);
}

void two_init(struct two *t, const struct one_words *i, const struct one_words *r)
{
	*t = (struct two){ .now = NANOS_SECOND };
	one_init(&t->i, true, i);
	one_init(&t->r, false, r);
}

static bool one_work(struct one *o, nanos now)
{
	struct job *jobs[8];
	size_t count = adit_engine_jobs(o->engine, jobs, ARRAY_LEN(jobs));
	struct event event;

	for (size_t i = 0; i < count; i++)
		worker_do(&o->worker, o->engine, jobs[i], now);
	while (adit_engine_event(o->engine, &event)) {
		o->ups += event.kind == EVENT_IKE_UP;
		o->downs += event.kind == EVENT_IKE_DOWN;
		if (event.kind == EVENT_DIAGNOSIS)
			o->diagnosis = event;
		if (event.kind == EVENT_REQUEST) {
			o->requests++;
			o->request_err = event.err;
		}
	}
	return count > 0;
}

static bool carry(struct two *t, struct one *from, struct one *to)
{
	static uint8_t buffer[DATAGRAM_MAX];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct path out, in;

	if (!adit_engine_output(from->engine, &out, &w))
		return false;
	if (t->drop > 0) {
		t->drop--;
		return true;
	}
	in = (struct path){ .local = out.remote, .remote = out.local, .encap = out.encap };
	adit_engine_input(to->engine, &in, writer_span(&w), t->now);
	return true;
}

void two_settle(struct two *t)
{
	bool moved;

	do {
		moved = one_work(&t->i, t->now);
		moved |= one_work(&t->r, t->now);
		moved |= carry(t, &t->i, &t->r);
		moved |= carry(t, &t->r, &t->i);
	} while (moved);
}

void two_pass(struct two *t, nanos time)
{
	nanos end = t->now + time;

	while (t->now < end) {
		nanos i = adit_engine_deadline(t->i.engine), r = adit_engine_deadline(t->r.engine);
		nanos next = i < r ? i : r;

		t->now = next < end ? next : end;
		adit_engine_advance(t->i.engine, t->now);
		adit_engine_advance(t->r.engine, t->now);
		two_settle(t);
	}
}

void two_connect(struct two *t)
{
	struct path from = { .local.ip = ip_v4(192, 0, 2, 2) };
	uint32_t request;

	assert_int_equal(adit_engine_initiate(t->i.engine, "gw", "net", &from, t->now, &request),
			 ERR_OK);
	two_settle(t);
}

static void one_clear(struct one *o)
{
	adit_engine_free(o->engine);
	dataplane_null.free(o->plane, true);
	assert_int_equal(o->memory.used, 0);
	config_unref(o->config);
	crypto_libcrypto_free(&o->crypto);
}

void two_clear(struct two *t)
{
	one_clear(&t->i);
	one_clear(&t->r);
}
