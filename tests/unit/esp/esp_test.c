/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/esp/esp.c: whole packets between two ends, and every reason to drop one. */
#include "fixture.h"

#define ROOM 2048

struct ends {
	struct esp a, b;
	struct esp_sa *sa_a, *sa_b;
	uint8_t bytes[ROOM];
	struct esp_buffer buf;
};

static void ends_open(struct fixture *f, struct ends *e, const struct child_spec *spec, const struct child_spec *back)
{
	memset(e, 0, sizeof(*e));
	assert_int_equal(esp_init(&e->a, &f->crypto, &f->memory, 8), ERR_OK);
	assert_int_equal(esp_init(&e->b, &f->crypto, &f->memory, 8), ERR_OK);
	assert_int_equal(esp_install(&e->a, spec, &e->sa_a), ERR_OK);
	assert_int_equal(esp_install(&e->b, back, &e->sa_b), ERR_OK);
}

static void ends_default(struct fixture *f, struct ends *e)
{
	struct child_spec spec = spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16"), back = spec_reversed(&spec);

	ends_open(f, e, &spec, &back);
}

static void ends_close(struct ends *e)
{
	esp_clear(&e->a);
	esp_clear(&e->b);
}

static void fill(struct ends *e, const char *src, const char *dst, uint8_t protocol, uint16_t dst_port)
{
	e->buf = (struct esp_buffer){ .data = e->bytes, .cap = ROOM, .start = ESP_HEADROOM };
	e->buf.len = packet_v4(&e->bytes[ESP_HEADROOM], src, dst, protocol, 1000, dst_port, 100);
}

static enum err transmit(struct ends *e, const char *src, const char *dst, uint16_t dst_port)
{
	struct esp_sa *sa;
	struct outer outer;

	fill(e, src, dst, IP_PROTO_UDP, dst_port);
	return esp_transmit(&e->a, &e->buf, 7, &sa, &outer);
}

static enum err receive(struct ends *e, struct esp_received *got)
{
	return esp_receive(&e->b, &e->bytes[e->buf.start], e->buf.len, 0, 8, got);
}

static void a_packet_goes_through_unchanged_and_is_counted(void **state)
{
	struct ends e;
	struct esp_received got = { 0 };
	uint8_t copy[ROOM];
	size_t len;

	ends_default(*state, &e);
	fill(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 53);
	len = e.buf.len;
	memcpy(copy, &e.bytes[e.buf.start], len);
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_ptr_equal(got.sa, e.sa_b);
	assert_true(got.newest);
	assert_true(span_equal(span_of(got.packet, got.len), span_of(copy, len)));
	assert_int_equal(e.sa_a->counters.packets_out, 1);
	assert_int_equal(e.sa_a->counters.bytes_out, len);
	assert_int_equal(e.sa_a->counters.last_out, 7);
	assert_int_equal(e.a.totals.packets_out, 1);
	assert_int_equal(e.sa_b->counters.packets_in, 1);
	assert_int_equal(e.sa_b->counters.bytes_in, len);
	assert_int_equal(e.sa_b->counters.last_in, 8);
	assert_int_equal(e.b.totals.packets_in, 1);
	ends_close(&e);
}

static void what_no_sa_wants_is_not_sent(void **state)
{
	struct ends e;

	ends_default(*state, &e);
	assert_int_equal(transmit(&e, "10.1.0.1", "10.3.0.1", 53), ERR_NOT_FOUND);
	assert_int_equal(transmit(&e, "10.9.0.1", "10.2.0.1", 53), ERR_NOT_FOUND);
	assert_int_equal(e.a.totals.no_sa, 2);
	assert_int_equal(e.a.totals.packets_out, 0);
	ends_close(&e);
}

/* RFC4301 5.2: what the selectors do not hold is dropped */
static void each_reason_to_drop_has_its_counter(void **state)
{
	struct fixture *f = *state;
	struct child_spec spec = spec_gcm(0x1000, 0x2000, "10.0.0.0/8", "10.2.0.0/16"), back = spec_reversed(&spec);
	struct esp_received got;
	struct esp_sa *sa;
	struct outer outer;
	struct ends e;

	back.remote_ts[0] = selector_v4("10.1.0.0/16", 0, 0, 65535);
	ends_open(f, &e, &spec, &back);

	/* selector: the other end's idea of the SA is narrower */
	assert_int_equal(transmit(&e, "10.9.0.1", "10.2.0.1", 53), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_SELECTOR);
	assert_int_equal(e.sa_b->counters.selector, 1);
	assert_int_equal(e.b.totals.selector, 1);

	/* integrity */
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_OK);
	e.bytes[e.buf.start + 30] ^= 1;
	assert_int_equal(receive(&e, &got), ERR_INTEGRITY);
	assert_int_equal(e.sa_b->counters.integrity, 1);

	/* replay: the first packet was authentic, whatever became of it */
	e.sa_a->out.seq = 0;
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_REPLAY);
	assert_int_equal(e.sa_b->counters.replay, 1);

	/* no SA */
	e.bytes[e.buf.start] ^= 1;
	assert_int_equal(receive(&e, &got), ERR_UNKNOWN_SPI);
	assert_int_equal(e.b.totals.no_sa, 1);

	/* malformed: too short for an SPI, too short for a packet */
	e.buf.len = 3;
	assert_int_equal(receive(&e, &got), ERR_TRUNCATED);
	e.bytes[e.buf.start] ^= 1;
	e.buf.len = 20;
	assert_int_equal(receive(&e, &got), ERR_LENGTH);
	assert_int_equal(e.b.totals.malformed, 2);
	assert_int_equal(e.sa_b->counters.malformed, 1);

	/* malformed: from the host */
	fill(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 53);
	e.bytes[e.buf.start] = 0;
	assert_int_equal(esp_transmit(&e.a, &e.buf, 7, &sa, &outer), ERR_VERSION);
	assert_int_equal(e.a.totals.malformed, 1);

	/* too big for its buffer */
	fill(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 53);
	e.buf.cap = e.buf.start + e.buf.len;
	assert_int_equal(esp_transmit(&e.a, &e.buf, 7, &sa, &outer), ERR_SPACE);
	assert_int_equal(e.a.totals.too_big, 1);

	/* no sequence numbers left */
	e.sa_a->out.seq = UINT32_MAX;
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_LIMIT);
	assert_int_equal(e.sa_a->counters.exhausted, 1);
	assert_int_equal(e.a.totals.exhausted, 1);
	assert_int_equal(e.a.exhausted, e.sa_a->in.spi);
	assert_int_equal(e.b.totals.packets_in, 0);
	ends_close(&e);
}

/* What a peer may put inside, sealed as it is. */
static enum err deliver(struct fixture *f, struct ends *e, const char *hex, uint8_t next_header, struct esp_received *got)
{
	e->buf = (struct esp_buffer){ .data = e->bytes, .cap = ROOM, .start = ESP_HEADROOM };
	e->buf.len = hex_read(&e->bytes[ESP_HEADROOM], 256, hex, strlen(hex));
	assert_int_equal(esp_seal(&f->crypto, &e->sa_a->out, next_header, &e->buf), ERR_OK);
	return receive(e, got);
}

#define INNER "4500001c 00000000 40110000 0a010001 0a020001 03e80035 00080000"

/* RFC4303 2.6: 4 for an IPv4 packet, 41 for an IPv6 one */
static void the_next_header_tells_the_version_inside(void **state)
{
	static const char *const inners[] = { INNER, "60000000 0008113c 20010db8000100000000000000000001"
						     "20010db8000200000000000000000001 03e80035 00080000" };
	static const uint8_t wanted[] = { 4, 41 };
	struct fixture *f = *state;
	struct child_spec spec = spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16"), back;
	struct esp_received got;
	struct esp_opened opened;
	struct esp_sa *sa;
	struct outer outer;
	struct ends e;

	spec.local_ts[1] = selector_v4("2001:db8:1::/48", 0, 0, 65535);
	spec.remote_ts[1] = selector_v4("2001:db8:2::/48", 0, 0, 65535);
	spec.local_count = spec.remote_count = 2;
	back = spec_reversed(&spec);
	ends_open(f, &e, &spec, &back);
	for (size_t i = 0; i < ARRAY_LEN(inners); i++) {
		for (unsigned whole = 0; whole < 2; whole++) {
			e.buf = (struct esp_buffer){ .data = e.bytes, .cap = ROOM, .start = ESP_HEADROOM };
			e.buf.len = hex_read(&e.bytes[ESP_HEADROOM], 256, inners[i], strlen(inners[i]));
			assert_int_equal(esp_transmit(&e.a, &e.buf, 7, &sa, &outer), ERR_OK);
			if (whole) {
				assert_int_equal(receive(&e, &got), ERR_OK);
				continue;
			}
			assert_int_equal(esp_open(&f->crypto, &e.sa_b->in, &e.bytes[e.buf.start], e.buf.len, &opened),
					 ERR_OK);
			assert_int_equal(opened.next_header, wanted[i]);
		}
	}
	ends_close(&e);
}

/* RFC4301 5.2 */
static void only_ip_packets_come_out(void **state)
{
	struct fixture *f = *state;
	struct esp_received got = { 0 };
	struct ends e;

	ends_default(f, &e);
	assert_int_equal(deliver(f, &e, INNER, 4, &got), ERR_OK);
	assert_int_equal(got.len, 28);
	/* the version and the next header must agree */
	assert_int_equal(deliver(f, &e, INNER, 41, &got), ERR_VERSION);
	/* transport mode was not agreed */
	assert_int_equal(deliver(f, &e, INNER, IP_PROTO_UDP, &got), ERR_SELECTOR);
	/* lengths that lie */
	assert_int_equal(deliver(f, &e, "4500ffff 00000000 40110000 0a010001 0a020001", 4, &got), ERR_TRUNCATED);
	assert_int_equal(deliver(f, &e, "", 4, &got), ERR_TRUNCATED);
	assert_int_equal(e.b.totals.malformed, 3);
	assert_int_equal(e.b.totals.packets_in, 1);
	ends_close(&e);
}

/* RFC4303 2.7 */
static void padding_behind_the_packet_is_cut_off(void **state)
{
	struct fixture *f = *state;
	struct esp_received got = { 0 };
	struct ends e;

	ends_default(f, &e);
	assert_int_equal(deliver(f, &e, INNER "0000000000000000000000000000", 4, &got), ERR_OK);
	assert_int_equal(got.len, 28);
	ends_close(&e);
}

static void what_the_host_appends_is_not_sent(void **state)
{
	struct esp_received got = { 0 };
	struct esp_sa *sa;
	struct outer outer;
	struct ends e;
	size_t len;

	ends_default(*state, &e);
	fill(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 53);
	len = e.buf.len;
	e.buf.len += 50;
	assert_int_equal(esp_transmit(&e.a, &e.buf, 7, &sa, &outer), ERR_OK);
	assert_true(e.buf.len < len + ESP_HEADROOM + ESP_TAILROOM);
	assert_int_equal(e.sa_a->counters.bytes_out, len);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_int_equal(got.len, len);
	ends_close(&e);
}

/* RFC4303 2.6 */
static void dummy_packets_vanish_silently(void **state)
{
	struct fixture *f = *state;
	struct esp_received got = { 0 };
	struct ends e;

	ends_default(f, &e);
	assert_int_equal(deliver(f, &e, "ffffffffffff", IP_PROTO_NONE, &got), ERR_OK);
	assert_int_equal(got.len, 0);
	assert_int_equal(e.b.totals.dummies, 1);
	assert_int_equal(e.b.totals.malformed + e.b.totals.selector + e.b.totals.packets_in, 0);
	ends_close(&e);
}

static void a_rekeyed_sa_takes_over_and_the_old_one_still_receives(void **state)
{
	struct fixture *f = *state;
	struct child_spec spec = spec_gcm(0x1001, 0x2001, "10.1.0.0/16", "10.2.0.0/16"), back = spec_reversed(&spec);
	struct esp_received got;
	struct esp_sa *a2, *b2;
	struct ends e;

	ends_default(f, &e);
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_OK); /* on its way */
	assert_int_equal(esp_install(&e.a, &spec, &a2), ERR_OK);
	assert_int_equal(esp_install(&e.b, &back, &b2), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_ptr_equal(got.sa, e.sa_b);
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_ptr_equal(got.sa, b2);
	esp_remove(&e.a, a2);
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_ptr_equal(got.sa, e.sa_b);
	assert_int_equal(esp_install(&e.a, &spec, &a2), ERR_OK);
	assert_int_equal(esp_install(&e.a, &spec, &a2), ERR_EXISTS);
	ends_close(&e);
}

/* An error of a router nobody has a selector for, about a packet that went over the SA from a, or from b. */
#define ERROR_HEAD "45000038 00000000 40010000 c6336401 "
#define ABOUT(src, dst) "0b000000 00000000 45000400 00004000 40110000" src dst "03e80035 03ec0000"
#define HOST_A "0a010001"
#define HOST_B "0a020001"
#define STRANGER "0a030001"

static enum err transmit_hex(struct ends *e, const char *hex)
{
	struct esp_sa *sa;
	struct outer outer;

	e->buf = (struct esp_buffer){ .data = e->bytes, .cap = ROOM, .start = ESP_HEADROOM };
	e->buf.len = hex_read(&e->bytes[ESP_HEADROOM], 256, hex, strlen(hex));
	return esp_transmit(&e->a, &e->buf, 7, &sa, &outer);
}

/* RFC4301 6.2: errors about an SA's traffic go over it and come over it when it is to carry them */
static void icmp_errors_go_the_way_of_what_they_quote(void **state)
{
	static const char to_b[] = ERROR_HEAD HOST_B ABOUT(HOST_B, HOST_A);
	static const char to_stranger[] = ERROR_HEAD STRANGER ABOUT(STRANGER, HOST_A);
	static const char not_ours[] = ERROR_HEAD HOST_B ABOUT(HOST_B, STRANGER);
	struct fixture *f = *state;
	struct esp_received got;

	for (unsigned icmp = 0; icmp < 2; icmp++) {
		struct child_spec spec = spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16"), back;
		enum err ours = icmp ? ERR_OK : ERR_SELECTOR;
		struct ends e;

		spec.icmp = icmp;
		back = spec_reversed(&spec);
		ends_open(f, &e, &spec, &back);
		assert_int_equal(transmit_hex(&e, to_b), icmp ? ERR_OK : ERR_NOT_FOUND);
		if (icmp)
			assert_int_equal(receive(&e, &got), ERR_OK);
		assert_int_equal(transmit_hex(&e, to_stranger), ERR_NOT_FOUND);
		assert_int_equal(transmit_hex(&e, not_ours), ERR_NOT_FOUND);
		/* what comes, whatever its sender takes for right */
		assert_int_equal(deliver(f, &e, to_b, 4, &got), ours);
		assert_int_equal(deliver(f, &e, to_stranger, 4, &got), ERR_SELECTOR);
		assert_int_equal(deliver(f, &e, not_ours, 4, &got), ERR_SELECTOR);
		ends_close(&e);
	}
}

/* What they quote has its ports turned too. */
static void icmp_errors_heed_the_ports_of_what_they_quote(void **state)
{
	static const struct {
		uint16_t port; /* of ours that the SA is for */
		enum err sent, received;
	} rows[] = { { 53, ERR_OK, ERR_OK }, { 1000, ERR_NOT_FOUND, ERR_SELECTOR } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct child_spec spec = spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16"), back;
		struct esp_received got;
		struct ends e;

		/* b's 1000 asked a's 53 */
		spec.local_ts[0] = selector_v4("10.1.0.0/16", IP_PROTO_UDP, rows[i].port, rows[i].port);
		spec.icmp = true;
		back = spec_reversed(&spec);
		ends_open(*state, &e, &spec, &back);
		assert_int_equal(transmit_hex(&e, ERROR_HEAD HOST_B ABOUT(HOST_B, HOST_A)), rows[i].sent);
		assert_int_equal(deliver(*state, &e, ERROR_HEAD HOST_B ABOUT(HOST_B, HOST_A), 4, &got),
				 rows[i].received);
		ends_close(&e);
	}
}

static void random_packets_from_the_network_do_no_harm(void **state)
{
	struct fixture *f = *state;
	uint64_t stream = 6;
	struct esp_received got;
	struct ends e;

	ends_default(f, &e);
	for (unsigned i = 0; i < 50000; i++) {
		size_t len = stream_next(&stream) % 120;
		uint8_t *bytes = calloc(1, len ? len : 1);

		assert_non_null(bytes);
		for (size_t n = 0; n < len; n++)
			bytes[n] = (uint8_t)stream_next(&stream);
		if (len >= 4)
			memcpy(bytes, "\x00\x00\x20\x00", 4);
		assert_true(esp_receive(&e.b, bytes, len, 0, 1, &got) != ERR_OK);
		free(bytes);
	}
	assert_int_equal(e.b.totals.integrity + e.b.totals.malformed + e.b.totals.replay, 50000);
	assert_true(e.b.totals.integrity > 1000 && e.b.totals.malformed > 1000);
	/* After all that a real one still passes. */
	assert_int_equal(transmit(&e, "10.1.0.1", "10.2.0.1", 53), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_OK);
	ends_close(&e);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_packet_goes_through_unchanged_and_is_counted),
		T(what_no_sa_wants_is_not_sent),
		T(each_reason_to_drop_has_its_counter),
		T(the_next_header_tells_the_version_inside),
		T(only_ip_packets_come_out),
		T(padding_behind_the_packet_is_cut_off),
		T(what_the_host_appends_is_not_sent),
		T(dummy_packets_vanish_silently),
		T(a_rekeyed_sa_takes_over_and_the_old_one_still_receives),
		T(icmp_errors_go_the_way_of_what_they_quote),
		T(icmp_errors_heed_the_ports_of_what_they_quote),
		T(random_packets_from_the_network_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
