/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/esp/inner.c. */
#include "fixture.h"

static enum err parse_hex(struct inner *ret, const char *text)
{
	static uint8_t bytes[512];

	return inner_parse(ret, span_of(bytes, hex_read(bytes, sizeof(bytes), text, strlen(text))));
}

static void ports_of_udp_over_ipv4_are_found_behind_options(void **state)
{
	uint8_t packet[64];
	struct inner in;
	size_t len = packet_v4(packet, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 1000, 53, 8);
	struct ip want;

	(void)state;
	assert_int_equal(inner_parse(&in, span_of(packet, len)), ERR_OK);
	assert_true(in.has_ports);
	assert_int_equal(in.src_port, 1000);
	assert_int_equal(in.dst_port, 53);
	assert_int_equal(in.protocol, IP_PROTO_UDP);
	assert_int_equal(in.len, len);
	assert_int_equal(ip_parse(&want, "10.2.0.1"), ERR_OK);
	assert_true(ip_equal(&in.dst, &want));
	assert_int_equal(parse_hex(&in, "46000020 00000000 40110000 0a010001 0a020001 01010101 03e80035 00080000"), ERR_OK);
	assert_int_equal(in.src_port, 1000);
	assert_int_equal(in.dst_port, 53);
}

static void what_follows_the_packet_is_padding(void **state)
{
	uint8_t packet[128] = { 0 };
	struct inner in;
	size_t len = packet_v4(packet, "10.1.0.1", "10.2.0.1", IP_PROTO_TCP, 1, 2, 0);

	(void)state;
	assert_int_equal(inner_parse(&in, SPAN_ARRAY(packet)), ERR_OK);
	assert_int_equal(in.len, len);
}

/* RFC4301 7 */
static void later_fragments_and_short_headers_have_no_ports(void **state)
{
	struct inner in;

	(void)state;
	/* offset 1, then offset 0 with more to come, then a header cut after two bytes */
	assert_int_equal(parse_hex(&in, "4500001c 00000001 40110000 0a010001 0a020001 03e80035 00080000"), ERR_OK);
	assert_false(in.has_ports);
	assert_int_equal(parse_hex(&in, "4500001c 00002000 40110000 0a010001 0a020001 03e80035 00080000"), ERR_OK);
	assert_true(in.has_ports);
	assert_int_equal(parse_hex(&in, "45000016 00002000 40110000 0a010001 0a020001 03e8"), ERR_OK);
	assert_false(in.has_ports);
	/* ports that lie behind the packet's own length do not count */
	assert_int_equal(parse_hex(&in, "45000014 00000000 40110000 0a010001 0a020001 03e80035"), ERR_OK);
	assert_false(in.has_ports);
}

/* RFC7296 3.13.1 */
static void icmp_tells_type_and_code_and_other_protocols_nothing(void **state)
{
	struct inner in;

	(void)state;
	assert_int_equal(parse_hex(&in, "4500001c 00000000 40010000 0a010001 0a020001 03040000 00000000"), ERR_OK);
	assert_true(in.has_ports);
	assert_int_equal(in.src_port, 0x0304);
	assert_int_equal(in.dst_port, 0x0304);
	assert_int_equal(parse_hex(&in, "4500001c 00000000 402f0000 0a010001 0a020001 03040000 00000000"), ERR_OK);
	assert_false(in.has_ports);
}

#define V6 "20010db8000000000000000000000001 20010db8000000000000000000000002"

static void ports_of_ipv6_are_found_behind_extension_headers(void **state)
{
	struct inner in;

	(void)state;
	assert_int_equal(parse_hex(&in, "60000000 0008 11 40" V6 "03e80035 00080000"), ERR_OK);
	assert_int_equal(in.len, 48);
	assert_int_equal(in.dst_port, 53);
	/* hop-by-hop, destination options of 16 bytes, first fragment */
	assert_int_equal(parse_hex(&in, "60000000 0028 00 40" V6 "3c00000000000000"
					"2c01000000000000 0000000000000000"
					"1100000100000001 03e80035 00080000"), ERR_OK);
	assert_int_equal(in.protocol, IP_PROTO_UDP);
	assert_int_equal(in.dst_port, 53);
	/* a later fragment */
	assert_int_equal(parse_hex(&in, "60000000 0010 2c 40" V6 "1100000800000001 03e80035 00080000"), ERR_OK);
	assert_int_equal(in.protocol, IP_PROTO_UDP);
	assert_false(in.has_ports);
}

static void lengths_that_contradict_each_other_are_refused(void **state)
{
	struct inner in;

	(void)state;
	assert_int_equal(parse_hex(&in, ""), ERR_TRUNCATED);
	assert_int_equal(parse_hex(&in, "45"), ERR_TRUNCATED);
	assert_int_equal(parse_hex(&in, "55000014 00000000 40110000 0a010001 0a020001"), ERR_VERSION);
	assert_int_equal(parse_hex(&in, "45000014 00000000 40110000 0a010001 0a0200"), ERR_TRUNCATED);
	assert_int_equal(parse_hex(&in, "44000014 00000000 40110000 0a010001 0a020001"), ERR_LENGTH);
	assert_int_equal(parse_hex(&in, "45000013 00000000 40110000 0a010001 0a020001"), ERR_LENGTH);
	assert_int_equal(parse_hex(&in, "46000014 00000000 40110000 0a010001 0a020001"), ERR_LENGTH);
	assert_int_equal(parse_hex(&in, "45000015 00000000 40110000 0a010001 0a020001"), ERR_TRUNCATED);
	assert_int_equal(parse_hex(&in, "60000000 0001 11 40" V6), ERR_TRUNCATED);
	assert_int_equal(parse_hex(&in, "60000000 0000 11 40 20010db8"), ERR_TRUNCATED);
	/* an extension header that is longer than the packet */
	assert_int_equal(parse_hex(&in, "60000000 0008 00 40" V6 "1101000000000000"), ERR_SYNTAX);
	assert_int_equal(parse_hex(&in, "60000000 0000 00 40" V6), ERR_SYNTAX);
}

static void a_chain_of_extension_headers_has_an_end(void **state)
{
	uint8_t packet[40 + 8 * 16] = { 0x60, 0, 0, 0, 0, 8 * 16, 0, 64 };
	struct inner in;

	(void)state;
	for (unsigned n = 0; n <= IPV6_EXTENSIONS_MAX + 1; n++) {
		/* n hop-by-hop headers, then the last one leads to UDP */
		memset(&packet[40], 0, 8 * 16);
		packet[40 + 8 * n] = IP_PROTO_UDP;
		assert_int_equal(inner_parse(&in, SPAN_ARRAY(packet)),
				 n + 1 <= IPV6_EXTENSIONS_MAX ? ERR_OK : ERR_TOO_MANY);
	}
}

static void random_bytes_never_yield_more_than_there_is(void **state)
{
	uint64_t stream = 3;
	unsigned good = 0, errors = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		size_t len = stream_next(&stream) % 100;
		/* of exact size, so that the sanitizer sees every byte too many */
		uint8_t *bytes = malloc(len ? len : 1);
		struct inner in, quoted;

		assert_non_null(bytes);
		for (size_t n = 0; n < len; n++)
			bytes[n] = (uint8_t)stream_next(&stream);
		if (len > 5) {
			bytes[0] = stream_next(&stream) & 1 ? 0x45 : 0x60;
			bytes[2] = bytes[4] = 0;
			bytes[3] %= 110;
			bytes[5] %= 110;
		}
		if (i % 2 && len > 60) { /* as an ICMP error, to whom the packet inside is from */
			bytes[6] = bytes[0] == 0x60 ? IP_PROTO_ICMPV6 : 0;
			bytes[9] = IP_PROTO_ICMP;
			bytes[20] = 11;
			bytes[7] = bytes[0] == 0x60 ? bytes[7] : 0;
			bytes[40] = bytes[0] == 0x60 ? 1 : bytes[40];
			bytes[28] = stream_next(&stream) & 1 ? 0x45 : 0x60;
			memcpy(&bytes[40], &bytes[16], bytes[0] == 0x45 ? 4 : 0);
		}
		if (inner_parse(&in, span_of(bytes, len)) == ERR_OK) {
			assert_true(in.len <= len);
			good++;
			if (inner_quoted(&quoted, &in, span_of(bytes, len)))
				errors++;
		}
		free(bytes);
	}
	assert_true(good > 1000 && errors > 100);
}

#define QUOTED "45000400 00004000 40110000 0a010001 0a020001 03e80035 03ec0000"
#define QUOTED6 "60000000 0400113c 20010db8000100000000000000000001 20010db8000200000000000000000001 03e80035 04000000"

static bool quoted_hex(struct inner *ret, const char *text)
{
	static uint8_t bytes[512];
	size_t len = hex_read(bytes, sizeof(bytes), text, strlen(text));
	struct inner in;

	assert_int_equal(inner_parse(&in, span_of(bytes, len)), ERR_OK);
	return inner_quoted(ret, &in, span_of(bytes, len));
}

/* RFC4301 6.2 */
static void an_icmp_error_shows_the_packet_it_is_about(void **state)
{
	struct inner q;

	(void)state;
	/* time exceeded, from a router that no selector names */
	assert_true(quoted_hex(&q, "45000038 00000000 40010000 c6336401 0a010001 0b000000 00000000" QUOTED));
	assert_int_equal(q.protocol, IP_PROTO_UDP);
	assert_int_equal(q.src_port, 1000);
	assert_int_equal(q.dst_port, 53);
	assert_int_equal(q.len, 1024);
	/* behind options; fragmentation needed */
	assert_true(quoted_hex(&q, "4600003c 00000000 40010000 c6336401 0a010001 01010101 03040000 00000500" QUOTED));
	assert_int_equal(q.dst_port, 53);
	/* too big */
	assert_true(quoted_hex(&q, "60000000 00383a40 20010db8000300000000000000000001 20010db8000100000000000000000001"
				   "02000000 00000500" QUOTED6));
	assert_int_equal(q.src_port, 1000);
	assert_int_equal(q.src.family, IP_V6);
}

static void what_is_no_error_or_quotes_nothing_of_its_receiver_shows_none(void **state)
{
	static const char *const rows[] = {
		/* echo, redirect, an error in UDP's clothes */
		"45000038 00000000 40010000 c6336401 0a010001 08000000 00000000" QUOTED,
		"45000038 00000000 40010000 c6336401 0a010001 05000000 00000000" QUOTED,
		"45000038 00000000 40110000 c6336401 0a010001 0b000000 00000000" QUOTED,
		/* a later fragment */
		"45000038 00000001 40010000 c6336401 0a010001 0b000000 00000000" QUOTED,
		/* to somebody who did not send it */
		"45000038 00000000 40010000 c6336401 0a010002 0b000000 00000000" QUOTED,
		/* too little: nothing, half a header, and what lies behind the packet's end */
		"4500001c 00000000 40010000 c6336401 0a010001 0b000000 00000000",
		"45000026 00000000 40010000 c6336401 0a010001 0b000000 00000000 45000400000040004011",
		"4500001c 00000000 40010000 c6336401 0a010001 0b000000 00000000" QUOTED,
		/* of the other family; echo of IPv6; an error about it in ICMP of IPv4 */
		"4500004c 00000000 40010000 c6336401 0a010001 0b000000 00000000" QUOTED6,
		"60000000 00383a40 20010db8000300000000000000000001 20010db8000100000000000000000001 80000000 00000500" QUOTED6,
		"60000000 00380140 20010db8000300000000000000000001 20010db8000100000000000000000001 03000000 00000500" QUOTED6,
	};
	struct inner q;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (quoted_hex(&q, rows[i]))
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_of_udp_over_ipv4_are_found_behind_options),
		cmocka_unit_test(what_follows_the_packet_is_padding),
		cmocka_unit_test(later_fragments_and_short_headers_have_no_ports),
		cmocka_unit_test(icmp_tells_type_and_code_and_other_protocols_nothing),
		cmocka_unit_test(ports_of_ipv6_are_found_behind_extension_headers),
		cmocka_unit_test(lengths_that_contradict_each_other_are_refused),
		cmocka_unit_test(a_chain_of_extension_headers_has_an_end),
		cmocka_unit_test(an_icmp_error_shows_the_packet_it_is_about),
		cmocka_unit_test(what_is_no_error_or_quotes_nothing_of_its_receiver_shows_none),
		cmocka_unit_test(random_bytes_never_yield_more_than_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
