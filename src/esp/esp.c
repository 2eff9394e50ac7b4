/* SPDX-License-Identifier: Apache-2.0 */
#include "esp.h"

#include "reader.h"

enum err esp_init(struct esp *e, const struct crypto *c, struct memory *m, uint32_t child_sas)
{
	struct esp made = { .crypto = c };
	uint64_t salt[2] = { 0 };
	enum err err;

	TRY(crypto_random(c, (uint8_t *)salt, sizeof(salt)));
	TRY(sad_init(&made.sad, c, m, child_sas, salt));
	TRY(spd_init(&made.spd, m, child_sas, salt));
	*e = made;
	return ERR_OK;
out:
	sad_clear(&made.sad);
	return err;
}

void esp_clear(struct esp *e)
{
	uint32_t slot = 0;
	struct esp_sa *sa;

	if (!e->crypto)
		return;
	while ((sa = slab_next(&e->sad.sas, &slot)) != NULL)
		esp_remove(e, sa);
	spd_clear(&e->spd);
	sad_clear(&e->sad);
	*e = (struct esp){ 0 };
}

enum err esp_install(struct esp *e, const struct child_spec *spec, struct esp_sa **ret)
{
	struct esp_sa *sa = NULL;
	enum err err;

	TRY(sad_add(&e->sad, spec, &sa));
	TRY(spd_add(&e->spd, sa));
	*ret = sa;
	return ERR_OK;
out:
	if (sa)
		sad_remove(&e->sad, sa);
	return err;
}

void esp_remove(struct esp *e, struct esp_sa *sa)
{
	spd_remove(&e->spd, sa);
	sad_remove(&e->sad, sa);
}

static void count(struct esp_counters *c, enum err why)
{
	switch (why) {
	case ERR_INTEGRITY:
		c->integrity++;
		break;
	case ERR_REPLAY:
		c->replay++;
		break;
	case ERR_SELECTOR:
		c->selector++;
		break;
	case ERR_UNKNOWN_SPI:
	case ERR_NOT_FOUND:
		c->no_sa++;
		break;
	case ERR_LIMIT:
		c->exhausted++;
		break;
	case ERR_SPACE:
		c->too_big++;
		break;
	default:
		if (err_kind(why) == ERR_KIND_PEER)
			c->malformed++;
		else
			c->failed++;
	}
}

static void count_drop(struct esp *e, struct esp_sa *sa, enum err why)
{
	count(&e->totals, why);
	if (sa)
		count(&sa->counters, why);
}

static void count_in(struct esp_counters *c, size_t bytes, nanos now)
{
	c->packets_in++;
	c->bytes_in += bytes;
	c->last_in = now;
}

static void count_out(struct esp_counters *c, size_t bytes, nanos now)
{
	c->packets_out++;
	c->bytes_out += bytes;
	c->last_out = now;
}

enum err esp_transmit(struct esp *e, struct esp_buffer *b, nanos now, struct esp_sa **ret_sa)
{
	struct inner inner;
	struct esp_sa *sa = NULL;
	uint8_t next_header;
	size_t plain_len;
	enum err err;

	TRY(inner_parse(&inner, span_of(&b->data[b->start], b->len)));
	sa = spd_find(&e->spd, &inner);
	TRY_THAT(sa, ERR_NOT_FOUND);
	b->len = plain_len = inner.len;
	next_header = inner.src.family == IP_V4 ? IP_PROTO_IPIP : IP_PROTO_IPV6; /* RFC4303 2.6 */
	TRY(esp_seal(e->crypto, &sa->out, next_header, b));
	count_out(&e->totals, plain_len, now);
	count_out(&sa->counters, plain_len, now);
	*ret_sa = sa;
	return ERR_OK;
out:
	if (err == ERR_LIMIT)
		e->exhausted = sa->in.spi;
	count_drop(e, sa, err);
	return err;
}

/* RFC4301 5.2 steps 3 and 4: what was opened must be what the SA is for */
static enum err payload_check(const struct esp_sa *sa, const struct esp_opened *opened,
			      size_t *ret_len)
{
	struct inner inner;
	enum err err;

	TRY_THAT(opened->next_header == IP_PROTO_IPIP || opened->next_header == IP_PROTO_IPV6,
		 ERR_SELECTOR);
	TRY(inner_parse(&inner, span_of(opened->payload, opened->len)));
	TRY_THAT(inner.src.family == (opened->next_header == IP_PROTO_IPIP ? IP_V4 : IP_V6),
		 ERR_VERSION);
	TRY_THAT(sa_takes_inbound(sa, &inner), ERR_SELECTOR);
	*ret_len = inner.len; /* RFC4303 2.7: what follows is traffic flow padding */
	err = ERR_OK;
out:
	return err;
}

enum err esp_receive(struct esp *e, uint8_t *data, size_t len, nanos now, struct esp_received *ret)
{
	struct reader r = reader_of(span_of(data, len));
	uint32_t spi = reader_u32(&r);
	struct esp_received got = { 0 };
	struct esp_opened opened;
	enum err err;

	TRY_THAT(reader_ok(&r), ERR_TRUNCATED);
	got.sa = sad_find(&e->sad, spi);
	TRY_THAT(got.sa, ERR_UNKNOWN_SPI);
	TRY(esp_open(e->crypto, &got.sa->in, data, len, &opened));
	got.newest = opened.newest;
	got.packet = opened.payload;
	if (opened.next_header == IP_PROTO_NONE) { /* RFC4303 2.6 */
		e->totals.dummies++;
		got.sa->counters.dummies++;
		*ret = got;
		return ERR_OK;
	}
	TRY(payload_check(got.sa, &opened, &got.len));
	count_in(&e->totals, got.len, now);
	count_in(&got.sa->counters, got.len, now);
	*ret = got;
	return ERR_OK;
out:
	count_drop(e, got.sa, err);
	return err;
}
