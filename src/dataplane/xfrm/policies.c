/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include "require.h"
#include "selectors.h"

/* What the kernel tells policies apart by; no gaps, since its bytes are hashed. */
struct policy_key {
	struct xfrm_selector selector; /* outbound */
	struct mark mark_in, mark_out;
	uint32_t if_id_in, if_id_out;
};

_Static_assert(sizeof(struct policy_key) == sizeof(struct xfrm_selector) + 24, "gaps");

struct policy {
	struct policy_key key;
	struct hold *first;            /* newest */
};

static const uint8_t directions[] = { XFRM_POLICY_IN, XFRM_POLICY_FWD, XFRM_POLICY_OUT };

enum err policies_init(struct policies *p, struct kernel *kernel, struct memory *m, uint32_t count,
		       const uint64_t salt[2])
{
	enum err err;

	*p = (struct policies){ .kernel = kernel, .salt = { salt[0], salt[1] } };
	TRY(slab_init(&p->slab, m, sizeof(struct policy), count));
	TRY(map_init(&p->by_key, m, count, salt));
out:
	if (err)
		policies_clear(p);
	return err;
}

void policies_clear(struct policies *p)
{
	uint32_t slot = 0;
	struct policy *policy;

	while ((policy = slab_next(&p->slab, &slot)) != NULL)
		slab_free(&p->slab, policy);
	map_clear(&p->by_key);
	slab_clear(&p->slab);
}

static struct policy_key key_of(const struct xfrm_selector *selector, const struct carrier *by)
{
	return (struct policy_key){ .selector = *selector,
				    .mark_in = by->match.mark_in,
				    .mark_out = by->match.mark_out,
				    .if_id_in = by->match.if_id_in,
				    .if_id_out = by->match.if_id_out };
}

static uint64_t hash_of(const struct policies *p, const struct policy_key *key)
{
	return hash_bytes(p->salt, span_of((const uint8_t *)key, sizeof(*key)));
}

static struct xfrm_policy_wanted wanted_of(const struct xfrm_selector *selector,
					   const struct carrier *by, uint8_t direction)
{
	bool out = direction == XFRM_POLICY_OUT;

	return (struct xfrm_policy_wanted){
		.direction = direction,
		.selector = out ? *selector : xfrm_selector_turned(selector),
		.source = out ? by->local : by->remote,
		.destination = out ? by->remote : by->local,
		.spi = out ? by->spi_out : 0,
		.reqid = by->reqid,
		.ip_protocol = by->ip_protocol,
		.mode = by->mode,
		.icmp = by->icmp,
		.mark = out ? by->match.mark_out : by->match.mark_in,
		.if_id = out ? by->match.if_id_out : by->match.if_id_in,
	};
}

static int take_owner(const struct nlmsghdr *h, void *ctx)
{
	bool *ours = ctx;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct xfrm_userpolicy_info)) {
		const struct xfrm_user_tmpl *t = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == XFRMA_TMPL &&
		    mnl_attr_get_payload_len(attr) >= sizeof(*t))
			*ours = xfrm_reqid_ours(t->reqid);
	}
	return MNL_CB_OK;
}

/* One that a run before this one left is ours, and taken over. */
static bool owned(struct policies *p, const struct xfrm_policy_wanted *wanted)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	bool ours = false;

	xfrm_policy_named(buffer, XFRM_MSG_GETPOLICY, wanted);
	return kernel_ask(p->kernel, buffer, 0, take_owner, &ours) == ERR_OK && ours;
}

static enum err put(struct policies *p, const struct xfrm_policy_wanted *wanted, bool there)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	enum err err = ERR_EXISTS;

	if (!there) {
		xfrm_policy_new(buffer, XFRM_MSG_NEWPOLICY, wanted);
		err = kernel_ask(p->kernel, buffer, NLM_F_ACK, NULL, NULL);
		if (err != ERR_EXISTS || !owned(p, wanted))
			return err;
	}
	xfrm_policy_new(buffer, XFRM_MSG_UPDPOLICY, wanted);
	return kernel_ask(p->kernel, buffer, NLM_F_ACK, NULL, NULL);
}

static enum err delete(struct policies *p, const struct xfrm_policy_wanted *wanted)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	enum err err;

	xfrm_policy_named(buffer, XFRM_MSG_DELPOLICY, wanted);
	err = kernel_ask(p->kernel, buffer, NLM_F_ACK, NULL, NULL);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A transport mode SA carries what this host says, so there is nothing to forward. */
static bool applies(uint8_t direction, const struct carrier *by)
{
	return direction != XFRM_POLICY_FWD || by->mode == CHILD_TUNNEL;
}

/* By those who hold it still. */
static bool needed(const struct policy *policy, uint8_t direction)
{
	for (const struct hold *hold = policy->first; hold; hold = hold->next) {
		if (applies(direction, hold->by))
			return true;
	}
	return false;
}

static enum err put_all(struct policies *p, const struct policy *policy, const struct carrier *by,
			bool there)
{
	struct xfrm_policy_wanted wanted;
	enum err err = ERR_OK;
	size_t i;
	int why;

	for (i = 0; i < ARRAY_LEN(directions) && err == ERR_OK; i++) {
		wanted = wanted_of(&policy->key.selector, by, directions[i]);
		if (applies(directions[i], by))
			err = put(p, &wanted, there);
	}
	if (err == ERR_OK || there)
		return err;
	why = p->kernel->why;
	for (i--; i > 0; i--) {
		wanted = wanted_of(&policy->key.selector, by, directions[i - 1]);
		if (applies(directions[i - 1], by))
			(void)(delete(p, &wanted) == ERR_OK);
	}
	p->kernel->why = why;
	return err;
}

static void forget(struct policies *p, struct policy *policy)
{
	(void)map_remove(&p->by_key, hash_of(p, &policy->key));
	slab_free(&p->slab, policy);
}

/* The one of that key, new when there was none. */
static enum err find(struct policies *p, const struct policy_key *key, struct policy **ret)
{
	uint64_t hash = hash_of(p, key);
	struct policy *policy;
	uint32_t slot;
	enum err err;

	if (map_get(&p->by_key, hash, &slot)) {
		policy = slab_at(&p->slab, slot);
		REQUIRE(policy);
		/* The hash is one that nobody outside can aim at. */
		if (memcmp(&policy->key, key, sizeof(*key)) != 0)
			return ERR_EXISTS;
		*ret = policy;
		return ERR_OK;
	}
	policy = slab_alloc(&p->slab);
	if (!policy)
		return ERR_LIMIT;
	policy->key = *key;
	err = map_put(&p->by_key, hash, slab_slot(&p->slab, policy));
	if (err)
		slab_free(&p->slab, policy);
	else
		*ret = policy;
	return err;
}

enum err policies_take(struct policies *p, struct hold *hold, const struct carrier *by,
		       const struct xfrm_selector *selector)
{
	struct policy_key key = key_of(selector, by);
	struct policy *policy = NULL;
	enum err err;

	TRY(find(p, &key, &policy));
	err = put_all(p, policy, by, policy->first != NULL);
	if (err) {
		if (!policy->first)
			forget(p, policy);
		goto out;
	}
	*hold = (struct hold){ .next = policy->first, .policy = policy, .by = by };
	policy->first = hold;
out:
	return err;
}

enum err policies_drop(struct policies *p, struct hold *hold)
{
	struct policy *policy = hold->policy;
	bool newest = policy->first == hold;
	struct hold **link = &policy->first;
	enum err err = ERR_OK;

	while (*link != hold) {
		REQUIRE(*link);
		link = &(*link)->next;
	}
	*link = hold->next;
	hold->policy = NULL;
	if (newest && policy->first)
		err = put_all(p, policy, policy->first->by, true);
	for (size_t i = 0; i < ARRAY_LEN(directions); i++) {
		struct xfrm_policy_wanted wanted =
			wanted_of(&policy->key.selector, hold->by, directions[i]);
		bool over = applies(directions[i], hold->by) && !needed(policy, directions[i]);
		enum err one = over ? delete(p, &wanted) : ERR_OK;

		err = err ? err : one;
	}
	if (!policy->first)
		forget(p, policy);
	return err;
}

enum err policies_renew(struct policies *p, const struct hold *hold)
{
	if (hold->policy->first != hold)
		return ERR_OK;
	return put_all(p, hold->policy, hold->by, true);
}
