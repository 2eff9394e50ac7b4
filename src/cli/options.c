/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

struct option_row {
	enum option_bit bit;
	char letter; /* 0: none */
	const char *name, *value, *help;
};

static const struct option_row rows[] = {
	{ OPTION_CHILD, 0, "child", "CHILD", "only this child of the connection" },
	{ OPTION_TIMEOUT, 0, "timeout", "SECONDS", "give up after so many seconds" },
	{ OPTION_ALL, 0, "all", NULL, "every connection that is up" },
	{ OPTION_FORCE, 0, "force", NULL, "do not wait for the peer" },
	{ OPTION_FOLLOW, 'f', "follow", NULL, "go on with new lines as they come" },
	{ OPTION_JSON, 0, "json", NULL, "print JSON" },
	{ OPTION_SOCKET, 0, "socket", "PATH", "where aditd listens" },
	{ OPTION_HELP, 'h', "help", NULL, "print this help" },
};

static bool timeout_parse(const char *text, int *ret)
{
	int value = 0;

	if (*text == '\0')
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (*text - '0');
		if (value > TIMEOUT_S_MAX)
			return false;
	}
	*ret = value;
	return value > 0;
}

/* False when the value will not do. */
static bool option_set(struct options *o, enum option_bit bit, const char *value)
{
	switch (bit) {
	case OPTION_CHILD:
		o->child = value;
		return *value != '\0';
	case OPTION_SOCKET:
		o->socket_path = value;
		return *value != '\0';
	case OPTION_TIMEOUT:
		return timeout_parse(value, &o->timeout_s);
	case OPTION_ALL:
		o->all = true;
		return true;
	case OPTION_FORCE:
		o->force = true;
		return true;
	case OPTION_FOLLOW:
		o->follow = true;
		return true;
	case OPTION_JSON:
		o->json = true;
		return true;
	case OPTION_HELP:
		o->help = true;
		return true;
	}
	return false;
}

/* The row of a word such as "-f", "--json" or "--timeout=3"; *ret_value is what follows the "=". */
static const struct option_row *row_find(const char *word, const char **ret_value)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].name);

		*ret_value = NULL;
		if (rows[i].letter && word[1] == rows[i].letter && word[2] == '\0')
			return &rows[i];
		if (word[1] != '-' || strncmp(word + 2, rows[i].name, len) != 0)
			continue;
		if (word[2 + len] == '\0')
			return &rows[i];
		if (word[2 + len] == '=') {
			*ret_value = word + 2 + len + 1;
			return &rows[i];
		}
	}
	return NULL;
}

static enum err complain(struct text *t, const char *what, const char *word)
{
	text_put(t, what);
	text_put(t, " ");
	text_peer(t, span_text(word));
	return ERR_SYNTAX;
}

static enum err option_take(struct options *o, unsigned allowed, int argc, char *const argv[],
			    int *at, struct text *ret_complaint)
{
	const char *word = argv[(*at)++], *value;
	const struct option_row *row = row_find(word, &value);

	if (!row || !(allowed & row->bit))
		return complain(ret_complaint, "unknown option", word);
	if (!row->value && value)
		return complain(ret_complaint, "no value belongs to", word);
	if (row->value && !value) {
		if (*at >= argc)
			return complain(ret_complaint, "a value is missing behind", word);
		value = argv[(*at)++];
	}
	if (!option_set(o, row->bit, value)) {
		text_put(ret_complaint, "--");
		text_put(ret_complaint, row->name);
		return complain(ret_complaint, " does not take", value);
	}
	return ERR_OK;
}

enum err options_parse(struct options *o, unsigned allowed, bool operand, int argc,
		       char *const argv[], int *at, struct text *ret_complaint)
{
	bool options_ended = false;
	enum err err = ERR_OK;

	while (*at < argc) {
		const char *word = argv[*at];

		if (!options_ended && word[0] == '-' && word[1] != '\0') {
			if (strcmp(word, "--") == 0) {
				options_ended = true;
				(*at)++;
			} else {
				TRY(option_take(o, allowed, argc, argv, at, ret_complaint));
			}
			continue;
		}
		if (!operand)
			break;
		TRY_THAT(!o->name, complain(ret_complaint, "one word too many:", word));
		TRY_THAT(word[0] != '\0', complain(ret_complaint, "a name is empty", ""));
		o->name = word;
		(*at)++;
	}
out:
	return err;
}

void options_print(FILE *out, unsigned allowed)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char left[40];
		struct text t = TEXT_ARRAY(left);

		if (!(allowed & rows[i].bit))
			continue;
		if (rows[i].letter) {
			text_char(&t, '-');
			text_char(&t, rows[i].letter);
			text_put(&t, ", ");
		}
		text_put(&t, "--");
		text_put(&t, rows[i].name);
		if (rows[i].value) {
			text_char(&t, ' ');
			text_put(&t, rows[i].value);
		}
		fprintf(out, "  %-20s  %s\n", left, rows[i].help);
	}
}
