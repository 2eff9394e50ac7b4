/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

void report_init(struct report *r, struct text *errors, struct text *warnings)
{
	r->errors = errors;
	r->warnings = warnings;
	r->errors_count = 0;
	r->kind = REPORT_ERROR;
	r->line = TEXT_ARRAY(r->buffer);
}

struct text *report_begin_at(struct report *r, enum report_kind kind, const char *file,
			     unsigned line)
{
	r->kind = kind;
	r->line = TEXT_ARRAY(r->buffer);
	text_peer(&r->line, span_text(file));
	if (line) { /* else it is about the file as such */
		text_char(&r->line, ':');
		text_u64(&r->line, line);
	}
	text_put(&r->line, ": ");
	return &r->line;
}

struct text *report_begin(struct report *r, enum report_kind kind, const struct setting *at,
			  const char *key)
{
	struct text *t = report_begin_at(r, kind, at->file ? at->file->name : "", at->line);

	text_setting_path(t, at);
	if (key) {
		if (at->parent)
			text_char(t, '.');
		text_put(t, key);
	}
	if (key || at->parent)
		text_put(t, ": ");
	return t;
}

void report_end(struct report *r)
{
	struct text *to = r->kind == REPORT_ERROR ? r->errors : r->warnings;

	if (r->kind == REPORT_ERROR)
		r->errors_count++;
	if (!to)
		return;
	if (to->len)
		text_char(to, '\n');
	text_putn(to, r->line.data, r->line.len);
}

void report_error(struct report *r, const struct setting *at, const char *key, const char *words)
{
	text_put(report_begin(r, REPORT_ERROR, at, key), words);
	report_end(r);
}

void text_quoted(struct text *t, struct span bytes)
{
	text_char(t, '"');
	text_peer(t, span_head(bytes, REPORT_VALUE_MAX));
	text_put(t, bytes.len > REPORT_VALUE_MAX ? "…\"" : "\"");
}
