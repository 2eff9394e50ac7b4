/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include "require.h"

static const struct {
	const char *name;
	const char *words;
	enum err_kind kind;
} rows[] = {
#define X(name, kind, words) { #name, words, ERR_KIND_##kind },
	ERROR_ROWS(X)
#undef X
};

const char *err_name(enum err err)
{
	REQUIRE((size_t)err < ARRAY_LEN(rows));
	return rows[err].name;
}

const char *err_words(enum err err)
{
	REQUIRE((size_t)err < ARRAY_LEN(rows));
	return rows[err].words;
}

enum err_kind err_kind(enum err err)
{
	REQUIRE((size_t)err < ARRAY_LEN(rows));
	return rows[err].kind;
}
