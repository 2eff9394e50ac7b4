/* SPDX-License-Identifier: Apache-2.0 */
#include "vici.h"

#include "require.h"

#define NAME_LEN_MAX  255
#define VALUE_LEN_MAX 65535

static bool packet_has_name(uint8_t type)
{
	return type == VICI_CMD_REQUEST || type == VICI_EVENT_REGISTER ||
	       type == VICI_EVENT_UNREGISTER || type == VICI_EVENT;
}

static bool packet_has_message(uint8_t type)
{
	return type == VICI_CMD_REQUEST || type == VICI_CMD_RESPONSE || type == VICI_EVENT;
}

enum err vici_packet_parse(struct span packet, uint8_t *ret_type, struct span *ret_name,
			   struct span *ret_message)
{
	struct reader r = reader_of(packet);
	uint8_t type = reader_u8(&r);
	struct span name = SPAN_EMPTY, message = SPAN_EMPTY;
	enum err err;

	TRY_THAT(reader_ok(&r), ERR_TRUNCATED);
	TRY_THAT(type <= VICI_EVENT, ERR_SYNTAX);
	if (packet_has_name(type))
		name = reader_take(&r, reader_u8(&r));
	if (packet_has_message(type))
		message = reader_rest(&r);
	TRY(reader_end(&r));
	*ret_type = type;
	*ret_name = name;
	*ret_message = message;
out:
	return err;
}

struct vici_reader vici_reader_of(struct span message)
{
	return (struct vici_reader){ .r = reader_of(message) };
}

/* What may stand where, and how it nests. */
static enum err nesting_step(struct vici_reader *v, uint8_t element, struct span name)
{
	bool list_element = element == VICI_LIST_ITEM || element == VICI_LIST_END;

	if (list_element != v->in_list)
		return ERR_SYNTAX;
	switch (element) {
	case VICI_SECTION_START: /* may be nameless: the counters of no connection */
		return ++v->depth > VICI_DEPTH_MAX ? ERR_SYNTAX : ERR_OK;
	case VICI_SECTION_END:
		return v->depth-- == 0 ? ERR_SYNTAX : ERR_OK;
	case VICI_LIST_START:
		v->in_list = true;
		return name.len == 0 ? ERR_SYNTAX : ERR_OK;
	case VICI_LIST_END:
		v->in_list = false;
		return ERR_OK;
	case VICI_KEY_VALUE:
		return name.len == 0 ? ERR_SYNTAX : ERR_OK;
	default:
		return ERR_OK;
	}
}

enum err vici_next(struct vici_reader *v, struct vici_item *ret)
{
	struct vici_item item = { .element = VICI_END };
	uint8_t element;
	enum err err = ERR_OK;

	TRY_THAT(reader_ok(&v->r), ERR_SYNTAX);
	if (reader_left(&v->r) == 0) {
		TRY_THAT(v->depth == 0 && !v->in_list, ERR_TRUNCATED);
		*ret = item;
		goto out;
	}
	element = reader_u8(&v->r);
	TRY_THAT(element >= VICI_SECTION_START && element <= VICI_LIST_END, ERR_SYNTAX);
	if (element == VICI_SECTION_START || element == VICI_KEY_VALUE ||
	    element == VICI_LIST_START)
		item.name = reader_take(&v->r, reader_u8(&v->r));
	if (element == VICI_KEY_VALUE || element == VICI_LIST_ITEM)
		item.value = reader_take(&v->r, reader_u16(&v->r));
	TRY_THAT(reader_ok(&v->r), ERR_TRUNCATED);
	TRY(nesting_step(v, element, item.name));
	item.element = (enum vici_element)element;
	*ret = item;
out:
	if (err != ERR_OK)
		v->r.failed = true;
	return err;
}

enum err vici_check(struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct vici_item item = { .element = VICI_END };
	enum err err;

	do
		TRY(vici_next(&r, &item));
	while (item.element != VICI_END);
out:
	return err;
}

/* The path's next part in *path, when name is it and more follows. */
static bool path_step(struct span *path, struct span name)
{
	if (path->len <= name.len || path->data[name.len] != '.' ||
	    !span_equal(span_head(*path, name.len), name))
		return false;
	*path = span_tail(*path, name.len + 1);
	return true;
}

bool vici_find(struct span message, const char *path, struct span *ret)
{
	struct vici_reader r = vici_reader_of(message);
	struct span left = span_text(path);
	struct vici_item item;
	unsigned inside = 0; /* how many sections of the path we are in */

	while (vici_next(&r, &item) == ERR_OK && item.element != VICI_END) {
		if (item.element == VICI_SECTION_START && r.depth == inside + 1 &&
		    path_step(&left, item.name))
			inside++;
		if (r.depth < inside)
			return false; /* the section ended without the key; its name is unique */
		if (item.element == VICI_KEY_VALUE && r.depth == inside &&
		    span_equal(item.name, left)) {
			*ret = item.value;
			return true;
		}
	}
	return false;
}

bool vici_next_section(struct vici_reader *r, struct span *ret_name, struct span *ret_body)
{
	struct vici_item item;
	struct span name, rest;

	do {
		if (vici_next(r, &item) != ERR_OK || item.element == VICI_END)
			return false;
	} while (item.element != VICI_SECTION_START || r->depth != 1);
	name = item.name;
	rest = span_of(r->r.at, reader_left(&r->r));
	while (r->depth > 0) {
		if (vici_next(r, &item) != ERR_OK)
			return false;
	}
	*ret_name = name;
	*ret_body = span_head(rest, rest.len - reader_left(&r->r) - 1); /* without its end */
	return true;
}

static void put_name(struct vici_writer *v, const char *name)
{
	size_t len = strlen(name);

	if (len > NAME_LEN_MAX) {
		v->w.overflow = true;
		return;
	}
	writer_u8(&v->w, (uint8_t)len);
	writer_put(&v->w, span_of(name, len));
}

static void put_value(struct vici_writer *v, struct span value)
{
	if (value.len > VALUE_LEN_MAX) {
		v->w.overflow = true;
		return;
	}
	writer_u16(&v->w, (uint16_t)value.len);
	writer_put(&v->w, value);
}

struct vici_writer vici_begin(void *buffer, size_t cap, enum vici_packet type, const char *name)
{
	struct vici_writer v = { .w = writer_of(buffer, cap) };

	REQUIRE(packet_has_name((uint8_t)type) == (name != NULL));
	(void)writer_mark32(&v.w); /* the length, at 0 */
	writer_u8(&v.w, (uint8_t)type);
	if (name)
		put_name(&v, name);
	return v;
}

void vici_section(struct vici_writer *v, const char *name)
{
	REQUIRE(!v->in_list && v->depth < VICI_DEPTH_MAX);
	v->depth++;
	writer_u8(&v->w, VICI_SECTION_START);
	put_name(v, name);
}

void vici_section_end(struct vici_writer *v)
{
	REQUIRE(!v->in_list && v->depth > 0);
	v->depth--;
	writer_u8(&v->w, VICI_SECTION_END);
}

void vici_put_span(struct vici_writer *v, const char *key, struct span value)
{
	REQUIRE(!v->in_list && key[0] != '\0');
	writer_u8(&v->w, VICI_KEY_VALUE);
	put_name(v, key);
	put_value(v, value);
}

void vici_put(struct vici_writer *v, const char *key, const char *value)
{
	vici_put_span(v, key, span_text(value));
}

void vici_put_u64(struct vici_writer *v, const char *key, uint64_t value)
{
	char digits[24];
	struct text t = TEXT_ARRAY(digits);

	text_u64(&t, value);
	vici_put_span(v, key, span_of(t.data, t.len));
}

void vici_put_hex(struct vici_writer *v, const char *key, uint64_t value, unsigned digits)
{
	char hex[24];
	struct text t = TEXT_ARRAY(hex);

	REQUIRE(digits > 0 && digits <= 16);
	text_hex64(&t, value, digits);
	vici_put_span(v, key, span_of(t.data, t.len));
}

void vici_put_bool(struct vici_writer *v, const char *key, bool value)
{
	vici_put(v, key, value ? "yes" : "no");
}

void vici_list(struct vici_writer *v, const char *name)
{
	REQUIRE(!v->in_list && name[0] != '\0');
	v->in_list = true;
	writer_u8(&v->w, VICI_LIST_START);
	put_name(v, name);
}

void vici_list_item(struct vici_writer *v, const char *value)
{
	REQUIRE(v->in_list);
	writer_u8(&v->w, VICI_LIST_ITEM);
	put_value(v, span_text(value));
}

void vici_list_end(struct vici_writer *v)
{
	REQUIRE(v->in_list);
	v->in_list = false;
	writer_u8(&v->w, VICI_LIST_END);
}

enum err vici_finish(struct vici_writer *v, struct span *ret_segment)
{
	enum err err;

	REQUIRE(v->depth == 0 && !v->in_list);
	TRY(writer_end(&v->w));
	TRY_THAT(v->w.len - VICI_LENGTH_LEN <= VICI_SEGMENT_MAX, ERR_SPACE);
	writer_patch32(&v->w, 0, v->w.len - VICI_LENGTH_LEN);
	*ret_segment = writer_span(&v->w);
out:
	return err;
}
