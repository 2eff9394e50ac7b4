/* SPDX-License-Identifier: Apache-2.0 */
/* Options of `adit pki`, one table. */
#include "pki.h"

enum value_kind { FLAG, WORD, LIST };

struct row {
	unsigned bit;
	const char *name, *value, *help;
	enum value_kind kind;
	size_t at; /* of the member */
};

#define AT(member) offsetof(struct pki_options, member)

static const struct row rows[] = {
	{ PKI_NAME, "name", "NAME", "whose it is: \"C=CH, O=example, CN=moon\", or just moon", WORD, AT(name) },
	{ PKI_SAN, "san", "NAME", "host name, IP address or user@host; may come again", LIST, 0 },
	{ PKI_KEYGEN, "type", "TYPE", "of the key: rsa, ecdsa, ed25519 or ed448 (default: rsa)", WORD, AT(type) },
	{ PKI_KEYGEN, "bits", "NUMBER", "rsa: 2048 to 8192 (3072); ecdsa: 256, 384, 521 (256)", WORD, AT(bits) },
	{ PKI_KEYGEN, "reuse-key", NULL, "take the key that is there instead of a new one", FLAG, AT(reuse_key) },
	{ PKI_DAYS, "days", "NUMBER", "how long it is valid", WORD, AT(days) },
	{ PKI_PATHLEN, "path-length", "NUMBER", "how many CAs may be below this one", WORD, AT(path_length) },
	{ PKI_PURPOSE, "purpose", "PURPOSE", "server, client or ca (default: client)", WORD, AT(purpose) },
	{ PKI_REASON, "reason", "REASON", "key-compromise, superseded, …", WORD, AT(reason) },
	{ PKI_CA | PKI_CA_CERT, "ca", "FILE", "the CA's certificate, or a folder that --into filled", WORD, AT(ca) },
	{ PKI_CA, "ca-key", "FILE", "the CA's private key", WORD, AT(ca_key) },
	{ PKI_CERT, "cert", "FILE", "the certificate", WORD, AT(cert) },
	{ PKI_KEY, "key", "FILE", "the private key", WORD, AT(key) },
	{ PKI_OUT, "out", "FILE", "where the result goes", WORD, AT(out) },
	{ PKI_INTO, "into", "DIR", "files are below DIR, as swanctl has them", WORD, AT(into) },
	{ PKI_ENCRYPT, "encrypt", NULL, "ask for a passphrase for the new key", FLAG, AT(encrypt) },
	{ PKI_ENCRYPT | PKI_PASSPHRASE, "passphrase-file", "FILE", "the new passphrase is in FILE", WORD, AT(passphrase_file) },
	{ PKI_CA | PKI_KEY_PASSPHRASE, "key-passphrase-file", "FILE", "the passphrase of the key or bundle that is read", WORD,
	  AT(key_passphrase_file) },
	{ PKI_LEGACY, "legacy", NULL, "3DES and SHA-1, for Apple and old Windows", FLAG, AT(legacy) },
	{ PKI_FORCE, "force", NULL, "overwrite what is there", FLAG, AT(force) },
	{ PKI_HELP, "help", NULL, "print this help", FLAG, AT(help) },
};

static const struct row *row_find(const char *word, const char **ret_value)
{
	size_t len = strcspn(word, "=");

	*ret_value = word[len] ? &word[len + 1] : NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, word, len) == 0)
			return &rows[i];
	}
	return NULL;
}

static enum err complain(struct text *t, const char *what, const char *word)
{
	text_put(t, what);
	text_put(t, " ");
	text_peer(t, span_text(word));
	return ERR_SYNTAX;
}

static void *member(struct pki_options *o, const struct row *row)
{
	return (char *)o + row->at;
}

static enum err option_take(struct pki_options *o, unsigned allowed, int argc, char *const argv[], int *at,
			    struct text *ret_complaint)
{
	const char *word = argv[(*at)++], *value = NULL;
	const struct row *row = NULL;

	if (strcmp(word, "-h") == 0)
		row = row_find("help", &value);
	else if (strncmp(word, "--", 2) == 0)
		row = row_find(word + 2, &value);
	if (!row && strncmp(word, "--pass", 6) == 0)
		return complain(ret_complaint, "everybody could read a passphrase there; use --passphrase-file, not",
				"--passphrase");
	if (!row || !(allowed & row->bit))
		return complain(ret_complaint, "unknown option", word);
	if (row->kind == FLAG && value)
		return complain(ret_complaint, "no value belongs to", word);
	if (row->kind == FLAG) {
		*(bool *)member(o, row) = true;
		return ERR_OK;
	}
	if (!value) {
		if (*at >= argc)
			return complain(ret_complaint, "a value is missing behind", word);
		value = argv[(*at)++];
	}
	if (*value == '\0')
		return complain(ret_complaint, "an empty value stands behind", word);
	if (row->kind == WORD) {
		*(const char **)member(o, row) = value;
		return ERR_OK;
	}
	if (o->sans_count == ISSUE_SANS_MAX)
		return complain(ret_complaint, "there are too many of", word);
	o->sans[o->sans_count++] = value;
	return ERR_OK;
}

enum err pki_options_parse(struct pki_options *o, unsigned allowed, int argc, char *const argv[], int at,
			   struct text *ret_complaint)
{
	bool options_ended = false;
	enum err err = ERR_OK;

	while (at < argc) {
		const char *word = argv[at];

		if (!options_ended && word[0] == '-' && word[1] != '\0') {
			if (strcmp(word, "--") == 0) {
				options_ended = true;
				at++;
			} else {
				TRY(option_take(o, allowed, argc, argv, &at, ret_complaint));
			}
			continue;
		}
		TRY_THAT(*word != '\0', complain(ret_complaint, "a word is empty", ""));
		TRY_THAT(o->operands_count < PKI_OPERANDS_MAX, complain(ret_complaint, "too many words:", word));
		o->operands[o->operands_count++] = word;
		at++;
	}
out:
	return err;
}

void pki_options_print(FILE *out, unsigned allowed)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char left[40];
		struct text t = TEXT_ARRAY(left);

		if (!(allowed & rows[i].bit))
			continue;
		text_put(&t, rows[i].bit == PKI_HELP ? "-h, --" : "--");
		text_put(&t, rows[i].name);
		if (rows[i].value) {
			text_char(&t, ' ');
			text_put(&t, rows[i].value);
		}
		fprintf(out, "  %-26s  %s\n", left, rows[i].help);
	}
}

enum err pki_number_parse(unsigned *ret, const char *text, unsigned max)
{
	unsigned value = 0;

	if (*text == '\0')
		return ERR_SYNTAX;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return ERR_SYNTAX;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > max)
			return ERR_SYNTAX;
	}
	*ret = value;
	return ERR_OK;
}
