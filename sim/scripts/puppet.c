/* SPDX-License-Identifier: Apache-2.0 */
/* puppet: the scripted peer's place on the network, its exchanges and its waiting. */
#include "puppet.h"

#include <stdlib.h>

#include "require.h"

#define PUPPET_ANSWER_WAIT (3 * NANOS_SECOND)

static void puppet_arrival(void *ctx, const struct datagram *d)
{
	struct puppet *p = ctx;
	struct datagram *copy;

	p->received++;
	if (p->inbox_count == PUPPET_INBOX || (d->len == 1 && d->data[0] == 0xff))
		return;
	copy = malloc(sizeof(*d) + d->len);
	REQUIRE(copy != NULL);
	memcpy(copy, d, sizeof(*d) + d->len);
	p->inbox[p->inbox_count++] = copy;
}

void puppet_renew(struct puppet *p)
{
	struct random *r = &p->bench->world.random;
	enum err err;

	p->spi_i = p->spi_r = 0;
	if (p->initiator)
		p->spi_i = random_u64(r) | 1;
	p->next_id = 0;
	p->keyed = false;
	p->cookie_len = 0;
	p->esp_spi = (uint32_t)random_u64(r) | ESP_SPI_MIN;
	p->peer_esp_spi = 0;
	p->nonce_i_len = p->nonce_r_len = PUPPET_NONCE_LEN;
	for (size_t i = 0; i < PUPPET_NONCE_LEN; i++) {
		p->nonce_i[i] = (uint8_t)random_u64(r);
		p->nonce_r[i] = (uint8_t)random_u64(r);
	}
	err = crypto_ke_generate(&p->bench->crypto, KE_CURVE_25519, SPAN_EMPTY, p->public_key,
				 &p->public_len, p->private_key, &p->private_len);
	REQUIRE(err == ERR_OK);
}

void puppet_init(struct puppet *p, struct bench *b, const struct setup *setup, const char *other)
{
	struct station station = { .receive = puppet_arrival, .ctx = p };
	enum err err;

	*p = (struct puppet){ .bench = b, .id = setup->id, .peer_id = setup->peer_id,
			      .secret = setup->secret, .initiator = true };
	p->self.port = p->other.port = IKE_PORT;
	err = ip_parse(&p->self.ip, setup->local);
	REQUIRE(err == ERR_OK);
	err = ip_parse(&p->other.ip, other);
	REQUIRE(err == ERR_OK);
	err = prefix_parse(&p->local_ts, setup->local_ts);
	REQUIRE(err == ERR_OK);
	err = prefix_parse(&p->remote_ts, setup->remote_ts);
	REQUIRE(err == ERR_OK);
	station.ip = p->self.ip;
	p->station = network_attach(&b->network, &station);
	puppet_renew(p);
}

void puppet_clear(struct puppet *p)
{
	for (unsigned i = 0; i < p->inbox_count; i++)
		free(p->inbox[i]);
	p->inbox_count = 0;
}

static bool puppet_has_mail(void *ctx)
{
	const struct puppet *p = ctx;

	return p->inbox_count > 0;
}

static void puppet_read(struct puppet *p)
{
	uint8_t critical, first;
	size_t len;
	enum err err = ike_header_parse(&p->header, span_of(p->got, p->got_len));

	p->list.count = p->outer.count = 0;
	p->opened = false;
	if (err != ERR_OK)
		return;
	if (payload_list_parse(&p->outer, p->header.next_payload,
			       span_tail(span_of(p->got, p->got_len), IKE_HEADER_LEN),
			       &critical) != ERR_OK)
		return;
	p->list = p->outer;
	if (!payload_find(&p->outer, PAYLOAD_SK))
		return;
	p->list.count = 0;
	if (sniffer_open(&p->bench->sniffer, p->station, span_of(p->got, p->got_len), p->plain,
			 &len, &first) != ERR_OK)
		return;
	err = payload_list_parse(&p->list, first, span_of(p->plain, len), &critical);
	p->opened = err == ERR_OK;
}

bool puppet_receive(struct puppet *p, nanos wait)
{
	struct world *w = &p->bench->world;
	struct datagram *d;

	if (!world_run_until(w, puppet_has_mail, p, w->now + wait))
		return false;
	d = p->inbox[0];
	p->inbox_count--;
	memmove(&p->inbox[0], &p->inbox[1], p->inbox_count * sizeof(p->inbox[0]));
	p->got_len = d->len < sizeof(p->got) ? d->len : sizeof(p->got);
	memcpy(p->got, d->data, p->got_len);
	p->got_from = d->src;
	p->got_at = d->dst;
	free(d);
	puppet_read(p);
	return true;
}

bool puppet_receive_exchange(struct puppet *p, uint8_t exchange, bool response, nanos wait)
{
	nanos limit = p->bench->world.now + wait;

	while (p->bench->world.now <= limit && puppet_receive(p, limit - p->bench->world.now)) {
		if (p->header.exchange == exchange &&
		    !!(p->header.flags & IKE_FLAG_RESPONSE) == response)
			return true;
	}
	return false;
}

bool puppet_told(const struct puppet *p, uint16_t notify)
{
	struct notify found;

	return notify_find(&found, &p->list, notify);
}

void puppet_send_from(struct puppet *p, const struct endpoint *src, struct span bytes)
{
	network_send_from(&p->bench->network, p->station, src, &p->other,
			  p->other.port == NAT_T_PORT, bytes);
}

void puppet_send(struct puppet *p, struct span bytes)
{
	puppet_send_from(p, &p->self, bytes);
}

/* What an SA_INIT message of the other side tells. */
static bool init_take(struct puppet *p, bool response)
{
	const struct payload *ke = payload_find(&p->list, PAYLOAD_KE);
	const struct payload *nonce = payload_find(&p->list, PAYLOAD_NONCE);
	struct ke_payload value;
	uint8_t *nonce_to = response ? p->nonce_r : p->nonce_i;
	struct span nonce_value;

	if (!ke || !nonce || ke_parse(&value, ke->body) != ERR_OK ||
	    nonce_parse(&nonce_value, nonce->body) != ERR_OK || value.data.len > KE_PUBLIC_MAX)
		return false;
	memcpy(p->peer_public, value.data.data, value.data.len);
	p->peer_public_len = value.data.len;
	memcpy(nonce_to, nonce_value.data, nonce_value.len);
	*(response ? &p->nonce_r_len : &p->nonce_i_len) = nonce_value.len;
	memcpy(response ? p->init_response : p->init_request, p->got, p->got_len);
	*(response ? &p->init_response_len : &p->init_request_len) = p->got_len;
	return true;
}

bool puppet_init_exchange(struct puppet *p)
{
	struct notify cookie;

	for (unsigned tries = 0; tries < 3; tries++) {
		p->init_request_len = puppet_init_build(p, false, p->init_request);
		puppet_send(p, span_of(p->init_request, p->init_request_len));
		if (!puppet_receive_exchange(p, EXCHANGE_IKE_SA_INIT, true, PUPPET_ANSWER_WAIT))
			return false;
		if (!notify_find(&cookie, &p->list, NOTIFY_COOKIE))
			break;
		memcpy(p->cookie, cookie.data.data, cookie.data.len);
		p->cookie_len = cookie.data.len;
	}
	if (!init_take(p, true))
		return false;
	p->spi_r = p->header.spi_r;
	puppet_derive(p);
	p->next_id = 1;
	return true;
}

bool puppet_request(struct puppet *p, uint8_t exchange, struct span inner)
{
	uint8_t buffer[DATAGRAM_MAX];
	uint32_t id = p->next_id++;
	size_t len = puppet_seal(p, exchange, false, id, inner, buffer);
	nanos limit = p->bench->world.now + PUPPET_ANSWER_WAIT;

	puppet_send(p, span_of(buffer, len));
	while (puppet_receive_exchange(p, exchange, true, limit - p->bench->world.now)) {
		if (p->header.message_id == id)
			return true;
	}
	return false;
}

bool puppet_request_notify(struct puppet *p, uint8_t exchange, uint16_t notify)
{
	uint8_t inner[64];
	size_t len = notify == 0 ? inner_empty(inner) :
				   inner_notify(inner, notify);

	return puppet_request(p, exchange, span_of(inner, len));
}

bool puppet_auth_exchange(struct puppet *p)
{
	static struct sa sa; /* large */
	uint8_t inner[DATAGRAM_MAX];
	size_t len = puppet_auth_inner(p, false, inner);
	const struct payload *payload;

	if (!puppet_request(p, EXCHANGE_IKE_AUTH, span_of(inner, len)))
		return false;
	payload = payload_find(&p->list, PAYLOAD_SA);
	if (payload && sa_parse(&sa, payload->body) == ERR_OK && sa.count == 1)
		p->peer_esp_spi = (uint32_t)sa.proposals[0].spi;
	return payload_find(&p->list, PAYLOAD_AUTH) != NULL;
}

bool puppet_answer_init(struct puppet *p)
{
	return puppet_receive_exchange(p, EXCHANGE_IKE_SA_INIT, false, PUPPET_ANSWER_WAIT) &&
	       puppet_answer_init_taken(p);
}

bool puppet_answer_init_taken(struct puppet *p)
{
	if (!init_take(p, false))
		return false;
	p->initiator = false;
	p->other = p->got_from;
	p->spi_i = p->header.spi_i;
	p->spi_r = random_u64(&p->bench->world.random) | 1;
	p->init_response_len = puppet_init_build(p, true, p->init_response);
	puppet_derive(p);
	puppet_send(p, span_of(p->init_response, p->init_response_len));
	return true;
}

void puppet_respond(struct puppet *p, struct span inner)
{
	uint8_t buffer[DATAGRAM_MAX];
	size_t len = puppet_seal(p, p->header.exchange, true, p->header.message_id, inner, buffer);

	puppet_send(p, span_of(buffer, len));
}

void puppet_respond_notify(struct puppet *p, uint16_t notify)
{
	uint8_t inner[64];

	puppet_respond(p, span_of(inner, inner_notify(inner, notify)));
}

bool puppet_take_auth(struct puppet *p, nanos wait)
{
	static struct sa sa; /* large */
	const struct payload *payload;

	if (!puppet_receive_exchange(p, EXCHANGE_IKE_AUTH, false, wait) || !p->opened)
		return false;
	p->other = p->got_from;
	payload = payload_find(&p->list, PAYLOAD_SA);
	if (payload && sa_parse(&sa, payload->body) == ERR_OK && sa.count > 0)
		p->peer_esp_spi = (uint32_t)sa.proposals[0].spi;
	return true;
}

bool puppet_answer_auth(struct puppet *p)
{
	uint8_t inner[DATAGRAM_MAX];

	if (!puppet_take_auth(p, PUPPET_ANSWER_WAIT))
		return false;
	puppet_respond(p, span_of(inner, puppet_auth_inner(p, true, inner)));
	return true;
}
