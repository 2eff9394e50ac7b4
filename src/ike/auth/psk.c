/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/psk.h"

#include "require.h"

enum err psk_sign(const struct crypto *c, const struct job_auth *auth, uint8_t *ret,
		  size_t *ret_len)
{
	static const char pad[] = "Key Pad for IKEv2";
	const struct psk_config *psk = config_psk(auth->config, &auth->local, &auth->remote);
	const struct prf *prf = prf_find(auth->prf);
	struct span pad_span = span_of(pad, sizeof(pad) - 1);
	struct span parts[3] = {
		bytes_span(&auth->message),
		bytes_span(&auth->nonce),
		secret_span(&auth->prf_id),
	};
	uint8_t key[SECRET_MAX];
	enum err err;

	REQUIRE(prf && prf->out_len <= SECRET_MAX);
	if (!psk)
		return ERR_NOT_FOUND;
	TRY(crypto_prf(c, auth->prf, span_of(psk->data, psk->len), &pad_span, 1, key));
	TRY(crypto_prf(c, auth->prf, span_of(key, prf->out_len), parts, ARRAY_LEN(parts), ret));
	*ret_len = prf->out_len;
out:
	secret_wipe(key, sizeof(key));
	return err;
}

enum err psk_verify(const struct crypto *c, const struct job_auth *auth)
{
	uint8_t wanted[SECRET_MAX];
	size_t len;
	enum err err;

	TRY_THAT(auth->method == AUTH_SHARED_KEY, ERR_AUTH);
	TRY(psk_sign(c, auth, wanted, &len));
	TRY_THAT(secret_equal(span_of(wanted, len), bytes_span(&auth->data)), ERR_AUTH);
out:
	secret_wipe(wanted, sizeof(wanted));
	return err;
}
