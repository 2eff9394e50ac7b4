/* SPDX-License-Identifier: Apache-2.0 */
/* show: the subcommands that print what the daemon says, as text or as JSON. */
#include "print.h"
#include "sas.h"
#include "talk.h"

struct show {
	const struct cli *cli;
	const char *event;
	bool json;
	size_t count;
	void (*print)(FILE *out, bool color, struct span message);
};

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
	status = talk_list(&t, command, s->event, on_message, s);
	talk_close(&t);
	if (status != CLI_OK)
		return status;
	if (o->json)
		fputs(s->count ? "\n]\n" : "[]\n", cli->out);
	else if (s->count == 0)
		fprintf(cli->out, "%s\n", nothing);
	return CLI_OK;
}

enum cli_status cli_sas(const struct cli *cli, const struct options *o)
{
	struct show s = { .event = "list-sa", .print = print_sa };

	return show_list(cli, o, &s, "list-sas", "Nothing is up.");
}

enum cli_status cli_conns(const struct cli *cli, const struct options *o)
{
	struct show s = { .event = "list-conn", .print = print_conn };

	return show_list(cli, o, &s, "list-conns", "No connection is configured.");
}

enum cli_status cli_stats(const struct cli *cli, const struct options *o)
{
	struct span response;
	struct talk t;
	enum cli_status status = talk_open(&t, cli, o);

	if (status != CLI_OK)
		return status;
	status = talk_ask(&t, "stats", NULL, NULL, &response);
	if (status == CLI_OK && o->json) {
		print_json(cli->out, response);
		fputc('\n', cli->out);
	} else if (status == CLI_OK) {
		print_tree(cli->out, response);
	}
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
