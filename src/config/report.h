/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: errors and warnings about a configuration, collected one a line.
 *
 * A line is "file:line: full.key: what is wrong; the cure". It is begun, filled through the text
 * that report_begin() gives, and ended. Whatever a file says enters by text_peer(). A secret's
 * value never does.
 */
#ifndef ADIT_CONFIG_REPORT_H
#define ADIT_CONFIG_REPORT_H

#include "settings.h"
#include "text.h"

#define REPORT_LINE_MAX 1024
#define REPORT_VALUE_MAX 80 /* of a value that is quoted back */

enum report_kind { REPORT_ERROR, REPORT_WARNING };

struct report {
	struct text *errors, *warnings; /* NULL: only counted */
	unsigned errors_count;
	enum report_kind kind;          /* of the line that is open */
	struct text line;
	char buffer[REPORT_LINE_MAX];
};

/* In place, because line points into buffer. */
void report_init(struct report *r, struct text *errors, struct text *warnings);
/* Begins a line at a place: "file:line: ", or "file: " when line is 0. */
struct text *report_begin_at(struct report *r, enum report_kind kind, const char *file,
			     unsigned line);
/* Begins a line about a setting: "file:line: full.key: ". key, when not NULL, is one below the
 * setting. */
struct text *report_begin(struct report *r, enum report_kind kind, const struct setting *at,
			  const char *key);
void report_end(struct report *r);
/* A whole line at once. */
void report_error(struct report *r, const struct setting *at, const char *key, const char *words);
/* Bytes of a file in quotes, shortened. */
void text_quoted(struct text *t, struct span bytes);

#endif
