/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes_in.h"

#include "registry.h"

#define ALGID(bytes) { (const uint8_t *)(bytes), sizeof(bytes) - 1 }

#define PKCS1(last) ALGID("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" last "\x05\x00")
#define SHA2_OID(last) "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last "\x05\x00"
/* Hash, MGF1 with the same hash, salt as long as the hash; the trailer field is the default and DER leaves it out (X.690 11.5). */
#define PSS(hash, salt)                                                                                     \
	ALGID("\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f" SHA2_OID(hash)         \
	      "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08" SHA2_OID(hash) "\xa2\x03\x02\x01" salt)
#define ECDSA(last) ALGID("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" last)

/* Better ones first within a kind of key: RFC 8247 3.2 wants PSS before PKCS#1 v1.5. */
static const struct scheme_row rows[] = {
	{ "rsa/pss-sha256", AUTH_DIGITAL_SIGNATURE, KEY_RSA, HASH_SHA2_256, true, 0, PSS("\x01", "\x20") },
	{ "rsa/pss-sha384", AUTH_DIGITAL_SIGNATURE, KEY_RSA, HASH_SHA2_384, true, 0, PSS("\x02", "\x30") },
	{ "rsa/pss-sha512", AUTH_DIGITAL_SIGNATURE, KEY_RSA, HASH_SHA2_512, true, 0, PSS("\x03", "\x40") },
	{ "rsa-sha256", AUTH_DIGITAL_SIGNATURE, KEY_RSA, HASH_SHA2_256, false, 0, PKCS1("\x0b") },
	{ "rsa-sha384", AUTH_DIGITAL_SIGNATURE, KEY_RSA, HASH_SHA2_384, false, 0, PKCS1("\x0c") },
	{ "rsa-sha512", AUTH_DIGITAL_SIGNATURE, KEY_RSA, HASH_SHA2_512, false, 0, PKCS1("\x0d") },
	{ "ecdsa-sha256", AUTH_DIGITAL_SIGNATURE, KEY_ECDSA, HASH_SHA2_256, false, 0, ECDSA("\x02") },
	{ "ecdsa-sha384", AUTH_DIGITAL_SIGNATURE, KEY_ECDSA, HASH_SHA2_384, false, 0, ECDSA("\x03") },
	{ "ecdsa-sha512", AUTH_DIGITAL_SIGNATURE, KEY_ECDSA, HASH_SHA2_512, false, 0, ECDSA("\x04") },
	{ "ed25519-identity", AUTH_DIGITAL_SIGNATURE, KEY_ED25519, HASH_IDENTITY, false, 0,
	  ALGID("\x30\x05\x06\x03\x2b\x65\x70") }, /* RFC8420 3 */
	{ "ed448-identity", AUTH_DIGITAL_SIGNATURE, KEY_ED448, HASH_IDENTITY, false, 0, ALGID("\x30\x05\x06\x03\x2b\x65\x71") },
	{ "ecdsa-sha256", AUTH_ECDSA_256, KEY_ECDSA, HASH_SHA2_256, false, 256, { 0 } }, /* RFC4754 2 */
	{ "ecdsa-sha384", AUTH_ECDSA_384, KEY_ECDSA, HASH_SHA2_384, false, 384, { 0 } },
	{ "ecdsa-sha512", AUTH_ECDSA_521, KEY_ECDSA, HASH_SHA2_512, false, 521, { 0 } },
	{ "rsa-sha1", AUTH_RSA_SIGNATURE, KEY_RSA, HASH_SHA1, false, 0, { 0 } }, /* RFC7296 3.8 */
};
_Static_assert(ARRAY_LEN(rows) <= SCHEMES_MAX, "a constraint may list every row");

size_t schemes_count(void)
{
	return ARRAY_LEN(rows);
}

const struct scheme_row *scheme_at(size_t index)
{
	return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

const char *scheme_name(size_t index)
{
	return index < ARRAY_LEN(rows) ? rows[index].name : NULL;
}

const char *scheme_digest(const struct scheme_row *row)
{
	static const char *const names[] = {
		[HASH_SHA1] = "SHA1",          [HASH_SHA2_256] = "SHA256", [HASH_SHA2_384] = "SHA384",
		[HASH_SHA2_512] = "SHA512",    [HASH_IDENTITY] = NULL,
	};

	return names[row->hash];
}

bool scheme_allowed(const struct scheme_constraints *constraints, const struct scheme_row *row)
{
	if (!constraints || !constraints->count)
		return true;
	for (size_t i = 0; i < constraints->count; i++) {
		if (scheme_at(constraints->schemes[i]) == row)
			return true;
	}
	return false;
}

bool scheme_chain_allowed(const struct scheme_constraints *constraints, enum key_kind kind, enum signature_hash hash, bool pss)
{
	for (size_t i = 0; constraints && i < constraints->chain_count; i++) {
		const struct scheme_row *row = scheme_at(constraints->chain[i]);

		if (row && row->kind == kind && row->hash == hash && row->pss == pss)
			return true;
	}
	return !constraints || !constraints->chain_count;
}

/* ---- constraints ---- */

/* What the parts of a word said so far. */
struct word {
	unsigned kinds; /* bit each; all at first */
	bool named;     /* a kind of key was named */
	bool pss, pkcs1; /* RSA paddings meant */
	bool hashed;    /* a hash followed it */
	bool ike;
};

#define KIND_BIT(kind) (1u << (kind))
#define KINDS_ALL (KIND_BIT(KEY_RSA) | KIND_BIT(KEY_ECDSA) | KIND_BIT(KEY_ED25519) | KIND_BIT(KEY_ED448))

static void list_add(uint8_t *list, uint8_t *count, size_t index)
{
	for (size_t i = 0; i < *count; i++) {
		if (list[i] == index)
			return;
	}
	list[(*count)++] = (uint8_t)index; /* every row once, and SCHEMES_MAX holds them all */
}

/* Adds the rows of the word's keys; hash 0: all of them. */
static bool rows_add(struct scheme_constraints *c, const struct word *w, unsigned hash, bool chain)
{
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scheme_row *row = &rows[i];

		if (!(w->kinds & KIND_BIT(row->kind)) || (hash && row->hash != hash))
			continue;
		if (row->kind == KEY_RSA && !(row->pss ? w->pss : w->pkcs1))
			continue;
		found = true;
		if (w->ike || !c->ike) {
			list_add(c->schemes, &c->count, i);
			c->sha1 |= hash == HASH_SHA1;
		}
		if (chain && !w->ike)
			list_add(c->chain, &c->chain_count, i);
	}
	return found;
}

/* A kind of key without a hash narrows AUTH, and says nothing of the chain. */
static void kind_close(struct scheme_constraints *c, struct word *w)
{
	if (!w->named || w->hashed)
		return;
	w->pss = w->pss || w->pkcs1; /* plain "rsa" is any RSA signature; "rsa-sha256" is PKCS#1 v1.5, as swanctl has it */
	(void)rows_add(c, w, 0, false);
}

static bool kind_open(struct scheme_constraints *c, struct word *w, struct span part)
{
	static const struct {
		const char *word;
		unsigned kinds;
		bool pss, pkcs1;
	} kinds[] = {
		{ "rsa", KIND_BIT(KEY_RSA), false, true },  { "rsa/pss", KIND_BIT(KEY_RSA), true, false },
		{ "ecdsa", KIND_BIT(KEY_ECDSA), true, true }, { "ed25519", KIND_BIT(KEY_ED25519), true, true },
		{ "ed448", KIND_BIT(KEY_ED448), true, true }, { "pubkey", KINDS_ALL, true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!span_equal(part, span_text(kinds[i].word)))
			continue;
		kind_close(c, w);
		*w = (struct word){ .kinds = kinds[i].kinds, .named = kinds[i].kinds != KINDS_ALL, .pss = kinds[i].pss,
				    .pkcs1 = kinds[i].pkcs1, .ike = w->ike };
		return true;
	}
	return false;
}

static unsigned hash_find(struct span part)
{
	static const struct {
		const char *word;
		unsigned hash;
	} hashes[] = {
		{ "sha1", HASH_SHA1 },       { "sha256", HASH_SHA2_256 },     { "sha384", HASH_SHA2_384 },
		{ "sha512", HASH_SHA2_512 }, { "identity", HASH_IDENTITY },
	};

	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		if (span_equal(part, span_text(hashes[i].word)))
			return hashes[i].hash;
	}
	return 0;
}

/* A number after "rsa" or "ecdsa": the least size. */
static bool size_take(struct scheme_constraints *c, struct word *w, struct span part)
{
	unsigned bits = 0;

	if (!part.len || part.len > 5 || !w->named)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		if (part.data[i] < '0' || part.data[i] > '9')
			return false;
		bits = bits * 10 + (unsigned)(part.data[i] - '0');
	}
	if (w->kinds == KIND_BIT(KEY_RSA) && bits >= RSA_BITS_FLOOR && bits <= RSA_BITS_MOST)
		c->rsa_bits = (uint16_t)bits;
	else if (w->kinds == KIND_BIT(KEY_ECDSA) && bits >= ECDSA_BITS_FLOOR && bits <= 521)
		c->ecdsa_bits = (uint16_t)bits;
	else
		return false;
	return true;
}

/* The part up to the next '-', taken from rest. */
static struct span part_take(struct span *rest)
{
	size_t len = 0;
	struct span part;

	while (len < rest->len && rest->data[len] != '-')
		len++;
	part = span_head(*rest, len);
	*rest = span_tail(*rest, len + 1);
	return part;
}

enum err scheme_constraint_parse(struct scheme_constraints *ret, struct span word, struct text *ret_why)
{
	struct scheme_constraints c = *ret;
	struct word w = { .kinds = KINDS_ALL, .pss = true, .pkcs1 = true };
	struct span rest = word, part = SPAN_EMPTY;
	enum err err = ERR_OK;
	unsigned hash;

	if (word.len > 4 && memcmp(word.data, "ike:", 4) == 0) {
		rest = span_tail(word, 4);
		w.ike = true;
		if (!c.ike) {
			c.count = 0;
			c.sha1 = false;
		}
		c.ike = true;
	}
	TRY_THAT(rest.len > 0 && rest.data[rest.len - 1] != '-', ERR_SYNTAX);
	while (rest.len) {
		part = part_take(&rest);
		hash = hash_find(part);
		if (hash) {
			TRY_THAT(rows_add(&c, &w, hash, true), ERR_SYNTAX);
			w.hashed = true;
		} else {
			TRY_THAT(kind_open(&c, &w, part) || size_take(&c, &w, part), ERR_SYNTAX);
		}
	}
	kind_close(&c, &w);
	*ret = c;
out:
	if (err) {
		text_put(ret_why, "\"");
		text_peer(ret_why, part.len ? part : word);
		text_put(ret_why, "\" is no key type, hash or size that a signature can have here");
	}
	return err;
}
