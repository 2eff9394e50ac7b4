/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checker: what has to hold between and within engines, after every step and at the end.
 *
 * After every step: two ends that both hold an IKE SA established agree on its keys, suite,
 * identities and roles; two ends of a Child SA on its SPIs, suite, selectors and keys; whatever is
 * unfinished has a timer or a job out. Settled (no datagram and no job is under way): both ends
 * hold the same SAs. Closed: no record, timer, job or installed SPI is left.
 */
#ifndef ADIT_SIM_CHECKER_H
#define ADIT_SIM_CHECKER_H

#include "bench.h"

void checker_step(struct bench *b);
/* For scenarios that have waited long enough for both ends to agree on what exists. */
void checker_settled(struct bench *b, const struct host *x, const struct host *y);
void checker_idle(struct bench *b);
void checker_closed(struct bench *b);

#endif
