/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "nearest.h"
#include "require.h"
#include "values.h"

/* Whether two values mean the same to a key. */
static bool value_same(enum key_type type, struct span a, struct span b)
{
	uint64_t time_a, time_b;
	bool bool_a, bool_b;

	if (type == KEY_TIME && !value_time(&time_a, a) && !value_time(&time_b, b))
		return time_a == time_b;
	if (type == KEY_BOOL && !value_bool(&bool_a, a) && !value_bool(&bool_b, b))
		return bool_a == bool_b;
	return span_equal(a, b);
}

/* Whether the value of a key that is not done says what happens anyway. */
static bool value_is_harmless(const struct key_row *row, struct span value)
{
	struct span rest = span_text(row->values), one;

	if (value_same(row->type, value, span_text(row->standard)))
		return true;
	while (key_value_next(&rest, &one)) {
		if (value_same(row->type, value, one))
			return true;
	}
	return false;
}

static void refuse_later(struct report *report, const struct setting *setting)
{
	const struct key_row *row = setting->row;
	struct text *t = report_begin(report, REPORT_ERROR, setting, NULL);

	if (row->standard[0]) {
		text_quoted(t, span_text(setting->value));
		text_put(t, " is not supported yet; remove it or write ");
		text_put(t, row->standard);
	} else {
		text_put(t, "not supported yet; remove it");
	}
	report_end(report);
}

static void warn_unused(struct report *report, const struct setting *setting)
{
	text_put(report_begin(report, REPORT_WARNING, setting, NULL),
		 "means nothing in IKEv2; remove it");
	report_end(report);
}

/* Whether a name is there as the other sort of thing. */
static bool is_other_sort(const struct key_scope *scope, const struct setting *setting,
			  bool section)
{
	struct span name;
	bool is_section;

	for (size_t i = 0; key_scope_name(scope, &i, &name, &is_section);) {
		if (is_section != section && span_equal(name, span_text(setting->name)))
			return true;
	}
	return false;
}

/* Whether one of two names is a word of the other, which are joined by "_". */
static bool has_word(struct span a, struct span b)
{
	struct span all = a.len > b.len ? a : b, word = a.len > b.len ? b : a;
	size_t at = 0;

	if (word.len < 3)
		return false;
	for (; all.len - at >= word.len; at++) {
		bool begins = at == 0 || all.data[at - 1] == '_';
		bool ends = at + word.len == all.len || all.data[at + word.len] == '_';

		if (begins && ends && memcmp(&all.data[at], word.data, word.len) == 0)
			return true;
	}
	return false;
}

/* The nearest name of the sort that was written, or one with the same word in it. */
static struct span suggest(const struct key_scope *scope, const struct setting *setting,
			   bool section)
{
	struct nearest nearest = nearest_of(span_text(setting->name));
	struct span name;
	bool is_section;

	for (size_t i = 0; key_scope_name(scope, &i, &name, &is_section);) {
		if (is_section == section)
			nearest_offer(&nearest, name);
	}
	/* "socket" for vici_socket: no slip of the pen, but the same word. */
	for (size_t i = 0; !nearest.best.len && key_scope_name(scope, &i, &name, &is_section);) {
		if (is_section == section && has_word(name, span_text(setting->name)))
			nearest.best = name;
	}
	return nearest.best;
}

static void refuse_unknown(struct report *report, const struct key_scope *scope,
			   const struct setting *setting)
{
	bool section = setting_is_section(setting);
	struct text *t = report_begin(report, REPORT_ERROR, setting, NULL);
	struct span best = suggest(scope, setting, section);
	struct key_scope inner;
	bool other = is_other_sort(scope, setting, section);

	/* Where any name may stand, as below connections, a key can only have been meant for a
	 * section. */
	if (!best.len && !section && key_scope_enter(scope, span_text(setting->name), &inner))
		other = true;
	if (other && section) {
		text_put(t, "is a key, not a section; write ");
		text_peer(t, span_text(setting->name));
		text_put(t, " = value");
	} else if (other) {
		text_put(t, "is a section, not a key; write ");
		text_peer(t, span_text(setting->name));
		text_put(t, " { … }");
	} else {
		text_put(t, section ? "unknown section" : "unknown key");
		if (best.len) {
			text_put(t, "; did you mean \"");
			text_peer(t, best);
			text_char(t, '"');
		} else {
			text_put(t, "; remove it, or see adit.conf(5) for what there is");
		}
	}
	report_end(report);
}

/* A key on the line of another: swanctl takes it for a part of the value, which nobody means. */
static void second_check(struct settings *s, struct report *report, const struct key_scope *scope, struct setting *setting)
{
	struct span name = span_text(&setting->value[setting->second_at]), value = span_head(span_text(setting->value), setting->second_at);
	const char *first;
	struct text *t;

	name = span_head(name, strcspn(&setting->value[setting->second_at], " \t\r="));
	if (!setting->second_at || !key_scope_find(scope, name))
		return;
	t = report_begin(report, REPORT_ERROR, setting, NULL);
	text_put(t, "there is another key on the line, ");
	text_peer(t, name);
	text_put(t, "; write one key a line, or put the value in quotes");
	report_end(report);
	first = store_text(s->store, span_trim(value)); /* so that nothing else is said of the value */
	if (first)
		setting->value = first;
}

static void key_check(struct settings *s, struct report *report, const struct key_scope *scope, struct setting *setting)
{
	second_check(s, report, scope, setting);
	setting->row = key_scope_find(scope, span_text(setting->name));
	if (!setting->row)
		refuse_unknown(report, scope, setting);
	else if (setting->row->status == KEY_LATER &&
		 !value_is_harmless(setting->row, span_trim(span_text(setting->value))))
		refuse_later(report, setting);
	else if (setting->row->status == KEY_UNUSED)
		warn_unused(report, setting);
}

void keys_check(struct settings *s, struct report *report)
{
	struct key_scope scopes[SETTINGS_DEPTH_MAX + 1];
	struct setting *at = s->root.first;
	unsigned depth = 0;

	scopes[0] = key_scope_root();
	while (at) {
		if (!setting_is_section(at)) {
			key_check(s, report, &scopes[depth], at);
		} else if (key_scope_enter(&scopes[depth], span_text(at->name),
					   &scopes[depth + 1])) {
			if (at->first) {
				REQUIRE(++depth < ARRAY_LEN(scopes));
				at = at->first;
				continue;
			}
		} else if (depth > 0 || !at->referenced) {
			/* What others inherit from is checked there. */
			refuse_unknown(report, &scopes[depth], at);
		}
		while (at && !at->next) {
			at = at->parent;
			if (at == &s->root)
				return;
			depth--;
		}
		at = at ? at->next : NULL;
	}
}
