/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psk: the index of pre-shared keys behind config_psk(). Made once, when all secrets are built; only read afterwards.
 */
#ifndef ADIT_CONFIG_PSK_H
#define ADIT_CONFIG_PSK_H

#include "config.h"
#include "store.h"

/* ERR_MEMORY. Secrets are not added after it. */
MUST_USE enum err psks_index(struct config *c);

#endif
