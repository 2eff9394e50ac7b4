/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include "queue.h"
#include "require.h"

#define ERRMSG_MAX 2000

struct control_session {
	control_id id; /* 0: free */
	struct queue in, out;
	const struct control_command *running;
	uint64_t used;   /* when it last said or took something, counted in such moments */
	uint32_t spent;  /* commands of this turn */
	uint64_t events; /* registered for, a bit each */
	bool refused;    /* a stream of the running command found no room */
	bool more_due;   /* … and there is room again */
	bool eof, cut;
	enum err why;
};

struct control_server {
	struct control_params params;
	control_id last_id;
	control_id handling; /* whose handler is running; 0: none */
	bool pumping;
	uint64_t moments;
	struct control_usage usage;
	struct control_session sessions[];
};

static size_t server_size(const struct control_params *p)
{
	return sizeof(struct control_server) + p->sessions_max * sizeof(struct control_session);
}

enum err control_server_new(struct control_server **ret, const struct control_params *params)
{
	struct control_params p = *params;
	struct control_server *s;

	if (p.sessions_max == 0)
		p.sessions_max = CONTROL_SESSIONS_MAX;
	if (p.output_max == 0)
		p.output_max = CONTROL_OUTPUT_MAX;
	REQUIRE(p.events_count <= CONTROL_EVENTS_MAX);
	REQUIRE(p.output_max > CONTROL_OUTPUT_RESERVE && p.sessions_max <= UINT16_MAX);
	s = memory_alloc(p.memory, server_size(&p));
	if (!s)
		return ERR_MEMORY;
	s->params = p;
	*ret = s;
	return ERR_OK;
}

static void session_forget(struct control_server *s, struct control_session *session)
{
	queue_clear(&session->in);
	queue_clear(&session->out);
	*session = (struct control_session){ 0 };
	s->usage.sessions--;
}

void control_server_free(struct control_server *s)
{
	struct memory *memory;
	size_t size;

	if (!s)
		return;
	REQUIRE(!s->pumping);
	for (uint32_t i = 0; i < s->params.sessions_max; i++) {
		if (s->sessions[i].id)
			session_forget(s, &s->sessions[i]);
	}
	memory = s->params.memory;
	size = server_size(&s->params);
	memory_free(memory, s, size);
}

/* Few sessions: a walk is cheaper than an index would be. */
static struct control_session *session_mutable(struct control_server *s, control_id id)
{
	for (uint32_t i = 0; id != 0 && i < s->params.sessions_max; i++) {
		if (s->sessions[i].id == id)
			return &s->sessions[i];
	}
	return NULL;
}

static const struct control_session *session_find(const struct control_server *s, control_id id)
{
	for (uint32_t i = 0; id != 0 && i < s->params.sessions_max; i++) {
		if (s->sessions[i].id == id)
			return &s->sessions[i];
	}
	return NULL;
}

enum err control_session_open(struct control_server *s, control_id *ret)
{
	for (uint32_t i = 0; i < s->params.sessions_max; i++) {
		struct control_session *session = &s->sessions[i];

		if (session->id)
			continue;
		session->id = ++s->last_id;
		session->used = ++s->moments;
		session->in = queue_of(s->params.memory, VICI_LENGTH_LEN + VICI_SEGMENT_MAX);
		session->out = queue_of(s->params.memory, s->params.output_max);
		s->usage.sessions++;
		s->usage.opened++;
		*ret = session->id;
		return ERR_OK;
	}
	s->usage.refused++;
	return ERR_LIMIT;
}

void control_session_close(struct control_server *s, control_id id)
{
	struct control_session *session = session_mutable(s, id);

	REQUIRE(id == 0 || id != s->handling); /* its message would go away under its handler */
	if (session)
		session_forget(s, session);
}

static void session_cut(struct control_server *s, struct control_session *session, enum err why)
{
	if (session->cut)
		return;
	session->cut = true;
	session->why = why;
	s->usage.cut++;
}

/* An answer, or a confirmation: the client waits for it, so without it the session is of no more
 * use. */
static void session_answer(struct control_server *s, struct control_session *session,
			   struct span segment)
{
	enum err err = session->cut ? ERR_OK : queue_put(&session->out, segment);

	if (err != ERR_OK)
		session_cut(s, session, err);
}

static void session_answer_bare(struct control_server *s, struct control_session *session,
				enum vici_packet type)
{
	uint8_t buffer[VICI_LENGTH_LEN + 1];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), type, NULL);
	struct span segment;
	enum err err = vici_finish(&v, &segment);

	REQUIRE(err == ERR_OK);
	session_answer(s, session, segment);
}

static void request_serve(struct control_server *s, struct control_session *session,
			  struct span name, struct span message)
{
	const struct control_command *command = NULL;

	for (size_t i = 0; i < s->params.commands_count && !command; i++) {
		if (span_equal(span_text(s->params.commands[i].name), name))
			command = &s->params.commands[i];
	}
	if (!command) {
		session_answer_bare(s, session, VICI_CMD_UNKNOWN);
		return;
	}
	s->usage.commands++;
	session->spent++;
	session->running = command;
	if (vici_check(message) != ERR_OK) {
		control_respond_result(s, session->id, "the request's message is malformed");
		return;
	}
	s->handling = session->id;
	command->handler(s->params.ctx, session->id, message);
	s->handling = 0;
}

/* The bit of an event's name; 0 when we know of no such event. */
static uint64_t event_bit(const struct control_server *s, struct span name)
{
	for (size_t i = 0; i < s->params.events_count; i++) {
		if (span_equal(span_text(s->params.events[i]), name))
			return UINT64_C(1) << i;
	}
	return 0;
}

static void packet_serve(struct control_server *s, struct control_session *session,
			 struct span packet)
{
	struct span name, message;
	uint64_t event;
	uint8_t type;
	enum err err = vici_packet_parse(packet, &type, &name, &message);

	if (err != ERR_OK) {
		session_cut(s, session, err);
		return;
	}
	switch (type) {
	case VICI_CMD_REQUEST:
		request_serve(s, session, name, message);
		break;
	case VICI_EVENT_REGISTER:
	case VICI_EVENT_UNREGISTER:
		event = event_bit(s, name);
		if (type == VICI_EVENT_REGISTER)
			session->events |= event;
		else
			session->events &= ~event;
		session_answer_bare(s, session, event ? VICI_EVENT_CONFIRM : VICI_EVENT_UNKNOWN);
		break;
	default: /* what only a server sends */
		session_cut(s, session, ERR_UNEXPECTED);
		break;
	}
}

/* The next whole packet, and in *ret_used its length with that of the segment's head; false when
 * there is none yet. */
static bool packet_next(struct control_server *s, struct control_session *session,
			struct span *ret_packet, size_t *ret_used)
{
	struct reader r = reader_of(queue_span(&session->in));
	uint32_t len;

	if (reader_left(&r) < VICI_LENGTH_LEN)
		return false;
	len = reader_u32(&r);
	if (len == 0 || len > VICI_SEGMENT_MAX) {
		session_cut(s, session, ERR_LENGTH);
		return false;
	}
	if (reader_left(&r) < len)
		return false;
	*ret_packet = reader_take(&r, len);
	*ret_used = VICI_LENGTH_LEN + len;
	return true;
}

/* But for what it has spent of this turn. */
static bool session_free(const struct control_session *session)
{
	return session->id && !session->cut && !session->running &&
	       session->out.len <= CONTROL_OUTPUT_PAUSE;
}

static bool session_spent(const struct control_server *s, const struct control_session *session)
{
	return s->params.commands_turn && session->spent >= s->params.commands_turn;
}

static bool session_ready(const struct control_server *s, const struct control_session *session)
{
	return session_free(session) && !session_spent(s, session);
}

/* Does one thing that is due for a session; false when there is none. */
static bool session_step(struct control_server *s, struct control_session *session)
{
	struct span packet;
	size_t used;

	if (session->id && !session->cut && session->running && session->more_due) {
		session->more_due = session->refused = false;
		s->handling = session->id;
		session->running->more(s->params.ctx, session->id);
		s->handling = 0;
		return true;
	}
	if (!session_ready(s, session))
		return false;
	if (packet_next(s, session, &packet, &used)) {
		packet_serve(s, session, packet);
		queue_take(&session->in, used);
		return true;
	}
	if (session->eof && session->in.len && !session->cut) { /* ended within a request */
		session->why = ERR_TRUNCATED;
		queue_clear(&session->in);
	}
	return false;
}

/* Serves what is due, fairly and without nesting: a handler's answer to another session only makes
 * that one due. */
static void server_pump(struct control_server *s)
{
	bool again = true;

	if (s->pumping)
		return;
	s->pumping = true;
	while (again) {
		again = false;
		for (uint32_t i = 0; i < s->params.sessions_max; i++)
			again |= session_step(s, &s->sessions[i]);
	}
	s->pumping = false;
}

void control_server_turn(struct control_server *s)
{
	REQUIRE(!s->pumping);
	for (uint32_t i = 0; i < s->params.sessions_max; i++)
		s->sessions[i].spent = 0;
	server_pump(s);
}

bool control_server_due(const struct control_server *s)
{
	for (uint32_t i = 0; i < s->params.sessions_max; i++) {
		if (session_free(&s->sessions[i]) && session_spent(s, &s->sessions[i]))
			return true;
	}
	return false;
}

bool control_session_reading(const struct control_server *s, control_id id)
{
	const struct control_session *session = session_find(s, id);

	return session && !session->eof && session_ready(s, session);
}

void control_session_input(struct control_server *s, control_id id, struct span bytes)
{
	struct control_session *session = session_mutable(s, id);

	REQUIRE(!s->pumping);
	if (session)
		session->used = ++s->moments;
	while (session && session->id == id && !session->cut && !session->eof && bytes.len) {
		struct span piece = span_head(bytes, session->in.max - session->in.len);
		enum err err = piece.len ? queue_put(&session->in, piece) : ERR_LIMIT;

		if (err != ERR_OK) {
			session_cut(s, session, err);
			break;
		}
		bytes = span_tail(bytes, piece.len);
		server_pump(s);
	}
}

void control_session_eof(struct control_server *s, control_id id)
{
	struct control_session *session = session_mutable(s, id);

	REQUIRE(!s->pumping);
	if (!session)
		return;
	session->eof = true;
	server_pump(s);
}

struct span control_session_output(const struct control_server *s, control_id id)
{
	const struct control_session *session = session_find(s, id);

	return session && !session->cut ? queue_span(&session->out) : SPAN_EMPTY;
}

void control_session_sent(struct control_server *s, control_id id, size_t n)
{
	struct control_session *session = session_mutable(s, id);

	REQUIRE(!s->pumping);
	if (!session)
		return;
	queue_take(&session->out, n);
	session->used = ++s->moments;
	if (session->refused && session->out.len <= session->out.max / 2)
		session->more_due = true;
	server_pump(s);
}

bool control_session_done(const struct control_server *s, control_id id, enum err *ret_why)
{
	const struct control_session *session = session_find(s, id);
	bool done = !session || session->cut ||
		    (session->eof && !session->running && session->in.len == 0 &&
		     session->out.len == 0);

	if (done && ret_why)
		*ret_why = session ? session->why : ERR_NOT_FOUND;
	return done;
}

/* What a segment of ours is; a malformed one is a bug. */
static void segment_require(struct span segment, uint8_t type, struct span *ret_name)
{
	struct span message;
	uint8_t have;
	enum err err =
		vici_packet_parse(span_tail(segment, VICI_LENGTH_LEN), &have, ret_name, &message);

	REQUIRE(err == ERR_OK && have == type);
}

void control_respond(struct control_server *s, control_id id, struct span segment)
{
	struct control_session *session = session_mutable(s, id);
	struct span name;

	segment_require(segment, VICI_CMD_RESPONSE, &name);
	if (!session)
		return;
	REQUIRE(session->running != NULL);
	session->running = NULL;
	session->refused = session->more_due = false;
	session_answer(s, session, segment);
	server_pump(s);
}

void control_respond_result(struct control_server *s, control_id id, const char *errmsg)
{
	uint8_t buffer[ERRMSG_MAX + 64];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	struct span segment;
	enum err err;

	vici_put_bool(&v, "success", errmsg == NULL);
	if (errmsg)
		vici_put_span(&v, "errmsg", span_head(span_text(errmsg), ERRMSG_MAX));
	err = vici_finish(&v, &segment);
	REQUIRE(err == ERR_OK);
	control_respond(s, id, segment);
}

/* Nobody listens at the end of a stream but for the answer to its last request. */
static bool session_registered(const struct control_session *session, uint64_t event)
{
	return session->id && !session->cut && (session->events & event) &&
	       (!session->eof || session->running);
}

/* ERR_LIMIT: not now; ERR_SPACE and ERR_MEMORY: not at all. */
static enum err session_event(struct control_session *session, struct span segment)
{
	size_t max = session->out.max - CONTROL_OUTPUT_RESERVE;

	if (segment.len > max)
		return ERR_SPACE;
	if (session->out.len > max - segment.len)
		return ERR_LIMIT;
	return queue_put(&session->out, segment);
}

enum err control_stream(struct control_server *s, control_id id, struct span segment)
{
	struct control_session *session = session_mutable(s, id);
	struct span name;
	enum err err;

	segment_require(segment, VICI_EVENT, &name);
	if (!session || !session_registered(session, event_bit(s, name)))
		return ERR_NOT_FOUND;
	err = session_event(session, segment);
	if (err == ERR_LIMIT && session->running && session->running->more)
		session->refused = true;
	else if (err != ERR_OK)
		s->usage.events_dropped++;
	return err;
}

void control_broadcast(struct control_server *s, struct span segment)
{
	struct span name;
	uint64_t event;

	segment_require(segment, VICI_EVENT, &name);
	event = event_bit(s, name);
	REQUIRE(event != 0);
	for (uint32_t i = 0; i < s->params.sessions_max; i++) {
		struct control_session *session = &s->sessions[i];

		if (session_registered(session, event) && session_event(session, segment) != ERR_OK)
			s->usage.events_dropped++;
	}
}

bool control_wanted(const struct control_server *s, const char *event)
{
	uint64_t bit = event_bit(s, span_text(event));

	for (uint32_t i = 0; i < s->params.sessions_max; i++) {
		if (session_registered(&s->sessions[i], bit))
			return true;
	}
	return false;
}

bool control_session_wants(const struct control_server *s, control_id id, const char *event)
{
	const struct control_session *session = session_find(s, id);

	return session && session_registered(session, event_bit(s, span_text(event)));
}

control_id control_session_next(const struct control_server *s, control_id after)
{
	control_id next = 0;

	for (uint32_t i = 0; i < s->params.sessions_max; i++) {
		control_id id = s->sessions[i].id;

		if (id > after && (next == 0 || id < next))
			next = id;
	}
	return next;
}

control_id control_session_idlest(const struct control_server *s)
{
	const struct control_session *idlest = NULL;

	for (uint32_t i = 0; i < s->params.sessions_max; i++) {
		const struct control_session *session = &s->sessions[i];

		if (session->id && !session->running && !session->events &&
		    (!idlest || session->used < idlest->used))
			idlest = session;
	}
	return idlest ? idlest->id : 0;
}

struct control_usage control_usage(const struct control_server *s)
{
	return s->usage;
}
