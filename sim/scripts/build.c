/* SPDX-License-Identifier: Apache-2.0 */
/* build: the scripted peer's messages and keys, by hand. RFC 7296 1.2, 2.14, 2.15, 3.14. */
#include "puppet.h"
#include "require.h"

#define ENCR_KEY_BITS 128
#define ENCR_KEY_LEN 20 /* AES-GCM-128's key and salt (RFC 5282 7.1) */
#define PRF_LEN 32
#define GCM_IV_LEN 8

static const char key_pad[] = "Key Pad for IKEv2"; /* RFC7296 2.15 */

static void critical_put(const struct puppet *p, struct chain *c)
{
	if (!p->bend.critical)
		return;
	payload_begin(c, p->bend.critical, true);
	payload_end(c);
}

static void sa_put(struct chain *c, uint8_t protocol, uint32_t spi, uint16_t encr)
{
	static struct sa sa; /* large */
	struct proposal *o = &sa.proposals[0];

	sa = (struct sa){ .count = 1 };
	*o = (struct proposal){ .number = 1, .protocol = protocol };
	o->transforms[o->count++] =
		(struct transform){ TRANSFORM_ENCR, encr, ENCR_KEY_BITS, false };
	if (protocol == PROTOCOL_ESP) {
		o->spi_len = 4;
		o->spi = spi;
		o->transforms[o->count++] = (struct transform){ TRANSFORM_ESN, ESN_NO, 0, false };
	} else {
		o->transforms[o->count++] =
			(struct transform){ TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, false };
		o->transforms[o->count++] =
			(struct transform){ TRANSFORM_KE, KE_CURVE_25519, 0, false };
	}
	sa_build(c, &sa);
}

static void ke_put(struct puppet *p, struct chain *c)
{
	uint8_t bad[KE_PUBLIC_MAX];
	uint16_t method = p->bend.ke_method ? p->bend.ke_method : KE_CURVE_25519;
	const struct ke *ke = ke_find(method);

	REQUIRE(ke != NULL);
	memset(bad, 0xff, sizeof(bad));
	if (p->bend.ke_bad || method != KE_CURVE_25519)
		ke_build(c, method, span_of(bad, ke->public_len_i));
	else
		ke_build(c, method, span_of(p->public_key, p->public_len));
}

/* The data a notify of ours carries: what its row asks for at least (RFC 7296 3.10.1). */
static struct span notify_data(uint16_t type)
{
	static const uint8_t method[2] = { 0, KE_ECP_256 }, payload[1] = { 200 };

	switch (type) {
	case NOTIFY_INVALID_KE_PAYLOAD: return SPAN_ARRAY(method);
	case NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD: return SPAN_ARRAY(payload);
	default: return SPAN_EMPTY;
	}
}

static void init_payloads(struct puppet *p, struct chain *c, bool response)
{
	const struct puppet_bend *bend = &p->bend;

	if (p->cookie_len > 0 && !response)
		notify_build_data(c, NOTIFY_COOKIE, span_of(p->cookie, p->cookie_len));
	if (response && bend->notify) {
		notify_build_data(c, bend->notify, notify_data(bend->notify));
		return;
	}
	if (!bend->no_sa)
		sa_put(c, PROTOCOL_IKE, 0, bend->encr ? bend->encr : ENCR_AES_GCM_16);
	if (bend->double_sa)
		sa_put(c, PROTOCOL_IKE, 0, ENCR_AES_GCM_16);
	if (!bend->no_ke)
		ke_put(p, c);
	if (bend->short_nonce)
		payload_put(c, PAYLOAD_NONCE, span_of(p->nonce_i, NONCE_MIN - 1));
	else if (!bend->no_nonce)
		nonce_build(c, response ? span_of(p->nonce_r, p->nonce_r_len) :
					  span_of(p->nonce_i, p->nonce_i_len));
	if (bend->notify)
		notify_build_data(c, bend->notify, notify_data(bend->notify));
	if (p->fragments)
		notify_build_data(c, NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED, SPAN_EMPTY);
	if (bend->vendor)
		vendor_build(c, span_text("another"));
	critical_put(p, c);
}

size_t puppet_init_build(struct puppet *p, bool response, uint8_t *buffer)
{
	struct ike_header header = {
		.spi_i = p->spi_i, .spi_r = response ? p->spi_r : 0,
		.version = p->bend.version ? p->bend.version : IKE_VERSION,
		.exchange = EXCHANGE_IKE_SA_INIT,
		.flags = response ? IKE_FLAG_RESPONSE : IKE_FLAG_INITIATOR,
	};
	struct writer w = writer_of(buffer, DATAGRAM_MAX);
	struct chain c;

	ike_header_build(&w, &header);
	c = chain_begin(&w, 16);
	init_payloads(p, &c, response);
	ike_header_finish(&w, 0);
	REQUIRE(writer_end(&w) == ERR_OK);
	return w.len;
}

/*
 * RFC7296 2.14: SKEYSEED, then SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr, without SK_a
 * with an AEAD.
 */
void puppet_derive(struct puppet *p)
{
	const struct crypto *crypto = &p->bench->crypto;
	uint8_t shared[KE_SHARED_MAX], seed[PRF_LEN], spis[16], nonces[2 * NONCE_MAX];
	uint8_t keymat[3 * PRF_LEN + 2 * ENCR_KEY_LEN];
	struct span nonces_span = span_of(nonces, p->nonce_i_len + p->nonce_r_len), shared_span;
	struct span parts[2] = { nonces_span, SPAN_ARRAY(spis) };
	struct sniffer_keys told = {
		.owner = p->station, .spi_i = p->spi_i, .spi_r = p->spi_r,
		.encr = { TRANSFORM_ENCR, ENCR_AES_GCM_16, ENCR_KEY_BITS, false },
	};
	struct writer w = writer_of(spis, sizeof(spis));
	struct reader r = reader_of(SPAN_ARRAY(keymat));
	size_t shared_len;

	memcpy(nonces, p->nonce_i, p->nonce_i_len);
	memcpy(nonces + p->nonce_i_len, p->nonce_r, p->nonce_r_len);
	writer_u64(&w, p->spi_i);
	writer_u64(&w, p->spi_r);
	p->keyed = false;
	if (crypto_ke_agree(crypto, KE_CURVE_25519, span_of(p->private_key, p->private_len),
			    span_of(p->peer_public, p->peer_public_len), shared,
			    &shared_len) != ERR_OK)
		return;
	shared_span = span_of(shared, shared_len);
	if (crypto_prf(crypto, PRF_HMAC_SHA2_256, nonces_span, &shared_span, 1, seed) != ERR_OK ||
	    crypto_prf_plus(crypto, PRF_HMAC_SHA2_256, SPAN_ARRAY(seed), parts, 2, keymat,
			    sizeof(keymat)) != ERR_OK)
		return;
	secret_set(&p->keys.d, reader_take(&r, PRF_LEN));
	secret_set(&p->keys.ei, reader_take(&r, ENCR_KEY_LEN));
	secret_set(&p->keys.er, reader_take(&r, ENCR_KEY_LEN));
	secret_set(&p->keys.pi, reader_take(&r, PRF_LEN));
	secret_set(&p->keys.pr, reader_take(&r, PRF_LEN));
	told.ei = p->keys.ei;
	told.er = p->keys.er;
	sniffer_learn(&p->bench->sniffer, &told);
	p->keyed = true;
}

static void envelope_put(struct puppet *p, struct writer *w, uint8_t exchange, bool response,
			 uint32_t id, bool whole)
{
	struct ike_header header = {
		.spi_i = p->spi_i, .spi_r = p->spi_r,
		.next_payload = whole ? PAYLOAD_SK : PAYLOAD_SKF,
		.version = p->bend.version ? p->bend.version : IKE_VERSION, .exchange = exchange,
		.flags = (uint8_t)((p->initiator ? IKE_FLAG_INITIATOR : 0) |
				   (response ? IKE_FLAG_RESPONSE : 0)),
		.message_id = id,
	};

	ike_header_build(w, &header);
}

/* RFC7296 3.14. The IV only has to differ from message to message. */
size_t puppet_seal_piece(struct puppet *p, uint8_t exchange, bool response, uint32_t id,
			 const struct skf_header *number, uint8_t first, struct span piece,
			 uint8_t *buffer)
{
	const struct crypto *crypto = &p->bench->crypto;
	struct seal_keys keys = { .cipher = cipher_find(ENCR_AES_GCM_16, ENCR_KEY_BITS),
				  .encr = secret_span(p->initiator ? &p->keys.ei : &p->keys.er) };
	struct writer w = writer_of(buffer, DATAGRAM_MAX);
	struct sealer *sealer = crypto_sealer_new(crypto);
	size_t length_at, aad_len;
	uint8_t iv[GCM_IV_LEN];
	uint8_t *data, *icv;

	REQUIRE(p->keyed && sealer != NULL && keys.cipher != NULL);
	for (size_t i = 0; i < sizeof(iv); i++)
		iv[i] = (uint8_t)random_u64(&p->bench->world.random);
	envelope_put(p, &w, exchange, response, id, !number);
	writer_u8(&w, first);
	writer_u8(&w, 0);
	length_at = writer_mark16(&w);
	if (number)
		skf_header_build(&w, number);
	aad_len = w.len;
	writer_put(&w, SPAN_ARRAY(iv));
	data = writer_room(&w, piece.len + 1);
	icv = writer_room(&w, keys.cipher->icv_len);
	REQUIRE(data != NULL && icv != NULL);
	if (piece.len > 0)
		memcpy(data, piece.data, piece.len);
	data[piece.len] = 0; /* pad length */
	writer_patch16(&w, length_at, w.len - length_at + 2);
	ike_header_finish(&w, 0);
	REQUIRE(crypto_sealer_key(crypto, sealer, &keys) == ERR_OK);
	REQUIRE(crypto_seal(crypto, sealer, span_of(buffer, aad_len), SPAN_ARRAY(iv), data,
			    piece.len + 1, SPAN_EMPTY, icv) == ERR_OK);
	crypto_sealer_free(crypto, sealer);
	if (p->bend.integrity)
		icv[0] ^= 1;
	return w.len;
}

size_t puppet_seal(struct puppet *p, uint8_t exchange, bool response, uint32_t id,
		   struct span inner, uint8_t *buffer)
{
	REQUIRE(inner.len > 0);
	return puppet_seal_piece(p, exchange, response, id, NULL, inner.data[0],
				 span_tail(inner, 1), buffer);
}

/*
 * RFC7296 2.15: prf(prf(secret, "Key Pad for IKEv2"), message | nonce of the other side | prf(SK_p,
 * ID')).
 */
static void auth_put(struct puppet *p, struct chain *c, struct span id)
{
	const struct crypto *crypto = &p->bench->crypto;
	struct span pad = span_of(key_pad, sizeof(key_pad) - 1);
	uint8_t key[PRF_LEN], mac[PRF_LEN], prf_id[PRF_LEN];
	struct span octets[3] = {
		p->initiator ? span_of(p->init_request, p->init_request_len) :
			       span_of(p->init_response, p->init_response_len),
		p->initiator ? span_of(p->nonce_r, p->nonce_r_len) :
			       span_of(p->nonce_i, p->nonce_i_len),
		SPAN_ARRAY(prf_id),
	};

	REQUIRE(crypto_prf(crypto, PRF_HMAC_SHA2_256,
			   secret_span(p->initiator ? &p->keys.pi : &p->keys.pr), &id, 1,
			   prf_id) == ERR_OK);
	REQUIRE(crypto_prf(crypto, PRF_HMAC_SHA2_256, span_text(p->secret), &pad, 1,
			   key) == ERR_OK);
	REQUIRE(crypto_prf(crypto, PRF_HMAC_SHA2_256, SPAN_ARRAY(key), octets, 3, mac) == ERR_OK);
	mac[0] ^= p->bend.auth_flip;
	auth_build(c, AUTH_SHARED_KEY, SPAN_ARRAY(mac));
}

static void ts_put(struct puppet *p, struct chain *c, uint8_t payload, const struct prefix *net)
{
	static const uint8_t broken[] = { 1, 0, 0, 0, TS_IPV4_ADDR_RANGE, 0, 0, 15, 0 };
	struct selector ts = { .port_last = 65535, .first = net->ip, .last = prefix_last(net) };

	if (p->bend.broken_ts) {
		payload_put(c, payload, SPAN_ARRAY(broken));
		return;
	}
	if (p->bend.ts.family != IP_NONE)
		ts.first = ts.last = p->bend.ts;
	ts_build(c, payload, &ts, 1);
}

static void child_put(struct puppet *p, struct chain *c, bool response)
{
	if (!p->bend.no_sa)
		sa_put(c, PROTOCOL_ESP, p->esp_spi,
		       p->bend.esp_encr ? p->bend.esp_encr : ENCR_AES_GCM_16);
	if (p->bend.no_ts)
		return;
	ts_put(p, c, PAYLOAD_TSI, response ? &p->remote_ts : &p->local_ts);
	ts_put(p, c, PAYLOAD_TSR, response ? &p->local_ts : &p->remote_ts);
}

size_t puppet_auth_inner(struct puppet *p, bool response, uint8_t *inner)
{
	const char *name = p->bend.id ? p->bend.id : p->id;
	struct writer w = writer_of(inner, DATAGRAM_MAX / 2);
	uint8_t id_body[4 + ID_MAX] = { ID_FQDN };
	struct chain c;

	writer_u8(&w, 0);
	c = chain_begin(&w, 0);
	memcpy(id_body + 4, name, strlen(name));
	id_build(&c, response ? PAYLOAD_IDR : PAYLOAD_IDI, ID_FQDN, span_text(name));
	if (!p->bend.no_auth)
		auth_put(p, &c, span_of(id_body, 4 + strlen(name)));
	if (p->bend.notify)
		notify_build_data(&c, p->bend.notify, notify_data(p->bend.notify));
	if (!response || !p->bend.notify)
		child_put(p, &c, response);
	critical_put(p, &c);
	REQUIRE(writer_end(&w) == ERR_OK);
	return w.len;
}

size_t inner_notify(uint8_t *inner, uint16_t type)
{
	struct writer w = writer_of(inner, 64);
	struct chain c;

	writer_u8(&w, 0);
	c = chain_begin(&w, 0);
	notify_build_data(&c, type, notify_data(type));
	REQUIRE(writer_end(&w) == ERR_OK);
	return w.len;
}

size_t inner_empty(uint8_t *inner)
{
	inner[0] = PAYLOAD_NONE;
	return 1;
}

size_t inner_delete_ike(uint8_t *inner)
{
	struct writer w = writer_of(inner, 64);
	struct chain c;

	writer_u8(&w, 0);
	c = chain_begin(&w, 0);
	delete_build_ike(&c);
	return w.len;
}

size_t inner_delete_child(uint8_t *inner, uint32_t spi)
{
	struct writer w = writer_of(inner, 64);
	struct chain c;

	writer_u8(&w, 0);
	c = chain_begin(&w, 0);
	delete_build_child(&c, PROTOCOL_ESP, &spi, 1);
	return w.len;
}
