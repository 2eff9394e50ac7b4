/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivation against NIST's 900 cases, and how the material is cut. */
#include "fixture.h"
#include "keys.h"

#define CASES 900
#define LINE_MAX_LEN 4096

struct kdf_case {
	uint16_t prf; /* of the section */
	struct fixture_bytes ni, nr, shared, shared_new, spi_i, spi_r;
	struct fixture_bytes skeyseed, material, child, child_dh, skeyseed_rekey;
};

static const struct {
	const char *line;
	uint16_t prf;
} sections[] = {
	{ "[SHA-1]", PRF_HMAC_SHA1 },
	{ "[SHA-256]", PRF_HMAC_SHA2_256 },
	{ "[SHA-384]", PRF_HMAC_SHA2_384 },
	{ "[SHA-512]", PRF_HMAC_SHA2_512 },
};

#define FIELD(word, member) { word " = ", offsetof(struct kdf_case, member) }

static const struct {
	const char *prefix;
	size_t offset;
} fields[] = {
	FIELD("Ni", ni),
	FIELD("Nr", nr),
	FIELD("g^ir", shared),
	FIELD("g^ir (new)", shared_new),
	FIELD("SPIi", spi_i),
	FIELD("SPIr", spi_r),
	FIELD("SKEYSEED", skeyseed),
	FIELD("DKM", material),
	FIELD("DKM(Child SA)", child),
	FIELD("DKM(Child SA D-H)", child_dh),
	FIELD("SKEYSEED(Rekey)", skeyseed_rekey),
};
#define LAST_FIELD (ARRAY_LEN(fields) - 1)

/* Reads up to and with a case's last line; false at the end of the file. */
static bool kdf_case_read(struct kdf_case *k, FILE *f)
{
	char line[LINE_MAX_LEN];
	size_t seen = 0;

	while (fgets(line, sizeof(line), f) != NULL) {
		for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
			if (strncmp(line, sections[i].line, strlen(sections[i].line)) == 0)
				k->prf = sections[i].prf;
		}
		for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
			size_t len = strlen(fields[i].prefix);

			if (strncmp(line, fields[i].prefix, len) != 0)
				continue;
			assert_int_equal(i, seen);
			seen++;
			*(struct fixture_bytes *)((char *)k + fields[i].offset) = hex(line + len);
			if (i == LAST_FIELD)
				return true;
		}
	}
	assert_int_equal(seen, 0);
	return false;
}

static uint64_t spi_of(const struct fixture_bytes *b)
{
	struct reader r = reader_of(fixture_span(b));
	uint64_t spi = reader_u64(&r);

	assert_ok(reader_end(&r));
	return spi;
}

static void cut_equal(struct reader *r, const struct secret *key)
{
	struct span want = reader_take(r, key->len);

	assert_true(reader_ok(r));
	assert_span_equal(secret_span(key), want);
}

/* The keys of a suite are the case's octets in the RFC's order; false when the case has too few. */
static bool ike_keys_match(const struct crypto *c, const struct kdf_case *k, const struct suite *s)
{
	struct ike_keys keys;
	struct reader r = reader_of(fixture_span(&k->material));

	assert_ok(keys_ike(c, s, fixture_span(&k->skeyseed), fixture_span(&k->ni),
			   fixture_span(&k->nr), spi_of(&k->spi_i), spi_of(&k->spi_r), &keys));
	if ((size_t)keys.d.len + keys.ai.len + keys.ar.len + keys.ei.len + keys.er.len +
	    keys.pi.len + keys.pr.len > k->material.len)
		return false;
	cut_equal(&r, &keys.d);
	cut_equal(&r, &keys.ai);
	cut_equal(&r, &keys.ar);
	cut_equal(&r, &keys.ei);
	cut_equal(&r, &keys.er);
	cut_equal(&r, &keys.pi);
	cut_equal(&r, &keys.pr);
	return true;
}

static bool child_keys_match(const struct crypto *c, const struct kdf_case *k,
			     const struct suite *s, struct span sk_d, struct span shared,
			     const struct fixture_bytes *want)
{
	struct child_keys keys;
	struct reader r = reader_of(fixture_span(want));

	assert_ok(keys_child(c, k->prf, s, sk_d, shared, fixture_span(&k->ni),
			     fixture_span(&k->nr), &keys));
	if ((size_t)keys.encr_i.len + keys.integ_i.len + keys.encr_r.len + keys.integ_r.len >
	    want->len)
		return false;
	cut_equal(&r, &keys.encr_i);
	cut_equal(&r, &keys.integ_i);
	cut_equal(&r, &keys.encr_r);
	cut_equal(&r, &keys.integ_r);
	return true;
}

/* All suites that a case is long enough for; gives how many. */
static size_t suites_match(const struct crypto *c, const struct kdf_case *k, struct span sk_d)
{
	size_t matched = 0;
	struct span shared = fixture_span(&k->shared_new);

	for (size_t i = 0; transform_at(i) != NULL; i++) {
		const struct transform_row *row = transform_at(i);
		struct suite s = { .prf = { .type = TRANSFORM_PRF, .id = k->prf } };

		if (row->type != TRANSFORM_ENCR)
			continue;
		s.encr = (struct transform){ TRANSFORM_ENCR, row->id, row->key_bits, false };
		if (row->cipher->icv_len == 0)
			s.integ = (struct transform){ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0,
						      false };
		matched += ike_keys_match(c, k, &s) ? 1 : 0;
		matched += child_keys_match(c, k, &s, sk_d, SPAN_EMPTY, &k->child) ? 1 : 0;
		matched += child_keys_match(c, k, &s, sk_d, shared, &k->child_dh) ? 1 : 0;
	}
	return matched;
}

static void kdf_case_check(const struct crypto *c, const struct kdf_case *k)
{
	struct secret skeyseed;
	uint8_t out[KEYMAT_MAX];
	struct span ni = fixture_span(&k->ni), nr = fixture_span(&k->nr);
	struct span sk_d = span_head(fixture_span(&k->material), prf_find(k->prf)->key_len);

	assert_true(k->material.len > sk_d.len && k->child.len > 0 && k->child_dh.len > 0);
	assert_ok(keys_skeyseed(c, k->prf, ni, nr, fixture_span(&k->shared), &skeyseed));
	assert_span_equal(secret_span(&skeyseed), fixture_span(&k->skeyseed));

	assert_ok(keys_ike_material(c, k->prf, secret_span(&skeyseed), ni, nr, spi_of(&k->spi_i),
				    spi_of(&k->spi_r), out, k->material.len));
	assert_span_equal(span_of(out, k->material.len), fixture_span(&k->material));
	assert_ok(keys_child_material(c, k->prf, sk_d, SPAN_EMPTY, ni, nr, out, k->child.len));
	assert_span_equal(span_of(out, k->child.len), fixture_span(&k->child));
	assert_ok(keys_child_material(c, k->prf, sk_d, fixture_span(&k->shared_new), ni, nr, out,
				      k->child_dh.len));
	assert_span_equal(span_of(out, k->child_dh.len), fixture_span(&k->child_dh));

	assert_ok(keys_skeyseed_rekey(c, k->prf, sk_d, ni, nr, fixture_span(&k->shared_new),
				      &skeyseed));
	assert_span_equal(secret_span(&skeyseed), fixture_span(&k->skeyseed_rekey));
	assert_true(suites_match(c, k, sk_d) > 0);
}

/* RFC7296 2.18: the cases rekey the IKE SA too */
static void every_nist_case_is_derived(void **state)
{
	static struct kdf_case k;
	FILE *f = vectors_open("nist-ikev2-kdf/ikev2.fax");
	size_t cases = 0;

	while (kdf_case_read(&k, f)) {
		kdf_case_check(*state, &k);
		cases++;
	}
	fclose(f);
	print_message("%zu of %d\n", cases, CASES);
	assert_int_equal(cases, CASES);
}

static const uint8_t octets[64] = { 9, 8, 7, 6, 5, 4, 3, 2, 1 };

static enum err derive(const struct crypto *c, const struct suite *s, struct ike_keys *ret)
{
	return keys_ike(c, s, span_of(octets, 32), span_of(octets, 16), span_of(octets + 1, 16), 1,
			2, ret);
}

static const struct suite gcm = {
	.encr = { TRANSFORM_ENCR, ENCR_AES_GCM_16, 256, false },
	.prf = { TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0, false },
};
static const struct suite cbc = {
	.encr = { TRANSFORM_ENCR, ENCR_AES_CBC, 192, false },
	.integ = { TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_128, 0, false },
	.prf = { TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0, false },
};

/* RFC5282 7.3 */
static void an_aead_has_a_salt_and_no_integrity_key(void **state)
{
	struct ike_keys k;
	struct child_keys child;
	struct suite named = gcm; /* INTEG_NONE or a leftover number: no difference */

	assert_ok(derive(*state, &gcm, &k));
	assert_int_equal(k.d.len, 64);
	assert_int_equal(k.ai.len, 0);
	assert_int_equal(k.ar.len, 0);
	assert_int_equal(k.ei.len, 36);
	assert_int_equal(k.er.len, 36);
	assert_int_equal(k.pr.len, 64);
	named.integ.id = INTEG_HMAC_SHA2_256_128;
	assert_ok(keys_child(*state, PRF_HMAC_SHA2_512, &named, secret_span(&k.d), SPAN_EMPTY,
			     SPAN_ARRAY(octets), SPAN_ARRAY(octets), &child));
	assert_int_equal(child.encr_i.len, 36);
	assert_int_equal(child.integ_i.len, 0);
	assert_int_equal(child.integ_r.len, 0);
	assert_memory_not_equal(child.encr_i.bytes, child.encr_r.bytes, 36);
}

static void a_cipher_without_icv_has_integrity_keys(void **state)
{
	struct ike_keys k;

	assert_ok(derive(*state, &cbc, &k));
	assert_int_equal(k.d.len, 32);
	assert_int_equal(k.ai.len, 32);
	assert_int_equal(k.ar.len, 32);
	assert_int_equal(k.ei.len, 24);
	assert_int_equal(k.er.len, 24);
	assert_int_equal(k.pi.len, 32);
}

static void unknown_algorithms_are_unsupported_and_leave_the_result(void **state)
{
	struct suite s = cbc;
	struct ike_keys k = { .d = { .len = 7 } };
	struct child_keys child = { .encr_i = { .len = 7 } };
	struct secret seed = { .len = 7 };
	struct span key = SPAN_ARRAY(octets);

	s.integ.id = INTEG_NONE;
	assert_int_equal(derive(*state, &s, &k), ERR_UNSUPPORTED);
	assert_int_equal(keys_child(*state, PRF_HMAC_SHA1, &s, key, key, key, key, &child),
			 ERR_UNSUPPORTED);
	s = cbc;
	s.encr.key_bits = 0;
	assert_int_equal(derive(*state, &s, &k), ERR_UNSUPPORTED);
	assert_int_equal(keys_child(*state, PRF_HMAC_SHA1, &s, key, key, key, key, &child),
			 ERR_UNSUPPORTED);
	s = cbc;
	s.prf.id = 1;
	assert_int_equal(derive(*state, &s, &k), ERR_UNSUPPORTED);
	assert_int_equal(keys_child(*state, 1, &cbc, key, key, key, key, &child), ERR_UNSUPPORTED);
	assert_int_equal(keys_skeyseed(*state, 1, key, key, key, &seed), ERR_UNSUPPORTED);
	assert_int_equal(keys_skeyseed_rekey(*state, 1, key, key, key, key, &seed),
			 ERR_UNSUPPORTED);
	assert_int_equal(k.d.len, 7);
	assert_int_equal(child.encr_i.len, 7);
	assert_int_equal(seed.len, 7);
}

static void cleared_keys_are_zero(void **state)
{
	static const struct ike_keys no_ike;
	static const struct child_keys no_child;
	struct ike_keys k;
	struct child_keys child;

	assert_ok(derive(*state, &cbc, &k));
	assert_ok(keys_child(*state, PRF_HMAC_SHA2_256, &cbc, secret_span(&k.d), SPAN_EMPTY,
			     SPAN_ARRAY(octets), SPAN_ARRAY(octets), &child));
	ike_keys_clear(&k);
	child_keys_clear(&child);
	assert_memory_equal(&k, &no_ike, sizeof(k));
	assert_memory_equal(&child, &no_child, sizeof(child));
}

/* RFC7296 2.14: of the two PRFs of AES only the first 64 bits of each nonce make SKEYSEED's key, all of them KEYMAT */
static void skeyseed_of_aes_prfs_takes_eight_bytes_of_each_nonce(void **state)
{
	static const uint16_t prfs[] = { PRF_AES128_XCBC, PRF_AES128_CMAC };
	struct span ni = span_of(octets, 32), nr = span_of(octets + 3, 40), shared = span_of(octets + 1, 32);

	for (size_t i = 0; i < ARRAY_LEN(prfs); i++) {
		struct suite s = { .encr = { TRANSFORM_ENCR, ENCR_AES_CBC, 128, false },
				   .integ = { TRANSFORM_INTEG, INTEG_AES_XCBC_96, 0, false },
				   .prf = { TRANSFORM_PRF, prfs[i], 0, false } };
		uint8_t key[16], want[16], a[64], b[64];
		struct secret seed;
		struct ike_keys k;

		memcpy(key, ni.data, 8);
		memcpy(key + 8, nr.data, 8);
		assert_ok(crypto_prf(*state, prfs[i], SPAN_ARRAY(key), &shared, 1, want));
		assert_ok(keys_skeyseed(*state, prfs[i], ni, nr, shared, &seed));
		assert_span_equal(secret_span(&seed), SPAN_ARRAY(want));
		assert_ok(keys_ike_material(*state, prfs[i], secret_span(&seed), ni, nr, 1, 2, a, sizeof(a)));
		assert_ok(keys_ike_material(*state, prfs[i], secret_span(&seed), span_head(ni, 8), span_head(nr, 8), 1,
					    2, b, sizeof(b)));
		assert_memory_not_equal(a, b, sizeof(a));
		assert_ok(keys_ike(*state, &s, secret_span(&seed), ni, nr, 1, 2, &k));
		assert_int_equal(k.d.len, 16); /* RFC4434 2, RFC4615 3 */
		assert_int_equal(k.ai.len, 16);
		assert_memory_equal(k.d.bytes, a, 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LIBCRYPTO(every_nist_case_is_derived),
		WITH_LIBCRYPTO(an_aead_has_a_salt_and_no_integrity_key),
		WITH_LIBCRYPTO(a_cipher_without_icv_has_integrity_keys),
		WITH_LIBCRYPTO(unknown_algorithms_are_unsupported_and_leave_the_result),
		WITH_LIBCRYPTO(cleared_keys_are_zero),
		WITH_LIBCRYPTO(skeyseed_of_aes_prfs_takes_eight_bytes_of_each_nonce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
