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

/* Protocol IDs of RFC 7296 3.3.1: 1 is IKE, 2 AH, 3 ESP. */
#define IKE (1 << 1)
#define AH (1 << 2)
#define ESP (1 << 3)

/* 8 bytes of IV; RFC 4106 and 5282 for GCM (4 of salt), 4309 for CCM (3). */
#define AEAD(use, number, bits, key, salt, icv, flags, word, words) \
	{ TRANSFORM_ENCR, number, bits, word, words, use, \
	  CIPHER(number, bits, key, salt, 8, icv, 1, flags) }
#define AES_AEAD(number, bits, salt, icv, word, words) \
	AEAD(IKE | ESP, number, bits, bits / 8, salt, icv, 0, word, words)
/* strongSwan's keywords count the ICV in bytes or in bits. */
#define AES_GCM(number, bits, icv, icv_bits) \
	AES_AEAD(number, bits, 4, icv, "aes" #bits "gcm" #icv, "AES_GCM_" #icv), \
	AES_AEAD(number, bits, 4, icv, "aes" #bits "gcm" #icv_bits, "AES_GCM_" #icv)
#define AES_CCM(number, bits, icv, icv_bits) \
	AES_AEAD(number, bits, 3, icv, "aes" #bits "ccm" #icv, "AES_CCM_" #icv), \
	AES_AEAD(number, bits, 3, icv, "aes" #bits "ccm" #icv_bits, "AES_CCM_" #icv)
/* RFC 4543 */
#define AES_GMAC(bits) \
	AEAD(ESP, ENCR_NULL_AUTH_AES_GMAC, bits, bits / 8, 4, 16, CIPHER_PLAIN, \
	     "aes" #bits "gmac", "NULL_AES_GMAC")
/* RFC 8750, and so for ESP alone: IKE has no sequence numbers. */
#define AES_IIV(number, bits, salt, icv, mode, words) \
	AEAD(ESP, number, bits, bits / 8, salt, icv, CIPHER_IV_IMPLICIT, \
	     "aes" #bits mode "iiv", words)
/* RFC 3602 */
#define AES_CBC(bits, word) \
	{ TRANSFORM_ENCR, ENCR_AES_CBC, bits, word, "AES_CBC", IKE | ESP, \
	  CIPHER(ENCR_AES_CBC, bits, bits / 8, 0, 16, 0, 16) }
/* RFC 3686, 5930: the nonce of 4 bytes follows the key */
#define AES_CTR(bits) \
	{ TRANSFORM_ENCR, ENCR_AES_CTR, bits, "aes" #bits "ctr", "AES_CTR", IKE | ESP, \
	  CIPHER(ENCR_AES_CTR, bits, bits / 8, 4, 8, 0, 1) }
/* RFC 2104, 4868: the preferred key is as long as the output. */
#define PRF_HMAC(number, len, word, words) \
	{ TRANSFORM_PRF, number, 0, word, words, IKE, PRF(number, len, len) }
/* RFC7296 2.14: of these two, SKEYSEED's key takes the first 64 bits of each nonce */
#define PRF_AES(number, word, words) \
	{ TRANSFORM_PRF, number, 0, word, words, IKE, PRF(number, 16, 16, 8) }
#define MAC(number, key, icv, word, words) \
	{ TRANSFORM_INTEG, number, 0, word, words, IKE | AH | ESP, INTEG(number, key, icv) }
#define AH_GMAC(number, bits) \
	{ TRANSFORM_INTEG, number, 0, "aes" #bits "gmac", "AES_" #bits "_GMAC", AH, \
	  INTEG(number, bits / 8 + 4, 16, 8) }
/* Diffie-Hellman: both sides' values are of one length. */
#define KE_DH(number, public_len, shared_len, word, words) \
	{ TRANSFORM_KE, number, 0, word, words, IKE | AH | ESP, \
	  KE(number, public_len, public_len, shared_len) }
#define KE_MODP(number, bits, word, words) KE_DH(number, bits / 8, bits / 8, word, words)
#define KE_ECP(number, field_len, word, words) \
	KE_DH(number, 2 * field_len, field_len, word, words)

/* The first row of a number is the one that transform_find() gives; its aliases follow. */
static const struct transform_row rows[] = {
	AES_CBC(128, "aes128"),
	AES_CBC(128, "aes"),
	AES_CBC(192, "aes192"),
	AES_CBC(256, "aes256"),
	AES_CTR(128),
	AES_CTR(192),
	AES_CTR(256),
	{ TRANSFORM_ENCR, ENCR_3DES, 0, "3des", "3DES_CBC", IKE | ESP, /* RFC 2451 */
	  CIPHER(ENCR_3DES, 0, 24, 0, 8, 0, 8) },
	{ TRANSFORM_ENCR, ENCR_NULL, 0, "null", "NULL", ESP, /* RFC 2410 */
	  CIPHER(ENCR_NULL, 0, 0, 0, 0, 0, 1, CIPHER_PLAIN) },
	AES_GCM(ENCR_AES_GCM_16, 128, 16, 128),
	AES_AEAD(ENCR_AES_GCM_16, 128, 4, 16, "aes128gcm", "AES_GCM_16"),
	AES_GCM(ENCR_AES_GCM_16, 192, 16, 128),
	AES_AEAD(ENCR_AES_GCM_16, 192, 4, 16, "aes192gcm", "AES_GCM_16"),
	AES_GCM(ENCR_AES_GCM_16, 256, 16, 128),
	AES_AEAD(ENCR_AES_GCM_16, 256, 4, 16, "aes256gcm", "AES_GCM_16"),
	AES_GCM(ENCR_AES_GCM_12, 128, 12, 96),
	AES_GCM(ENCR_AES_GCM_12, 192, 12, 96),
	AES_GCM(ENCR_AES_GCM_12, 256, 12, 96),
	AES_GCM(ENCR_AES_GCM_8, 128, 8, 64),
	AES_GCM(ENCR_AES_GCM_8, 192, 8, 64),
	AES_GCM(ENCR_AES_GCM_8, 256, 8, 64),
	AES_CCM(ENCR_AES_CCM_16, 128, 16, 128),
	AES_AEAD(ENCR_AES_CCM_16, 128, 3, 16, "aes128ccm", "AES_CCM_16"),
	AES_CCM(ENCR_AES_CCM_16, 192, 16, 128),
	AES_AEAD(ENCR_AES_CCM_16, 192, 3, 16, "aes192ccm", "AES_CCM_16"),
	AES_CCM(ENCR_AES_CCM_16, 256, 16, 128),
	AES_AEAD(ENCR_AES_CCM_16, 256, 3, 16, "aes256ccm", "AES_CCM_16"),
	AES_CCM(ENCR_AES_CCM_12, 128, 12, 96),
	AES_CCM(ENCR_AES_CCM_12, 192, 12, 96),
	AES_CCM(ENCR_AES_CCM_12, 256, 12, 96),
	AES_CCM(ENCR_AES_CCM_8, 128, 8, 64),
	AES_CCM(ENCR_AES_CCM_8, 192, 8, 64),
	AES_CCM(ENCR_AES_CCM_8, 256, 8, 64),
	AEAD(IKE | ESP, ENCR_CHACHA20_POLY1305, 0, 32, 4, 16, 0, /* RFC 7634 */
	     "chacha20poly1305", "CHACHA20_POLY1305"),
	AES_GMAC(128),
	AES_GMAC(192),
	AES_GMAC(256),
	AES_IIV(ENCR_AES_CCM_8_IIV, 128, 3, 8, "ccm8", "AES_CCM_8_IIV"),
	AES_IIV(ENCR_AES_CCM_8_IIV, 192, 3, 8, "ccm8", "AES_CCM_8_IIV"),
	AES_IIV(ENCR_AES_CCM_8_IIV, 256, 3, 8, "ccm8", "AES_CCM_8_IIV"),
	AES_IIV(ENCR_AES_GCM_16_IIV, 128, 4, 16, "gcm16", "AES_GCM_16_IIV"),
	AES_IIV(ENCR_AES_GCM_16_IIV, 192, 4, 16, "gcm16", "AES_GCM_16_IIV"),
	AES_IIV(ENCR_AES_GCM_16_IIV, 256, 4, 16, "gcm16", "AES_GCM_16_IIV"),
	AEAD(ESP, ENCR_CHACHA20_POLY1305_IIV, 0, 32, 4, 16, CIPHER_IV_IMPLICIT,
	     "chacha20poly1305iiv", "CHACHA20_POLY1305_IIV"),
	PRF_HMAC(PRF_HMAC_SHA2_256, 32, "prfsha256", "PRF_HMAC_SHA2_256"),
	PRF_HMAC(PRF_HMAC_SHA2_384, 48, "prfsha384", "PRF_HMAC_SHA2_384"),
	PRF_HMAC(PRF_HMAC_SHA2_512, 64, "prfsha512", "PRF_HMAC_SHA2_512"),
	PRF_HMAC(PRF_HMAC_SHA1, 20, "prfsha1", "PRF_HMAC_SHA1"),
	PRF_AES(PRF_AES128_XCBC, "prfaesxcbc", "PRF_AES128_XCBC"), /* RFC 4434 */
	PRF_AES(PRF_AES128_CMAC, "prfaescmac", "PRF_AES128_CMAC"), /* RFC 4615 */
	MAC(INTEG_HMAC_SHA2_256_128, 32, 16, "sha256", "HMAC_SHA2_256_128"),
	MAC(INTEG_HMAC_SHA2_256_128, 32, 16, "sha2_256", "HMAC_SHA2_256_128"),
	MAC(INTEG_HMAC_SHA2_384_192, 48, 24, "sha384", "HMAC_SHA2_384_192"),
	MAC(INTEG_HMAC_SHA2_384_192, 48, 24, "sha2_384", "HMAC_SHA2_384_192"),
	MAC(INTEG_HMAC_SHA2_512_256, 64, 32, "sha512", "HMAC_SHA2_512_256"),
	MAC(INTEG_HMAC_SHA2_512_256, 64, 32, "sha2_512", "HMAC_SHA2_512_256"),
	MAC(INTEG_HMAC_SHA2_256_96, 32, 12, "sha256_96", "HMAC_SHA2_256_96"),
	MAC(INTEG_HMAC_SHA2_256_96, 32, 12, "sha2_256_96", "HMAC_SHA2_256_96"),
	MAC(INTEG_HMAC_SHA1_96, 20, 12, "sha1", "HMAC_SHA1_96"), /* RFC 2404 */
	MAC(INTEG_HMAC_SHA1_96, 20, 12, "sha", "HMAC_SHA1_96"),
	MAC(INTEG_HMAC_SHA1_160, 20, 20, "sha1_160", "HMAC_SHA1_160"), /* RFC 4595 */
	MAC(INTEG_AES_XCBC_96, 16, 12, "aesxcbc", "AES_XCBC_96"), /* RFC 3566 */
	MAC(INTEG_AES_CMAC_96, 16, 12, "aescmac", "AES_CMAC_96"), /* RFC 4494 */
	AH_GMAC(INTEG_AES_128_GMAC, 128),
	AH_GMAC(INTEG_AES_192_GMAC, 192),
	AH_GMAC(INTEG_AES_256_GMAC, 256),
	KE_DH(KE_CURVE_25519, 32, 32, "x25519", "CURVE_25519"), /* RFC 8031 */
	KE_DH(KE_CURVE_25519, 32, 32, "curve25519", "CURVE_25519"),
	KE_DH(KE_CURVE_448, 56, 56, "x448", "CURVE_448"),
	KE_DH(KE_CURVE_448, 56, 56, "curve448", "CURVE_448"),
	KE_ECP(KE_ECP_256, 32, "ecp256", "ECP_256"), /* RFC 5903 */
	KE_ECP(KE_ECP_384, 48, "ecp384", "ECP_384"),
	KE_ECP(KE_ECP_521, 66, "ecp521", "ECP_521"),
	KE_ECP(KE_ECP_192, 24, "ecp192", "ECP_192"), /* RFC 5114 */
	KE_ECP(KE_ECP_224, 28, "ecp224", "ECP_224"),
	KE_ECP(KE_BRAINPOOL_224, 28, "ecp224bp", "ECP_224_BP"), /* RFC 6954 */
	KE_ECP(KE_BRAINPOOL_256, 32, "ecp256bp", "ECP_256_BP"),
	KE_ECP(KE_BRAINPOOL_384, 48, "ecp384bp", "ECP_384_BP"),
	KE_ECP(KE_BRAINPOOL_512, 64, "ecp512bp", "ECP_512_BP"),
	KE_MODP(KE_MODP_2048, 2048, "modp2048", "MODP_2048"), /* RFC 3526 */
	KE_MODP(KE_MODP_3072, 3072, "modp3072", "MODP_3072"),
	KE_MODP(KE_MODP_4096, 4096, "modp4096", "MODP_4096"),
	KE_MODP(KE_MODP_6144, 6144, "modp6144", "MODP_6144"),
	KE_MODP(KE_MODP_8192, 8192, "modp8192", "MODP_8192"),
	KE_MODP(KE_MODP_1536, 1536, "modp1536", "MODP_1536"),
	KE_MODP(KE_MODP_1024, 1024, "modp1024", "MODP_1024"),
	KE_MODP(KE_MODP_1024_160, 1024, "modp1024s160", "MODP_1024_160"), /* RFC 5114 */
	KE_MODP(KE_MODP_2048_224, 2048, "modp2048s224", "MODP_2048_224"),
	KE_MODP(KE_MODP_2048_256, 2048, "modp2048s256", "MODP_2048_256"),
	{ TRANSFORM_ESN, ESN_NO, 0, "noesn", "NO_EXT_SEQ", AH | ESP, { NULL } },
	{ TRANSFORM_ESN, ESN_YES, 0, "esn", "EXT_SEQ", AH | ESP, { NULL } },
};

/* None of these is in a default proposal; whoever names one is warned. */
static const struct weakness {
	uint8_t type;
	uint16_t id;
	uint8_t protocols;
	const char *words;
} weaknesses[] = {
	{ TRANSFORM_ENCR, ENCR_3DES, ESP, "SHOULD NOT be used (RFC 8221 5); write aes128" },
	{ TRANSFORM_ENCR, ENCR_3DES, IKE, "has blocks of 64 bits; write aes128" },
	{ TRANSFORM_ENCR, ENCR_NULL, ESP, "does not encrypt" },
	{ TRANSFORM_ENCR, ENCR_NULL_AUTH_AES_GMAC, ESP, "does not encrypt" },
	{ TRANSFORM_INTEG, INTEG_HMAC_SHA2_256_96, IKE | AH | ESP,
	  "has a private number that few peers know; write sha256" },
	{ TRANSFORM_KE, KE_MODP_1024, IKE | AH | ESP,
	  "SHOULD NOT be used (RFC 8247 2.4); write modp2048" },
	{ TRANSFORM_KE, KE_MODP_1536, IKE | AH | ESP,
	  "SHOULD NOT be used (RFC 8247 2.4); write modp2048" },
	{ TRANSFORM_KE, KE_MODP_1024_160, IKE | AH | ESP,
	  "MUST NOT be used (RFC 8247 2.4); write modp2048" },
	{ TRANSFORM_KE, KE_MODP_2048_224, IKE | AH | ESP,
	  "SHOULD NOT be used (RFC 8247 2.4); write modp2048" },
	{ TRANSFORM_KE, KE_MODP_2048_256, IKE | AH | ESP,
	  "SHOULD NOT be used (RFC 8247 2.4); write modp2048" },
	{ TRANSFORM_KE, KE_ECP_192, IKE | AH | ESP,
	  "is weaker than any group of RFC 8247; write ecp256" },
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
	{ TRANSFORM_INTEG, 1026, "HMAC_SHA2_256_96" },
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

const struct transform_row *transform_by_keyword(struct span keyword, uint8_t protocol)
{
	const struct transform_row *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].keyword == NULL || !span_equal(span_text(rows[i].keyword), keyword))
			continue;
		if ((rows[i].protocols & 1 << protocol) != 0)
			return &rows[i];
		if (found == NULL)
			found = &rows[i];
	}
	return found;
}

const char *transform_weakness(uint8_t type, uint16_t id, uint8_t protocol)
{
	for (size_t i = 0; i < ARRAY_LEN(weaknesses); i++) {
		const struct weakness *w = &weaknesses[i];

		if (w->type == type && w->id == id && (w->protocols & 1 << protocol) != 0)
			return w->words;
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
