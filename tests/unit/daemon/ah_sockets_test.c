/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/daemon/ah_sockets.c on the loopback interface: what AH authenticates arrives as it was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ah_sockets.h"
#include "ip_header.h"

static uint8_t got[256];
static size_t got_len;

static nanos clock_read(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (nanos)t.tv_sec * NANOS_SECOND + (nanos)t.tv_nsec;
}

static void take(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	if (len > sizeof(got))
		return;
	memcpy(got, data, len);
	got_len = len;
}

static void carry(const char *address)
{
	struct outer outer = { .tos = 0xb8, .df = true };
	struct ah_sockets s;
	struct loop loop;
	struct path path = { 0 };
	struct ip_header h, arrived;
	uint8_t packet[100] = { 0 };
	size_t head;

	assert_int_equal(loop_init(&loop), ERR_OK);
	assert_int_equal(ah_sockets_open(&s, &loop, NULL, take), ERR_OK);
	assert_int_equal(ip_parse(&path.remote.ip, address), ERR_OK);
	head = ip_header_len(path.remote.ip.family);
	ip_header_build(packet, &path.remote.ip, &path.remote.ip, IP_PROTO_AH, outer, sizeof(packet));
	for (size_t i = head; i < sizeof(packet); i++)
		packet[i] = (uint8_t)i;
	assert_int_equal(ip_header_parse(&h, SPAN_ARRAY(packet)), ERR_OK);
	ip_header_identify(packet, &h, 0x4321);
	got_len = 0;
	ah_sockets_send(&s, &path, SPAN_ARRAY(packet));
	assert_int_equal(s.not_sent, 0);
	for (unsigned i = 0; got_len == 0 && i < 50; i++) {
		nanos now = clock_read();

		assert_int_equal(loop_wait(&loop, now + 100 * NANOS_SECOND / 1000, now), ERR_OK);
		loop_serve(&loop);
	}
	assert_int_equal(got_len, sizeof(packet));
	assert_int_equal(ip_header_parse(&arrived, span_of(got, got_len)), ERR_OK);
	assert_int_equal(arrived.len, h.len);
	/* RFC4302 3.3.3.1: and the traffic class, for what is inside */
	assert_memory_equal(got, packet, 2);
	assert_int_equal(ip_header_zero_mutable(packet, &h), ERR_OK);
	assert_int_equal(ip_header_zero_mutable(got, &arrived), ERR_OK);
	assert_memory_equal(got, packet, sizeof(packet));
	ah_sockets_close(&s);
	loop_clear(&loop);
}

static void an_ipv4_packet_arrives_with_its_header(void **state)
{
	(void)state;
	carry("127.0.0.1");
}

static void an_ipv6_packet_arrives_with_the_header_it_was_sent_with(void **state)
{
	(void)state;
	carry("::1");
}

static void what_cannot_be_sent_is_counted(void **state)
{
	struct ah_sockets s;
	struct loop loop;
	struct path path = { 0 };
	uint8_t packet[20] = { 0x45 };

	(void)state;
	assert_int_equal(loop_init(&loop), ERR_OK);
	assert_int_equal(ah_sockets_open(&s, &loop, NULL, take), ERR_OK);
	path.remote.ip = ip_v4(255, 255, 255, 255);
	ah_sockets_send(&s, &path, SPAN_ARRAY(packet));
	assert_int_equal(s.not_sent, 1);
	ah_sockets_close(&s);
	ah_sockets_close(&s);
	loop_clear(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_packet_arrives_with_its_header),
		cmocka_unit_test(an_ipv6_packet_arrives_with_the_header_it_was_sent_with),
		cmocka_unit_test(what_cannot_be_sent_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
