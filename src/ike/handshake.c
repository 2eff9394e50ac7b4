/* SPDX-License-Identifier: Apache-2.0 */
#include "handshake.h"

#include "state.h"

struct handshake *handshake_new(struct adit_engine *e, struct ike_sa *sa)
{
	struct handshake *h = slab_alloc(&e->handshakes);

	if (!h)
		return NULL;
	h->sa = sa_slot(e, sa);
	h->child_sa = SLAB_NONE;
	h->expire = (struct timer){ .kind = TIMER_HALF_OPEN, .slot = h->sa };
	if (crypto_random(e->crypto, h->our_nonce, NONCE_LEN)) {
		slab_free(&e->handshakes, h);
		return NULL;
	}
	sa->handshake = h;
	return h;
}

static void waiting_clear(struct adit_engine *e, struct waiting *w)
{
	bytes_clear(&w->datagram, e->memory);
}

void handshake_free(struct adit_engine *e, struct ike_sa *sa)
{
	struct handshake *h = sa->handshake;
	struct memory *m = e->memory;

	if (h->agree_job)
		job_abandon(e, h->agree_job);
	if (h->half_open)
		e->half_open--;
	timers_unset(&e->timers, &h->expire);
	bytes_clear(&h->peer_nonce, m);
	bytes_clear(&h->ke_public, m);
	bytes_clear(&h->ke_private, m);
	bytes_clear(&h->ke_peer, m);
	bytes_clear(&h->init_request, m);
	bytes_clear(&h->init_response, m);
	bytes_clear(&h->cookie, m);
	bytes_clear(&h->peer_certreq, m);
	for (size_t i = 0; i < ARRAY_LEN(h->waiting); i++)
		waiting_clear(e, &h->waiting[i]);
	for (size_t i = 0; i < ARRAY_LEN(h->answers); i++)
		bytes_clear(&h->answers[i], m);
	sa->handshake = NULL;
	slab_free(&e->handshakes, h); /* wipes */
}

struct span handshake_nonce_i(const struct ike_sa *sa)
{
	const struct handshake *h = sa->handshake;

	return sa->initiator ? SPAN_ARRAY(h->our_nonce) : bytes_span(&h->peer_nonce);
}

struct span handshake_nonce_r(const struct ike_sa *sa)
{
	const struct handshake *h = sa->handshake;

	return sa->initiator ? bytes_span(&h->peer_nonce) : SPAN_ARRAY(h->our_nonce);
}

enum err handshake_fill_agree(struct adit_engine *e, const struct ike_sa *sa, struct job *job)
{
	const struct handshake *h = sa->handshake;
	enum err err;

	job->ke_agree.method = h->ke_method;
	TRY(bytes_set(&job->ke_agree.private_key, e->memory, bytes_span(&h->ke_private)));
	TRY(bytes_set(&job->ke_agree.peer, e->memory, bytes_span(&h->ke_peer)));
out:
	if (err)
		job_abandon(e, job->id);
	return err;
}

static bool keep(struct adit_engine *e, struct handshake *h, const struct path *path,
		 struct span datagram)
{
	for (size_t i = 0; i < ARRAY_LEN(h->waiting); i++) {
		struct waiting *w = &h->waiting[i];

		if (span_equal(bytes_span(&w->datagram), datagram))
			return false; /* a retransmission */
		if (w->datagram.len > 0)
			continue;
		if (bytes_set(&w->datagram, e->memory, datagram))
			return false;
		w->path = *path;
		return true;
	}
	return false;
}

void handshake_wait(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
		    struct span datagram)
{
	struct handshake *h = sa->handshake;
	struct job *job;

	/* Nobody can have seen an answer that is not made yet. */
	if (h->init_response.len == 0 || !keep(e, h, path, datagram)) {
		count(e, COUNTER_DROP_DUPLICATE);
		return;
	}
	if (h->agreeing)
		return;
	/* Decision 4: nothing is derived before the first IKE_AUTH comes. */
	job = job_new(e, JOB_KE_AGREE, OWNER_HANDSHAKE, sa_slot(e, sa));
	if (!job || handshake_fill_agree(e, sa, job)) {
		count(e, COUNTER_DROP_LIMIT);
		for (size_t i = 0; i < ARRAY_LEN(h->waiting); i++)
			waiting_clear(e, &h->waiting[i]);
		return;
	}
	h->agreeing = true;
	h->agree_job = job->id;
}

void handshake_agreed(struct adit_engine *e, struct ike_sa *sa, const struct job_result *result)
{
	struct handshake *h = sa->handshake;
	uint64_t spi = sa_our_spi(sa);
	enum err err = result->err;

	REQUIRE(h && sa->phase == PHASE_HALF_OPEN);
	h->agree_job = 0;
	if (!err)
		err = sa_derive(e, sa, result->ke_agree.shared);
	if (err) {
		report_why(e, sa, err == ERR_KE_VALUE ? DIAGNOSIS_KE : DIAGNOSIS_LOCAL, "", "",
			   err == ERR_KE_VALUE ? "the peer's public key cannot be used"
					       : err_words(err),
			   "");
		sa_destroy(e, sa, err);
		return;
	}
	/* The SA may end at any of them. */
	for (size_t i = 0; i < WAITING_DATAGRAMS_MAX; i++) {
		struct waiting w;

		sa = sa_find(e, spi);
		if (!sa || !sa->handshake)
			return;
		w = sa->handshake->waiting[i];
		sa->handshake->waiting[i] = (struct waiting){ 0 };
		if (w.datagram.len > 0)
			demux_input(e, &w.path, bytes_span(&w.datagram));
		bytes_clear(&w.datagram, e->memory);
	}
}
