/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sad: the Child SAs by inbound SPI: a slab and a map, both sized at start (RFC 4301 4.4.2).
 *
 * Unicast SAs are found by their SPI alone (RFC 4303 2.1). It owns the records, their sealers,
 * windows and selectors; spd.h borrows them.
 */
#ifndef ADIT_ESP_SAD_H
#define ADIT_ESP_SAD_H

#include "map.h"
#include "sa.h"
#include "slab.h"

struct sad {
	const struct crypto *crypto;
	struct memory *memory;
	struct slab sas;
	struct map by_spi;
};

MUST_USE enum err sad_init(struct sad *s, const struct crypto *c, struct memory *m, uint32_t count,
			   const uint64_t salt[2]);
/* Frees the SAs that are left, too. */
void sad_clear(struct sad *s);
/*
 * A new SA from spec, whose keys are copied into sealers. ERR_EXISTS: that spi_in is in use;
 * ERR_LIMIT: all records are; ERR_UNSUPPORTED: mode, protocol or suite; ERR_MEMORY, ERR_CRYPTO,
 * ERR_LENGTH of keys.
 */
MUST_USE enum err sad_add(struct sad *s, const struct child_spec *spec, struct esp_sa **ret);
struct esp_sa *sad_find(const struct sad *s, uint32_t spi_in);
/* The path takes outer IP packets of that length: what follows for traffic flow padding. */
void sa_set_mtu(struct esp_sa *sa, size_t mtu);
void sad_remove(struct sad *s, struct esp_sa *sa);

#endif
