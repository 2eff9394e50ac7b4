/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: what the tests of this folder share: hex, a pseudo-random stream, a crypto backend whose random
 * bytes are given, suites from raw keys, and specs of SAs.
 */
#ifndef ADIT_TESTS_ESP_FIXTURE_H
#define ADIT_TESTS_ESP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "esp.h"
#include "registry.h"

struct fixture {
	struct memory memory;
	struct crypto real;      /* libcrypto */
	struct crypto crypto;    /* the same, with random() replaced */
	struct crypto_ops ops;
};

extern uint8_t fixture_random[16]; /* what crypto_random() gives, repeated, when fixture_random_set */
extern bool fixture_random_set;

int fixture_setup(void **state);
int fixture_teardown(void **state); /* and nothing may be left allocated */

/* Hex digits, spaces ignored; gives the number of bytes. */
size_t hex_read(uint8_t *ret, size_t max, const char *text, size_t len);
uint64_t stream_next(uint64_t *state);

struct esp_suite suite_new(struct fixture *f, uint16_t encr, uint16_t bits, uint16_t integ, struct span key,
			   struct span integ_key, bool esn);
void suite_free(struct fixture *f, struct esp_suite *suite);

struct selector selector_v4(const char *prefix, uint8_t protocol, uint16_t first, uint16_t last);
struct child_spec spec_gcm(uint32_t spi_in, uint32_t spi_out, const char *local, const char *remote);
/* HMAC-SHA2-256-128 over what spec says, from 192.0.2.1 to 192.0.2.2. */
void spec_make_ah(struct child_spec *spec);
/* The same SA as the peer sees it. */
struct child_spec spec_reversed(const struct child_spec *spec);

/* An IPv4 packet with ports; gives its length. */
size_t packet_v4(uint8_t *ret, const char *src, const char *dst, uint8_t protocol, uint16_t src_port,
		 uint16_t dst_port, size_t payload_len);

#endif
