/* SPDX-License-Identifier: Apache-2.0 */
/* Names in certificates: subjects and alternative names (RFC 5280 4.1.2.6, 4.2.1.6). */
#include "issue_in.h"

#include <openssl/err.h>

#include "address.h"
#include "dn.h"

#define DN_DER_MAX 1100
#define SAN_LEN_MAX 255

enum err subject_parse(X509_NAME **ret, const char *subject, struct text *ret_why)
{
	enum err err = ERR_OK;
	uint8_t der[DN_DER_MAX];
	const unsigned char *at = der;
	X509_NAME *name = NULL;
	size_t len;

	if (dn_encode(der, sizeof(der), &len, span_text(subject)) != ERR_OK) {
		text_put(ret_why, "\"");
		text_peer(ret_why, span_text(subject));
		return complain(ret_why, "\" is no distinguished name; write it like \"C=CH, O=example, CN=moon\"",
				ERR_SYNTAX);
	}
	name = d2i_X509_NAME(NULL, &at, (long)len);
	TRY_THAT(name, ERR_CRYPTO);
	*ret = name;
out:
	ERR_clear_error();
	return err;
}

static bool host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* A host name, perhaps with "*." before it (RFC 1123 2.1). */
static bool is_host(const char *text)
{
	size_t len;

	if (text[0] == '*' && text[1] == '.')
		text += 2;
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		if (!host_char(text[i]) || (text[i] == '.' && (i == 0 || text[i - 1] == '.')))
			return false;
	}
	return len > 0 && len <= SAN_LEN_MAX && text[len - 1] != '.';
}

/* local@host, printable. */
static bool is_mailbox(const char *text)
{
	const char *at = strrchr(text, '@');

	if (!at || at == text || !is_host(at + 1) || strlen(text) > SAN_LEN_MAX)
		return false;
	for (; text < at; text++) {
		if (*text <= ' ' || *text > '~' || *text == '@')
			return false;
	}
	return true;
}

static GENERAL_NAME *general_name_new(int type, struct span value)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (!name || !string || !ASN1_STRING_set(string, value.data, (int)value.len)) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(string);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, type, string);
	return name;
}

static enum err names_push(GENERAL_NAMES *names, GENERAL_NAME *name)
{
	for (int i = 0; name && i < sk_GENERAL_NAME_num(names); i++) {
		if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), name) != 0)
			continue;
		GENERAL_NAME_free(name); /* there already */
		return ERR_OK;
	}
	if (name && sk_GENERAL_NAME_push(names, name))
		return ERR_OK;
	GENERAL_NAME_free(name);
	return ERR_MEMORY;
}

/* An address; of a server as a name too, which is where Windows looks. */
static enum err address_push(GENERAL_NAMES *names, const struct ip *ip, enum issue_purpose purpose)
{
	char words[64];
	struct text t = TEXT_ARRAY(words);
	enum err err;

	TRY(names_push(names, general_name_new(GEN_IPADD, ip_span(ip))));
	text_ip(&t, ip);
	if (purpose == ISSUE_SERVER)
		TRY(names_push(names, general_name_new(GEN_DNS, span_text(words))));
out:
	return err;
}

static enum err san_push(GENERAL_NAMES *names, const char *san, enum issue_purpose purpose, struct text *ret_why)
{
	struct ip ip;

	if (ip_parse(&ip, san) == ERR_OK)
		return address_push(names, &ip, purpose);
	if (is_mailbox(san))
		return names_push(names, general_name_new(GEN_EMAIL, span_text(san)));
	if (is_host(san))
		return names_push(names, general_name_new(GEN_DNS, span_text(san)));
	text_put(ret_why, "\"");
	text_peer(ret_why, span_text(san));
	return complain(ret_why, "\" is no host name, IP address or user@host", ERR_SYNTAX);
}

/* Of a CSR: names, addresses and mailboxes, and those only when they are what they say. */
static enum err csr_name_push(GENERAL_NAMES *names, const GENERAL_NAME *from, enum issue_purpose purpose, struct text *ret_why)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(from, &type);
	char words[SAN_LEN_MAX + 1];
	struct ip ip;
	size_t len;

	if (type != GEN_DNS && type != GEN_EMAIL && type != GEN_IPADD)
		return complain(ret_why, "the request asks for a kind of name that is not issued here; give --san yourself",
				ERR_CONFIG);
	len = (size_t)ASN1_STRING_length(value);
	if (type == GEN_IPADD) {
		if (ip_from_bytes(&ip, span_of(ASN1_STRING_get0_data(value), len)) != ERR_OK)
			return complain(ret_why, "the request has a malformed IP address", ERR_SYNTAX);
		return address_push(names, &ip, purpose);
	}
	if (len > SAN_LEN_MAX || memchr(ASN1_STRING_get0_data(value), 0, len))
		return complain(ret_why, "the request has a malformed name", ERR_SYNTAX);
	memcpy(words, ASN1_STRING_get0_data(value), len);
	words[len] = '\0';
	if (type == GEN_DNS && !is_host(words) && ip_parse(&ip, words) == ERR_OK) /* for Windows */
		return names_push(names, general_name_new(GEN_DNS, span_text(words)));
	if (type == GEN_DNS ? !is_host(words) : !is_mailbox(words))
		return complain(ret_why, "the request has a malformed name", ERR_SYNTAX);
	return names_push(names, general_name_new(type, span_text(words)));
}

enum err sans_make(GENERAL_NAMES **ret, const struct issue_request *r, const GENERAL_NAMES *csr_names, struct text *ret_why)
{
	enum err err = ERR_OK;
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	int count = csr_names && !r->sans_count ? sk_GENERAL_NAME_num(csr_names) : 0;

	TRY_THAT(names, ERR_MEMORY);
	TRY_THAT(count <= ISSUE_SANS_MAX && r->sans_count <= ISSUE_SANS_MAX, complain(ret_why, "there are too many names", ERR_LIMIT));
	for (size_t i = 0; i < r->sans_count; i++)
		TRY(san_push(names, r->sans[i], r->purpose, ret_why));
	for (int i = 0; i < count; i++)
		TRY(csr_name_push(names, sk_GENERAL_NAME_value(csr_names, i), r->purpose, ret_why));
	if (sk_GENERAL_NAME_num(names)) {
		*ret = names;
		names = NULL;
	} else {
		*ret = NULL;
	}
out:
	GENERAL_NAMES_free(names);
	return err;
}

bool text_general_name(struct text *t, const GENERAL_NAME *name)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
	struct ip ip;
	struct span bytes;

	if (type != GEN_DNS && type != GEN_EMAIL && type != GEN_IPADD && type != GEN_URI)
		return false;
	bytes = span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	if (type != GEN_IPADD)
		text_peer(t, bytes);
	else if (ip_from_bytes(&ip, bytes) == ERR_OK)
		text_ip(t, &ip);
	else
		return false;
	return true;
}

void text_x509_name(struct text *t, const X509_NAME *name)
{
	const unsigned char *der;
	size_t len;

	if (X509_NAME_entry_count(name) == 0)
		text_put(t, "(empty)");
	else if (!X509_NAME_get0_der(name, &der, &len) || !text_dn(t, span_of(der, len)))
		text_put(t, "(unreadable)");
}

void issue_cert_names(struct span cert, struct text *ret)
{
	X509 *x = x509_read(cert);
	GENERAL_NAMES *names = x ? X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL) : NULL;

	if (x)
		text_x509_name(ret, X509_get_subject_name(x));
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		text_put(ret, "; ");
		if (!text_general_name(ret, sk_GENERAL_NAME_value(names, i)))
			text_put(ret, "(a name of another kind)");
	}
	GENERAL_NAMES_free(names);
	X509_free(x);
	ERR_clear_error();
}

bool issue_cert_name(struct span cert, struct text *ret)
{
	X509 *x = x509_read(cert);
	GENERAL_NAMES *names = x ? X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL) : NULL;
	const X509_NAME *subject = x ? X509_get_subject_name(x) : NULL;
	int at = subject ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1) : -1;
	bool found = false;

	if (sk_GENERAL_NAME_num(names) > 0)
		found = text_general_name(ret, sk_GENERAL_NAME_value(names, 0));
	if (!found && at >= 0) {
		const ASN1_STRING *cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));

		text_peer(ret, span_of(ASN1_STRING_get0_data(cn), (size_t)ASN1_STRING_length(cn)));
		found = true;
	}
	GENERAL_NAMES_free(names);
	X509_free(x);
	ERR_clear_error();
	return found;
}

bool issue_cert_is_root(struct span cert)
{
	X509 *x = x509_read(cert);
	bool root = x && X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;

	X509_free(x);
	return root;
}
