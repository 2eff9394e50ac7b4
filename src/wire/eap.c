/* SPDX-License-Identifier: Apache-2.0 */
/* The EAP payload, RFC 7296 3.16. Methods are somebody else's; here is only the envelope of RFC
 * 3748 4. */
#include "payloads.h"

enum { EAP_REQUEST = 1, EAP_RESPONSE = 2, EAP_SUCCESS = 3, EAP_FAILURE = 4 };

enum err eap_parse(struct eap_payload *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct eap_payload eap = { .whole = body };
	uint16_t length;
	enum err err;

	eap.code = reader_u8(&r);
	eap.identifier = reader_u8(&r);
	length = reader_u16(&r);
	TRY_THAT(reader_ok(&r), ERR_TRUNCATED);
	TRY_THAT(length == body.len, ERR_LENGTH); /* RFC7296 3.16 */
	if (eap.code == EAP_REQUEST || eap.code == EAP_RESPONSE) {
		eap.type = reader_u8(&r);
		eap.data = reader_rest(&r);
	} else {
		TRY_THAT(eap.code == EAP_SUCCESS || eap.code == EAP_FAILURE, ERR_SYNTAX);
	}
	TRY(reader_end(&r));
	*ret = eap;
out:
	return err;
}

void eap_build(struct chain *c, struct span message)
{
	payload_put(c, PAYLOAD_EAP, message);
}
