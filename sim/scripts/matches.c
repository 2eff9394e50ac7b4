/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matches: two engines whose configurations fit, nearly fit or do not, on a network that loses
 * nothing: what has to come of it, and that the side that can explain a failure does (decision 7).
 */
#include "scripts.h"

struct match_case {
	const char *name;
	void (*change)(struct setup *left, struct setup *right);
	enum err err;          /* of the request */
	bool child;            /* one is installed at both ends */
	bool ike;              /* one is established at both ends */
	enum diagnosis_kind right_says; /* 0: nothing */
};

static void same(struct setup *left, struct setup *right)
{
	(void)left;
	(void)right;
}

static void proposals_differ(struct setup *left, struct setup *right)
{
	(void)left;
	right->proposals = "aes256gcm16-prfsha256-x25519";
}

static void first_ke_differs(struct setup *left, struct setup *right)
{
	left->proposals = "aes128gcm16-prfsha256-ecp256-x25519";
	right->proposals = "aes128gcm16-prfsha256-x25519";
}

static void secrets_differ(struct setup *left, struct setup *right)
{
	(void)left;
	right->secret = "wrong horse";
}

static void nets_differ(struct setup *left, struct setup *right)
{
	left->remote_ts = "10.9.0.0/24";
	(void)right;
}

static void net_is_wider(struct setup *left, struct setup *right)
{
	left->remote_ts = "10.2.0.0/16";
	(void)right;
}

static void esp_differs(struct setup *left, struct setup *right)
{
	left->esp_proposals = "aes256gcm16";
	(void)right;
}

static void cookie_wanted(struct setup *left, struct setup *right)
{
	(void)left;
	right->cookie_threshold = 0;
}

static void cookie_and_ke(struct setup *left, struct setup *right)
{
	first_ke_differs(left, right);
	cookie_wanted(left, right);
}

static void left_is_unknown(struct setup *left, struct setup *right)
{
	left->id = "stranger.example.org";
	(void)right;
}

static void right_is_another(struct setup *left, struct setup *right)
{
	left->peer_id = "other.example.org";
	(void)right;
}

static void cbc(struct setup *left, struct setup *right)
{
	left->proposals = right->proposals = "aes256-sha256-modp2048";
	left->esp_proposals = right->esp_proposals = "aes128-sha256";
}

static void defaults(struct setup *left, struct setup *right)
{
	left->proposals = right->proposals = "default";
	left->esp_proposals = right->esp_proposals = "default";
}

static void encapsulated(struct setup *left, struct setup *right)
{
	left->encap = true;
	(void)right;
}

static void address_differs(struct setup *left, struct setup *right)
{
	(void)left;
	right->remote = "10.0.0.77";
}

static const struct match_case cases[] = {
	{ "same", same, ERR_OK, true, true, 0 },
	{ "proposals differ", proposals_differ, ERR_REFUSED, false, false, DIAGNOSIS_PROPOSAL },
	{ "the first KE differs", first_ke_differs, ERR_OK, true, true, 0 },
	{ "secrets differ", secrets_differ, ERR_AUTH, false, false, DIAGNOSIS_SECRET },
	{ "nets differ", nets_differ, ERR_REFUSED, false, false, DIAGNOSIS_SELECTORS },
	{ "net is wider", net_is_wider, ERR_OK, true, true, 0 },
	{ "ESP proposals differ", esp_differs, ERR_REFUSED, false, false, DIAGNOSIS_PROPOSAL },
	{ "a cookie is wanted", cookie_wanted, ERR_OK, true, true, 0 },
	{ "a cookie and another KE", cookie_and_ke, ERR_OK, true, true, 0 },
	{ "left is unknown", left_is_unknown, ERR_AUTH, false, false, DIAGNOSIS_IDENTITY },
	{ "right is another", right_is_another, ERR_AUTH, false, false, 0 },
	{ "CBC and MODP", cbc, ERR_OK, true, true, 0 },
	{ "defaults", defaults, ERR_OK, true, true, 0 },
	{ "encapsulated", encapsulated, ERR_OK, true, true, 0 },
	{ "address differs", address_differs, ERR_REFUSED, false, false,
	  DIAGNOSIS_NO_CONNECTION },
};

static void match_case_run(struct bench *b, const struct match_case *c)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;

	world_note(&b->world, "%s", c->name);
	c->change(&left, &right);
	p = pair_new(b, &left, &right);
	(void)pair_connect(b, &p, 300 * NANOS_SECOND);
	if (p.left->requests_count == 1 && p.left->requests[0].err != c->err)
		world_fail(&b->world, "%s: the request ends with %s, not with %s", c->name,
			   err_name(p.left->requests[0].err), err_name(c->err));
	bench_run(b, NANOS_SECOND);
	checker_settled(b, p.left, p.right);
	EXPECT(b, host_established(p.left) == c->ike && host_established(p.right) == c->ike);
	EXPECT(b, host_children(p.left) == c->child && host_children(p.right) == c->child);
	if (c->err != ERR_OK)
		EXPECT(b, p.left->diagnoses > 0);
	if (c->right_says) {
		EXPECT(b, p.right->diagnoses > 0);
		EXPECT(b, p.right->diagnosis.kind == c->right_says);
	}
	bench_close(b);
}

/* Lives that need more than two configurations. */

static bool left_is_down(void *ctx)
{
	const struct pair *p = ctx;

	return p->left->ike_downs > 0;
}

static void peer_reboots(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;

	left.dpd_s = 10;
	p = pair_new(b, &left, &right);
	EXPECT(b, pair_connect(b, &p, 10 * NANOS_SECOND));
	host_reboot(p.right);
	/* RFC7296 2.4: the unprotected INVALID_IKE_SPI is a hint; the SA falls by silence. */
	EXPECT(b, world_run_until(&b->world, left_is_down, &p, b->world.now + 400 * NANOS_SECOND));
	EXPECT(b, p.left->last_down == ERR_TIMEOUT);
	bench_close(b);
}

static void peer_is_silent(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;

	left.keyingtries = 2;
	p = pair_new(b, &left, &right);
	network_cut(&b->network, &p.right->ip, true);
	EXPECT(b, !pair_connect(b, &p, 1000 * NANOS_SECOND));
	EXPECT(b, p.left->requests[0].done && p.left->requests[0].err == ERR_TIMEOUT);
	bench_close(b);
}

static void behind_nat(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct ip inside = ip_v4(192, 168, 1, 2), outside = ip_v4(10, 0, 0, 1);
	static struct adit_ike_info info;
	uint32_t cursor = 0;
	struct pair p;

	left.local = "192.168.1.2";
	left.dpd_s = 10;
	network_nat(&b->network, &inside, &outside, 60 * NANOS_SECOND);
	p = pair_new(b, &left, &right);
	EXPECT(b, pair_connect(b, &p, 10 * NANOS_SECOND));
	bench_run(b, 200 * NANOS_SECOND); /* the mapping lives on keepalives and liveness */
	EXPECT(b, adit_engine_ike_info(p.left->engine, &cursor, &info));
	EXPECT(b, info.nat_local && !info.nat_remote && info.path.encap);
	EXPECT(b, info.path.local.port == NAT_T_PORT && info.path.remote.port == NAT_T_PORT);
	cursor = 0;
	EXPECT(b, adit_engine_ike_info(p.right->engine, &cursor, &info));
	EXPECT(b, info.nat_remote && !info.nat_local && info.path.encap);
	network_nat_rebind(&b->network);
	bench_run(b, 60 * NANOS_SECOND);
	EXPECT(b, p.right->paths == 1 && p.left->paths == 0);
	cursor = 0;
	EXPECT(b, adit_engine_ike_info(p.right->engine, &cursor, &info));
	EXPECT(b, info.path.remote.port == b->network.nat.maps[0].outside.port);
	EXPECT(b, p.right->plane.count == 1 &&
			  p.right->plane.sas[0].path.remote.port == info.path.remote.port);
	checker_settled(b, p.left, p.right);
	bench_close(b);
}

/* Without liveness, keepalives alone hold the mapping (RFC 3948 4). */
static void behind_nat_in_silence(struct bench *b)
{
	const struct adit_terminate ike = { .ike = "gw" };
	struct setup left = setup_initiator(), right = setup_responder();
	struct ip inside = ip_v4(192, 168, 1, 2), outside = ip_v4(10, 0, 0, 1);
	struct pair p;

	left.local = "192.168.1.2";
	network_nat(&b->network, &inside, &outside, 40 * NANOS_SECOND);
	p = pair_new(b, &left, &right);
	EXPECT(b, pair_connect(b, &p, 10 * NANOS_SECOND));
	bench_run(b, 300 * NANOS_SECOND);
	EXPECT(b, host_terminate(p.right, &ike) == ERR_OK);
	EXPECT(b, pair_idle_wait(b, &p, NANOS_SECOND));
	bench_close(b);
}

/* RFC7296 2.4: INITIAL_CONTACT ends what a crash has left at the other end. */
static void initiator_reboots(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p = pair_new(b, &left, &right);

	EXPECT(b, pair_connect(b, &p, 10 * NANOS_SECOND));
	host_reboot(p.left);
	EXPECT(b, pair_connect(b, &p, 10 * NANOS_SECOND));
	bench_run(b, NANOS_SECOND);
	EXPECT(b, host_established(p.right) == 1 && p.right->plane.count == 1);
	checker_settled(b, p.left, p.right);
	bench_close(b);
}

static void both_initiate(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;
	uint32_t request;

	right.remote = left.local;
	p = pair_new(b, &left, &right);
	EXPECT(b, host_initiate(p.right, "gw", "net", &request) == ERR_OK);
	EXPECT(b, pair_connect(b, &p, 60 * NANOS_SECOND));
	bench_run(b, 60 * NANOS_SECOND);
	checker_settled(b, p.left, p.right);
	EXPECT(b, host_established(p.left) > 0 && host_children(p.left) > 0);
	bench_close(b);
}

/* Both delete at once: both requests cross (RFC 7296 1.4.1, 2.25). */
static void deletes_cross(struct bench *b)
{
	const struct adit_terminate child = { .child = "net" }, ike = { .ike = "gw" };
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p = pair_new(b, &left, &right);

	EXPECT(b, pair_connect(b, &p, 10 * NANOS_SECOND));
	EXPECT(b, host_terminate(p.left, &child) == ERR_OK);
	EXPECT(b, host_terminate(p.right, &child) == ERR_OK);
	bench_run(b, NANOS_SECOND);
	EXPECT(b, host_established(p.left) == 1 && host_established(p.right) == 1);
	EXPECT(b, host_terminate(p.left, &ike) == ERR_OK);
	EXPECT(b, host_terminate(p.right, &ike) == ERR_OK);
	EXPECT(b, pair_idle_wait(b, &p, 5 * NANOS_SECOND));
	bench_close(b);
}

static void slabs_fill(struct bench *b)
{
	struct setup left = setup_initiator(), right = setup_responder(), third = setup_initiator();
	struct pair p, q;

	right.ike_sas = 1;
	third.local = "10.0.0.3";
	p = pair_new(b, &left, &right);
	q = (struct pair){ bench_host(b, "third", &third), p.right };
	EXPECT(b, pair_connect(b, &p, 10 * NANOS_SECOND));
	EXPECT(b, !pair_connect(b, &q, 300 * NANOS_SECOND));
	EXPECT(b, host_established(p.left) == 1 && host_established(p.right) == 1);
	checker_settled(b, p.left, p.right);
	bench_close(b);
}

static void (*const lives[])(struct bench *b) = {
	peer_reboots, peer_is_silent, behind_nat, behind_nat_in_silence, initiator_reboots,
	both_initiate, deletes_cross, slabs_fill,
};

#define MATCHES (ARRAY_LEN(cases) + ARRAY_LEN(lives))

static void matches_run(struct bench *b)
{
	size_t v = (size_t)(b->options.seed % MATCHES);

	if (v < ARRAY_LEN(cases))
		match_case_run(b, &cases[v]);
	else
		lives[v - ARRAY_LEN(cases)](b);
}

const struct script matches_script = {
	.name = "matches", .about = "two engines whose configurations fit or do not",
	.run = matches_run, .variants = MATCHES,
};
