/* SPDX-License-Identifier: Apache-2.0 */
/* Text into a tree. A stack of sources takes the place of recursion: an include pushes, the end of
 * a file pops. */
#include "report.h"
#include "settings.h"

struct source {
	struct source *under;    /* what is read on when this one ends */
	struct source *includer; /* not its sibling of the same pattern */
	struct settings_file *file;
	struct span text;
	size_t at;
	unsigned line, column;
	struct setting *section; /* where it was included; "}" may not close it */
	unsigned depth;
	uint64_t identity[2];
};

struct parser {
	struct settings *settings;
	const struct settings_access *access; /* NULL: no includes */
	struct report *report;
	struct source *source;
	struct setting *section;
	unsigned depth, errors, files;
	size_t bytes;
	enum err failed; /* ends the walk at once */
	uint8_t *value;  /* SETTINGS_VALUE_MAX bytes to build one in */
	size_t value_len;
	size_t second_at; /* struct setting's */
};

#define END_OF_TEXT (-1)

static int peek(const struct source *s)
{
	return s->at < s->text.len ? s->text.data[s->at] : END_OF_TEXT;
}

static int take(struct source *s)
{
	int c = peek(s);

	if (c == END_OF_TEXT)
		return c;
	s->at++;
	s->column++;
	if (c == '\n') {
		s->line++;
		s->column = 1;
	}
	return c;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name(int c)
{
	return c > ' ' && c != 0x7f && !strchr(".,:{}=\"#", c);
}

static void skip_line(struct source *s)
{
	while (peek(s) != END_OF_TEXT && peek(s) != '\n')
		take(s);
}

static void skip_blanks(struct source *s)
{
	while (is_blank(peek(s)))
		take(s);
}

/* Blanks, new lines and comments. */
static void skip_space(struct source *s)
{
	for (;;) {
		while (is_blank(peek(s)) || peek(s) == '\n')
			take(s);
		if (peek(s) != '#')
			return;
		skip_line(s);
	}
}

static void fail(struct parser *p, enum err err)
{
	if (!p->failed)
		p->failed = err;
}

static struct text *wrong_begin(struct parser *p, unsigned line)
{
	return report_begin_at(p->report, REPORT_ERROR, p->source->file->name, line);
}

static void wrong_end(struct parser *p)
{
	report_end(p->report);
	if (++p->errors >= SETTINGS_ERRORS_MAX)
		fail(p, ERR_SYNTAX);
}

static void wrong(struct parser *p, unsigned line, const char *words)
{
	text_put(wrong_begin(p, line), words);
	wrong_end(p);
}

static void wrong_char(struct parser *p)
{
	uint8_t c = (uint8_t)peek(p->source);
	struct text *t = wrong_begin(p, p->source->line);

	text_put(t, "unexpected ");
	text_quoted(t, span_of(&c, 1));
	text_put(t, " in column ");
	text_u64(t, p->source->column);
	text_put(t, "; expected a section, \"key = value\", include or \"}\"");
	wrong_end(p);
	skip_line(p->source);
}

static void value_put(struct parser *p, int c)
{
	if (p->value_len < SETTINGS_VALUE_MAX)
		p->value[p->value_len] = (uint8_t)c;
	p->value_len++;
}

static int unescape(struct source *s)
{
	int c = take(s);

	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	default:
		return c;
	}
}

/* What follows an opening quote, onto the value. */
static bool quoted_take(struct parser *p)
{
	struct source *s = p->source;
	unsigned line = s->line;

	for (;;) {
		int c = take(s);

		if (c == '"')
			return true;
		if (c == '\\' && peek(s) == '\n') {
			take(s);
			continue;
		}
		if (c == '\\')
			c = unescape(s);
		if (c == END_OF_TEXT) {
			wrong(p, line,
			      "the quoted text that begins here does not end; add the closing "
			      "'\"'");
			return false;
		}
		value_put(p, c);
	}
}

/* Where the word begins, with a blank before it, that the value built so far ends with; 0: nowhere. What is before bare is quoted. */
static size_t last_word(const struct parser *p, size_t bare)
{
	size_t end = p->value_len < SETTINGS_VALUE_MAX ? p->value_len : SETTINGS_VALUE_MAX, at;

	while (end > bare && is_blank(p->value[end - 1]))
		end--;
	for (at = end; at > bare && is_name(p->value[at - 1]); at--)
		;
	return at < end && at > bare && is_blank(p->value[at - 1]) ? at : 0;
}

/* A value up to the end of its line, a comment or "}"; *ret_written tells "" from nothing. */
static bool value_take(struct parser *p, bool *ret_written)
{
	struct source *s = p->source;
	size_t keep = 0, bare = 0;

	p->value_len = 0;
	p->second_at = 0;
	*ret_written = false;
	skip_blanks(s);
	for (;;) {
		int c = peek(s);

		if (c == END_OF_TEXT || c == '\n' || c == '#' || c == '}')
			break;
		if (c == '{') {
			wrong(p, s->line,
			      "a \"{\" in a value; put the value in quotes, or leave out the \"=\" "
			      "before a section");
			skip_line(s);
			return false;
		}
		take(s);
		*ret_written = true;
		if (c == '"') {
			if (!quoted_take(p))
				return false;
			keep = bare = p->value_len;
			continue;
		}
		if (c == '=' && !p->second_at)
			p->second_at = last_word(p, bare);
		value_put(p, c);
		if (!is_blank(c))
			keep = p->value_len;
	}
	p->value_len = keep;
	if (p->value_len > SETTINGS_VALUE_MAX) {
		wrong(p, s->line, "the value is longer than 16384 bytes; shorten it");
		return false;
	}
	return true;
}

/* A bare or quoted name into ret, NUL-terminated; false after an error. */
static bool name_take(struct parser *p, char ret[SETTINGS_NAME_MAX + 1], const char *also)
{
	struct source *s = p->source;
	unsigned line = s->line;
	bool quoted = peek(s) == '"';
	size_t len = 0;

	p->value_len = 0;
	if (quoted) {
		take(s);
		if (!quoted_take(p))
			return false;
	} else {
		while (is_name(peek(s)) || (peek(s) > 0 && strchr(also, peek(s))))
			value_put(p, take(s));
	}
	len = p->value_len;
	if (len == 0 || len > SETTINGS_NAME_MAX) {
		wrong(p, line,
		      len ? "the name is longer than 127 bytes; shorten it"
			  : "an empty name; write one");
		return false;
	}
	memcpy(ret, p->value, len);
	ret[len] = '\0';
	return true;
}

static bool is_cyclic(const struct source *s, const uint64_t identity[2])
{
	for (; s; s = s->includer) {
		if (s->identity[0] == identity[0] && s->identity[1] == identity[1])
			return true;
	}
	return false;
}

static unsigned include_depth(const struct source *s)
{
	unsigned depth = 0;

	for (; s; s = s->includer)
		depth++;
	return depth;
}

static struct source *source_new(struct parser *p, const char *name)
{
	struct source *s = store_alloc(p->settings->store, 1, sizeof(*s));

	if (!s)
		return NULL;
	s->file = store_alloc(p->settings->store, 1, sizeof(*s->file));
	if (!s->file)
		return NULL;
	s->file->name = name;
	s->line = s->column = 1;
	s->section = p->section;
	s->depth = p->depth;
	return s;
}

/* "cannot be read", on the line of the include, or of the file itself. */
static void wrong_file(struct parser *p, const char *name, unsigned line, enum err err)
{
	struct text *t;

	if (err == ERR_MEMORY) {
		fail(p, err);
		return;
	}
	t = p->source ? wrong_begin(p, line) : report_begin_at(p->report, REPORT_ERROR, name, 0);
	if (p->source) {
		text_put(t, "include ");
		text_quoted(t, span_text(name));
		text_put(t, ": ");
	}
	if (err == ERR_NOT_FOUND)
		text_put(t, "no such file; check the path");
	else if (err == ERR_UNSUPPORTED)
		text_put(t,
			 "not a regular file; name a file, or a pattern such as \"conf.d/*.conf\"");
	else if (err == ERR_LIMIT)
		text_put(t,
			 "all files together are more than 32 MiB, or 20000 files; include less");
	else if (err == ERR_TOO_MANY)
		text_put(t, "symbolic links that lead to each other; mend them");
	else if (err == ERR_EXISTS)
		text_put(t, "the file includes itself; take this line out");
	else
		text_put(t, "cannot be read; check owner and permissions");
	wrong_end(p);
}

/* Reads a file; NULL after an error, which is reported. */
static struct source *source_open(struct parser *p, const char *name, unsigned line)
{
	struct source *s = source_new(p, name);
	enum err err = ERR_MEMORY;

	if (s && ++p->files > SETTINGS_FILES_MAX)
		err = ERR_LIMIT;
	else if (s)
		err = p->access->read(p->access->ctx, p->settings->store, name,
				      SETTINGS_BYTES_MAX - p->bytes, &s->text, s->identity,
				      &s->file->world_readable);
	if (!err && is_cyclic(p->source, s->identity))
		err = ERR_EXISTS;
	if (err) {
		wrong_file(p, name, line, err);
		return NULL;
	}
	p->bytes += s->text.len;
	s->includer = p->source;
	return s;
}

/* A pattern relative to the folder of the including file. */
static const char *pattern_resolve(struct parser *p, const char *pattern)
{
	const char *includer = p->source->file->name, *slash = strrchr(includer, '/');
	size_t folder = slash ? (size_t)(slash - includer) + 1 : 0;
	char *joined;

	if (pattern[0] == '/' || !folder)
		return store_text(p->settings->store, span_text(pattern));
	joined = store_alloc(p->settings->store, folder + strlen(pattern) + 1, 1);
	if (joined) {
		memcpy(joined, includer, folder);
		memcpy(&joined[folder], pattern, strlen(pattern));
	}
	return joined;
}

/* The pattern that was just taken as a value, resolved; NULL after an error. */
static const char *include_pattern(struct parser *p, unsigned line)
{
	const char *pattern = NULL;

	if (!p->value_len) {
		wrong(p, line, "include without a file; write include \"conf.d/*.conf\"");
	} else if (!p->access) {
		wrong(p, line, "include is only possible in a file; write the settings in place");
	} else if (include_depth(p->source) >= SETTINGS_INCLUDE_DEPTH_MAX) {
		wrong(p, line, "includes nest deeper than 10 files; include from fewer levels");
	} else {
		pattern = store_text(p->settings->store, span_of(p->value, p->value_len));
		pattern = pattern ? pattern_resolve(p, pattern) : NULL;
		if (!pattern)
			fail(p, ERR_MEMORY);
	}
	return pattern;
}

static void include(struct parser *p, unsigned line)
{
	const char *const *names = NULL, *pattern;
	struct source *first = p->source, **link = &first;
	bool written;
	size_t count = 0;
	enum err err;

	if (!value_take(p, &written))
		return;
	pattern = include_pattern(p, line);
	if (!pattern)
		return;
	err = p->access->match(p->access->ctx, p->settings->store, pattern, SETTINGS_FILES_MAX,
			       &names, &count);
	if (!err && !count && !strpbrk(pattern, "*?["))
		err = ERR_NOT_FOUND;
	if (err) {
		wrong_file(p, pattern, line, err);
		return;
	}
	for (size_t i = 0; i < count && !p->failed; i++) {
		struct source *s = source_open(p, names[i], line);

		if (!s)
			continue;
		*link = s;
		link = &s->under;
	}
	*link = p->source;
	p->source = first;
}

static void source_end(struct parser *p)
{
	struct source *s = p->source;

	if (p->section != s->section) {
		struct text *t = wrong_begin(p, p->section->line);

		text_put(t, "section ");
		text_setting_path(t, p->section);
		text_put(t, " does not end; add the missing \"}\"");
		wrong_end(p);
	}
	p->section = s->section;
	p->depth = s->depth;
	p->source = s->under;
}

static void section_close(struct parser *p)
{
	struct source *s = p->source;

	if (p->section == s->section) {
		wrong(p, s->line, "a \"}\" that closes nothing; take it out");
		take(s);
		return;
	}
	take(s);
	p->section = p->section->parent;
	p->depth--;
}

static void section_open(struct parser *p, const char *name, unsigned line, unsigned column)
{
	struct setting *section;

	take(p->source);
	if (p->depth >= SETTINGS_DEPTH_MAX) {
		wrong(p, line, "sections nest deeper than 16; this is not a configuration of ours");
		fail(p, ERR_SYNTAX);
		return;
	}
	section = settings_section(p->settings, p->section, span_text(name), p->source->file, line,
				   column);
	if (!section) {
		fail(p, ERR_MEMORY);
		return;
	}
	p->section = section;
	p->depth++;
}

static bool ref_add(struct parser *p, struct setting_ref ***link, const char *path, unsigned line)
{
	struct setting_ref *ref = store_alloc(p->settings->store, 1, sizeof(*ref));

	if (ref)
		ref->path = store_text(p->settings->store, span_text(path));
	if (!ref || !ref->path) {
		fail(p, ERR_MEMORY);
		return false;
	}
	ref->line = line;
	**link = ref;
	*link = &ref->next;
	return true;
}

/* "name : base, other.base {", from the colon on. */
static void section_inherit(struct parser *p, const char *name, unsigned line, unsigned column)
{
	struct source *s = p->source;
	struct setting_ref *refs = NULL, **link = &refs;
	char path[SETTINGS_NAME_MAX + 1];

	do {
		take(s);
		skip_space(s);
		if (!name_take(p, path, ".")) {
			skip_line(s);
			return;
		}
		if (!ref_add(p, &link, path, line))
			return;
		skip_space(s);
	} while (peek(s) == ',');
	if (peek(s) != '{') {
		wrong(p, s->line,
		      "expected \"{\" after the sections to inherit from; write name : base { … }");
		skip_line(s);
		return;
	}
	section_open(p, name, line, column);
	if (p->failed)
		return;
	for (link = &p->section->refs; *link; link = &(*link)->next)
		;
	*link = refs;
}

static void value_set(struct parser *p, const char *name, unsigned line, unsigned column)
{
	struct setting *setting;
	bool written;

	take(p->source);
	if (!value_take(p, &written))
		return;
	setting = settings_value(p->settings, p->section, span_text(name),
				 span_of(p->value, p->value_len), p->source->file, line, column);
	if (!setting) {
		fail(p, ERR_MEMORY);
		return;
	}
	setting->cleared = !written;
	setting->second_at = p->second_at;
}

/* A key that stands alone on the line below its "secret =" must not get into a log. */
static bool is_among_secrets(const struct setting *section)
{
	for (; section->parent; section = section->parent) {
		if (strcmp(section->name, "secrets") == 0)
			return true;
	}
	return false;
}

static void wrong_statement(struct parser *p, const char *name, unsigned line)
{
	struct text *t = wrong_begin(p, line);

	if (is_among_secrets(p->section)) {
		text_put(t, "something that is neither a section nor a key; write name { … } or "
			    "key = value");
	} else {
		text_quoted(t, span_text(name));
		text_put(t, " is neither a section nor a key; write ");
		text_peer(t, span_text(name));
		text_put(t, " { … } or ");
		text_peer(t, span_text(name));
		text_put(t, " = value");
	}
	wrong_end(p);
}

static void statement(struct parser *p)
{
	struct source *s = p->source;
	unsigned line = s->line, column = s->column;
	char name[SETTINGS_NAME_MAX + 1];
	bool bare = peek(s) != '"';

	if (!name_take(p, name, "")) {
		skip_line(s);
		return;
	}
	if (bare && strcmp(name, "include") == 0) {
		skip_blanks(s);
		if (peek(s) != '=' && peek(s) != '{' && peek(s) != ':') {
			include(p, line);
			return;
		}
	}
	skip_space(s);
	if (peek(s) == '{') {
		section_open(p, name, line, column);
	} else if (peek(s) == ':') {
		section_inherit(p, name, line, column);
	} else if (peek(s) == '=') {
		value_set(p, name, line, column);
	} else {
		wrong_statement(p, name, line);
	}
}

static enum err parse(struct parser *p)
{
	while (p->source && !p->failed) {
		int c;

		skip_space(p->source);
		c = peek(p->source);
		if (c == END_OF_TEXT)
			source_end(p);
		else if (c == '}')
			section_close(p);
		else if (c == '"' || is_name(c))
			statement(p);
		else
			wrong_char(p);
	}
	if (p->failed)
		return p->failed;
	return p->errors ? ERR_SYNTAX : ERR_OK;
}

static enum err parser_init(struct parser *p, struct settings *s,
			    const struct settings_access *access, struct report *report)
{
	*p = (struct parser){
		.settings = s, .access = access, .report = report, .section = &s->root
	};
	p->value = store_alloc(s->store, SETTINGS_VALUE_MAX, 1);
	return p->value ? ERR_OK : ERR_MEMORY;
}

enum err settings_parse(struct settings *s, const char *name, struct span text,
			struct report *report)
{
	enum err err = ERR_OK;
	struct parser p;

	TRY(parser_init(&p, s, NULL, report));
	name = store_text(s->store, span_text(name));
	TRY_THAT(name, ERR_MEMORY);
	p.source = source_new(&p, name);
	TRY_THAT(p.source, ERR_MEMORY);
	p.source->text = text;
	TRY(parse(&p));
out:
	return err;
}

enum err settings_load(struct settings *s, const char *path, const struct settings_access *access,
		       struct report *report)
{
	enum err err = ERR_OK;
	struct parser p;

	TRY(parser_init(&p, s, access, report));
	path = store_text(s->store, span_text(path));
	TRY_THAT(path, ERR_MEMORY);
	p.source = source_open(&p, path, 0);
	TRY_THAT(p.source, p.failed ? p.failed : ERR_NOT_FOUND);
	TRY(parse(&p));
out:
	return err;
}
