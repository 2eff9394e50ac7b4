/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/prefixes.c: ranges as prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "prefixes.h"

static struct ip ip_of(uint32_t n)
{
	return ip_v4((uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n);
}

static uint32_t number(const struct ip *ip)
{
	return (uint32_t)ip->bytes[0] << 24 | (uint32_t)ip->bytes[1] << 16 | (uint32_t)ip->bytes[2] << 8 | ip->bytes[3];
}

/* The prefixes must follow each other from first to last, each well-formed, none joinable with the next. */
static size_t check(uint32_t first, uint32_t last)
{
	struct prefix p[PREFIXES_MAX];
	struct ip from = ip_of(first), to = ip_of(last);
	size_t count = prefixes_of_range(&from, &to, p);
	uint64_t at = first;

	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		struct ip end = prefix_last(&p[i]);

		assert_true(p[i].bits <= 32);
		assert_int_equal(number(&p[i].ip), at);
		if (p[i].bits < 32)
			assert_int_equal(at & (UINT32_MAX >> p[i].bits), 0);
		at = (uint64_t)number(&end) + 1;
		if (i > 0 && p[i].bits == p[i - 1].bits)
			assert_true(number(&p[i - 1].ip) >> (32 - p[i].bits) & 1);
	}
	assert_int_equal(at, (uint64_t)last + 1);
	return count;
}

static void a_prefix_stays_one(void **state)
{
	(void)state;
	assert_int_equal(check(0, UINT32_MAX), 1);
	assert_int_equal(check(0x0a000000, 0x0affffff), 1);
	assert_int_equal(check(0x0a000001, 0x0a000001), 1);
	assert_int_equal(check(UINT32_MAX, UINT32_MAX), 1);
	assert_int_equal(check(0, 0), 1);
}

static void the_worst_range_fits_the_bound(void **state)
{
	(void)state;
	assert_int_equal(check(1, UINT32_MAX - 1), 62);
}

static size_t split_v6(const char *first, const char *last, struct prefix *ret)
{
	struct ip from, to, end;
	size_t count;

	assert_int_equal(ip_parse(&from, first), ERR_OK);
	assert_int_equal(ip_parse(&to, last), ERR_OK);
	count = prefixes_of_range(&from, &to, ret);
	assert_true(ip_equal(&ret[0].ip, &from));
	end = prefix_last(&ret[count - 1]);
	assert_true(ip_equal(&end, &to));
	return count;
}

static void ranges_of_ipv6_are_split_likewise(void **state)
{
	struct prefix p[PREFIXES_MAX];

	(void)state;
	assert_int_equal(split_v6("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", p), 1);
	assert_int_equal(p[0].bits, 0);
	assert_int_equal(split_v6("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", p), PREFIXES_MAX);
	assert_int_equal(split_v6("fd01::", "fd01::ffff:ffff:ffff:ffff", p), 1);
	assert_int_equal(p[0].bits, 64);
	assert_int_equal(split_v6("fd01::1", "fd01::4", p), 3);
	assert_int_equal(p[1].bits, 127);
}

static void any_range_is_covered_exactly(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t first, length;

		seed = seed * 1664525 + 1013904223;
		first = seed;
		seed = seed * 1664525 + 1013904223;
		length = seed >> (i % 32);
		(void)check(first, first + length < first ? UINT32_MAX : first + length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_stays_one),
		cmocka_unit_test(the_worst_range_fits_the_bound),
		cmocka_unit_test(ranges_of_ipv6_are_split_likewise),
		cmocka_unit_test(any_range_is_covered_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
