/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ends of IKE_AUTH agree on beyond algorithms: mode, protocol, numbers, padding (RFC 7296 1.3.1, 2.17, 2.23.1). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "pair.h"
#include "state.h"
#include "transform.h"

/* Two configurations that fit, with a line for the connection and one for the child of each. */
static void begin(struct pair *p, const char *conn_i, const char *child_i, const char *conn_r, const char *child_r)
{
	static char i[2048], r[2048];

	(void)snprintf(i, sizeof(i),
		       "connections { gw { %s%s\n local { auth = psk\n id = c.example\n }\n"
		       " remote { auth = psk\n id = g.example\n }\n children { net { %s\n } } } }\n"
		       "secrets { ike-1 { secret = \"open sesame\"\n } }\n",
		       strstr(conn_i, "remote_addrs") ? "" : "remote_addrs = 192.0.2.1\n", conn_i, child_i);
	(void)snprintf(r, sizeof(r),
		       "connections { rw { %s\n local { auth = psk\n id = g.example\n }\n"
		       " remote { auth = psk\n id = c.example\n }\n children { net { %s\n } } } }\n"
		       "secrets { ike-1 { secret = \"open sesame\"\n } }\n",
		       conn_r, child_r);
	pair_init(p, i, r);
}

static void run(struct pair *p)
{
	pair_initiate(p);
	pair_settle(p);
}

/* What both dataplanes got is two views of one SA. */
static void assert_mirrored(const struct pair *p)
{
	const struct child_spec *i = &p->i.spec, *r = &p->r.spec;

	assert_int_equal(p->i.installs, 1);
	assert_int_equal(p->r.installs, 1);
	assert_int_equal(i->protocol, r->protocol);
	assert_int_equal(i->mode, r->mode);
	assert_int_equal(i->esn, r->esn);
	assert_int_equal(i->spi_in, r->spi_out);
	assert_int_equal(i->spi_out, r->spi_in);
	assert_true(span_equal(secret_span(&i->encr_in), secret_span(&r->encr_out)));
	assert_true(span_equal(secret_span(&i->encr_out), secret_span(&r->encr_in)));
	assert_true(span_equal(secret_span(&i->integ_in), secret_span(&r->integ_out)));
	assert_true(span_equal(secret_span(&i->integ_out), secret_span(&r->integ_in)));
}

static void assert_host(const struct selector *s, struct ip ip)
{
	assert_true(ip_equal(&s->first, &ip));
	assert_true(ip_equal(&s->last, &ip));
}

/* RFC7296 1.3.1 */
static void transport_mode_is_agreed_when_both_want_it(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "mode = transport\n remote_ts = dynamic[tcp/22]", "", "mode = transport");
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.i.spec.mode, CHILD_TRANSPORT);
	assert_int_equal(p.i.spec.local_count, 1);
	assert_host(&p.i.spec.local_ts[0], ip_v4(192, 0, 2, 2));
	assert_host(&p.i.spec.remote_ts[0], ip_v4(192, 0, 2, 1));
	assert_host(&p.r.spec.remote_ts[0], ip_v4(192, 0, 2, 2));
	assert_int_equal(p.r.spec.local_ts[0].port_first, 22);
	pair_clear(&p);
}

static void whoever_does_not_want_transport_mode_gets_a_tunnel(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "mode = transport", "", "mode = tunnel");
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.i.spec.mode, CHILD_TUNNEL);
	pair_clear(&p);

	begin(&p, "", "mode = tunnel", "", "mode = transport");
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.i.spec.mode, CHILD_TUNNEL);
	pair_clear(&p);
}

static struct child_config *forgetful;

/* The responder has chosen transport mode; the initiator has not asked for it, as far as it knows. */
static void forget(const struct job *job)
{
	if (job->kind == JOB_CHILD_INSTALL)
		forgetful->mode = CHILD_TUNNEL;
}

/* RFC7296 1.3.1: a tunnel was proposed, and transport mode is no answer to that. */
static void transport_mode_that_nobody_asked_for_is_not_taken(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "mode = transport", "", "mode = transport");
	forgetful = (struct child_config *)&p.i.config->conns[0].children[0];
	pair_job_seen = forget;
	run(&p);
	pair_job_seen = NULL;
	assert_int_equal(p.r.installs, 1);
	assert_int_equal(p.i.installs, 0);
	assert_int_equal(p.i.child_ups, 0);
	pair_clear(&p);
}

/* One address each, but not the hosts' own. */
static void what_is_not_between_the_hosts_is_a_tunnel(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "mode = transport\n local_ts = 10.2.0.1/32", "", "mode = transport\n remote_ts = 10.2.0.1/32");
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.r.spec.mode, CHILD_TUNNEL);
	pair_clear(&p);
}

/* RFC7296 2.23.1: each end knows the other by the address it sees, and its own by the one it has. */
static void transport_mode_through_nats_takes_the_addresses_each_end_knows(void **state)
{
	const struct ip inside_i = ip_v4(192, 0, 2, 2), inside_r = ip_v4(192, 0, 2, 1);
	const struct ip outside_i = ip_v4(203, 0, 113, 7), outside_r = ip_v4(198, 51, 100, 1);

	(void)state;
	for (unsigned which = 1; which < 4; which++) {
		struct pair p;
		bool nat_i = which & 1, nat_r = which & 2;

		begin(&p, nat_r ? "remote_addrs = 198.51.100.1" : "remote_addrs = 192.0.2.1",
		      "mode = transport\n local_ts = dynamic[udp], dynamic[tcp]", "", "mode = transport");
		if (nat_i)
			p.nat_i = outside_i;
		if (nat_r)
			p.nat_r = outside_r;
		run(&p);
		assert_mirrored(&p);
		assert_int_equal(p.i.spec.mode, CHILD_TRANSPORT);
		assert_true(p.i.spec.encap && p.r.spec.encap);
		assert_int_equal(p.i.spec.local_count, 2);
		assert_int_equal(p.r.spec.remote_count, 2);
		assert_host(&p.i.spec.local_ts[1], inside_i);
		assert_host(&p.i.spec.remote_ts[0], nat_r ? outside_r : inside_r);
		assert_host(&p.r.spec.local_ts[0], inside_r);
		assert_host(&p.r.spec.remote_ts[1], nat_i ? outside_i : inside_i);
		pair_clear(&p);
	}
}

static void initiate(struct pair *p, const char *conn)
{
	struct path from = { .local.ip = ip_v4(192, 0, 2, 2) };
	uint32_t request;

	assert_int_equal(adit_engine_initiate(p->i.engine, conn, "net", &from, p->now, &request), ERR_OK);
	pair_settle(p);
}

#define CLIENT(conn, ts) \
	" " #conn " { remote_addrs = 192.0.2.1\n local { auth = psk\n id = " #conn ".example\n }\n" \
	" remote { auth = psk\n id = g.example\n }\n" \
	" children { net { mode = transport\n local_ts = dynamic[" ts "]\n } } }\n"

/* RFC3948 5.2: what the host says to one of them must not go to the other. */
static void two_peers_behind_one_nat_do_not_get_transport_mode_for_the_same_traffic(void **state)
{
	static const char clients[] =
		"connections {\n" CLIENT(ari, "udp") CLIENT(bob, "udp/1000-2000") CLIENT(cliff, "tcp") "}\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";
	static const char server[] =
		"connections { rw { local { auth = psk\n id = g.example\n }\n remote { auth = psk\n }\n"
		" children { net { mode = transport\n } } } }\n"
		"secrets { ike-1 { secret = \"open sesame\"\n } }\n";

	(void)state;
	for (unsigned nat = 0; nat < 2; nat++) {
		struct pair p;

		pair_init(&p, clients, server);
		if (nat)
			p.nat_i = ip_v4(203, 0, 113, 7);
		initiate(&p, "ari");
		assert_int_equal(p.r.spec.mode, CHILD_TRANSPORT);
		assert_int_equal(p.r.installs, 1);
		initiate(&p, "bob"); /* without a NAT it is who has that address now */
		assert_int_equal(p.r.installs, nat ? 1 : 2);
		assert_int_equal(p.i.installs, nat ? 1 : 2);
		if (nat) {
			assert_int_equal(p.r.last_diagnosis.diagnosis.kind, DIAGNOSIS_SELECTORS);
			assert_non_null(strstr(p.r.last_diagnosis.diagnosis.parted, "same NAT"));
			initiate(&p, "cliff"); /* other traffic */
			assert_int_equal(p.r.installs, 2);
			pair_restart_initiator(&p);
			initiate(&p, "ari"); /* who comes again is no other */
			assert_int_equal(p.r.installs, 3);
		}
		pair_clear(&p);
	}
}

/* RFC7296 2.23.1: one address is behind the NAT's; of several, none can be taken for it, and what fits is a tunnel's. */
static void several_addresses_behind_a_nat_are_no_host(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "mode = transport\n local_ts = dynamic, 10.2.0.1/32", "", "mode = transport\n remote_ts = dynamic, 10.2.0.1/32");
	p.nat_i = ip_v4(203, 0, 113, 7);
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.r.spec.mode, CHILD_TUNNEL);
	assert_int_equal(p.r.spec.remote_count, 1);
	assert_host(&p.r.spec.remote_ts[0], ip_v4(10, 2, 0, 1));
	pair_clear(&p);
}

/* The same through a NAT in tunnel mode: the names stay what they are, and do not fit. */
static void a_tunnel_through_a_nat_keeps_the_selectors(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "", "", "mode = transport");
	p.nat_i = ip_v4(203, 0, 113, 7);
	run(&p);
	assert_int_equal(p.r.last_diagnosis.diagnosis.kind, DIAGNOSIS_SELECTORS);
	assert_int_equal(p.i.child_ups, 0);
	pair_clear(&p);
}

/* RFC7296 2.17: without a cipher the keys are those of integrity alone */
static void ah_is_agreed_with_integrity_keys_alone(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "ah_proposals = sha256-esn-noesn", "", "esp_proposals = aes128gcm16\n ah_proposals = sha256-noesn");
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.i.spec.protocol, PROTOCOL_AH);
	assert_int_equal(p.i.spec.mode, CHILD_TUNNEL);
	assert_int_equal(p.i.spec.encr.type, 0);
	assert_int_equal(p.i.spec.encr_in.len, 0);
	assert_int_equal(p.i.spec.integ.id, INTEG_HMAC_SHA2_256_128);
	assert_int_equal(p.i.spec.integ_in.len, 32);
	assert_false(p.i.spec.esn);
	pair_clear(&p);
}

/* RFC7296 1.4.1: each protocol has SPIs of its own */
static void an_ah_sa_is_deleted_by_its_protocol(void **state)
{
	struct pair p;
	struct adit_child_info info;
	struct adit_terminate what = { 0 };
	uint32_t cursor = 0, matches, request;

	(void)state;
	begin(&p, "", "ah_proposals = sha256", "", "ah_proposals = sha256");
	run(&p);
	assert_true(adit_engine_child_info(p.i.engine, &cursor, &info));
	assert_int_equal(info.protocol, PROTOCOL_AH);
	what.child_unique = info.unique;
	assert_int_equal(adit_engine_terminate(p.i.engine, &what, p.now, &matches, &request), ERR_OK);
	pair_settle(&p);
	assert_int_equal(p.i.child_downs, 1);
	assert_int_equal(p.r.child_downs, 1);
	assert_int_equal(p.r.removals, 1);
	assert_int_equal(p.r.gone.protocol, PROTOCOL_AH);
	assert_int_equal(p.r.gone.spi_in, p.r.spec.spi_in);
	assert_int_equal(p.i.downs, 0);
	pair_clear(&p);
}

/* RFC4302 3.3.3.1: the addresses are authenticated, so none may be translated */
static void ah_is_refused_through_a_nat_and_esp_taken_in_its_place(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "ah_proposals = sha256", "", "ah_proposals = sha256");
	p.nat_i = ip_v4(203, 0, 113, 7);
	run(&p);
	assert_int_equal(p.i.installs + p.r.installs, 0);
	assert_int_equal(p.i.last_diagnosis.diagnosis.kind, DIAGNOSIS_PROPOSAL);
	assert_non_null(strstr(p.i.last_diagnosis.diagnosis.parted, "NAT"));
	assert_string_equal(p.i.last_diagnosis.diagnosis.setting, "connections.gw.children.net.esp_proposals");
	pair_clear(&p);

	begin(&p, "encap = yes", "remote_ts = 10.1.0.0/16\n esp_proposals = aes128gcm16\n ah_proposals = sha256", "",
	      "local_ts = 10.1.0.0/16\n esp_proposals = aes128gcm16\n ah_proposals = sha256");
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.i.spec.protocol, PROTOCOL_ESP);
	pair_clear(&p);
}

/* RFC7296 3.3.2: both may be offered, and the responder's first one that the initiator has is taken */
/* A dataplane without AES-CBC, implicit IVs, and SHA-512. */
static bool some_dataplane_has(void *ctx, uint8_t protocol, const struct transform *t)
{
	(void)ctx;
	(void)protocol;
	return t->id != (t->type == TRANSFORM_ENCR ? ENCR_AES_CBC : INTEG_HMAC_SHA2_512_256) && t->id != ENCR_AES_GCM_16_IIV;
}

/* RFC7296 2.7: neither end takes what it could not install. */
static void what_the_dataplane_lacks_is_neither_offered_nor_chosen(void **state)
{
	static const char proposals[] = "esp_proposals = aes128gcm16iiv-aes256gcm16, aes128-aes256ctr-sha512-sha256";
	static const char classic[] = "esp_proposals = aes128-aes256ctr-sha512-sha256";

	(void)state;
	for (int end = 0; end < 3; end++) { /* the initiator's, the responder's, both */
		struct pair p;

		begin(&p, "", end == 2 ? classic : proposals, "", proposals);
		if (end != 1)
			p.i.engine->child_has = some_dataplane_has;
		if (end != 0)
			p.r.engine->child_has = some_dataplane_has;
		run(&p);
		assert_mirrored(&p);
		assert_int_equal(p.i.spec.encr.id, end == 2 ? ENCR_AES_CTR : ENCR_AES_GCM_16);
		assert_int_equal(p.i.spec.integ.id, end == 2 ? INTEG_HMAC_SHA2_256_128 : INTEG_NONE);
		pair_clear(&p);
	}
}

static void a_dataplane_that_can_do_nothing_proposed_says_so(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "esp_proposals = aes128-sha256", "", "esp_proposals = aes128-sha256");
	p.i.engine->child_has = some_dataplane_has;
	run(&p);
	assert_int_equal(p.i.child_ups, 0);
	assert_non_null(strstr(p.i.last_diagnosis.diagnosis.parted, "kernel"));
	pair_clear(&p);
}

static void extended_sequence_numbers_are_negotiated(void **state)
{
	static const struct {
		const char *i, *r;
		int esn; /* -1: nothing in common */
	} rows[] = {
		{ "esn", "esn", 1 },
		{ "noesn", "noesn", 0 },
		{ "esn-noesn", "esn", 1 },
		{ "esn-noesn", "noesn", 0 },
		{ "noesn-esn", "esn-noesn", 1 },
		{ "noesn", "esn-noesn", 0 },
		{ "esn", "noesn", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char initiator[128], responder[128];
		struct pair p;

		(void)snprintf(initiator, sizeof(initiator), "replay_window = 128\n esp_proposals = aes128gcm16-%s", rows[i].i);
		(void)snprintf(responder, sizeof(responder), "esp_proposals = aes128gcm16-%s", rows[i].r);
		begin(&p, "", initiator, "", responder);
		run(&p);
		if (rows[i].esn < 0) {
			assert_int_equal(p.r.last_diagnosis.diagnosis.kind, DIAGNOSIS_PROPOSAL);
			assert_non_null(strstr(p.r.last_diagnosis.diagnosis.parted, "extended sequence numbers"));
		} else {
			assert_mirrored(&p);
			assert_int_equal(p.i.spec.esn, rows[i].esn);
			assert_int_equal(p.i.spec.replay_window, 128); /* each end's own affair */
			assert_int_equal(p.r.spec.replay_window, 64);
		}
		pair_clear(&p);
	}
}

/* RFC7296 1.3.1: our own padding is our own affair unless the peer says that it cannot take it; AH has none */
static void padding_is_as_configured_and_none_with_ah(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "tfc_padding = 600", "", "tfc_padding = mtu");
	run(&p);
	assert_int_equal(p.i.spec.tfc_padding, 600);
	assert_int_equal(p.r.spec.tfc_padding, TFC_PADDING_MTU);
	pair_clear(&p);
	begin(&p, "", "ah_proposals = sha256\n tfc_padding = 600", "", "ah_proposals = sha256");
	run(&p);
	assert_int_equal(p.i.spec.protocol, PROTOCOL_AH);
	assert_int_equal(p.i.spec.tfc_padding, 0);
	pair_clear(&p);
}

/* RFC7296 3.10.1: whoever says so gets none, whichever end it is, and pads itself as it likes */
static void no_padding_goes_to_a_peer_that_does_not_take_it(void **state)
{
	(void)state;
	for (unsigned who = 0; who < 3; who++) {
		struct pair p;

		begin(&p, "", "tfc_padding = 600", "", "tfc_padding = 700");
		p.i.adds = who == 1 ? NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED : 0;
		p.r.adds = who == 2 ? NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED : 0;
		run(&p);
		assert_mirrored(&p);
		assert_int_equal(p.i.spec.tfc_padding, who == 2 ? 0 : 600);
		assert_int_equal(p.r.spec.tfc_padding, who == 1 ? 0 : 700);
		assert_false(pair_said(&p.r, NOTIFY_ESP_TFC_PADDING_NOT_SUPPORTED) && who != 2);
		pair_clear(&p);
	}
}

/* RFC7296 1.3.1: to decline is to leave the notify out of the answer; the SA is there all the same */
static void later_fragments_on_the_same_sa_are_declined_in_silence(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "", "", "");
	p.i.adds = NOTIFY_NON_FIRST_FRAGMENTS_ALSO;
	run(&p);
	assert_mirrored(&p);
	assert_false(pair_said(&p.r, NOTIFY_NON_FIRST_FRAGMENTS_ALSO));
	pair_clear(&p);
}

/* RFC7296 3.13.1: type and code of ICMP in the ports' place, and OPAQUE as 65535 to 0 */
static void selectors_of_icmp_types_and_of_hidden_ports_come_through(void **state)
{
	static const struct {
		const char *offered, *taken; /* NULL: nothing in common */
		unsigned protocol, first, last;
	} rows[] = {
		{ "[icmp/2048]", "[icmp]", 1, 0x0800, 0x0800 },
		{ "[icmp]", "[icmp/2048-2303]", 1, 0x0800, 0x08ff },
		{ "[icmp/2048]", "[icmp/768]", 0, 1, 0 },
		{ "[tcp/opaque]", "[tcp]", 6, 65535, 0 },
		{ "[tcp/%any]", "[tcp/opaque]", 6, 65535, 0 },
		{ "[tcp/opaque]", "[tcp/22]", 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char offered[128], taken[128];
		struct pair p;

		(void)snprintf(offered, sizeof(offered), "remote_ts = 10.1.0.0/16%s", rows[i].offered);
		(void)snprintf(taken, sizeof(taken), "local_ts = 10.1.0.0/16%s", rows[i].taken);
		begin(&p, "", offered, "", taken);
		run(&p);
		if (rows[i].protocol == 0) {
			assert_int_equal(p.i.installs + p.r.installs, 0);
			assert_int_equal(p.r.last_diagnosis.diagnosis.kind, DIAGNOSIS_SELECTORS);
		} else {
			assert_mirrored(&p);
			assert_int_equal(p.r.spec.local_ts[0].protocol, rows[i].protocol);
			assert_int_equal(p.r.spec.local_ts[0].port_first, rows[i].first);
			assert_int_equal(p.r.spec.local_ts[0].port_last, rows[i].last);
			assert_memory_equal(&p.i.spec.remote_ts[0], &p.r.spec.local_ts[0], sizeof(struct selector));
		}
		pair_clear(&p);
	}
}

/* What is negotiated stays HMAC-SHA2-256-128; only whoever is told to cuts it shorter. */
static void sha256_96_cuts_the_integrity_of_what_it_is_written_for(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "", "esp_proposals = aes128-sha256\n sha256_96 = yes", "", "esp_proposals = aes128-sha256");
	run(&p);
	assert_mirrored(&p);
	assert_int_equal(p.i.spec.integ.id, INTEG_HMAC_SHA2_256_96);
	assert_int_equal(p.r.spec.integ.id, INTEG_HMAC_SHA2_256_128);
	assert_int_equal(p.i.spec.integ_in.len, 32);
	pair_clear(&p);

	begin(&p, "", "esp_proposals = aes128-sha512\n sha256_96 = yes", "", "esp_proposals = aes128-sha512");
	run(&p);
	assert_int_equal(p.i.spec.integ.id, INTEG_HMAC_SHA2_512_256);
	pair_clear(&p);

	begin(&p, "", "sha256_96 = yes\n esp_proposals = aes128gcm16", "", "esp_proposals = aes128gcm16");
	run(&p);
	assert_int_equal(p.i.spec.integ.id, INTEG_NONE);
	pair_clear(&p);
}

/* RFC4007 6: a link-local address goes together with its interface, again when the connection restarts */
static void a_link_local_peer_is_reached_over_the_interface_it_is_on(void **state)
{
	struct path from = { .interface = 7 };
	uint32_t request;

	(void)state;
	for (unsigned local = 0; local < 2; local++) {
		struct pair p;

		begin(&p, local ? "remote_addrs = fe80::1%eth0" : "remote_addrs = 2001:db8::1", "", "", "");
		assert_int_equal(ip_parse(&from.local.ip, local ? "fe80::2" : "2001:db8::2"), ERR_OK);
		assert_int_equal(adit_engine_initiate(p.i.engine, "gw", "net", &from, p.now, &request), ERR_OK);
		pair_settle(&p);
		pair_pass(&p, NANOS_SECOND);
		assert_int_equal(p.i.ups + p.r.ups, 2);
		assert_int_equal(p.i.spec.path.interface, local ? 7 : 0);
		pair_clear(&p);
	}
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(transport_mode_is_agreed_when_both_want_it),
		T(whoever_does_not_want_transport_mode_gets_a_tunnel),
		T(transport_mode_that_nobody_asked_for_is_not_taken),
		T(what_is_not_between_the_hosts_is_a_tunnel),
		T(transport_mode_through_nats_takes_the_addresses_each_end_knows),
		T(two_peers_behind_one_nat_do_not_get_transport_mode_for_the_same_traffic),
		T(several_addresses_behind_a_nat_are_no_host),
		T(a_tunnel_through_a_nat_keeps_the_selectors),
		T(ah_is_agreed_with_integrity_keys_alone),
		T(an_ah_sa_is_deleted_by_its_protocol),
		T(ah_is_refused_through_a_nat_and_esp_taken_in_its_place),
		T(what_the_dataplane_lacks_is_neither_offered_nor_chosen),
		T(a_dataplane_that_can_do_nothing_proposed_says_so),
		T(extended_sequence_numbers_are_negotiated),
		T(padding_is_as_configured_and_none_with_ah),
		T(no_padding_goes_to_a_peer_that_does_not_take_it),
		T(later_fragments_on_the_same_sa_are_declined_in_silence),
		T(selectors_of_icmp_types_and_of_hidden_ports_come_through),
		T(sha256_96_cuts_the_integrity_of_what_it_is_written_for),
		T(a_link_local_peer_is_reached_over_the_interface_it_is_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
