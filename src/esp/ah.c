/* SPDX-License-Identifier: Apache-2.0 */
#include "ah.h"

#include "bounds.h"
#include "ip_header.h"
#include "reader.h"
#include "require.h"
#include "writer.h"

#define SPI_AT 4 /* in AH */
#define SEQ_AT 8

enum err ah_suite_check(const struct integ *integ)
{
	return integ && integ->iv_len <= ESP_IV_MAX && integ->icv_len <= AH_ICV_MAX &&
			       integ->icv_len % 4 == 0 ?
		       ERR_OK :
		       ERR_UNSUPPORTED;
}

/* RFC4302 2.2, 2.6: in 32-bit words, and in IPv6 a multiple of 64 bits */
size_t ah_len(const struct integ *integ, uint8_t family)
{
	size_t align = family == IP_V6 ? 8 : 4;
	size_t len = AH_FIXED + (size_t)integ->iv_len + integ->icv_len;

	return (len + align - 1) / align * align;
}

/*
 * What may change on the way counts as zero (RFC4302 3.3.3.1.1.1, 3.3.3.1.2.1): the header with
 * everything before AH, which is put back afterwards.
 */
struct covered {
	uint8_t header[AH_HEADER_MAX];
	size_t len;
};

static enum err cover(struct covered *ret, uint8_t *packet, const struct ip_header *h)
{
	if (h->len > sizeof(ret->header))
		return ERR_UNSUPPORTED;
	memcpy(ret->header, packet, h->len);
	ret->len = h->len;
	return ip_header_zero_mutable(packet, h);
}

static void uncover(const struct covered *c, uint8_t *packet)
{
	memcpy(packet, c->header, c->len);
}

/* RFC4302 2.5.1: the high half comes last, and is not sent */
static struct span high_half(const struct esp_suite *suite, uint64_t seq, uint8_t bytes[4])
{
	struct writer w = writer_of(bytes, 4);

	if (suite->esn)
		writer_u32(&w, (uint32_t)(seq >> 32));
	return writer_span(&w);
}

/* The AH of a packet, its IV and ICV still zero. */
static void ah_build(uint8_t *at, size_t len, uint8_t next_header, uint32_t spi, uint32_t low)
{
	struct writer w = writer_of(at, len);

	writer_u8(&w, next_header);
	writer_u8(&w, (uint8_t)(len / 4 - 2));
	writer_u16(&w, 0); /* RFC4302 2.3 */
	writer_u32(&w, spi);
	writer_u32(&w, low);
	writer_zero(&w, len - AH_FIXED);
	REQUIRE(writer_end(&w) == ERR_OK);
}

static enum err sign(const struct crypto *c, const struct esp_suite *suite, uint64_t seq,
		     struct span iv, uint8_t *packet, size_t len, const struct ip_header *h,
		     uint8_t *ret_icv)
{
	uint8_t high[4];
	struct covered covered;
	enum err err;

	TRY(cover(&covered, packet, h));
	err = crypto_seal(c, suite->sealer, span_of(packet, len), iv, packet, 0,
			  high_half(suite, seq, high), ret_icv);
	uncover(&covered, packet);
out:
	return err;
}

enum err ah_seal(const struct crypto *c, struct esp_out *out, struct esp_buffer *b)
{
	const struct integ *integ = out->suite.integ;
	uint8_t iv[ESP_IV_MAX], icv[AH_ICV_MAX], *packet;
	struct writer iv_writer = writer_of(iv, sizeof(iv));
	struct ip_header h;
	struct writer w;
	size_t len;
	enum err err;

	TRY(ip_header_parse(&h, span_of(&b->data[b->start], b->len)));
	TRY_THAT(!h.fragment && !h.routed, ERR_UNSUPPORTED); /* RFC4302 3.3.4 */
	len = ah_len(integ, h.family);
	TRY_THAT(b->start >= len && h.packet_len + len <= PACKET_MAX, ERR_SPACE);
	/* RFC4302 3.3.2: the counter never cycles */
	TRY_THAT(out->seq < (out->suite.esn ? UINT64_MAX : UINT32_MAX), ERR_LIMIT);
	out->seq++;

	packet = &b->data[b->start - len];
	memmove(packet, packet + len, h.len);
	ah_build(packet + h.len, len, h.next_header, out->spi, (uint32_t)out->seq);
	b->start -= len;
	b->len = h.packet_len + len;
	ip_header_set(packet, &h, IP_PROTO_AH, b->len);
	ip_header_identify(packet, &h, (uint16_t)out->seq);

	if (integ->iv_len > 0)
		writer_u64(&iv_writer, out->seq); /* RFC4543 3.1: unique is enough */
	TRY(sign(c, &out->suite, out->seq, writer_span(&iv_writer), packet, b->len, &h, icv));
	w = writer_of(packet + h.len + AH_FIXED, len - AH_FIXED);
	writer_put(&w, writer_span(&iv_writer)); /* RFC4543 4 */
	writer_put(&w, span_of(icv, integ->icv_len));
	ip_header_checksum(packet, &h);
	err = writer_end(&w);
out:
	return err;
}

enum err ah_spi(uint32_t *ret, struct span packet)
{
	struct ip_header h;
	struct reader r;
	enum err err;

	TRY(ip_header_parse(&h, packet));
	TRY_THAT(h.next_header == IP_PROTO_AH, ERR_SYNTAX);
	r = reader_of(span_tail(packet, h.len));
	reader_skip(&r, SPI_AT);
	*ret = reader_u32(&r);
	TRY_THAT(reader_ok(&r), ERR_TRUNCATED);
out:
	return err;
}

/* Verifies with the ICV's field zeroed (RFC4302 3.3.3.1, 3.4.4). */
static enum err verify(const struct crypto *c, const struct esp_suite *suite, uint64_t seq,
		       uint8_t *packet, const struct ip_header *h, size_t ah)
{
	size_t data_len = ah - AH_FIXED, iv_len = suite->integ->iv_len;
	uint8_t received[ESP_IV_MAX + AH_ICV_MAX + 8], high[4], *field = packet + h->len + AH_FIXED;
	struct covered covered;
	enum err err;

	REQUIRE(data_len <= sizeof(received));
	memcpy(received, field, data_len);
	memset(field, 0, data_len);
	/* RFC4302 2.6: padding is zero, or is authenticated as what it is */
	memcpy(field + iv_len + suite->integ->icv_len, received + iv_len + suite->integ->icv_len,
	       data_len - iv_len - suite->integ->icv_len);
	TRY(cover(&covered, packet, h));
	err = crypto_open(c, suite->sealer, span_of(packet, h->packet_len),
			  span_of(received, iv_len), packet, 0, high_half(suite, seq, high),
			  span_of(received + iv_len, suite->integ->icv_len));
	uncover(&covered, packet);
out:
	return err;
}

enum err ah_open(const struct crypto *c, struct esp_in *in, uint8_t *data, size_t len,
		 struct ah_opened *ret)
{
	struct ah_opened opened = { 0 };
	struct ip_header h;
	struct reader r;
	uint8_t words;
	size_t ah;
	uint64_t seq;
	enum err err;

	TRY(ip_header_parse(&h, span_of(data, len)));
	TRY_THAT(h.next_header == IP_PROTO_AH, ERR_SYNTAX);
	TRY_THAT(!h.fragment && !h.routed, ERR_UNSUPPORTED); /* RFC4302 3.4.1 */
	ah = ah_len(in->suite.integ, h.family);
	r = reader_of(span_of(data + h.len, h.packet_len - h.len));
	opened.next_header = reader_u8(&r);
	words = reader_u8(&r);
	reader_skip(&r, 2);
	TRY_THAT(reader_u32(&r) == in->spi, ERR_UNKNOWN_SPI);
	seq = replay_extend(&in->replay, reader_u32(&r), in->suite.esn);
	reader_skip(&r, ah - AH_FIXED);
	TRY_THAT(reader_ok(&r) && (words + (size_t)2) * 4 == ah, ERR_LENGTH);
	TRY_THAT(replay_check(&in->replay, seq), ERR_REPLAY); /* RFC4302 3.4.3 */
	TRY(verify(c, &in->suite, seq, data, &h, ah));
	opened.newest = replay_update(&in->replay, seq);

	memmove(data + ah, data, h.len);
	opened.packet = data + ah;
	opened.len = h.packet_len - ah;
	opened.header_len = h.len;
	ip_header_set(opened.packet, &h, opened.next_header, opened.len);
	ip_header_checksum(opened.packet, &h);
	*ret = opened;
out:
	return err;
}
