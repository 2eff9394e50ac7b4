/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include "defaults.h"

static const struct key_row rows[KEYS_COUNT] = {
#define WORKS(id_, path_, type_, values_, later_, least_, most_, help_) \
	{ .path = path_, .type = KEY_##type_, .status = KEY_WORKS, .standard = DEFAULT_##id_, \
	  .values = values_, .later = later_, .least = least_, .most = most_, .help = help_ },
#define LATER(id_, path_, type_, standard_, harmless_, help_) \
	{ .path = path_, .type = KEY_##type_, .status = KEY_LATER, .standard = standard_, \
	  .values = harmless_, .later = "", .help = help_ },
#define UNUSED(id_, path_, type_, standard_, help_) \
	{ .path = path_, .type = KEY_##type_, .status = KEY_UNUSED, .standard = standard_, \
	  .values = "", .later = "", .most = UINT64_MAX, .help = help_ },
	KEY_ROWS(WORKS, LATER, UNUSED)
#undef WORKS
#undef LATER
#undef UNUSED
};

const struct key_row *key_row(enum key key)
{
	return &rows[key];
}

/* Component number n of a path; empty past the end. *ret_last: nothing follows it. */
static struct span component(const char *path, unsigned n, bool *ret_last)
{
	struct span rest = span_text(path);

	for (;;) {
		const uint8_t *dot = memchr(rest.data, '.', rest.len);
		size_t len = dot ? (size_t)(dot - rest.data) : rest.len;

		*ret_last = !dot;
		if (n-- == 0)
			return span_head(rest, len);
		if (!dot)
			return SPAN_EMPTY;
		rest = span_tail(rest, len + 1);
	}
}

/* What is literal of a component: "local" of "local<suffix>", nothing of "<conn>". */
static struct span literal(struct span component)
{
	const uint8_t *open = component.len ? memchr(component.data, '<', component.len) : NULL;

	return open ? span_head(component, (size_t)(open - component.data)) : component;
}

/* 0: no, 1: by placeholder, 2: by suffix, 3: literally. */
static int component_match(struct span pattern, struct span name)
{
	struct span word = literal(pattern);

	if (!pattern.len || !span_equal(word, span_head(name, word.len)))
		return 0;
	if (word.len == pattern.len)
		return name.len == word.len ? 3 : 0;
	return word.len ? 2 : 1;
}

struct key_scope key_scope_root(void)
{
	return (struct key_scope){ .first = 0, .end = KEYS_COUNT, .depth = 0 };
}

/* The best row in scope for a name that is, or is not, a section; end when there is none. */
static size_t scope_search(const struct key_scope *scope, struct span name, bool section)
{
	size_t best = scope->end;
	int best_match = 0;

	for (size_t i = scope->first; i < scope->end; i++) {
		bool last;
		struct span pattern = component(rows[i].path, scope->depth, &last);
		int match = component_match(pattern, name);

		if (last != section && match > best_match) {
			best = i;
			best_match = match;
		}
	}
	return best;
}

bool key_scope_enter(const struct key_scope *scope, struct span section, struct key_scope *ret)
{
	size_t first = scope_search(scope, section, true), end = first;
	struct span pattern;
	bool last;

	if (first == scope->end)
		return false;
	pattern = component(rows[first].path, scope->depth, &last);
	while (end < scope->end &&
	       span_equal(component(rows[end].path, scope->depth, &last), pattern) && !last)
		end++;
	*ret = (struct key_scope){ .first = first, .end = end, .depth = scope->depth + 1 };
	return true;
}

const struct key_row *key_scope_find(const struct key_scope *scope, struct span key)
{
	size_t i = scope_search(scope, key, false);

	return i == scope->end ? NULL : &rows[i];
}

bool key_scope_name(const struct key_scope *scope, size_t *i, struct span *ret_name,
		    bool *ret_section)
{
	while (scope->first + *i < scope->end) {
		bool last;
		struct span name = literal(
			component(rows[scope->first + *i].path, scope->depth, &last));

		++*i;
		if (!name.len)
			continue;
		*ret_name = name;
		*ret_section = !last;
		return true;
	}
	return false;
}

bool key_value_next(struct span *rest, struct span *ret)
{
	const uint8_t *bar;
	size_t len;

	if (!rest->len)
		return false;
	bar = memchr(rest->data, '|', rest->len);
	len = bar ? (size_t)(bar - rest->data) : rest->len;
	*ret = span_head(*rest, len);
	*rest = span_tail(*rest, len + 1);
	return true;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool key_value_in(const char *list, struct span value)
{
	struct span rest = span_text(list), one;

	while (key_value_next(&rest, &one)) {
		bool same = one.len == value.len;

		for (size_t i = 0; same && i < one.len; i++)
			same = lower(one.data[i]) == lower(value.data[i]);
		if (same)
			return true;
	}
	return false;
}
