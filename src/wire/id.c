/* SPDX-License-Identifier: Apache-2.0 */
/* The Identification payloads, RFC 7296 3.5. */
#include "payloads.h"

#include "require.h"

enum err id_parse(struct id_payload *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct id_payload id;
	size_t least, most;
	enum err err;

	id.type = reader_u8(&r);
	reader_skip(&r, 3);
	id.data = reader_rest(&r);
	TRY(reader_end(&r));
	if (id_type_sizes(id.type, &least, &most))
		TRY_THAT(id.data.len >= least && id.data.len <= most, ERR_LENGTH);
	*ret = id;
out:
	return err;
}

void id_build(struct chain *c, uint8_t payload, uint8_t type, struct span data)
{
	REQUIRE(payload == PAYLOAD_IDI || payload == PAYLOAD_IDR);
	payload_begin(c, payload, false);
	writer_u8(c->w, type);
	writer_zero(c->w, 3);
	writer_put(c->w, data);
	payload_end(c);
}
