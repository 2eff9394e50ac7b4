/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/ike/exchange/sa_init.c that the simulator does not reach: requests that no
 * engine makes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "pair.h"
#include "state.h"

#define HEADER_NEXT_AT 16

static struct span request_build(const struct side *s, uint8_t *buffer, size_t ke_len)
{
	static struct sa offer; /* large */
	static const uint8_t zero[KE_PUBLIC_MAX];
	const struct conn_config *conn = &s->config->conns[0];
	const struct ike_header header = {
		.spi_i = 1,
		.version = IKE_VERSION,
		.exchange = EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_INITIATOR,
	};
	struct writer w = writer_of(buffer, DATAGRAM_MAX);
	struct chain c;

	offer = (struct sa){ .count = 1 };
	offer.proposals[0] = conn->proposals[0];
	offer.proposals[0].number = 1;
	ike_header_build(&w, &header);
	c = chain_begin(&w, HEADER_NEXT_AT);
	sa_build(&c, &offer);
	ke_build(&c, KE_CURVE_25519, span_of(zero, ke_len));
	nonce_build(&c, span_of(zero, 32));
	ike_header_finish(&w, 0);
	assert_int_equal(writer_end(&w), ERR_OK);
	return writer_span(&w);
}

/* RFC7296 3.4 */
static void a_ke_value_of_another_length_than_its_method_is_malformed(void **state)
{
	static uint8_t buffer[DATAGRAM_MAX];
	static const size_t lens[] = { 31, 33, 64, 32 };
	struct path path = { .local = { .ip = ip_v4(192, 0, 2, 1), .port = 500 },
			     .remote = { .ip = ip_v4(192, 0, 2, 2), .port = 500 } };
	struct pair p;

	(void)state;
	pair_init(&p, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		struct payload_list list;
		struct writer w = writer_of(buffer, sizeof(buffer));
		struct span answer;
		struct notify n;
		uint8_t critical;
		struct path out;

		adit_engine_input(p.r.engine, &path, request_build(&p.i, buffer, lens[i]), p.now);
		if (lens[i] == 32) { /* nothing else was wrong with it */
			assert_int_equal(adit_engine_usage(p.r.engine).half_open, 1);
			break;
		}
		assert_int_equal(adit_engine_usage(p.r.engine).half_open, 0);
		assert_true(adit_engine_output(p.r.engine, &out, &w));
		answer = writer_span(&w);
		assert_int_equal(payload_list_parse(&list, answer.data[HEADER_NEXT_AT],
						    span_tail(answer, IKE_HEADER_LEN), &critical),
				 ERR_OK);
		assert_true(notify_find_error(&n, &list));
		assert_int_equal(n.type, NOTIFY_INVALID_SYNTAX);
	}
	pair_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ke_value_of_another_length_than_its_method_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
