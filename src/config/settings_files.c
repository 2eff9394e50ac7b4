/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the operating system behind struct settings_access: the one place of the room that opens anything, or looks at a clock. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "settings.h"

static enum err read_all(int fd, struct config_store *store, size_t max, struct span *ret)
{
	enum err err = ERR_OK;
	struct stat st;
	uint8_t *data;
	size_t len = 0, cap;

	TRY_THAT(fstat(fd, &st) == 0, ERR_SYSTEM);
	TRY_THAT(S_ISREG(st.st_mode), ERR_UNSUPPORTED);
	TRY_THAT(st.st_size >= 0 && (uint64_t)st.st_size <= max, ERR_LIMIT);
	cap = (size_t)st.st_size;
	data = store_alloc(store, cap, 1);
	TRY_THAT(data, ERR_MEMORY);
	while (len < cap) {
		ssize_t got = read(fd, &data[len], cap - len);

		if (got < 0 && errno == EINTR)
			continue;
		TRY_THAT(got >= 0, ERR_SYSTEM);
		if (got == 0)
			break; /* it shrank meanwhile */
		len += (size_t)got;
	}
	*ret = span_of(data, len);
out:
	return err;
}

static enum err system_read(void *ctx, struct config_store *store, const char *path, size_t max,
			    struct span *ret, uint64_t ret_identity[2], bool *ret_world_readable)
{
	enum err err = ERR_OK;
	struct stat st;
	/* Not blocking, so that a FIFO in a folder of snippets does not stop the daemon. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	(void)ctx;
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : errno == ELOOP ? ERR_TOO_MANY : ERR_SYSTEM;
	TRY_THAT(fstat(fd, &st) == 0, ERR_SYSTEM);
	TRY(read_all(fd, store, max, ret));
	ret_identity[0] = (uint64_t)st.st_dev;
	ret_identity[1] = (uint64_t)st.st_ino;
	*ret_world_readable = (st.st_mode & S_IROTH) != 0;
out:
	close(fd);
	return err;
}

/* A folder of snippets may be missing; one that may not be read is an error. */
static int match_failed(const char *path, int error)
{
	(void)path;
	return error != ENOENT;
}

static enum err system_match(void *ctx, struct config_store *store, const char *pattern, size_t max,
			     const char *const **ret, size_t *ret_count)
{
	enum err err = ERR_OK;
	glob_t found = { 0 };
	const char **names;
	int rc = glob(pattern, 0, match_failed, &found);

	(void)ctx;
	if (rc == GLOB_NOMATCH)
		found.gl_pathc = 0;
	else
		TRY_THAT(rc == 0, rc == GLOB_NOSPACE ? ERR_MEMORY : ERR_SYSTEM);
	TRY_THAT(found.gl_pathc <= max, ERR_LIMIT);
	names = store_alloc(store, found.gl_pathc, sizeof(*names));
	TRY_THAT(names, ERR_MEMORY);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		names[i] = store_text(store, span_text(found.gl_pathv[i]));
		TRY_THAT(names[i], ERR_MEMORY);
	}
	*ret = names;
	*ret_count = found.gl_pathc;
out:
	globfree(&found);
	return err;
}

static int64_t system_now(void *ctx)
{
	(void)ctx;
	return (int64_t)time(NULL);
}

const struct settings_access settings_access_system = { .read = system_read, .match = system_match, .now = system_now };
