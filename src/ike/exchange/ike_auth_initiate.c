/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ike_auth_initiate: IKE_AUTH as initiator: agree, sign, send; verify, install, up (RFC
 * 7296 1.2, 2.15, 2.21.2).
 */
#include "auth/auth.h"
#include "exchange/ike_auth.h"
#include "feature/certs.h"
#include "negotiate.h"
#include "peers.h"
#include "rules.h"
#include "selectors.h"
#include "state.h"

static exchange_step agreed, made_auth, verified, installed;

/*
 * Whoever answered IKE_SA_INIT and now this need not be the peer (2.4): what he did wrong ends his
 * answer, and the SA only when no other comes. tell: he believes that the SA is up.
 */
static enum err suspect(struct ike_sa *sa, enum err err, bool tell)
{
	sa->handshake->suspect = err;
	sa->handshake->tell = tell;
	return ERR_OK;
}

enum err ike_auth_start(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct job *job = exchange_job(e, x, JOB_KE_AGREE);
	enum err err = job ? handshake_fill_agree(e, sa, job) : ERR_LIMIT;

	return err ? err : exchange_wait(e, x, agreed);
}

static enum err agreed(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	const struct answer *shared = exchange_answer(x, 0);
	struct child_sa *child;
	enum err err;

	TRY(shared->err);
	TRY(sa_derive(e, sa, bytes_span(&shared->a)));
	nat_float(e, sa);
	TRY(ike_auth_local_id(e, sa));
	TRY(sa_set_identity(e, &sa->remote_id, &sa->conn->remote.id));
	child = child_at(e, sa->handshake->child_sa); /* of an IKE_AUTH before this one */
	if (!child)
		child = child_new(e, sa, sa->handshake->child);
	TRY_THAT(child, ERR_LIMIT);
	sa->handshake->child_sa = child_slot(e, child);
	return ike_auth_sign(e, sa, x, made_auth);
out:
	report_why(e, sa, err == ERR_KE_VALUE ? DIAGNOSIS_KE : DIAGNOSIS_LOCAL, "", "",
		   err_words(err), "");
	return err == ERR_KE_VALUE ? suspect(sa, err, false) : err;
}

/* The offer: the child's proposals under our SPI, without key exchanges, which IKE_AUTH has none of
 * (1.2). */
static void build_offer(struct chain *c, const struct child_sa *child,
			const struct proposal *proposals, size_t count)
{
	struct sa offer = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct proposal *from = &proposals[i];
		struct proposal *p = &offer.proposals[offer.count++];

		*p = *from;
		p->number = offer.count;
		p->spi_len = 4;
		p->spi = child->spi_in;
		p->count = 0;
		for (size_t j = 0; j < from->count; j++) {
			if (from->transforms[j].type != TRANSFORM_KE)
				p->transforms[p->count++] = from->transforms[j];
		}
	}
	sa_build(c, &offer);
}

static size_t our_ts(const struct ike_sa *sa, const struct child_config *child, bool local,
		     struct selector ret[SELECTORS_MAX])
{
	return local ? selectors_resolve(ret, SELECTORS_MAX, child->local_ts, child->local_ts_count,
					 &sa->path.local.ip) :
		       selectors_resolve(ret, SELECTORS_MAX, child->remote_ts,
					 child->remote_ts_count, &sa->path.remote.ip);
}

struct child_wanted {
	struct proposal proposals[PROPOSALS_MAX];
	struct selector tsi[SELECTORS_MAX], tsr[SELECTORS_MAX];
	size_t proposals_count, tsi_count, tsr_count;
};

/* RFC7296 1.2: IDi, [CERT+,] [CERTREQ,] [IDr,] */
static void build_identities(struct chain *c, const struct ike_sa *sa, struct span certs)
{
	const struct identity *remote = &sa->conn->remote.id;

	id_build(c, PAYLOAD_IDI, sa->local_id->type,
		 span_of(sa->local_id->data, sa->local_id->len));
	certs_build(c, certs);
	certreq_build(c, sa->conn);
	if (ike_auth_is_exact(remote))
		id_build(c, PAYLOAD_IDR, remote->type, span_of(remote->data, remote->len));
}

/* RFC7296 1.2: SA, TSi, TSr, and what else is asked for of the Child SA. */
static void build_child(struct chain *c, const struct child_sa *child,
			const struct child_wanted *wanted)
{
	build_offer(c, child, wanted->proposals, wanted->proposals_count);
	ts_build(c, PAYLOAD_TSI, wanted->tsi, wanted->tsi_count);
	ts_build(c, PAYLOAD_TSR, wanted->tsr, wanted->tsr_count);
	if (child->config->mode == CHILD_TRANSPORT) /* RFC7296 1.3.1 */
		notify_build_data(c, NOTIFY_USE_TRANSPORT_MODE, SPAN_EMPTY);
}

static enum err made_auth(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	const struct answer *made = exchange_answer(x, 0);
	struct child_sa *child = child_at(e, sa->handshake->child_sa);
	struct child_wanted wanted;
	struct sealing sealing;
	struct span datagram;
	enum err err = made->err;

	if (err) {
		ike_auth_explain(e, sa, made, false);
		sa_doom(sa, err);
		return ERR_PENDING;
	}
	wanted.tsi_count = our_ts(sa, child->config, true, wanted.tsi);
	wanted.tsr_count = our_ts(sa, child->config, false, wanted.tsr);
	if (wanted.tsi_count == 0 || wanted.tsr_count == 0) {
		report_why(e, sa, DIAGNOSIS_SELECTORS, "", "", "our own selectors name nothing",
			   "connections.<conn>.children.<child>.local_ts, remote_ts");
		sa_doom(sa, ERR_SELECTOR);
		return ERR_PENDING;
	}
	wanted.proposals_count = ike_auth_proposals(e, sa, child->config, wanted.proposals);
	if (wanted.proposals_count == 0) {
		sa_doom(sa, ERR_NO_PROPOSAL);
		return ERR_PENDING;
	}
	x->message_id = sa->window.send_next;
	message_begin(e, sa, &sealing, EXCHANGE_IKE_AUTH, x->message_id, false);
	build_identities(&sealing.chain, sa, bytes_span(&made->b));
	auth_build(&sealing.chain, made->method, bytes_span(&made->a));
	/* RFC7296 2.4: only the first SA with this peer may say so. */
	if (peers_first(e, sa))
		notify_build_data(&sealing.chain, NOTIFY_INITIAL_CONTACT, SPAN_EMPTY);
	build_child(&sealing.chain, child, &wanted);
	TRY(message_seal(e, sa, &sealing, &datagram));
	TRY(exchange_send(e, sa, x, datagram));
	peers_add(e, sa);
	sa->window.send_next++;
	return exchange_wait(e, x, ike_auth_answered);
out:
	return err;
}

/* The peer refused the whole of it. */
static void refused(struct adit_engine *e, struct ike_sa *sa, const struct payload_list *list)
{
	struct notify n;
	const char *name = "no AUTH payload and no error";

	if (notify_find_error(&n, list))
		name = notify_name(n.type) ? notify_name(n.type) : "an unknown error";
	report_why(e, sa, DIAGNOSIS_REFUSED, name, "",
		   "the peer refused IKE_AUTH; its own log says why",
		   sa->conn->local.kind == AUTH_KIND_PUBKEY
			   ? "connections.<conn>.local.certs, id, remote.id"
			   : "secrets.ike<suffix>, connections.<conn>.local.id, remote.id");
}

enum err ike_auth_answered(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct payload_list list;
	struct identity id;
	struct line l;
	enum err err;

	exchange_payloads(x, &list);
	if (!payload_find(&list, PAYLOAD_AUTH)) {
		refused(e, sa, &list);
		return suspect(sa, ERR_AUTH, false);
	}
	TRY(ike_auth_read_id(&id, &list, PAYLOAD_IDR));
	if (!identity_match(&sa->conn->remote.id, &id)) {
		char theirs[ID_MAX], ours[ID_MAX];
		struct text t = TEXT_ARRAY(theirs), o = TEXT_ARRAY(ours);

		text_identity(&t, &id);
		text_identity(&o, &sa->conn->remote.id);
		report_why(e, sa, DIAGNOSIS_IDENTITY, theirs, ours,
			   "the peer's identity is not the one configured",
			   "connections.<conn>.remote.id");
		return suspect(sa, ERR_AUTH, true);
	}
	TRY(sa_set_identity(e, &sa->remote_id, &id));
	err = ike_auth_verify(e, sa, x, &list, verified);
	if (err == ERR_PENDING)
		return err;
out:
	line_begin(&l, e, LOG_NOTICE, sa, "ike-auth-answer-bad");
	line_word(&l, "why", err_words(err));
	line_end(&l);
	return suspect(sa, err, true);
}

/*
 * What the peer says of the mode (RFC7296 1.3.1): without its word the Child SA is a tunnel, which
 * protects the same traffic; its word without ours before is no answer to what we asked.
 */
static enum err take_mode(struct adit_engine *e, struct ike_sa *sa, struct child_sa *child,
			  const struct payload_list *list, struct selectors *tsi,
			  struct selectors *tsr)
{
	const struct path *path = &sa->path;
	struct notify n;
	struct ip named;
	struct line l;

	child->no_tfc = notify_find(&n, list, NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED);
	if (!notify_find(&n, list, NOTIFY_USE_TRANSPORT_MODE)) {
		if (child->config->mode == CHILD_TRANSPORT) {
			line_begin(&l, e, LOG_NOTICE, sa, "transport-mode-declined");
			line_word(&l, "child", child->config->name);
			line_word(&l, "mode", "tunnel");
			line_end(&l);
		}
		return ERR_OK;
	}
	if (child->config->mode != CHILD_TRANSPORT)
		return ERR_UNEXPECTED;
	/* RFC7296 2.23.1: what is behind a NAT we know by the address we know it by. */
	if (sa->nat.local)
		(void)ike_auth_substitute(tsi, &path->local.ip, &named);
	if (sa->nat.remote)
		(void)ike_auth_substitute(tsr, &path->remote.ip, &named);
	child->mode = CHILD_TRANSPORT;
	if (ike_auth_host_to_host(sa, tsi->items, tsi->count, tsr->items, tsr->count))
		return ERR_OK;
	ike_auth_explain_ts(e, sa, tsi, tsr, child->config);
	return ERR_SELECTOR;
}

/* The Child SA of the answer into the record; a notify in its place gives ERR_REFUSED. */
static enum err take_child(struct adit_engine *e, struct ike_sa *sa, struct child_sa *child,
			   const struct payload_list *list)
{
	const struct payload *payload = payload_find(list, PAYLOAD_SA);
	struct selector local[SELECTORS_MAX], remote[SELECTORS_MAX];
	struct proposal offered[PROPOSALS_MAX];
	struct selectors tsi, tsr;
	size_t local_count, remote_count;
	struct sa answer;
	uint64_t spi;
	enum err err;

	TRY_THAT(payload, ERR_REFUSED);
	TRY(sa_parse(&answer, payload->body));
	TRY(negotiate_accept(offered, ike_auth_proposals(e, sa, child->config, offered), &answer,
			     false, &child->suite, &spi));
	TRY_THAT(spi >= ESP_SPI_MIN && spi <= UINT32_MAX, ERR_NO_PROPOSAL);
	child->spi_out = (uint32_t)spi;
	TRY(ike_auth_read_ts(&tsi, list, PAYLOAD_TSI));
	TRY(ike_auth_read_ts(&tsr, list, PAYLOAD_TSR));
	TRY(take_mode(e, sa, child, list, &tsi, &tsr));
	local_count = our_ts(sa, child->config, true, local);
	remote_count = our_ts(sa, child->config, false, remote);
	/* RFC7296 2.9: the answer is a subset of what was offered. */
	if (tsi.count == 0 || tsr.count == 0 || tsi.count > SELECTORS_MAX ||
	    tsr.count > SELECTORS_MAX ||
	    !selectors_within(tsi.items, tsi.count, local, local_count) ||
	    !selectors_within(tsr.items, tsr.count, remote, remote_count)) {
		ike_auth_explain_ts(e, sa, &tsi, &tsr, child->config);
		err = ERR_SELECTOR;
		goto out;
	}
	TRY(child_set_selectors(e, child, tsi.items, tsi.count, tsr.items, tsr.count));
	TRY_THAT(!child_conflicts(e, sa, child), ERR_SELECTOR);
out:
	return err;
}

static void explain_child(struct adit_engine *e, struct ike_sa *sa, enum err err,
			  const struct payload_list *list)
{
	struct notify n;
	const char *name = "no Child SA";
	const char *setting = "";

	if (err == ERR_SELECTOR)
		return; /* said already */
	if (notify_find_error(&n, list)) {
		name = notify_name(n.type) ? notify_name(n.type) : "an unknown error";
		if (n.type == NOTIFY_NO_PROPOSAL_CHOSEN)
			setting = "connections.<conn>.children.<child>.esp_proposals";
		else if (n.type == NOTIFY_TS_UNACCEPTABLE)
			setting = "connections.<conn>.children.<child>.local_ts, remote_ts";
	}
	report_why(e, sa, DIAGNOSIS_REFUSED, name, "", "the peer made no Child SA", setting);
}

/* The IKE SA stands and the Child SA does not: without it the IKE SA is of no use to us, so it is
 * deleted in order. */
static enum err up_without_child(struct adit_engine *e, struct ike_sa *sa, enum err err)
{
	struct child_sa *child = child_at(e, sa->handshake->child_sa);
	struct exchange *bye;

	if (child)
		child_destroy(e, child, err);
	request_done(e, sa->handshake->request, err);
	sa->handshake->request = 0;
	sa_establish(e, sa);
	handshake_free(e, sa);
	bye = informational_queue(e, sa);
	if (!bye) {
		sa_doom(sa, ERR_LIMIT);
		return ERR_PENDING;
	}
	bye->info.delete_ike = true;
	sa->phase = PHASE_DELETING;
	return ERR_OK;
}

static enum err verified(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *child = child_at(e, sa->handshake->child_sa);
	struct payload_list list;
	struct job *job;
	const struct answer *answer = exchange_answer(x, 0);
	enum err err = answer->err;

	if (err) {
		ike_auth_explain(e, sa, answer, true);
		return suspect(sa, err, true);
	}
	REQUIRE(child);
	exchange_payloads(x, &list);
	err = take_child(e, sa, child, &list);
	if (err) {
		explain_child(e, sa, err, &list);
		return up_without_child(e, sa, err);
	}
	job = exchange_job(e, x, JOB_CHILD_INSTALL);
	if (!job)
		return up_without_child(e, sa, ERR_LIMIT);
	err = child_fill_install(e, sa, child, SPAN_EMPTY, handshake_nonce_i(sa),
				 handshake_nonce_r(sa), job);
	if (err)
		return up_without_child(e, sa, err);
	child->state = CHILD_INSTALLING;
	return exchange_wait(e, x, installed);
}

static enum err installed(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *child = child_at(e, sa->handshake->child_sa);
	enum err err = exchange_answer(x, 0)->err;

	REQUIRE(child);
	if (err) {
		report_why(e, sa, DIAGNOSIS_LOCAL, "", "",
			   "the dataplane could not take the Child SA", "");
		return up_without_child(e, sa, err);
	}
	sa_establish(e, sa);
	child_installed(e, sa, child);
	request_done(e, sa->handshake->request, ERR_OK);
	sa->handshake->request = 0;
	handshake_free(e, sa);
	if (sa->unwanted)
		sa_delete(e, sa);
	return ERR_OK;
}
