/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fragment_flood: fragments that are forged, and fragments of messages that never become whole.
 * Memory stays within what one message an SA may have, and whoever means it gets in (RFC 7383 4).
 */
#include "puppet.h"
#include "scripts.h"

#define FORGED_PERIOD NANOS_MILLI
#define FORGED_COUNT 6000
#define FORGED_LEN 1200
#define PIECE_LEN 1100 /* thirty of them are more than MESSAGE_MAX */
#define SA_MEMORY_MAX (MESSAGE_MAX + (16u << 10)) /* a message in pieces, and the SA itself */

struct forgery {
	struct bench *bench;
	struct puppet *puppet;
	const struct host *victim, *other;
	unsigned left;
	size_t memory_max;
};

/* A fragment under the victim's SPIs, whatever is inside, as if the other end had sent it. */
static size_t forged_build(struct forgery *f, const struct adit_ike_info *info, uint8_t *buffer)
{
	struct random *r = &f->bench->world.random;
	uint16_t total = (uint16_t)(1 + random_below(r, 2 * FRAGMENTS_MAX));
	struct skf_header number = { (uint16_t)(1 + random_below(r, total)), total };
	struct ike_header header = {
		.spi_i = info->spi_i, .spi_r = info->spi_r, .next_payload = PAYLOAD_SKF,
		.version = IKE_VERSION, .exchange = EXCHANGE_IKE_AUTH, .message_id = 1,
		.flags = info->initiator ? IKE_FLAG_RESPONSE : IKE_FLAG_INITIATOR,
	};
	struct writer w = writer_of(buffer, DATAGRAM_MAX);
	size_t length_at;

	ike_header_build(&w, &header);
	writer_u8(&w, number.number == 1 ? PAYLOAD_IDI : PAYLOAD_NONE);
	writer_u8(&w, 0);
	length_at = writer_mark16(&w);
	skf_header_build(&w, &number);
	for (size_t i = 0; i < FORGED_LEN; i++)
		writer_u8(&w, (uint8_t)random_u64(r));
	writer_patch16(&w, length_at, w.len - length_at + 2);
	ike_header_finish(&w, 0);
	return w.len;
}

static void forge_one(void *ctx, uint64_t arg)
{
	struct forgery *f = ctx;
	struct endpoint src = { f->other->ip, IKE_PORT };
	static struct adit_ike_info info; /* large */
	uint8_t buffer[DATAGRAM_MAX];
	uint32_t cursor = 0;

	(void)arg;
	if (f->victim->memory.used > f->memory_max)
		f->memory_max = f->victim->memory.used;
	while (adit_engine_ike_info(f->victim->engine, &cursor, &info)) {
		if (info.spi_r != 0)
			puppet_send_from(f->puppet, &src,
					 span_of(buffer, forged_build(f, &info, buffer)));
	}
	if (--f->left > 0)
		world_plan(&f->bench->world, f->bench->world.now + FORGED_PERIOD, forge_one, NULL,
			   f, 0);
}

/* Somebody on the way, who sees SPIs and has no keys, beside a handshake in fragments. */
static void forgers(struct bench *b, bool to_left)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct setup spoofer = setup_initiator();
	static struct puppet puppet;
	struct forgery f = { .bench = b, .puppet = &puppet, .left = FORGED_COUNT };
	size_t memory_before;
	struct pair p;

	setup_certificates(&left, &right, "ed", SETUP_BOTH);
	spoofer.local = "10.0.0.66";
	p = pair_new(b, &left, &right);
	f.victim = to_left ? p.left : p.right;
	f.other = to_left ? p.right : p.left;
	puppet_init(&puppet, b, &spoofer, to_left ? left.local : right.local);
	b->sniffer.tampering = true; /* somebody else speaks for an end */
	memory_before = f.victim->memory.used;
	forge_one(&f, 0);
	EXPECT(b, pair_connect(b, &p, 20 * NANOS_SECOND));
	bench_run(b, 30 * NANOS_SECOND);
	EXPECT(b, f.left == 0 && f.memory_max - memory_before < 2 * SA_MEMORY_MAX);
	EXPECT(b, host_established(p.left) == 1 && host_established(p.right) == 1);
	EXPECT(b, p.left->ike_ups == 1 && p.right->ike_ups == 1);
	checker_settled(b, p.left, p.right);
	bench_close(b);
	puppet_clear(&puppet);
}

/* All fragments of a message but one; each of the counts after begins it anew. */
static void pieces_send(struct puppet *p, uint16_t total)
{
	uint8_t piece[PIECE_LEN] = { 0 }, buffer[DATAGRAM_MAX];

	for (uint16_t i = 1; i < total; i++) {
		struct skf_header number = { i, total };
		size_t len = puppet_seal_piece(p, EXCHANGE_IKE_AUTH, false, 1, &number,
					       i == 1 ? PAYLOAD_VENDOR : PAYLOAD_NONE,
					       SPAN_ARRAY(piece), buffer);

		puppet_send(p, span_of(buffer, len));
	}
}

/* A peer with keys that never finishes; then it says all in one piece. */
static void unfinished(struct bench *b)
{
	struct setup right = setup_responder(), self = setup_initiator();
	struct host *host = bench_host(b, "right", &right);
	size_t memory_before = host->memory.used, memory_held;
	static struct puppet puppet;

	puppet_init(&puppet, b, &self, right.local);
	puppet.fragments = true;
	EXPECT(b, puppet_init_exchange(&puppet));
	for (uint16_t total = 2; total <= FRAGMENTS_MAX + 4; total += 3) {
		pieces_send(&puppet, total);
		bench_run(b, 50 * NANOS_MILLI);
		EXPECT(b, host->memory.used - memory_before < SA_MEMORY_MAX);
	}
	/* Fewer pieces than before are stale (RFC 7383 2.6). */
	memory_held = host->memory.used;
	EXPECT(b, memory_held - memory_before > MESSAGE_MAX / 2);
	pieces_send(&puppet, 3);
	bench_run(b, 50 * NANOS_MILLI);
	EXPECT(b, host->memory.used == memory_held);
	EXPECT(b, puppet_auth_exchange(&puppet));
	EXPECT(b, host_established(host) == 1 && host->plane.count == 1);
	bench_run(b, NANOS_SECOND);
	EXPECT(b, host->memory.used - memory_before < SA_MEMORY_MAX - MESSAGE_MAX);
	bench_close(b);
	puppet_clear(&puppet);
}

/* As many half-open SAs as there may be, each with most of a message; then somebody means it. */
static void unfinished_many(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct setup self = setup_initiator();
	static struct puppet puppet;
	size_t memory_before, memory_max = 0;
	struct pair p;

	setup_certificates(&left, &right, "ed", SETUP_BOTH);
	left.keyingtries = 0;
	right.ike_sas = 4 * right.half_open;
	self.local = "10.0.0.66";
	p = pair_new(b, &left, &right);
	puppet_init(&puppet, b, &self, right.local);
	puppet.fragments = true;
	memory_before = p.right->memory.used;
	for (unsigned i = 0; i < right.half_open; i++) {
		EXPECT(b, puppet_init_exchange(&puppet));
		pieces_send(&puppet, FRAGMENTS_MAX);
		bench_run(b, 50 * NANOS_MILLI);
		if (p.right->memory.used > memory_max)
			memory_max = p.right->memory.used;
		puppet_renew(&puppet);
	}
	EXPECT(b, adit_engine_usage(p.right->engine).half_open == right.half_open);
	EXPECT(b, memory_max - memory_before > (size_t)right.half_open * MESSAGE_MAX / 2);
	EXPECT(b, memory_max - memory_before < (size_t)right.half_open * SA_MEMORY_MAX);
	EXPECT(b, pair_connect(b, &p, 100 * NANOS_SECOND));
	bench_run(b, 60 * NANOS_SECOND);
	EXPECT(b, host_established(p.right) == 1);
	EXPECT(b, p.right->memory.used - memory_before < SA_MEMORY_MAX);
	checker_settled(b, p.left, p.right);
	bench_close(b);
	puppet_clear(&puppet);
}

static void fragment_flood_run(struct bench *b)
{
	switch (b->options.seed % 4) {
	case 0: forgers(b, false); break;
	case 1: forgers(b, true); break;
	case 2: unfinished(b); break;
	default: unfinished_many(b); break;
	}
}

const struct script fragment_flood_script = {
	.name = "fragflood", .about = "forged fragments, and messages that never become whole",
	.run = fragment_flood_run, .variants = 4,
};
