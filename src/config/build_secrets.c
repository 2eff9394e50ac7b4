/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys, and the passphrases of private ones. No value of a secret is ever quoted in a complaint. */
#include "build.h"
#include "psk.h"
#include "values.h"

#define SECRET_IDS_MAX 1024 /* identities that share one key */

/* Secret sections of kinds that are not done were refused by their keys. Those of private keys are below. */
static bool is_psk(const struct setting *section)
{
	return setting_is_section(section) && strncmp(section->name, "ike", 3) == 0;
}

void text_world_readable(struct text *t, const char *path)
{
	text_put(t, "everybody on this machine can read this key; chmod o= ");
	text_peer(t, span_text(path));
}

static void warn_world_readable(struct build *b, const struct setting *at)
{
	if (!at->file || !at->file->world_readable || at->file->warned)
		return;
	at->file->warned = true;
	text_world_readable(report_begin(b->report, REPORT_WARNING, at, NULL), at->file->name);
	report_end(b->report);
}

static enum err build_ids(struct build *b, const struct setting *section, struct psk_config *psk)
{
	const struct key_row *row = key_row(KEY_SECRET_IKE_ID);
	struct identity *ids;
	size_t count = 0;

	for (const struct setting *at = section->first; at; at = at->next)
		count += at->row == row;
	if (count > SECRET_IDS_MAX) {
		report_error(b->report, section, NULL,
			     "names more than 1024 identities; split it up");
		return ERR_OK;
	}
	if (!count)
		return ERR_OK;
	ids = store_alloc(b->store, count, sizeof(*ids));
	if (!ids)
		return ERR_MEMORY;
	count = 0;
	for (const struct setting *at = section->first; at; at = at->next) {
		if (at->row == row && build_id(b, at, span_trim(span_text(at->value)), &ids[count]))
			count++;
	}
	psk->ids = ids;
	psk->ids_count = count;
	return ERR_OK;
}

static enum err build_psk(struct build *b, const struct setting *section, struct psk_config *psk)
{
	enum err err = ERR_OK, parsed;
	const struct setting *at;
	struct span text;
	size_t len = 0;

	TRY(build_origin(b, section, &psk->origin));
	if (strlen(section->name) > NAME_MAX_LEN)
		report_error(b->report, section, NULL,
			     "the name is longer than 63 bytes; shorten it");
	else
		memcpy(psk->name, section->name, strlen(section->name));
	TRY(build_ids(b, section, psk));
	text = build_text(section, KEY_SECRET_IKE_SECRET, &at);
	if (!at) {
		build_wrong(b, section, KEY_SECRET_IKE_SECRET, "is missing; add secret = \"…\"");
		goto out;
	}
	text = span_text(at->value); /* blanks in quotes belong to it */
	warn_world_readable(b, at);
	parsed = value_secret(psk->data, sizeof(psk->data), &len, text);
	if (parsed == ERR_LENGTH)
		report_error(b->report, at, NULL, "is longer than 512 bytes; shorten it");
	else if (parsed)
		report_error(b->report, at, NULL,
			     "is not what its prefix says; write 0x and pairs of hex digits, 0s "
			     "and base64, or plain text");
	else if (!len)
		report_error(b->report, at, NULL, "is empty; write the key");
	psk->len = (uint16_t)len;
out:
	return err;
}

enum err build_secrets(struct build *b, const struct setting *root)
{
	enum err err = ERR_OK;
	const struct setting *secrets = setting_find(root, span_text("secrets"), true);
	struct psk_config *psks;
	size_t count = 0;

	if (!secrets)
		return ERR_OK;
	for (const struct setting *at = secrets->first; at; at = at->next)
		count += is_psk(at);
	psks = store_alloc(b->store, count, sizeof(*psks));
	TRY_THAT(psks, ERR_MEMORY);
	count = 0;
	for (const struct setting *at = secrets->first; at; at = at->next) {
		if (is_psk(at))
			TRY(build_psk(b, at, &psks[count++]));
	}
	b->config->psks = psks;
	b->config->psks_count = count;
	TRY(psks_index(b->config));
out:
	return err;
}

/* ---- private keys ---- */

static const struct key_secret {
	enum key file, secret;
	enum file_kind kind;
} key_secrets[] = {
	{ KEY_SECRET_PRIVATE_FILE, KEY_SECRET_PRIVATE_SECRET, FILE_PRIVATE },
	{ KEY_SECRET_RSA_FILE, KEY_SECRET_RSA_SECRET, FILE_RSA },
	{ KEY_SECRET_ECDSA_FILE, KEY_SECRET_ECDSA_SECRET, FILE_ECDSA },
	{ KEY_SECRET_PKCS8_FILE, KEY_SECRET_PKCS8_SECRET, FILE_PKCS8 },
	{ KEY_SECRET_PKCS12_FILE, KEY_SECRET_PKCS12_SECRET, FILE_PKCS12 },
};

/* The row that the section's keys are of; NULL when it is not one of a private key. */
static const struct key_secret *key_secret_of(const struct setting *section)
{
	for (const struct setting *at = setting_is_section(section) ? section->first : NULL; at; at = at->next) {
		for (size_t i = 0; i < ARRAY_LEN(key_secrets); i++) {
			if (at->row == key_row(key_secrets[i].file) || at->row == key_row(key_secrets[i].secret))
				return &key_secrets[i];
		}
	}
	return NULL;
}

static enum err build_key(struct build *b, const struct setting *section, const struct key_secret *row, struct map *done)
{
	const struct setting *file, *secret;
	enum err err = ERR_OK;
	uint64_t hash = 0;

	build_text(section, row->file, &file);
	build_text(section, row->secret, &secret);
	if (secret)
		warn_world_readable(b, secret);
	if (!file)
		build_wrong(b, section, row->file, "is missing; add file = …");
	else if (secret && strlen(secret->value) > PSK_MAX)
		report_error(b->report, secret, NULL, "is longer than 512 bytes; shorten it");
	else
		TRY(build_file(b, row->kind, file, secret, &hash));
	err = map_put(done, hash, 0);
	if (err == ERR_EXISTS)
		err = ERR_OK; /* named twice */
out:
	return err;
}

enum err build_keys(struct build *b, const struct setting *root)
{
	static const uint64_t salt[2] = { 5, 6 };
	const struct setting *secrets = setting_find(root, span_text("secrets"), true);
	struct map done = { 0 };
	enum err err = ERR_OK;
	uint32_t count = 0;

	for (const struct setting *at = secrets ? secrets->first : NULL; at; at = at->next)
		count += key_secret_of(at) != NULL;
	if (count)
		TRY(map_init(&done, store_memory(b->store), count, salt));
	for (const struct setting *at = count ? secrets->first : NULL; at; at = at->next) {
		const struct key_secret *row = key_secret_of(at);

		if (row)
			TRY(build_key(b, at, row, &done));
	}
	TRY(build_folders(b, &done));
out:
	if (done.memory)
		map_clear(&done);
	return err;
}
