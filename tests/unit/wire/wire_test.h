/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_test: what the tests of the wire room share: bytes written out by hand, and a buffer with a chain on it.
 */
#ifndef ADIT_TESTS_WIRE_TEST_H
#define ADIT_TESTS_WIRE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payloads.h"

/* A span of the bytes listed. */
#define BYTES(...) span_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* A chain in a buffer of its own; byte 0 stands for the header's Next Payload field. */
struct built {
	uint8_t data[70000];
	struct writer w;
	struct chain c;
};

static inline struct chain *built_begin(struct built *b)
{
	b->w = writer_of(b->data, sizeof(b->data));
	writer_u8(&b->w, 0);
	b->c = chain_begin(&b->w, 0);
	return &b->c;
}

static inline struct span built_payloads(const struct built *b)
{
	assert_int_equal(writer_end(&b->w), ERR_OK);
	return span_tail(writer_span(&b->w), 1);
}

/* The only payload that was built, which must be of that type and not critical. */
static inline struct span built_body(const struct built *b, uint8_t type)
{
	struct payload_list list;
	uint8_t critical;

	assert_int_equal(payload_list_parse(&list, b->data[0], built_payloads(b), &critical), ERR_OK);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].type, type);
	assert_int_equal(list.items[0].next, PAYLOAD_NONE);
	assert_false(list.items[0].critical);
	return list.items[0].body;
}

#define assert_span_equal(a, b)                                               \
	do {                                                                  \
		struct span got_ = (a), want_ = (b);                          \
		assert_int_equal(got_.len, want_.len);                        \
		if (want_.len)                                                \
			assert_memory_equal(got_.data, want_.data, want_.len); \
	} while (0)

#endif
