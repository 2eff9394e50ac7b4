/* SPDX-License-Identifier: Apache-2.0 */
/* What a tree becomes, and what is said about values that are wrong (build*.c). */
#include "loading.h"

#include "proposal.h"
#include "registry.h"

static void nothing_written_is_everything_at_its_default(void **state)
{
	struct config *c = config_new_default();
	const struct engine_config *e;
	const struct daemon_config *d;

	(void)state;
	assert_non_null(c);
	e = &c->engine;
	d = &c->daemon;
	assert_int_equal(c->conns_count, 0);
	assert_int_equal(c->psks_count, 0);
	assert_int_equal(e->ike_sas, 1024);
	assert_int_equal(e->child_sas, 1024);
	assert_int_equal(e->half_open, 1024);
	assert_int_equal(e->cookie_threshold, 32);
	assert_true(e->half_open_timeout == 30 * NANOS_SECOND);
	assert_true(e->retransmit_timeout == 2 * NANOS_SECOND);
	assert_int_equal(e->retransmit_base_percent, 180);
	assert_int_equal(e->retransmit_tries, 5);
	assert_true(e->keepalive == 20 * NANOS_SECOND);
	assert_true(e->job_timeout == 10 * NANOS_SECOND);
	assert_true(e->response_keep == 120 * NANOS_SECOND);
	assert_string_equal(d->vici_socket, "/run/adit/vici.sock");
	assert_string_equal(d->dataplane, "auto");
	assert_null(d->keylog);
	assert_int_equal(d->port, 500);
	assert_int_equal(d->port_nat_t, 4500);
	assert_int_equal(d->routing_table, 220);
	assert_int_equal(d->routing_table_prio, 220);
	config_unref(c);
}

static void the_global_section_sets_what_it_says(void **state)
{
	struct config *c = load_good("adit { ike_sas = 7\n child_sas = 1048576\n half_open = 3\n cookie_threshold = 0\n"
				     "half_open_timeout = 1m\n retransmit_timeout = 150ms\n retransmit_base = 2.25\n"
				     "retransmit_tries = 0\n keepalive = 0\n job_timeout = 100ms\n response_keep = 1h\n"
				     "vici_socket = /tmp/s\n dataplane = tun\n keylog = /tmp\n port = 1500\n"
				     "port_nat_t = 14500\n routing_table = 4294967295\n routing_table_prio = 1 }");

	(void)state;
	assert_int_equal(c->engine.ike_sas, 7);
	assert_int_equal(c->engine.child_sas, 1048576);
	assert_int_equal(c->engine.half_open, 3);
	assert_int_equal(c->engine.cookie_threshold, 0);
	assert_true(c->engine.half_open_timeout == 60 * NANOS_SECOND);
	assert_true(c->engine.retransmit_timeout == 150 * NANOS_MILLI);
	assert_int_equal(c->engine.retransmit_base_percent, 225);
	assert_int_equal(c->engine.retransmit_tries, 0);
	assert_true(c->engine.keepalive == 0);
	assert_true(c->engine.job_timeout == 100 * NANOS_MILLI);
	assert_true(c->engine.response_keep == 3600 * NANOS_SECOND);
	assert_string_equal(c->daemon.vici_socket, "/tmp/s");
	assert_string_equal(c->daemon.dataplane, "tun");
	assert_string_equal(c->daemon.keylog, "/tmp");
	assert_int_equal(c->daemon.port, 1500);
	assert_int_equal(c->daemon.port_nat_t, 14500);
	assert_true(c->daemon.routing_table == UINT32_MAX);
	assert_int_equal(c->daemon.routing_table_prio, 1);
	config_unref(c);
}

static void bad_global_values_are_said_with_their_range(void **state)
{
	(void)state;
	load_bad("adit { ike_sas = 0\n keepalive = 2h\n retransmit_base = 1.8x\n retransmit_timeout = 1ms\n"
		 "vici_socket = here\n dataplane = pfkey\n port = 4500\n}",
		 "t:1: adit.ike_sas: \"0\" is out of range; write 1 to 1048576\n"
		 "t:4: adit.retransmit_timeout: \"1ms\" is out of range; write 10ms to 60s\n"
		 "t:3: adit.retransmit_base: \"1.8x\" is not a number with up to two decimals; write 1.0 to 10.0\n"
		 "t:2: adit.keepalive: \"2h\" is out of range; write 0s to 3600s\n"
		 "t:5: adit.vici_socket: is not an absolute path; begin it with \"/\"\n"
		 "t:6: adit.dataplane: \"pfkey\" is no value of this key; write auto, xfrm, tun or null\n"
		 "t:1: adit.port_nat_t: is the same as port; choose another, usually 4500");
	load_bad("adit { routing_table = 254\n }",
		 "t:1: adit.routing_table: is one of the host's own tables (253 to 255); choose another, usually 220");
	config_unref(load_good("adit { routing_table = 252\n routing_table_prio = 32757 }"));
	load_bad("adit { routing_table_prio = 32758\n }",
		 "t:1: adit.routing_table_prio: \"32758\" is out of range; write 1 to 32757");
	load_bad("adit { dataplane = tunn\n keylog = x\n vici_socket = \"\"\n port = 65536\n}",
		 "t:3: adit.vici_socket: is not an absolute path; begin it with \"/\"\n"
		 "t:2: adit.keylog: is not an absolute path; begin it with \"/\"\n"
		 "t:1: adit.dataplane: \"tunn\" is no value of this key; write auto, xfrm, tun or null\n"
		 "t:4: adit.port: \"65536\" is out of range; write 1 to 65535");
}

static void the_mss_of_tunnels_is_no_fit_or_a_number(void **state)
{
	static const struct { const char *text; uint32_t want; } good[] = {
		{ "adit { mss = no }", 0 }, { "adit { mss = fit }", 1 }, { "adit { mss = 1300 }", 1300 }, { "adit { }", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct config *c = load_good(good[i].text);

		assert_int_equal(c->daemon.mss, good[i].want);
		config_unref(c);
	}
	load_bad("adit { mss = 100 }", "t:1: adit.mss: is no segment length; write no, fit, or 216 to 65535");
	load_bad("adit { mss = 65536 }", "t:1: adit.mss: is no segment length; write no, fit, or 216 to 65535");
	load_bad("adit { mss = 13x }", "t:1: adit.mss: is no segment length; write no, fit, or 216 to 65535");
}

static void the_device_takes_what_every_link_of_ipv6_does_at_least(void **state)
{
	struct config *c = load_good("adit { mtu = 1280 }"), *standard = load_good("adit { }");

	(void)state;
	assert_int_equal(c->daemon.mtu, 1280);
	assert_int_equal(standard->daemon.mtu, 1400);
	config_unref(c);
	config_unref(standard);
	load_bad("adit { mtu = 1279 }", "t:1: adit.mtu: \"1279\" is out of range; write 1280 to 65535");
}

static void a_connection_has_what_is_written(void **state)
{
	struct config *c = load_good(
		"connections {\n home {\n local_addrs = 192.0.2.1, 2001:db8::1\n remote_addrs = 198.51.100.0/24, %any\n"
		"local_port = 1500\n remote_port = 2500\n encap = on\n dpd_delay = 30\n keyingtries = 0\n"
		"proposals = aes128gcm16-prfsha256-x25519, default\n"
		"local { auth = psk\n id = \"C=CH, CN=me\"\n round = 1 }\n remote-1 { auth = PSK\n id = *.example.org }\n"
		"children { net { esp_proposals = aes256gcm16-noesn\n local_ts = 10.1.0.0/24, dynamic[tcp/22]\n"
		"remote_ts = 10.2.0.1..10.2.0.5\n dpd_action = restart\n close_action = start\n replay_window = 0\n"
		"sha256_96 = yes\n icmp = yes\n copy_df = no\n copy_ecn = no\n copy_dscp = yes\n mark_out = 0x1ff/0xff\n set_mark_in = 7\n if_id_in = 42 }\n"
		"two { } } } }");
	const struct conn_config *conn = config_conn(c, "home");
	const struct child_config *net = conn_child(conn, "net"), *two = conn_child(conn, "two");

	(void)state;
	assert_string_equal(conn->origin.file, "t");
	assert_int_equal(conn->origin.line, 2);
	assert_int_equal(conn->local_addrs_count, 2);
	assert_int_equal(conn->remote_addrs_count, 2);
	assert_int_equal(conn->remote_addrs[0].prefix.bits, 24);
	assert_true(conn->remote_addrs[1].any);
	assert_int_equal(conn->local_port, 1500);
	assert_int_equal(conn->remote_port, 2500);
	assert_true(conn->encap);
	assert_true(conn->dpd_delay == 30 * NANOS_SECOND);
	assert_int_equal(conn->keyingtries, 0);
	assert_int_equal(conn->proposals_count, 4);
	assert_int_equal(conn->local.kind, AUTH_KIND_PSK);
	assert_int_equal(conn->local.id.type, ID_DER_ASN1_DN);
	assert_int_equal(conn->remote.id.type, ID_FQDN);
	assert_int_equal(conn->children_count, 2);
	assert_int_equal(net->mode, CHILD_TUNNEL);
	assert_int_equal(net->proposals_count, 1);
	assert_int_equal(net->local_ts_count, 2);
	assert_true(net->local_ts[1].dynamic);
	assert_int_equal(net->local_ts[1].selector.port_last, 22);
	assert_int_equal(net->remote_ts_count, 1);
	assert_int_equal(net->start_action, ACTION_NONE);
	assert_int_equal(net->close_action, ACTION_START);
	assert_int_equal(net->dpd_action, ACTION_START);
	assert_int_equal(net->replay_window, 0);
	assert_false(net->copy_df || net->copy_ecn);
	assert_true(net->sha256_96 && net->icmp);
	assert_false(two->sha256_96 || two->icmp);
	assert_int_equal(net->copy_dscp, COPY_DSCP_BOTH);
	assert_int_equal(net->match.mark_out.value, 0xff);
	assert_int_equal(net->match.mark_out.mask, 0xff);
	assert_int_equal(net->match.set_mark_in.value, 7);
	assert_int_equal(net->match.set_mark_in.mask, UINT32_MAX);
	assert_int_equal(net->match.if_id_in, 42);
	assert_int_equal(net->match.mark_in.mask, 0);
	assert_int_equal(two->replay_window, REPLAY_WINDOW_DEFAULT);
	assert_int_equal(two->dpd_action, ACTION_CLEAR);
	assert_true(two->copy_df && two->copy_ecn);
	assert_int_equal(two->copy_dscp, COPY_DSCP_OUT);
	assert_int_equal(two->proposals_count, 3);
	assert_true(two->local_ts[0].dynamic && two->remote_ts[0].dynamic);
	config_unref(c);
}

static void a_connection_has_swanctls_defaults(void **state)
{
	struct config *c = load_good("connections { a { " AUTHS "} }");
	const struct conn_config *conn = config_conn(c, "a");

	(void)state;
	assert_int_equal(conn->local_addrs_count, 1);
	assert_true(conn->local_addrs[0].any && conn->remote_addrs[0].any);
	assert_int_equal(conn->local_port, 500);
	assert_int_equal(conn->remote_port, 500);
	assert_false(conn->encap);
	assert_true(conn->dpd_delay == 0);
	assert_int_equal(conn->keyingtries, 1);
	assert_int_equal(conn->proposals_count, 3);
	assert_int_equal(conn->local.id.type, IDENTITY_ANY);
	assert_int_equal(conn->remote.id.type, IDENTITY_ANY);
	assert_int_equal(conn->children_count, 0);
	assert_int_equal(conn->send_cert, SEND_CERT_IFASKED);
	assert_true(conn->send_certreq);
	assert_int_equal(conn->certreq_len, 0);
	assert_int_equal(conn->fragmentation, FRAGMENTATION_YES);
	assert_int_equal(conn->remote.revocation, REVOCATION_RELAXED);
	assert_non_null(c->credentials);
	config_unref(c);
}

struct row {
	const char *text, *errors;
};

static void bad_values_of_a_connection_are_said_with_the_cure(void **state)
{
	static const struct row rows[] = {
		{ "version = 1", "version: \"1\" is not supported yet; write 0 or 2" },
		{ "version = 3", "version: \"3\" is no value of this key; write 0 or 2" },
		{ "remote_addrs = vpn.example.org",
		  "remote_addrs: \"vpn.example.org\" is a name or a range, which are not supported yet; write an address or "
		  "a prefix" },
		{ "remote_addrs = 10.0.0.300",
		  "remote_addrs: \"10.0.0.300\" is not an address; write one, or a prefix, or %any" },
		{ "local_addrs = \"\"", "local_addrs: is empty; write %any or addresses" },
		{ "local_addrs = 10.0.0.1,,10.0.0.2",
		  "local_addrs: \"\" is not an address; write one, or a prefix, or %any" },
		{ "local_port = 0", "local_port: \"0\" is out of range; write 1 to 65535" },
		{ "remote_port = http", "remote_port: \"http\" is not a number; write 1 to 65535" },
		{ "proposals = aes128-x25519",
		  "proposals: \"aes128-x25519\" lacks an integrity algorithm; add sha256" },
		{ "proposals = aes129-sha256-x25519",
		  "proposals: \"aes129-sha256-x25519\": \"aes129\" is not an algorithm we know; did you mean \"aes128\"" },
		{ "proposals = \"\"", "proposals: is empty; write default or algorithms" },
		{ "encap = maybe", "encap: \"maybe\" is neither yes nor no; write one of them" },
		{ "dpd_delay = 3x", "dpd_delay: \"3x\" is not a time (a number and s, m, h, d or ms); write 0s to 86400s" },
		{ "fragmentation = maybe",
		  "fragmentation: \"maybe\" is no value of this key; write yes, accept, force or no" },
		{ "send_cert = maybe", "send_cert: \"maybe\" is no value of this key; write ifasked, always or never" },
		{ "send_certreq = maybe", "send_certreq: \"maybe\" is neither yes nor no; write one of them" },
		{ "unique = replace", "unique: \"replace\" is not supported yet; write no" },
		{ "keyingtries = 1000001", "keyingtries: \"1000001\" is out of range; write 0 to 1000000" },
		{ "local-2 { auth = psk }",
		  "local-2: a second round of authentication is not supported yet; remove it" },
		{ "local { auth = eap-mschapv2 }", "local.auth: \"eap-mschapv2\" is not supported yet; write pubkey or psk" },
		{ "local { auth = spk }",
		  "local.auth: \"spk\" is no way to authenticate; write pubkey, rsa, ecdsa, ed25519, ed448 or psk" },
		{ "remote { revocation = lax }",
		  "remote.revocation: \"lax\" is no value of this key; write relaxed, ifuri or strict" },
		{ "local { id = ipv4net:10.0.0.0/8 }", "local.id: \"ipv4net:10.0.0.0/8\" is of a kind that is not supported; write fqdn:, email:, "
		  "ipv4:, ipv6:, asn1dn: or keyid:, or %any" },
		{ "local { id = a=b }", "local.id: \"a=b\" is not an identity; write a name, an address, user@host, "
					"\"C=CH, CN=name\" or keyid:…" },
		{ "remote { round = 256 }", "remote.round: \"256\" is out of range; write 0 to 255" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[256], want[512];

		snprintf(text, sizeof(text), "connections { a { " AUTHS "%s\n} }", rows[i].text);
		snprintf(want, sizeof(want), "t:3: connections.a.%s", rows[i].errors);
		load_bad(text, want);
	}
}

static const struct child_config *child_load(struct config **config, const char *conn, const char *child)
{
	char text[512];

	snprintf(text, sizeof(text), "connections { a { %s" AUTHS "children { c { %s\n} } } }", conn, child);
	*config = load_good(text);
	return conn_child((*config)->conns, "c");
}

static void modes_padding_and_ah_are_read(void **state)
{
	struct config *config;
	const struct child_config *c = child_load(&config, "", "");

	(void)state;
	assert_int_equal(c->mode, CHILD_TUNNEL);
	assert_int_equal(c->tfc_padding, 0);
	assert_int_equal(c->replay_window, 64);
	config_unref(config);

	c = child_load(&config, "", "mode = transport\n tfc_padding = 800\n replay_window = 4096\n"
			       "local_ts = dynamic[tcp/22]\n remote_ts = 192.0.2.1/32");
	assert_int_equal(c->mode, CHILD_TRANSPORT);
	assert_int_equal(c->tfc_padding, 800);
	assert_int_equal(c->replay_window, 4096);
	config_unref(config);

	/* AH in the place of ESP, and behind it where both are written */
	c = child_load(&config, "", "ah_proposals = sha256-esn-noesn, default\n tfc_padding = mtu");
	assert_int_equal(c->proposals_count, 2);
	assert_int_equal(c->proposals[0].protocol, PROTOCOL_AH);
	assert_int_equal(c->proposals[0].count, 3);
	assert_int_equal(c->proposals[1].protocol, PROTOCOL_AH);
	assert_int_equal(c->tfc_padding, TFC_PADDING_MTU);
	config_unref(config);
	c = child_load(&config, "encap = yes\n", "ah_proposals = sha256\n esp_proposals = aes128gcm16");
	assert_int_equal(c->proposals_count, 2);
	assert_int_equal(c->proposals[0].protocol, PROTOCOL_ESP);
	assert_int_equal(c->proposals[1].protocol, PROTOCOL_AH);
	config_unref(config);
	load_bad("connections { a { encap = yes\n" AUTHS "children { c { ah_proposals = sha256\n} } } }",
		 "t:4: connections.a.children.c.ah_proposals: AH cannot go in UDP; write esp_proposals, or take encap out of "
		 "the connection");
}

/* RFC4303 3.3.3 */
static void extended_numbers_without_a_window_are_warned_of(void **state)
{
	(void)state;
	load_warned("connections { a { " AUTHS "children { c { esp_proposals = aes128gcm16-esn\n replay_window = 0\n} } } }",
		    "t:4: connections.a.children.c.replay_window: is 0, and esn needs a window to know which number is meant; "
		    "write noesn, or 32 or more");
}

static void both_ends_have_to_be_written(void **state)
{
	(void)state;
	load_bad("connections { a { } }", "t:1: connections.a: lacks a section; add local { auth = psk }, or auth = pubkey\n"
					  "t:1: connections.a: lacks a section; add remote { auth = psk }, or auth = pubkey");
}

static void bad_values_of_a_child_are_said_with_the_cure(void **state)
{
	static const struct row rows[] = {
		{ "mode = beet", "mode: \"beet\" is not supported yet; write tunnel or transport" },
		{ "local_ts = dynamic, 10.1.0.0/24\n mode = transport",
		  "local_ts: names more than one address, and transport mode is for what two hosts say to each other; "
		  "write dynamic, or mode = tunnel" },
		{ "mark_in = 0x11/0xfg", "mark_in: \"0x11/0xfg\" is no mark; write a number and a mask, such as 0x11/0xff" },
		{ "set_mark_out = 4294967296", "set_mark_out: \"4294967296\" is no mark; write a number and a mask, such as 0x11/0xff" },
		{ "if_id_out = x", "if_id_out: \"x\" is no number of an XFRM interface" },
		{ "tfc_padding = 65001", "tfc_padding: \"65001\" is no length; write mtu, or bytes up to 65000" },
		{ "tfc_padding = %mtu", "tfc_padding: \"%mtu\" is no length; write mtu, or bytes up to 65000" },
		{ "ah_proposals = aes128gcm16", "ah_proposals: \"aes128gcm16\": \"aes128gcm16\" is not for AH; take it "
		  "out of the AH proposal" },
		{ "ah_proposals = esn", "ah_proposals: \"esn\" lacks an integrity algorithm; add sha256" },
		{ "ah_proposals = \"\"", "ah_proposals: is empty; write default or algorithms" },
		{ "mode = tunel", "mode: \"tunel\" is no value of this key; write tunnel or transport" },
		{ "policies = no", "policies: \"no\" is not supported yet; remove it or write yes" },
		{ "start_action = trap|start", "start_action: \"trap|start\" is not supported yet; write none or start" },
		{ "start_action = start",
		  "start_action: start needs the peer's address; write it in the connection's remote_addrs" },
		{ "close_action = trap", "close_action: \"trap\" is not supported yet; write none or start" },
		{ "dpd_action = restrt",
		  "dpd_action: \"restrt\" is no value of this key; write clear, none, restart or start" },
		{ "replay_window = 4097", "replay_window: \"4097\" is out of range; write 0 to 4096" },
		{ "local_ts = 10.0.0.0/33",
		  "local_ts: \"10.0.0.0/33\" is not a traffic selector; write dynamic, 10.1.0.0/16, 10.1.0.1..10.1.0.9 or "
		  "10.1.0.0/16[tcp/443]" },
		{ "remote_ts = \"\"", "remote_ts: is empty; write dynamic or prefixes" },
		{ "remote_ts = ::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1",
		  "remote_ts: has more than 16 selectors; write fewer and larger ones" },
		{ "esp_proposals = aes128gcm16-sha256",
		  "esp_proposals: \"aes128gcm16-sha256\" has an integrity algorithm, which combined-mode ciphers (gcm) "
		  "replace; take it out" },
		{ "esp_proposals = default,default,default,default,default,default,default,default,aes128gcm16",
		  "esp_proposals: has more than 16 proposals; write fewer" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[512], want[512];

		snprintf(text, sizeof(text), "connections { a { " AUTHS "children { c { %s\n} } } }", rows[i].text);
		snprintf(want, sizeof(want), "t:3: connections.a.children.c.%s", rows[i].errors);
		load_bad(text, want);
	}
}

static void names_and_numbers_of_sections_are_bounded(void **state)
{
	char text[4096];
	struct text t = TEXT_ARRAY(text);
	const char *name = "a123456789012345678901234567890123456789012345678901234567890123";

	(void)state;
	assert_int_equal(strlen(name), NAME_MAX_LEN + 1);
	snprintf(text, sizeof(text), "connections { %s { " AUTHS "} }\nsecrets { ike%s { secret = x } }", name, name);
	load_bad(text, "t:1: connections.a123456789012345678901234567890123456789012345678901234567890123: the name is longer "
		       "than 63 bytes; shorten it\n"
		       "t:4: secrets.ikea123456789012345678901234567890123456789012345678901234567890123: the name is longer "
		       "than 63 bytes; shorten it");
	t = TEXT_ARRAY(text);
	text_put(&t, "connections { a { " AUTHS "children {\n");
	for (unsigned i = 0; i <= CHILDREN_MAX; i++) {
		text_put(&t, "c");
		text_u64(&t, i);
		text_put(&t, " { }\n");
	}
	text_put(&t, "} } }");
	load_bad(text, "t:3: connections.a.children: has more than 64 children; make it several connections");
}

static void secrets_are_text_hex_or_base64_and_keep_their_blanks(void **state)
{
	struct config *c = load_good("secrets { ike-a { secret = 0x00ff }\n ike-b { secret = 0sZm9v }\n"
				     "ike-c { secret = \" x \"\n id-1 = moon\n id-2 = 192.0.2.1 } ike { secret = y } }");

	(void)state;
	assert_int_equal(c->psks_count, 4);
	assert_int_equal(c->psks[0].len, 2);
	assert_int_equal(c->psks[0].data[1], 0xff);
	assert_int_equal(c->psks[0].ids_count, 0);
	assert_int_equal(c->psks[1].len, 3);
	assert_memory_equal(c->psks[1].data, "foo", 3);
	assert_int_equal(c->psks[2].len, 3);
	assert_memory_equal(c->psks[2].data, " x ", 3);
	assert_int_equal(c->psks[2].ids_count, 2);
	assert_int_equal(c->psks[2].ids[1].type, ID_IPV4_ADDR);
	assert_string_equal(c->psks[2].name, "ike-c");
	assert_int_equal(c->psks[2].origin.line, 3);
	config_unref(c);
}

static void bad_secrets_are_refused_without_being_shown(void **state)
{
	char text[PSK_MAX + 64];

	(void)state;
	load_bad("secrets { ike-a { secret = 0xabc }\n ike-b { secret = 0s? }\n ike-c { secret = \"\" }\n ike-d { id = x }\n"
		 "ike-e { secret = 0x\n id = a=b } }",
		 "t:1: secrets.ike-a.secret: is not what its prefix says; write 0x and pairs of hex digits, 0s and base64, or "
		 "plain text\n"
		 "t:2: secrets.ike-b.secret: is not what its prefix says; write 0x and pairs of hex digits, 0s and base64, or "
		 "plain text\n"
		 "t:3: secrets.ike-c.secret: is empty; write the key\n"
		 "t:4: secrets.ike-d.secret: is missing; add secret = \"…\"\n"
		 "t:6: secrets.ike-e.id: \"a=b\" is not an identity; write a name, an address, user@host, \"C=CH, CN=name\" or "
		 "keyid:…\n"
		 "t:5: secrets.ike-e.secret: is empty; write the key");
	strcpy(text, "secrets { ike { secret = ");
	memset(&text[25], 'k', PSK_MAX + 1);
	strcpy(&text[25 + PSK_MAX + 1], "\n} }");
	load_bad(text, "t:1: secrets.ike.secret: is longer than 512 bytes; shorten it");
}

static void a_connection_without_a_key_is_warned_about(void **state)
{
	static const char *const conn = "connections { a { local { auth = psk\n id = me }\n remote { auth = psk\n id = you } } }\n";
	char text[512];

	(void)state;
	load_warned(conn, "t:1: connections.a: no pre-shared key is for me and you; add one to secrets");
	load_warned("connections { a { local { auth = psk\n id = 192.0.2.42 }\n remote { auth = psk\n id = 42.0.0.1 } } }\n",
		    "t:1: connections.a: no pre-shared key is for 192.0.2.42 and 42.0.0.1; add one to secrets");
	snprintf(text, sizeof(text), "%ssecrets { ike { secret = x\n id = you } }", conn);
	load_warned(text, "");
	snprintf(text, sizeof(text), "%ssecrets { ike { secret = x\n id = other } }", conn);
	load_warned(text, "t:1: connections.a: no pre-shared key is for me and you; add one to secrets");
}

/* A reqid ties packets to policies: it must not move to another child by a reload. */
static void reqids_follow_names_and_selectors_not_places(void **state)
{
	struct config *one = load_good("connections { a { " AUTHS "children { x { } y { } } } b { " AUTHS
				       "children { x { } } } }");
	struct config *two = load_good("connections { b { " AUTHS "children { x { } } } a { " AUTHS
				       "children { y { remote_ts = 10.0.0.0/8 } x { } } } }");
	const struct child_config *ax = conn_child(config_conn(one, "a"), "x"), *bx = conn_child(config_conn(one, "b"), "x");
	const struct child_config *ay = conn_child(config_conn(one, "a"), "y");

	(void)state;
	assert_int_not_equal(ax->reqid, 0);
	assert_int_not_equal(ax->reqid, bx->reqid);
	assert_int_not_equal(ax->reqid, ay->reqid);
	assert_int_equal(ax->reqid, conn_child(config_conn(two, "a"), "x")->reqid);
	assert_int_equal(bx->reqid, conn_child(config_conn(two, "b"), "x")->reqid);
	assert_int_not_equal(ay->reqid, conn_child(config_conn(two, "a"), "y")->reqid);
	config_unref(one);
	config_unref(two);
}

/* RFC8247 2, RFC8221 5 */
static void weak_algorithms_that_are_named_are_warned_of_by_name(void **state)
{
	(void)state;
	load_warned("connections {\nc {\nproposals = aes128-sha256-modp1024-modp2048, 3des-sha1-modp1024s160\n"
		    AUTHS "children {\nk {\nesp_proposals = 3des-sha1, null-sha256, aes128gcm16\n}\n}\n}\n}\n",
		    "t:3: connections.c.proposals: \"modp1024\" SHOULD NOT be used (RFC 8247 2.4); write modp2048\n"
		    "t:3: connections.c.proposals: \"3des\" has blocks of 64 bits; write aes128\n"
		    "t:3: connections.c.proposals: \"modp1024s160\" MUST NOT be used (RFC 8247 2.4); write modp2048\n"
		    "t:8: connections.c.children.k.esp_proposals: \"3des\" SHOULD NOT be used (RFC 8221 5); write aes128\n"
		    "t:8: connections.c.children.k.esp_proposals: \"null\" does not encrypt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_written_is_everything_at_its_default),
		cmocka_unit_test(the_global_section_sets_what_it_says),
		cmocka_unit_test(bad_global_values_are_said_with_their_range),
		cmocka_unit_test(the_mss_of_tunnels_is_no_fit_or_a_number),
		cmocka_unit_test(the_device_takes_what_every_link_of_ipv6_does_at_least),
		cmocka_unit_test(a_connection_has_what_is_written),
		cmocka_unit_test(a_connection_has_swanctls_defaults),
		cmocka_unit_test(bad_values_of_a_connection_are_said_with_the_cure),
		cmocka_unit_test(both_ends_have_to_be_written),
		cmocka_unit_test(bad_values_of_a_child_are_said_with_the_cure),
		cmocka_unit_test(modes_padding_and_ah_are_read),
		cmocka_unit_test(extended_numbers_without_a_window_are_warned_of),
		cmocka_unit_test(names_and_numbers_of_sections_are_bounded),
		cmocka_unit_test(secrets_are_text_hex_or_base64_and_keep_their_blanks),
		cmocka_unit_test(bad_secrets_are_refused_without_being_shown),
		cmocka_unit_test(a_connection_without_a_key_is_warned_about),
		cmocka_unit_test(reqids_follow_names_and_selectors_not_places),
		cmocka_unit_test(weak_algorithms_that_are_named_are_warned_of_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
