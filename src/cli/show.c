/* SPDX-License-Identifier: Apache-2.0 */
/* show: the subcommands that print what the daemon says, as text or as JSON. */
#include <stdlib.h>

#include "bounds.h"
#include "print.h"
#include "sas.h"
#include "talk.h"

/* The configured connections, to tell at the end which are not up. */
struct conn_name {
	char text[NAME_MAX_LEN + 1];
	bool up;
};

struct conn_names {
	struct conn_name *rows;
	size_t count;
};

struct show {
	const struct cli *cli;
	const char *event;
	bool json;
	size_t count;
	void (*print)(FILE *out, bool color, struct span message);
	struct conn_names *names; /* marked up as they come; NULL: not wanted */
};

static int conn_name_compare(const void *a, const void *b)
{
	return strcmp(((const struct conn_name *)a)->text, ((const struct conn_name *)b)->text);
}

/* False when the name is longer than any of ours. */
static bool conn_name_of(struct conn_name *ret, struct span name)
{
	struct text t = TEXT_ARRAY(ret->text);

	text_putn(&t, (const char *)name.data, name.len);
	ret->up = false;
	return !t.cut;
}

/* Without memory a name is not told: that is all that is lost. */
static void on_conn_name(void *ctx, struct span event, struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct conn_names *names = ctx;
	struct span name, body;

	while (span_equal(event, span_text("list-conn")) && vici_next_section(&r, &name, &body)) {
		size_t size = (names->count + 1) * sizeof(*names->rows);
		struct conn_name *more = realloc(names->rows, size);

		if (!more)
			return;
		names->rows = more;
		if (conn_name_of(&names->rows[names->count], name))
			names->count++;
	}
}

static void conn_names_mark(struct conn_names *names, struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct conn_name wanted, *row;
	struct span name, body;

	while (vici_next_section(&r, &name, &body)) {
		row = names->count && conn_name_of(&wanted, name)
			      ? bsearch(&wanted, names->rows, names->count, sizeof(wanted),
					conn_name_compare)
			      : NULL;
		if (row)
			row->up = true;
	}
}

static void conn_names_print(FILE *out, const struct conn_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (names->rows[i].up)
			continue;
		print_text(out, span_text(names->rows[i].text));
		fputs(", not up\n", out);
	}
}

static void on_message(void *ctx, struct span event, struct span message)
{
	struct show *s = ctx;

	if (!span_equal(event, span_text(s->event)))
		return;
	if (s->json) {
		fputs(s->count ? ",\n" : "[\n", s->cli->out);
		print_json(s->cli->out, message);
	} else {
		s->print(s->cli->out, s->cli->color, message);
	}
	if (s->names)
		conn_names_mark(s->names, message);
	s->count++;
}

/* A streamed list; as JSON an array of messages. */
static enum cli_status show_list(const struct cli *cli, const struct options *o, struct show *s,
				 const char *command, const char *nothing)
{
	struct talk t;
	enum cli_status status = talk_open(&t, cli, o);

	if (status != CLI_OK)
		return status;
	s->cli = cli;
	s->json = o->json;
	if (s->names)
		status = talk_list(&t, "list-conns", "list-conn", on_conn_name, s->names);
	if (s->names && s->names->count)
		qsort(s->names->rows, s->names->count, sizeof(*s->names->rows), conn_name_compare);
	if (status == CLI_OK)
		status = talk_list(&t, command, s->event, on_message, s);
	talk_close(&t);
	if (status != CLI_OK)
		return status;
	if (o->json)
		fputs(s->count ? "\n]\n" : "[]\n", cli->out);
	else if (s->names && s->names->count)
		conn_names_print(cli->out, s->names);
	else if (s->count == 0)
		fprintf(cli->out, "%s\n", nothing);
	return CLI_OK;
}

enum cli_status cli_sas(const struct cli *cli, const struct options *o)
{
	struct conn_names names = { 0 };
	struct show s = { .event = "list-sa", .print = print_sa, .names = o->json ? NULL : &names };
	enum cli_status status = show_list(cli, o, &s, "list-sas", "Nothing is up.");

	free(names.rows);
	return status;
}

enum cli_status cli_conns(const struct cli *cli, const struct options *o)
{
	struct show s = { .event = "list-conn", .print = print_conn };

	return show_list(cli, o, &s, "list-conns", "No connection is configured.");
}

/* One answer of two: as JSON under its command's name, as text bare. */
static enum cli_status show_answer(struct talk *t, const struct options *o, const char *command)
{
	struct span response;
	enum cli_status status = talk_ask(t, command, NULL, NULL, &response);

	if (status == CLI_OK && o->json) {
		print_json_string(t->cli->out, span_text(command));
		fputc(':', t->cli->out);
		print_json(t->cli->out, response);
	} else if (status == CLI_OK) {
		print_tree(t->cli->out, response);
	}
	return status;
}

enum cli_status cli_stats(const struct cli *cli, const struct options *o)
{
	struct talk t;
	enum cli_status status = talk_open(&t, cli, o);

	if (status != CLI_OK)
		return status;
	fputs(o->json ? "{" : "", cli->out);
	status = show_answer(&t, o, "stats");
	fputs(o->json ? "," : "", cli->out);
	if (status == CLI_OK)
		status = show_answer(&t, o, "get-counters");
	fputs(o->json ? "}\n" : "", cli->out);
	talk_close(&t);
	return status;
}

static void print_version(const struct cli *cli, struct span response)
{
	static const char *const keys[] = { "daemon", "version", "sysname", "release", "machine" };
	struct span value;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!vici_find(response, keys[i], &value))
			continue;
		fputs(i == 0 ? "" : i == 2 ? " on " : " ", cli->out);
		print_text(cli->out, value);
	}
	fputc('\n', cli->out);
}

enum cli_status cli_version(const struct cli *cli, const struct options *o)
{
	struct span response;
	enum cli_status status;
	struct talk t;

	if (!o->json)
		fputs("adit " ADIT_VERSION "\n", cli->out);
	status = talk_open(&t, cli, o);
	if (status != CLI_OK)
		return status;
	status = talk_ask(&t, "version", NULL, NULL, &response);
	if (status == CLI_OK && o->json) {
		print_json(cli->out, response);
		fputc('\n', cli->out);
	} else if (status == CLI_OK) {
		print_version(cli, response);
	}
	talk_close(&t);
	return status;
}

enum cli_status cli_reload(const struct cli *cli, const struct options *o)
{
	struct span response, errmsg;
	struct talk t;
	enum cli_status status = talk_open(&t, cli, o);

	if (status != CLI_OK)
		return status;
	status = talk_ask(&t, "reload-settings", NULL, NULL, &response);
	if (status == CLI_OK && talk_success(response, &errmsg)) {
		fputs("The configuration is read.\n", cli->out);
	} else if (status == CLI_OK) {
		fputs("adit: the configuration stays as it was: ", cli->err);
		print_lines(cli->err, errmsg);
		status = CLI_FAILED;
	}
	talk_close(&t);
	return status;
}
