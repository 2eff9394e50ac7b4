/* SPDX-License-Identifier: Apache-2.0 */
/* The Configuration payload, RFC 7296 3.15. */
#include "payloads.h"

#include "require.h"

#define TYPE_MASK 0x7fff /* RFC7296 3.15.1: the top bit is reserved */

enum err cp_parse(struct cp_payload *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct cp_payload cp = { 0 };
	enum err err;

	cp.type = reader_u8(&r);
	reader_skip(&r, 3);
	while (reader_ok(&r) && reader_left(&r) > 0) {
		struct cp_attribute a;

		a.type = reader_u16(&r) & TYPE_MASK;
		a.value = reader_take(&r, reader_u16(&r));
		TRY_THAT(cp.count < ARRAY_LEN(cp.items), ERR_TOO_MANY);
		cp.items[cp.count++] = a;
	}
	TRY(reader_end(&r));
	*ret = cp;
out:
	return err;
}

void cp_build(struct chain *c, const struct cp_payload *cp)
{
	REQUIRE(cp->count <= ARRAY_LEN(cp->items));
	payload_begin(c, PAYLOAD_CP, false);
	writer_u8(c->w, cp->type);
	writer_zero(c->w, 3);
	for (size_t i = 0; i < cp->count; i++) {
		size_t length_at;

		REQUIRE(cp->items[i].type <= TYPE_MASK);
		writer_u16(c->w, cp->items[i].type);
		length_at = writer_mark16(c->w);
		writer_put(c->w, cp->items[i].value);
		writer_patch16(c->w, length_at, cp->items[i].value.len);
	}
	payload_end(c);
}
