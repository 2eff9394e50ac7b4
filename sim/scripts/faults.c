/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults: every kind of job, at either end, late, later than the engine waits, twice, never or
 * failed, while nothing, a retransmission, a DELETE, a new SA_INIT, the SA's death or the peer's
 * arrives. Certificate jobs too, with IKE_AUTH in fragments, and those of both ends at once.
 */
#include "scripts.h"

enum intrusion {
	INTRUDE_NOTHING, INTRUDE_RETRANSMISSION, INTRUDE_DELETE, INTRUDE_SA_INIT, INTRUDE_DEATH,
	INTRUDE_PEER_DEATH, INTRUSIONS
};

static const char *const intrusion_names[INTRUSIONS] = {
	"nothing", "a retransmission", "a DELETE", "a new SA_INIT", "the SA's death",
	"the peer's death",
};

static const struct {
	enum job_fault fault;
	enum err err;
	nanos delay;
} faults[] = {
	{ JOB_FAULT_LATE, ERR_OK, 300 * NANOS_MILLI },
	{ JOB_FAULT_LATE, ERR_OK, 3 * NANOS_SECOND },   /* past a retransmission */
	{ JOB_FAULT_LATE, ERR_OK, 45 * NANOS_SECOND },  /* past job_timeout and half_open_timeout */
	{ JOB_FAULT_TWICE, ERR_OK, 0 },
	{ JOB_FAULT_NEVER, ERR_OK, 0 },
	{ JOB_FAULT_FAILED, ERR_SYSTEM, 0 },
	{ JOB_FAULT_FAILED, ERR_MEMORY, 0 },
	{ JOB_FAULT_FAILED, ERR_KE_VALUE, 0 },
	{ JOB_FAULT_FAILED, ERR_AUTH, 0 },
};

static const enum job_kind cert_kinds[] = { JOB_AUTH_SIGN, JOB_AUTH_VERIFY };

#define KINDS (JOB_KINDS - 1)
#define CERT_KINDS 2
#define FAULTS 9
#define ENDS 2
#define SINGLES ((uint64_t)KINDS * ENDS * FAULTS * INTRUSIONS)
#define CERT_SINGLES ((uint64_t)CERT_KINDS * ENDS * FAULTS * INTRUSIONS)
#define DOUBLES ((uint64_t)CERT_KINDS * FAULTS * CERT_KINDS * FAULTS)
_Static_assert(ARRAY_LEN(faults) == FAULTS && ARRAY_LEN(cert_kinds) == CERT_KINDS, "variants");

struct fault_case {
	struct bench *bench;
	struct pair pair;
	struct host *struck, *other;
	enum intrusion intrusion;
	bool met;
};

static void fault_intrude(void *ctx, uint64_t arg)
{
	struct fault_case *c = ctx;
	struct adit_terminate ike = { .ike = "gw" };
	uint32_t request;
	enum err err = ERR_OK;

	(void)arg;
	world_note(&c->bench->world, "meanwhile %s", intrusion_names[c->intrusion]);
	switch (c->intrusion) {
	case INTRUDE_RETRANSMISSION:
		(void)network_repeat(&c->bench->network, c->struck->station);
		break;
	case INTRUDE_DELETE: err = host_terminate(c->other, &ike); break;
	case INTRUDE_SA_INIT:
		if (!network_repeat_renamed(&c->bench->network, c->struck->station))
			err = host_initiate(c->other, "gw", "net", &request);
		break;
	case INTRUDE_DEATH:
		ike.force = true;
		err = host_terminate(c->struck, &ike);
		break;
	case INTRUDE_PEER_DEATH:
		host_reboot(c->other);
		break;
	case INTRUDE_NOTHING:
	case INTRUSIONS: break;
	}
	if (err != ERR_OK && err != ERR_NOT_FOUND && err != ERR_LIMIT)
		world_fail(&c->bench->world, "the intrusion gives %s", err_name(err));
}

/* Called while the job is being handed out: what intrudes comes an instant later. */
static void fault_hit(void *ctx)
{
	struct fault_case *c = ctx;
	struct world *w = &c->bench->world;

	c->met = true;
	world_plan(w, w->now + NANOS_MILLI / 2, fault_intrude, NULL, c, 0);
}

static void fault_hosts(struct bench *b, struct fault_case *c, enum job_kind kind,
			bool certificates)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct ip inside = ip_v4(192, 168, 1, 2), outside = ip_v4(10, 0, 0, 1);

	left.dpd_s = right.dpd_s = 10;
	if (certificates)
		setup_certificates(&left, &right, "ed", SETUP_BOTH);
	if (kind == JOB_CHILD_UPDATE) { /* only who is behind a NAT box moves (RFC 7296 2.23) */
		left.local = "192.168.1.2";
		network_nat(&b->network, &inside, &outside, 1000 * NANOS_SECOND);
	} else {
		right.remote = left.local;
	}
	c->pair = pair_new(b, &left, &right);
}

static void fault_rule(struct fault_case *c, struct host *struck, enum job_kind kind, size_t fault)
{
	struck->jobs.rule = (struct job_rule){
		.on = true, .kind = kind, .fault = faults[fault].fault, .err = faults[fault].err,
		.delay = faults[fault].delay, .hit = fault_hit, .ctx = c,
	};
}

/* The initiator's address changes, and its packets show it. */
static void fault_move(struct bench *b, struct fault_case *c)
{
	const struct endpoint moved = { ip_v4(10, 0, 0, 1), 31000 };
	const struct host *left = c->pair.left, *right = c->pair.right;

	if (left->plane.count == 0 || right->plane.count == 0)
		return;
	b->network.nat.maps_count = 0;
	b->network.nat.next_port = moved.port; /* left's next datagram comes from there */
	host_moved(c->pair.right, right->plane.sas[0].spi_in, &moved);
}

/* RFC7296 2.1: an answer that takes long is only an answer that takes long. */
static bool fault_is_mild(size_t fault)
{
	return faults[fault].fault == JOB_FAULT_TWICE ||
	       (faults[fault].fault == JOB_FAULT_LATE && faults[fault].delay <= 3 * NANOS_SECOND);
}

static void single_run(struct bench *b, uint64_t v, enum job_kind kind, bool certificates)
{
	static struct fault_case c;
	const struct adit_terminate ike = { .ike = "gw" };
	unsigned end = (unsigned)(v % ENDS);
	size_t fault = (size_t)(v / ENDS % FAULTS);
	uint64_t intrusion = v / ENDS / FAULTS % INTRUSIONS;
	bool connected;

	c = (struct fault_case){ .bench = b, .intrusion = (enum intrusion)intrusion };
	fault_hosts(b, &c, kind, certificates);
	c.struck = end ? c.pair.right : c.pair.left;
	c.other = end ? c.pair.left : c.pair.right;
	fault_rule(&c, c.struck, kind, fault);
	connected = pair_connect(b, &c.pair, 200 * NANOS_SECOND);
	if (c.intrusion <= INTRUDE_RETRANSMISSION && fault_is_mild(fault))
		EXPECT(b, connected);
	if (certificates)
		EXPECT(b, c.met);
	bench_run(b, 30 * NANOS_SECOND);
	if (kind == JOB_CHILD_UPDATE)
		fault_move(b, &c);
	bench_run(b, 30 * NANOS_SECOND);
	if (host_terminate(c.other, &ike) == ERR_OK)
		bench_run(b, 20 * NANOS_SECOND);
	bench_run(b, 200 * NANOS_SECOND);
	bench_close(b);
}

/* A certificate job at either end; then both ends have to agree on what is left. */
static void double_run(struct bench *b, uint64_t v)
{
	static struct fault_case c;
	size_t left = (size_t)(v / CERT_KINDS % FAULTS);
	size_t right = (size_t)(v / CERT_KINDS / FAULTS / CERT_KINDS % FAULTS);
	bool connected;

	c = (struct fault_case){ .bench = b, .intrusion = INTRUDE_NOTHING };
	fault_hosts(b, &c, JOB_AUTH_SIGN, true);
	c.struck = c.pair.left;
	c.other = c.pair.right;
	fault_rule(&c, c.pair.left, cert_kinds[v % CERT_KINDS], left);
	fault_rule(&c, c.pair.right, cert_kinds[v / CERT_KINDS / FAULTS % CERT_KINDS], right);
	connected = pair_connect(b, &c.pair, 200 * NANOS_SECOND);
	if (fault_is_mild(left) && fault_is_mild(right))
		EXPECT(b, connected);
	bench_run(b, 200 * NANOS_SECOND);
	checker_settled(b, c.pair.left, c.pair.right);
	bench_close(b);
}

static void faults_run(struct bench *b)
{
	uint64_t v = b->options.seed % (SINGLES + CERT_SINGLES + DOUBLES);

	if (v < SINGLES)
		single_run(b, v / KINDS, (enum job_kind)(1 + v % KINDS), false);
	else if (v - SINGLES < CERT_SINGLES)
		single_run(b, (v - SINGLES) / CERT_KINDS, cert_kinds[(v - SINGLES) % CERT_KINDS],
			   true);
	else
		double_run(b, v - SINGLES - CERT_SINGLES);
}

const struct script faults_script = {
	.name = "faults",
	.about = "every job late, twice, never or failed, while something else arrives",
	.run = faults_run, .variants = SINGLES + CERT_SINGLES + DOUBLES,
};
