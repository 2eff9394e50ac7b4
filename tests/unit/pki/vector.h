/* SPDX-License-Identifier: Apache-2.0 */
/* vector: hex behind a label in the text of an RFC (tests/vectors/rfc); what is not there fails the test. */
#ifndef ADIT_TESTS_PKI_VECTOR_H
#define ADIT_TESTS_PKI_VECTOR_H

#include <ctype.h>
#include <stdio.h>

#include "scene.h"

static inline const char *vector_file(const char *name)
{
	static char text[65536], path[512];
	FILE *f;
	size_t len;

	assert_true(snprintf(path, sizeof(path), "%s/rfc/%s", VECTORS, name) < (int)sizeof(path));
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	assert_true(len > 0 && len < sizeof(text) - 1);
	text[len] = '\0';
	fclose(f);
	return text;
}

/* Hex digits from at, over blanks; with dump, each line begins with an offset and a colon. Gives the bytes. */
static inline size_t vector_hex(const char *at, bool dump, uint8_t *ret, size_t max)
{
	size_t digits = 0;

	for (; *at; at++) {
		if (dump && isxdigit((unsigned char)at[0]) && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]) &&
		    isxdigit((unsigned char)at[3]) && at[4] == ':') {
			at += 4;
			continue;
		}
		if (isspace((unsigned char)*at))
			continue;
		if (!isxdigit((unsigned char)*at) || (!isupper((unsigned char)*at) && !isdigit((unsigned char)*at) && !dump))
			break;
		assert_true(digits / 2 < max);
		ret[digits / 2] = (uint8_t)(ret[digits / 2] << 4 | (isdigit((unsigned char)*at) ? *at - '0' : tolower(*at) - 'a' + 10));
		digits++;
	}
	return digits / 2;
}

#endif
