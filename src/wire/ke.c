/* SPDX-License-Identifier: Apache-2.0 */
/* The Key Exchange payload, RFC 7296 3.4. Whether the public value fits its method is crypto's to
 * say. */
#include "payloads.h"

enum err ke_parse(struct ke_payload *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct ke_payload ke;
	enum err err;

	ke.method = reader_u16(&r);
	reader_skip(&r, 2);
	ke.data = reader_rest(&r);
	TRY(reader_end(&r));
	*ret = ke;
out:
	return err;
}

void ke_build(struct chain *c, uint16_t method, struct span data)
{
	payload_begin(c, PAYLOAD_KE, false);
	writer_u16(c->w, method);
	writer_u16(c->w, 0);
	writer_put(c->w, data);
	payload_end(c);
}
