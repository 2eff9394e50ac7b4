/* SPDX-License-Identifier: Apache-2.0 */
#include "spi.h"

#include "require.h"

#define IKE_RANDOM_SHIFT 36 /* 4 bits below it are kept for a cluster node */
#define IKE_SHARD_SHIFT IKE_SLOT_BITS
#define IKE_SLOT_MASK ((UINT32_C(1) << IKE_SLOT_BITS) - 1)

static uint8_t bits_for(uint32_t count)
{
	uint8_t bits = 0;

	while (bits < 32 && (UINT64_C(1) << bits) < count)
		bits++;
	return bits;
}

struct spi_layout spi_layout_of(uint8_t shard, uint16_t shards, uint32_t child_sas)
{
	struct spi_layout l = {
		.shard = shard,
		.esp_shard_bits = bits_for(shards),
		.esp_slot_bits = bits_for(child_sas),
	};

	REQUIRE(shards > 0 && shards <= SHARDS_MAX && shard < shards);
	/* At least four bits of generation, so that a freed SPI does not come back at once. */
	REQUIRE(l.esp_shard_bits + l.esp_slot_bits <= 28);
	return l;
}

uint64_t spi_ike_make(const struct spi_layout *l, uint32_t slot, uint32_t random)
{
	uint64_t high = (uint64_t)random << IKE_RANDOM_SHIFT;

	REQUIRE(slot <= IKE_SLOT_MASK);
	/* An SPI of zero means "not known yet" (RFC 7296 3.1). */
	if (high == 0)
		high = UINT64_C(1) << IKE_RANDOM_SHIFT;
	return high | (uint64_t)l->shard << IKE_SHARD_SHIFT | slot;
}

uint32_t spi_ike_slot(uint64_t spi)
{
	return (uint32_t)spi & IKE_SLOT_MASK;
}

uint8_t spi_ike_shard(uint64_t spi)
{
	return (uint8_t)(spi >> IKE_SHARD_SHIFT);
}

uint32_t spi_esp_make(const struct spi_layout *l, uint32_t slot, uint32_t random)
{
	uint8_t free_bits = (uint8_t)(32 - l->esp_shard_bits - l->esp_slot_bits);
	uint32_t generation = free_bits == 32 ? random : random & ((UINT32_C(1) << free_bits) - 1);
	uint64_t shard = (uint64_t)l->shard << (32 - l->esp_shard_bits);
	uint32_t spi = (uint32_t)(shard | (uint64_t)generation << l->esp_slot_bits | slot);

	if (spi < ESP_SPI_MIN) /* RFC4303 2.1 */
		spi |= UINT32_C(1) << (32 - l->esp_shard_bits - 1);
	return spi;
}

uint32_t spi_esp_slot(const struct spi_layout *l, uint32_t spi)
{
	return (uint32_t)(spi & ((UINT64_C(1) << l->esp_slot_bits) - 1));
}
