/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing from proposals. A choice and its explanation are the same walk over a pair of proposals,
 * type by type, so that what is said to be the reason is the reason.
 */
#include "negotiate.h"

#include "proposal.h"

#define FOREIGN 0 /* in steps: any type that is not one of ours */

/* Key exchange is last, because explaining does not know whether the exchange had one (RFC
 * 7296 1.2). */
static const uint8_t steps[] = {
	TRANSFORM_ENCR, TRANSFORM_PRF, TRANSFORM_INTEG, TRANSFORM_ESN, FOREIGN, TRANSFORM_KE,
};

/* As answers are usually written. */
static const uint8_t answer_order[] = {
	TRANSFORM_ENCR, TRANSFORM_PRF, TRANSFORM_INTEG, TRANSFORM_KE, TRANSFORM_ESN,
};

#define TYPE_MAX TRANSFORM_ESN

struct pair {
	const struct crypto *crypto; /* NULL: as if it could do everything */
	const struct proposal *ours, *theirs;
	uint16_t ke_hint;
	bool ke_ignored;
	bool present[TYPE_MAX + 1];  /* by transform type: goes into the answer */
	struct transform chosen[TYPE_MAX + 1];
};

static bool transform_same(const struct transform *a, const struct transform *b)
{
	return !a->unknown && !b->unknown && a->type == b->type && a->id == b->id &&
	       a->key_bits == b->key_bits;
}

static bool lists(const struct proposal *p, const struct transform *t)
{
	for (size_t i = 0; i < p->count; i++) {
		if (transform_same(&p->transforms[i], t))
			return true;
	}
	return false;
}

static bool lists_type(const struct proposal *p, uint8_t type)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->transforms[i].type == type)
			return true;
	}
	return false;
}

/* The types for which "none of this type" and "NONE" say the same (RFC 7296 3.3.2, 3.3.3). */
static bool may_be_none(uint8_t type)
{
	return type == TRANSFORM_INTEG || type == TRANSFORM_KE;
}

static bool mandatory(uint8_t protocol, uint8_t type)
{
	switch (protocol) { /* RFC7296 3.3.3; integrity depends on the cipher */
	case PROTOCOL_IKE:
		return type == TRANSFORM_ENCR || type == TRANSFORM_PRF || type == TRANSFORM_KE;
	case PROTOCOL_ESP:
		return type == TRANSFORM_ENCR || type == TRANSFORM_ESN;
	default:
		return type == TRANSFORM_INTEG || type == TRANSFORM_ESN;
	}
}

static bool takes(const struct proposal *p, const struct transform *t)
{
	return lists(p, t) || (may_be_none(t->type) && t->id == 0 && !lists_type(p, t->type));
}

static bool is_aead(const struct transform *encr)
{
	const struct cipher *cipher = cipher_find(encr->id, encr->key_bits);

	return encr->type == TRANSFORM_ENCR && cipher && cipher->icv_len > 0;
}

/* RFC5282 8: an AEAD goes without integrity, everything else with it. */
static bool integ_fits(const struct transform *encr, const struct transform *integ)
{
	return is_aead(encr) == (integ->id == INTEG_NONE);
}

static bool acceptable(const struct pair *p, const struct transform *t)
{
	bool none = may_be_none(t->type) && t->id == 0;

	if (!takes(p->theirs, t))
		return false;
	if (t->type == TRANSFORM_INTEG && !integ_fits(&p->chosen[TRANSFORM_ENCR], t))
		return false;
	if (none)
		return !mandatory(p->ours->protocol, t->type);
	/* Whether sequence numbers are extended is no algorithm of the backend's. */
	return !p->crypto || t->type == TRANSFORM_ESN ||
	       crypto_has(p->crypto, t->type, t->id, t->key_bits);
}

static void choose(struct pair *p, const struct transform *t)
{
	p->chosen[t->type] = *t;
	p->present[t->type] = t->id != 0 || !may_be_none(t->type);
}

static bool choose_listed(struct pair *p, uint8_t type)
{
	const struct proposal *ours = p->ours;

	for (size_t i = 0; i < ours->count; i++) {
		const struct transform *t = &ours->transforms[i];

		if (type == TRANSFORM_KE && p->ke_hint != KE_NONE && t->type == type &&
		    t->id == p->ke_hint && acceptable(p, t)) {
			choose(p, t);
			return true;
		}
	}
	for (size_t i = 0; i < ours->count; i++) {
		const struct transform *t = &ours->transforms[i];

		if (t->type == type && acceptable(p, t)) {
			choose(p, t);
			return true;
		}
	}
	return false;
}

static bool lists_foreign(const struct proposal *p)
{
	for (size_t i = 0; i < p->count; i++) {
		uint8_t type = p->transforms[i].type;

		if (type < TRANSFORM_ENCR || type > TYPE_MAX)
			return true;
	}
	return false;
}

/* One type of the pair: chosen, absent on both sides, or what parts them. */
static bool step(struct pair *p, uint8_t type)
{
	/* What a side leaves out is NONE, or, of sequence numbers, the plain ones. */
	const struct transform none = { .type = type, .id = 0 };

	if (type == FOREIGN) /* RFC7296 3.3.6 */
		return !lists_foreign(p->theirs);
	if (type == TRANSFORM_KE && p->ke_ignored)
		return true;
	if (!lists_type(p->theirs, type) && mandatory(p->theirs->protocol, type))
		return false; /* RFC7296 3.3.6 */
	if (lists_type(p->ours, type) && choose_listed(p, type))
		return true;
	if (type == TRANSFORM_ESN && lists_type(p->ours, type) != lists_type(p->theirs, type)) {
		if (lists_type(p->ours, type) || !acceptable(p, &none))
			return false;
		choose(p, &none);
		return true;
	}
	if (may_be_none(type) && takes(p->ours, &none) && acceptable(p, &none)) {
		choose(p, &none);
		return true;
	}
	return !may_be_none(type) && !lists_type(p->ours, type) && !lists_type(p->theirs, type);
}

/* How many steps the pair came; ARRAY_LEN(steps) when all. */
static size_t pair_walk(struct pair *p)
{
	size_t done = 0;

	while (done < ARRAY_LEN(steps) && step(p, steps[done]))
		done++;
	return done;
}

static void suite_of(struct suite *ret, uint8_t protocol, const struct transform *chosen)
{
	*ret = (struct suite){
		.encr = chosen[TRANSFORM_ENCR],
		.integ = chosen[TRANSFORM_INTEG],
		.prf = chosen[TRANSFORM_PRF],
		.ke = chosen[TRANSFORM_KE],
		.protocol = protocol,
		.esn = chosen[TRANSFORM_ESN].id == ESN_YES,
	};
	if (ret->integ.id == INTEG_NONE)
		ret->integ = (struct transform){ 0 };
	if (ret->ke.id == KE_NONE)
		ret->ke = (struct transform){ 0 };
}

static void answer_of(struct proposal *ret, const struct pair *p)
{
	struct proposal answer = {
		.number = p->theirs->number, /* RFC7296 3.3.1 */
		.protocol = p->theirs->protocol,
		.spi_len = p->theirs->spi_len,
		.spi = p->theirs->spi,
	};

	for (size_t i = 0; i < ARRAY_LEN(answer_order); i++) {
		if (p->present[answer_order[i]])
			answer.transforms[answer.count++] = p->chosen[answer_order[i]];
	}
	*ret = answer;
}

enum err negotiate_select(const struct crypto *c, const struct proposal *ours, size_t ours_count,
			  const struct sa *theirs, uint16_t ke_hint, bool ke_wanted,
			  struct proposal *ret_answer, struct suite *ret_suite)
{
	for (size_t i = 0; i < ours_count; i++) {
		for (size_t j = 0; j < theirs->count; j++) {
			struct pair p = {
				.crypto = c,
				.ours = &ours[i],
				.theirs = &theirs->proposals[j],
				.ke_hint = ke_hint,
				.ke_ignored = ours[i].protocol != PROTOCOL_IKE && !ke_wanted,
			};

			if (p.ours->protocol != p.theirs->protocol ||
			    pair_walk(&p) < ARRAY_LEN(steps))
				continue;
			answer_of(ret_answer, &p);
			suite_of(ret_suite, p.ours->protocol, p.chosen);
			return ERR_OK;
		}
	}
	return ERR_NO_PROPOSAL;
}

/* Whether an answer may go without a type that was offered. */
static bool may_lack(const struct proposal *offered, uint8_t type, bool ke_wanted,
		     const struct transform *encr)
{
	const struct transform none = { .type = type, .id = 0 };

	if (type == TRANSFORM_KE && offered->protocol != PROTOCOL_IKE && !ke_wanted)
		return true;
	if (type == TRANSFORM_INTEG && is_aead(encr))
		return true;
	return may_be_none(type) && lists(offered, &none);
}

static bool answer_complete(const struct proposal *offered, const struct transform *chosen,
			    const bool *present, bool ke_wanted)
{
	const struct transform *encr = &chosen[TRANSFORM_ENCR];

	for (size_t i = 0; i < offered->count; i++) {
		uint8_t type = offered->transforms[i].type;

		if (type > TYPE_MAX ||
		    (!present[type] && !may_lack(offered, type, ke_wanted, encr)))
			return false;
	}
	if (offered->protocol == PROTOCOL_IKE && chosen[TRANSFORM_KE].id == KE_NONE)
		return false;
	return integ_fits(encr, &chosen[TRANSFORM_INTEG]);
}

enum err negotiate_accept(const struct proposal *offered, size_t offered_count,
			  const struct sa *answer, bool ke_wanted, struct suite *ret_suite,
			  uint64_t *ret_spi)
{
	const struct proposal *theirs = &answer->proposals[0], *ours;
	struct transform chosen[TYPE_MAX + 1] = { 0 };
	bool present[TYPE_MAX + 1] = { false };

	if (answer->count != 1 || theirs->number < 1 || theirs->number > offered_count)
		return ERR_NO_PROPOSAL; /* RFC7296 2.7 */
	ours = &offered[theirs->number - 1];
	if (ours->protocol != theirs->protocol)
		return ERR_NO_PROPOSAL;
	for (size_t i = 0; i < theirs->count; i++) {
		const struct transform *t = &theirs->transforms[i];

		/* RFC7296 3.3.6: one of each type, and nothing that was not offered. */
		if (t->type > TYPE_MAX || present[t->type] || !lists(ours, t))
			return ERR_NO_PROPOSAL;
		present[t->type] = true;
		chosen[t->type] = *t;
	}
	if (!answer_complete(ours, chosen, present, ke_wanted))
		return ERR_NO_PROPOSAL;
	if (ours->protocol != PROTOCOL_IKE && !ke_wanted)
		chosen[TRANSFORM_KE] = (struct transform){ 0 };
	suite_of(ret_suite, ours->protocol, chosen);
	*ret_spi = theirs->spi;
	return ERR_OK;
}

static const char *type_words(uint8_t type)
{
	switch (type) {
	case TRANSFORM_ENCR:
		return "encryption";
	case TRANSFORM_PRF:
		return "PRF";
	case TRANSFORM_INTEG:
		return "integrity";
	case TRANSFORM_KE:
		return "key exchange";
	case TRANSFORM_ESN:
		return "extended sequence numbers";
	default:
		return "a transform type we do not know";
	}
}

static void text_alternatives(struct text *t, const struct proposal *p, uint8_t type)
{
	bool any = false;

	for (size_t i = 0; i < p->count; i++) {
		const struct transform *alternative = &p->transforms[i];

		if (alternative->type != type)
			continue;
		text_put(t, any ? ", " : "");
		text_proposal(t, &(struct proposal){ .count = 1, .transforms = { *alternative } });
		text_put(t, alternative->unknown ? " with an unknown attribute" : "");
		any = true;
	}
	if (!any)
		text_put(t, "none");
}

static void text_parted(struct text *t, const struct pair *p, size_t depth)
{
	if (depth == ARRAY_LEN(steps)) {
		text_put(t, "what both sides list is not available here");
		return;
	}
	text_put(t, type_words(steps[depth]));
	if (steps[depth] == FOREIGN)
		return;
	text_put(t, ": they offer ");
	text_alternatives(t, p->theirs, steps[depth]);
	text_put(t, "; we take ");
	text_alternatives(t, p->ours, steps[depth]);
}

/* The pair that came farthest, the first of equals; false when no two are of one protocol. */
static bool farthest_pair(struct pair *ret, size_t *ret_depth, const struct proposal *ours,
			  size_t ours_count, const struct sa *theirs)
{
	bool found = false;
	size_t best = 0;

	for (size_t i = 0; i < ours_count; i++) {
		for (size_t j = 0; j < theirs->count; j++) {
			struct pair p = { .ours = &ours[i], .theirs = &theirs->proposals[j] };
			size_t depth;

			if (p.ours->protocol != p.theirs->protocol)
				continue;
			depth = pair_walk(&p);
			if (found && depth <= best)
				continue;
			found = true;
			best = depth;
			*ret = p;
		}
	}
	if (found)
		*ret_depth = best;
	return found;
}

static void text_proposals(struct text *t, const struct proposal *proposals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		text_put(t, i ? ", " : "");
		text_proposal(t, &proposals[i]);
	}
	if (count == 0)
		text_put(t, "none");
}

void negotiate_explain(struct diagnosis *ret, const struct proposal *ours, size_t ours_count,
		       const struct sa *theirs, const char *setting)
{
	struct text text_theirs = TEXT_ARRAY(ret->theirs), text_ours = TEXT_ARRAY(ret->ours);
	struct text parted = TEXT_ARRAY(ret->parted), set = TEXT_ARRAY(ret->setting);
	struct pair pair = { 0 };
	size_t depth = 0;

	ret->kind = DIAGNOSIS_PROPOSAL;
	text_proposals(&text_theirs, theirs->proposals, theirs->count);
	text_proposals(&text_ours, ours, ours_count);
	text_put(&set, setting);
	if (farthest_pair(&pair, &depth, ours, ours_count, theirs))
		text_parted(&parted, &pair, depth);
	else
		text_put(&parted, "protocol: they offer none that we take");
}
