/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demux: the first steps of a datagram: header, whose it is, new or seen, opened, allowed. Cheap
 * rejections come first; nothing of an SA changes before the message is authenticated (decision 6).
 * RFC 7296 2.1–2.6, 2.21, 3.1.
 */
#include "payloads.h"
#include "rules.h"
#include "state.h"

/* An unprotected answer outside any SA: one notify, never longer than what it answers (RFC
 * 7296 2.21.4). */
static void complain(struct adit_engine *e, const struct path *path,
		     const struct ike_header *asked, size_t asked_len, uint16_t notify)
{
	struct ike_header header = {
		.spi_i = asked->spi_i,
		.spi_r = asked->spi_r,
		.version = IKE_VERSION,
		.exchange = asked->exchange,
		.flags = IKE_FLAG_RESPONSE |
			 (asked->flags & IKE_FLAG_INITIATOR ? 0 : IKE_FLAG_INITIATOR),
		.message_id = asked->message_id,
	};
	struct writer w = writer_of(e->build, sizeof(e->build));
	struct chain chain;

	if (asked->flags & IKE_FLAG_RESPONSE || !engine_may_complain(e)) /* RFC7296 2.21.4 */
		return;
	ike_header_build(&w, &header);
	chain = chain_begin(&w, 16);
	notify_build_data(&chain, notify, SPAN_EMPTY);
	ike_header_finish(&w, 0);
	if (writer_end(&w) == ERR_OK && w.len <= asked_len)
		engine_send(e, path, writer_span(&w));
}

static void dropped(struct adit_engine *e, const struct ike_sa *sa, const struct path *path,
		    enum counter counter, enum err why)
{
	struct line l;

	count(e, counter);
	count(e, COUNTER_INVALID);
	line_begin(&l, e, LOG_DEBUG, sa, "message-dropped");
	line_word(&l, "reason", adit_counter_name(counter));
	line_word(&l, "why", err_words(why));
	line_endpoint(&l, "from", &path->remote);
	line_end(&l);
}

static void count_in(struct adit_engine *e, const struct ike_header *header)
{
	unsigned row = header->exchange - EXCHANGE_IKE_SA_INIT;

	/* Four counters an exchange, in the order of the rows: in-req, in-resp, out-req, out-resp.
	 */
	if (row < 4)
		count(e, (enum counter)(COUNTER_IKE_INIT_IN_REQ + 4 * row +
					(header->flags & IKE_FLAG_RESPONSE ? 1 : 0)));
}

/* The request is refused before it got a handler. */
static void refuse(struct adit_engine *e, struct ike_sa *sa, struct exchange *x, enum err err,
		   uint8_t critical)
{
	struct span data = err == ERR_CRITICAL ? span_of(&critical, 1) : SPAN_EMPTY;
	struct line l;

	line_begin(&l, e, LOG_NOTICE, sa, "message-refused");
	line_word(&l, "exchange", exchange_name(x->type) ? exchange_name(x->type) : "unknown");
	line_word(&l, "why", err_words(err));
	line_end(&l);
	if (exchange_refuse(e, sa, x, exchange_notify_of(err), data))
		sa_doom(sa, err);
	exchange_free(e, x);
	/* RFC7296 2.21.3: an authenticated message that is malformed ends the SA; before the SA is
	 * up, anything does. */
	if (err != ERR_CRITICAL || sa->phase != PHASE_UP)
		sa_doom(sa, err);
}

static enum err take_message(struct adit_engine *e, struct exchange *x, const struct path *path,
			     uint64_t hash, uint8_t first, struct span payloads)
{
	x->path = *path;
	x->hash = hash;
	x->first_payload = first;
	return bytes_set(&x->message, e->memory, payloads);
}

/* What the rule says about an opened message, ERR_OK when it may go to its step. */
static enum err judge(const struct rule *rule, uint8_t first, struct span payloads,
		      uint8_t *ret_critical)
{
	struct payload_list list;
	enum err err = payload_list_parse(&list, first, payloads, ret_critical);

	return err ? err : rule_check(rule, &list);
}

static void request_input(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
			  const struct ike_header *header, uint64_t hash, uint8_t first,
			  struct span payloads)
{
	const struct rule *rule = rule_find(header->exchange, true, sa->phase);
	struct exchange *x;
	uint8_t critical = 0;
	enum err err;

	if (!rule && sa->phase == PHASE_AUTH) {
		dropped(e, sa, path, COUNTER_DROP_EXCHANGE, ERR_UNEXPECTED);
		return;
	}
	x = exchange_new(e, sa, header->exchange, false);
	if (!x) {
		dropped(e, sa, path, COUNTER_DROP_LIMIT, ERR_LIMIT);
		return;
	}
	x->message_id = header->message_id;
	if (take_message(e, x, path, hash, first, payloads)) {
		exchange_free(e, x);
		dropped(e, sa, path, COUNTER_DROP_LIMIT, ERR_MEMORY);
		return;
	}
	err = rule ? judge(rule, first, payloads, &critical) : ERR_UNEXPECTED;
	if (!err) {
		exchange_run(e, x, rule->step);
		return;
	}
	refuse(e, sa, x, err, critical);
	if (sa->doomed)
		sa_end_doomed(e, sa, true);
}

static void response_input(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
			   const struct ike_header *header, uint64_t hash, uint8_t first,
			   struct span payloads)
{
	struct exchange *x = exchange_awaiting(e, sa, header->message_id, header->exchange);
	const struct rule *rule = rule_find(header->exchange, false, sa->phase);
	uint8_t critical;
	enum err err;

	REQUIRE(x);
	err = rule ? judge(rule, first, payloads, &critical) : ERR_UNEXPECTED;
	if (!err)
		err = take_message(e, x, path, hash, first, payloads);
	if (err_kind(err) == ERR_KIND_PEER) {
		/* RFC7296 2.21.3: it is authentic and malformed: nothing good can follow. */
		dropped(e, sa, path, COUNTER_DROP_SYNTAX, err);
		if (sa->handshake)
			report_why(e, sa, DIAGNOSIS_SYNTAX, "a malformed answer", "",
				   err_words(err), "");
		sa_destroy(e, sa, err);
		return;
	}
	if (err) { /* no memory now: its retransmission will find some */
		dropped(e, sa, path, COUNTER_DROP_LIMIT, err);
		return;
	}
	exchange_run(e, x, rule->step);
}

/* Repeats, foreign IDs and answers nobody waits for end here, before any cipher. */
static bool expected(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
		     const struct ike_header *header, uint64_t hash)
{
	if (header->flags & IKE_FLAG_RESPONSE) {
		if (exchange_awaiting(e, sa, header->message_id, header->exchange))
			return true;
		dropped(e, sa, path, COUNTER_DROP_MESSAGE_ID, ERR_MESSAGE_ID);
		return false;
	}
	switch (window_judge(&sa->window, header->message_id, hash)) {
	case WINDOW_REPEATED: /* RFC7296 2.1 */
		if (sa->window.response.len > 0) {
			count(e, COUNTER_RESPONSES_RESENT);
			engine_send(e, path, bytes_span(&sa->window.response));
		}
		return false;
	case WINDOW_FOREIGN:
		dropped(e, sa, path, COUNTER_DROP_MESSAGE_ID, ERR_MESSAGE_ID);
		return false;
	default:
		break;
	}
	if (exchange_of_request(e, sa, header->message_id)) {
		count(e, COUNTER_DROP_DUPLICATE);
		return false;
	}
	return true;
}

static void protected_input(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
			    const struct ike_header *header, struct span datagram)
{
	bool from_initiator = (header->flags & IKE_FLAG_INITIATOR) != 0;
	uint64_t hash = engine_hash(e, datagram);
	struct skf_header fragment = { 0 };
	struct span payloads = SPAN_EMPTY;
	uint8_t first = 0;
	size_t len = 0;
	enum err err;

	if (sa->phase == PHASE_HALF_OPEN && header->exchange == EXCHANGE_IKE_AUTH &&
	    header->message_id == 1 && !(header->flags & IKE_FLAG_RESPONSE)) {
		handshake_wait(e, sa, path, datagram);
		return;
	}
	/* An initiator in PHASE_AUTH whose keys are being derived can open nothing either. */
	if (sa->phase == PHASE_INIT || sa->phase == PHASE_HALF_OPEN || !sa->protect.cipher) {
		dropped(e, sa, path, COUNTER_DROP_EXCHANGE, ERR_UNEXPECTED);
		return;
	}
	if (!expected(e, sa, path, header, hash))
		return;
	err = protect_open(e->crypto, e->sealer, &sa->protect, from_initiator, datagram, e->plain,
			   &first, &payloads, &fragment);
	if (!err && fragment.total > 0) {
		err = fragment_take(e, sa, header, &fragment, first, hash, payloads, e->build, &len,
				    &first, &hash);
		if (err == ERR_PENDING)
			return;
		payloads = span_of(e->build, len);
	}
	if (err) {
		dropped(e, sa, path,
			err == ERR_INTEGRITY ? COUNTER_DROP_INTEGRITY : COUNTER_DROP_SYNTAX, err);
		return;
	}
	/* Authentic from here on. */
	fragment_overtaken(e, sa, header);
	count_in(e, header);
	sa->liveness.last_in = e->now;
	if (sa->phase == PHASE_UP)
		nat_follow(e, sa, path);
	if (header->flags & IKE_FLAG_RESPONSE)
		response_input(e, sa, path, header, hash, first, payloads);
	else
		request_input(e, sa, path, header, hash, first, payloads);
}

/* A message for an SPI of ours, or for none. */
static void addressed_input(struct adit_engine *e, const struct path *path,
			    const struct ike_header *header, struct span datagram)
{
	bool from_initiator = (header->flags & IKE_FLAG_INITIATOR) != 0;
	uint64_t ours = from_initiator ? header->spi_r : header->spi_i;
	uint64_t theirs = from_initiator ? header->spi_i : header->spi_r;
	struct ike_sa *sa = sa_find(e, ours);

	if (!sa || sa->initiator == from_initiator) {
		if (tombstone_answer(e, ours, path, engine_hash(e, datagram)))
			return;
		count(e, COUNTER_INVALID_SPI);
		complain(e, path, header, datagram.len, NOTIFY_INVALID_IKE_SPI);
		return;
	}
	if (header->exchange == EXCHANGE_IKE_SA_INIT) {
		if (sa->initiator && (header->flags & IKE_FLAG_RESPONSE) && header->message_id == 0)
			sa_init_response(e, sa, path, header, datagram);
		else
			dropped(e, sa, path, COUNTER_DROP_EXCHANGE, ERR_UNEXPECTED);
		return;
	}
	if (theirs != sa_peer_spi(sa)) {
		dropped(e, sa, path, COUNTER_INVALID_SPI, ERR_UNKNOWN_SPI);
		return;
	}
	protected_input(e, sa, path, header, datagram);
}

void demux_input(struct adit_engine *e, const struct path *path, struct span datagram)
{
	struct ike_header header;
	enum err err;

	if (datagram.len > DATAGRAM_MAX) {
		dropped(e, NULL, path, COUNTER_DROP_HEADER, ERR_LENGTH);
		return;
	}
	err = ike_header_parse(&header, datagram);
	if (err == ERR_VERSION) { /* RFC7296 2.5 */
		dropped(e, NULL, path, COUNTER_DROP_VERSION, err);
		if (header.version >> 4 > IKE_VERSION >> 4)
			complain(e, path, &header, datagram.len, NOTIFY_INVALID_MAJOR_VERSION);
		return;
	}
	if (err) {
		dropped(e, NULL, path, COUNTER_DROP_HEADER, err);
		return;
	}
	/* RFC7296 3.1: SPIi is never zero; SPIr only in a first request. */
	if (header.spi_i == 0) {
		dropped(e, NULL, path, COUNTER_DROP_HEADER, ERR_SYNTAX);
		return;
	}
	if (header.exchange == EXCHANGE_IKE_SA_INIT && header.spi_r == 0 &&
	    (header.flags & (IKE_FLAG_INITIATOR | IKE_FLAG_RESPONSE)) == IKE_FLAG_INITIATOR) {
		sa_init_request(e, path, &header, datagram);
		return;
	}
	addressed_input(e, path, &header, datagram);
}
