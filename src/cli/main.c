/* SPDX-License-Identifier: Apache-2.0 */
/* main: the process around the `adit` command. */
#include <stdlib.h>
#include <unistd.h>

#include "pki.h"

/* no-color.org's convention, and terminals that cannot. */
static bool color_wanted(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

int main(int argc, char *argv[])
{
	const char *socket_path = getenv("ADIT_SOCKET");
	const struct cli cli = {
		.out = stdout,
		.err = stderr,
		.color = color_wanted(),
		.ask = pki_terminal_ask,
		.socket_path = socket_path && *socket_path ? socket_path : SOCKET_PATH_DEFAULT,
	};
	enum cli_status status = cli_run(&cli, argc, argv);

	if (fflush(stdout) != 0 && status == CLI_OK) {
		perror("adit: standard output");
		status = CLI_FAILED;
	}
	return (int)status;
}
