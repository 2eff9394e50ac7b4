/* SPDX-License-Identifier: Apache-2.0 */
/* build_match: firewall marks and XFRM interfaces of a child, for the kernel's dataplane. */
#include "build.h"
#include "report.h"

static bool digit(uint8_t c, unsigned base, uint32_t *ret)
{
	uint32_t value;

	if (c >= '0' && c <= '9')
		value = (uint32_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		value = (uint32_t)(c - 'a') + 10;
	else if (c >= 'A' && c <= 'F')
		value = (uint32_t)(c - 'A') + 10;
	else
		return false;
	*ret = value;
	return value < base;
}

/* 17 or 0x11 */
static bool number(uint32_t *ret, struct span text)
{
	bool hex = text.len > 2 && span_equal(span_head(text, 2), span_text("0x"));
	unsigned base = hex ? 16 : 10;
	uint64_t value = 0;
	uint32_t one;

	if (hex)
		text = span_tail(text, 2);
	for (size_t i = 0; i < text.len; i++) {
		if (!digit(text.data[i], base, &one))
			return false;
		value = value * base + one;
		if (value > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)value;
	return text.len > 0;
}

static size_t slash_at(struct span text)
{
	size_t at = 0;

	while (at < text.len && text.data[at] != '/')
		at++;
	return at;
}

static void mark(struct build *b, const struct setting *section, enum key key, struct mark *ret)
{
	const struct setting *at;
	struct span text = build_text(section, key, &at);
	size_t slash = slash_at(text);
	struct mark mark = { .mask = UINT32_MAX };

	if (!number(&mark.value, span_head(text, slash)) ||
	    (slash < text.len && !number(&mark.mask, span_tail(text, slash + 1))))
		build_wrong_value(b, section, key, text,
				  " is no mark; write a number and a mask, such as 0x11/0xff");
	else if (mark.value == 0 && slash == text.len) /* "0": none, as swanctl's default */
		*ret = (struct mark){ 0 };
	else
		*ret = (struct mark){ .value = mark.value & mark.mask, .mask = mark.mask };
}

static void if_id(struct build *b, const struct setting *section, enum key key, uint32_t *ret)
{
	const struct setting *at;
	struct span text = build_text(section, key, &at);

	if (!number(ret, text))
		build_wrong_value(b, section, key, text, " is no number of an XFRM interface");
}

void build_match(struct build *b, const struct setting *conn, const struct setting *section,
		 struct kernel_match *ret)
{
	struct kernel_match match = { 0 };

	mark(b, section, KEY_CHILD_MARK_IN, &match.mark_in);
	mark(b, section, KEY_CHILD_MARK_OUT, &match.mark_out);
	mark(b, section, KEY_CHILD_SET_MARK_IN, &match.set_mark_in);
	mark(b, section, KEY_CHILD_SET_MARK_OUT, &match.set_mark_out);
	build_bool(b, section, KEY_CHILD_MARK_IN_SA, &match.mark_in_sa);
	if_id(b, section, KEY_CHILD_IF_ID_IN, &match.if_id_in);
	if_id(b, section, KEY_CHILD_IF_ID_OUT, &match.if_id_out);
	if (!match.if_id_in)
		if_id(b, conn, KEY_CONN_IF_ID_IN, &match.if_id_in);
	if (!match.if_id_out)
		if_id(b, conn, KEY_CONN_IF_ID_OUT, &match.if_id_out);
	*ret = match;
}
