/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plane: the books of a dataplane that carries nothing.
 *
 * Keeps what an engine's jobs install, and is exact about it: nothing is installed twice, what is
 * installed is removed once, what was not installed is neither removed nor moved. A move may come
 * late, when its SA is gone: it moves nothing. A broken rule fails the world.
 */
#ifndef ADIT_SIM_PLANE_H
#define ADIT_SIM_PLANE_H

#include "child_spec.h"
#include "world.h"

#define PLANE_SAS_MAX 256
#define PLANE_PAST 64

struct plane {
	struct world *world;
	const char *owner;
	struct child_spec *sas; /* what is installed now */
	size_t count;
	uint64_t installs, removes;
	uint32_t past[PLANE_PAST]; /* inbound SPIs that were removed, the latest ones */
	nanos idle_in;          /* what queries say; NANOS_NEVER: no packet came yet */
};

void plane_init(struct plane *p, struct world *world, const char *owner);
void plane_clear(struct plane *p);
MUST_USE enum err plane_install(struct plane *p, const struct child_spec *spec);
MUST_USE enum err plane_update(struct plane *p, const struct child_spec *spec);
MUST_USE enum err plane_remove(struct plane *p, uint32_t spi_in);
/* What is installed under our inbound SPI, or NULL. */
const struct child_spec *plane_find(const struct plane *p, uint32_t spi_in);

#endif
