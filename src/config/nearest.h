/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest: which valid name a misspelt one may have meant.
 *
 * The edit distance (insert, delete, replace, swap of neighbours) of short names; names past
 * NEAREST_LEN_MAX are near nothing. Pure.
 */
#ifndef ADIT_CONFIG_NEAREST_H
#define ADIT_CONFIG_NEAREST_H

#include "span.h"

#define NEAREST_LEN_MAX 40

struct nearest {
	struct span wanted;
	struct span best; /* empty: nothing is near */
	unsigned distance;
};

/* A search for what wanted may have meant: offer each valid name, then look at best. */
struct nearest nearest_of(struct span wanted);
void nearest_offer(struct nearest *n, struct span name);

#endif
