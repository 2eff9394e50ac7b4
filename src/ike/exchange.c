/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include "rules.h"
#include "state.h"

#define WHY_MAX 400 /* bytes of a job's words */

struct exchange *exchange_at(const struct adit_engine *e, uint32_t slot)
{
	return slab_at(&e->exchanges, slot);
}

uint32_t exchange_slot(const struct adit_engine *e, const struct exchange *x)
{
	return slab_slot(&e->exchanges, x);
}

struct exchange *exchange_new(struct adit_engine *e, struct ike_sa *sa, uint8_t type, bool ours)
{
	struct exchange *x = slab_alloc(&e->exchanges);
	uint32_t *tail = &sa->first_exchange;

	if (!x)
		return NULL;
	x->sa = sa_slot(e, sa);
	x->type = type;
	x->ours = ours;
	x->state = ours ? EXCHANGE_QUEUED : EXCHANGE_WORKING;
	x->next = SLAB_NONE;
	x->timer = (struct timer){ .kind = TIMER_EXCHANGE, .slot = exchange_slot(e, x) };
	while (*tail != SLAB_NONE)
		tail = &exchange_at(e, *tail)->next;
	*tail = exchange_slot(e, x);
	return x;
}

static void answers_clear(struct adit_engine *e, struct exchange *x)
{
	for (unsigned i = 0; i < x->answers_count; i++) {
		bytes_clear(&x->answers[i].a, e->memory);
		bytes_clear(&x->answers[i].b, e->memory);
		x->answers[i] = (struct answer){ 0 };
		x->jobs[i] = 0;
	}
	x->answers_count = 0;
}

static void abandon_jobs(struct adit_engine *e, struct exchange *x)
{
	for (unsigned i = 0; i < x->answers_count; i++) {
		if (x->jobs[i])
			job_abandon(e, x->jobs[i]);
		x->jobs[i] = 0;
	}
	x->jobs_out = 0;
}

void exchange_free(struct adit_engine *e, struct exchange *x)
{
	struct ike_sa *sa = sa_at(e, x->sa);
	uint32_t *at = &sa->first_exchange;

	while (*at != exchange_slot(e, x)) {
		REQUIRE(*at != SLAB_NONE);
		at = &exchange_at(e, *at)->next;
	}
	*at = x->next;
	timers_unset(&e->timers, &x->timer);
	abandon_jobs(e, x);
	answers_clear(e, x);
	bytes_clear(&x->message, e->memory);
	bytes_clear(&x->sent, e->memory);
	if (x->type == EXCHANGE_IKE_AUTH) {
		bytes_clear(&x->auth.auth, e->memory);
		bytes_clear(&x->auth.certs, e->memory);
	}
	slab_free(&e->exchanges, x);
}

void exchange_free_all(struct adit_engine *e, struct ike_sa *sa)
{
	while (sa->first_exchange != SLAB_NONE)
		exchange_free(e, exchange_at(e, sa->first_exchange));
}

struct exchange *exchange_of_request(const struct adit_engine *e, const struct ike_sa *sa,
				     uint32_t message_id)
{
	for (uint32_t slot = sa->first_exchange; slot != SLAB_NONE;) {
		struct exchange *x = exchange_at(e, slot);

		if (!x->ours && x->message_id == message_id)
			return x;
		slot = x->next;
	}
	return NULL;
}

struct exchange *exchange_awaiting(const struct adit_engine *e, const struct ike_sa *sa,
				   uint32_t message_id, uint8_t type)
{
	for (uint32_t slot = sa->first_exchange; slot != SLAB_NONE;) {
		struct exchange *x = exchange_at(e, slot);

		if (x->ours && x->state == EXCHANGE_SENT && x->message_id == message_id &&
		    x->type == type)
			return x;
		slot = x->next;
	}
	return NULL;
}

/* RFC 7296 2.21: the words in which an error is told. */
uint16_t exchange_notify_of(enum err err)
{
	switch (err) {
	case ERR_CRITICAL:
		return NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD;
	case ERR_NO_PROPOSAL:
		return NOTIFY_NO_PROPOSAL_CHOSEN;
	case ERR_KE_METHOD:
		return NOTIFY_INVALID_KE_PAYLOAD;
	case ERR_AUTH:
	case ERR_NOT_FOUND:
		return NOTIFY_AUTHENTICATION_FAILED;
	case ERR_SELECTOR:
		return NOTIFY_TS_UNACCEPTABLE;
	default:
		return err_kind(err) == ERR_KIND_PEER ? NOTIFY_INVALID_SYNTAX :
							NOTIFY_TEMPORARY_FAILURE;
	}
}

/*
 * A step failed. The peer's request gets its answer; before the SA is up, and after what
 * RFC7296 2.21.3 calls a fatal error, the SA ends.
 */
static void failed(struct adit_engine *e, struct ike_sa *sa, struct exchange *x, enum err err)
{
	uint16_t notify = exchange_notify_of(err);
	bool answered = !x->ours && sa->window.recv_next != x->message_id;
	struct line l;

	line_begin(&l, e, LOG_NOTICE, sa, "exchange-failed");
	line_word(&l, "exchange", exchange_name(x->type));
	line_word(&l, "why", err_words(err));
	line_end(&l);

	/* Not even an answer was possible; nothing more to say than the end of the SA. */
	if (!x->ours && !answered && exchange_refuse(e, sa, x, notify, SPAN_EMPTY))
		sa_doom(sa, err);
	if (sa->phase != PHASE_UP || notify == NOTIFY_INVALID_SYNTAX)
		sa_doom(sa, err);
}

void exchange_run(struct adit_engine *e, struct exchange *x, exchange_step *step)
{
	struct ike_sa *sa = sa_at(e, x->sa);
	bool theirs = !x->ours;
	enum err err;

	REQUIRE(x->jobs_out == 0);
	x->step = NULL;
	timers_unset(&e->timers, &x->timer);
	err = step(e, sa, x);
	if (err == ERR_PENDING) {
		REQUIRE(x->step || sa->doomed);
	} else {
		if (err)
			failed(e, sa, x, err);
		exchange_free(e, x);
	}
	if (sa->doomed)
		sa_end_doomed(e, sa, theirs);
	else if (sa->handshake && sa->handshake->suspect)
		sa_init_suspect(e, sa);
	else
		exchange_pump(e, sa);
}

enum err exchange_wait(struct adit_engine *e, struct exchange *x, exchange_step *next)
{
	x->step = next;
	if (x->jobs_out > 0) {
		x->state = EXCHANGE_WORKING;
		timers_set(&e->timers, &x->timer, nanos_after(e->now, e->limits.job_timeout));
	}
	return ERR_PENDING;
}

struct job *exchange_job(struct adit_engine *e, struct exchange *x, enum job_kind kind)
{
	struct job *job;

	if (x->jobs_out == 0)
		answers_clear(e, x);
	REQUIRE(x->answers_count < JOBS_PER_EXCHANGE_MAX);
	job = job_new(e, kind, OWNER_EXCHANGE, exchange_slot(e, x));
	if (!job)
		return NULL;
	x->jobs[x->answers_count++] = job->id;
	x->jobs_out++;
	return job;
}

const struct answer *exchange_answer(const struct exchange *x, unsigned index)
{
	REQUIRE(index < x->answers_count && x->jobs_out == 0);
	return &x->answers[index];
}

/* What a step needs of a result, owned. */
static enum err keep_answer(struct adit_engine *e, struct answer *a, enum job_kind kind,
			    const struct job_result *result)
{
	enum err err = result->err;

	if (err) { /* without memory for the words, the error speaks for itself */
		enum err lost = bytes_set(&a->a, e->memory, span_head(result->why, WHY_MAX));

		(void)lost;
		a->fault = result->fault;
		return err;
	}
	switch (kind) {
	case JOB_KE_GENERATE:
		err = bytes_set(&a->a, e->memory, result->ke_generate.public_key);
		return err ? err : bytes_set(&a->b, e->memory, result->ke_generate.private_key);
	case JOB_KE_AGREE:
		return bytes_set(&a->a, e->memory, result->ke_agree.shared);
	case JOB_AUTH_SIGN:
		a->method = result->auth_sign.method;
		err = bytes_set(&a->a, e->memory, result->auth_sign.data);
		return err ? err : bytes_set(&a->b, e->memory, result->auth_sign.certs);
	default:
		return ERR_OK;
	}
}

void exchange_answered(struct adit_engine *e, uint32_t slot, job_id id,
		       const struct job_result *result)
{
	struct exchange *x = exchange_at(e, slot);
	struct job_record *record = slab_at(&e->jobs.records, (uint32_t)id);

	REQUIRE(x && record && x->jobs_out > 0);
	for (unsigned i = 0; i < x->answers_count; i++) {
		if (x->jobs[i] != id)
			continue;
		x->jobs[i] = 0;
		x->answers[i].err = keep_answer(e, &x->answers[i], record->job->kind, result);
		x->jobs_out--;
		break;
	}
	if (x->jobs_out == 0)
		exchange_run(e, x, x->step);
}

void exchange_payloads(const struct exchange *x, struct payload_list *ret)
{
	uint8_t critical;

	/* The same bytes parsed when they came. */
	REQUIRE(payload_list_parse(ret, x->first_payload, bytes_span(&x->message), &critical) ==
		ERR_OK);
}

enum err exchange_send(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
		       struct span datagram)
{
	enum err err = bytes_set(&x->sent, e->memory, datagram);

	if (err)
		return err;
	x->state = EXCHANGE_SENT;
	/* A request that is built anew (a cookie, another key exchange) goes on where the one
	 * before was, so that nobody keeps us at it for ever. */
	if (x->wait == 0)
		x->wait = e->limits.retransmit_timeout;
	timers_set(&e->timers, &x->timer, nanos_after(e->now, x->wait));
	engine_send(e, &sa->path, datagram);
	return ERR_OK;
}

enum err exchange_respond(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
			  struct span datagram)
{
	enum err err = window_answered(&sa->window, e->memory, x->hash, datagram);

	if (err)
		return err;
	timers_set(&e->timers, &sa->window.forget, nanos_after(e->now, e->limits.response_keep));
	/* RFC7296 2.11: to where the request came from. */
	engine_send(e, &x->path, datagram);
	return ERR_OK;
}

enum err exchange_refuse(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
			 uint16_t notify, struct span data)
{
	struct notify n = { .type = notify, .data = data };

	return exchange_refuse_with(e, sa, x, &n);
}

enum err exchange_refuse_with(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
			      const struct notify *n)
{
	struct sealing sealing;
	struct span datagram;
	enum err err;

	message_begin(e, sa, &sealing, x->type, x->message_id, true);
	notify_build(&sealing.chain, n);
	TRY(message_seal(e, sa, &sealing, &datagram));
	TRY(exchange_respond(e, sa, x, datagram));
out:
	return err;
}

static void give_up(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	/* A peer that was told that we could not authenticate it may well be silent. */
	bool disowned = x->type == EXCHANGE_INFORMATIONAL && x->info.notify != 0;
	struct line l;

	line_begin(&l, e, LOG_NOTICE, sa, "no-answer");
	line_word(&l, "exchange", exchange_name(x->type));
	line_endpoint(&l, "peer", &sa->path.remote);
	line_u64(&l, "sent", x->tries + 1);
	line_end(&l);
	if (sa->handshake && sa->handshake->refused) {
		sa_init_explain_refusal(e, sa);
		sa_destroy(e, sa, ERR_REFUSED);
		return;
	}
	if (!disowned && (sa->phase == PHASE_INIT || sa->phase == PHASE_AUTH))
		report_why(
			e, sa, DIAGNOSIS_TIMEOUT, "nothing", "an answer",
			sa->phase == PHASE_INIT
				? "no answer to IKE_SA_INIT: wrong address, a firewall, or no "
				  "IKEv2 there"
				: "no answer to IKE_AUTH: UDP port 4500 blocked, or fragments lost",
			"connections.<conn>.remote_addrs");
	sa_destroy(e, sa, disowned ? ERR_AUTH : ERR_TIMEOUT);
}

static void retransmit(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	/* One repetition each while other answers, one of them genuine, are still to be tried
	 * (2.4). */
	if (x->type == EXCHANGE_IKE_AUTH && x->tries > 0 && sa_init_next_answer(e, sa))
		return;
	if (x->tries >= e->limits.retransmit_tries) {
		give_up(e, sa, x);
		return;
	}
	if (x->type ==
	    EXCHANGE_IKE_SA_INIT) { /* forged ones do not use up what genuine ones need */
		sa->handshake->cookie_tries = 0;
		sa->handshake->ke_tries = 0;
	}
	x->tries++;
	x->wait = x->wait / 100 * e->limits.retransmit_base_percent; /* RFC7296 2.4 */
	timers_set(&e->timers, &x->timer, nanos_after(e->now, x->wait));
	count(e, COUNTER_RETRANSMITS);
	engine_send(e, &sa->path, bytes_span(&x->sent)); /* RFC7296 2.1: the same to the bit */
}

void exchange_timer(struct adit_engine *e, uint32_t slot)
{
	struct exchange *x = exchange_at(e, slot);
	struct ike_sa *sa = sa_at(e, x->sa);

	if (x->jobs_out == 0) {
		retransmit(e, sa, x);
		return;
	}
	/* The jobs are late beyond hope: they count as failed. */
	count(e, COUNTER_JOBS_TIMED_OUT);
	for (unsigned i = 0; i < x->answers_count; i++) {
		if (x->jobs[i])
			x->answers[i].err = ERR_CANCELLED;
	}
	abandon_jobs(e, x);
	exchange_run(e, x, x->step);
}

void exchange_pump(struct adit_engine *e, struct ike_sa *sa)
{
	struct exchange *queued = NULL;

	for (uint32_t slot = sa->first_exchange; slot != SLAB_NONE;) {
		struct exchange *x = exchange_at(e, slot);

		if (x->ours && x->state != EXCHANGE_QUEUED)
			return; /* RFC7296 2.3: the window is one */
		if (x->ours && !queued)
			queued = x;
		slot = x->next;
	}
	if (queued && queued->step) /* one without is about to be run by who made it */
		exchange_run(e, queued, queued->step);
}
