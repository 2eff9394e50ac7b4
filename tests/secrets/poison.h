/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poison: the libcrypto backend, with every secret it gives undefined in memcheck's eyes.
 *
 * Private values, shared secrets and what a prf makes are secret; ciphertext, ICVs, public values and opened plaintext are not. Memcheck then
 * follows the poison through our own code and reports each branch and each index that depends on it.
 */
#ifndef ADIT_TESTS_SECRETS_POISON_H
#define ADIT_TESTS_SECRETS_POISON_H

#include "crypto.h"

/* As crypto_test_new(); the seed means nothing here. */
enum err poison_crypto_new(struct crypto *ret, uint64_t seed);
void poison_crypto_free(struct crypto *c);

/* The bytes are secret from here on. */
void poison(const void *bytes, size_t len);
/* Whether memcheck holds all of them for secret. */
bool is_poisoned(const void *bytes, size_t len);

#endif
