/* SPDX-License-Identifier: Apache-2.0 */
/* The Vendor ID payload, RFC 7296 3.12. Its body is the ID, so there is nothing to parse. */
#include "payloads.h"

void vendor_build(struct chain *c, struct span id)
{
	payload_put(c, PAYLOAD_VENDOR, id);
}
