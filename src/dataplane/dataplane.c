/* SPDX-License-Identifier: Apache-2.0 */
/* dataplane: which houses there are, by name. */
#include "dataplane.h"

const struct dataplane_ops *dataplane_find(const char *name)
{
	static const struct dataplane_ops *const all[] = { &dataplane_xfrm, &dataplane_tun,
							 &dataplane_null };

	if (strcmp(name, "auto") == 0)
		return dataplane_xfrm_there() ? &dataplane_xfrm : &dataplane_tun;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (strcmp(name, all[i]->name) == 0)
			return all[i];
	}
	return NULL;
}
