/* SPDX-License-Identifier: Apache-2.0 */
/* The Nonce payload, RFC 7296 3.9. */
#include "payloads.h"

#include "require.h"

enum err nonce_parse(struct span *ret, struct span body)
{
	if (body.len < NONCE_MIN || body.len > NONCE_MAX) /* RFC7296 3.9 */
		return ERR_LENGTH;
	*ret = body;
	return ERR_OK;
}

void nonce_build(struct chain *c, struct span nonce)
{
	REQUIRE(nonce.len >= NONCE_MIN && nonce.len <= NONCE_MAX);
	payload_put(c, PAYLOAD_NONCE, nonce);
}
