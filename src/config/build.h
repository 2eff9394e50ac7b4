/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build: a checked tree into a configuration.
 *
 * Every value is read through its row of keys.h, so that what is not written takes its default by
 * the same way. All errors go to the report; what is built after one is thrown away by the caller.
 * The configuration owns copies of all it needs; the tree may go.
 */
#ifndef ADIT_CONFIG_BUILD_H
#define ADIT_CONFIG_BUILD_H

#include "config.h"
#include "keys.h"
#include "report.h"

/* What the builders share. */
struct build {
	struct config_store *store;   /* the configuration's */
	struct config *config;
	struct report *report;
	const char *file; /* the last file name that was copied, to copy each but once in a row */
	const struct settings_file *file_of;
};

/* ERR_CONFIG when the report got errors, ERR_MEMORY. config is zero-filled. */
MUST_USE enum err config_build(struct config *config, struct config_store *store,
			       const struct settings *s, struct report *report);

/* build_values.c: a section's value for a key, or the default. False after a reported error. */
struct span build_text(const struct setting *section, enum key key, const struct setting **ret_at);
bool build_bool(struct build *b, const struct setting *section, enum key key, bool *ret);
bool build_number(struct build *b, const struct setting *section, enum key key, uint64_t *ret);
bool build_choice(struct build *b, const struct setting *section, enum key key, struct span *ret);
bool build_auth(struct build *b, const struct setting *section, enum key key, enum auth_kind *ret);
bool build_id(struct build *b, const struct setting *at, struct span text, struct identity *ret);
MUST_USE enum err build_hosts(struct build *b, const struct setting *section, enum key key,
			      const struct host_pattern **ret, size_t *ret_count);
MUST_USE enum err build_selectors(struct build *b, const struct setting *section, enum key key,
				  const struct selector_config **ret, size_t *ret_count);
MUST_USE enum err build_proposals(struct build *b, const struct setting *section, enum key key,
				  const struct proposal **ret, size_t *ret_count);
/* Where a setting is written, with a file name that the configuration owns. */
MUST_USE enum err build_origin(struct build *b, const struct setting *at, struct origin *ret);
/* A complaint about a key of a section, at the key when it is written. */
void build_wrong(struct build *b, const struct setting *section, enum key key, const char *words);

/* build_secrets.c */
MUST_USE enum err build_secrets(struct build *b, const struct setting *root);
/* build_adit.c: the global section, and the defaults without one (section NULL). */
MUST_USE enum err build_adit(struct build *b, const struct setting *section);

#endif
