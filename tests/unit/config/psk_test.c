/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#define MANY 10000

/* What the secrets of the tests name: several spellings of one, patterns, and %any. */
static const char *const pool[] = {
	"moon.example.org", "MOON.example.org", "sun.example.org", "*.example.org", "carol@example.org", "*@example.org", "192.0.2.1",
	"@#0a0b",           "C=CH, CN=moon",    "C=CH, CN=MOON",   "C=CH, CN=*",    "%any",
};

static struct identity id_of(const char *text)
{
	struct identity id;

	assert_int_equal(identity_parse(&id, text), ERR_OK);
	return id;
}

static int better(int a, int b)
{
	return a > b ? a : b;
}

/* config.h's order, by looking at all of them. */
static const struct psk_config *slow(const struct config *c, const struct identity *local, const struct identity *remote)
{
	const struct psk_config *best = NULL;
	int most = 0;

	for (size_t i = 0; i < c->psks_count; i++) {
		const struct psk_config *psk = &c->psks[i];
		int l = 0, r = 0, fit;
		bool others = false;

		for (size_t k = 0; k < psk->ids_count; k++) {
			others = others || !identity_match(&psk->ids[k], local);
			l = better(l, identity_match(&psk->ids[k], local));
			r = better(r, identity_match(&psk->ids[k], remote));
		}
		fit = !psk->ids_count ? 1 : r ? 100 + (l ? 100 : 0) + 10 * r + l : l && !others ? 10 + l : 0;
		if (fit > most) {
			most = fit;
			best = psk;
		}
	}
	return best;
}

static unsigned dice(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % sides;
}

static void the_secret_found_is_the_one_that_looking_at_all_finds(void **state)
{
	static char text[8192];

	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		unsigned s = seed, secrets = dice(&s, 12);
		struct text t = TEXT_ARRAY(text);
		struct config *c;

		text_put(&t, "secrets { ");
		for (unsigned i = 0; i < secrets; i++) {
			text_put(&t, "ike-");
			text_u64(&t, i);
			text_put(&t, " { secret = x\n");
			for (unsigned k = dice(&s, 4); k > 0; k--) {
				text_put(&t, "id");
				text_u64(&t, k);
				text_put(&t, " = \"");
				text_put(&t, pool[dice(&s, ARRAY_LEN(pool))]);
				text_put(&t, "\"\n");
			}
			text_put(&t, "} ");
		}
		text_put(&t, "}");
		assert_false(t.cut);
		c = load_good(text);
		for (size_t i = 0; i < ARRAY_LEN(pool) * ARRAY_LEN(pool); i++) {
			struct identity local = id_of(pool[i / ARRAY_LEN(pool)]), remote = id_of(pool[i % ARRAY_LEN(pool)]);

			if (config_psk(c, &local, &remote) != slow(c, &local, &remote))
				fail_msg("seed %u: %s, %s", seed, pool[i / ARRAY_LEN(pool)], pool[i % ARRAY_LEN(pool)]);
		}
		config_unref(c);
	}
}

static void equal_identities_have_the_same_key_and_others_do_not(void **state)
{
	uint8_t one[IDENTITY_KEY_MAX], two[IDENTITY_KEY_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pool); i++) {
		for (size_t k = 0; k < ARRAY_LEN(pool); k++) {
			struct identity a = id_of(pool[i]), b = id_of(pool[k]);

			assert_int_equal(span_equal(identity_key(&a, one), identity_key(&b, two)), identity_equal(&a, &b));
		}
	}
}

static void one_of_ten_thousand_secrets_is_found(void **state)
{
	static char text[MANY * 100];
	struct text t = TEXT_ARRAY(text);
	struct config *c;

	(void)state;
	text_put(&t, "secrets {\n");
	for (unsigned i = 0; i < MANY; i++) {
		text_put(&t, "ike-");
		text_u64(&t, i);
		text_put(&t, " { secret = x\n id1 = gw.example.org\n id2 = client");
		text_u64(&t, i);
		text_put(&t, ".example.org }\n");
	}
	text_put(&t, "}\n");
	c = load_good(text);
	for (unsigned i = 0; i < MANY; i++) {
		char name[64], want[64];
		struct identity gw = id_of("gw.example.org"), client;

		snprintf(name, sizeof(name), "Client%u.example.org", i);
		snprintf(want, sizeof(want), "ike-%u", i);
		client = id_of(name);
		assert_non_null(config_psk(c, &gw, &client));
		assert_string_equal(config_psk(c, &gw, &client)->name, want);
	}
	config_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_secret_found_is_the_one_that_looking_at_all_finds),
		cmocka_unit_test(equal_identities_have_the_same_key_and_others_do_not),
		cmocka_unit_test(one_of_ten_thousand_secrets_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
