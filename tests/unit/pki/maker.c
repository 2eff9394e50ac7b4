/* SPDX-License-Identifier: Apache-2.0 */
#include "maker.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "require.h"

#define MADE_MAX 512

static X509 *certs[MADE_MAX];
static EVP_PKEY *keys[MADE_MAX];
static X509_CRL *crls[MADE_MAX];
static size_t certs_count, keys_count, crls_count;
static long serial;

void makers_clear(void)
{
	while (certs_count)
		X509_free(certs[--certs_count]);
	while (keys_count)
		EVP_PKEY_free(keys[--keys_count]);
	while (crls_count)
		X509_CRL_free(crls[--crls_count]);
}

static EVP_PKEY *key_keep(EVP_PKEY *key)
{
	REQUIRE(key && keys_count < MADE_MAX);
	keys[keys_count++] = key;
	return key;
}

EVP_PKEY *made_key(const char *type, unsigned bits)
{
	const char *curve = bits == 521 ? "P-521" : bits == 384 ? "P-384" : bits == 192 ? "P-192" : bits == 224 ? "P-224" : "P-256";

	if (strcmp(type, "RSA") == 0)
		return made_rsa(bits, 65537);
	if (strcmp(type, "EC") == 0)
		return key_keep(EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve));
	return key_keep(EVP_PKEY_Q_keygen(NULL, NULL, type));
}

EVP_PKEY *made_rsa(unsigned bits, unsigned long exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	REQUIRE(ctx && e && BN_set_word(e, exponent));
	REQUIRE(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1);
	REQUIRE(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1 && EVP_PKEY_generate(ctx, &key) == 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key_keep(key);
}

EVP_PKEY *made_rsa_spoilt(unsigned bits, unsigned long exponent, bool even)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	BIGNUM *n = BN_new(), *e = BN_new();
	EVP_PKEY *key = NULL;

	REQUIRE(ctx && build && n && e && BN_set_word(e, exponent));
	REQUIRE(BN_rand(n, (int)bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD) == 1);
	if (even)
		REQUIRE(BN_sub_word(n, 1) == 1);
	REQUIRE(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
	params = OSSL_PARAM_BLD_to_param(build);
	REQUIRE(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key_keep(key);
}

EVP_PKEY *made_rsa_private(unsigned bits)
{
	static const char *const parts[] = { OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
					     OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[ARRAY_LEN(parts)], *e = BN_new();
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	REQUIRE(ctx && build && e && BN_set_word(e, 65537) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		numbers[i] = BN_new();
		REQUIRE(numbers[i] && BN_rand(numbers[i], (int)(i < 2 ? bits : bits / 2), BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD) == 1);
		REQUIRE(OSSL_PARAM_BLD_push_BN(build, parts[i], numbers[i]));
	}
	params = OSSL_PARAM_BLD_to_param(build);
	REQUIRE(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		BN_free(numbers[i]);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key_keep(key);
}

/* "C=CH, CN=moon". */
static X509_NAME *name_made(const char *text)
{
	X509_NAME *name = X509_NAME_new();
	char copy[256], *rest = copy, *part;

	REQUIRE(name && strlen(text) < sizeof(copy));
	strcpy(copy, text);
	while ((part = strsep(&rest, ",")) && *part) {
		char *value;

		while (*part == ' ')
			part++;
		value = strchr(part, '=');
		REQUIRE(value);
		*value++ = '\0';
		REQUIRE(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (unsigned char *)value, -1, -1, 0) == 1);
	}
	return name;
}

static void extensions_add(X509 *x, const struct recipe *r)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, r->issuer ? r->issuer->x : x, x, NULL, NULL, 0);
	for (size_t i = 0; i + 1 < MADE_EXTENSIONS_MAX && r->extensions[i]; i += 2) {
		X509_EXTENSION *extension = X509V3_EXT_nconf(NULL, &ctx, r->extensions[i], r->extensions[i + 1]);

		REQUIRE(extension && X509_add_ext(x, extension, -1) == 1);
		X509_EXTENSION_free(extension);
	}
}

static EVP_MD_CTX *signer_of(EVP_PKEY *key, const char *hash, bool pss)
{
	int id = EVP_PKEY_get_base_id(key);
	const EVP_MD *digest = id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? NULL : EVP_get_digestbyname(hash ? hash : "SHA256");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;

	REQUIRE(ctx && EVP_DigestSignInit(ctx, &pctx, digest, NULL, key) == 1);
	if (pss) {
		REQUIRE(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
		REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1);
	}
	return ctx;
}

static void cert_sign(X509 *x, EVP_PKEY *key, const struct recipe *r)
{
	EVP_MD_CTX *ctx = signer_of(key, r->digest, r->pss);

	REQUIRE(X509_sign_ctx(x, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

static void signature_spoil(X509 *x)
{
	const ASN1_BIT_STRING *sig;
	uint8_t bytes[1024];

	X509_get0_signature(&sig, NULL, x);
	REQUIRE((size_t)ASN1_STRING_length(sig) <= sizeof(bytes));
	memcpy(bytes, ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig));
	bytes[ASN1_STRING_length(sig) - 1] ^= 1;
	REQUIRE(ASN1_STRING_set((ASN1_STRING *)sig, bytes, ASN1_STRING_length(sig)) == 1);
}

struct made made_cert(const struct recipe *r)
{
	bool usual = r->from_days == 0 && r->to_days == 0;
	struct made made = { .x = X509_new(), .key = r->key ? r->key : made_key("EC", 256) };
	X509_NAME *subject = name_made(r->subject);
	const X509_NAME *issuer = r->issuer_name ? r->issuer_name : r->issuer ? X509_get_subject_name(r->issuer->x) : subject;
	EVP_PKEY *signer = r->sign_with ? r->sign_with : r->issuer ? r->issuer->key : made.key;
	unsigned char *der = NULL;
	const unsigned char *at;
	int len;

	REQUIRE(made.x && certs_count < MADE_MAX && X509_set_version(made.x, 2) == 1);
	REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(made.x), ++serial) == 1);
	REQUIRE(X509_set_subject_name(made.x, subject) == 1 && X509_set_issuer_name(made.x, issuer) == 1);
	REQUIRE(ASN1_TIME_set(X509_getm_notBefore(made.x), MADE_NOW + (usual ? -1 : r->from_days) * DAY));
	REQUIRE(ASN1_TIME_set(X509_getm_notAfter(made.x), MADE_NOW + (usual ? 365 : r->to_days) * DAY));
	REQUIRE(X509_set_pubkey(made.x, made.key) == 1);
	extensions_add(made.x, r);
	cert_sign(made.x, signer, r);
	if (r->spoil_signature)
		signature_spoil(made.x);
	X509_NAME_free(subject);
	/* Read back, as a peer's is: the library keeps other caches for what it reads. */
	len = i2d_X509(made.x, &der);
	at = der;
	X509_free(made.x);
	made.x = d2i_X509(NULL, &at, len);
	REQUIRE(made.x);
	OPENSSL_free(der);
	certs[certs_count++] = made.x;
	return made;
}

struct made made_ca(const char *subject, const struct made *issuer)
{
	struct recipe r = { .subject = subject, .issuer = issuer,
			    .extensions = { "basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign",
					    "subjectKeyIdentifier", "hash" } };

	return made_cert(&r);
}

struct made made_leaf(const char *dns, const struct made *issuer)
{
	char subject[128], san[128];
	struct recipe r = { .subject = subject, .issuer = issuer,
			    .extensions = { "subjectAltName", san, "keyUsage", "critical,digitalSignature" } };

	REQUIRE(snprintf(subject, sizeof(subject), "C=CH, O=example, CN=%s", dns) < (int)sizeof(subject));
	REQUIRE(snprintf(san, sizeof(san), "DNS:%s", dns) < (int)sizeof(san));
	return made_cert(&r);
}

static X509_CRL *crl_make(const struct made *ca, const X509 *x, int from_days, int to_days, EVP_MD_CTX *signer)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_set(NULL, MADE_NOW + from_days * DAY), *next = ASN1_TIME_set(NULL, MADE_NOW + to_days * DAY);
	X509_REVOKED *revoked;
	unsigned char *der = NULL;
	const unsigned char *at;
	int len;

	REQUIRE(crl && time && next && crls_count < MADE_MAX);
	REQUIRE(X509_CRL_set_version(crl, 1) == 1 && X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->x)) == 1);
	REQUIRE(X509_CRL_set1_lastUpdate(crl, time) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1);
	if (x) {
		revoked = X509_REVOKED_new();
		REQUIRE(revoked && X509_REVOKED_set_serialNumber(revoked, (ASN1_INTEGER *)X509_get0_serialNumber(x)) == 1);
		REQUIRE(X509_REVOKED_set_revocationDate(revoked, time) == 1 && X509_CRL_add0_revoked(crl, revoked) == 1);
	}
	REQUIRE(X509_CRL_sign_ctx(crl, signer) > 0);
	EVP_MD_CTX_free(signer);
	ASN1_TIME_free(time);
	ASN1_TIME_free(next);
	len = i2d_X509_CRL(crl, &der);
	at = der;
	X509_CRL_free(crl);
	crl = d2i_X509_CRL(NULL, &at, len);
	REQUIRE(crl);
	OPENSSL_free(der);
	crls[crls_count++] = crl;
	return crl;
}

X509_CRL *made_crl(const struct made *ca, const X509 *x, int from_days, int to_days)
{
	return crl_make(ca, x, from_days, to_days, signer_of(ca->key, NULL, false));
}

X509_CRL *made_crl_by(const struct made *ca, const X509 *x, const char *digest, bool pss)
{
	return crl_make(ca, x, -1, 10, signer_of(ca->key, digest, pss));
}
static void add(struct credentials *c, enum credential_kind kind, const char *name, unsigned char *der, int len)
{
	char words[256];
	struct text why = TEXT_ARRAY(words);

	REQUIRE(len > 0 && credentials_add(c, kind, name, span_of(der, (size_t)len), SPAN_EMPTY, &why) == ERR_OK);
	OPENSSL_free(der);
}

void add_cert(struct credentials *c, enum credential_kind kind, const char *name, const X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);

	add(c, kind, name, der, len);
}

void add_key(struct credentials *c, const char *name, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PrivateKey(key, &der);

	add(c, CREDENTIAL_KEY, name, der, len);
}

void add_crl(struct credentials *c, X509_CRL *crl)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	add(c, CREDENTIAL_CRL, "crl", der, len);
}

void record_add(uint8_t *buffer, size_t *len, size_t max, const X509 *x)
{
	unsigned char *der = NULL;
	int der_len = i2d_X509(x, &der);

	REQUIRE(der_len > 0 && *len + 3 + (size_t)der_len <= max);
	buffer[*len] = 4;
	buffer[*len + 1] = (uint8_t)(der_len >> 8);
	buffer[*len + 2] = (uint8_t)der_len;
	memcpy(&buffer[*len + 3], der, (size_t)der_len);
	*len += 3 + (size_t)der_len;
	OPENSSL_free(der);
}
