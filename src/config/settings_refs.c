/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References between sections: what "section : base { }" inherits is copied below it, unless it is
 * there already. Sections that refer on are resolved first, on a chain of their own instead of a
 * stack of calls.
 */
#include "report.h"
#include "settings.h"

/* Copies what is below from and missing below to. False when out of memory or nodes. */
static bool merge(struct settings *s, const struct setting *from, struct setting *to,
		  unsigned to_depth)
{
	const struct setting *f = from->first;

	while (f) {
		struct setting *copy = setting_find(to, span_text(f->name), setting_is_section(f));

		if (setting_is_section(f)) {
			bool is_new = !copy;

			copy = settings_section(s, to, span_text(f->name), f->file, f->line,
						f->column);
			if (!copy || to_depth >= SETTINGS_DEPTH_MAX)
				return false;
			if (is_new)
				copy->refs = f->refs;
			if (f->first) {
				f = f->first;
				to = copy;
				to_depth++;
				continue;
			}
		} else if (!copy) {
			copy = settings_value(s, to, span_text(f->name), span_text(f->value),
					      f->file, f->line, f->column);
			if (!copy)
				return false;
			copy->cleared = f->cleared;
			copy->second_at = f->second_at;
		}
		while (f != from && !f->next) {
			f = f->parent;
			to = to->parent;
			to_depth--;
		}
		f = f == from ? NULL : f->next;
	}
	return true;
}

static unsigned depth_of(const struct setting *setting)
{
	unsigned depth = 0;

	for (; setting->parent; setting = setting->parent)
		depth++;
	return depth;
}

static void wrong_ref(struct report *r, const struct setting *at, const struct setting_ref *ref,
		      const char *words)
{
	struct text *t = report_begin(r, REPORT_ERROR, at, NULL);

	text_put(t, "the section ");
	text_quoted(t, span_text(ref->path));
	text_put(t, words);
	report_end(r);
}

/*
 * The section a reference names. *ret_first is one on the way that has references of its own and
 * comes first, or NULL.
 */
static struct setting *ref_find(struct settings *s, const char *path, struct setting **ret_first)
{
	struct setting *at = &s->root;
	struct span rest = span_text(path);

	*ret_first = NULL;
	while (at && rest.len) {
		const uint8_t *dot = memchr(rest.data, '.', rest.len);
		size_t len = dot ? (size_t)(dot - rest.data) : rest.len;

		at = setting_find(at, span_head(rest, len), true);
		rest = span_tail(rest, len + 1);
		if (at && at->refs && at->ref_state != REF_DONE) {
			*ret_first = at;
			return at;
		}
	}
	return at;
}

static bool is_within(const struct setting *inner, const struct setting *outer)
{
	while (inner && inner != outer)
		inner = inner->parent;
	return inner != NULL;
}

/* One section's references; *ret_first as in ref_find(). ERR_SYNTAX after a reported error. */
static enum err section_resolve(struct settings *s, struct setting *section,
				struct setting **ret_first, struct report *report)
{
	for (struct setting_ref *ref = section->refs; ref; ref = ref->next) {
		struct setting *base = ref_find(s, ref->path, ret_first);

		if (!base) {
			wrong_ref(report, section, ref,
				  " to inherit from does not exist; write its full name");
			return ERR_SYNTAX;
		}
		if (is_within(section, base) ||
		    (*ret_first && (*ret_first)->ref_state == REF_OPEN)) {
			wrong_ref(report, section, ref,
				  " to inherit from inherits from this one; break the circle");
			return ERR_SYNTAX;
		}
		if (*ret_first)
			return ERR_OK;
		for (struct setting *up = base; up; up = up->parent)
			up->referenced = true;
		if (!merge(s, base, section, depth_of(section)))
			return ERR_LIMIT;
	}
	section->ref_state = REF_DONE;
	return ERR_OK;
}

/* A section and those it depends on; the chain is as long as sections wait for one another. */
static enum err chain_resolve(struct settings *s, struct setting *start, struct report *report)
{
	struct chain_link {
		struct chain_link *under;
		struct setting *section;
	} *top = NULL;
	struct setting *next = start;
	enum err err = ERR_OK;

	while (next || top) {
		if (next) {
			struct chain_link *link = store_alloc(s->store, 1, sizeof(*link));

			TRY_THAT(link, ERR_MEMORY);
			*link = (struct chain_link){ .under = top, .section = next };
			next->ref_state = REF_OPEN;
			top = link;
		}
		next = NULL;
		TRY(section_resolve(s, top->section, &next, report));
		if (!next)
			top = top->under;
	}
out:
	return err;
}

static void drop_cleared(struct settings *s)
{
	for (struct setting *section = &s->root; section;
	     section = setting_next(&s->root, section)) {
		struct setting **link = &section->first;

		section->last = NULL;
		section->index = NULL;
		while (*link) {
			if ((*link)->cleared) {
				*link = (*link)->next;
			} else {
				section->last = *link;
				link = &(*link)->next;
			}
		}
	}
}

enum err settings_resolve(struct settings *s, struct report *report)
{
	enum err err = ERR_OK;

	for (struct setting *section = &s->root; section;
	     section = setting_next(&s->root, section)) {
		enum err one;

		if (!section->refs || section->ref_state == REF_DONE)
			continue;
		one = chain_resolve(s, section, report);
		if (one == ERR_LIMIT)
			report_error(report, section, NULL,
				     "inherits too much; sections nest deeper than 16, or memory "
				     "ran out");
		if (one) {
			section->ref_state = REF_DONE;
			err = one == ERR_LIMIT ? ERR_SYNTAX : one;
		}
		if (err == ERR_MEMORY)
			return err;
	}
	drop_cleared(s);
	return err;
}
