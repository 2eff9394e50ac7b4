/* SPDX-License-Identifier: Apache-2.0 */
#include "talk.h"

#include <errno.h>

#include "print.h"

static bool is_absent(int error)
{
	return error == ENOENT || error == ECONNREFUSED || error == ENOTDIR;
}

enum cli_status talk_open(struct talk *t, const struct cli *cli, const struct options *o)
{
	enum err err;

	*t = (struct talk){ .cli = cli, .socket_path = o->socket_path };
	err = client_open(&t->client, o->socket_path);
	if (err == ERR_OK)
		return CLI_OK;
	if (err == ERR_SYSTEM && is_absent(t->client.system_error)) {
		fprintf(cli->err,
			"adit: aditd does not answer at %s. Start it with `systemctl start aditd`, "
			"or "
			"run `aditd` as root.\n",
			o->socket_path);
		return CLI_NO_DAEMON;
	}
	if (err == ERR_SYSTEM &&
	    (t->client.system_error == EACCES || t->client.system_error == EPERM))
		fprintf(cli->err, "adit: you may not talk to aditd at %s; try it as root.\n",
			o->socket_path);
	else if (err == ERR_SYSTEM)
		fprintf(cli->err, "adit: cannot connect to %s: %s\n", o->socket_path,
			strerror(t->client.system_error));
	else if (err == ERR_LENGTH)
		fprintf(cli->err, "adit: the path of the socket is too long\n");
	else
		fprintf(cli->err, "adit: %s\n", err_words(err));
	return CLI_FAILED;
}

void talk_close(struct talk *t)
{
	client_close(&t->client);
}

static enum cli_status talk_failed(struct talk *t, enum err err, const char *what)
{
	FILE *out = t->cli->err;

	switch (err) {
	case ERR_SYSTEM:
		if (t->client.system_error == 0)
			fprintf(out, "adit: aditd closed the connection; is it still running?\n");
		else
			fprintf(out, "adit: the connection to aditd broke: %s\n",
				strerror(t->client.system_error));
		return CLI_NO_DAEMON;
	case ERR_TIMEOUT:
		fprintf(out, "adit: aditd did not answer in time (%s)\n", what);
		return CLI_FAILED;
	case ERR_UNSUPPORTED:
		fprintf(out, "adit: the daemon at %s does not know %s\n", t->socket_path, what);
		return CLI_FAILED;
	case ERR_SPACE:
		fprintf(out, "adit: the request is too long; is that name right?\n");
		return CLI_FAILED;
	default:
		fprintf(out, "adit: what came from %s %s; is aditd listening there?\n",
			t->socket_path, err_words(err));
		return CLI_FAILED;
	}
}

enum cli_status talk_register(struct talk *t, const char *event)
{
	enum err err = client_register(&t->client, event, REQUEST_TIMEOUT_MS);

	return err == ERR_OK ? CLI_OK : talk_failed(t, err, event);
}

struct vici_writer talk_begin(struct talk *t, const char *command)
{
	return vici_begin(t->request, sizeof(t->request), VICI_CMD_REQUEST, command);
}

enum cli_status talk_send(struct talk *t, struct vici_writer *v, int timeout_ms,
			  client_event on_event, void *ctx, struct span *ret_response)
{
	struct span segment, name = SPAN_EMPTY, message;
	char words[64];
	struct text what = TEXT_ARRAY(words);
	uint8_t type;
	enum err err;

	TRY(vici_finish(v, &segment));
	TRY(vici_packet_parse(span_tail(segment, VICI_LENGTH_LEN), &type, &name, &message));
	TRY(client_request(&t->client, segment, timeout_ms, on_event, ctx, ret_response));
out:
	if (err == ERR_OK)
		return CLI_OK;
	text_peer(&what, name);
	return talk_failed(t, err, words);
}

enum cli_status talk_ask(struct talk *t, const char *command, client_event on_event, void *ctx,
			 struct span *ret_response)
{
	struct vici_writer v = talk_begin(t, command);

	return talk_send(t, &v, REQUEST_TIMEOUT_MS, on_event, ctx, ret_response);
}

enum cli_status talk_list(struct talk *t, const char *command, const char *event,
			  client_event on_event, void *ctx)
{
	enum cli_status status = talk_register(t, event);
	struct span response, errmsg;

	if (status == CLI_OK)
		status = talk_ask(t, command, on_event, ctx, &response);
	if (status != CLI_OK || talk_success(response, &errmsg))
		return status;
	fprintf(t->cli->err, "adit: aditd refused %s: ", command);
	print_lines(t->cli->err, errmsg);
	return CLI_FAILED;
}

enum cli_status talk_listen(struct talk *t, client_event on_event, void *ctx)
{
	return talk_failed(t, client_listen(&t->client, on_event, ctx), "events");
}

bool talk_success(struct span response, struct span *ret_errmsg)
{
	struct span success;

	*ret_errmsg = SPAN_EMPTY;
	if (!vici_find(response, "success", &success) || span_equal(success, span_text("yes")))
		return true;
	if (!vici_find(response, "errmsg", ret_errmsg) || ret_errmsg->len == 0)
		*ret_errmsg = span_text("no reason given");
	return false;
}

void talk_complain(struct talk *t, const char *before, const char *name, const char *after)
{
	fprintf(t->cli->err, "adit: %s", before);
	print_text(t->cli->err, span_text(name));
	fprintf(t->cli->err, "%s\n", after);
}
