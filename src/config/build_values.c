/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"
#include "nearest.h"
#include "proposal.h"
#include "transform.h"
#include "values.h"

struct span build_text(const struct setting *section, enum key key, const struct setting **ret_at)
{
	const struct key_row *row = key_row(key);

	*ret_at = NULL;
	for (const struct setting *at = section ? section->first : NULL; at; at = at->next) {
		if (at->row == row) {
			*ret_at = at;
			return span_trim(span_text(at->value));
		}
	}
	return span_text(row->standard);
}

/* The key's own name: what follows the last dot of its path. */
static const char *key_name(enum key key)
{
	return strrchr(key_row(key)->path, '.') + 1;
}

struct text *build_wrong_begin(struct build *b, const struct setting *section, enum key key)
{
	const struct setting *at;

	build_text(section, key, &at);
	if (at)
		return report_begin(b->report, REPORT_ERROR, at, NULL);
	return report_begin(b->report, REPORT_ERROR, section, key_name(key));
}

void build_wrong(struct build *b, const struct setting *section, enum key key, const char *words)
{
	text_put(build_wrong_begin(b, section, key), words);
	report_end(b->report);
}

void build_wrong_value(struct build *b, const struct setting *section, enum key key, struct span value, const char *words)
{
	struct text *t = build_wrong_begin(b, section, key);

	text_quoted(t, value);
	text_put(t, words);
	report_end(b->report);
}

static void warn_later(struct build *b, const struct setting *at)
{
	struct text *t = report_begin(b->report, REPORT_WARNING, at, NULL);

	text_quoted(t, span_text(at->value));
	text_put(t, " is not supported yet, it is as if it were no; write no");
	report_end(b->report);
}

bool build_bool(struct build *b, const struct setting *section, enum key key, bool *ret)
{
	enum key_type type = key_row(key)->type;
	const struct setting *at;
	struct span text = build_text(section, key, &at);
	bool value;

	if (value_bool(&value, text)) {
		build_wrong_value(b, section, key, text, " is neither yes nor no; write one of them");
		return false;
	}
	if (type == KEY_BOOL_ON && !value) {
		build_wrong_value(b, section, key, text, " is not supported yet; remove it or write yes");
		return false;
	}
	if (type == KEY_BOOL_LATER && value && at)
		warn_later(b, at);
	*ret = type == KEY_BOOL_LATER ? false : value;
	return true;
}

static void text_bound(struct text *t, const struct key_row *row, uint64_t value)
{
	if (row->type == KEY_RATIO) {
		text_u64(t, value / 100);
		text_char(t, '.');
		text_u64(t, value / 10 % 10);
	} else if (row->type == KEY_TIME && value % 1000 == 0) {
		text_u64(t, value / 1000);
		text_char(t, 's');
	} else {
		text_u64(t, value);
		if (row->type == KEY_TIME)
			text_put(t, "ms");
	}
}

bool build_number(struct build *b, const struct setting *section, enum key key, uint64_t *ret)
{
	const struct key_row *row = key_row(key);
	const struct setting *at;
	struct span text = build_text(section, key, &at);
	uint64_t value;
	struct text *t;
	enum err err = row->type == KEY_TIME	? value_time(&value, text)
		       : row->type == KEY_RATIO ? value_ratio(&value, text)
						: value_count(&value, text, UINT64_MAX);

	if (!err && value >= row->least && value <= row->most) {
		*ret = value;
		return true;
	}
	t = build_wrong_begin(b, section, key);
	text_quoted(t, text);
	if (err == ERR_SYNTAX)
		text_put(t, row->type == KEY_TIME ? " is not a time (a number and s, m, h, d or ms)"
			    : row->type == KEY_RATIO ? " is not a number with up to two decimals"
						     : " is not a number");
	else
		text_put(t, " is out of range");
	text_put(t, "; write ");
	text_bound(t, row, row->least);
	text_put(t, " to ");
	text_bound(t, row, row->most);
	report_end(b->report);
	return false;
}

static void text_choices(struct text *t, const char *list)
{
	struct span rest = span_text(list), one;
	bool first = true;

	while (key_value_next(&rest, &one)) {
		if (!first)
			text_put(t, rest.len ? ", " : " or ");
		text_peer(t, one);
		first = false;
	}
}

bool build_choice(struct build *b, const struct setting *section, enum key key, struct span *ret)
{
	const struct key_row *row = key_row(key);
	const struct setting *at;
	struct span text = build_text(section, key, &at), rest = text, first;
	bool later;
	struct text *t;

	if (key_value_in(row->values, text)) {
		*ret = text;
		return true;
	}
	/* swanctl knows "trap|start" too. */
	later = key_value_next(&rest, &first) && key_value_in(row->later, first);
	t = build_wrong_begin(b, section, key);
	text_quoted(t, text);
	text_put(t, later ? " is not supported yet; write " : " is no value of this key; write ");
	text_choices(t, row->values);
	report_end(b->report);
	return false;
}

bool build_id(struct build *b, const struct setting *at, struct span text, struct identity *ret)
{
	char id[2 * ID_MAX + 16];
	struct text *t;
	enum err err = ERR_LENGTH;

	if (text.len < sizeof(id)) {
		memcpy(id, text.data, text.len);
		id[text.len] = '\0';
		err = identity_parse(ret, id);
	}
	if (!err)
		return true;
	t = report_begin(b->report, REPORT_ERROR, at, NULL);
	text_quoted(t, text);
	text_put(t, err == ERR_LENGTH ? " is longer than an identity may be; shorten it"
		 : err == ERR_UNSUPPORTED ? " is of a kind that is not supported; write fqdn:, "
					    "email:, ipv4:, ipv6:, asn1dn: or keyid:, or %any"
				      : " is not an identity; write a name, an address, user@host, "
					"\"C=CH, CN=name\" or keyid:…");
	report_end(b->report);
	return false;
}

enum err build_hosts(struct build *b, const struct setting *section, enum key key,
		     const struct host_pattern **ret, size_t *ret_count)
{
	const struct setting *at;
	struct span rest = build_text(section, key, &at), item;
	struct host_pattern *hosts = store_alloc(b->store, list_count(rest), sizeof(*hosts));
	size_t count = 0;

	if (!hosts)
		return ERR_MEMORY;
	if (!rest.len)
		build_wrong(b, section, key, "is empty; write %any or addresses");
	while (list_next(&rest, &item)) {
		enum err err = value_host(&hosts[count], item);

		if (err == ERR_UNSUPPORTED)
			build_wrong_value(b, section, key, item,
				    " is a name or a range, which are not supported yet; write an address or a prefix");
		else if (err)
			build_wrong_value(b, section, key, item, " is not an address; write one, or a prefix, or %any");
		else
			count++;
	}
	*ret = hosts;
	*ret_count = count;
	return ERR_OK;
}

enum err build_selectors(struct build *b, const struct setting *section, enum key key,
			 const struct selector_config **ret, size_t *ret_count)
{
	const struct setting *at;
	struct span rest = build_text(section, key, &at), item;
	size_t wanted = list_count(rest), count = 0;
	struct selector_config *list = store_alloc(b->store, wanted, sizeof(*list));

	if (!list)
		return ERR_MEMORY;
	if (!wanted)
		build_wrong(b, section, key, "is empty; write dynamic or prefixes");
	if (wanted > SELECTORS_MAX)
		build_wrong(b, section, key,
			    "has more than 16 selectors; write fewer and larger ones");
	while (list_next(&rest, &item)) {
		if (value_selector(&list[count], item) == ERR_OK)
			count++;
		else
			build_wrong_value(b, section, key, item,
				    " is not a traffic selector; write dynamic, 10.1.0.0/16, 10.1.0.1..10.1.0.9 or "
				    "10.1.0.0/16[tcp/443]");
	}
	*ret = list;
	*ret_count = count;
	return ERR_OK;
}

/* What was named and should not be; the defaults have none of it. */
static void warn_weak(struct build *b, const struct setting *section, enum key key,
		      const struct proposal *p)
{
	const struct setting *at;

	(void)build_text(section, key, &at);
	for (size_t i = 0; at && i < p->count; i++) {
		const struct transform *t = &p->transforms[i];
		const struct transform_row *row = transform_find(t->type, t->id, t->key_bits);
		const char *words = transform_weakness(t->type, t->id, p->protocol);

		if (words) { /* RFC8247 2, RFC8221 5 */
			struct text *line = report_begin(b->report, REPORT_WARNING, at, NULL);

			text_quoted(line, span_text(row->keyword));
			text_char(line, ' ');
			text_put(line, words);
			report_end(b->report);
		}
	}
}

static void proposal_add(struct build *b, const struct setting *section, enum key key,
			 struct span item, struct proposal *list, size_t *count)
{
	enum key_type type = key_row(key)->type;
	uint8_t protocol = type == KEY_PROPOSALS_IKE ? PROTOCOL_IKE :
			   type == KEY_PROPOSALS_AH  ? PROTOCOL_AH :
						       PROTOCOL_ESP;
	char buffer[256];
	struct text why = TEXT_ARRAY(buffer);

	if (key_value_in("default", item)) {
		*count += proposal_defaults(&list[*count], PROPOSALS_MAX - *count, protocol);
	} else if (*count >= PROPOSALS_MAX) {
		build_wrong(b, section, key, "has more than 16 proposals; write fewer");
	} else if (proposal_parse(&list[*count], protocol, item, &why)) {
		struct text *t = build_wrong_begin(b, section, key);

		text_quoted(t, item);
		text_put(t, why.data[0] == '"' ? ": " : " ");
		text_put(t, why.data);
		report_end(b->report);
	} else {
		warn_weak(b, section, key, &list[*count]);
		++*count;
	}
}

static void proposals_add(struct build *b, const struct setting *section, enum key key,
			  struct proposal *list, size_t *count)
{
	const struct setting *at;
	struct span rest = build_text(section, key, &at), item;

	if (!rest.len)
		build_wrong(b, section, key, "is empty; write default or algorithms");
	while (list_next(&rest, &item))
		proposal_add(b, section, key, item, list, count);
}

static enum err proposals_keep(struct build *b, const struct proposal *list, size_t count,
			       const struct proposal **ret, size_t *ret_count)
{
	struct proposal *kept = store_alloc(b->store, count, sizeof(*kept));

	if (!kept)
		return ERR_MEMORY;
	if (count)
		memcpy(kept, list, count * sizeof(*kept));
	*ret = kept;
	*ret_count = count;
	return ERR_OK;
}

enum err build_proposals(struct build *b, const struct setting *section, enum key key,
			 const struct proposal **ret, size_t *ret_count)
{
	struct proposal list[PROPOSALS_MAX];
	size_t count = 0;

	proposals_add(b, section, key, list, &count);
	return proposals_keep(b, list, count, ret, ret_count);
}

enum err build_child_proposals(struct build *b, const struct setting *section,
			       const struct proposal **ret, size_t *ret_count)
{
	struct proposal list[PROPOSALS_MAX];
	const struct setting *esp, *ah;
	size_t count = 0;

	(void)build_text(section, KEY_CHILD_ESP_PROPOSALS, &esp);
	(void)build_text(section, KEY_CHILD_AH_PROPOSALS, &ah);
	if (esp || !ah)
		proposals_add(b, section, KEY_CHILD_ESP_PROPOSALS, list, &count);
	if (ah)
		proposals_add(b, section, KEY_CHILD_AH_PROPOSALS, list, &count);
	return proposals_keep(b, list, count, ret, ret_count);
}

uint16_t build_tfc(struct build *b, const struct setting *section)
{
	const struct key_row *row = key_row(KEY_CHILD_TFC_PADDING);
	const struct setting *at;
	struct span text = build_text(section, KEY_CHILD_TFC_PADDING, &at);
	uint64_t value;

	if (key_value_in("mtu", text))
		return TFC_PADDING_MTU;
	if (!value_count(&value, text, row->most))
		return (uint16_t)value;
	build_wrong_value(b, section, KEY_CHILD_TFC_PADDING, text,
			  " is no length; write mtu, or bytes up to 65000");
	return 0;
}

enum err build_origin(struct build *b, const struct setting *at, struct origin *ret)
{
	if (!b->file || b->file_of != at->file) {
		const char *name = store_text(b->store, span_text(at->file ? at->file->name : ""));

		if (!name)
			return ERR_MEMORY;
		b->file = name;
		b->file_of = at->file;
	}
	ret->file = b->file;
	ret->line = at->line;
	return ERR_OK;
}
