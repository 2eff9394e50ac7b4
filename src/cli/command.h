/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: the `adit` command: its subcommands, one table of them, and their options.
 *
 * Every subcommand is a function from options to an exit status that writes to two streams and, but
 * for `check` and `pki`, talks VICI to aditd over one connection. Answers go to out, complaints to err.
 * Nothing here exits, and nothing but main.c looks at the process (terminal, environment), so that
 * tests run it whole.
 */
#ifndef ADIT_CLI_COMMAND_H
#define ADIT_CLI_COMMAND_H

#include <stdio.h>

#include "client.h"

#define SOCKET_PATH_DEFAULT "/run/adit/vici.sock"
#define REQUEST_TIMEOUT_MS 30000 /* for what the daemon answers from memory */
#define DOWN_TIMEOUT_S 30        /* how long `down` waits for the peer's answer */
#define TIMEOUT_S_MAX 86400

enum cli_status {
	CLI_OK = 0,
	CLI_FAILED = 1, /* the request failed */
	CLI_USAGE = 2,
	CLI_NO_DAEMON = 3,
};

struct cli {
	FILE *out, *err;
	bool color;
	const char *socket_path; /* the default, or what the environment says */
	/* A passphrase from the terminal, without echo; NULL: there is none. */
	bool (*ask)(const char *prompt, char *ret, size_t max);
};

struct options {
	const char *socket_path;
	const char *name;  /* the operand: NAME or FILE; NULL: not given */
	const char *child; /* NULL: not given */
	int timeout_s;     /* 0: not given */
	bool json, all, force, follow, help;
};

/* Runs the command with main()'s arguments. */
enum cli_status cli_run(const struct cli *cli, int argc, char *const argv[]);

/* One each row of the table. */
enum cli_status cli_up(const struct cli *cli, const struct options *o);
enum cli_status cli_down(const struct cli *cli, const struct options *o);
enum cli_status cli_sas(const struct cli *cli, const struct options *o);
enum cli_status cli_conns(const struct cli *cli, const struct options *o);
enum cli_status cli_log(const struct cli *cli, const struct options *o);
enum cli_status cli_stats(const struct cli *cli, const struct options *o);
enum cli_status cli_version(const struct cli *cli, const struct options *o);
enum cli_status cli_reload(const struct cli *cli, const struct options *o);
enum cli_status cli_check(const struct cli *cli, const struct options *o);

#endif
