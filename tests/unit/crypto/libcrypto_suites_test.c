/* SPDX-License-Identifier: Apache-2.0 */
/* The ciphers, MACs and PRFs that came after AES-CBC and AES-GCM, against the RFCs that have answers. */
#include "vector_text.h"

#define NO_TEXT "<empty string>"

/* Hex behind the label, over lines that may begin with ":"; none for an empty string. */
static struct fixture_bytes bytes_after(struct section s, const char *label)
{
	struct fixture_bytes b = { .len = 0 };
	const char *at = label_find(s, label);

	if (at == NULL)
		fail_msg("no %s", label);
	at += strspn(at, " \t:=");
	if (strncmp(at, NO_TEXT, strlen(NO_TEXT)) == 0)
		return b;
	return hex_after((struct section){ at, s.end }, "");
}

/* MAC of a packet whose bytes are all header. */
static void mac_check(const struct crypto *c, uint16_t integ, struct span key, struct span text,
		      const struct fixture_bytes *want)
{
	struct seal_keys keys = { .cipher = cipher_find(ENCR_NULL, 0),
				  .integ = integ_find(integ),
				  .integrity = key };
	struct span third = span_head(text, text.len / 3), rest = span_tail(text, text.len / 3);
	struct sealer *s = crypto_sealer_new(c);
	uint8_t icv[SECRET_MAX], none[1];

	assert_true(s != NULL && keys.integ != NULL && want->len >= keys.integ->icv_len);
	assert_ok(crypto_sealer_key(c, s, &keys));
	for (size_t round = 0; round < 2; round++) {
		memset(icv, 0xa5, sizeof(icv));
		assert_ok(crypto_seal(c, s, third, SPAN_EMPTY, none, 0, rest, icv));
		assert_memory_equal(icv, want->data, keys.integ->icv_len);
		assert_int_equal(icv[keys.integ->icv_len], 0xa5);
	}
	crypto_sealer_free(c, s);
}

static void prf_check(const struct crypto *c, uint16_t prf, struct span key, struct span text,
		      const struct fixture_bytes *want)
{
	uint8_t got[SECRET_MAX];
	struct span parts[2] = { span_head(text, 7), span_tail(text, 7) };

	assert_int_equal(want->len, prf_find(prf)->out_len);
	assert_ok(crypto_prf(c, prf, key, parts, 2, got));
	assert_memory_equal(got, want->data, want->len);
}

/* RFC3566 4.3, RFC3566 4.6: the first 96 bits */
static void xcbc_gives_the_answers_of_rfc_3566(void **state)
{
	struct section rest = vector_file("rfc/rfc3566-xcbc-mac-96.txt"), test;
	size_t answers = 0;

	while (section_next(&test, &rest, "Test Case #")) {
		struct fixture_bytes key = bytes_after(test, "Key (K)");
		struct fixture_bytes want = bytes_after(test, "AES-XCBC-MAC   ");
		struct fixture_bytes cut = bytes_after(test, "AES-XCBC-MAC-96:");
		struct fixture_bytes text = { .len = 1000 };

		if (label_find(test, "[1000 bytes]") == NULL)
			text = bytes_after(test, "Message (M)");
		assert_memory_equal(want.data, cut.data, 12);
		mac_check(*state, INTEG_AES_XCBC_96, fixture_span(&key), fixture_span(&text), &want);
		prf_check(*state, PRF_AES128_XCBC, fixture_span(&key), fixture_span(&text), &want);
		answers++;
	}
	assert_int_equal(answers, 7);
}

/* RFC4494 3, which cuts the answers of RFC 4493 */
static void cmac_gives_the_answers_of_rfc_4494(void **state)
{
	struct section all = vector_file("rfc/rfc4494-aes-cmac-96.txt"), rest = all, test;
	struct fixture_bytes key = bytes_after(all, "   K  ");
	size_t answers = 0;

	while (section_next(&test, &rest, "Test Case ")) {
		struct fixture_bytes text = bytes_after(test, "   M  ");
		struct fixture_bytes want = bytes_after(test, "AES_CMAC_96");

		mac_check(*state, INTEG_AES_CMAC_96, fixture_span(&key), fixture_span(&text), &want);
		answers++;
	}
	assert_int_equal(answers, 4);
}

/* RFC4434 2, RFC4615 3: keys of 16 bytes, shorter and longer */
static void prfs_of_aes_give_the_answers_of_rfc_4434_and_4615(void **state)
{
	static const struct {
		const char *file;
		uint16_t prf;
	} files[] = {
		{ "rfc/rfc4434-aes-xcbc-prf.txt", PRF_AES128_XCBC },
		{ "rfc/rfc4615-aes-cmac-prf-128.txt", PRF_AES128_CMAC },
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct section rest = vector_file(files[i].file), test;
		size_t answers = 0, lens = 0;

		while (section_next(&test, &rest, "Test Case AES-")) {
			struct fixture_bytes key = bytes_after(test, "Key        ");
			struct fixture_bytes text = bytes_after(test, "Message    ");
			struct fixture_bytes want = bytes_after(test, "PRF Output ");

			prf_check(*state, files[i].prf, fixture_span(&key), fixture_span(&text), &want);
			lens += key.len;
			answers++;
		}
		assert_int_equal(answers, 3);
		assert_int_equal(lens, 10 + 16 + 18);
	}
}

/* RFC2404 3, RFC 2202: cases of a 20-byte key make an ICV, the others a PRF */
static void hmac_sha1_gives_the_answers_of_rfc_2202(void **state)
{
	struct fixture_bytes ones = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	struct fixture_bytes first = hex("b617318655057264e28bc0b6fb378c8ef146be00");
	struct fixture_bytes jefe = hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	struct fixture_bytes cs = hex("0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c");
	struct fixture_bytes cut = hex("4c1a03424b55e07fe7f27be1");

	mac_check(*state, INTEG_HMAC_SHA1_96, fixture_span(&ones), span_text("Hi There"), &first);
	mac_check(*state, INTEG_HMAC_SHA1_160, fixture_span(&ones), span_text("Hi There"), &first);
	mac_check(*state, INTEG_HMAC_SHA1_96, fixture_span(&cs), span_text("Test With Truncation"), &cut);
	prf_check(*state, PRF_HMAC_SHA1, fixture_span(&ones), span_text("Hi There"), &first);
	prf_check(*state, PRF_HMAC_SHA1, span_text("Jefe"), span_text("what do ya want for nothing?"), &jefe);
}

/* RFC4868 2.3: half of the output, with keys as long as the output */
static void hmac_sha2_gives_the_answers_of_rfc_4868(void **state)
{
	static const struct {
		const char *cases, *label;
		uint16_t integ, cut;
	} sorts[] = {
		{ "Test Case AUTH256-", "HMAC-SHA-256-128", INTEG_HMAC_SHA2_256_128, INTEG_HMAC_SHA2_256_96 },
		{ "Test Case AUTH384-", "HMAC-SHA-384-192", INTEG_HMAC_SHA2_384_192, 0 },
		{ "Test Case AUTH512-", "HMAC-SHA-512-256", INTEG_HMAC_SHA2_512_256, 0 },
	};
	size_t answers = 0;

	for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
		struct section rest = vector_file("rfc/rfc4868-hmac-sha2-auth-prf.txt"), test;
		size_t key_len = integ_find(sorts[i].integ)->key_len;

		while (section_next(&test, &rest, sorts[i].cases)) {
			struct fixture_bytes key = hex_after(test, "Key"), text = hex_after(test, "Data");
			struct fixture_bytes want;
			struct span own = span_tail(fixture_span(&key), key.len - key_len); /* README there */

			if (label_find(test, sorts[i].label) == NULL)
				continue;
			want = hex_after(test, sorts[i].label);
			mac_check(*state, sorts[i].integ, own, fixture_span(&text), &want);
			if (sorts[i].cut != 0)
				mac_check(*state, sorts[i].cut, own, fixture_span(&text), &want);
			answers++;
		}
	}
	assert_int_equal(answers, 4 + 3 + 4);
}

/* Seals and opens one text with a cipher that has no ICV of its own. */
static void counter_check(const struct crypto *c, struct span key, struct span nonce, struct span iv,
			  struct span plain, struct span want)
{
	struct fixture_bytes encr, data = { .len = plain.len };
	struct writer w = writer_of(encr.data, sizeof(encr.data));
	struct seal_keys keys = { .cipher = cipher_find(ENCR_AES_CTR, (uint16_t)(8 * key.len)),
				  .integ = integ_find(INTEG_HMAC_SHA2_256_128),
				  .integrity = span_of("0123456789abcdef0123456789abcdef", 32) };
	struct sealer *s = crypto_sealer_new(c);
	uint8_t icv[16];

	assert_true(s != NULL && keys.cipher != NULL);
	writer_put(&w, key);
	writer_put(&w, nonce);
	keys.encr = writer_span(&w);
	memcpy(data.data, plain.data, plain.len);
	assert_ok(crypto_sealer_key(c, s, &keys));
	assert_ok(crypto_seal(c, s, SPAN_EMPTY, iv, data.data, data.len, SPAN_EMPTY, icv));
	assert_span_equal(fixture_span(&data), want);
	assert_ok(crypto_open(c, s, SPAN_EMPTY, iv, data.data, data.len, SPAN_EMPTY, SPAN_ARRAY(icv)));
	assert_span_equal(fixture_span(&data), plain);
	crypto_sealer_free(c, s);
}

/* RFC3686 4: nonce, IV, and a counter that begins at 1 */
static void ctr_gives_the_answers_of_rfc_3686(void **state)
{
	struct section rest = vector_file("rfc/rfc3686-aes-ctr-esp.txt"), test;
	size_t answers = 0;

	while (section_next(&test, &rest, "Test Vector #")) {
		struct fixture_bytes key = hex_after(test, "AES Key"), iv = hex_after(test, "AES-CTR IV");
		struct fixture_bytes nonce = hex_after(test, "Nonce"), plain = hex_after(test, "Plaintext  ");
		struct fixture_bytes want = hex_after(test, "Ciphertext");

		counter_check(*state, fixture_span(&key), fixture_span(&nonce), fixture_span(&iv),
			      fixture_span(&plain), fixture_span(&want));
		answers++;
	}
	assert_int_equal(answers, 9);
}

struct aead_case {
	uint16_t id, bits;
	struct fixture_bytes key, aad, iv, plain, sealed, icv;
};

static void aead_check(const struct crypto *c, struct aead_case *k)
{
	struct seal_keys keys = { .cipher = cipher_find(k->id, k->bits), .encr = fixture_span(&k->key) };
	struct sealer *s = crypto_sealer_new(c);
	struct fixture_bytes data = k->plain;
	uint8_t icv[16];

	assert_true(s != NULL && keys.cipher != NULL && k->icv.len == keys.cipher->icv_len);
	assert_ok(crypto_sealer_key(c, s, &keys));
	assert_ok(crypto_seal(c, s, fixture_span(&k->aad), fixture_span(&k->iv), data.data, data.len, SPAN_EMPTY,
			      icv));
	assert_span_equal(fixture_span(&data), fixture_span(&k->sealed));
	assert_memory_equal(icv, k->icv.data, k->icv.len);
	assert_ok(crypto_open(c, s, fixture_span(&k->aad), fixture_span(&k->iv), data.data, data.len, SPAN_EMPTY,
			      fixture_span(&k->icv)));
	assert_span_equal(fixture_span(&data), fixture_span(&k->plain));
	crypto_sealer_free(c, s);
}

/* RFC7634 2, 3: appendixes A (ESP) and B (IKE) */
static void chacha20_poly1305_gives_the_answers_of_rfc_7634(void **state)
{
	static const uint16_t ids[] = { ENCR_CHACHA20_POLY1305, ENCR_CHACHA20_POLY1305_IIV };
	struct aead_case k = {
		.key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3"),
		.aad = hex("0102030400000005"),
		.iv = hex("1011121314151617"),
		.plain = hex("45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
			     "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
			     "2425262728292a2b2c2d2e2f303132333435363701020204"),
		.sealed = hex("24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
			      "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
			      "cbec163fac469b502773f6fb94e664da9165b82829f641e0"),
		.icv = hex("76aaa8266b7fb0f7b11b369907e1ad43"),
	};

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		k.id = ids[i];
		aead_check(*state, &k);
	}
	k.id = ENCR_CHACHA20_POLY1305;
	k.aad = hex("c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029");
	k.plain = hex("0000000c000040010000000a00");
	k.sealed = hex("610394701f8d017f7c12924889");
	k.icv = hex("6b71bfe25236efd7cdc67066906315b2");
	aead_check(*state, &k);
}

/* RFC4543 3.2, RFC4543 3.5, RFC4543 5.4: the packet of draft-mcgrew-gcm-test-01, whose IV is under the ICV (figure 4) */
static void gmac_gives_the_answer_of_the_draft(void **state)
{
	struct aead_case k = {
		.id = ENCR_NULL_AUTH_AES_GMAC,
		.bits = 128,
		.key = hex("4c80cdefbb5d10da906ac73c3613a63422433c64"),
		.aad = hex("0000432100000007"),
		.iv = hex("0000000000000000"),
		.plain = hex("45000030da3a00008001df3bc0a80005c0a800010800c6cd02000700"
			     "6162636465666768696a6b6c6d6e6f707172737401020201"),
		.icv = hex("f2a9a836e155106aa8dcd618e4099aaa"),
	};

	k.sealed = k.plain;
	aead_check(*state, &k);
}

/* RFC4543 4: in AH the caller's bytes hold the IV; the answer is the draft's, as those bytes are the same */
static void gmac_of_ah_is_over_the_callers_bytes_alone(void **state)
{
	struct fixture_bytes key = hex("4c80cdefbb5d10da906ac73c3613a63422433c64"), iv = hex("0000000000000000");
	struct fixture_bytes want = hex("f2a9a836e155106aa8dcd618e4099aaa");
	struct fixture_bytes text = hex("0000432100000007 0000000000000000"
					"45000030da3a00008001df3bc0a80005c0a800010800c6cd02000700"
					"6162636465666768696a6b6c6d6e6f707172737401020201");
	struct seal_keys keys = { .cipher = cipher_find(ENCR_NULL, 0),
				  .integ = integ_find(INTEG_AES_128_GMAC),
				  .integrity = fixture_span(&key) };
	struct sealer *s = crypto_sealer_new(*state);
	uint8_t icv[16], none[1];

	assert_non_null(s);
	assert_int_equal(seal_iv_len(keys.cipher, keys.integ), 8);
	assert_ok(crypto_sealer_key(*state, s, &keys));
	assert_ok(crypto_seal(*state, s, fixture_span(&text), fixture_span(&iv), none, 0, SPAN_EMPTY, icv));
	assert_span_equal(SPAN_ARRAY(icv), fixture_span(&want));
	assert_ok(crypto_open(*state, s, fixture_span(&text), fixture_span(&iv), none, 0, SPAN_EMPTY, SPAN_ARRAY(icv)));
	iv.data[7] ^= 1;
	assert_int_equal(crypto_open(*state, s, fixture_span(&text), fixture_span(&iv), none, 0, SPAN_EMPTY,
				     SPAN_ARRAY(icv)), ERR_INTEGRITY);
	crypto_sealer_free(*state, s);
}

/* The shorter ICVs are the head of the long one (RFC 4106 6; CCM's are not: RFC4309 4 puts their length in). */
static void shorter_icvs_are_cut_with_gcm_and_others_with_ccm(void **state)
{
	static const uint16_t ids[2][3] = { { ENCR_AES_GCM_16, ENCR_AES_GCM_12, ENCR_AES_GCM_8 },
					    { ENCR_AES_CCM_16, ENCR_AES_CCM_12, ENCR_AES_CCM_8 } };
	static const uint8_t key[36] = { 1, 2, 3 }, iv[8] = { 4 };

	for (size_t mode = 0; mode < 2; mode++) {
		uint8_t whole[16] = { 0 };

		for (size_t i = 0; i < 3; i++) {
			struct seal_keys keys = { .cipher = cipher_find(ids[mode][i], 256) };
			struct sealer *s = crypto_sealer_new(*state);
			uint8_t data[20] = { 5 }, icv[17];

			assert_true(s != NULL && keys.cipher != NULL);
			memset(icv, 0xa5, sizeof(icv));
			keys.encr = span_of(key, 32 + (size_t)keys.cipher->salt_len);
			assert_ok(crypto_sealer_key(*state, s, &keys));
			assert_ok(crypto_seal(*state, s, SPAN_ARRAY(iv), SPAN_ARRAY(iv), data, sizeof(data),
					      SPAN_EMPTY, icv));
			assert_int_equal(icv[keys.cipher->icv_len], 0xa5);
			if (i == 0)
				memcpy(whole, icv, 16);
			else
				assert_int_equal(memcmp(icv, whole, keys.cipher->icv_len) == 0, mode == 0);
			crypto_sealer_free(*state, s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LIBCRYPTO(xcbc_gives_the_answers_of_rfc_3566),
		WITH_LIBCRYPTO(cmac_gives_the_answers_of_rfc_4494),
		WITH_LIBCRYPTO(prfs_of_aes_give_the_answers_of_rfc_4434_and_4615),
		WITH_LIBCRYPTO(hmac_sha1_gives_the_answers_of_rfc_2202),
		WITH_LIBCRYPTO(hmac_sha2_gives_the_answers_of_rfc_4868),
		WITH_LIBCRYPTO(ctr_gives_the_answers_of_rfc_3686),
		WITH_LIBCRYPTO(chacha20_poly1305_gives_the_answers_of_rfc_7634),
		WITH_LIBCRYPTO(gmac_gives_the_answer_of_the_draft),
		WITH_LIBCRYPTO(gmac_of_ah_is_over_the_callers_bytes_alone),
		WITH_LIBCRYPTO(shorter_icvs_are_cut_with_gcm_and_others_with_ccm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
