/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selectors: traffic selector arithmetic (RFC 7296 2.9, 3.13). Pure functions.
 */
#ifndef ADIT_IKE_SELECTORS_H
#define ADIT_IKE_SELECTORS_H

#include "config.h"
#include "payloads.h"

/* Configured entries as selectors; `dynamic` ones become the host's own address. Gives the number,
 * at most max. */
size_t selectors_resolve(struct selector *ret, size_t max, const struct selector_config *config,
			 size_t count, const struct ip *own);
/*
 * The intersections of ours with theirs, without duplicates and without those another one holds, at
 * most max; 0: nothing in common. *ret_narrowed says that the result is less than theirs. When
 * theirs begins with a selector of one packet (one address and port) that is within ours, the
 * result that holds it comes first (2.9).
 */
size_t selectors_narrow(struct selector *ret, size_t max, const struct selector *ours,
			size_t ours_count, const struct selector *theirs, size_t theirs_count,
			bool *ret_narrowed);
/* Every selector of inner lies within some selector of outer. */
bool selectors_within(const struct selector *inner, size_t inner_count,
		      const struct selector *outer, size_t outer_count);
/* "10.1.0.0/16", "10.1.0.0/16[tcp/443]", "10.0.0.1..10.0.0.9[17]" as strongSwan prints them. */
void text_selector(struct text *t, const struct selector *s);
void text_selectors(struct text *t, const struct selector *s, size_t count);

#endif
