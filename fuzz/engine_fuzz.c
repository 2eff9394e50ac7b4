/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_fuzz: an engine against arbitrary messages, with a cipher that is none, so that bytes reach every handler.
 *
 * The first byte is the pair of hosts and how far their genuine conversation is before the strange messages come; its
 * highest bit says which of the two gets them. Then follow messages: flags, length / 4, bytes. Flags may ask for a header
 * that fits the SA: SPIs, message ID, lengths, SK or SKF payload.
 */
#include "hosts.h"
#include "reached.h"

#define MESSAGES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum message_flag {
	FIT_HEADER = 1,
	FIT_SK = 2,
	PASS_TIME = 4,
	RESPONSE = 8,
	FRAGMENT = 16,
	ANY_AUTH = 32,
	AHEAD = 64, /* one message ID too far */
};

static size_t make(uint8_t *buffer, size_t cap, const struct hosts *hs, enum side to, uint8_t flags, struct span bytes)
{
	struct writer w = writer_of(buffer, cap);
	struct reader r = reader_of(bytes);
	struct opened m = { .outer = PAYLOAD_NONE };
	uint8_t exchange;

	if (!(flags & FIT_HEADER)) {
		writer_put(&w, bytes);
		return w.overflow ? 0 : w.len;
	}
	exchange = (uint8_t)(EXCHANGE_IKE_SA_INIT + reader_u8(&r) % 5);
	message_aim(hs, to, exchange, (flags & RESPONSE) != 0, &m.header);
	m.header.message_id += (flags & AHEAD) != 0;
	m.first = reader_u8(&r);
	if (flags & FIT_SK)
		m.outer = flags & FRAGMENT ? PAYLOAD_SKF : PAYLOAD_SK;
	if (m.outer == PAYLOAD_SKF)
		m.fragment = (struct skf_header){ reader_u8(&r), reader_u8(&r) };
	m.payloads = reader_rest(&r);
	message_close(&w, &m);
	return w.overflow ? 0 : w.len;
}

/* What the target sends is lost. */
static void drain(struct hosts *hs, enum side side)
{
	uint8_t buffer[DATAGRAM_MAX];
	struct writer w;

	do
		w = writer_of(buffer, sizeof(buffer));
	while (host_output(hs, side, &w));
}

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
	static uint8_t buffer[4096];
	struct reader in = reader_of(span_of(data, size));
	uint8_t mode = reader_u8(&in);
	enum side to = mode & 0x80 ? INITIATOR : RESPONDER;
	struct hosts *hs = hosts_begin(mode % PAIR_KINDS, (mode & 0x7f) / PAIR_KINDS % STAGES);
	struct path path = hs->host[to].from;

	for (unsigned i = 0; i < MESSAGES_MAX && reader_left(&in) > 0; i++) {
		uint8_t flags = reader_u8(&in);
		struct span bytes = reader_take(&in, reader_u8(&in) * 4u);

		hs->trusting = (flags & ANY_AUTH) != 0;
		hs->host[to].from = path;
		host_input(hs, to, span_of(buffer, make(buffer, sizeof(buffer), hs, to, flags, bytes)));
		drain(hs, to);
		if (flags & PASS_TIME)
			hosts_pass(hs, 3 * NANOS_SECOND);
		drain(hs, to);
	}
	hosts_end(hs);
	return 0;
}
