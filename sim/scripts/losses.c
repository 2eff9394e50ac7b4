/* SPDX-License-Identifier: Apache-2.0 */
/*
 * losses: a life of one IKE SA (handshake, liveness, a Child SA's end, the IKE SA's end) in which
 * exactly the datagrams of a mask die, or one comes twice, late or damaged. One or two losses may
 * cost time and nothing else.
 */
#include "scripts.h"

#define ROLES 8                /* who checks liveness, who deletes the Child SA, who the IKE SA */
#define DATAGRAMS 16           /* a life without losses has 12 or more */
#define PAIRS (DATAGRAMS * (DATAGRAMS - 1) / 2)
#define DPD_S 10
#define DAMAGES (COVERAGE_FAULTS - FAULT_DUPLICATED)
#define DAMAGE_ROUNDS 4        /* delays, bits and lengths are drawn */

static bool children_gone(void *ctx)
{
	const struct pair *p = ctx;

	return host_children(p->left) == 0 && host_children(p->right) == 0;
}

/* fragile: the handshake may fail. */
static void life_run(struct bench *b, unsigned roles, bool fragile)
{
	const struct adit_terminate child = { .child = "net" }, ike = { .ike = "gw" };
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;
	bool connected;

	left.dpd_s = roles & 1 ? DPD_S : 0;
	right.dpd_s = roles & 1 ? 0 : DPD_S;
	p = pair_new(b, &left, &right);
	connected = pair_connect(b, &p, 200 * NANOS_SECOND);
	/*
	 * Neither end can know that an SA_INIT was damaged, but by IKE_AUTH failing (RFC 7296
	 * 2.15).
	 */
	if (!connected && fragile) {
		bench_close(b);
		return;
	}
	EXPECT(b, connected);
	/* The last response may be on its way again, and the other side's view follows liveness. */
	bench_run(b, 3 * DPD_S * NANOS_SECOND);
	EXPECT(b, host_established(p.left) == 1 && host_established(p.right) == 1);
	EXPECT(b, host_children(p.left) == 1 && host_children(p.right) == 1);
	checker_settled(b, p.left, p.right);
	EXPECT(b, host_terminate(roles & 2 ? p.left : p.right, &child) == ERR_OK);
	EXPECT(b, world_run_until(&b->world, children_gone, &p, b->world.now + 60 * NANOS_SECOND));
	bench_run(b, 2 * DPD_S * NANOS_SECOND);
	EXPECT(b, host_established(p.left) == 1 && host_established(p.right) == 1);
	checker_settled(b, p.left, p.right);
	EXPECT(b, host_terminate(roles & 4 ? p.left : p.right, &ike) == ERR_OK);
	EXPECT(b, pair_idle_wait(b, &p, 60 * NANOS_SECOND));
	EXPECT(b, p.left->ike_ups == 1 && p.right->ike_ups == 1);
	EXPECT(b, p.left->child_ups == 1 && p.right->child_ups == 1);
	for (size_t i = 0; i < p.left->requests_count; i++)
		EXPECT(b, !p.left->requests[i].done || p.left->requests[i].err == ERR_OK);
	bench_close(b);
}

static void losses_single_run(struct bench *b)
{
	network_mask(&b->network, (unsigned)(b->options.seed / ROLES % DATAGRAMS));
	life_run(b, (unsigned)(b->options.seed % ROLES), false);
}

static void losses_pair_run(struct bench *b)
{
	unsigned number = (unsigned)(b->options.seed / ROLES % PAIRS);
	unsigned second = 1;

	/* Pair number n of all pairs first < second, in order of the second. */
	while (number >= second)
		number -= second++;
	network_mask(&b->network, number);
	network_mask(&b->network, second);
	life_run(b, (unsigned)(b->options.seed % ROLES), false);
}

static void damages_run(struct bench *b)
{
	unsigned datagram = (unsigned)(b->options.seed / ROLES % DATAGRAMS);
	uint64_t damage = b->options.seed / ROLES / DATAGRAMS % DAMAGES;

	b->network.mask_fault = (enum coverage_fault)(FAULT_DUPLICATED + damage);
	network_mask(&b->network, datagram);
	life_run(b, (unsigned)(b->options.seed % ROLES),
		 b->network.mask_fault == FAULT_FLIPPED && datagram < 2);
}

const struct script losses_single_script = {
	.name = "losses",
	.about = "every single loss in handshake, liveness and deletes, all roles",
	.run = losses_single_run, .variants = (uint64_t)ROLES * DATAGRAMS,
};

const struct script losses_pair_script = {
	.name = "pairs", .about = "every pair of losses, the same",
	.run = losses_pair_run, .variants = (uint64_t)ROLES * PAIRS,
};

const struct script damages_script = {
	.name = "damages", .about = "every datagram once doubled, late, flipped or cut, the same",
	.run = damages_run, .variants = (uint64_t)ROLES * DATAGRAMS * DAMAGES * DAMAGE_ROUNDS,
};
