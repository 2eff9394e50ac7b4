/* SPDX-License-Identifier: Apache-2.0 */
/* The sections local and remote: who authenticates how, with which certificates, and whom it trusts (RFC 7296 2.15, 3.7). */
#include "build.h"
#include "values.h"

#define CERTREQ_LEN_MAX (100 * CA_HASH_LEN) /* it goes into IKE_SA_INIT, which cannot be fragmented; of more CAs the peer is not asked for */
#define OWNS_TRIED_MAX 64                   /* own certificates up to which each local.id is looked for in all of them */
#define PATHS_SHOWN_MAX 4                   /* files that a complaint names */
#define IDENTITIES_MAX 64                   /* of one certificate that are compared */

/* ---- auth ---- */

/* A part of an `auth` value that names a kind of key: constraints that follow belong to it. */
static bool is_key_kind(struct span part)
{
	static const char *const kinds[] = { "pubkey", "rsa", "rsa/pss", "ecdsa", "ed25519", "ed448" };

	if (span_equal(span_head(part, 4), span_text("ike:")))
		part = span_tail(part, 4);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (span_equal(part, span_text(kinds[i])))
			return true;
	}
	return false;
}

/* The length of what is before the next dash, or the end. */
static size_t part_len(struct span text)
{
	const uint8_t *dash = text.len ? memchr(text.data, '-', text.len) : NULL;

	return dash ? (size_t)(dash - text.data) : text.len;
}

/* A kind of key and what narrows it, taken off the rest: "rsa-3072-sha256" of "rsa-3072-sha256-ecdsa". */
static struct span word_take(struct span *rest)
{
	size_t len = part_len(*rest);
	struct span word;

	while (len < rest->len) {
		struct span next = span_tail(*rest, len + 1);

		if (is_key_kind(span_head(next, part_len(next))))
			break;
		len += 1 + part_len(next);
	}
	word = span_head(*rest, len);
	*rest = span_tail(*rest, len + 1);
	return word;
}

static void wrong_auth(struct build *b, const struct setting *section, enum key key, struct span text)
{
	static const char *const known[] = { "eap", "xauth", "bliss", "any" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (span_equal(span_head(text, strlen(known[i])), span_text(known[i]))) {
			build_wrong_value(b, section, key, text, " is not supported yet; write pubkey or psk");
			return;
		}
	}
	build_wrong_value(b, section, key, text, " is no way to authenticate; write pubkey, rsa, ecdsa, ed25519, ed448 or psk");
}

/* The kinds that are one word, without constraints. */
static const struct {
	const char *word;
	enum auth_kind kind;
} plain_kinds[] = {
	{ "psk", AUTH_KIND_PSK },
};

static void build_auth(struct build *b, const struct setting *section, enum key key, struct auth_config *ret)
{
	const struct setting *at;
	struct span text = build_text(section, key, &at), rest = text;
	struct scheme_constraints constraints = { 0 };
	char words[256];
	struct text why = TEXT_ARRAY(words), *t;

	for (size_t i = 0; i < ARRAY_LEN(plain_kinds); i++) {
		if (key_value_in(plain_kinds[i].word, text)) {
			ret->kind = plain_kinds[i].kind;
			return;
		}
	}
	if (!is_key_kind(span_head(text, part_len(text)))) {
		wrong_auth(b, section, key, text);
		return;
	}
	ret->kind = AUTH_KIND_PUBKEY;
	if (key_value_in("pubkey", text))
		return;
	while (rest.len) {
		if (scheme_constraint_parse(&constraints, word_take(&rest), &why) == ERR_OK)
			continue;
		t = build_wrong_begin(b, section, key);
		text_quoted(t, text);
		text_put(t, ": ");
		text_put(t, words);
		text_put(t, "; write it like pubkey-sha256, rsa-3072-sha384 or ike:rsa/pss-sha384");
		report_end(b->report);
		return;
	}
	ret->constraints = constraints;
}

/* ---- certificates ---- */

/* The keys that name certificates: a list, and sections with a file each. */
struct cert_keys {
	enum key list, file;
	enum file_kind kind;
};

static enum err cert_add(struct build *b, const struct cert_keys *keys, const struct setting *at, struct span name, bool own,
			 uint32_t *certs, size_t *count)
{
	enum err err = ERR_OK;
	struct text *t;
	uint32_t cert;

	TRY(build_cert(b, keys->kind, at, name, &cert));
	if (!cert)
		goto out;
	certs[(*count)++] = cert;
	if (!own || credentials_has_key(b->config->credentials, cert))
		goto out;
	t = report_begin(b->report, REPORT_ERROR, at, NULL);
	text_quoted(t, name);
	text_put(t, " has no private key here; put its key into the folder private, or name its file in secrets");
	report_end(b->report);
out:
	return err;
}

/* The next setting of a file below sections of a section: at is the last one, NULL at first. */
static const struct setting *file_next(const struct setting *section, enum key file, const struct setting *at)
{
	const struct setting *in = at ? at->parent->next : section->first;

	for (; in; in = in->next) {
		const struct setting *found;

		if (!setting_is_section(in))
			continue;
		build_text(in, file, &found);
		if (found)
			return found;
	}
	return NULL;
}

static enum err build_certs(struct build *b, const struct setting *section, const struct cert_keys *keys, bool own,
			    const uint32_t **ret, size_t *ret_count)
{
	const struct setting *at, *file = NULL;
	struct span rest = build_text(section, keys->list, &at), item;
	size_t wanted = list_count(rest), count = 0;
	enum err err = ERR_OK;
	uint32_t *certs;

	if (at && !rest.len)
		build_wrong(b, section, keys->list, "is empty; name files, or remove it");
	while ((file = file_next(section, keys->file, file)))
		wanted++;
	if (!wanted)
		return ERR_OK;
	certs = store_alloc(b->store, wanted, sizeof(*certs));
	TRY_THAT(certs, ERR_MEMORY);
	while (list_next(&rest, &item))
		TRY(cert_add(b, keys, at, item, own, certs, &count));
	while ((file = file_next(section, keys->file, file)))
		TRY(cert_add(b, keys, file, span_trim(span_text(file->value)), own, certs, &count));
	*ret = certs;
	*ret_count = count;
out:
	return err;
}

/* ---- identities ---- */

static bool cert_carries(const struct build *b, uint32_t cert, const struct identity *id)
{
	struct identity ids[IDENTITIES_MAX];
	size_t count = credentials_identities(b->config->credentials, cert, ids, ARRAY_LEN(ids));

	for (size_t i = 0; i < count; i++) {
		if (identity_match(&ids[i], id) == 3)
			return true;
	}
	return false;
}

static void warn_not_carried(struct build *b, const struct setting *section, const struct identity *id, bool named)
{
	const struct setting *at;
	struct text *t;

	build_text(section, KEY_LOCAL_ID, &at);
	t = report_begin(b->report, REPORT_WARNING, at ? at : section, NULL);
	text_put(t, named ? "no certificate of certs carries " : "no certificate with a private key carries ");
	text_identity(t, id);
	text_put(t, "; write an identity that one has, as \"adit pki show\" tells");
	report_end(b->report);
}

/* What names neither identity nor certificate calls itself by its address, and then finds no certificate of that name. */
static void warn_own_address(struct build *b, const struct setting *section)
{
	struct text *t;

	t = report_begin(b->report, REPORT_WARNING, section, NULL);
	text_put(t, "without id and certs our identity is our own address, which no certificate with a private key carries; add id = …, or "
		    "certs = …");
	report_end(b->report);
}

static void warn_no_crl(struct build *b, const struct setting *section)
{
	const struct setting *at;

	build_text(section, KEY_REMOTE_REVOCATION, &at);
	text_put(report_begin(b->report, REPORT_WARNING, at ? at : section, NULL),
		 "there is no CRL, so every peer will be refused; put those of its CAs into the folder x509crl");
	report_end(b->report);
}

/* Bundles bring a CA along, and are not trusted for that. */
static const struct own_file *bundle_with_ca(const struct build *b)
{
	const struct own_file *own = b->owns;

	while (own && !(own->bundle && credentials_brings_ca(b->config->credentials, own->cert)))
		own = own->next;
	return own;
}

static void wrong_no_ca(struct build *b, const struct setting *section)
{
	const struct own_file *bundle = bundle_with_ca(b);
	struct text *t = build_wrong_begin(b, section, KEY_REMOTE_AUTH);

	text_put(t, "there is no CA that could vouch for the peer; put its certificate into the folder x509ca, or name cacerts or certs, or "
		    "write auth = psk");
	if (bundle) {
		text_put(t, ". There is one in ");
		text_peer(t, span_text(bundle->path));
		text_put(t, ", which is not trusted from there; if it is the peer's, copy it: openssl pkcs12 -cacerts -nokeys -in … -out "
			    "…/x509ca/ca.pem");
	}
	report_end(b->report);
}

/* ---- sections ---- */

/* The first section whose name begins with word, or the one after it. */
static const struct setting *round_find(const struct setting *conn_section, const char *word, const struct setting *after)
{
	const struct setting *at = after ? after->next : conn_section->first;

	while (at && (!setting_is_section(at) || strncmp(at->name, word, strlen(word)) != 0))
		at = at->next;
	return at;
}

/* The only section whose name begins with word; NULL after an error. */
static const struct setting *build_round(struct build *b, const struct setting *conn_section, const char *word)
{
	const struct setting *found = round_find(conn_section, word, NULL);
	const struct setting *second = found ? round_find(conn_section, word, found) : NULL;
	struct text *t;

	if (second) {
		report_error(b->report, second, NULL, "a second round of authentication is not supported yet; remove it");
		return NULL;
	}
	if (!found) {
		t = report_begin(b->report, REPORT_ERROR, conn_section, NULL);
		text_put(t, "lacks a section; add ");
		text_put(t, word);
		text_put(t, " { auth = psk }, or auth = pubkey");
		report_end(b->report);
	}
	return found;
}

/* Certificates beside a pre-shared key are most likely a mistake. */
static void warn_unused(struct build *b, const struct setting *section, enum key key)
{
	const struct setting *at;

	build_text(section, key, &at);
	if (!at)
		return;
	text_put(report_begin(b->report, REPORT_WARNING, at, NULL), "means nothing with auth = psk; remove it, or write auth = pubkey");
	report_end(b->report);
}

static void build_own_id(struct build *b, const struct setting *section, enum key key, struct identity *ret)
{
	const struct setting *at;
	struct span id = build_text(section, key, &at);

	if (at)
		build_id(b, at, id, ret);
}

static enum err build_local(struct build *b, const struct setting *conn_section, struct auth_config *ret)
{
	static const struct cert_keys keys = { KEY_LOCAL_CERTS, KEY_LOCAL_CERT_FILE, FILE_X509 };
	const struct setting *section = build_round(b, conn_section, "local");
	struct identity subject;
	enum err err = ERR_OK;
	uint64_t round;

	if (!section)
		return ERR_OK;
	build_number(b, section, KEY_LOCAL_ROUND, &round);
	build_auth(b, section, KEY_LOCAL_AUTH, ret);
	build_own_id(b, section, KEY_LOCAL_ID, &ret->id);
	if (ret->kind == AUTH_KIND_PSK)
		warn_unused(b, section, KEY_LOCAL_CERTS);
	else
		TRY(build_certs(b, section, &keys, true, &ret->certs, &ret->certs_count));
	/* The subject, or where there is none the first alternative name, as swanctl has it. */
	if (ret->id.type == IDENTITY_ANY && ret->certs_count &&
	    credentials_identities(b->config->credentials, ret->certs[0], &subject, 1))
		ret->id = subject;
out:
	return err;
}

static enum err build_remote(struct build *b, const struct setting *conn_section, struct auth_config *ret)
{
	static const struct cert_keys certs = { KEY_REMOTE_CERTS, KEY_REMOTE_CERT_FILE, FILE_X509 };
	static const struct cert_keys anchors = { KEY_REMOTE_CACERTS, KEY_REMOTE_CACERT_FILE, FILE_X509CA };
	const struct setting *section = build_round(b, conn_section, "remote");
	enum err err = ERR_OK;
	struct span word;
	uint64_t round;

	if (!section)
		return ERR_OK;
	build_number(b, section, KEY_REMOTE_ROUND, &round);
	build_auth(b, section, KEY_REMOTE_AUTH, ret);
	build_own_id(b, section, KEY_REMOTE_ID, &ret->id);
	if (build_choice(b, section, KEY_REMOTE_REVOCATION, &word))
		ret->revocation = key_value_in("strict", word) ? REVOCATION_STRICT :
				  key_value_in("ifuri", word) ? REVOCATION_IFURI : REVOCATION_RELAXED;
	if (ret->kind == AUTH_KIND_PSK) {
		warn_unused(b, section, KEY_REMOTE_CERTS);
		warn_unused(b, section, KEY_REMOTE_CACERTS);
		goto out;
	}
	TRY(build_certs(b, section, &certs, false, &ret->certs, &ret->certs_count));
	TRY(build_certs(b, section, &anchors, false, &ret->anchors, &ret->anchors_count));
out:
	return err;
}

enum err build_authentication(struct build *b, const struct setting *conn_section, struct conn_config *conn)
{
	enum err err = ERR_OK;

	TRY(build_local(b, conn_section, &conn->local));
	TRY(build_remote(b, conn_section, &conn->remote));
out:
	return err;
}

/* ---- trust ---- */

/* Whether certificates are named at all; when none of them is there, it was complained about. */
static bool is_named(const struct setting *section, enum key list, enum key file)
{
	const struct setting *at;

	build_text(section, list, &at);
	return at || file_next(section, file, NULL);
}

/* Some paths of a list, "a, b and others". */
static void text_paths(struct text *t, const struct own_file *files)
{
	unsigned shown = 0;

	for (; files && shown < PATHS_SHOWN_MAX; files = files->next, shown++) {
		text_put(t, shown ? ", " : "");
		text_peer(t, span_text(files->path));
	}
	text_put(t, files ? " and others" : "");
}

/* Without a certificate of ours that has its key. */
static void wrong_no_own(struct build *b, const struct setting *section)
{
	struct text *t = build_wrong_begin(b, section, KEY_LOCAL_AUTH);

	if (b->owns && b->keys) {
		text_put(t, "none of the private keys (");
		text_paths(t, b->keys);
		text_put(t, ") is that of one of the certificates (");
		text_paths(t, b->owns);
		text_put(t, "); put the key of ours into the folder private, or make both anew");
	} else if (b->owns) {
		text_put(t, "there is no private key for ");
		text_paths(t, b->owns);
		text_put(t, "; put it into the folder private, or name its file in secrets, or write auth = psk");
	} else if (b->keys) {
		text_put(t, "there is no certificate for ");
		text_paths(t, b->keys);
		text_put(t, "; put it into the folder x509, or name it in certs, or write auth = psk");
	} else {
		text_put(t, "there is no certificate with a private key for pubkey; put them into the folders x509 and private, or name "
			    "certs, or write auth = psk");
	}
	report_end(b->report);
}

static bool has_address(const struct build *b, uint32_t cert)
{
	struct identity ids[IDENTITIES_MAX];
	size_t count = credentials_identities(b->config->credentials, cert, ids, ARRAY_LEN(ids));

	for (size_t i = 0; i < count; i++) {
		if (ids[i].type == ID_IPV4_ADDR || ids[i].type == ID_IPV6_ADDR)
			return true;
	}
	return false;
}

/* Whether there is something to authenticate with, and whether it is who we say we are. */
static void judge_local(struct build *b, const struct setting *section, const struct auth_config *local)
{
	bool judged = !identity_is_pattern(&local->id) && local->id.type != ID_KEY_ID, carried = false, address = false;
	size_t owns = 0;

	if (!local->certs_count && is_named(section, KEY_LOCAL_CERTS, KEY_LOCAL_CERT_FILE))
		return;
	for (size_t i = 0; judged && i < local->certs_count; i++)
		carried = carried || cert_carries(b, local->certs[i], &local->id);
	for (const struct own_file *own = b->owns; !local->certs_count && own && owns <= OWNS_TRIED_MAX; own = own->next) {
		if (!credentials_has_key(b->config->credentials, own->cert))
			continue;
		owns++;
		carried = carried || (judged && cert_carries(b, own->cert, &local->id));
		address = address || has_address(b, own->cert);
	}
	if (!local->certs_count && !owns)
		wrong_no_own(b, section);
	else if (!local->certs_count && local->id.type == IDENTITY_ANY && !address)
		warn_own_address(b, section);
	else if (judged && !carried && owns <= OWNS_TRIED_MAX)
		warn_not_carried(b, section, &local->id, local->certs_count > 0);
}

/* All anchors' are made once. */
static enum err build_certreq(struct build *b, struct conn_config *conn)
{
	const struct auth_config *remote = &conn->remote;
	uint8_t hashes[CERTREQ_LEN_MAX], *kept;
	size_t len;

	if (!remote->anchors_count && b->certreq_len) {
		conn->certreq = b->certreq;
		conn->certreq_len = b->certreq_len;
		return ERR_OK;
	}
	len = credentials_certreq(b->config->credentials, remote->anchors, remote->anchors_count, hashes, sizeof(hashes));
	if (!len)
		return ERR_OK;
	kept = store_alloc(b->store, len, 1);
	if (!kept)
		return ERR_MEMORY;
	memcpy(kept, hashes, len);
	conn->certreq = kept;
	conn->certreq_len = len;
	if (!remote->anchors_count) {
		b->certreq = kept;
		b->certreq_len = len;
	}
	return ERR_OK;
}

enum err build_trust(struct build *b, const struct setting *conn_section, struct conn_config *conn)
{
	const struct setting *local = round_find(conn_section, "local", NULL), *remote = round_find(conn_section, "remote", NULL);
	enum err err = ERR_OK;

	if (local && conn->local.kind == AUTH_KIND_PUBKEY)
		judge_local(b, local, &conn->local);
	if (!remote || conn->remote.kind != AUTH_KIND_PUBKEY)
		return ERR_OK;
	TRY(build_certreq(b, conn));
	if (conn->remote.revocation == REVOCATION_STRICT && !credentials_has_crl(b->config->credentials))
		warn_no_crl(b, remote);
	if (conn->certreq_len && !conn->remote.anchors_count && !conn->remote.certs_count && !credentials_has_root(b->config->credentials))
		build_wrong(b, remote, KEY_REMOTE_AUTH, b->has_ca ?
			    "the CAs in the folder x509ca are intermediate ones and vouch for nobody without their root; put that there, or "
			    "name one of them in cacerts to trust it alone" :
			    "nothing in the folder x509ca is a CA's certificate; put the one there that vouches for the peer");
	if (!conn->certreq_len && !is_named(remote, KEY_REMOTE_CERTS, KEY_REMOTE_CERT_FILE) &&
	    !is_named(remote, KEY_REMOTE_CACERTS, KEY_REMOTE_CACERT_FILE))
		wrong_no_ca(b, remote);
out:
	return err;
}
