/* SPDX-License-Identifier: Apache-2.0 */
/* plane: exact accounts of installed Child SAs. */
#include "plane.h"

#include <stdlib.h>

#include "require.h"

void plane_init(struct plane *p, struct world *world, const char *owner)
{
	*p = (struct plane){ .world = world, .owner = owner, .idle_in = NANOS_NEVER };
	p->sas = calloc(PLANE_SAS_MAX, sizeof(*p->sas));
	REQUIRE(p->sas != NULL);
}

void plane_clear(struct plane *p)
{
	secret_wipe(p->sas, PLANE_SAS_MAX * sizeof(*p->sas));
	free(p->sas);
	p->sas = NULL;
	p->count = 0;
}

static size_t plane_place(const struct plane *p, uint32_t spi_in)
{
	size_t i = 0;

	while (i < p->count && p->sas[i].spi_in != spi_in)
		i++;
	return i;
}

const struct child_spec *plane_find(const struct plane *p, uint32_t spi_in)
{
	size_t i = plane_place(p, spi_in);

	return i < p->count ? &p->sas[i] : NULL;
}

enum err plane_install(struct plane *p, const struct child_spec *spec)
{
	if (spec->spi_in < ESP_SPI_MIN || spec->spi_out < ESP_SPI_MIN)
		world_fail(p->world, "%s installs a reserved SPI: %08x %08x", p->owner,
			   spec->spi_in, spec->spi_out);
	if (plane_find(p, spec->spi_in)) {
		world_fail(p->world, "%s installs %08x twice", p->owner, spec->spi_in);
		return ERR_EXISTS;
	}
	if (p->count == PLANE_SAS_MAX)
		return ERR_LIMIT;
	p->sas[p->count++] = *spec;
	p->installs++;
	world_note(p->world, "  %s installs %08x/%08x", p->owner, spec->spi_in, spec->spi_out);
	return ERR_OK;
}

static bool plane_had(const struct plane *p, uint32_t spi_in)
{
	for (size_t i = 0; i < PLANE_PAST; i++) {
		if (p->past[i] == spi_in)
			return true;
	}
	return false;
}

enum err plane_update(struct plane *p, const struct child_spec *spec)
{
	size_t i = plane_place(p, spec->spi_in);

	if (i == p->count && plane_had(p, spec->spi_in))
		return ERR_NOT_FOUND;
	if (i == p->count) {
		world_fail(p->world, "%s moves %08x, which is not installed", p->owner,
			   spec->spi_in);
		return ERR_NOT_FOUND;
	}
	p->sas[i].path = spec->path;
	world_note(p->world, "  %s moves %08x", p->owner, spec->spi_in);
	return ERR_OK;
}

enum err plane_remove(struct plane *p, uint32_t spi_in)
{
	size_t i = plane_place(p, spi_in);

	if (i == p->count) {
		world_fail(p->world, "%s removes %08x, which is not installed", p->owner, spi_in);
		return ERR_NOT_FOUND;
	}
	p->sas[i] = p->sas[--p->count];
	p->past[p->removes++ % PLANE_PAST] = spi_in;
	world_note(p->world, "  %s removes %08x", p->owner, spi_in);
	return ERR_OK;
}
