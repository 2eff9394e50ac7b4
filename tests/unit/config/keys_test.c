/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include "keys.h"

static const struct key_row *find(const char *path)
{
	struct key_scope scope = key_scope_root();
	struct span rest = span_text(path);

	for (;;) {
		const uint8_t *dot = memchr(rest.data, '.', rest.len);

		if (!dot)
			return key_scope_find(&scope, rest);
		if (!key_scope_enter(&scope, span_head(rest, (size_t)(dot - rest.data)), &scope))
			return NULL;
		rest = span_tail(rest, (size_t)(dot - rest.data) + 1);
	}
}

static void names_and_suffixes_stand_for_what_they_should(void **state)
{
	(void)state;
	assert_ptr_equal(find("connections.home.encap"), key_row(KEY_CONN_ENCAP));
	assert_ptr_equal(find("connections.home.local.auth"), key_row(KEY_LOCAL_AUTH));
	assert_ptr_equal(find("connections.home.local-2.auth"), key_row(KEY_LOCAL_AUTH));
	assert_ptr_equal(find("connections.children.children.children.mode"), key_row(KEY_CHILD_MODE));
	assert_ptr_equal(find("connections.home.remote.cacert-x.file"), key_row(KEY_REMOTE_CACERT_FILE));
	assert_ptr_equal(find("connections.home.remote.cert-x.file"), key_row(KEY_REMOTE_CERT_FILE));
	assert_ptr_equal(find("secrets.ike.secret"), key_row(KEY_SECRET_IKE_SECRET));
	assert_ptr_equal(find("secrets.ike-peer.id-7"), key_row(KEY_SECRET_IKE_ID));
	assert_ptr_equal(find("pools.p.dns"), key_row(KEY_POOL_DNS));
	assert_ptr_equal(find("pools.p.20"), key_row(KEY_POOL_NUMBER));
	assert_ptr_equal(find("adit.port"), key_row(KEY_ADIT_PORT));
}

static void what_has_no_row_is_not_found(void **state)
{
	static const char *const none[] = { "encap", "adit.encap", "connections.encap", "connections.home.local",
					    "connections.home.loc.auth", "secrets.foo.secret", "adit.port.x", "secrets.ike.secret2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_null(find(none[i]));
}

/* The scope search relies on it. */
static void rows_of_a_section_follow_one_another(void **state)
{
	(void)state;
	for (int i = 0; i < KEYS_COUNT; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s", key_row((enum key)i)->path);
		for (char *c = path; *c; c++)
			*c = *c == '<' || *c == '>' ? 'x' : *c;
		/* "<conn>" has become "xconnx", which any name matches; "local<suffix>" "localxsuffixx". */
		if (find(path) != key_row((enum key)i))
			fail_msg("%s is not found", path);
	}
}

static void every_row_has_words_and_bounds_that_hold_something(void **state)
{
	(void)state;
	for (int i = 0; i < KEYS_COUNT; i++) {
		const struct key_row *row = key_row((enum key)i);
		size_t len = strlen(row->help);

		assert_true(len > 3 && row->help[len - 1] == '.');
		assert_true(row->least <= row->most);
		if (row->type == KEY_CHOICE)
			assert_true(key_value_in(row->values, span_text(row->standard)));
	}
}

static void values_of_a_list_are_found_in_any_case(void **state)
{
	(void)state;
	assert_true(key_value_in("none|start", span_text("START")));
	assert_false(key_value_in("none|start", span_text("star")));
	assert_false(key_value_in("none|start", span_text("none|start")));
	assert_false(key_value_in("", span_text("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_suffixes_stand_for_what_they_should),
		cmocka_unit_test(what_has_no_row_is_not_found),
		cmocka_unit_test(rows_of_a_section_follow_one_another),
		cmocka_unit_test(every_row_has_words_and_bounds_that_hold_something),
		cmocka_unit_test(values_of_a_list_are_found_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
