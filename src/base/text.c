/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include "require.h"

static const char hex_digits[] = "0123456789abcdef";

struct text text_of(char *buffer, size_t cap)
{
	REQUIRE(cap > 0);
	buffer[0] = '\0';
	return (struct text){ .data = buffer, .cap = cap };
}

void text_putn(struct text *t, const char *words, size_t len)
{
	size_t room = t->cap - 1 - t->len;

	if (len == 0) /* words may then be NULL */
		return;
	if (len > room) {
		t->cut = true;
		len = room;
	}
	memcpy(t->data + t->len, words, len);
	t->len += len;
	t->data[t->len] = '\0';
}

void text_put(struct text *t, const char *words)
{
	text_putn(t, words, strlen(words));
}

void text_char(struct text *t, char c)
{
	text_putn(t, &c, 1);
}

void text_u64(struct text *t, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	text_putn(t, &digits[at], sizeof(digits) - at);
}

void text_hex64(struct text *t, uint64_t value, unsigned digits)
{
	while (digits-- > 0)
		text_char(t, hex_digits[value >> (4 * digits) & 15]);
}

void text_hex(struct text *t, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		text_hex64(t, bytes.data[i], 2);
}

void text_peer(struct text *t, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = bytes.data[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			text_char(t, (char)c);
		} else {
			text_put(t, "\\x");
			text_hex64(t, c, 2);
		}
	}
}
