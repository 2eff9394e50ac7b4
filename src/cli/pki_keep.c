/* SPDX-License-Identifier: Apache-2.0 */
/* `adit pki revoke, crl, pkcs12, show`: what is done with certificates that are there. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pki_in.h"
#include "secret.h"

#define BUNDLE_MAX (256 * 1024)
#define SHOW_MAX (64 * 1024)
#define CRL_NAME "X509 CRL"

/* A CRL with one more certificate in it, or none; *crl is replaced. */
static enum cli_status crl_step(const struct cli *cli, const struct pki_command *row, const struct pki_authority *ca,
				struct pki_file *crl, struct span cert, unsigned reason, unsigned days)
{
	char words[300];
	struct text why = TEXT_ARRAY(words);
	size_t max = crl->len + 4096, len = 0;
	uint8_t *next = malloc(max);
	enum err err = ERR_MEMORY;

	if (next)
		err = issue_crl(pki_file_span(crl), cert, reason, pki_file_span(&ca->cert), ca->key, (int64_t)time(NULL), days, next, max,
				&len, &why);
	if (err) {
		free(next);
		return pki_failed(cli, row, err, words);
	}
	pki_file_clear(crl);
	*crl = (struct pki_file){ .data = next, .len = len };
	return CLI_OK;
}

static enum cli_status certs_revoke(const struct cli *cli, const struct pki_command *row, const struct pki_options *o,
				    const struct pki_authority *ca, struct pki_file *crl, unsigned reason, unsigned days)
{
	enum cli_status status = CLI_OK;

	for (size_t i = 0; i < o->operands_count && !status; i++) {
		struct pki_file cert = { 0 };

		if (!pki_der_load(&cert, cli, o->operands[i], "CERTIFICATE"))
			return CLI_FAILED;
		status = crl_step(cli, row, ca, crl, pki_file_span(&cert), reason, days);
		if (status)
			fprintf(cli->err, "adit pki: that was %s; the CRL is as it was\n", o->operands[i]);
		pki_file_clear(&cert);
	}
	return status;
}

static enum cli_status crl_save(const struct cli *cli, const struct pki_command *row, const struct pki_path *path,
				const struct pki_file *crl)
{
	struct pki_file pem = { .len = crl->len * 2 + 256 };
	enum cli_status status = CLI_FAILED;
	size_t len = 0;
	enum err err = ERR_MEMORY;

	pem.data = malloc(pem.len);
	if (pem.data)
		err = issue_pem(CRL_NAME, pki_file_span(crl), pem.data, pem.len, &len);
	if (err)
		pki_failed(cli, row, err, NULL);
	else if (pki_path_make(path, cli) && pki_file_write(cli, path->words, span_of(pem.data, len), false, true))
		status = CLI_OK;
	free(pem.data);
	return status;
}

enum cli_status pki_revoke(const struct cli *cli, const struct pki_command *row, const struct pki_options *o)
{
	struct pki_authority ca;
	struct pki_file crl = { 0 };
	struct pki_path path;
	unsigned reason = 0, days = row->days;
	enum cli_status status = CLI_FAILED;

	if (o->reason && issue_reason_parse(&reason, o->reason) != ERR_OK)
		return pki_usage(cli, row,
				 "--reason is unspecified, key-compromise, ca-compromise, affiliation-changed, superseded, "
				 "cessation-of-operation, certificate-hold, privilege-withdrawn or aa-compromise");
	if (o->days && (pki_number_parse(&days, o->days, ISSUE_DAYS_MAX) != ERR_OK || days == 0))
		return pki_usage(cli, row, "--days takes a number from 1 to 36525");
	if (!pki_path_find(&path, cli, o, PLACE_CRL, o->out, "ca") || !pki_authority_load(&ca, cli, o))
		return CLI_FAILED;
	if (access(path.words, F_OK) == 0 && !pki_der_load(&crl, cli, path.words, CRL_NAME))
		goto out;
	status = o->operands_count ? certs_revoke(cli, row, o, &ca, &crl, reason, days)
				   : crl_step(cli, row, &ca, &crl, SPAN_EMPTY, 0, days);
	if (!status)
		status = crl_save(cli, row, &path, &crl);
	if (!status)
		fprintf(cli->out, "CRL: %s, valid for %u days\n", path.words, days);
out:
	pki_file_clear(&crl);
	pki_authority_clear(&ca);
	return status;
}

/* What goes into a bundle. */
struct bundle {
	struct pki_path cert_path, key_path, ca_path, out;
	struct pki_file cert, ca;
	struct issue_key *key;
	struct pki_passphrase passphrase;
};

static bool bundle_paths(struct bundle *b, const struct cli *cli, const struct pki_options *o)
{
	struct pki_path stem;
	const char *name = o->operands_count ? o->operands[0] : "bundle";

	pki_stem(&stem, name);
	return pki_path_find(&b->cert_path, cli, o, PLACE_CERT, o->cert, stem.words) &&
	       pki_path_find(&b->key_path, cli, o, PLACE_KEY, o->key, stem.words) &&
	       pki_path_find(&b->ca_path, cli, o, PLACE_CA, o->ca, "ca") &&
	       pki_path_find(&b->out, cli, o, PLACE_PKCS12, o->out, stem.words) && pki_file_free(cli, b->out.words, o->force);
}

static bool bundle_load(struct bundle *b, const struct cli *cli, const struct pki_options *o)
{
	if (!bundle_paths(b, cli, o) || !pki_der_load(&b->cert, cli, b->cert_path.words, "CERTIFICATE") ||
	    !pki_key_load(&b->key, cli, b->key_path.words, o->key_passphrase_file) || !pki_file_read(&b->ca, cli, b->ca_path.words))
		return false;
	return o->passphrase_file ? pki_passphrase_read(&b->passphrase, cli, o->passphrase_file)
				  : pki_passphrase_ask(&b->passphrase, cli, "Passphrase of the bundle: ", true);
}

static enum cli_status bundle_save(const struct bundle *b, const struct cli *cli, const struct pki_command *row,
				   const struct pki_options *o)
{
	char words[300], name[300];
	struct text why = TEXT_ARRAY(words), t = TEXT_ARRAY(name);
	enum cli_status status = CLI_FAILED;
	uint8_t *der = malloc(BUNDLE_MAX);
	size_t len = 0;
	enum err err = ERR_MEMORY;

	(void)issue_cert_name(pki_file_span(&b->cert), &t);
	if (der)
		err = issue_pkcs12(pki_file_span(&b->cert), b->key, pki_file_span(&b->ca), name,
				   span_of(b->passphrase.words, b->passphrase.len), o->legacy, der, BUNDLE_MAX, &len, &why);
	if (err)
		pki_failed(cli, row, err, words);
	else if (pki_path_make(&b->out, cli) && pki_file_write(cli, b->out.words, span_of(der, len), true, o->force))
		status = CLI_OK;
	if (!status)
		fprintf(cli->out, "bundle: %s\n", b->out.words);
	free(der);
	return status;
}

enum cli_status pki_pkcs12(const struct cli *cli, const struct pki_command *row, const struct pki_options *o)
{
	struct bundle b = { 0 };
	enum cli_status status = CLI_FAILED;

	if (!o->operands_count && !(o->cert && o->key && o->out))
		return pki_usage(cli, row, "whose? Give a name, or --cert, --key and --out");
	if (bundle_load(&b, cli, o))
		status = bundle_save(&b, cli, row, o);
	secret_wipe(&b.passphrase, sizeof(b.passphrase));
	issue_key_free(b.key);
	pki_file_clear(&b.cert);
	pki_file_clear(&b.ca);
	return status;
}

enum cli_status pki_show(const struct cli *cli, const struct pki_command *row, const struct pki_options *o)
{
	static char shown[SHOW_MAX];
	struct pki_passphrase p = { 0 };
	enum cli_status status = CLI_OK;

	(void)row;
	if (o->key_passphrase_file && !pki_passphrase_read(&p, cli, o->key_passphrase_file))
		return CLI_FAILED;
	for (size_t i = 0; i < o->operands_count; i++) {
		struct text t = TEXT_ARRAY(shown);
		char words[200];
		struct text why = TEXT_ARRAY(words);
		struct pki_file file = { 0 };

		if (!pki_file_read(&file, cli, o->operands[i])) {
			status = CLI_FAILED;
			continue;
		}
		if (o->operands_count > 1)
			fprintf(cli->out, "%s%s:\n", i ? "\n" : "", o->operands[i]);
		if (issue_show(pki_file_span(&file), span_of(p.words, p.len), (int64_t)time(NULL), &t, &why) == ERR_OK) {
			fputs(shown, cli->out);
			fputs(t.cut ? "… and more\n" : "", cli->out);
		} else {
			fprintf(cli->err, "adit pki: %s: %s\n", o->operands[i], words);
			status = CLI_FAILED;
		}
		pki_file_clear(&file);
	}
	secret_wipe(&p, sizeof(p));
	return status;
}
