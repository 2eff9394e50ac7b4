/* SPDX-License-Identifier: Apache-2.0 */
/* prf against RFC 4231 and 4868, SHA-1, and the pool of random bytes. */
#include <sys/wait.h>
#include <unistd.h>

#include "vector_text.h"

static const struct {
	const char *label; /* also the end of RFC 4868's "PRF-HMAC-SHA-256 =" */
	uint16_t prf;
} hashes[] = {
	{ "HMAC-SHA-256 =", PRF_HMAC_SHA2_256 },
	{ "HMAC-SHA-384 =", PRF_HMAC_SHA2_384 },
	{ "HMAC-SHA-512 =", PRF_HMAC_SHA2_512 },
};

/*
 * RFC 4868 prints 80 octets as the "64 bytes" of AUTH512-4's key; the first line is one too many
 * (T. Kivinen to the IPsec list, 13 May 2009). Without it the key has the pattern of the other
 * cases.
 */
#define MISPRINTED_KEY_LEN 80
#define MISPRINTED_EXTRA 16

static struct span key_as_meant(const struct fixture_bytes *key)
{
	struct span as_printed = fixture_span(key);

	return span_tail(as_printed, key->len == MISPRINTED_KEY_LEN ? MISPRINTED_EXTRA : 0);
}

/* Every answer of every test case in the file; gives how many. */
static size_t hmac_file(const struct crypto *c, const char *name)
{
	struct section rest = vector_file(name), test;
	size_t answers = 0;

	while (section_next(&test, &rest, "Test Case ")) {
		struct fixture_bytes key = hex_after(test, "Key"), data = hex_after(test, "Data");
		struct span text = fixture_span(&data);

		for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
			struct fixture_bytes want;
			uint8_t got[SECRET_MAX];

			if (label_find(test, hashes[i].label) == NULL)
				continue;
			want = hex_after(test, hashes[i].label);
			assert_true(want.len == 16 || want.len == prf_find(hashes[i].prf)->out_len);
			assert_ok(crypto_prf(c, hashes[i].prf, key_as_meant(&key), &text, 1, got));
			assert_memory_equal(got, want.data, want.len);
			answers++;
		}
	}
	return answers;
}

/* RFC2104 2: among them a key longer than a block */
static void prf_gives_the_answers_of_rfc_4231(void **state)
{
	assert_int_equal(hmac_file(*state, "rfc/rfc4231-hmac-sha2.txt"), 7 * 3);
}

/* RFC4868 2.1.2: keys of any length, shorter and longer than the output */
static void prf_gives_the_answers_of_rfc_4868(void **state)
{
	assert_int_equal(hmac_file(*state, "rfc/rfc4868-hmac-sha2-auth-prf.txt"), 6 * 3 + 3 * 4);
}

/* RFC 3174 7.3 */
static void sha1_gives_the_answers_of_rfc_3174(void **state)
{
	uint8_t got[20];
	struct span abc = span_text("abc");
	struct span split[3] = { span_text("abcdbcdecdefdefgefghfghighijhi"), SPAN_EMPTY,
				 span_text("jkijkljklmklmnlmnomnopnopq") };
	struct fixture_bytes want = hex("A9993E364706816ABA3E25717850C26C9CD0D89D");

	assert_ok(crypto_sha1(*state, &abc, 1, got));
	assert_memory_equal(got, want.data, 20);
	want = hex("84983E441C3BD26EBAAE4AA1F95129E5E54670F1");
	assert_ok(crypto_sha1(*state, split, 3, got));
	assert_memory_equal(got, want.data, 20);
}

static void a_child_process_draws_other_random_bytes(void **state)
{
	uint8_t ours[16], theirs[16];
	int pipes[2], status = 0;
	pid_t child;

	assert_ok(crypto_random(*state, ours, sizeof(ours))); /* the pool is full now */
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		bool fine = crypto_random(*state, theirs, sizeof(theirs)) == ERR_OK &&
			    write(pipes[1], theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs);

		_exit(fine ? 0 : 1);
	}
	assert_ok(crypto_random(*state, ours, sizeof(ours)));
	assert_int_equal(read(pipes[0], theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_memory_not_equal(ours, theirs, sizeof(ours));
	close(pipes[0]);
	close(pipes[1]);
}

static void two_instances_do_not_share_anything(void **state)
{
	struct crypto other;
	uint8_t a[16], b[16];

	assert_ok(crypto_libcrypto_new(&other));
	assert_ok(crypto_random(&other, b, sizeof(b)));
	assert_ok(crypto_random(*state, a, sizeof(a)));
	assert_memory_not_equal(a, b, sizeof(a));
	crypto_libcrypto_free(&other);
	assert_null(other.ctx);
	assert_ok(crypto_random(*state, a, sizeof(a)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LIBCRYPTO(prf_gives_the_answers_of_rfc_4231),
		WITH_LIBCRYPTO(prf_gives_the_answers_of_rfc_4868),
		WITH_LIBCRYPTO(sha1_gives_the_answers_of_rfc_3174),
		WITH_LIBCRYPTO(a_child_process_draws_other_random_bytes),
		WITH_LIBCRYPTO(two_instances_do_not_share_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
