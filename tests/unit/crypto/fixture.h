/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: what the tests of src/crypto and src/ike/keys.c share.
 *
 * Hex to bytes, a file of vectors by its name under tests/vectors, and a libcrypto instance a test.
 * Bad hex or a missing file fails the test; nothing is skipped.
 */
#ifndef ADIT_TESTS_CRYPTO_FIXTURE_H
#define ADIT_TESTS_CRYPTO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto.h"
#include "reader.h"
#include "writer.h"

#define assert_ok(expr) assert_int_equal((expr), ERR_OK)
#define assert_span_equal(got, want)                                    \
	do {                                                            \
		struct span got_ = (got), want_ = (want);               \
		assert_int_equal(got_.len, want_.len);                  \
		assert_memory_equal(got_.data, want_.data, want_.len);  \
	} while (0)

#define FIXTURE_BYTES_MAX 2048

struct fixture_bytes {
	uint8_t data[FIXTURE_BYTES_MAX];
	size_t len;
};

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static inline bool is_gap(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* len characters of hex, blanks between bytes allowed. */
static inline struct fixture_bytes hex_n(const char *text, size_t len)
{
	struct fixture_bytes b = { .len = 0 };

	for (size_t i = 0; i < len;) {
		if (is_gap(text[i])) {
			i++;
			continue;
		}
		assert_true(i + 1 < len && b.len < sizeof(b.data));
		assert_true(hex_digit(text[i]) >= 0 && hex_digit(text[i + 1]) >= 0);
		b.data[b.len++] = (uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
		i += 2;
	}
	return b;
}

static inline struct fixture_bytes hex(const char *text)
{
	return hex_n(text, strlen(text));
}

/* Valid as long as b is. */
static inline struct span fixture_span(const struct fixture_bytes *b)
{
	return span_of(b->data, b->len);
}

static inline FILE *vectors_open(const char *name)
{
	char path[4096];
	FILE *f;

	assert_true(snprintf(path, sizeof(path), "%s/%s", VECTORS, name) < (int)sizeof(path));
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("no vectors: %s", path);
	return f;
}

/* A row of cmocka's table for a test that gets an instance as its state. */
#define WITH_LIBCRYPTO(test) \
	cmocka_unit_test_setup_teardown(test, setup_libcrypto, teardown_libcrypto)

static inline int setup_libcrypto(void **state)
{
	struct crypto *c = calloc(1, sizeof(*c));

	if (c == NULL || crypto_libcrypto_new(c) != ERR_OK) {
		free(c);
		return -1;
	}
	*state = c;
	return 0;
}

static inline int teardown_libcrypto(void **state)
{
	crypto_libcrypto_free(*state);
	free(*state);
	return 0;
}

#endif
