/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk: the subcommands' conversation with aditd, with its failures in words.
 *
 * Each call that fails has said so on the error stream already; the caller hands its status on.
 */
#ifndef ADIT_CLI_TALK_H
#define ADIT_CLI_TALK_H

#include "command.h"

#define TALK_REQUEST_MAX 2048

struct talk {
	const struct cli *cli;
	const char *socket_path;
	struct client client;
	uint8_t request[TALK_REQUEST_MAX];
};

enum cli_status talk_open(struct talk *t, const struct cli *cli, const struct options *o);
void talk_close(struct talk *t);
enum cli_status talk_register(struct talk *t, const char *event);

/* Begins a request in the talk's own buffer; talk_send() takes it. */
struct vici_writer talk_begin(struct talk *t, const char *command);
/* Sends and waits; *ret_response is borrowed until the next call. */
enum cli_status talk_send(struct talk *t, struct vici_writer *v, int timeout_ms,
			  client_event on_event, void *ctx, struct span *ret_response);
/* A request without arguments. */
enum cli_status talk_ask(struct talk *t, const char *command, client_event on_event, void *ctx,
			 struct span *ret_response);
/* Registers for event and asks for what streams it. */
enum cli_status talk_list(struct talk *t, const char *command, const char *event,
			  client_event on_event, void *ctx);
/* Events without end; comes back when the daemon ends. */
enum cli_status talk_listen(struct talk *t, client_event on_event, void *ctx);

/* Whether a response says success; *ret_errmsg is its errmsg, or empty. */
bool talk_success(struct span response, struct span *ret_errmsg);
/* Names of connections and children that are a person's input, for sentences. */
void talk_complain(struct talk *t, const char *before, const char *name, const char *after);

#endif
