/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key derivation. The order of the cuts is the RFC's and is written once a kind of SA, as the
 * order of the calls of cut().
 */
#include "keys.h"

#include "reader.h"
#include "require.h"
#include "writer.h"

#define SPIS_LEN 16

/* RFC7296 2.14: SKEYSEED = prf(Ni | Nr, g^ir) */
enum err keys_skeyseed(const struct crypto *c, uint16_t prf, struct span ni, struct span nr,
		       struct span shared, struct secret *ret)
{
	enum err err = ERR_OK;
	const struct prf *row = prf_find(prf);
	uint8_t nonces[2 * NONCE_MAX], skeyseed[SECRET_MAX];
	struct writer w = writer_of(nonces, sizeof(nonces));

	TRY_THAT(row != NULL, ERR_UNSUPPORTED);
	REQUIRE(row->out_len <= sizeof(skeyseed));
	/* RFC7296 2.14: the two PRFs of AES take the first 64 bits of each; all else takes all */
	writer_put(&w, row->nonce_len != 0 ? span_head(ni, row->nonce_len) : ni);
	writer_put(&w, row->nonce_len != 0 ? span_head(nr, row->nonce_len) : nr);
	REQUIRE(!w.overflow);
	TRY(crypto_prf(c, prf, writer_span(&w), &shared, 1, skeyseed));
	secret_set(ret, span_of(skeyseed, row->out_len));
out:
	secret_wipe(skeyseed, sizeof(skeyseed));
	return err;
}

/* RFC7296 2.18: SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr) */
enum err keys_skeyseed_rekey(const struct crypto *c, uint16_t prf, struct span sk_d,
			     struct span ni, struct span nr, struct span shared,
			     struct secret *ret)
{
	enum err err = ERR_OK;
	const struct prf *row = prf_find(prf);
	const struct span parts[3] = { shared, ni, nr };
	uint8_t skeyseed[SECRET_MAX];

	TRY_THAT(row != NULL, ERR_UNSUPPORTED);
	REQUIRE(row->out_len <= sizeof(skeyseed));
	TRY(crypto_prf(c, prf, sk_d, parts, ARRAY_LEN(parts), skeyseed));
	secret_set(ret, span_of(skeyseed, row->out_len));
out:
	secret_wipe(skeyseed, sizeof(skeyseed));
	return err;
}

/* RFC7296 2.14: {SK_d | SK_ai | … | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr) */
enum err keys_ike_material(const struct crypto *c, uint16_t prf, struct span skeyseed,
			   struct span ni, struct span nr, uint64_t spi_i, uint64_t spi_r,
			   uint8_t *ret, size_t len)
{
	uint8_t spis[SPIS_LEN];
	struct writer w = writer_of(spis, sizeof(spis));
	struct span parts[3] = { ni, nr, SPAN_ARRAY(spis) };

	writer_u64(&w, spi_i);
	writer_u64(&w, spi_r);
	return crypto_prf_plus(c, prf, skeyseed, parts, ARRAY_LEN(parts), ret, len);
}

/* RFC7296 2.17: KEYMAT = prf+(SK_d, [g^ir (new) |] Ni | Nr) */
enum err keys_child_material(const struct crypto *c, uint16_t prf, struct span sk_d,
			     struct span shared, struct span ni, struct span nr, uint8_t *ret,
			     size_t len)
{
	const struct span parts[3] = { shared, ni, nr };

	return crypto_prf_plus(c, prf, sk_d, parts, ARRAY_LEN(parts), ret, len);
}

/* Bytes of one direction's cipher (with its salt) and integrity keys. */
struct key_lens {
	size_t encr, integ;
};

static enum err key_lens(const struct suite *suite, struct key_lens *ret)
{
	enum err err = ERR_OK;
	const struct cipher *cipher = cipher_find(suite->encr.id, suite->encr.key_bits);
	const struct integ *integ = NULL;
	bool ah = suite->protocol == PROTOCOL_AH;

	TRY_THAT(cipher != NULL || ah, ERR_UNSUPPORTED);
	if (ah || cipher->icv_len == 0) { /* RFC5282 7.3: an AEAD has no integrity key */
		integ = integ_find(suite->integ.id);
		TRY_THAT(integ != NULL, ERR_UNSUPPORTED);
	}
	ret->encr = ah ? 0 : (size_t)cipher->key_len + cipher->salt_len;
	ret->integ = integ != NULL ? integ->key_len : 0;
out:
	return err;
}

static void cut(struct reader *r, size_t len, struct secret *ret)
{
	secret_set(ret, reader_take(r, len));
}

enum err keys_ike(const struct crypto *c, const struct suite *suite, struct span skeyseed,
		  struct span ni, struct span nr, uint64_t spi_i, uint64_t spi_r,
		  struct ike_keys *ret)
{
	enum err err = ERR_OK;
	const struct prf *prf = prf_find(suite->prf.id);
	uint8_t material[KEYMAT_MAX];
	struct key_lens lens;
	struct reader r;
	size_t total = 0;

	TRY_THAT(prf != NULL, ERR_UNSUPPORTED);
	TRY(key_lens(suite, &lens));
	total = 3 * (size_t)prf->key_len + 2 * lens.integ + 2 * lens.encr;
	REQUIRE(total <= sizeof(material));
	TRY(keys_ike_material(c, prf->id, skeyseed, ni, nr, spi_i, spi_r, material, total));
	r = reader_of(span_of(material, total));
	cut(&r, prf->key_len, &ret->d);
	cut(&r, lens.integ, &ret->ai);
	cut(&r, lens.integ, &ret->ar);
	cut(&r, lens.encr, &ret->ei);
	cut(&r, lens.encr, &ret->er);
	cut(&r, prf->key_len, &ret->pi);
	cut(&r, prf->key_len, &ret->pr);
	REQUIRE(reader_end(&r) == ERR_OK);
out:
	secret_wipe(material, total);
	return err;
}

/* RFC7296 2.17: initiator to responder first; within a direction encryption before integrity */
enum err keys_child(const struct crypto *c, uint16_t prf, const struct suite *suite,
		    struct span sk_d, struct span shared, struct span ni, struct span nr,
		    struct child_keys *ret)
{
	enum err err = ERR_OK;
	uint8_t material[KEYMAT_MAX];
	struct key_lens lens;
	struct reader r;
	size_t total = 0;

	TRY(key_lens(suite, &lens));
	total = 2 * (lens.encr + lens.integ);
	REQUIRE(total <= sizeof(material));
	TRY(keys_child_material(c, prf, sk_d, shared, ni, nr, material, total));
	r = reader_of(span_of(material, total));
	cut(&r, lens.encr, &ret->encr_i);
	cut(&r, lens.integ, &ret->integ_i);
	cut(&r, lens.encr, &ret->encr_r);
	cut(&r, lens.integ, &ret->integ_r);
	REQUIRE(reader_end(&r) == ERR_OK);
out:
	secret_wipe(material, total);
	return err;
}

void ike_keys_clear(struct ike_keys *k)
{
	secret_wipe(k, sizeof(*k));
}

void child_keys_clear(struct child_keys *k)
{
	secret_wipe(k, sizeof(*k));
}
