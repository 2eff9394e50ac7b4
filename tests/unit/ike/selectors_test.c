/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/ike/selectors.c. The model is the plainest one: does a packet match, yes or no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "selectors.h"

/* "10.0.0.0..10.0.0.9" or a prefix, with protocol and ports. */
static struct selector sel(const char *addresses, uint8_t protocol, uint16_t port_first, uint16_t port_last)
{
	struct selector s = { .protocol = protocol, .port_first = port_first, .port_last = port_last };
	const char *dots = strstr(addresses, "..");
	char first[64] = { 0 };
	struct prefix prefix;

	if (dots) {
		memcpy(first, addresses, (size_t)(dots - addresses));
		if (ip_parse(&s.first, first) || ip_parse(&s.last, dots + 2))
			fail_msg("%s", addresses);
		return s;
	}
	if (prefix_parse(&prefix, addresses))
		fail_msg("%s", addresses);
	s.first = prefix.ip;
	s.last = prefix_last(&prefix);
	return s;
}

static struct selector net(const char *addresses)
{
	return sel(addresses, 0, 0, 65535);
}

static const char *printed(const struct selector *s, size_t count)
{
	static char buffer[512];
	struct text t = TEXT_ARRAY(buffer);

	text_selectors(&t, s, count);
	return buffer;
}

static struct selector result[SELECTORS_MAX];
static size_t result_count;
static bool narrowed;

#define NARROW(ours, theirs) narrow((ours), ARRAY_LEN(ours), (theirs), ARRAY_LEN(theirs))

static const char *narrow(const struct selector *ours, size_t ours_count, const struct selector *theirs,
			  size_t theirs_count)
{
	result_count =
		selectors_narrow(result, SELECTORS_MAX, ours, ours_count, theirs, theirs_count, &narrowed);
	return printed(result, result_count);
}

static const char *narrow_one(struct selector ours, struct selector theirs)
{
	return narrow(&ours, 1, &theirs, 1);
}

/* RFC7296 3.13.1: ICMP has type and code */
static void selectors_print_as_swanctl_writes_them(void **state)
{
	const struct {
		struct selector s;
		const char *text;
	} rows[] = {
		{ net("10.1.0.0/16"), "10.1.0.0/16" },
		{ net("10.1.0.1"), "10.1.0.1/32" },
		{ net("0.0.0.0/0"), "0.0.0.0/0" },
		{ net("::/0"), "::/0" },
		{ net("2001:db8::/64"), "2001:db8::/64" },
		{ net("10.0.0.1..10.0.0.9"), "10.0.0.1..10.0.0.9" },
		{ sel("10.1.0.0/16", 6, 443, 443), "10.1.0.0/16[tcp/443]" },
		{ sel("10.1.0.0/16", 17, 0, 65535), "10.1.0.0/16[udp]" },
		{ sel("10.1.0.0/16", 6, 1000, 2000), "10.1.0.0/16[tcp/1000-2000]" },
		{ sel("10.0.0.1..10.0.0.9", 47, 0, 65535), "10.0.0.1..10.0.0.9[47]" },
		{ sel("10.1.0.0/16", 6, 65535, 0), "10.1.0.0/16[tcp/OPAQUE]" },
		{ sel("10.1.0.0/16", 0, 53, 53), "10.1.0.0/16[0/53]" },
		{ sel("10.1.0.0/16", 1, 0x0800, 0x0800), "10.1.0.0/16[icmp/8]" },
		{ sel("10.1.0.0/16", 1, 0x0301, 0x0301), "10.1.0.0/16[icmp/3(1)]" },
		{ sel("::/0", 58, 0x8000, 0x80ff), "::/0[ipv6-icmp/128-128(255)]" },
	};
	struct selector two[] = { net("10.0.0.0/8"), net("::1") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(printed(&rows[i].s, 1), rows[i].text);
	assert_string_equal(printed(two, 2), "10.0.0.0/8 ::1/128");
	assert_string_equal(printed(two, 0), "");
}

static void dynamic_stands_for_the_own_address(void **state)
{
	struct selector_config config[] = {
		{ .selector = net("10.0.0.0/8") },
		{ .dynamic = true, .selector = { .protocol = 6, .port_first = 22, .port_last = 22 } },
	};
	struct ip own = ip_v4(192, 0, 2, 1), unknown = { 0 };

	(void)state;
	assert_int_equal(selectors_resolve(result, SELECTORS_MAX, config, 2, &own), 2);
	assert_string_equal(printed(result, 2), "10.0.0.0/8 192.0.2.1/32[tcp/22]");
	assert_int_equal(selectors_resolve(result, SELECTORS_MAX, config, 2, &unknown), 1);
	assert_int_equal(selectors_resolve(result, 1, config, 2, &own), 1);
	assert_int_equal(selectors_resolve(result, 0, config, 2, &own), 0);
}

static void the_smaller_of_two_is_what_they_share(void **state)
{
	(void)state;
	assert_string_equal(narrow_one(net("10.0.0.0/8"), net("10.1.0.0/16")), "10.1.0.0/16");
	assert_false(narrowed);
	assert_string_equal(narrow_one(net("10.1.0.0/16"), net("10.0.0.0/8")), "10.1.0.0/16");
	assert_true(narrowed);
	assert_string_equal(narrow_one(net("10.1.0.0/16"), net("10.1.0.0/16")), "10.1.0.0/16");
	assert_false(narrowed);
	assert_string_equal(narrow_one(net("10.0.0.0..10.0.0.20"), net("10.0.0.10..10.0.0.30")),
			    "10.0.0.10..10.0.0.20");
	assert_true(narrowed);
}

static void nothing_in_common_is_nothing(void **state)
{
	(void)state;
	assert_string_equal(narrow_one(net("10.0.0.0/8"), net("11.0.0.0/8")), "");
	assert_true(narrowed);
	assert_string_equal(narrow_one(net("0.0.0.0/0"), net("::/0")), "");
	assert_string_equal(narrow_one(sel("10.0.0.0/8", 6, 0, 65535), sel("10.0.0.0/8", 17, 0, 65535)), "");
	assert_string_equal(narrow_one(sel("10.0.0.0/8", 6, 1, 9), sel("10.0.0.0/8", 6, 10, 20)), "");
	assert_string_equal(narrow(NULL, 0, NULL, 0), "");
	assert_false(narrowed);
}

static void protocol_and_ports_narrow_too(void **state)
{
	(void)state;
	assert_string_equal(narrow_one(net("10.0.0.0/8"), sel("10.0.0.0/8", 6, 443, 443)), "10.0.0.0/8[tcp/443]");
	assert_false(narrowed);
	assert_string_equal(narrow_one(sel("10.0.0.0/8", 6, 443, 443), net("10.0.0.0/8")), "10.0.0.0/8[tcp/443]");
	assert_true(narrowed);
	assert_string_equal(narrow_one(sel("10.0.0.0/8", 6, 10, 20), sel("10.0.0.0/8", 6, 15, 30)),
			    "10.0.0.0/8[tcp/15-20]");
}

/* RFC7296 3.13.1 */
static void opaque_is_part_of_any_and_of_nothing_else(void **state)
{
	struct selector any = sel("10.0.0.0/8", 6, 0, 65535), opaque = sel("10.0.0.0/8", 6, 65535, 0);
	struct selector some = sel("10.0.0.0/8", 6, 1, 65535);

	(void)state;
	assert_string_equal(narrow_one(any, opaque), "10.0.0.0/8[tcp/OPAQUE]");
	assert_false(narrowed);
	assert_string_equal(narrow_one(opaque, any), "10.0.0.0/8[tcp/OPAQUE]");
	assert_true(narrowed);
	assert_string_equal(narrow_one(opaque, opaque), "10.0.0.0/8[tcp/OPAQUE]");
	assert_string_equal(narrow_one(some, opaque), "");
	assert_string_equal(narrow_one(opaque, some), "");
	assert_true(selectors_within(&opaque, 1, &any, 1));
	assert_false(selectors_within(&any, 1, &opaque, 1));
	assert_false(selectors_within(&some, 1, &opaque, 1));
}

static void what_another_holds_is_left_out(void **state)
{
	const struct selector ours[] = { net("10.1.0.0/16"), net("10.0.0.0/8"), net("10.1.0.0/16") };
	const struct selector theirs[] = { net("10.1.2.0/24"), net("10.0.0.0/8"), net("10.1.2.0/24") };

	(void)state;
	assert_string_equal(NARROW(ours, theirs), "10.0.0.0/8");
	assert_false(narrowed);
}

static void several_on_each_side_meet_pairwise(void **state)
{
	const struct selector ours[] = { net("10.1.0.0/16"), net("10.2.0.0/16"), net("2001:db8::/32") };
	const struct selector theirs[] = { net("0.0.0.0/0"), net("2001:db8:1::/48") };

	(void)state;
	assert_string_equal(NARROW(ours, theirs), "10.1.0.0/16 10.2.0.0/16 2001:db8:1::/48");
	assert_true(narrowed);
}

static void the_packet_that_asked_comes_first(void **state)
{
	const struct selector ours[] = { net("10.1.0.0/16"), net("10.2.0.0/16") };
	const struct selector wide[] = { sel("10.2.0.7", 6, 80, 80), net("10.0.0.0/8") };
	const struct selector alone[] = { sel("10.2.0.7", 6, 80, 80), net("10.1.0.0/24") };
	const struct selector outside[] = { sel("10.3.0.7", 6, 80, 80), net("10.0.0.0/8") };
	const struct selector second[] = { net("10.0.0.0/8"), sel("10.2.0.7", 6, 80, 80) };

	(void)state;
	assert_string_equal(NARROW(ours, wide), "10.2.0.0/16 10.1.0.0/16");
	assert_string_equal(NARROW(ours, alone), "10.2.0.7/32[tcp/80] 10.1.0.0/24");
	assert_string_equal(NARROW(ours, outside), "10.1.0.0/16 10.2.0.0/16");
	assert_string_equal(NARROW(ours, second), "10.1.0.0/16 10.2.0.0/16");
}

static void the_packet_that_asked_survives_the_limit(void **state)
{
	struct selector ours[SELECTORS_MAX + 2], theirs[] = { sel("10.200.0.7", 6, 80, 80), net("10.0.0.0/8") };
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		struct text t = TEXT_ARRAY(text);

		text_put(&t, "10.");
		text_u64(&t, i);
		text_put(&t, ".0.0/24");
		ours[i] = net(text);
	}
	ours[SELECTORS_MAX + 1] = net("10.200.0.0/16");
	(void)NARROW(ours, theirs);
	assert_int_equal(result_count, SELECTORS_MAX);
	assert_string_equal(printed(result, 1), "10.200.0.0/16");
	assert_true(narrowed);
	(void)narrow(ours, SELECTORS_MAX + 1, theirs + 1, 1);
	assert_int_equal(result_count, SELECTORS_MAX);
	assert_true(narrowed);
}

static void within_is_of_single_selectors(void **state)
{
	const struct selector inner[] = { net("10.1.0.0/24"), sel("10.2.0.1", 6, 80, 80) };
	const struct selector outer[] = { net("10.2.0.0/24"), net("10.1.0.0/16") };

	(void)state;
	assert_true(selectors_within(inner, 2, outer, 2));
	assert_false(selectors_within(outer, 2, inner, 2));
	assert_true(selectors_within(inner, 0, outer, 0));
	assert_false(selectors_within(inner, 1, outer, 0));
	assert_false(selectors_within(inner, 2, outer, 1));
}

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* A world of 16 addresses, 3 protocols and 8 ports, so that all packets can be asked. */
static struct selector draw_selector(void)
{
	uint8_t first = (uint8_t)draw(16), last = (uint8_t)(first + draw(16u - first));
	struct selector s = { .protocol = (uint8_t)draw(3), .port_last = 65535, .first = ip_v4(10, 0, 0, first),
			      .last = ip_v4(10, 0, 0, last) };

	if (draw(2)) {
		s.port_first = (uint16_t)draw(8);
		s.port_last = (uint16_t)(s.port_first + draw(8u - s.port_first));
	}
	return s;
}

static bool matches(const struct selector *s, size_t count, uint8_t address, uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < count; i++) {
		if (s[i].first.bytes[3] <= address && address <= s[i].last.bytes[3] &&
		    (s[i].protocol == 0 || s[i].protocol == protocol) && s[i].port_first <= port &&
		    port <= s[i].port_last)
			return true;
	}
	return false;
}

static void a_packet_matches_the_result_when_it_matches_both_sides(void **state)
{
	(void)state;
	seed = 42;
	for (int round = 0; round < 3000; round++) {
		struct selector ours[3], theirs[3];
		size_t ours_count = 1 + draw(3), theirs_count = 1 + draw(3);
		bool less = false;

		for (size_t i = 0; i < 3; i++) {
			ours[i] = draw_selector();
			theirs[i] = draw_selector();
		}
		(void)narrow(ours, ours_count, theirs, theirs_count);
		assert_true(selectors_within(result, result_count, ours, ours_count));
		assert_true(selectors_within(result, result_count, theirs, theirs_count));
		for (uint32_t packet = 0; packet < 16 * 2 * 9; packet++) {
			uint8_t address = packet % 16, protocol = (uint8_t)(1 + packet / 16 % 2);
			uint16_t port = (uint16_t)(packet / 32);
			bool wanted = matches(theirs, theirs_count, address, protocol, port);
			bool got = matches(result, result_count, address, protocol, port);

			assert_int_equal(got, wanted && matches(ours, ours_count, address, protocol, port));
			less = less || wanted != got;
		}
		assert_true(narrowed || !less);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_print_as_swanctl_writes_them),
		cmocka_unit_test(dynamic_stands_for_the_own_address),
		cmocka_unit_test(the_smaller_of_two_is_what_they_share),
		cmocka_unit_test(nothing_in_common_is_nothing),
		cmocka_unit_test(protocol_and_ports_narrow_too),
		cmocka_unit_test(opaque_is_part_of_any_and_of_nothing_else),
		cmocka_unit_test(what_another_holds_is_left_out),
		cmocka_unit_test(several_on_each_side_meet_pairwise),
		cmocka_unit_test(the_packet_that_asked_comes_first),
		cmocka_unit_test(the_packet_that_asked_survives_the_limit),
		cmocka_unit_test(within_is_of_single_selectors),
		cmocka_unit_test(a_packet_matches_the_result_when_it_matches_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
