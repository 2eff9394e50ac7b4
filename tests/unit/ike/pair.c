/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "auth/psk.h"
#include "state.h"

const char pair_initiator_text[] =
	"connections { gw { remote_addrs = 192.0.2.1\n dpd_delay = 10s\n"
	" local { auth = psk\n id = client.example.org\n }\n"
	" remote { auth = psk\n id = gateway.example.org\n }\n"
	" children { net { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/24\n } } } }\n"
	"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
const char pair_responder_text[] =
	"connections { rw { local_addrs = 192.0.2.1\n"
	" local { auth = psk\n id = gateway.example.org\n }\n"
	" remote { auth = psk\n id = client.example.org\n }\n"
	" children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
	"secrets { ike-1 { secret = \"open sesame\"\n } }\n";

enum err (*pair_crypto_new)(struct crypto *ret, uint64_t seed) = crypto_test_new;
void (*pair_crypto_free)(struct crypto *c) = crypto_test_free;
void (*pair_job_seen)(const struct job *job);

static struct endpoint endpoint_of(uint8_t last)
{
	return (struct endpoint){ .ip = ip_v4(192, 0, 2, last), .port = 500 };
}

static void side_start(struct side *s, nanos now)
{
	struct adit_engine_params params = {
		.crypto = &s->crypto,
		.memory = &s->memory,
		.config = s->config,
		.shards = 1,
	};

	assert_int_equal(adit_engine_new(&s->engine, &params, now), ERR_OK);
}

void pair_restart_initiator(struct pair *p)
{
	adit_engine_free(p->i.engine);
	side_start(&p->i, p->now);
}

static void side_init(struct side *s, const char *text, uint64_t seed)
{
	static char words[4096];
	struct text errors = TEXT_ARRAY(words), warnings;
	static char more[4096];

	warnings = TEXT_ARRAY(more);
	*s = (struct side){ .memory = memory_system(SIZE_MAX) };
	assert_int_equal(pair_crypto_new(&s->crypto, seed), ERR_OK);
	if (config_load_text(&s->config, "test.conf", span_text(text), &errors, &warnings))
		fail_msg("%s", words);
	side_start(s, 1);
}

void pair_init(struct pair *p, const char *initiator, const char *responder)
{
	static uint64_t seed; /* no two hosts draw the same numbers */

	*p = (struct pair){ .now = NANOS_SECOND };
	side_init(&p->i, initiator ? initiator : pair_initiator_text, ++seed);
	side_init(&p->r, responder ? responder : pair_responder_text, ++seed);
}

static void do_auth(struct side *s, const struct job *job, struct job_result *result, uint8_t *data)
{
	size_t len = 0;

	if (job->kind == JOB_AUTH_VERIFY) {
		result->err = psk_verify(&s->crypto, &job->auth);
		return;
	}
	result->err = psk_sign(&s->crypto, &job->auth, data, &len);
	result->auth_sign.method = AUTH_SHARED_KEY;
	result->auth_sign.data = span_of(data, len);
}

static void do_job(struct side *s, struct job *job, nanos now)
{
	static uint8_t a[KE_PRIVATE_MAX], b[KE_PRIVATE_MAX];
	struct job_result result = { .err = s->fail[job->kind] };
	size_t a_len = 0, b_len = 0;

	if (pair_job_seen)
		pair_job_seen(job);
	if (result.err) {
		adit_engine_complete(s->engine, job->id, &result, now);
		return;
	}
	switch (job->kind) {
	case JOB_KE_GENERATE:
		result.err = crypto_ke_generate(&s->crypto, job->ke_generate.method,
						bytes_span(&job->ke_generate.peer), a, &a_len, b,
						&b_len);
		result.ke_generate.public_key = span_of(a, a_len);
		result.ke_generate.private_key = span_of(b, b_len);
		break;
	case JOB_KE_AGREE:
		result.err = crypto_ke_agree(&s->crypto, job->ke_agree.method,
					     bytes_span(&job->ke_agree.private_key),
					     bytes_span(&job->ke_agree.peer), a, &a_len);
		result.ke_agree.shared = span_of(a, a_len);
		break;
	case JOB_AUTH_SIGN:
	case JOB_AUTH_VERIFY:
		do_auth(s, job, &result, a);
		break;
	case JOB_CHILD_INSTALL:
		s->installed[s->installs++ % 8] = job->child.spec.spi_in;
		s->spec = job->child.spec;
		break;
	case JOB_CHILD_REMOVE:
		s->removed[s->removals++ % 8] = job->child.spec.spi_in;
		s->gone = job->child.spec;
		break;
	case JOB_CHILD_QUERY:
		result.child_query.idle_in = NANOS_NEVER;
		break;
	default:
		break;
	}
	adit_engine_complete(s->engine, job->id, &result, now);
}

static bool do_jobs(struct side *s, nanos now)
{
	struct job *jobs[8];
	size_t count = adit_engine_jobs(s->engine, jobs, ARRAY_LEN(jobs));

	for (size_t i = 0; i < count; i++)
		do_job(s, jobs[i], now);
	return count > 0;
}

static void take_events(struct side *s)
{
	struct event event;

	while (adit_engine_event(s->engine, &event)) {
		s->ups += event.kind == EVENT_IKE_UP;
		s->downs += event.kind == EVENT_IKE_DOWN;
		s->child_ups += event.kind == EVENT_CHILD_UP;
		s->child_downs += event.kind == EVENT_CHILD_DOWN;
		if (event.kind == EVENT_DIAGNOSIS) {
			s->diagnoses++;
			s->last_diagnosis = event;
		}
		if (event.kind == EVENT_REQUEST) {
			s->requests++;
			s->request_err = event.err;
		}
	}
}

/* The sender's address as the world sees it, and the receiver's as he sees it himself. */
static void through_nat(const struct pair *p, const struct side *from, struct path *in)
{
	const struct ip *source = from == &p->i ? &p->nat_i : &p->nat_r;
	const struct ip *destination = from == &p->i ? &p->nat_r : &p->nat_i;

	if (source->family != IP_NONE)
		in->remote.ip = *source;
	if (destination->family != IP_NONE)
		in->local.ip = endpoint_of(from == &p->i ? 1 : 2).ip;
}

/* An IKE_AUTH message on its way: looked into with its sender's keys and, if something is to be added, sealed anew. */
static void look_into(struct pair *p, struct side *from, struct writer *w)
{
	static uint8_t fresh[DATAGRAM_MAX], plain[DATAGRAM_MAX];
	bool initiator = from == &p->i;
	uint32_t slot = 0;
	struct ike_sa *sa;
	struct payload_list list;
	struct skf_header fragment;
	struct ike_header header;
	struct sealing sealing;
	struct span payloads;
	uint8_t critical;

	if (ike_header_parse(&header, writer_span(w)) != ERR_OK || header.exchange != EXCHANGE_IKE_AUTH)
		return;
	while ((sa = slab_next(&from->engine->sas, &slot)) && (sa->spi_i != header.spi_i || sa->spi_r != header.spi_r))
		slot++;
	if (!sa || !sa->protect.cipher)
		return;
	if (protect_open(&from->crypto, from->engine->sealer, &sa->protect, initiator, writer_span(w), plain,
			 &from->auth_first, &payloads, &fragment) != ERR_OK)
		return; /* of a test's own making */
	assert_true(payloads.len <= sizeof(from->auth));
	memcpy(from->auth, payloads.data, payloads.len);
	from->auth_len = payloads.len;
	if (!from->adds)
		return;
	assert_int_equal(payload_list_parse(&list, from->auth_first, span_of(from->auth, from->auth_len), &critical), ERR_OK);
	protect_begin(&sealing, &sa->protect, fresh, sizeof(fresh), &header);
	for (size_t i = 0; i < list.count; i++)
		payload_put(&sealing.chain, list.items[i].type, list.items[i].body);
	notify_build_data(&sealing.chain, from->adds, SPAN_EMPTY);
	assert_int_equal(protect_seal(&from->crypto, from->engine->sealer, &sa->protect, initiator, &sealing, &payloads), ERR_OK);
	*w = writer_of(w->data, DATAGRAM_MAX);
	writer_put(w, payloads);
}

bool pair_said(const struct side *s, uint16_t notify)
{
	struct payload_list list;
	struct notify n;
	uint8_t critical;

	assert_int_equal(payload_list_parse(&list, s->auth_first, span_of(s->auth, s->auth_len), &critical), ERR_OK);
	return notify_find(&n, &list, notify);
}

static bool carry(struct pair *p, struct side *from, struct side *to)
{
	uint8_t buffer[DATAGRAM_MAX];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct path out, in;

	if (!adit_engine_output(from->engine, &out, &w))
		return false;
	look_into(p, from, &w);
	in = (struct path){ .local = out.remote, .remote = out.local, .encap = out.encap };
	if (in.remote.ip.family == IP_NONE)
		in.remote.ip = endpoint_of(from == &p->i ? 2 : 1).ip;
	through_nat(p, from, &in);
	if (p->datagrams < 32 && p->drop_mask >> p->datagrams & 1) {
		p->datagrams++;
		return true;
	}
	p->datagrams++;
	adit_engine_input(to->engine, &in, writer_span(&w), p->now);
	return true;
}

void pair_settle(struct pair *p)
{
	bool moved;

	do {
		moved = do_jobs(&p->i, p->now);
		moved |= do_jobs(&p->r, p->now);
		moved |= carry(p, &p->i, &p->r);
		moved |= carry(p, &p->r, &p->i);
		take_events(&p->i);
		take_events(&p->r);
	} while (moved);
}

void pair_pass(struct pair *p, nanos time)
{
	nanos end = p->now + time;

	while (p->now < end) {
		nanos i = adit_engine_deadline(p->i.engine), r = adit_engine_deadline(p->r.engine);
		nanos next = i < r ? i : r;

		p->now = next < end ? next : end;
		adit_engine_advance(p->i.engine, p->now);
		adit_engine_advance(p->r.engine, p->now);
		pair_settle(p);
	}
}

void pair_initiate(struct pair *p)
{
	struct path from = { .local.ip = ip_v4(192, 0, 2, 2) };
	uint32_t request;

	assert_int_equal(adit_engine_initiate(p->i.engine, "gw", "net", &from, p->now, &request),
			 ERR_OK);
}

static void side_clear(struct side *s)
{
	adit_engine_free(s->engine);
	assert_int_equal(s->memory.used, 0);
	config_unref(s->config);
	pair_crypto_free(&s->crypto);
}

void pair_clear(struct pair *p)
{
	side_clear(&p->i);
	side_clear(&p->r);
}
