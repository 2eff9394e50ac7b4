/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ike_auth_respond: IKE_AUTH as responder: choose the connection, verify, sign, make the Child SA,
 * answer (RFC 7296 1.2, 2.9, 2.15, 2.21.2).
 */
#include "exchange/ike_auth.h"
#include "feature/certs.h"
#include "feature/initial_contact.h"
#include "negotiate.h"
#include "rules.h"
#include "selectors.h"
#include "state.h"

static exchange_step verified, made_auth, installed;

/* The connection accepts the suite that IKE_SA_INIT has settled. */
static bool accepts_suite(const struct adit_engine *e, const struct conn_config *conn,
			  const struct suite *suite)
{
	struct sa chosen = { .count = 1 };
	struct proposal *p = &chosen.proposals[0], answer;
	struct suite same;

	*p = (struct proposal){ .number = 1, .protocol = PROTOCOL_IKE };
	p->transforms[p->count++] = suite->encr;
	p->transforms[p->count++] = suite->prf;
	if (suite->integ.id != INTEG_NONE)
		p->transforms[p->count++] = suite->integ;
	p->transforms[p->count++] = suite->ke;
	return negotiate_select(e->crypto, conn->proposals, conn->proposals_count, &chosen,
				suite->ke.id, true, &answer, &same) == ERR_OK;
}

/* How well a connection fits addresses and identities; 0: not at all. asked is NULL when the peer
 * sent no IDr. */
static int fit(const struct adit_engine *e, const struct ike_sa *sa, const struct conn_config *conn,
	       const struct identity *peer, const struct identity *asked, enum auth_kind kind)
{
	int local = host_patterns_match(conn->local_addrs, conn->local_addrs_count,
					&sa->path.local.ip);
	int remote = host_patterns_match(conn->remote_addrs, conn->remote_addrs_count,
					 &sa->path.remote.ip);
	int id = identity_match(&conn->remote.id, peer);

	if (!local || !remote || !id || (kind && conn->remote.kind != kind))
		return 0;
	if (asked && conn->local.id.type != IDENTITY_ANY &&
	    !identity_equal(&conn->local.id, asked))
		return 0;
	if (!accepts_suite(e, conn, &sa->suite))
		return 0;
	/* Identity counts for more than any prefix. */
	return 1000 * id + local + remote;
}

static enum err choose(struct adit_engine *e, struct ike_sa *sa, const struct identity *peer,
		       const struct identity *asked, enum auth_kind kind)
{
	const struct conn_config *chosen = NULL;
	struct diagnosis d = { .kind = DIAGNOSIS_IDENTITY };
	struct text theirs = TEXT_ARRAY(d.theirs), ours = TEXT_ARRAY(d.ours);
	struct text parted = TEXT_ARRAY(d.parted), setting = TEXT_ARRAY(d.setting);
	int best = 0;

	for (size_t i = 0; i < sa->config->conns_count; i++) {
		const struct conn_config *conn = &sa->config->conns[i];
		int how = fit(e, sa, conn, peer, asked, kind);

		if (how > best) {
			best = how;
			chosen = conn;
		}
	}
	if (chosen) {
		sa->conn = chosen;
		return ERR_OK;
	}
	text_put(&theirs, "IDi ");
	text_identity(&theirs, peer);
	if (asked) {
		text_put(&theirs, ", asking for IDr ");
		text_identity(&theirs, asked);
	}
	text_put(&ours, "remote.id ");
	text_identity(&ours, &sa->conn->remote.id);
	text_put(&ours, ", local.id ");
	text_identity(&ours, &sa->conn->local.id);
	text_put(&parted, "no connection for these addresses has these identities");
	if (kind)
		text_put(&parted,
			 kind == AUTH_KIND_PSK ? " and a shared key" : " and certificates");
	text_put(&setting, "connections.<conn>.remote.id, local.id, remote.auth");
	report_diagnosis(e, sa, 0, &d);
	return ERR_AUTH;
}

/* How the peer authenticates; 0: it does not say, or in a way that any connection may want. */
static enum auth_kind kind_of(const struct payload_list *list)
{
	const struct payload *payload = payload_find(list, PAYLOAD_AUTH);
	struct auth_payload auth;

	if (!payload || auth_parse(&auth, payload->body))
		return 0;
	switch (auth.method) {
	case AUTH_SHARED_KEY:
		return AUTH_KIND_PSK;
	case AUTH_RSA_SIGNATURE:
	case AUTH_ECDSA_256:
	case AUTH_ECDSA_384:
	case AUTH_ECDSA_521:
	case AUTH_DIGITAL_SIGNATURE:
		return AUTH_KIND_PUBKEY;
	default: /* whoever verifies it knows */
		return 0;
	}
}

enum err ike_auth_request(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct identity peer, asked;
	struct payload_list list;
	bool has_asked;
	enum err err;

	exchange_payloads(x, &list);
	x->auth.child = SLAB_NONE;
	/* RFC7296 2.23: from here on the SA lives where its first authentic message came from. */
	sa->path = x->path;
	TRY(ike_auth_read_id(&peer, &list, PAYLOAD_IDI));
	has_asked = payload_find(&list, PAYLOAD_IDR) != NULL;
	if (has_asked)
		TRY(ike_auth_read_id(&asked, &list, PAYLOAD_IDR));
	TRY(choose(e, sa, &peer, has_asked ? &asked : NULL, kind_of(&list)));
	TRY(certreq_read(e, sa, &list));
	TRY(sa_set_identity(e, &sa->remote_id, &peer));
	/* Whoever calls us by a name we take answers under it. */
	if (has_asked && sa->conn->local.id.type == IDENTITY_ANY)
		TRY(sa_set_identity(e, &sa->local_id, &asked));
	else
		TRY(ike_auth_local_id(e, sa));
	if (!payload_find(&list, PAYLOAD_AUTH)) {
		report_why(e, sa, DIAGNOSIS_REFUSED, "no AUTH payload: the peer wants EAP",
			   "a shared key or a certificate", "EAP is not configured here",
			   "connections.<conn>.remote.auth");
		return ERR_AUTH;
	}
	return ike_auth_verify(e, sa, x, &list, verified);
out:
	return err;
}

static enum err verified(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	const struct answer *answer = exchange_answer(x, 0);
	enum err err = answer->err;
	struct payload_list list;
	struct notify n;

	if (err) {
		ike_auth_explain(e, sa, answer, true);
		return err;
	}
	exchange_payloads(x, &list);
	x->auth.initial_contact = notify_find(&n, &list, NOTIFY_INITIAL_CONTACT);
	return ike_auth_sign(e, sa, x, made_auth);
}

/* What the peer wants of a Child SA. */
struct wanted {
	struct sa sa;
	struct selectors tsi, tsr;
	bool transport;                /* it would have transport mode (1.3.1) */
	struct selectors here_i, here_r; /* for that: with the addresses that we know (2.23.1) */
	struct ip named_i, named_r;    /* in whose place; IP_NONE: nothing was changed */
};

/* RFC7296 2.23.1: transport mode takes the addresses of the outer header, and a NAT changed those.
 */
static void read_transport(struct wanted *w, const struct ike_sa *sa,
			   const struct payload_list *list)
{
	struct notify n;

	w->transport = notify_find(&n, list, NOTIFY_USE_TRANSPORT_MODE);
	w->here_i = w->tsi;
	w->here_r = w->tsr;
	w->named_i = w->named_r = (struct ip){ 0 };
	if (!w->transport)
		return;
	if (sa->nat.remote &&
	    !ike_auth_substitute(&w->here_i, &sa->path.remote.ip, &w->named_i))
		w->transport = false;
	if (sa->nat.local && !ike_auth_substitute(&w->here_r, &sa->path.local.ip, &w->named_r))
		w->transport = false;
}

static enum err read_wanted(struct wanted *ret, const struct payload_list *list)
{
	enum err err;

	TRY(sa_parse(&ret->sa, payload_find(list, PAYLOAD_SA)->body));
	TRY(ike_auth_read_ts(&ret->tsi, list, PAYLOAD_TSI));
	TRY(ike_auth_read_ts(&ret->tsr, list, PAYLOAD_TSR));
out:
	return err;
}

struct narrowed {
	struct selector local[SELECTORS_MAX], remote[SELECTORS_MAX];
	size_t local_count, remote_count;
	enum child_mode mode;
};

static bool narrow_to(const struct ike_sa *sa, const struct child_config *child,
		      const struct selectors *tsi, const struct selectors *tsr,
		      struct narrowed *ret)
{
	struct selector ours[SELECTORS_MAX];
	size_t count;
	bool less;

	count = selectors_resolve(ours, SELECTORS_MAX, child->local_ts, child->local_ts_count,
				  &sa->path.local.ip);
	ret->local_count = selectors_narrow(ret->local, SELECTORS_MAX, ours, count,
					    tsr->items, tsr->count, &less);
	count = selectors_resolve(ours, SELECTORS_MAX, child->remote_ts, child->remote_ts_count,
				  &sa->path.remote.ip);
	ret->remote_count = selectors_narrow(ret->remote, SELECTORS_MAX, ours, count,
					     tsi->items, tsi->count, &less);
	return ret->local_count > 0 && ret->remote_count > 0;
}

/* Transport mode where both ends want it and it is between the hosts themselves; otherwise a
 * tunnel, to which the peer may say no (1.3.1). */
static bool narrow(const struct ike_sa *sa, const struct child_config *child,
		   const struct wanted *wanted, struct narrowed *ret)
{
	ret->mode = CHILD_TRANSPORT;
	if (wanted->transport && child->mode == CHILD_TRANSPORT &&
	    narrow_to(sa, child, &wanted->here_i, &wanted->here_r, ret) &&
	    ike_auth_host_to_host(sa, ret->local, ret->local_count, ret->remote,
				  ret->remote_count))
		return true;
	ret->mode = CHILD_TUNNEL;
	return narrow_to(sa, child, &wanted->tsi, &wanted->tsr, ret);
}

/* The first child whose selectors and proposals both fit; fills the record's choice. ERR_SELECTOR,
 * ERR_NO_PROPOSAL. */
static enum err choose_child(struct adit_engine *e, struct ike_sa *sa, const struct wanted *wanted,
			     const struct child_config **ret_child, struct narrowed *ret_ts,
			     struct proposal *ret_answer, struct suite *ret_suite)
{
	const struct child_config *nearest = NULL;
	struct proposal ours[PROPOSALS_MAX];
	size_t count;
	struct diagnosis d = { .kind = DIAGNOSIS_PROPOSAL };

	for (size_t i = 0; i < sa->conn->children_count; i++) {
		const struct child_config *child = &sa->conn->children[i];

		if (!narrow(sa, child, wanted, ret_ts))
			continue;
		nearest = child;
		count = ike_auth_proposals(e, sa, child, ours);
		if (negotiate_select(e->crypto, ours, count, &wanted->sa, KE_NONE, false, ret_answer,
				     ret_suite) == ERR_OK) {
			*ret_child = child;
			return ERR_OK;
		}
	}
	if (!nearest) {
		ike_auth_explain_ts(e, sa, &wanted->tsi, &wanted->tsr,
				    sa->conn->children_count ? sa->conn->children : NULL);
		return ERR_SELECTOR;
	}
	count = ike_auth_proposals(e, sa, nearest, ours);
	negotiate_explain(&d, ours, count, &wanted->sa,
			  "connections.<conn>.children.<child>.esp_proposals");
	report_diagnosis(e, sa, 0, &d);
	return ERR_NO_PROPOSAL;
}

/* Chooses, makes the record and asks for its installation. */
static enum err make_child(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
			   const struct payload_list *list)
{
	const struct child_config *config = NULL;
	struct wanted wanted;
	struct narrowed ts;
	struct proposal answer;
	struct suite suite;
	struct child_sa *child;
	struct notify n;
	struct job *job;
	enum err err;

	TRY(read_wanted(&wanted, list));
	read_transport(&wanted, sa, list);
	TRY(choose_child(e, sa, &wanted, &config, &ts, &answer, &suite));
	TRY_THAT(answer.spi_len == 4 && answer.spi >= ESP_SPI_MIN, ERR_NO_PROPOSAL);
	child = child_new(e, sa, config);
	TRY_THAT(child, ERR_LIMIT);
	x->auth.child = child_slot(e, child);
	x->auth.proposal_number = answer.number;
	child->suite = suite;
	child->spi_out = (uint32_t)answer.spi;
	child->mode = ts.mode;
	child->no_tfc = notify_find(&n, list, NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED);
	if (ts.mode == CHILD_TRANSPORT) {
		x->auth.named_i = wanted.named_i;
		x->auth.named_r = wanted.named_r;
	}
	TRY(child_set_selectors(e, child, ts.local, ts.local_count, ts.remote, ts.remote_count));
	TRY_THAT(!child_conflicts(e, sa, child), ERR_SELECTOR);
	job = exchange_job(e, x, JOB_CHILD_INSTALL);
	TRY_THAT(job, ERR_LIMIT);
	TRY(child_fill_install(e, sa, child, SPAN_EMPTY, handshake_nonce_i(sa),
			       handshake_nonce_r(sa), job));
	child->state = CHILD_INSTALLING;
out:
	return err;
}

/* No Child SA: a notify takes its place, and the IKE SA stands all the same (RFC 7296 1.2). */
static void drop_child(struct adit_engine *e, struct exchange *x, enum err err)
{
	struct child_sa *child = child_at(e, x->auth.child);

	if (child)
		child_destroy(e, child, err);
	x->auth.child = SLAB_NONE;
	x->auth.child_error = exchange_notify_of(err);
}

static enum err answer(struct adit_engine *e, struct ike_sa *sa, struct exchange *x);

static enum err made_auth(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	const struct answer *made = exchange_answer(x, 0);
	struct payload_list list;
	enum err err = made->err;

	if (err) {
		ike_auth_explain(e, sa, made, false);
		return err;
	}
	x->auth.auth_method = made->method;
	TRY(bytes_set(&x->auth.auth, e->memory, bytes_span(&made->a)));
	TRY(bytes_set(&x->auth.certs, e->memory, bytes_span(&made->b)));
	exchange_payloads(x, &list);
	err = make_child(e, sa, x, &list);
	if (!err)
		return exchange_wait(e, x, installed);
	drop_child(e, x, err);
	/* RFC7296 2.21.3: what is malformed ends the IKE SA too. */
	TRY_THAT(x->auth.child_error != NOTIFY_INVALID_SYNTAX, err);
	return answer(e, sa, x);
out:
	return err;
}

static enum err installed(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	enum err err = exchange_answer(x, 0)->err;

	if (err) {
		report_why(e, sa, DIAGNOSIS_LOCAL, "", "",
			   "the dataplane could not take the Child SA", "");
		drop_child(e, x, err);
	}
	return answer(e, sa, x);
}

/* With the address that the peer named, where ours is another. */
static void build_ts(struct chain *c, uint8_t payload, const struct selector *items, size_t count,
		     const struct ip *named)
{
	struct selector copy[SELECTORS_MAX];

	for (size_t i = 0; i < count; i++) {
		copy[i] = items[i];
		if (named->family != IP_NONE)
			copy[i].first = copy[i].last = *named; /* RFC7296 2.23.1 */
	}
	ts_build(c, payload, copy, count);
}

static void build_child(struct chain *c, const struct child_sa *child, const struct exchange *x)
{
	struct sa sa = { .count = 1 };
	struct proposal *p = &sa.proposals[0];
	const struct suite *suite = &child->suite;

	*p = (struct proposal){
		.number = x->auth.proposal_number,
		.protocol = suite->protocol,
		.spi_len = 4,
		.spi = child->spi_in,
	};
	if (suite->protocol != PROTOCOL_AH)
		p->transforms[p->count++] = suite->encr;
	if (suite->integ.id != INTEG_NONE)
		p->transforms[p->count++] = suite->integ;
	p->transforms[p->count++] = (struct transform){
		.type = TRANSFORM_ESN,
		.id = suite->esn ? ESN_YES : ESN_NO,
	};
	sa_build(c, &sa);
	/* The peer began the exchange: TSi is its side. */
	build_ts(c, PAYLOAD_TSI, child->selectors + child->local_count, child->remote_count,
		 &x->auth.named_i);
	build_ts(c, PAYLOAD_TSR, child->selectors, child->local_count, &x->auth.named_r);
	if (child->mode == CHILD_TRANSPORT) /* RFC7296 1.3.1 */
		notify_build_data(c, NOTIFY_USE_TRANSPORT_MODE, SPAN_EMPTY);
}

/* Nothing of the SA changes before its answer is made: then it is up. */
static enum err answer(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *child = child_at(e, x->auth.child);
	struct sealing sealing;
	struct span datagram;
	enum err err;

	if (child) /* installed, whatever becomes of the answer */
		child->state = CHILD_UP;
	message_begin(e, sa, &sealing, EXCHANGE_IKE_AUTH, x->message_id, true);
	id_build(&sealing.chain, PAYLOAD_IDR, sa->local_id->type,
		 span_of(sa->local_id->data, sa->local_id->len));
	certs_build(&sealing.chain, bytes_span(&x->auth.certs));
	auth_build(&sealing.chain, x->auth.auth_method, bytes_span(&x->auth.auth));
	if (child)
		build_child(&sealing.chain, child, x);
	else
		notify_build_data(&sealing.chain, x->auth.child_error, SPAN_EMPTY);
	TRY(message_seal(e, sa, &sealing, &datagram));
	TRY(exchange_respond(e, sa, x, datagram));
	sa_establish(e, sa);
	if (child)
		child_installed(e, sa, child);
	if (x->auth.initial_contact)
		initial_contact(e, sa);
	handshake_free(e, sa);
out:
	return err;
}
