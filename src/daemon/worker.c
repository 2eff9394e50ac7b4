/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "auth/psk.h"
#include "auth/pubkey.h"
#include "clock.h"
#include "require.h"

static void sign_pubkey(struct worker *w, const struct job_auth *auth, struct job_result *ret)
{
	struct text why = TEXT_ARRAY(w->why);

	ret->err = pubkey_sign(auth, (int64_t)(clock_wall() / NANOS_SECOND), &w->signature, &why);
	ret->why = span_of(w->why, why.len);
	if (ret->err)
		return;
	ret->auth_sign.method = w->signature.method;
	ret->auth_sign.data = span_of(w->signature.auth, w->signature.auth_len);
	ret->auth_sign.certs = span_of(w->signature.certs, w->signature.certs_len);
}

static void verify_pubkey(struct worker *w, const struct job_auth *auth, struct job_result *ret)
{
	struct text why = TEXT_ARRAY(w->why);

	ret->err = pubkey_verify(auth, (int64_t)(clock_wall() / NANOS_SECOND), &ret->fault, &why);
	ret->why = span_of(w->why, why.len);
}

/*
 * Auth methods, one row each: a method is a file in src/ike/auth. A MAC under a shared secret is bytes and no more; certificates bring a method
 * number of their own choice, chains and words.
 */
static const struct auth_method_row {
	enum auth_kind kind;
	uint8_t method; /* of the AUTH payload that mac makes */
	enum err (*mac)(const struct crypto *c, const struct job_auth *auth, uint8_t *ret,
			size_t *ret_len);
	enum err (*mac_verify)(const struct crypto *c, const struct job_auth *auth);
	void (*sign)(struct worker *w, const struct job_auth *auth, struct job_result *ret);
	void (*verify)(struct worker *w, const struct job_auth *auth, struct job_result *ret);
} auth_methods[] = {
	{ AUTH_KIND_PSK, AUTH_SHARED_KEY, psk_sign, psk_verify, NULL, NULL },
	{ AUTH_KIND_PUBKEY, 0, NULL, NULL, sign_pubkey, verify_pubkey },
};

static const struct auth_method_row *auth_method(enum auth_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(auth_methods); i++) {
		if (auth_methods[i].kind == kind)
			return &auth_methods[i];
	}
	return NULL;
}

static void ke_generate(struct worker *w, const struct job *job, struct job_result *ret, nanos now)
{
	size_t public_len = 0, private_len = 0;

	(void)now;
	ret->err = crypto_ke_generate(w->crypto, job->ke_generate.method,
				      bytes_span(&job->ke_generate.peer), w->a, &public_len, w->b,
				      &private_len);
	ret->ke_generate.public_key = span_of(w->a, public_len);
	ret->ke_generate.private_key = span_of(w->b, private_len);
}

static void ke_agree(struct worker *w, const struct job *job, struct job_result *ret, nanos now)
{
	size_t len = 0;

	(void)now;
	ret->err = crypto_ke_agree(w->crypto, job->ke_agree.method,
				   bytes_span(&job->ke_agree.private_key),
				   bytes_span(&job->ke_agree.peer), w->a, &len);
	ret->ke_agree.shared = span_of(w->a, len);
}

static void auth_sign(struct worker *w, const struct job *job, struct job_result *ret, nanos now)
{
	const struct auth_method_row *row = auth_method(job->auth.kind);
	size_t len = 0;

	(void)now;
	if (!row) {
		ret->err = ERR_UNSUPPORTED;
	} else if (row->sign) {
		row->sign(w, &job->auth, ret);
	} else {
		ret->err = row->mac(w->crypto, &job->auth, w->a, &len);
		ret->auth_sign.method = row->method;
		ret->auth_sign.data = span_of(w->a, len);
	}
}

static void auth_verify(struct worker *w, const struct job *job, struct job_result *ret, nanos now)
{
	const struct auth_method_row *row = auth_method(job->auth.kind);

	(void)now;
	if (!row)
		ret->err = ERR_UNSUPPORTED;
	else if (row->verify)
		row->verify(w, &job->auth, ret);
	else
		ret->err = row->mac_verify(w->crypto, &job->auth);
}

static void child_install(struct worker *w, const struct job *job, struct job_result *ret,
			  nanos now)
{
	ret->err = w->ops->install(w->plane, &job->child.spec, now);
}

static void child_update(struct worker *w, const struct job *job, struct job_result *ret, nanos now)
{
	struct path path = job->child.spec.path;

	(void)now;
	path.encap = job->child.spec.encap;
	ret->err = w->ops->update(w->plane, job->child.spec.spi_in, &path);
}

static void child_remove(struct worker *w, const struct job *job, struct job_result *ret, nanos now)
{
	(void)now;
	ret->err = w->ops->remove(w->plane, job->child.spec.spi_in);
}

static nanos since(nanos then, nanos now)
{
	return then ? now - then : NANOS_NEVER;
}

static void child_query(struct worker *w, const struct job *job, struct job_result *ret, nanos now)
{
	struct dataplane_counters c = { 0 };

	ret->err = w->ops->query(w->plane, job->child.spec.spi_in, &c);
	ret->child_query.bytes_in = c.bytes_in;
	ret->child_query.packets_in = c.packets_in;
	ret->child_query.bytes_out = c.bytes_out;
	ret->child_query.packets_out = c.packets_out;
	ret->child_query.idle_in = since(c.last_in, now);
	ret->child_query.idle_out = since(c.last_out, now);
}

static void (*const kinds[JOB_KINDS])(struct worker *, const struct job *, struct job_result *,
				      nanos) = {
	[JOB_KE_GENERATE] = ke_generate,     [JOB_KE_AGREE] = ke_agree,
	[JOB_AUTH_SIGN] = auth_sign,	     [JOB_AUTH_VERIFY] = auth_verify,
	[JOB_CHILD_INSTALL] = child_install, [JOB_CHILD_UPDATE] = child_update,
	[JOB_CHILD_REMOVE] = child_remove,   [JOB_CHILD_QUERY] = child_query,
};

void worker_do(struct worker *w, struct adit_engine *e, const struct job *job, nanos now)
{
	struct job_result result = { .err = ERR_OK };

	REQUIRE(job->kind > 0 && job->kind < JOB_KINDS && kinds[job->kind]);
	kinds[job->kind](w, job, &result, now);
	adit_engine_complete(e, job->id, &result, now);
	secret_wipe(w->a, sizeof(w->a));
	secret_wipe(w->b, sizeof(w->b));
}
