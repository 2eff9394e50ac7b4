/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file of credentials, as a peer's certificates and as its AUTH data.
 *
 * First byte: what the rest is. A set with one anchor and one key is made at start, so that chains have somewhere to lead.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "require.h"
#include "sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define FUZZ_NOW 1800000000

static struct credentials *set;

static void extension_add(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	REQUIRE(extension && X509_add_ext(x, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

/* A self-signed certificate: anchor and end entity in one. */
static X509 *cert_make(EVP_PKEY *key)
{
	X509 *x = X509_new();

	REQUIRE(x && X509_set_version(x, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1);
	REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"moon", -1, -1, 0) == 1);
	REQUIRE(X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 && X509_set_pubkey(x, key) == 1);
	REQUIRE(ASN1_TIME_set(X509_getm_notBefore(x), FUZZ_NOW - 86400) && ASN1_TIME_set(X509_getm_notAfter(x), FUZZ_NOW + 86400));
	extension_add(x, NID_basic_constraints, "critical,CA:TRUE");
	extension_add(x, NID_subject_alt_name, "DNS:moon");
	REQUIRE(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void add_der(enum credential_kind kind, unsigned char *der, int len)
{
	char words[256];
	struct text why = TEXT_ARRAY(words);

	REQUIRE(len > 0 && credentials_add(set, kind, "moon", span_of(der, (size_t)len), SPAN_EMPTY, &why) == ERR_OK);
	OPENSSL_free(der);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	unsigned char *der = NULL;
	X509 *x;
	int len;

	(void)argc;
	(void)argv;
	set = credentials_new();
	REQUIRE(key && set);
	x = cert_make(key);
	len = i2d_X509(x, &der);
	add_der(CREDENTIAL_CA, der, len);
	der = NULL;
	len = i2d_X509(x, &der);
	add_der(CREDENTIAL_CERT, der, len);
	der = NULL;
	len = i2d_PrivateKey(key, &der);
	add_der(CREDENTIAL_KEY, der, len);
	X509_free(x);
	EVP_PKEY_free(key);
	return 0;
}

static void as_file(enum credential_kind kind, struct span bytes)
{
	struct credentials *c = credentials_new();
	struct identity ids[8];
	char words[256];
	struct text why = TEXT_ARRAY(words);
	uint8_t hashes[64];
	enum err err;

	REQUIRE(c);
	err = credentials_add(c, kind, "fuzz", bytes, span_text("passphrase"), &why);
	REQUIRE((err == ERR_OK) == (why.len == 0));
	(void)credentials_identities(c, 1, ids, ARRAY_LEN(ids));
	(void)credentials_certreq(c, NULL, 0, hashes, sizeof(hashes));
	credentials_free(c);
}

/* A good signature for a certificate that may be any; nobody is let in with bytes that are not the anchor's own certificate. */
static void as_peer(bool as_auth, struct span bytes)
{
	static struct sign_result made;
	struct auth_octets octets = { { span_text("octets") } };
	struct identity id;
	struct verify_query q = { .id = &id, .octets = octets, .now = FUZZ_NOW, .revocation = REVOCATION_IFURI };
	struct sign_query s = { .id = &id, .peer_7427 = true, .peer_hashes = HASHES_OURS, .with_certs = true, .octets = octets };
	enum verify_fault fault = VERIFY_NONE;
	char words[512];
	struct text why = TEXT_ARRAY(words);
	enum err err;

	REQUIRE(identity_parse(&id, "moon") == ERR_OK);
	if (!made.auth_len)
		REQUIRE(sign_auth(set, &s, &made, &why) == ERR_OK);
	q.method = made.method;
	q.auth = as_auth ? bytes : span_of(made.auth, made.auth_len);
	q.peer_certs = as_auth ? span_of(made.certs, made.certs_len) : bytes;
	err = verify_auth(set, &q, &fault, &why);
	REQUIRE((err == ERR_OK) == (fault == VERIFY_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes;
	char words[256];
	struct text why = TEXT_ARRAY(words);
	struct scheme_constraints constraints = { 0 };

	if (!size)
		return 0;
	bytes = span_of(&data[1], size - 1);
	switch (data[0] % 8) {
	case 0:
		as_peer(true, bytes);
		break;
	case 1:
	case 2:
		as_peer(false, bytes);
		break;
	case 3:
		if (scheme_constraint_parse(&constraints, bytes, &why) == ERR_OK)
			REQUIRE(constraints.count <= SCHEMES_MAX && constraints.chain_count <= SCHEMES_MAX);
		break;
	default:
		/* Encrypted keys and PKCS#12 bring iteration counts of their own choosing: files are the operator's, so that is his time. */
		as_file(data[0] % 8 == 4 ? CREDENTIAL_CERT : data[0] % 8 == 5 ? CREDENTIAL_CA : data[0] % 8 == 6 ? CREDENTIAL_CRL : CREDENTIAL_KEY, bytes);
		break;
	}
	return 0;
}
