/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two engines come up, check each other, fail and end, and ESP and AH packets pass, while every key is poisoned (poison.h); passphrases and
 * plain secrets are, too, where they are taken from a configuration. Under valgrind this must say nothing; --leak adds a branch on a key,
 * which it must report. A configuration's text as such is not poisoned: who parses it looks for quotes and prefixes, and nobody measures
 * that from outside; nor are private keys' files, which the library decodes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <valgrind/valgrind.h>

#include "credentials_in.h"
#include "fixture.h"
#include "pair.h"
#include "poison.h"
#include "values.h"

static unsigned secret_specs;

static void job_seen(const struct job *job)
{
	const struct child_spec *spec = &job->child.spec;
	bool plain = spec->encr_in.len == 0; /* AH, or NULL */
	const struct secret *in = plain ? &spec->integ_in : &spec->encr_in, *out = plain ? &spec->integ_out : &spec->encr_out;

	if (job->kind == JOB_CHILD_INSTALL && is_poisoned(in->bytes, in->len) && is_poisoned(out->bytes, out->len))
		secret_specs++;
}

/* A configuration's secrets are const to everybody else. */
static void poison_psks(struct config *c)
{
	for (size_t i = 0; i < c->psks_count; i++)
		poison(c->psks[i].data, c->psks[i].len);
}

/* The text with a line behind the place that ends so. */
static void with_line(char *ret, size_t cap, const char *from, const char *place, const char *line)
{
	const char *at = strstr(from, place) + strlen(place);

	(void)snprintf(ret, cap, "%.*s\n%s\n%s", (int)(at - from), from, line, at);
}

static void configuration_of(char *ret, size_t cap, const char *from, const char *ike, const char *child)
{
	char half[2048];

	with_line(half, sizeof(half), from, strstr(from, "gw {") ? "gw {" : "rw {", ike);
	with_line(ret, cap, half, "net {", child);
}

static void up_and_down(const char *ike, const char *child, const char *secret_of_responder, bool up)
{
	char initiator[2048], responder[2048], *place;
	struct pair p;

	configuration_of(initiator, sizeof(initiator), pair_initiator_text, ike, child);
	configuration_of(responder, sizeof(responder), pair_responder_text, ike, child);
	place = strstr(responder, "open sesame");
	memcpy(place, secret_of_responder, strlen("open sesame"));
	pair_init(&p, initiator, responder);
	poison_psks(p.i.config);
	poison_psks(p.r.config);
	pair_initiate(&p);
	pair_settle(&p);
	if (p.i.ups != up)
		fail_msg("%s, %s: %u up", ike, child, p.i.ups);
	pair_pass(&p, 30 * NANOS_SECOND); /* liveness checks, or the end of what failed */
	pair_clear(&p);
}

/* One of every family: modes of ciphers, integrity algorithms, PRFs, groups; and what the Child SA takes. */
static void keys_of_the_ike_sa(void **state)
{
	static const struct {
		const char *ike, *child;
	} suites[] = {
		{ "proposals = aes128gcm16-prfsha256-x25519", "esp_proposals = aes128gcm16" },
		{ "proposals = aes256-sha256-prfsha384-ecp256", "esp_proposals = aes256-sha384-esn" },
		{ "proposals = aes256gcm16-prfsha512-modp2048", "esp_proposals = aes128gcm16iiv-esn" },
		{ "proposals = aes128ctr-aesxcbc-prfaesxcbc-x448", "esp_proposals = aes128ctr-aesxcbc" },
		{ "proposals = aes256ccm8-prfaescmac-ecp256bp", "esp_proposals = aes256ccm8" },
		{ "proposals = aes192-aescmac-prfaescmac-ecp384", "esp_proposals = null-aescmac" },
		{ "proposals = chacha20poly1305-prfsha1-x25519", "esp_proposals = chacha20poly1305" },
		{ "proposals = 3des-sha1-x25519", "esp_proposals = 3des-sha1" },
		{ "proposals = aes128-sha512-x25519", "esp_proposals = aes128gmac" },
		{ "proposals = aes128-sha256-modp2048s256", "ah_proposals = aes128gmac-esn" },
		{ "proposals = aes128-sha256-x25519", "ah_proposals = sha256" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		up_and_down(suites[i].ike, suites[i].child, "open sesame", true);
	assert_true(secret_specs >= 2 * ARRAY_LEN(suites));
}

static void a_wrong_secret(void **state)
{
	(void)state;
	up_and_down("", "", "open Sesame", false);
}

struct carried {
	uint8_t protocol;
	uint16_t encr, key_bits, integ;
	bool esn, transport;
};

static void secret_key(struct secret *ret, size_t len, uint8_t first)
{
	uint8_t bytes[SECRET_MAX];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(first + i);
	secret_set(ret, span_of(bytes, len));
	if (len)
		poison(ret->bytes, len);
}

static struct child_spec spec_of(const struct carried *c)
{
	struct child_spec spec = spec_gcm(0x1001, 0x2001, "192.0.2.1/32", "192.0.2.2/32");
	const struct cipher *cipher = cipher_find(c->encr, c->key_bits);
	const struct integ *integ = c->integ ? integ_find(c->integ) : NULL;
	size_t encr_len = cipher && c->protocol == PROTOCOL_ESP ? (size_t)cipher->key_len + cipher->salt_len : 0;

	spec.protocol = c->protocol;
	spec.mode = c->transport ? CHILD_TRANSPORT : CHILD_TUNNEL;
	spec.esn = c->esn;
	spec.encap = false;
	spec.path.local.ip = ip_v4(192, 0, 2, 1);
	spec.path.remote.ip = ip_v4(192, 0, 2, 2);
	spec.encr = (struct transform){ .type = TRANSFORM_ENCR, .id = c->encr, .key_bits = c->key_bits };
	spec.integ = (struct transform){ .type = TRANSFORM_INTEG, .id = c->integ };
	secret_key(&spec.encr_in, encr_len, 1);
	secret_key(&spec.encr_out, encr_len, 2);
	secret_key(&spec.integ_in, integ ? integ->key_len : 0, 3);
	secret_key(&spec.integ_out, integ ? integ->key_len : 0, 4);
	return spec;
}

/* Four packets: three go through, a forged one ends in the same places. */
static void carry(const struct carried *c)
{
	struct child_spec out = spec_of(c), in = spec_reversed(&out);
	struct memory memory = memory_system(SIZE_MAX);
	struct esp a, b;
	struct crypto crypto;
	struct esp_sa *sa;
	static uint8_t data[2048];

	assert_int_equal(poison_crypto_new(&crypto, 0), ERR_OK);
	assert_int_equal(esp_init(&a, &crypto, &memory, 4), ERR_OK);
	assert_int_equal(esp_init(&b, &crypto, &memory, 4), ERR_OK);
	assert_int_equal(esp_install(&a, &out, &sa), ERR_OK);
	assert_int_equal(esp_install(&b, &in, &sa), ERR_OK);
	for (int i = 0; i < 4; i++) {
		struct esp_buffer buffer = { .data = data, .cap = sizeof(data), .start = TRANSMIT_HEADROOM };
		struct ip_header h = { .family = IP_V4 };
		struct esp_received got;
		struct outer outer;
		enum err err;

		buffer.len = packet_v4(&data[TRANSMIT_HEADROOM], "192.0.2.1", "192.0.2.2", 17, 1, 2, 64);
		ip_header_checksum(&data[TRANSMIT_HEADROOM], &h);
		assert_int_equal(esp_transmit(&a, &buffer, 1, &sa, &outer), ERR_OK);
		data[buffer.start + buffer.len - 5] ^= i == 3; /* of the ICV, or what it covers */
		err = c->protocol == PROTOCOL_AH ? esp_receive_ah(&b, &data[buffer.start], buffer.len, 1, &got)
						 : esp_receive(&b, &data[buffer.start], buffer.len, 0, 1, &got);
		assert_int_equal(err, i == 3 ? ERR_INTEGRITY : ERR_OK);
	}
	esp_clear(&a);
	esp_clear(&b);
	poison_crypto_free(&crypto);
	assert_int_equal(memory.used, 0);
}

static void keys_of_esp_and_ah(void **state)
{
	static const struct carried rows[] = {
		{ PROTOCOL_ESP, ENCR_AES_GCM_16, 128, INTEG_NONE, false, false },
		{ PROTOCOL_ESP, ENCR_AES_GCM_8, 256, INTEG_NONE, true, true },
		{ PROTOCOL_ESP, ENCR_AES_CCM_12, 192, INTEG_NONE, true, false },
		{ PROTOCOL_ESP, ENCR_CHACHA20_POLY1305, 0, INTEG_NONE, true, false },
		{ PROTOCOL_ESP, ENCR_AES_GCM_16_IIV, 128, INTEG_NONE, true, false },
		{ PROTOCOL_ESP, ENCR_AES_CCM_8_IIV, 128, INTEG_NONE, false, false },
		{ PROTOCOL_ESP, ENCR_CHACHA20_POLY1305_IIV, 0, INTEG_NONE, false, true },
		{ PROTOCOL_ESP, ENCR_NULL_AUTH_AES_GMAC, 256, INTEG_NONE, true, false },
		{ PROTOCOL_ESP, ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_256_128, true, false },
		{ PROTOCOL_ESP, ENCR_AES_CBC, 128, INTEG_AES_CMAC_96, false, true },
		{ PROTOCOL_ESP, ENCR_AES_CTR, 192, INTEG_AES_XCBC_96, true, false },
		{ PROTOCOL_ESP, ENCR_AES_CTR, 128, INTEG_HMAC_SHA2_512_256, false, false },
		{ PROTOCOL_ESP, ENCR_3DES, 0, INTEG_HMAC_SHA1_96, false, false },
		{ PROTOCOL_ESP, ENCR_NULL, 0, INTEG_AES_XCBC_96, false, true },
		{ PROTOCOL_AH, 0, 0, INTEG_HMAC_SHA2_384_192, true, false },
		{ PROTOCOL_AH, 0, 0, INTEG_AES_XCBC_96, false, true },
		{ PROTOCOL_AH, 0, 0, INTEG_AES_CMAC_96, true, true },
		{ PROTOCOL_AH, 0, 0, INTEG_AES_256_GMAC, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		carry(&rows[i]);
}

/* "0x" and "0s" at its beginning are looked for; hexadecimal and base64 then go digit by digit, once, at the start. */
static void a_plain_secret_of_the_configuration(void **state)
{
	uint8_t text[] = "it is a long way to Tipperary", value[64];
	size_t len = 0;

	(void)state;
	poison(&text[2], sizeof(text) - 3);
	assert_int_equal(value_secret(value, sizeof(value), &len, span_of(text, sizeof(text) - 1)), ERR_OK);
	assert_int_equal(len, sizeof(text) - 1);
	assert_true(is_poisoned(&value[2], len - 2));
}

static char folder[] = "/tmp/adit-secrets-XXXXXX";

static size_t openssl_makes(const char *name, const char *arguments, uint8_t *ret, size_t cap)
{
	char command[512], path[128];
	size_t len;
	FILE *f;

	(void)snprintf(command, sizeof(command), "cd %s && openssl %s -out %s >/dev/null 2>&1", folder, arguments, name);
	if (system(command) != 0)
		fail_msg("openssl %s", arguments);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(ret, 1, cap, f);
	(void)fclose(f);
	return len;
}

/* What the passphrase opens is the library's; that it opened is an answer for everybody. */
static void passphrase_try(enum credential_kind kind, struct span bytes, const char *words, enum err wanted)
{
	struct credential_file file = { 0 };
	char passphrase[16], why_words[128];
	struct text why = TEXT_ARRAY(why_words);
	size_t len = strlen(words);
	enum err err;

	memcpy(passphrase, words, len);
	poison(passphrase, len);
	err = credential_file_read(&file, kind, bytes, span_of(passphrase, len), &why);
	secret_reveal(&err, sizeof(err));
	assert_int_equal(err, wanted);
	credential_file_clear(&file);
}

static void passphrases_of_private_keys(void **state)
{
	static const struct {
		const char *name, *arguments;
		enum credential_kind kind;
	} files[] = {
		{ "key.pem", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", CREDENTIAL_KEY },
		{ "key.sec1", "ec -in key.pem -aes128 -passout pass:secret", CREDENTIAL_KEY },
		{ "key.p8", "pkcs8 -topk8 -in key.pem -passout pass:secret", CREDENTIAL_KEY },
		{ "key.p8.der", "pkcs8 -topk8 -in key.pem -outform DER -passout pass:secret", CREDENTIAL_KEY },
		{ "cert.pem", "req -x509 -key key.pem -subj /CN=a -days 30", CREDENTIAL_CERT },
		{ "both.p12", "pkcs12 -export -in cert.pem -inkey key.pem -passout pass:secret", CREDENTIAL_PKCS12 },
	};
	static uint8_t bytes[16384];
	char command[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		size_t len = openssl_makes(files[i].name, files[i].arguments, bytes, sizeof(bytes));

		if (!strstr(files[i].arguments, "pass:"))
			continue;
		passphrase_try(files[i].kind, span_of(bytes, len), "secret", ERR_OK);
		passphrase_try(files[i].kind, span_of(bytes, len), "Secret", ERR_AUTH);
	}
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

/* What the whole run is there to find. */
static void a_branch_on_a_key(void **state)
{
	uint8_t key = 1;
	volatile int seen = 0;

	(void)state;
	poison(&key, 1);
	if (key & 1)
		seen++;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest clean[] = {
		cmocka_unit_test(keys_of_the_ike_sa),
		cmocka_unit_test(a_wrong_secret),
		cmocka_unit_test(keys_of_esp_and_ah),
		cmocka_unit_test(a_plain_secret_of_the_configuration),
		cmocka_unit_test(passphrases_of_private_keys),
	};
	const struct CMUnitTest leaky[] = { cmocka_unit_test(a_branch_on_a_key) };

	if (!RUNNING_ON_VALGRIND) {
		(void)fprintf(stderr, "run by tests/secrets/run.py, under valgrind\n");
		return 2;
	}
	pair_crypto_new = poison_crypto_new;
	pair_crypto_free = poison_crypto_free;
	pair_job_seen = job_seen;
	if (argc > 1 && strcmp(argv[1], "--leak") == 0)
		return cmocka_run_group_tests(leaky, NULL, NULL);
	return cmocka_run_group_tests(clean, NULL, NULL);
}
