/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proposal: proposal strings as swanctl.conf writes them ("aes128gcm16-prfsha256-x25519",
 * "default").
 */
#ifndef ADIT_CONFIG_PROPOSAL_H
#define ADIT_CONFIG_PROPOSAL_H

#include "payloads.h"

/*
 * protocol is PROTOCOL_IKE, PROTOCOL_ESP or PROTOCOL_AH. One string is one proposal, its keywords joined by "-";
 * several of a type are alternatives. For IKE a missing PRF follows from the integrity algorithm
 * (an AEAD needs one named); combined-mode and other ciphers do not mix (RFC 5282 8). What is wrong
 * goes to ret_why in words, with the nearest keyword.
 */
MUST_USE enum err proposal_parse(struct proposal *ret, uint8_t protocol, struct span text,
				 struct text *ret_why);
/* The default list of a protocol. */
size_t proposal_defaults(struct proposal *ret, size_t max, uint8_t protocol);
/* "AES_GCM_16-128/PRF_HMAC_SHA2_256/CURVE_25519": alternatives in order, unknown numbers as
 * "ENCR:42". */
void text_proposal(struct text *t, const struct proposal *p);

#endif
