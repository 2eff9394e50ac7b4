/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood: SA_INITs from addresses nobody has, at a thousand a second. Half-open SAs stay within
 * their limit, cookies are asked for, memory stays flat, and a client that shows its return address
 * gets in (RFC 7296 2.6).
 */
#include "puppet.h"
#include "scripts.h"

#define FLOOD_PERIOD NANOS_MILLI
#define FLOOD_COUNT 8000
#define FLOOD_BEFORE (2 * NANOS_SECOND)

struct flood {
	struct bench *bench;
	struct puppet *puppet;
	struct host *target;
	unsigned left, half_open_max;
	size_t memory_max;
};

static void flood_one(void *ctx, uint64_t arg)
{
	struct flood *f = ctx;
	struct random *r = &f->bench->world.random;
	struct endpoint src = { ip_v4(172, (uint8_t)(16 + random_below(r, 16)),
				      (uint8_t)random_u64(r), (uint8_t)random_u64(r)), IKE_PORT };
	struct adit_engine_usage usage = adit_engine_usage(f->target->engine);
	uint8_t buffer[DATAGRAM_MAX];

	(void)arg;
	if (usage.half_open > f->half_open_max)
		f->half_open_max = usage.half_open;
	if (f->target->memory.used > f->memory_max)
		f->memory_max = f->target->memory.used;
	f->puppet->spi_i = random_u64(r) | 1;
	puppet_send_from(f->puppet, &src,
			 span_of(buffer, puppet_init_build(f->puppet, false, buffer)));
	if (--f->left > 0)
		world_plan(&f->bench->world, f->bench->world.now + FLOOD_PERIOD, flood_one, NULL, f,
			   0);
}

static void flood_run(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct setup spoofer = setup_initiator();
	static struct puppet puppet;
	struct flood f = { .bench = b, .puppet = &puppet, .left = FLOOD_COUNT };
	struct pair p;
	size_t memory_before;
	bool full = b->options.seed % 2; /* half-open SAs fill their table before a cookie is due */
	nanos start;

	right.cookie_threshold = full ? right.half_open : 4;
	right.ike_sas = 4 * right.half_open; /* the limit is not the slab's */
	spoofer.local = "10.0.0.66";
	p = pair_new(b, &left, &right);
	f.target = p.right;
	puppet_init(&puppet, b, &spoofer, right.local);
	memory_before = p.right->memory.used;
	flood_one(&f, 0);
	bench_run(b, FLOOD_BEFORE);
	start = b->world.now;
	EXPECT(b, pair_connect(b, &p, 100 * NANOS_SECOND));
	EXPECT(b, full || b->world.now - start < 3 * NANOS_SECOND);
	bench_run(b, 60 * NANOS_SECOND);
	EXPECT(b, f.half_open_max <= right.half_open);
	EXPECT(b, f.memory_max - memory_before < (size_t)256 << 10);
	EXPECT(b, host_established(p.right) == 1);
	checker_settled(b, p.left, p.right);
	bench_close(b);
	puppet_clear(&puppet);
}

const struct script flood_script = {
	.name = "flood", .about = "spoofed SA_INITs, and a client that wants in",
	.run = flood_run, .variants = 4,
};
