/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entropy: libcrypto's randomness as a function of a seed, so that what it draws itself (ECDSA's
 * nonces, the salts of PSS, key pairs) is the same in every run of a seed.
 *
 * Process-wide; for the simulator alone.
 */
#ifndef ADIT_SIM_ENTROPY_H
#define ADIT_SIM_ENTROPY_H

#include "random.h"

/*
 * From here on libcrypto draws from a stream that begins with seed. What the stream was is given
 * back, for entropy_resume().
 */
struct random entropy_begin(uint64_t seed);
void entropy_resume(struct random before);

#endif
