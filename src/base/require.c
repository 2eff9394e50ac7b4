/* SPDX-License-Identifier: Apache-2.0 */
#include "require.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(const char *text)
{
	/* Nothing can be done about a failed write on the way to abort(). */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

_Noreturn void require_failed(const char *what, const char *file, int line)
{
	char digits[12];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + line % 10);
		line /= 10;
	} while (line > 0 && at > 0);

	put("adit: broken requirement at ");
	put(file);
	put(":");
	put(&digits[at]);
	put(": ");
	put(what);
	put("\n");
	abort();
}
