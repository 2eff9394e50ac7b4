/* SPDX-License-Identifier: Apache-2.0 */
/* `adit pki ca, intermediate, server, client, request, sign`: what ends in a certificate. */
#include <stdlib.h>
#include <time.h>

#include "pki_in.h"
#include "secret.h"

#define DER_MAX (64 * 1024)
#define SUBJECT_MAX 600

/* One making, from options to files. */
struct making {
	const struct cli *cli;
	const struct pki_command *row;
	const struct pki_options *o;
	struct issue_request request;
	char subject[SUBJECT_MAX], words[600];
	struct text why;
	struct pki_path stem, out, key_path;
	struct issue_key *key;
	struct pki_authority ca;
	bool has_ca;
};

static enum cli_status making_failed(const struct making *m, enum err err)
{
	return pki_failed(m->cli, m->row, err, m->words);
}

/* A plain name is a CN; what is special in a DN is escaped. */
static bool subject_make(struct making *m, const char *name)
{
	struct text t = TEXT_ARRAY(m->subject);

	if (!strchr(name, '=')) {
		text_put(&t, "CN=");
		for (; *name; name++) {
			if (*name == ',' || *name == '\\')
				text_char(&t, '\\');
			text_char(&t, *name);
		}
	} else {
		text_put(&t, name);
	}
	m->request.subject = m->subject;
	return !t.cut;
}

/* Something that a peer could be reached or known by. */
static bool could_be_san(const char *name)
{
	return !strchr(name, '=') && !strchr(name, ' ') && (strchr(name, '.') || strchr(name, '@') || strchr(name, ':'));
}

static bool purpose_read(struct making *m, const char *word)
{
	static const struct {
		const char *word;
		enum issue_purpose purpose;
	} words[] = { { "server", ISSUE_SERVER }, { "client", ISSUE_CLIENT }, { "ca", ISSUE_CA } };

	for (size_t i = 0; word && i < ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i].word) != 0)
			continue;
		m->request.purpose = words[i].purpose;
		return true;
	}
	return !word;
}

/* CLI_OK, or CLI_USAGE with a complaint. */
static enum cli_status numbers_read(struct making *m, bool root)
{
	unsigned number = 0;

	m->request.days = m->row->days;
	m->request.path_length = root ? -1 : 0;
	if (m->o->days && (pki_number_parse(&m->request.days, m->o->days, ISSUE_DAYS_MAX) != ERR_OK || m->request.days == 0))
		return pki_usage(m->cli, m->row, "--days takes a number from 1 to 36525");
	if (m->o->path_length) {
		if (pki_number_parse(&number, m->o->path_length, 8) != ERR_OK)
			return pki_usage(m->cli, m->row, "--path-length takes a number up to 8");
		m->request.path_length = (int)number;
	}
	if (!purpose_read(m, m->o->purpose))
		return pki_usage(m->cli, m->row, "--purpose is server, client or ca");
	return CLI_OK;
}

/* Names, and the files' stem. */
static enum cli_status names_read(struct making *m, bool from_csr)
{
	const struct pki_options *o = m->o;
	const char *first = o->sans_count ? o->sans[0] : o->name;

	if (!first && !from_csr)
		return pki_usage(m->cli, m->row,
				 m->request.purpose == ISSUE_CA ? "it needs a --name" : "it needs a name: --san gw.example.org, say");
	memcpy(m->request.sans, o->sans, sizeof(o->sans));
	m->request.sans_count = o->sans_count;
	if (o->name && !o->sans_count && m->request.purpose != ISSUE_CA && could_be_san(o->name))
		m->request.sans[m->request.sans_count++] = o->name;
	if ((o->name || !from_csr) && !subject_make(m, o->name ? o->name : first))
		return pki_usage(m->cli, m->row, "the name is too long");
	if (first && strchr(first, '=')) { /* of a DN, its CN */
		const char *cn = strstr(first, "CN=");

		if (cn) {
			char words[PKI_PATH_MAX];
			struct text t = TEXT_ARRAY(words);

			text_putn(&t, cn + 3, strcspn(cn + 3, ",/+"));
			pki_stem(&m->stem, words);
			return CLI_OK;
		}
	}
	if (first)
		pki_stem(&m->stem, first);
	return CLI_OK;
}

static enum cli_status key_make(struct making *m)
{
	static const struct {
		const char *word;
		enum key_kind kind;
	} types[] = { { "rsa", KEY_RSA }, { "ecdsa", KEY_ECDSA }, { "ed25519", KEY_ED25519 }, { "ed448", KEY_ED448 } };
	const char *type = m->o->type ? m->o->type : "rsa";
	unsigned bits = 0;
	enum err err;

	if (m->o->bits && pki_number_parse(&bits, m->o->bits, RSA_BITS_MOST) != ERR_OK)
		return pki_usage(m->cli, m->row, "--bits takes a number up to 8192");
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strcmp(types[i].word, type) != 0)
			continue;
		err = issue_key_new(&m->key, types[i].kind, bits);
		if (err == ERR_UNSUPPORTED)
			return pki_usage(m->cli, m->row, "--bits: RSA takes 2048 to 8192, ECDSA 256, 384 or 521");
		return err ? making_failed(m, err) : CLI_OK;
	}
	return pki_usage(m->cli, m->row, "--type is rsa, ecdsa, ed25519 or ed448");
}

static bool passphrase_find(const struct making *m, struct pki_passphrase *ret)
{
	if (m->o->passphrase_file)
		return pki_passphrase_read(ret, m->cli, m->o->passphrase_file);
	return !m->o->encrypt || pki_passphrase_ask(ret, m->cli, "Passphrase of the new key: ", true);
}

static enum cli_status key_save(const struct making *m)
{
	uint8_t pem[DER_MAX / 2];
	struct pki_passphrase p = { 0 };
	enum cli_status status = CLI_FAILED;
	size_t len = 0;
	enum err err;

	if (!passphrase_find(m, &p))
		return CLI_FAILED;
	err = issue_key_write(m->key, span_of(p.words, p.len), pem, sizeof(pem), &len);
	if (err)
		making_failed(m, err);
	else if (pki_path_make(&m->key_path, m->cli) && pki_file_write(m->cli, m->key_path.words, span_of(pem, len), true, m->o->force))
		status = CLI_OK;
	secret_wipe(&p, sizeof(p));
	secret_wipe(pem, sizeof(pem));
	return status;
}

/* The key: made anew, or the one that is there. */
static enum cli_status key_prepare(struct making *m)
{
	if (m->o->reuse_key)
		return pki_key_load(&m->key, m->cli, m->key_path.words, m->o->key_passphrase_file) ? CLI_OK : CLI_FAILED;
	if (!pki_file_free(m->cli, m->key_path.words, m->o->force))
		return CLI_FAILED;
	return key_make(m);
}

/* PEM of the result; below an intermediate CA, its certificate too, so that peers who know the root find the way. */
static enum cli_status result_save(const struct making *m, const char *kind, struct span der)
{
	uint8_t pem[DER_MAX * 2];
	size_t len = 0, more = 0;
	bool bundle = m->has_ca && m->request.purpose != ISSUE_CA && !issue_cert_is_root(pki_file_span(&m->ca.cert));
	enum err err = issue_pem(kind, der, pem, sizeof(pem), &len);

	if (!err && bundle)
		err = issue_pem(kind, pki_file_span(&m->ca.cert), pem + len, sizeof(pem) - len, &more);
	if (err)
		return making_failed(m, err);
	if (!pki_path_make(&m->out, m->cli) || !pki_file_write(m->cli, m->out.words, span_of(pem, len + more), false, m->o->force))
		return CLI_FAILED;
	return CLI_OK;
}

static void result_say(const struct making *m, const char *what, bool with_key)
{
	fprintf(m->cli->out, "%s: %s\n", what, m->out.words);
	if (with_key && !m->o->reuse_key)
		fprintf(m->cli->out, "private key: %s\n", m->key_path.words);
}

/* What is left to do for who fills a folder: the lines of its configuration. */
static enum cli_status folder_complete(const struct making *m)
{
	const char *id, *quote;

	if (!m->o->into || m->request.purpose == ISSUE_CA)
		return CLI_OK;
	if (issue_cert_is_root(pki_file_span(&m->ca.cert)) && !pki_authority_copy(&m->ca, m->cli, m->o))
		return CLI_FAILED;
	id = m->request.sans_count ? m->request.sans[0] : m->request.subject;
	quote = strpbrk(id, " ,=#{}") ? "\"" : "";
	fprintf(m->cli->out, "next: in %s/adit.conf, in the section local:\n  auth = pubkey\n  id = %s%s%s\n", m->o->into, quote, id, quote);
	return CLI_OK;
}

static void making_begin(struct making *m, const struct cli *cli, const struct pki_command *row, const struct pki_options *o)
{
	*m = (struct making){ .cli = cli, .row = row, .o = o };
	m->request.purpose = (enum issue_purpose)row->purpose;
	m->why = TEXT_ARRAY(m->words);
}

static void making_end(struct making *m)
{
	issue_key_free(m->key);
	if (m->has_ca)
		pki_authority_clear(&m->ca);
}

static enum cli_status issue_run(struct making *m)
{
	bool root = !(m->row->options & PKI_CA);
	uint8_t der[DER_MAX];
	enum cli_status status = numbers_read(m, root);
	enum pki_place place = m->request.purpose == ISSUE_CA ? PLACE_CA : PLACE_CERT;
	size_t len = 0;
	enum err err;

	if (!status)
		status = names_read(m, false);
	if (status)
		return status;
	if (root)
		pki_stem(&m->stem, "ca");
	if (!root && !(m->has_ca = pki_authority_load(&m->ca, m->cli, m->o)))
		return CLI_FAILED;
	if (!pki_path_find(&m->out, m->cli, m->o, place, m->o->out, m->stem.words) ||
	    !pki_path_find(&m->key_path, m->cli, m->o, PLACE_KEY, m->o->key, m->stem.words) ||
	    !pki_file_free(m->cli, m->out.words, m->o->force))
		return CLI_FAILED;
	status = key_prepare(m);
	if (status)
		return status;
	err = issue_cert(&m->request, m->key, SPAN_EMPTY, pki_file_span(&m->ca.cert), m->ca.key, (int64_t)time(NULL), der, sizeof(der),
			 &len, &m->why);
	if (err)
		return making_failed(m, err);
	if (!m->o->reuse_key)
		status = key_save(m);
	if (!status)
		status = result_save(m, "CERTIFICATE", span_of(der, len));
	if (!status) {
		result_say(m, "certificate", true);
		status = folder_complete(m);
	}
	return status;
}

enum cli_status pki_issue(const struct cli *cli, const struct pki_command *row, const struct pki_options *o)
{
	struct making m;
	enum cli_status status;

	making_begin(&m, cli, row, o);
	status = issue_run(&m);
	making_end(&m);
	return status;
}

static enum cli_status request_run(struct making *m)
{
	uint8_t der[DER_MAX];
	enum cli_status status = numbers_read(m, true);
	size_t len = 0;
	enum err err;

	if (!status)
		status = names_read(m, false);
	if (status)
		return status;
	if (!pki_path_find(&m->out, m->cli, m->o, PLACE_REQUEST, m->o->out, m->stem.words) ||
	    !pki_path_find(&m->key_path, m->cli, m->o, PLACE_KEY, m->o->key, m->stem.words) ||
	    !pki_file_free(m->cli, m->out.words, m->o->force))
		return CLI_FAILED;
	status = key_prepare(m);
	if (status)
		return status;
	err = issue_csr(&m->request, m->key, der, sizeof(der), &len, &m->why);
	if (err)
		return making_failed(m, err);
	if (!m->o->reuse_key)
		status = key_save(m);
	if (!status)
		status = result_save(m, "CERTIFICATE REQUEST", span_of(der, len));
	if (!status)
		result_say(m, "request", true);
	return status;
}

enum cli_status pki_request(const struct cli *cli, const struct pki_command *row, const struct pki_options *o)
{
	struct making m;
	enum cli_status status;

	making_begin(&m, cli, row, o);
	status = request_run(&m);
	making_end(&m);
	return status;
}

/* Where the certificate goes when nobody said: after the name that it got. */
static bool stem_of_cert(struct making *m, struct span der)
{
	char words[300];
	struct text t = TEXT_ARRAY(words);

	if (!issue_cert_name(der, &t))
		text_put(&t, "signed");
	pki_stem(&m->stem, words);
	return pki_path_find(&m->out, m->cli, m->o, m->request.purpose == ISSUE_CA ? PLACE_CA : PLACE_CERT, m->o->out, m->stem.words);
}

/* They are the request's, and the CA answers for them from now on. */
static void names_say(const struct making *m, struct span der)
{
	char words[2048];
	struct text t = TEXT_ARRAY(words);

	issue_cert_names(der, &t);
	fprintf(m->cli->out, "for: %s%s\n", words, t.cut ? "…" : "");
}

static enum cli_status sign_run(struct making *m, struct pki_file *csr)
{
	uint8_t der[DER_MAX];
	enum cli_status status = numbers_read(m, false);
	size_t len = 0;
	enum err err;

	if (!status)
		status = names_read(m, true);
	if (status)
		return status;
	m->has_ca = pki_authority_load(&m->ca, m->cli, m->o);
	if (!m->has_ca || !pki_der_load(csr, m->cli, m->o->operands[0], "CERTIFICATE REQUEST"))
		return CLI_FAILED;
	err = issue_cert(&m->request, NULL, pki_file_span(csr), pki_file_span(&m->ca.cert), m->ca.key, (int64_t)time(NULL), der,
			 sizeof(der), &len, &m->why);
	if (err)
		return making_failed(m, err);
	if (!stem_of_cert(m, span_of(der, len)) || !pki_file_free(m->cli, m->out.words, m->o->force))
		return CLI_FAILED;
	status = result_save(m, "CERTIFICATE", span_of(der, len));
	if (!status) {
		result_say(m, "certificate", false);
		names_say(m, span_of(der, len));
	}
	return status;
}

enum cli_status pki_sign(const struct cli *cli, const struct pki_command *row, const struct pki_options *o)
{
	struct making m;
	struct pki_file csr = { 0 };
	enum cli_status status;

	making_begin(&m, cli, row, o);
	status = sign_run(&m, &csr);
	pki_file_clear(&csr);
	making_end(&m);
	return status;
}
