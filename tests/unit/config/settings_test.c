/* SPDX-License-Identifier: Apache-2.0 */
/* The settings language: what text becomes which tree (settings.c, settings_parse.c, settings_refs.c). */
#include "loading.h"

#include "report.h"

struct tree {
	struct memory memory;
	struct settings settings;
	struct report report;
	char errors[8192];
	struct text text;
};

static enum err tree_read(struct tree *t, const char *text)
{
	enum err err;

	t->memory = memory_system(STORE_LIMIT);
	t->text = TEXT_ARRAY(t->errors);
	report_init(&t->report, &t->text, NULL);
	settings_init(&t->settings, store_new(&t->memory));
	assert_non_null(t->settings.store);
	err = settings_parse(&t->settings, "t", span_text(text), &t->report);
	if (!err)
		err = settings_resolve(&t->settings, &t->report);
	return err;
}

/* "a.b=c\n" for each value, "a{}\n" for each empty section, in order. */
static void tree_print(struct text *out, const struct settings *s)
{
	for (const struct setting *at = setting_next(&s->root, &s->root); at; at = setting_next(&s->root, at)) {
		if (setting_is_section(at) && at->first)
			continue;
		text_setting_path(out, at);
		if (setting_is_section(at)) {
			text_put(out, "{}");
		} else {
			text_char(out, '=');
			text_put(out, at->value);
		}
		text_char(out, '\n');
	}
}

static void assert_tree(const char *text, const char *want)
{
	static struct tree t;
	char buffer[4096];
	struct text out = TEXT_ARRAY(buffer);

	assert_int_equal(tree_read(&t, text), ERR_OK);
	assert_string_equal(t.errors, "");
	tree_print(&out, &t.settings);
	assert_string_equal(buffer, want);
	store_free(t.settings.store);
}

static void assert_wrong(const char *text, const char *errors)
{
	static struct tree t;

	assert_int_equal(tree_read(&t, text), ERR_SYNTAX);
	assert_string_equal(t.errors, errors);
	store_free(t.settings.store);
}

static void sections_nest_and_values_end_with_their_line(void **state)
{
	(void)state;
	assert_tree("", "");
	assert_tree("a = 1", "a=1\n");
	assert_tree("a { b { c = 1 \n d=2 } e { } }", "a.b.c=1\na.b.d=2\na.e{}\n");
	assert_tree("a\n{\nb\n=\t two words \t\r\n}\n", "a.b=two words\n");
	assert_tree("a = b = c : d, e", "a=b = c : d, e\n");
}

static void comments_end_with_their_line(void **state)
{
	(void)state;
	assert_tree("# one\na = 1 # two } \" {\n#three\n", "a=1\n");
	assert_tree("a # x\n{ # y\n b = 1# z\n}", "a.b=1\n");
}

static void quoted_values_keep_everything(void **state)
{
	(void)state;
	assert_tree("a = \" # { } = \" # comment", "a= # { } = \n");
	assert_tree("a = \"one\ntwo\"\nb = 1", "a=one\ntwo\nb=1\n");
	assert_tree("a = \"one\\\ntwo\"", "a=onetwo\n");
	assert_tree("a = \"\\n\\r\\t\\b\\f\\\"\\\\\\x\"", "a=\n\r\t\b\f\"\\x\n");
	assert_tree("a = one \"two  \" three", "a=one two   three\n");
	assert_tree("\"a.b\" { \"c d\" = 1 }", "a.b.c d=1\n");
	assert_tree("a { b = c}", "a.b=c\n");
}

static void later_definitions_merge_into_earlier_ones(void **state)
{
	(void)state;
	assert_tree("a { b = 1\n c = 2 }\na { c = 3\n d { e = 4 } }\na { d { f = 5 } }",
		    "a.b=1\na.c=3\na.d.e=4\na.d.f=5\n");
	assert_tree("a = 1\na { b = 2 }", "a=1\na.b=2\n");
}

static void an_empty_value_clears_and_an_empty_quoted_one_does_not(void **state)
{
	(void)state;
	assert_tree("a { b = 1\n b =\n c = 2 }", "a.c=2\n");
	assert_tree("a { b =\n b = 1 }", "a.b=1\n");
	assert_tree("a { b = \"\" }", "a.b=\n");
	assert_tree("a { b = 1\nb = # nothing\n}", "a{}\n");
}

static void a_section_inherits_what_it_lacks(void **state)
{
	(void)state;
	assert_tree("base { x = 1\n y = 2\n s { z = 3 } }\na : base { y = 4\n s { w = 5 } }",
		    "base.x=1\nbase.y=2\nbase.s.z=3\na.y=4\na.s.w=5\na.s.z=3\na.x=1\n");
	assert_tree("b { c { x = 1 } }\na : b.c { }", "b.c.x=1\na.x=1\n");
	assert_tree("b { x = 1 }\nc { x = 2\ny = 3 }\na : b, c { }", "b.x=1\nc.x=2\nc.y=3\na.x=1\na.y=3\n");
}

static void inheritance_works_before_the_base_is_written_and_in_chains(void **state)
{
	(void)state;
	assert_tree("a : b { }\nb : c { y = 2 }\nc { x = 1\ny = 3 }", "a.y=2\na.x=1\nb.y=2\nb.x=1\nc.x=1\nc.y=3\n");
	assert_tree("b { s : c { } }\nc { x = 1 }\na : b { }", "b.s.x=1\nc.x=1\na.s.x=1\n");
	assert_tree("a : b.s { }\nb : c { }\nc { s { x = 1 } }", "a.x=1\nb.s.x=1\nc.s.x=1\n");
}

static void an_empty_value_takes_away_what_is_inherited(void **state)
{
	(void)state;
	assert_tree("base { x = 1\n y = 2 }\na : base { x =\n }", "base.x=1\nbase.y=2\na.y=2\n");
}

static void references_that_lead_nowhere_or_in_circles_are_refused(void **state)
{
	(void)state;
	assert_wrong("a : nope { }", "t:1: a: the section \"nope\" to inherit from does not exist; write its full name");
	assert_wrong("a : a { }",
		     "t:1: a: the section \"a\" to inherit from inherits from this one; break the circle");
	assert_wrong("b { a : b { } }",
		     "t:1: b.a: the section \"b\" to inherit from inherits from this one; break the circle");
	assert_wrong("a : b { }\nb : a { }",
		     "t:2: b: the section \"a\" to inherit from inherits from this one; break the circle");
	assert_wrong("a : { }", "t:1: an empty name; write one");
	assert_wrong("a : b c { }", "t:1: expected \"{\" after the sections to inherit from; write name : base { … }");
}

static void every_syntax_error_of_a_file_is_reported(void **state)
{
	(void)state;
	assert_wrong("}\n= 5\nfoo\nbar = { x\n: a\n{\nq {\n",
		     "t:1: a \"}\" that closes nothing; take it out\n"
		     "t:2: unexpected \"=\" in column 1; expected a section, \"key = value\", include or \"}\"\n"
		     "t:3: \"foo\" is neither a section nor a key; write foo { … } or foo = value\n"
		     "t:4: a \"{\" in a value; put the value in quotes, or leave out the \"=\" before a section\n"
		     "t:5: unexpected \":\" in column 1; expected a section, \"key = value\", include or \"}\"\n"
		     "t:6: unexpected \"{\" in column 1; expected a section, \"key = value\", include or \"}\"\n"
		     "t:7: section q does not end; add the missing \"}\"");
	assert_wrong("a {\n b = \"x\n }\n",
		     "t:2: the quoted text that begins here does not end; add the closing '\"'\n"
		     "t:1: section a does not end; add the missing \"}\"");
	assert_wrong("a\001b = 1",
		     "t:1: \"a\" is neither a section nor a key; write a { … } or a = value\n"
		     "t:1: unexpected \"\\x01\" in column 2; expected a section, \"key = value\", include or \"}\"");
	assert_wrong("\"\" = 1", "t:1: an empty name; write one");
	assert_wrong("include x", "t:1: include is only possible in a file; write the settings in place");
	assert_wrong("include\n", "t:1: include without a file; write include \"conf.d/*.conf\"");
}

static void a_word_among_secrets_is_not_repeated(void **state)
{
	(void)state;
	assert_wrong("secrets { ike {\nsecret =\n  hunter2\n} }",
		     "t:3: something that is neither a section nor a key; write name { … } or key = value");
}

static void a_name_may_be_include_where_it_is_not_a_command(void **state)
{
	(void)state;
	assert_tree("include = 1\ninclude { a = 1 }", "include=1\ninclude.a=1\n");
}

static void sections_nest_sixteen_deep_and_no_deeper(void **state)
{
	char text[256] = "";
	struct text t = TEXT_ARRAY(text);
	struct loaded l;

	(void)state;
	for (int i = 0; i < SETTINGS_DEPTH_MAX; i++)
		text_put(&t, "a{");
	text_put(&t, "b=1\n");
	for (int i = 0; i < SETTINGS_DEPTH_MAX; i++)
		text_char(&t, '}');
	assert_tree(text, "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.b=1\n");
	t = TEXT_ARRAY(text);
	for (int i = 0; i <= SETTINGS_DEPTH_MAX; i++)
		text_put(&t, "a{");
	load_text(&l, text);
	assert_string_equal(l.errors, "t:1: sections nest deeper than 16; this is not a configuration of ours");
}

static void inheriting_deeper_than_sixteen_is_refused(void **state)
{
	char text[512] = "";
	struct text t = TEXT_ARRAY(text);

	(void)state;
	for (int i = 0; i < 10; i++)
		text_put(&t, "a{");
	text_put(&t, "x : b { } ");
	for (int i = 0; i < 10; i++)
		text_char(&t, '}');
	for (int i = 0; i < 10; i++)
		text_put(&t, "b{");
	for (int i = 0; i < 10; i++)
		text_char(&t, '}');
	assert_wrong(text, "t:1: a.a.a.a.a.a.a.a.a.a.x: inherits too much; sections nest deeper than 16, or memory ran out");
}

/* Text of a pattern with a run of 'v' in it. */
static char *with_run(const char *before, size_t run, const char *after)
{
	size_t head = strlen(before);
	char *text = calloc(1, head + run + strlen(after) + 1);

	assert_non_null(text);
	memcpy(text, before, head);
	memset(&text[head], 'v', run);
	memcpy(&text[head + run], after, strlen(after));
	return text;
}

static void names_and_values_are_bounded(void **state)
{
	static const struct {
		const char *before, *after, *error;
		size_t max;
	} rows[] = {
		{ "", " = 1", "t:1: the name is longer than 127 bytes; shorten it", SETTINGS_NAME_MAX },
		{ "a = ", "", "t:1: the value is longer than 16384 bytes; shorten it", SETTINGS_VALUE_MAX },
		{ "a = \"", "\"", "t:1: the value is longer than 16384 bytes; shorten it", SETTINGS_VALUE_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static struct tree t;
		char *fits = with_run(rows[i].before, rows[i].max, rows[i].after);
		char *too_long = with_run(rows[i].before, rows[i].max + 1, rows[i].after);

		assert_int_equal(tree_read(&t, fits), ERR_OK);
		store_free(t.settings.store);
		assert_wrong(too_long, rows[i].error);
		free(fits);
		free(too_long);
	}
}

static void reading_stops_after_fifty_errors(void **state)
{
	char text[256] = "";
	static struct tree t;
	unsigned lines = 1;

	(void)state;
	memset(text, '}', 200);
	assert_int_equal(tree_read(&t, text), ERR_SYNTAX);
	for (const char *c = t.errors; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, SETTINGS_ERRORS_MAX);
	store_free(t.settings.store);
}

/* Past a handful, children are found by an index; sections and keys of one name stay apart in it. */
static void sections_with_many_children_merge_like_others(void **state)
{
	static struct tree t;
	char *text = calloc(1, 200000);
	struct text out = text_of(text, 200000);
	size_t count = 0;

	(void)state;
	assert_non_null(text);
	for (unsigned round = 0; round < 3; round++) {
		text_put(&out, "s {\n");
		for (unsigned i = 0; i < 1000; i++) {
			char line[64];

			snprintf(line, sizeof(line), "k%u = %u\nk%u { r%u = 1\n }\n", i, round, i, round);
			text_put(&out, line);
		}
		text_put(&out, "}\n");
	}
	assert_false(out.cut);
	assert_int_equal(tree_read(&t, text), ERR_OK);
	for (const struct setting *at = &t.settings.root; at; at = setting_next(&t.settings.root, at)) {
		if (at->value && at->name[0] == 'k')
			assert_string_equal(at->value, "2");
		count++;
	}
	assert_int_equal(count, 1 + 1 + 1000 + 1000 + 3000);
	store_free(t.settings.store);
	free(text);
}

static void settings_know_their_places(void **state)
{
	static struct tree t;
	const struct setting *a, *b;

	(void)state;
	assert_int_equal(tree_read(&t, "\n# x\n  a {\n\tb = 1\n}\n"), ERR_OK);
	a = setting_find(&t.settings.root, span_text("a"), true);
	b = setting_find(a, span_text("b"), false);
	assert_int_equal(a->line, 3);
	assert_int_equal(a->column, 3);
	assert_int_equal(b->line, 4);
	assert_int_equal(b->column, 2);
	assert_string_equal(b->file->name, "t");
	assert_null(setting_find(a, span_text("b"), true));
	store_free(t.settings.store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_nest_and_values_end_with_their_line),
		cmocka_unit_test(comments_end_with_their_line),
		cmocka_unit_test(quoted_values_keep_everything),
		cmocka_unit_test(later_definitions_merge_into_earlier_ones),
		cmocka_unit_test(an_empty_value_clears_and_an_empty_quoted_one_does_not),
		cmocka_unit_test(a_section_inherits_what_it_lacks),
		cmocka_unit_test(inheritance_works_before_the_base_is_written_and_in_chains),
		cmocka_unit_test(an_empty_value_takes_away_what_is_inherited),
		cmocka_unit_test(references_that_lead_nowhere_or_in_circles_are_refused),
		cmocka_unit_test(every_syntax_error_of_a_file_is_reported),
		cmocka_unit_test(a_word_among_secrets_is_not_repeated),
		cmocka_unit_test(a_name_may_be_include_where_it_is_not_a_command),
		cmocka_unit_test(sections_nest_sixteen_deep_and_no_deeper),
		cmocka_unit_test(inheriting_deeper_than_sixteen_is_refused),
		cmocka_unit_test(names_and_values_are_bounded),
		cmocka_unit_test(reading_stops_after_fifty_errors),
		cmocka_unit_test(sections_with_many_children_merge_like_others),
		cmocka_unit_test(settings_know_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
