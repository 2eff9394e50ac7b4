/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/base/address.c. The C library's inet_pton() and inet_ntop() are the second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "address.h"

static const char *printed(const struct ip *ip)
{
	static char buffer[64];
	struct text t = TEXT_ARRAY(buffer);

	text_ip(&t, ip);
	return buffer;
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	if (ip_parse(&ip, text))
		fail_msg("%s does not parse", text);
	return ip;
}

static void addresses_are_read_and_printed_as_rfc_5952_says(void **state)
{
	static const struct {
		const char *text, *canonical;
	} rows[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:DB8::00A1", "2001:db8::a1" },
		{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },   /* one group is no run (4.2.2) */
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8" },
		{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },        /* the longest run (4.2.3) */
		{ "1:0:0:2:0:0:3:4", "1::2:0:0:3:4" },      /* the first of equals */
		{ "0:0:1:0:0:0:0:0", "0:0:1::" },
		{ "0:0:0:0:0:0:1:0", "::1:0" },
		{ "fe80::1:2:3:4", "fe80::1:2:3:4" },
		{ "::ffff:192.0.2.33", "::ffff:c000:221" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "::1.2.3.4", "::102:304" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip ip = ip_of(rows[i].text), again = ip_of(rows[i].canonical);

		assert_string_equal(printed(&ip), rows[i].canonical);
		assert_true(ip_equal(&ip, &again));
	}
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const texts[] = {
		"", " ", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", ".1.2.3", "1..2.3", "256.1.1.1",
		"1.2.3.999999999999", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "-1.2.3.4", "1.2.3.4x",
		"a.b.c.d", ":", ":::", "1:", ":1", "1:2", "1::2::3", "::1::", "12345::", "g::", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::", "::1.2.3", "::1.2.3.4.5", "::256.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "::1 ",
		"1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "[::1]", "::1/64", "2001:db8::0x1", "1.2.3.4/8",
		"1:2:3:4:5:1.2.3.4", "::ffff:1.2.3.4:",
	};
	struct ip ip = ip_v4(9, 9, 9, 9);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (ip_parse(&ip, texts[i]) != ERR_SYNTAX)
			fail_msg("\"%s\" parses", texts[i]);
	}
	assert_string_equal(printed(&ip), "9.9.9.9");
}

/* Writes an address the long or the short way, with a run of zeros somewhere, as a person might. */
static void random_addresses_agree_with_the_c_library(void **state)
{
	uint64_t seed = 2026;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[16];
		char theirs[64];
		struct ip ip, again;
		bool v6 = round % 4 != 0;

		for (int i = 0; i < 16; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			bytes[i] = (seed >> 40 & 3) ? 0 : (uint8_t)(seed >> 33);
		}
		assert_int_equal(ip_from_bytes(&ip, span_of(bytes, v6 ? 16 : 4)), ERR_OK);
		again = ip_of(printed(&ip));
		assert_true(ip_equal(&ip, &again));
		assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, printed(&ip), bytes), 1);
		assert_memory_equal(bytes, ip.bytes, v6 ? 16 : 4);
		assert_non_null(inet_ntop(v6 ? AF_INET6 : AF_INET, ip.bytes, theirs, sizeof(theirs)));
		again = ip_of(theirs);
		assert_true(ip_equal(&ip, &again));
	}
}

/* Texts of few characters: whatever one of the two takes, the other takes, and as the same. */
static void random_texts_agree_with_the_c_library(void **state)
{
	static const char alphabet[] = "01fF::::..25";
	uint64_t seed = 7;
	int taken = 0;

	(void)state;
	for (int round = 0; round < 300000; round++) {
		uint8_t bytes[16];
		char text[20];
		struct ip ip;
		int len, v4, v6;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		len = (int)(seed >> 33) % 18;
		for (int i = 0; i < len; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			text[i] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
		}
		text[len] = '\0';
		v4 = inet_pton(AF_INET, text, bytes);
		v6 = v4 == 1 ? 0 : inet_pton(AF_INET6, text, bytes);
		if ((ip_parse(&ip, text) == ERR_OK) != (v4 == 1 || v6 == 1))
			fail_msg("\"%s\": the C library says %d, %d", text, v4, v6);
		if (v4 != 1 && v6 != 1)
			continue;
		taken++;
		assert_memory_equal(ip.bytes, bytes, ip_len(&ip));
	}
	assert_true(taken > 100);
}

static void bytes_make_an_address_by_their_number(void **state)
{
	static const uint8_t bytes[17] = { 192, 0, 2, 1 };
	struct ip ip;

	(void)state;
	assert_int_equal(ip_from_bytes(&ip, span_of(bytes, 4)), ERR_OK);
	assert_string_equal(printed(&ip), "192.0.2.1");
	assert_int_equal(ip_from_bytes(&ip, span_of(bytes, 16)), ERR_OK);
	assert_string_equal(printed(&ip), "c000:201::");
	assert_int_equal(ip_from_bytes(&ip, span_of(bytes, 0)), ERR_LENGTH);
	assert_int_equal(ip_from_bytes(&ip, span_of(bytes, 5)), ERR_LENGTH);
	assert_int_equal(ip_from_bytes(&ip, span_of(bytes, 17)), ERR_LENGTH);
	assert_int_equal(ip_span(&ip).len, 16);
}

static void a_prefix_loses_its_host_bits(void **state)
{
	static const struct {
		const char *text, *canonical, *last;
	} rows[] = {
		{ "10.1.2.3/8", "10.0.0.0/8", "10.255.255.255" },
		{ "10.1.2.3/32", "10.1.2.3/32", "10.1.2.3" },
		{ "10.1.2.3", "10.1.2.3/32", "10.1.2.3" },
		{ "10.1.2.3/0", "0.0.0.0/0", "255.255.255.255" },
		{ "192.0.2.255/25", "192.0.2.128/25", "192.0.2.255" },
		{ "192.0.2.129/31", "192.0.2.128/31", "192.0.2.129" },
		{ "2001:db8::1/64", "2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff" },
		{ "2001:db8::1", "2001:db8::1/128", "2001:db8::1" },
		{ "ffff::/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "ffff:ffff::/17", "ffff:8000::/17", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct text t = TEXT_ARRAY(buffer);
		struct prefix prefix, found;
		struct ip last;

		assert_int_equal(prefix_parse(&prefix, rows[i].text), ERR_OK);
		text_prefix(&t, &prefix);
		assert_string_equal(buffer, rows[i].canonical);
		last = prefix_last(&prefix);
		assert_string_equal(printed(&last), rows[i].last);
		assert_true(prefix_of_range(&found, &prefix.ip, &last));
		assert_int_equal(found.bits, prefix.bits);
		assert_true(ip_equal(&found.ip, &prefix.ip));
		assert_true(prefix_holds(&prefix, &prefix.ip));
		assert_true(prefix_holds(&prefix, &last));
	}
}

static void what_is_no_prefix_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0.0/-1", "::/129",
		"10.0.0/8", "::/", "10.0.0.0/255.0.0.0", "10.0.0.0//8", "10.0.0.0/4294967304",
	};
	struct prefix prefix;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (prefix_parse(&prefix, texts[i]) != ERR_SYNTAX)
			fail_msg("\"%s\" parses", texts[i]);
	}
}

static void only_an_aligned_range_is_a_prefix(void **state)
{
	static const struct {
		const char *first, *last;
		int bits; /* -1: none */
	} rows[] = {
		{ "10.0.0.0", "10.0.0.255", 24 },
		{ "10.0.0.1", "10.0.0.255", -1 },
		{ "10.0.0.0", "10.0.0.254", -1 },
		{ "10.0.0.1", "10.0.0.2", -1 },
		{ "10.0.0.2", "10.0.0.3", 31 },
		{ "10.0.0.3", "10.0.0.4", -1 },
		{ "10.0.0.0", "10.0.2.255", -1 },
		{ "10.0.0.5", "10.0.0.5", 32 },
		{ "0.0.0.0", "255.255.255.255", 0 },
		{ "0.0.0.0", "127.255.255.255", 1 },
		{ "10.0.0.255", "10.0.0.0", -1 },
		{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0 },
		{ "2001:db8::", "2001:db8::ffff", 112 },
		{ "2001:db8::", "2001:db8::fffe", -1 },
		{ "::", "255.255.255.255", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip first = ip_of(rows[i].first), last = ip_of(rows[i].last);
		struct prefix prefix = { .bits = 77 };

		assert_int_equal(prefix_of_range(&prefix, &first, &last), rows[i].bits >= 0);
		assert_int_equal(prefix.bits, rows[i].bits >= 0 ? rows[i].bits : 77);
	}
	assert_false(prefix_of_range(&(struct prefix){ 0 }, &(struct ip){ 0 }, &(struct ip){ 0 }));
}

static void a_prefix_holds_what_begins_with_its_bits(void **state)
{
	struct prefix net;
	struct ip in = ip_v4(192, 0, 2, 191), out = ip_v4(192, 0, 2, 192), v6 = ip_of("::");

	(void)state;
	assert_int_equal(prefix_parse(&net, "192.0.2.128/26"), ERR_OK);
	assert_true(prefix_holds(&net, &in));
	assert_false(prefix_holds(&net, &out));
	assert_int_equal(prefix_parse(&net, "0.0.0.0/0"), ERR_OK);
	assert_true(prefix_holds(&net, &out));
	assert_false(prefix_holds(&net, &v6));
}

static void order_is_by_family_and_then_by_number(void **state)
{
	static const char *const sorted[] = { "0.0.0.0",         "0.0.0.255", "0.0.1.0", "127.255.255.255",
					      "128.0.0.0",       "255.255.255.255", "::",  "::1",
					      "::100",           "7fff::",    "8000::",  "ffff::" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
		for (size_t j = 0; j < ARRAY_LEN(sorted); j++) {
			struct ip a = ip_of(sorted[i]), b = ip_of(sorted[j]);
			int got = ip_compare(&a, &b);

			assert_int_equal((got > 0) - (got < 0), (i > j) - (i < j));
			assert_int_equal(ip_equal(&a, &b), i == j);
		}
	}
}

static void endpoints_and_paths_differ_in_every_member(void **state)
{
	struct path a = { .local = { ip_v4(192, 0, 2, 1), 500 }, .remote = { ip_v4(192, 0, 2, 2), 500 } };
	struct path b = a;
	char buffer[64];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	assert_true(path_equal(&a, &b));
	b.local.port = 4500;
	assert_false(path_equal(&a, &b));
	b = a;
	b.remote.ip.bytes[3] = 3;
	assert_false(path_equal(&a, &b));
	b = a;
	b.interface = 1;
	assert_false(path_equal(&a, &b));
	b = a;
	b.encap = true;
	assert_false(path_equal(&a, &b));
	text_endpoint(&t, &a.local);
	assert_string_equal(buffer, "192.0.2.1[500]");
}

static void no_address_prints_as_any(void **state)
{
	(void)state;
	assert_string_equal(printed(&(struct ip){ 0 }), "%any");
	assert_int_equal(ip_len(&(struct ip){ 0 }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_printed_as_rfc_5952_says),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(random_addresses_agree_with_the_c_library),
		cmocka_unit_test(random_texts_agree_with_the_c_library),
		cmocka_unit_test(bytes_make_an_address_by_their_number),
		cmocka_unit_test(a_prefix_loses_its_host_bits),
		cmocka_unit_test(what_is_no_prefix_is_refused),
		cmocka_unit_test(only_an_aligned_range_is_a_prefix),
		cmocka_unit_test(a_prefix_holds_what_begins_with_its_bits),
		cmocka_unit_test(order_is_by_family_and_then_by_number),
		cmocka_unit_test(endpoints_and_paths_differ_in_every_member),
		cmocka_unit_test(no_address_prints_as_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
