/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loading: a configuration from text, with what it complained about, for the tests of the room. Fails the test itself where
 * a helper cannot go on.
 */
#ifndef ADIT_TESTS_CONFIG_LOADING_H
#define ADIT_TESTS_CONFIG_LOADING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "config_in.h"

struct loaded {
	struct config *config; /* NULL after an error */
	char errors[16384], warnings[4096];
};

static inline void load_text(struct loaded *ret, const char *text)
{
	struct text errors = TEXT_ARRAY(ret->errors), warnings = TEXT_ARRAY(ret->warnings);
	enum err err;

	ret->config = NULL;
	err = config_load_text(&ret->config, "t", span_text(text), &errors, &warnings);
	assert_int_equal(err == ERR_OK, ret->config != NULL);
}

/* Loads what must load without a word. */
static inline struct config *load_good(const char *text)
{
	static struct loaded l;

	load_text(&l, text);
	assert_string_equal(l.errors, "");
	assert_string_equal(l.warnings, "");
	return l.config;
}

/* Loads what must fail with exactly these lines. */
static inline void load_bad(const char *text, const char *errors)
{
	static struct loaded l;

	load_text(&l, text);
	assert_string_equal(l.errors, errors);
	assert_null(l.config);
}

/* Loads what must succeed with exactly these warnings. */
static inline void load_warned(const char *text, const char *warnings)
{
	static struct loaded l;

	load_text(&l, text);
	assert_string_equal(l.errors, "");
	assert_string_equal(l.warnings, warnings);
	config_unref(l.config);
}

#define AUTHS "local { auth = psk }\nremote { auth = psk }\n"

#endif
