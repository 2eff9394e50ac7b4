/* SPDX-License-Identifier: Apache-2.0 */
#include "proposal.h"

#include "defaults.h"
#include "nearest.h"
#include "require.h"
#include "transform.h"
#include "values.h"

/* What has been read so far, and where complaints go. */
struct draft {
	struct proposal proposal;
	struct text *why;
	bool aead, classic; /* ciphers of that sort are there */
};

static enum err refuse(struct draft *d, const char *words)
{
	text_put(d->why, words);
	return ERR_SYNTAX;
}

static enum err refuse_keyword(struct draft *d, struct span keyword, const char *words)
{
	text_char(d->why, '"');
	text_peer(d->why, span_head(keyword, NEAREST_LEN_MAX));
	text_put(d->why, "\" ");
	return refuse(d, words);
}

static enum err refuse_unknown(struct draft *d, struct span keyword)
{
	struct nearest nearest = nearest_of(keyword);
	const struct transform_row *row;

	for (size_t i = 0; (row = transform_at(i)); i++) {
		if (row->keyword)
			nearest_offer(&nearest, span_text(row->keyword));
	}
	(void)refuse_keyword(d, keyword, "is not an algorithm we know");
	if (nearest.best.len) {
		text_put(d->why, "; did you mean \"");
		text_peer(d->why, nearest.best);
		text_char(d->why, '"');
	} else {
		text_put(d->why, "; take it out");
	}
	return ERR_SYNTAX;
}

static size_t count_of(const struct proposal *p, uint8_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		count += p->transforms[i].type == type;
	return count;
}

/* Inserts behind the last one of its type, types in order. False when it is there already. */
static bool transform_insert(struct proposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
	size_t at = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct transform *t = &p->transforms[i];

		if (t->type == type && t->id == id && t->key_bits == key_bits)
			return false;
		if (t->type <= type)
			at = i + 1;
	}
	memmove(&p->transforms[at + 1], &p->transforms[at],
		(p->count - at) * sizeof(p->transforms[0]));
	p->transforms[at] = (struct transform){ .type = type, .id = id, .key_bits = key_bits };
	p->count++;
	return true;
}

/* An algorithm of another protocol than the proposal's. */
static enum err refuse_protocol(struct draft *d, struct span keyword,
				const struct transform_row *row)
{
	const char *words = "is not for AH; take it out of the AH proposal";

	if (d->proposal.protocol == PROTOCOL_IKE)
		words = row->type == TRANSFORM_ENCR && row->cipher->flags & CIPHER_PLAIN
				? "does not encrypt; name a cipher"
				: "is for ESP only; take it out of the IKE proposal";
	else if (row->protocols == 1 << PROTOCOL_IKE)
		words = d->proposal.protocol == PROTOCOL_ESP
				? "is for IKE only; take it out of the ESP proposal"
				: "is for IKE only; take it out of the AH proposal";
	else if (d->proposal.protocol == PROTOCOL_ESP)
		words = "is for AH only; take it out of the ESP proposal";
	return refuse_keyword(d, keyword, words);
}

static bool is_additional_ke(struct span keyword)
{
	return keyword.len > 4 && span_equal(span_head(keyword, 2), span_text("ke")) &&
	       keyword.data[2] >= '1' && keyword.data[2] <= '7' && keyword.data[3] == '_';
}

static enum err keyword_add(struct draft *d, struct span keyword)
{
	struct proposal *p = &d->proposal;
	const struct transform_row *row = transform_by_keyword(keyword, p->protocol);

	if (!keyword.len)
		return refuse(d, "has an empty keyword; write algorithms joined by single \"-\"");
	if (is_additional_ke(keyword)) /* RFC 9370 */
		return refuse_keyword(d, keyword,
				      "is an additional key exchange, which is not supported yet; "
				      "take it out");
	if (!row)
		return refuse_unknown(d, keyword);
	if ((row->protocols & 1 << p->protocol) == 0)
		return refuse_protocol(d, keyword, row);
	if (p->count >= TRANSFORMS_MAX)
		return refuse(d, "has more than 64 algorithms; name fewer");
	if (!transform_insert(p, row->type, row->id, row->key_bits))
		return refuse_keyword(d, keyword, "is there twice; take one out");
	if (row->type == TRANSFORM_ENCR && row->cipher->icv_len)
		d->aead = true;
	else if (row->type == TRANSFORM_ENCR)
		d->classic = true;
	return ERR_OK;
}

/* The PRF that goes with an integrity algorithm when none is named. */
static enum err prf_imply(struct draft *d)
{
	static const uint16_t pairs[][2] = {
		{ INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256 },
		{ INTEG_HMAC_SHA2_256_96, PRF_HMAC_SHA2_256 },
		{ INTEG_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384 },
		{ INTEG_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512 },
		{ INTEG_HMAC_SHA1_96, PRF_HMAC_SHA1 },
		{ INTEG_HMAC_SHA1_160, PRF_HMAC_SHA1 },
		{ INTEG_AES_XCBC_96, PRF_AES128_XCBC },
		{ INTEG_AES_CMAC_96, PRF_AES128_CMAC },
	};
	struct proposal *p = &d->proposal;
	uint8_t count = p->count;

	for (size_t i = 0; i < count; i++) {
		const struct transform integ = p->transforms[i];

		for (size_t j = 0; integ.type == TRANSFORM_INTEG && j < ARRAY_LEN(pairs); j++) {
			if (pairs[j][0] == integ.id && p->count < TRANSFORMS_MAX &&
			    transform_insert(p, TRANSFORM_PRF, pairs[j][1], 0))
				i++; /* this one moved on */
		}
		count = p->count;
	}
	return count_of(p, TRANSFORM_PRF) ? ERR_OK : refuse(d, "lacks a PRF; add prfsha256");
}

/* RFC7296 3.3.3: ESN is mandatory in the proposals of AH and ESP. */
static enum err esn_imply(struct draft *d)
{
	struct proposal *p = &d->proposal;

	if (!count_of(p, TRANSFORM_ESN) &&
	    (p->count >= TRANSFORMS_MAX || !transform_insert(p, TRANSFORM_ESN, ESN_NO, 0)))
		return refuse(d, "has more than 64 algorithms; name fewer");
	return ERR_OK;
}

static enum err draft_check(struct draft *d)
{
	struct proposal *p = &d->proposal;

	if (p->protocol == PROTOCOL_AH)
		return count_of(p, TRANSFORM_INTEG) ? esn_imply(d)
			: refuse(d, "lacks an integrity algorithm; add sha256");
	if (!d->aead && !d->classic)
		return refuse(d, "lacks a cipher; add aes256gcm16");
	if (d->aead && d->classic) /* RFC5282 8 */
		return refuse(
			d, "mixes combined-mode ciphers (gcm) with others; make it two proposals");
	if (d->aead && count_of(p, TRANSFORM_INTEG))
		return refuse(d, p->protocol == PROTOCOL_IKE
					 ? "has an integrity algorithm, which combined-mode "
					   "ciphers (gcm) replace; write a PRF "
					   "such as prfsha256 in its place"
					 : "has an integrity algorithm, which combined-mode "
					   "ciphers (gcm) replace; take it out");
	if (d->classic && !count_of(p, TRANSFORM_INTEG))
		return refuse(d, "lacks an integrity algorithm; add sha256");
	if (p->protocol != PROTOCOL_IKE)
		return esn_imply(d);
	if (!count_of(p, TRANSFORM_KE))
		return refuse(d, "lacks a key exchange; add x25519");
	return count_of(p, TRANSFORM_PRF) ? ERR_OK : prf_imply(d);
}

enum err proposal_parse(struct proposal *ret, uint8_t protocol, struct span text,
			struct text *ret_why)
{
	enum err err = ERR_OK;
	struct draft d = { .proposal = { .protocol = protocol }, .why = ret_why };
	struct span rest = text;

	REQUIRE(protocol == PROTOCOL_IKE || protocol == PROTOCOL_ESP || protocol == PROTOCOL_AH);
	do {
		const uint8_t *dash = rest.len ? memchr(rest.data, '-', rest.len) : NULL;
		size_t len = dash ? (size_t)(dash - rest.data) : rest.len;

		TRY(keyword_add(&d, span_head(rest, len)));
		if (!dash)
			break;
		rest = span_tail(rest, len + 1);
	} while (true);
	TRY(draft_check(&d));
	*ret = d.proposal;
out:
	return err;
}

size_t proposal_defaults(struct proposal *ret, size_t max, uint8_t protocol)
{
	struct span rest = span_text(protocol == PROTOCOL_IKE ? DEFAULT_IKE_PROPOSALS :
				     protocol == PROTOCOL_AH  ? DEFAULT_AH_PROPOSALS :
								DEFAULT_ESP_PROPOSALS);
	struct span item;
	char buffer[128];
	struct text why = TEXT_ARRAY(buffer);
	size_t count = 0;

	while (count < max && list_next(&rest, &item)) {
		enum err err = proposal_parse(&ret[count], protocol, item, &why);

		REQUIRE(err == ERR_OK);
		count++;
	}
	return count;
}

static void text_transform(struct text *t, const struct transform *transform)
{
	static const char *const types[] = { "?", "ENCR", "PRF", "INTEG", "KE", "ESN" };
	const struct transform_row *row = transform_find(transform->type, transform->id,
							 transform->key_bits);
	const char *name = row ? row->name
			       : transform_registry_name(transform->type, transform->id);

	if (name) {
		text_put(t, name);
	} else {
		if (transform->type < ARRAY_LEN(types)) {
			text_put(t, types[transform->type]);
		} else {
			text_put(t, "TYPE");
			text_u64(t, transform->type);
		}
		text_char(t, ':');
		text_u64(t, transform->id);
	}
	if (transform->key_bits) {
		text_char(t, '-');
		text_u64(t, transform->key_bits);
	}
}

void text_proposal(struct text *t, const struct proposal *p)
{
	for (size_t i = 0; i < p->count; i++) {
		if (i > 0)
			text_char(t, '/');
		text_transform(t, &p->transforms[i]);
	}
}
