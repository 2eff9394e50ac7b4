/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: whether every section and key of a tree is one we know, in its place, and done yet.
 *
 * Sets the row of every key that stands. A known key that does not work yet is refused by name
 * unless it says what happens anyway; an unknown one gets the nearest valid name. Values of working
 * keys are judged by build.c.
 */
#ifndef ADIT_CONFIG_CHECK_H
#define ADIT_CONFIG_CHECK_H

#include "keys.h"
#include "report.h"

void keys_check(struct settings *s, struct report *report);

#endif
