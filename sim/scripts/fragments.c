/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fragments: a handshake whose IKE_AUTH goes in fragments (RFC 7383), of which exactly those of a
 * mask die, come twice, late or out of order: every mask of the first datagrams, sent again or not.
 */
#include "scripts.h"

#define WHOLE 8       /* datagrams of a handshake without losses: 2, 3 and 3 */
#define MASKS (1u << WHOLE)
#define LOST 10       /* of which every set dies: some that are sent again with them */
#define LOST_MASKS (1u << LOST)
#define CONNECT_MAX (600 * NANOS_SECOND) /* a handshake given up, and a second one */

struct fragments_case {
	enum setup_who who;
	enum coverage_fault fault;
	nanos delay_max;
	unsigned masks;
};

static const struct fragments_case cases[] = {
	{ SETUP_BOTH, FAULT_LOST, 0, LOST_MASKS },
	{ SETUP_LEFT, FAULT_LOST, 0, MASKS },
	{ SETUP_RIGHT, FAULT_LOST, 0, MASKS },
	{ SETUP_BOTH, FAULT_DUPLICATED, 5 * NANOS_SECOND, MASKS },
	{ SETUP_BOTH, FAULT_DELAYED, 50 * NANOS_MILLI, MASKS }, /* before anything is sent again */
	{ SETUP_BOTH, FAULT_DELAYED, 9 * NANOS_SECOND, MASKS },
	{ SETUP_BOTH, FAULT_FLIPPED, 0, MASKS },
	{ SETUP_BOTH, FAULT_TRUNCATED, 0, MASKS },
};

static bool both_up(void *ctx)
{
	const struct pair *p = ctx;

	return host_children(p->left) == 1 && host_children(p->right) == 1;
}

static void mask_run(struct bench *b, const struct fragments_case *c, unsigned mask)
{
	struct setup left = setup_initiator(), right = setup_responder();
	bool first = true; /* the first handshake has to do */
	bool connected;
	struct pair p;

	setup_certificates(&left, &right, "ed", c->who);
	left.keyingtries = 0;
	left.dpd_s = right.dpd_s = 10;
	b->network.mask_fault = c->fault;
	b->network.faults.delay_max = c->delay_max;
	for (unsigned i = 0; i < LOST; i++) {
		if (mask & 1u << i)
			network_mask(&b->network, i);
	}
	/*
	 * Six datagrams in a row are a request given up, and half-open SAs do not wait for ever. An
	 * SA_INIT that was damaged shows when IKE_AUTH fails (RFC 7296 2.15), and not before.
	 */
	if ((c->fault == FAULT_LOST && __builtin_popcount(mask) > 3) ||
	    c->fault == FAULT_FLIPPED || c->fault == FAULT_TRUNCATED)
		first = false;
	p = pair_new(b, &left, &right);
	connected = pair_connect(b, &p, CONNECT_MAX);
	if (!connected && c->fault == FAULT_FLIPPED && mask & 3) {
		bench_close(b);
		return;
	}
	EXPECT(b, connected);
	EXPECT(b, world_run_until(&b->world, both_up, &p, b->world.now + 60 * NANOS_SECOND));
	if (first)
		EXPECT(b, p.left->ike_ups == 1 && p.right->ike_ups == 1 && p.left->ike_downs == 0 &&
				  p.right->ike_downs == 0);
	if (c->fault == FAULT_DELAYED && c->delay_max < NANOS_SECOND)
		EXPECT(b, b->world.now < 2 * NANOS_SECOND);
	bench_run(b, 60 * NANOS_SECOND);
	checker_settled(b, p.left, p.right);
	EXPECT(b, host_established(p.left) == 1 && host_established(p.right) == 1);
	bench_close(b);
}

static void fragments_run(struct bench *b)
{
	uint64_t v = b->options.seed;
	size_t i = 0;

	while (v >= cases[i].masks && i + 1 < ARRAY_LEN(cases))
		v -= cases[i++].masks;
	mask_run(b, &cases[i], (unsigned)(v % cases[i].masks));
}

const struct script fragments_script = {
	.name = "fragments",
	.about = "every mask of fragments lost, doubled, late or damaged in a handshake",
	.run = fragments_run, .variants = LOST_MASKS + 7 * MASKS,
};
