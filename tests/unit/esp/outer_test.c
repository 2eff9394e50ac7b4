/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/esp/outer.c: ECN, DSCP and DF between inner and outer header (RFC 6040, RFC 4301 5.1.2). */
#include "fixture.h"

#include "outer.h"

static const struct outer_rules all = { true, true, COPY_DSCP_BOTH };

/* An IPv4 header with a checksum that holds. */
static size_t v4_with(uint8_t *packet, uint8_t tos, bool df)
{
	size_t len = packet_v4(packet, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 1, 2, 4);
	uint32_t sum = 0;

	packet[1] = tos;
	packet[6] = df ? 0x40 : 0;
	packet[10] = packet[11] = 0;
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	packet[10] = (uint8_t)(~sum >> 8);
	packet[11] = (uint8_t)~sum;
	return len;
}

static bool checksum_holds(const uint8_t *packet)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static size_t v6_with(uint8_t *packet, uint8_t tos)
{
	memset(packet, 0, 48);
	packet[0] = (uint8_t)(0x60 | tos >> 4);
	packet[1] = (uint8_t)(tos << 4 | 0x0a);
	packet[2] = 0xbc;
	packet[5] = 8;
	packet[6] = 17;
	return 48;
}

static struct outer outer_for(const struct outer_rules *rules, const uint8_t *packet, size_t len)
{
	return outer_of(rules, span_of(packet, len));
}

/* RFC 6040 4.1, figure 3: normal mode copies, compatibility mode clears. */
static void encapsulation_is_that_of_figure_3(void **state)
{
	struct outer_rules compatible = all;
	uint8_t packet[64];

	(void)state;
	compatible.copy_ecn = false;
	for (uint8_t ecn = 0; ecn < 4; ecn++) {
		size_t len = v4_with(packet, ecn, false);

		assert_int_equal(outer_for(&all, packet, len).tos, ecn);
		assert_int_equal(outer_for(&compatible, packet, len).tos, 0);
		len = v6_with(packet, ecn);
		assert_int_equal(outer_for(&all, packet, len).tos, ecn);
		assert_int_equal(outer_for(&compatible, packet, len).tos, 0);
	}
}

/* RFC 6040 4.2, figure 4, in its order: Not-ECT, ECT(0), ECT(1), CE. */
static void decapsulation_is_that_of_figure_4(void **state)
{
	static const uint8_t points[] = { 0, 2, 1, 3 };
	static const int figure[4][4] = {
		{ 0, 0, 0, -1 },
		{ 2, 2, 1, 3 },
		{ 1, 1, 1, 3 },
		{ 3, 3, 3, 3 },
	};
	uint8_t packet[64];

	(void)state;
	for (size_t inner = 0; inner < 4; inner++) {
		for (size_t outer = 0; outer < 4; outer++) {
			size_t len = v4_with(packet, 0x28 | points[inner], true);

			assert_int_equal(outer_undo(&all, packet, len, 0x28 | points[outer]), figure[inner][outer] >= 0);
			if (figure[inner][outer] >= 0)
				assert_int_equal(packet[1], 0x28 | figure[inner][outer]);
			assert_true(checksum_holds(packet));
			len = v6_with(packet, points[inner]);
			assert_int_equal(outer_undo(&all, packet, len, points[outer]), figure[inner][outer] >= 0);
			if (figure[inner][outer] >= 0)
				assert_int_equal(packet_tos(span_of(packet, len)), figure[inner][outer]);
		}
	}
}

static void without_copy_ecn_congestion_outside_changes_nothing(void **state)
{
	static const struct outer_rules none = { false, false, COPY_DSCP_NO };
	uint8_t packet[64];
	size_t len = v4_with(packet, 0, false);

	(void)state;
	assert_true(outer_undo(&none, packet, len, 0xff));
	assert_int_equal(packet[1], 0);
	assert_true(checksum_holds(packet));
}

static void the_dscp_crosses_in_the_ways_that_are_asked_for(void **state)
{
	uint8_t packet[64];

	(void)state;
	for (int ways = COPY_DSCP_NO; ways <= COPY_DSCP_BOTH; ways++) {
		struct outer_rules rules = { true, true, (enum copy_dscp)ways };
		size_t len = v4_with(packet, 0xb8 | 2, false);

		assert_int_equal(outer_for(&rules, packet, len).tos, (ways & COPY_DSCP_OUT ? 0xb8 : 0) | 2);
		assert_true(outer_undo(&rules, packet, len, 0x40 | 3));
		assert_int_equal(packet[1], (ways & COPY_DSCP_IN ? 0x40 : 0xb8) | 3);
		assert_true(checksum_holds(packet));
		len = v6_with(packet, 0xb8);
		assert_true(outer_undo(&rules, packet, len, 0x40));
		assert_int_equal(packet_tos(span_of(packet, len)), ways & COPY_DSCP_IN ? 0x40 : 0xb8);
	}
}

static void the_flow_label_of_ipv6_stays(void **state)
{
	uint8_t packet[64];
	size_t len = v6_with(packet, 0);

	(void)state;
	packet_tos_set(packet, len, 0xff);
	assert_int_equal(packet[0], 0x6f);
	assert_int_equal(packet[1], 0xfa);
	assert_int_equal(packet[2], 0xbc);
}

static void df_is_copied_when_asked_and_ipv6_has_it_always(void **state)
{
	static const struct outer_rules none = { false, false, COPY_DSCP_NO };
	uint8_t packet[64];
	size_t len = v4_with(packet, 0, true);

	(void)state;
	assert_true(outer_for(&all, packet, len).df);
	assert_false(outer_for(&none, packet, len).df);
	len = v4_with(packet, 0, false);
	assert_false(outer_for(&all, packet, len).df);
	len = v6_with(packet, 0);
	assert_true(outer_for(&all, packet, len).df);
	assert_false(outer_for(&none, packet, len).df);
}

/* RFC4302 3.3.3.1.1.1: DF may change on the way */
static void df_is_taken_off_and_nothing_else(void **state)
{
	uint8_t packet[64] = { 0 }, before[64];
	size_t len = packet_v4(packet, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 1, 2, 20);

	(void)state;
	packet[6] = 0x60;
	memcpy(before, packet, sizeof(before));
	packet_df_clear(packet, len);
	assert_false(packet_df(span_of(packet, len)));
	before[6] = 0x20;
	assert_memory_equal(packet, before, sizeof(before));
	packet[0] = before[0] = 0x60;
	packet[6] = before[6] = 0xff;
	packet_df_clear(packet, len);
	assert_memory_equal(packet, before, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(df_is_taken_off_and_nothing_else),
		cmocka_unit_test(encapsulation_is_that_of_figure_3),
		cmocka_unit_test(decapsulation_is_that_of_figure_4),
		cmocka_unit_test(without_copy_ecn_congestion_outside_changes_nothing),
		cmocka_unit_test(the_dscp_crosses_in_the_ways_that_are_asked_for),
		cmocka_unit_test(the_flow_label_of_ipv6_stays),
		cmocka_unit_test(df_is_copied_when_asked_and_ipv6_has_it_always),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
