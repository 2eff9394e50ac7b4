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
