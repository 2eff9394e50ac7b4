/* SPDX-License-Identifier: Apache-2.0 */
#include "config_in.h"

#include "build.h"
#include "check.h"
#include "require.h"

/* Either a path to read, or a name and its text. */
struct source_of {
	const struct settings_access *access; /* NULL: no files at all */
	const char *name;
	bool is_text;
	struct span text;
};

static enum err tree_read(struct settings *s, const struct source_of *from, struct report *report)
{
	enum err err = ERR_OK;

	if (from->is_text)
		TRY(settings_parse(s, from->name, from->text, report));
	else
		TRY(settings_load(s, from->name, from->access, report));
	TRY(settings_resolve(s, report));
	keys_check(s, report);
out:
	return err;
}

/* A configuration in a store of its own, with one reference. */
static enum err config_new(struct config **ret, const struct memory *memory)
{
	struct config_store *store = store_new(memory);
	struct config *config = store ? store_alloc(store, 1, sizeof(*config)) : NULL;

	if (!config) {
		store_free(store);
		return ERR_MEMORY;
	}
	config->refs = 1;
	config->store = store;
	*ret = config;
	return ERR_OK;
}

static enum err load(struct config **ret, const struct memory *memory, const struct source_of *from,
		     struct text *ret_errors, struct text *ret_warnings)
{
	const struct build_from build_from = { .access = from->access, .path = from->is_text ? NULL : from->name };
	enum err err = ERR_OK;
	struct config *config = NULL;
	struct settings settings;
	struct report report;

	report_init(&report, ret_errors, ret_warnings);
	settings_init(&settings, store_new(memory));
	TRY_THAT(settings.store, ERR_MEMORY);
	TRY(tree_read(&settings, from, &report));
	TRY(config_new(&config, memory));
	TRY(config_build(config, config->store, &settings, &build_from, &report));
	*ret = config;
out:
	if (err) {
		if (!report.errors_count) {
			text_put(report_begin_at(&report, REPORT_ERROR, from->name, 0),
				 err_words(err));
			report_end(&report);
		}
		config_unref(config);
	}
	store_free(settings.store);
	return err;
}

enum err config_load_in(struct config **ret, const struct memory *memory,
			const struct settings_access *access, const char *path,
			struct text *ret_errors, struct text *ret_warnings)
{
	const struct source_of from = { .access = access, .name = path };

	return load(ret, memory, &from, ret_errors, ret_warnings);
}

enum err config_load_text_in(struct config **ret, const struct memory *memory, const struct settings_access *access,
			     const char *name, struct span text, struct text *ret_errors, struct text *ret_warnings)
{
	const struct source_of from = { .access = access, .name = name, .is_text = true, .text = text };

	return load(ret, memory, &from, ret_errors, ret_warnings);
}

enum err config_load(struct config **ret, const char *path, struct text *ret_errors,
		     struct text *ret_warnings)
{
	struct memory memory = memory_system(STORE_LIMIT);

	return config_load_in(ret, &memory, &settings_access_system, path, ret_errors,
			      ret_warnings);
}

enum err config_load_text(struct config **ret, const char *name, struct span text,
			  struct text *ret_errors, struct text *ret_warnings)
{
	struct memory memory = memory_system(STORE_LIMIT);

	return config_load_text_in(ret, &memory, &settings_access_system, name, text, ret_errors, ret_warnings);
}

struct config *config_new_default(void)
{
	struct config *config = NULL;

	if (config_load_text(&config, "", SPAN_EMPTY, NULL, NULL))
		return NULL;
	return config;
}

struct config *config_ref(struct config *c)
{
	unsigned before = __atomic_fetch_add(&c->refs, 1, __ATOMIC_RELAXED);

	REQUIRE(before > 0 && before < UINT32_MAX);
	return c;
}

void config_unref(struct config *c)
{
	unsigned before;

	if (!c)
		return;
	before = __atomic_fetch_sub(&c->refs, 1, __ATOMIC_ACQ_REL);
	REQUIRE(before > 0);
	if (before == 1) {
		credentials_free(c->credentials);
		store_free(c->store);
	}
}

const struct conn_config *config_conn(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->conns_count; i++) {
		if (strcmp(c->conns[i].name, name) == 0)
			return &c->conns[i];
	}
	return NULL;
}

const struct child_config *conn_child(const struct conn_config *conn, const char *name)
{
	for (size_t i = 0; i < conn->children_count; i++) {
		if (strcmp(conn->children[i].name, name) == 0)
			return &conn->children[i];
	}
	return NULL;
}

const struct conn_config *config_child(const struct config *c, const char *child,
				       const struct child_config **ret_child)
{
	for (size_t i = 0; i < c->conns_count; i++) {
		const struct child_config *found = conn_child(&c->conns[i], child);

		if (found) {
			*ret_child = found;
			return &c->conns[i];
		}
	}
	return NULL;
}

int host_patterns_match(const struct host_pattern *patterns, size_t count, const struct ip *ip)
{
	int best = 0;

	for (size_t i = 0; i < count; i++) {
		int fit = 0;

		if (patterns[i].any)
			fit = 1;
		else if (prefix_holds(&patterns[i].prefix, ip))
			fit = 2 + patterns[i].prefix.bits;
		best = fit > best ? fit : best;
	}
	return best;
}
