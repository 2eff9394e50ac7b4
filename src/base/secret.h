/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: key material, with a type of its own.
 *
 * Owned, fixed capacity, wiped by secret_clear(), compared by secret_equal() in constant time, and
 * printed by nothing.
 */
#ifndef ADIT_BASE_SECRET_H
#define ADIT_BASE_SECRET_H

#include "span.h"

#define SECRET_MAX 64 /* the longest PRF or integrity key we use: HMAC-SHA2-512's 64 bytes */

struct secret {
	uint8_t bytes[SECRET_MAX];
	uint8_t len;
};

/* Copies; len of from is at most SECRET_MAX (a requirement, not an error). */
void secret_set(struct secret *s, struct span from);
/* Wipes the bytes and sets the length to zero. */
void secret_clear(struct secret *s);

static inline struct span secret_span(const struct secret *s)
{
	return span_of(s->bytes, s->len);
}

/* True when both have the same bytes; time depends on the lengths alone. */
bool secret_equal(struct span a, struct span b);
/* Overwrites len bytes in a way the compiler keeps. */
void secret_wipe(void *bytes, size_t len);

/*
 * Says to memcheck that what was worked out from secrets is public from here on; does nothing in
 * other builds. tests/secrets looks for branches and indexes that depend on what is not.
 */
#ifdef ADIT_MEMCHECK
#include <valgrind/memcheck.h>
static inline void secret_reveal(const void *bytes, size_t len)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(bytes, len);
}
#else
static inline void secret_reveal(const void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
}
#endif

#endif
