/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toy: an exchange that gives back the nonce it was sent, last byte first. For a test of how
 * exchanges are added.
 */
#include "payloads.h"
#include "rules.h"
#include "state.h"

#define TOY_LEN 32

static const uint8_t asked[TOY_LEN] = "abcdefghijklmnopqrstuvwxyz";

enum err toy_send(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct sealing sealing;
	struct span datagram;
	enum err err;

	x->message_id = sa->window.send_next;
	message_begin(e, sa, &sealing, EXCHANGE_TOY, x->message_id, false);
	nonce_build(&sealing.chain, SPAN_ARRAY(asked));
	TRY(message_seal(e, sa, &sealing, &datagram));
	TRY(exchange_send(e, sa, x, datagram));
	sa->window.send_next++;
	return exchange_wait(e, x, toy_answered);
out:
	return err;
}

/* The nonce that the message is about. */
static enum err nonce_of(const struct exchange *x, struct span *ret)
{
	struct payload_list list;

	exchange_payloads(x, &list);
	return nonce_parse(ret, payload_find(&list, PAYLOAD_NONCE)->body);
}

enum err toy_request(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	uint8_t answer[NONCE_MAX];
	struct sealing sealing;
	struct span nonce, datagram;
	enum err err;

	TRY(nonce_of(x, &nonce));
	for (size_t i = 0; i < nonce.len; i++)
		answer[i] = nonce.data[nonce.len - 1 - i];
	message_begin(e, sa, &sealing, EXCHANGE_TOY, x->message_id, true);
	nonce_build(&sealing.chain, span_of(answer, nonce.len));
	TRY(message_seal(e, sa, &sealing, &datagram));
	TRY(exchange_respond(e, sa, x, datagram));
out:
	return err;
}

enum err toy_answered(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct span nonce;
	enum err err;

	(void)e;
	(void)sa;
	TRY(nonce_of(x, &nonce));
	TRY_THAT(nonce.len == TOY_LEN, ERR_LENGTH);
	for (size_t i = 0; i < TOY_LEN; i++)
		TRY_THAT(nonce.data[i] == asked[TOY_LEN - 1 - i], ERR_SYNTAX);
out:
	return err;
}
