/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator itself: it keeps its order, does to datagrams what it says, and sees what it is
 * there to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "puppet.h"
#include "scripts.h"

static struct bench bench; /* large */

static void begin(uint64_t seed)
{
	const struct bench_options options = { .seed = seed };

	bench_init(&bench, &options);
}

/* Gives whether the run failed with words in its failure. */
static bool end_failed(const char *words)
{
	char failure[640];
	uint64_t hash;

	return !bench_clear(&bench, failure, sizeof(failure), &hash) && strstr(failure, words);
}

static bool end_passed(void)
{
	char failure[640];
	uint64_t hash;

	return bench_clear(&bench, failure, sizeof(failure), &hash);
}

static struct pair connected_pair(void)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p = pair_new(&bench, &left, &right);

	assert_true(pair_connect(&bench, &p, 10 * NANOS_SECOND));
	bench_run(&bench, NANOS_SECOND);
	return p;
}

struct order {
	uint64_t seen[8];
	size_t count;
};

static void order_note(void *ctx, uint64_t arg)
{
	struct order *order = ctx;

	order->seen[order->count++] = arg;
}

static void happenings_of_one_instant_run_as_planned(void **state)
{
	static const uint64_t wanted[] = { 5, 0, 1, 2, 3, 4 };
	struct order order = { 0 };
	struct world w;

	(void)state;
	world_init(&w, 1);
	for (uint64_t i = 0; i < 5; i++)
		world_plan(&w, w.now + 10, order_note, NULL, &order, i);
	world_plan(&w, w.now + 5, order_note, NULL, &order, 5);
	world_run(&w, w.now + 100);
	assert_int_equal(order.count, ARRAY_LEN(wanted));
	assert_memory_equal(order.seen, wanted, sizeof(wanted));
	world_clear(&w);
}

static nanos past_deadline(void *ctx)
{
	(void)ctx;
	return 1;
}

static void no_advance(void *ctx)
{
	(void)ctx;
}

static void a_deadline_that_stays_in_the_past_fails_the_run(void **state)
{
	const struct member member = { past_deadline, no_advance, NULL };

	(void)state;
	begin(1);
	world_join(&bench.world, &member);
	bench_run(&bench, NANOS_SECOND);
	assert_true(end_failed("within one instant"));
}

static void a_life_without_faults_passes(void **state)
{
	(void)state;
	begin(1);
	(void)connected_pair();
	bench_close(&bench);
	assert_true(end_passed());
}

static void the_mask_kills_the_datagrams_it_names(void **state)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;

	(void)state;
	begin(1);
	for (unsigned i = 0; i < 3; i++)
		network_mask(&bench.network, i);
	p = pair_new(&bench, &left, &right);
	assert_true(pair_connect(&bench, &p, 60 * NANOS_SECOND));
	assert_int_equal(bench.network.sent - bench.network.delivered, 3);
	bench_close(&bench);
	assert_true(end_passed());
}

static void a_nat_box_gives_another_port_after_rebinding_and_expiry(void **state)
{
	struct setup setup = setup_initiator();
	struct ip inside = ip_v4(10, 0, 0, 1), outside = ip_v4(198, 51, 100, 1);
	static struct puppet in, out;
	static const uint8_t words[] = "hello";
	uint16_t ports[3];

	(void)state;
	begin(1);
	puppet_init(&in, &bench, &setup, "10.0.0.2");
	setup.local = "10.0.0.2";
	puppet_init(&out, &bench, &setup, "198.51.100.1");
	network_nat(&bench.network, &inside, &outside, 30 * NANOS_SECOND);
	for (unsigned i = 0; i < 3; i++) {
		puppet_send(&in, SPAN_ARRAY(words));
		assert_true(puppet_receive(&out, NANOS_SECOND));
		assert_true(ip_equal(&out.got_from.ip, &outside));
		ports[i] = out.got_from.port;
		if (i == 0)
			network_nat_rebind(&bench.network);
		else
			bench_run(&bench, 31 * NANOS_SECOND);
	}
	assert_true(ports[0] != ports[1] && ports[1] != ports[2]);
	out.other = out.got_from;
	puppet_send(&out, SPAN_ARRAY(words)); /* the mapping has expired by now */
	assert_false(puppet_receive(&in, NANOS_SECOND));
	puppet_clear(&in);
	puppet_clear(&out);
	assert_true(end_passed());
}

static void public_key_work_inside_an_engine_call_fails_the_run(void **state)
{
	uint8_t public_key[KE_PUBLIC_MAX], private_key[KE_PRIVATE_MAX];
	size_t public_len, private_len;
	struct pair p;

	(void)state;
	begin(1);
	p = connected_pair();
	p.left->inside = true;
	assert_int_equal(crypto_ke_generate(&p.left->crypto, KE_CURVE_25519, SPAN_EMPTY, public_key,
					    &public_len, private_key, &private_len),
			 ERR_OK);
	p.left->inside = false;
	assert_true(end_failed("inside an engine call"));
}

static void books_of_installed_sas_are_exact(void **state)
{
	struct child_spec spec = { .spi_in = 0x1000, .spi_out = 0x2000 };
	struct pair p;

	(void)state;
	begin(1);
	p = connected_pair();
	assert_int_equal(plane_install(&p.left->plane, &spec), ERR_OK);
	bench_close(&bench);
	assert_true(end_failed("left with 1 SAs installed"));

	begin(1);
	p = connected_pair();
	spec = p.left->plane.sas[0];
	assert_int_equal(plane_install(&p.left->plane, &spec), ERR_EXISTS);
	assert_true(end_failed("twice"));

	begin(1);
	p = connected_pair();
	assert_int_equal(plane_remove(&p.left->plane, 0x3000), ERR_NOT_FOUND);
	assert_true(end_failed("not installed"));
}

static void ends_with_different_keys_fail_the_run(void **state)
{
	struct pair p;

	(void)state;
	begin(1);
	p = connected_pair();
	p.left->plane.sas[0].encr_in.bytes[0] ^= 1;
	checker_step(&bench);
	assert_true(end_failed("installed keys"));
}

static void an_sa_at_one_end_alone_is_not_settled(void **state)
{
	struct pair p;

	(void)state;
	begin(1);
	p = connected_pair();
	host_reboot(p.right);
	checker_settled(&bench, p.left, p.right);
	assert_true(end_failed("which right has not"));
}

static void an_unanswered_job_is_missed(void **state)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;
	uint32_t request;

	(void)state;
	begin(1);
	p = pair_new(&bench, &left, &right);
	p.left->jobs.faults.never = 1000;
	assert_int_equal(host_initiate(p.left, "gw", "net", &request), ERR_OK);
	assert_int_equal(sim_jobs_unanswered(&p.left->jobs), 1);
	checker_closed(&bench);
	assert_true(end_failed("left is left with 1 IKE SAs"));
}

/* Messages as an engine must not send them, judged as if one did. */
static struct sighting judged(struct puppet *p, uint32_t id, bool response)
{
	uint8_t buffer[DATAGRAM_MAX], inner[64];
	size_t len = puppet_seal(p, EXCHANGE_INFORMATIONAL, response, id,
				 span_of(inner, inner_empty(inner)), buffer);

	return sniffer_see(&bench.sniffer, p->station, span_of(buffer, len), true);
}

static void judged_puppet(struct puppet *p)
{
	struct setup right = setup_responder(), self = setup_initiator();

	begin(1);
	(void)bench_host(&bench, "right", &right);
	puppet_init(p, &bench, &self, right.local);
	assert_true(puppet_init_exchange(p));
}

static void message_ids_that_run_wild_are_seen(void **state)
{
	static struct puppet p;

	(void)state;
	judged_puppet(&p);
	(void)judged(&p, 3, false);
	puppet_clear(&p);
	assert_true(end_failed("runs wild"));

	judged_puppet(&p);
	(void)judged(&p, 1, false);
	assert_false(bench.world.failed);
	(void)judged(&p, 2, false);
	puppet_clear(&p);
	assert_true(end_failed("leaves before"));
}

static void a_retransmission_with_other_bytes_is_seen(void **state)
{
	static struct puppet p;

	(void)state;
	judged_puppet(&p);
	(void)judged(&p, 1, false);
	(void)judged(&p, 1, false); /* its IV is another */
	puppet_clear(&p);
	assert_true(end_failed("other bytes"));
}

static void an_iv_that_comes_twice_is_seen(void **state)
{
	static struct puppet p;
	struct random random;

	(void)state;
	judged_puppet(&p);
	random = bench.world.random;
	(void)judged(&p, 1, false);
	assert_false(bench.world.failed);
	bench.world.random = random;
	(void)judged(&p, 2, false);
	puppet_clear(&p);
	assert_true(end_failed("an IV comes twice"));
}

static void a_response_to_nothing_is_seen(void **state)
{
	static struct puppet p;

	(void)state;
	judged_puppet(&p);
	(void)judged(&p, 0, true);
	puppet_clear(&p);
	assert_true(end_failed("never asked"));
}

static void a_response_that_nobody_asked_for_again_is_seen(void **state)
{
	struct setup right = setup_responder(), self = setup_initiator();
	uint8_t buffer[DATAGRAM_MAX], inner[64];
	static struct puppet p;
	size_t len;

	(void)state;
	begin(1);
	right.dpd_s = 10;
	(void)bench_host(&bench, "right", &right);
	puppet_init(&p, &bench, &self, right.local);
	assert_true(puppet_init_exchange(&p) && puppet_auth_exchange(&p));
	assert_true(puppet_receive_exchange(&p, EXCHANGE_INFORMATIONAL, false, 30 * NANOS_SECOND));
	len = puppet_seal(&p, EXCHANGE_INFORMATIONAL, true, p.header.message_id,
			  span_of(inner, inner_empty(inner)), buffer);
	(void)sniffer_see(&bench.sniffer, p.station, span_of(buffer, len), true);
	assert_false(bench.world.failed);
	(void)sniffer_see(&bench.sniffer, p.station, span_of(buffer, len), true);
	puppet_clear(&p);
	assert_true(end_failed("2 responses to"));
}

static void a_message_in_fragments_is_described_with_the_last(void **state)
{
	uint8_t buffer[DATAGRAM_MAX], inner[64];
	static struct puppet p;
	struct sighting seen;
	size_t len;

	(void)state;
	judged_puppet(&p);
	len = inner_notify(inner, NOTIFY_AUTHENTICATION_FAILED);
	for (uint16_t i = 1; i <= 2; i++) {
		const struct skf_header number = { i, 2 };
		struct span piece = i == 1 ? span_of(inner + 1, 3) : span_of(inner + 4, len - 4);
		size_t sealed = puppet_seal_piece(&p, EXCHANGE_IKE_AUTH, false, 1, &number,
						  i == 1 ? inner[0] : PAYLOAD_NONE, piece, buffer);

		seen = sniffer_see(&bench.sniffer, p.station, span_of(buffer, sealed), true);
		assert_true(seen.opened && seen.row == ROW_AUTH_FRAGMENT && seen.fragment == i);
		assert_int_equal(seen.notifies_count, i - 1);
	}
	assert_int_equal(seen.notifies[0], NOTIFY_AUTHENTICATION_FAILED);
	assert_int_equal(seen.inner_len, len - 1);
	puppet_clear(&p);
	bench_close(&bench);
	assert_true(end_passed());
}

static void a_fragment_that_is_missing_is_seen(void **state)
{
	const struct skf_header number = { 2, 2 };
	uint8_t buffer[DATAGRAM_MAX], piece[8] = { 0 };
	static struct puppet p;
	size_t len;

	(void)state;
	judged_puppet(&p);
	len = puppet_seal_piece(&p, EXCHANGE_IKE_AUTH, false, 1, &number, PAYLOAD_NONE,
				SPAN_ARRAY(piece), buffer);
	(void)sniffer_see(&bench.sniffer, p.station, span_of(buffer, len), true);
	puppet_clear(&p);
	assert_true(end_failed("does not open"));
}

static void a_message_that_does_not_open_is_seen(void **state)
{
	static struct puppet p;

	(void)state;
	judged_puppet(&p);
	p.bend.integrity = true;
	(void)judged(&p, 1, false);
	puppet_clear(&p);
	assert_true(end_failed("does not open"));
}

static void a_seed_replays_exactly_and_another_differs(void **state)
{
	const struct script *script = script_find("mix");
	struct outcome first, again, other;

	(void)state;
	assert_non_null(script);
	first = script_play(script, &(struct bench_options){ .seed = 7 });
	again = script_play(script, &(struct bench_options){ .seed = 7 });
	other = script_play(script, &(struct bench_options){ .seed = 8 });
	assert_true(first.passed && again.passed && other.passed);
	assert_true(first.hash == again.hash);
	assert_true(first.hash != other.hash);
}

static void coverage_names_what_was_never_met(void **state)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));
	char *words = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&words, &len);

	(void)state;
	assert_non_null(coverage);
	assert_non_null(to);
	assert_false(coverage_complete(coverage, to));
	fclose(to);
	assert_non_null(strstr(words, "never met: AUTH R_RESPONSE LOST"));
	assert_non_null(strstr(words, "never met: job CHILD_INSTALL NEVER"));
	assert_non_null(strstr(words, "never met: AUTH_FRAGMENT I_REQUEST DUPLICATED"));
	assert_non_null(strstr(words, "never met: job CERT_VERIFY LATE"));
	assert_non_null(strstr(words, "never given: a certificate is revoked"));
	assert_non_null(strstr(words, "never sent: INVALID_MAJOR_VERSION"));
	assert_non_null(strstr(words, "never received: COOKIE"));
	free(words);
	free(coverage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(happenings_of_one_instant_run_as_planned),
		cmocka_unit_test(a_deadline_that_stays_in_the_past_fails_the_run),
		cmocka_unit_test(a_life_without_faults_passes),
		cmocka_unit_test(the_mask_kills_the_datagrams_it_names),
		cmocka_unit_test(a_nat_box_gives_another_port_after_rebinding_and_expiry),
		cmocka_unit_test(public_key_work_inside_an_engine_call_fails_the_run),
		cmocka_unit_test(books_of_installed_sas_are_exact),
		cmocka_unit_test(ends_with_different_keys_fail_the_run),
		cmocka_unit_test(an_sa_at_one_end_alone_is_not_settled),
		cmocka_unit_test(an_unanswered_job_is_missed),
		cmocka_unit_test(message_ids_that_run_wild_are_seen),
		cmocka_unit_test(a_retransmission_with_other_bytes_is_seen),
		cmocka_unit_test(an_iv_that_comes_twice_is_seen),
		cmocka_unit_test(a_response_to_nothing_is_seen),
		cmocka_unit_test(a_response_that_nobody_asked_for_again_is_seen),
		cmocka_unit_test(a_message_in_fragments_is_described_with_the_last),
		cmocka_unit_test(a_fragment_that_is_missing_is_seen),
		cmocka_unit_test(a_message_that_does_not_open_is_seen),
		cmocka_unit_test(a_seed_replays_exactly_and_another_differs),
		cmocka_unit_test(coverage_names_what_was_never_met),
	};

	return cmocka_run_group_tests_name("simulator", tests, NULL, NULL);
}
