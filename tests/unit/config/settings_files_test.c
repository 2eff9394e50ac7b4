/* SPDX-License-Identifier: Apache-2.0 */
/* Includes and permissions, with files in a folder of the test's own. */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loading.h"

static char folder[64];

static int folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/adit-config-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

static int folder_remove(void **state)
{
	(void)state;
	return nftw(folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void file_write(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void folder_add(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* text with the folder taken off wherever it stands. */
static void relative(char *text)
{
	char *at;

	while ((at = strstr(text, folder)))
		memmove(at, &at[strlen(folder) + 1], strlen(&at[strlen(folder) + 1]) + 1);
}

static void load_file(struct loaded *ret, const char *name)
{
	char path[256];
	struct text errors = TEXT_ARRAY(ret->errors), warnings = TEXT_ARRAY(ret->warnings);
	enum err err;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ret->config = NULL;
	err = config_load(&ret->config, path, &errors, &warnings);
	assert_int_equal(err == ERR_OK, ret->config != NULL);
	relative(ret->errors);
	relative(ret->warnings);
}

static void assert_errors(const char *name, const char *errors)
{
	static struct loaded l;

	load_file(&l, name);
	assert_string_equal(l.errors, errors);
	assert_null(l.config);
}

static void patterns_are_relative_to_the_including_file_and_sorted(void **state)
{
	static struct loaded l;

	(void)state;
	folder_add("d");
	folder_add("d/e");
	file_write("main.conf", "include d/*.conf\nadit { include d/limits\n port = 501 }\n");
	file_write("d/b.conf", "adit { ike_sas = 2\n child_sas = 2 }\n");
	file_write("d/a.conf", "adit { ike_sas = 1\n half_open = 1 }\ninclude \"e/[x]?.conf\"\n");
	file_write("d/e/x1.conf", "adit { half_open = 7 }\n");
	file_write("d/c.other", "no syntax at all");
	file_write("d/limits", "port = 500\nkeepalive = 9s\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.errors, "");
	assert_int_equal(l.config->engine.ike_sas, 2);
	assert_int_equal(l.config->engine.child_sas, 2);
	assert_int_equal(l.config->engine.half_open, 7);
	assert_int_equal(l.config->daemon.port, 501);
	assert_true(l.config->engine.keepalive == 9 * NANOS_SECOND);
	config_unref(l.config);
}

static void a_pattern_may_match_nothing_but_a_name_may_not(void **state)
{
	static struct loaded l;

	(void)state;
	file_write("main.conf", "include none/*.conf\ninclude *.none\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.errors, "");
	config_unref(l.config);
	file_write("main.conf", "\ninclude none.conf\n");
	assert_errors("main.conf", "main.conf:2: include \"none.conf\": no such file; check the path");
}

static void loops_of_includes_are_refused(void **state)
{
	(void)state;
	file_write("self.conf", "include self.conf\n");
	assert_errors("self.conf", "self.conf:1: include \"self.conf\": the file includes itself; take this line out");
	file_write("one.conf", "include two.conf\n");
	file_write("two.conf", "\ninclude ./one.conf\n");
	assert_errors("one.conf", "two.conf:2: include \"./one.conf\": the file includes itself; take this line out");
}

static void one_file_may_be_included_twice_side_by_side(void **state)
{
	static struct loaded l;

	(void)state;
	file_write("main.conf", "include part.conf\ninclude part.conf\ninclude part.con?\n");
	file_write("part.conf", "adit { ike_sas = 3 }\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.errors, "");
	config_unref(l.config);
}

/* A pattern brings a.conf and b.conf; that a.conf wants b.conf too is no loop. */
static void a_file_may_include_its_neighbour_of_the_same_pattern(void **state)
{
	static struct loaded l;

	(void)state;
	file_write("main.conf", "include pair-?.conf\n");
	file_write("pair-a.conf", "include pair-b.conf\n");
	file_write("pair-b.conf", "adit { ike_sas = 3 }\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.errors, "");
	config_unref(l.config);
}

static void includes_nest_ten_files_deep_and_no_deeper(void **state)
{
	static struct loaded l;
	char name[32], text[64];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "n%d.conf", i);
		snprintf(text, sizeof(text), i < 9 ? "include n%d.conf\n" : "adit { ike_sas = 5 }\n", i + 1);
		file_write(name, text);
	}
	load_file(&l, "n0.conf");
	assert_string_equal(l.errors, "");
	config_unref(l.config);
	file_write("deep.conf", "include n0.conf\n");
	assert_errors("deep.conf", "n8.conf:1: includes nest deeper than 10 files; include from fewer levels");
}

static void a_file_ends_the_sections_it_begins_and_no_others(void **state)
{
	(void)state;
	file_write("main.conf", "adit {\ninclude part.conf\n}\n");
	file_write("part.conf", "}\n");
	assert_errors("main.conf", "part.conf:1: a \"}\" that closes nothing; take it out");
	file_write("main.conf", "include part.conf\n}\n");
	file_write("part.conf", "adit {\n");
	assert_errors("main.conf", "part.conf:1: section adit does not end; add the missing \"}\"\n"
				   "main.conf:2: a \"}\" that closes nothing; take it out");
}

static void errors_name_the_file_they_are_in(void **state)
{
	(void)state;
	file_write("main.conf", "include part.conf\nadit { ike_sas = 0 }\n");
	file_write("part.conf", "adit {\n\n child_sas = many }\n");
	assert_errors("main.conf", "main.conf:2: adit.ike_sas: \"0\" is out of range; write 1 to 1048576\n"
				   "part.conf:3: adit.child_sas: \"many\" is not a number; write 1 to 1048576");
}

static void what_is_no_readable_file_is_said_so(void **state)
{
	(void)state;
	assert_errors("missing.conf", "missing.conf: no such file; check the path");
	file_write("main.conf", "include d\n");
	assert_errors("main.conf",
		      "main.conf:1: include \"d\": not a regular file; name a file, or a pattern such as \"conf.d/*.conf\"");
	file_write("huge.conf", "");
	file_write("main.conf", "include huge.conf\n");
	{
		char path[256];

		snprintf(path, sizeof(path), "%s/huge.conf", folder);
		assert_int_equal(truncate(path, (off_t)SETTINGS_BYTES_MAX + 1), 0);
	}
	assert_errors("main.conf",
		      "main.conf:1: include \"huge.conf\": all files together are more than 32 MiB, or 20000 files; include less");
}

static void keys_that_everybody_can_read_are_warned_about_once_a_file(void **state)
{
	static struct loaded l;
	char path[256];

	(void)state;
	file_write("main.conf", "include keys.conf\nsecrets { ike-c { secret = c } }\n");
	file_write("keys.conf", "secrets { ike-a { secret = a }\n ike-b { secret = b } }\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.errors, "");
	assert_string_equal(l.warnings, "");
	config_unref(l.config);
	snprintf(path, sizeof(path), "%s/keys.conf", folder);
	assert_int_equal(chmod(path, 0644), 0);
	load_file(&l, "main.conf");
	assert_string_equal(l.warnings, "keys.conf:1: secrets.ike-a.secret: everybody on this machine can read this key; "
					"chmod o= keys.conf");
	assert_int_equal(l.config->psks_count, 3);
	assert_string_equal(strrchr(l.config->psks[1].origin.file, '/'), "/keys.conf");
	assert_string_equal(strrchr(l.config->psks[2].origin.file, '/'), "/main.conf");
	config_unref(l.config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_are_relative_to_the_including_file_and_sorted),
		cmocka_unit_test(a_pattern_may_match_nothing_but_a_name_may_not),
		cmocka_unit_test(loops_of_includes_are_refused),
		cmocka_unit_test(one_file_may_be_included_twice_side_by_side),
		cmocka_unit_test(a_file_may_include_its_neighbour_of_the_same_pattern),
		cmocka_unit_test(includes_nest_ten_files_deep_and_no_deeper),
		cmocka_unit_test(a_file_ends_the_sections_it_begins_and_no_others),
		cmocka_unit_test(errors_name_the_file_they_are_in),
		cmocka_unit_test(what_is_no_readable_file_is_said_so),
		cmocka_unit_test(keys_that_everybody_can_read_are_warned_about_once_a_file),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
