/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "print.h"

struct page {
	FILE *out;
	char *text;
	size_t len;
};

static FILE *page_open(struct page *p)
{
	p->out = open_memstream(&p->text, &p->len);
	assert_non_null(p->out);
	return p->out;
}

static void page_is(struct page *p, const char *expected)
{
	fclose(p->out);
	assert_string_equal(p->text, expected);
	free(p->text);
}

static struct span sample(void)
{
	static uint8_t buffer[500];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	struct span segment = SPAN_EMPTY;

	vici_put(&v, "a", "1");
	vici_section(&v, "s");
	vici_section(&v, "");
	vici_section_end(&v);
	vici_list(&v, "l");
	vici_list_item(&v, "x");
	vici_list_item(&v, "y");
	vici_list_end(&v);
	vici_section_end(&v);
	vici_list(&v, "none");
	vici_list_end(&v);
	vici_put(&v, "z", "");
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	return span_tail(segment, VICI_LENGTH_LEN + 1);
}

static void a_message_becomes_a_json_object(void **state)
{
	struct page p;

	(void)state;
	print_json(page_open(&p), sample());
	page_is(&p, "{\"a\":\"1\",\"s\":{\"\":{},\"l\":[\"x\",\"y\"]},\"none\":[],\"z\":\"\"}");
	print_json(page_open(&p), SPAN_EMPTY);
	page_is(&p, "{}");
}

static void a_message_becomes_indented_lines(void **state)
{
	struct page p;

	(void)state;
	print_tree(page_open(&p), sample());
	page_is(&p, "a: 1\ns:\n  (all):\n  l: x, y\nnone: \nz: \n");
}

/* RFC8259 7, 8.1: nor is anything but UTF-8 let through */
static void a_json_string_is_escaped(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "\"plain\"" },
		{ "\"\\/", "\"\\\"\\\\/\"" },
		{ "a\nb\tc\033\177", "\"a\\nb\\u0009c\\u001b\\u007f\"" },
		{ "z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x94\x91",
		  "\"z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x94\x91\"" },
		{ "\xff", "\"\\ufffd\"" },
		{ "\x80z", "\"\\ufffdz\"" },
		{ "\xc3", "\"\\ufffd\"" }, /* cut */
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" }, /* overlong */
		{ "\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },            /* a surrogate */
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* beyond U+10FFFF */
		{ "\xf0\x9f\x94z", "\"\\ufffd\\ufffd\\ufffdz\"" },
		{ "", "\"\"" },
	};
	struct page p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_json_string(page_open(&p), span_text(rows[i].in));
		page_is(&p, rows[i].out);
	}
	print_json_string(page_open(&p), span_of("a\0b", 3));
	page_is(&p, "\"a\\u0000b\"");
}

static void text_of_others_cannot_drive_the_terminal(void **state)
{
	struct page p;

	(void)state;
	print_text(page_open(&p), span_text("CN=\"a\\b\" \033[2J\n\xc2\x9b\x7f"));
	page_is(&p, "CN=\"a\\b\" \\x1b[2J\\x0a\\xc2\\x9b\\x7f");
	print_lines(page_open(&p), span_text("one\n\033\n\nend"));
	page_is(&p, "one\n\\x1b\n\nend\n");
}

static void durations_have_two_units(void **state)
{
	static const char *const rows[][2] = {
		{ "0", "0 s" },
		{ "59", "59 s" },
		{ "60", "1 min 0 s" },
		{ "3599", "59 min 59 s" },
		{ "3600", "1 h 0 min" },
		{ "86399", "23 h 59 min" },
		{ "187200", "2 d 4 h" },
		{ "-1", "-1" },
		{ "", "" },
		{ "soon", "soon" },
		{ "18446744073709551616", "18446744073709551616" },
	};
	struct page p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_duration(page_open(&p), span_text(rows[i][0]));
		page_is(&p, rows[i][1]);
	}
}

static void byte_counts_have_a_unit(void **state)
{
	static const char *const rows[][2] = {
		{ "0", "0 bytes" },          { "1023", "1023 bytes" },
		{ "1024", "1.0 KiB" },       { "1536", "1.5 KiB" },
		{ "1048575", "1023.9 KiB" }, { "1048576", "1.0 MiB" },
		{ "5368709120", "5.0 GiB" }, { "18446744073709551615", "15.9 EiB" },
		{ "many", "many" },
	};
	struct page p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_bytes(page_open(&p), span_text(rows[i][0]));
		page_is(&p, rows[i][1]);
	}
}

static void a_list_is_found_at_its_own_level_only(void **state)
{
	struct page p;

	(void)state;
	assert_false(print_list(page_open(&p), sample(), "l", " "));
	page_is(&p, "");
	assert_false(print_list(page_open(&p), sample(), "none", " "));
	page_is(&p, "");
	/* s's body: section "" and list l */
	assert_true(print_list(page_open(&p),
			       span_of("\x04\x01l\x05\x00\x01x\x05\x00\x01y\x06", 12), "l", " + "));
	page_is(&p, "x + y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_becomes_a_json_object),
		cmocka_unit_test(a_message_becomes_indented_lines),
		cmocka_unit_test(a_json_string_is_escaped),
		cmocka_unit_test(text_of_others_cannot_drive_the_terminal),
		cmocka_unit_test(durations_have_two_units),
		cmocka_unit_test(byte_counts_have_a_unit),
		cmocka_unit_test(a_list_is_found_at_its_own_level_only),
	};

	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
