/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span text)
{
	while (text.len && is_blank(text.data[0]))
		text = span_tail(text, 1);
	while (text.len && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

bool list_next(struct span *rest, struct span *ret)
{
	const uint8_t *comma;
	size_t len;

	if (!rest->len)
		return false;
	comma = memchr(rest->data, ',', rest->len);
	len = comma ? (size_t)(comma - rest->data) : rest->len;
	*ret = span_trim(span_head(*rest, len));
	*rest = span_tail(*rest, len + 1);
	return true;
}

size_t list_count(struct span list)
{
	struct span item;
	size_t count = 0;

	while (list_next(&list, &item))
		count++;
	return count;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_word(struct span text, const char *word)
{
	size_t i;

	for (i = 0; i < text.len && word[i]; i++) {
		if (lower(text.data[i]) != (uint8_t)word[i])
			return false;
	}
	return i == text.len && !word[i];
}

enum err value_bool(bool *ret, struct span text)
{
	static const char *const words[2][5] = {
		{ "no", "false", "disabled", "off", "0" },
		{ "yes", "true", "enabled", "on", "1" },
	};

	text = span_trim(text);
	for (size_t value = 0; value < 2; value++) {
		for (size_t i = 0; i < ARRAY_LEN(words[0]); i++) {
			if (is_word(text, words[value][i])) {
				*ret = value == 1;
				return ERR_OK;
			}
		}
	}
	return ERR_SYNTAX;
}

/* The digits text begins with, taken off it. */
static enum err digits_take(uint64_t *ret, struct span *text, uint64_t max)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < text->len && text->data[i] >= '0' && text->data[i] <= '9'; i++) {
		unsigned digit = text->data[i] - '0';

		if (value > (max - digit) / 10 || digit > max)
			return ERR_LENGTH;
		value = value * 10 + digit;
	}
	if (i == 0)
		return ERR_SYNTAX;
	*text = span_tail(*text, i);
	*ret = value;
	return ERR_OK;
}

enum err value_count(uint64_t *ret, struct span text, uint64_t max)
{
	enum err err = ERR_OK;
	uint64_t value;

	text = span_trim(text);
	TRY(digits_take(&value, &text, max));
	TRY_THAT(text.len == 0, ERR_SYNTAX);
	*ret = value;
out:
	return err;
}

enum err value_time(uint64_t *ret_ms, struct span text)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {
		{ "", 1000 },	{ "ms", 1 },	  { "s", 1000 },
		{ "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	};
	enum err err = ERR_OK;
	uint64_t value;

	text = span_trim(text);
	TRY(digits_take(&value, &text, UINT32_MAX));
	text = span_trim(text);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (is_word(text, units[i].unit)) {
			*ret_ms = value * units[i].ms;
			return ERR_OK;
		}
	}
	err = ERR_SYNTAX;
out:
	return err;
}

enum err value_ratio(uint64_t *ret_percent, struct span text)
{
	enum err err = ERR_OK;
	uint64_t whole, percent = 0;

	text = span_trim(text);
	TRY(digits_take(&whole, &text, 1000000));
	if (text.len) {
		size_t digits = text.len - 1;

		TRY_THAT(text.data[0] == '.' && (digits == 1 || digits == 2), ERR_SYNTAX);
		text = span_tail(text, 1);
		TRY(digits_take(&percent, &text, 99));
		TRY_THAT(text.len == 0, ERR_SYNTAX);
		if (digits == 1)
			percent *= 10;
	}
	*ret_percent = whole * 100 + percent;
out:
	return err;
}

static int hex_value(uint8_t c)
{
	c = lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Pairs of digits; colons between them are fine. */
static enum err hex_decode(uint8_t *ret, size_t max, size_t *ret_len, struct span text)
{
	size_t len = 0, i = 0;

	while (i < text.len) {
		int high, low;

		if (text.data[i] == ':' && i > 0) {
			i++;
			continue;
		}
		high = hex_value(text.data[i]);
		low = i + 1 < text.len ? hex_value(text.data[i + 1]) : -1;
		if (high < 0 || low < 0)
			return ERR_SYNTAX;
		if (len >= max)
			return ERR_LENGTH;
		ret[len++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	*ret_len = len;
	return ERR_OK;
}

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648 4; the padding may be left out, and bits that no byte takes must be zero. */
static enum err base64_decode(uint8_t *ret, size_t max, size_t *ret_len, struct span text)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t len = 0, digits;

	for (digits = 0; digits < 2 && text.len && text.data[text.len - 1] == '='; digits++)
		text.len--;
	if (text.len % 4 == 1 || (digits && (text.len + digits) % 4))
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		int value = base64_value(text.data[i]);

		if (value < 0)
			return ERR_SYNTAX;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held < 8)
			continue;
		if (len >= max)
			return ERR_LENGTH;
		held -= 8;
		ret[len++] = (uint8_t)(bits >> held);
		bits &= (1u << held) - 1;
	}
	if (bits)
		return ERR_SYNTAX;
	*ret_len = len;
	return ERR_OK;
}

enum err value_secret(uint8_t *ret, size_t max, size_t *ret_len, struct span text)
{
	enum err err = ERR_OK;
	bool prefixed = text.len >= 2 && text.data[0] == '0';

	if (prefixed && lower(text.data[1]) == 'x') {
		TRY(hex_decode(ret, max, ret_len, span_tail(text, 2)));
	} else if (prefixed && lower(text.data[1]) == 's') {
		TRY(base64_decode(ret, max, ret_len, span_tail(text, 2)));
	} else {
		TRY_THAT(text.len <= max, ERR_LENGTH);
		if (text.len)
			memcpy(ret, text.data, text.len);
		*ret_len = text.len;
	}
out:
	if (err)
		secret_wipe(ret, max);
	return err;
}

/* NUL-terminated, for the parsers of base. */
static enum err item_text(char ret[VALUE_ITEM_MAX + 1], struct span text)
{
	if (!text.len || text.len > VALUE_ITEM_MAX)
		return ERR_SYNTAX;
	memcpy(ret, text.data, text.len);
	ret[text.len] = '\0';
	return ERR_OK;
}

/* Whether the characters are those of addresses, so that a mistake is one in an address, and not a
 * name. */
static bool looks_numeric(struct span text)
{
	bool colon = memchr(text.data, ':', text.len) != NULL;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (!(colon ? hex_value(c) >= 0 : c >= '0' && c <= '9') && c != '.' && c != ':' &&
		    c != '/')
			return false;
	}
	return true;
}

/* RFC 4007 11: fe80::1%eth0. Takes the interface off the item. */
static enum err interface_take(char *item, char ret[INTERFACE_NAME_MAX + 1])
{
	char *at = strchr(item, '%');
	size_t len = at ? strlen(at + 1) : 0;

	if (!at || at == item)
		return ERR_OK;
	if (len == 0 || len > INTERFACE_NAME_MAX)
		return ERR_SYNTAX;
	memcpy(ret, at + 1, len + 1);
	*at = '\0';
	return ERR_OK;
}

enum err value_host(struct host_pattern *ret, struct span text)
{
	enum err err = ERR_OK;
	struct host_pattern host = { 0 };
	char item[VALUE_ITEM_MAX + 1];

	text = span_trim(text);
	TRY(item_text(item, text));
	TRY(interface_take(item, host.interface));
	if (strcmp(item, "%any4") == 0)
		host.prefix.ip = ip_v4(0, 0, 0, 0);
	else if (strcmp(item, "%any6") == 0)
		host.prefix.ip.family = IP_V6;
	else if (strcmp(item, "%any") == 0)
		host.any = true;
	else if (prefix_parse(&host.prefix, item))
		TRY_THAT(false, looks_numeric(span_text(item)) ? ERR_SYNTAX : ERR_UNSUPPORTED);
	TRY_THAT(!host.interface[0] || ip_is_link_local(&host.prefix.ip), ERR_SYNTAX);
	*ret = host;
out:
	return err;
}

struct known_number {
	const char *name;
	uint16_t number;
};

static enum err number_named(uint64_t *ret, struct span text, uint64_t max,
			     const struct known_number *known, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_word(text, known[i].name)) {
			*ret = known[i].number;
			return ERR_OK;
		}
	}
	return value_count(ret, text, max);
}

static enum err selector_port(struct selector *ret, struct span text)
{
	static const struct known_number ports[] = {
		{ "ssh", 22 },	   { "domain", 53 },   { "http", 80 },	 { "ntp", 123 },
		{ "snmp", 161 },   { "ldap", 389 },    { "https", 443 }, { "isakmp", 500 },
		{ "syslog", 514 }, { "radius", 1812 }, { "l2tp", 1701 }, { "l2f", 1701 },
	};
	enum err err = ERR_OK;
	const uint8_t *dash = text.len ? memchr(text.data, '-', text.len) : NULL;
	uint64_t first, last;

	if (is_word(text, "%any") || is_word(text, "any")) {
		first = 0;
		last = 65535;
	} else if (is_word(text, "opaque")) {
		first = 65535;
		last = 0;
	} else if (dash) {
		size_t len = (size_t)(dash - text.data);

		TRY(value_count(&first, span_head(text, len), 65535));
		TRY(value_count(&last, span_tail(text, len + 1), 65535));
		TRY_THAT(first <= last, ERR_SYNTAX);
	} else {
		TRY(number_named(&first, text, 65535, ports, ARRAY_LEN(ports)));
		last = first;
	}
	ret->port_first = (uint16_t)first;
	ret->port_last = (uint16_t)last;
out:
	return err;
}

/* What is between the brackets. */
static enum err selector_protocol(struct selector *ret, struct span text)
{
	static const struct known_number protocols[] = {
		{ "icmp", 1 },	 { "tcp", 6 },	{ "udp", 17 },	     { "gre", 47 },
		{ "esp", 50 },	 { "ah", 51 },	{ "ipv6-icmp", 58 }, { "icmpv6", 58 },
		{ "sctp", 132 }, { "%any", 0 }, { "any", 0 },
	};
	enum err err = ERR_OK;
	const uint8_t *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
	size_t len = slash ? (size_t)(slash - text.data) : text.len;
	uint64_t protocol;

	TRY(number_named(&protocol, span_head(text, len), 255, protocols, ARRAY_LEN(protocols)));
	ret->protocol = (uint8_t)protocol;
	if (slash)
		TRY(selector_port(ret, span_tail(text, len + 1)));
	/* RFC7296 3.13.1: ports need a protocol */
	TRY_THAT(ret->protocol != 0 || (ret->port_first == 0 && ret->port_last == 65535),
		 ERR_SYNTAX);
out:
	return err;
}

static enum err selector_range(struct selector *ret, struct span first, struct span last)
{
	enum err err = ERR_OK;
	char item[VALUE_ITEM_MAX + 1];

	TRY(item_text(item, span_trim(first)));
	TRY(ip_parse(&ret->first, item));
	TRY(item_text(item, span_trim(last)));
	TRY(ip_parse(&ret->last, item));
	TRY_THAT(ret->first.family == ret->last.family, ERR_SYNTAX);
	TRY_THAT(ip_compare(&ret->first, &ret->last) <= 0, ERR_SYNTAX);
out:
	return err;
}

static enum err selector_addresses(struct selector *ret, struct span text)
{
	enum err err = ERR_OK;
	const uint8_t *dots = memmem(text.data, text.len, "..", 2),
		      *dash = memchr(text.data, '-', text.len);
	char item[VALUE_ITEM_MAX + 1];
	struct prefix prefix;

	if (dots) {
		size_t len = (size_t)(dots - text.data);

		TRY(selector_range(ret, span_head(text, len), span_tail(text, len + 2)));
	} else if (dash) {
		size_t len = (size_t)(dash - text.data);

		TRY(selector_range(ret, span_head(text, len), span_tail(text, len + 1)));
	} else {
		TRY(item_text(item, text));
		TRY(prefix_parse(&prefix, item));
		ret->first = prefix.ip;
		ret->last = prefix_last(&prefix);
	}
out:
	return err;
}

enum err value_selector(struct selector_config *ret, struct span text)
{
	enum err err = ERR_OK;
	struct selector_config ts = { .selector = { .port_last = 65535 } };
	const uint8_t *open;

	text = span_trim(text);
	TRY_THAT(text.len && text.len <= VALUE_ITEM_MAX, ERR_SYNTAX);
	open = memchr(text.data, '[', text.len);
	if (open) {
		size_t len = (size_t)(open - text.data);

		TRY_THAT(text.data[text.len - 1] == ']', ERR_SYNTAX);
		TRY(selector_protocol(&ts.selector, span_trim(span_head(span_tail(text, len + 1),
									   text.len - len - 2))));
		text = span_trim(span_head(text, len));
	}
	ts.dynamic = is_word(text, "dynamic");
	/* "[udp/1701]" alone is dynamic, as swanctl has it. */
	if (open && !text.len)
		ts.dynamic = true;
	if (!ts.dynamic)
		TRY(selector_addresses(&ts.selector, text));
	*ret = ts;
out:
	return err;
}
