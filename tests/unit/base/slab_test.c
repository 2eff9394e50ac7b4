/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/slab.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "slab.h"

static void *fail_second(void *ctx, size_t size)
{
	int *calls = ctx;

	return ++*calls == 2 ? NULL : calloc(1, size);
}

static void give_back(void *ctx, void *block, size_t size)
{
	(void)ctx;
	(void)size;
	free(block);
}

static void slots_count_from_zero_until_all_are_in_use(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct slab s;
	void *records[3];

	(void)state;
	assert_int_equal(slab_init(&s, &m, 20, 3), ERR_OK);
	for (uint32_t i = 0; i < 3; i++) {
		records[i] = slab_alloc(&s);
		assert_non_null(records[i]);
		assert_int_equal(slab_slot(&s, records[i]), i);
		assert_ptr_equal(slab_at(&s, i), records[i]);
		assert_int_equal((uintptr_t)records[i] % 16, 0);
	}
	assert_null(slab_alloc(&s));
	for (int i = 0; i < 3; i++)
		slab_free(&s, records[i]);
	slab_clear(&s);
	assert_int_equal(m.used, 0);
}

static void a_freed_slot_rests_longest(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct slab s;
	void *a, *b;

	(void)state;
	assert_int_equal(slab_init(&s, &m, 8, 4), ERR_OK);
	a = slab_alloc(&s);
	b = slab_alloc(&s);
	slab_free(&s, a);
	slab_free(&s, b);
	/* 2 and 3 were never used, then 0 and 1 in the order in which they came back. */
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(slab_slot(&s, slab_alloc(&s)), (i + 2) % 4);
	for (uint32_t i = 0; i < 4; i++)
		slab_free(&s, slab_at(&s, i));
	slab_clear(&s);
}

static void a_record_comes_back_zeroed_after_all_were_out(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct slab s;
	uint8_t *record;

	(void)state;
	assert_int_equal(slab_init(&s, &m, 24, 1), ERR_OK);
	for (int round = 0; round < 3; round++) {
		record = slab_alloc(&s);
		assert_non_null(record);
		for (int i = 0; i < 24; i++)
			assert_int_equal(record[i], 0);
		memset(record, 0xaa, 24);
		assert_null(slab_alloc(&s));
		slab_free(&s, record);
	}
	slab_clear(&s);
}

static void a_free_or_foreign_slot_names_nothing(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct slab s;
	void *record;

	(void)state;
	assert_int_equal(slab_init(&s, &m, 8, 2), ERR_OK);
	assert_null(slab_at(&s, 0));
	record = slab_alloc(&s);
	assert_non_null(slab_at(&s, 0));
	assert_null(slab_at(&s, 1));
	assert_null(slab_at(&s, 2));
	assert_null(slab_at(&s, SLAB_NONE));
	slab_free(&s, record);
	assert_null(slab_at(&s, 0));
	slab_clear(&s);
}

static void a_walk_meets_every_record_in_use_once(void **state)
{
	struct memory m = memory_system(1 << 20);
	struct slab s;
	uint32_t slot = 0, met = 0;
	void *records[10];

	(void)state;
	assert_int_equal(slab_init(&s, &m, 8, 10), ERR_OK);
	assert_null(slab_next(&s, &slot));
	for (int i = 0; i < 10; i++)
		records[i] = slab_alloc(&s);
	for (int i = 0; i < 10; i += 3)
		slab_free(&s, records[i]);
	for (slot = 0; slab_next(&s, &slot); slot++)
		met |= UINT32_C(1) << slot;
	assert_int_equal(met, 0x1b6); /* all but 0, 3, 6 and 9 */
	for (slot = 0; slab_next(&s, &slot); slot++)
		slab_free(&s, slab_at(&s, slot));
	slab_clear(&s);
}

static void random_use_never_hands_out_a_record_twice(void **state)
{
	struct memory m = memory_system(1 << 20);
	uint32_t *records[64] = { 0 }, seed = 12345, out = 0;
	struct slab s;

	(void)state;
	assert_int_equal(slab_init(&s, &m, sizeof(uint32_t), 64), ERR_OK);
	for (int step = 0; step < 20000; step++) {
		uint32_t slot;

		seed = seed * 1664525 + 1013904223;
		slot = seed >> 26;
		if (records[slot]) {
			assert_int_equal(*records[slot], slot + 1);
			slab_free(&s, records[slot]);
			records[slot] = NULL;
			out--;
		} else {
			uint32_t *record = slab_alloc(&s);

			assert_non_null(record);
			assert_int_equal(*record, 0);
			slot = slab_slot(&s, record);
			assert_null(records[slot]);
			*record = slot + 1;
			records[slot] = record;
			out++;
		}
		assert_int_equal(s.used, out);
	}
	for (int i = 0; i < 64; i++) {
		if (records[i])
			slab_free(&s, records[i]);
	}
	slab_clear(&s);
}

static void half_an_initialisation_leaves_nothing_out(void **state)
{
	int calls = 0;
	struct memory m = {
		.alloc = fail_second, .free = give_back, .ctx = &calls, .limit = 1 << 20
	};
	struct slab s;

	(void)state;
	assert_int_equal(slab_init(&s, &m, 8, 4), ERR_MEMORY);
	assert_int_equal(m.used, 0);
	slab_clear(&s);
	m.limit = 10;
	assert_int_equal(slab_init(&s, &m, 8, 4), ERR_MEMORY);
	assert_int_equal(m.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_count_from_zero_until_all_are_in_use),
		cmocka_unit_test(a_freed_slot_rests_longest),
		cmocka_unit_test(a_record_comes_back_zeroed_after_all_were_out),
		cmocka_unit_test(a_free_or_foreign_slot_names_nothing),
		cmocka_unit_test(a_walk_meets_every_record_in_use_once),
		cmocka_unit_test(random_use_never_hands_out_a_record_twice),
		cmocka_unit_test(half_an_initialisation_leaves_nothing_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
