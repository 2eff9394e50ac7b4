/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates: two engines that authenticate by certificates, which are good or not, on a network
 * that loses nothing. Who is refused hears AUTHENTICATION_FAILED and nothing else, and neither end
 * keeps anything (RFC 7296 2.21.2).
 */
#include "scripts.h"

/* Who refuses the other's certificate, and for what; or nobody does. */
struct chain_case {
	const char *name;
	void (*change)(struct setup *left, struct setup *right);
	enum err err;            /* of left's request */
	enum verify_fault fault; /* right's verdict on left, or left's on right */
};

static void ed_both(struct setup *left, struct setup *right)
{
	setup_certificates(left, right, "ed", SETUP_BOTH);
}

static void ec_both(struct setup *left, struct setup *right)
{
	setup_certificates(left, right, "ec", SETUP_BOTH);
}

static void rsa_both(struct setup *left, struct setup *right)
{
	setup_certificates(left, right, "rsa", SETUP_BOTH);
}

static void ed_and_rsa(struct setup *left, struct setup *right)
{
	setup_certificates(left, right, "ed", SETUP_LEFT);
	setup_certificates(left, right, "rsa", SETUP_RIGHT);
	left->files = "x509/left-ed.pem private/left-ed.key x509/chain-lower.pem x509ca/root.pem";
	right->files = "x509/right-rsa.pem private/right-rsa.key x509/chain-broad.pem "
		       "x509ca/root.pem";
}

static void left_alone(struct setup *left, struct setup *right)
{
	setup_certificates(left, right, "ed", SETUP_LEFT);
}

static void right_alone(struct setup *left, struct setup *right)
{
	setup_certificates(left, right, "rsa", SETUP_RIGHT);
}

static void salted(struct setup *left, struct setup *right)
{
	rsa_both(left, right);
	left->auth = right->auth = left->peer_auth = right->peer_auth = "ike:rsa/pss-sha512";
}

static void unsalted(struct setup *left, struct setup *right)
{
	rsa_both(left, right);
	left->auth = right->auth = left->peer_auth = right->peer_auth = "ike:rsa-sha256";
}

/* The whole of it in one datagram, when an end says so. */
static void whole(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->fragmentation = "no";
}

static void whole_one_way(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->fragmentation = "accept";
}

/* Leaves that the other end has already, by chains that both have. */
static void sent_by_nobody(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->send_cert = right->send_cert = "never";
	left->files = "x509/left-ed.pem x509/right-ed.pem private/left-ed.key "
		      "x509/chain-lower.pem x509ca/root.pem";
	right->files = "x509/right-ed.pem x509/left-ed.pem private/right-ed.key "
		       "x509/chain-lower.pem x509ca/root.pem";
}

/* An anchor in the middle: what is above it is not looked at. */
static void anchored_low(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->files = "x509/right-ed.pem private/right-ed.key x509/chain-lower.pem "
		       "x509ca/upper.pem x509ca/root.pem";
	right->cacerts = "upper.pem";
}

#define CRLS " x509crl/root.crl x509crl/upper.crl x509crl/lower.crl x509crl/broad.crl"

static void strict_with_lists(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->files = "x509/right-ed.pem private/right-ed.key x509/chain-lower.pem "
		       "x509ca/root.pem" CRLS;
	right->revocation = "strict";
}

static void encapsulated(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->encap = true;
}

static void cookie_wanted(struct setup *left, struct setup *right)
{
	ec_both(left, right);
	right->cookie_threshold = 0;
}

static void other_cipher(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->proposals = right->proposals = "aes256-sha256-modp2048";
}

static void over_six(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->local = "2001:db8::1";
	left->remote = right->local = "2001:db8::2";
}

/* What left must not get in with: right says why. */

#define LEFT(leaf) \
	"x509/left-" leaf ".pem private/left-" leaf ".key x509/chain-lower.pem x509ca/root.pem"
#define RIGHT(leaf) \
	"x509/right-" leaf ".pem private/right-" leaf ".key x509/chain-lower.pem x509ca/root.pem"

static void left_expired(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->files = LEFT("expired");
}

static void left_early(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->files = LEFT("early");
}

static void left_foreign(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->files = LEFT("foreign");
}

static void left_other(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->files = LEFT("other");
	left->certs = "left-other.pem";
}

static void left_revoked(struct setup *left, struct setup *right)
{
	strict_with_lists(left, right);
	left->files = LEFT("revoked");
	right->revocation = "relaxed"; /* what is known counts */
}

static void left_unlisted(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->revocation = "strict";
}

static void left_without_chain(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->files = "x509/left-ed.pem private/left-ed.key x509ca/root.pem";
	right->files = "x509/right-ed.pem private/right-ed.key x509ca/root.pem x509ca/stranger.pem";
	right->send_cert = "never";
}

static void left_of_another_anchor(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->files = "x509/right-ed.pem private/right-ed.key x509/chain-lower.pem "
		       "x509ca/root.pem x509ca/stranger.pem";
	right->cacerts = "stranger.pem";
}

static void left_silent(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->send_cert = "never";
}

static void left_of_another_scheme(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->peer_auth = "ike:ecdsa-sha256";
}

/* The same the other way: left says why, and right hears of it after it called the SA up. */

static void right_expired(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->files = RIGHT("expired");
}

static void right_foreign(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->files = RIGHT("foreign");
}

static void right_other(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->files = RIGHT("other");
	right->certs = "right-other.pem";
}

static void right_revoked(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	left->files = "x509/left-ed.pem private/left-ed.key x509/chain-lower.pem "
		      "x509ca/root.pem" CRLS;
	right->files = RIGHT("revoked");
}

static void right_silent(struct setup *left, struct setup *right)
{
	ed_both(left, right);
	right->send_cert = "never";
}

static const struct chain_case good[] = {
	{ "Ed25519", ed_both, ERR_OK, 0 },
	{ "ECDSA", ec_both, ERR_OK, 0 },
	{ "RSA", rsa_both, ERR_OK, 0 },
	{ "Ed25519 and RSA", ed_and_rsa, ERR_OK, 0 },
	{ "left has a certificate, right a secret", left_alone, ERR_OK, 0 },
	{ "left has a secret, right a certificate", right_alone, ERR_OK, 0 },
	{ "RSASSA-PSS", salted, ERR_OK, 0 },
	{ "PKCS#1", unsalted, ERR_OK, 0 },
	{ "no fragmentation", whole, ERR_OK, 0 },
	{ "fragments one way", whole_one_way, ERR_OK, 0 },
	{ "nobody sends certificates", sent_by_nobody, ERR_OK, 0 },
	{ "an anchor in the middle", anchored_low, ERR_OK, 0 },
	{ "revocation lists of all", strict_with_lists, ERR_OK, 0 },
	{ "encapsulated", encapsulated, ERR_OK, 0 },
	{ "a cookie is wanted", cookie_wanted, ERR_OK, 0 },
	{ "CBC", other_cipher, ERR_OK, 0 },
	{ "IPv6", over_six, ERR_OK, 0 },
};

static const struct chain_case left_bad[] = {
	{ "left has expired", left_expired, ERR_AUTH, VERIFY_EXPIRED },
	{ "left is not valid yet", left_early, ERR_AUTH, VERIFY_NOT_YET_VALID },
	{ "left is a stranger's", left_foreign, ERR_AUTH, VERIFY_UNTRUSTED },
	{ "left is another", left_other, ERR_AUTH, VERIFY_IDENTITY },
	{ "left is revoked", left_revoked, ERR_AUTH, VERIFY_REVOKED },
	{ "nobody knows about left", left_unlisted, ERR_AUTH, VERIFY_REVOCATION_UNKNOWN },
	{ "left has no chain", left_without_chain, ERR_AUTH, VERIFY_UNTRUSTED },
	{ "left has another anchor", left_of_another_anchor, ERR_AUTH, VERIFY_UNTRUSTED },
	{ "left sends no certificate", left_silent, ERR_AUTH, VERIFY_NO_CERT },
	{ "left has another scheme", left_of_another_scheme, ERR_AUTH, VERIFY_SCHEME },
};

static const struct chain_case right_bad[] = {
	{ "right has expired", right_expired, ERR_AUTH, VERIFY_EXPIRED },
	{ "right is a stranger's", right_foreign, ERR_AUTH, VERIFY_UNTRUSTED },
	{ "right is another", right_other, ERR_AUTH, VERIFY_IDENTITY },
	{ "right is revoked", right_revoked, ERR_AUTH, VERIFY_REVOKED },
	{ "right sends no certificate", right_silent, ERR_AUTH, VERIFY_NO_CERT },
};

static void nothing_is_left(struct bench *b, const struct host *h)
{
	struct adit_engine_usage u = adit_engine_usage(h->engine);

	EXPECT(b, adit_engine_idle(h->engine));
	EXPECT(b, u.ike_sas == 0 && u.handshakes == 0 && u.exchanges == 0 && u.child_sas == 0);
	EXPECT(b, u.jobs_live + u.jobs_abandoned == 0 && h->plane.count == 0);
}

static void refusal_check(struct bench *b, const struct host *judge, const struct host *judged,
			  enum verify_fault fault)
{
	const char *words = verify_fault_words(fault);

	EXPECT(b, judge->diagnosis.kind == DIAGNOSIS_CERTIFICATE);
	if (strncmp(judge->diagnosis.parted, words, strlen(words)) != 0)
		world_fail(&b->world, "the diagnosis says \"%s\", not \"%s\"",
			   judge->diagnosis.parted, words);
	/* The hint is the fault's own, with the connection's name in it. */
	EXPECT(b, judge->diagnosis.setting[0] != '\0' &&
			  !strstr(judge->diagnosis.setting, "<conn>"));
	if (!strstr(verify_fault_cure(fault), "<conn>"))
		EXPECT(b, !strcmp(judge->diagnosis.setting, verify_fault_cure(fault)));
	/* What is wrong is nobody's business on the wire. */
	EXPECT(b, judge->refusals >= 1 && judge->wordy_refusals == 0);
	EXPECT(b, judge->last_refusal == NOTIFY_AUTHENTICATION_FAILED);
	EXPECT(b, judged->refusals == 0);
	nothing_is_left(b, judge);
	nothing_is_left(b, judged);
}

static void chain_case_run(struct bench *b, const struct chain_case *c, bool by_right)
{
	struct setup left = setup_initiator(), right = setup_responder();
	struct pair p;

	world_note(&b->world, "%s", c->name);
	c->change(&left, &right);
	p = pair_new(b, &left, &right);
	(void)pair_connect(b, &p, 100 * NANOS_SECOND);
	if (p.left->requests_count == 1 && p.left->requests[0].err != c->err)
		world_fail(&b->world, "%s: the request ends with %s, not with %s", c->name,
			   err_name(p.left->requests[0].err), err_name(c->err));
	bench_run(b, 20 * NANOS_SECOND);
	checker_settled(b, p.left, p.right);
	EXPECT(b, host_established(p.left) == (c->err == ERR_OK));
	EXPECT(b, host_established(p.right) == (c->err == ERR_OK));
	if (c->err == ERR_OK)
		EXPECT(b, host_children(p.left) == 1 && host_children(p.right) == 1);
	else
		refusal_check(b, by_right ? p.right : p.left, by_right ? p.left : p.right,
			      c->fault);
	if (b->world.failed) {
		size_t len = strlen(b->world.failure);

		snprintf(b->world.failure + len, sizeof(b->world.failure) - len, " (%s)", c->name);
	}
	bench_close(b);
}

#define CASES (ARRAY_LEN(good) + ARRAY_LEN(left_bad) + ARRAY_LEN(right_bad))

static void certificates_run(struct bench *b)
{
	size_t v = (size_t)(b->options.seed % CASES);

	if (v < ARRAY_LEN(good)) {
		chain_case_run(b, &good[v], false);
		return;
	}
	v -= ARRAY_LEN(good);
	if (v < ARRAY_LEN(left_bad))
		chain_case_run(b, &left_bad[v], true);
	else
		chain_case_run(b, &right_bad[v - ARRAY_LEN(left_bad)], false);
}

const struct script certificates_script = {
	.name = "certs", .about = "certificates that are good, and those that are not",
	.run = certificates_run, .variants = CASES,
};
