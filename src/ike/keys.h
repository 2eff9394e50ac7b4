/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: key derivation (RFC 7296 2.13, 2.14, 2.17, 2.18). Pure functions of their arguments.
 */
#ifndef ADIT_IKE_KEYS_H
#define ADIT_IKE_KEYS_H

#include "crypto.h"
#include "payloads.h"

/* What an IKE SA or Child SA agreed on; unused members are zero. */
struct suite {
	struct transform encr, integ, prf, ke;
	uint8_t protocol; /* of the proposal it was chosen from; AH has no encr */
	bool esn;
};

struct ike_keys {
	struct secret d, ai, ar, ei, er, pi, pr;
};

struct child_keys {
	struct secret encr_i, integ_i, encr_r, integ_r; /* i: initiator to responder */
};

/* SKEYSEED = prf(Ni | Nr, shared) (2.14); for the fixed-key PRFs the key is as 2.14 says. */
MUST_USE enum err keys_skeyseed(const struct crypto *c, uint16_t prf, struct span ni,
				struct span nr, struct span shared, struct secret *ret);
/* SKEYSEED of a rekeyed IKE SA = prf(SK_d(old), shared | Ni | Nr), old PRF (2.18). */
MUST_USE enum err keys_skeyseed_rekey(const struct crypto *c, uint16_t prf, struct span sk_d,
				      struct span ni, struct span nr, struct span shared,
				      struct secret *ret);
/* The seven keys from SKEYSEED; sizes follow from the suite (2.14; RFC 5282 7.3: no SK_a with an
 * AEAD). */
MUST_USE enum err keys_ike(const struct crypto *c, const struct suite *suite, struct span skeyseed,
			   struct span ni, struct span nr, uint64_t spi_i, uint64_t spi_r,
			   struct ike_keys *ret);
/* KEYMAT = prf+(SK_d, [shared |] Ni | Nr), cut as 2.17 says. prf is the IKE SA's. */
MUST_USE enum err keys_child(const struct crypto *c, uint16_t prf, const struct suite *suite,
			     struct span sk_d, struct span shared, struct span ni, struct span nr,
			     struct child_keys *ret);
/* The octets that keys_ike() and keys_child() cut up, len of them (at most 255 outputs of the PRF):
 * for the known answers. */
MUST_USE enum err keys_ike_material(const struct crypto *c, uint16_t prf, struct span skeyseed,
				    struct span ni, struct span nr, uint64_t spi_i, uint64_t spi_r,
				    uint8_t *ret, size_t len);
MUST_USE enum err keys_child_material(const struct crypto *c, uint16_t prf, struct span sk_d,
				      struct span shared, struct span ni, struct span nr,
				      uint8_t *ret, size_t len);
void ike_keys_clear(struct ike_keys *k);
void child_keys_clear(struct child_keys *k);

#endif
