/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "report.h"

void settings_init(struct settings *s, struct config_store *store)
{
	*s = (struct settings){ .store = store };
	s->root.name = "";
}

struct setting *setting_find(const struct setting *section, struct span name, bool is_section)
{
	for (struct setting *child = section->first; child; child = child->next) {
		if (setting_is_section(child) == is_section && span_equal(span_text(child->name), name))
			return child;
	}
	return NULL;
}

static struct setting *setting_add(struct settings *s, struct setting *parent, struct span name)
{
	struct setting *added;

	if (s->nodes >= SETTINGS_NODES_MAX)
		return NULL;
	added = store_alloc(s->store, 1, sizeof(*added));
	if (!added)
		return NULL;
	added->name = store_text(s->store, name);
	if (!added->name)
		return NULL;
	added->parent = parent;
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
	section = setting_add(s, parent, name);
	if (!section)
		return NULL;
	section->file = file;
	section->line = line;
	section->column = column;
	return section;
}

struct setting *settings_value(struct settings *s, struct setting *parent, struct span name, struct span value,
			       struct settings_file *file, unsigned line, unsigned column)
{
	struct setting *setting = setting_find(parent, name, false);
	const char *copy = store_text(s->store, value);

	if (!copy)
		return NULL;
	if (!setting)
		setting = setting_add(s, parent, name);
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
