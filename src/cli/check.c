/* SPDX-License-Identifier: Apache-2.0 */
/* check: a configuration file's errors and warnings, without a daemon. */
#include "command.h"
#include "config.h"

#define REPORT_MAX (64 * 1024)

static void report(FILE *out, const struct text *lines, const char *kind)
{
	if (lines->len == 0)
		return;
	fprintf(out, "%s:\n%s", kind, lines->data);
	if (lines->data[lines->len - 1] != '\n')
		fputc('\n', out);
	if (lines->cut)
		fputs("… and more\n", out);
}

enum cli_status cli_check(const struct cli *cli, const struct options *o)
{
	static char error_words[REPORT_MAX], warning_words[REPORT_MAX];
	struct text errors = TEXT_ARRAY(error_words), warnings = TEXT_ARRAY(warning_words);
	struct config *config = NULL;
	enum err err = config_load(&config, o->name, &errors, &warnings);

	report(cli->err, &warnings, "Warnings");
	if (err != ERR_OK) {
		report(cli->err, &errors, "Errors");
		fprintf(cli->err, "adit: aditd would not take %s (%s)\n", o->name, err_words(err));
		return CLI_FAILED;
	}
	fprintf(cli->out, "%s is fine: %zu connection%s, %zu secret%s.\n", o->name,
		config->conns_count, config->conns_count == 1 ? "" : "s", config->psks_count,
		config->psks_count == 1 ? "" : "s");
	config_unref(config);
	return CLI_OK;
}
