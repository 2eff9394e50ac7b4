/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki: `adit pki`: the subcommands of a small CA, their options and their files.
 *
 * What is made is made by src/pki/issue.h; here are the words of the command line, where files are
 * and how they are written: private keys readable by their owner alone, nothing overwritten unless
 * told so, passphrases never from the command line. No daemon is asked.
 */
#ifndef ADIT_CLI_PKI_H
#define ADIT_CLI_PKI_H

#include "command.h"
#include "issue.h"

#define PKI_OPERANDS_MAX 16
#define PKI_FILE_MAX (1024 * 1024) /* a CRL may be long */
#define PKI_PATH_MAX 1024

enum pki_option_bit {
	PKI_NAME = 1 << 0,
	PKI_SAN = 1 << 1,
	PKI_KEYGEN = 1 << 2, /* --type, --bits, --reuse-key */
	PKI_DAYS = 1 << 3,
	PKI_CA = 1 << 4, /* --ca, --ca-key, --key-passphrase-file */
	PKI_OUT = 1 << 5,
	PKI_KEY = 1 << 6,
	PKI_CERT = 1 << 7,
	PKI_ENCRYPT = 1 << 8,
	PKI_PASSPHRASE = 1 << 9,
	PKI_PATHLEN = 1 << 10,
	PKI_PURPOSE = 1 << 11,
	PKI_REASON = 1 << 12,
	PKI_LEGACY = 1 << 13,
	PKI_INTO = 1 << 14,
	PKI_FORCE = 1 << 15,
	PKI_HELP = 1 << 16,
	PKI_KEY_PASSPHRASE = 1 << 17,
	PKI_CA_CERT = 1 << 18,
};

/* Words are borrowed from argv; NULL and 0: not given. */
struct pki_options {
	const char *name, *type, *out, *key, *cert, *ca, *ca_key, *into, *passphrase_file, *key_passphrase_file;
	const char *purpose, *reason, *bits, *days, *path_length;
	const char *sans[ISSUE_SANS_MAX];
	size_t sans_count;
	const char *operands[PKI_OPERANDS_MAX];
	size_t operands_count;
	bool force, legacy, encrypt, reuse_key, help;
};

/* Everything behind `adit pki`; argv[at] is the subcommand's name. */
enum cli_status cli_pki(const struct cli *cli, int argc, char *const argv[], int at);

/* On failure ret_complaint says what is wrong. */
MUST_USE enum err pki_options_parse(struct pki_options *o, unsigned allowed, int argc, char *const argv[], int at,
				    struct text *ret_complaint);
void pki_options_print(FILE *out, unsigned allowed);
/* Decimal, 0 … max. ERR_SYNTAX. */
MUST_USE enum err pki_number_parse(unsigned *ret, const char *text, unsigned max);

/* A file's bytes, from malloc(); wiped by pki_file_clear(). */
struct pki_file {
	uint8_t *data;
	size_t len;
};

/* Says what is wrong to err. */
bool pki_file_read(struct pki_file *ret, const struct cli *cli, const char *path);
void pki_file_clear(struct pki_file *f);
static inline struct span pki_file_span(const struct pki_file *f)
{
	return span_of(f->data, f->len);
}
/*
 * All or nothing: the bytes go to a new file beside it, which then takes its name; private: for the
 * owner's eyes. Without force a file that is there stays.
 */
bool pki_file_write(const struct cli *cli, const char *path, struct span bytes, bool private, bool force);
/* Whether a file may be written; says so when not. */
bool pki_file_free(const struct cli *cli, const char *path, bool force);
bool pki_folder_make(const struct cli *cli, const char *path, bool private);

/* A passphrase; secret, wiped by its owner. */
struct pki_passphrase {
	char words[ISSUE_PASSPHRASE_MAX + 1];
	size_t len;
};

/* The first line of a file. */
bool pki_passphrase_read(struct pki_passphrase *ret, const struct cli *cli, const char *path);
/* From the terminal; twice: for something new. */
bool pki_passphrase_ask(struct pki_passphrase *ret, const struct cli *cli, const char *prompt, bool twice);
/* What main() gives as struct cli's ask: /dev/tty without echo. */
bool pki_terminal_ask(const char *prompt, char *ret, size_t max);

/* Asks for the passphrase when the key has one and no file was named. */
bool pki_key_load(struct issue_key **ret, const struct cli *cli, const char *path, const char *passphrase_file);
/* The first certificate of a file as DER. *file keeps the bytes: from malloc(). */
bool pki_der_load(struct pki_file *ret, const struct cli *cli, const char *path, const char *kind);

#endif
