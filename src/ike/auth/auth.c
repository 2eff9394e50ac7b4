/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth.h"

#include "feature/certs.h"
#include "state.h"

/* prf(SK_p, RestOfIDPayload): the body of the ID payload as it was sent, RFC7296 2.15. */
static enum err mac_identity(struct adit_engine *e, const struct ike_sa *sa,
			     const struct secret *sk_p, const struct span *parts, size_t count,
			     struct secret *ret)
{
	const struct prf *prf = prf_find(sa->suite.prf.id);
	uint8_t mac[SECRET_MAX];
	enum err err;

	REQUIRE(prf && prf->out_len <= sizeof(mac));
	err = crypto_prf(e->crypto, sa->suite.prf.id, secret_span(sk_p), parts, count, mac);
	if (!err)
		secret_set(ret, span_of(mac, prf->out_len));
	secret_wipe(mac, sizeof(mac));
	return err;
}

/*
 * The octets of one side: its own IKE_SA_INIT message, the other side's nonce, its own identity
 * under its own key.
 */
static enum err fill(struct adit_engine *e, const struct ike_sa *sa, struct job_auth *auth,
		     bool by_initiator, const struct span *id, size_t id_parts)
{
	const struct handshake *h = sa->handshake;
	bool by_us = by_initiator == sa->initiator;
	enum err err;

	REQUIRE(h && sa->local_id && sa->remote_id);
	auth->kind = by_us ? sa->conn->local.kind : sa->conn->remote.kind;
	auth->prf = sa->suite.prf.id;
	/* A secret that was taken out of the configuration counts no more, whatever the SA began
	 * with. Certificates are named by the SA's own configuration. */
	auth->config = config_ref(auth->kind == AUTH_KIND_PSK ? e->config : sa->config);
	auth->conn = auth->kind == AUTH_KIND_PSK ? NULL : sa->conn;
	auth->peer_7427 = h->peer_7427;
	auth->peer_hashes = h->peer_hashes;
	auth->local = *sa->local_id;
	auth->remote = *sa->remote_id;
	TRY(bytes_set(&auth->message, e->memory,
		      bytes_span(by_initiator ? &h->init_request : &h->init_response)));
	TRY(bytes_set(&auth->nonce, e->memory,
		      by_initiator ? handshake_nonce_r(sa) : handshake_nonce_i(sa)));
	TRY(mac_identity(e, sa, by_initiator ? &h->sk_pi : &h->sk_pr, id, id_parts,
			 &auth->prf_id));
out:
	return err;
}

enum err auth_fill_sign(struct adit_engine *e, const struct ike_sa *sa, struct job *job)
{
	const uint8_t head[4] = { sa->local_id->type, 0, 0, 0 };
	struct span id[2] = { SPAN_ARRAY(head), span_of(sa->local_id->data, sa->local_id->len) };
	const struct handshake *h = sa->handshake;
	enum err err = fill(e, sa, &job->auth, sa->initiator, id, ARRAY_LEN(id));

	job->auth.with_certs = sa->conn->send_cert == SEND_CERT_ALWAYS ||
			       (sa->conn->send_cert == SEND_CERT_IFASKED && h->certreq_came);
	if (!err)
		err = bytes_set(&job->auth.certreq, e->memory, bytes_span(&h->peer_certreq));

	if (err)
		job_abandon(e, job->id);
	return err;
}

enum err auth_fill_verify(struct adit_engine *e, const struct ike_sa *sa, struct job *job,
			  const struct auth_claim *claim)
{
	enum err err;

	TRY(fill(e, sa, &job->auth, !sa->initiator, &claim->id_body, 1));
	job->auth.method = claim->method;
	TRY(bytes_set(&job->auth.data, e->memory, claim->data));
	TRY(certs_collect(e, claim->message, &job->auth.certs));
out:
	if (err)
		job_abandon(e, job->id);
	return err;
}
