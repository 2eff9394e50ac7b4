/* SPDX-License-Identifier: Apache-2.0 */
#include "secret.h"

#include "require.h"

void secret_set(struct secret *s, struct span from)
{
	REQUIRE(from.len <= SECRET_MAX);
	secret_clear(s);
	if (from.len)
		memcpy(s->bytes, from.data, from.len);
	s->len = (uint8_t)from.len;
}

void secret_clear(struct secret *s)
{
	secret_wipe(s->bytes, sizeof(s->bytes));
	s->len = 0;
}

bool secret_equal(struct span a, struct span b)
{
	volatile uint8_t diff = 0;
	bool equal;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		diff = (uint8_t)(diff | (a.data[i] ^ b.data[i]));
	equal = diff == 0;
	secret_reveal(&equal, sizeof(equal)); /* the one bit that may be known */
	return equal;
}

void secret_wipe(void *bytes, size_t len)
{
	if (len == 0)
		return;
	memset(bytes, 0, len);
	/* The barrier keeps the compiler from dropping a store to memory that is never read. */
	__asm__ __volatile__("" : : "r"(bytes) : "memory");
}
