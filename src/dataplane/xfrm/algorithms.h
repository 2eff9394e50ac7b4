/* SPDX-License-Identifier: Apache-2.0 */
/*
 * algorithms: what the kernel calls the transforms, one row each. RFC 8221; the names are those of
 * net/xfrm's tables.
 */
#ifndef ADIT_DATAPLANE_XFRM_ALGORITHMS_H
#define ADIT_DATAPLANE_XFRM_ALGORITHMS_H

#include "span.h"

struct xfrm_name {
	uint16_t id; /* IANA's, or strongSwan's private one */
	uint16_t icv_bits; /* of a cipher: 0 unless it is an AEAD */
	const char *name;
};

/* NULL: the kernel has none. */
const struct xfrm_name *xfrm_cipher(uint16_t id);
const struct xfrm_name *xfrm_integ(uint16_t id);

#endif
