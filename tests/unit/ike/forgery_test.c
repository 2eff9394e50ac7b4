/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What forgers, crossing messages and bad moments must not do to a handshake (RFC 7296 2.4, 2.21.1).
 */
#include <stdio.h>
#include <stdlib.h>

#include "pair.c"

#include "payloads.h"

/* ---- helpers ---- */

struct packet {
	struct path path; /* as the sender gave it */
	uint8_t data[DATAGRAM_MAX];
	size_t len;
};

static bool take(struct side *s, struct packet *ret)
{
	struct writer w = writer_of(ret->data, sizeof(ret->data));

	if (!adit_engine_output(s->engine, &ret->path, &w))
		return false;
	ret->len = w.len;
	return true;
}

static void give(struct pair *p, struct side *to, const struct packet *d)
{
	struct path in = { .local = d->path.remote, .remote = d->path.local, .encap = d->path.encap };

	adit_engine_input(to->engine, &in, span_of(d->data, d->len), p->now);
}

static void why(const struct pair *p)
{
	print_message("initiator: request %s, %u diagnoses, last: %s / %s\n", err_name(p->i.request_err),
		      p->i.diagnoses, p->i.last_diagnosis.diagnosis.theirs, p->i.last_diagnosis.diagnosis.parted);
	print_message("responder: %u ups, %u diagnoses, last: %s\n", p->r.ups, p->r.diagnoses,
		      p->r.last_diagnosis.diagnosis.parted);
}

static void jobs_all(struct pair *p, struct side *s)
{
	while (do_jobs(s, p->now))
		;
	take_events(s);
}

/* An unprotected SA_INIT response of one notify, from the responder's address. */
static void forge_notify(struct packet *ret, const struct packet *request, uint16_t type, struct span data)
{
	struct ike_header h;
	struct writer w = writer_of(ret->data, sizeof(ret->data));
	struct chain c;

	assert_int_equal(ike_header_parse(&h, span_of(request->data, request->len)), ERR_OK);
	h.spi_r = 0;
	h.flags = IKE_FLAG_RESPONSE;
	ike_header_build(&w, &h);
	c = chain_begin(&w, 16);
	notify_build_data(&c, type, data);
	ike_header_finish(&w, 0);
	ret->len = w.len;
	ret->path = (struct path){ .local = request->path.remote, .remote = request->path.local };
}

static void begin(struct pair *p, struct packet *request)
{
	pair_init(p, NULL, NULL);
	pair_initiate(p);
	jobs_all(p, &p->i);
	assert_true(take(&p->i, request));
}

/* ---- control: the harness itself ---- */

static void control_by_hand_without_forgery(void **state)
{
	struct pair p;
	struct packet request, answer;

	(void)state;
	begin(&p, &request);
	give(&p, &p.r, &request);
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &answer));
	give(&p, &p.i, &answer);
	give(&p, &p.i, &answer);
	pair_settle(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* ---- findings ---- */

/* RFC7296 2.7: the suite that the answer chose names another method than its KE payload. */
static void an_answer_whose_suite_has_another_key_exchange_is_ignored(void **state)
{
	static const uint8_t x25519[] = { TRANSFORM_KE, 0, 0, KE_CURVE_25519 };
	struct packet request, answer, forged;
	struct pair p;
	uint8_t *place;

	(void)state;
	begin(&p, &request);
	give(&p, &p.r, &request);
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &answer));
	forged = answer;
	place = memmem(forged.data, forged.len, x25519, sizeof(x25519));
	assert_non_null(place);
	place[sizeof(x25519) - 1] = KE_ECP_256; /* which the request offers too */
	give(&p, &p.i, &forged);
	assert_false(do_jobs(&p.i, p.now)); /* nothing is worth an agreement */
	give(&p, &p.i, &answer);
	assert_true(do_jobs(&p.i, p.now));
	pair_settle(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* A protected message that comes while JOB_KE_AGREE of the initiator is out: protect_open() with cipher NULL. */
static void a_message_before_the_initiators_keys_is_dropped(void **state)
{
	struct pair p;
	struct packet request, answer, early = { 0 };
	struct ike_header h;
	struct writer w = writer_of(early.data, sizeof(early.data));
	struct chain c;
	uint8_t body[64] = { 0 };

	(void)state;
	begin(&p, &request);
	give(&p, &p.r, &request);
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &answer));
	give(&p, &p.i, &answer); /* JOB_KE_AGREE is due, not done */
	assert_int_equal(ike_header_parse(&h, span_of(answer.data, answer.len)), ERR_OK);
	h.exchange = EXCHANGE_INFORMATIONAL;
	h.flags = 0;
	h.message_id = 0;
	h.next_payload = PAYLOAD_SK;
	ike_header_build(&w, &h);
	c = chain_begin(&w, 16);
	payload_put(&c, PAYLOAD_SK, SPAN_ARRAY(body));
	ike_header_finish(&w, 0);
	early.len = w.len;
	early.path = answer.path;
	give(&p, &p.i, &early); /* crashes */
	pair_settle(&p);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* Two children of one connection set up at once: both say INITIAL_CONTACT, the second ends the first at the responder. */
static void two_children_at_once_both_stay(void **state)
{
	static const char i[] =
		"connections { gw { remote_addrs = 192.0.2.1\n"
		" local { auth = psk\n id = client.example.org\n }\n"
		" remote { auth = psk\n id = gateway.example.org\n }\n"
		" children { net { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/24\n }\n"
		"  two { local_ts = 10.2.0.0/24\n remote_ts = 10.1.1.0/24\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	struct pair p;
	struct path from = { .local.ip = ip_v4(192, 0, 2, 2) };
	uint32_t request;

	(void)state;
	pair_init(&p, i, NULL);
	pair_initiate(&p);
	assert_int_equal(adit_engine_initiate(p.i.engine, "gw", "two", &from, p.now, &request), ERR_OK);
	pair_settle(&p);
	assert_int_equal(p.i.ups, 2);
	assert_int_equal(p.r.ups, 2);
	assert_int_equal(p.r.downs, 0);
	pair_clear(&p);
}

/* One forged COOKIE between the request and its answer: AUTH is made over the wrong request. */
static void a_forged_cookie_does_not_spoil_the_handshake(void **state)
{
	static const uint8_t cookie[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct pair p;
	struct packet request, forged;

	(void)state;
	begin(&p, &request);
	forge_notify(&forged, &request, NOTIFY_COOKIE, SPAN_ARRAY(cookie));
	give(&p, &p.i, &forged);
	give(&p, &p.r, &request);
	pair_settle(&p);
	pair_pass(&p, 60 * NANOS_SECOND);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* The same without a forger: the request is doubled on the way, and the responder asks for a cookie only the first time. */
static void a_doubled_request_and_a_real_cookie_make_an_sa(void **state)
{
	static const char i2[] =
		"connections { gw { remote_addrs = 192.0.2.1\n"
		" local { auth = psk\n id = other.example.org\n }\n"
		" remote { auth = psk\n id = gateway.example.org\n }\n"
		" children { net { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/24\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	static const char r[] =
		"adit { cookie_threshold = 1\n half_open_timeout = 1s\n }\n"
		"connections { rw { local_addrs = 192.0.2.1\n"
		" local { auth = psk\n id = gateway.example.org\n }\n remote { auth = psk\n }\n"
		" children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	struct pair p, q;
	struct packet stranger, request, cookie, again, answer;

	(void)state;
	pair_init(&q, i2, NULL);
	pair_initiate(&q);
	jobs_all(&q, &q.i);
	assert_true(take(&q.i, &stranger));
	pair_init(&p, NULL, r);
	pair_initiate(&p);
	jobs_all(&p, &p.i);
	assert_true(take(&p.i, &request));
	give(&p, &p.r, &stranger); /* one half-open SA: cookies from here on */
	jobs_all(&p, &p.r);
	while (take(&p.r, &answer))
		;
	give(&p, &p.r, &request);
	assert_true(take(&p.r, &cookie)); /* COOKIE */
	p.now += 1100 * NANOS_MILLI; /* the half-open SA is gone */
	adit_engine_advance(p.r.engine, p.now);
	give(&p, &p.r, &request); /* its duplicate */
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &answer)); /* the real answer to the request without cookie */
	give(&p, &p.i, &cookie);
	assert_true(take(&p.i, &again)); /* with cookie; on its way */
	give(&p, &p.i, &answer);
	give(&p, &p.r, &again);
	pair_settle(&p);
	pair_pass(&p, 60 * NANOS_SECOND);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
	pair_clear(&q);
}

/* RFC7296 2.6: the secret of cookies changes, and what it made is good for two periods of it at most. */
static void an_old_cookie_is_not_taken(void **state)
{
	static const nanos ages[] = { NANOS_SECOND, 59 * NANOS_SECOND, 121 * NANOS_SECOND };
	char r[2048];

	(void)state;
	assert_true(snprintf(r, sizeof(r), "adit { cookie_threshold = 0\n }\n%s", pair_responder_text) > 0);
	for (size_t i = 0; i < ARRAY_LEN(ages); i++) {
		struct packet request, cookie, again;
		struct pair p;

		pair_init(&p, NULL, r);
		pair_initiate(&p);
		jobs_all(&p, &p.i);
		assert_true(take(&p.i, &request));
		give(&p, &p.r, &request);
		assert_true(take(&p.r, &cookie));
		give(&p, &p.i, &cookie);
		assert_true(take(&p.i, &again));
		p.now += ages[i];
		adit_engine_advance(p.r.engine, p.now);
		give(&p, &p.r, &again);
		assert_int_equal(do_jobs(&p.r, p.now), ages[i] < 120 * NANOS_SECOND);
		pair_clear(&p);
	}
}

/* RFC7296 2.6: a cookie is its address's, its SPI's and its nonce's; who gets one at home cannot use it in others' names. */
static void a_cookie_is_not_taken_from_another_address(void **state)
{
	struct packet request, cookie, again;
	char r[2048];
	struct pair p;

	(void)state;
	assert_true(snprintf(r, sizeof(r), "adit { cookie_threshold = 0\n }\n%s", pair_responder_text) > 0);
	pair_init(&p, NULL, r);
	pair_initiate(&p);
	jobs_all(&p, &p.i);
	assert_true(take(&p.i, &request));
	give(&p, &p.r, &request);
	assert_true(take(&p.r, &cookie));
	give(&p, &p.i, &cookie);
	assert_true(take(&p.i, &again));
	again.path.local.ip = ip_v4(198, 51, 100, 7);
	give(&p, &p.r, &again);
	assert_false(do_jobs(&p.r, p.now));
	again.path = request.path;
	give(&p, &p.r, &again);
	assert_true(do_jobs(&p.r, p.now));
	pair_clear(&p);
}

/* A forged answer whose KE value is none ends the handshake when JOB_KE_AGREE says so. */
static void a_forged_answer_with_a_bad_key_does_not_spoil_the_handshake(void **state)
{
	struct pair p;
	struct packet request, answer, forged;
	struct job *jobs[1];
	struct job_result bad = { .err = ERR_KE_VALUE };

	(void)state;
	begin(&p, &request);
	give(&p, &p.r, &request);
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &answer));
	forged = answer;
	for (size_t i = 100; i < 104; i++) /* somewhere in the KE or nonce */
		forged.data[i] = (uint8_t)~forged.data[i];
	give(&p, &p.i, &forged);
	give(&p, &p.i, &answer); /* the genuine one is kept as second */
	assert_int_equal(adit_engine_jobs(p.i.engine, jobs, 1), 1);
	assert_int_equal(jobs[0]->kind, JOB_KE_AGREE);
	adit_engine_complete(p.i.engine, jobs[0]->id, &bad, p.now); /* as libcrypto does for 32 zero bytes of X25519 */
	pair_settle(&p);
	pair_pass(&p, 60 * NANOS_SECOND);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* A forged answer by one who then refuses IKE_AUTH in his own SA: the genuine answer, kept, is never tried. */
static void a_forger_that_refuses_does_not_spoil_the_handshake(void **state)
{
	struct pair p, q;
	struct packet request, forged, answer, auth, no;

	(void)state;
	begin(&p, &request);
	pair_init(&q, NULL,
		  "connections { rw { local_addrs = 192.0.2.1\n"
		  " local { auth = psk\n id = gateway.example.org\n }\n"
		  " remote { auth = psk\n id = client.example.org\n }\n"
		  " children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
		  "secrets { ike-1 { secret = \"not known\"\n } }\n");
	give(&q, &q.r, &request);
	jobs_all(&q, &q.r);
	assert_true(take(&q.r, &forged));
	give(&p, &p.r, &request);
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &answer));
	give(&p, &p.i, &forged);
	give(&p, &p.i, &answer);
	jobs_all(&p, &p.i);
	assert_true(take(&p.i, &auth));
	give(&q, &q.r, &auth);
	jobs_all(&q, &q.r);
	assert_true(take(&q.r, &no)); /* AUTHENTICATION_FAILED under the forger's keys */
	give(&p, &p.i, &no);
	pair_settle(&p);
	pair_pass(&p, 60 * NANOS_SECOND);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
	pair_clear(&q);
}

/* A copy of the genuine answer with a payload more gives the same keys, and the AEAD's nonce begins at 0 again. */
static void another_answer_never_repeats_a_nonce_under_the_same_keys(void **state)
{
	struct pair p;
	struct packet request, answer, copy, first, second = { .len = 0 }, rest;
	struct ike_header h;
	struct adit_ike_info info;
	uint64_t one, two;
	uint32_t cursor = 0;
	size_t at = IKE_HEADER_LEN, len;

	(void)state;
	begin(&p, &request);
	give(&p, &p.r, &request);
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &answer));
	copy = answer;
	assert_int_equal(ike_header_parse(&h, span_of(copy.data, copy.len)), ERR_OK);
	while (copy.data[at] != 0)
		at += (size_t)copy.data[at + 2] << 8 | copy.data[at + 3];
	copy.data[at] = PAYLOAD_VENDOR;
	len = copy.len;
	memcpy(copy.data + len, (uint8_t[]){ 0, 0, 0, 8, 'f', 'a', 'k', 'e' }, 8);
	copy.len = len + 8;
	copy.data[26] = (uint8_t)(copy.len >> 8);
	copy.data[27] = (uint8_t)copy.len;
	give(&p, &p.i, &answer);
	give(&p, &p.i, &copy);
	jobs_all(&p, &p.i);
	assert_true(take(&p.i, &first)); /* lost, as are its repetitions */
	assert_true(adit_engine_ike_info(p.i.engine, &cursor, &info));
	assert_true(adit_engine_ike_digest(p.i.engine, info.unique, &one));
	for (int i = 0; i < 3; i++) {
		p.now = adit_engine_deadline(p.i.engine);
		adit_engine_advance(p.i.engine, p.now);
		jobs_all(&p, &p.i);
		while (take(&p.i, &rest)) {
			if (rest.len != first.len || memcmp(rest.data, first.data, first.len) != 0)
				second = rest, i = 3;
		}
	}
	assert_true(adit_engine_ike_digest(p.i.engine, info.unique, &two));
	assert_true(one == two); /* the same keys */
	assert_true(second.len > 0); /* with the counter begun anew, both were the same to the bit */
	print_message("two plaintexts under one key and IV: %s\n",
		      memcmp(first.data + 40, second.data + 40, 40) ? "ciphertexts differ early" : "differ late");
	/* header, SK header, then the IV */
	assert_memory_not_equal(first.data + 32, second.data + 32, 8);
	pair_clear(&p);
}

/* Who guesses 28 bits of SPIr while JOB_KE_GENERATE is out: an agreement without a private key. */
static void an_auth_request_before_the_responders_key_is_dropped(void **state)
{
	struct pair p;
	struct packet request, early = { 0 };
	struct adit_ike_info info;
	struct ike_header h = { 0 };
	struct writer w = writer_of(early.data, sizeof(early.data));
	struct chain c;
	struct job *jobs[4];
	uint8_t body[64] = { 0 };
	uint32_t cursor = 0;
	size_t n;

	(void)state;
	begin(&p, &request);
	give(&p, &p.r, &request);
	n = adit_engine_jobs(p.r.engine, jobs, 4); /* JOB_KE_GENERATE: taken, not done */
	assert_int_equal(n, 1);
	assert_true(adit_engine_ike_info(p.r.engine, &cursor, &info));
	h = (struct ike_header){ .spi_i = info.spi_i, .spi_r = info.spi_r, .version = IKE_VERSION,
				 .exchange = EXCHANGE_IKE_AUTH, .flags = IKE_FLAG_INITIATOR, .message_id = 1 };
	ike_header_build(&w, &h);
	c = chain_begin(&w, 16);
	payload_put(&c, PAYLOAD_SK, SPAN_ARRAY(body));
	ike_header_finish(&w, 0);
	early.len = w.len;
	early.path = request.path;
	give(&p, &p.r, &early);
	n = adit_engine_jobs(p.r.engine, jobs + 1, 3);
	assert_int_equal(n, 0); /* JOB_KE_AGREE with private_key.len == 0: libcrypto_ke.c REQUIREs a length */
	pair_clear(&p);
}

/* No route at start: local address unknown, selectors dynamic (the default). */
static void an_unknown_own_address_is_an_error_and_no_abort(void **state)
{
	static const char i[] =
		"connections { gw { remote_addrs = 192.0.2.1\n"
		" local { auth = psk\n id = client.example.org\n }\n"
		" remote { auth = psk\n id = gateway.example.org\n }\n"
		" children { net { remote_ts = 10.1.0.0/24\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	struct path none = { 0 };
	uint32_t request;
	struct pair p;

	(void)state;
	pair_init(&p, i, NULL);
	assert_int_equal(adit_engine_initiate(p.i.engine, "gw", "net", &none, p.now, &request),
			 ERR_NO_ROUTE);
	pair_settle(&p);
	assert_true(adit_engine_idle(p.i.engine));
	pair_clear(&p);
}

/* RFC 7296 2.21.1: go on for some time. One forged error and one loss are not the end of it. */
static void a_forged_error_and_a_loss_do_not_end_the_handshake(void **state)
{
	struct pair p;
	struct packet request, forged;

	(void)state;
	begin(&p, &request);
	forge_notify(&forged, &request, NOTIFY_NO_PROPOSAL_CHOSEN, SPAN_EMPTY);
	give(&p, &p.i, &forged); /* and the request is lost */
	pair_pass(&p, 60 * NANOS_SECOND);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* One forged INVALID_KE_PAYLOAD: the genuine answer finds the exchange at work and is dropped. */
static void a_forged_invalid_ke_does_not_spoil_the_handshake(void **state)
{
	static const char x25519_only[] =
		"connections { rw { local_addrs = 192.0.2.1\n proposals = aes256gcm16-prfsha256-x25519\n"
		" local { auth = psk\n id = gateway.example.org\n }\n"
		" remote { auth = psk\n id = client.example.org\n }\n"
		" children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	static const uint8_t ecp[2] = { 0, 19 };
	struct pair p;
	struct packet request, forged;

	(void)state;
	pair_init(&p, NULL, x25519_only);
	pair_initiate(&p);
	jobs_all(&p, &p.i);
	assert_true(take(&p.i, &request));
	forge_notify(&forged, &request, NOTIFY_INVALID_KE_PAYLOAD, SPAN_ARRAY(ecp));
	for (int round = 0; round < 2; round++) { /* two forged, each answered by the genuine peer's own */
		struct packet d;

		give(&p, &p.i, &forged);
		jobs_all(&p, &p.i);
		while (take(&p.i, &d))
			give(&p, &p.r, &d);
		jobs_all(&p, &p.r);
		while (take(&p.r, &d))
			give(&p, &p.i, &d);
		jobs_all(&p, &p.i);
		if (round == 0)
			(void)take(&p.i, &d); /* the right method again, and lost */
	}
	pair_settle(&p);
	pair_pass(&p, 200 * NANOS_SECOND);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* Three forged COOKIEs and a responder that really wants one. */
static void three_forged_cookies_do_not_use_up_the_real_one(void **state)
{
	static const char r[] =
		"adit { cookie_threshold = 0\n }\n"
		"connections { rw { local_addrs = 192.0.2.1\n"
		" local { auth = psk\n id = gateway.example.org\n }\n"
		" remote { auth = psk\n id = client.example.org\n }\n"
		" children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	struct pair p;
	struct packet request, forged, d;

	(void)state;
	pair_init(&p, NULL, r);
	pair_initiate(&p);
	jobs_all(&p, &p.i);
	assert_true(take(&p.i, &request));
	for (uint8_t k = 0; k < (getenv("REV_FORGED") ? (uint8_t)atoi(getenv("REV_FORGED")) : 3); k++) {
		forge_notify(&forged, &request, NOTIFY_COOKIE, span_of(&k, 1));
		give(&p, &p.i, &forged);
		while (take(&p.i, &d))
			;
	}
	pair_pass(&p, 200 * NANOS_SECOND);
	why(&p);
	assert_int_equal(p.i.ups, 1);
	pair_clear(&p);
}

/* A stranger's datagrams allocate. */
static void rubbish_does_not_allocate(void **state)
{
	struct pair p;
	struct packet junk = { .len = 100 };
	size_t before;

	(void)state;
	pair_init(&p, NULL, NULL);
	before = p.r.memory.used;
	for (int i = 0; i < 2000; i++)
		give(&p, &p.r, &junk);
	print_message("2000 datagrams of rubbish: %zu bytes\n", p.r.memory.used - before);
	assert_int_equal(p.r.memory.used, before);
	pair_clear(&p);
}

/* As pair_settle(), with a NAT before the initiator that gives it port 1024 + its own. */
static void settle_nat(struct pair *p)
{
	struct packet d;
	bool moved;

	do {
		moved = do_jobs(&p->i, p->now);
		moved |= do_jobs(&p->r, p->now);
		while (take(&p->i, &d)) {
			d.path.local.port = (uint16_t)(d.path.local.port + 1024);
			give(p, &p->r, &d);
			moved = true;
		}
		while (take(&p->r, &d)) {
			d.path.remote.port = (uint16_t)(d.path.remote.port - 1024);
			give(p, &p->i, &d);
			moved = true;
		}
		take_events(&p->i);
		take_events(&p->r);
	} while (moved);
}

/* RFC 7296 2.23: a host behind a NAT SHOULD NOT follow; one diverted packet would carry its tunnel away. */
static void a_host_behind_a_nat_does_not_follow(void **state)
{
	static const char r[] =
		"connections { rw { local_addrs = 192.0.2.1\n encap = yes\n"
		" local { auth = psk\n id = gateway.example.org\n }\n"
		" remote { auth = psk\n id = client.example.org\n }\n"
		" children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	struct endpoint elsewhere = { .ip = ip_v4(203, 0, 113, 9), .port = 4500 };
	struct adit_ike_info info;
	uint32_t cursor = 0;
	struct pair p;

	(void)state;
	pair_init(&p, NULL, r);
	pair_initiate(&p);
	settle_nat(&p);
	assert_true(adit_engine_ike_info(p.i.engine, &cursor, &info));
	assert_int_equal(info.state, IKE_STATE_ESTABLISHED);
	assert_true(info.nat_local);
	adit_engine_peer_moved(p.i.engine, p.i.installed[0], &elsewhere, p.now);
	cursor = 0;
	assert_true(adit_engine_ike_info(p.i.engine, &cursor, &info));
	assert_false(endpoint_equal(&info.path.remote, &elsewhere));
	pair_clear(&p);
}

/* adit down while IKE_AUTH is out: the responder is up and is never told. */
static void a_handshake_that_is_cancelled_leaves_nothing_at_the_peer(void **state)
{
	struct adit_terminate what = { .ike = "gw" };
	uint32_t matches, request;
	struct packet d;
	struct pair p;

	(void)state;
	begin(&p, &d);
	give(&p, &p.r, &d);
	jobs_all(&p, &p.r);
	assert_true(take(&p.r, &d));
	give(&p, &p.i, &d);
	jobs_all(&p, &p.i);
	assert_true(take(&p.i, &d)); /* IKE_AUTH */
	assert_int_equal(adit_engine_terminate(p.i.engine, &what, p.now, &matches, &request), ERR_OK);
	give(&p, &p.r, &d);
	pair_settle(&p);
	pair_pass(&p, 600 * NANOS_SECOND);
	assert_true(adit_engine_idle(p.r.engine));
	pair_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_by_hand_without_forgery),
		cmocka_unit_test(an_answer_whose_suite_has_another_key_exchange_is_ignored),
		cmocka_unit_test(an_old_cookie_is_not_taken),
		cmocka_unit_test(a_cookie_is_not_taken_from_another_address),
		cmocka_unit_test(a_message_before_the_initiators_keys_is_dropped),
		cmocka_unit_test(two_children_at_once_both_stay),
		cmocka_unit_test(a_forged_cookie_does_not_spoil_the_handshake),
		cmocka_unit_test(a_doubled_request_and_a_real_cookie_make_an_sa),
		cmocka_unit_test(a_forged_answer_with_a_bad_key_does_not_spoil_the_handshake),
		cmocka_unit_test(a_forger_that_refuses_does_not_spoil_the_handshake),
		cmocka_unit_test(another_answer_never_repeats_a_nonce_under_the_same_keys),
		cmocka_unit_test(an_auth_request_before_the_responders_key_is_dropped),
		cmocka_unit_test(an_unknown_own_address_is_an_error_and_no_abort),
		cmocka_unit_test(a_forged_error_and_a_loss_do_not_end_the_handshake),
		cmocka_unit_test(a_forged_invalid_ke_does_not_spoil_the_handshake),
		cmocka_unit_test(three_forged_cookies_do_not_use_up_the_real_one),
		cmocka_unit_test(rubbish_does_not_allocate),
		cmocka_unit_test(a_host_behind_a_nat_does_not_follow),
		cmocka_unit_test(a_handshake_that_is_cancelled_leaves_nothing_at_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
