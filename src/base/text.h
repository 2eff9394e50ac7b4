/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: a bounded builder of text for logs, names and messages.
 *
 * Always NUL-terminated; what does not fit is cut off and `cut` is set. Bytes from a peer enter by
 * text_peer() alone, which escapes everything but plain printable ASCII, so that no peer writes
 * control characters, quotes or new lines into a log (vulnerability class: peer text in logs).
 */
#ifndef ADIT_BASE_TEXT_H
#define ADIT_BASE_TEXT_H

#include "span.h"

struct text {
	char *data;
	size_t len; /* without the NUL */
	size_t cap; /* with the NUL; at least 1 */
	bool cut;
};

/* An empty text in buffer; cap is at least 1. */
struct text text_of(char *buffer, size_t cap);
#define TEXT_ARRAY(a) text_of((a), sizeof(a))

void text_put(struct text *t, const char *words);
void text_putn(struct text *t, const char *words, size_t len);
void text_char(struct text *t, char c);
void text_u64(struct text *t, uint64_t value);
/* Exactly digits hex digits. */
void text_hex64(struct text *t, uint64_t value, unsigned digits);
void text_hex(struct text *t, struct span bytes);
/* Bytes that a stranger chose: printable ASCII but `"` and `\` as is, the rest as \xNN. */
void text_peer(struct text *t, struct span bytes);

#endif
