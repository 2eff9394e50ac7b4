/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adversary: a scripted initiator that does what a peer must not, or must not yet; what the engine
 * answers, and that it forgets again. RFC 7296 1.5, 2.3, 2.5, 2.6, 2.21, 3.1, 3.2.
 */
#include "puppet.h"
#include "scripts.h"

#define UNKNOWN_PAYLOAD 200
#define UNKNOWN_EXCHANGE 77
#define ANSWER_WAIT (2 * NANOS_SECOND)

struct duel {
	struct bench *bench;
	struct host *host;
	struct puppet *puppet;
};

/* An SA_INIT as bent: its answer holds notify, and nothing stays at the host. */
static void init_refused(struct duel *d, uint16_t notify)
{
	EXPECT(d->bench, !puppet_init_exchange(d->puppet));
	if (notify)
		EXPECT(d->bench, puppet_told(d->puppet, notify));
	EXPECT(d->bench, adit_engine_usage(d->host->engine).half_open == 0);
}

/* An IKE_AUTH as bent: its answer holds notify; up: the IKE SA is there all the same. */
static void auth_refused(struct duel *d, uint16_t notify, bool up)
{
	struct puppet_bend bend = d->puppet->bend;

	d->puppet->bend = (struct puppet_bend){ 0 };
	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	d->puppet->bend = bend;
	EXPECT(d->bench, puppet_auth_exchange(d->puppet) == up);
	EXPECT(d->bench, puppet_told(d->puppet, notify));
	EXPECT(d->bench, host_established(d->host) == up && d->host->plane.count == 0);
}

static void establish(struct duel *d)
{
	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	EXPECT(d->bench, puppet_auth_exchange(d->puppet));
	EXPECT(d->bench, host_established(d->host) == 1 && d->host->plane.count == 1);
	EXPECT(d->bench, plane_find(&d->host->plane, d->puppet->peer_esp_spi) != NULL);
}

static void does_right(struct duel *d)
{
	establish(d);
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 0));
	EXPECT(d->bench, d->puppet->opened && d->puppet->list.count == 0);
}

static void major_version(struct duel *d)
{
	d->puppet->bend.version = 0x30;
	init_refused(d, NOTIFY_INVALID_MAJOR_VERSION);
	/* RFC7296 2.5: the answer carries the version we speak. */
	EXPECT(d->bench, d->puppet->header.version >> 4 == 2);
}

static void minor_version(struct duel *d)
{
	d->puppet->bend.version = 0x27; /* RFC7296 2.5: minor versions are no reason */
	establish(d);
}

static void critical_in_init(struct duel *d)
{
	d->puppet->bend.critical = UNKNOWN_PAYLOAD;
	init_refused(d, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD);
}

static void critical_in_auth(struct duel *d)
{
	d->puppet->bend.critical = UNKNOWN_PAYLOAD;
	auth_refused(d, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, false);
}

static void critical_later(struct duel *d)
{
	uint8_t inner[64] = { UNKNOWN_PAYLOAD, 0, 0x80, 0, 4 };

	establish(d);
	EXPECT(d->bench, puppet_request(d->puppet, EXCHANGE_INFORMATIONAL, span_of(inner, 5)));
	EXPECT(d->bench, puppet_told(d->puppet, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD));
	EXPECT(d->bench, host_established(d->host) == 1);
}

static void init_without_sa(struct duel *d)
{
	d->puppet->bend.no_sa = true;
	init_refused(d, 0);
}

static void init_without_ke(struct duel *d)
{
	d->puppet->bend.no_ke = true;
	init_refused(d, 0);
}

static void init_without_nonce(struct duel *d)
{
	d->puppet->bend.no_nonce = true;
	init_refused(d, 0);
}

static void init_with_two_sas(struct duel *d)
{
	d->puppet->bend.double_sa = true;
	init_refused(d, 0);
}

static void init_with_short_nonce(struct duel *d)
{
	d->puppet->bend.short_nonce = true;
	init_refused(d, 0);
}

static void init_with_bad_value(struct duel *d)
{
	/*
	 * The value's check is public-key work: the SA dies by the time the keys are wanted at the
	 * latest.
	 */
	d->puppet->bend.ke_bad = true;
	(void)puppet_init_exchange(d->puppet);
	bench_run(d->bench, 60 * NANOS_SECOND);
	EXPECT(d->bench, adit_engine_usage(d->host->engine).half_open == 0);
}

static void init_with_other_method(struct duel *d)
{
	d->puppet->bend.ke_method = KE_ECP_256;
	for (unsigned i = 0; i < 8; i++) /* a loop that the responder holds no state for */
		init_refused(d, NOTIFY_INVALID_KE_PAYLOAD);
}

static void init_with_other_cipher(struct duel *d)
{
	d->puppet->bend.encr = ENCR_AES_CBC;
	init_refused(d, NOTIFY_NO_PROPOSAL_CHOSEN);
}

/* RFC7296 2.6: a cookie is good for the nonce and the address it was made for. */
static void cookies_are_wrong(struct duel *d)
{
	struct puppet *p = d->puppet;
	uint8_t buffer[DATAGRAM_MAX];
	struct endpoint elsewhere = { ip_v4(10, 0, 0, 99), IKE_PORT };
	struct notify cookie;

	p->cookie_len = 33;
	memset(p->cookie, 7, p->cookie_len);
	for (unsigned i = 0; i < 2; i++) {
		puppet_send(p, span_of(buffer, puppet_init_build(p, false, buffer)));
		EXPECT(d->bench, puppet_receive(p, ANSWER_WAIT));
		EXPECT(d->bench, notify_find(&cookie, &p->list, NOTIFY_COOKIE));
		if (d->bench->world.failed)
			return;
		memcpy(p->cookie, cookie.data.data, cookie.data.len);
		p->cookie_len = cookie.data.len;
		p->nonce_i[0] ^= 1; /* not what the cookie is for */
	}
	p->nonce_i[0] ^= 1;
	puppet_send_from(p, &elsewhere, span_of(buffer, puppet_init_build(p, false, buffer)));
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, adit_engine_usage(d->host->engine).half_open == 0);
	EXPECT(d->bench, puppet_init_exchange(p));
}

static void auth_is_wrong(struct duel *d)
{
	d->puppet->bend.auth_flip = 1;
	auth_refused(d, NOTIFY_AUTHENTICATION_FAILED, false);
}

static void auth_is_missing(struct duel *d)
{
	d->puppet->bend.no_auth = true;
	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	EXPECT(d->bench, !puppet_auth_exchange(d->puppet));
	EXPECT(d->bench, host_established(d->host) == 0);
}

static void id_is_another(struct duel *d)
{
	d->puppet->bend.id = "nobody.example.org";
	auth_refused(d, NOTIFY_AUTHENTICATION_FAILED, false);
}

static void ts_is_broken(struct duel *d)
{
	d->puppet->bend.broken_ts = true;
	auth_refused(d, NOTIFY_INVALID_SYNTAX, false);
}

static void ts_is_foreign(struct duel *d)
{
	d->puppet->bend.ts = ip_v4(203, 0, 113, 1);
	auth_refused(d, NOTIFY_TS_UNACCEPTABLE, true);
}

static void esp_is_foreign(struct duel *d)
{
	d->puppet->bend.esp_encr = ENCR_AES_CBC;
	auth_refused(d, NOTIFY_NO_PROPOSAL_CHOSEN, true);
}

/* RFC7296 2.21.2, 1.2: before it is authenticated nothing but IKE_AUTH means anything. */
static void too_early(struct duel *d, uint8_t exchange)
{
	uint8_t inner[64];

	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	(void)puppet_request(d->puppet, exchange, span_of(inner, inner_delete_ike(inner)));
	EXPECT(d->bench, host_established(d->host) == 0);
	d->puppet->next_id = 1;
	EXPECT(d->bench, puppet_auth_exchange(d->puppet));
}

static void informational_before_auth(struct duel *d)
{
	too_early(d, EXCHANGE_INFORMATIONAL);
}

static void create_child_before_auth(struct duel *d)
{
	too_early(d, EXCHANGE_CREATE_CHILD_SA);
}

/* The same when the keys are there already, from an IKE_AUTH that did not verify. */
static void between_keys_and_auth(struct duel *d, uint8_t exchange)
{
	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	d->puppet->bend.integrity = true;
	EXPECT(d->bench, !puppet_auth_exchange(d->puppet));
	d->puppet->bend.integrity = false;
	d->puppet->next_id = 1;
	EXPECT(d->bench, !puppet_request_notify(d->puppet, exchange, 0));
	d->bench->sniffer.tampering = true; /* message ID 1 a third time */
	d->puppet->next_id = 1;
	EXPECT(d->bench, puppet_auth_exchange(d->puppet));
}

static void informational_between(struct duel *d)
{
	between_keys_and_auth(d, EXCHANGE_INFORMATIONAL);
}

static void create_child_between(struct duel *d)
{
	between_keys_and_auth(d, EXCHANGE_CREATE_CHILD_SA);
}

/* SA and nonce suffice for a refusal of further SAs. */
static size_t create_child_inner(struct puppet *p, uint8_t *inner, bool rekey)
{
	static struct sa sa; /* large */
	struct writer w = writer_of(inner, 512);
	struct notify n = { .protocol = PROTOCOL_ESP, .spi_len = 4, .spi = 0x12345678,
			    .type = NOTIFY_REKEY_SA };
	struct selector ts = { .port_last = 65535, .first = p->local_ts.ip,
			       .last = prefix_last(&p->local_ts) };
	struct selector other = { .port_last = 65535, .first = p->remote_ts.ip,
				  .last = prefix_last(&p->remote_ts) };
	struct chain c;

	sa = (struct sa){ .count = 1 };
	sa.proposals[0] = (struct proposal){
		.number = 1, .protocol = PROTOCOL_ESP, .spi_len = 4, .spi = p->esp_spi ^ 1,
		.count = 2,
		.transforms = { { TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, false },
				{ TRANSFORM_ESN, ESN_NO, 0, false } },
	};
	writer_u8(&w, 0);
	c = chain_begin(&w, 0);
	if (rekey)
		notify_build(&c, &n);
	sa_build(&c, &sa);
	nonce_build(&c, span_of(p->nonce_i, p->nonce_i_len));
	ts_build(&c, PAYLOAD_TSI, &ts, 1);
	ts_build(&c, PAYLOAD_TSR, &other, 1);
	return w.len;
}

static void wants_another_child(struct duel *d)
{
	uint8_t inner[512];
	struct span asked = span_of(inner, create_child_inner(d->puppet, inner, false));

	establish(d);
	EXPECT(d->bench, puppet_request(d->puppet, EXCHANGE_CREATE_CHILD_SA, asked));
	EXPECT(d->bench, puppet_told(d->puppet, NOTIFY_NO_ADDITIONAL_SAS));
	EXPECT(d->bench, d->host->plane.count == 1);
}

static void rekeys_what_is_not_there(struct duel *d)
{
	uint8_t inner[512];
	struct span asked = span_of(inner, create_child_inner(d->puppet, inner, true));
	struct notify error;

	establish(d);
	EXPECT(d->bench, puppet_request(d->puppet, EXCHANGE_CREATE_CHILD_SA, asked));
	EXPECT(d->bench, notify_find_error(&error, &d->puppet->list));
	EXPECT(d->bench, d->host->plane.count == 1);
}

/*
 * RFC7296 2.11: an answer goes to where its request came from, also where no NAT box explains it.
 */
static void asks_from_elsewhere(struct duel *d)
{
	establish(d);
	d->puppet->self.port = 1234;
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 0));
	EXPECT(d->bench, d->puppet->got_at.port == 1234);
	d->puppet->self.port = IKE_PORT;
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 0));
	EXPECT(d->bench, d->puppet->got_at.port == IKE_PORT);
}

static void foreign_spis(struct duel *d)
{
	unsigned answers = 0;
	uint8_t inner[64], buffer[DATAGRAM_MAX];
	size_t len;

	establish(d);
	d->puppet->spi_r ^= 0x4242;
	for (unsigned i = 0; i < 4 * INVALID_SPI_RATE; i++) { /* RFC7296 2.21.4, 1.5: limited */
		len = puppet_seal(d->puppet, EXCHANGE_INFORMATIONAL, false, 2,
				  span_of(inner, inner_empty(inner)), buffer);
		puppet_send(d->puppet, span_of(buffer, len));
	}
	while (puppet_receive_exchange(d->puppet, EXCHANGE_INFORMATIONAL, true, NANOS_SECOND))
		answers += puppet_told(d->puppet, NOTIFY_INVALID_IKE_SPI);
	EXPECT(d->bench, answers > 0 && answers <= 2 * INVALID_SPI_RATE);
	d->puppet->spi_r ^= 0x4242;
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 0));
}

static void responses_to_nothing(struct duel *d)
{
	uint8_t inner[64], buffer[DATAGRAM_MAX];
	size_t len;

	establish(d);
	for (uint32_t id = 0; id < 4; id++) {
		len = puppet_seal(d->puppet, EXCHANGE_INFORMATIONAL, true, id,
				  span_of(inner, inner_delete_ike(inner)), buffer);
		puppet_send(d->puppet, span_of(buffer, len));
	}
	EXPECT(d->bench, !puppet_receive(d->puppet, ANSWER_WAIT));
	EXPECT(d->bench, host_established(d->host) == 1);
}

/* RFC7296 2.1: the same request gets the same response, and acts once. */
static void replays(struct duel *d)
{
	uint8_t request[DATAGRAM_MAX], answer[DATAGRAM_MAX], inner[DATAGRAM_MAX];
	size_t len, answer_len;

	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	len = puppet_auth_inner(d->puppet, false, inner);
	len = puppet_seal(d->puppet, EXCHANGE_IKE_AUTH, false, 1, span_of(inner, len), request);
	puppet_send(d->puppet, span_of(request, len));
	EXPECT(d->bench, puppet_receive(d->puppet, ANSWER_WAIT));
	answer_len = d->puppet->got_len;
	memcpy(answer, d->puppet->got, answer_len);
	for (unsigned i = 0; i < 5; i++) {
		puppet_send(d->puppet, span_of(request, len));
		EXPECT(d->bench, puppet_receive(d->puppet, ANSWER_WAIT));
		EXPECT(d->bench, span_equal(span_of(answer, answer_len),
					    span_of(d->puppet->got, d->puppet->got_len)));
	}
	EXPECT(d->bench, d->host->plane.installs == 1 && d->host->child_ups == 1);
	puppet_send(d->puppet, span_of(d->puppet->init_request, d->puppet->init_request_len));
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, host_established(d->host) == 1);
}

/* Each bit of an IKE_AUTH flipped in turn, then the right one. */
static void flips(struct duel *d)
{
	uint8_t request[DATAGRAM_MAX], inner[DATAGRAM_MAX];
	size_t len;

	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	len = puppet_auth_inner(d->puppet, false, inner);
	len = puppet_seal(d->puppet, EXCHANGE_IKE_AUTH, false, 1, span_of(inner, len), request);
	d->bench->sniffer.tampering = true;
	for (size_t bit = 0; bit < 8 * len && !d->bench->world.failed; bit++) {
		request[bit / 8] ^= (uint8_t)(1u << bit % 8);
		puppet_send(d->puppet, span_of(request, len));
		request[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, host_established(d->host) == 0);
	puppet_clear(d->puppet);
	d->bench->sniffer.tampering = false;
	puppet_send(d->puppet, span_of(request, len));
	EXPECT(d->bench, puppet_receive_exchange(d->puppet, EXCHANGE_IKE_AUTH, true, ANSWER_WAIT));
	EXPECT(d->bench, host_established(d->host) == 1);
}

static void cuts(struct duel *d)
{
	uint8_t request[DATAGRAM_MAX], inner[DATAGRAM_MAX];
	size_t len = puppet_init_build(d->puppet, false, request);

	d->bench->sniffer.tampering = true;
	for (size_t n = 0; n < len; n++)
		puppet_send(d->puppet, span_of(request, n));
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, adit_engine_usage(d->host->engine).half_open == 0);
	puppet_clear(d->puppet);
	d->bench->sniffer.tampering = false;
	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	d->bench->sniffer.tampering = true;
	len = puppet_auth_inner(d->puppet, false, inner);
	len = puppet_seal(d->puppet, EXCHANGE_IKE_AUTH, false, 1, span_of(inner, len), request);
	for (size_t n = 0; n < len; n++)
		puppet_send(d->puppet, span_of(request, n));
	bench_run(d->bench, NANOS_SECOND);
	puppet_clear(d->puppet);
	d->bench->sniffer.tampering = false;
	EXPECT(d->bench, puppet_auth_exchange(d->puppet));
}

/* RFC7296 2.3: a window of one. */
static void ids_run_wild(struct duel *d)
{
	static const uint32_t wild[] = { 0, 3, 4, 5, 100, UINT32_MAX, UINT32_MAX - 1 };
	uint8_t inner[64];

	establish(d);
	for (size_t i = 0; i < ARRAY_LEN(wild); i++) {
		d->puppet->next_id = wild[i];
		EXPECT(d->bench, !puppet_request(d->puppet, EXCHANGE_INFORMATIONAL,
						 span_of(inner, inner_delete_ike(inner))));
	}
	d->puppet->next_id = 2;
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 0));
	EXPECT(d->bench, host_established(d->host) == 1);
}

static void spoilt_icv(struct duel *d)
{
	establish(d);
	d->puppet->bend.integrity = true;
	EXPECT(d->bench, !puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 0));
	d->puppet->bend.integrity = false;
	d->puppet->next_id = 2;
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 0));
}

static void unknown_exchange(struct duel *d)
{
	establish(d);
	/* Nothing says how: the SA may end of it, or go on. */
	(void)puppet_request_notify(d->puppet, UNKNOWN_EXCHANGE, 0);
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, host_established(d->host) == d->host->plane.count);
}

static void auth_again(struct duel *d)
{
	uint8_t inner[DATAGRAM_MAX];

	establish(d);
	(void)puppet_request(d->puppet, EXCHANGE_IKE_AUTH,
			     span_of(inner, puppet_auth_inner(d->puppet, false, inner)));
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, d->host->child_ups == 1 && d->host->plane.installs == 1);
	EXPECT(d->bench, host_established(d->host) == d->host->plane.count);
}

static void unknown_notifies(struct duel *d)
{
	establish(d);
	/* RFC7296 3.10.1: unknown errors and statuses in a request are ignored. */
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 8191));
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL, 40000));
	EXPECT(d->bench, host_established(d->host) == 1);
}

static void deletes_a_stranger(struct duel *d)
{
	uint8_t inner[64];

	establish(d);
	EXPECT(d->bench, puppet_request(d->puppet, EXCHANGE_INFORMATIONAL,
					span_of(inner, inner_delete_child(inner, 0x31337))));
	EXPECT(d->bench, d->puppet->opened && d->puppet->list.count == 0);
	EXPECT(d->bench, d->host->plane.count == 1);
}

static void deletes_its_child(struct duel *d)
{
	uint8_t inner[64];
	struct delete_payload del = { 0 };
	const struct payload *payload;
	struct span asked = span_of(inner, inner_delete_child(inner, d->puppet->esp_spi));

	establish(d);
	EXPECT(d->bench, puppet_request(d->puppet, EXCHANGE_INFORMATIONAL, asked));
	payload = payload_find(&d->puppet->list, PAYLOAD_DELETE);
	/* RFC7296 1.4.1: the answer deletes the other direction. */
	EXPECT(d->bench, payload && delete_parse(&del, payload->body) == ERR_OK && del.count == 1 &&
				 delete_spi(&del, 0) == d->puppet->peer_esp_spi);
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, d->host->plane.count == 0 && host_established(d->host) == 1);
}

/* RFC7296 2.21.3: what is authentic and malformed ends the SA at both ends, without a DELETE. */
static void delete_is_broken(struct duel *d)
{
	uint8_t inner[64] = { PAYLOAD_DELETE, 0, 0, 0, 11, PROTOCOL_ESP, 4, 0, 9, 1, 2, 3 };

	establish(d);
	EXPECT(d->bench, puppet_request(d->puppet, EXCHANGE_INFORMATIONAL, span_of(inner, 12)));
	EXPECT(d->bench, puppet_told(d->puppet, NOTIFY_INVALID_SYNTAX));
	bench_run(d->bench, NANOS_SECOND);
	EXPECT(d->bench, host_established(d->host) == 0 && d->host->plane.count == 0);
}

/* The answer to a DELETE is lost, and the request comes again after the SA is gone. */
static void deletes_twice(struct duel *d)
{
	uint8_t inner[64], buffer[DATAGRAM_MAX];
	size_t len;

	establish(d);
	len = puppet_seal(d->puppet, EXCHANGE_INFORMATIONAL, false, 2,
			  span_of(inner, inner_delete_ike(inner)), buffer);
	puppet_send(d->puppet, span_of(buffer, len));
	EXPECT(d->bench, puppet_receive(d->puppet, ANSWER_WAIT) && d->puppet->opened);
	bench_run(d->bench, 5 * NANOS_SECOND);
	EXPECT(d->bench, host_established(d->host) == 0 && d->host->plane.count == 0);
	puppet_send(d->puppet, span_of(buffer, len));
	EXPECT(d->bench, puppet_receive(d->puppet, ANSWER_WAIT) && d->puppet->opened);
}

static void goes_away_half_open(struct duel *d)
{
	EXPECT(d->bench, puppet_init_exchange(d->puppet));
	EXPECT(d->bench, adit_engine_usage(d->host->engine).half_open == 1);
	bench_run(d->bench, 60 * NANOS_SECOND);
	EXPECT(d->bench, adit_engine_usage(d->host->engine).half_open == 0);
}

static void says_auth_failed(struct duel *d)
{
	establish(d);
	/* RFC7296 2.21.2: AUTHENTICATION_FAILED in an INFORMATIONAL ends the SA. */
	EXPECT(d->bench, puppet_request_notify(d->puppet, EXCHANGE_INFORMATIONAL,
					       NOTIFY_AUTHENTICATION_FAILED));
	bench_run(d->bench, 10 * NANOS_SECOND);
	EXPECT(d->bench, host_established(d->host) == 0);
}

static void never_answers_liveness(struct duel *d)
{
	establish(d);
	bench_run(d->bench, 400 * NANOS_SECOND);
	EXPECT(d->bench, host_established(d->host) == 0 && d->host->last_down == ERR_TIMEOUT);
}

static const struct {
	const char *name;
	void (*run)(struct duel *d);
} tricks[] = {
#define X(name) { #name, name }
	X(does_right), X(major_version), X(minor_version), X(critical_in_init),
	X(critical_in_auth), X(critical_later), X(init_without_sa), X(init_without_ke),
	X(init_without_nonce), X(init_with_two_sas), X(init_with_short_nonce),
	X(init_with_bad_value), X(init_with_other_method), X(init_with_other_cipher),
	X(cookies_are_wrong), X(auth_is_wrong), X(auth_is_missing), X(id_is_another),
	X(ts_is_broken),
	X(ts_is_foreign), X(esp_is_foreign), X(informational_before_auth),
	X(create_child_before_auth), X(wants_another_child), X(rekeys_what_is_not_there),
	X(informational_between), X(create_child_between), X(delete_is_broken),
	X(asks_from_elsewhere), X(foreign_spis), X(responses_to_nothing), X(replays),
	X(flips), X(cuts),
	X(ids_run_wild), X(spoilt_icv), X(unknown_exchange), X(auth_again),
	X(unknown_notifies), X(deletes_a_stranger), X(deletes_its_child), X(deletes_twice),
	X(goes_away_half_open), X(says_auth_failed), X(never_answers_liveness),
#undef X
};

/* The second half of the variants asks for cookies. */
static void adversary_run(struct bench *b)
{
	struct setup right = setup_responder(), self = setup_initiator();
	size_t trick = (size_t)(b->options.seed % ARRAY_LEN(tricks));
	static struct puppet puppet;
	struct duel d = { .bench = b, .puppet = &puppet };

	right.cookie_threshold = b->options.seed / ARRAY_LEN(tricks) % 2 ? 0 : 8;
	if (tricks[trick].run == cookies_are_wrong)
		right.cookie_threshold = 0;
	right.dpd_s = tricks[trick].run == never_answers_liveness ? 10 : 0;
	world_note(&b->world, "%s", tricks[trick].name);
	d.host = bench_host(b, "right", &right);
	puppet_init(&puppet, b, &self, right.local);
	tricks[trick].run(&d);
	if (b->world.failed) {
		size_t len = strlen(b->world.failure);

		snprintf(b->world.failure + len, sizeof(b->world.failure) - len, " (%s)",
			 tricks[trick].name);
	}
	bench_close(b);
	puppet_clear(&puppet);
}

const struct script adversary_script = {
	.name = "adversary", .about = "a scripted initiator that does wrong",
	.run = adversary_run, .variants = 2 * ARRAY_LEN(tricks),
};
