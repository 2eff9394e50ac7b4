/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of transform.h. An algorithm is added by one row in `rows` and one struct in each
 * backend's list of names; nothing else knows the numbers.
 */
#include "transform.h"

#define CIPHER(...) .cipher = &(const struct cipher){ __VA_ARGS__ }
#define INTEG(...) .integ = &(const struct integ){ __VA_ARGS__ }
#define PRF(...) .prf = &(const struct prf){ __VA_ARGS__ }
#define KE(...) .ke = &(const struct ke){ __VA_ARGS__ }

/* RFC 4106, 5282: 8 bytes of IV, 4 of salt, 16 of ICV. */
#define AES_GCM_16(bits, word)                                    \
	{ TRANSFORM_ENCR, ENCR_AES_GCM_16, bits, word, "AES_GCM_16", \
	  CIPHER(ENCR_AES_GCM_16, bits, bits / 8, 4, 8, 16, 1) }
/* RFC 3602. */
#define AES_CBC(bits, word)                                 \
	{ TRANSFORM_ENCR, ENCR_AES_CBC, bits, word, "AES_CBC", \
	  CIPHER(ENCR_AES_CBC, bits, bits / 8, 0, 16, 0, 16) }
/* RFC 2104, 4868: the preferred key is as long as the output. */
#define PRF_HMAC(number, len, word, words) \
	{ TRANSFORM_PRF, number, 0, word, words, PRF(number, len, len) }
#define INTEG_HMAC(number, key, icv, word, words) \
	{ TRANSFORM_INTEG, number, 0, word, words, INTEG(number, key, icv) }
/* Diffie-Hellman: both sides' values are of one length. */
#define KE_DH(number, public_len, shared_len, word, words) \
	{ TRANSFORM_KE, number, 0, word, words, KE(number, public_len, public_len, shared_len) }

/* The first row of a number is the one that transform_find() gives; its aliases follow. */
static const struct transform_row rows[] = {
	AES_GCM_16(128, "aes128gcm16"),
	AES_GCM_16(128, "aes128gcm128"),
	AES_GCM_16(128, "aes128gcm"),
	AES_GCM_16(192, "aes192gcm16"),
	AES_GCM_16(192, "aes192gcm128"),
	AES_GCM_16(192, "aes192gcm"),
	AES_GCM_16(256, "aes256gcm16"),
	AES_GCM_16(256, "aes256gcm128"),
	AES_GCM_16(256, "aes256gcm"),
	AES_CBC(128, "aes128"),
	AES_CBC(128, "aes"),
	AES_CBC(192, "aes192"),
	AES_CBC(256, "aes256"),
	PRF_HMAC(PRF_HMAC_SHA2_256, 32, "prfsha256", "PRF_HMAC_SHA2_256"),
	PRF_HMAC(PRF_HMAC_SHA2_384, 48, "prfsha384", "PRF_HMAC_SHA2_384"),
	PRF_HMAC(PRF_HMAC_SHA2_512, 64, "prfsha512", "PRF_HMAC_SHA2_512"),
	PRF_HMAC(PRF_HMAC_SHA1, 20, "prfsha1", "PRF_HMAC_SHA1"),
	INTEG_HMAC(INTEG_HMAC_SHA2_256_128, 32, 16, "sha256", "HMAC_SHA2_256_128"),
	INTEG_HMAC(INTEG_HMAC_SHA2_256_128, 32, 16, "sha2_256", "HMAC_SHA2_256_128"),
	KE_DH(KE_CURVE_25519, 32, 32, "x25519", "CURVE_25519"),
	KE_DH(KE_CURVE_25519, 32, 32, "curve25519", "CURVE_25519"),
	KE_DH(KE_ECP_256, 64, 32, "ecp256", "ECP_256"),
	KE_DH(KE_MODP_2048, 256, 256, "modp2048", "MODP_2048"),
	{ TRANSFORM_ESN, ESN_NO, 0, "noesn", "NO_EXT_SEQ", { NULL } },
	{ TRANSFORM_ESN, ESN_YES, 0, "esn", "EXT_SEQ", { NULL } },
};

struct registry_name {
	uint8_t type;
	uint16_t id;
	const char *name;
};

/* All of IANA's numbers, whether we do them or not, by the names that strongSwan's users know. */
static const struct registry_name names[] = {
	{ TRANSFORM_ENCR, 1, "DES_IV64" },
	{ TRANSFORM_ENCR, 2, "DES_CBC" },
	{ TRANSFORM_ENCR, 3, "3DES_CBC" },
	{ TRANSFORM_ENCR, 4, "RC5_CBC" },
	{ TRANSFORM_ENCR, 5, "IDEA_CBC" },
	{ TRANSFORM_ENCR, 6, "CAST_CBC" },
	{ TRANSFORM_ENCR, 7, "BLOWFISH_CBC" },
	{ TRANSFORM_ENCR, 8, "3IDEA" },
	{ TRANSFORM_ENCR, 9, "DES_IV32" },
	{ TRANSFORM_ENCR, 11, "NULL" },
	{ TRANSFORM_ENCR, 12, "AES_CBC" },
	{ TRANSFORM_ENCR, 13, "AES_CTR" },
	{ TRANSFORM_ENCR, 14, "AES_CCM_8" },
	{ TRANSFORM_ENCR, 15, "AES_CCM_12" },
	{ TRANSFORM_ENCR, 16, "AES_CCM_16" },
	{ TRANSFORM_ENCR, 18, "AES_GCM_8" },
	{ TRANSFORM_ENCR, 19, "AES_GCM_12" },
	{ TRANSFORM_ENCR, 20, "AES_GCM_16" },
	{ TRANSFORM_ENCR, 21, "NULL_AES_GMAC" },
	{ TRANSFORM_ENCR, 22, "AES_XTS" },
	{ TRANSFORM_ENCR, 23, "CAMELLIA_CBC" },
	{ TRANSFORM_ENCR, 24, "CAMELLIA_CTR" },
	{ TRANSFORM_ENCR, 25, "CAMELLIA_CCM_8" },
	{ TRANSFORM_ENCR, 26, "CAMELLIA_CCM_12" },
	{ TRANSFORM_ENCR, 27, "CAMELLIA_CCM_16" },
	{ TRANSFORM_ENCR, 28, "CHACHA20_POLY1305" },
	{ TRANSFORM_ENCR, 29, "AES_CCM_8_IIV" },
	{ TRANSFORM_ENCR, 30, "AES_GCM_16_IIV" },
	{ TRANSFORM_ENCR, 31, "CHACHA20_POLY1305_IIV" },
	{ TRANSFORM_ENCR, 32, "KUZNYECHIK_MGM_KTREE" },
	{ TRANSFORM_ENCR, 33, "MAGMA_MGM_KTREE" },
	{ TRANSFORM_ENCR, 34, "KUZNYECHIK_MGM_MAC_KTREE" },
	{ TRANSFORM_ENCR, 35, "MAGMA_MGM_MAC_KTREE" },
	{ TRANSFORM_PRF, 1, "PRF_HMAC_MD5" },
	{ TRANSFORM_PRF, 2, "PRF_HMAC_SHA1" },
	{ TRANSFORM_PRF, 3, "PRF_HMAC_TIGER" },
	{ TRANSFORM_PRF, 4, "PRF_AES128_XCBC" },
	{ TRANSFORM_PRF, 5, "PRF_HMAC_SHA2_256" },
	{ TRANSFORM_PRF, 6, "PRF_HMAC_SHA2_384" },
	{ TRANSFORM_PRF, 7, "PRF_HMAC_SHA2_512" },
	{ TRANSFORM_PRF, 8, "PRF_AES128_CMAC" },
	{ TRANSFORM_PRF, 9, "PRF_HMAC_STREEBOG_512" },
	{ TRANSFORM_INTEG, 0, "NONE" },
	{ TRANSFORM_INTEG, 1, "HMAC_MD5_96" },
	{ TRANSFORM_INTEG, 2, "HMAC_SHA1_96" },
	{ TRANSFORM_INTEG, 3, "DES_MAC" },
	{ TRANSFORM_INTEG, 4, "KPDK_MD5" },
	{ TRANSFORM_INTEG, 5, "AES_XCBC_96" },
	{ TRANSFORM_INTEG, 6, "HMAC_MD5_128" },
	{ TRANSFORM_INTEG, 7, "HMAC_SHA1_160" },
	{ TRANSFORM_INTEG, 8, "AES_CMAC_96" },
	{ TRANSFORM_INTEG, 9, "AES_128_GMAC" },
	{ TRANSFORM_INTEG, 10, "AES_192_GMAC" },
	{ TRANSFORM_INTEG, 11, "AES_256_GMAC" },
	{ TRANSFORM_INTEG, 12, "HMAC_SHA2_256_128" },
	{ TRANSFORM_INTEG, 13, "HMAC_SHA2_384_192" },
	{ TRANSFORM_INTEG, 14, "HMAC_SHA2_512_256" },
	{ TRANSFORM_KE, 0, "NONE" },
	{ TRANSFORM_KE, 1, "MODP_768" },
	{ TRANSFORM_KE, 2, "MODP_1024" },
	{ TRANSFORM_KE, 5, "MODP_1536" },
	{ TRANSFORM_KE, 14, "MODP_2048" },
	{ TRANSFORM_KE, 15, "MODP_3072" },
	{ TRANSFORM_KE, 16, "MODP_4096" },
	{ TRANSFORM_KE, 17, "MODP_6144" },
	{ TRANSFORM_KE, 18, "MODP_8192" },
	{ TRANSFORM_KE, 19, "ECP_256" },
	{ TRANSFORM_KE, 20, "ECP_384" },
	{ TRANSFORM_KE, 21, "ECP_521" },
	{ TRANSFORM_KE, 22, "MODP_1024_160" },
	{ TRANSFORM_KE, 23, "MODP_2048_224" },
	{ TRANSFORM_KE, 24, "MODP_2048_256" },
	{ TRANSFORM_KE, 25, "ECP_192" },
	{ TRANSFORM_KE, 26, "ECP_224" },
	{ TRANSFORM_KE, 27, "ECP_224_BP" },
	{ TRANSFORM_KE, 28, "ECP_256_BP" },
	{ TRANSFORM_KE, 29, "ECP_384_BP" },
	{ TRANSFORM_KE, 30, "ECP_512_BP" },
	{ TRANSFORM_KE, 31, "CURVE_25519" },
	{ TRANSFORM_KE, 32, "CURVE_448" },
	{ TRANSFORM_KE, 33, "GOST3410_2012_256" },
	{ TRANSFORM_KE, 34, "GOST3410_2012_512" },
	{ TRANSFORM_KE, 35, "ML_KEM_512" },
	{ TRANSFORM_KE, 36, "ML_KEM_768" },
	{ TRANSFORM_KE, 37, "ML_KEM_1024" },
	{ TRANSFORM_ESN, 0, "NO_EXT_SEQ" },
	{ TRANSFORM_ESN, 1, "EXT_SEQ" },
	{ TRANSFORM_ESN, 2, "32_BIT_UNSPECIFIED" },
};

/* RFC 9370 2.2.1: types 6 to 12, Additional Key Exchange 1 to 7, share the numbers of type 4. */
#define TRANSFORM_ADDITIONAL_KE_1 6
#define TRANSFORM_ADDITIONAL_KE_7 12

const struct transform_row *transform_find(uint8_t type, uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct transform_row *row = &rows[i];

		if (row->type == type && row->id == id && row->key_bits == key_bits)
			return row;
	}
	return NULL;
}

const struct cipher *cipher_find(uint16_t id, uint16_t key_bits)
{
	const struct transform_row *row = transform_find(TRANSFORM_ENCR, id, key_bits);

	return row != NULL ? row->cipher : NULL;
}

const struct integ *integ_find(uint16_t id)
{
	const struct transform_row *row = transform_find(TRANSFORM_INTEG, id, 0);

	return row != NULL ? row->integ : NULL;
}

const struct prf *prf_find(uint16_t id)
{
	const struct transform_row *row = transform_find(TRANSFORM_PRF, id, 0);

	return row != NULL ? row->prf : NULL;
}

const struct ke *ke_find(uint16_t id)
{
	const struct transform_row *row = transform_find(TRANSFORM_KE, id, 0);

	return row != NULL ? row->ke : NULL;
}

const struct transform_row *transform_at(size_t index)
{
	return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

const struct transform_row *transform_by_keyword(struct span keyword)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].keyword != NULL && span_equal(span_text(rows[i].keyword), keyword))
			return &rows[i];
	}
	return NULL;
}

const char *transform_registry_name(uint8_t type, uint16_t id)
{
	if (type >= TRANSFORM_ADDITIONAL_KE_1 && type <= TRANSFORM_ADDITIONAL_KE_7)
		type = TRANSFORM_KE;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].type == type && names[i].id == id)
			return names[i].name;
	}
	return NULL;
}
