/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imposter: a scripted responder, or somebody who answers before the responder does, and what an
 * initiating engine makes of it. RFC 7296 2.4, 2.6, 2.7, 2.9, 2.21.1, 2.21.2.
 */
#include "puppet.h"
#include "scripts.h"

#define REQUEST_WAIT (4 * NANOS_SECOND)
#define PATIENCE (400 * NANOS_SECOND) /* all retransmissions of one try, and more */

struct play {
	struct bench *bench;
	struct host *host;
	struct puppet *puppet;
	uint32_t request;
};

static bool play_ended(void *ctx)
{
	const struct play *p = ctx;
	const struct host_request *r = host_request(p->host, p->request);

	return r && r->done;
}

/* The host's request ends; gives how. */
static enum err play_result(struct play *p)
{
	if (!world_run_until(&p->bench->world, play_ended, p, p->bench->world.now + PATIENCE)) {
		world_fail(&p->bench->world, "the request does not end");
		return ERR_PENDING;
	}
	return host_request(p->host, p->request)->err;
}

/* The right answer to the SA_INIT that was taken last, and all that follows. */
static void follows_right(struct play *p)
{
	EXPECT(p->bench, puppet_answer_init_taken(p->puppet));
	EXPECT(p->bench, puppet_answer_auth(p->puppet));
	EXPECT(p->bench, play_result(p) == ERR_OK);
	EXPECT(p->bench, host_established(p->host) == 1 && p->host->plane.count == 1);
}

static void answers_right(struct play *p)
{
	EXPECT(p->bench, puppet_receive_exchange(p->puppet, EXCHANGE_IKE_SA_INIT, false,
						 REQUEST_WAIT));
	follows_right(p);
}

/*
 * RFC7296 2.21.1, 2.4: an unprotected answer may be anybody's; the right one that follows must not
 * be spoilt by it.
 */
static void forged_notify(struct play *p, uint16_t notify)
{
	uint8_t buffer[DATAGRAM_MAX];
	size_t len;

	EXPECT(p->bench, puppet_receive_exchange(p->puppet, EXCHANGE_IKE_SA_INIT, false,
						 REQUEST_WAIT));
	p->puppet->initiator = false;
	p->puppet->spi_i = p->puppet->header.spi_i;
	p->puppet->bend.notify = notify;
	len = puppet_init_build(p->puppet, true, buffer);
	p->puppet->bend.notify = 0;
	puppet_send(p->puppet, span_of(buffer, len));
	bench_run(p->bench, 300 * NANOS_MILLI);
	follows_right(p);
}

static void forged_no_proposal(struct play *p)
{
	forged_notify(p, NOTIFY_NO_PROPOSAL_CHOSEN);
}

static void forged_invalid_syntax(struct play *p)
{
	forged_notify(p, NOTIFY_INVALID_SYNTAX);
}

static void forged_critical(struct play *p)
{
	forged_notify(p, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD);
}

static void forged_invalid_ike_spi(struct play *p)
{
	forged_notify(p, NOTIFY_INVALID_IKE_SPI);
}

static void forged_unknown_error(struct play *p)
{
	forged_notify(p, 8191);
}

static void forged_major_version(struct play *p)
{
	forged_notify(p, NOTIFY_INVALID_MAJOR_VERSION);
}

/* Method 19 was not offered: nothing that a responder of ours could say. */
static void forged_invalid_ke(struct play *p)
{
	forged_notify(p, NOTIFY_INVALID_KE_PAYLOAD);
}

/*
 * A whole answer with bytes of an imposter, who knows no secret; the responder's own comes after
 * it.
 */
static void forged_answer(struct play *p)
{
	static struct puppet imposter;

	EXPECT(p->bench, puppet_receive_exchange(p->puppet, EXCHANGE_IKE_SA_INIT, false,
						 REQUEST_WAIT));
	imposter = *p->puppet;
	imposter.initiator = false;
	imposter.spi_i = imposter.header.spi_i;
	imposter.spi_r = 0x1badbadbadbadbad;
	imposter.bend.encr = ENCR_AES_CBC; /* not offered */
	imposter.init_response_len = puppet_init_build(&imposter, true, imposter.init_response);
	puppet_send(&imposter, span_of(imposter.init_response, imposter.init_response_len));
	follows_right(p);
}

/*
 * Two answers that differ in nothing that keys are made of: what answers the first IKE_AUTH answers
 * the second too, so both have to offer the same SPI (seed mix 506354).
 */
static void alike_answers(struct play *p)
{
	struct puppet *q = p->puppet;
	uint8_t inner[DATAGRAM_MAX];
	uint32_t first_spi;

	q->bend.vendor = true;
	EXPECT(p->bench, puppet_answer_init(q));
	q->bend.vendor = false;
	q->init_response_len = puppet_init_build(q, true, q->init_response);
	puppet_send(q, span_of(q->init_response, q->init_response_len));
	EXPECT(p->bench, puppet_take_auth(q, REQUEST_WAIT));
	first_spi = q->peer_esp_spi;
	for (unsigned i = 0; i < 3; i++) /* of the first answer again, then of the second */
		EXPECT(p->bench, puppet_take_auth(q, 10 * NANOS_SECOND));
	EXPECT(p->bench, q->peer_esp_spi == first_spi);
	puppet_respond(q, span_of(inner, puppet_auth_inner(q, true, inner)));
	EXPECT(p->bench, play_result(p) == ERR_OK);
	EXPECT(p->bench, plane_find(&p->host->plane, first_spi) != NULL);
}

/* Answers to SA_INIT that nothing follows: the request ends all the same. */
static void only_error(struct play *p, uint16_t notify)
{
	p->puppet->bend.notify = notify;
	while (!play_ended(p) && !p->bench->world.failed) {
		if (!puppet_receive_exchange(p->puppet, EXCHANGE_IKE_SA_INIT, false,
					     REQUEST_WAIT)) {
			if (p->bench->world.now > PATIENCE)
				break;
			continue;
		}
		p->puppet->initiator = false;
		p->puppet->spi_i = p->puppet->header.spi_i;
		puppet_send(p->puppet,
			    span_of(p->puppet->init_response,
				    puppet_init_build(p->puppet, true, p->puppet->init_response)));
	}
	EXPECT(p->bench, play_result(p) != ERR_OK);
	EXPECT(p->bench, p->puppet->received <= 40); /* RFC7296 2.6, 2.7: loops are bounded */
}

static void only_no_proposal(struct play *p)
{
	only_error(p, NOTIFY_NO_PROPOSAL_CHOSEN);
}

static void only_major_version(struct play *p)
{
	only_error(p, NOTIFY_INVALID_MAJOR_VERSION);
}

static void only_invalid_ke(struct play *p)
{
	only_error(p, NOTIFY_INVALID_KE_PAYLOAD);
}

/* Cookies for ever, each another. */
static void only_cookies(struct play *p)
{
	uint8_t buffer[DATAGRAM_MAX], cookie[16] = { 0 };

	while (!play_ended(p) && !p->bench->world.failed && p->bench->world.now < PATIENCE) {
		struct writer w = writer_of(buffer, sizeof(buffer));
		struct ike_header header = { .version = IKE_VERSION,
					     .exchange = EXCHANGE_IKE_SA_INIT,
					     .flags = IKE_FLAG_RESPONSE };
		struct chain c;

		if (!puppet_receive_exchange(p->puppet, EXCHANGE_IKE_SA_INIT, false, REQUEST_WAIT))
			continue;
		header.spi_i = p->puppet->header.spi_i;
		cookie[0]++;
		ike_header_build(&w, &header);
		c = chain_begin(&w, 16);
		notify_build_data(&c, NOTIFY_COOKIE, SPAN_ARRAY(cookie));
		ike_header_finish(&w, 0);
		puppet_send(p->puppet, writer_span(&w));
	}
	EXPECT(p->bench, play_result(p) != ERR_OK);
	EXPECT(p->bench, p->puppet->received <= 40);
}

static void says_nothing(struct play *p)
{
	EXPECT(p->bench, play_result(p) == ERR_TIMEOUT);
}

static void falls_silent(struct play *p)
{
	EXPECT(p->bench, puppet_answer_init(p->puppet));
	EXPECT(p->bench, play_result(p) == ERR_TIMEOUT);
}

/* An IKE_AUTH answered as bent; how the request ends, and whether the IKE SA lives. */
static enum err bent_auth(struct play *p)
{
	struct puppet_bend bend = p->puppet->bend;

	p->puppet->bend = (struct puppet_bend){ 0 };
	EXPECT(p->bench, puppet_answer_init(p->puppet));
	p->puppet->bend = bend;
	EXPECT(p->bench, puppet_answer_auth(p->puppet));
	p->puppet->bend = (struct puppet_bend){ 0 };
	return play_result(p);
}

static void no_child(struct play *p, uint16_t notify)
{
	enum err err;

	p->puppet->bend.notify = notify;
	err = bent_auth(p);
	if (err != ERR_REFUSED)
		world_fail(&p->bench->world, "N(%u) in place of a Child SA gives %s", notify,
			   err_name(err));
	EXPECT(p->bench, p->host->plane.count == 0 && p->host->child_ups == 0);
}

static void child_no_proposal(struct play *p)
{
	no_child(p, NOTIFY_NO_PROPOSAL_CHOSEN);
}

static void child_ts(struct play *p)
{
	no_child(p, NOTIFY_TS_UNACCEPTABLE);
}

static void child_no_additional(struct play *p)
{
	no_child(p, NOTIFY_NO_ADDITIONAL_SAS);
}

static void child_temporary(struct play *p)
{
	no_child(p, NOTIFY_TEMPORARY_FAILURE);
}

/* An error alone, sealed, instead of IDr and AUTH. */
static void auth_error(struct play *p, uint16_t notify)
{
	EXPECT(p->bench, puppet_answer_init(p->puppet));
	EXPECT(p->bench, puppet_receive_exchange(p->puppet, EXCHANGE_IKE_AUTH, false,
						 REQUEST_WAIT));
	puppet_respond_notify(p->puppet, notify);
	EXPECT(p->bench, play_result(p) != ERR_OK);
	EXPECT(p->bench, host_established(p->host) == 0 && p->host->ike_ups == 0);
}

static void auth_failed(struct play *p)
{
	auth_error(p, NOTIFY_AUTHENTICATION_FAILED);
}

static void auth_syntax(struct play *p)
{
	auth_error(p, NOTIFY_INVALID_SYNTAX);
}

static void auth_critical(struct play *p)
{
	auth_error(p, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD);
}

static void auth_unknown(struct play *p)
{
	auth_error(p, 8191);
}

/*
 * RFC7296 2.21.2: the initiator that cannot accept the responder tells it so, or at least leaves
 * nothing.
 */
static void refused_responder(struct play *p)
{
	enum err err = bent_auth(p);

	EXPECT(p->bench, err != ERR_OK);
	EXPECT(p->bench, p->host->plane.count == 0 && p->host->child_ups == 0);
	bench_run(p->bench, PATIENCE);
	EXPECT(p->bench, host_established(p->host) == 0);
}

static void wrong_auth(struct play *p)
{
	p->puppet->bend.auth_flip = 1;
	refused_responder(p);
}

static void missing_auth(struct play *p)
{
	p->puppet->bend.no_auth = true;
	refused_responder(p);
}

static void wrong_id(struct play *p)
{
	p->puppet->bend.id = "nobody.example.org";
	refused_responder(p);
}

static void critical_payload(struct play *p)
{
	p->puppet->bend.critical = 200;
	(void)bent_auth(p);
	bench_run(p->bench, PATIENCE);
	EXPECT(p->bench, p->host->plane.count == 0);
}

static void refused_child(struct play *p)
{
	EXPECT(p->bench, bent_auth(p) != ERR_OK);
	EXPECT(p->bench, p->host->plane.count == 0 && p->host->child_ups == 0);
}

static void wider_ts(struct play *p)
{
	/* RFC7296 2.9: not a subset of what was offered. */
	p->puppet->bend.ts = ip_v4(203, 0, 113, 1);
	refused_child(p);
}

static void esp_not_offered(struct play *p)
{
	p->puppet->bend.esp_encr = ENCR_AES_CBC; /* RFC7296 2.7 */
	refused_child(p);
}

static void broken_ts(struct play *p)
{
	p->puppet->bend.broken_ts = true;
	refused_child(p);
}

/* The suite of the SA_INIT's answer was not offered, again and again. */
static void suite_not_offered(struct play *p)
{
	p->puppet->bend.encr = ENCR_AES_CBC;
	(void)puppet_answer_init(p->puppet);
	EXPECT(p->bench, play_result(p) != ERR_OK);
}

static void bad_ke_value(struct play *p)
{
	p->puppet->bend.ke_bad = true;
	(void)puppet_answer_init(p->puppet);
	EXPECT(p->bench, play_result(p) != ERR_OK);
}

/* As a peer that is up: error notifies in answers to the engine's own requests. */
static void delete_answered(struct play *p, uint16_t notify)
{
	const struct adit_terminate child = { .child = "net" };

	answers_right(p);
	EXPECT(p->bench, host_terminate(p->host, &child) == ERR_OK);
	EXPECT(p->bench, puppet_receive_exchange(p->puppet, EXCHANGE_INFORMATIONAL, false,
						 REQUEST_WAIT));
	puppet_respond_notify(p->puppet, notify);
	bench_run(p->bench, 10 * NANOS_SECOND);
	EXPECT(p->bench, p->host->plane.count == 0);
}

static void delete_not_found(struct play *p)
{
	delete_answered(p, NOTIFY_CHILD_SA_NOT_FOUND);
}

static void delete_temporary(struct play *p)
{
	delete_answered(p, NOTIFY_TEMPORARY_FAILURE);
}

/* RFC7296 2.4, 1.5: unprotected, INVALID_IKE_SPI is a hint and never the end. */
static void unprotected_invalid_spi(struct play *p)
{
	struct ike_header header = { .version = IKE_VERSION, .exchange = EXCHANGE_INFORMATIONAL,
				     .flags = IKE_FLAG_RESPONSE };
	uint8_t buffer[256];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct chain c;

	answers_right(p);
	header.spi_i = p->puppet->spi_i;
	header.spi_r = p->puppet->spi_r;
	header.message_id = 2;
	ike_header_build(&w, &header);
	c = chain_begin(&w, 16);
	notify_build_data(&c, NOTIFY_INVALID_IKE_SPI, SPAN_EMPTY);
	ike_header_finish(&w, 0);
	puppet_send(p->puppet, writer_span(&w));
	bench_run(p->bench, NANOS_SECOND);
	EXPECT(p->bench, host_established(p->host) == 1);
}

/* As responder of a connection that the peer ends. */
static void peer_deletes(struct play *p)
{
	uint8_t inner[64];

	answers_right(p);
	p->puppet->next_id = 0;
	EXPECT(p->bench, puppet_request(p->puppet, EXCHANGE_INFORMATIONAL,
					span_of(inner, inner_delete_ike(inner))));
	bench_run(p->bench, NANOS_SECOND);
	EXPECT(p->bench, host_established(p->host) == 0 && p->host->plane.count == 0);
	EXPECT(p->bench, p->host->ike_downs == 1 && p->host->child_downs == 1);
}

static const struct {
	const char *name;
	void (*run)(struct play *p);
} plays[] = {
#define X(name) { #name, name }
	X(answers_right), X(forged_no_proposal), X(forged_invalid_syntax), X(forged_critical),
	X(forged_invalid_ike_spi), X(forged_unknown_error), X(forged_major_version),
	X(forged_invalid_ke), X(forged_answer), X(alike_answers),
	X(only_no_proposal), X(only_major_version),
	X(only_invalid_ke), X(only_cookies), X(says_nothing), X(falls_silent),
	X(child_no_proposal), X(child_ts), X(child_no_additional), X(child_temporary),
	X(auth_failed), X(auth_syntax), X(auth_critical), X(auth_unknown), X(wrong_auth),
	X(missing_auth), X(wrong_id), X(critical_payload), X(wider_ts), X(esp_not_offered),
	X(broken_ts), X(suite_not_offered), X(bad_ke_value), X(delete_not_found),
	X(delete_temporary), X(unprotected_invalid_spi), X(peer_deletes),
#undef X
};

static void imposter_run(struct bench *b)
{
	struct setup left = setup_initiator(), self = setup_responder();
	size_t number = (size_t)(b->options.seed % ARRAY_LEN(plays));
	static struct puppet puppet;
	struct play p = { .bench = b, .puppet = &puppet };

	/*
	 * The second round offers a second method, so that a choice among them is there to be
	 * forged.
	 */
	if (b->options.seed / ARRAY_LEN(plays) % 2)
		left.proposals = "aes128gcm16-prfsha256-x25519-modp2048";
	world_note(&b->world, "%s", plays[number].name);
	p.host = bench_host(b, "left", &left);
	puppet_init(&puppet, b, &self, left.local);
	EXPECT(b, host_initiate(p.host, "gw", "net", &p.request) == ERR_OK);
	plays[number].run(&p);
	if (b->world.failed) {
		size_t len = strlen(b->world.failure);

		snprintf(b->world.failure + len, sizeof(b->world.failure) - len, " (%s)",
			 plays[number].name);
	}
	bench_close(b);
	puppet_clear(&puppet);
}

const struct script imposter_script = {
	.name = "imposter", .about = "a scripted responder that does wrong",
	.run = imposter_run, .variants = 2 * ARRAY_LEN(plays),
};
