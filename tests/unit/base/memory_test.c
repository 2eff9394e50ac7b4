/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/memory.c, with an allocator that fails when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "memory.h"

/* Counts, fails at the nth allocation, and looks at what comes back. */
struct shaky {
	int fail_at; /* counts down; the allocation that finds 0 fails; negative: never */
	int out;
	bool wiped;
};

static void *shaky_alloc(void *ctx, size_t size)
{
	struct shaky *s = ctx;

	if (s->fail_at >= 0 && s->fail_at-- == 0)
		return NULL;
	s->out++;
	return calloc(1, size);
}

static void shaky_free(void *ctx, void *block, size_t size)
{
	struct shaky *s = ctx;
	const uint8_t *bytes = block;

	for (size_t i = 0; i < size; i++)
		s->wiped = s->wiped && bytes[i] == 0;
	s->out--;
	free(block);
}

static struct memory shaky_memory(struct shaky *s, size_t limit)
{
	return (struct memory){
		.alloc = shaky_alloc, .free = shaky_free, .ctx = s, .limit = limit
	};
}

static void what_is_out_is_counted(void **state)
{
	struct memory m = memory_system(1000);
	uint8_t *a = memory_alloc(&m, 600), *b = memory_alloc(&m, 400);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a[599], 0);
	assert_int_equal(m.used, 1000);
	memory_free(&m, a, 600);
	assert_int_equal(m.used, 400);
	assert_int_equal(m.peak, 1000);
	memory_free(&m, b, 400);
	assert_int_equal(m.used, 0);
}

static void the_limit_refuses_and_gives_back(void **state)
{
	struct memory m = memory_system(100);
	void *a = memory_alloc(&m, 60), *b;

	(void)state;
	assert_null(memory_alloc(&m, 41));
	assert_null(memory_alloc(&m, SIZE_MAX));
	assert_int_equal(m.used, 60);
	b = memory_alloc(&m, 40);
	assert_non_null(b);
	memory_free(&m, a, 60);
	memory_free(&m, b, 40);
}

static void a_failed_allocation_counts_nothing(void **state)
{
	struct shaky s = { .fail_at = 0 };
	struct memory m = shaky_memory(&s, 100);

	(void)state;
	assert_null(memory_alloc(&m, 10));
	assert_int_equal(m.used, 0);
	assert_int_equal(m.peak, 0);
}

static void a_block_is_wiped_before_it_goes_back(void **state)
{
	struct shaky s = { .fail_at = -1, .wiped = true };
	struct memory m = shaky_memory(&s, 100);
	void *block = memory_alloc(&m, 50);

	(void)state;
	memset(block, 0x5a, 50);
	memory_free(&m, block, 50);
	assert_true(s.wiped);
	assert_int_equal(s.out, 0);
	memory_free(&m, NULL, 7);
	assert_int_equal(m.used, 0);
}

static void bytes_are_replaced_by_a_copy(void **state)
{
	struct shaky s = { .fail_at = -1, .wiped = true };
	struct memory m = shaky_memory(&s, 100);
	struct bytes b = { 0 };
	char text[] = "first";

	(void)state;
	assert_int_equal(bytes_set(&b, &m, span_text(text)), ERR_OK);
	text[0] = 'x';
	assert_true(span_equal(bytes_span(&b), span_text("first")));
	assert_int_equal(bytes_set(&b, &m, span_text("second one")), ERR_OK);
	assert_true(span_equal(bytes_span(&b), span_text("second one")));
	assert_int_equal(m.used, 10);
	/* A part of itself is a fair source. */
	assert_int_equal(bytes_set(&b, &m, span_head(bytes_span(&b), 6)), ERR_OK);
	assert_true(span_equal(bytes_span(&b), span_text("second")));
	assert_int_equal(bytes_set(&b, &m, SPAN_EMPTY), ERR_OK);
	assert_null(b.data);
	bytes_clear(&b, &m);
	assert_int_equal(s.out, 0);
	assert_true(s.wiped);
}

static void bytes_stay_as_they_were_without_memory(void **state)
{
	struct shaky s = { .fail_at = 1, .wiped = true };
	struct memory m = shaky_memory(&s, 100);
	struct bytes b = { 0 };

	(void)state;
	assert_int_equal(bytes_set(&b, &m, span_text("kept")), ERR_OK);
	assert_int_equal(bytes_set(&b, &m, span_text("lost")), ERR_MEMORY);
	assert_true(span_equal(bytes_span(&b), span_text("kept")));
	bytes_clear(&b, &m);
	assert_int_equal(m.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_out_is_counted),
		cmocka_unit_test(the_limit_refuses_and_gives_back),
		cmocka_unit_test(a_failed_allocation_counts_nothing),
		cmocka_unit_test(a_block_is_wiped_before_it_goes_back),
		cmocka_unit_test(bytes_are_replaced_by_a_copy),
		cmocka_unit_test(bytes_stay_as_they_were_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
