/* SPDX-License-Identifier: Apache-2.0 */
/* Words of `auth` as swanctl writes them, and what they let through. */
#include "scene.h"

static char words[256];

static enum err parse(struct scheme_constraints *c, const char *word)
{
	struct text why = TEXT_ARRAY(words);

	return scheme_constraint_parse(c, span_text(word), &why);
}

/* Rows that AUTH may use (chain: that certificates may), as "name/method " words. */
static const char *allowed(const struct scheme_constraints *c, bool chain)
{
	static char buffer[512];
	struct text t = TEXT_ARRAY(buffer);

	for (size_t i = 0; i < schemes_count(); i++) {
		const struct scheme_row *row = scheme_at(i);

		if (chain ? row->method != AUTH_DIGITAL_SIGNATURE || !scheme_chain_allowed(c, row->kind, row->hash, row->pss) :
			    !scheme_allowed(c, row))
			continue;
		if (t.len)
			text_char(&t, ' ');
		text_put(&t, row->name);
		if (row->method != AUTH_DIGITAL_SIGNATURE) {
			text_char(&t, '/');
			text_u64(&t, row->method);
		}
	}
	return buffer;
}

static void words_list_schemes_for_auth_and_for_the_chain(void **state)
{
	static const struct {
		const char *word, *auth, *chain; /* chain NULL: any */
		unsigned rsa_bits, ecdsa_bits;
	} rows[] = {
		{ "rsa/pss-sha384", "rsa/pss-sha384", "rsa/pss-sha384", 0, 0 },
		{ "rsa-sha256", "rsa-sha256", "rsa-sha256", 0, 0 },
		{ "ike:rsa-sha256", "rsa-sha256", NULL, 0, 0 },
		{ "ike:ecdsa-sha256", "ecdsa-sha256 ecdsa-sha256/9", NULL, 0, 0 },
		{ "ecdsa-sha256-sha384", "ecdsa-sha256 ecdsa-sha384 ecdsa-sha256/9 ecdsa-sha384/10", "ecdsa-sha256 ecdsa-sha384", 0, 0 },
		{ "sha512", "rsa/pss-sha512 rsa-sha512 ecdsa-sha512 ecdsa-sha512/11", "rsa/pss-sha512 rsa-sha512 ecdsa-sha512", 0, 0 },
		{ "pubkey-sha512", "rsa/pss-sha512 rsa-sha512 ecdsa-sha512 ecdsa-sha512/11", "rsa/pss-sha512 rsa-sha512 ecdsa-sha512", 0, 0 },
		{ "identity", "ed25519-identity ed448-identity", "ed25519-identity ed448-identity", 0, 0 },
		{ "ed25519", "ed25519-identity", NULL, 0, 0 },
		{ "ed448-identity", "ed448-identity", "ed448-identity", 0, 0 },
		{ "rsa-4096-sha512", "rsa-sha512", "rsa-sha512", 4096, 0 },
		{ "rsa/pss-3072", "rsa/pss-sha256 rsa/pss-sha384 rsa/pss-sha512", NULL, 3072, 0 },
		{ "rsa-3072", "rsa/pss-sha256 rsa/pss-sha384 rsa/pss-sha512 rsa-sha256 rsa-sha384 rsa-sha512 rsa-sha1/1", NULL, 3072, 0 },
		{ "ecdsa-384", "ecdsa-sha256 ecdsa-sha384 ecdsa-sha512 ecdsa-sha256/9 ecdsa-sha384/10 ecdsa-sha512/11", NULL, 0, 384 },
		{ "rsa-2048-sha256-ecdsa-256-sha384", "rsa-sha256 ecdsa-sha384 ecdsa-sha384/10", "rsa-sha256 ecdsa-sha384", 2048, 256 },
		{ "rsa-sha1", "rsa-sha1/1", "", 0, 0 },
		{ "pubkey", "rsa/pss-sha256 rsa/pss-sha384 rsa/pss-sha512 rsa-sha256 rsa-sha384 rsa-sha512 ecdsa-sha256 ecdsa-sha384 ecdsa-sha512 "
			    "ed25519-identity ed448-identity ecdsa-sha256/9 ecdsa-sha384/10 ecdsa-sha512/11 rsa-sha1/1", NULL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scheme_constraints c = { 0 };

		assert_int_equal(parse(&c, rows[i].word), ERR_OK);
		assert_string_equal(allowed(&c, false), rows[i].auth);
		if (rows[i].chain)
			assert_string_equal(allowed(&c, true), rows[i].chain);
		else
			assert_int_equal(c.chain_count, 0);
		assert_int_equal(c.rsa_bits, rows[i].rsa_bits);
		assert_int_equal(c.ecdsa_bits, rows[i].ecdsa_bits);
	}
}

static void words_add_up_and_repeat_without_harm(void **state)
{
	struct scheme_constraints c = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(parse(&c, "pubkey-sha1-sha256-sha384-sha512-identity"), ERR_OK);
		assert_int_equal(parse(&c, "rsa"), ERR_OK);
	}
	assert_int_equal(c.count, schemes_count());
	c = (struct scheme_constraints){ 0 };
	assert_int_equal(parse(&c, "ecdsa-sha512"), ERR_OK);
	assert_int_equal(parse(&c, "rsa/pss-sha256"), ERR_OK);
	assert_string_equal(allowed(&c, false), "rsa/pss-sha256 ecdsa-sha512 ecdsa-sha512/11");
	assert_string_equal(scheme_name(c.schemes[0]), "ecdsa-sha512"); /* in the order they were written */
}

static void with_ike_words_the_others_bind_the_chain_alone(void **state)
{
	static const char *const orders[][2] = { { "ike:rsa/pss-sha512", "rsa-sha256" }, { "rsa-sha256", "ike:rsa/pss-sha512" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct scheme_constraints c = { 0 };

		assert_int_equal(parse(&c, orders[i][0]), ERR_OK);
		assert_int_equal(parse(&c, orders[i][1]), ERR_OK);
		assert_string_equal(allowed(&c, false), "rsa/pss-sha512");
		assert_string_equal(allowed(&c, true), "rsa-sha256");
	}
}

static void what_is_no_constraint_is_an_error_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"", "-", "rsa-", "-rsa", "rsa--sha256", "ike:", "rsa-sha3", "dsa-sha256", "2048", "rsa-512", "rsa-1023", "rsa-8193", "rsa-99999",
		"rsa-204800", "ecdsa-160", "ecdsa-522", "ed25519-256", "ed25519-sha256", "rsa-identity", "RSA", "rsa-sha256 ", "pubkey-2048",
	};
	struct scheme_constraints c = { 0 }, none = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse(&c, bad[i]) != ERR_SYNTAX)
			fail_msg("\"%s\" is taken", bad[i]);
		assert_true(strlen(words) > 0);
		assert_memory_equal(&c, &none, sizeof(c));
	}
	assert_int_equal(parse(&c, "rsa-sha3"), ERR_SYNTAX);
	assert_non_null(strstr(words, "\"sha3\""));
}

static void without_constraints_everything_goes(void **state)
{
	struct scheme_constraints none = { 0 };

	(void)state;
	for (size_t i = 0; i < schemes_count(); i++) {
		assert_true(scheme_allowed(NULL, scheme_at(i)));
		assert_true(scheme_allowed(&none, scheme_at(i)));
		assert_non_null(scheme_name(i));
	}
	assert_true(scheme_chain_allowed(NULL, KEY_RSA, HASH_SHA2_256, true));
	assert_null(scheme_name(schemes_count()));
	assert_null(scheme_at(schemes_count()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_list_schemes_for_auth_and_for_the_chain),
		cmocka_unit_test(words_add_up_and_repeat_without_harm),
		cmocka_unit_test(with_ike_words_the_others_bind_the_chain_alone),
		cmocka_unit_test(what_is_no_constraint_is_an_error_and_changes_nothing),
		cmocka_unit_test(without_constraints_everything_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
