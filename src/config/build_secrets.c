/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-shared keys. No value of a secret is ever quoted in a complaint. */
#include "build.h"
#include "values.h"

#define SECRET_IDS_MAX 1024 /* identities that share one key */

/* Secret sections of kinds that are not done were refused by their keys. */
static bool is_psk(const struct setting *section)
{
	return setting_is_section(section) && strncmp(section->name, "ike", 3) == 0;
}

static void warn_world_readable(struct build *b, const struct setting *at)
{
	struct text *t;

	if (!at->file || !at->file->world_readable || at->file->warned)
		return;
	at->file->warned = true;
	t = report_begin(b->report, REPORT_WARNING, at, NULL);
	text_put(t, "everybody on this machine can read this key; chmod o= ");
	text_peer(t, span_text(at->file->name));
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
out:
	return err;
}
