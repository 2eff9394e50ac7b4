/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_in.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "dn.h"
#include "map.h"
#include "names.h"
#include "require.h"

struct credentials *credentials_new(void)
{
	return calloc(1, sizeof(struct credentials));
}

void credentials_free(struct credentials *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->certs_count; i++) {
		X509_free(c->certs[i].x);
		free(c->certs[i].name);
	}
	for (size_t i = 0; i < c->keys_count; i++)
		EVP_PKEY_free(c->keys[i].key); /* the library wipes it */
	for (size_t i = 0; i < c->crls_count; i++)
		X509_CRL_free(c->crls[i].crl);
	free(c->certs);
	free(c->keys);
	free(c->crls);
	free(c->links);
	free(c);
}

/* ---- index ---- */

uint64_t index_hash(enum index_kind kind, struct span bytes)
{
	const uint64_t salt[2] = { kind, 0 }; /* what is hashed comes from our own files: nobody to hide a salt from */

	return hash_bytes(salt, bytes);
}

uint64_t index_hash_name(enum index_kind kind, const X509_NAME *name)
{
	unsigned long hash = X509_NAME_hash_ex(name, NULL, NULL, NULL); /* of the canonical form, RFC5280 7.1 */

	return index_hash(kind, span_of(&hash, sizeof(hash)));
}

/* Room for one more element of size bytes. */
static bool grow(void *array, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *grown, *old;

	if (count < *cap)
		return true;
	memcpy(&old, array, sizeof(old));
	grown = reallocarray(old, more, size);
	if (!grown)
		return false;
	memcpy(array, &grown, sizeof(grown));
	*cap = more;
	return true;
}

static enum err index_add(struct credentials *c, uint64_t hash, uint32_t what)
{
	size_t head = hash % INDEX_HEADS;
	uint32_t place;

	if (!grow(&c->links, c->links_count, &c->links_cap, sizeof(*c->links)))
		return ERR_MEMORY;
	c->links[c->links_count] = (struct index_link){ .hash = hash, .what = what };
	place = (uint32_t)++c->links_count;
	if (c->tails[head])
		c->links[c->tails[head] - 1].next = place;
	else
		c->heads[head] = place;
	c->tails[head] = place;
	return ERR_OK;
}

uint32_t credentials_walk(const struct credentials *c, uint64_t hash, uint32_t *place)
{
	uint32_t at = *place ? c->links[*place - 1].next : c->heads[hash % INDEX_HEADS];

	while (at && c->links[at - 1].hash != hash)
		at = c->links[at - 1].next;
	*place = at;
	return at ? c->links[at - 1].what : 0;
}

/* ---- queries ---- */

const struct cert_entry *credentials_entry(const struct credentials *c, uint32_t cert)
{
	return cert > 0 && cert <= c->certs_count ? &c->certs[cert - 1] : NULL;
}

EVP_PKEY *credentials_key(const struct credentials *c, uint32_t cert)
{
	const struct cert_entry *entry = credentials_entry(c, cert);

	return entry && entry->key ? c->keys[entry->key - 1].key : NULL;
}

bool credentials_has_key(const struct credentials *c, uint32_t cert)
{
	return credentials_key(c, cert) != NULL;
}

static uint32_t find_named(const struct credentials *c, const char *name, enum cert_role role)
{
	uint64_t hash = index_hash(INDEX_NAME, span_text(name));
	uint32_t place = 0, cert;

	while ((cert = credentials_walk(c, hash, &place))) {
		const struct cert_entry *entry = credentials_entry(c, cert);

		if (entry->role == role && entry->name && strcmp(entry->name, name) == 0)
			return cert;
	}
	return 0;
}

uint32_t credentials_cert(const struct credentials *c, const char *name)
{
	return find_named(c, name, CERT_ENTITY);
}

uint32_t credentials_ca(const struct credentials *c, const char *name)
{
	return find_named(c, name, CERT_ANCHOR);
}

bool credentials_is_anchor(const struct credentials *c, const struct cert_entry *entry, const uint32_t *anchors, size_t count)
{
	if (entry->role != CERT_ANCHOR || count == 0)
		return entry->role == CERT_ANCHOR && entry->root;
	for (size_t i = 0; i < count; i++) {
		const struct cert_entry *anchor = credentials_entry(c, anchors[i]);

		if (anchor && anchor->role == CERT_ANCHOR && anchor->first == entry->first)
			return true;
	}
	return false;
}

size_t credentials_certreq(const struct credentials *c, const uint32_t *anchors, size_t count, uint8_t *ret, size_t max)
{
	size_t len = 0;

	for (size_t i = 0; i < c->certs_count && max - len >= CA_HASH_LEN; i++) {
		bool told = false;

		/* Intermediates too: who has a certificate of one finds it by that. */
		if (c->certs[i].role != CERT_ANCHOR || (count && !credentials_is_anchor(c, &c->certs[i], anchors, count)))
			continue;
		for (size_t at = 0; at < len && !told; at += CA_HASH_LEN)
			told = memcmp(&ret[at], c->certs[i].spki, CA_HASH_LEN) == 0;
		if (told)
			continue;
		memcpy(&ret[len], c->certs[i].spki, CA_HASH_LEN);
		len += CA_HASH_LEN;
	}
	return len;
}

bool credentials_has_root(const struct credentials *c)
{
	for (size_t i = 0; i < c->certs_count; i++) {
		if (c->certs[i].role == CERT_ANCHOR && c->certs[i].root)
			return true;
	}
	return false;
}

bool credentials_is_ca(const struct credentials *c, uint32_t cert)
{
	const struct cert_entry *entry = credentials_entry(c, cert);

	return entry && X509_check_ca(entry->x) > 0;
}

bool credentials_brings_ca(const struct credentials *c, uint32_t cert)
{
	const struct cert_entry *entry = credentials_entry(c, cert);

	for (size_t i = cert; entry && i < c->certs_count && c->certs[i].first == entry->first; i++) {
		if (X509_check_ca(c->certs[i].x) > 0)
			return true;
	}
	return false;
}

bool credentials_has_crl(const struct credentials *c)
{
	return c->crls_count > 0;
}

bool credentials_fits(enum credential_kind kind, struct span bytes)
{
	struct credential_file file = { 0 };
	char words[1];
	struct text ignored = TEXT_ARRAY(words);
	enum err err = credential_file_read(&file, kind, bytes, SPAN_EMPTY, &ignored);

	credential_file_clear(&file);
	ERR_clear_error();
	return err == ERR_OK || err == ERR_AUTH;
}

size_t credentials_identities(const struct credentials *c, uint32_t cert, struct identity *ret, size_t max)
{
	const struct cert_entry *entry = credentials_entry(c, cert);

	return entry ? names_list(entry->x, ret, max) : 0;
}

bool cert_spki_hash(const X509 *x, uint8_t ret[CA_HASH_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool done = len > 0 && EVP_Digest(der, (size_t)len, ret, NULL, EVP_sha1(), NULL) == 1;

	OPENSSL_free(der);
	return done;
}

void text_cert_name(struct text *t, const X509_NAME *name)
{
	const unsigned char *der = NULL;
	size_t len = 0;

	text_char(t, '"');
	if (X509_NAME_get0_der(name, &der, &len))
		(void)text_dn(t, span_of(der, len));
	text_char(t, '"');
}

void text_cert(struct text *t, const X509 *x)
{
	text_cert_name(t, X509_get_subject_name(x));
}

/* ---- adding ---- */

static uint32_t key_find(const struct credentials *c, const uint8_t spki[CA_HASH_LEN])
{
	uint32_t place = 0, key;

	while ((key = credentials_walk(c, index_hash(INDEX_KEY, span_of(spki, CA_HASH_LEN)), &place))) {
		if (memcmp(c->keys[key - 1].spki, spki, CA_HASH_LEN) == 0)
			return key;
	}
	return 0;
}

static enum err key_add(struct credentials *c, EVP_PKEY *key)
{
	uint8_t spki[CA_HASH_LEN];
	unsigned char *der = NULL;
	enum err err = ERR_OK;
	uint32_t place = 0, cert;
	int len = i2d_PUBKEY(key, &der);

	TRY_THAT(len > 0 && EVP_Digest(der, (size_t)len, spki, NULL, EVP_sha1(), NULL) == 1, ERR_CRYPTO);
	if (key_find(c, spki))
		goto out;
	TRY_THAT(c->keys_count < CREDENTIALS_MAX, ERR_LIMIT);
	TRY_THAT(grow(&c->keys, c->keys_count, &c->keys_cap, sizeof(*c->keys)), ERR_MEMORY);
	TRY_THAT(EVP_PKEY_up_ref(key) == 1, ERR_CRYPTO);
	c->keys[c->keys_count].key = key;
	memcpy(c->keys[c->keys_count++].spki, spki, CA_HASH_LEN);
	TRY(index_add(c, index_hash(INDEX_KEY, SPAN_ARRAY(spki)), (uint32_t)c->keys_count));
	while ((cert = credentials_walk(c, index_hash(INDEX_SPKI, SPAN_ARRAY(spki)), &place)))
		c->certs[cert - 1].key = (uint32_t)c->keys_count;
out:
	OPENSSL_free(der);
	return err;
}

/* Everything that the certificate is found by. */
static enum err cert_index(struct credentials *c, uint32_t cert)
{
	const struct cert_entry *entry = credentials_entry(c, cert);
	uint64_t hashes[NAMES_MAX];
	enum err err = ERR_OK;
	size_t count = entry->role == CERT_ENTITY ? names_hashes(entry->x, hashes, ARRAY_LEN(hashes)) : 0;

	TRY(index_add(c, index_hash_name(INDEX_SUBJECT, X509_get_subject_name(entry->x)), cert));
	TRY(index_add(c, index_hash(INDEX_SPKI, SPAN_ARRAY(entry->spki)), cert));
	if (entry->name)
		TRY(index_add(c, index_hash(INDEX_NAME, span_text(entry->name)), cert));
	for (size_t i = 0; i < count; i++)
		TRY(index_add(c, hashes[i], cert));
out:
	return err;
}

static enum err cert_add(struct credentials *c, X509 *x, enum cert_role role, uint32_t first, const char *name)
{
	struct cert_entry entry = { .x = x, .role = role, .first = first };
	enum err err = ERR_OK;

	TRY_THAT(c->certs_count < CREDENTIALS_MAX, ERR_LIMIT);
	TRY_THAT(grow(&c->certs, c->certs_count, &c->certs_cap, sizeof(*c->certs)), ERR_MEMORY);
	TRY_THAT(cert_spki_hash(x, entry.spki), ERR_CRYPTO);
	entry.key = key_find(c, entry.spki);
	entry.root = role == CERT_ANCHOR && X509_self_signed(x, 1) == 1;
	entry.name = name ? strdup(name) : NULL;
	TRY_THAT(!name || entry.name, ERR_MEMORY);
	TRY_THAT(X509_up_ref(x) == 1, ERR_CRYPTO);
	(void)X509_get_extension_flags(x); /* parsed now, not in the first handshake */
	c->certs[c->certs_count++] = entry;
	entry.name = NULL;
	TRY(cert_index(c, (uint32_t)c->certs_count));
out:
	free(entry.name);
	return err;
}

static bool crl_is_plain(const X509_CRL *crl)
{
	return X509_CRL_get_ext_by_critical(crl, 1, -1) < 0;
}

static enum err crl_add(struct credentials *c, X509_CRL *crl)
{
	enum err err = ERR_OK;

	TRY_THAT(c->crls_count < CREDENTIALS_MAX, ERR_LIMIT);
	TRY_THAT(grow(&c->crls, c->crls_count, &c->crls_cap, sizeof(*c->crls)), ERR_MEMORY);
	TRY_THAT(X509_CRL_up_ref(crl) == 1, ERR_CRYPTO);
	c->crls[c->crls_count++] = (struct crl_entry){ .crl = crl, .plain = crl_is_plain(crl) };
	TRY(index_add(c, index_hash_name(INDEX_CRL, X509_CRL_get_issuer(crl)), (uint32_t)c->crls_count));
out:
	return err;
}

enum err credentials_add(struct credentials *c, enum credential_kind kind, const char *name, struct span bytes,
			 struct span passphrase, struct text *ret_why)
{
	uint32_t first = (uint32_t)c->certs_count + 1;
	struct credential_file file = { 0 };
	enum err err = ERR_OK;

	TRY(credential_file_read(&file, kind, bytes, passphrase, ret_why));
	for (size_t i = 0; i < file.certs_count && !err; i++) {
		enum cert_role role = kind == CREDENTIAL_CA ? CERT_ANCHOR : i == 0 ? CERT_ENTITY : CERT_EXTRA;

		err = cert_add(c, file.certs[i], role, first, role == CERT_EXTRA ? NULL : name);
	}
	for (size_t i = 0; i < file.crls_count && !err; i++)
		err = crl_add(c, file.crls[i]);
	if (file.key && !err)
		err = key_add(c, file.key);
	if (err == ERR_LIMIT)
		text_put(ret_why, "there are more credentials than fit");
	else if (err)
		text_put(ret_why, err_words(err));
out:
	credential_file_clear(&file);
	ERR_clear_error();
	return err;
}
