/* SPDX-License-Identifier: Apache-2.0 */
#include "print.h"

#include <inttypes.h>

void print_text(FILE *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c >= 0x20 && c < 0x7f)
			fputc(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
}

void print_lines(FILE *out, struct span text)
{
	while (text.len) {
		size_t len = 0;

		while (len < text.len && text.data[len] != '\n')
			len++;
		print_text(out, span_head(text, len));
		fputc('\n', out);
		text = span_tail(text, len + 1);
	}
}

/*
 * The length of the UTF-8 sequence at the start of a text that is not empty; 0 when it is none.
 * Overlong forms, surrogates and what is beyond U+10FFFF are none. (RFC 3629 3, 4)
 */
static size_t utf8_len(struct span text)
{
	static const struct {
		uint8_t first, first_last, second, second_last, len;
	} rows[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t row = 0;

	while (row < ARRAY_LEN(rows) &&
	       (text.data[0] < rows[row].first || text.data[0] > rows[row].first_last))
		row++;
	if (row == ARRAY_LEN(rows) || text.len < rows[row].len)
		return 0;
	if (rows[row].len > 1 &&
	    (text.data[1] < rows[row].second || text.data[1] > rows[row].second_last))
		return 0;
	for (size_t i = 2; i < rows[row].len; i++) {
		if (text.data[i] < 0x80 || text.data[i] > 0xbf)
			return 0;
	}
	return rows[row].len;
}

/* RFC8259 7, 8.1 */
void print_json_string(FILE *out, struct span text)
{
	fputc('"', out);
	while (text.len) {
		uint8_t c = text.data[0];
		size_t len = utf8_len(text);

		if (len == 0)
			fputs("\\ufffd", out); /* the replacement character */
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fwrite(text.data, 1, len, out);
		text = span_tail(text, len ? len : 1);
	}
	fputc('"', out);
}

static void json_name(FILE *out, struct span name, bool *first)
{
	if (!*first)
		fputc(',', out);
	*first = false;
	print_json_string(out, name);
	fputc(':', out);
}

void print_json(FILE *out, struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct vici_item item;
	bool first = true; /* of its object or array */

	fputc('{', out);
	while (vici_next(&r, &item) == ERR_OK && item.element != VICI_END) {
		switch (item.element) {
		case VICI_KEY_VALUE:
			json_name(out, item.name, &first);
			print_json_string(out, item.value);
			break;
		case VICI_SECTION_START:
		case VICI_LIST_START:
			json_name(out, item.name, &first);
			fputc(item.element == VICI_SECTION_START ? '{' : '[', out);
			first = true;
			break;
		case VICI_LIST_ITEM:
			if (!first)
				fputc(',', out);
			first = false;
			print_json_string(out, item.value);
			break;
		default:
			fputc(item.element == VICI_SECTION_END ? '}' : ']', out);
			first = false;
			break;
		}
	}
	fputc('}', out);
}

static void indent(FILE *out, unsigned depth)
{
	fprintf(out, "%*s", (int)(2 * depth), "");
}

void print_tree(FILE *out, struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct vici_item item;
	bool first = true; /* of its list */

	while (vici_next(&r, &item) == ERR_OK && item.element != VICI_END) {
		switch (item.element) {
		case VICI_SECTION_START:
			indent(out, r.depth - 1);
			print_text(out, item.name.len ? item.name : span_text("(all)"));
			fputs(":\n", out);
			break;
		case VICI_KEY_VALUE:
		case VICI_LIST_START:
			if (r.depth == 0 && span_equal(item.name, span_text("success")))
				break; /* the exit status says so */
			indent(out, r.depth);
			print_text(out, item.name);
			fputs(": ", out);
			print_text(out, item.value);
			first = true;
			if (item.element == VICI_KEY_VALUE)
				fputc('\n', out);
			break;
		case VICI_LIST_ITEM:
			fputs(first ? "" : ", ", out);
			first = false;
			print_text(out, item.value);
			break;
		case VICI_LIST_END:
			fputc('\n', out);
			break;
		default:
			break;
		}
	}
}

/* False when it is no number of 64 bits. */
static bool number_parse(struct span text, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t digit = (uint8_t)(text.data[i] - '0');

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return text.len > 0;
}

void print_duration(FILE *out, struct span seconds)
{
	uint64_t s;

	if (!number_parse(seconds, &s))
		print_text(out, seconds);
	else if (s < 60)
		fprintf(out, "%" PRIu64 " s", s);
	else if (s < 3600)
		fprintf(out, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		fprintf(out, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
	else
		fprintf(out, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s % 86400 / 3600);
}

void print_bytes(FILE *out, struct span bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t value, whole;
	size_t unit = 0;

	if (!number_parse(bytes, &value)) {
		print_text(out, bytes);
		return;
	}
	if (value < 1024) {
		fprintf(out, "%" PRIu64 " bytes", value);
		return;
	}
	for (whole = value; whole >= 1024 * 1024; whole /= 1024)
		unit++;
	fprintf(out, "%" PRIu64 ".%" PRIu64 " %s", whole / 1024, whole % 1024 * 10 / 1024,
		units[unit]);
}

bool print_list(FILE *out, struct span message, const char *list, const char *between)
{
	struct vici_reader r = vici_reader_of(message);
	struct vici_item item;
	bool inside = false, any = false;

	while (vici_next(&r, &item) == ERR_OK && item.element != VICI_END) {
		if (item.element == VICI_LIST_START)
			inside = r.depth == 0 && span_equal(item.name, span_text(list));
		if (item.element != VICI_LIST_ITEM || !inside)
			continue;
		if (any)
			fputs(between, out);
		any = true;
		print_text(out, item.value);
	}
	return any;
}
