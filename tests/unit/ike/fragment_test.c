/* SPDX-License-Identifier: Apache-2.0 */
/* Messages larger than a datagram (RFC 7383), between two engines that are up. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "counters.h"
#include "pair.h"
#include "state.h"

#define TRAIN_MAX 64

struct train {
	struct path path;
	struct bytes cars[TRAIN_MAX];
	unsigned count;
};

/* An INFORMATIONAL request of the initiator's with a vendor ID of len bytes, in fragments. */
static void make(struct pair *p, size_t len, struct train *ret)
{
	struct ike_sa *sa = sa_at(p->i.engine, 0);
	uint8_t *vendor = calloc(1, len), buffer[DATAGRAM_MAX];
	struct sealing sealing;
	struct span datagram;

	assert_non_null(vendor);
	message_begin(p->i.engine, sa, &sealing, EXCHANGE_INFORMATIONAL, sa->window.send_next, false);
	payload_put(&sealing.chain, PAYLOAD_VENDOR, span_of(vendor, len));
	assert_int_equal(message_seal(p->i.engine, sa, &sealing, &datagram), ERR_OK);
	engine_send(p->i.engine, &sa->path, datagram);
	free(vendor);
	*ret = (struct train){ 0 };
	for (;;) {
		struct writer w = writer_of(buffer, sizeof(buffer));

		if (!adit_engine_output(p->i.engine, &ret->path, &w))
			return;
		assert_true(ret->count < TRAIN_MAX);
		assert_true(w.len + 28 + (ret->path.encap ? 4 : 0) <= FRAGMENT_IP_MAX);
		assert_int_equal(bytes_set(&ret->cars[ret->count++], &p->i.memory, writer_span(&w)),
				 ERR_OK);
	}
}

static void give(struct pair *p, const struct train *t, unsigned index)
{
	struct path in = { .local = t->path.remote, .remote = t->path.local, .encap = t->path.encap };

	adit_engine_input(p->r.engine, &in, bytes_span(&t->cars[index]), p->now);
}

static void scrap(struct pair *p, struct train *t)
{
	for (unsigned i = 0; i < t->count; i++)
		bytes_clear(&t->cars[i], &p->i.memory);
}

static uint64_t requests(const struct pair *p)
{
	return adit_engine_counter(p->r.engine, COUNTER_INFO_IN_REQ);
}

static unsigned answers(struct pair *p)
{
	uint8_t buffer[DATAGRAM_MAX];
	struct path path;
	unsigned count = 0;

	for (;;) {
		struct writer w = writer_of(buffer, sizeof(buffer));

		if (!adit_engine_output(p->r.engine, &path, &w))
			return count;
		count++;
	}
}

static void up(struct pair *p)
{
	pair_init(p, NULL, NULL);
	pair_initiate(p);
	pair_settle(p);
	assert_int_equal(p->r.ups, 1);
}

/* RFC7383 2.5 */
static void a_large_message_arrives_whatever_the_order_of_its_fragments(void **state)
{
	(void)state;
	for (unsigned rotation = 0; rotation < 5; rotation++) {
		struct train t;
		struct pair p;

		up(&p);
		make(&p, 5000, &t);
		assert_int_equal(t.count, 5);
		for (unsigned i = 0; i < t.count; i++) {
			assert_int_equal(answers(&p), 0);
			give(&p, &t, (i * 3 + rotation) % t.count);
			give(&p, &t, (i * 3 + rotation) % t.count); /* seen twice */
		}
		assert_true(answers(&p) > 0);
		assert_int_equal(requests(&p), 1);
		scrap(&p, &t);
		pair_clear(&p);
	}
}

/* RFC7383 2.6.1 */
static void a_repeated_message_is_answered_again_for_its_first_fragment_only(void **state)
{
	struct train t;
	struct pair p;

	(void)state;
	up(&p);
	make(&p, 3000, &t);
	for (unsigned i = 0; i < t.count; i++)
		give(&p, &t, i);
	assert_int_equal(answers(&p), 1);
	for (unsigned i = t.count; i-- > 1;)
		give(&p, &t, i);
	assert_int_equal(answers(&p), 0);
	give(&p, &t, 0);
	assert_int_equal(answers(&p), 1);
	scrap(&p, &t);
	pair_clear(&p);
}

/* RFC7383 2.6 */
static void one_cut_finer_takes_the_place_of_one_cut_coarser(void **state)
{
	struct train coarse, fine;
	struct pair p;

	(void)state;
	up(&p);
	make(&p, 2000, &coarse);
	make(&p, 6000, &fine); /* the same message ID, more fragments */
	assert_true(fine.count > coarse.count);
	give(&p, &coarse, 0);
	for (unsigned i = 0; i < fine.count; i++) {
		give(&p, &fine, i);
		if (i == 1)
			give(&p, &coarse, 1); /* stale now */
	}
	assert_int_equal(answers(&p), 1);
	scrap(&p, &coarse);
	scrap(&p, &fine);
	pair_clear(&p);
}

/* RFC7383 2.3: only when both ends have said that they can. */
static void nothing_is_fragmented_when_one_end_does_not_want_it(void **state)
{
	static const char unwilling[] =
		"connections { rw { local_addrs = 192.0.2.1\n fragmentation = no\n"
		" local { auth = psk\n id = gateway.example.org\n }\n"
		" remote { auth = psk\n id = client.example.org\n }\n"
		" children { net { local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	static uint8_t vendor[3000];
	struct sealing sealing;
	struct span datagram;
	struct train t;
	struct ike_sa *sa;
	struct pair p;

	(void)state;
	pair_init(&p, NULL, unwilling);
	pair_initiate(&p);
	pair_settle(&p);
	assert_int_equal(p.r.ups, 1);
	sa = sa_at(p.i.engine, 0);
	message_begin(p.i.engine, sa, &sealing, EXCHANGE_INFORMATIONAL, sa->window.send_next, false);
	payload_put(&sealing.chain, PAYLOAD_VENDOR, SPAN_ARRAY(vendor));
	assert_int_equal(message_seal(p.i.engine, sa, &sealing, &datagram), ERR_OK);
	assert_true(datagram.len > sizeof(vendor)); /* in one piece */
	/* And fragments that come all the same are not taken. */
	sa->fragments.send = true;
	make(&p, 3000, &t);
	for (unsigned i = 0; i < t.count; i++)
		give(&p, &t, i);
	assert_int_equal(requests(&p), 0);
	scrap(&p, &t);
	pair_clear(&p);
}

static void a_flood_of_forged_fragments_is_dropped_and_keeps_nothing(void **state)
{
	struct train t;
	struct pair p;
	size_t before;

	(void)state;
	up(&p);
	make(&p, 5000, &t);
	before = p.r.memory.used;
	for (unsigned i = 0; i < 1000; i++) {
		t.cars[i % t.count].data[60 + i % 100] ^= 1;
		give(&p, &t, i % t.count);
		t.cars[i % t.count].data[60 + i % 100] ^= 1;
	}
	assert_int_equal(p.r.memory.used, before);
	assert_int_equal(requests(&p), 0);
	for (unsigned i = 0; i < t.count; i++)
		give(&p, &t, i);
	assert_int_equal(answers(&p), 1);
	scrap(&p, &t);
	pair_clear(&p);
}

static void what_never_becomes_whole_is_bounded_and_goes_with_the_sa(void **state)
{
	struct train t;
	struct pair p;
	size_t before;

	(void)state;
	up(&p);
	before = p.r.memory.used;
	make(&p, MESSAGE_MAX - 4000, &t);
	for (unsigned i = 1; i < t.count; i++)
		give(&p, &t, i);
	assert_int_equal(answers(&p), 0);
	assert_true(p.r.memory.used - before < MESSAGE_MAX + sizeof(struct reassembly));
	scrap(&p, &t);
	pair_clear(&p); /* which looks for leaks */
}

/* A fragment with a right ICV, straight to the responder's reassembly. */
static enum err take_direct(struct pair *p, uint16_t number, uint16_t total, size_t len)
{
	static uint8_t piece[DATAGRAM_MAX], whole[MESSAGE_MAX];
	struct ike_sa *sa = sa_at(p->r.engine, 0);
	struct ike_header header = { .message_id = sa->window.recv_next, .exchange = EXCHANGE_INFORMATIONAL };
	struct skf_header place = { number, total };
	size_t whole_len;
	uint8_t first;
	uint64_t hash;

	return fragment_take(p->r.engine, sa, &header, &place, PAYLOAD_VENDOR, 1, span_of(piece, len), whole, &whole_len, &first, &hash);
}

static void neither_more_fragments_nor_more_bytes_than_the_bound_are_kept(void **state)
{
	struct pair p;

	(void)state;
	up(&p);
	assert_int_equal(take_direct(&p, 1, FRAGMENTS_MAX + 1, 100), ERR_TOO_MANY);
	assert_int_equal(take_direct(&p, FRAGMENTS_MAX, FRAGMENTS_MAX, 100), ERR_PENDING);
	for (uint16_t i = 1; i < FRAGMENTS_MAX; i++) {
		size_t size = 100 + (size_t)i * 1000;

		assert_int_equal(take_direct(&p, i, FRAGMENTS_MAX, 1000), size <= MESSAGE_MAX ? ERR_PENDING : ERR_TOO_MANY);
	}
	pair_clear(&p);
}

/* RFC7383 2.6: whoever stops half-way keeps no memory of an SA that lives on. */
static void what_does_not_become_whole_in_time_is_forgotten(void **state)
{
	struct ike_sa *sa;
	struct train t;
	struct pair p;
	size_t before;
	nanos timeout;

	(void)state;
	up(&p);
	sa = sa_at(p.r.engine, 0);
	timeout = p.r.engine->limits.half_open_timeout;
	before = p.r.memory.used;
	make(&p, 4000, &t);
	give(&p, &t, 0);
	adit_engine_advance(p.r.engine, p.now + timeout / 2);
	p.now += timeout / 2;
	give(&p, &t, 1); /* gives it no more time */
	adit_engine_advance(p.r.engine, p.now + timeout / 2 - 1);
	assert_non_null(sa->fragments.in);
	adit_engine_advance(p.r.engine, p.now + timeout / 2);
	assert_null(sa->fragments.in);
	assert_int_equal(p.r.memory.used, before);
	p.now += timeout / 2;
	for (unsigned i = 0; i < t.count; i++) /* sent again, it is as good as new */
		give(&p, &t, i);
	assert_int_equal(answers(&p), 1);
	scrap(&p, &t);
	pair_clear(&p);
}

static void fragments_of_a_message_that_comes_whole_are_forgotten(void **state)
{
	struct train pieces, whole;
	struct ike_sa *sa;
	struct pair p;

	(void)state;
	up(&p);
	make(&p, 3000, &pieces);
	make(&p, 100, &whole); /* the same message ID */
	assert_int_equal(whole.count, 1);
	sa = sa_at(p.r.engine, 0);
	give(&p, &pieces, 0);
	assert_non_null(sa->fragments.in);
	give(&p, &whole, 0);
	assert_int_equal(answers(&p), 1);
	assert_null(sa->fragments.in);
	scrap(&p, &pieces);
	scrap(&p, &whole);
	pair_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_message_arrives_whatever_the_order_of_its_fragments),
		cmocka_unit_test(a_repeated_message_is_answered_again_for_its_first_fragment_only),
		cmocka_unit_test(one_cut_finer_takes_the_place_of_one_cut_coarser),
		cmocka_unit_test(nothing_is_fragmented_when_one_end_does_not_want_it),
		cmocka_unit_test(a_flood_of_forged_fragments_is_dropped_and_keeps_nothing),
		cmocka_unit_test(neither_more_fragments_nor_more_bytes_than_the_bound_are_kept),
		cmocka_unit_test(what_never_becomes_whole_is_bounded_and_goes_with_the_sa),
		cmocka_unit_test(what_does_not_become_whole_in_time_is_forgotten),
		cmocka_unit_test(fragments_of_a_message_that_comes_whole_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
