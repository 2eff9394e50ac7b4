/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sas: list-sa and list-conn messages as text for people.
 *
 * Each message is printed as it comes, so that a list of any length takes no memory. Keys that are
 * absent leave their words out.
 */
#ifndef ADIT_CLI_SAS_H
#define ADIT_CLI_SAS_H

#include <stdio.h>

#include "vici.h"

/* One list-sa message: the IKE SA and its Child SAs. */
void print_sa(FILE *out, bool color, struct span message);
/* One list-conn message: the connection and its children. */
void print_conn(FILE *out, bool color, struct span message);

#endif
