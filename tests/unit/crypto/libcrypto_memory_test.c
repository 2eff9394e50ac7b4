/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's nth allocation fails, for every n until none is left to fail: each operation then
 * says so (and never that the peer is at fault), and works again at the next call.
 */
#include <openssl/crypto.h>

#include "fixture.h"

#define TRIES_MAX 5000
#define NEVER SIZE_MAX

static size_t until_failure = NEVER; /* allocations that still succeed */
static bool failed;

static bool may_allocate(void)
{
	if (until_failure == NEVER)
		return true;
	if (until_failure == 0) {
		failed = true;
		until_failure = NEVER; /* one only: what cleans up may need memory */
		return false;
	}
	until_failure--;
	return true;
}

static void *failing_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? malloc(size) : NULL;
}

static void *failing_realloc(void *block, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? realloc(block, size) : NULL;
}

static void failing_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	free(block);
}

/* Runs the operation with each allocation failing in turn. */
static void fail_each(struct crypto *c, enum err (*operation)(struct crypto *))
{
	size_t failures = 0;

	assert_ok(operation(c)); /* what is cached is cached */
	for (size_t n = 0; n < TRIES_MAX; n++) {
		enum err err;

		failed = false;
		until_failure = n;
		err = operation(c);
		until_failure = NEVER;
		if (!failed) {
			assert_ok(err);
			print_message("%zu allocations\n", failures);
			return;
		}
		failures++;
		/* some the library can do without; a peer is never blamed */
		assert_true(err == ERR_OK || err_kind(err) == ERR_KIND_LOCAL);
		assert_ok(operation(c));
	}
	fail_msg("no end after %d allocations", TRIES_MAX);
}

static enum err make_instance(struct crypto *c)
{
	struct crypto other;
	enum err err = crypto_libcrypto_new(&other);

	(void)c;
	if (err == ERR_OK)
		crypto_libcrypto_free(&other);
	return err;
}

static enum err exchange_keys(const struct crypto *c, uint16_t ke)
{
	uint8_t public[KE_PUBLIC_MAX], private[KE_PRIVATE_MAX], shared[KE_SHARED_MAX];
	size_t public_len, private_len, shared_len;
	enum err err = crypto_ke_generate(c, ke, SPAN_EMPTY, public, &public_len, private,
					  &private_len);

	if (err != ERR_OK)
		return err;
	return crypto_ke_agree(c, ke, span_of(private, private_len), span_of(public, public_len),
			       shared, &shared_len);
}

static enum err exchange_x25519(struct crypto *c)
{
	return exchange_keys(c, KE_CURVE_25519);
}

static enum err exchange_ecp(struct crypto *c)
{
	return exchange_keys(c, KE_ECP_256);
}

static enum err exchange_modp(struct crypto *c)
{
	return exchange_keys(c, KE_MODP_2048);
}

static enum err exchange_x448(struct crypto *c)
{
	return exchange_keys(c, KE_CURVE_448);
}

static enum err exchange_brainpool(struct crypto *c)
{
	return exchange_keys(c, KE_BRAINPOOL_256);
}

static enum err exchange_subgroup(struct crypto *c)
{
	return exchange_keys(c, KE_MODP_1024_160);
}

static enum err exchange_without_a_name(struct crypto *c)
{
	return exchange_keys(c, KE_MODP_1024);
}

static enum err prf_of_aes(struct crypto *c)
{
	enum err err;
	uint8_t out[16];
	struct span text = span_text("a key that is longer than AES's");

	TRY(crypto_prf(c, PRF_AES128_XCBC, text, &text, 1, out));
	TRY(crypto_prf(c, PRF_AES128_CMAC, text, &text, 1, out));
out:
	return err;
}

static enum err seal_and_open(struct crypto *c, uint16_t id, uint16_t integ, struct sealer *s)
{
	enum err err = ERR_OK;
	static const uint8_t zero[64];
	uint8_t data[32] = { 1 }, icv[16];
	struct seal_keys keys = { .cipher = cipher_find(id, id == ENCR_CHACHA20_POLY1305 ? 0 : 128) };
	struct span iv = span_of(zero, keys.cipher->iv_len);

	keys.encr = span_of(zero, (size_t)keys.cipher->key_len + keys.cipher->salt_len);
	if (keys.cipher->icv_len == 0) {
		keys.integ = integ_find(integ);
		keys.integrity = span_of(zero, keys.integ->key_len);
	}
	TRY(crypto_sealer_key(c, s, &keys));
	TRY(crypto_seal(c, s, SPAN_EMPTY, iv, data, sizeof(data), SPAN_EMPTY, icv));
	TRY(crypto_open(c, s, SPAN_EMPTY, iv, data, sizeof(data), SPAN_EMPTY,
			span_of(icv, seal_icv_len(keys.cipher, keys.integ))));
	TRY_THAT(data[0] == 1, ERR_CRYPTO);
out:
	return err;
}

static enum err seal_fresh(struct crypto *c)
{
	enum err err;
	struct sealer *s = crypto_sealer_new(c);

	if (s == NULL)
		return ERR_MEMORY;
	TRY(seal_and_open(c, ENCR_AES_GCM_16, 0, s));
	TRY(seal_and_open(c, ENCR_AES_CBC, INTEG_HMAC_SHA2_256_128, s));
	TRY(seal_and_open(c, ENCR_AES_CCM_8, 0, s));
	TRY(seal_and_open(c, ENCR_CHACHA20_POLY1305, 0, s));
	TRY(seal_and_open(c, ENCR_AES_CTR, INTEG_AES_XCBC_96, s));
	TRY(seal_and_open(c, ENCR_AES_CTR, INTEG_AES_CMAC_96, s));
	TRY(seal_and_open(c, ENCR_NULL_AUTH_AES_GMAC, 0, s));
out:
	crypto_sealer_free(c, s);
	return err;
}

static void a_failing_library_is_never_the_peers_fault(void **state)
{
	fail_each(*state, exchange_x25519);
	fail_each(*state, exchange_ecp);
	fail_each(*state, exchange_modp);
	fail_each(*state, exchange_x448);
	fail_each(*state, exchange_brainpool);
	fail_each(*state, exchange_subgroup);
	fail_each(*state, exchange_without_a_name);
	fail_each(*state, prf_of_aes);
	fail_each(*state, seal_fresh);
}

static void an_instance_is_made_whole_or_says_what_it_lacks(void **state)
{
	fail_each(*state, make_instance);
}

/* Nothing is fetched or looked up for a packet. (HMAC copies its state to the heap.) */
static void a_packet_of_an_aead_allocates_nothing(void **state)
{
	static const uint16_t ids[] = { ENCR_AES_GCM_16, ENCR_AES_CCM_16, ENCR_CHACHA20_POLY1305,
					ENCR_NULL_AUTH_AES_GMAC };
	static const uint8_t zero[64];
	const struct crypto *c = *state;
	uint8_t data[64] = { 0 }, icv[16];
	struct span text = SPAN_ARRAY(zero), iv = span_head(text, 8);
	struct sealer *s = crypto_sealer_new(c);

	assert_non_null(s);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		assert_ok(seal_and_open(*state, ids[i], 0, s)); /* both ways are set up */
		until_failure = 0;
		for (size_t n = 0; n < 3; n++) {
			assert_ok(crypto_seal(c, s, text, iv, data, 64, SPAN_EMPTY, icv));
			assert_ok(crypto_open(c, s, text, iv, data, 64, SPAN_EMPTY, SPAN_ARRAY(icv)));
		}
		assert_int_equal(until_failure, 0);
		until_failure = NEVER;
	}
	crypto_sealer_free(c, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LIBCRYPTO(a_failing_library_is_never_the_peers_fault),
		WITH_LIBCRYPTO(an_instance_is_made_whole_or_says_what_it_lacks),
		WITH_LIBCRYPTO(a_packet_of_an_aead_allocates_nothing),
	};

	if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, failing_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
