/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include "reader.h"
#include "require.h"
#include "writer.h"

#define TRAILER 2 /* pad length and next header */

/* RFC4303 2.4: the trailer ends on a 4-byte boundary, and on one of the cipher's block */
static size_t alignment(const struct cipher *cipher)
{
	return cipher->block_len > 4 ? cipher->block_len : 4;
}

enum err esp_suite_check(const struct cipher *cipher, const struct integ *integ)
{
	if (!cipher || (cipher->icv_len == 0) != (integ != NULL) || (integ && integ->iv_len > 0))
		return ERR_UNSUPPORTED;
	if (cipher->iv_len > ESP_IV_MAX || alignment(cipher) > 16 ||
	    seal_icv_len(cipher, integ) > 32)
		return ERR_UNSUPPORTED;
	return ERR_OK;
}

/*
 * What is authenticated before the ciphertext: SPI and sequence number, and with an AEAD all 64
 * bits of an extended one (RFC 4106 5). A separate integrity algorithm takes the high half behind
 * the ciphertext instead (RFC 4303 2.8). aad has room for 12 bytes, high for 4.
 */
static void authenticated(const struct esp_suite *suite, uint32_t spi, uint64_t seq, uint8_t *aad,
			  uint8_t *high, struct span *ret_aad, struct span *ret_tail)
{
	bool aead = suite->integ == NULL;
	struct writer w = writer_of(aad, 12), tail = writer_of(high, 4);

	writer_u32(&w, spi);
	if (suite->esn && aead)
		writer_u64(&w, seq);
	else
		writer_u32(&w, (uint32_t)seq);
	if (suite->esn && !aead)
		writer_u32(&tail, (uint32_t)(seq >> 32));
	*ret_aad = writer_span(&w);
	*ret_tail = writer_span(&tail);
}

/* What goes around the encrypted part. */
static size_t clear_len(const struct esp_suite *suite)
{
	return ESP_HEADER + cipher_sent_iv_len(suite->cipher) +
	       seal_icv_len(suite->cipher, suite->integ);
}

size_t esp_fit(const struct esp_suite *suite, size_t room)
{
	size_t around = clear_len(suite);

	return room < around ? 0 : room - (room - around) % alignment(suite->cipher);
}

size_t esp_payload_max(const struct esp_suite *suite, size_t room)
{
	size_t fit = esp_fit(suite, room), around = clear_len(suite) + TRAILER;

	return fit > around ? fit - around : 0;
}

/* RFC4303 2.7: behind the payload, before the padding, as far as the buffer goes */
static size_t tfc_len(const struct esp_out *out, size_t head_len, size_t icv_len,
		      const struct esp_buffer *b)
{
	size_t rest = head_len + TRAILER + icv_len, room = b->cap - b->start - b->len;
	size_t wanted = out->pad_to > rest + b->len ? out->pad_to - rest - b->len : 0;

	return wanted <= room - ESP_TAILROOM ? wanted : room - ESP_TAILROOM;
}

/* RFC4303 2.4: padding counts 1, 2, 3 … */
static void trailer_build(struct writer *w, size_t payload_len, size_t align, uint8_t next_header)
{
	size_t pad = (align - (payload_len + TRAILER) % align) % align;

	for (size_t i = 1; i <= pad; i++)
		writer_u8(w, (uint8_t)i);
	writer_u8(w, (uint8_t)pad);
	writer_u8(w, next_header);
}

enum err esp_seal_as(const struct crypto *c, const struct esp_out *out, uint64_t seq,
		     struct span iv, uint8_t next_header, struct esp_buffer *b)
{
	const struct cipher *cipher = out->suite.cipher;
	size_t icv_len = seal_icv_len(cipher, out->suite.integ);
	size_t head_len = ESP_HEADER + cipher_sent_iv_len(cipher);
	uint8_t aad[12], high[4], *sealed, *icv;
	struct span aad_span, tail;
	struct writer head, trailer;
	size_t sealed_len;
	enum err err;

	REQUIRE(iv.len == cipher->iv_len && b->start <= b->cap && b->len <= b->cap - b->start);
	TRY_THAT(b->start >= head_len && b->cap - b->start - b->len >= ESP_TAILROOM, ERR_SPACE);
	head = writer_of(&b->data[b->start - head_len], head_len);
	writer_u32(&head, out->spi);
	writer_u32(&head, (uint32_t)seq);
	writer_put(&head, span_head(iv, cipher_sent_iv_len(cipher)));
	trailer = writer_of(&b->data[b->start + b->len], b->cap - b->start - b->len);
	writer_zero(&trailer, tfc_len(out, head_len, icv_len, b));
	trailer_build(&trailer, b->len + trailer.len, alignment(cipher), next_header);
	sealed_len = b->len + trailer.len;
	icv = writer_room(&trailer, icv_len);
	TRY(writer_end(&head));
	TRY(writer_end(&trailer));
	REQUIRE(sealed_len % alignment(cipher) == 0);

	sealed = &b->data[b->start];
	authenticated(&out->suite, out->spi, seq, aad, high, &aad_span, &tail);
	TRY(crypto_seal(c, out->suite.sealer, aad_span, iv, sealed, sealed_len, tail, icv));
	b->start -= head_len;
	b->len = head_len + sealed_len + icv_len;
	err = ERR_OK;
out:
	return err;
}

enum err esp_seal(const struct crypto *c, struct esp_out *out, uint8_t next_header,
		  struct esp_buffer *b)
{
	uint8_t iv[ESP_IV_MAX];
	struct writer w = writer_of(iv, sizeof(iv));
	uint64_t seq;
	enum err err;

	/* RFC4303 3.3.3: the counter never cycles. RFC4106 2: nor does an IV under one key. */
	TRY_THAT(out->seq < (out->suite.esn ? UINT64_MAX : UINT32_MAX), ERR_LIMIT);
	seq = ++out->seq; /* used up even when sealing fails */
	if (cipher_counts(out->suite.cipher))
		writer_u64(&w, seq); /* RFC4106 3.1, RFC3686 2.1: unique is enough; RFC8750 4 */
	else
		TRY(crypto_random(c, iv, out->suite.cipher->iv_len)); /* RFC3602 3: unpredictable */
	TRY(esp_seal_as(c, out, seq, span_of(iv, out->suite.cipher->iv_len), next_header, b));
	err = ERR_OK;
out:
	return err;
}

/* RFC4303 3.4.4.1 step 4, 3.4.4.2 step 2: takes the trailer off and inspects the padding */
static enum err trailer_check(const uint8_t *plain, size_t len, size_t *ret_payload_len,
			      uint8_t *ret_next_header)
{
	struct reader r = reader_of(span_of(plain, len));
	struct span body = reader_take(&r, len - TRAILER), padding;
	uint8_t pad = reader_u8(&r), next_header = reader_u8(&r);

	if (!reader_ok(&r) || pad > body.len)
		return ERR_SYNTAX;
	padding = span_tail(body, body.len - pad);
	for (size_t i = 0; i < padding.len; i++) {
		if (padding.data[i] != i + 1)
			return ERR_SYNTAX;
	}
	*ret_payload_len = body.len - pad;
	*ret_next_header = next_header;
	return ERR_OK;
}

enum err esp_open(const struct crypto *c, struct esp_in *in, uint8_t *data, size_t len,
		  struct esp_opened *ret)
{
	const struct cipher *cipher = in->suite.cipher;
	size_t icv_len = seal_icv_len(cipher, in->suite.integ), align = alignment(cipher);
	size_t head_len = ESP_HEADER + cipher_sent_iv_len(cipher), sealed_len;
	struct reader r = reader_of(span_of(data, len));
	uint8_t aad[12], high[4], implicit[8];
	struct span aad_span, tail, iv, icv;
	struct writer w = writer_of(implicit, sizeof(implicit));
	struct esp_opened opened = { 0 };
	uint32_t low;
	uint64_t seq;
	enum err err;

	/* Sizes are public: the cheapest rejection first. */
	TRY_THAT(len >= head_len + align + icv_len, ERR_LENGTH);
	sealed_len = len - head_len - icv_len;
	TRY_THAT(sealed_len % align == 0, ERR_LENGTH);
	TRY_THAT(reader_u32(&r) == in->spi, ERR_UNKNOWN_SPI);
	low = reader_u32(&r);
	iv = reader_take(&r, cipher_sent_iv_len(cipher));
	reader_skip(&r, sealed_len);
	icv = reader_take(&r, icv_len);
	TRY(reader_end(&r));
	seq = replay_extend(&in->replay, low, in->suite.esn);
	TRY_THAT(replay_check(&in->replay, seq), ERR_REPLAY); /* RFC4303 3.4.3 */
	if (cipher->flags & CIPHER_IV_IMPLICIT) { /* RFC8750 4: the sequence number, in 64 bits */
		writer_u64(&w, seq);
		iv = writer_span(&w);
	}

	authenticated(&in->suite, in->spi, seq, aad, high, &aad_span, &tail);
	opened.payload = &data[head_len];
	TRY(crypto_open(c, in->suite.sealer, aad_span, iv, opened.payload, sealed_len, tail, icv));
	opened.newest = replay_update(&in->replay, seq);
	TRY(trailer_check(opened.payload, sealed_len, &opened.len, &opened.next_header));
	*ret = opened;
	err = ERR_OK;
out:
	return err;
}
