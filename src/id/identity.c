/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include "address.h"
#include "dn.h"
#include "registry.h"
#include "require.h"

static enum err identity_set(struct identity *ret, uint8_t type, struct span data)
{
	size_t least, most;

	if (data.len > ID_MAX || !id_type_sizes(type, &least, &most) || data.len < least ||
	    data.len > most)
		return data.len > ID_MAX ? ERR_LENGTH : ERR_SYNTAX;
	ret->type = type;
	ret->len = (uint16_t)data.len;
	if (data.len)
		memcpy(ret->data, data.data, data.len);
	return ERR_OK;
}

static enum err identity_from_ip(struct identity *ret, const char *text, uint8_t family)
{
	struct ip ip;

	if (ip_parse(&ip, text) || (family && ip.family != family))
		return ERR_SYNTAX;
	return identity_set(ret, ip.family == IP_V4 ? ID_IPV4_ADDR : ID_IPV6_ADDR, ip_span(&ip));
}

static enum err identity_from_dn(struct identity *ret, struct span text)
{
	enum err err = ERR_OK;
	uint8_t der[ID_MAX];
	size_t len;

	TRY(dn_encode(der, sizeof(der), &len, text));
	TRY(identity_set(ret, ID_DER_ASN1_DN, span_of(der, len)));
out:
	return err;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes in hex, after "#". */
static enum err identity_from_hex(struct identity *ret, uint8_t type, struct span digits)
{
	uint8_t bytes[ID_MAX];
	size_t len = digits.len / 2;

	if (len == 0 || digits.len % 2)
		return ERR_SYNTAX;
	if (len > sizeof(bytes))
		return ERR_LENGTH;
	memset(bytes, 0, len);
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_digit(digits.data[i]);

		if (digit < 0)
			return ERR_SYNTAX;
		bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | digit);
	}
	return identity_set(ret, type, span_of(bytes, len));
}

/* "{2}:moon.example.org", "{11}:#0a0b": the type by its number, the data as they are or in hex. */
static enum err identity_from_numbered(struct identity *ret, const char *text)
{
	unsigned type = 0;
	const char *at = &text[1];

	while (*at >= '0' && *at <= '9' && type <= UINT8_MAX)
		type = type * 10 + (unsigned)(*at++ - '0');
	if (at == &text[1] || at[0] != '}' || at[1] != ':' || type == IDENTITY_ANY || type > UINT8_MAX)
		return ERR_SYNTAX;
	if (at[2] == '#')
		return identity_from_hex(ret, (uint8_t)type, span_text(&at[3]));
	if (type == ID_DER_ASN1_DN)
		return identity_from_dn(ret, span_text(&at[2]));
	return identity_set(ret, (uint8_t)type, span_text(&at[2]));
}

/* "fqdn:" and its like; ERR_NOT_FOUND when there is none of them. */
static enum err identity_from_prefixed(struct identity *ret, const char *text)
{
	static const struct {
		const char *word;
		uint8_t type;
	} prefixes[] = {
		{ "fqdn:", ID_FQDN },
		{ "dns:", ID_FQDN },
		{ "rfc822:", ID_RFC822_ADDR },
		{ "email:", ID_RFC822_ADDR },
		{ "userfqdn:", ID_RFC822_ADDR },
		{ "ipv4:", ID_IPV4_ADDR },
		{ "ipv6:", ID_IPV6_ADDR },
		{ "keyid:", ID_KEY_ID },
		{ "asn1dn:", ID_DER_ASN1_DN },
	};

	/* Kinds that swanctl knows; taken as a key ID they would match nobody. */
	static const char *const others[] = { "ipv4net:", "ipv6net:", "ipv4range:", "ipv6range:", "range:", "asn1gn:", "xmppaddr:", "any:" };

	if (text[0] == '{')
		return identity_from_numbered(ret, text);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (strncmp(text, others[i], strlen(others[i])) == 0)
			return ERR_UNSUPPORTED;
	}
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t len = strlen(prefixes[i].word);
		const char *rest;

		if (strncmp(text, prefixes[i].word, len) != 0)
			continue;
		rest = &text[len];
		if (rest[0] == '#')
			return identity_from_hex(ret, prefixes[i].type, span_text(&rest[1]));
		switch (prefixes[i].type) {
		case ID_IPV4_ADDR:
			return identity_from_ip(ret, rest, IP_V4);
		case ID_IPV6_ADDR:
			return identity_from_ip(ret, rest, IP_V6);
		case ID_DER_ASN1_DN:
			return identity_from_dn(ret, span_text(rest));
		default:
			return identity_set(ret, prefixes[i].type, span_text(rest));
		}
	}
	return ERR_NOT_FOUND;
}

static bool is_any(const char *text)
{
	static const char *const words[] = { "", "%any", "%any6", "*", "0.0.0.0", "::", "0::0" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

enum err identity_parse(struct identity *ret, const char *text)
{
	struct identity id = { 0 };
	enum err err = ERR_OK;

	if (!is_any(text)) {
		err = identity_from_prefixed(&id, text);
		if (err != ERR_NOT_FOUND)
			TRY(err);
		else if (strchr(text, '=') && text[0] != '@')
			TRY(identity_from_dn(&id, span_text(text)));
		else if (text[0] == '@' && text[1] == '#')
			TRY(identity_from_hex(&id, ID_KEY_ID, span_text(&text[2])));
		else if (text[0] == '@' && text[1] == '@')
			TRY(identity_set(&id, ID_RFC822_ADDR, span_text(&text[2])));
		else if (text[0] == '@')
			TRY(identity_set(&id, ID_FQDN, span_text(&text[1])));
		else if (strchr(text, '@'))
			TRY(identity_set(&id, ID_RFC822_ADDR, span_text(text)));
		else if (identity_from_ip(&id, text, IP_NONE) == ERR_OK)
			err = ERR_OK;
		else /* what has a colon and is no address is a key ID, as swanctl has it */
			TRY(identity_set(&id, strchr(text, ':') ? ID_KEY_ID : ID_FQDN,
					 span_text(text)));
		err = ERR_OK;
	}
	*ret = id;
out:
	return err;
}

enum err identity_from_wire(struct identity *ret, uint8_t type, struct span data)
{
	size_t least, most;

	if (type == IDENTITY_ANY)
		return ERR_SYNTAX; /* it would match everything */
	if (data.len > ID_MAX)
		return ERR_LENGTH;
	if (id_type_sizes(type, &least, &most) && (data.len < least || data.len > most))
		return ERR_LENGTH;
	*ret = (struct identity){ .type = type, .len = (uint16_t)data.len };
	if (data.len)
		memcpy(ret->data, data.data, data.len);
	return ERR_OK;
}

static struct span identity_span(const struct identity *id)
{
	return span_of(id->data, id->len);
}

static bool is_plain(struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.data[i] < 0x20 || bytes.data[i] >= 0x7f)
			return false;
	}
	return true;
}

static void text_octets(struct text *t, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (i > 0)
			text_char(t, ':');
		text_hex(t, span_of(&bytes.data[i], 1));
	}
}

void text_identity(struct text *t, const struct identity *id)
{
	struct span data = identity_span(id);
	struct ip ip;

	switch (id->type) {
	case IDENTITY_ANY:
		text_put(t, "%any");
		break;
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		if (ip_from_bytes(&ip, data) == ERR_OK)
			text_ip(t, &ip);
		break;
	case ID_FQDN:
	case ID_RFC822_ADDR:
		text_peer(t, data);
		break;
	case ID_DER_ASN1_DN:
		if (!text_dn(t, data))
			text_octets(t, data);
		break;
	case ID_KEY_ID:
		if (is_plain(data))
			text_peer(t, data);
		else
			text_octets(t, data);
		break;
	default:
		text_put(t, "(ID type ");
		text_u64(t, id->type);
		text_put(t, ") ");
		text_octets(t, data);
		break;
	}
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool equal_caseless(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	}
	return true;
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
	struct span one = identity_span(a), two = identity_span(b);

	if (a->type != b->type)
		return false;
	if (a->type == ID_FQDN || a->type == ID_RFC822_ADDR)
		return equal_caseless(one, two);
	if (a->type == ID_DER_ASN1_DN && dn_match(one, two) == 3)
		return true;
	return span_equal(one, two);
}

struct span identity_key(const struct identity *id, uint8_t *ret)
{
	bool caseless = id->type == ID_FQDN || id->type == ID_RFC822_ADDR;
	struct writer w = writer_of(ret, IDENTITY_KEY_MAX);

	writer_u8(&w, id->type);
	if (id->type == ID_DER_ASN1_DN && dn_fold(&w, identity_span(id)))
		return writer_span(&w);
	w = writer_of(ret, IDENTITY_KEY_MAX);
	writer_u8(&w, id->type);
	for (size_t i = 0; i < id->len; i++)
		writer_u8(&w, caseless ? lower(id->data[i]) : id->data[i]);
	REQUIRE(writer_end(&w) == ERR_OK);
	return writer_span(&w);
}

int identity_match(const struct identity *pattern, const struct identity *id)
{
	struct span wanted = identity_span(pattern), have = identity_span(id);

	if (pattern->type == IDENTITY_ANY)
		return 1;
	if (pattern->type != id->type)
		return 0;
	if (identity_equal(pattern, id))
		return 3;
	if (pattern->type == ID_DER_ASN1_DN)
		return dn_match(wanted, have);
	if (pattern->type != ID_FQDN && pattern->type != ID_RFC822_ADDR)
		return 0;
	if (!wanted.len || wanted.data[0] != '*' || have.len < wanted.len)
		return 0;
	wanted = span_tail(wanted, 1);
	return equal_caseless(wanted, span_tail(have, have.len - wanted.len)) ? 2 : 0;
}

bool identity_is_pattern(const struct identity *id)
{
	switch (id->type) {
	case IDENTITY_ANY:
		return true;
	case ID_FQDN:
	case ID_RFC822_ADDR:
		return id->len > 0 && id->data[0] == '*';
	case ID_DER_ASN1_DN:
		return dn_is_pattern(identity_span(id));
	default:
		return false; /* a byte of 0x2a in an address is no wildcard */
	}
}
