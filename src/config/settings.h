/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: the language of swanctl.conf as a tree of sections and values, with places.
 *
 * Owns syntax only: nesting, merging, comments, quoting, includes, references between sections.
 * What a key means is keys.h and build.c. Parsing keeps its own stack, so that neither nesting nor
 * includes recurse, and depth, bytes, files and nodes are bounded. Files are reached through struct
 * settings_access alone; text that has none cannot include.
 */
#ifndef ADIT_CONFIG_SETTINGS_H
#define ADIT_CONFIG_SETTINGS_H

#include "store.h"
#include "text.h"

#define SETTINGS_DEPTH_MAX 16           /* nested sections; swanctl.conf needs 5 */
#define SETTINGS_NAME_MAX 127           /* bytes of a section's or key's name */
#define SETTINGS_VALUE_MAX 16384        /* bytes of a value; a long selector list has about 4,000 */
#define SETTINGS_INCLUDE_DEPTH_MAX 10   /* files that include files */
#define SETTINGS_FILES_MAX 20000        /* of one configuration; one file a connection is usual */
#define SETTINGS_BYTES_MAX ((size_t)32 << 20) /* of all files together */
#define SETTINGS_NODES_MAX 2000000      /* sections and keys, references resolved */
#define SETTINGS_ERRORS_MAX 50          /* syntax errors after which reading stops */

struct report;
struct key_row;

struct settings_file {
	const char *name;
	bool world_readable;
	bool warned;
};

/* "section : base, other.base { }" */
struct setting_ref {
	struct setting_ref *next;
	const char *path;
	unsigned line;
};

enum ref_state { REF_NEW, REF_OPEN, REF_DONE };

struct setting {
	struct setting *parent;     /* NULL: the root */
	struct setting *next;       /* sibling */
	struct setting *first, *last;
	struct setting **index;     /* children by hash, once they are many; NULL: none */
	size_t count, index_len;    /* children that are there; entries, a power of two */
	const char *name;
	const char *value;          /* NULL: a section */
	struct settings_file *file;
	unsigned line, column;
	struct setting_ref *refs;
	enum ref_state ref_state;
	size_t second_at;           /* where in the value a name stands that is followed by "=", outside of quotes; 0: none */
	bool cleared;               /* "key =" takes away what was there or is inherited */
	bool referenced;            /* some section inherits from it, or from one within */
	const struct key_row *row;  /* set by keys_check() */
};

struct settings {
	struct config_store *store; /* owns all of it */
	struct setting root;
	size_t nodes;
};

/* How files are reached. */
struct settings_access {
	void *ctx;
	/* The whole file, in memory of the store. ERR_NOT_FOUND, ERR_UNSUPPORTED (a folder, a device
	 * or so), ERR_TOO_MANY (symbolic links in a circle), ERR_LIMIT, ERR_SYSTEM. identity is the same number for the same file
	 * under any name. */
	enum err (*read)(void *ctx, struct config_store *store, const char *path, size_t max,
			 struct span *ret, uint64_t ret_identity[2], bool *ret_world_readable);
	/* Files that match a pattern, sorted; names in memory of the store. */
	enum err (*match)(void *ctx, struct config_store *store, const char *pattern, size_t max,
			  const char *const **ret, size_t *ret_count);
	/* The wall clock in seconds since 1970. */
	int64_t (*now)(void *ctx);
};

/* The one of the operating system. */
extern const struct settings_access settings_access_system;

void settings_init(struct settings *s, struct config_store *store);
/* Reads text into the tree, merging. Errors are in the report; the result is ERR_SYNTAX then, or
 * ERR_MEMORY. */
MUST_USE enum err settings_parse(struct settings *s, const char *name, struct span text,
				 struct report *report);
/* Reads a file and what it includes. ERR_NOT_FOUND or ERR_SYSTEM when it cannot be read, which the
 * report says too. */
MUST_USE enum err settings_load(struct settings *s, const char *path,
				const struct settings_access *access, struct report *report);
/* Copies what sections inherit and drops what empty values cleared; once, after everything was
 * read. */
MUST_USE enum err settings_resolve(struct settings *s, struct report *report);

/* Finds or adds; NULL when out of memory or past SETTINGS_NODES_MAX. */
struct setting *settings_section(struct settings *s, struct setting *parent, struct span name,
				 struct settings_file *file, unsigned line, unsigned column);
struct setting *settings_value(struct settings *s, struct setting *parent, struct span name,
			       struct span value, struct settings_file *file, unsigned line,
			       unsigned column);
/* The child of that kind and name, or NULL. */
struct setting *setting_find(const struct setting *section, struct span name, bool is_section);
/* "connections.home.local" */
void text_setting_path(struct text *t, const struct setting *setting);
/* The setting after this one in a walk of the whole tree, children first; NULL at the end. */
struct setting *setting_next(const struct setting *root, const struct setting *setting);

static inline bool setting_is_section(const struct setting *setting)
{
	return !setting->value;
}

#endif
