/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shortages: at one end the nth allocation fails, or all from the nth on for a while, or the nth
 * draw of randomness: a life of one IKE SA goes on or ends, and leaves nothing.
 */
#include "scripts.h"

#include "memory.h"

#define ENDS 2
#define NTHS 120

enum shortage { SHORT_ALLOCATION, SHORT_MEMORY, SHORT_RANDOM, SHORTAGES };

#define LEAN_ALLOCATIONS 12 /* in a row that fail, with SHORT_MEMORY */

struct shortage_case {
	enum shortage kind;
	unsigned first, last, count; /* allocations or draws first … last of the struck end fail */
	void *(*alloc)(void *ctx, size_t size);
	enum err (*random)(void *ctx, uint8_t *ret, size_t len);
};

static struct shortage_case shortage;

static bool falls_short(void)
{
	unsigned number = shortage.count++;

	return number >= shortage.first && number <= shortage.last;
}

static void *short_alloc(void *ctx, size_t size)
{
	return falls_short() ? NULL : shortage.alloc(ctx, size);
}

static enum err short_random(void *ctx, uint8_t *ret, size_t len)
{
	return falls_short() ? ERR_CRYPTO : shortage.random(ctx, ret, len);
}

static void shortage_begin(struct host *h, uint64_t v)
{
	shortage = (struct shortage_case){
		.kind = (enum shortage)(v % SHORTAGES),
		.first = (unsigned)(v / SHORTAGES / ENDS),
		.alloc = h->memory.alloc, .random = h->guard.ops.random,
	};
	shortage.last = shortage.first +
			(shortage.kind == SHORT_MEMORY ? LEAN_ALLOCATIONS - 1 : 0);
	if (shortage.kind == SHORT_RANDOM)
		h->guard.ops.random = short_random;
	else
		h->memory.alloc = short_alloc;
	h->lean = h->env.sniffer->lean = shortage.kind != SHORT_RANDOM;
}

static void shortage_end(struct host *h)
{
	h->memory.alloc = shortage.alloc;
	h->guard.ops.random = shortage.random;
}

static void shortages_run(struct bench *b)
{
	const struct adit_terminate child = { .child = "net" }, ike = { .ike = "gw" };
	struct setup left = setup_initiator(), right = setup_responder();
	uint64_t v = b->options.seed;
	struct host *struck;
	struct pair p;
	uint32_t request;
	enum err err;

	left.dpd_s = right.dpd_s = 10;
	p = pair_new(b, &left, &right);
	struck = v / SHORTAGES % ENDS ? p.right : p.left;
	shortage_begin(struck, v);
	err = host_initiate(p.left, "gw", "net", &request);
	bench_run(b, 40 * NANOS_SECOND);
	/* In the worst case nothing has come of it: then it does at the second try. */
	if (host_established(p.left) == 0)
		err = host_initiate(p.left, "gw", "net", &request);
	bench_run(b, 40 * NANOS_SECOND);
	if (err == ERR_OK)
		(void)host_terminate(p.right, &child);
	bench_run(b, 20 * NANOS_SECOND);
	(void)host_terminate(p.left, &ike);
	bench_run(b, 200 * NANOS_SECOND);
	EXPECT(b, host_established(p.left) == 0);
	shortage_end(struck);
	EXPECT(b, pair_connect(b, &p, 200 * NANOS_SECOND));
	bench_run(b, 60 * NANOS_SECOND);
	checker_settled(b, p.left, p.right);
	bench_close(b);
}

const struct script shortages_script = {
	.name = "shortages", .about = "every allocation and every draw of randomness that fails",
	.run = shortages_run, .variants = (uint64_t)SHORTAGES * ENDS * NTHS,
};
