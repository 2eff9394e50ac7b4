/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/ike/negotiate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "negotiate.h"

#define ENCR(i, bits) { .type = TRANSFORM_ENCR, .id = (i), .key_bits = (bits) }
#define PRF(i) { .type = TRANSFORM_PRF, .id = (i) }
#define INTEG(i) { .type = TRANSFORM_INTEG, .id = (i) }
#define KE(i) { .type = TRANSFORM_KE, .id = (i) }
#define ESN(i) { .type = TRANSFORM_ESN, .id = (i) }

/* A proposal of the transforms listed. */
#define PROPOSAL(no, proto, ...)                                                                           \
	{                                                                                                  \
		.number = (no), .protocol = PROTOCOL_##proto,                                              \
		.count = sizeof((const struct transform[]){ __VA_ARGS__ }) / sizeof(struct transform),     \
		.transforms = { __VA_ARGS__ },                                                             \
	}

static const struct proposal ike_gcm =
	PROPOSAL(1, IKE, ENCR(ENCR_AES_GCM_16, 128), PRF(PRF_HMAC_SHA2_256), KE(KE_CURVE_25519), KE(KE_ECP_256));
static const struct proposal ike_cbc =
	PROPOSAL(1, IKE, ENCR(ENCR_AES_CBC, 256), ENCR(ENCR_AES_CBC, 128), PRF(PRF_HMAC_SHA2_256),
		 INTEG(INTEG_HMAC_SHA2_256_128), KE(KE_MODP_2048));
static const struct proposal esp_gcm = PROPOSAL(1, ESP, ENCR(ENCR_AES_GCM_16, 128), ESN(ESN_NO));
static const struct proposal esp_pfs =
	PROPOSAL(1, ESP, ENCR(ENCR_AES_GCM_16, 128), KE(KE_CURVE_25519), ESN(ESN_NO));

/* A backend that has everything but one transform. */
static struct transform missing;

static bool has(void *ctx, uint8_t type, uint16_t id, uint16_t key_bits)
{
	(void)ctx;
	return type != missing.type || id != missing.id || key_bits != missing.key_bits;
}

static const struct crypto_ops ops = { .name = "has", .has = has };
static const struct crypto crypto = { .ops = &ops };

static int forget_missing(void **state)
{
	(void)state;
	missing = (struct transform){ 0 };
	return 0;
}

static struct proposal answer;
static struct suite suite;

/* One of ours against one of theirs. */
static enum err select_one(struct proposal ours, struct proposal theirs, uint16_t ke_hint, bool ke_wanted)
{
	struct sa sa = { .count = 1, .proposals = { theirs } };

	return negotiate_select(&crypto, &ours, 1, &sa, ke_hint, ke_wanted, &answer, &suite);
}

static struct proposal with(struct proposal p, struct transform t)
{
	p.transforms[p.count++] = t;
	return p;
}

static struct proposal without(const struct proposal *p, uint8_t type)
{
	struct proposal rest = *p;

	rest.count = 0;
	for (size_t i = 0; i < p->count; i++) {
		if (p->transforms[i].type != type)
			rest.transforms[rest.count++] = p->transforms[i];
	}
	return rest;
}

static const struct transform *chosen(uint8_t type)
{
	const struct transform *found = NULL;

	for (size_t i = 0; i < answer.count; i++) {
		if (answer.transforms[i].type != type)
			continue;
		assert_null(found);
		found = &answer.transforms[i];
	}
	return found;
}

static void equal_proposals_agree_on_the_first_of_each_type(void **state)
{
	struct proposal theirs = ike_cbc;

	(void)state;
	theirs.number = 7;
	theirs.spi_len = 8;
	theirs.spi = 99;
	assert_int_equal(select_one(ike_cbc, theirs, KE_NONE, true), ERR_OK);
	assert_int_equal(answer.number, 7);
	assert_int_equal(answer.protocol, PROTOCOL_IKE);
	assert_int_equal(answer.spi_len, 8);
	assert_true(answer.spi == 99);
	assert_int_equal(answer.count, 4);
	assert_int_equal(chosen(TRANSFORM_ENCR)->key_bits, 256);
	assert_int_equal(suite.encr.key_bits, 256);
	assert_int_equal(suite.prf.id, PRF_HMAC_SHA2_256);
	assert_int_equal(suite.integ.id, INTEG_HMAC_SHA2_256_128);
	assert_int_equal(suite.ke.id, KE_MODP_2048);
	assert_false(suite.esn);
}

/* RFC7296 3.3.1: the answer has the number of the proposal that was chosen */
static void our_order_decides_not_theirs(void **state)
{
	const struct proposal theirs =
		PROPOSAL(1, IKE, ENCR(ENCR_AES_CBC, 128), ENCR(ENCR_AES_CBC, 256), PRF(PRF_HMAC_SHA2_256),
			 INTEG(INTEG_HMAC_SHA2_256_128), KE(KE_MODP_2048));
	const struct proposal ours[] = { ike_gcm, ike_cbc };
	struct sa sa = { .count = 2, .proposals = { ike_cbc, ike_gcm } };

	(void)state;
	assert_int_equal(select_one(ike_cbc, theirs, KE_NONE, true), ERR_OK);
	assert_int_equal(suite.encr.key_bits, 256);
	sa.proposals[1].number = 2;
	assert_int_equal(negotiate_select(&crypto, ours, 2, &sa, KE_NONE, true, &answer, &suite), ERR_OK);
	assert_int_equal(answer.number, 2);
	assert_int_equal(suite.encr.id, ENCR_AES_GCM_16);
}

static void the_method_of_their_ke_payload_saves_a_round_trip(void **state)
{
	(void)state;
	assert_int_equal(select_one(ike_gcm, ike_gcm, KE_NONE, true), ERR_OK);
	assert_int_equal(suite.ke.id, KE_CURVE_25519);
	assert_int_equal(select_one(ike_gcm, ike_gcm, KE_ECP_256, true), ERR_OK);
	assert_int_equal(suite.ke.id, KE_ECP_256);
	/* Not among ours, or not among their transforms: no reason to take it. */
	assert_int_equal(select_one(ike_gcm, with(ike_gcm, (struct transform)KE(KE_ECP_384)), KE_ECP_384, true), ERR_OK);
	assert_int_equal(suite.ke.id, KE_CURVE_25519);
	assert_int_equal(select_one(with(ike_gcm, (struct transform)KE(KE_ECP_384)), ike_gcm, KE_ECP_384, true), ERR_OK);
	assert_int_equal(suite.ke.id, KE_CURVE_25519);
}

static void an_aead_goes_without_integrity(void **state)
{
	struct transform none = INTEG(INTEG_NONE), sha = INTEG(INTEG_HMAC_SHA2_256_128);

	(void)state;
	assert_int_equal(select_one(ike_gcm, ike_gcm, KE_NONE, true), ERR_OK);
	assert_null(chosen(TRANSFORM_INTEG));
	assert_int_equal(suite.integ.type, 0);
	assert_int_equal(select_one(ike_gcm, with(ike_gcm, none), KE_NONE, true), ERR_OK);
	assert_null(chosen(TRANSFORM_INTEG));
	assert_int_equal(select_one(ike_gcm, with(with(ike_gcm, sha), none), KE_NONE, true), ERR_OK);
	assert_null(chosen(TRANSFORM_INTEG));
	assert_int_equal(select_one(with(ike_gcm, none), ike_gcm, KE_NONE, true), ERR_OK);
	/* RFC 5282 8: a proposal that insists on integrity is none for an AEAD. */
	assert_int_equal(select_one(ike_gcm, with(ike_gcm, sha), KE_NONE, true), ERR_NO_PROPOSAL);
}

static void another_cipher_never_goes_without_integrity(void **state)
{
	struct transform none = INTEG(INTEG_NONE);
	struct proposal bare = without(&ike_cbc, TRANSFORM_INTEG);

	(void)state;
	assert_int_equal(select_one(bare, bare, KE_NONE, true), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(with(bare, none), with(bare, none), KE_NONE, true), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(ike_cbc, bare, KE_NONE, true), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(with(ike_cbc, none), with(ike_cbc, none), KE_NONE, true), ERR_OK);
	assert_int_equal(suite.integ.id, INTEG_HMAC_SHA2_256_128);
}

static void every_type_must_have_a_common_alternative(void **state)
{
	(void)state;
	for (size_t i = 0; i < ike_cbc.count; i++) {
		struct proposal theirs = ike_cbc;

		if (ike_cbc.transforms[i].type == TRANSFORM_ENCR)
			continue;
		theirs.transforms[i].id = 99;
		assert_int_equal(select_one(ike_cbc, theirs, KE_NONE, true), ERR_NO_PROPOSAL);
		assert_int_equal(select_one(ike_cbc, without(&ike_cbc, ike_cbc.transforms[i].type), KE_NONE, true),
				 ERR_NO_PROPOSAL);
		assert_int_equal(select_one(without(&ike_cbc, ike_cbc.transforms[i].type), ike_cbc, KE_NONE, true),
				 ERR_NO_PROPOSAL);
	}
}

static void a_key_length_is_part_of_the_transform(void **state)
{
	const struct proposal theirs = PROPOSAL(1, ESP, ENCR(ENCR_AES_GCM_16, 256), ESN(ESN_NO));
	const struct proposal bare = PROPOSAL(1, ESP, ENCR(ENCR_AES_GCM_16, 0), ESN(ESN_NO));

	(void)state;
	assert_int_equal(select_one(esp_gcm, theirs, KE_NONE, false), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(esp_gcm, bare, KE_NONE, false), ERR_NO_PROPOSAL);
}

static void a_transform_with_an_unknown_attribute_is_passed_over(void **state)
{
	struct proposal theirs = ike_cbc;

	(void)state;
	theirs.transforms[0].unknown = true;
	assert_int_equal(select_one(ike_cbc, theirs, KE_NONE, true), ERR_OK);
	assert_int_equal(suite.encr.key_bits, 128);
	theirs.transforms[1].unknown = true;
	assert_int_equal(select_one(ike_cbc, theirs, KE_NONE, true), ERR_NO_PROPOSAL);
}

/* RFC7296 3.3.6 */
static void an_unknown_transform_type_bars_its_proposal_only(void **state)
{
	const struct transform additional_ke = { .type = 6, .id = 36 }, strange = { .type = 0, .id = 0 };
	struct sa sa = { .count = 2, .proposals = { with(ike_gcm, additional_ke), ike_gcm } };

	(void)state;
	assert_int_equal(select_one(ike_gcm, with(ike_gcm, additional_ke), KE_NONE, true), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(ike_gcm, with(ike_gcm, strange), KE_NONE, true), ERR_NO_PROPOSAL);
	sa.proposals[1].number = 2;
	assert_int_equal(negotiate_select(&crypto, &ike_gcm, 1, &sa, KE_NONE, true, &answer, &suite), ERR_OK);
	assert_int_equal(answer.number, 2);
}

static void what_the_backend_lacks_is_passed_over(void **state)
{
	(void)state;
	missing = (struct transform)KE(KE_CURVE_25519);
	assert_int_equal(select_one(ike_gcm, ike_gcm, KE_CURVE_25519, true), ERR_OK);
	assert_int_equal(suite.ke.id, KE_ECP_256);
	missing = (struct transform)ENCR(ENCR_AES_GCM_16, 128);
	assert_int_equal(select_one(ike_gcm, ike_gcm, KE_NONE, true), ERR_NO_PROPOSAL);
}

static void the_first_child_sa_ignores_key_exchange(void **state)
{
	(void)state;
	assert_int_equal(select_one(esp_pfs, esp_gcm, KE_NONE, false), ERR_OK);
	assert_int_equal(suite.ke.id, KE_NONE);
	assert_int_equal(select_one(esp_gcm, esp_pfs, KE_NONE, false), ERR_OK);
	assert_null(chosen(TRANSFORM_KE));
	assert_int_equal(select_one(esp_pfs, esp_pfs, KE_CURVE_25519, false), ERR_OK);
	assert_null(chosen(TRANSFORM_KE));
}

static void later_child_sas_agree_on_key_exchange(void **state)
{
	struct transform none = KE(KE_NONE);

	(void)state;
	assert_int_equal(select_one(esp_pfs, esp_pfs, KE_NONE, true), ERR_OK);
	assert_int_equal(suite.ke.id, KE_CURVE_25519);
	assert_int_equal(select_one(esp_pfs, esp_gcm, KE_NONE, true), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(esp_gcm, esp_pfs, KE_NONE, true), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(esp_gcm, with(esp_pfs, none), KE_NONE, true), ERR_OK);
	assert_null(chosen(TRANSFORM_KE));
	assert_int_equal(select_one(with(esp_pfs, none), esp_gcm, KE_NONE, true), ERR_OK);
	assert_int_equal(suite.ke.type, 0);
	assert_int_equal(select_one(esp_gcm, esp_gcm, KE_NONE, true), ERR_OK);
}

static void an_ike_sa_never_goes_without_key_exchange(void **state)
{
	struct proposal none = with(without(&ike_gcm, TRANSFORM_KE), (struct transform)KE(KE_NONE));

	(void)state;
	assert_int_equal(select_one(none, none, KE_NONE, true), ERR_NO_PROPOSAL);
}

/* RFC7296 3.3.6: a type that is mandatory is not left out */
static void sequence_numbers_are_always_spoken_of(void **state)
{
	struct proposal silent = without(&esp_gcm, TRANSFORM_ESN), both = with(esp_gcm, (struct transform)ESN(ESN_YES));
	struct proposal extended = with(silent, (struct transform)ESN(ESN_YES));

	(void)state;
	assert_int_equal(select_one(silent, both, KE_NONE, false), ERR_OK);
	assert_int_equal(chosen(TRANSFORM_ESN)->id, ESN_NO);
	assert_int_equal(select_one(silent, extended, KE_NONE, false), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(extended, both, KE_NONE, false), ERR_OK);
	assert_true(suite.esn);
	assert_int_equal(select_one(esp_gcm, extended, KE_NONE, false), ERR_NO_PROPOSAL);
	/* RFC 7296 3.3.3 makes the type mandatory for ESP. */
	assert_int_equal(select_one(esp_gcm, silent, KE_NONE, false), ERR_NO_PROPOSAL);
	assert_int_equal(select_one(silent, silent, KE_NONE, false), ERR_NO_PROPOSAL);
}

static void protocols_do_not_mix(void **state)
{
	struct proposal theirs = esp_gcm;
	struct sa none = { 0 };

	(void)state;
	theirs.protocol = PROTOCOL_AH;
	assert_int_equal(select_one(esp_gcm, theirs, KE_NONE, false), ERR_NO_PROPOSAL);
	assert_int_equal(negotiate_select(&crypto, &esp_gcm, 1, &none, KE_NONE, false, &answer, &suite),
			 ERR_NO_PROPOSAL);
}

static uint64_t spi;

static enum err accept_one(const struct proposal *offered, size_t count, struct proposal theirs, bool ke_wanted)
{
	struct sa sa = { .count = 1, .proposals = { theirs } };

	return negotiate_accept(offered, count, &sa, ke_wanted, &suite, &spi);
}

static void an_answer_is_one_of_the_proposals_offered(void **state)
{
	const struct proposal offered[] = { ike_gcm, ike_cbc };
	struct proposal gcm = PROPOSAL(1, IKE, ENCR(ENCR_AES_GCM_16, 128), PRF(PRF_HMAC_SHA2_256), KE(KE_ECP_256));
	struct proposal cbc = PROPOSAL(2, IKE, ENCR(ENCR_AES_CBC, 128), PRF(PRF_HMAC_SHA2_256),
				       INTEG(INTEG_HMAC_SHA2_256_128), KE(KE_MODP_2048));

	(void)state;
	gcm.spi_len = 8;
	gcm.spi = 1234;
	assert_int_equal(accept_one(offered, 2, gcm, true), ERR_OK);
	assert_true(spi == 1234);
	assert_int_equal(suite.ke.id, KE_ECP_256);
	assert_int_equal(suite.integ.type, 0);
	assert_int_equal(accept_one(offered, 2, cbc, true), ERR_OK);
	assert_int_equal(suite.encr.key_bits, 128);
	assert_int_equal(suite.integ.id, INTEG_HMAC_SHA2_256_128);
	cbc.number = 1; /* not what was offered under that number */
	assert_int_equal(accept_one(offered, 2, cbc, true), ERR_NO_PROPOSAL);
	gcm.number = 3;
	assert_int_equal(accept_one(offered, 2, gcm, true), ERR_NO_PROPOSAL);
	gcm.number = 0;
	assert_int_equal(accept_one(offered, 2, gcm, true), ERR_NO_PROPOSAL);
	gcm.number = 1;
	gcm.protocol = PROTOCOL_ESP;
	assert_int_equal(accept_one(offered, 2, gcm, true), ERR_NO_PROPOSAL);
}

static void an_answer_is_exactly_one_proposal(void **state)
{
	struct proposal gcm = PROPOSAL(1, IKE, ENCR(ENCR_AES_GCM_16, 128), PRF(PRF_HMAC_SHA2_256), KE(KE_ECP_256));
	struct sa sa = { .count = 2, .proposals = { gcm, gcm } };

	(void)state;
	assert_int_equal(negotiate_accept(&ike_gcm, 1, &sa, true, &suite, &spi), ERR_NO_PROPOSAL);
	sa.count = 0;
	assert_int_equal(negotiate_accept(&ike_gcm, 1, &sa, true, &suite, &spi), ERR_NO_PROPOSAL);
	sa.count = 1;
	assert_int_equal(negotiate_accept(&ike_gcm, 1, &sa, true, &suite, &spi), ERR_OK);
}

/* RFC7296 3.3.6 */
static void an_answer_has_one_of_each_type_and_nothing_else(void **state)
{
	struct proposal gcm = PROPOSAL(1, IKE, ENCR(ENCR_AES_GCM_16, 128), PRF(PRF_HMAC_SHA2_256), KE(KE_ECP_256));
	struct proposal p;

	(void)state;
	/* Two alternatives; something of a strange type; something that was not offered. */
	assert_int_equal(accept_one(&ike_gcm, 1, with(gcm, (struct transform)KE(KE_CURVE_25519)), true),
			 ERR_NO_PROPOSAL);
	assert_int_equal(accept_one(&ike_gcm, 1, with(gcm, (struct transform){ .type = 200 }), true),
			 ERR_NO_PROPOSAL);
	assert_int_equal(accept_one(&ike_gcm, 1, with(gcm, (struct transform)ESN(ESN_NO)), true), ERR_NO_PROPOSAL);
	for (size_t i = 0; i < gcm.count; i++) {
		assert_int_equal(accept_one(&ike_gcm, 1, without(&gcm, gcm.transforms[i].type), true),
				 ERR_NO_PROPOSAL);
		p = gcm;
		p.transforms[i].id++;
		assert_int_equal(accept_one(&ike_gcm, 1, p, true), ERR_NO_PROPOSAL);
		p = gcm;
		p.transforms[i].key_bits += 64;
		assert_int_equal(accept_one(&ike_gcm, 1, p, true), ERR_NO_PROPOSAL);
		p = gcm;
		p.transforms[i].unknown = true;
		assert_int_equal(accept_one(&ike_gcm, 1, p, true), ERR_NO_PROPOSAL);
	}
}

static void a_downgrade_to_no_integrity_is_refused(void **state)
{
	struct proposal offered = with(ike_cbc, (struct transform)INTEG(INTEG_NONE));
	struct proposal bare = PROPOSAL(1, IKE, ENCR(ENCR_AES_CBC, 256), PRF(PRF_HMAC_SHA2_256), KE(KE_MODP_2048));

	(void)state;
	assert_int_equal(accept_one(&ike_cbc, 1, bare, true), ERR_NO_PROPOSAL);
	assert_int_equal(accept_one(&offered, 1, bare, true), ERR_NO_PROPOSAL);
	assert_int_equal(accept_one(&offered, 1, with(bare, (struct transform)INTEG(INTEG_NONE)), true),
			 ERR_NO_PROPOSAL);
	assert_int_equal(accept_one(&offered, 1, with(bare, (struct transform)INTEG(INTEG_HMAC_SHA2_256_128)), true),
			 ERR_OK);
}

static void the_answer_for_the_first_child_sa_may_lack_key_exchange(void **state)
{
	struct proposal silent = without(&esp_gcm, TRANSFORM_ESN);

	(void)state;
	assert_int_equal(accept_one(&esp_pfs, 1, esp_gcm, false), ERR_OK);
	assert_int_equal(suite.ke.type, 0);
	assert_int_equal(accept_one(&esp_pfs, 1, esp_pfs, false), ERR_OK);
	assert_int_equal(suite.ke.type, 0);
	assert_int_equal(accept_one(&esp_pfs, 1, esp_gcm, true), ERR_NO_PROPOSAL);
	assert_int_equal(accept_one(&esp_pfs, 1, esp_pfs, true), ERR_OK);
	assert_int_equal(suite.ke.id, KE_CURVE_25519);
	assert_int_equal(accept_one(&esp_pfs, 1, silent, false), ERR_NO_PROPOSAL);
}

static void what_we_select_a_peer_like_us_accepts(void **state)
{
	const struct proposal all[] = { ike_gcm, ike_cbc, esp_gcm, esp_pfs };
	int agreed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		for (size_t j = 0; j < ARRAY_LEN(all); j++) {
			if (select_one(all[i], all[j], KE_NONE, true) == ERR_OK) {
				struct suite responder = suite;

				assert_int_equal(accept_one(&all[j], 1, answer, true), ERR_OK);
				assert_int_equal(suite.encr.id, responder.encr.id);
				assert_int_equal(suite.encr.key_bits, responder.encr.key_bits);
				assert_int_equal(suite.prf.id, responder.prf.id);
				assert_int_equal(suite.integ.id, responder.integ.id);
				assert_int_equal(suite.ke.id, responder.ke.id);
				assert_int_equal(suite.esn, responder.esn);
				agreed++;
			}
		}
	}
	assert_int_equal(agreed, 4);
}

static struct diagnosis explain(const struct proposal *ours, size_t count, struct proposal theirs)
{
	struct sa sa = { .count = 1, .proposals = { theirs } };
	struct diagnosis d = { 0 };

	negotiate_explain(&d, ours, count, &sa, "connections.home.proposals");
	return d;
}

#define assert_contains(text, part)                                              \
	do {                                                                     \
		if (!strstr((text), (part)))                                     \
			fail_msg("\"%s\" does not say \"%s\"", (text), (part)); \
	} while (0)

static void the_explanation_names_the_type_that_parts_and_both_sides(void **state)
{
	const struct proposal weak = PROPOSAL(1, IKE, ENCR(ENCR_AES_CBC, 128), PRF(PRF_HMAC_SHA2_256),
					      INTEG(INTEG_HMAC_SHA2_256_128), KE(KE_MODP_1024));
	struct diagnosis d = explain(&ike_cbc, 1, weak);

	(void)state;
	assert_int_equal(d.kind, DIAGNOSIS_PROPOSAL);
	assert_string_equal(d.setting, "connections.home.proposals");
	assert_contains(d.parted, "key exchange: they offer MODP_1024; we take MODP_2048");
	assert_contains(d.theirs, "MODP_1024");
	assert_contains(d.ours, "MODP_2048");
	assert_contains(d.ours, "AES_CBC-256");
	d = explain(&ike_cbc, 1, without(&weak, TRANSFORM_INTEG));
	assert_contains(d.parted, "integrity: they offer none; we take");
}

static void the_explanation_is_of_the_pair_that_came_farthest(void **state)
{
	const struct proposal ours[] = { ike_gcm, ike_cbc };
	const struct proposal weak = PROPOSAL(1, IKE, ENCR(ENCR_AES_CBC, 128), PRF(PRF_HMAC_SHA2_256),
					      INTEG(INTEG_HMAC_SHA1_96), KE(KE_MODP_1024));
	struct diagnosis d = explain(ours, 2, weak);

	(void)state;
	assert_contains(d.parted, "integrity");
	assert_contains(d.parted, "SHA1_96");
	assert_null(strstr(d.parted, "GCM"));
	/* Of two that came equally far, the first. */
	d = explain((const struct proposal[]){ ike_gcm, esp_gcm, ike_cbc }, 3,
		    (struct proposal)PROPOSAL(1, IKE, ENCR(ENCR_3DES, 0), KE(KE_MODP_1024)));
	assert_contains(d.parted, "encryption: they offer");
	assert_contains(d.parted, "we take AES_GCM_16-128");
}

static void the_explanation_works_without_anything_in_common(void **state)
{
	struct sa none = { 0 };
	struct diagnosis d = { 0 };

	(void)state;
	negotiate_explain(&d, &ike_gcm, 1, &none, "x");
	assert_string_equal(d.theirs, "none");
	assert_contains(d.parted, "protocol");
	d = explain(&ike_gcm, 1, esp_gcm);
	assert_contains(d.parted, "protocol");
	d = explain(&ike_gcm, 1, with(ike_gcm, (struct transform){ .type = 77 }));
	assert_contains(d.parted, "transform type");
	d = explain(&ike_gcm, 1, ike_gcm);
	assert_contains(d.parted, "not available");
}

static void a_long_offer_is_cut_and_stays_text(void **state)
{
	struct sa sa = { .count = PROPOSALS_MAX };
	struct diagnosis d;

	(void)state;
	for (size_t i = 0; i < PROPOSALS_MAX; i++) {
		sa.proposals[i] = (struct proposal){ .number = 1, .protocol = PROTOCOL_IKE, .count = TRANSFORMS_MAX };
		for (size_t j = 0; j < TRANSFORMS_MAX; j++)
			sa.proposals[i].transforms[j] = (struct transform)ENCR((uint16_t)(60000 + j), 65535);
	}
	memset(&d, 0xff, sizeof(d));
	negotiate_explain(&d, &ike_gcm, 1, &sa, "x");
	assert_int_equal(strlen(d.theirs), sizeof(d.theirs) - 1);
	assert_int_equal(strlen(d.parted), sizeof(d.parted) - 1);
	assert_contains(d.parted, "encryption: they offer ENCR:60000-65535, ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(equal_proposals_agree_on_the_first_of_each_type, forget_missing),
		cmocka_unit_test_setup(our_order_decides_not_theirs, forget_missing),
		cmocka_unit_test_setup(the_method_of_their_ke_payload_saves_a_round_trip, forget_missing),
		cmocka_unit_test_setup(an_aead_goes_without_integrity, forget_missing),
		cmocka_unit_test_setup(another_cipher_never_goes_without_integrity, forget_missing),
		cmocka_unit_test_setup(every_type_must_have_a_common_alternative, forget_missing),
		cmocka_unit_test_setup(a_key_length_is_part_of_the_transform, forget_missing),
		cmocka_unit_test_setup(a_transform_with_an_unknown_attribute_is_passed_over, forget_missing),
		cmocka_unit_test_setup(an_unknown_transform_type_bars_its_proposal_only, forget_missing),
		cmocka_unit_test_setup(what_the_backend_lacks_is_passed_over, forget_missing),
		cmocka_unit_test_setup(the_first_child_sa_ignores_key_exchange, forget_missing),
		cmocka_unit_test_setup(later_child_sas_agree_on_key_exchange, forget_missing),
		cmocka_unit_test_setup(an_ike_sa_never_goes_without_key_exchange, forget_missing),
		cmocka_unit_test_setup(sequence_numbers_are_always_spoken_of, forget_missing),
		cmocka_unit_test_setup(protocols_do_not_mix, forget_missing),
		cmocka_unit_test(an_answer_is_one_of_the_proposals_offered),
		cmocka_unit_test(an_answer_is_exactly_one_proposal),
		cmocka_unit_test(an_answer_has_one_of_each_type_and_nothing_else),
		cmocka_unit_test(a_downgrade_to_no_integrity_is_refused),
		cmocka_unit_test(the_answer_for_the_first_child_sa_may_lack_key_exchange),
		cmocka_unit_test_setup(what_we_select_a_peer_like_us_accepts, forget_missing),
		cmocka_unit_test(the_explanation_names_the_type_that_parts_and_both_sides),
		cmocka_unit_test(the_explanation_is_of_the_pair_that_came_farthest),
		cmocka_unit_test(the_explanation_works_without_anything_in_common),
		cmocka_unit_test(a_long_offer_is_cut_and_stays_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
