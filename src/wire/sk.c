/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of the Encrypted Fragment payload, RFC 7383 2.5. SK's body (RFC 7296 3.14) has no
 * fields of its own. */
#include "payloads.h"

#include "require.h"

enum err skf_parse(struct skf_header *ret, struct span *ret_sealed, struct span body)
{
	struct reader r = reader_of(body);
	struct skf_header header;
	struct span sealed;
	enum err err;

	header.number = reader_u16(&r);
	header.total = reader_u16(&r);
	sealed = reader_rest(&r);
	TRY(reader_end(&r));
	/* RFC7383 2.5: both count from 1; 2.6: a number past the total is no fragment. */
	TRY_THAT(header.number > 0 && header.number <= header.total, ERR_SYNTAX);
	*ret = header;
	*ret_sealed = sealed;
out:
	return err;
}

void skf_header_build(struct writer *w, const struct skf_header *header)
{
	REQUIRE(header->number > 0 && header->number <= header->total);
	writer_u16(w, header->number);
	writer_u16(w, header->total);
}
