/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates: a folder with certificates as certificates.sh makes it, anew for each test, and configurations in it.
 *
 * Its place and the script come as arguments of the test. Names in complaints are given relative to the folder.
 */
#ifndef ADIT_TESTS_CONFIG_CERTIFICATES_H
#define ADIT_TESTS_CONFIG_CERTIFICATES_H

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loading.h"

static char *maker, *folder;

static inline int folder_make(void **state)
{
	static bool made;
	const char *again = made ? "again" : NULL;
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		execl("/bin/sh", "sh", maker, folder, again, (char *)NULL);
		_exit(127);
	}
	made = child > 0 && waitpid(child, &status, 0) == child && status == 0;
	return made ? 0 : -1;
}

static inline bool arguments_take(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s CERTIFICATES.SH FOLDER\n", argv[0]);
		return false;
	}
	maker = argv[1];
	folder = argv[2];
	return true;
}

/* Two of them at once, for rename() and the like. */
static inline const char *path_of(const char *name)
{
	static char paths[2][512];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	assert_in_range(snprintf(path, sizeof(paths[0]), "%s/%s", folder, name), 1, sizeof(paths[0]) - 1);
	return path;
}

static inline void file_write(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path_of(name), 0600), 0);
}

/* The same file under another name. */
static inline void file_use(const char *from, const char *to)
{
	assert_int_equal(link(path_of(from), path_of(to)), 0);
}

static inline void file_move(const char *from, const char *to)
{
	assert_int_equal(rename(path_of(from), path_of(to)), 0);
}

static inline void relative(char *text)
{
	size_t len = strlen(folder) + 1;
	char *at;

	while ((at = strstr(text, path_of(""))))
		memmove(at, &at[len], strlen(&at[len]) + 1);
}

/* text as the folder's configuration; "@" in it stands for the folder. */
static inline void load_here(struct loaded *ret, const char *text)
{
	char filled[8192];
	struct text t = TEXT_ARRAY(filled), errors = TEXT_ARRAY(ret->errors), warnings = TEXT_ARRAY(ret->warnings);
	enum err err;

	for (; *text; text++) {
		if (*text == '@')
			text_put(&t, folder);
		else
			text_char(&t, *text);
	}
	assert_false(t.cut);
	file_write("adit.conf", filled);
	ret->config = NULL;
	err = config_load(&ret->config, path_of("adit.conf"), &errors, &warnings);
	assert_int_equal(err == ERR_OK, ret->config != NULL);
	relative(ret->errors);
	relative(ret->warnings);
}

static inline struct config *good_here(const char *text)
{
	static struct loaded l;

	load_here(&l, text);
	assert_string_equal(l.errors, "");
	assert_string_equal(l.warnings, "");
	return l.config;
}

static inline void bad_here(const char *text, const char *errors)
{
	static struct loaded l;

	load_here(&l, text);
	assert_string_equal(l.errors, errors);
	assert_null(l.config);
}

static inline struct config *warned_here(const char *text, const char *warnings)
{
	static struct loaded l;

	load_here(&l, text);
	assert_string_equal(l.errors, "");
	assert_string_equal(l.warnings, warnings);
	return l.config;
}

#endif
