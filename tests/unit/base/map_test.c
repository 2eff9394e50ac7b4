/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/map.c, against a model that is too simple to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "map.h"

static const uint64_t salt[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };

/* The example of the SipHash paper, appendix A: key 00…0f, message 00…0e. */
static void the_hash_is_siphash_2_4(void **state)
{
	uint8_t message[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	assert_true(hash_bytes(salt, SPAN_ARRAY(message)) == UINT64_C(0xa129ca6149be45e5));
}

static void the_hash_depends_on_salt_and_length(void **state)
{
	const uint64_t other[2] = { salt[0], salt[1] ^ 1 };
	const uint8_t zeros[17] = { 0 };

	(void)state;
	assert_true(hash_bytes(salt, SPAN_ARRAY(zeros)) != hash_bytes(other, SPAN_ARRAY(zeros)));
	for (size_t a = 0; a < sizeof(zeros); a++) {
		for (size_t b = 0; b < a; b++)
			assert_true(hash_bytes(salt, span_of(zeros, a)) !=
				    hash_bytes(salt, span_of(zeros, b)));
	}
}

static void a_key_is_found_until_it_is_removed(void **state)
{
	struct memory m = memory_system(1 << 20);
	uint32_t value = 7;
	struct map map;

	(void)state;
	assert_int_equal(map_init(&map, &m, 10, salt), ERR_OK);
	assert_false(map_get(&map, 5, &value));
	assert_int_equal(value, 7);
	assert_int_equal(map_put(&map, 5, 50), ERR_OK);
	assert_int_equal(map_put(&map, 5, 51), ERR_EXISTS);
	assert_true(map_get(&map, 5, &value));
	assert_int_equal(value, 50);
	assert_true(map_remove(&map, 5));
	assert_false(map_remove(&map, 5));
	assert_false(map_get(&map, 5, &value));
	map_clear(&map);
	assert_int_equal(m.used, 0);
}

static void zero_is_a_key_and_a_value_like_any_other(void **state)
{
	struct memory m = memory_system(1 << 20);
	uint32_t value = 1;
	struct map map;

	(void)state;
	assert_int_equal(map_init(&map, &m, 2, salt), ERR_OK);
	assert_int_equal(map_put(&map, 0, 0), ERR_OK);
	assert_true(map_get(&map, 0, &value));
	assert_int_equal(value, 0);
	assert_int_equal(map_put(&map, UINT64_MAX, UINT32_MAX), ERR_OK);
	assert_true(map_get(&map, UINT64_MAX, &value));
	assert_int_equal(value, UINT32_MAX);
	map_clear(&map);
}

static void the_limit_is_exact(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct map map;

	(void)state;
	assert_int_equal(map_init(&map, &m, 11, salt), ERR_OK);
	for (uint64_t key = 0; key < 11; key++)
		assert_int_equal(map_put(&map, key, 1), ERR_OK);
	assert_int_equal(map_put(&map, 11, 1), ERR_LIMIT);
	assert_int_equal(map_put(&map, 3, 1), ERR_EXISTS);
	assert_true(map_remove(&map, 3));
	assert_int_equal(map_put(&map, 11, 1), ERR_OK);
	map_clear(&map);
}

static void no_memory_is_an_error(void **state)
{
	struct memory m = memory_system(10);
	struct map map;

	(void)state;
	assert_int_equal(map_init(&map, &m, 10, salt), ERR_MEMORY);
	assert_int_equal(m.used, 0);
	map_clear(&map);
}

#define KEYS 200 /* few enough that adding, finding and removing keep meeting */

static void random_use_agrees_with_a_naive_model(void **state)
{
	struct memory m = memory_system(1 << 20);
	uint32_t model[KEYS] = { 0 }, used = 0; /* 0: absent, else value */
	uint64_t seed = 99;
	struct map map;

	(void)state;
	/* A limit near the table's size makes long chains, where deletion is hard. */
	assert_int_equal(map_init(&map, &m, 170, salt), ERR_OK);
	for (int step = 0; step < 200000; step++) {
		uint32_t value = 0, key;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		key = (uint32_t)(seed >> 33) % KEYS;
		if (seed >> 63) {
			enum err want = model[key] ? ERR_EXISTS : used == 170 ? ERR_LIMIT : ERR_OK;

			assert_int_equal(map_put(&map, key, (uint32_t)step + 1), want);
			if (!want) {
				model[key] = (uint32_t)step + 1;
				used++;
			}
		} else if (seed >> 62 & 1) {
			assert_int_equal(map_remove(&map, key), model[key] != 0);
			used -= model[key] != 0;
			model[key] = 0;
		} else {
			assert_int_equal(map_get(&map, key, &value), model[key] != 0);
			assert_int_equal(value, model[key]);
		}
		assert_int_equal(map.used, used);
	}
	for (uint32_t key = 0; key < KEYS; key++) {
		uint32_t value = 0;

		assert_int_equal(map_get(&map, key, &value), model[key] != 0);
		assert_int_equal(value, model[key]);
	}
	map_clear(&map);
	assert_int_equal(m.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_siphash_2_4),
		cmocka_unit_test(the_hash_depends_on_salt_and_length),
		cmocka_unit_test(a_key_is_found_until_it_is_removed),
		cmocka_unit_test(zero_is_a_key_and_a_value_like_any_other),
		cmocka_unit_test(the_limit_is_exact),
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(random_use_agrees_with_a_naive_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
