/* SPDX-License-Identifier: Apache-2.0 */
#include "algorithms.h"

#include "transform.h"

/* Implicit IVs and GMAC in AH the kernel does not do. */
static const struct xfrm_name ciphers[] = {
	{ ENCR_3DES, 0, "cbc(des3_ede)" },
	{ ENCR_NULL, 0, "ecb(cipher_null)" },
	{ ENCR_AES_CBC, 0, "cbc(aes)" },
	{ ENCR_AES_CTR, 0, "rfc3686(ctr(aes))" },
	{ ENCR_AES_CCM_8, 64, "rfc4309(ccm(aes))" },
	{ ENCR_AES_CCM_12, 96, "rfc4309(ccm(aes))" },
	{ ENCR_AES_CCM_16, 128, "rfc4309(ccm(aes))" },
	{ ENCR_AES_GCM_8, 64, "rfc4106(gcm(aes))" },
	{ ENCR_AES_GCM_12, 96, "rfc4106(gcm(aes))" },
	{ ENCR_AES_GCM_16, 128, "rfc4106(gcm(aes))" },
	{ ENCR_NULL_AUTH_AES_GMAC, 128, "rfc4543(gcm(aes))" },
	{ ENCR_CHACHA20_POLY1305, 128, "rfc7539esp(chacha20,poly1305)" },
};

static const struct xfrm_name integs[] = {
	{ INTEG_HMAC_SHA1_96, 96, "hmac(sha1)" },
	{ INTEG_AES_XCBC_96, 96, "xcbc(aes)" },
	{ INTEG_HMAC_SHA1_160, 160, "hmac(sha1)" },
	{ INTEG_AES_CMAC_96, 96, "cmac(aes)" },
	{ INTEG_HMAC_SHA2_256_128, 128, "hmac(sha256)" },
	{ INTEG_HMAC_SHA2_384_192, 192, "hmac(sha384)" },
	{ INTEG_HMAC_SHA2_512_256, 256, "hmac(sha512)" },
	{ INTEG_HMAC_SHA2_256_96, 96, "hmac(sha256)" },
};

static const struct xfrm_name *find(const struct xfrm_name *names, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i].id == id)
			return &names[i];
	}
	return NULL;
}

const struct xfrm_name *xfrm_cipher(uint16_t id)
{
	return find(ciphers, ARRAY_LEN(ciphers), id);
}

const struct xfrm_name *xfrm_integ(uint16_t id)
{
	return find(integs, ARRAY_LEN(integs), id);
}
