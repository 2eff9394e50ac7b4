/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealer: the part of a sealer that every backend shares.
 *
 * A backend's own context embeds this as its first member. crypto.c alone writes it, after the
 * backend took the keys, and checks every later call against it, so that backends need not.
 * Private to src/crypto; holds no key. RFC 4303 2, RFC 7296 3.14.
 */
#ifndef ADIT_CRYPTO_SEALER_H
#define ADIT_CRYPTO_SEALER_H

#include "crypto.h"

struct sealer {
	const struct cipher *cipher; /* NULL until it has keys */
	const struct integ *integ;   /* NULL with an AEAD */
};

#endif
