/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/ike/exchange/create_child.c: how requests are refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "pair.h"
#include "state.h"

static struct ike_sa *sa_of(const struct side *s)
{
	uint32_t slot = 0;
	struct ike_sa *sa = slab_next(&s->engine->sas, &slot);

	assert_non_null(sa);
	return sa;
}

static void connect(struct pair *p)
{
	pair_init(p, NULL, NULL);
	pair_initiate(p);
	pair_settle(p);
	assert_int_equal(p->i.ups + p->r.ups, 2);
}

/* The initiator's request for a Child SA, which rekeys the one that receives on an SPI unless that
 * is 0. */
static struct span request_build(struct pair *p, uint32_t rekeyed)
{
	static struct sa offer; /* large */
	const struct notify n = {
		.protocol = PROTOCOL_ESP, .spi_len = 4, .spi = rekeyed, .type = NOTIFY_REKEY_SA
	};
	static const uint8_t nonce[32] = { 1 };
	struct ike_sa *sa = sa_of(&p->i);
	struct sealing sealing;
	struct span datagram;

	offer = (struct sa){ .count = 1 };
	offer.proposals[0] = (struct proposal){
		.number = 1,
		.protocol = PROTOCOL_ESP,
		.spi_len = 4,
		.spi = 0x1234567,
		.count = 2,
		.transforms = { { TRANSFORM_ENCR, ENCR_AES_GCM_16, 128, false },
				{ TRANSFORM_ESN, ESN_NO, 0, false } },
	};
	message_begin(p->i.engine, sa, &sealing, EXCHANGE_CREATE_CHILD_SA, sa->window.send_next,
		      false);
	if (rekeyed)
		notify_build(&sealing.chain, &n);
	sa_build(&sealing.chain, &offer);
	nonce_build(&sealing.chain, SPAN_ARRAY(nonce));
	assert_int_equal(message_seal(p->i.engine, sa, &sealing, &datagram), ERR_OK);
	return datagram;
}

/* Hands it to the responder; gives the error of its answer. */
static struct notify refusal(struct pair *p, uint32_t rekeyed)
{
	static uint8_t buffer[DATAGRAM_MAX], plain[DATAGRAM_MAX];
	struct ike_sa *sa = sa_of(&p->i);
	const struct path in = { .local = sa->path.remote,
				 .remote = sa->path.local,
				 .encap = sa->path.encap };
	struct payload_list list;
	struct ike_header header;
	struct span payloads;
	struct notify n = { 0 };
	struct writer w;
	struct skf_header fragment;
	uint8_t first, critical;
	struct path out;

	adit_engine_input(p->r.engine, &in, request_build(p, rekeyed), p->now);
	do { /* requests of its own, that are out */
		w = writer_of(buffer, sizeof(buffer));
		assert_true(adit_engine_output(p->r.engine, &out, &w));
		assert_int_equal(ike_header_parse(&header, writer_span(&w)), ERR_OK);
	} while (!(header.flags & IKE_FLAG_RESPONSE));
	assert_int_equal(header.exchange, EXCHANGE_CREATE_CHILD_SA);
	assert_int_equal(protect_open(&p->i.crypto, p->i.engine->sealer, &sa->protect, false, writer_span(&w), plain,
				      &first, &payloads, &fragment), ERR_OK);
	assert_int_equal(payload_list_parse(&list, first, payloads, &critical), ERR_OK);
	assert_int_equal(list.count, 1);
	assert_true(notify_find_error(&n, &list));
	return n;
}

static uint32_t child_spi(const struct side *s)
{
	struct adit_child_info info;
	uint32_t cursor = 0;

	assert_true(adit_engine_child_info(s->engine, &cursor, &info));
	return info.spi_in;
}

static void terminate(struct pair *p, const struct adit_terminate *what)
{
	uint32_t matches, request;

	assert_int_equal(adit_engine_terminate(p->r.engine, what, p->now, &matches, &request),
			 ERR_OK);
	assert_int_equal(matches, 1);
}

/* RFC7296 4 */
static void further_children_are_refused(void **state)
{
	struct pair p;

	(void)state;
	connect(&p);
	assert_int_equal(refusal(&p, 0).type, NOTIFY_NO_ADDITIONAL_SAS);
	pair_clear(&p);
	connect(&p);
	assert_int_equal(refusal(&p, child_spi(&p.i)).type, NOTIFY_NO_ADDITIONAL_SAS);
	assert_int_equal(p.r.downs + p.r.child_downs, 0);
	pair_clear(&p);
}

/* RFC7296 2.25, 2.25.1: and the answer names it as the request did */
static void a_child_that_is_not_there_is_not_found(void **state)
{
	struct pair p;
	struct notify n;
	uint32_t spi;

	(void)state;
	connect(&p);
	spi = child_spi(&p.i) ^ 1;
	n = refusal(&p, spi);
	assert_int_equal(n.type, NOTIFY_CHILD_SA_NOT_FOUND);
	assert_int_equal(n.protocol, PROTOCOL_ESP);
	assert_true(n.spi == spi);
	pair_clear(&p);
}

/* RFC7296 2.25.1 */
static void a_child_on_its_way_out_fails_for_now(void **state)
{
	struct pair p;

	(void)state;
	connect(&p);
	terminate(&p, &(struct adit_terminate){ .child = "net" });
	assert_int_equal(refusal(&p, child_spi(&p.i)).type, NOTIFY_TEMPORARY_FAILURE);
	pair_clear(&p);
}

/* RFC7296 2.25.2 */
static void everything_fails_for_now_while_the_ike_sa_is_deleted(void **state)
{
	struct pair p;

	(void)state;
	for (unsigned rekeys = 0; rekeys < 2; rekeys++) {
		connect(&p);
		terminate(&p, &(struct adit_terminate){ .ike = "rw" });
		assert_int_equal(refusal(&p, rekeys ? child_spi(&p.i) : 0).type,
				 NOTIFY_TEMPORARY_FAILURE);
		pair_clear(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(further_children_are_refused),
		cmocka_unit_test(a_child_that_is_not_there_is_not_found),
		cmocka_unit_test(a_child_on_its_way_out_fails_for_now),
		cmocka_unit_test(everything_fails_for_now_while_the_ike_sa_is_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
