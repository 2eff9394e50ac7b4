/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/cookie.h"

#include "state.h"

static enum err renew(struct adit_engine *e)
{
	struct cookies *c = &e->cookies;
	bool first = !c->ready;
	enum err err;

	if (!first && e->now - c->renewed < COOKIE_PERIOD)
		return ERR_OK;
	c->version++;
	TRY(crypto_random(e->crypto, c->secrets[c->version % 2], COOKIE_SECRET_LEN));
	if (first || e->now - c->renewed >= 2 * COOKIE_PERIOD) /* the other one is too old */
		TRY(crypto_random(e->crypto, c->secrets[(c->version + 1) % 2],
				  COOKIE_SECRET_LEN));
	c->renewed = e->now;
	c->ready = true;
out:
	return err;
}

static enum err compute(struct adit_engine *e, uint8_t version, struct span nonce,
			const struct ip *ip, uint64_t spi_i, uint8_t ret[COOKIE_LEN])
{
	uint8_t spi[8];
	struct writer w = writer_of(spi, sizeof(spi));
	struct span parts[3];

	writer_u64(&w, spi_i);
	parts[0] = nonce;
	parts[1] = ip_span(ip);
	parts[2] = writer_span(&w);
	ret[0] = version;
	return crypto_prf(e->crypto, PRF_HMAC_SHA2_256, SPAN_ARRAY(e->cookies.secrets[version % 2]),
			  parts, ARRAY_LEN(parts), ret + 1);
}

enum err cookie_make(struct adit_engine *e, struct span nonce, const struct ip *ip, uint64_t spi_i,
		     uint8_t ret[COOKIE_LEN])
{
	enum err err = renew(e);

	return err ? err : compute(e, e->cookies.version, nonce, ip, spi_i, ret);
}

bool cookie_good(struct adit_engine *e, struct span cookie, struct span nonce, const struct ip *ip,
		 uint64_t spi_i)
{
	uint8_t wanted[COOKIE_LEN];

	if (cookie.len != COOKIE_LEN || renew(e))
		return false;
	if ((uint8_t)(e->cookies.version - cookie.data[0]) > 1)
		return false;
	if (compute(e, cookie.data[0], nonce, ip, spi_i, wanted))
		return false;
	return secret_equal(cookie, SPAN_ARRAY(wanted));
}
