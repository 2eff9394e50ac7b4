/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: what stands on the command line behind `adit`.
 *
 * One table of options; each subcommand says which of them it takes. Words are borrowed from argv.
 */
#ifndef ADIT_CLI_OPTIONS_H
#define ADIT_CLI_OPTIONS_H

#include "command.h"

enum option_bit {
	OPTION_SOCKET = 1 << 0,
	OPTION_HELP = 1 << 1,
	OPTION_CHILD = 1 << 2,
	OPTION_TIMEOUT = 1 << 3,
	OPTION_JSON = 1 << 4,
	OPTION_ALL = 1 << 5,
	OPTION_FORCE = 1 << 6,
	OPTION_FOLLOW = 1 << 7,
};

#define OPTIONS_EVERYWHERE (OPTION_SOCKET | OPTION_HELP)

/*
 * Reads argv[*at …] as options out of `allowed`. Up to one operand is taken when `operand` is true;
 * when it is false the walk ends at the first word that is no option. *at is where it ended. On
 * failure ret_complaint says what is wrong.
 */
MUST_USE enum err options_parse(struct options *o, unsigned allowed, bool operand, int argc,
				char *const argv[], int *at, struct text *ret_complaint);
/* The lines of --help for those options. */
void options_print(FILE *out, unsigned allowed);

#endif
