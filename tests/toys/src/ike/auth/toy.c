/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/toy.h"

#include "require.h"

enum err toy_sign(const struct crypto *c, const struct job_auth *auth, uint8_t *ret,
		  size_t *ret_len)
{
	const struct psk_config *psk = config_psk(auth->config, &auth->local, &auth->remote);
	struct span parts[3] = { bytes_span(&auth->message), bytes_span(&auth->nonce),
				 secret_span(&auth->prf_id) };
	enum err err;

	TRY_THAT(psk, ERR_NOT_FOUND);
	TRY(crypto_prf(c, PRF_HMAC_SHA2_512, span_of(psk->data, psk->len), parts, ARRAY_LEN(parts),
		       ret));
	*ret_len = 64;
out:
	return err;
}

enum err toy_verify(const struct crypto *c, const struct job_auth *auth)
{
	uint8_t wanted[SECRET_MAX];
	size_t len;
	enum err err;

	TRY_THAT(auth->method == AUTH_TOY, ERR_AUTH);
	TRY(toy_sign(c, auth, wanted, &len));
	TRY_THAT(secret_equal(span_of(wanted, len), bytes_span(&auth->data)), ERR_AUTH);
out:
	return err;
}
