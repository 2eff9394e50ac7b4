/* SPDX-License-Identifier: Apache-2.0 */
#include "sad.h"

#include "ah.h"
#include "ip_header.h"
#include "registry.h"
#include "require.h"

#define UDP_HEADER 8
#define MTU_ASSUMED 1500 /* of a path nobody has told us about */

enum err sad_init(struct sad *s, const struct crypto *c, struct memory *m, uint32_t count,
		  const uint64_t salt[2])
{
	struct sad made = { .crypto = c, .memory = m };
	enum err err;

	TRY(slab_init(&made.sas, m, sizeof(struct esp_sa), count));
	TRY(map_init(&made.by_spi, m, count, salt));
	*s = made;
	return ERR_OK;
out:
	slab_clear(&made.sas);
	return err;
}

static size_t selectors_size(const struct esp_sa *sa)
{
	return sizeof(*sa->selectors) * ((size_t)sa->local_count + sa->remote_count);
}

static void sa_free(struct sad *s, struct esp_sa *sa)
{
	if (sa->in.suite.sealer)
		crypto_sealer_free(s->crypto, sa->in.suite.sealer);
	if (sa->out.suite.sealer)
		crypto_sealer_free(s->crypto, sa->out.suite.sealer);
	replay_clear(&sa->in.replay);
	memory_free(s->memory, sa->selectors, selectors_size(sa));
	slab_free(&s->sas, sa);
}

void sad_clear(struct sad *s)
{
	uint32_t slot = 0;
	struct esp_sa *sa;

	if (!s->memory)
		return;
	while ((sa = slab_next(&s->sas, &slot)) != NULL)
		sa_free(s, sa);
	map_clear(&s->by_spi);
	slab_clear(&s->sas);
	*s = (struct sad){ 0 };
}

static enum err suite_make(struct sad *s, struct esp_suite *ret, const struct child_spec *spec,
			   const struct secret *encr, const struct secret *integrity)
{
	struct esp_suite suite = { .esn = spec->esn };
	bool ah = spec->protocol == PROTOCOL_AH;
	struct seal_keys keys = { .encr = secret_span(encr), .integrity = secret_span(integrity) };
	enum err err;

	suite.cipher = ah ? cipher_find(ENCR_NULL, 0) :
			    cipher_find(spec->encr.id, spec->encr.key_bits);
	if (spec->integ.id != INTEG_NONE) {
		suite.integ = integ_find(spec->integ.id);
		TRY_THAT(suite.integ, ERR_UNSUPPORTED);
	}
	TRY(ah ? ah_suite_check(suite.integ) : esp_suite_check(suite.cipher, suite.integ));
	TRY_THAT(keys.encr.len == (size_t)suite.cipher->key_len + suite.cipher->salt_len,
		 ERR_LENGTH);
	TRY_THAT(keys.integrity.len == (suite.integ ? suite.integ->key_len : 0), ERR_LENGTH);
	suite.sealer = crypto_sealer_new(s->crypto);
	TRY_THAT(suite.sealer, ERR_MEMORY);
	*ret = suite; /* owned by the record from here on */
	keys.cipher = suite.cipher;
	keys.integ = suite.integ;
	TRY(crypto_sealer_key(s->crypto, suite.sealer, &keys));
	err = ERR_OK;
out:
	return err;
}

static enum err selectors_copy(struct sad *s, struct esp_sa *sa, const struct child_spec *spec)
{
	if (spec->local_count == 0 || spec->remote_count == 0)
		return ERR_SELECTOR;
	REQUIRE(spec->local_count <= SELECTORS_MAX && spec->remote_count <= SELECTORS_MAX);
	sa->local_count = spec->local_count;
	sa->remote_count = spec->remote_count;
	sa->selectors = memory_alloc(s->memory, selectors_size(sa));
	if (!sa->selectors)
		return ERR_MEMORY;
	for (size_t i = 0; i < sa->local_count; i++)
		sa->selectors[i] = spec->local_ts[i];
	for (size_t i = 0; i < sa->remote_count; i++)
		sa->selectors[sa->local_count + i] = spec->remote_ts[i];
	return ERR_OK;
}

/* What no field alone forbids. */
static enum err spec_check(const struct child_spec *spec)
{
	const struct path *path = &spec->path;

	if (spec->protocol != PROTOCOL_ESP && spec->protocol != PROTOCOL_AH)
		return ERR_UNSUPPORTED;
	if (spec->mode != CHILD_TUNNEL && spec->mode != CHILD_TRANSPORT)
		return ERR_UNSUPPORTED;
	if (spec->spi_in < ESP_SPI_MIN || spec->spi_out < ESP_SPI_MIN) /* RFC4303 2.1 */
		return ERR_SYNTAX;
	if (spec->protocol == PROTOCOL_AH && /* it names the addresses, and passes no UDP */
	    (spec->encap || path->local.ip.family == IP_NONE ||
	     path->local.ip.family != path->remote.ip.family))
		return ERR_UNSUPPORTED;
	return ERR_OK;
}

/* Transport mode has one address for each end. */
static enum err hosts_check(const struct esp_sa *sa)
{
	const struct ip *local = &sa_local(sa, 0)->first, *remote = &sa_remote(sa, 0)->first;

	for (size_t i = 0; i < sa->local_count; i++) {
		if (!ip_equal(&sa_local(sa, i)->first, local) ||
		    !ip_equal(&sa_local(sa, i)->last, local))
			return ERR_SELECTOR;
	}
	for (size_t i = 0; i < sa->remote_count; i++) {
		if (!ip_equal(&sa_remote(sa, i)->first, remote) ||
		    !ip_equal(&sa_remote(sa, i)->last, remote))
			return ERR_SELECTOR;
	}
	return local->family == remote->family ? ERR_OK : ERR_SELECTOR;
}

void sa_set_mtu(struct esp_sa *sa, size_t mtu)
{
	size_t around = ip_header_len(sa->path.remote.ip.family) + (sa->encap ? UDP_HEADER : 0);
	size_t fits = mtu > around ? esp_fit(&sa->out.suite, mtu - around) : 0;

	/* RFC4303 2.7: not where the payload does not tell its length */
	if (sa->protocol != PROTOCOL_ESP || sa->mode != CHILD_TUNNEL)
		return;
	sa->out.pad_to = sa->tfc_padding < fits ? sa->tfc_padding : (uint16_t)fits;
}

enum err sad_add(struct sad *s, const struct child_spec *spec, struct esp_sa **ret)
{
	struct esp_sa *sa = NULL;
	uint32_t slot;
	enum err err;

	TRY(spec_check(spec));
	if (map_get(&s->by_spi, spec->spi_in, &slot))
		return ERR_EXISTS;
	sa = slab_alloc(&s->sas);
	if (!sa)
		return ERR_LIMIT;
	sa->in.spi = spec->spi_in;
	sa->out.spi = spec->spi_out;
	sa->protocol = spec->protocol;
	sa->mode = spec->mode;
	sa->encap = spec->encap;
	sa->icmp = spec->icmp;
	sa->tfc_padding = spec->tfc_padding;
	sa->rules = (struct outer_rules){ .copy_ecn = spec->copy_ecn, .copy_df = spec->copy_df,
					  .copy_dscp = spec->copy_dscp };
	sa->path = spec->path;
	TRY(suite_make(s, &sa->in.suite, spec, &spec->encr_in, &spec->integ_in));
	TRY(suite_make(s, &sa->out.suite, spec, &spec->encr_out, &spec->integ_out));
	TRY(replay_init(&sa->in.replay, s->memory, spec->replay_window));
	TRY(selectors_copy(s, sa, spec));
	if (sa->mode == CHILD_TRANSPORT)
		TRY(hosts_check(sa));
	sa_set_mtu(sa, MTU_ASSUMED);
	TRY(map_put(&s->by_spi, spec->spi_in, slab_slot(&s->sas, sa)));
	*ret = sa;
	return ERR_OK;
out:
	if (sa)
		sa_free(s, sa);
	return err;
}

struct esp_sa *sad_find(const struct sad *s, uint32_t spi_in)
{
	uint32_t slot;
	struct esp_sa *sa;

	if (!map_get(&s->by_spi, spi_in, &slot))
		return NULL;
	sa = slab_at(&s->sas, slot);
	REQUIRE(sa && sa->in.spi == spi_in);
	return sa;
}

void sad_remove(struct sad *s, struct esp_sa *sa)
{
	bool there = map_remove(&s->by_spi, sa->in.spi);

	REQUIRE(there);
	sa_free(s, sa);
}
