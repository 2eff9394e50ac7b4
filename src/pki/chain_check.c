/* SPDX-License-Identifier: Apache-2.0 */
/* A whole path, checked by the library, and its verdict as a fault (RFC 5280 6.1, 6.3). */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "chain.h"
#include "signature.h"

/* What the library's callbacks know of the check they belong to. */
struct check {
	const struct chain_query *q;
	const struct path_of_certs *path;
	enum verify_fault fault;
	X509 *at;        /* the certificate with the fault */
	bool unknown[CHAIN_MAX]; /* no CRL says how it stands */
	X509_STORE_CTX_check_crl_fn library_crl;
};

static enum verify_fault fault_of(int error)
{
	static const struct {
		int error;
		enum verify_fault fault;
	} rows[] = {
		{ X509_V_ERR_CERT_HAS_EXPIRED, VERIFY_EXPIRED },
		{ X509_V_ERR_CERT_NOT_YET_VALID, VERIFY_NOT_YET_VALID },
		{ X509_V_ERR_CERT_REVOKED, VERIFY_REVOKED },
		{ X509_V_ERR_INVALID_CA, VERIFY_NOT_CA },
		{ X509_V_ERR_INVALID_NON_CA, VERIFY_NOT_CA },
		{ X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, VERIFY_NOT_CA },
		{ X509_V_ERR_PATH_LENGTH_EXCEEDED, VERIFY_PATH_LENGTH },
		{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, VERIFY_USAGE },
		{ X509_V_ERR_INVALID_PURPOSE, VERIFY_USAGE },
		{ X509_V_ERR_PERMITTED_VIOLATION, VERIFY_NAME_CONSTRAINTS },
		{ X509_V_ERR_EXCLUDED_VIOLATION, VERIFY_NAME_CONSTRAINTS },
		{ X509_V_ERR_SUBTREE_MINMAX, VERIFY_NAME_CONSTRAINTS },
		{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, VERIFY_NAME_CONSTRAINTS },
		{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, VERIFY_NAME_CONSTRAINTS },
		{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, VERIFY_NAME_CONSTRAINTS },
		{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, VERIFY_CRITICAL_EXTENSION },
		{ X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, VERIFY_CRITICAL_EXTENSION },
		{ X509_V_ERR_CERT_SIGNATURE_FAILURE, VERIFY_CHAIN_SIGNATURE },
		{ X509_V_ERR_CERT_CHAIN_TOO_LONG, VERIFY_TOO_LONG },
		{ X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, VERIFY_WEAK_KEY },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, VERIFY_UNTRUSTED },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, VERIFY_UNTRUSTED },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, VERIFY_UNTRUSTED },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, VERIFY_UNTRUSTED },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, VERIFY_UNTRUSTED },
		{ X509_V_ERR_CERT_UNTRUSTED, VERIFY_UNTRUSTED },
		{ X509_V_ERR_CERT_REJECTED, VERIFY_UNTRUSTED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].error == error)
			return rows[i].fault;
	}
	return VERIFY_MALFORMED; /* the rest is about encodings; what is out of memory fails the same way, closed */
}

/* Nothing that lets a stranger in: RFC 5280 bids CAs do these, and many a home-made CA does not. */
static bool is_tolerable(int error)
{
	switch (error) {
	case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
	case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
	case X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL:
	case X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL:
	case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
	case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
	case X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN: /* where it has key usage without it, it is no CA already */
	case X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL:
		return true;
	default:
		return false;
	}
}

/* What is wrong with the CRL that was found leaves us without one. A revoked certificate in it stays revoked: checking goes on. */
static bool is_about_crls(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
		return true;
	default:
		return false;
	}
}

/* A CA whose key usage forbids it to sign is told apart from one that is no CA. */
static enum verify_fault ca_fault(X509 *x)
{
	return X509_get_extension_flags(x) & EXFLAG_CA && !(X509_get_key_usage(x) & KU_KEY_CERT_SIGN) ? VERIFY_USAGE : VERIFY_NOT_CA;
}

static int check_said(int ok, X509_STORE_CTX *ctx)
{
	struct check *check = X509_STORE_CTX_get_ex_data(ctx, 0);
	int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
	X509 *x = X509_STORE_CTX_get_current_cert(ctx);

	if (ok || is_tolerable(error))
		return 1;
	if (is_about_crls(error)) {
		if (depth >= 0 && depth < CHAIN_MAX)
			check->unknown[depth] = true;
		return 1;
	}
	check->fault = fault_of(error);
	check->at = x;
	if (error == X509_V_ERR_INVALID_CA && x)
		check->fault = ca_fault(x);
	return 0;
}

/* The path says who issued whom; the library is not to look for itself. */
static int check_issued(X509_STORE_CTX *ctx, X509 *x, X509 *issuer)
{
	const struct check *check = X509_STORE_CTX_get_ex_data(ctx, 0);
	const struct path_of_certs *path = check->path;

	for (size_t i = 0; i < path->len; i++) {
		X509 *above = path->certs[i + 1 < path->len ? i + 1 : i];

		if (X509_cmp(x, path->certs[i]) == 0)
			return X509_cmp(issuer, above) == 0;
	}
	return 0;
}

/*
 * What the library does with a CRL that it chose, without the signature where that is known: of a long list it takes longer than all the rest.
 * What is left then is whether the list is of today.
 */
static int check_crl(X509_STORE_CTX *ctx, X509_CRL *crl)
{
	struct check *check = X509_STORE_CTX_get_ex_data(ctx, 0);
	size_t depth = (size_t)X509_STORE_CTX_get_error_depth(ctx), above = depth + 1 < check->path->len ? depth + 1 : depth;
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	time_t now = (time_t)check->q->now;

	if (depth >= check->path->len || !crl_is_settled(check->q->credentials, crl, check->path->certs[above]))
		return check->library_crl(ctx, crl);
	if (X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &now) != -1 || (next && X509_cmp_time(next, &now) != 1))
		check->unknown[depth] = true;
	return 1;
}

/* Purposes that let a certificate speak IKE (RFC 4945 5.1.3.12 and what CAs issue in fact). */
bool purpose_fits(X509 *x)
{
	static const char *const ours[] = { "1.3.6.1.5.5.7.3.17", "1.3.6.1.5.5.8.2.2" }; /* ipsecIKE, iKEIntermediate */
	EXTENDED_KEY_USAGE *purposes;
	char oid[32];
	bool fits = false;

	if (!(X509_get_extension_flags(x) & EXFLAG_XKUSAGE))
		return true;
	if (X509_get_extended_key_usage(x) & (XKU_SSL_SERVER | XKU_SSL_CLIENT | XKU_ANYEKU))
		return true;
	purposes = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	for (int i = 0; purposes && i < sk_ASN1_OBJECT_num(purposes) && !fits; i++) {
		(void)OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(purposes, i), 1);
		for (size_t k = 0; k < ARRAY_LEN(ours); k++)
			fits |= strcmp(oid, ours[k]) == 0;
	}
	EXTENDED_KEY_USAGE_free(purposes);
	return fits;
}

static enum verify_fault weakness(const struct chain_query *q, const struct path_of_certs *path, struct text *ret_why)
{
	struct key_facts facts;
	const char *words;

	for (size_t i = 0; i < path->len; i++) {
		X509 *x = path->certs[i];
		enum verify_fault fault = key_judge(X509_get0_pubkey(x), q->constraints, &facts, &words);

		if (fault) {
			text_cert(ret_why, x);
			text_put(ret_why, ": ");
			text_put(ret_why, words);
			return fault;
		}
		/* An anchor is trusted for being configured, not for having signed itself. */
		if (i + 1 < path->len)
			fault = cert_signature_judge(x, q->constraints);
		/* An intermediate for code or mail alone vouches for nobody here. */
		if (!fault && i > 0 && i + 1 < path->len && !purpose_fits(x))
			fault = VERIFY_USAGE;
		if (X509_get_extension_flags(x) & EXFLAG_INVALID)
			fault = VERIFY_MALFORMED;
		if (fault) {
			text_cert(ret_why, x);
			return fault;
		}
	}
	return VERIFY_NONE;
}

/* Sets up and runs the library's check; false when it could not be made ready. */
static bool check_run(struct check *check, STACK_OF(X509_CRL) *crls)
{
	const struct path_of_certs *path = check->path;
	STACK_OF(X509) *trusted = sk_X509_new_null(), *between = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	bool ready = trusted && between && ctx && store;

	for (size_t i = 1; ready && i + 1 < path->len; i++)
		ready = sk_X509_push(between, path->certs[i]) > 0;
	ready = ready && sk_X509_push(trusted, path->certs[path->len - 1]) > 0;
	if (ready && X509_STORE_CTX_init(ctx, store, NULL, NULL) == 1) {
		check->library_crl = X509_STORE_CTX_get_check_crl(ctx);
		X509_STORE_CTX_cleanup(ctx);
		X509_STORE_set_check_crl(store, check_crl);
		X509_STORE_set_check_issued(store, check_issued);
		ready = X509_STORE_CTX_init(ctx, store, path->certs[0], between) == 1 &&
			X509_STORE_CTX_set_ex_data(ctx, 0, check) == 1;
	}
	if (ready) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
		unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;

		X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
		X509_STORE_CTX_set0_crls(ctx, crls);
		X509_STORE_CTX_set_verify_cb(ctx, check_said);
		X509_VERIFY_PARAM_set_time(param, (time_t)check->q->now);
		X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);
		ready = X509_VERIFY_PARAM_set_flags(param, flags) == 1;
	}
	if (ready && X509_verify_cert(ctx) != 1 && !check->fault)
		check->fault = VERIFY_MALFORMED;
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(trusted);
	sk_X509_free(between);
	return ready;
}

/* What a missing CRL means (swanctl's `revocation`). An anchor is never asked about: who configured it trusts it. */
static enum verify_fault revocation_judge(struct check *check)
{
	for (size_t i = 0; i + 1 < check->path->len; i++) {
		X509 *x = check->path->certs[i];

		check->at = x;
		if (!check->unknown[i] || check->q->revocation == REVOCATION_RELAXED)
			continue;
		if (check->q->revocation == REVOCATION_STRICT || cert_has_revocation_uri(x))
			return VERIFY_REVOCATION_UNKNOWN;
	}
	/* A pinned certificate without a chain: nobody can say how it stands. */
	if (check->path->len == 1 && check->q->revocation == REVOCATION_STRICT)
		return VERIFY_REVOCATION_UNKNOWN;
	return VERIFY_NONE;
}

enum verify_fault chain_check(const struct chain_query *q, const struct path_of_certs *path, struct text *ret_why)
{
	struct check check = { .q = q, .path = path, .at = path->certs[0] };
	enum verify_fault fault = weakness(q, path, ret_why);
	STACK_OF(X509_CRL) *crls;

	if (fault)
		return fault;
	crls = crls_for(q->credentials, path);
	if (!crls || !check_run(&check, crls))
		check.fault = VERIFY_UNTRUSTED; /* out of memory: fail closed */
	if (!check.fault)
		check.fault = revocation_judge(&check);
	if (check.fault && check.at)
		text_cert(ret_why, check.at);
	sk_X509_CRL_free(crls);
	ERR_clear_error();
	return check.fault;
}
