/* SPDX-License-Identifier: Apache-2.0 */
#include "dn.h"

#include "reader.h"
#include "writer.h"

#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_OID 0x06
#define DER_UTF8 0x0c
#define DER_PRINTABLE 0x13
#define DER_T61 0x14
#define DER_IA5 0x16
#define VALUE_MAX 256
#define OID_TEXT_MAX 64 /* bytes of an OID that we write as numbers */

struct attribute {
	const char *name;
	uint8_t len;
	uint8_t oid[10];
	uint8_t string; /* type to write; 0: printable when it can be, else UTF-8 */
};

/* X.520 and RFC 4519; the first of a number is printed. */
static const struct attribute attributes[] = {
	{ "C", 3, { 0x55, 4, 6 }, 0 },
	{ "ST", 3, { 0x55, 4, 8 }, 0 },
	{ "L", 3, { 0x55, 4, 7 }, 0 },
	{ "O", 3, { 0x55, 4, 10 }, 0 },
	{ "OU", 3, { 0x55, 4, 11 }, 0 },
	{ "CN", 3, { 0x55, 4, 3 }, 0 },
	{ "E", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 }, DER_IA5 },
	{ "emailAddress", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 }, DER_IA5 },
	{ "SN", 3, { 0x55, 4, 5 }, 0 },
	{ "serialNumber", 3, { 0x55, 4, 5 }, 0 },
	{ "S", 3, { 0x55, 4, 4 }, 0 },
	{ "G", 3, { 0x55, 4, 42 }, 0 },
	{ "I", 3, { 0x55, 4, 43 }, 0 },
	{ "T", 3, { 0x55, 4, 12 }, 0 },
	{ "D", 3, { 0x55, 4, 13 }, 0 },
	{ "N", 3, { 0x55, 4, 41 }, 0 },
	{ "DC", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 }, DER_IA5 },
	{ "UID", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 }, 0 },
};

/* One attribute of a name; set: it begins a new relative name. */
struct ava {
	struct span oid, value;
	uint8_t string;
	bool begins;
};

/* A walk over the attributes of a DN. */
struct walk {
	struct reader names, set;
	bool failed;
};

static struct span tlv_take(struct reader *r, uint8_t *ret_tag)
{
	uint8_t first;
	size_t len;

	*ret_tag = reader_u8(r);
	first = reader_u8(r);
	len = first;
	if (first == 0x81) {
		len = reader_u8(r);
	} else if (first == 0x82) {
		len = reader_u16(r);
	} else if (first >= 0x80) {
		r->failed = true;
		return SPAN_EMPTY;
	}
	return reader_take(r, len);
}

static bool expect(struct reader *r, uint8_t wanted, struct span *ret)
{
	uint8_t tag;

	*ret = tlv_take(r, &tag);
	return reader_ok(r) && tag == wanted;
}

static struct walk walk_of(struct span der)
{
	struct walk w = { 0 };
	struct reader r = reader_of(der);
	struct span body;

	w.failed = !expect(&r, DER_SEQUENCE, &body) || reader_end(&r);
	w.names = reader_of(w.failed ? SPAN_EMPTY : body);
	w.set = reader_of(SPAN_EMPTY);
	return w;
}

/* The next attribute; false at the end, and after what is malformed. */
static bool walk_next(struct walk *w, struct ava *ret)
{
	struct span set, sequence;
	struct reader pair;

	ret->begins = false;
	if (!w->failed && !reader_left(&w->set)) {
		if (!reader_left(&w->names))
			return false;
		ret->begins = true;
		if (!expect(&w->names, DER_SET, &set) || !set.len) {
			w->failed = true;
			return false;
		}
		w->set = reader_of(set);
	}
	if (w->failed || !expect(&w->set, DER_SEQUENCE, &sequence)) {
		w->failed = true;
		return false;
	}
	pair = reader_of(sequence);
	w->failed = !expect(&pair, DER_OID, &ret->oid) || !ret->oid.len;
	ret->value = tlv_take(&pair, &ret->string);
	if (reader_end(&pair))
		w->failed = true;
	return !w->failed;
}

/* Numbers of an OID; false when the last one is cut off or one is longer than we print. */
static bool text_oid(struct text *t, struct span oid)
{
	struct reader r = reader_of(oid);
	bool first = true;
	uint64_t number = 0;

	if (oid.len > OID_TEXT_MAX)
		return false;
	while (reader_left(&r)) {
		uint8_t byte = reader_u8(&r);

		if (number >> 57)
			return false;
		number = number << 7 | (byte & 0x7f);
		if (byte & 0x80)
			continue;
		if (first) {
			uint64_t arc = number < 80 ? number / 40 : 2;

			text_u64(t, arc);
			number -= arc * 40;
		}
		text_char(t, '.');
		text_u64(t, number);
		number = 0;
		first = false;
	}
	return true;
}

static const struct attribute *attribute_by_oid(struct span oid)
{
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (span_equal(oid, span_of(attributes[i].oid, attributes[i].len)))
			return &attributes[i];
	}
	return NULL;
}

static void text_ava(struct text *t, const struct ava *ava)
{
	const struct attribute *attribute = attribute_by_oid(ava->oid);

	if (attribute)
		text_put(t, attribute->name);
	else if (!text_oid(t, ava->oid))
		text_put(t, "OID");
	text_char(t, '=');
	for (size_t i = 0; i < ava->value.len; i++) {
		if (ava->value.data[i] == ',')
			text_char(t, '\\');
		text_peer(t, span_head(span_tail(ava->value, i), 1));
	}
}

static bool is_dn(struct span der)
{
	struct walk w = walk_of(der);
	struct ava ava;

	while (walk_next(&w, &ava))
		;
	return !w.failed;
}

bool text_dn(struct text *t, struct span der)
{
	struct walk w = walk_of(der);
	struct ava ava;
	bool any = false;

	if (!is_dn(der))
		return false;
	while (walk_next(&w, &ava)) {
		if (any)
			text_put(t, ava.begins ? ", " : "+");
		text_ava(t, &ava);
		any = true;
	}
	return true;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_text(uint8_t string)
{
	return string == DER_UTF8 || string == DER_PRINTABLE || string == DER_T61 ||
	       string == DER_IA5;
}

static bool value_equal(const struct ava *a, const struct ava *b)
{
	if (a->value.len != b->value.len)
		return false;
	if (!is_text(a->string) || !is_text(b->string))
		return a->string == b->string && span_equal(a->value, b->value);
	for (size_t i = 0; i < a->value.len; i++) {
		if (lower(a->value.data[i]) != lower(b->value.data[i]))
			return false;
	}
	return true;
}

static bool is_wildcard(const struct ava *ava)
{
	return is_text(ava->string) && span_equal(ava->value, span_text("*"));
}

bool dn_is_pattern(struct span dn)
{
	struct walk w = walk_of(dn);
	struct ava ava = { 0 };
	bool found = false;

	while (walk_next(&w, &ava))
		found |= is_wildcard(&ava);
	return found && !w.failed;
}

int dn_match(struct span pattern, struct span dn)
{
	struct walk p = walk_of(pattern), d = walk_of(dn);
	struct ava want = { 0 }, have = { 0 };
	int fit = 3;

	for (;;) {
		bool more = walk_next(&p, &want);

		if (walk_next(&d, &have) != more || p.failed || d.failed)
			return 0;
		if (!more)
			return fit;
		if (want.begins != have.begins || !span_equal(want.oid, have.oid))
			return 0;
		if (value_equal(&want, &have))
			continue;
		if (!is_wildcard(&want))
			return 0;
		fit = 2;
	}
}

bool dn_fold(struct writer *w, struct span dn)
{
	struct walk d = walk_of(dn);
	struct ava ava = { 0 };

	while (walk_next(&d, &ava)) {
		writer_u8(w, ava.begins);
		writer_u8(w, (uint8_t)ava.oid.len);
		writer_put(w, ava.oid);
		writer_u16(w, (uint16_t)ava.value.len);
		for (size_t i = 0; i < ava.value.len; i++)
			writer_u8(w, lower(ava.value.data[i]));
	}
	return !d.failed && writer_end(w) == ERR_OK;
}

/* PrintableString's characters, X.680 41.4. */
static bool is_printable(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.data[i];
		bool letter = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');

		if (!letter && (c == 0 || !strchr(" '()+,-./:=?", c)))
			return false;
	}
	return true;
}

static size_t der_size(size_t len)
{
	return len + (len < 0x80 ? 2 : len < 0x100 ? 3 : 4);
}

static void der_begin(struct writer *w, uint8_t tag, size_t len)
{
	writer_u8(w, tag);
	if (len < 0x80) {
		writer_u8(w, (uint8_t)len);
	} else if (len < 0x100) {
		writer_u8(w, 0x81);
		writer_u8(w, (uint8_t)len);
	} else {
		writer_u8(w, 0x82);
		writer_u16(w, (uint16_t)len);
	}
}

static void ava_write(struct writer *w, const struct attribute *attribute, struct span value)
{
	size_t pair = der_size(attribute->len) + der_size(value.len);
	uint8_t string = attribute->string     ? attribute->string
			 : is_printable(value) ? DER_PRINTABLE
					       : DER_UTF8;

	der_begin(w, DER_SET, der_size(pair));
	der_begin(w, DER_SEQUENCE, pair);
	der_begin(w, DER_OID, attribute->len);
	writer_put(w, span_of(attribute->oid, attribute->len));
	der_begin(w, string, value.len);
	writer_put(w, value);
}

static const struct attribute *attribute_by_name(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		const char *known = attributes[i].name;
		size_t j = 0;

		while (j < name.len && known[j] && lower(name.data[j]) == lower((uint8_t)known[j]))
			j++;
		if (j == name.len && !known[j])
			return &attributes[i];
	}
	return NULL;
}

static struct span blanks_skip(struct span text)
{
	while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = span_tail(text, 1);
	return text;
}

static int hex_value(uint8_t c)
{
	c = lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escaped character, the backslash included. */
static enum err escape_take(struct span *text, uint8_t *ret)
{
	if (text->len < 2)
		return ERR_SYNTAX;
	if (text->data[1] == 'x' && text->len >= 4) {
		int high = hex_value(text->data[2]), low = hex_value(text->data[3]);

		if (high >= 0 && low >= 0) {
			*ret = (uint8_t)(high << 4 | low);
			*text = span_tail(*text, 4);
			return ERR_OK;
		}
	}
	*ret = text->data[1];
	*text = span_tail(*text, 2);
	return ERR_OK;
}

/* A value up to the separator, unescaped and trimmed. */
static enum err value_take(struct span *text, uint8_t separator, uint8_t ret[VALUE_MAX],
			   size_t *ret_len)
{
	enum err err = ERR_OK;
	size_t len = 0, keep = 0;

	*text = blanks_skip(*text);
	while (text->len && text->data[0] != separator) {
		uint8_t c = text->data[0];
		bool blank = c == ' ' || c == '\t';

		TRY_THAT(len < VALUE_MAX, ERR_LENGTH);
		if (c == '\\')
			TRY(escape_take(text, &c));
		else
			*text = span_tail(*text, 1);
		ret[len++] = c;
		if (!blank)
			keep = len;
	}
	TRY_THAT(keep > 0, ERR_SYNTAX);
	*ret_len = keep;
out:
	return err;
}

static enum err ava_take(struct writer *w, struct span *text, uint8_t separator)
{
	enum err err = ERR_OK;
	const struct attribute *attribute;
	uint8_t value[VALUE_MAX];
	struct span name;
	const uint8_t *equals;
	size_t len;

	*text = blanks_skip(*text);
	equals = text->len ? memchr(text->data, '=', text->len) : NULL;
	TRY_THAT(equals, ERR_SYNTAX);
	name = span_head(*text, (size_t)(equals - text->data));
	*text = span_tail(*text, name.len + 1);
	while (name.len && name.data[name.len - 1] == ' ')
		name.len--;
	attribute = attribute_by_name(name);
	TRY_THAT(attribute, ERR_SYNTAX);
	TRY(value_take(text, separator, value, &len));
	ava_write(w, attribute, span_of(value, len));
out:
	return err;
}

enum err dn_encode(uint8_t *ret, size_t max, size_t *ret_len, struct span text)
{
	enum err err = ERR_OK;
	uint8_t names[1024];
	struct writer inner = writer_of(names, sizeof(names)), w = writer_of(ret, max);
	uint8_t separator = ',';

	text = blanks_skip(text);
	if (text.len && text.data[0] == '/') {
		separator = '/';
		text = span_tail(text, 1);
	}
	do {
		if (text.len && inner.len && text.data[0] == separator)
			text = span_tail(text, 1);
		TRY(ava_take(&inner, &text, separator));
	} while (text.len);
	TRY_THAT(!writer_end(&inner), ERR_LENGTH);
	der_begin(&w, DER_SEQUENCE, inner.len);
	writer_put(&w, writer_span(&inner));
	TRY_THAT(!writer_end(&w), ERR_LENGTH);
	*ret_len = w.len;
out:
	return err;
}
