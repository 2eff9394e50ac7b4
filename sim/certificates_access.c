/* SPDX-License-Identifier: Apache-2.0 */
/* certificates_access: a folder of certificates that is a list of words. */
#include <stdio.h>

#include "certificates.h"

#define PATH_LEN_MAX 128

/* The next word of a list, with the rest in *rest; false at its end. */
static bool word_next(const char **rest, char ret_path[PATH_LEN_MAX])
{
	size_t len;

	*rest += strspn(*rest, " ");
	len = strcspn(*rest, " ");
	if (len == 0)
		return false;
	snprintf(ret_path, PATH_LEN_MAX, CERTIFICATES_FOLDER "/%.*s", (int)len, *rest);
	*rest += len;
	return true;
}

static enum err access_read(void *ctx, struct config_store *store, const char *path, size_t max,
			    struct span *ret, uint64_t ret_identity[2], bool *ret_world_readable)
{
	const char *rest = *(const char *const *)ctx, *name = strrchr(path, '/');
	char word[PATH_LEN_MAX];

	(void)store;
	(void)max;
	while (word_next(&rest, word)) {
		if (strcmp(word, path) != 0)
			continue;
		for (size_t i = 0; certificate_files[i].name; i++) {
			if (strcmp(certificate_files[i].name, name + 1) != 0)
				continue;
			*ret = span_text(certificate_files[i].text);
			ret_identity[0] = 1;
			ret_identity[1] = i;
			*ret_world_readable = false;
			return ERR_OK;
		}
	}
	return ERR_NOT_FOUND;
}

/* Patterns are those of build_files.c: the folder itself, or all of a folder in it. */
static enum err access_match(void *ctx, struct config_store *store, const char *pattern, size_t max,
			     const char *const **ret, size_t *ret_count)
{
	const char *rest = *(const char *const *)ctx;
	size_t len = strlen(pattern) - 1;
	const char **names = store_alloc(store, strlen(rest) / 2 + 1, sizeof(*names));
	char word[PATH_LEN_MAX];
	size_t count = 0;

	if (!names)
		return ERR_MEMORY;
	if (pattern[len] == '.')
		names[count++] = CERTIFICATES_FOLDER;
	while (pattern[len] == '*' && count < max && word_next(&rest, word)) {
		if (strncmp(word, pattern, len) != 0)
			continue;
		names[count] = store_text(store, span_text(word));
		if (!names[count++])
			return ERR_MEMORY;
	}
	*ret = names;
	*ret_count = count;
	return ERR_OK;
}

static int64_t access_now(void *ctx)
{
	(void)ctx;
	return CERTIFICATES_NOW;
}

struct settings_access certificates_access(const char *const *files)
{
	return (struct settings_access){
		.ctx = (void *)(uintptr_t)files, .read = access_read, .match = access_match,
		.now = access_now,
	};
}
