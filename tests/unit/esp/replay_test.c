/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/esp/replay.c, against a model that remembers every number it has seen. */
#include "fixture.h"

#include "bounds.h"

#define NUMBERS 20000

/* RFC4303 3.3.3: zero is no number of a packet */
static void it_agrees_with_a_model_that_remembers_everything(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 32, 63, 64, 65, 128, 1000, 4095, REPLAY_WINDOW_MAX };
	static bool seen[NUMBERS];
	struct fixture *f = *state;
	uint64_t stream = 1;

	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		struct replay r;
		uint64_t top = 0;

		memset(seen, 0, sizeof(seen));
		assert_int_equal(replay_init(&r, &f->memory, sizes[s]), ERR_OK);
		for (unsigned i = 0; i < 40000; i++) {
			/* Mostly around the top, now and then a leap ahead or far back. */
			uint64_t roll = stream_next(&stream), reach = sizes[s] + 3, seq;
			bool fresh;

			if (roll % 500 == 0)
				seq = stream_next(&stream) % NUMBERS;
			else if (roll % 50 == 0)
				seq = top + stream_next(&stream) % 300;
			else
				seq = top + 3 - stream_next(&stream) % (reach < top ? reach : top + 4);
			if (seq >= NUMBERS)
				continue;
			fresh = seq != 0 && !seen[seq] && (seq > top || top - seq < sizes[s]);
			assert_int_equal(replay_check(&r, seq), fresh);
			/* Every fourth good number fails authentication: nothing must change. */
			if (!fresh || roll % 4 == 3)
				continue;
			assert_int_equal(replay_update(&r, seq), seq > top);
			seen[seq] = true;
			if (seq > top)
				top = seq;
			assert_false(replay_check(&r, seq));
		}
		assert_true(top > NUMBERS / 2);
		replay_clear(&r);
	}
}

static void the_whole_window_is_open_and_nothing_behind_it(void **state)
{
	struct fixture *f = *state;
	struct replay r;

	assert_int_equal(replay_init(&r, &f->memory, 64), ERR_OK);
	assert_true(replay_update(&r, 1000));
	for (uint64_t seq = 1000 - 63; seq < 1000; seq++)
		assert_true(replay_check(&r, seq));
	assert_false(replay_check(&r, 1000 - 64));
	assert_false(replay_check(&r, 1000));
	assert_false(replay_check(&r, 0));
	replay_clear(&r);
}

static void a_leap_over_the_ring_forgets_all_of_it(void **state)
{
	struct fixture *f = *state;
	struct replay r;

	assert_int_equal(replay_init(&r, &f->memory, 128), ERR_OK);
	for (uint64_t seq = 1; seq <= 300; seq++)
		assert_true(replay_update(&r, seq));
	assert_true(replay_update(&r, UINT32_MAX));
	for (uint64_t seq = UINT32_MAX - 127; seq < UINT32_MAX; seq++)
		assert_true(replay_check(&r, seq));
	replay_clear(&r);
}

static void size_zero_switches_the_check_off(void **state)
{
	struct fixture *f = *state;
	struct replay r;

	assert_int_equal(replay_init(&r, &f->memory, 0), ERR_OK);
	assert_true(replay_update(&r, 7));
	assert_true(replay_check(&r, 7));
	assert_false(replay_update(&r, 7));
	replay_clear(&r);
}

static void too_large_a_window_is_refused(void **state)
{
	struct fixture *f = *state;
	struct replay r;

	assert_int_equal(replay_init(&r, &f->memory, REPLAY_WINDOW_MAX + 1), ERR_LIMIT);
}

static void without_esn_the_number_is_what_the_wire_says(void **state)
{
	struct replay r = { .size = 64, .top = UINT64_C(0x1fffffff0) };

	(void)state;
	assert_true(replay_extend(&r, 5, false) == 5);
	assert_true(replay_extend(&r, UINT32_MAX, false) == UINT32_MAX);
}

/* The nearest number with that low half which is not below the window: RFC 4303 A2.2 in other words. */
static uint64_t extended_by_model(uint64_t top, uint32_t window, uint32_t low)
{
	uint64_t bottom = top >= window ? top - window + 1 : 0;
	uint64_t seq = (bottom & ~(uint64_t)UINT32_MAX) | low;

	return seq >= bottom ? seq : seq + (UINT64_C(1) << 32);
}

static void with_esn_the_high_half_is_found(void **state)
{
	static const uint64_t tops[] = { 0, 1, 62, 63, 64, 1000, 0x80000000, 0xfffffffe, 0xffffffff,
					 0x100000000, 0x100000001, 0x10000003e, 0x10000003f, 0x100000040,
					 0x7ffffffff, 0x800000000, 0x123456789a };
	uint64_t stream = 2;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tops); i++) {
		struct replay r = { .size = 64, .top = tops[i] };

		for (int d = -200; d <= 200; d++) {
			uint32_t low = (uint32_t)(tops[i] + (uint64_t)(int64_t)d);
			uint64_t want = extended_by_model(tops[i], 64, low), got = replay_extend(&r, low, true);

			/* Before the first packets a high low half belongs to no number that was ever sent. */
			if (tops[i] < 63 && low >= (uint32_t)tops[i] - 63)
				assert_true(got == 0);
			else
				assert_true(got == want);
		}
		for (unsigned n = 0; n < 1000 && tops[i] >= 63; n++) {
			uint32_t low = (uint32_t)stream_next(&stream);

			assert_true(replay_extend(&r, low, true) == extended_by_model(tops[i], 64, low));
		}
	}
}

static void numbers_beyond_64_bits_do_not_exist(void **state)
{
	struct replay r = { .size = 64, .top = UINT64_MAX };

	(void)state;
	assert_true(replay_extend(&r, 5, true) == 0);
	assert_true(replay_extend(&r, UINT32_MAX - 1, true) == UINT64_MAX - 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_agrees_with_a_model_that_remembers_everything),
		T(the_whole_window_is_open_and_nothing_behind_it),
		T(a_leap_over_the_ring_forgets_all_of_it),
		T(size_zero_switches_the_check_off),
		T(too_large_a_window_is_refused),
		T(without_esn_the_number_is_what_the_wire_says),
		T(with_esn_the_high_half_is_found),
		T(numbers_beyond_64_bits_do_not_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
