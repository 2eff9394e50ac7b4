/* SPDX-License-Identifier: Apache-2.0 */
/* A peer's AUTH payload, certificates and identity, judged: cheap checks first, one signature, then the chain. */
#include "sign.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "chain.h"
#include "names.h"
#include "reader.h"
#include "registry.h"
#include "signature.h"

#define CERT_X509 4        /* RFC 7296 3.6 */
#define CONFIGURED_MAX 8   /* certificates of the set that are tried when the peer sent none */

/* What came in CERT payloads, read. */
struct peer_certs {
	X509 *certs[PEER_CERTS_MAX];
	size_t count;
};

const char *verify_fault_words(enum verify_fault fault)
{
	static const char *const words[] = {
#define X(name, words_of_row, cure) [VERIFY_##name] = words_of_row,
		VERIFY_FAULT_ROWS(X)
#undef X
	};

	return (size_t)fault < ARRAY_LEN(words) ? words[fault] : "";
}

const char *verify_fault_cure(enum verify_fault fault)
{
	static const char *const cures[] = {
#define X(name, words, cure_of_row) [VERIFY_##name] = cure_of_row,
		VERIFY_FAULT_ROWS(X)
#undef X
	};

	return (size_t)fault < ARRAY_LEN(cures) ? cures[fault] : "";
}

static void peer_certs_clear(struct peer_certs *p)
{
	for (size_t i = 0; i < p->count; i++)
		X509_free(p->certs[i]);
	p->count = 0;
}

static enum verify_fault peer_certs_read(struct peer_certs *ret, struct span records)
{
	struct reader r = reader_of(records);

	while (reader_left(&r)) {
		uint8_t encoding = reader_u8(&r);
		struct span der = reader_take(&r, reader_u16(&r));
		const unsigned char *at = der.data;

		if (!reader_ok(&r))
			return VERIFY_MALFORMED;
		if (encoding != CERT_X509)
			continue;
		if (ret->count == PEER_CERTS_MAX)
			return VERIFY_TOO_LONG;
		ret->certs[ret->count] = d2i_X509(NULL, &at, (long)der.len);
		if (!ret->certs[ret->count])
			return VERIFY_MALFORMED;
		ret->count++;
		if (at != der.data + der.len)
			return VERIFY_MALFORMED; /* bytes behind it that nobody signed */
	}
	return VERIFY_NONE;
}

static bool is_one_of(const struct credentials *c, const X509 *x, const uint32_t *certs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cert_entry *entry = credentials_entry(c, certs[i]);

		if (entry && X509_cmp(entry->x, x) == 0)
			return true;
	}
	return false;
}

static bool usage_fits(X509 *x)
{
	return X509_get_key_usage(x) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION) && purpose_fits(x); /* RFC4945 5.1.3.2 */
}

/* The method and AlgorithmIdentifier, before any certificate is looked at. */
static enum verify_fault scheme_judge(const struct verify_query *q, const struct scheme_row **ret, struct span *ret_signature, struct text *ret_why)
{
	enum verify_fault fault = scheme_read(q->method, q->auth, ret, ret_signature);

	if (!fault && !scheme_allowed(q->constraints, *ret))
		fault = VERIFY_SCHEME;
	if (!fault && (*ret)->hash == HASH_SHA1 && q->peer_7427 && !(q->constraints && q->constraints->sha1))
		fault = VERIFY_WEAK_HASH; /* it could do better */
	if (fault != VERIFY_NONE) {
		text_put(ret_why, "AUTH method ");
		text_u64(ret_why, q->method);
	}
	return fault;
}

/* The certificate's own part: whose it is, what it may do, and whether its key has signed. */
static enum verify_fault leaf_judge(const struct verify_query *q, X509 *leaf, const struct scheme_row *row, struct span signature,
				    struct text *ret_why)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	enum verify_fault fault;
	struct key_facts facts;
	const char *words;

	text_cert(ret_why, leaf);
	if (X509_get_extension_flags(leaf) & EXFLAG_INVALID)
		return VERIFY_MALFORMED;
	if (!names_carry(leaf, q->id)) { /* RFC7296 3.5, RFC4945 3.1 */
		text_put(ret_why, " is not ");
		text_identity(ret_why, q->id);
		return VERIFY_IDENTITY;
	}
	fault = key_judge(key, q->constraints, &facts, &words);
	if (fault) {
		text_put(ret_why, ": ");
		text_put(ret_why, words);
		return fault;
	}
	if (!usage_fits(leaf))
		return VERIFY_USAGE;
	if (!scheme_fits_key(row, &facts) || !signature_check(row, key, &q->octets, signature))
		return VERIFY_SIGNATURE;
	return VERIFY_NONE;
}

static enum verify_fault cert_judge(const struct credentials *c, const struct verify_query *q, X509 *leaf, const struct peer_certs *peer,
				    const struct scheme_row *row, struct span signature, struct text *ret_why)
{
	struct chain_query chain = {
		.credentials = c, .leaf = leaf, .untrusted = peer->certs, .untrusted_count = peer->count,
		.anchors = q->anchors, .anchors_count = q->anchors_count, .pinned = q->certs_count > 0,
		.constraints = q->constraints, .revocation = q->revocation, .now = q->now,
	};
	char words[1024];
	struct text why = TEXT_ARRAY(words);
	enum verify_fault fault;

	if (q->certs_count && !is_one_of(c, leaf, q->certs, q->certs_count)) {
		text_cert(ret_why, leaf);
		text_put(ret_why, " is not the one that the connection names");
		return VERIFY_UNTRUSTED;
	}
	fault = leaf_judge(q, leaf, row, signature, &why);
	if (fault)
		text_putn(ret_why, why.data, why.len);
	return fault ? fault : chain_verify(&chain, ret_why);
}

/* Certificates of our own set for a peer that sent none; gives their number. */
static size_t configured_list(const struct credentials *c, const struct verify_query *q, X509 **ret)
{
	uint32_t place = 0, cert;
	size_t count = 0;

	for (size_t i = 0; i < q->certs_count && count < CONFIGURED_MAX; i++) {
		const struct cert_entry *entry = credentials_entry(c, q->certs[i]);

		if (entry && names_carry(entry->x, q->id))
			ret[count++] = entry->x;
	}
	while (!q->certs_count && count < CONFIGURED_MAX && (cert = credentials_walk(c, names_hash(q->id), &place))) {
		X509 *x = credentials_entry(c, cert)->x;

		if (names_carry(x, q->id))
			ret[count++] = x;
	}
	return count;
}

/* The first that holds, or the first one's fault. */
static enum verify_fault configured_judge(const struct credentials *c, const struct verify_query *q, const struct scheme_row *row,
					  struct span signature, struct text *ret_why)
{
	struct peer_certs none = { .count = 0 };
	enum verify_fault first = VERIFY_NO_CERT;
	X509 *certs[CONFIGURED_MAX];
	size_t count = configured_list(c, q, certs);

	if (count == 0)
		text_identity(ret_why, q->id);
	for (size_t i = 0; i < count; i++) {
		char scratch[1];
		struct text other = TEXT_ARRAY(scratch);
		enum verify_fault fault = cert_judge(c, q, certs[i], &none, row, signature, i ? &other : ret_why);

		if (!fault)
			return VERIFY_NONE;
		if (i == 0)
			first = fault;
	}
	return first;
}

enum err verify_auth(const struct credentials *c, const struct verify_query *q, enum verify_fault *ret_fault, struct text *ret_why)
{
	const struct scheme_row *row = NULL;
	struct peer_certs peer = { .count = 0 };
	struct span signature = SPAN_EMPTY;
	enum verify_fault fault;

	ERR_clear_error();
	fault = scheme_judge(q, &row, &signature, ret_why);
	if (!fault)
		fault = peer_certs_read(&peer, q->peer_certs);
	if (!fault && peer.count == 0)
		fault = configured_judge(c, q, row, signature, ret_why);
	else if (!fault) /* RFC7296 3.6: the first one holds the key */
		fault = cert_judge(c, q, peer.certs[0], &peer, row, signature, ret_why);
	peer_certs_clear(&peer);
	ERR_clear_error();
	*ret_fault = fault;
	return fault ? ERR_AUTH : ERR_OK;
}
