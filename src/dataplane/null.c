/* SPDX-License-Identifier: Apache-2.0 */
/*
 * null: a dataplane that keeps the Child SAs and counts, and neither reads nor writes a packet. For
 * tests, simulators and load generators that are about IKE alone.
 */
#include "dataplane.h"

#include "map.h"
#include "reader.h"
#include "registry.h"
#include "slab.h"

struct null_sa {
	uint32_t spi_in;
	struct path path;
	struct dataplane_counters counters;
};

struct dataplane {
	struct memory *memory;
	struct slab sas;
	struct map by_spi;
	struct dataplane_counters totals;
};

static void null_free(struct dataplane *d, bool orderly)
{
	uint32_t slot = 0;
	struct null_sa *sa;
	struct memory *memory = d->memory;

	(void)orderly;
	while ((sa = slab_next(&d->sas, &slot)) != NULL)
		slab_free(&d->sas, sa);
	map_clear(&d->by_spi);
	slab_clear(&d->sas);
	memory_free(memory, d, sizeof(*d));
}

static enum err null_new(struct dataplane **ret, const struct dataplane_env *env)
{
	uint64_t salt[2] = { 0 };
	struct dataplane *d = memory_alloc(env->memory, sizeof(*d));
	enum err err;

	if (!d)
		return ERR_MEMORY;
	d->memory = env->memory;
	TRY(crypto_random(env->crypto, (uint8_t *)salt, sizeof(salt)));
	TRY(slab_init(&d->sas, env->memory, sizeof(struct null_sa), env->child_sas));
	TRY(map_init(&d->by_spi, env->memory, env->child_sas, salt));
	*ret = d;
	return ERR_OK;
out:
	slab_clear(&d->sas);
	memory_free(env->memory, d, sizeof(*d));
	return err;
}

static struct null_sa *find(const struct dataplane *d, uint32_t spi_in)
{
	uint32_t slot;

	return map_get(&d->by_spi, spi_in, &slot) ? slab_at(&d->sas, slot) : NULL;
}

static enum err null_install(struct dataplane *d, const struct child_spec *spec, nanos now)
{
	struct null_sa *sa;
	enum err err;

	(void)now;
	if (spec->protocol != PROTOCOL_ESP)
		return ERR_UNSUPPORTED;
	if (find(d, spec->spi_in))
		return ERR_EXISTS;
	sa = slab_alloc(&d->sas);
	if (!sa)
		return ERR_LIMIT;
	*sa = (struct null_sa){ .spi_in = spec->spi_in, .path = spec->path };
	err = map_put(&d->by_spi, spec->spi_in, slab_slot(&d->sas, sa));
	if (err != ERR_OK)
		slab_free(&d->sas, sa);
	return err;
}

static enum err null_update(struct dataplane *d, uint32_t spi_in, const struct path *path)
{
	struct null_sa *sa = find(d, spi_in);

	if (!sa)
		return ERR_NOT_FOUND;
	sa->path = *path;
	return ERR_OK;
}

static enum err null_remove(struct dataplane *d, uint32_t spi_in)
{
	struct null_sa *sa = find(d, spi_in);

	if (!sa)
		return ERR_NOT_FOUND;
	(void)map_remove(&d->by_spi, spi_in);
	slab_free(&d->sas, sa);
	return ERR_OK;
}

static enum err null_query(struct dataplane *d, uint32_t spi_in, struct dataplane_counters *ret)
{
	struct null_sa *sa = find(d, spi_in);

	if (!sa)
		return ERR_NOT_FOUND;
	*ret = sa->counters;
	return ERR_OK;
}

static void count(struct dataplane_counters *c, size_t len, nanos now)
{
	c->packets_in++;
	c->bytes_in += len;
	c->last_in = now;
}

/* Counts by SPI alone: nothing is opened here, so nothing is known to be authentic. */
static void null_input(struct dataplane *d, const struct path *path, const struct outer *outer,
		       uint8_t *data, size_t len, nanos now)
{
	struct reader r = reader_of(span_of(data, len));
	uint32_t spi = reader_u32(&r);
	struct null_sa *sa = reader_ok(&r) ? find(d, spi) : NULL;

	(void)path;
	(void)outer;
	if (!reader_ok(&r)) {
		d->totals.malformed++;
	} else if (!sa) {
		d->totals.no_sa++;
	} else {
		count(&d->totals, len, now);
		count(&sa->counters, len, now);
	}
}

static void null_narrow(struct dataplane *d, const struct path *path)
{
	(void)d;
	(void)path;
}

static size_t null_descriptors(struct dataplane *d, int *ret_fds, size_t max)
{
	(void)d;
	(void)ret_fds;
	(void)max;
	return 0;
}

static enum err null_ready(struct dataplane *d, int fd, nanos now)
{
	(void)d;
	(void)fd;
	(void)now;
	return ERR_OK;
}

static void null_totals(struct dataplane *d, struct dataplane_counters *ret)
{
	*ret = d->totals;
}

const struct dataplane_ops dataplane_null = {
	.name = "null",
	.new = null_new,
	.free = null_free,
	.install = null_install,
	.update = null_update,
	.remove = null_remove,
	.query = null_query,
	.input = null_input,
	.narrow = null_narrow,
	.descriptors = null_descriptors,
	.ready = null_ready,
	.totals = null_totals,
};
