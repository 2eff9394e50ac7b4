/* SPDX-License-Identifier: Apache-2.0 */
#include "protect.h"

#include "require.h"

#define IV_MAX 16
#define HEADER_NEXT_AT 16   /* Next Payload of the IKE header */
#define HEADER_LENGTH_AT 24

void protect_clear(struct protect *p)
{
	secret_clear(&p->ei);
	secret_clear(&p->er);
	secret_clear(&p->ai);
	secret_clear(&p->ar);
	/* The same keys may be derived again, from an IKE_SA_INIT answer that differs elsewhere:
	 * nonces go on. */
	*p = (struct protect){ .sent = p->sent };
}

static enum err set_key(const struct crypto *c, struct sealer *s, const struct protect *p,
			bool from_initiator)
{
	const struct secret *encr = from_initiator ? &p->ei : &p->er;
	const struct secret *integ = from_initiator ? &p->ai : &p->ar;
	struct seal_keys keys = {
		.cipher = p->cipher,
		.integ = p->integ,
		.encr = secret_span(encr),
		.integrity = p->integ ? secret_span(integ) : SPAN_EMPTY,
	};

	REQUIRE(p->cipher);
	return crypto_sealer_key(c, s, &keys);
}

/*
 * Where an SK payload's parts are. RFC7296 3.14: the payload ends the message; what stands before
 * it is covered by the integrity check but means nothing to us.
 */
struct sealed {
	uint8_t first;
	struct span aad, iv, body, icv;
	struct skf_header fragment; /* total 0: a whole message */
};

static enum err locate(struct sealed *ret, const struct protect *p, struct span datagram,
		       const struct ike_header *header)
{
	size_t icv_len = seal_icv_len(p->cipher, p->integ);
	const struct payload *sk;
	struct payload_list outer;
	struct span sealed;
	struct reader r;
	uint8_t critical;
	enum err err;

	err = payload_list_parse(&outer, header->next_payload, span_tail(datagram, IKE_HEADER_LEN),
				 &critical);
	if (err)
		return err;
	ret->fragment = (struct skf_header){ 0 };
	sk = payload_find(&outer, PAYLOAD_SK);
	if (sk) {
		sealed = sk->body;
	} else {
		sk = payload_find(&outer, PAYLOAD_SKF);
		if (!sk)
			return ERR_MISSING;
		err = skf_parse(&ret->fragment, &sealed, sk->body);
		if (err)
			return err;
	}
	if (sealed.len < p->cipher->iv_len + icv_len + p->cipher->block_len)
		return ERR_LENGTH;
	r = reader_of(sealed);
	ret->first = sk->next;
	/* RFC5282 5.1, RFC7383 2.5: the associated data run to the end of the payload's header. */
	ret->aad = span_head(datagram, (size_t)(sealed.data - datagram.data));
	ret->iv = reader_take(&r, p->cipher->iv_len);
	ret->body = reader_take(&r, reader_left(&r) - icv_len);
	ret->icv = reader_take(&r, icv_len);
	return ret->body.len % p->cipher->block_len == 0 ? reader_end(&r) : ERR_LENGTH;
}

enum err protect_open(const struct crypto *c, struct sealer *s, const struct protect *p,
		      bool from_initiator, struct span datagram, uint8_t *plain,
		      uint8_t *ret_first, struct span *ret_payloads,
		      struct skf_header *ret_fragment)
{
	struct ike_header header;
	struct sealed sealed;
	size_t pad;
	enum err err;

	TRY(ike_header_parse(&header, datagram));
	TRY(locate(&sealed, p, datagram, &header));
	TRY(set_key(c, s, p, from_initiator));
	memcpy(plain, sealed.body.data, sealed.body.len);
	TRY(crypto_open(c, s, sealed.aad, sealed.iv, plain, sealed.body.len, SPAN_EMPTY,
			sealed.icv));
	/* RFC7296 3.14: Pad Length counts the bytes before it; any content is fine. */
	pad = plain[sealed.body.len - 1];
	TRY_THAT(pad + 1 <= sealed.body.len, ERR_SYNTAX);
	*ret_first = sealed.first;
	*ret_fragment = sealed.fragment;
	*ret_payloads = span_of(plain, sealed.body.len - pad - 1);
out:
	return err;
}

void protect_begin(struct sealing *ret, const struct protect *p, void *buffer, size_t cap,
		   const struct ike_header *header)
{
	struct chain outer;

	ret->w = writer_of(buffer, cap);
	ike_header_build(&ret->w, header);
	outer = chain_begin(&ret->w, HEADER_NEXT_AT);
	payload_begin(&outer, PAYLOAD_SK, false);
	ret->sk_length_at = outer.length_at;
	ret->iv_at = ret->w.len;
	writer_zero(&ret->w, p->cipher->iv_len);
	ret->body_at = ret->w.len;
	/* The SK payload's own Next Payload field names the first inner payload. */
	ret->chain = chain_begin(&ret->w, IKE_HEADER_LEN);
}

/* A counter where IVs are one (RFC5282 3.1, RFC3686 2.1: unique under a key), unpredictable bytes
 * for CBC (RFC7296 3.14). */
static enum err fill_iv(const struct crypto *c, struct protect *p, uint8_t *iv)
{
	if (!cipher_counts(p->cipher))
		return crypto_random(c, iv, p->cipher->iv_len);
	REQUIRE(p->cipher->iv_len == 8 && p->sent < UINT64_MAX);
	for (int i = 0; i < 8; i++)
		iv[i] = (uint8_t)(p->sent >> (56 - 8 * i));
	p->sent++;
	return ERR_OK;
}

enum err protect_seal(const struct crypto *c, struct sealer *s, struct protect *p,
		      bool from_initiator, struct sealing *sealing, struct span *ret_datagram)
{
	size_t icv_len = seal_icv_len(p->cipher, p->integ);
	struct writer *w = &sealing->w;
	size_t pad, len;
	struct span iv;
	uint8_t *icv;
	enum err err;

	REQUIRE(icv_len > 0);
	len = w->len - sealing->body_at + 1;
	pad = (p->cipher->block_len - len % p->cipher->block_len) % p->cipher->block_len;
	writer_zero(w, pad);
	writer_u8(w, (uint8_t)pad);
	len += pad;
	icv = writer_room(w, icv_len);
	/* Lengths first: they are authenticated. */
	writer_patch16(w, sealing->sk_length_at, w->len - IKE_HEADER_LEN);
	writer_patch32(w, HEADER_LENGTH_AT, w->len);
	TRY(writer_end(w));
	TRY(fill_iv(c, p, w->data + sealing->iv_at));
	TRY(set_key(c, s, p, from_initiator));
	iv = span_of(w->data + sealing->iv_at, p->cipher->iv_len);
	TRY(crypto_seal(c, s, span_of(w->data, sealing->iv_at), iv, w->data + sealing->body_at, len,
			SPAN_EMPTY, icv));
	*ret_datagram = writer_span(w);
out:
	return err;
}

size_t protect_sealed_len(const struct protect *p, const struct sealing *sealing)
{
	size_t len = sealing->w.len - sealing->body_at + 1, block = p->cipher->block_len;

	return sealing->body_at + (len + block - 1) / block * block +
	       seal_icv_len(p->cipher, p->integ);
}

/* One fragment: header, SKF envelope, piece, padding, ICV. */
static enum err seal_fragment(const struct crypto *c, struct sealer *s, struct protect *p,
			      const struct ike_header *header, uint8_t first,
			      const struct skf_header *number, struct span piece, struct writer *w)
{
	size_t icv_len = seal_icv_len(p->cipher, p->integ), block = p->cipher->block_len;
	size_t start = w->len, pad = (block - (piece.len + 1) % block) % block, at;
	uint8_t *icv;
	enum err err;

	ike_header_build(w, header);
	writer_u8(w, number->number == 1 ? first : PAYLOAD_NONE); /* RFC7383 2.5 */
	writer_u8(w, 0);
	writer_u16(w, (uint16_t)(PAYLOAD_HEADER_LEN + 4 + p->cipher->iv_len + piece.len + pad + 1 +
				 icv_len));
	skf_header_build(w, number);
	at = w->len;
	writer_zero(w, p->cipher->iv_len);
	writer_put(w, piece);
	writer_zero(w, pad);
	writer_u8(w, (uint8_t)pad);
	icv = writer_room(w, icv_len);
	ike_header_finish(w, start);
	TRY(writer_end(w));
	TRY(fill_iv(c, p, w->data + at));
	TRY(crypto_seal(c, s, span_of(w->data + start, at - start),
			span_of(w->data + at, p->cipher->iv_len),
			w->data + at + p->cipher->iv_len, piece.len + pad + 1, SPAN_EMPTY, icv));
out:
	return err;
}

enum err protect_seal_fragments(const struct crypto *c, struct sealer *s, struct protect *p,
				bool from_initiator, const struct sealing *sealing, size_t limit,
				struct writer *ret)
{
	size_t overhead = IKE_HEADER_LEN + PAYLOAD_HEADER_LEN + 4 + p->cipher->iv_len +
			  seal_icv_len(p->cipher, p->integ);
	size_t room = (limit - overhead) / p->cipher->block_len * p->cipher->block_len - 1;
	struct span rest = span_tail(writer_span(&sealing->w), sealing->body_at);
	uint8_t first = sealing->w.data[IKE_HEADER_LEN];
	size_t total = (rest.len + room - 1) / room;
	struct ike_header header;
	struct reader r = reader_of(span_head(writer_span(&sealing->w), IKE_HEADER_LEN));
	enum err err;

	REQUIRE(limit > overhead + 2u * p->cipher->block_len);
	TRY(writer_end(&sealing->w));
	TRY_THAT(total > 0 && total <= FRAGMENTS_MAX, ERR_LIMIT);
	header = (struct ike_header){ .spi_i = reader_u64(&r), .spi_r = reader_u64(&r) };
	reader_skip(&r, 1);
	header.version = reader_u8(&r);
	header.exchange = reader_u8(&r);
	header.flags = reader_u8(&r);
	header.message_id = reader_u32(&r);
	header.next_payload = PAYLOAD_SKF;
	TRY(set_key(c, s, p, from_initiator));
	for (size_t i = 0; i < total; i++) {
		struct skf_header number = { (uint16_t)(i + 1), (uint16_t)total };

		TRY(seal_fragment(c, s, p, &header, first, &number, span_head(rest, room), ret));
		rest = span_tail(rest, room);
	}
out:
	return err;
}
