/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki_in: a row of the table of `adit pki`, and what its functions share. Private to pki*.c.
 *
 * Default places of files are decided in pki_paths.c alone.
 */
#ifndef ADIT_CLI_PKI_IN_H
#define ADIT_CLI_PKI_IN_H

#include "pki.h"

struct pki_command {
	const char *name, *synopsis, *summary, *help;
	unsigned options; /* beyond --help */
	size_t operands_least, operands_most;
	unsigned purpose; /* enum issue_purpose; 0: none */
	unsigned days;    /* the default */
	enum cli_status (*run)(const struct cli *cli, const struct pki_command *row, const struct pki_options *o);
};

enum cli_status pki_issue(const struct cli *cli, const struct pki_command *row, const struct pki_options *o);
enum cli_status pki_request(const struct cli *cli, const struct pki_command *row, const struct pki_options *o);
enum cli_status pki_sign(const struct cli *cli, const struct pki_command *row, const struct pki_options *o);
enum cli_status pki_revoke(const struct cli *cli, const struct pki_command *row, const struct pki_options *o);
enum cli_status pki_pkcs12(const struct cli *cli, const struct pki_command *row, const struct pki_options *o);
enum cli_status pki_show(const struct cli *cli, const struct pki_command *row, const struct pki_options *o);

enum cli_status pki_usage(const struct cli *cli, const struct pki_command *row, const char *complaint);
enum cli_status pki_failed(const struct cli *cli, const struct pki_command *row, enum err err, const char *why);

/* Where files are. */
enum pki_place { PLACE_CA, PLACE_CERT, PLACE_KEY, PLACE_CRL, PLACE_PKCS12, PLACE_REQUEST };

struct pki_path {
	char words[PKI_PATH_MAX];
	const char *into; /* borrowed: the folder of --into that it is below; NULL: none */
	enum pki_place place;
};

/*
 * given, or stem's default: STEM.pem, STEM-key.pem …, below o->into's folder when it is given. False,
 * said to err, when that is too long.
 */
bool pki_path_find(struct pki_path *ret, const struct cli *cli, const struct pki_options *o, enum pki_place place,
		   const char *given, const char *stem);
/* Makes the folders of --into on the way: just before something is written, so that what fails leaves none behind. */
bool pki_path_make(const struct pki_path *path, const struct cli *cli);
/* A file's name of somebody's name: what could leave the folder or hide becomes "_". */
void pki_stem(struct pki_path *ret, const char *name);

/* The CA's certificate (DER) and key. */
struct pki_authority {
	struct pki_path path;
	struct pki_file cert;
	struct issue_key *key;
};

bool pki_authority_load(struct pki_authority *ret, const struct cli *cli, const struct pki_options *o);
/* Its certificate into the folder x509ca of --into, unless it is there; false, said to err, when it cannot be. */
bool pki_authority_copy(const struct pki_authority *a, const struct cli *cli, const struct pki_options *o);
void pki_authority_clear(struct pki_authority *a);

#endif
