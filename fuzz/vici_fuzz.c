/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vici_fuzz: the VICI codec and the server's sessions, under bytes of a stranger.
 *
 * The first byte of an input says how large the pieces are in which the rest comes and how eagerly
 * the client reads. What must hold: a message that the codec takes is written back byte by byte;
 * every request is answered once and in order; bounds hold; no memory is left.
 */
#include <stdint.h>
#include <stdlib.h>

#include "require.h"
#include "server.h"

#define OUTPUT_MAX (CONTROL_OUTPUT_RESERVE + 4096)

struct fuzz {
	struct control_server *server;
	control_id waiting;
	unsigned begun, answered, to_list;
};

static uint8_t buffer[VICI_SEGMENT_MAX + 100];

static void names_copy(char name[256], struct span from)
{
	if (from.len)
		memcpy(name, from.data, from.len);
	name[from.len] = '\0';
}

/* Writes a message anew from what was read of it. Names with a NUL byte are beyond the writer. */
static void message_roundtrip(struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	struct span segment = SPAN_EMPTY;
	struct vici_item item;
	static char text[65536 + 1];
	char name[256];

	for (;;) {
		if (vici_next(&r, &item) != ERR_OK) {
			REQUIRE(vici_check(message) != ERR_OK);
			return;
		}
		names_copy(name, item.name);
		if (strlen(name) != item.name.len)
			return;
		switch (item.element) {
		case VICI_END:
			REQUIRE(vici_check(message) == ERR_OK);
			REQUIRE(vici_finish(&v, &segment) == ERR_OK);
			REQUIRE(span_equal(span_tail(segment, VICI_LENGTH_LEN + 1), message));
			return;
		case VICI_SECTION_START:
			vici_section(&v, name);
			break;
		case VICI_SECTION_END:
			vici_section_end(&v);
			break;
		case VICI_KEY_VALUE:
			vici_put_span(&v, name, item.value);
			break;
		case VICI_LIST_START:
			vici_list(&v, name);
			break;
		case VICI_LIST_ITEM:
			if (item.value.len)
				memcpy(text, item.value.data, item.value.len);
			text[item.value.len] = '\0';
			if (strlen(text) != item.value.len)
				return;
			vici_list_item(&v, text);
			break;
		case VICI_LIST_END:
			vici_list_end(&v);
			break;
		}
	}
}

static void sections_walk(struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct span name, body, value;

	(void)vici_find(message, "a.b.c", &value);
	(void)vici_find(message, "a", &value);
	while (vici_next_section(&r, &name, &body))
		REQUIRE(vici_check(body) == ERR_OK);
}

static void on_now(void *ctx, control_id id, struct span message)
{
	struct fuzz *f = ctx;

	REQUIRE(vici_check(message) == ERR_OK);
	message_roundtrip(message);
	f->begun++;
	f->answered++;
	control_respond_result(f->server, id, message.len % 2 ? "odd" : NULL);
}

static void on_later(void *ctx, control_id id, struct span message)
{
	struct fuzz *f = ctx;

	(void)message;
	REQUIRE(f->waiting == 0); /* one at a time */
	f->begun++;
	f->waiting = id;
}

static void list_more(void *ctx, control_id id)
{
	static const uint8_t segment[] = { 0, 0, 0, 10, 7, 1, 'e', 3, 1, 'k', 0, 2, 'v', 'v' };
	struct fuzz *f = ctx;

	for (; f->to_list > 0; f->to_list--) {
		if (control_stream(f->server, id, SPAN_ARRAY(segment)) == ERR_LIMIT)
			return;
	}
	f->answered++;
	control_respond_result(f->server, id, NULL);
}

static void on_list(void *ctx, control_id id, struct span message)
{
	struct fuzz *f = ctx;

	(void)message;
	f->begun++;
	f->to_list = 700;
	list_more(ctx, id);
}

static const struct control_command commands[] = {
	{ "n", on_now, NULL },
	{ "l", on_later, NULL },
	{ "s", on_list, list_more },
};
static const char *const events[] = { "e", "f" };

/* What a shell does between two pieces. */
static void session_turn(struct fuzz *f, control_id id, unsigned eagerness)
{
	struct span output = control_session_output(f->server, id);

	REQUIRE(output.len <= OUTPUT_MAX);
	if (f->waiting && eagerness % 2) {
		control_id waiting = f->waiting;

		f->waiting = 0;
		f->answered++;
		control_respond_result(f->server, waiting, NULL);
	}
	output = control_session_output(f->server, id);
	control_session_sent(f->server, id, (output.len * eagerness + 2) / 3);
	REQUIRE(f->begun - f->answered <= 1);
}

static void sessions_feed(struct span input, uint8_t manner)
{
	struct memory memory = memory_system(SIZE_MAX);
	struct fuzz f = { 0 };
	struct control_params params = {
		.memory = &memory,
		.commands = commands,
		.commands_count = ARRAY_LEN(commands),
		.events = events,
		.events_count = ARRAY_LEN(events),
		.ctx = &f,
		.sessions_max = 2,
		.output_max = OUTPUT_MAX,
	};
	size_t piece = (size_t)1 << (manner & 7);
	unsigned eagerness = manner >> 3 & 3;
	control_id id = 0;

	REQUIRE(control_server_new(&f.server, &params) == ERR_OK);
	REQUIRE(control_session_open(f.server, &id) == ERR_OK);
	while (input.len && !control_session_done(f.server, id, NULL)) {
		control_session_input(f.server, id, span_head(input, piece));
		input = span_tail(input, piece);
		session_turn(&f, id, eagerness);
		REQUIRE(memory.used <= 8 * VICI_SEGMENT_MAX);
	}
	control_session_eof(f.server, id);
	for (unsigned turn = 0; turn < 10000 && !control_session_done(f.server, id, NULL); turn++)
		session_turn(&f, id, 3);
	REQUIRE(control_session_done(f.server, id, NULL));
	control_server_free(f.server);
	REQUIRE(memory.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size);

	if (size == 0 || size > VICI_SEGMENT_MAX)
		return 0;
	message_roundtrip(input);
	sections_walk(input);
	sessions_feed(span_tail(input, 1), data[0]);
	return 0;
}
