/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handlers_fuzz: two engines in a genuine conversation, whose messages are changed just before they are
 * protected: payloads replaced, added, taken away, cut, doubled; messages lost, late, repeated, cut into
 * fragments; jobs that fail or are late; time, commands. Bytes so reach every handler (reached.h).
 *
 * The first byte is the pair of hosts and the stage they are at; then come moves: what to do and to
 * whom, and what that move reads.
 */
#include <stdlib.h>

#include "hosts.h"
#include "payloads.h"
#include "reached.h"

#define MOVES_MAX 40
#define EDITS_MAX 15
#define PIECES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct {
	struct hosts *hs;
	struct reader in;
	enum side side;                 /* of the move */
	uint8_t last[2][DATAGRAM_MAX]; /* the last datagram to each */
	size_t last_len[2];
} run;

static void deliver(enum side to, struct span datagram)
{
	if (datagram.len <= DATAGRAM_MAX) {
		memcpy(run.last[to], datagram.data, datagram.len);
		run.last_len[to] = datagram.len;
	}
	host_input(run.hs, to, datagram);
}

/* ---- changes of a message ---- */

struct draft_payload {
	uint8_t type;
	bool critical;
	struct span body;
};

struct draft {
	struct opened message;
	struct draft_payload items[PAYLOADS_MAX + EDITS_MAX];
	size_t count;
	bool spoilt;                    /* changed after it was protected */
	uint8_t store[2 * MESSAGE_MAX]; /* of bodies that were changed */
	struct writer bodies;
	uint8_t run[2 * MESSAGE_MAX];
};

static struct draft draft;

static void draft_begin(void)
{
	draft.count = 0;
	draft.spoilt = false;
	draft.bodies = writer_of(draft.store, sizeof(draft.store));
}

static bool draft_of(struct span datagram)
{
	struct payload_list list;
	uint8_t critical;

	draft_begin();
	if (message_open(&draft.message, datagram))
		return false;
	if (payload_list_parse(&list, draft.message.first, draft.message.payloads, &critical))
		return true; /* a fragment: its piece is no run of payloads */
	for (size_t i = 0; i < list.count; i++)
		draft.items[draft.count++] = (struct draft_payload){ list.items[i].type, list.items[i].critical,
								     list.items[i].body };
	return true;
}

/* A span of what was written to bodies since start. */
static struct span body_since(size_t start)
{
	return span_tail(writer_span(&draft.bodies), start);
}

static struct span input_bytes(void)
{
	size_t len = reader_u8(&run.in);

	return reader_take(&run.in, len < 0xf0 ? len : (len - 0xef) * 256);
}

static struct draft_payload *draft_insert(size_t at, uint8_t type, struct span body)
{
	if (draft.count == ARRAY_LEN(draft.items))
		return NULL;
	memmove(&draft.items[at + 1], &draft.items[at], (draft.count - at) * sizeof(draft.items[0]));
	draft.items[at] = (struct draft_payload){ type, false, body };
	draft.count++;
	return &draft.items[at];
}

static void draft_remove(size_t at)
{
	draft.count--;
	memmove(&draft.items[at], &draft.items[at + 1], (draft.count - at) * sizeof(draft.items[0]));
}

static void insert_notify(size_t at)
{
	size_t start = draft.bodies.len;
	uint8_t spi_len = reader_u8(&run.in) % 16;

	writer_u8(&draft.bodies, spi_len == 4 ? PROTOCOL_ESP : 0);
	writer_u8(&draft.bodies, spi_len == 4 ? 4 : 0);
	writer_u16(&draft.bodies, reader_u16(&run.in));
	if (spi_len == 4)
		writer_u32(&draft.bodies, reader_u32(&run.in));
	writer_put(&draft.bodies, input_bytes());
	if (!draft.bodies.overflow)
		draft_insert(at, PAYLOAD_NOTIFY, body_since(start));
}

/* A few bytes of a body are others. */
static void overwrite(struct draft_payload *p)
{
	size_t start = draft.bodies.len, at = reader_u16(&run.in) % (p->body.len + 1);
	struct span bytes = input_bytes();

	bytes = span_head(bytes, p->body.len - at);
	writer_put(&draft.bodies, span_head(p->body, at));
	writer_put(&draft.bodies, bytes);
	writer_put(&draft.bodies, span_tail(p->body, at + bytes.len));
	if (!draft.bodies.overflow)
		p->body = body_since(start);
}

static void extend(struct draft_payload *p)
{
	size_t start = draft.bodies.len;

	writer_put(&draft.bodies, p->body);
	writer_put(&draft.bodies, input_bytes());
	if (!draft.bodies.overflow)
		p->body = body_since(start);
}

/* Another SPI, or another message altogether as soon as it is protected. */
static void edit_spi(uint8_t how)
{
	if (how == 0xff)
		draft.spoilt = true;
	else if (how & 1)
		draft.message.header.spi_r ^= how;
	else
		draft.message.header.spi_i ^= how;
}

static void edit(void)
{
	uint8_t what = reader_u8(&run.in);
	size_t at = draft.count ? (what >> 4) % draft.count : 0;
	struct draft_payload *p = draft.count ? &draft.items[at] : NULL;

	switch (what & 15) {
	case 0:
		draft_insert(at, reader_u8(&run.in), input_bytes());
		return;
	case 1:
		insert_notify(at);
		return;
	case 2:
		draft.message.header.exchange = reader_u8(&run.in);
		return;
	case 3:
		draft.message.header.flags = reader_u8(&run.in);
		return;
	case 4:
		draft.message.header.message_id = reader_u8(&run.in);
		return;
	case 5:
		draft.message.header.version = reader_u8(&run.in);
		return;
	case 6:
		edit_spi(reader_u8(&run.in));
		return;
	default:
		break;
	}
	if (!p)
		return;
	switch (what & 15) {
	case 7:
		p->body = input_bytes();
		break;
	case 8:
		overwrite(p);
		break;
	case 9:
		p->body = span_head(p->body, reader_u8(&run.in) % (p->body.len + 1));
		break;
	case 10:
		extend(p);
		break;
	case 11:
		draft_insert(at, p->type, p->body);
		break;
	case 12:
		draft_remove(at);
		break;
	case 13:
		p->type = reader_u8(&run.in);
		break;
	case 14:
		p->critical = !p->critical;
		break;
	default:
		if (draft.count > 1) {
			struct draft_payload first = draft.items[0];

			draft_remove(0);
			draft_insert(at < draft.count ? at : 0, first.type, first.body);
		}
		break;
	}
}

/* The run of payloads again; false where it has grown too long. */
static bool draft_close(void)
{
	struct writer w = writer_of(draft.run, sizeof(draft.run));
	struct chain c;

	if (draft.count == 0)
		return true;
	writer_u8(&w, 0);
	c = chain_begin(&w, 0);
	for (size_t i = 0; i < draft.count; i++) {
		if (draft.items[i].type == PAYLOAD_NONE) /* it would end the chain */
			continue;
		payload_begin(&c, draft.items[i].type, draft.items[i].critical);
		writer_put(&w, draft.items[i].body);
		payload_end(&c);
	}
	if (w.overflow || w.len > MESSAGE_MAX + 1000)
		return false;
	draft.message.first = draft.run[0];
	draft.message.payloads = span_tail(writer_span(&w), 1);
	return true;
}

static void draft_send(enum side to)
{
	static uint8_t buffer[2 * MESSAGE_MAX];
	struct writer w = writer_of(buffer, sizeof(buffer));

	message_close(&w, &draft.message);
	if (draft.spoilt && w.len)
		buffer[w.len - 1] ^= 1;
	if (!w.overflow)
		deliver(to, writer_span(&w));
}

/* RFC 7383: in pieces of a size, beginning with any, leaving one out perhaps. */
static void draft_send_pieces(enum side to)
{
	struct span rest = draft.message.payloads;
	uint8_t total = (uint8_t)(1 + reader_u8(&run.in) % PIECES_MAX), from = reader_u8(&run.in);
	size_t size = rest.len / total + 1;
	uint8_t first = draft.message.first;

	draft.message.outer = PAYLOAD_SKF;
	for (uint8_t i = 0; i < total; i++) {
		uint8_t number = (uint8_t)((i + from) % total);

		if (from & 0x80 && i == 1)
			continue;
		draft.message.fragment = (struct skf_header){ (uint16_t)(number + 1), total };
		draft.message.first = number == 0 ? first : PAYLOAD_NONE;
		draft.message.payloads = span_head(span_tail(rest, number * size), size);
		draft_send(to);
	}
}

static void draft_change(enum side to)
{
	uint8_t edits = reader_u8(&run.in);

	for (unsigned i = 0; i < (edits & EDITS_MAX); i++)
		edit();
	if (!draft_close())
		return;
	if (edits & 0x80 && draft.message.outer != PAYLOAD_NONE)
		draft_send_pieces(to);
	else
		draft_send(to);
}

/* ---- moves ---- */

static void move_deliver(void)
{
	uint8_t buffer[DATAGRAM_MAX];
	struct writer w = writer_of(buffer, sizeof(buffer));

	if (host_output(run.hs, run.side, &w))
		deliver(!run.side, writer_span(&w));
}

static void move_change(void)
{
	static uint8_t buffer[DATAGRAM_MAX];
	struct writer w = writer_of(buffer, sizeof(buffer));

	if (host_output(run.hs, run.side, &w) && draft_of(writer_span(&w)))
		draft_change(!run.side);
}

static void move_lose(void)
{
	uint8_t buffer[DATAGRAM_MAX];
	struct writer w = writer_of(buffer, sizeof(buffer));

	host_output(run.hs, run.side, &w);
}

static void move_repeat(void)
{
	if (run.last_len[run.side])
		host_input(run.hs, run.side, span_of(run.last[run.side], run.last_len[run.side]));
}

static void move_repeat_changed(void)
{
	static uint8_t buffer[DATAGRAM_MAX];
	size_t len = run.last_len[run.side];

	memcpy(buffer, run.last[run.side], len);
	if (len && draft_of(span_of(buffer, len)))
		draft_change(run.side);
}

/* A message that nobody sent. */
static void move_invent(void)
{
	uint8_t what = reader_u8(&run.in);
	uint8_t exchange = (uint8_t)(EXCHANGE_IKE_SA_INIT + what % 4);
	bool response = what & 0x40;

	draft_begin();
	draft.message = (struct opened){ .outer = exchange == EXCHANGE_IKE_SA_INIT ? PAYLOAD_NONE : PAYLOAD_SK };
	message_aim(run.hs, run.side, exchange, response, &draft.message.header);
	draft_change(run.side);
}

static void move_raw(void)
{
	struct span bytes = input_bytes();

	host_input(run.hs, run.side, bytes);
}

static void move_pass(void)
{
	static const nanos spans[] = { NANOS_MILLI, NANOS_SECOND, 6 * NANOS_SECOND, 40 * NANOS_SECOND, 400 * NANOS_SECOND };
	uint8_t how = reader_u8(&run.in);
	nanos deadline = adit_engine_deadline(run.hs->host[run.side].engine);

	if (how < 0x80)
		hosts_pass(run.hs, spans[how % ARRAY_LEN(spans)]);
	else if (deadline != NANOS_NEVER && deadline > run.hs->now)
		hosts_pass(run.hs, deadline - run.hs->now);
}

static void terminate(struct adit_engine *e, uint8_t how)
{
	struct adit_ike_info info;
	struct adit_terminate what = { .force = how & 0x20 };
	uint32_t cursor = 0, matches, request;
	enum err err;

	if (how & 1)
		what.child = "net";
	else if (how & 2)
		what.ike = "gw";
	else if (adit_engine_ike_info(e, &cursor, &info))
		what.ike_unique = info.unique;
	else
		return;
	err = adit_engine_terminate(e, &what, run.hs->now, &matches, &request);
	(void)err; /* nothing may be there to end */
}

static void move_command(void)
{
	static const char *const children[] = { "net", "one", "", "none" };
	struct host *h = &run.hs->host[run.side];
	uint8_t what = reader_u8(&run.in);
	struct adit_child_info child;
	struct endpoint moved = h->from.remote;
	uint32_t request, cursor = 0;
	enum err err = ERR_OK;

	switch (what >> 6) {
	case 0:
		err = adit_engine_initiate(h->engine, "", children[what % 4], &h->from, run.hs->now, &request);
		break;
	case 1:
		terminate(h->engine, what);
		break;
	case 2:
		if (what & 1)
			adit_engine_shutdown(h->engine, run.hs->now);
		else
			adit_engine_reconfigure(h->engine, h->config);
		break;
	default:
		moved.port = (uint16_t)(4000 + what);
		if (adit_engine_child_info(h->engine, &cursor, &child))
			adit_engine_peer_moved(h->engine, child.spi_in, &moved, run.hs->now);
		break;
	}
	(void)err; /* most commands make no sense most of the time */
	host_work(run.hs, run.side);
}

/* The peer seems to be elsewhere. */
static void move_readdress(void)
{
	struct path *from = &run.hs->host[run.side].from;
	uint8_t where = reader_u8(&run.in);

	from->remote.port = where & 1 ? 4500 : (uint16_t)(1000 + where);
	from->remote.ip.bytes[3] = (uint8_t)(2 + (where >> 4));
	if (where & 2) /* and we are */
		from->local.ip.bytes[3] = where;
}

static void move_jobs(void)
{
	uint8_t how = reader_u8(&run.in);

	run.hs->trusting = how & 0x80;
	run.hs->holding = how & 0x40;
	run.hs->failing = how & 0x20 ? (uint16_t)(1u << how % JOB_KINDS) : 0;
}

static void move_release(void)
{
	host_release(run.hs, run.side);
}

static void move_settle(void)
{
	hosts_carry(run.hs, 1 + reader_u8(&run.in) % 16);
}

/* So many bytes of memory are left; 255: as many as it takes. */
static void move_memory(void)
{
	struct memory *m = &run.hs->host[run.side].still.memory;
	uint8_t left = reader_u8(&run.in);

	m->limit = left == 0xff ? SIZE_MAX : m->used + (size_t)left * left;
}

/* Looks at what a status command looks at. */
static void move_look(void)
{
	const struct adit_engine *e = run.hs->host[run.side].engine;
	struct adit_ike_info ike;
	struct adit_child_info child;
	uint32_t cursor = 0;
	uint64_t digest;

	REQUIRE(!adit_engine_idle(e) || adit_engine_usage(e).ike_sas + adit_engine_usage(e).child_sas == 0);
	while (adit_engine_ike_info(e, &cursor, &ike)) {
		uint32_t place = ike.first_child;

		(void)adit_engine_ike_digest(e, ike.unique, &digest);

		while (place && adit_engine_child_at(e, place, &child))
			place = child.next_child;
	}
}

static void (*const moves[])(void) = {
	move_deliver, move_change, move_change, move_invent, move_memory, move_settle, move_pass, move_jobs,
	move_release, move_command, move_lose, move_repeat, move_repeat_changed, move_readdress, move_raw, move_look,
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hosts_init();
	reached_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mode;

	run.in = reader_of(span_of(data, size));
	mode = reader_u8(&run.in);
	run.hs = hosts_begin(mode % PAIR_KINDS, mode / PAIR_KINDS % STAGES);
	run.last_len[INITIATOR] = run.last_len[RESPONDER] = 0;
	for (unsigned i = 0; i < MOVES_MAX && reader_left(&run.in) > 0; i++) {
		uint8_t move = reader_u8(&run.in);

		run.side = move & 0x80 ? RESPONDER : INITIATOR;
		moves[move % ARRAY_LEN(moves)]();
	}
	hosts_end(run.hs);
	return 0;
}
