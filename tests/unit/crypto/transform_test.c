/* SPDX-License-Identifier: Apache-2.0 */
/* The rows agree with each other, with the registry's names and with the limits. */
#include "fixture.h"

static void rows_are_found_by_number_and_by_keyword(void **state)
{
	size_t rows = 0;

	(void)state;
	for (; transform_at(rows) != NULL; rows++) {
		const struct transform_row *row = transform_at(rows);
		const struct transform_row *found =
			transform_find(row->type, row->id, row->key_bits);

		assert_non_null(found);
		assert_string_equal(found->name, row->name);
		assert_non_null(row->keyword);
		assert_true(row->protocols != 0 && (row->protocols & ~0xe) == 0);
		for (uint8_t protocol = 1; protocol <= 3; protocol++) {
			if ((row->protocols & 1 << protocol) != 0)
				assert_ptr_equal(transform_by_keyword(span_text(row->keyword), protocol), row);
		}
	}
	assert_true(rows > 100);
	assert_null(transform_at(rows + 1));
	assert_null(transform_at(SIZE_MAX));
}

static void aliases_are_the_same_algorithm(void **state)
{
	static const char *const pairs[][2] = {
		{ "aes128gcm16", "aes128gcm" }, { "aes256gcm16", "aes256gcm128" },
		{ "aes192gcm16", "aes192gcm" }, { "aes128", "aes" },
		{ "x25519", "curve25519" },	{ "sha256", "sha2_256" },
		{ "aes128ccm8", "aes128ccm64" }, { "x448", "curve448" },
		{ "aes192gcm12", "aes192gcm96" }, { "sha1", "sha" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const struct transform_row *a = transform_by_keyword(span_text(pairs[i][0]), 1);
		const struct transform_row *b = transform_by_keyword(span_text(pairs[i][1]), 1);

		assert_true(a != NULL && b != NULL && a != b);
		assert_ptr_equal(transform_find(b->type, b->id, b->key_bits), a);
		assert_string_equal(a->name, b->name);
	}
}

static void gmac_is_a_cipher_to_esp_and_integrity_to_ah(void **state)
{
	const struct transform_row *esp = transform_by_keyword(span_text("aes192gmac"), 3);
	const struct transform_row *ah = transform_by_keyword(span_text("aes192gmac"), 2);

	(void)state;
	assert_true(esp != NULL && esp->type == TRANSFORM_ENCR && esp->id == ENCR_NULL_AUTH_AES_GMAC);
	assert_true(ah != NULL && ah->type == TRANSFORM_INTEG && ah->id == INTEG_AES_192_GMAC);
	assert_non_null(transform_by_keyword(span_text("aes192gmac"), 1)); /* so that it can be refused by name */
}

/* RFC 8247 2.4, 8221 5 */
static void the_weak_are_known_by_name(void **state)
{
	static const struct {
		const char *keyword;
		uint8_t protocol;
		bool weak;
	} known[] = {
		{ "3des", 3, true },	   { "3des", 1, true },	    { "null", 3, true },
		{ "modp1024", 1, true },   { "modp1536", 3, true }, { "modp1024s160", 1, true },
		{ "modp2048s224", 1, true }, { "modp2048s256", 1, true }, { "modp2048", 1, false },
		{ "aes128gcm16", 3, false }, { "sha256", 1, false }, { "x25519", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct transform_row *row =
			transform_by_keyword(span_text(known[i].keyword), known[i].protocol);

		assert_non_null(row);
		assert_int_equal(transform_weakness(row->type, row->id, known[i].protocol) != NULL,
				 known[i].weak);
	}
}

static void unknown_keywords_and_numbers_have_no_row(void **state)
{
	static const char *const words[] = { "",      "aes1",	 "aes128gcm17", "AES128",
					     "x2551", "x25519 ", "sha2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_null(transform_by_keyword(span_text(words[i]), 1));
	assert_null(transform_by_keyword(SPAN_EMPTY, 1));
	assert_null(transform_find(TRANSFORM_ENCR, ENCR_AES_CBC, 0));
	assert_null(transform_find(TRANSFORM_PRF, PRF_HMAC_SHA2_256, 256));
	assert_null(cipher_find(ENCR_AES_GCM_16, 64));
	assert_null(integ_find(INTEG_NONE));
	assert_null(prf_find(0));
	assert_null(ke_find(KE_NONE));
}

static void names_are_the_registrys(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t id;
		const char *name;
	} known[] = {
		{ TRANSFORM_ENCR, 3, "3DES_CBC" },	{ TRANSFORM_ENCR, 13, "AES_CTR" },
		{ TRANSFORM_ENCR, 28, "CHACHA20_POLY1305" },
		{ TRANSFORM_PRF, 1, "PRF_HMAC_MD5" },	{ TRANSFORM_INTEG, 2, "HMAC_SHA1_96" },
		{ TRANSFORM_KE, 2, "MODP_1024" },	{ TRANSFORM_KE, 20, "ECP_384" },
		{ TRANSFORM_KE, 28, "ECP_256_BP" },	{ TRANSFORM_KE, 32, "CURVE_448" },
		{ TRANSFORM_KE, 36, "ML_KEM_768" },	{ 6, 36, "ML_KEM_768" },
		{ 12, 0, "NONE" },			{ TRANSFORM_ESN, 1, "EXT_SEQ" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const char *name = transform_registry_name(known[i].type, known[i].id);

		assert_non_null(name);
		assert_string_equal(name, known[i].name);
	}
	for (size_t i = 0; transform_at(i) != NULL; i++) {
		const struct transform_row *row = transform_at(i);
		const char *name = transform_registry_name(row->type, row->id);

		assert_non_null(name);
		assert_string_equal(name, row->name);
	}
	assert_null(transform_registry_name(TRANSFORM_ENCR, 10));
	assert_null(transform_registry_name(TRANSFORM_KE, 1024));
	assert_null(transform_registry_name(0, 1));
	assert_null(transform_registry_name(5 + 8, 1));
}

static void cipher_sizes_are_sound(const struct transform_row *row)
{
	const struct cipher *k = row->cipher;

	assert_true(k->id == row->id && k->key_bits == row->key_bits);
	assert_true(k->key_bits == 0 || k->key_bits == k->key_len * 8);
	assert_true(k->id == ENCR_NULL || k->key_len >= 16);
	assert_true(k->key_len + k->salt_len <= CIPHER_KEY_MAX);
	assert_true(k->block_len >= 1 && (k->iv_len >= 8 || k->id == ENCR_NULL));
	assert_int_equal(cipher_counts(k), k->salt_len != 0);
	assert_int_equal(cipher_sent_iv_len(k), k->flags & CIPHER_IV_IMPLICIT ? 0 : k->iv_len);
	/* RFC 8750 4: IKE has no sequence number that could be an IV; and it encrypts */
	assert_true(k->flags == 0 || row->protocols == 1 << 3);
}

static void sizes_are_sound_and_within_the_limits(void **state)
{
	(void)state;
	for (size_t i = 0; transform_at(i) != NULL; i++) {
		const struct transform_row *row = transform_at(i);

		if (row->type == TRANSFORM_ENCR)
			cipher_sizes_are_sound(row);
		if (row->type == TRANSFORM_PRF) {
			assert_int_equal(row->prf->id, row->id);
			assert_in_range(row->prf->out_len, 16, SECRET_MAX);
			assert_in_range(row->prf->key_len, 16, SECRET_MAX);
			/* RFC 7296 2.10: a nonce is at least half the PRF's key */
			assert_true(NONCE_LEN * 2 >= row->prf->key_len);
			assert_true(row->prf->nonce_len <= NONCE_MIN);
		}
		if (row->type == TRANSFORM_INTEG) {
			assert_int_equal(row->integ->id, row->id);
			assert_in_range(row->integ->key_len, 16, SECRET_MAX);
			assert_in_range(row->integ->icv_len, 12, SECRET_MAX);
		}
		if (row->type == TRANSFORM_KE) {
			assert_int_equal(row->ke->id, row->id);
			assert_in_range(row->ke->public_len_i, 32, KE_PUBLIC_MAX);
			assert_in_range(row->ke->public_len_r, 32, KE_PUBLIC_MAX);
			assert_in_range(row->ke->shared_len, 24, KE_SHARED_MAX);
		}
	}
}

/* Seven keys of an IKE SA, of the largest PRF with any cipher, fit what is set aside for them. */
static void the_longest_key_material_fits(void **state)
{
	size_t prf = 0, encr = 0, integ = 0;

	(void)state;
	for (size_t i = 0; transform_at(i) != NULL; i++) {
		const struct transform_row *row = transform_at(i);
		size_t len = 0;

		if (row->type == TRANSFORM_ENCR)
			len = (size_t)row->cipher->key_len + row->cipher->salt_len;
		if (len > encr)
			encr = len;
		if (row->type == TRANSFORM_PRF && row->prf->key_len > prf)
			prf = row->prf->key_len;
		if (row->type == TRANSFORM_INTEG && row->integ->key_len > integ)
			integ = row->integ->key_len;
	}
	assert_in_range(3 * prf + 2 * encr + 2 * integ, 200, KEYMAT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_found_by_number_and_by_keyword),
		cmocka_unit_test(aliases_are_the_same_algorithm),
		cmocka_unit_test(gmac_is_a_cipher_to_esp_and_integrity_to_ah),
		cmocka_unit_test(the_weak_are_known_by_name),
		cmocka_unit_test(unknown_keywords_and_numbers_have_no_row),
		cmocka_unit_test(names_are_the_registrys),
		cmocka_unit_test(sizes_are_sound_and_within_the_limits),
		cmocka_unit_test(the_longest_key_material_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
