/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix: a few minutes of commands at random, on a network and an executor at random, between two
 * engines whose configurations fit; then all faults end, and both ends have to agree on what is
 * left.
 */
#include "scripts.h"

#define TROUBLE (300 * NANOS_SECOND)
#define HEALING (700 * NANOS_SECOND) /* liveness, its retransmissions and a new try */
#define COMMANDS_MAX 20

struct mix {
	struct bench *bench;
	struct pair pair;
	bool nat, mutual;
};

static unsigned upto(struct bench *b, unsigned most)
{
	return (unsigned)random_below(&b->world.random, most + 1);
}

static bool sometimes(struct bench *b, unsigned permille)
{
	return random_chance(&b->world.random, permille);
}

static void mix_command(void *ctx, uint64_t arg)
{
	struct mix *m = ctx;
	struct bench *b = m->bench;
	struct host *h = sometimes(b, 500) ? m->pair.left : m->pair.right;
	struct adit_terminate child = { .child = "net" }, ike = { .ike = "gw" };
	uint32_t request;
	enum err err = ERR_OK;

	(void)arg;
	child.force = ike.force = sometimes(b, 250);
	switch (random_below(&b->world.random, 10)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (!m->mutual)
			h = m->pair.left;
		err = host_initiate(h, "gw", sometimes(b, 800) ? "net" : "more", &request);
		break;
	case 4: err = host_terminate(h, &child); break;
	case 5:
	case 6: err = host_terminate(h, &ike); break;
	case 7: network_cut(&b->network, &h->ip, sometimes(b, 500)); break;
	case 8: network_nat_rebind(&b->network); break;
	case 9:
		if (sometimes(b, 300))
			host_reboot(h);
		break;
	}
	if (err != ERR_OK && err != ERR_NOT_FOUND && err != ERR_LIMIT && err != ERR_EXISTS &&
	    err != ERR_UNSUPPORTED && err != ERR_CONFIG)
		world_fail(&b->world, "a command gives %s", err_name(err));
}

static void mix_faults(struct bench *b, struct mix *m)
{
	struct network_faults *f = &b->network.faults;

	f->loss = sometimes(b, 700) ? upto(b, 300) : 0;
	f->duplicate = sometimes(b, 500) ? upto(b, 300) : 0;
	f->delay = sometimes(b, 500) ? upto(b, 300) : 0;
	f->flip = sometimes(b, 250) ? upto(b, 100) : 0;
	f->truncate = sometimes(b, 250) ? upto(b, 100) : 0;
	f->jitter = (1 + upto(b, 100)) * NANOS_MILLI;
	f->latency = (1 + upto(b, 60)) * NANOS_MILLI;
	for (unsigned i = 0; i < b->hosts_count; i++) {
		struct job_faults *j = &b->hosts[i]->jobs.faults;

		j->late = sometimes(b, 500) ? upto(b, 300) : 0;
		j->twice = sometimes(b, 500) ? upto(b, 300) : 0;
		j->never = sometimes(b, 200) ? upto(b, 60) : 0;
		j->failed = sometimes(b, 200) ? upto(b, 60) : 0;
		j->again_max = (1 + upto(b, 600)) * NANOS_SECOND;
		b->hosts[i]->lazy = sometimes(b, 250) ? upto(b, 300) : 0;
		j->usual_max = (1 + upto(b, 20)) * NANOS_MILLI;
		if (sometimes(b, 300))
			b->hosts[i]->plane.idle_in = upto(b, 30) * NANOS_SECOND;
	}
	(void)m;
}

/* Certificates at one end or both, whole or in fragments. */
static void mix_certificates(struct bench *b, struct setup *left, struct setup *right)
{
	static const char *const kinds[] = { "ed", "ed", "ec", "rsa" };
	static const char *const fragmentations[] = { "yes", "yes", "accept", "no" };
	const char *kind = kinds[random_below(&b->world.random, ARRAY_LEN(kinds))];

	setup_certificates(left, right, kind, (enum setup_who)upto(b, SETUP_RIGHT));
	left->send_cert = sometimes(b, 500) ? "ifasked" : "always";
	right->send_cert = sometimes(b, 500) ? "ifasked" : "always";
	left->fragmentation =
		fragmentations[random_below(&b->world.random, ARRAY_LEN(fragmentations))];
	right->fragmentation =
		fragmentations[random_below(&b->world.random, ARRAY_LEN(fragmentations))];
}

static void mix_hosts(struct bench *b, struct mix *m)
{
	static const struct {
		const char *left, *right, *esp;
	} suites[] = {
		{ SETUP_SUITE, SETUP_SUITE, SETUP_ESP },
		{ "default", "default", "default" },
		{ "aes256-sha256-modp2048", "aes256-sha256-modp2048", "aes256-sha256" },
		{ "aes128gcm16-prfsha384-ecp256-x25519", "aes128gcm16-prfsha384-x25519",
		  "aes256gcm16" },
		{ "aes256gcm16-prfsha512-ecp256", "aes256gcm16-prfsha512-ecp256",
		  "aes128gcm16, aes128-sha256" },
	};
	size_t suite = random_below(&b->world.random, ARRAY_LEN(suites));
	struct setup left = setup_initiator(), right = setup_responder();
	struct ip inside = ip_v4(192, 168, 1, 2), outside = ip_v4(10, 0, 0, 1);

	m->nat = sometimes(b, 300);
	m->mutual = !m->nat && sometimes(b, 500);
	left.proposals = suites[suite].left;
	right.proposals = suites[suite].right;
	left.esp_proposals = right.esp_proposals = suites[suite].esp;
	left.dpd_s = 5 + upto(b, 25);
	right.dpd_s = 5 + upto(b, 25);
	left.two_children = right.two_children = true;
	left.encap = sometimes(b, 150);
	right.encap = sometimes(b, 150);
	left.cookie_threshold = sometimes(b, 200) ? 0 : 8;
	right.cookie_threshold = sometimes(b, 200) ? 0 : 8;
	if (sometimes(b, 200)) /* slots are soon used again */
		left.ike_sas = right.ike_sas = 1 + upto(b, 2);
	left.keyingtries = 1 + upto(b, 2);
	if (m->mutual)
		right.remote = left.local;
	if (sometimes(b, 200))
		mix_certificates(b, &left, &right);
	if (m->nat) {
		left.local = "192.168.1.2";
		network_nat(&b->network, &inside, &outside,
			    (20 + upto(b, 200)) * NANOS_SECOND);
	}
	m->pair = pair_new(b, &left, &right);
}

static void mix_run(struct bench *b)
{
	static struct mix m;
	nanos start = b->world.now;
	unsigned commands;
	uint32_t request;

	m = (struct mix){ .bench = b };
	mix_hosts(b, &m);
	mix_faults(b, &m);
	EXPECT(b, host_initiate(m.pair.left, "gw", "net", &request) == ERR_OK);
	commands = upto(b, COMMANDS_MAX);
	for (unsigned i = 0; i < commands; i++)
		world_plan(&b->world, start + random_below(&b->world.random, TROUBLE), mix_command,
			   NULL, &m, 0);
	world_run(&b->world, start + TROUBLE);
	b->network.faults = (struct network_faults){ .latency = 10 * NANOS_MILLI };
	for (unsigned i = 0; i < b->hosts_count; i++) {
		network_cut(&b->network, &b->hosts[i]->ip, false);
		b->hosts[i]->jobs.faults = (struct job_faults){ .usual_max = NANOS_MILLI };
		b->hosts[i]->plane.idle_in = NANOS_NEVER;
		b->hosts[i]->lazy = 0;
		sim_jobs_release(&b->hosts[i]->jobs);
	}
	world_run(&b->world, start + TROUBLE + HEALING);
	checker_settled(b, m.pair.left, m.pair.right);
	bench_close(b);
}

const struct script mix_script = {
	.name = "mix", .about = "everything at once, at random", .run = mix_run,
	.by_default = 2500,
};
