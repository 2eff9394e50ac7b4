/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_in: loading a configuration with memory and files of the caller's, for the public
 * functions of config.h and for tests that make either fail.
 */
#ifndef ADIT_CONFIG_CONFIG_IN_H
#define ADIT_CONFIG_CONFIG_IN_H

#include "config.h"
#include "settings.h"

/* memory's hooks and limit are copied, its counts are not touched; ctx has to outlive the
 * configuration. */
MUST_USE enum err config_load_in(struct config **ret, const struct memory *memory,
				 const struct settings_access *access, const char *path, struct text *ret_errors,
				 struct text *ret_warnings);
/* access is for certificates and keys by absolute paths; NULL: there are none. */
MUST_USE enum err config_load_text_in(struct config **ret, const struct memory *memory,
				      const struct settings_access *access, const char *name, struct span text,
				      struct text *ret_errors, struct text *ret_warnings);

#endif
