/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers that a peer wrote, as rows (RFC 7427 3, RFC 4055 3.1, 5; RFC 8420 3). */
#include "schemes_in.h"

#include "reader.h"
#include "registry.h"

#define DER_INTEGER 0x02
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_SEQUENCE 0x30
#define DER_CONTEXT(n) (0xa0 | (n))

/* What is in the next element, which must have the tag; DER's shortest length form only. */
static struct reader der_enter(struct reader *r, uint8_t tag)
{
	uint8_t have = reader_u8(r), len = reader_u8(r);

	if (have == tag && len == 0x81) {
		len = reader_u8(r);
		r->failed |= len < 0x80;
	} else {
		r->failed |= have != tag || len >= 0x80;
	}
	return reader_sub(r, r->failed ? 0 : len);
}

static bool der_is(const struct reader *r, uint8_t tag)
{
	struct reader peek = *r;

	return reader_left(r) > 0 && reader_u8(&peek) == tag;
}

/* The parameters of what takes NULL; RFC 4055 has them left out as well. */
static bool null_or_nothing(struct reader *r)
{
	struct reader null;

	if (reader_left(r) == 0)
		return true;
	null = der_enter(r, DER_NULL);
	return reader_left(&null) == 0 && reader_end(r) == ERR_OK;
}

static bool oid_is(struct span oid, const char *bytes, size_t len)
{
	return span_equal(oid, span_of(bytes, len));
}
#define OID_IS(oid, bytes) oid_is((oid), (bytes), sizeof(bytes) - 1)

/* 0 for a hash that we do not know. */
static unsigned hash_of_oid(struct span oid)
{
	if (OID_IS(oid, "\x60\x86\x48\x01\x65\x03\x04\x02\x01"))
		return HASH_SHA2_256;
	if (OID_IS(oid, "\x60\x86\x48\x01\x65\x03\x04\x02\x02"))
		return HASH_SHA2_384;
	if (OID_IS(oid, "\x60\x86\x48\x01\x65\x03\x04\x02\x03"))
		return HASH_SHA2_512;
	return OID_IS(oid, "\x2b\x0e\x03\x02\x1a") ? HASH_SHA1 : 0;
}

/* AlgorithmIdentifier of a hash inside an explicit tag. */
static unsigned hash_take(struct reader *r)
{
	struct reader seq = der_enter(r, DER_SEQUENCE), oid = der_enter(&seq, DER_OID);
	unsigned hash = hash_of_oid(reader_rest(&oid));

	return null_or_nothing(&seq) && reader_end(r) == ERR_OK ? hash : 0;
}

static bool small_int_is(struct reader *r, unsigned wanted)
{
	struct reader number = der_enter(r, DER_INTEGER);
	uint8_t value = reader_u8(&number);

	return reader_end(&number) == ERR_OK && reader_end(r) == ERR_OK && value == wanted;
}

static unsigned hash_len(unsigned hash)
{
	return hash == HASH_SHA1 ? 20 : hash == HASH_SHA2_256 ? 32 : hash == HASH_SHA2_384 ? 48 : 64;
}

/*
 * RSASSA-PSS-params (RFC 4055 3.1). Every one must be there and fit: what is left out would mean SHA-1, and a mask hash that differs from the
 * hash, or an odd salt, is nothing that an honest peer sends. Gives the hash, or 0.
 */
static unsigned pss_hash(struct reader *r)
{
	struct reader params = der_enter(r, DER_SEQUENCE), in, mgf, oid;
	unsigned hash, mask;

	if (!reader_ok(r) || reader_end(r))
		return 0;
	if (reader_left(&params) == 0)
		return HASH_SHA1; /* RFC7427 A.4.1 */
	in = der_enter(&params, DER_CONTEXT(0));
	hash = hash_take(&in);
	in = der_enter(&params, DER_CONTEXT(1));
	mgf = der_enter(&in, DER_SEQUENCE);
	oid = der_enter(&mgf, DER_OID);
	if (!OID_IS(reader_rest(&oid), "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08") || reader_end(&in))
		return 0;
	mask = hash_take(&mgf);
	in = der_enter(&params, DER_CONTEXT(2));
	if (!hash || mask != hash || !small_int_is(&in, hash_len(hash)))
		return 0;
	if (der_is(&params, DER_CONTEXT(3))) { /* RFC 7427 A.4.3 writes the default out */
		in = der_enter(&params, DER_CONTEXT(3));
		if (!small_int_is(&in, 1))
			return 0;
	}
	return reader_end(&params) == ERR_OK ? hash : 0;
}

/* The row whose identifier it is to the byte. */
static const struct scheme_row *row_exact(struct span der)
{
	for (size_t i = 0; i < schemes_count(); i++) {
		if (der.len && span_equal(scheme_at(i)->algid, der))
			return scheme_at(i);
	}
	return NULL;
}

static const struct scheme_row *row_find(enum key_kind kind, unsigned hash, bool pss)
{
	for (size_t i = 0; i < schemes_count(); i++) {
		const struct scheme_row *row = scheme_at(i);

		if (row->method == AUTH_DIGITAL_SIGNATURE && row->kind == kind && row->hash == hash && row->pss == pss && !row->make)
			return row;
	}
	return NULL;
}

/* Kind, hash and padding that the identifier names; hash 0 when it is malformed or unknown. */
static unsigned algid_read(struct span der, enum key_kind *ret_kind, bool *ret_pss)
{
	static const struct {
		const char *oid;
		uint8_t len, kind, hash;
	} oids[] = {
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", 9, KEY_RSA, HASH_SHA1 },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", 9, KEY_RSA, HASH_SHA2_256 },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", 9, KEY_RSA, HASH_SHA2_384 },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", 9, KEY_RSA, HASH_SHA2_512 },
		{ "\x2a\x86\x48\xce\x3d\x04\x01", 7, KEY_ECDSA, HASH_SHA1 },
		{ "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8, KEY_ECDSA, HASH_SHA2_256 },
		{ "\x2a\x86\x48\xce\x3d\x04\x03\x03", 8, KEY_ECDSA, HASH_SHA2_384 },
		{ "\x2a\x86\x48\xce\x3d\x04\x03\x04", 8, KEY_ECDSA, HASH_SHA2_512 },
		{ "\x2b\x65\x70", 3, KEY_ED25519, HASH_IDENTITY },
		{ "\x2b\x65\x71", 3, KEY_ED448, HASH_IDENTITY },
	};
	struct reader r = reader_of(der), seq = der_enter(&r, DER_SEQUENCE), in = der_enter(&seq, DER_OID);
	struct span oid = reader_rest(&in);

	if (reader_end(&r) || !reader_ok(&seq))
		return 0;
	if (OID_IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")) {
		*ret_kind = KEY_RSA;
		*ret_pss = true;
		return pss_hash(&seq);
	}
	for (size_t i = 0; i < ARRAY_LEN(oids); i++) {
		if (!oid_is(oid, oids[i].oid, oids[i].len))
			continue;
		*ret_kind = oids[i].kind;
		*ret_pss = false;
		if (oids[i].kind == KEY_RSA ? null_or_nothing(&seq) : reader_end(&seq) == ERR_OK)
			return oids[i].hash;
		break;
	}
	return 0;
}

enum verify_fault scheme_read(uint8_t method, struct span auth, const struct scheme_row **ret, struct span *ret_signature)
{
	struct reader r = reader_of(auth);
	const struct scheme_row *row = NULL;
	enum key_kind kind = KEY_RSA;
	struct span der;
	bool pss = false;
	unsigned hash;

	if (method == AUTH_DIGITAL_SIGNATURE) { /* RFC7427 3 */
		der = reader_take(&r, reader_u8(&r));
		if (!reader_ok(&r))
			return VERIFY_SCHEME;
		row = row_exact(der);
		hash = row ? row->hash : algid_read(der, &kind, &pss);
		if (hash == HASH_SHA1)
			return VERIFY_WEAK_HASH; /* RFC8247 3.2 */
		if (!row)
			row = row_find(kind, hash, pss);
	}
	for (size_t i = 0; method != AUTH_DIGITAL_SIGNATURE && !row && i < schemes_count(); i++) {
		if (scheme_at(i)->method == method)
			row = scheme_at(i);
	}
	if (!row)
		return VERIFY_SCHEME;
	*ret = row;
	*ret_signature = reader_rest(&r);
	return VERIFY_NONE;
}
