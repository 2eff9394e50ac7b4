/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "map.h"
#include "report.h"

void settings_init(struct settings *s, struct config_store *store)
{
	*s = (struct settings){ .store = store };
	s->root.name = "";
}

/* Children from which a section gets an index: a file with 10,000 connections must not take their
 * square to read. */
#define INDEX_FROM 16

/* Where a child is in the index, or belongs. */
static struct setting **index_slot(const struct setting *section, struct span name, bool is_section)
{
	/* Whoever writes the file may slow down its reading */
	static const uint64_t salt[2] = { 0, 0 };
	size_t at = (size_t)hash_bytes(salt, name);

	for (;; at++) {
		struct setting **slot = &section->index[at & (section->index_len - 1)];

		if (!*slot || (setting_is_section(*slot) == is_section &&
			       span_equal(span_text((*slot)->name), name)))
			return slot;
	}
}

struct setting *setting_find(const struct setting *section, struct span name, bool is_section)
{
	if (section->index)
		return *index_slot(section, name, is_section);
	for (struct setting *child = section->first; child; child = child->next) {
		if (setting_is_section(child) == is_section &&
		    span_equal(span_text(child->name), name))
			return child;
	}
	return NULL;
}

/* Twice as many entries as children at least, so that there is always an empty one. */
static bool index_grow(struct settings *s, struct setting *section)
{
	size_t len = section->index_len ? 2 * section->index_len : 4 * INDEX_FROM;
	struct setting **index;

	if (section->count < INDEX_FROM || section->count < section->index_len / 2)
		return true;
	index = store_alloc(s->store, len, sizeof(struct setting *));
	if (!index)
		return false;
	section->index = index;
	section->index_len = len;
	for (struct setting *child = section->first; child; child = child->next)
		*index_slot(section, span_text(child->name), setting_is_section(child)) = child;
	return true;
}

/* value is NULL for a section. */
static struct setting *setting_add(struct settings *s, struct setting *parent, struct span name,
				   const char *value)
{
	struct setting *added;

	if (s->nodes >= SETTINGS_NODES_MAX || !index_grow(s, parent))
		return NULL;
	added = store_alloc(s->store, 1, sizeof(*added));
	if (!added)
		return NULL;
	added->name = store_text(s->store, name);
	if (!added->name)
		return NULL;
	added->value = value;
	added->parent = parent;
	if (parent->index)
		*index_slot(parent, name, !value) = added;
	parent->count++;
	if (parent->last)
		parent->last->next = added;
	else
		parent->first = added;
	parent->last = added;
	s->nodes++;
	return added;
}

struct setting *settings_section(struct settings *s, struct setting *parent, struct span name,
				 struct settings_file *file, unsigned line, unsigned column)
{
	struct setting *section = setting_find(parent, name, true);

	if (section)
		return section;
	section = setting_add(s, parent, name, NULL);
	if (!section)
		return NULL;
	section->file = file;
	section->line = line;
	section->column = column;
	return section;
}

struct setting *settings_value(struct settings *s, struct setting *parent, struct span name,
			       struct span value, struct settings_file *file, unsigned line,
			       unsigned column)
{
	struct setting *setting = setting_find(parent, name, false);
	const char *copy = store_text(s->store, value);

	if (!copy)
		return NULL;
	if (!setting)
		setting = setting_add(s, parent, name, copy);
	if (!setting)
		return NULL;
	setting->value = copy;
	setting->cleared = false;
	setting->file = file;
	setting->line = line;
	setting->column = column;
	return setting;
}

void text_setting_path(struct text *t, const struct setting *setting)
{
	const struct setting *chain[SETTINGS_DEPTH_MAX + 2];
	size_t count = 0;

	for (; setting->parent && count < ARRAY_LEN(chain); setting = setting->parent)
		chain[count++] = setting;
	while (count > 0) {
		text_peer(t, span_text(chain[--count]->name));
		if (count > 0)
			text_char(t, '.');
	}
}

struct setting *setting_next(const struct setting *root, const struct setting *setting)
{
	if (setting->first)
		return setting->first;
	while (setting != root && !setting->next)
		setting = setting->parent;
	return setting == root ? NULL : setting->next;
}
