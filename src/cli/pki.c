/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of `adit pki`, one table, and what each does. */
#include "pki.h"

#include "pki_in.h"

#define MAKE (PKI_NAME | PKI_SAN | PKI_KEYGEN | PKI_OUT | PKI_KEY | PKI_ENCRYPT | PKI_INTO | PKI_FORCE)
#define ISSUED (MAKE | PKI_DAYS | PKI_CA)

static const struct pki_command rows[] = {
	{ "ca", "--name NAME [OPTIONS]", "make a root CA: certificate and key",
	  "Makes a key and a certificate that signs itself: ca.pem and ca-key.pem, valid for ten years.\n"
	  "Keep the key where nobody else gets it.\n",
	  (MAKE & ~PKI_SAN) | PKI_DAYS | PKI_PATHLEN, 0, 0, ISSUE_CA, 3650, pki_issue },
	{ "intermediate", "--name NAME [OPTIONS]", "make a CA below another one",
	  "Makes a key and a certificate for a CA that --ca signs. No further CA may be below it unless\n"
	  "--path-length says so.\n",
	  (ISSUED & ~PKI_SAN) | PKI_PATHLEN, 0, 0, ISSUE_CA, 1825, pki_issue },
	{ "server", "--san NAME … [OPTIONS]", "make a gateway's certificate and key",
	  "Makes a key and a certificate for a gateway. Give every host name and address that peers connect\n"
	  "to as --san; an address also becomes a name, as Windows wants it. Valid for 825 days, Apple's\n"
	  "limit. RSA keys suit every client.\n",
	  ISSUED, 0, 0, ISSUE_SERVER, 825, pki_issue },
	{ "client", "--san NAME | --name NAME [OPTIONS]", "make a device's certificate and key",
	  "Makes a key and a certificate for a device or a person: --san carol@example.org, say.\n",
	  ISSUED, 0, 0, ISSUE_CLIENT, 825, pki_issue },
	{ "request", "--san NAME … [OPTIONS]", "make a key and a request for another CA to sign",
	  "Makes a key and a certificate request (CSR, PKCS#10), for a CA elsewhere.\n",
	  MAKE | PKI_PURPOSE, 0, 0, ISSUE_CLIENT, 0, pki_request },
	{ "sign", "REQUEST [OPTIONS]", "issue a certificate for a request",
	  "Checks the request and issues a certificate for its key. Names come from the request unless --name\n"
	  "or --san are given; what it is for comes from --purpose alone. Look at it first: adit pki show.\n",
	  PKI_NAME | PKI_SAN | PKI_DAYS | PKI_CA | PKI_OUT | PKI_INTO | PKI_FORCE | PKI_PURPOSE | PKI_PATHLEN, 1, 1, ISSUE_CLIENT, 825,
	  pki_sign },
	{ "revoke", "CERTIFICATE … [OPTIONS]", "take certificates back: add them to the CRL",
	  "Adds certificates of the CA to its CRL, which is made when it is not there. Copy the CRL to every\n"
	  "gateway (x509crl/) and reload there.\n",
	  PKI_CA | PKI_OUT | PKI_INTO | PKI_DAYS | PKI_REASON, 1, PKI_OPERANDS_MAX, 0, 30, pki_revoke },
	{ "crl", "[OPTIONS]", "make the CRL, or make it fresh",
	  "Signs the CRL again with what is in it, so that it stays valid; makes an empty one when there is\n"
	  "none.\n",
	  PKI_CA | PKI_OUT | PKI_INTO | PKI_DAYS, 0, 0, 0, 30, pki_revoke },
	{ "pkcs12", "NAME | --cert FILE --key FILE [OPTIONS]", "bundle certificate, key and CA for a device",
	  "Puts certificate, key and CA certificates into one file that phones and laptops import: NAME.p12\n"
	  "of NAME.pem and NAME-key.pem. Apple's devices want --legacy.\n",
	  PKI_CERT | PKI_KEY | PKI_CA_CERT | PKI_OUT | PKI_INTO | PKI_FORCE | PKI_PASSPHRASE | PKI_KEY_PASSPHRASE | PKI_LEGACY, 0, 1, 0,
	  0, pki_pkcs12 },
	{ "show", "FILE … [OPTIONS]", "say in plain words what is in a file",
	  "Shows certificates, requests, CRLs and keys. Of a private key, only what it is. What is in a PKCS#12\n"
	  "bundle, with the passphrase.\n", PKI_KEY_PASSPHRASE, 1, PKI_OPERANDS_MAX, 0, 0, pki_show },
};

static void help_all(FILE *out)
{
	fputs("adit pki: a small certificate authority\n\nUsage: adit pki COMMAND …\n\n", out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		fprintf(out, "  adit pki %-12s  %s\n", rows[i].name, rows[i].summary);
	fputs("\nA CA, a gateway and a phone:\n\n"
	      "  adit pki ca --name \"O=example, CN=example CA\"\n"
	      "  adit pki server --san gw.example.org --san 192.0.2.1\n"
	      "  adit pki client --san carol@example.org\n"
	      "  adit pki pkcs12 carol@example.org\n"
	      "\nFiles are in this folder; with --into DIR they are below it as swanctl has them (x509ca, x509,\n"
	      "x509crl, private, pkcs12), and a gateway or device finds its CA there too; --ca DIR takes the CA\n"
	      "from such a folder. `adit pki COMMAND --help` says more.\n",
	      out);
}

static enum cli_status help_one(FILE *out, const struct pki_command *row)
{
	fprintf(out, "Usage: adit pki %s %s\n\n%s\nOptions:\n", row->name, row->synopsis, row->help);
	pki_options_print(out, row->options | PKI_HELP);
	return CLI_OK;
}

enum cli_status pki_usage(const struct cli *cli, const struct pki_command *row, const char *complaint)
{
	fprintf(cli->err, "adit pki %s: %s. Usage: adit pki %s %s\n", row->name, complaint, row->name, row->synopsis);
	return CLI_USAGE;
}

enum cli_status pki_failed(const struct cli *cli, const struct pki_command *row, enum err err, const char *why)
{
	fprintf(cli->err, "adit pki %s: %s\n", row->name, why && *why ? why : err_words(err));
	return CLI_FAILED;
}

enum cli_status cli_pki(const struct cli *cli, int argc, char *const argv[], int at)
{
	struct pki_options o = { 0 };
	char words[300];
	struct text complaint = TEXT_ARRAY(words);

	if (at >= argc || strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
		help_all(at >= argc ? cli->err : cli->out);
		return at >= argc ? CLI_USAGE : CLI_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(argv[at], rows[i].name) != 0)
			continue;
		if (pki_options_parse(&o, rows[i].options | PKI_HELP, argc, argv, at + 1, &complaint) != ERR_OK)
			return pki_usage(cli, &rows[i], words);
		if (o.help)
			return help_one(cli->out, &rows[i]);
		if (o.operands_count < rows[i].operands_least)
			return pki_usage(cli, &rows[i], "a file is missing");
		if (o.operands_count > rows[i].operands_most)
			return pki_usage(cli, &rows[i], "one word too many");
		return rows[i].run(cli, &rows[i], &o);
	}
	text_put(&complaint, "there is no command ");
	text_peer(&complaint, span_text(argv[at]));
	fprintf(cli->err, "adit pki: %s; `adit pki --help` lists what there is.\n", words);
	return CLI_USAGE;
}
