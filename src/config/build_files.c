/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of certificates, keys and CRLs: those of the swanctl folders, and those that settings name. What a setting names has to be
 * good; of the rest of a folder, what is not is warned about and left out.
 */
#include "build.h"
#include "values.h"

static const struct {
	const char *folder;
	enum credential_kind kind;
} kinds[FILE_KINDS] = {
	[FILE_X509CA] = { "x509ca", CREDENTIAL_CA },     [FILE_X509] = { "x509", CREDENTIAL_CERT },
	[FILE_X509CRL] = { "x509crl", CREDENTIAL_CRL },  [FILE_PRIVATE] = { "private", CREDENTIAL_KEY },
	[FILE_RSA] = { "rsa", CREDENTIAL_KEY },          [FILE_ECDSA] = { "ecdsa", CREDENTIAL_KEY },
	[FILE_PKCS8] = { "pkcs8", CREDENTIAL_KEY },      [FILE_PKCS12] = { "pkcs12", CREDENTIAL_PKCS12 },
};

#define FILE_BYTES_MAX ((size_t)64 << 20) /* what the store of credentials takes; a CRL of a million entries has 40 MiB */
#define WHY_MAX 256
#define PATH_SHOWN_MAX 512 /* longer than values are: its end tells most */

/* A file that was read, in memory of its own, so that a large one does not stay. */
struct file {
	struct config_store *store;
	const char *path, *name;
	struct span bytes;
	bool world_readable;
};

static bool has_secret(enum file_kind kind)
{
	return kinds[kind].kind == CREDENTIAL_KEY || kinds[kind].kind == CREDENTIAL_PKCS12;
}

static uint64_t path_hash(const char *path)
{
	static const uint64_t salt[2] = { 3, 4 }; /* the names are our own: nobody to hide a salt from */

	return hash_bytes(salt, span_text(path));
}

/* As glob() takes a name and not a pattern. */
static void text_escaped(struct text *t, const char *name)
{
	for (; *name; name++) {
		if (strchr("*?[\\", *name))
			text_char(t, '\\');
		text_char(t, *name);
	}
}

/* The path of a name in the kind's folder; NULL when out of memory. */
static char *path_join(struct build *b, enum file_kind kind, struct span name)
{
	size_t max = strlen(b->folder) + strlen(kinds[kind].folder) + name.len + 3;
	char *path = store_alloc(b->scratch, max, 1);
	struct text t;

	if (!path)
		return NULL;
	t = text_of(path, max);
	text_put(&t, b->folder);
	text_char(&t, '/');
	text_put(&t, kinds[kind].folder);
	text_char(&t, '/');
	if (name.len)
		text_putn(&t, (const char *)name.data, name.len);
	return path;
}

/* The folder and what follows it, for match(); NULL when out of memory. */
static char *pattern_join(struct build *b, const char *folder, const char *rest)
{
	size_t max = 2 * strlen(folder) + strlen(rest) + 1;
	char *pattern = store_alloc(b->scratch, max, 1);
	struct text t;

	if (!pattern)
		return NULL;
	t = text_of(pattern, max);
	text_escaped(&t, folder);
	text_put(&t, rest);
	return pattern;
}

static void file_close(struct file *f)
{
	store_free(f->store);
}

/* Reads it; in words in ret_why when it cannot be. ERR_UNSUPPORTED: it is a folder, a device or so. */
static enum err file_open(struct build *b, const char *path, const char *name, struct file *ret, struct text *ret_why)
{
	struct file f = { .path = path, .name = name };
	enum err err = ERR_OK;
	uint64_t identity[2];

	TRY_THAT(b->access, ERR_NOT_FOUND);
	f.store = store_new(store_memory(b->store));
	TRY_THAT(f.store, ERR_MEMORY);
	TRY(b->access->read(b->access->ctx, f.store, path, FILE_BYTES_MAX, &f.bytes, identity, &f.world_readable));
	*ret = f;
	f.store = NULL;
out:
	if (err)
		text_put(ret_why, err == ERR_NOT_FOUND ? "no such file; correct the name, or put it there" :
			 err == ERR_UNSUPPORTED ? "not a regular file; name one" :
			 err == ERR_LIMIT ? "longer than 64 MiB; split it up" :
			 err == ERR_TOO_MANY ? "symbolic links that lead to each other; mend them" :
			 err == ERR_MEMORY ? "out of memory; give the machine more" :
			 "cannot be read; run as root, or correct its permissions");
	store_free(f.store);
	return err;
}

static const char *cure_of(enum file_kind kind, enum err err, bool passphrase)
{
	switch (err) {
	case ERR_AUTH:
		return passphrase ? "; correct secret" : "; add secret = \"…\"";
	case ERR_UNSUPPORTED:
		return kinds[kind].kind == CREDENTIAL_PKCS12 ? "; make it anew with \"openssl pkcs12\"" : "; make another one";
	case ERR_LIMIT:
		return "; split it up, or remove others";
	case ERR_MEMORY:
		return "; give the machine more";
	default:
		return kinds[kind].kind == CREDENTIAL_PKCS12 ? "; name a PKCS#12 file" : "; name a file in PEM or DER";
	}
}

static enum err own_add(struct build *b, enum file_kind kind, const struct file *f)
{
	bool key = kinds[kind].kind == CREDENTIAL_KEY;
	uint32_t cert = key ? 0 : credentials_cert(b->config->credentials, f->name);
	struct own_file *own;

	if (!key && !cert)
		return ERR_OK; /* PKCS#12 with a key alone */
	own = store_alloc(b->scratch, 1, sizeof(*own));
	if (!own)
		return ERR_MEMORY;
	*own = (struct own_file){ .path = f->path, .cert = cert, .bundle = kinds[kind].kind == CREDENTIAL_PKCS12 };
	if (key) {
		own->next = b->keys;
		b->keys = own;
		return ERR_OK;
	}
	*b->owns_end = own;
	b->owns_end = &own->next;
	return ERR_OK;
}

/* A gateway's own certificate in the folder of CAs is what happens to beginners. */
static void ca_judge(struct build *b, const struct file *f)
{
	if (credentials_is_ca(b->config->credentials, credentials_ca(b->config->credentials, f->name))) {
		b->has_ca = true;
		return;
	}
	text_put(report_begin_at(b->report, REPORT_WARNING, f->path, 0),
		 "this is no CA's certificate, so it vouches for nobody; put the CA's there, and this one into the folder x509");
	report_end(b->report);
}

static enum err file_take(struct build *b, enum file_kind kind, const struct file *f, struct span passphrase, struct text *ret_why)
{
	enum err err = ERR_OK;

	TRY(credentials_add(b->config->credentials, kinds[kind].kind, f->name, f->bytes, passphrase, ret_why));
	if (kinds[kind].kind == CREDENTIAL_CA)
		ca_judge(b, f);
	else if (kinds[kind].kind != CREDENTIAL_CRL)
		TRY(own_add(b, kind, f));
	if (has_secret(kind) && f->world_readable) {
		text_world_readable(report_begin_at(b->report, REPORT_WARNING, f->path, 0), f->path);
		report_end(b->report);
	}
out:
	return err;
}

static void wrong_file(struct build *b, const struct setting *at, struct span name, struct span why, const char *cure)
{
	struct text *t = report_begin(b->report, REPORT_ERROR, at, NULL);

	text_char(t, '"');
	text_peer(t, span_head(name, PATH_SHOWN_MAX));
	text_put(t, "\": ");
	text_putn(t, (const char *)why.data, why.len);
	text_put(t, cure);
	report_end(b->report);
}

/* What a setting says: an absolute path, or a name in the kind's folder. A path into that folder is made the name it has there. */
struct place {
	const char *path, *name;
};

static enum err place_find(struct build *b, enum file_kind kind, const struct setting *at, struct span text, struct place *ret)
{
	struct place place = { 0 };
	enum err err = ERR_OK;
	char *prefix;

	if (!text.len || (text.data[0] != '/' && !b->folder)) {
		wrong_file(b, at, text, span_text(text.len ? "there is no folder that it could be in" : "no name"),
			   text.len ? "; write an absolute path" : "; write one, or remove it");
		return ERR_CONFIG;
	}
	if (b->folder) {
		prefix = path_join(b, kind, SPAN_EMPTY);
		TRY_THAT(prefix, ERR_MEMORY);
		if (span_equal(span_head(text, strlen(prefix)), span_text(prefix)))
			text = span_tail(text, strlen(prefix));
	}
	place.name = store_text(b->scratch, text);
	place.path = !text.len || text.data[0] != '/' ? path_join(b, kind, text) : place.name;
	TRY_THAT(place.name && place.path, ERR_MEMORY);
	*ret = place;
out:
	return err;
}

enum err build_file(struct build *b, enum file_kind kind, const struct setting *at, const struct setting *secret_at,
		    uint64_t *ret_hash)
{
	struct span passphrase = secret_at ? span_text(secret_at->value) : SPAN_EMPTY;
	struct file file = { 0 };
	struct place place = { 0 };
	char words[WHY_MAX];
	struct text why = TEXT_ARRAY(words);
	enum err err = ERR_OK;

	TRY(place_find(b, kind, at, span_trim(span_text(at->value)), &place));
	if (ret_hash)
		*ret_hash = path_hash(place.path);
	err = file_open(b, place.path, place.name, &file, &why);
	if (err) {
		wrong_file(b, at, span_text(place.path), span_text(words), "");
		goto out;
	}
	err = file_take(b, kind, &file, passphrase, &why);
	if (err)
		wrong_file(b, err == ERR_AUTH && secret_at ? secret_at : at, span_text(place.path), span_text(words),
			   cure_of(kind, err, passphrase.len > 0));
out:
	file_close(&file);
	return err == ERR_MEMORY ? err : ERR_OK;
}

static uint32_t cert_find(const struct build *b, enum file_kind kind, const char *name)
{
	const struct credentials *c = b->config->credentials;

	return kinds[kind].kind == CREDENTIAL_CA ? credentials_ca(c, name) : credentials_cert(c, name);
}

enum err build_cert(struct build *b, enum file_kind kind, const struct setting *at, struct span name, uint32_t *ret)
{
	struct file file = { 0 };
	struct place place = { 0 };
	char words[WHY_MAX];
	struct text why = TEXT_ARRAY(words);
	enum err err = ERR_OK;

	*ret = 0;
	TRY(place_find(b, kind, at, name, &place));
	*ret = cert_find(b, kind, place.name);
	if (*ret)
		goto out;
	err = file_open(b, place.path, place.name, &file, &why);
	if (err) {
		wrong_file(b, at, span_text(place.path), span_text(words), "");
		goto out;
	}
	err = file_take(b, kind, &file, SPAN_EMPTY, &why);
	if (err)
		wrong_file(b, at, span_text(place.path), span_text(words), cure_of(kind, err, false));
	else
		*ret = cert_find(b, kind, place.name);
out:
	file_close(&file);
	return err == ERR_MEMORY ? err : ERR_OK;
}

/* ---- folders ---- */

/* The folder that a file belongs into, and what it holds; false when it is of no use anywhere. */
static bool folder_of(enum file_kind is_in, struct span bytes, const char **ret_folder, const char **ret_what)
{
	static const struct {
		enum file_kind kind;
		const char *what;
	} others[] = {
		{ FILE_PRIVATE, "a private key" }, { FILE_X509, "a certificate" }, { FILE_X509CRL, "a CRL" }, { FILE_PKCS12, "a PKCS#12 bundle" },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (kinds[others[i].kind].kind == kinds[is_in].kind || !credentials_fits(kinds[others[i].kind].kind, bytes))
			continue;
		*ret_folder = kinds[others[i].kind].folder;
		*ret_what = others[i].what;
		return true;
	}
	return false;
}

static void warn_left_out(struct build *b, enum file_kind kind, const struct file *f, enum err err, const char *words)
{
	struct text *t = report_begin_at(b->report, REPORT_WARNING, f->path, 0);
	const char *folder, *what;

	if (err == ERR_SYNTAX && folder_of(kind, f->bytes, &folder, &what)) {
		text_put(t, "it holds ");
		text_put(t, what);
		text_put(t, ", so it is left out; move it to ");
		text_put(t, folder);
		text_char(t, '/');
		report_end(b->report);
		return;
	}
	text_put(t, words);
	text_put(t, ", so it is left out");
	if (err == ERR_AUTH) {
		text_put(t, "; add to secrets a section ");
		text_put(t, kinds[kind].folder);
		text_put(t, " with file = ");
		text_peer(t, span_text(f->name));
		text_put(t, " and secret = …, one key a line");
	} else {
		text_put(t, "; replace or remove it");
	}
	report_end(b->report);
}

/* A file nobody named. */
static enum err stray_load(struct build *b, enum file_kind kind, const char *path)
{
	struct file file = { 0 };
	char words[WHY_MAX];
	struct text why = TEXT_ARRAY(words);
	enum err err = file_open(b, path, strrchr(path, '/') + 1, &file, &why);

	if (err == ERR_UNSUPPORTED)
		return ERR_OK; /* a folder in the folder */
	if (err) {
		text_put(report_begin_at(b->report, REPORT_WARNING, path, 0), words);
		report_end(b->report);
	} else {
		err = file_take(b, kind, &file, SPAN_EMPTY, &why);
		if (err)
			warn_left_out(b, kind, &file, err, words);
	}
	file_close(&file);
	return err == ERR_MEMORY ? err : ERR_OK;
}

/* What is in the place of a folder and is none; NULL when all is well, or nothing there. */
static const char *no_folder(struct build *b, const char *path)
{
	struct file file = { 0 };
	char words[WHY_MAX];
	struct text why = TEXT_ARRAY(words);
	enum err err = file_open(b, path, path, &file, &why);

	file_close(&file);
	if (err == ERR_TOO_MANY)
		return "symbolic links that lead to each other; mend them";
	return !err || err == ERR_LIMIT ? "is a file; make a folder of that name, and put the file there" : NULL;
}

static void wrong_folder(struct build *b, const char *path, const char *words)
{
	text_put(report_begin_at(b->report, REPORT_ERROR, path, 0), words);
	report_end(b->report);
}

static enum err folder_load(struct build *b, enum file_kind kind, const struct map *done)
{
	const char *folder = path_join(b, kind, SPAN_EMPTY), *pattern = folder ? pattern_join(b, folder, "*") : NULL;
	const char *const *paths = NULL, *bare, *wrong = NULL;
	enum err err = ERR_OK;
	size_t count = 0;
	uint32_t ignored;

	TRY_THAT(pattern, ERR_MEMORY);
	err = b->access->match(b->access->ctx, b->scratch, pattern, SETTINGS_FILES_MAX, &paths, &count);
	if (!count && err != ERR_LIMIT && err != ERR_MEMORY) {
		bare = store_text(b->scratch, span_of(folder, strlen(folder) - 1)); /* without the slash at its end */
		TRY_THAT(bare, ERR_MEMORY);
		wrong = no_folder(b, bare);
	}
	if (!wrong && err == ERR_LIMIT)
		wrong = "has more than 20000 files; remove some";
	if (!wrong && err == ERR_SYSTEM)
		wrong = "cannot be read; run as root, or correct its permissions";
	if (wrong) {
		wrong_folder(b, folder, wrong);
		return ERR_OK;
	}
	TRY(err);
	for (size_t i = 0; i < count; i++) {
		if (!done->memory || !map_get(done, path_hash(paths[i]), &ignored))
			TRY(stray_load(b, kind, paths[i]));
	}
out:
	return err;
}

enum err build_folder_check(struct build *b, const struct setting *section)
{
	const char *pattern = pattern_join(b, b->folder, "/.");
	const char *const *paths = NULL;
	size_t count = 0;

	if (!pattern)
		return ERR_MEMORY;
	if (b->access && (b->access->match(b->access->ctx, b->scratch, pattern, 1, &paths, &count) || !count))
		build_wrong(b, section, KEY_ADIT_CREDENTIALS, "there is no such folder; correct the path");
	return ERR_OK;
}

enum err build_folders(struct build *b, const struct map *done)
{
	enum err err = ERR_OK;

	for (int kind = 0; kind < FILE_KINDS && b->access && b->folder; kind++)
		TRY(folder_load(b, (enum file_kind)kind, done));
out:
	return err;
}

/* ---- dates ---- */

/* "2026-11-21", from days since 1970 in the proleptic Gregorian calendar. */
static void text_date(struct text *t, int64_t seconds)
{
	int64_t days = seconds / 86400 - (seconds % 86400 < 0) + 719468; /* since 0000-03-01 */
	int64_t era = (days < 0 ? days - 146096 : days) / 146097, of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
	unsigned day = (unsigned)(of_year - (153 * month + 2) / 5 + 1);

	month += month < 10 ? 3 : -9;
	text_u64(t, (uint64_t)(year + era * 400 + (month <= 2)));
	text_put(t, month < 10 ? "-0" : "-");
	text_u64(t, (uint64_t)month);
	text_put(t, day < 10 ? "-0" : "-");
	text_u64(t, day);
}

static void warn_date(struct build *b, const struct own_file *own, const char *words, int64_t when, const char *cure)
{
	struct text *t = report_begin_at(b->report, REPORT_WARNING, own->path, 0);

	text_put(t, words);
	text_date(t, when);
	text_put(t, cure);
	report_end(b->report);
}

void build_dates(struct build *b)
{
	const struct credentials *c = b->config->credentials;
	int64_t from, until, now = b->access && b->access->now ? b->access->now(b->access->ctx) : 0;

	for (const struct own_file *own = b->owns; own && now; own = own->next) {
		if (!credentials_has_key(c, own->cert) || !credentials_validity(c, own->cert, &from, &until))
			continue;
		if (now > until)
			warn_date(b, own, "this certificate of ours expired on ", until, "; get a new one");
		else if (now < from)
			warn_date(b, own, "this certificate of ours is not valid before ", from, "; check the clock");
	}
}
