/* SPDX-License-Identifier: Apache-2.0 */
/* The Authentication payload, RFC 7296 3.8. */
#include "payloads.h"

enum err auth_parse(struct auth_payload *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct auth_payload auth;
	enum err err;

	auth.method = reader_u8(&r);
	reader_skip(&r, 3);
	auth.data = reader_rest(&r);
	TRY(reader_end(&r));
	*ret = auth;
out:
	return err;
}

void auth_build(struct chain *c, uint8_t method, struct span data)
{
	payload_begin(c, PAYLOAD_AUTH, false);
	writer_u8(c->w, method);
	writer_zero(c->w, 3);
	writer_put(c->w, data);
	payload_end(c);
}
