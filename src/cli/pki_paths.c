/* SPDX-License-Identifier: Apache-2.0 */
/* Where `adit pki` looks for files and puts them when nobody says: here, or in swanctl's folders. */
#include <sys/stat.h>

#include "pki_in.h"

static const struct {
	const char *folder, *ending;
	bool private;
} places[] = {
	[PLACE_CA] = { "x509ca", ".pem", false },
	[PLACE_CERT] = { "x509", ".pem", false },
	[PLACE_KEY] = { "private", "-key.pem", true },
	[PLACE_CRL] = { "x509crl", "-crl.pem", false },
	[PLACE_PKCS12] = { "pkcs12", ".p12", true },
	[PLACE_REQUEST] = { NULL, "-request.pem", false },
};

bool pki_path_find(struct pki_path *ret, const struct cli *cli, const struct pki_options *o, enum pki_place place,
		   const char *given, const char *stem)
{
	struct text t = TEXT_ARRAY(ret->words);

	ret->into = given ? NULL : o->into;
	ret->place = place;
	if (given) {
		text_put(&t, given);
	} else {
		if (o->into) {
			text_put(&t, o->into);
			text_char(&t, '/');
		}
		if (o->into && places[place].folder) {
			text_put(&t, places[place].folder);
			text_char(&t, '/');
		}
		text_put(&t, stem);
		text_put(&t, places[place].ending);
	}
	if (t.cut)
		fprintf(cli->err, "adit pki: a file name is too long\n");
	return !t.cut;
}

bool pki_path_make(const struct pki_path *path, const struct cli *cli)
{
	char folder[PKI_PATH_MAX];
	struct text t = TEXT_ARRAY(folder);

	if (!path->into)
		return true;
	text_put(&t, path->into);
	if (!pki_folder_make(cli, folder, false))
		return false;
	if (!places[path->place].folder)
		return true;
	text_char(&t, '/');
	text_put(&t, places[path->place].folder);
	return !t.cut && pki_folder_make(cli, folder, places[path->place].private);
}

void pki_stem(struct pki_path *ret, const char *name)
{
	struct text t = TEXT_ARRAY(ret->words);

	for (size_t i = 0; name[i] && i < 100; i++) {
		char c = name[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-@_", c)) ||
			     (c == '.' && i > 0);

		text_char(&t, plain ? c : '_');
	}
}

/* A folder given as the CA is one that --into filled. */
static struct pki_options authority_in(const struct pki_options *o)
{
	struct pki_options in = *o;
	struct stat there;

	if (o->ca && stat(o->ca, &there) == 0 && S_ISDIR(there.st_mode)) {
		in.into = o->ca;
		in.ca = NULL;
	}
	return in;
}

bool pki_authority_load(struct pki_authority *ret, const struct cli *cli, const struct pki_options *o)
{
	struct pki_options in = authority_in(o);
	struct pki_path key;

	*ret = (struct pki_authority){ 0 };
	if (!pki_path_find(&ret->path, cli, &in, PLACE_CA, in.ca, "ca") ||
	    !pki_path_find(&key, cli, &in, PLACE_KEY, in.ca_key, "ca"))
		return false;
	if (!pki_der_load(&ret->cert, cli, ret->path.words, "CERTIFICATE") ||
	    !pki_key_load(&ret->key, cli, key.words, o->key_passphrase_file)) {
		pki_authority_clear(ret);
		fputs("adit pki: it needs a CA: --ca and --ca-key name its files, `adit pki ca` makes one\n", cli->err);
		return false;
	}
	return true;
}

void pki_authority_clear(struct pki_authority *a)
{
	pki_file_clear(&a->cert);
	issue_key_free(a->key);
	a->key = NULL;
}

bool pki_authority_copy(const struct pki_authority *a, const struct cli *cli, const struct pki_options *o)
{
	const char *slash = strrchr(a->path.words, '/');
	struct pki_file ours = { 0 }, theirs = { 0 };
	struct pki_path path;
	struct text t = TEXT_ARRAY(path.words);
	struct stat there;
	bool done;

	if (!pki_path_find(&path, cli, o, PLACE_CA, NULL, "") || !pki_path_make(&path, cli))
		return false;
	text_put(&t, o->into);
	text_char(&t, '/');
	text_put(&t, places[PLACE_CA].folder);
	text_put(&t, slash ? slash : "/");
	text_put(&t, slash ? "" : a->path.words);
	if (t.cut || !pki_file_read(&ours, cli, a->path.words))
		return false;
	if (stat(path.words, &there) != 0) {
		done = pki_file_write(cli, path.words, pki_file_span(&ours), false, false);
		if (done)
			fprintf(cli->out, "CA: %s\n", path.words);
	} else {
		done = pki_file_read(&theirs, cli, path.words) && span_equal(pki_file_span(&ours), pki_file_span(&theirs));
		if (!done)
			fprintf(cli->err, "adit pki: %s is another CA's; put %s beside it under another name\n", path.words,
				a->path.words);
	}
	pki_file_clear(&ours);
	pki_file_clear(&theirs);
	return done;
}
