/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spi: how our SPIs name shard and slot (docs/architecture.md, "SPIs").
 *
 * IKE: 28 random bits, 4 for a cluster node, 8 shard, 24 slot. ESP: shard, generation, slot, with
 * widths that follow from the limits; never below 256 (RFC 4303 2.1). Pure functions.
 */
#ifndef ADIT_IKE_SPI_H
#define ADIT_IKE_SPI_H

#include "bounds.h"
#include "span.h"

struct spi_layout {
	uint8_t shard;
	uint8_t esp_shard_bits, esp_slot_bits;
};

struct spi_layout spi_layout_of(uint8_t shard, uint16_t shards, uint32_t child_sas);
uint64_t spi_ike_make(const struct spi_layout *l, uint32_t slot, uint32_t random);
uint32_t spi_ike_slot(uint64_t spi);
uint8_t spi_ike_shard(uint64_t spi);
uint32_t spi_esp_make(const struct spi_layout *l, uint32_t slot, uint32_t random);
uint32_t spi_esp_slot(const struct spi_layout *l, uint32_t spi);

#endif
