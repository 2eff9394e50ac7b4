/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "signature.h"

/* Certificates that may have issued one. */
struct issuers {
	X509 *certs[CHAIN_ISSUERS_MAX];
	bool anchor[CHAIN_ISSUERS_MAX];
	size_t count, next;
};

/* A walk through the graph of certificates, deepest first. */
struct search {
	const struct chain_query *q;
	struct path_of_certs path;
	struct issuers issuers[CHAIN_MAX]; /* of path.certs[i] */
	unsigned signatures, paths;
	bool circle, deep, forged; /* met on the way */
	enum verify_fault first;   /* of the first whole path */
	X509 *lost;                /* the first that nobody here has issued */
	struct text *why;
};

static void issuer_add(struct issuers *list, X509 *x, X509 *issuer, bool anchor)
{
	int said;

	for (size_t i = 0; i < list->count; i++) {
		if (X509_cmp(list->certs[i], issuer) == 0)
			return;
	}
	said = X509_check_issued(issuer, x);
	/* One that must not sign is named as such later; saying that there is none would hide the reason. */
	if (list->count == CHAIN_ISSUERS_MAX || (said != X509_V_OK && said != X509_V_ERR_KEYUSAGE_NO_CERTSIGN))
		return;
	list->anchor[list->count] = anchor;
	list->certs[list->count++] = issuer;
}

/* Anchors first, then the set's other certificates. */
static void issuers_of_set(struct issuers *list, const struct credentials *c, X509 *x, const uint32_t *anchors, size_t anchors_count)
{
	uint64_t hash = index_hash_name(INDEX_SUBJECT, X509_get_issuer_name(x));

	for (int trusted = 1; trusted >= 0; trusted--) {
		uint32_t place = 0, cert;

		while (list->count < CHAIN_ISSUERS_MAX && (cert = credentials_walk(c, hash, &place))) {
			const struct cert_entry *entry = credentials_entry(c, cert);

			if (credentials_is_anchor(c, entry, anchors, anchors_count) == (trusted == 1))
				issuer_add(list, x, entry->x, trusted == 1);
		}
	}
}

static void issuers_find(struct search *s)
{
	X509 *x = s->path.certs[s->path.len - 1];
	struct issuers *list = &s->issuers[s->path.len - 1];

	list->count = list->next = 0;
	issuers_of_set(list, s->q->credentials, x, s->q->anchors, s->q->anchors_count);
	for (size_t i = 0; i < s->q->untrusted_count; i++)
		issuer_add(list, x, s->q->untrusted[i], false);
	if (!s->lost && (!list->count || X509_check_issued(x, x) == X509_V_OK))
		s->lost = x;
}

/* The same CA, whoever certified it. */
static bool is_same_ca(const X509 *a, const X509 *b)
{
	const EVP_PKEY *one = X509_get0_pubkey(a), *two = X509_get0_pubkey(b);

	return X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0 && one && two && EVP_PKEY_eq(one, two) == 1;
}

static bool has_signed(X509 *issuer, X509 *x, const struct scheme_constraints *constraints)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	struct key_facts facts;
	const char *words;

	return key_judge(key, constraints, &facts, &words) == VERIFY_NONE && X509_verify(x, key) == 1;
}

/* Whether the next issuer is worth a step; says what it met. */
static bool step_allowed(struct search *s, const struct issuers *list, X509 *issuer)
{
	X509 *x = s->path.certs[s->path.len - 1];

	if (is_same_ca(issuer, x))
		return false; /* a root that nobody trusts */
	for (size_t i = 0; i + 1 < s->path.len; i++) {
		if (!is_same_ca(issuer, s->path.certs[i]))
			continue;
		s->circle = true;
		return false;
	}
	if (s->path.len == CHAIN_MAX) {
		s->deep = true;
		return false;
	}
	if (list->count == 1) /* no choice: the check of the whole path will tell */
		return true;
	if (s->signatures++ < CHAIN_SIGNATURES_MAX) {
		if (has_signed(issuer, x, s->q->constraints))
			return true;
		s->forged = true;
	} else {
		s->deep = true;
	}
	return false;
}

/* The CA of the set that has certified the top of the path; NULL when there is none, or none that is not in the path. */
static X509 *ca_above(struct search *s)
{
	struct path_of_certs *path = &s->path;
	X509 *top = path->certs[path->len - 1];
	uint64_t hash = index_hash_name(INDEX_SUBJECT, X509_get_issuer_name(top));
	uint32_t place = 0, cert;

	while ((cert = credentials_walk(s->q->credentials, hash, &place))) {
		const struct cert_entry *entry = credentials_entry(s->q->credentials, cert);
		bool known = entry->role != CERT_ANCHOR || X509_check_issued(entry->x, top) != X509_V_OK;

		for (size_t i = 0; i < path->len && !known; i++)
			known = is_same_ca(entry->x, path->certs[i]);
		if (!known && s->signatures++ < CHAIN_SIGNATURES_MAX && has_signed(entry->x, top, s->q->constraints))
			return entry->x;
	}
	return NULL;
}

/* An intermediate that the connection names is checked up to its root where that is there: so a revoked or expired one stays so. */
static void path_extend(struct search *s)
{
	X509 *above;

	while (s->path.len < CHAIN_MAX && X509_self_signed(s->path.certs[s->path.len - 1], 0) != 1 && (above = ca_above(s)))
		s->path.certs[s->path.len++] = above;
}

/* Checks the path as it stands, which ends in an anchor; true when it holds. The first failure is the one to tell. */
static bool path_holds(struct search *s)
{
	size_t len = s->path.len;
	char scratch[1];
	struct text other = TEXT_ARRAY(scratch);
	enum verify_fault fault;

	path_extend(s);
	fault = chain_check(s->q, &s->path, s->first ? &other : s->why);
	s->path.len = len;
	s->paths++;
	if (!fault)
		return true;
	if (!s->first)
		s->first = fault;
	return false;
}

static enum verify_fault search_verdict(const struct search *s)
{
	if (s->first)
		return s->first;
	text_cert(s->why, s->q->leaf);
	if (s->circle || s->deep)
		return VERIFY_TOO_LONG;
	if (s->forged)
		return VERIFY_CHAIN_SIGNATURE;
	if (s->lost) {
		text_put(s->why, " needs ");
		text_cert_name(s->why, X509_get_issuer_name(s->lost));
	}
	return VERIFY_UNTRUSTED;
}

static bool leaf_is_anchor(const struct chain_query *q)
{
	uint64_t hash = index_hash_name(INDEX_SUBJECT, X509_get_subject_name(q->leaf));
	uint32_t place = 0, cert;

	while ((cert = credentials_walk(q->credentials, hash, &place))) {
		const struct cert_entry *entry = credentials_entry(q->credentials, cert);

		if (credentials_is_anchor(q->credentials, entry, q->anchors, q->anchors_count) && X509_cmp(entry->x, q->leaf) == 0)
			return true;
	}
	return false;
}

static enum verify_fault search_run(struct search *s)
{
	s->path = (struct path_of_certs){ .certs = { s->q->leaf }, .len = 1 };
	if (leaf_is_anchor(s->q) && path_holds(s))
		return VERIFY_NONE;
	issuers_find(s);
	while (s->path.len && s->paths < CHAIN_PATHS_MAX) {
		struct issuers *list = &s->issuers[s->path.len - 1];
		bool anchor;
		X509 *issuer;

		if (list->next == list->count) {
			s->path.len--;
			continue;
		}
		anchor = list->anchor[list->next];
		issuer = list->certs[list->next++];
		if (!step_allowed(s, list, issuer))
			continue;
		s->path.certs[s->path.len++] = issuer;
		if (!anchor) {
			issuers_find(s);
			continue;
		}
		if (path_holds(s))
			return VERIFY_NONE;
		s->path.len--;
	}
	return search_verdict(s);
}

enum verify_fault chain_verify(const struct chain_query *q, struct text *ret_why)
{
	struct path_of_certs alone = { .certs = { q->leaf }, .len = 1 };
	char words[512];
	struct text why = TEXT_ARRAY(words);
	struct search s = { .q = q, .why = &why };
	enum verify_fault fault;

	fault = search_run(&s);
	/* What the operator named himself needs nobody's word, unless he named CAs as well. */
	if (q->pinned && !q->anchors_count &&
	    (fault == VERIFY_UNTRUSTED || fault == VERIFY_TOO_LONG || fault == VERIFY_CHAIN_SIGNATURE)) {
		why = TEXT_ARRAY(words);
		fault = chain_check(q, &alone, &why);
	}
	if (fault)
		text_putn(ret_why, why.data, why.len);
	ERR_clear_error();
	return fault;
}

void wanted_find(const struct credentials *c, struct span certreq, struct wanted *ret)
{
	*ret = (struct wanted){ .any = certreq.len < CA_HASH_LEN };
	for (; certreq.len >= CA_HASH_LEN; certreq = span_tail(certreq, CA_HASH_LEN)) {
		struct span hash = span_head(certreq, CA_HASH_LEN);
		uint32_t place = 0, cert;

		while (ret->count < WANTED_MAX && (cert = credentials_walk(c, index_hash(INDEX_SPKI, hash), &place))) {
			const struct cert_entry *entry = credentials_entry(c, cert);

			if (span_equal(hash, SPAN_ARRAY(entry->spki)))
				ret->certs[ret->count++] = entry->x;
		}
	}
}

/* Whether one of the path's CAs is asked for; without a wish, any will do. */
static bool path_is_wanted(const struct path_of_certs *path, const struct wanted *wanted)
{
	for (size_t i = 0; i < path->len; i++) {
		for (size_t k = 0; k < wanted->count; k++) {
			if (path->certs[i] == wanted->certs[k])
				return true;
		}
	}
	return wanted->any;
}

/* A walk over the chains of our own certificate. */
struct walk {
	const struct credentials *c;
	struct path_of_certs path;
	struct issuers issuers[CHAIN_MAX];
	bool grown[CHAIN_MAX];  /* path.certs[i] had an issuer */
	bool anchor[CHAIN_MAX]; /* it is one */
};

static bool walk_allowed(const struct walk *w, X509 *issuer)
{
	const struct issuers *list = &w->issuers[w->path.len - 1];

	if (w->path.len == CHAIN_MAX)
		return false;
	for (size_t i = 0; i < w->path.len; i++) {
		if (is_same_ca(issuer, w->path.certs[i]))
			return false;
	}
	return list->count == 1 || X509_verify(w->path.certs[w->path.len - 1], X509_get0_pubkey(issuer)) == 1;
}

/* Goes a step up; false when there is no other. */
static bool walk_up(struct walk *w)
{
	struct issuers *list = &w->issuers[w->path.len - 1];

	while (list->next < list->count) {
		bool anchor = list->anchor[list->next];
		X509 *issuer = list->certs[list->next++];
		size_t top = w->path.len;

		if (!walk_allowed(w, issuer))
			continue;
		w->grown[top - 1] = true;
		w->grown[top] = false;
		w->anchor[top] = anchor;
		w->issuers[top] = (struct issuers){ .count = 0 };
		w->path.certs[top] = issuer;
		w->path.len++;
		if (!anchor)
			issuers_of_set(&w->issuers[top], w->c, issuer, NULL, 0);
		return true;
	}
	return false;
}

void chain_own(const struct credentials *c, X509 *leaf, const struct wanted *wanted, struct own_chain *ret)
{
	struct walk w = { .c = c, .path = { .certs = { leaf }, .len = 1 } };

	*ret = (struct own_chain){ .path = w.path, .wanted = path_is_wanted(&w.path, wanted) };
	issuers_of_set(&w.issuers[0], c, leaf, NULL, 0);
	for (unsigned step = 0; w.path.len && step < CHAIN_STEPS_MAX; step++) {
		if (walk_up(&w))
			continue;
		/* As far up as it goes: the first such path, or the first that the peer wants. */
		if (!w.grown[w.path.len - 1] && (ret->path.len == 1 || path_is_wanted(&w.path, wanted))) {
			*ret = (struct own_chain){ .path = w.path, .wanted = path_is_wanted(&w.path, wanted), .anchored = w.anchor[w.path.len - 1] };
			if (ret->wanted)
				break;
		}
		w.path.len--;
	}
	ERR_clear_error();
}
