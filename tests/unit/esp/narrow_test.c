/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/esp/narrow.c: ICMP messages, fragments and MSS for packets that are too long. */
#include "fixture.h"

#include "narrow.h"

static uint16_t sum_of(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint16_t word(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static size_t v6_make(uint8_t *packet, uint8_t protocol, size_t len)
{
	memset(packet, 0, len);
	packet[0] = 0x60;
	packet[4] = (uint8_t)((len - 40) >> 8);
	packet[5] = (uint8_t)(len - 40);
	packet[6] = protocol;
	packet[8] = packet[24] = 0xfd;
	packet[23] = 1;
	packet[39] = 2;
	packet[40] = 0x80;
	return len;
}

static size_t v4_make(uint8_t *packet, uint8_t protocol, size_t len)
{
	(void)packet_v4(packet, "10.1.0.1", "10.2.0.1", protocol, 0x0800, 7, len - 24);
	packet[6] = packet[7] = 0;
	return len;
}

/* RFC 1191 4: type 3, code 4, and the MTU of the next hop. */
static void an_ipv4_sender_is_told_the_mtu_with_the_head_of_its_packet(void **state)
{
	uint8_t packet[1500], message[NARROW_ICMP_MAX];
	size_t len = v4_make(packet, IP_PROTO_UDP, 1400), told;

	(void)state;
	told = narrow_tell(span_of(packet, len), 1380, message);
	assert_int_equal(told, 576);
	assert_int_equal(word(&message[2]), told);
	assert_int_equal(message[9], IP_PROTO_ICMP);
	assert_memory_equal(&message[12], &packet[16], 4); /* from its destination */
	assert_memory_equal(&message[16], &packet[12], 4);
	assert_int_equal(sum_of(message, 20, 0), 0xffff);
	assert_int_equal(sum_of(&message[20], told - 20, 0), 0xffff);
	assert_int_equal(message[20], 3);
	assert_int_equal(message[21], 4);
	assert_int_equal(word(&message[26]), 1380);
	assert_memory_equal(&message[28], packet, told - 28);
}

/* RFC 4443 3.2: as much of the packet as fits 1280. */
static void an_ipv6_sender_is_told_with_packet_too_big(void **state)
{
	uint8_t packet[1500], message[NARROW_ICMP_MAX], pseudo[40 + NARROW_ICMP_MAX];
	size_t len = v6_make(packet, IP_PROTO_UDP, 1400), told;

	(void)state;
	told = narrow_tell(span_of(packet, len), 1360, message);
	assert_int_equal(told, 1280);
	assert_int_equal(message[40], 2);
	assert_int_equal(word(&message[46]), 1360);
	assert_memory_equal(&message[8], &packet[24], 16);
	assert_memory_equal(&message[24], &packet[8], 16);
	assert_memory_equal(&message[48], packet, told - 48);
	memset(pseudo, 0, sizeof(pseudo));
	memcpy(pseudo, &message[8], 32);
	pseudo[34] = (uint8_t)((told - 40) >> 8);
	pseudo[35] = (uint8_t)(told - 40);
	pseudo[39] = IP_PROTO_ICMPV6;
	memcpy(&pseudo[40], &message[40], told - 40);
	assert_int_equal(sum_of(pseudo, told, 0), 0xffff);
}

/* RFC8201 4: hosts discard a message that names less than 1280, and would never learn. */
static void nobody_is_told_to_send_less_than_every_host_takes(void **state)
{
	uint8_t packet[1500], message[NARROW_ICMP_MAX];
	size_t len = v6_make(packet, IP_PROTO_UDP, 1400);

	(void)state;
	assert_true(narrow_tell(span_of(packet, len), 1200, message) > 0);
	assert_int_equal(word(&message[44]), 0);
	assert_int_equal(word(&message[46]), 1280);
	len = v4_make(packet, IP_PROTO_UDP, 1400);
	assert_true(narrow_tell(span_of(packet, len), 500, message) > 0);
	assert_int_equal(word(&message[26]), 576);
}

static void nobody_is_told_about_errors_fragments_and_what_no_host_sent(void **state)
{
	uint8_t packet[1500], message[NARROW_ICMP_MAX];
	size_t len = v4_make(packet, IP_PROTO_ICMP, 1400);

	(void)state;
	assert_int_equal(packet[20], 8); /* an echo request */
	assert_true(narrow_tell(span_of(packet, len), 1380, message) > 0);
	packet[20] = 3;
	assert_int_equal(narrow_tell(span_of(packet, len), 1380, message), 0);
	len = v4_make(packet, IP_PROTO_UDP, 1400);
	packet[7] = 1;
	assert_int_equal(narrow_tell(span_of(packet, len), 1380, message), 0);
	len = v4_make(packet, IP_PROTO_UDP, 1400);
	packet[12] = 0;
	assert_int_equal(narrow_tell(span_of(packet, len), 1380, message), 0);
	len = v4_make(packet, IP_PROTO_UDP, 1400);
	packet[16] = 224;
	assert_int_equal(narrow_tell(span_of(packet, len), 1380, message), 0);
	len = v6_make(packet, IP_PROTO_ICMPV6, 1400);
	assert_true(narrow_tell(span_of(packet, len), 1380, message) > 0);
	packet[40] = 1;
	assert_int_equal(narrow_tell(span_of(packet, len), 1380, message), 0);
	assert_int_equal(narrow_tell(span_of(packet, 10), 1380, message), 0);
}

/* Puts the fragments together again and compares; gives their number. RFC 791 3.2. */
static unsigned cut_and_join(const uint8_t *packet, size_t len, size_t mtu)
{
	uint8_t joined[4000] = { 0 }, fragment[2000];
	size_t head = (size_t)(packet[0] & 15) * 4, end = 0, got;
	uint16_t first = word(&packet[6]);
	struct narrow_cut cut;
	unsigned count = 0;

	assert_int_equal(narrow_cut_begin(&cut, span_of(packet, len), mtu), ERR_OK);
	while ((got = narrow_cut_next(&cut, fragment)) > 0) {
		size_t offset = (size_t)((word(&fragment[6]) & 0x1fff) - (first & 0x1fff)) * 8;
		bool more = word(&fragment[6]) & 0x2000;

		assert_true(got <= mtu);
		assert_int_equal(word(&fragment[2]), got);
		assert_int_equal(sum_of(fragment, head, 0), 0xffff);
		assert_memory_equal(&fragment[12], &packet[12], 8);
		assert_int_equal(offset, end);
		memcpy(&joined[offset], &fragment[head], got - head);
		end = offset + got - head;
		assert_true(more == (end < len - head || (first & 0x2000)));
		count++;
	}
	assert_int_equal(end, len - head);
	assert_memory_equal(joined, &packet[head], end);
	return count;
}

static void ipv4_is_cut_into_fragments_that_make_it_up(void **state)
{
	uint8_t packet[3000];
	size_t len = v4_make(packet, IP_PROTO_UDP, 1400);
	struct narrow_cut cut;

	(void)state;
	for (size_t i = 28; i < len; i++)
		packet[i] = (uint8_t)(i * 7);
	assert_int_equal(cut_and_join(packet, len, 1380), 2);
	assert_int_equal(cut_and_join(packet, len, 576), 3);
	assert_int_equal(cut_and_join(packet, len, 28), 173);
	packet[6] = 0x20; /* a fragment itself */
	packet[7] = 0x10;
	assert_int_equal(cut_and_join(packet, len, 1000), 2);
	packet[6] = 0x40;
	assert_int_equal(narrow_cut_begin(&cut, span_of(packet, len), 1000), ERR_UNSUPPORTED);
	packet[6] = 0;
	assert_int_equal(narrow_cut_begin(&cut, span_of(packet, len), 27), ERR_UNSUPPORTED);
	len = v6_make(packet, IP_PROTO_UDP, 1400);
	assert_int_equal(narrow_cut_begin(&cut, span_of(packet, len), 1280), ERR_UNSUPPORTED);
}

/* RFC 791 3.1: the copied flag. */
static void later_fragments_carry_only_options_that_are_copied(void **state)
{
	static const uint8_t options[] = { 0x94, 4, 0, 0, 7, 7, 4, 1, 2, 3, 4, 0 }, later[] = { 0x94, 4, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0 };
	uint8_t packet[1500] = { 0 }, fragment[1500];
	struct narrow_cut cut;

	(void)state;
	(void)v4_make(packet, IP_PROTO_UDP, 1000);
	packet[0] = 0x48;
	memcpy(&packet[20], options, sizeof(options));
	assert_int_equal(narrow_cut_begin(&cut, span_of(packet, 1000), 600), ERR_OK);
	assert_true(narrow_cut_next(&cut, fragment) > 0);
	assert_memory_equal(&fragment[20], options, sizeof(options));
	assert_true(narrow_cut_next(&cut, fragment) > 0);
	assert_memory_equal(&fragment[20], later, sizeof(later));
	/* What is no option at all does no harm. */
	packet[21] = 1;
	assert_int_equal(narrow_cut_begin(&cut, span_of(packet, 1000), 600), ERR_OK);
	while (narrow_cut_next(&cut, fragment) > 0)
		assert_int_equal(sum_of(fragment, 32, 0), 0xffff);
}

/* A SYN with NOPs so that the MSS is at an even or an odd place; its checksum holds. */
static size_t syn_make(uint8_t *packet, bool v6, size_t nops, uint16_t mss)
{
	size_t head = v6 ? 40 : 20, len = head + 28;
	uint8_t *tcp = &packet[head];
	uint16_t sum;

	if (v6) {
		(void)v6_make(packet, IP_PROTO_TCP, len);
	} else {
		(void)v4_make(packet, IP_PROTO_TCP, len);
	}
	memset(tcp, 0, 28);
	tcp[1] = 80;
	tcp[12] = 7 << 4;
	tcp[13] = 2;
	memset(&tcp[20], 1, nops);
	tcp[20 + nops] = 2;
	tcp[21 + nops] = 4;
	tcp[22 + nops] = (uint8_t)(mss >> 8);
	tcp[23 + nops] = (uint8_t)mss;
	sum = (uint16_t)~sum_of(tcp, 28, 0x1234); /* whatever the pseudo-header says */
	tcp[16] = (uint8_t)(sum >> 8);
	tcp[17] = (uint8_t)sum;
	return len;
}

static void the_mss_of_a_syn_is_lowered_and_its_checksum_holds(void **state)
{
	uint8_t packet[200], before[200];

	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		for (size_t nops = 0; nops < 3; nops++) {
			size_t head = v6 ? 40 : 20, len = syn_make(packet, v6, nops, 1460);
			const uint8_t *tcp = &packet[head];

			narrow_mss(packet, len, 1300);
			assert_int_equal(word(&tcp[22 + nops]), 1300);
			assert_int_equal(sum_of(tcp, 28, 0x1234), 0xffff);
			memcpy(before, packet, len);
			narrow_mss(packet, len, 1400); /* never raised */
			assert_memory_equal(packet, before, len);
			packet[head + 13] = 0x10; /* no SYN */
			memcpy(before, packet, len);
			narrow_mss(packet, len, 500);
			assert_memory_equal(packet, before, len);
		}
	}
}

static void what_is_no_syn_with_an_mss_stays_as_it_is(void **state)
{
	uint8_t packet[200], before[200];

	(void)state;
	for (size_t byte = 0; byte < 48; byte++) {
		for (unsigned value = 0; value < 256; value++) {
			size_t len = syn_make(packet, false, 0, 1460);

			packet[byte] = (uint8_t)value;
			narrow_mss(packet, len, 1300); /* the sanitizers look on */
		}
	}
	(void)syn_make(packet, false, 0, 1460);
	packet[40] = 5; /* another option of that length */
	memcpy(before, packet, 48);
	narrow_mss(packet, 48, 1300);
	assert_memory_equal(packet, before, 48);
	narrow_mss(packet, 30, 1300);
	assert_memory_equal(packet, before, 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_sender_is_told_the_mtu_with_the_head_of_its_packet),
		cmocka_unit_test(an_ipv6_sender_is_told_with_packet_too_big),
		cmocka_unit_test(nobody_is_told_to_send_less_than_every_host_takes),
		cmocka_unit_test(nobody_is_told_about_errors_fragments_and_what_no_host_sent),
		cmocka_unit_test(ipv4_is_cut_into_fragments_that_make_it_up),
		cmocka_unit_test(later_fragments_carry_only_options_that_are_copied),
		cmocka_unit_test(the_mss_of_a_syn_is_lowered_and_its_checksum_holds),
		cmocka_unit_test(what_is_no_syn_with_an_mss_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
