/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys_doc: the manual page of the configuration from a page with a line "@KEYS@", which the rows
 * of keys.h replace. Runs on the machine that builds; reads the page that it is given and writes
 * scdoc's language to standard output.
 */
#include <stdio.h>

#include "keys.h"

/* Text with what scdoc would take for markup escaped. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\#~<>[]|+-.", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void put_span(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		const char one[2] = { (char)text.data[i], '\0' };

		put(one);
	}
}

/* The section a path is in: all before its last component. */
static struct span section_of(const char *path)
{
	return span_of(path, (size_t)(strrchr(path, '.') - path));
}

static void put_list(const char *words, const char *list)
{
	struct span rest = span_text(list), one;
	bool first = true;

	while (key_value_next(&rest, &one)) {
		printf("%s", first ? words : ", ");
		put_span(one);
		first = false;
	}
	if (!first)
		printf(".");
}

static void put_milliseconds(uint64_t value)
{
	if (value % 1000 == 0)
		printf("%llu s", (unsigned long long)(value / 1000));
	else
		printf("%llu ms", (unsigned long long)value);
}

static void put_bounds(const struct key_row *row)
{
	if (row->type == KEY_COUNT) {
		printf(" %llu to %llu.", (unsigned long long)row->least,
		       (unsigned long long)row->most);
	} else if (row->type == KEY_TIME) {
		printf(" ");
		put_milliseconds(row->least);
		printf(" to ");
		put_milliseconds(row->most);
		printf(".");
	}
}

static void put_row(const struct key_row *row)
{
	printf("*");
	put(strrchr(row->path, '.') + 1);
	printf("*");
	if (row->standard[0]) {
		printf(" = ");
		put(row->standard);
	}
	printf("\n\t");
	put(row->help);
	if (row->status == KEY_WORKS) {
		put_list(" One of ", row->values);
		put_list(" Not yet: ", row->later);
		put_bounds(row);
	}
	printf("\n\n");
}

static void put_section(struct span section, bool *seen_later)
{
	*seen_later = false;
	printf("## ");
	put_span(section);
	printf("\n\n");
	for (int i = 0; i < KEYS_COUNT; i++) {
		const struct key_row *row = key_row((enum key)i);

		if (!span_equal(section_of(row->path), section))
			continue;
		if (row->status == KEY_LATER)
			*seen_later = true;
		else
			put_row(row);
	}
}

static void put_later(struct span section)
{
	bool first = true;

	printf("Not done yet; refused, unless the value is the default or says what happens "
	       "anyway: ");
	for (int i = 0; i < KEYS_COUNT; i++) {
		const struct key_row *row = key_row((enum key)i);

		if (row->status != KEY_LATER || !span_equal(section_of(row->path), section))
			continue;
		printf("%s", first ? "" : ", ");
		put(strrchr(row->path, '.') + 1);
		first = false;
	}
	printf(".\n\n");
}

/* Whether an earlier row is of the same section. */
static bool was_put(int row, struct span section)
{
	for (int i = 0; i < row; i++) {
		if (span_equal(section_of(key_row((enum key)i)->path), section))
			return true;
	}
	return false;
}

static void put_keys(void)
{
	for (int i = 0; i < KEYS_COUNT; i++) {
		struct span section = section_of(key_row((enum key)i)->path);
		bool later;

		if (was_put(i, section))
			continue;
		put_section(section, &later);
		if (later)
			put_later(section);
	}
}

int main(int argc, char **argv)
{
	char line[1024];
	FILE *page = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!page) {
		fprintf(stderr, "usage: keys_doc PAGE\n");
		return 2;
	}
	while (fgets(line, sizeof(line), page)) {
		if (strcmp(line, "@KEYS@\n") == 0)
			put_keys();
		else
			fputs(line, stdout);
	}
	fclose(page);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
