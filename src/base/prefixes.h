/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prefixes: a range of addresses as the fewest prefixes that make it up, for kernels, which know no
 * ranges.
 */
#ifndef ADIT_BASE_PREFIXES_H
#define ADIT_BASE_PREFIXES_H

#include "address.h"

#define PREFIXES_MAX 254 /* that one range of IPv6 addresses can need; IPv4: 62 */

/* Of first…last, which are of one family and in order; in order themselves. Gives their number. */
size_t prefixes_of_range(const struct ip *first, const struct ip *last,
			 struct prefix ret[PREFIXES_MAX]);

#endif
