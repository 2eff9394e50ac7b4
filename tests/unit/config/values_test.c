/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include "values.h"

static void booleans_have_ten_spellings_in_any_case(void **state)
{
	static const char *const words[2][6] = {
		{ "no", "false", "disabled", "off", "0", "No" },
		{ "yes", "true", "enabled", "on", "1", " YES " },
	};
	static const char *const bad[] = { "", "2", "y", "yess", "ye", "none" };
	bool value;

	(void)state;
	for (int want = 0; want < 2; want++) {
		for (int i = 0; i < 6; i++) {
			assert_int_equal(value_bool(&value, span_text(words[want][i])), ERR_OK);
			assert_int_equal(value, want);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(value_bool(&value, span_text(bad[i])), ERR_SYNTAX);
}

static void counts_are_decimal_and_bounded(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(value_count(&value, span_text(" 4096 "), 4096), ERR_OK);
	assert_int_equal(value, 4096);
	assert_int_equal(value_count(&value, span_text("4097"), 4096), ERR_LENGTH);
	assert_int_equal(value_count(&value, span_text("9"), 8), ERR_LENGTH);
	assert_int_equal(value_count(&value, span_text("18446744073709551615"), UINT64_MAX), ERR_OK);
	assert_true(value == UINT64_MAX);
	assert_int_equal(value_count(&value, span_text("18446744073709551616"), UINT64_MAX), ERR_LENGTH);
	assert_int_equal(value_count(&value, span_text("-1"), 9), ERR_SYNTAX);
	assert_int_equal(value_count(&value, span_text("1x"), 9), ERR_SYNTAX);
	assert_int_equal(value_count(&value, span_text(""), 9), ERR_SYNTAX);
}

static void times_have_units_and_are_seconds_without(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} rows[] = {
		{ "5", 5000 }, { "5s", 5000 }, { "250ms", 250 }, { "2 m", 120000 }, { "3h", 10800000 },
		{ "1d", 86400000 }, { "0", 0 }, { "4294967295d", UINT64_C(4294967295) * 86400000 },
	};
	static const char *const bad[] = { "", "s", "1w", "1.5s", "1h30m", "-1s" };
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(value_time(&ms, span_text(rows[i].text)), ERR_OK);
		assert_true(ms == rows[i].ms);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(value_time(&ms, span_text(bad[i])), ERR_SYNTAX);
	assert_int_equal(value_time(&ms, span_text("4294967296")), ERR_LENGTH);
}

static void ratios_have_up_to_two_decimals(void **state)
{
	uint64_t percent;

	(void)state;
	assert_int_equal(value_ratio(&percent, span_text("1.8")), ERR_OK);
	assert_int_equal(percent, 180);
	assert_int_equal(value_ratio(&percent, span_text("1.05")), ERR_OK);
	assert_int_equal(percent, 105);
	assert_int_equal(value_ratio(&percent, span_text("2")), ERR_OK);
	assert_int_equal(percent, 200);
	assert_int_equal(value_ratio(&percent, span_text("1.")), ERR_SYNTAX);
	assert_int_equal(value_ratio(&percent, span_text("1.234")), ERR_SYNTAX);
	assert_int_equal(value_ratio(&percent, span_text(".5")), ERR_SYNTAX);
	assert_int_equal(value_ratio(&percent, span_text("1.x")), ERR_SYNTAX);
}

/* The base64 rows are RFC 4648 10's. */
static void secrets_are_text_hex_or_base64(void **state)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = {
		{ "plain text", "plain text" }, { "0x666f6F", "foo" }, { "0X66:6f", "fo" }, { "0s", "" }, { "0x", "" },
		{ "0sZg==", "f" }, { "0sZm8=", "fo" }, { "0sZm9v", "foo" }, { "0sZm9vYg==", "foob" },
		{ "0sZm9vYmE=", "fooba" }, { "0SZm9vYmFy", "foobar" }, { "0sZg", "f" }, { "0", "0" }, { "", "" },
	};
	static const char *const bad[] = { "0x6", "0xzz", "0x66 6f", "0sZ", "0sZh==", "0sZm9v=", "0sZ=9v", "0s?m9v" };
	uint8_t bytes[16];
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(value_secret(bytes, sizeof(bytes), &len, span_text(rows[i].text)), ERR_OK);
		assert_int_equal(len, strlen(rows[i].bytes));
		assert_memory_equal(bytes, rows[i].bytes, len);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(value_secret(bytes, sizeof(bytes), &len, span_text(bad[i])), ERR_SYNTAX);
}

static void a_secret_past_its_room_is_refused_and_leaves_nothing(void **state)
{
	static const uint8_t nothing[3] = { 0 };
	static const char *const texts[] = { "four", "0x01020304", "0sZm9vYg==" };
	uint8_t bytes[3];
	size_t len = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(value_secret(bytes, sizeof(bytes), &len, span_text(texts[i])), ERR_LENGTH);
		assert_memory_equal(bytes, nothing, sizeof(nothing));
	}
	assert_int_equal(len, 77);
}

static void hosts_are_addresses_prefixes_and_any(void **state)
{
	struct host_pattern host;

	(void)state;
	assert_int_equal(value_host(&host, span_text("%any")), ERR_OK);
	assert_true(host.any);
	assert_int_equal(value_host(&host, span_text(" 192.0.2.1 ")), ERR_OK);
	assert_false(host.any);
	assert_int_equal(host.prefix.bits, 32);
	assert_int_equal(value_host(&host, span_text("2001:db8::/32")), ERR_OK);
	assert_int_equal(host.prefix.bits, 32);
	assert_int_equal(host.prefix.ip.family, IP_V6);
	assert_int_equal(value_host(&host, span_text("%any6")), ERR_OK);
	assert_int_equal(host.prefix.ip.family, IP_V6);
	assert_int_equal(host.prefix.bits, 0);
	assert_false(host.any);
	assert_int_equal(value_host(&host, span_text("%any4")), ERR_OK);
	assert_int_equal(host.prefix.ip.family, IP_V4);
}

/* RFC4007 11 */
static void a_link_local_address_names_its_interface(void **state)
{
	struct host_pattern host;

	(void)state;
	assert_int_equal(value_host(&host, span_text("fe80::1%eth0")), ERR_OK);
	assert_string_equal(host.interface, "eth0");
	assert_int_equal(host.prefix.bits, 128);
	assert_int_equal(value_host(&host, span_text("FEBF::1%abcdefghijklmno")), ERR_OK);
	assert_string_equal(host.interface, "abcdefghijklmno");
	assert_int_equal(value_host(&host, span_text("fe80::1")), ERR_OK);
	assert_string_equal(host.interface, "");
	assert_int_equal(value_host(&host, span_text("%any")), ERR_OK);
	assert_string_equal(host.interface, "");
	assert_int_equal(value_host(&host, span_text("fe80::1%abcdefghijklmnop")), ERR_SYNTAX);
	assert_int_equal(value_host(&host, span_text("fe80::1%")), ERR_SYNTAX);
	assert_int_equal(value_host(&host, span_text("fec0::1%eth0")), ERR_SYNTAX);
	assert_int_equal(value_host(&host, span_text("2001:db8::1%eth0")), ERR_SYNTAX);
	assert_int_equal(value_host(&host, span_text("192.0.2.1%eth0")), ERR_SYNTAX);
}

static void a_name_is_told_from_a_bad_address(void **state)
{
	struct host_pattern host;

	(void)state;
	assert_int_equal(value_host(&host, span_text("moon.example.org")), ERR_UNSUPPORTED);
	assert_int_equal(value_host(&host, span_text("10.0.0.1-10.0.0.9")), ERR_UNSUPPORTED);
	assert_int_equal(value_host(&host, span_text("10.0.0.256")), ERR_SYNTAX);
	assert_int_equal(value_host(&host, span_text("10.0.0.0/33")), ERR_SYNTAX);
	assert_int_equal(value_host(&host, span_text("fe80:::1")), ERR_SYNTAX);
	assert_int_equal(value_host(&host, span_text("")), ERR_SYNTAX);
}

static void selectors_have_the_forms_of_swanctl(void **state)
{
	static const struct {
		const char *text;
		bool dynamic;
		const char *first, *last;
		unsigned protocol, port_first, port_last;
	} rows[] = {
		{ "dynamic", true, NULL, NULL, 0, 0, 65535 },
		{ "dynamic[tcp/80]", true, NULL, NULL, 6, 80, 80 },
		{ "[udp/l2tp]", true, NULL, NULL, 17, 1701, 1701 },
		{ "10.0.0.0/8", false, "10.0.0.0", "10.255.255.255", 0, 0, 65535 },
		{ "10.0.0.1", false, "10.0.0.1", "10.0.0.1", 0, 0, 65535 },
		{ "10.0.0.0/8[tcp/http]", false, "10.0.0.0", "10.255.255.255", 6, 80, 80 },
		{ "10.0.0.0/8[tcp]", false, "10.0.0.0", "10.255.255.255", 6, 0, 65535 },
		{ "10.0.0.0/8[17/500]", false, "10.0.0.0", "10.255.255.255", 17, 500, 500 },
		{ "10.0.0.0/8[UDP/1024-2047]", false, "10.0.0.0", "10.255.255.255", 17, 1024, 2047 },
		{ "10.0.0.0/8[tcp/%any]", false, "10.0.0.0", "10.255.255.255", 6, 0, 65535 },
		{ "10.0.0.0/8[tcp/opaque]", false, "10.0.0.0", "10.255.255.255", 6, 65535, 0 },
		{ "10.0.0.0/8[%any]", false, "10.0.0.0", "10.255.255.255", 0, 0, 65535 },
		{ "10.0.0.0/8[icmp/2048]", false, "10.0.0.0", "10.255.255.255", 1, 2048, 2048 },
		{ "10.0.0.1..10.0.0.9", false, "10.0.0.1", "10.0.0.9", 0, 0, 65535 },
		{ "10.0.0.1-10.0.0.9[esp]", false, "10.0.0.1", "10.0.0.9", 50, 0, 65535 },
		{ "2001:db8::/127", false, "2001:db8::", "2001:db8::1", 0, 0, 65535 },
		{ "::1 .. ::3", false, "::1", "::3", 0, 0, 65535 },
	};
	struct selector_config ts;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip first, last;

		assert_int_equal(value_selector(&ts, span_text(rows[i].text)), ERR_OK);
		assert_int_equal(ts.dynamic, rows[i].dynamic);
		assert_int_equal(ts.selector.protocol, rows[i].protocol);
		assert_int_equal(ts.selector.port_first, rows[i].port_first);
		assert_int_equal(ts.selector.port_last, rows[i].port_last);
		if (rows[i].dynamic)
			continue;
		assert_int_equal(ip_parse(&first, rows[i].first), ERR_OK);
		assert_int_equal(ip_parse(&last, rows[i].last), ERR_OK);
		assert_true(ip_equal(&first, &ts.selector.first));
		assert_true(ip_equal(&last, &ts.selector.last));
	}
}

/* RFC7296 3.13.1: among them ports of any protocol */
static void malformed_selectors_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "dynamics", "10.0.0.0/33", "10.0.0.9..10.0.0.1", "10.0.0.1..::1", "10.0.0.1..", "-", "[",
		"10.0.0.0/8[", "10.0.0.0/8[]", "10.0.0.0/8[tcp/80", "10.0.0.0/8[tcp/]", "10.0.0.0/8[tcp/65536]",
		"10.0.0.0/8[tcp/9-1]", "10.0.0.0/8[256]", "10.0.0.0/8[/80]", "10.0.0.0/8[%any/80]", "10.0.0.0/8]tcp[",
		"moon.example.org",
	};
	struct selector_config ts;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (value_selector(&ts, span_text(bad[i])) == ERR_OK)
			fail_msg("%s was taken", bad[i]);
	}
}

static void lists_are_split_at_commas_and_trimmed(void **state)
{
	struct span rest = span_text(" a , b,,c "), item;
	const char *const want[] = { "a", "b", "", "c" };

	(void)state;
	assert_int_equal(list_count(rest), 4);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_true(list_next(&rest, &item));
		assert_true(span_equal(item, span_text(want[i])));
	}
	assert_false(list_next(&rest, &item));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(booleans_have_ten_spellings_in_any_case),
		cmocka_unit_test(counts_are_decimal_and_bounded),
		cmocka_unit_test(times_have_units_and_are_seconds_without),
		cmocka_unit_test(ratios_have_up_to_two_decimals),
		cmocka_unit_test(secrets_are_text_hex_or_base64),
		cmocka_unit_test(a_secret_past_its_room_is_refused_and_leaves_nothing),
		cmocka_unit_test(hosts_are_addresses_prefixes_and_any),
		cmocka_unit_test(a_link_local_address_names_its_interface),
		cmocka_unit_test(a_name_is_told_from_a_bad_address),
		cmocka_unit_test(selectors_have_the_forms_of_swanctl),
		cmocka_unit_test(malformed_selectors_are_refused),
		cmocka_unit_test(lists_are_split_at_commas_and_trimmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
