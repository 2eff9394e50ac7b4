/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "pair.h"

/* RFC7296 3.3.1: proposals are numbered from one, or the answer would not be found among them */
static void comes_up_and_carries_one_child(void **state)
{
	struct pair p;
	struct adit_ike_info a, b;
	struct adit_child_info ca, cb;
	uint64_t da, db;
	uint32_t c = 0;

	(void)state;
	pair_init(&p, NULL, NULL);
	pair_initiate(&p);
	pair_settle(&p);
	assert_int_equal(p.i.ups, 1);
	assert_int_equal(p.r.ups, 1);
	assert_int_equal(p.i.requests, 1);
	assert_int_equal(p.i.request_err, ERR_OK);
	assert_true(adit_engine_ike_info(p.i.engine, &c, &a));
	c = 0;
	assert_true(adit_engine_ike_info(p.r.engine, &c, &b));
	assert_int_equal(a.state, IKE_STATE_ESTABLISHED);
	assert_true(a.spi_i == b.spi_i && a.spi_r == b.spi_r);
	assert_true(adit_engine_ike_digest(p.i.engine, a.unique, &da));
	assert_true(adit_engine_ike_digest(p.r.engine, b.unique, &db));
	assert_true(da == db);
	c = 0;
	assert_true(adit_engine_child_info(p.i.engine, &c, &ca));
	c = 0;
	assert_true(adit_engine_child_info(p.r.engine, &c, &cb));
	assert_int_equal(ca.spi_in, cb.spi_out);
	assert_int_equal(ca.spi_out, cb.spi_in);
	assert_int_equal(cb.remote_ts[0].first.bytes[2], 0);
	pair_clear(&p);
}

static void survives_the_loss_of_any_one_datagram(void **state)
{
	(void)state;
	for (unsigned lost = 0; lost < 4; lost++) {
		struct pair p;

		pair_init(&p, NULL, NULL);
		p.drop_mask = 1u << lost;
		pair_initiate(&p);
		pair_settle(&p);
		pair_pass(&p, 20 * NANOS_SECOND);
		assert_int_equal(p.i.ups, 1);
		assert_int_equal(p.r.child_ups, 1);
		pair_clear(&p);
	}
}

static void ends_when_either_side_says_so(void **state)
{
	struct adit_terminate what = { .ike = "gw" };
	uint32_t matches, request;
	struct pair p;

	(void)state;
	pair_init(&p, NULL, NULL);
	pair_initiate(&p);
	pair_settle(&p);
	assert_int_equal(adit_engine_terminate(p.i.engine, &what, p.now, &matches, &request), ERR_OK);
	assert_int_equal(matches, 1);
	pair_settle(&p);
	assert_int_equal(p.i.downs, 1);
	assert_int_equal(p.r.downs, 1);
	assert_int_equal(p.i.removals, 1);
	assert_int_equal(p.r.removals, 1);
	assert_int_equal(p.r.removed[0], p.r.installed[0]);
	pair_pass(&p, 60 * NANOS_SECOND);
	assert_true(adit_engine_idle(p.i.engine));
	assert_true(adit_engine_idle(p.r.engine));
	pair_clear(&p);
}

static void a_wrong_secret_is_told_to_both_in_their_own_words(void **state)
{
	static const char wrong[] =
		"connections { gw { remote_addrs = 192.0.2.1\n"
		" local { auth = psk\n id = client.example.org\n }\n"
		" remote { auth = psk\n id = gateway.example.org\n }\n"
		" children { net { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/24\n } } } }\n"
		"secrets { ike-1 { secret = \"close sesame\"\n } }\n";
	struct pair p;

	(void)state;
	pair_init(&p, wrong, NULL);
	pair_initiate(&p);
	pair_settle(&p);
	pair_pass(&p, 2 * NANOS_SECOND); /* a better answer could still have come */
	assert_int_equal(p.i.request_err, ERR_AUTH);
	assert_int_equal(p.r.last_diagnosis.diagnosis.kind, DIAGNOSIS_SECRET);
	assert_int_equal(p.i.last_diagnosis.diagnosis.kind, DIAGNOSIS_REFUSED);
	pair_pass(&p, 60 * NANOS_SECOND);
	assert_true(adit_engine_idle(p.r.engine));
	pair_clear(&p);
}

static void a_diagnosis_names_the_setting_with_the_connection_s_own_name(void **state)
{
	static const char other[] =
		"connections { gw { remote_addrs = 192.0.2.1\n proposals = aes256gcm16-prfsha512-modp2048\n"
		" local { auth = psk\n id = client.example.org\n }\n"
		" remote { auth = psk\n id = gateway.example.org\n }\n"
		" children { net { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/24\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	static const char one[] =
		"connections { rw { local_addrs = 192.0.2.1\n proposals = aes128gcm16-prfsha256-x25519\n"
		" local { auth = psk\n id = gateway.example.org\n }\n"
		" remote { auth = psk\n id = client.example.org\n }\n"
		" children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	struct pair p;

	(void)state;
	pair_init(&p, other, one);
	pair_initiate(&p);
	pair_settle(&p);
	pair_pass(&p, 3 * NANOS_SECOND);
	assert_int_equal(p.i.request_err, ERR_REFUSED);
	assert_string_equal(p.i.last_diagnosis.diagnosis.setting, "connections.gw.proposals");
	assert_int_equal(p.r.last_diagnosis.diagnosis.kind, DIAGNOSIS_PROPOSAL);
	pair_clear(&p);
}

static void a_silent_peer_is_noticed(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, NULL, NULL);
	pair_initiate(&p);
	pair_settle(&p);
	p.datagrams = 0;
	p.drop_mask = UINT32_MAX;
	pair_pass(&p, 200 * NANOS_SECOND);
	assert_int_equal(p.i.downs, 1);
	assert_int_equal(p.i.child_downs, 1);
	pair_clear(&p);
}

/* RFC 7296 2.4: only an end that knows of no other SA with the peer says INITIAL_CONTACT. */
static void a_second_sa_with_a_peer_leaves_the_first_alone(void **state)
{
	static const char anybody[] =
		"connections { gw { remote_addrs = 192.0.2.1\n local { auth = psk\n id = client.example.org\n }\n"
		" remote { auth = psk\n }\n children { net { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/24\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	static const char *const initiators[] = { pair_initiator_text, anybody };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(initiators); i++) {
		struct adit_terminate what = { .child = "net" };
		uint32_t matches, request;
		struct pair p;

		pair_init(&p, initiators[i], NULL);
		pair_initiate(&p);
		pair_settle(&p);
		assert_int_equal(adit_engine_terminate(p.i.engine, &what, p.now, &matches, &request),
				 ERR_OK);
		pair_settle(&p);
		assert_int_equal(p.r.child_downs, 1);
		pair_initiate(&p);
		pair_settle(&p);
		assert_int_equal(p.r.ups, 2);
		assert_int_equal(p.r.downs, 0);
		pair_clear(&p);
	}
}

static void a_peer_that_begins_anew_replaces_what_it_forgot(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, NULL, NULL);
	pair_initiate(&p);
	pair_settle(&p);
	pair_restart_initiator(&p);
	pair_initiate(&p);
	pair_settle(&p);
	assert_int_equal(p.r.ups, 2);
	assert_int_equal(p.r.downs, 1);
	pair_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_up_and_carries_one_child),
		cmocka_unit_test(survives_the_loss_of_any_one_datagram),
		cmocka_unit_test(ends_when_either_side_says_so),
		cmocka_unit_test(a_wrong_secret_is_told_to_both_in_their_own_words),
		cmocka_unit_test(a_diagnosis_names_the_setting_with_the_connection_s_own_name),
		cmocka_unit_test(a_silent_peer_is_noticed),
		cmocka_unit_test(a_second_sa_with_a_peer_leaves_the_first_alone),
		cmocka_unit_test(a_peer_that_begins_anew_replaces_what_it_forgot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
