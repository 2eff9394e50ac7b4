/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector_text: known answers out of the text of an RFC.
 *
 * A file is searched for labels between two places in it; the hex that follows a label, over
 * several lines and with remarks in parentheses, is its value. A label that is not there fails
 * the test.
 */
#ifndef ADIT_TESTS_CRYPTO_VECTOR_TEXT_H
#define ADIT_TESTS_CRYPTO_VECTOR_TEXT_H

#include "fixture.h"

#define VECTOR_FILE_MAX 65536

/* A part of a file: from … end. */
struct section {
	const char *from, *end;
};

/* The whole file, in static memory that the next call reuses. */
static inline struct section vector_file(const char *name)
{
	static char text[VECTOR_FILE_MAX];
	FILE *f = vectors_open(name);
	size_t len = fread(text, 1, sizeof(text) - 1, f);

	assert_true(len > 0 && len < sizeof(text) - 1);
	fclose(f);
	text[len] = '\0';
	return (struct section){ text, text + len };
}

/* What follows the label, or NULL. */
static inline const char *label_find(struct section s, const char *label)
{
	const char *at = strstr(s.from, label);

	return at != NULL && at + strlen(label) <= s.end ? at + strlen(label) : NULL;
}

/* The part behind the label, up to the next one like it; false when there is none. */
static inline bool section_next(struct section *ret, struct section *rest, const char *label)
{
	const char *from = label_find(*rest, label), *next;

	if (from == NULL)
		return false;
	next = strstr(from, label);
	rest->from = from;
	*ret = (struct section){ from, next != NULL ? next : rest->end };
	return true;
}

/* The hex words that follow the label, "=", ":" and "0x" left out. */
static inline struct fixture_bytes hex_after(struct section s, const char *label)
{
	struct fixture_bytes b = { .len = 0 };
	const char *at = label_find(s, label);

	if (at == NULL)
		fail_msg("no %s", label);
	while (at < s.end) {
		size_t len = 0;

		while (at < s.end && (is_gap(*at) || *at == '=' || *at == ':'))
			at++;
		if (at < s.end && *at == '(') {
			while (at < s.end && *at != '\n')
				at++;
			continue;
		}
		if (strncmp(at, "0x", 2) == 0)
			at += 2;
		while (at + len < s.end && hex_digit(at[len]) >= 0)
			len++;
		if (len == 0 || len % 2 != 0 || (at + len < s.end && !is_gap(at[len])))
			break;
		for (size_t i = 0; i < len; i += 2) {
			assert_true(b.len < sizeof(b.data));
			b.data[b.len++] = hex_n(at + i, 2).data[0];
		}
		at += len;
	}
	if (b.len == 0)
		fail_msg("no hex after %s", label);
	return b;
}

#endif
