/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selectors: traffic selectors as the kernel has them: prefixes and masked ports, in pairs.
 *
 * A range of addresses is the fewest prefixes that make it up, a range of ports likewise; every
 * local piece meets every remote one of its family and protocol. RFC 4301 4.4.1, RFC 7296 3.13.1.
 */
#ifndef ADIT_DATAPLANE_XFRM_SELECTORS_H
#define ADIT_DATAPLANE_XFRM_SELECTORS_H

#include <linux/xfrm.h>

#include "child_spec.h"

#define XFRM_PAIRS_MAX 256 /* policies a direction; more would be one SA crowding out the rest */

/*
 * Outbound ones, from local to remote. ERR_LIMIT: more than XFRM_PAIRS_MAX. ERR_UNSUPPORTED: OPAQUE
 * ports or part of the ICMP types, which the kernel cannot tell, or no pair of one family.
 */
MUST_USE enum err xfrm_pairs(const struct child_spec *spec,
			     struct xfrm_selector ret[XFRM_PAIRS_MAX], size_t *ret_count);
/* The same traffic the other way. */
struct xfrm_selector xfrm_selector_turned(const struct xfrm_selector *sel);
/* Lower is stronger: the narrower selector. */
uint32_t xfrm_priority(const struct xfrm_selector *sel);

#endif
