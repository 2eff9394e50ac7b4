/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <openssl/x509v3.h>

#include "credentials_in.h"
#include "registry.h"

/* Something that a certificate carries; type is enum id_type. */
struct carried {
	uint8_t type;
	struct span data;
};

static bool name_read(struct carried *ret, const GENERAL_NAME *name)
{
	const ASN1_STRING *value;

	switch (name->type) {
	case GEN_DNS:
		ret->type = ID_FQDN;
		value = name->d.dNSName;
		break;
	case GEN_EMAIL:
		ret->type = ID_RFC822_ADDR;
		value = name->d.rfc822Name;
		break;
	case GEN_IPADD:
		value = name->d.iPAddress;
		ret->type = ASN1_STRING_length(value) == 4 ? ID_IPV4_ADDR : ID_IPV6_ADDR;
		if (ASN1_STRING_length(value) != 4 && ASN1_STRING_length(value) != 16)
			return false;
		break;
	default:
		return false;
	}
	ret->data = span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	return ret->data.len > 0;
}

static struct span key_id(const X509 *x)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id((X509 *)x); /* fills a cache, under a lock */

	return ski ? span_of(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)) : SPAN_EMPTY;
}

/* Every identity in turn: visit() gives true to stop. */
static bool names_visit(const X509 *x, bool (*visit)(void *ctx, const struct identity *id), void *ctx)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0;
	struct identity id;
	bool done = false;

	for (int i = 0; i < count && i < NAMES_MAX && !done; i++) {
		struct carried name;

		if (!name_read(&name, sk_GENERAL_NAME_value(names, i)))
			continue;
		if (identity_from_wire(&id, name.type, name.data) == ERR_OK)
			done = visit(ctx, &id);
	}
	GENERAL_NAMES_free(names);
	return done;
}

static struct span subject_der(const X509 *x)
{
	const unsigned char *der = NULL;
	size_t len = 0;

	if (!X509_NAME_get0_der(X509_get_subject_name(x), &der, &len))
		return SPAN_EMPTY;
	return span_of(der, len);
}

static bool subject_is_empty(const X509 *x)
{
	return X509_NAME_entry_count(X509_get_subject_name(x)) == 0;
}

struct list {
	struct identity *ids;
	size_t count, max;
};

static bool list_visit(void *ctx, const struct identity *id)
{
	struct list *list = ctx;

	if (list->count < list->max)
		list->ids[list->count++] = *id;
	return list->count == list->max;
}

size_t names_list(const X509 *x, struct identity *ret, size_t max)
{
	struct list list = { .ids = ret, .max = max };
	struct identity id;

	if (max == 0)
		return 0;
	if (!subject_is_empty(x) && identity_from_wire(&id, ID_DER_ASN1_DN, subject_der(x)) == ERR_OK)
		(void)list_visit(&list, &id);
	if (list.count < max)
		(void)names_visit(x, list_visit, &list);
	return list.count;
}

static bool equal_visit(void *ctx, const struct identity *id)
{
	/* An address in a dNSName is no iPAddress: name constraints on addresses do not see it. RFC5280 4.2.1.10 */
	return identity_equal(ctx, id);
}

/* NULL when the bytes are not one DN, or one without names. */
static X509_NAME *dn_read(const struct identity *id)
{
	const unsigned char *at = id->data;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, id->len);

	if (name && (at != id->data + id->len || X509_NAME_entry_count(name) == 0)) {
		X509_NAME_free(name);
		name = NULL;
	}
	return name;
}

bool names_carry(const X509 *x, const struct identity *id)
{
	struct identity wanted = *id;
	X509_NAME *name;
	bool fits;

	switch (id->type) {
	case ID_DER_ASN1_DN: /* RFC5280 7.1 */
		name = dn_read(id);
		fits = name && X509_NAME_cmp(name, X509_get_subject_name(x)) == 0;
		X509_NAME_free(name);
		return fits;
	case ID_KEY_ID:
		return id->len > 0 && span_equal(key_id(x), span_of(id->data, id->len));
	case ID_FQDN:
	case ID_RFC822_ADDR:
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		return names_visit(x, equal_visit, &wanted);
	default:
		return false;
	}
}

uint64_t names_hash(const struct identity *id)
{
	uint8_t bytes[ID_MAX + 1];
	X509_NAME *name;
	uint64_t hash;

	if (id->type == ID_DER_ASN1_DN) {
		name = dn_read(id);
		hash = name ? index_hash_name(INDEX_IDENTITY, name) : 0;
		X509_NAME_free(name);
		return hash;
	}
	bytes[0] = id->type;
	memcpy(&bytes[1], id->data, id->len);
	for (size_t i = 1; i <= id->len; i++) {
		if ((id->type == ID_FQDN || id->type == ID_RFC822_ADDR) && bytes[i] >= 'A' && bytes[i] <= 'Z')
			bytes[i] = (uint8_t)(bytes[i] + 32);
	}
	return index_hash(INDEX_IDENTITY, span_of(bytes, (size_t)id->len + 1));
}

struct hashes {
	uint64_t *hashes;
	size_t count, max;
};

static bool hash_visit(void *ctx, const struct identity *id)
{
	struct hashes *h = ctx;

	if (h->count < h->max)
		h->hashes[h->count++] = names_hash(id);
	return h->count == h->max;
}

size_t names_hashes(const X509 *x, uint64_t *ret, size_t max)
{
	struct hashes h = { .hashes = ret, .max = max };
	struct identity id;

	if (max == 0)
		return 0;
	if (!subject_is_empty(x))
		h.hashes[h.count++] = index_hash_name(INDEX_IDENTITY, X509_get_subject_name(x));
	if (h.count < max && key_id(x).len && identity_from_wire(&id, ID_KEY_ID, key_id(x)) == ERR_OK)
		h.hashes[h.count++] = names_hash(&id);
	if (h.count < max)
		(void)names_visit(x, hash_visit, &h);
	return h.count;
}
