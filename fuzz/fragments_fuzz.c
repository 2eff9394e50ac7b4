/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fragments_fuzz: reassembly alone, against a model that keeps all it was given (RFC 7383 2.6).
 *
 * The input is fragments: message (2 bits), response (1 bit), number, total, length, bytes.
 */
#include "feature/fragment.h"
#include "require.h"
#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken of the message that is being put together; total 0: none. */
static struct model {
	uint32_t message_id;
	bool response;
	uint16_t total;
	bool have[FRAGMENTS_MAX];
	struct span pieces[FRAGMENTS_MAX];
	uint64_t hash;
	size_t size;
} model;

static enum err model_take(const struct ike_header *header, const struct skf_header *number, uint64_t hash, struct span piece)
{
	bool response = (header->flags & IKE_FLAG_RESPONSE) != 0;
	bool same = model.total && model.message_id == header->message_id && model.response == response;

	if (number->total > FRAGMENTS_MAX)
		return ERR_TOO_MANY;
	if (piece.len == 0)
		return ERR_LENGTH;
	if (same && number->total < model.total)
		return ERR_PENDING;
	if (!same || number->total > model.total)
		model = (struct model){ .message_id = header->message_id, .response = response, .total = number->total };
	if (model.have[number->number - 1])
		return ERR_PENDING;
	if (model.size + piece.len > MESSAGE_MAX)
		return ERR_TOO_MANY;
	model.have[number->number - 1] = true;
	model.pieces[number->number - 1] = piece;
	model.size += piece.len;
	if (number->number == 1)
		model.hash = hash;
	for (unsigned i = 0; i < model.total; i++) {
		if (!model.have[i])
			return ERR_PENDING;
	}
	return ERR_OK;
}

static void whole_check(struct span whole, uint8_t first, uint64_t hash)
{
	struct reader r = reader_of(whole);

	for (unsigned i = 0; i < model.total; i++)
		REQUIRE(span_equal(reader_take(&r, model.pieces[i].len), model.pieces[i]));
	REQUIRE(reader_end(&r) == ERR_OK && whole.len == model.size);
	REQUIRE(hash == model.hash && first == (uint8_t)hash);
	model = (struct model){ 0 };
}

/* As much of an engine as reassembly looks at: one SA, and the timer that ends what stays unfinished. */
static struct ike_sa *only_sa(struct adit_engine *e)
{
	static struct memory memory;
	static struct ike_sa *sa;

	if (!sa) {
		memory = memory_system(SIZE_MAX);
		REQUIRE(slab_init(&e->sas, &memory, sizeof(*sa), 1) == ERR_OK && timers_init(&e->timers, &memory, 1) == ERR_OK);
		e->limits.half_open_timeout = NANOS_SECOND;
		sa = slab_alloc(&e->sas);
		REQUIRE(sa);
	}
	sa->fragments = (struct fragments){ .supported = true };
	return sa;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t whole[MESSAGE_MAX];
	static struct adit_engine e;
	struct memory memory = memory_system(SIZE_MAX);
	struct reader in = reader_of(span_of(data, size));
	struct ike_sa *sa = only_sa(&e);

	e.memory = &memory;
	model = (struct model){ 0 };
	for (uint64_t hash = 1; reader_left(&in) > 0; hash++) {
		uint8_t what = reader_u8(&in), first = 0;
		struct ike_header header = { .message_id = what & 3, .flags = what & 4 ? IKE_FLAG_RESPONSE : 0 };
		struct skf_header number = { .number = reader_u8(&in) };
		uint64_t ret_hash = 0;
		size_t len = 0;
		struct span piece;
		enum err err;

		number.total = reader_u8(&in);
		piece = reader_take(&in, what & 8 ? reader_u16(&in) : reader_u8(&in));
		if (number.number == 0 || number.number > number.total) /* skf_parse() takes no such thing */
			continue;
		err = fragment_take(&e, sa, &header, &number, (uint8_t)hash, hash, piece, whole, &len, &first, &ret_hash);
		REQUIRE(err == model_take(&header, &number, hash, piece));
		if (err == ERR_OK)
			whole_check(span_of(whole, len), first, ret_hash);
		REQUIRE((sa->fragments.in != NULL) == (model.total != 0));
		REQUIRE((timers_next(&e.timers) != NANOS_NEVER) == (model.total != 0));
	}
	fragment_clear(&e, sa);
	REQUIRE(memory.used == 0 && timers_next(&e.timers) == NANOS_NEVER);
	return 0;
}
