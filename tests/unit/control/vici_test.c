/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "vici.h"

#define BYTES(...) SPAN_ARRAY(((const uint8_t[]){ __VA_ARGS__ }))

/* Sections, keys and lists at three depths. */
/* clang-format off: an element a line */
static const uint8_t sample[] = {
	3,   4,   'k', 'e', 'y', '1', 0,   6,   'v', 'a', 'l', 'u', 'e', '1', 1,   8,
	's', 'e', 'c', 't', 'i', 'o', 'n', '1', 1,   11,  's', 'u', 'b', '-', 's', 'e',
	'c', 't', 'i', 'o', 'n', 3,   4,   'k', 'e', 'y', '2', 0,   6,   'v', 'a', 'l',
	'u', 'e', '2', 2,   4,   5,   'l', 'i', 's', 't', '1', 5,   0,   5,   'i', 't',
	'e', 'm', '1', 5,   0,   5,   'i', 't', 'e', 'm', '2', 6,   2,
};
/* clang-format on */

static void a_message_is_written_byte_by_byte_as_the_protocol_says(void **state)
{
	uint8_t buffer[256];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_REQUEST, "go");
	struct span segment;
	const uint8_t head[] = { 0, 0, 0, sizeof(sample) + 4, 0, 2, 'g', 'o' };

	(void)state;
	vici_put(&v, "key1", "value1");
	vici_section(&v, "section1");
	vici_section(&v, "sub-section");
	vici_put(&v, "key2", "value2");
	vici_section_end(&v);
	vici_list(&v, "list1");
	vici_list_item(&v, "item1");
	vici_list_item(&v, "item2");
	vici_list_end(&v);
	vici_section_end(&v);
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	assert_int_equal(segment.len, sizeof(head) + sizeof(sample));
	assert_memory_equal(segment.data, head, sizeof(head));
	assert_memory_equal(segment.data + sizeof(head), sample, sizeof(sample));
}

static void values_are_written_as_text(void **state)
{
	uint8_t buffer[256];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	struct span segment, message;

	(void)state;
	vici_put_u64(&v, "max", UINT64_MAX);
	vici_put_u64(&v, "zero", 0);
	vici_put_hex(&v, "spi", 0xc0ffee, 8);
	vici_put_bool(&v, "up", true);
	vici_put_bool(&v, "down", false);
	vici_put_span(&v, "raw", BYTES(0, 255));
	vici_put(&v, "none", "");
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	message = span_tail(segment, VICI_LENGTH_LEN + 1);
	static const struct {
		const char *key, *value;
	} rows[] = {
		{ "max", "18446744073709551615" },
		{ "zero", "0" },
		{ "spi", "00c0ffee" },
		{ "up", "yes" },
		{ "down", "no" },
		{ "none", "" },
	};
	struct span value;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(vici_find(message, rows[i].key, &value));
		assert_true(span_equal(value, span_text(rows[i].value)));
	}
	assert_true(vici_find(message, "raw", &value));
	assert_true(span_equal(value, BYTES(0, 255)));
}

static void a_message_is_read_in_order(void **state)
{
	static const struct {
		enum vici_element element;
		const char *name, *value;
	} rows[] = {
		{ VICI_KEY_VALUE, "key1", "value1" },
		{ VICI_SECTION_START, "section1", "" },
		{ VICI_SECTION_START, "sub-section", "" },
		{ VICI_KEY_VALUE, "key2", "value2" },
		{ VICI_SECTION_END, "", "" },
		{ VICI_LIST_START, "list1", "" },
		{ VICI_LIST_ITEM, "", "item1" },
		{ VICI_LIST_ITEM, "", "item2" },
		{ VICI_LIST_END, "", "" },
		{ VICI_SECTION_END, "", "" },
		{ VICI_END, "", "" },
		{ VICI_END, "", "" },
	};
	struct vici_reader r = vici_reader_of(SPAN_ARRAY(sample));
	struct vici_item item;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(vici_next(&r, &item), ERR_OK);
		assert_int_equal(item.element, rows[i].element);
		assert_true(span_equal(item.name, span_text(rows[i].name)));
		assert_true(span_equal(item.value, span_text(rows[i].value)));
	}
}

static bool is_whole_prefix(size_t len)
{
	return len == 0 || len == 14 || len == sizeof(sample);
}

static void every_truncation_of_a_message_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len <= sizeof(sample); len++) {
		uint8_t *exact =
			malloc(len ? len : 1); /* so that a sanitizer sees a read behind it */

		assert_non_null(exact);
		memcpy(exact, sample, len);
		assert_int_equal(vici_check(span_of(exact, len)) == ERR_OK, is_whole_prefix(len));
		free(exact);
	}
}

static void what_does_not_nest_is_refused(void **state)
{
	(void)state;
	assert_int_equal(vici_check(BYTES(2)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(1, 1, 'a')), ERR_TRUNCATED);
	assert_int_equal(vici_check(BYTES(1, 1, 'a', 2, 2)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(4, 1, 'a')), ERR_TRUNCATED);
	assert_int_equal(vici_check(BYTES(6)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(5, 0, 1, 'a')), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(4, 1, 'a', 4, 1, 'b', 6, 6)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(4, 1, 'a', 1, 1, 'b', 2, 6)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(4, 1, 'a', 3, 1, 'b', 0, 0, 6)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(1, 1, 'a', 4, 1, 'b', 2, 6)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(0)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(7)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(4, 1, 'a', 6)), ERR_OK);
}

static void keys_and_lists_have_names_but_sections_need_none(void **state)
{
	(void)state;
	assert_int_equal(vici_check(BYTES(3, 0, 0, 1, 'v')), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(4, 0, 6)), ERR_SYNTAX);
	assert_int_equal(vici_check(BYTES(1, 0, 2)), ERR_OK);
	assert_int_equal(vici_check(BYTES(3, 1, 'k', 0, 0)), ERR_OK);
}

static void sections_nest_only_so_deep(void **state)
{
	uint8_t message[4 * (VICI_DEPTH_MAX + 1)];

	(void)state;
	for (size_t depth = 1; depth <= VICI_DEPTH_MAX + 1; depth++) {
		for (size_t i = 0; i < depth; i++) {
			memcpy(message + 3 * i, (uint8_t[]){ 1, 1, 's' }, 3);
			message[3 * depth + i] = 2;
		}
		assert_int_equal(vici_check(span_of(message, 4 * depth)),
				 depth <= VICI_DEPTH_MAX ? ERR_OK : ERR_SYNTAX);
	}
}

static void a_reader_that_failed_stays_failed(void **state)
{
	struct vici_reader r = vici_reader_of(BYTES(2, 3, 1, 'k', 0, 0));
	struct vici_item item = { .element = VICI_LIST_END };

	(void)state;
	assert_int_equal(vici_next(&r, &item), ERR_SYNTAX);
	assert_int_equal(vici_next(&r, &item), ERR_SYNTAX);
	assert_int_equal(item.element, VICI_LIST_END);
}

static void a_value_is_found_by_its_path(void **state)
{
	struct span value;

	(void)state;
	assert_true(vici_find(SPAN_ARRAY(sample), "key1", &value));
	assert_true(span_equal(value, span_text("value1")));
	assert_true(vici_find(SPAN_ARRAY(sample), "section1.sub-section.key2", &value));
	assert_true(span_equal(value, span_text("value2")));
}

static void a_value_elsewhere_is_not_found(void **state)
{
	static const char *const paths[] = { "key",
					     "key11",
					     "key2",
					     "section1.key2",
					     "section1.key1",
					     "section1",
					     "section1.",
					     "sub-section.key2",
					     "list1",
					     "item1",
					     "",
					     "section1.sub-section",
					     "section1.sub-section.key2.x" };
	struct span value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_false(vici_find(SPAN_ARRAY(sample), paths[i], &value));
	assert_false(vici_find(BYTES(1, 1, 'a', 2, 3, 1, 'k', 0, 1, 'v'), "a.k", &value));
	assert_false(
		vici_find(BYTES(1, 1, 'a', 2, 1, 1, 'b', 3, 1, 'k', 0, 1, 'v', 2), "a.k", &value));
	assert_false(vici_find(BYTES(4, 1, 'a', 5, 0, 1, 'k', 6), "a.k", &value));
}

static void names_with_dots_are_found(void **state)
{
	struct span value;

	(void)state;
	assert_true(vici_find(BYTES(1, 3, 'a', '.', 'b', 3, 3, 'c', '.', 'd', 0, 1, 'v', 2),
			      "a.b.c.d", &value));
	assert_true(span_equal(value, span_text("v")));
	assert_true(vici_find(BYTES(1, 0, 3, 1, 'k', 0, 1, 'v', 2), ".k", &value));
}

static void sections_are_walked_with_their_bodies(void **state)
{
	struct vici_reader r = vici_reader_of(BYTES(3, 1, 'k', 0, 0, 1, 1, 'a', 1, 1, 'x', 2, 2, 4,
						    1, 'l', 6, 1, 0, 2, 3, 1, 'z', 0, 0));
	struct span name, body;

	(void)state;
	assert_true(vici_next_section(&r, &name, &body));
	assert_true(span_equal(name, span_text("a")));
	assert_true(span_equal(body, BYTES(1, 1, 'x', 2)));
	assert_int_equal(vici_check(body), ERR_OK);
	assert_true(vici_next_section(&r, &name, &body));
	assert_int_equal(name.len, 0);
	assert_int_equal(body.len, 0);
	assert_false(vici_next_section(&r, &name, &body));
	r = vici_reader_of(BYTES(1, 1, 'a', 1, 1, 'x', 2));
	assert_false(vici_next_section(&r, &name, &body));
}

static void packets_have_names_and_messages_as_their_type_says(void **state)
{
	struct span name, message;
	uint8_t type;

	(void)state;
	assert_int_equal(vici_packet_parse(BYTES(0, 1, 'v', 9, 9), &type, &name, &message), ERR_OK);
	assert_int_equal(type, VICI_CMD_REQUEST);
	assert_true(span_equal(name, span_text("v")));
	assert_true(span_equal(message, BYTES(9, 9)));
	assert_int_equal(vici_packet_parse(BYTES(1, 9), &type, &name, &message), ERR_OK);
	assert_int_equal(name.len, 0);
	assert_int_equal(message.len, 1);
	assert_int_equal(vici_packet_parse(BYTES(3, 1, 'e'), &type, &name, &message), ERR_OK);
	assert_int_equal(vici_packet_parse(BYTES(4, 1, 'e'), &type, &name, &message), ERR_OK);
	assert_int_equal(type, VICI_EVENT_UNREGISTER);
	assert_int_equal(message.len, 0);
	for (uint8_t bare = VICI_EVENT_CONFIRM; bare <= VICI_EVENT_UNKNOWN; bare++)
		assert_int_equal(vici_packet_parse(BYTES(bare), &type, &name, &message), ERR_OK);
	assert_int_equal(vici_packet_parse(BYTES(2), &type, &name, &message), ERR_OK);
	assert_int_equal(vici_packet_parse(BYTES(7, 1, 'e', 4), &type, &name, &message), ERR_OK);
	assert_int_equal(message.len, 1);
}

static void packets_that_are_cut_or_too_long_are_refused(void **state)
{
	struct span name, message;
	uint8_t type;

	(void)state;
	assert_int_equal(vici_packet_parse(SPAN_EMPTY, &type, &name, &message), ERR_TRUNCATED);
	assert_int_equal(vici_packet_parse(BYTES(0), &type, &name, &message), ERR_TRUNCATED);
	assert_int_equal(vici_packet_parse(BYTES(0, 2, 'v'), &type, &name, &message),
			 ERR_TRUNCATED);
	assert_int_equal(vici_packet_parse(BYTES(3, 1, 'e', 0), &type, &name, &message),
			 ERR_TRAILING);
	assert_int_equal(vici_packet_parse(BYTES(5, 0), &type, &name, &message), ERR_TRAILING);
	assert_int_equal(vici_packet_parse(BYTES(8), &type, &name, &message), ERR_SYNTAX);
}

static void a_writer_without_room_says_so_at_the_end(void **state)
{
	uint8_t buffer[64];
	struct span segment = SPAN_EMPTY;

	(void)state;
	for (size_t cap = 0; cap <= 18; cap++) {
		struct vici_writer v = vici_begin(buffer, cap, VICI_EVENT, "log");

		vici_section(&v, "s");
		vici_put(&v, "k", "");
		vici_section_end(&v);
		assert_int_equal(vici_finish(&v, &segment), cap == 18 ? ERR_OK : ERR_SPACE);
	}
	assert_int_equal(segment.len, 18);
}

static void names_values_and_segments_have_a_longest(void **state)
{
	static uint8_t buffer[VICI_SEGMENT_MAX + 100000];
	static char long_text[65537];
	char name[257];
	struct span segment;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	memset(long_text, 't', sizeof(long_text) - 1);
	for (size_t len = 255; len <= 256; len++) {
		struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);

		name[len] = '\0';
		vici_put(&v, name, "");
		assert_int_equal(vici_finish(&v, &segment), len == 255 ? ERR_OK : ERR_SPACE);
		name[len] = 'n';
	}
	for (size_t len = 65535; len <= 65536; len++) {
		struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);

		vici_put_span(&v, "k", span_of(long_text, len));
		assert_int_equal(vici_finish(&v, &segment), len == 65535 ? ERR_OK : ERR_SPACE);
	}
	for (size_t count = 7; count <= 8; count++) { /* 8 × 65,540 bytes are just over 512 KiB */
		struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);

		for (size_t i = 0; i < count; i++)
			vici_put_span(&v, "k", span_of(long_text, 65535));
		assert_int_equal(vici_finish(&v, &segment), count == 7 ? ERR_OK : ERR_SPACE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_written_byte_by_byte_as_the_protocol_says),
		cmocka_unit_test(values_are_written_as_text),
		cmocka_unit_test(a_message_is_read_in_order),
		cmocka_unit_test(every_truncation_of_a_message_is_refused),
		cmocka_unit_test(what_does_not_nest_is_refused),
		cmocka_unit_test(keys_and_lists_have_names_but_sections_need_none),
		cmocka_unit_test(sections_nest_only_so_deep),
		cmocka_unit_test(a_reader_that_failed_stays_failed),
		cmocka_unit_test(a_value_is_found_by_its_path),
		cmocka_unit_test(a_value_elsewhere_is_not_found),
		cmocka_unit_test(names_with_dots_are_found),
		cmocka_unit_test(sections_are_walked_with_their_bodies),
		cmocka_unit_test(packets_have_names_and_messages_as_their_type_says),
		cmocka_unit_test(packets_that_are_cut_or_too_long_are_refused),
		cmocka_unit_test(a_writer_without_room_says_so_at_the_end),
		cmocka_unit_test(names_values_and_segments_have_a_longest),
	};

	return cmocka_run_group_tests_name("vici", tests, NULL, NULL);
}
