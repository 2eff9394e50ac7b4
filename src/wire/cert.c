/* SPDX-License-Identifier: Apache-2.0 */
/* The Certificate and Certificate Request payloads, RFC 7296 3.6 and 3.7: one form. */
#include "payloads.h"

#include "require.h"

enum err cert_parse(struct cert_payload *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct cert_payload cert;
	enum err err;

	cert.encoding = reader_u8(&r);
	cert.data = reader_rest(&r);
	TRY(reader_end(&r));
	*ret = cert;
out:
	return err;
}

void cert_build(struct chain *c, uint8_t payload, uint8_t encoding, struct span data)
{
	REQUIRE(payload == PAYLOAD_CERT || payload == PAYLOAD_CERTREQ);
	payload_begin(c, payload, false);
	writer_u8(c->w, encoding);
	writer_put(c->w, data);
	payload_end(c);
}
