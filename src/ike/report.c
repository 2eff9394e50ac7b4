/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "state.h"

void count(struct adit_engine *e, enum counter counter)
{
	e->reports.counters[counter]++;
}

void line_begin(struct line *l, struct adit_engine *e, enum log_level level,
		const struct ike_sa *sa, const char *what)
{
	l->e = level <= e->log_level ? e : NULL;
	l->sa = sa;
	l->level = level;
	l->text = TEXT_ARRAY(l->line);
	text_put(&l->text, what);
	if (!sa)
		return;
	line_u64(l, "ike", sa->unique);
	if (sa->conn)
		line_word(l, "conn", sa->conn->name);
}

static void key_begin(struct line *l, const char *key)
{
	text_char(&l->text, ' ');
	text_put(&l->text, key);
	text_char(&l->text, '=');
}

void line_word(struct line *l, const char *key, const char *value)
{
	bool quote = strchr(value, ' ') != NULL || *value == '\0';

	key_begin(l, key);
	if (quote)
		text_char(&l->text, '"');
	text_put(&l->text, value);
	if (quote)
		text_char(&l->text, '"');
}

void line_u64(struct line *l, const char *key, uint64_t value)
{
	key_begin(l, key);
	text_u64(&l->text, value);
}

void line_spi(struct line *l, const char *key, uint64_t spi, unsigned digits)
{
	key_begin(l, key);
	text_hex64(&l->text, spi, digits);
}

void line_endpoint(struct line *l, const char *key, const struct endpoint *endpoint)
{
	key_begin(l, key);
	text_endpoint(&l->text, endpoint);
}

void line_identity(struct line *l, const char *key, const struct identity *id)
{
	key_begin(l, key);
	text_char(&l->text, '"');
	text_identity(&l->text, id);
	text_char(&l->text, '"');
}

void line_end(struct line *l)
{
	struct event *event = l->e ? report_new(l->e, EVENT_LOG, l->sa, NULL) : NULL;

	if (!event)
		return;
	event->level = l->level;
	memcpy(event->text, l->line, sizeof(event->text));
	report_send(l->e, event);
}

static void name_event(struct event *event, const struct ike_sa *sa, const struct child_sa *child)
{
	if (sa) {
		event->ike_unique = sa->unique;
		event->path = sa->path;
		if (sa->conn)
			memcpy(event->conn, sa->conn->name, sizeof(event->conn));
		if (sa->handshake) {
			event->request = sa->handshake->request;
			if (sa->handshake->child)
				memcpy(event->child, sa->handshake->child->name,
				       sizeof(event->child));
		}
	}
	if (child) {
		event->child_unique = child->unique;
		memcpy(event->child, child->config->name, sizeof(event->child));
	}
}

static struct event *take_reserve(struct reports *r)
{
	for (size_t i = 0; i < EVENTS_RESERVE; i++) {
		if (r->reserved[i])
			continue;
		r->reserved[i] = true;
		r->reserve[i] = (struct event){ 0 };
		return &r->reserve[i];
	}
	return NULL;
}

static void event_free(struct adit_engine *e, struct event *event)
{
	struct reports *r = &e->reports;

	if (event >= r->reserve && event < r->reserve + EVENTS_RESERVE) {
		r->reserved[event - r->reserve] = false;
		secret_wipe(event, sizeof(*event));
		return;
	}
	memory_free(e->memory, event, sizeof(*event));
}

struct event *report_new(struct adit_engine *e, enum event_kind kind, const struct ike_sa *sa,
			 const struct child_sa *child)
{
	uint32_t limit = kind == EVENT_LOG ? EVENTS_FOR_ALL : EVENTS_MAX;
	struct event *event = NULL;

	if (e->reports.count < limit)
		event = memory_alloc(e->memory, sizeof(*event));
	if (!event && e->reports.count < limit && kind != EVENT_LOG)
		event = take_reserve(&e->reports);
	if (!event) {
		count(e, COUNTER_EVENTS_LOST);
		return NULL;
	}
	event->kind = kind;
	event->level = LOG_INFO;
	event->at = e->now;
	name_event(event, sa, child);
	return event;
}

void report_send(struct adit_engine *e, struct event *event)
{
	struct reports *r = &e->reports;

	REQUIRE(r->count < EVENTS_MAX);
	r->ring[(r->head + r->count++) % EVENTS_MAX] = event;
}

bool adit_engine_event(struct adit_engine *e, struct event *ret)
{
	struct reports *r = &e->reports;
	struct event *event;

	if (r->count == 0)
		return request_take_event(e, ret);
	event = r->ring[r->head];
	r->head = (r->head + 1) % EVENTS_MAX;
	r->count--;
	*ret = *event;
	event_free(e, event);
	return true;
}

/* "connections.<conn>.proposals" with the names that are known in their places. */
static void name_setting(struct event *event)
{
	const struct {
		const char *place, *name;
	} names[] = { { "<conn>", event->conn }, { "<child>", event->child } };
	struct diagnosis *d = &event->diagnosis;
	char named[sizeof(d->setting)];
	struct text t = TEXT_ARRAY(named);

	for (const char *at = d->setting; *at;) {
		size_t i = 0;

		while (i < ARRAY_LEN(names) &&
		       (!*names[i].name || strncmp(at, names[i].place, strlen(names[i].place)) != 0))
			i++;
		if (i == ARRAY_LEN(names)) {
			text_char(&t, *at++);
			continue;
		}
		text_put(&t, names[i].name);
		at += strlen(names[i].place);
	}
	if (!t.cut)
		memcpy(d->setting, named, sizeof(d->setting));
}

void report_diagnosis(struct adit_engine *e, const struct ike_sa *sa, uint32_t request,
		      const struct diagnosis *d)
{
	struct event *event = report_new(e, EVENT_DIAGNOSIS, sa, NULL);

	if (!event)
		return;
	event->level = LOG_NOTICE;
	if (request)
		event->request = request;
	event->diagnosis = *d;
	name_setting(event);
	report_send(e, event);
}

void report_stranger(struct adit_engine *e, const struct path *path, const struct diagnosis *d)
{
	struct event *event = NULL;

	if (e->reports.count < EVENTS_FOR_ALL && ration_take(e, &e->strangers, STRANGERS_RATE))
		event = report_new(e, EVENT_DIAGNOSIS, NULL, NULL);
	if (!event)
		return;
	event->level = LOG_NOTICE;
	event->path = *path;
	event->diagnosis = *d;
	report_send(e, event);
}

static void put(char *field, size_t size, const char *words)
{
	struct text t = text_of(field, size);

	text_put(&t, words);
}

void report_why(struct adit_engine *e, const struct ike_sa *sa, enum diagnosis_kind kind,
		const char *theirs, const char *ours, const char *parted, const char *setting)
{
	struct diagnosis d = { .kind = kind };

	put(d.theirs, sizeof(d.theirs), theirs);
	put(d.ours, sizeof(d.ours), ours);
	put(d.parted, sizeof(d.parted), parted);
	put(d.setting, sizeof(d.setting), setting);
	report_diagnosis(e, sa, 0, &d);
}

void reports_clear(struct adit_engine *e)
{
	struct event event;

	while (adit_engine_event(e, &event))
		secret_wipe(&event, sizeof(event));
}

const char *adit_counter_name(size_t index)
{
	static const char *const names[] = {
#define X(name, text) text,
		COUNTER_ROWS(X)
#undef X
	};

	return index < ARRAY_LEN(names) ? names[index] : NULL;
}

uint64_t adit_engine_counter(const struct adit_engine *e, size_t index)
{
	return index < COUNTERS ? e->reports.counters[index] : 0;
}
