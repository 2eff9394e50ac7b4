/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "spi.h"

static void an_ike_spi_names_shard_and_slot_and_is_never_zero(void **state)
{
	struct spi_layout l = spi_layout_of(7, 16, 1024);

	(void)state;
	for (uint32_t slot = 0; slot < 1u << IKE_SLOT_BITS; slot = slot * 3 + 1) {
		uint64_t spi = spi_ike_make(&l, slot, slot * 2654435761u);

		assert_int_equal(spi_ike_slot(spi), slot);
		assert_int_equal(spi_ike_shard(spi), 7);
	}
	l = spi_layout_of(0, 1, 1);
	assert_true(spi_ike_make(&l, 0, 0) != 0);
}

static void an_ike_spi_has_at_least_24_random_bits(void **state)
{
	struct spi_layout l = spi_layout_of(0, 1, 1);
	uint64_t differ = spi_ike_make(&l, 3, 0xffffffff) ^ spi_ike_make(&l, 3, 1);

	(void)state;
	assert_true(__builtin_popcountll(differ) >= 24);
}

/* RFC4303 2.1 */
static void an_esp_spi_names_its_slot_and_is_never_below_256(void **state)
{
	static const struct {
		uint16_t shards;
		uint32_t children;
	} rows[] = { { 1, 1 }, { 1, 1024 }, { 2, 1024 }, { 16, 65536 }, { 256, 1u << 20 }, { 1, 1u << 24 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (uint16_t shard = 0; shard < rows[i].shards; shard = (uint16_t)(shard * 2 + 1)) {
			struct spi_layout l = spi_layout_of((uint8_t)shard, rows[i].shards, rows[i].children);

			for (uint32_t slot = 0; slot < rows[i].children; slot = slot * 2 + 1) {
				for (uint32_t random = 0; random < 64; random++) {
					uint32_t spi = spi_esp_make(&l, slot, random);

					assert_true(spi >= ESP_SPI_MIN);
					assert_int_equal(spi_esp_slot(&l, spi), slot);
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ike_spi_names_shard_and_slot_and_is_never_zero),
		cmocka_unit_test(an_ike_spi_has_at_least_24_random_bits),
		cmocka_unit_test(an_esp_spi_names_its_slot_and_is_never_below_256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
