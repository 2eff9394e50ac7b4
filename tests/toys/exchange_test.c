/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the rows of the toy exchange: its answer, its repetition when it is lost, its
 * refusal where it has no place. */
#include "two.h"

#include "rules.h"
#include "state.h"

static const struct one_words words = { "", "psk", "open sesame" };

static struct ike_sa *sa_of(struct one *o)
{
	uint32_t slot = 0;

	return slab_next(&o->engine->sas, &slot);
}

static void connect_and_ask(struct two *t)
{
	struct exchange *x;

	two_init(t, &words, &words);
	two_connect(t);
	assert_int_equal(t->i.ups + t->r.ups, 2);
	x = exchange_new(t->i.engine, sa_of(&t->i), EXCHANGE_TOY, true);
	assert_non_null(x);
	exchange_run(t->i.engine, x, toy_send);
	assert_int_not_equal(sa_of(&t->i)->first_exchange, SLAB_NONE);
}

/* Its answer was what it should be: the exchange is over and the SA is up. */
static void expect_answered(struct two *t)
{
	assert_non_null(sa_of(&t->i));
	assert_int_equal(sa_of(&t->i)->first_exchange, SLAB_NONE);
	assert_int_equal(sa_of(&t->i)->phase, PHASE_UP);
	assert_int_equal(sa_of(&t->r)->first_exchange, SLAB_NONE);
	assert_int_equal(sa_of(&t->r)->phase, PHASE_UP);
	assert_int_equal(t->i.downs + t->r.downs, 0);
}

static void it_gets_its_answer(void **state)
{
	struct two t;

	(void)state;
	connect_and_ask(&t);
	two_settle(&t);
	expect_answered(&t);
	two_clear(&t);
}

static void request_and_answer_may_be_lost(void **state)
{
	(void)state;
	for (unsigned lost = 1; lost <= 2; lost++) {
		struct two t;

		connect_and_ask(&t);
		if (lost == 2) { /* the request goes through, the answer does not */
			static uint8_t buffer[DATAGRAM_MAX];
			struct writer w = writer_of(buffer, sizeof(buffer));
			struct path out, in;

			assert_true(adit_engine_output(t.i.engine, &out, &w));
			in = (struct path){ .local = out.remote,
					    .remote = out.local,
					    .encap = out.encap };
			adit_engine_input(t.r.engine, &in, writer_span(&w), t.now);
		}
		t.drop = 1;
		two_settle(&t);
		assert_int_not_equal(sa_of(&t.i)->first_exchange, SLAB_NONE);
		two_pass(&t, 10 * NANOS_SECOND);
		expect_answered(&t);
		two_clear(&t);
	}
}

static void it_has_no_place_before_the_sa_is_up(void **state)
{
	(void)state;
	assert_non_null(rule_find(EXCHANGE_TOY, true, PHASE_UP));
	assert_null(rule_find(EXCHANGE_TOY, true, PHASE_AUTH));
	assert_null(rule_find(EXCHANGE_TOY, false, PHASE_INIT));
	assert_string_equal(exchange_name(EXCHANGE_TOY), "TOY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_gets_its_answer),
		cmocka_unit_test(request_and_answer_may_be_lost),
		cmocka_unit_test(it_has_no_place_before_the_sa_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
