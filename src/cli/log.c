/* SPDX-License-Identifier: Apache-2.0 */
/* log: the daemon's recent lines (the private command adit-log streams them), and those to come. */
#include "print.h"
#include "talk.h"

struct lines {
	const struct cli *cli;
	bool json;
};

static void on_line(void *ctx, struct span event, struct span message)
{
	const struct lines *l = ctx;
	struct span msg;

	if (!span_equal(event, span_text("log")))
		return;
	if (l->json)
		print_json(l->cli->out, message);
	else if (vici_find(message, "msg", &msg))
		print_text(l->cli->out, msg);
	else
		return;
	fputc('\n', l->cli->out);
	fflush(l->cli->out);
}

enum cli_status cli_log(const struct cli *cli, const struct options *o)
{
	struct lines lines = { .cli = cli, .json = o->json };
	struct talk t;
	enum cli_status status = talk_open(&t, cli, o);

	if (status != CLI_OK)
		return status;
	status = talk_list(&t, "adit-log", "log", on_line, &lines);
	if (status == CLI_OK && o->follow)
		status = talk_listen(&t, on_line, &lines);
	talk_close(&t);
	return status;
}
