/* SPDX-License-Identifier: Apache-2.0 */
#include "sign.h"

#include <openssl/err.h>

#include "chain.h"
#include "names.h"
#include "registry.h"
#include "signature.h"
#include "writer.h"

#define CANDIDATES_MAX 64 /* of our own certificates that are looked at for one AUTH */
#define CERT_X509 4       /* RFC 7296 3.6 */

/* A certificate of ours, and how to sign with it. */
struct choice {
	uint32_t cert;
	size_t scheme;
	struct own_chain chain;
};

/* The hash that a key's own strength asks for (SP 800-57 part 1, 5.6.1). */
static unsigned hash_of_strength(const struct key_facts *facts)
{
	unsigned half = facts->bits;

	if (facts->kind == KEY_RSA)
		half = facts->bits <= 3072 ? 256 : facts->bits <= 7680 ? 384 : 512;
	return half <= 256 ? HASH_SHA2_256 : half <= 384 ? HASH_SHA2_384 : HASH_SHA2_512;
}

/* Whether the peer can check a signature by the row. */
static bool peer_takes(const struct sign_query *q, const struct scheme_row *row)
{
	if (row->method == AUTH_DIGITAL_SIGNATURE)
		return q->peer_7427 && (q->peer_hashes & HASH_BIT(row->hash)); /* RFC7427 4 */
	if (row->hash == HASH_SHA1)
		return !q->peer_7427;
	return true;
}

/* Lower is better. Where constraints list schemes, their order is the operator's. */
static unsigned scheme_rank(const struct sign_query *q, size_t index, const struct key_facts *facts)
{
	const struct scheme_row *row = scheme_at(index);
	unsigned old = row->method == AUTH_DIGITAL_SIGNATURE ? 0 : 1000;
	unsigned strength = hash_of_strength(facts);

	for (size_t i = 0; q->constraints && i < q->constraints->count; i++) {
		if (q->constraints->schemes[i] == index)
			return old + (unsigned)i;
	}
	if (row->hash == strength)
		return old + (row->pss ? 0 : row->kind == KEY_RSA);
	/* A stronger hash than the key before a weaker one. */
	return old + 10 + 10 * (row->hash > strength ? row->hash - strength : 10u + strength - row->hash) + (row->pss ? 0 : 1);
}

static bool scheme_choose(const struct sign_query *q, const struct key_facts *facts, size_t *ret)
{
	unsigned best = 0;
	bool found = false;

	for (size_t i = 0; i < schemes_count(); i++) {
		const struct scheme_row *row = scheme_at(i);
		unsigned rank;

		if (!scheme_fits_key(row, facts) || !peer_takes(q, row) || !scheme_allowed(q->constraints, row))
			continue;
		rank = scheme_rank(q, i, facts);
		if (found && rank >= best)
			continue;
		best = rank;
		*ret = i;
		found = true;
	}
	return found;
}

/* The certificates to choose from; gives their number. */
static size_t candidates_list(const struct credentials *c, const struct sign_query *q, uint32_t *ret)
{
	bool any = !q->id || q->id->type == IDENTITY_ANY;
	size_t count = 0;
	uint32_t place = 0, cert;

	for (size_t i = 0; i < q->certs_count && count < CANDIDATES_MAX; i++) {
		if (credentials_has_key(c, q->certs[i]))
			ret[count++] = q->certs[i];
	}
	for (size_t i = 0; !q->certs_count && any && i < c->certs_count && count < CANDIDATES_MAX; i++) {
		if (c->certs[i].role == CERT_ENTITY && c->certs[i].key)
			ret[count++] = (uint32_t)i + 1;
	}
	while (!q->certs_count && !any && count < CANDIDATES_MAX && (cert = credentials_walk(c, names_hash(q->id), &place))) {
		if (credentials_has_key(c, cert) && names_carry(credentials_entry(c, cert)->x, q->id))
			ret[count++] = cert;
	}
	return count;
}

/* Higher is better: a renewed certificate may lie beside the one that has expired. */
static unsigned choice_rank(const struct credentials *c, const struct sign_query *q, const struct choice *choice)
{
	int64_t from, until;
	bool valid = credentials_validity(c, choice->cert, &from, &until) && from <= q->now && q->now <= until;

	return (valid ? 2u : 0) + choice->chain.wanted;
}

/* ERR_NOT_FOUND, or ERR_UNSUPPORTED when only schemes were missing. */
static enum err choose(const struct credentials *c, const struct sign_query *q, struct choice *ret)
{
	uint32_t candidates[CANDIDATES_MAX];
	size_t count = candidates_list(c, q, candidates);
	struct wanted wanted;
	unsigned best = 0, rank;
	bool found = false;

	wanted_find(c, q->certreq, &wanted);
	for (size_t i = 0; i < count; i++) {
		struct choice choice = { .cert = candidates[i] };
		struct key_facts facts;
		const char *words;

		/* A weak key of our own is the peer's to refuse. */
		(void)key_judge(credentials_key(c, choice.cert), q->constraints, &facts, &words);
		if (!scheme_choose(q, &facts, &choice.scheme))
			continue;
		chain_own(c, credentials_entry(c, choice.cert)->x, &wanted, &choice.chain);
		rank = choice_rank(c, q, &choice);
		if (found && rank <= best)
			continue;
		*ret = choice;
		best = rank;
		found = true;
		if (rank == 3)
			break;
	}
	if (found)
		return ERR_OK;
	return count ? ERR_UNSUPPORTED : ERR_NOT_FOUND;
}

/* Leaf first, without the anchor: the peer has that, or will not trust it for coming from us. RFC7296 3.6 */
static enum err certs_write(const struct choice *choice, uint8_t *ret, size_t max, size_t *ret_len)
{
	const struct path_of_certs *path = &choice->chain.path;
	struct writer w = writer_of(ret, max);
	size_t count = path->len;
	enum err err = ERR_OK;

	if (count > 1 && (choice->chain.anchored || X509_self_signed(path->certs[count - 1], 0) == 1))
		count--;
	for (size_t i = 0; i < count; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(path->certs[i], &der);

		TRY_THAT(len > 0, ERR_CRYPTO);
		writer_u8(&w, CERT_X509);
		writer_u16(&w, (uint16_t)len);
		writer_put(&w, span_of(der, (size_t)len));
		OPENSSL_free(der);
		TRY_THAT(len <= UINT16_MAX, ERR_SPACE);
	}
	TRY(writer_end(&w));
	*ret_len = w.len;
out:
	return err;
}

enum err sign_auth(const struct credentials *c, const struct sign_query *q, struct sign_result *ret, struct text *ret_why)
{
	const struct scheme_row *row;
	const char *too_long = "the certificate chain is too long to send";
	size_t certs_len = 0, auth_len = 0;
	struct choice choice;
	enum err err = ERR_OK;

	TRY(choose(c, q, &choice));
	row = scheme_at(choice.scheme);
	if (q->with_certs)
		TRY(certs_write(&choice, ret->certs, sizeof(ret->certs), &certs_len));
	too_long = "the key is too long: its signature does not fit into an AUTH payload; take one of 4096 bits";
	TRY(signature_make(row, credentials_key(c, choice.cert), &q->octets, ret->auth, sizeof(ret->auth), &auth_len));
	ret->certs_len = certs_len;
	ret->auth_len = auth_len;
	ret->method = row->method;
	ret->scheme = (uint8_t)choice.scheme;
	ret->cert = choice.cert;
out:
	if (err == ERR_NOT_FOUND)
		text_put(ret_why, "no certificate with a private key fits");
	else if (err == ERR_UNSUPPORTED)
		text_put(ret_why, "the peer takes no signature that our keys and `auth` allow");
	else if (err == ERR_SPACE)
		text_put(ret_why, too_long);
	else if (err)
		text_put(ret_why, "the key does not sign");
	ERR_clear_error();
	return err;
}
