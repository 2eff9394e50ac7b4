/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "options.h"
#include "pki.h"

enum operand { OPERAND_NONE, OPERAND_MAY, OPERAND_MUST };

struct subcommand {
	const char *name, *synopsis, *summary, *help;
	enum operand operand;
	unsigned options; /* beyond those that are everywhere */
	enum cli_status (*run)(const struct cli *cli, const struct options *o);
};

static const struct subcommand rows[] = {
	{ "up", "NAME [--child CHILD] [--timeout SECONDS]", "bring a connection or a child up",
	  "Sets up the connection NAME with all its children, or the child NAME, and prints what "
	  "happens\non the way. Ends when it is up, or with the reason why it is not.\n",
	  OPERAND_MUST, OPTION_CHILD | OPTION_TIMEOUT, cli_up },
	{ "down", "NAME | --all [--timeout SECONDS] [--force]", "take a connection or a child down",
	  "Deletes the SAs of the connection NAME, or of the child NAME, and waits for the peer's "
	  "answer,\n30 seconds unless told otherwise.\n",
	  OPERAND_MAY, OPTION_ALL | OPTION_TIMEOUT | OPTION_FORCE, cli_down },
	{ "status", "[--json]", "show what is up",
	  "Shows each IKE SA and its Child SAs: state, peer, identities, algorithms, traffic;\nand "
	  "which connections are not up.\n",
	  OPERAND_NONE, OPTION_JSON, cli_sas },
	{ "conns", "[--json]", "show what is configured",
	  "Shows each connection and its children.\n", OPERAND_NONE, OPTION_JSON, cli_conns },
	{ "log", "[-f] [--json]", "show what happened lately",
	  "Prints the lines that aditd logged lately.\n", OPERAND_NONE, OPTION_FOLLOW | OPTION_JSON,
	  cli_log },
	{ "stats", "[--json]", "show counters and what is in use", "Prints aditd's statistics.\n",
	  OPERAND_NONE, OPTION_JSON, cli_stats },
	{ "reload", "", "read the configuration again",
	  "Makes aditd read its configuration again. When any part of it is wrong, nothing "
	  "changes.\n",
	  OPERAND_NONE, 0, cli_reload },
	{ "check", "FILE", "check a configuration file",
	  "Reads FILE as aditd would and prints every error and warning. Needs no daemon.\n",
	  OPERAND_MUST, 0, cli_check },
	{ "pki", "COMMAND …", "make keys and certificates, and look at them", NULL, OPERAND_MAY, 0,
	  NULL }, /* has a table of its own */
	{ "version", "[--json]", "show the versions of adit and aditd",
	  "Prints the versions of this command and of the daemon.\n", OPERAND_NONE, OPTION_JSON,
	  cli_version },
};

static void help_all(FILE *out)
{
	fputs("adit: control of the IKEv2 daemon aditd\n\nUsage: adit [OPTIONS] COMMAND …\n\n",
	      out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		fprintf(out, "  adit %-8s  %s\n", rows[i].name, rows[i].summary);
	fputs("\nOptions:\n", out);
	options_print(out, OPTIONS_EVERYWHERE);
	fputs("\n`adit COMMAND --help` says more. ADIT_SOCKET in the environment stands for "
	      "--socket.\n"
	      "Exit status: 0 done, 1 the request failed, 2 wrong usage, 3 aditd does not "
	      "answer.\n",
	      out);
}

static void help_one(FILE *out, const struct subcommand *row)
{
	fprintf(out, "Usage: adit %s%s%s\n\n%s\nOptions:\n", row->name, *row->synopsis ? " " : "",
		row->synopsis, row->help);
	options_print(out, row->options | OPTIONS_EVERYWHERE);
}

static enum cli_status usage(const struct cli *cli, const struct subcommand *row,
			     const char *complaint)
{
	if (row)
		fprintf(cli->err, "adit %s: %s. Usage: adit %s %s\n", row->name, complaint,
			row->name, row->synopsis);
	else
		fprintf(cli->err, "adit: %s; `adit --help` lists what there is.\n", complaint);
	return CLI_USAGE;
}

static enum cli_status subcommand_run(const struct cli *cli, const struct subcommand *row,
				      struct options *o, int argc, char *const argv[], int at)
{
	char words[200];
	struct text complaint = TEXT_ARRAY(words);

	if (options_parse(o, row->options | OPTIONS_EVERYWHERE, true, argc, argv, &at,
			  &complaint) != ERR_OK)
		return usage(cli, row, words);
	if (o->help) {
		help_one(cli->out, row);
		return CLI_OK;
	}
	if (o->name && row->operand == OPERAND_NONE)
		return usage(cli, row, "no name belongs here");
	if (!o->name && row->operand == OPERAND_MUST)
		return usage(cli, row, "something is missing");
	if ((row->options & OPTION_ALL) && o->all == (o->name != NULL))
		return usage(cli, row, "either a name or --all, please");
	return row->run(cli, o);
}

enum cli_status cli_run(const struct cli *cli, int argc, char *const argv[])
{
	struct options o = { .socket_path = cli->socket_path };
	char words[200];
	struct text complaint = TEXT_ARRAY(words);
	int at = 1;

	if (options_parse(&o, OPTIONS_EVERYWHERE, false, argc, argv, &at, &complaint) != ERR_OK)
		return usage(cli, NULL, words);
	if (o.help) {
		help_all(cli->out);
		return CLI_OK;
	}
	if (at >= argc) {
		help_all(cli->err);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(argv[at], rows[i].name) != 0)
			continue;
		return rows[i].run == NULL ? cli_pki(cli, argc, argv, at + 1) :
			subcommand_run(cli, &rows[i], &o, argc, argv, at + 1);
	}
	text_put(&complaint, "there is no command ");
	text_peer(&complaint, span_text(argv[at]));
	return usage(cli, NULL, words);
}
