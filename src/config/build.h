/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build: a checked tree into a configuration.
 *
 * Every value is read through its row of keys.h, so that what is not written takes its default by
 * the same way. All errors go to the report; what is built after one is thrown away by the caller.
 * The configuration owns copies of all it needs; the tree may go.
 */
#ifndef ADIT_CONFIG_BUILD_H
#define ADIT_CONFIG_BUILD_H

#include "config.h"
#include "keys.h"
#include "map.h"
#include "report.h"

/* A file with a certificate of ours, or a peer's that we were given; or with a private key. */
struct own_file {
	struct own_file *next;
	const char *path;
	uint32_t cert; /* 0: a key */
	bool bundle;   /* PKCS#12 */
};

/* What the builders share. */
struct build {
	struct config_store *store;   /* the configuration's */
	struct config_store *scratch; /* the tree's: goes when all is built */
	struct config *config;
	struct report *report;
	const char *file; /* the last file name that was copied, to copy each but once in a row */
	const struct settings_file *file_of;
	const struct settings_access *access; /* NULL: files cannot be reached */
	const char *folder;           /* that has x509, private and so on; NULL: none */
	struct own_file *owns;        /* end entities, in the order they were loaded */
	struct own_file **owns_end;
	bool has_ca;                  /* some certificate of the folder x509ca is a CA's */
	struct own_file *keys;        /* private keys, last loaded first */
	const uint8_t *certreq;       /* for all anchors; NULL: not made yet */
	size_t certreq_len;
};

/* Where a tree came from. */
struct build_from {
	const struct settings_access *access; /* for files that are named; NULL: there are none */
	const char *path;                     /* of the file, whose folder has the certificates; NULL: text, without a folder */
};

/* ERR_CONFIG when the report got errors, ERR_MEMORY. config is zero-filled. */
MUST_USE enum err config_build(struct config *config, struct config_store *store, const struct settings *s,
			       const struct build_from *from, struct report *report);

/* build_values.c: a section's value for a key, or the default. False after a reported error. */
struct span build_text(const struct setting *section, enum key key, const struct setting **ret_at);
bool build_bool(struct build *b, const struct setting *section, enum key key, bool *ret);
bool build_number(struct build *b, const struct setting *section, enum key key, uint64_t *ret);
bool build_choice(struct build *b, const struct setting *section, enum key key, struct span *ret);
bool build_id(struct build *b, const struct setting *at, struct span text, struct identity *ret);
MUST_USE enum err build_hosts(struct build *b, const struct setting *section, enum key key,
			      const struct host_pattern **ret, size_t *ret_count);
MUST_USE enum err build_selectors(struct build *b, const struct setting *section, enum key key,
				  const struct selector_config **ret, size_t *ret_count);
MUST_USE enum err build_proposals(struct build *b, const struct setting *section, enum key key,
				  const struct proposal **ret, size_t *ret_count);
/* A child's: those of ESP, then those of AH. With AH proposals ESP has no default. */
MUST_USE enum err build_child_proposals(struct build *b, const struct setting *section,
					const struct proposal **ret, size_t *ret_count);
/* tfc_padding, as struct child_spec has it. */
uint16_t build_tfc(struct build *b, const struct setting *section);
/* build_match.c: marks and XFRM interfaces; conn's where the child has none. */
void build_match(struct build *b, const struct setting *conn, const struct setting *section,
		 struct kernel_match *ret);
/* Where a setting is written, with a file name that the configuration owns. */
MUST_USE enum err build_origin(struct build *b, const struct setting *at, struct origin *ret);
/* A complaint about a key of a section, at the key when it is written: begun, with words alone, with the value before them. */
struct text *build_wrong_begin(struct build *b, const struct setting *section, enum key key);
void build_wrong(struct build *b, const struct setting *section, enum key key, const char *words);
void build_wrong_value(struct build *b, const struct setting *section, enum key key, struct span value, const char *words);

/* build_auth.c: the sections local and remote. */
MUST_USE enum err build_authentication(struct build *b, const struct setting *conn_section, struct conn_config *conn);
/* What depends on the credentials of all connections; once they are all built. */
MUST_USE enum err build_trust(struct build *b, const struct setting *conn_section, struct conn_config *conn);

/* build_files.c: certificates and keys. The order is that of the swanctl folders. */
enum file_kind {
	FILE_X509CA, FILE_X509, FILE_X509CRL, FILE_PRIVATE, FILE_RSA, FILE_ECDSA, FILE_PKCS8, FILE_PKCS12, FILE_KINDS
};

/* Complains when the folder that section names with KEY_ADIT_CREDENTIALS is not there. */
MUST_USE enum err build_folder_check(struct build *b, const struct setting *section);
/* Loads all files of the folders; those that secrets names were loaded by build_keys(), their hashes are in done. */
MUST_USE enum err build_folders(struct build *b, const struct map *done);
/* Loads one file that a setting names, in its folder or by an absolute path, complaining at the setting; about its passphrase, at
 * secret_at. *ret_hash, when not NULL, is for build_folders(). */
MUST_USE enum err build_file(struct build *b, enum file_kind kind, const struct setting *at, const struct setting *secret_at,
			     uint64_t *ret_hash);
/* The certificate that a name in a setting means, loading it when it is not there yet. 0 after a complaint. */
MUST_USE enum err build_cert(struct build *b, enum file_kind kind, const struct setting *at, struct span name, uint32_t *ret);
/* Warns of own certificates that are out of date. */
void build_dates(struct build *b);

/* build_secrets.c: pre-shared keys; private keys, with those of the folders. */
MUST_USE enum err build_secrets(struct build *b, const struct setting *root);
MUST_USE enum err build_keys(struct build *b, const struct setting *root);
/* The daemon's warning about a file with secrets. */
void text_world_readable(struct text *t, const char *path);
/* build_adit.c: the global section, and the defaults without one (section NULL). */
MUST_USE enum err build_adit(struct build *b, const struct setting *section);

#endif
