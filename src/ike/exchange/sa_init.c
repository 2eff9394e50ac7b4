/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sa_init: IKE_SA_INIT, both roles (RFC 7296 1.2, 2.4, 2.6, 2.7, 2.23).
 *
 * Nothing here is authenticated. As responder every refusal is stateless; as initiator an answer
 * that does not fit changes nothing, an error is believed only when no good answer follows it, and
 * of several good answers each is tried.
 */
#include "feature/certs.h"
#include "negotiate.h"
#include "payloads.h"
#include "rules.h"
#include "state.h"

#define HEADER_NEXT_AT 16
#define FORGERY_GRACE \
	NANOS_SECOND /* how long a genuine answer may come after one that is no good */
#define REFUSALS_BELIEVED 3        /* transmissions answered by an error, and by nothing better */

/* What an IKE_SA_INIT message holds, parsed. */
struct init {
	struct payload_list list;
	struct sa sa;
	struct ke_payload ke;
	struct span nonce;
	bool complete; /* SA, KE and Nonce are there */
};

static enum err init_parse(struct init *ret, const struct rule *rule, uint8_t first,
			   struct span payloads, uint8_t *ret_critical)
{
	const struct payload *sa, *ke, *nonce;
	enum err err;

	TRY(payload_list_parse(&ret->list, first, payloads, ret_critical));
	TRY(rule_check(rule, &ret->list));
	sa = payload_find(&ret->list, PAYLOAD_SA);
	ke = payload_find(&ret->list, PAYLOAD_KE);
	nonce = payload_find(&ret->list, PAYLOAD_NONCE);
	ret->complete = sa && ke && nonce;
	if (!ret->complete)
		goto out;
	TRY(sa_parse(&ret->sa, sa->body));
	TRY(ke_parse(&ret->ke, ke->body));
	TRY(nonce_parse(&ret->nonce, nonce->body));
out:
	return err;
}

/* ---- responder ---- */

/* An answer that leaves no state: one notify, never longer than the question. */
static void answer_stateless(struct adit_engine *e, const struct path *path,
			     const struct ike_header *asked, size_t asked_len, uint16_t type,
			     struct span data)
{
	struct ike_header header = {
		.spi_i = asked->spi_i,
		.version = IKE_VERSION,
		.exchange = EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_RESPONSE,
	};
	struct writer w = writer_of(e->build, sizeof(e->build));
	struct chain chain;

	ike_header_build(&w, &header);
	chain = chain_begin(&w, HEADER_NEXT_AT);
	notify_build_data(&chain, type, data);
	ike_header_finish(&w, 0);
	if (writer_end(&w) == ERR_OK && w.len <= asked_len)
		engine_send(e, path, writer_span(&w));
}

static void answer_error(struct adit_engine *e, const struct path *path,
			 const struct ike_header *header, size_t len, enum err err,
			 uint8_t critical)
{
	struct span data = err == ERR_CRITICAL ? span_of(&critical, 1) : SPAN_EMPTY;
	struct line l;

	count(e, COUNTER_DROP_SYNTAX);
	count(e, COUNTER_INVALID);
	line_begin(&l, e, LOG_DEBUG, NULL, "sa-init-refused");
	line_word(&l, "why", err_words(err));
	line_endpoint(&l, "peer", &path->remote);
	line_end(&l);
	if (engine_may_complain(e))
		answer_stateless(e, path, header, len, exchange_notify_of(err), data);
}

/* RFC 7296 2.6: no state for a stranger who has not shown that he hears us. */
static bool cookie_passed(struct adit_engine *e, const struct path *path,
			  const struct ike_header *header, const struct init *init, size_t len)
{
	uint8_t cookie[COOKIE_LEN];
	struct notify n;

	if (e->half_open < e->limits.cookie_threshold)
		return true;
	if (notify_find(&n, &init->list, NOTIFY_COOKIE)) {
		if (cookie_good(e, n.data, init->nonce, &path->remote.ip, header->spi_i))
			return true;
		count(e, COUNTER_DROP_COOKIE);
	}
	if (cookie_make(e, init->nonce, &path->remote.ip, header->spi_i, cookie))
		return false;
	count(e, COUNTER_COOKIES_SENT);
	answer_stateless(e, path, header, len, NOTIFY_COOKIE, SPAN_ARRAY(cookie));
	return false;
}

static int address_fit(const struct conn_config *conn, const struct path *path)
{
	int local = host_patterns_match(conn->local_addrs, conn->local_addrs_count,
					&path->local.ip);
	int remote = host_patterns_match(conn->remote_addrs, conn->remote_addrs_count,
					 &path->remote.ip);

	return local && remote ? local + remote : 0;
}

/* The closest connection by addresses that has a proposal in common with the peer. */
static enum err choose(struct adit_engine *e, const struct path *path, const struct init *init,
		       const struct conn_config **ret_conn, struct proposal *ret_answer,
		       struct suite *ret_suite)
{
	const struct conn_config *nearest = NULL;
	int best = 0, near = 0;
	struct diagnosis d = { .kind = DIAGNOSIS_NO_CONNECTION };
	struct text text = TEXT_ARRAY(d.theirs);

	for (size_t i = 0; i < e->config->conns_count; i++) {
		const struct conn_config *conn = &e->config->conns[i];
		int fit = address_fit(conn, path);
		struct proposal answer;
		struct suite suite;

		if (fit > near) {
			near = fit;
			nearest = conn;
		}
		if (fit <= best ||
		    negotiate_select(e->crypto, conn->proposals, conn->proposals_count, &init->sa,
				     init->ke.method, true, &answer, &suite))
			continue;
		best = fit;
		*ret_conn = conn;
		*ret_answer = answer;
		*ret_suite = suite;
	}
	if (best > 0)
		return ERR_OK;
	if (nearest) {
		negotiate_explain(&d, nearest->proposals, nearest->proposals_count, &init->sa,
				  "connections.<conn>.proposals");
	} else {
		struct text parted = TEXT_ARRAY(d.parted), setting = TEXT_ARRAY(d.setting);

		text_endpoint(&text, &path->remote);
		text_put(&parted, "no connection has these addresses");
		text_put(&setting, "connections.<conn>.remote_addrs, local_addrs");
	}
	report_stranger(e, path, &d);
	return ERR_NO_PROPOSAL;
}

/* The request's place in the map: its bytes and where it came from (RFC 7296 2.1). */
static uint64_t init_key_of(const struct adit_engine *e, const struct path *path,
			    struct span datagram)
{
	uint8_t bytes[8 + 16 + 2];
	struct writer w = writer_of(bytes, sizeof(bytes));

	writer_u64(&w, engine_hash(e, datagram));
	writer_put(&w, ip_span(&path->remote.ip));
	writer_u16(&w, path->remote.port);
	return engine_hash(e, writer_span(&w));
}

/* True when this very request was seen before; answers it again when there is an answer. */
static bool repeated(struct adit_engine *e, const struct path *path, uint64_t key)
{
	struct ike_sa *sa;
	uint32_t slot;

	if (!map_get(&e->init_map, key, &slot))
		return false;
	sa = sa_at(e, slot);
	REQUIRE(sa);
	if (sa->handshake && sa->handshake->init_response.len > 0) {
		count(e, COUNTER_RESPONSES_RESENT);
		engine_send(e, path, bytes_span(&sa->handshake->init_response));
	} else {
		count(e, COUNTER_DROP_DUPLICATE);
	}
	return true;
}

static exchange_step made_responder_key;

/* Everything that a half-open SA needs; on failure nothing is left. */
static enum err begin_half_open(struct adit_engine *e, const struct path *path,
				const struct ike_header *header, const struct init *init,
				struct span datagram, uint64_t key,
				const struct conn_config *conn,
				const struct proposal *answer, const struct suite *suite)
{
	struct ike_sa *sa = sa_new(e, false, path, e->config, conn);
	struct handshake *h;
	struct exchange *x;
	struct job *job;
	enum err err;

	if (!sa)
		return ERR_LIMIT;
	h = sa->handshake;
	sa->spi_i = header->spi_i;
	sa->suite = *suite;
	sa->nat.forced = conn->encap;
	h->ke_method = init->ke.method;
	h->proposal_number = answer->number;
	fragment_agreed(sa, &init->list);
	hashes_read(sa, &init->list);
	TRY(nat_detect(e, &sa->nat, &init->list, path, header->spi_i, 0));
	TRY(bytes_set(&h->peer_nonce, e->memory, init->nonce));
	TRY(bytes_set(&h->ke_peer, e->memory, init->ke.data));
	TRY(bytes_set(&h->init_request, e->memory, datagram));
	x = exchange_new(e, sa, EXCHANGE_IKE_SA_INIT, false);
	TRY_THAT(x, ERR_LIMIT);
	x->path = *path;
	x->hash = engine_hash(e, datagram);
	job = exchange_job(e, x, JOB_KE_GENERATE);
	TRY_THAT(job, ERR_LIMIT);
	job->ke_generate.method = h->ke_method;
	TRY(bytes_set(&job->ke_generate.peer, e->memory, init->ke.data));
	TRY(map_put(&e->init_map, key, sa_slot(e, sa)));
	sa->init_key = key;
	sa->in_init_map = true;
	h->half_open = true;
	e->half_open++;
	timers_set(&e->timers, &h->expire, nanos_after(e->now, e->limits.half_open_timeout));
	(void)exchange_wait(e, x, made_responder_key);
out:
	if (err)
		sa_destroy(e, sa, err);
	return err;
}

void sa_init_request(struct adit_engine *e, const struct path *path,
		     const struct ike_header *header, struct span datagram)
{
	const struct rule *rule = rule_find(EXCHANGE_IKE_SA_INIT, true, 0);
	uint64_t key = init_key_of(e, path, datagram);
	const struct conn_config *conn = NULL;
	struct proposal answer;
	struct suite suite;
	struct init init;
	uint8_t critical = 0, method[2];
	enum err err;

	if (e->closing || header->message_id != 0 || repeated(e, path, key)) /* RFC7296 2.2 */
		return;
	err = init_parse(&init, rule, header->next_payload, span_tail(datagram, IKE_HEADER_LEN),
			 &critical);
	if (err) {
		answer_error(e, path, header, datagram.len, err, critical);
		return;
	}
	count(e, COUNTER_IKE_INIT_IN_REQ);
	if (!cookie_passed(e, path, header, &init, datagram.len))
		return;
	if (choose(e, path, &init, &conn, &answer, &suite)) {
		answer_stateless(e, path, header, datagram.len, NOTIFY_NO_PROPOSAL_CHOSEN,
				 SPAN_EMPTY);
		return;
	}
	if (suite.ke.id != init.ke.method) { /* RFC7296 1.2 */
		method[0] = (uint8_t)(suite.ke.id >> 8);
		method[1] = (uint8_t)suite.ke.id;
		answer_stateless(e, path, header, datagram.len, NOTIFY_INVALID_KE_PAYLOAD,
				 SPAN_ARRAY(method));
		return;
	}
	if (init.ke.data.len != ke_find(suite.ke.id)->public_len_i) { /* RFC7296 3.4 */
		answer_error(e, path, header, datagram.len, ERR_LENGTH, 0);
		return;
	}
	if (e->half_open >= e->limits.half_open) {
		count(e, COUNTER_DROP_HALF_OPEN);
		return;
	}
	if (begin_half_open(e, path, header, &init, datagram, key, conn, &answer, &suite))
		count(e, COUNTER_DROP_LIMIT);
}

/* The one proposal a suite is told by (RFC 7296 2.7). */
static void proposal_of_suite(struct proposal *ret, const struct suite *suite, uint8_t number)
{
	*ret = (struct proposal){ .number = number, .protocol = PROTOCOL_IKE };
	ret->transforms[ret->count++] = suite->encr;
	ret->transforms[ret->count++] = suite->prf;
	if (suite->integ.id != INTEG_NONE)
		ret->transforms[ret->count++] = suite->integ;
	ret->transforms[ret->count++] = suite->ke;
}

/* Which connection it will be is not known yet: any one for these addresses may ask for
 * certificates. */
static void build_certreq(struct chain *c, const struct ike_sa *sa)
{
	if (sa->conn->certreq_len > 0) {
		certreq_build(c, sa->conn);
		return;
	}
	for (size_t i = 0; i < sa->config->conns_count; i++) {
		const struct conn_config *conn = &sa->config->conns[i];

		if (conn->certreq_len > 0 && address_fit(conn, &sa->path)) {
			certreq_build(c, conn);
			return;
		}
	}
}

static enum err made_responder_key(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	const struct answer *made = exchange_answer(x, 0);
	struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_RESPONSE,
	};
	struct writer w = writer_of(e->build, sizeof(e->build));
	struct sa answer = { .count = 1 };
	struct chain chain;
	enum err err;

	if (made->err) { /* say nothing: the peer asks again, or is not worth it */
		sa_doom(sa, made->err);
		return ERR_PENDING;
	}
	TRY(bytes_set(&h->ke_private, e->memory, bytes_span(&made->b)));
	proposal_of_suite(&answer.proposals[0], &sa->suite, h->proposal_number);
	ike_header_build(&w, &header);
	chain = chain_begin(&w, HEADER_NEXT_AT);
	sa_build(&chain, &answer);
	ke_build(&chain, h->ke_method, bytes_span(&made->a));
	nonce_build(&chain, SPAN_ARRAY(h->our_nonce));
	TRY(nat_build(e, &chain, &x->path, sa->spi_i, sa->spi_r, sa->nat.forced));
	build_certreq(&chain, sa);
	if (sa->fragments.supported)
		notify_build_data(&chain, NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED, SPAN_EMPTY);
	if (h->peer_7427)
		hashes_build(&chain);
	ike_header_finish(&w, 0);
	TRY(writer_end(&w));
	TRY(bytes_set(&h->init_response, e->memory, writer_span(&w)));
	TRY(exchange_respond(e, sa, x, writer_span(&w)));
out:
	if (err) {
		sa_doom(sa, err);
		return ERR_PENDING;
	}
	return ERR_OK;
}

/* ---- initiator ---- */

static enum err build_request(struct adit_engine *e, struct ike_sa *sa, struct span *ret)
{
	const struct handshake *h = sa->handshake;
	struct ike_header header = {
		.spi_i = sa->spi_i,
		.version = IKE_VERSION,
		.exchange = EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_INITIATOR,
	};
	struct writer w = writer_of(e->build, sizeof(e->build));
	struct sa offer = { .count = (uint8_t)sa->conn->proposals_count };
	struct chain chain;
	enum err err;

	REQUIRE(sa->conn->proposals_count <= PROPOSALS_MAX);
	for (size_t i = 0; i < sa->conn->proposals_count; i++) {
		offer.proposals[i] = sa->conn->proposals[i];
		offer.proposals[i].number = (uint8_t)(i + 1); /* RFC7296 3.3.1 */
	}
	ike_header_build(&w, &header);
	chain = chain_begin(&w, HEADER_NEXT_AT);
	if (h->cookie.len > 0) /* RFC7296 2.6: the cookie comes first, the rest is unchanged */
		notify_build_data(&chain, NOTIFY_COOKIE, bytes_span(&h->cookie));
	sa_build(&chain, &offer);
	ke_build(&chain, h->ke_method, bytes_span(&h->ke_public));
	nonce_build(&chain, SPAN_ARRAY(h->our_nonce));
	TRY(nat_build(e, &chain, &sa->path, sa->spi_i, 0, sa->nat.forced));
	if (fragment_wanted(sa))
		notify_build_data(&chain, NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED, SPAN_EMPTY);
	if (certs_wanted(sa->conn))
		hashes_build(&chain);
	ike_header_finish(&w, 0);
	TRY(writer_end(&w));
	*ret = writer_span(&w);
out:
	return err;
}

static enum err send_request(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct span datagram = SPAN_EMPTY;
	enum err err;

	TRY(build_request(e, sa, &datagram));
	TRY(bytes_set(&sa->handshake->init_request, e->memory, datagram));
	TRY(exchange_send(e, sa, x, datagram));
out:
	return err;
}

/* Answers to IKE_SA_INIT go to sa_init_response(), since nobody has authenticated them; this step
 * is never run. */
static enum err never(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	(void)e;
	(void)sa;
	(void)x;
	REQUIRE(!"an IKE_SA_INIT answer was taken for authentic");
	return ERR_UNEXPECTED;
}

static enum err made_initiator_key(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	const struct answer *made = exchange_answer(x, 0);
	enum err err = made->err;

	TRY(err);
	TRY(bytes_set(&h->ke_public, e->memory, bytes_span(&made->a)));
	TRY(bytes_set(&h->ke_private, e->memory, bytes_span(&made->b)));
	TRY(send_request(e, sa, x));
	return exchange_wait(e, x, never);
out:
	sa_doom(sa, err);
	return ERR_PENDING;
}

static enum err make_key(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct job *job = exchange_job(e, x, JOB_KE_GENERATE);

	if (!job)
		return ERR_LIMIT;
	job->ke_generate.method = sa->handshake->ke_method;
	(void)exchange_wait(e, x, made_initiator_key);
	return ERR_OK;
}

/* Our first alternative for the key exchange, over all proposals. */
static uint16_t first_ke(const struct conn_config *conn)
{
	for (size_t i = 0; i < conn->proposals_count; i++) {
		const struct proposal *p = &conn->proposals[i];

		for (size_t j = 0; j < p->count; j++) {
			if (p->transforms[j].type == TRANSFORM_KE)
				return p->transforms[j].id;
		}
	}
	return KE_NONE;
}

static bool offers_ke(const struct conn_config *conn, uint16_t method)
{
	for (size_t i = 0; i < conn->proposals_count; i++) {
		const struct proposal *p = &conn->proposals[i];

		for (size_t j = 0; j < p->count; j++) {
			if (p->transforms[j].type == TRANSFORM_KE &&
			    p->transforms[j].id == method)
				return true;
		}
	}
	return false;
}

enum err sa_init_initiate(struct adit_engine *e, const struct conn_config *conn,
			  const struct child_config *child, const struct path *path,
			  uint32_t request, unsigned tries)
{
	struct ike_sa *sa = sa_new(e, true, path, e->config, conn);
	struct exchange *x;
	struct line l;
	enum err err;

	if (!sa)
		return ERR_LIMIT;
	sa->nat.forced = conn->encap;
	sa->handshake->child = child;
	sa->handshake->tries = tries;
	sa->handshake->ke_method = first_ke(conn);
	TRY_THAT(sa->handshake->ke_method != KE_NONE, ERR_CONFIG);
	x = exchange_new(e, sa, EXCHANGE_IKE_SA_INIT, true);
	TRY_THAT(x, ERR_LIMIT);
	TRY(make_key(e, sa, x));
	sa->handshake->request = request;
	line_begin(&l, e, LOG_INFO, sa, "initiate");
	line_word(&l, "child", child->name);
	line_endpoint(&l, "local", &path->local);
	line_endpoint(&l, "peer", &path->remote);
	line_end(&l);
out:
	if (err)
		sa_destroy(e, sa, err);
	return err;
}

static void take_cookie(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
			struct span cookie)
{
	struct handshake *h = sa->handshake;

	if (h->cookie_tries >= COOKIE_TRIES_MAX || cookie.len == 0 || cookie.len > COOKIE_MAX)
		return;
	h->cookie_tries++;
	if (bytes_set(&h->cookie, e->memory, cookie) || send_request(e, sa, x))
		count(e, COUNTER_DROP_LIMIT); /* the retransmission will ask again */
}

static void take_ke_method(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
			   struct span data)
{
	struct handshake *h = sa->handshake;
	struct reader r = reader_of(data);
	uint16_t method = reader_u16(&r), before = h->ke_method;

	/* RFC7296 2.7, 1.2: only what we offered ourselves, so that nobody talks us into less. */
	if (h->ke_tries >= INVALID_KE_TRIES_MAX || method == before ||
	    !offers_ke(sa->conn, method) || !ke_find(method))
		return;
	h->ke_tries++;
	h->ke_method = method;
	timers_unset(&e->timers, &x->timer);
	if (make_key(e, sa, x)) {
		h->ke_method = before;
		timers_set(&e->timers, &x->timer, nanos_after(e->now, x->wait));
	}
}

/*
 * Anybody could have sent it, so we go on trying (RFC7296 2.21.1), soon; it is believed when
 * several transmissions have brought nothing better.
 */
static void take_error(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
		       const struct notify *n)
{
	struct handshake *h = sa->handshake;

	h->refused = n->type;
	if (h->refusals > 0 && h->refused_try == x->tries)
		return;
	h->refused_try = x->tries;
	if (++h->refusals < REFUSALS_BELIEVED) {
		timers_set(&e->timers, &x->timer, nanos_after(e->now, FORGERY_GRACE / 2));
		return;
	}
	sa_init_explain_refusal(e, sa);
	sa_destroy(e, sa, ERR_REFUSED);
}

void sa_init_explain_refusal(struct adit_engine *e, const struct ike_sa *sa)
{
	uint16_t refused = sa->handshake->refused;
	const char *name = notify_name(refused);
	bool proposal = refused == NOTIFY_NO_PROPOSAL_CHOSEN;

	report_why(e, sa, proposal ? DIAGNOSIS_PROPOSAL : DIAGNOSIS_REFUSED,
		   name ? name : "an unknown error", "",
		   proposal
			   ? "the peer takes none of our IKE proposals, or has no connection for us"
			   : "the peer refused IKE_SA_INIT",
		   proposal ? "connections.<conn>.proposals" : "");
}

/* Goes on with an answer that was found good; the IKE_SA_INIT exchange, if it is still there, is
 * over. */
static enum err take_answer(struct adit_engine *e, struct ike_sa *sa, unsigned index)
{
	const struct rule *rule = rule_find(EXCHANGE_IKE_SA_INIT, false, PHASE_INIT);
	struct handshake *h = sa->handshake;
	struct span datagram = bytes_span(&h->answers[index]);
	struct ike_header header;
	struct exchange *x;
	struct init init;
	uint64_t spi;
	uint8_t critical;
	enum err err;

	TRY(ike_header_parse(&header, datagram));
	TRY(init_parse(&init, rule, header.next_payload, span_tail(datagram, IKE_HEADER_LEN),
		       &critical));
	TRY(negotiate_accept(sa->conn->proposals, sa->conn->proposals_count, &init.sa, true,
			     &sa->suite, &spi));
	fragment_agreed(sa, &init.list);
	hashes_read(sa, &init.list);
	TRY(certreq_read(e, sa, &init.list));
	TRY(nat_detect(e, &sa->nat, &init.list, &sa->path, sa->spi_i, header.spi_r));
	TRY(bytes_set(&h->peer_nonce, e->memory, init.nonce));
	TRY(bytes_set(&h->ke_peer, e->memory, init.ke.data));
	TRY(bytes_set(&h->init_response, e->memory, datagram));
	exchange_free_all(e, sa);
	sa->spi_r = header.spi_r;
	sa->window.send_next = 1;
	h->answer_at = (uint8_t)index;
	h->refused = 0;
	h->suspect = ERR_OK;
	h->tell = false;
	x = exchange_new(e, sa, EXCHANGE_IKE_AUTH, true);
	TRY_THAT(x, ERR_LIMIT);
	x->auth.child = SLAB_NONE;
	sa->phase = PHASE_AUTH;
	exchange_run(e, x, ike_auth_start);
out:
	return err;
}

/* The answer is complete and is one that we could have been given. */
static enum err good_answer(const struct ike_sa *sa, const struct ike_header *header,
			    const struct init *init)
{
	const struct ke *ke = ke_find(sa->handshake->ke_method);
	struct suite suite;
	uint64_t spi;
	enum err err;

	TRY_THAT(header->spi_r != 0, ERR_SYNTAX);
	TRY(negotiate_accept(sa->conn->proposals, sa->conn->proposals_count, &init->sa, true,
			     &suite, &spi));
	/* RFC7296 2.7: the method that was chosen is the one the key was made for. */
	TRY_THAT(ke && suite.ke.id == ke->id && init->ke.method == ke->id, ERR_KE_METHOD);
	TRY_THAT(init->ke.data.len == ke->public_len_r, ERR_LENGTH);
out:
	return err;
}

static void keep_answer(struct adit_engine *e, struct ike_sa *sa, struct span datagram)
{
	struct handshake *h = sa->handshake;

	for (unsigned i = 0; i < h->answers_count; i++) {
		if (span_equal(bytes_span(&h->answers[i]), datagram)) {
			count(e, COUNTER_DROP_DUPLICATE);
			return;
		}
	}
	if (h->answers_count == ANSWERS_MAX ||
	    bytes_set(&h->answers[h->answers_count], e->memory, datagram)) {
		count(e, COUNTER_DROP_LIMIT);
		return;
	}
	h->answers_count++;
	if (sa->phase == PHASE_INIT) {
		if (take_answer(e, sa, h->answers_count - 1u))
			sa_destroy(e, sa, ERR_LIMIT);
	} else if (timer_is_set(&h->expire)) { /* what we were waiting for */
		timers_unset(&e->timers, &h->expire);
		(void)sa_init_next_answer(e, sa);
	}
}

void sa_init_response(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
		      const struct ike_header *header, struct span datagram)
{
	const struct rule *rule = rule_find(EXCHANGE_IKE_SA_INIT, false, sa->phase);
	struct exchange *x = exchange_awaiting(e, sa, 0, EXCHANGE_IKE_SA_INIT);
	struct init init;
	struct notify n;
	struct line l;
	uint8_t critical;
	enum err err;

	if (!rule || !sa->handshake || (sa->phase == PHASE_INIT && !x)) {
		count(e, COUNTER_DROP_DUPLICATE);
		return;
	}
	err = init_parse(&init, rule, header->next_payload, span_tail(datagram, IKE_HEADER_LEN),
			 &critical);
	if (!err && init.complete)
		err = good_answer(sa, header, &init);
	if (err) { /* RFC7296 2.4: a bad answer may be forged; the good one may follow */
		count(e, COUNTER_DROP_SYNTAX);
		count(e, COUNTER_INVALID);
		line_begin(&l, e, LOG_INFO, sa, "sa-init-answer-ignored");
		line_word(&l, "why", err_words(err));
		line_endpoint(&l, "from", &path->remote);
		line_end(&l);
		return;
	}
	count(e, COUNTER_IKE_INIT_IN_RESP);
	if (init.complete)
		keep_answer(e, sa, datagram);
	else if (!x)
		count(e, COUNTER_DROP_DUPLICATE);
	else if (notify_find(&n, &init.list, NOTIFY_COOKIE))
		take_cookie(e, sa, x, n.data);
	else if (notify_find(&n, &init.list, NOTIFY_INVALID_KE_PAYLOAD))
		take_ke_method(e, sa, x, n.data);
	else if (notify_find_error(&n, &init.list))
		take_error(e, sa, x, &n);
}

bool sa_init_next_answer(struct adit_engine *e, struct ike_sa *sa)
{
	struct handshake *h = sa->handshake;

	if (!h || !sa->initiator || h->answer_at + 1 >= h->answers_count)
		return false;
	/* The Child SA's SPI stays: what answers the one IKE_AUTH may open with the keys of the
	 * next. */
	protect_clear(&sa->protect);
	sa->path.encap = sa->conn->remote_port != 500;
	sa->path.remote.port = sa->conn->remote_port;
	sa->path.local.port =
		sa->path.encap ? e->config->daemon.port_nat_t : e->config->daemon.port;
	sa->phase = PHASE_INIT;
	if (take_answer(e, sa, h->answer_at + 1u))
		sa_destroy(e, sa, ERR_LIMIT);
	return true;
}

void sa_init_suspect(struct adit_engine *e, struct ike_sa *sa)
{
	/* RFC7296 2.4: the genuine answer may be here already, or come a little later than a forged
	 * one. */
	if (!sa_init_next_answer(e, sa))
		timers_set(&e->timers, &sa->handshake->expire, nanos_after(e->now, FORGERY_GRACE));
}

void sa_init_waited(struct adit_engine *e, struct ike_sa *sa)
{
	struct handshake *h = sa->handshake;
	struct exchange *x = h->tell ? informational_queue(e, sa) : NULL;

	if (!x) {
		sa_destroy(e, sa, h->suspect);
		return;
	}
	/* RFC7296 2.21.2: the responder believes it is up; tell it that it is not. */
	if (err_kind(h->suspect) == ERR_KIND_LOCAL)
		x->info.delete_ike = true;
	else
		x->info.notify = NOTIFY_AUTHENTICATION_FAILED;
	sa->disowned = true;
	request_done(e, h->request, h->suspect);
	h->request = 0;
	h->suspect = ERR_OK;
	exchange_pump(e, sa);
}
