/* SPDX-License-Identifier: Apache-2.0 */
#include "outer.h"

#include "reader.h"
#include "writer.h"

#define ECN_DROP 0xff
#define IPV4_CHECKSUM_AT 10
#define IPV4_DF 0x4000
#define IPV4_FLAGS_AT 6

/* RFC6040 4.2: figure 4, by inner and outer field */
static const uint8_t decapsulated[4][4] = {
	[ECN_NOT_ECT] = { [ECN_NOT_ECT] = ECN_NOT_ECT, [ECN_ECT0] = ECN_NOT_ECT,
			  [ECN_ECT1] = ECN_NOT_ECT, [ECN_CE] = ECN_DROP },
	[ECN_ECT0] = { [ECN_NOT_ECT] = ECN_ECT0, [ECN_ECT0] = ECN_ECT0, [ECN_ECT1] = ECN_ECT1,
		       [ECN_CE] = ECN_CE },
	[ECN_ECT1] = { [ECN_NOT_ECT] = ECN_ECT1, [ECN_ECT0] = ECN_ECT1, [ECN_ECT1] = ECN_ECT1,
		       [ECN_CE] = ECN_CE },
	[ECN_CE] = { [ECN_NOT_ECT] = ECN_CE, [ECN_ECT0] = ECN_CE, [ECN_ECT1] = ECN_CE,
		     [ECN_CE] = ECN_CE },
};

static bool is_v4(const uint8_t *packet)
{
	return packet[0] >> 4 == 4;
}

uint8_t packet_tos(struct span packet)
{
	struct reader r = reader_of(packet);
	uint16_t first = reader_u16(&r);

	/* IPv4: the second octet. IPv6: four bits behind the version, and the four after them. */
	return first >> 12 == 4 ? (uint8_t)first : (uint8_t)(first >> 4);
}

bool packet_df(struct span packet)
{
	struct reader r = reader_of(packet);
	bool v4 = reader_u16(&r) >> 12 == 4;

	reader_skip(&r, 4);
	return (reader_u16(&r) & IPV4_DF) || !v4;
}

void packet_df_clear(uint8_t *packet, size_t len)
{
	struct reader r = reader_of(span_of(packet, len));
	struct writer w = writer_of(packet, len);
	uint16_t word;

	if (len < IPV4_CHECKSUM_AT || !is_v4(packet))
		return;
	reader_skip(&r, IPV4_FLAGS_AT);
	word = reader_u16(&r);
	w.len = len;
	writer_patch16(&w, IPV4_FLAGS_AT, (uint16_t)(word & ~IPV4_DF));
}

/* RFC 1624: what a 16-bit word's change does to the checksum over it. */
static uint16_t checksum_after(uint16_t checksum, uint16_t old, uint16_t now)
{
	uint32_t sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~old + now;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void packet_tos_set(uint8_t *packet, size_t len, uint8_t tos)
{
	struct reader r = reader_of(span_of(packet, len));
	uint16_t first = reader_u16(&r), now, checksum;
	struct writer w = writer_of(packet, len);

	reader_skip(&r, IPV4_CHECKSUM_AT - 2);
	checksum = reader_u16(&r);
	if (!reader_ok(&r) || packet_tos(span_of(packet, len)) == tos)
		return;
	if (!is_v4(packet)) {
		writer_u16(&w, (uint16_t)((first & 0xf00f) | tos << 4));
		return;
	}
	now = (uint16_t)((first & 0xff00) | tos);
	writer_u16(&w, now);
	w = writer_of(&packet[IPV4_CHECKSUM_AT], 2);
	writer_u16(&w, checksum_after(checksum, first, now));
}

struct outer outer_of(const struct outer_rules *rules, struct span inner)
{
	uint8_t tos = packet_tos(inner), kept = 0;

	if (rules->copy_ecn) /* RFC6040 4.1: figure 3, normal mode; otherwise compatibility mode */
		kept |= ECN_BITS;
	if (rules->copy_dscp & COPY_DSCP_OUT) /* RFC 4301 5.1.2.1 */
		kept |= (uint8_t)~ECN_BITS;
	return (struct outer){ .tos = tos & kept, .df = rules->copy_df && packet_df(inner) };
}

bool outer_undo(const struct outer_rules *rules, uint8_t *inner, size_t len, uint8_t tos)
{
	uint8_t now = packet_tos(span_of(inner, len));

	if (rules->copy_ecn) {
		uint8_t ecn = decapsulated[now & ECN_BITS][tos & ECN_BITS];

		if (ecn == ECN_DROP)
			return false;
		now = (uint8_t)((now & ~ECN_BITS) | ecn);
	}
	if (rules->copy_dscp & COPY_DSCP_IN)
		now = (uint8_t)((tos & ~ECN_BITS) | (now & ECN_BITS));
	packet_tos_set(inner, len, now);
	return true;
}
