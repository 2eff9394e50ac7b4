/* SPDX-License-Identifier: Apache-2.0 */
/* proof: shared keys and certificates. */
#include "proof.h"

#include "auth/pubkey.h"
#include "certificates.h"
#include "entropy.h"
#include "require.h"

static enum err mac_compute(const struct crypto *crypto, const struct job_auth *auth, uint8_t *ret,
			    size_t *ret_len)
{
	static const char pad[] = "Key Pad for IKEv2"; /* RFC7296 2.15 */
	const struct psk_config *psk = config_psk(auth->config, &auth->local, &auth->remote);
	const struct prf *prf = prf_find(auth->prf);
	struct span pad_part = span_of(pad, sizeof(pad) - 1);
	struct span octets[3] = { bytes_span(&auth->message), bytes_span(&auth->nonce),
				  secret_span(&auth->prf_id) };
	uint8_t key[SECRET_MAX];
	enum err err;

	REQUIRE(prf != NULL && auth->kind == AUTH_KIND_PSK);
	TRY_THAT(psk != NULL, ERR_NOT_FOUND);
	TRY(crypto_prf(crypto, auth->prf, span_of(psk->data, psk->len), &pad_part, 1, key));
	TRY(crypto_prf(crypto, auth->prf, span_of(key, prf->out_len), octets, 3, ret));
	*ret_len = prf->out_len;
out:
	secret_wipe(key, sizeof(key));
	return err;
}

static void mac_do(struct proof *p, const struct crypto *crypto, const struct job *job,
		   struct job_result *ret)
{
	const struct job_auth *auth = &job->auth;
	size_t len = 0;

	ret->err = mac_compute(crypto, auth, p->mac, &len);
	if (ret->err)
		return;
	if (job->kind == JOB_AUTH_SIGN) {
		ret->auth_sign.method = AUTH_SHARED_KEY;
		ret->auth_sign.data = span_of(p->mac, len);
	} else if (auth->method != AUTH_SHARED_KEY ||
		   !secret_equal(span_of(p->mac, len), bytes_span(&auth->data))) {
		ret->err = ERR_AUTH;
	}
}

static void sign_do(struct proof *p, const struct world *w, const struct job_auth *auth,
		    uint64_t number, struct job_result *ret)
{
	struct random before = entropy_begin(w->seed ^ (number << 32));
	struct text why = TEXT_ARRAY(p->why);

	ret->err = pubkey_sign(auth, CERTIFICATES_NOW + (int64_t)(w->now / NANOS_SECOND),
			       &p->signature, &why);
	entropy_resume(before);
	ret->why = span_of(p->why, why.len);
	if (ret->err)
		return;
	ret->auth_sign.method = p->signature.method;
	ret->auth_sign.data = span_of(p->signature.auth, p->signature.auth_len);
	ret->auth_sign.certs = span_of(p->signature.certs, p->signature.certs_len);
}

static void verify_do(struct proof *p, const struct world *w, const struct job_auth *auth,
		      struct job_result *ret)
{
	struct text why = TEXT_ARRAY(p->why);

	ret->err = pubkey_verify(auth, CERTIFICATES_NOW + (int64_t)(w->now / NANOS_SECOND),
				 &ret->fault, &why);
	ret->why = span_of(p->why, why.len);
}

bool proof_is_pubkey(const struct job *job)
{
	return (job->kind == JOB_AUTH_SIGN || job->kind == JOB_AUTH_VERIFY) &&
	       job->auth.kind == AUTH_KIND_PUBKEY;
}

void proof_do(struct proof *p, const struct world *w, const struct crypto *crypto,
	      const struct job *job, uint64_t number, struct job_result *ret)
{
	if (!proof_is_pubkey(job))
		mac_do(p, crypto, job, ret);
	else if (job->kind == JOB_AUTH_SIGN)
		sign_do(p, w, &job->auth, number, ret);
	else
		verify_do(p, w, &job->auth, ret);
}
