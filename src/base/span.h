/* SPDX-License-Identifier: Apache-2.0 */
/*
 * span: a borrowed run of bytes.
 *
 * Owns nothing. A span is valid for the call it is passed to, unless the function that takes it
 * says otherwise. What must outlive the call is copied into `struct bytes` (memory.h) or
 * `struct secret` (secret.h).
 */
#ifndef ADIT_BASE_SPAN_H
#define ADIT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_USE __attribute__((warn_unused_result))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct span {
	const uint8_t *data; /* may be NULL only when len is 0 */
	size_t len;
};

static inline struct span span_of(const void *data, size_t len)
{
	return (struct span){ .data = data, .len = len };
}

static inline struct span span_text(const char *text)
{
	return span_of(text, strlen(text));
}

#define SPAN_ARRAY(a) span_of((a), sizeof(a))
#define SPAN_EMPTY ((struct span){ 0 })

/* Equality of public bytes; secrets are compared by secret_equal() only. */
static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The first n bytes, or all of them when there are fewer. */
static inline struct span span_head(struct span s, size_t n)
{
	return span_of(s.data, n < s.len ? n : s.len);
}

/* What follows the first n bytes; empty when there are not so many. */
static inline struct span span_tail(struct span s, size_t n)
{
	return n < s.len ? span_of(s.data + n, s.len - n) : SPAN_EMPTY;
}

#endif
