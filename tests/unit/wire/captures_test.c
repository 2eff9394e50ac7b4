/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every IKE message of the captures in tests/vectors/captures is read as expected.txt there says, survives being built
 * again, and fails in every shortened form.
 */
#include "wire_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "rebuild.h"
#include "text.h"

static const char *const files[] = {
	"node-ikev2/capture.pcapng",
	"rusticata/ike-sa-init-req.bin",
	"rusticata/ike-sa-init-resp.bin",
	"suricata-ikev2-weak-dh/IKEv2_SA_INIT_2-8-weak.pcap",
	"tcpdump/esp_truncated.pcap",
	"tcpdump/espudp1.pcap",
	"tcpdump/ikev2-id-normal.pcap",
	"tcpdump/ikev2-id-short.pcap",
	"tcpdump/ikev2four.pcap",
	"tcpdump/ikev2pI2-segfault.pcapng",
	"tcpdump/ikev2pI2.pcap",
	"tcpdump/isakmp-3948-oobr-2.pcap",
	"tcpdump/isakmp-delete-segfault.pcap",
	"tcpdump/isakmp-identification-segfault.pcap",
	"tcpdump/isakmp-no-none-np.pcapng",
	"tcpdump/isakmp-pointer-loop.pcap",
	"tcpdump/isakmp-rfc3948-oobr.pcap",
	"tcpdump/isakmp-various-oobr.pcap",
	"tcpdump/isakmp4500.pcap",
	"tcpdump/isakmpv1-attr-oobr.pcap",
	"zeek/ikev2.pcap",
	"zeek/ipsec_client.pcap",
};

static char transcript[65536], expected[65536];
static struct text out;
static struct rebuilt scratch;

/* What one file is being read as. */
struct capture {
	const char *name;
	bool little;       /* byte order of the file's own fields */
	unsigned link;     /* link type */
	unsigned messages;
	uint8_t fragments[65536]; /* an IPv4 packet that is being put together */
	size_t fragments_len;
};

static uint32_t field(const struct capture *cap, struct span bytes, size_t at, size_t len)
{
	uint32_t value = 0;

	assert_true(at + len <= bytes.len);
	for (size_t i = 0; i < len; i++)
		value = value << 8 | bytes.data[cap->little ? at + len - 1 - i : at + i];
	return value;
}

static void print_payload(const struct payload *p)
{
	struct sa sa;

	if (payload_name(p->type))
		text_put(&out, payload_name(p->type));
	else
		text_u64(&out, p->type);
	if (p->type != PAYLOAD_SA || sa_parse(&sa, p->body))
		return;
	for (size_t i = 0; i < sa.count; i++) {
		text_char(&out, i ? ',' : '(');
		text_u64(&out, sa.proposals[i].count);
	}
	text_char(&out, ')');
}

static enum err read_message(struct span datagram)
{
	struct payload_list list;
	struct ike_header h;
	uint8_t critical;
	enum err err;

	TRY(ike_header_parse(&h, datagram));
	text_put(&out, exchange_name(h.exchange));
	text_char(&out, ' ');
	text_hex64(&out, h.flags, 2);
	text_char(&out, ' ');
	text_u64(&out, h.message_id);
	TRY(payload_list_parse(&list, h.next_payload, span_tail(datagram, IKE_HEADER_LEN), &critical));
	for (size_t i = 0; i < list.count; i++) {
		text_char(&out, ' ');
		print_payload(&list.items[i]);
		TRY(rebuild_payload(&scratch, list.items[i].type, list.items[i].body));
	}
out:
	return err;
}

/* A datagram cut short is an error, with its Length as it was or put right. */
static void shorten(struct span datagram)
{
	struct text nowhere = out;
	uint8_t copy[DATAGRAM_MAX];
	struct writer w = writer_of(copy, sizeof(copy));

	writer_put(&w, datagram);
	assert_int_equal(writer_end(&w), ERR_OK);
	for (size_t len = 0; len < datagram.len; len++) {
		struct ike_header h;

		assert_int_not_equal(ike_header_parse(&h, span_of(copy, len)), ERR_OK);
		if (len < IKE_HEADER_LEN)
			continue;
		w = writer_of(copy, len);
		w.len = len;
		ike_header_finish(&w, 0);
		out = nowhere;
		assert_int_not_equal(read_message(span_of(copy, len)), ERR_OK);
	}
	out = nowhere;
	out.data[out.len] = '\0';
}

static void take_message(struct capture *cap, struct span datagram)
{
	enum err err;

	text_put(&out, cap->name);
	text_char(&out, ' ');
	text_u64(&out, ++cap->messages);
	text_char(&out, ' ');
	err = read_message(datagram);
	if (err == ERR_OK && payload_name(datagram.data[16]) && datagram.data[16] != PAYLOAD_SK &&
	    datagram.data[16] != PAYLOAD_SKF)
		shorten(datagram);
	if (err) {
		text_put(&out, " ERR_");
		text_put(&out, err_name(err));
	}
	text_char(&out, '\n');
}

/* UDP: on port 500 all is IKE, on 4500 what begins with the non-ESP marker (RFC 3948 2.2). */
static void take_udp(struct capture *cap, struct span packet)
{
	struct reader r = reader_of(packet);
	uint16_t from = reader_u16(&r), to = reader_u16(&r), len = reader_u16(&r);
	struct span data;

	reader_skip(&r, 2);
	data = span_head(reader_rest(&r), len < 8 ? 0 : len - (size_t)8);
	if (!reader_ok(&r))
		return;
	if (from == 500 || to == 500) {
		take_message(cap, data);
	} else if (from == 4500 || to == 4500) {
		if (span_equal(span_head(data, 4), BYTES(0, 0, 0, 0)))
			take_message(cap, span_tail(data, 4));
	}
}

static void take_ipv4(struct capture *cap, struct span packet)
{
	struct reader r = reader_of(packet);
	uint8_t first = reader_u8(&r), protocol;
	uint16_t total, fragment;
	struct span data;

	reader_skip(&r, 1);
	total = reader_u16(&r);
	reader_skip(&r, 2);
	fragment = reader_u16(&r);
	reader_skip(&r, 1);
	protocol = reader_u8(&r);
	if (!reader_ok(&r) || first >> 4 != 4 || protocol != 17)
		return;
	data = span_tail(span_head(packet, total), (size_t)(first & 15) * 4);
	if (!(fragment & 0x3fff)) {
		take_udp(cap, data);
		return;
	}
	if (!(fragment & 0x1fff))
		cap->fragments_len = 0;
	if (cap->fragments_len != (size_t)(fragment & 0x1fff) * 8 || !data.len)
		return;
	assert_true(cap->fragments_len + data.len <= sizeof(cap->fragments));
	memcpy(cap->fragments + cap->fragments_len, data.data, data.len);
	cap->fragments_len += data.len;
	if (!(fragment & 0x2000))
		take_udp(cap, span_of(cap->fragments, cap->fragments_len));
}

static void take_frame(struct capture *cap, struct span frame)
{
	switch (cap->link) {
	case 0: /* loopback: a family of four bytes */
		take_ipv4(cap, span_tail(frame, 4));
		break;
	case 1: /* Ethernet */
		if (frame.len > 14 && frame.data[12] == 8 && frame.data[13] == 0)
			take_ipv4(cap, span_tail(frame, 14));
		break;
	case 12: /* raw IP, by two numbers */
	case 101:
		take_ipv4(cap, frame);
		break;
	default:
		fail_msg("%s: link type %u", cap->name, cap->link);
	}
}

static void read_pcap(struct capture *cap, struct span file)
{
	cap->little = file.data[0] == 0xd4 || file.data[0] == 0x4d;
	cap->link = field(cap, file, 20, 4) & 0xffff; /* the rest is about the FCS */
	for (size_t at = 24; at < file.len;) {
		size_t len = field(cap, file, at + 8, 4);

		assert_true(at + 16 + len <= file.len);
		take_frame(cap, span_of(file.data + at + 16, len));
		at += 16 + len;
	}
}

static void read_pcapng(struct capture *cap, struct span file)
{
	cap->little = file.data[8] == 0x4d;
	for (size_t at = 0; at < file.len;) {
		uint32_t type = field(cap, file, at, 4), len = field(cap, file, at + 4, 4);

		assert_true(len >= 12 && at + len <= file.len);
		if (type == 1)
			cap->link = field(cap, file, at + 8, 2);
		if (type == 6)
			take_frame(cap, span_of(file.data + at + 28, field(cap, file, at + 20, 4)));
		at += len;
	}
}

static struct span load(const char *name, uint8_t *buffer, size_t size)
{
	char path[512];
	FILE *f;
	size_t len;

	assert_in_range(snprintf(path, sizeof(path), "%s/captures/%s", VECTORS, name), 1, sizeof(path) - 1);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("no %s", path);
	len = fread(buffer, 1, size, f);
	assert_true(len < size);
	fclose(f);
	return span_of(buffer, len);
}

static void every_captured_message_is_read_as_expected(void **state)
{
	static uint8_t buffer[65536];
	static struct capture cap;
	char *want = expected, *got = transcript;

	(void)state;
	out = TEXT_ARRAY(transcript);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct span file = load(files[i], buffer, sizeof(buffer));

		cap = (struct capture){ .name = files[i] };
		if (strstr(files[i], ".bin"))
			take_message(&cap, file);
		else if (file.data[0] == 0x0a)
			read_pcapng(&cap, file);
		else
			read_pcap(&cap, file);
	}
	assert_false(out.cut);
	(void)load("expected.txt", (uint8_t *)expected, sizeof(expected) - 1);
	if (getenv("ADIT_TEST_PRINT"))
		printf("%s", transcript);
	while (*want || *got) {
		size_t want_len = strcspn(want, "\n"), got_len = strcspn(got, "\n");

		if (want_len != got_len || memcmp(want, got, got_len) != 0)
			fail_msg("expected \"%.*s\", got \"%.*s\"", (int)want_len, want, (int)got_len, got);
		want += want_len + (want[want_len] != '\0');
		got += got_len + (got[got_len] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_captured_message_is_read_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
