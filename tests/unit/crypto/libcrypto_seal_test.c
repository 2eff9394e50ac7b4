/* SPDX-License-Identifier: Apache-2.0 */
/* Ciphers and ICVs against RFC 3602, 4868, SP 800-38A and the ESP packets of a draft on GCM. */
#include "vector_text.h"

#define LINE_MAX_LEN 4096
#define GCM_FIELDS 6
#define GCM_ICV_LEN 16

/* key|spi|seq|salt and iv|plaintext|packet */
enum { GCM_KEY, GCM_SPI, GCM_SEQ, GCM_NONCE, GCM_PLAIN, GCM_PACKET };

static void gcm_line_read(struct fixture_bytes ret[GCM_FIELDS], const char *line)
{
	for (size_t i = 0; i < GCM_FIELDS; i++) {
		size_t len = strcspn(line, "|\n");

		assert_true(len > 0);
		ret[i] = hex_n(line, len);
		line += len + (line[len] == '|' ? 1 : 0);
	}
}

static void gcm_case_check(const struct crypto *c, const struct fixture_bytes f[GCM_FIELDS])
{
	struct fixture_bytes encr, aad, data = f[GCM_PLAIN];
	struct writer w = writer_of(encr.data, sizeof(encr.data));
	struct writer a = writer_of(aad.data, sizeof(aad.data));
	struct span packet = fixture_span(&f[GCM_PACKET]);
	struct span sealed = span_tail(packet, 4 + 4 + 8);
	struct span iv = span_tail(fixture_span(&f[GCM_NONCE]), 4);
	struct seal_keys keys = { .cipher = cipher_find(ENCR_AES_GCM_16,
							(uint16_t)(f[GCM_KEY].len * 8)) };
	uint8_t icv[GCM_ICV_LEN];
	struct sealer *s = crypto_sealer_new(c);

	assert_true(s != NULL && keys.cipher != NULL);
	writer_put(&w, fixture_span(&f[GCM_KEY]));
	writer_put(&w, span_head(fixture_span(&f[GCM_NONCE]), 4));
	keys.encr = writer_span(&w);
	writer_put(&a, fixture_span(&f[GCM_SPI]));
	writer_put(&a, fixture_span(&f[GCM_SEQ]));
	assert_ok(crypto_sealer_key(c, s, &keys));
	assert_ok(crypto_seal(c, s, writer_span(&a), iv, data.data, data.len, SPAN_EMPTY, icv));
	assert_int_equal(sealed.len, data.len + sizeof(icv));
	assert_span_equal(fixture_span(&data), span_head(sealed, data.len));
	assert_span_equal(SPAN_ARRAY(icv), span_tail(sealed, data.len));
	assert_ok(crypto_open(c, s, writer_span(&a), iv, data.data, data.len, SPAN_EMPTY,
			      SPAN_ARRAY(icv)));
	assert_span_equal(fixture_span(&data), fixture_span(&f[GCM_PLAIN]));
	crypto_sealer_free(c, s);
}

/* RFC4106 4, RFC5282 4: the nonce is salt and IV. RFC4303 3.3.2.2: one algorithm for both */
static void gcm_seals_the_packets_of_draft_mcgrew(void **state)
{
	static char line[LINE_MAX_LEN];
	static struct fixture_bytes fields[GCM_FIELDS];
	FILE *f = vectors_open("rfc/draft-mcgrew-gcm-test-01-esp.txt");
	size_t cases = 0, sizes[3] = { 0 };

	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		gcm_line_read(fields, line);
		gcm_case_check(*state, fields);
		sizes[fields[GCM_KEY].len / 8 - 2]++;
		cases++;
	}
	fclose(f);
	assert_int_equal(cases, 14);
	assert_true(sizes[0] > 0 && sizes[1] > 0 && sizes[2] > 0); /* all three key lengths */
}

static const uint8_t mac_key[32] = { 0x6d, 0x61, 0x63 };

/* The ciphertext is the vector's; the ICV is HMAC of what is sent, taken from prf. */
static void cbc_check(const struct crypto *c, struct span key, struct span iv, struct span plain,
		      struct span want)
{
	struct fixture_bytes data = { .len = plain.len };
	uint8_t icv[16], mac[32];
	static const uint8_t header[8] = { 0, 0, 0x43, 0x21, 0, 0, 0, 1 }, high[4] = { 0, 0, 0, 9 };
	struct span parts[4] = { SPAN_ARRAY(header), iv, want, SPAN_ARRAY(high) };
	struct seal_keys keys = {
		.cipher = cipher_find(ENCR_AES_CBC, (uint16_t)(key.len * 8)),
		.integ = integ_find(INTEG_HMAC_SHA2_256_128),
		.encr = key,
		.integrity = SPAN_ARRAY(mac_key),
	};
	struct sealer *s = crypto_sealer_new(c);

	assert_true(s != NULL && keys.cipher != NULL);
	memcpy(data.data, plain.data, plain.len);
	assert_ok(crypto_sealer_key(c, s, &keys));
	assert_ok(crypto_seal(c, s, parts[0], iv, data.data, data.len, parts[3], icv));
	assert_span_equal(fixture_span(&data), want);
	assert_ok(crypto_prf(c, PRF_HMAC_SHA2_256, keys.integrity, parts, 4, mac));
	assert_memory_equal(icv, mac, sizeof(icv));
	assert_ok(crypto_open(c, s, parts[0], iv, data.data, data.len, parts[3], SPAN_ARRAY(icv)));
	assert_span_equal(fixture_span(&data), plain);
	crypto_sealer_free(c, s);
}

static void cbc_check_section(const struct crypto *c, struct section test, const char *plain_label,
			      const char *cipher_label)
{
	struct fixture_bytes key = hex_after(test, "Key"), iv = hex_after(test, "IV");
	struct fixture_bytes want = hex_after(test, cipher_label), plain;
	const char *text = label_find(test, plain_label);

	assert_non_null(text);
	text += strspn(text, " :");
	if (*text == '"') {
		plain.len = strcspn(text + 1, "\"");
		memcpy(plain.data, text + 1, plain.len);
	} else {
		plain = hex_after((struct section){ text, test.end }, "");
	}
	cbc_check(c, fixture_span(&key), fixture_span(&iv), fixture_span(&plain),
		  fixture_span(&want));
}

/* RFC3602 2.4: no padding of the library's. RFC4303 3.3.2.1: the ICV is over the ciphertext */
static void cbc_gives_the_answers_of_rfc_3602(void **state)
{
	struct section rest = vector_file("rfc/rfc3602-aes-cbc-esp.txt"), test;
	size_t cases = 0;

	while (section_next(&test, &rest, "Case #")) {
		if (label_find(test, "Plaintext") != NULL)
			cbc_check_section(*state, test, "Plaintext", "Ciphertext");
		else if (label_find(test, "(96 bytes):\n4500") != NULL) /* case 7 */
			cbc_check_section(*state, test, "next header (96 bytes):",
					  "Encrypted Data (96 bytes):");
		else if (label_find(test, "next header (32 bytes):") != NULL)
			cbc_check_section(*state, test, "next header (32 bytes):",
					  "Encrypted Data (32 bytes):");
		else
			cbc_check_section(*state, test, "next header (80 bytes):",
					  "Encrypted Data (80 bytes):");
		cases++;
	}
	assert_int_equal(cases, 8);
}

/* NIST SP 800-38A F.2.3 and F.2.5, first blocks: RFC 3602 has no longer keys */
static void cbc_gives_the_answers_of_sp_800_38a(void **state)
{
	static const char *const cases[][2] = {
		{ "2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d" },
		{ "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		  "4f021db243bc633d7178183a9fa071e8" },
		{ "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		  "f58c4c04d6e5f1ba779eabfb5f7bfbd6" },
	};
	struct fixture_bytes iv = hex("000102030405060708090a0b0c0d0e0f");
	struct fixture_bytes plain = hex("6bc1bee22e409f96e93d7e117393172a");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture_bytes key = hex(cases[i][0]), want = hex(cases[i][1]);

		cbc_check(*state, fixture_span(&key), fixture_span(&iv), fixture_span(&plain),
			  fixture_span(&want));
	}
}

/* RFC 4868's cases as the MAC of a packet without ciphertext: header, then IV, then tail. RFC4868 2.3: the first half. */
static void integrity_gives_the_answers_of_rfc_4868(void **state)
{
	struct section rest = vector_file("rfc/rfc4868-hmac-sha2-auth-prf.txt"), test;
	struct sealer *s = crypto_sealer_new(*state);
	size_t answers = 0;

	assert_non_null(s);
	while (section_next(&test, &rest, "Test Case AUTH256-")) {
		struct fixture_bytes key = hex_after(test, "Key"), data = hex_after(test, "Data");
		struct fixture_bytes want = hex_after(test, "HMAC-SHA-256-128");
		struct span text = fixture_span(&data), header = span_head(text, 8);
		struct span iv = span_head(span_tail(text, 8), 16), tail = span_tail(text, 24);
		struct seal_keys keys = {
			.cipher = cipher_find(ENCR_AES_CBC, 128),
			.integ = integ_find(INTEG_HMAC_SHA2_256_128),
			.encr = SPAN_ARRAY(mac_key),
			.integrity = fixture_span(&key),
		};
		uint8_t icv[16], none[1];

		keys.encr.len = 16;
		if (iv.len < 16) /* case 1 is shorter than an IV; libcrypto_test.c has it */
			continue;
		assert_int_equal(want.len, 16);
		assert_ok(crypto_sealer_key(*state, s, &keys));
		assert_ok(crypto_seal(*state, s, header, iv, none, 0, tail, icv));
		assert_memory_equal(icv, want.data, want.len);
		answers++;
	}
	crypto_sealer_free(*state, s);
	assert_int_equal(answers, 3);
}

/* The MAC is right, so that only the length can be wrong. */
static void cbc_does_not_open_a_broken_block(void **state)
{
	static const uint8_t zero[32];
	struct span iv = span_head(SPAN_ARRAY(zero), 16);
	struct seal_keys keys = {
		.cipher = cipher_find(ENCR_AES_CBC, 128),
		.integ = integ_find(INTEG_HMAC_SHA2_256_128),
		.encr = iv,
		.integrity = SPAN_ARRAY(mac_key),
	};
	struct sealer *s = crypto_sealer_new(*state);

	assert_non_null(s);
	assert_ok(crypto_sealer_key(*state, s, &keys));
	for (size_t len = 0; len <= sizeof(zero); len++) {
		struct span parts[2] = { iv, span_of(zero, len) };
		uint8_t data[sizeof(zero)] = { 0 }, mac[32];
		enum err want = len % 16 == 0 ? ERR_OK : ERR_INTEGRITY;

		assert_ok(crypto_prf(*state, PRF_HMAC_SHA2_256, keys.integrity, parts, 2, mac));
		assert_int_equal(crypto_open(*state, s, SPAN_EMPTY, iv, data, len, SPAN_EMPTY,
					     span_of(mac, 16)), want);
	}
	crypto_sealer_free(*state, s);
}

/* RFC4303 3.4.4.1: what does not verify is not even decrypted */
static void cbc_leaves_a_forged_packet_as_it_was(void **state)
{
	static const uint8_t iv[16] = { 1 };
	struct seal_keys keys = {
		.cipher = cipher_find(ENCR_AES_CBC, 128),
		.integ = integ_find(INTEG_HMAC_SHA2_256_128),
		.encr = span_head(SPAN_ARRAY(mac_key), 16),
		.integrity = SPAN_ARRAY(mac_key),
	};
	struct sealer *s = crypto_sealer_new(*state);
	uint8_t data[32] = { 2 }, sealed[32], icv[16];

	assert_non_null(s);
	assert_ok(crypto_sealer_key(*state, s, &keys));
	assert_ok(crypto_seal(*state, s, SPAN_EMPTY, SPAN_ARRAY(iv), data, sizeof(data), SPAN_EMPTY, icv));
	memcpy(sealed, data, sizeof(data));
	icv[15] ^= 1;
	assert_int_equal(crypto_open(*state, s, SPAN_EMPTY, SPAN_ARRAY(iv), data, sizeof(data), SPAN_EMPTY, SPAN_ARRAY(icv)),
			 ERR_INTEGRITY);
	assert_memory_equal(data, sealed, sizeof(data));
	icv[15] ^= 1;
	assert_ok(crypto_open(*state, s, SPAN_EMPTY, SPAN_ARRAY(iv), data, sizeof(data), SPAN_EMPTY, SPAN_ARRAY(icv)));
	assert_memory_not_equal(data, sealed, sizeof(data));
	crypto_sealer_free(*state, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LIBCRYPTO(gcm_seals_the_packets_of_draft_mcgrew),
		WITH_LIBCRYPTO(cbc_gives_the_answers_of_rfc_3602),
		WITH_LIBCRYPTO(cbc_gives_the_answers_of_sp_800_38a),
		WITH_LIBCRYPTO(cbc_does_not_open_a_broken_block),
		WITH_LIBCRYPTO(cbc_leaves_a_forged_packet_as_it_was),
		WITH_LIBCRYPTO(integrity_gives_the_answers_of_rfc_4868),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
