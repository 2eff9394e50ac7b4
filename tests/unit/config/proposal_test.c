/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include "proposal.h"
#include "transform.h"

static void proposals_are_read_and_printed(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *text, *printed;
	} rows[] = {
		{ PROTOCOL_IKE, "aes128gcm16-prfsha256-x25519", "AES_GCM_16-128/PRF_HMAC_SHA2_256/CURVE_25519" },
		{ PROTOCOL_IKE, "aes256-sha256-modp2048", "AES_CBC-256/PRF_HMAC_SHA2_256/HMAC_SHA2_256_128/MODP_2048" },
		{ PROTOCOL_IKE, "aes256-sha256-prfsha512-modp2048",
		  "AES_CBC-256/PRF_HMAC_SHA2_512/HMAC_SHA2_256_128/MODP_2048" },
		{ PROTOCOL_IKE, "x25519-ecp256-prfsha384-aes256gcm16-aes128gcm16",
		  "AES_GCM_16-256/AES_GCM_16-128/PRF_HMAC_SHA2_384/CURVE_25519/ECP_256" },
		{ PROTOCOL_ESP, "aes128gcm16", "AES_GCM_16-128/NO_EXT_SEQ" },
		{ PROTOCOL_IKE, "aes256ccm16-prfaesxcbc-x448", "AES_CCM_16-256/PRF_AES128_XCBC/CURVE_448" },
		{ PROTOCOL_IKE, "chacha20poly1305-prfaescmac-ecp512bp",
		  "CHACHA20_POLY1305/PRF_AES128_CMAC/ECP_512_BP" },
		{ PROTOCOL_IKE, "aes192ctr-sha384-modp8192",
		  "AES_CTR-192/PRF_HMAC_SHA2_384/HMAC_SHA2_384_192/MODP_8192" },
		{ PROTOCOL_IKE, "3des-sha1-modp1024", "3DES_CBC/PRF_HMAC_SHA1/HMAC_SHA1_96/MODP_1024" },
		{ PROTOCOL_IKE, "aes128-aesxcbc-modp2048s256",
		  "AES_CBC-128/PRF_AES128_XCBC/AES_XCBC_96/MODP_2048_256" },
		{ PROTOCOL_IKE, "aes128-aescmac-sha512-ecp521",
		  "AES_CBC-128/PRF_AES128_CMAC/PRF_HMAC_SHA2_512/AES_CMAC_96/HMAC_SHA2_512_256/ECP_521" },
		{ PROTOCOL_ESP, "null-sha256", "NULL/HMAC_SHA2_256_128/NO_EXT_SEQ" },
		{ PROTOCOL_ESP, "aes256gmac-esn", "NULL_AES_GMAC-256/EXT_SEQ" },
		{ PROTOCOL_ESP, "aes128gcm16iiv-chacha20poly1305iiv-esn",
		  "AES_GCM_16_IIV-128/CHACHA20_POLY1305_IIV/EXT_SEQ" },
		{ PROTOCOL_ESP, "aes128-sha256_96", "AES_CBC-128/HMAC_SHA2_256_96/NO_EXT_SEQ" },
		{ PROTOCOL_AH, "aes256gmac-esn", "AES_256_GMAC/EXT_SEQ" },
		{ PROTOCOL_ESP, "aes256-sha256-x25519-esn-noesn",
		  "AES_CBC-256/HMAC_SHA2_256_128/CURVE_25519/EXT_SEQ/NO_EXT_SEQ" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char why[256], buffer[256];
		struct text t = TEXT_ARRAY(buffer), w = TEXT_ARRAY(why);
		struct proposal p;

		assert_int_equal(proposal_parse(&p, rows[i].protocol, span_text(rows[i].text), &w), ERR_OK);
		text_proposal(&t, &p);
		assert_string_equal(buffer, rows[i].printed);
		assert_string_equal(why, "");
		assert_int_equal(p.protocol, rows[i].protocol);
		assert_int_equal(p.spi_len, 0);
	}
}

static void bad_proposals_say_what_is_wrong_and_the_cure(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *text, *why;
	} rows[] = {
		{ PROTOCOL_IKE, "", "has an empty keyword; write algorithms joined by single \"-\"" },
		{ PROTOCOL_IKE, "aes128--x25519", "has an empty keyword; write algorithms joined by single \"-\"" },
		{ PROTOCOL_IKE, "aes128-sha256-x25519-", "has an empty keyword; write algorithms joined by single \"-\"" },
		{ PROTOCOL_IKE, "aes128-aes128gcm16-x25519",
		  "mixes combined-mode ciphers (gcm) with others; make it two proposals" },
		{ PROTOCOL_IKE, "aes128gcm16-x25519", "lacks a PRF; add prfsha256" },
		{ PROTOCOL_IKE, "aes128gcm16-sha256-x25519",
		  "has an integrity algorithm, which combined-mode ciphers (gcm) replace; write a PRF such as prfsha256 in "
		  "its place" },
		{ PROTOCOL_ESP, "aes128gcm16-sha256",
		  "has an integrity algorithm, which combined-mode ciphers (gcm) replace; take it out" },
		{ PROTOCOL_IKE, "aes128-x25519", "lacks an integrity algorithm; add sha256" },
		{ PROTOCOL_ESP, "aes128", "lacks an integrity algorithm; add sha256" },
		{ PROTOCOL_IKE, "sha256-x25519", "lacks a cipher; add aes256gcm16" },
		{ PROTOCOL_IKE, "aes128-sha256", "lacks a key exchange; add x25519" },
		{ PROTOCOL_IKE, "aes128-aes128-sha256-x25519", "\"aes128\" is there twice; take one out" },
		{ PROTOCOL_IKE, "aes128-sha256-x25519-curve25519", "\"curve25519\" is there twice; take one out" },
		{ PROTOCOL_IKE, "aes128-sha256-x25519-noesn",
		  "\"noesn\" is for ESP only; take it out of the IKE proposal" },
		{ PROTOCOL_ESP, "aes128-sha256-prfsha256",
		  "\"prfsha256\" is for IKE only; take it out of the ESP proposal" },
		{ PROTOCOL_IKE, "null-sha256-x25519", "\"null\" does not encrypt; name a cipher" },
		{ PROTOCOL_IKE, "aes128gmac-prfsha256-x25519", "\"aes128gmac\" does not encrypt; name a cipher" },
		{ PROTOCOL_IKE, "aes128gcm16iiv-prfsha256-x25519",
		  "\"aes128gcm16iiv\" is for ESP only; take it out of the IKE proposal" },
		{ PROTOCOL_IKE, "aes128gcm16-prfsha256-x25519-ke1_mlkem768",
		  "\"ke1_mlkem768\" is an additional key exchange, which is not supported yet; take it out" },
		{ PROTOCOL_AH, "aes128-sha256", "\"aes128\" is not for AH; take it out of the AH proposal" },
		{ PROTOCOL_IKE, "aes128-sha265-x25519",
		  "\"sha265\" is not an algorithm we know; did you mean \"sha256\"" },
		{ PROTOCOL_IKE, "aes128-sha256-x25591",
		  "\"x25591\" is not an algorithm we know; did you mean \"x25519\"" },
		{ PROTOCOL_IKE, "aes128-sha256-rot13zzzzzz", "\"rot13zzzzzz\" is not an algorithm we know; take it out" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char why[256];
		struct text w = TEXT_ARRAY(why);
		struct proposal p;

		assert_int_equal(proposal_parse(&p, rows[i].protocol, span_text(rows[i].text), &w), ERR_SYNTAX);
		assert_string_equal(why, rows[i].why);
	}
}

#define GROUPS "CURVE_25519/ECP_256/ECP_384/ECP_521/CURVE_448/MODP_3072/MODP_4096/MODP_2048"

/* RFC8247 2, RFC8221 5 */
static void the_defaults_do_not_mix_ciphers_and_have_all_suites(void **state)
{
	struct proposal list[PROPOSALS_MAX];
	char buffer[1024];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	assert_int_equal(proposal_defaults(list, PROPOSALS_MAX, PROTOCOL_IKE), 3);
	for (size_t i = 0; i < 3; i++) {
		text_proposal(&t, &list[i]);
		text_char(&t, '\n');
	}
	assert_string_equal(buffer, "AES_GCM_16-256/AES_GCM_16-128/CHACHA20_POLY1305/"
				    "PRF_HMAC_SHA2_256/PRF_HMAC_SHA2_384/PRF_HMAC_SHA2_512/" GROUPS "\n"
				    "AES_CBC-256/AES_CBC-128/PRF_HMAC_SHA2_256/PRF_HMAC_SHA2_384/PRF_HMAC_SHA2_512/"
				    "HMAC_SHA2_256_128/HMAC_SHA2_512_256/" GROUPS "\n"
				    "AES_CCM_8-128/PRF_HMAC_SHA2_256/PRF_AES128_XCBC/" GROUPS "\n");
	t = TEXT_ARRAY(buffer);
	assert_int_equal(proposal_defaults(list, PROPOSALS_MAX, PROTOCOL_ESP), 3);
	for (size_t i = 0; i < 3; i++) {
		text_proposal(&t, &list[i]);
		text_char(&t, '\n');
	}
	assert_string_equal(buffer, "AES_GCM_16-256/AES_GCM_16-128/CHACHA20_POLY1305/NO_EXT_SEQ\n"
				    "AES_CBC-256/AES_CBC-128/HMAC_SHA2_256_128/HMAC_SHA2_512_256/NO_EXT_SEQ\n"
				    "AES_CCM_8-128/NO_EXT_SEQ\n");
	assert_int_equal(proposal_defaults(list, 1, PROTOCOL_IKE), 1);
}

/* RFC8247 2, RFC8221 5: what is SHOULD NOT or MUST NOT has to be named */
static void no_default_is_weak(void **state)
{
	static const uint8_t protocols[] = { PROTOCOL_IKE, PROTOCOL_ESP };
	struct proposal list[PROPOSALS_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		size_t count = proposal_defaults(list, PROPOSALS_MAX, protocols[i]);

		for (size_t j = 0; j < count; j++) {
			for (size_t k = 0; k < list[j].count; k++) {
				const struct transform *one = &list[j].transforms[k];

				assert_null(transform_weakness(one->type, one->id, protocols[i]));
				assert_false(one->type == TRANSFORM_INTEG && one->id == INTEG_HMAC_SHA1_96);
				assert_false(one->type == TRANSFORM_PRF && one->id == PRF_HMAC_SHA1);
			}
		}
	}
}

static void numbers_of_a_peer_without_a_name_are_printed_as_numbers(void **state)
{
	const struct proposal p = {
		.count = 4,
		.transforms = { { .type = TRANSFORM_ENCR, .id = 3 }, { .type = TRANSFORM_ENCR, .id = 4242, .key_bits = 7 },
				{ .type = TRANSFORM_KE, .id = 2 }, { .type = 99, .id = 1 } },
	};
	char buffer[128];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	text_proposal(&t, &p);
	assert_string_equal(buffer, "3DES_CBC/ENCR:4242-7/MODP_1024/TYPE99:1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proposals_are_read_and_printed),
		cmocka_unit_test(bad_proposals_say_what_is_wrong_and_the_cure),
		cmocka_unit_test(the_defaults_do_not_mix_ciphers_and_have_all_suites),
		cmocka_unit_test(no_default_is_weak),
		cmocka_unit_test(numbers_of_a_peer_without_a_name_are_printed_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
