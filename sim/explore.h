/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore: plays scripts over ranges of seeds, for the command and the tests alike.
 *
 * Prints a progress line a script, and for a failure what broke and the command line that replays
 * it. Never goes on after a handful of failures: the first is the one to look at.
 */
#ifndef ADIT_SIM_EXPLORE_H
#define ADIT_SIM_EXPLORE_H

#include "scripts.h"

struct explore {
	const struct script *script;
	uint64_t first, count; /* seeds; count 0: the script's own number */
	bool libcrypto;
	bool twice;            /* each seed is played again, and the traces must be the same */
	bool trace;
	struct coverage *coverage;
};

/* The number of seeds that failed. */
uint64_t explore_run(const struct explore *e);

#endif
