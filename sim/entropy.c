/* SPDX-License-Identifier: Apache-2.0 */
/* entropy: a method of RAND, the way to replace randomness that OpenSSL 3.0 has for a process. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "entropy.h"

#include <openssl/rand.h>

#include "require.h"

static struct random stream;

static int entropy_bytes(unsigned char *ret, int len)
{
	for (int i = 0; i < len; i++)
		ret[i] = (unsigned char)(random_u64(&stream) >> 32);
	return 1;
}

static int entropy_status(void)
{
	return 1;
}

struct random entropy_begin(uint64_t seed)
{
	static const RAND_METHOD method = {
		.bytes = entropy_bytes, .pseudorand = entropy_bytes, .status = entropy_status,
	};
	static bool ours;
	struct random before = stream;
	unsigned char none[1];

	if (!ours) {
		/* The library leaks at its end where its own generator was never used. */
		REQUIRE(RAND_bytes(none, sizeof(none)) == 1);
		ours = RAND_set_rand_method(&method) == 1;
		REQUIRE(ours);
	}
	stream = random_of(seed);
	return before;
}

void entropy_resume(struct random before)
{
	stream = before;
}
