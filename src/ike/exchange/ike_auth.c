/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/ike_auth.h"

#include "auth/auth.h"
#include "selectors.h"
#include "state.h"

#define WHY_WORDS 160 /* as much as a diagnosis takes */

enum err ike_auth_local_id(struct adit_engine *e, struct ike_sa *sa)
{
	struct identity own = { 0 };
	struct span ip = ip_span(&sa->path.local.ip);
	enum err err;

	if (sa->conn->local.id.type != IDENTITY_ANY)
		return sa_set_identity(e, &sa->local_id, &sa->conn->local.id);
	if (ip.len == 0)
		return ERR_CONFIG;
	err = identity_from_wire(&own, ip.len == 4 ? ID_IPV4_ADDR : ID_IPV6_ADDR, ip);
	return err ? err : sa_set_identity(e, &sa->local_id, &own);
}

bool ike_auth_is_exact(const struct identity *id)
{
	return id->type != IDENTITY_ANY && !memchr(id->data, '*', id->len);
}

enum err ike_auth_read_id(struct identity *ret, const struct payload_list *list, uint8_t type)
{
	const struct payload *payload = payload_find(list, type);
	struct id_payload id;
	enum err err;

	TRY_THAT(payload, ERR_MISSING);
	TRY(id_parse(&id, payload->body));
	TRY(identity_from_wire(ret, id.type, id.data));
out:
	return err;
}

enum err ike_auth_read_ts(struct selectors *ret, const struct payload_list *list, uint8_t type)
{
	const struct payload *payload = payload_find(list, type);

	return payload ? ts_parse(ret, payload->body) : ERR_MISSING;
}

/* The proposal without what the dataplane cannot do; false when nothing useful is left. */
static bool proposal_able(const struct adit_engine *e, const struct proposal *p,
			  struct proposal *ret)
{
	bool wanted[TRANSFORM_ESN + 1] = { false }, left[TRANSFORM_ESN + 1] = { false };

	*ret = *p;
	ret->count = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct transform *t = &p->transforms[i];
		bool asked = e->child_has && t->id != INTEG_NONE &&
			     (t->type == TRANSFORM_ENCR || t->type == TRANSFORM_INTEG);

		wanted[t->type] = true;
		if (asked && !e->child_has(e->child_ctx, p->protocol, t))
			continue;
		left[t->type] = true;
		ret->transforms[ret->count++] = *t;
	}
	return left[TRANSFORM_ENCR] == wanted[TRANSFORM_ENCR] &&
	       left[TRANSFORM_INTEG] == wanted[TRANSFORM_INTEG];
}

size_t ike_auth_proposals(struct adit_engine *e, const struct ike_sa *sa,
			  const struct child_config *child, struct proposal ret[PROPOSALS_MAX])
{
	const char *ours = "AH alone", *parted = "there is a NAT on the way, or one end pretends so, "
						 "and AH authenticates the addresses that a NAT changes";
	size_t count = 0;

	for (size_t i = 0; i < child->proposals_count && count < PROPOSALS_MAX; i++) {
		if (child->proposals[i].protocol == PROTOCOL_AH && nat_encap(&sa->nat))
			continue;
		if (proposal_able(e, &child->proposals[i], &ret[count])) {
			count++;
		} else {
			ours = "algorithms that the dataplane lacks";
			parted = "the kernel's IPsec does not do what is proposed; adit.dataplane = tun "
				 "does";
		}
	}
	if (count == 0)
		report_why(e, sa, DIAGNOSIS_PROPOSAL, "", ours, parted,
			   "connections.<conn>.children.<child>.esp_proposals");
	return count;
}

bool ike_auth_host_to_host(const struct ike_sa *sa, const struct selector *local,
			   size_t local_count, const struct selector *remote, size_t remote_count)
{
	for (size_t i = 0; i < local_count; i++) {
		if (!ip_equal(&local[i].first, &sa->path.local.ip) ||
		    !ip_equal(&local[i].last, &sa->path.local.ip))
			return false;
	}
	for (size_t i = 0; i < remote_count; i++) {
		if (!ip_equal(&remote[i].first, &sa->path.remote.ip) ||
		    !ip_equal(&remote[i].last, &sa->path.remote.ip))
			return false;
	}
	return local_count > 0 && remote_count > 0;
}

bool ike_auth_substitute(struct selectors *ts, const struct ip *by, struct ip *ret_named)
{
	const struct ip named = ts->items[0].first;

	for (size_t i = 0; i < ts->count; i++) {
		if (!ip_equal(&ts->items[i].first, &named) || !ip_equal(&ts->items[i].last, &named))
			return false;
	}
	if (ts->count == 0 || named.family != by->family)
		return false;
	for (size_t i = 0; i < ts->count; i++)
		ts->items[i].first = ts->items[i].last = *by;
	*ret_named = named;
	return true;
}

enum err ike_auth_verify(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
			 const struct payload_list *list, exchange_step *next)
{
	const struct payload *payload = payload_find(list, PAYLOAD_AUTH);
	const struct payload *id = payload_find(list, sa->initiator ? PAYLOAD_IDR : PAYLOAD_IDI);
	struct auth_payload auth;
	struct auth_claim claim;
	struct job *job;
	enum err err;

	TRY_THAT(payload && id, ERR_AUTH);
	TRY(auth_parse(&auth, payload->body));
	TRY_THAT(auth.data.len > 0 && auth.data.len <= AUTH_DATA_MAX, ERR_AUTH);
	job = exchange_job(e, x, JOB_AUTH_VERIFY);
	TRY_THAT(job, ERR_LIMIT);
	claim = (struct auth_claim){ list, id->body, auth.method, auth.data };
	TRY(auth_fill_verify(e, sa, job, &claim));
	return exchange_wait(e, x, next);
out:
	return err;
}

enum err ike_auth_sign(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
		       exchange_step *next)
{
	struct job *job = exchange_job(e, x, JOB_AUTH_SIGN);
	enum err err = job ? auth_fill_sign(e, sa, job) : ERR_LIMIT;

	return err ? err : exchange_wait(e, x, next);
}

void ike_auth_explain(struct adit_engine *e, struct ike_sa *sa, const struct answer *answer,
		      bool verifying)
{
	const struct auth_config *auth = verifying ? &sa->conn->remote : &sa->conn->local;
	char theirs[ID_MAX], ours[ID_MAX], words[WHY_WORDS];
	struct text t = TEXT_ARRAY(theirs), o = TEXT_ARRAY(ours), why = TEXT_ARRAY(words);

	if (sa->remote_id)
		text_identity(&t, sa->remote_id);
	if (sa->local_id)
		text_identity(&o, sa->local_id);
	text_putn(&why, (const char *)answer->a.data, answer->a.len);
	if (auth->kind == AUTH_KIND_PUBKEY)
		report_why(
			e, sa, DIAGNOSIS_CERTIFICATE, theirs, ours,
			why.len ? words : err_words(answer->err),
			verifying ? verify_fault_cure(answer->fault)
				  : "connections.<conn>.local.id, certs, auth, and the folder private");
	else if (answer->err == ERR_NOT_FOUND)
		report_why(e, sa, DIAGNOSIS_SECRET, theirs, ours,
			   "there is no secret for these two identities", "secrets.ike<suffix>");
	else if (answer->err == ERR_AUTH && verifying)
		report_why(e, sa, DIAGNOSIS_SECRET, theirs, ours,
			   "the AUTH payload does not fit: the two ends hold different secrets",
			   "secrets.ike<suffix>.secret");
	else
		report_why(e, sa, DIAGNOSIS_LOCAL, theirs, ours, err_words(answer->err), "");
}

void ike_auth_explain_ts(struct adit_engine *e, struct ike_sa *sa,
			 const struct selectors *their_tsi, const struct selectors *their_tsr,
			 const struct child_config *child)
{
	struct diagnosis d = { .kind = DIAGNOSIS_SELECTORS };
	struct text theirs = TEXT_ARRAY(d.theirs), ours = TEXT_ARRAY(d.ours);
	struct text parted = TEXT_ARRAY(d.parted), setting = TEXT_ARRAY(d.setting);
	struct selector own[SELECTORS_MAX];
	size_t count;

	text_put(&theirs, "TSi ");
	text_selectors(&theirs, their_tsi->items, their_tsi->count);
	text_put(&theirs, " TSr ");
	text_selectors(&theirs, their_tsr->items, their_tsr->count);
	if (child) {
		count = selectors_resolve(own, SELECTORS_MAX, child->local_ts,
					  child->local_ts_count, &sa->path.local.ip);
		text_put(&ours, "local_ts ");
		text_selectors(&ours, own, count);
		count = selectors_resolve(own, SELECTORS_MAX, child->remote_ts,
					  child->remote_ts_count, &sa->path.remote.ip);
		text_put(&ours, " remote_ts ");
		text_selectors(&ours, own, count);
	}
	text_put(&parted, "no traffic that both ends want to protect");
	text_put(&setting, "connections.<conn>.children.<child>.local_ts, remote_ts");
	report_diagnosis(e, sa, 0, &d);
}
