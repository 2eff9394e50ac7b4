/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

static void unknown_names_get_the_nearest_valid_one(void **state)
{
	static const struct {
		const char *text, *errors;
	} rows[] = {
		{ "connections { a { " AUTHS " local_adrs = 10.0.0.1\n} }",
		  "t:3: connections.a.local_adrs: unknown key; did you mean \"local_addrs\"" },
		{ "connections { a { " AUTHS " remote_adrs = 10.0.0.1\n} }",
		  "t:3: connections.a.remote_adrs: unknown key; did you mean \"remote_addrs\"" },
		{ "conections { }", "t:1: conections: unknown section; did you mean \"connections\"" },
		{ "connections { a { " AUTHS " childs { } } }",
		  "t:3: connections.a.childs: unknown section; did you mean \"children\"" },
		{ "connections { a { " AUTHS " banana = 1\n} }",
		  "t:3: connections.a.banana: unknown key; remove it, or see adit.conf(5) for what there is" },
		{ "adit { prot = 1 }", "t:1: adit.prot: unknown key; did you mean \"port\"" },
		{ "secrets { ikke { } }", "t:1: secrets.ikke: unknown section; did you mean \"ike\"" },
		/* No slip of the pen, but a word of it. */
		{ "adit { socket = /x }", "t:1: adit.socket: unknown key; did you mean \"vici_socket\"" },
		{ "port = 1", "t:1: port: unknown key; remove it, or see adit.conf(5) for what there is" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		load_bad(rows[i].text, rows[i].errors);
}

/* swanctl takes all of the line, and the keys are lost. */
static void two_keys_on_a_line_are_refused(void **state)
{
	static const char *const cure = "; write one key a line, or put the value in quotes";
	char want[512];

	(void)state;
	snprintf(want, sizeof(want), "t:1: connections.a.local.auth: there is another key on the line, id%s", cure);
	load_bad("connections { a { local { auth = psk id = moon }\nremote { auth = psk } } }", want);
	load_bad("base { local { auth = psk id = moon }\nremote { auth = psk } }\nconnections { a : base { } }", want);
	snprintf(want, sizeof(want), "t:2: connections.a.local.id: there is another key on the line, round%s", cure);
	load_bad("connections { a { local { auth = psk\nid = \"moon\" round=1 }\nremote { auth = psk } } }", want);
	snprintf(want, sizeof(want), "t:2: secrets.ike.secret: there is another key on the line, id-a%s", cure);
	load_bad("secrets { ike {\nsecret = hunter2 id-a = moon } }", want);
}

static void an_equals_sign_in_a_value_is_none_of_a_key(void **state)
{
	(void)state;
	load_warned("connections { a { local { id = C = CH, O = moon, CN = id\nauth = psk }\nremote { auth = psk } } }\n"
		    "secrets { ike { secret = \"a id = b\" }\nike-2 { secret = id=b\n id = x } }", "");
}

static void a_section_is_told_from_a_key(void **state)
{
	(void)state;
	load_bad("connections { a { " AUTHS " children = x\n encap { } } }",
		 "t:3: connections.a.children: is a section, not a key; write children { … }\n"
		 "t:4: connections.a.encap: is a key, not a section; write encap = value");
	load_bad("connections { a = 1 }", "t:1: connections.a: is a section, not a key; write a { … }");
	load_bad("adit = 1", "t:1: adit: is a section, not a key; write adit { … }");
}

/* All that swanctl.conf(5) has and this version does not do, each with a value that would ask for it. */
static void what_is_not_done_yet_is_refused_by_name(void **state)
{
	static const char *const conn[][2] = {
		{ "vips = 0.0.0.0", "not supported yet; remove it" },
		{ "dscp = 101110", "\"101110\" is not supported yet; remove it or write 000000" },
		{ "childless = force", "\"force\" is not supported yet; remove it or write allow" },
		{ "ocsp = both", "\"both\" is not supported yet; remove it or write reply" },
		{ "ppk_id = x", "not supported yet; remove it" },
		{ "ppk_required = yes", "\"yes\" is not supported yet; remove it or write no" },
		{ "reauth_time = 1h", "\"1h\" is not supported yet; remove it or write 0s" },
		{ "rekey_time = 2h", "\"2h\" is not supported yet; remove it or write 4h" },
		{ "over_time = 5m", "\"5m\" is not supported yet; remove it or write 10 %" },
		{ "rand_time = 5m", "\"5m\" is not supported yet; remove it or write over_time" },
		{ "pools = p", "not supported yet; remove it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(conn); i++) {
		char text[256], want[256];
		const char *key = conn[i][0];

		snprintf(text, sizeof(text), "connections { home { " AUTHS "%s\n} }", key);
		snprintf(want, sizeof(want), "t:3: connections.home.%.*s: %s", (int)strcspn(key, " "), key, conn[i][1]);
		load_bad(text, want);
	}
}

static void what_is_not_done_in_children_is_refused_by_name(void **state)
{
	static const char *const child[][2] = {
		{ "rekey_time = 30m", "\"30m\" is not supported yet; remove it or write 1h" },
		{ "life_time = 30m", "\"30m\" is not supported yet; remove it or write rekey_time + 10 %" },
		{ "rekey_bytes = 500000000", "\"500000000\" is not supported yet; remove it or write 0" },
		{ "updown = /bin/true", "not supported yet; remove it" },
		{ "hostaccess = yes", "\"yes\" is not supported yet; remove it or write no" },
		{ "ipcomp = yes", "\"yes\" is not supported yet; remove it or write no" },
		{ "inactivity = 60s", "\"60s\" is not supported yet; remove it or write 0s" },
		{ "reqid = 7", "\"7\" is not supported yet; remove it or write 0" },
		{ "hw_offload = yes", "\"yes\" is not supported yet; remove it or write no" },
		{ "copy_dscp = both", "\"both\" is no value of this key; write out, in, yes or no" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(child); i++) {
		char text[256], want[256];
		const char *key = child[i][0];

		snprintf(text, sizeof(text), "connections { home { " AUTHS "children { net { %s\n} } } }", key);
		snprintf(want, sizeof(want), "t:3: connections.home.children.net.%.*s: %s", (int)strcspn(key, " "), key,
			 child[i][1]);
		load_bad(text, want);
	}
}

static void other_sections_that_are_not_done_are_refused_by_name(void **state)
{
	(void)state;
	load_bad("secrets { eap-x { id = a\n secret = hunter2\n} token { pin = 1234 } }",
		 "t:1: secrets.eap-x.id: not supported yet; remove it\n"
		 "t:2: secrets.eap-x.secret: not supported yet; remove it\n"
		 "t:3: secrets.token.pin: not supported yet; remove it");
	load_bad("pools { p { addrs = 10.3.0.0/24\n dns = 10.0.0.1\n 20 = x } }",
		 "t:1: pools.p.addrs: not supported yet; remove it\n"
		 "t:2: pools.p.dns: not supported yet; remove it\n"
		 "t:3: pools.p.20: not supported yet; remove it");
	load_bad("authorities { ca { cacert = ca.pem } }", "t:1: authorities.ca.cacert: not supported yet; remove it");
}

static void what_says_off_or_the_default_is_taken(void **state)
{
	(void)state;
	config_unref(load_good("connections { a { " AUTHS
			       "pull = no\n pull = true\n dscp = 000000\n send_cert = never\n ppk_required = off\n"
			       "reauth_time = 0\n rekey_time = 240m\n over_time = 0\n rand_time = 0s\n if_id_in = 0\n"
			       "version = 2\n mobike = no\n fragmentation = no\n unique = no\n pools =\n"
			       "children { c { rekey_time = 0\n life_time = 66m\n ipcomp = no\n hw_offload = auto\n"
			       "policies = yes\n mode = TUNNEL\n copy_df = yes\n inactivity = 0m } } } }"));
}

static void what_is_another_than_written_is_warned_about(void **state)
{
	(void)state;
	load_warned("connections { a { " AUTHS "mobike = yes\n dpd_timeout = 9s\n} }",
		    "t:4: connections.a.dpd_timeout: means nothing in IKEv2; remove it\n"
		    "t:3: connections.a.mobike: \"yes\" is not supported yet, it is as if it were no; write no");
}

static void a_section_that_only_others_inherit_from_is_checked_there(void **state)
{
	(void)state;
	config_unref(load_good("base { encap = yes\n" AUTHS "}\nconnections { a : base { } }\n"
			       "parts { c { mode = tunnel } }\nconnections { a { children { x : parts.c { } } } }"));
	load_bad("base { encup = yes\n" AUTHS "}\nconnections { a : base { } }",
		 "t:1: connections.a.encup: unknown key; did you mean \"encap\"");
	load_bad("base { }", "t:1: base: unknown section; remove it, or see adit.conf(5) for what there is");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_names_get_the_nearest_valid_one),
		cmocka_unit_test(two_keys_on_a_line_are_refused),
		cmocka_unit_test(an_equals_sign_in_a_value_is_none_of_a_key),
		cmocka_unit_test(a_section_is_told_from_a_key),
		cmocka_unit_test(what_is_not_done_yet_is_refused_by_name),
		cmocka_unit_test(what_is_not_done_in_children_is_refused_by_name),
		cmocka_unit_test(other_sections_that_are_not_done_are_refused_by_name),
		cmocka_unit_test(what_says_off_or_the_default_is_taken),
		cmocka_unit_test(what_is_another_than_written_is_warned_about),
		cmocka_unit_test(a_section_that_only_others_inherit_from_is_checked_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
