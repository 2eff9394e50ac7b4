/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fake_daemon.h"
#include "sas.h"

static char *printed(void (*print)(FILE *out, bool color, struct span message), bool color,
		     void (*fill)(struct vici_writer *v))
{
	static uint8_t buffer[10000];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	struct span segment = SPAN_EMPTY;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fill(&v);
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	print(out, color, span_tail(segment, VICI_LENGTH_LEN + 1));
	fclose(out);
	return text;
}

static void an_sa_is_told_in_plain_words(void **state)
{
	char *text = printed(print_sa, false, fake_sa);

	(void)state;
	assert_string_equal(
		text, "gw #7, ESTABLISHED for 1 h 2 min, IKEv2, we began\n"
		      "    peer     198.51.100.2[4500], C=CH, CN=\"sun\"\\x1b[2J, behind NAT\n"
		      "    local    192.0.2.1[4500], moon.example\n"
		      "    suite    AES_GCM_16-256, PRF_HMAC_SHA2_256, CURVE_25519\n"
		      "    SPIs     0011223344556677 8899aabbccddeeff\n"
		      "    net #3, INSTALLED for 1 min 1 s, TUNNEL ESP in UDP\n"
		      "      traffic  10.1.0.0/16 <-> 10.2.0.0/16 10.3.0.0/16\n"
		      "      SPIs     in c1234567, out cabcdef0\n"
		      "      suite    AES_CBC-128, HMAC_SHA2_256_128, ESN\n"
		      "      in       1.5 KiB in 12 packets\n"
		      "      out      84 bytes in 1 packet\n");
	free(text);
}

static void a_connection_is_told_in_plain_words(void **state)
{
	char *text = printed(print_conn, false, fake_conns);

	(void)state;
	assert_string_equal(text, "gw: 192.0.2.1 <-> 198.51.100.2, IKEv2\n"
				  "    we prove moon.example by pre-shared key\n"
				  "    peer     any identity by pre-shared key\n"
				  "    net, TUNNEL\n"
				  "      traffic  10.1.0.0/16 <-> 10.2.0.0/16\n"
				  "    dmz, TUNNEL\n"
				  "      traffic  10.1.0.0/16 <-> 10.2.0.0/16\n");
	free(text);
}

static void bare(struct vici_writer *v)
{
	vici_section(v, "half.open");
	vici_put(v, "uniqueid", "1");
	vici_put(v, "state", "CONNECTING");
	vici_section(v, "child-sas");
	vici_section_end(v);
	vici_section_end(v);
}

static void what_is_not_known_is_left_out(void **state)
{
	char *text = printed(print_sa, false, bare);

	(void)state;
	assert_string_equal(text, "half.open #1, CONNECTING, the peer began\n");
	free(text);
}

static void color_is_for_names_and_states(void **state)
{
	char *text = printed(print_sa, true, bare);

	(void)state;
	assert_string_equal(
		text, "\033[1mhalf.open\033[0m #1, \033[33mCONNECTING\033[0m, the peer began\n");
	free(text);
	text = printed(print_sa, true, fake_sa);
	assert_non_null(strstr(text, "\033[32mESTABLISHED\033[0m"));
	assert_non_null(strstr(text, "\033[32mINSTALLED\033[0m"));
	assert_null(strstr(text, "\033[2J"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sa_is_told_in_plain_words),
		cmocka_unit_test(a_connection_is_told_in_plain_words),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(color_is_for_names_and_states),
	};

	return cmocka_run_group_tests_name("sas", tests, NULL, NULL);
}
