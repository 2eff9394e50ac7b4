/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/pubkey.h"

#include "require.h"

static struct auth_octets octets_of(const struct job_auth *auth)
{
	return (struct auth_octets){ {
		bytes_span(&auth->message),
		bytes_span(&auth->nonce),
		secret_span(&auth->prf_id),
	} };
}

enum err pubkey_sign(const struct job_auth *auth, int64_t wall_clock, struct sign_result *ret,
		     struct text *ret_why)
{
	const struct auth_config *local = &auth->conn->local;
	struct sign_query q = {
		.id = &auth->local,
		.certs = local->certs,
		.certs_count = local->certs_count,
		.certreq = bytes_span(&auth->certreq),
		.peer_7427 = auth->peer_7427,
		.peer_hashes = auth->peer_hashes,
		.constraints = &local->constraints,
		.with_certs = auth->with_certs,
		.octets = octets_of(auth),
		.now = wall_clock,
	};

	REQUIRE(auth->config->credentials);
	return sign_auth(auth->config->credentials, &q, ret, ret_why);
}

enum err pubkey_verify(const struct job_auth *auth, int64_t wall_clock,
		       enum verify_fault *ret_fault, struct text *ret_why)
{
	const struct auth_config *remote = &auth->conn->remote;
	struct verify_query q = {
		.id = &auth->remote,
		.certs = remote->certs,
		.certs_count = remote->certs_count,
		.anchors = remote->anchors,
		.anchors_count = remote->anchors_count,
		.peer_certs = bytes_span(&auth->certs),
		.method = auth->method,
		.peer_7427 = auth->peer_7427,
		.auth = bytes_span(&auth->data),
		.octets = octets_of(auth),
		.constraints = &remote->constraints,
		.revocation = remote->revocation,
		.now = wall_clock,
	};
	char detail[160];
	struct text t = TEXT_ARRAY(detail);
	enum err err;

	REQUIRE(auth->config->credentials);
	err = verify_auth(auth->config->credentials, &q, ret_fault, &t);
	if (err && *ret_fault != VERIFY_NONE)
		text_put(ret_why, verify_fault_words(*ret_fault));
	if (err && t.len) {
		text_put(ret_why, ": ");
		text_put(ret_why, detail);
	}
	return err;
}
