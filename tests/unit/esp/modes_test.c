/* SPDX-License-Identifier: Apache-2.0 */
/* Transport mode, AH and traffic flow padding between two ends: esp.c, transport.c, ah.c, ip_header.c. */
#include "fixture.h"

#include "reader.h"
#include "transport.h"
#include "writer.h"

#define ROOM 4096
#define A "192.0.2.1"
#define B "192.0.2.2"

struct ends {
	struct esp a, b;
	struct esp_sa *sa_a, *sa_b;
	uint8_t bytes[ROOM], sent[ROOM];
	size_t sent_len;
	struct esp_buffer buf;
	struct outer outer;
};

static void ends_open(struct fixture *f, struct ends *e, const struct child_spec *spec)
{
	struct child_spec back = spec_reversed(spec);

	memset(e, 0, sizeof(*e));
	assert_int_equal(esp_init(&e->a, &f->crypto, &f->memory, 8), ERR_OK);
	assert_int_equal(esp_init(&e->b, &f->crypto, &f->memory, 8), ERR_OK);
	assert_int_equal(esp_install(&e->a, spec, &e->sa_a), ERR_OK);
	assert_int_equal(esp_install(&e->b, &back, &e->sa_b), ERR_OK);
}

static void ends_close(struct ends *e)
{
	esp_clear(&e->a);
	esp_clear(&e->b);
}

static struct child_spec spec_hosts(void)
{
	struct child_spec spec = spec_gcm(0x1000, 0x2000, A "/32", B "/32");

	spec.mode = CHILD_TRANSPORT;
	spec.path.local.ip = ip_v4(192, 0, 2, 1);
	spec.path.remote.ip = ip_v4(192, 0, 2, 2);
	return spec;
}

static void put(struct ends *e, const void *packet, size_t len)
{
	e->buf = (struct esp_buffer){ .data = e->bytes, .cap = ROOM, .start = TRANSMIT_HEADROOM, .len = len };
	memcpy(&e->bytes[TRANSMIT_HEADROOM], packet, len);
	memcpy(e->sent, packet, len);
	e->sent_len = len;
}

static void put_v4(struct ends *e, const char *src, const char *dst, uint8_t protocol, size_t payload)
{
	uint8_t packet[ROOM];
	struct ip_header h = { .family = IP_V4 };
	size_t len = packet_v4(packet, src, dst, protocol, 1000, 53, payload);

	ip_header_checksum(packet, &h);
	put(e, packet, len);
}

static enum err transmit(struct ends *e)
{
	struct esp_sa *sa;

	return esp_transmit(&e->a, &e->buf, 7, &sa, &e->outer);
}

static enum err receive(struct ends *e, struct esp_received *got)
{
	uint8_t *data = &e->bytes[e->buf.start];

	memset(got, 0, sizeof(*got));
	return e->sa_a->protocol == PROTOCOL_AH ? esp_receive_ah(&e->b, data, e->buf.len, 8, got) :
						  esp_receive(&e->b, data, e->buf.len, e->outer.tos, 8, got);
}

/* What the device gets, whole. */
static size_t whole(const struct esp_received *got, uint8_t *ret)
{
	memcpy(ret, got->head, got->head_len);
	memcpy(ret + got->head_len, got->packet, got->len);
	return got->head_len + got->len;
}

static uint16_t sum_of(const uint8_t *packet)
{
	return internet_sum_fold(internet_sum(0, span_of(packet, 20)));
}

/* Transport mode of ESP */

/* RFC4303 3.1.1 */
static void transport_mode_carries_what_is_behind_the_header(void **state)
{
	struct child_spec spec = spec_hosts();
	struct esp_received got;
	uint8_t packet[ROOM];
	struct ends e;
	size_t len;

	spec.encap = false;
	ends_open(*state, &e, &spec);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	e.bytes[TRANSMIT_HEADROOM + 1] = e.sent[1] = 0xb8;
	e.bytes[TRANSMIT_HEADROOM + 6] = 0x40;
	len = e.sent_len;
	assert_int_equal(transmit(&e), ERR_OK);
	assert_int_equal(e.outer.tos, 0xb8);
	assert_true(e.outer.df);
	/* SPI, sequence number, IV, what was behind the header, its trailer, ICV */
	assert_int_equal(e.buf.len, 8 + 8 + (len - 20 + 2 + 3) / 4 * 4 + 16);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_int_equal(got.head_len, 20);
	assert_int_equal(whole(&got, packet), len);
	assert_memory_equal(packet + 20, e.sent + 20, len - 20);
	assert_memory_equal(packet + 12, e.sent + 12, 8); /* addresses */
	assert_int_equal(packet[0], 0x45);
	assert_int_equal(packet[1], 0xb8);
	assert_int_equal(packet[2] << 8 | packet[3], len);
	assert_int_equal(packet[6], 0x40);
	assert_int_equal(packet[9], IP_PROTO_UDP);
	assert_int_equal(sum_of(packet), 0);
	assert_int_equal(e.sa_b->counters.bytes_in, len);
	assert_int_equal(e.sa_a->counters.bytes_out, len);
	ends_close(&e);
}

static void transport_mode_carries_ipv6(void **state)
{
	struct child_spec spec = spec_hosts();
	struct esp_received got;
	uint8_t packet[ROOM], out[ROOM];
	struct writer w = writer_of(packet, sizeof(packet));
	struct ip a, b;
	struct ends e;

	assert_int_equal(ip_parse(&a, "2001:db8::1"), ERR_OK);
	assert_int_equal(ip_parse(&b, "2001:db8::2"), ERR_OK);
	spec.local_ts[0] = selector_v4("2001:db8::1/128", 0, 0, 65535);
	spec.remote_ts[0] = selector_v4("2001:db8::2/128", IP_PROTO_UDP, 53, 53);
	ends_open(*state, &e, &spec);
	/* a destination options header goes inside (RFC4303 3.1.1) */
	writer_u32(&w, 0x60b00000);
	writer_u16(&w, 8 + 12);
	writer_u8(&w, 60);
	writer_u8(&w, 64);
	writer_put(&w, ip_span(&a));
	writer_put(&w, ip_span(&b));
	writer_u8(&w, IP_PROTO_UDP);
	writer_u8(&w, 0);
	writer_u16(&w, 0x0104);
	writer_u32(&w, 0);
	writer_u16(&w, 1000);
	writer_u16(&w, 53);
	writer_u16(&w, 12);
	writer_u16(&w, 0xabcd); /* wrong, and to be set right as the SA is in UDP */
	writer_u32(&w, 0x01020304);
	put(&e, packet, w.len);
	assert_int_equal(transmit(&e), ERR_OK);
	assert_int_equal(e.outer.tos, 0x0b);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_int_equal(whole(&got, out), w.len);
	assert_memory_equal(out, packet, w.len); /* behind options the checksum is left alone */

	/* hop-by-hop options have to stay outside */
	packet[6] = 0;
	put(&e, packet, w.len);
	assert_int_equal(transmit(&e), ERR_UNSUPPORTED);
	ends_close(&e);
}

/* RFC4303 3.3.4: transport mode is for whole packets */
static void fragments_and_options_do_not_go_in_transport_mode(void **state)
{
	struct child_spec spec = spec_hosts();
	uint8_t packet[ROOM] = { 0x46, 0, 0, 32, 0, 0, 0, 0, 64, IP_PROTO_UDP, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
				 0x94, 4, 0, 0, 0, 7, 0, 53, 0, 8, 0, 0 };
	struct ends e;

	ends_open(*state, &e, &spec);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	e.bytes[TRANSMIT_HEADROOM + 6] = 0x20; /* more to come */
	assert_int_equal(transmit(&e), ERR_UNSUPPORTED);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	e.bytes[TRANSMIT_HEADROOM + 7] = 0x10; /* a later one */
	assert_int_equal(transmit(&e), ERR_UNSUPPORTED);
	put(&e, packet, 32);
	assert_int_equal(transmit(&e), ERR_UNSUPPORTED);
	assert_int_equal(e.sa_a->counters.failed, 3);
	assert_int_equal(e.sa_a->out.seq, 0);
	ends_close(&e);
}

/* RFC3948 3.1.2, RFC7296 2.23.1: the sender's own address was in the sum, and is another here */
static void checksums_are_set_right_behind_a_nat(void **state)
{
	static const uint8_t protocols[] = { IP_PROTO_TCP, IP_PROTO_UDP };
	static const size_t places[] = { 16, 6 };
	struct child_spec spec = spec_hosts(), back;
	struct esp_received got;
	struct fixture *f = *state;
	struct ends e;

	for (size_t i = 0; i < 2; i++) {
		uint8_t packet[ROOM], pseudo[12] = { 203, 0, 113, 9, 192, 0, 2, 2, 0, protocols[i], 0, 0 };
		uint32_t sum;

		ends_open(f, &e, &spec);
		/* The other end knows this one as 203.0.113.9. */
		back = spec_reversed(&spec);
		back.remote_ts[0] = selector_v4("203.0.113.9/32", 0, 0, 65535);
		esp_remove(&e.b, e.sa_b);
		assert_int_equal(esp_install(&e.b, &back, &e.sa_b), ERR_OK);
		put_v4(&e, A, B, protocols[i], 101);
		assert_int_equal(transmit(&e), ERR_OK);
		assert_int_equal(receive(&e, &got), ERR_OK);
		assert_int_equal(whole(&got, packet), e.sent_len);
		assert_memory_equal(packet + 12, pseudo, 8);
		pseudo[11] = (uint8_t)(e.sent_len - 20);
		sum = internet_sum(internet_sum(0, SPAN_ARRAY(pseudo)), span_of(packet + 20, e.sent_len - 20));
		assert_int_equal(internet_sum_fold(sum), 0);
		assert_false(memcmp(packet + 20 + places[i], e.sent + 20 + places[i], 2) == 0);
		ends_close(&e);
	}
	/* a datagram without one gets none */
	ends_open(f, &e, &spec);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	memset(&e.bytes[TRANSMIT_HEADROOM + 26], 0, 2);
	assert_int_equal(transmit(&e), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_int_equal(got.packet[6] | got.packet[7], 0);
	ends_close(&e);
}

/* RFC4301 5.2 */
static void transport_mode_delivers_only_what_its_selectors_hold(void **state)
{
	struct child_spec spec = spec_hosts(), narrow;
	struct esp_received got;
	struct ends e;

	ends_open(*state, &e, &spec);
	narrow = spec_reversed(&spec);
	narrow.local_ts[0] = selector_v4(B "/32", IP_PROTO_UDP, 54, 54);
	esp_remove(&e.b, e.sa_b);
	assert_int_equal(esp_install(&e.b, &narrow, &e.sa_b), ERR_OK);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	assert_int_equal(transmit(&e), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_SELECTOR);
	assert_int_equal(e.sa_b->counters.selector, 1);
	ends_close(&e);
}

/* RFC 768: a checksum that comes out as zero is written as all ones, since zero says that there is none. */
static void a_udp_checksum_of_zero_is_written_as_ones(void **state)
{
	const struct ip a = ip_v4(192, 0, 2, 1), b = ip_v4(192, 0, 2, 2);
	uint8_t udp[10] = { 0x03, 0xe8, 0, 53, 0, 10, 1, 1, 0, 0 };

	(void)state;
	transport_checksum(&a, &b, IP_PROTO_UDP, udp, sizeof(udp));
	memcpy(udp + 8, udp + 6, 2); /* what is missing to zero */
	transport_checksum(&a, &b, IP_PROTO_UDP, udp, sizeof(udp));
	assert_memory_equal(udp + 6, "\xff\xff", 2);
}

/* AH */

static struct child_spec spec_ah(enum child_mode mode)
{
	struct child_spec spec = mode == CHILD_TRANSPORT ? spec_hosts() :
							   spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16");

	spec.mode = mode;
	spec_make_ah(&spec);
	return spec;
}

/* RFC4302 2.2, 2.3, 3.1.2 */
static void ah_in_tunnel_mode_puts_a_packet_into_another(void **state)
{
	struct child_spec spec = spec_ah(CHILD_TUNNEL);
	struct esp_received got;
	uint8_t *p;
	struct ends e;

	spec.copy_dscp = COPY_DSCP_OUT;
	spec.copy_df = true;
	ends_open(*state, &e, &spec);
	put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 100);
	e.bytes[TRANSMIT_HEADROOM + 1] = e.sent[1] = 0xb8;
	assert_int_equal(transmit(&e), ERR_OK);
	p = &e.bytes[e.buf.start];
	assert_int_equal(e.buf.len, 20 + 28 + e.sent_len);
	assert_int_equal(p[0], 0x45);
	assert_int_equal(p[1], 0xb8);
	assert_int_equal(p[2] << 8 | p[3], e.buf.len);
	assert_int_equal(p[9], 51);
	assert_int_equal(sum_of(p), 0);
	assert_memory_equal(p + 12, "\xc0\x00\x02\x01\xc0\x00\x02\x02", 8);
	/* next header, length in words less 2, reserved, SPI, sequence number */
	assert_memory_equal(p + 20, "\x04\x05\x00\x00\x00\x00\x20\x00\x00\x00\x00\x01", 12);
	assert_memory_equal(p + 48, e.sent, e.sent_len);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_int_equal(got.head_len, 0);
	assert_int_equal(got.len, e.sent_len);
	assert_memory_equal(got.packet, e.sent, e.sent_len);
	ends_close(&e);
}

/* RFC4302 3.1.1: AH stands behind the packet's own header, which stays */
static void ah_in_transport_mode_keeps_the_header(void **state)
{
	struct child_spec spec = spec_ah(CHILD_TRANSPORT);
	struct esp_received got;
	uint8_t *p;
	struct ends e;

	ends_open(*state, &e, &spec);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	assert_int_equal(transmit(&e), ERR_OK);
	p = &e.bytes[e.buf.start];
	assert_int_equal(e.buf.len, 28 + e.sent_len);
	assert_int_equal(p[9], 51);
	assert_int_equal(p[4] << 8 | p[5], 1); /* an identification, which the kernel would choose otherwise */
	assert_int_equal(p[20], IP_PROTO_UDP);
	assert_memory_equal(p + 48, e.sent + 20, e.sent_len - 20);
	p[8] = 5; /* some hops later */
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_int_equal(got.len, e.sent_len);
	assert_int_equal(got.packet[8], 5);
	assert_int_equal(got.packet[9], IP_PROTO_UDP);
	assert_int_equal(sum_of(got.packet), 0);
	assert_memory_equal(got.packet + 12, e.sent + 12, e.sent_len - 12);
	ends_close(&e);
}

/* IPv4 with a router alert (stays the same) and a record route (may change); RFC4302 A1 */
static const uint8_t with_options[] = {
	0x48, 0, 0, 40, 0, 7, 0, 0, 64, IP_PROTO_UDP, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
	0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0,
	0, 7, 0, 53, 0, 8, 0, 0,
};

/* Hop-by-hop options, one that stays and one that may change (RFC 8200 4.2), and a routing header at its end; RFC4302 A2 */
static const uint8_t with_extensions[] = {
	0x60, 0, 0, 0, 0, 16 + 24 + 8, 0, 64,
	0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	43, 1, 0x05, 2, 0, 0, 0x3e, 4, 1, 2, 3, 4, 0, 1, 1, 0,
	17, 2, 0, 0, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3,
	0, 7, 0, 53, 0, 8, 0, 0,
};

struct range {
	size_t at, len;
};

/* Flips every bit of an AH packet in turn: it is still taken where a router may have done so, and nowhere else. */
static void flip_all(struct ends *e, const uint8_t *packet, size_t len, const struct range *mutable, size_t count)
{
	uint8_t good[ROOM];
	size_t good_len;

	put(e, packet, len);
	assert_int_equal(transmit(e), ERR_OK);
	good_len = e->buf.len;
	memcpy(good, &e->bytes[e->buf.start], good_len);
	for (size_t bit = 0; bit < good_len * 8; bit++) {
		struct esp_received got;
		bool may = false;
		enum err err;

		for (size_t i = 0; i < count; i++)
			may |= bit / 8 >= mutable[i].at && bit / 8 < mutable[i].at + mutable[i].len;
		may |= packet[0] >> 4 == 6 && bit / 8 == 0 && bit % 8 >= 4; /* traffic class */
		/* The flags, too; but MF makes it a fragment, which is not taken. */
		may |= packet[0] >> 4 == 4 && bit / 8 == 6 && bit % 8 < 2;
		memcpy(e->bytes, good, good_len);
		e->buf.start = 0;
		e->buf.len = good_len;
		e->bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		replay_clear(&e->sa_b->in.replay);
		assert_int_equal(replay_init(&e->sa_b->in.replay, e->b.sad.memory, 64), ERR_OK);
		err = receive(e, &got);
		/* An option of another length may be one, and may be none. */
		if ((err == ERR_OK) != may && !(err == ERR_SYNTAX && may))
			fail_msg("byte %zu, bit %zu: %s", bit / 8, bit % 8, err_name(err));
	}
}

/* RFC4302 3.3.3.1, 3.3.3.1.1.1, 3.3.3.1.2.1, 3.4.4 */
static void every_bit_is_authenticated_but_those_that_change_on_the_way(void **state)
{
	static const struct range plain[] = { { 1, 1 }, { 8, 1 }, { 10, 2 } };
	static const struct range options[] = { { 1, 1 }, { 8, 1 }, { 10, 2 }, { 24, 7 } };
	static const struct range extensions[] = { { 1, 3 }, { 7, 1 }, { 48, 4 } };
	struct child_spec spec = spec_ah(CHILD_TRANSPORT);
	uint8_t packet[ROOM];
	struct ends e;

	ends_open(*state, &e, &spec);
	flip_all(&e, packet, packet_v4(packet, A, B, IP_PROTO_UDP, 7, 53, 20), plain, ARRAY_LEN(plain));
	flip_all(&e, with_options, sizeof(with_options), options, ARRAY_LEN(options));
	ends_close(&e);
	spec.local_ts[0] = selector_v4("2001:db8::1/128", 0, 0, 65535);
	spec.remote_ts[0] = selector_v4("2001:db8::2/128", 0, 0, 65535);
	ends_open(*state, &e, &spec);
	flip_all(&e, with_extensions, sizeof(with_extensions), extensions, ARRAY_LEN(extensions));
	ends_close(&e);
}

/* RFC4302 3.3.4, 3.4.1: AH is for whole packets; and RFC4302 3.3.3.1.1.2 for those whose route is no riddle */
static void fragments_and_source_routes_get_no_ah(void **state)
{
	struct child_spec spec = spec_ah(CHILD_TRANSPORT);
	struct esp_received got;
	uint8_t packet[sizeof(with_options)];
	struct ends e;

	ends_open(*state, &e, &spec);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	e.bytes[TRANSMIT_HEADROOM + 6] = 0x20;
	assert_int_equal(transmit(&e), ERR_UNSUPPORTED);
	memcpy(packet, with_options, sizeof(packet));
	packet[24] = 131;
	put(&e, packet, sizeof(packet));
	assert_int_equal(transmit(&e), ERR_UNSUPPORTED);
	packet[25] = 1; /* no option is that short */
	put(&e, packet, sizeof(packet));
	assert_int_equal(transmit(&e), ERR_SYNTAX);
	put_v4(&e, A, B, IP_PROTO_UDP, 100);
	assert_int_equal(transmit(&e), ERR_OK);
	e.bytes[e.buf.start + 6] |= 0x20;
	assert_int_equal(receive(&e, &got), ERR_UNSUPPORTED);
	ends_close(&e);
}

/* RFC4302 3.3.2, 3.4.3 */
static void ah_counts_and_refuses_replays(void **state)
{
	struct child_spec spec = spec_ah(CHILD_TUNNEL);
	struct esp_received got;
	uint8_t copy[ROOM];
	size_t start, len;
	struct ends e;

	ends_open(*state, &e, &spec);
	put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 100);
	assert_int_equal(transmit(&e), ERR_OK);
	start = e.buf.start;
	len = e.buf.len;
	memcpy(copy, &e.bytes[start], len);
	assert_int_equal(receive(&e, &got), ERR_OK);
	assert_true(got.newest);
	memcpy(&e.bytes[start], copy, len);
	assert_int_equal(receive(&e, &got), ERR_REPLAY);
	e.sa_a->out.seq = UINT32_MAX;
	put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 100);
	assert_int_equal(transmit(&e), ERR_LIMIT);
	/* an ESP packet is none of it, and the other way round */
	memcpy(&e.bytes[start], copy, len);
	assert_int_equal(esp_receive(&e.b, &e.bytes[start + 24], len - 24, 0, 8, &got), ERR_UNKNOWN_SPI);
	ends_close(&e);
}

/* RFC4302 2.5.1: the high half is authenticated, and found again */
static void ah_has_extended_numbers(void **state)
{
	struct child_spec spec = spec_ah(CHILD_TUNNEL);
	struct esp_received got;
	struct ends e;

	spec.esn = true;
	ends_open(*state, &e, &spec);
	e.sa_a->out.seq = UINT32_MAX - 5;
	(void)replay_update(&e.sa_b->in.replay, UINT32_MAX - 5);
	for (unsigned i = 0; i < 12; i++) {
		put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 100);
		assert_int_equal(transmit(&e), ERR_OK);
		assert_int_equal(receive(&e, &got), ERR_OK);
	}
	assert_true(e.sa_b->in.replay.top == UINT64_C(0x100000006));
	e.sa_a->out.seq += UINT64_C(1) << 32; /* the same low half */
	put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 100);
	assert_int_equal(transmit(&e), ERR_OK);
	assert_int_equal(receive(&e, &got), ERR_INTEGRITY);
	ends_close(&e);
}

/* RFC4302 2.5.1, 3.3.3.1: the ICV by hand; the high half is in it when it is zero, too */
static void ah_covers_the_high_half_from_the_beginning(void **state)
{
	struct child_spec spec = spec_ah(CHILD_TUNNEL);
	struct fixture *f = *state;
	struct ends e;

	spec.esn = true;
	ends_open(f, &e, &spec);
	for (uint8_t high = 0; high < 2; high++) {
		const uint8_t half[4] = { 0, 0, 0, high };
		uint8_t icv[16], mac[32], *p;
		struct span parts[2];

		e.sa_a->out.seq = (uint64_t)high << 32;
		put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 100);
		assert_int_equal(transmit(&e), ERR_OK);
		p = &e.bytes[e.buf.start];
		memcpy(icv, p + 32, sizeof(icv));
		p[1] = p[6] = p[7] = p[8] = p[10] = p[11] = 0;
		memset(p + 32, 0, sizeof(icv));
		parts[0] = span_of(p, e.buf.len);
		parts[1] = SPAN_ARRAY(half);
		assert_int_equal(crypto_prf(&f->crypto, PRF_HMAC_SHA2_256, secret_span(&spec.integ_out), parts, 2, mac), ERR_OK);
		assert_memory_equal(icv, mac, sizeof(icv));
	}
	ends_close(&e);
}

/* RFC4302 2.6: in IPv6 AH is a multiple of 64 bits; RFC4543 3.1, 4: GMAC's IV stands before its tag */
static void ah_is_as_long_as_its_family_and_algorithm_want(void **state)
{
	static const struct {
		uint16_t integ;
		size_t v4, v6, sealed_key;
	} rows[] = {
		{ INTEG_HMAC_SHA1_96, 24, 24, 20 },
		{ INTEG_HMAC_SHA2_256_128, 28, 32, 32 },
		{ INTEG_HMAC_SHA2_512_256, 44, 48, 64 },
		{ INTEG_AES_128_GMAC, 36, 40, 20 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct child_spec spec = spec_ah(CHILD_TUNNEL);
		uint8_t key[64] = { 9 };
		struct esp_received got;
		struct ends e;

		spec.integ.id = rows[i].integ;
		secret_set(&spec.integ_in, span_of(key, rows[i].sealed_key));
		spec.integ_out = spec.integ_in;
		assert_int_equal(ah_len(integ_find(rows[i].integ), IP_V4), rows[i].v4);
		assert_int_equal(ah_len(integ_find(rows[i].integ), IP_V6), rows[i].v6);
		for (unsigned v6 = 0; v6 < 2; v6++) {
			if (v6) {
				assert_int_equal(ip_parse(&spec.path.local.ip, "2001:db8::1"), ERR_OK);
				assert_int_equal(ip_parse(&spec.path.remote.ip, "2001:db8::2"), ERR_OK);
			}
			ends_open(f, &e, &spec);
			put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 100);
			assert_int_equal(transmit(&e), ERR_OK);
			assert_int_equal(e.buf.len, (v6 ? 40 + rows[i].v6 : 20 + rows[i].v4) + e.sent_len);
			assert_int_equal(receive(&e, &got), ERR_OK);
			assert_int_equal(got.len, e.sent_len);
			assert_memory_equal(got.packet, e.sent, e.sent_len);
			ends_close(&e);
		}
	}
}

static void bytes_of_anybody_do_no_harm_to_ah(void **state)
{
	struct child_spec spec = spec_ah(CHILD_TRANSPORT);
	uint64_t stream = 7;
	struct ends e;

	ends_open(*state, &e, &spec);
	for (unsigned i = 0; i < 30000; i++) {
		struct esp_received got;
		uint8_t packet[200];
		size_t len = stream_next(&stream) % sizeof(packet);

		for (size_t j = 0; j < sizeof(packet); j++)
			packet[j] = (uint8_t)stream_next(&stream);
		if (i % 2) { /* nearly good ones */
			memcpy(packet, i % 4 == 1 ? with_options : with_extensions, 40);
			packet[i % 40] = (uint8_t)stream_next(&stream);
		}
		memcpy(e.bytes, packet, len);
		assert_true(esp_receive_ah(&e.b, e.bytes, len, 1, &got) != ERR_OK);
		put(&e, packet, len);
		(void)(transmit(&e) == ERR_OK);
	}
	ends_close(&e);
}

/* Traffic flow padding, RFC4303 2.7 */

static void packets_are_padded_to_a_length_and_taken_without(void **state)
{
	static const uint16_t lengths[] = { 0, 100, 200, 201, 800, 65000, TFC_PADDING_MTU };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct child_spec spec = spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16");
		struct esp_received got;
		struct ends e;

		spec.path.remote.ip = ip_v4(192, 0, 2, 2);
		spec.tfc_padding = lengths[i];
		ends_open(*state, &e, &spec);
		for (size_t payload = 1; payload < 1380; payload += 97) {
			size_t least = lengths[i] < 1472 ? lengths[i] : 1472; /* 1500 less IP and UDP */
			size_t bare;

			put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, payload);
			bare = 8 + 8 + (e.sent_len + 2 + 3) / 4 * 4 + 16;
			assert_int_equal(transmit(&e), ERR_OK);
			assert_int_equal(e.buf.len, bare > least ? bare : (least + 3) / 4 * 4);
			assert_int_equal(receive(&e, &got), ERR_OK);
			assert_int_equal(got.len, e.sent_len);
			assert_memory_equal(got.packet, e.sent, e.sent_len);
		}
		/* a path that takes less, and a buffer that has no more */
		sa_set_mtu(e.sa_a, 600);
		put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 10);
		assert_int_equal(transmit(&e), ERR_OK);
		assert_true(e.buf.len <= 600 - 28);
		sa_set_mtu(e.sa_a, 1500);
		put_v4(&e, "10.1.0.1", "10.2.0.1", IP_PROTO_UDP, 10);
		e.buf.cap = e.buf.start + e.buf.len + ESP_TAILROOM + 8;
		assert_int_equal(transmit(&e), ERR_OK);
		assert_true(e.buf.len <= ESP_HEADROOM + e.sent_len + 8 + ESP_TAILROOM);
		assert_int_equal(receive(&e, &got), ERR_OK);
		ends_close(&e);
	}
}

/* RFC4303 2.7: in transport mode the payload need not tell its length */
static void transport_mode_is_not_padded(void **state)
{
	struct child_spec spec = spec_hosts();
	struct ends e;

	spec.tfc_padding = 800;
	ends_open(*state, &e, &spec);
	put_v4(&e, A, B, IP_PROTO_TCP, 10);
	assert_int_equal(transmit(&e), ERR_OK);
	assert_true(e.buf.len < 100);
	ends_close(&e);
}

/* RFC4303 2.6 */
static void dummy_packets_vanish_in_both_modes(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct child_spec spec = i & 1 ? spec_hosts() : spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16");
		struct esp_received got;
		struct ends e;

		if (i & 2)
			spec_make_ah(&spec);
		ends_open(*state, &e, &spec);
		put_v4(&e, A, B, IP_PROTO_NONE, 30);
		if (i & 2)
			assert_int_equal(ah_seal(&((struct fixture *)*state)->crypto, &e.sa_a->out, &e.buf), ERR_OK);
		else
			assert_int_equal(esp_seal(&((struct fixture *)*state)->crypto, &e.sa_a->out, IP_PROTO_NONE,
						  &e.buf), ERR_OK);
		assert_int_equal(receive(&e, &got), ERR_OK);
		assert_int_equal(got.len + got.head_len, 0);
		assert_int_equal(e.sa_b->counters.dummies, 1);
		assert_int_equal(e.sa_b->counters.packets_in, 0);
		ends_close(&e);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(transport_mode_carries_what_is_behind_the_header),
		T(transport_mode_carries_ipv6),
		T(fragments_and_options_do_not_go_in_transport_mode),
		T(checksums_are_set_right_behind_a_nat),
		T(transport_mode_delivers_only_what_its_selectors_hold),
		T(ah_in_tunnel_mode_puts_a_packet_into_another),
		T(ah_in_transport_mode_keeps_the_header),
		T(every_bit_is_authenticated_but_those_that_change_on_the_way),
		T(fragments_and_source_routes_get_no_ah),
		T(ah_counts_and_refuses_replays),
		T(ah_has_extended_numbers),
		T(a_udp_checksum_of_zero_is_written_as_ones),
		T(ah_covers_the_high_half_from_the_beginning),
		T(ah_is_as_long_as_its_family_and_algorithm_want),
		T(bytes_of_anybody_do_no_harm_to_ah),
		T(packets_are_padded_to_a_length_and_taken_without),
		T(transport_mode_is_not_padded),
		T(dummy_packets_vanish_in_both_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
