/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended sequence numbers over the wrap of their low half (RFC 4304, RFC 4303 2.2.1, A2): packets lost, doubled and late, with
 * windows of every kind, against a model that remembers every number.
 */
#include "fixture.h"

#include "bounds.h"

#define PACKETS 6000
#define FIRST (UINT64_C(0x100000000) - PACKETS / 2)
#define PACKET_LEN 64

struct sealed {
	uint8_t bytes[PACKET_LEN];
	size_t len;
};

static struct esp_suite suite_of(struct fixture *f, bool aead)
{
	static const uint8_t key[32] = { 1, 2, 3 }, integrity[32] = { 4, 5, 6 };

	return aead ? suite_new(f, ENCR_AES_GCM_16, 128, INTEG_NONE, span_of(key, 20), SPAN_EMPTY, true) :
		      suite_new(f, ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_256_128, span_of(key, 16), span_of(integrity, 32), true);
}

static void seal(struct fixture *f, struct esp_out *out, struct sealed *ret)
{
	uint8_t bytes[256] = { 0 };
	struct esp_buffer b = { .data = bytes, .cap = sizeof(bytes), .start = ESP_HEADROOM, .len = 4 };

	assert_int_equal(esp_seal(&f->crypto, out, 4, &b), ERR_OK);
	assert_true(b.len <= PACKET_LEN);
	ret->len = b.len;
	memcpy(ret->bytes, &bytes[b.start], b.len);
}

static void deliver_all(struct fixture *f, const struct sealed *packets, struct esp_suite suite, uint32_t window, uint64_t seed)
{
	static bool seen[PACKETS];
	struct esp_in in = { .suite = suite, .spi = 0x1000 };
	uint64_t stream = seed, taken = 0, refused = 0;
	int64_t top = -1;

	memset(seen, 0, sizeof(seen));
	assert_int_equal(replay_init(&in.replay, &f->memory, window), ERR_OK);
	assert_true(replay_update(&in.replay, FIRST)); /* packet n has number FIRST + 1 + n */
	for (unsigned i = 0; i < 30000; i++) {
		uint64_t roll = stream_next(&stream), reach = 2 * (uint64_t)window + 80;
		int64_t n = top + 3 - (int64_t)(roll / 64 % (roll % 8 ? 8 : reach));
		struct esp_opened opened;
		uint8_t bytes[PACKET_LEN];
		bool fresh;
		enum err err;

		if (n < 0 || n >= PACKETS)
			continue;
		fresh = window == 0 ? n > top - REPLAY_WINDOW_DEFAULT : !seen[n] && n > top - (int64_t)window;
		memcpy(bytes, packets[n].bytes, packets[n].len);
		err = esp_open(&f->crypto, &in, bytes, packets[n].len, &opened);
		/* What lies behind the window is taken for one of the next round, and is not authentic. */
		if (fresh)
			assert_int_equal(err, ERR_OK);
		else
			assert_true(err == ERR_REPLAY || err == ERR_INTEGRITY);
		taken += fresh;
		refused += !fresh;
		seen[n] |= fresh;
		if (fresh && n > top) {
			assert_true(opened.newest);
			top = n;
		}
		assert_true(in.replay.top == FIRST + 1 + (uint64_t)top || top < 0);
	}
	assert_true(top > PACKETS - 100); /* over the wrap, that is */
	assert_true(taken > 2000 && refused > 50);
	replay_clear(&in.replay);
}

/* RFC4303 2.2.1, A2.2: the high half is found again, and is authenticated */
static void numbers_are_found_again_over_the_wrap(void **state)
{
	static struct sealed packets[PACKETS];
	static const uint32_t windows[] = { 0, 1, 32, 64, 65, 1000, REPLAY_WINDOW_MAX };
	struct fixture *f = *state;

	for (unsigned aead = 0; aead < 2; aead++) {
		struct esp_out out = { .suite = suite_of(f, aead), .spi = 0x1000, .seq = FIRST };

		for (size_t i = 0; i < PACKETS; i++)
			seal(f, &out, &packets[i]);
		assert_true(out.seq == FIRST + PACKETS);
		for (size_t i = 0; i < ARRAY_LEN(windows); i++)
			deliver_all(f, packets, out.suite, windows[i], 1 + i);
		suite_free(f, &out.suite);
	}
}

/* RFC4303 3.3.3: without ESN the counter ends where its 32 bits do, with it at 64 */
static void counters_end_and_do_not_cycle(void **state)
{
	struct fixture *f = *state;
	struct esp_out out = { .suite = suite_of(f, true), .spi = 0x1000, .seq = UINT64_MAX - 1 };
	uint8_t bytes[256] = { 0 };
	struct esp_buffer b = { .data = bytes, .cap = sizeof(bytes), .start = ESP_HEADROOM, .len = 4 };

	assert_int_equal(esp_seal(&f->crypto, &out, 4, &b), ERR_OK);
	b = (struct esp_buffer){ .data = bytes, .cap = sizeof(bytes), .start = ESP_HEADROOM, .len = 4 };
	assert_int_equal(esp_seal(&f->crypto, &out, 4, &b), ERR_LIMIT);
	out.suite.esn = false;
	out.seq = UINT32_MAX;
	assert_int_equal(esp_seal(&f->crypto, &out, 4, &b), ERR_LIMIT);
	suite_free(f, &out.suite);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(numbers_are_found_again_over_the_wrap),
		T(counters_end_and_do_not_cycle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
