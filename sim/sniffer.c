/* SPDX-License-Identifier: Apache-2.0 */
/* sniffer: opens and describes datagrams, and watches message IDs from outside. */
#include "sniffer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "map.h"
#include "require.h"

static const uint64_t sniffer_salt[2] = { 0x736e6966, 0x66657273 };

void sniffer_init(struct sniffer *s, struct world *world, struct coverage *coverage,
		  const struct crypto *crypto)
{
	*s = (struct sniffer){ .world = world, .coverage = coverage, .crypto = *crypto };
	s->keys = calloc(SNIFFER_KEYS_MAX, sizeof(*s->keys));
	s->ivs = calloc(SNIFFER_KEYS_MAX, sizeof(*s->ivs));
	s->tracks = calloc(SNIFFER_TRACKS_MAX, sizeof(*s->tracks));
	s->assembly = calloc(1, sizeof(*s->assembly));
	REQUIRE(s->keys != NULL && s->ivs != NULL && s->tracks != NULL && s->assembly != NULL);
}

void sniffer_clear(struct sniffer *s)
{
	free(s->keys);
	free(s->ivs);
	free(s->tracks);
	free(s->assembly);
	*s = (struct sniffer){ 0 };
}

static const struct sniffer_keys *sniffer_keys_of(const struct sniffer *s, unsigned owner,
						  const struct ike_header *header)
{
	size_t known = s->keys_count < SNIFFER_KEYS_MAX ? s->keys_count : SNIFFER_KEYS_MAX;

	/* The newest first: an owner that derived twice means the later ones. */
	for (size_t n = 0; n < known; n++) {
		const struct sniffer_keys *k =
			&s->keys[(s->keys_count - 1 - n) % SNIFFER_KEYS_MAX];

		if (k->owner == owner && k->spi_i == header->spi_i && k->spi_r == header->spi_r)
			return k;
	}
	return NULL;
}

static bool keys_equal(const struct sniffer_keys *a, const struct sniffer_keys *b)
{
	return secret_equal(secret_span(&a->ei), secret_span(&b->ei)) &&
	       secret_equal(secret_span(&a->er), secret_span(&b->er));
}

/* The same keys told again are the same keys: their IVs go on. */
void sniffer_learn(struct sniffer *s, const struct sniffer_keys *keys)
{
	const struct ike_header header = { .spi_i = keys->spi_i, .spi_r = keys->spi_r };
	const struct sniffer_keys *known = sniffer_keys_of(s, keys->owner, &header);
	size_t at = s->keys_count % SNIFFER_KEYS_MAX;

	if (known && keys_equal(known, keys))
		return;
	s->keys[at] = *keys;
	s->ivs[at].count = 0;
	s->keys_count++;
}

/*
 * No IV comes again under a key, but with the same message (RFC 5282 4: with GCM that would be the
 * end of both).
 */
static void iv_watch(struct sniffer *s, const struct sniffer_keys *keys, struct span iv,
		     struct span datagram)
{
	struct sniffer_ivs *ivs = &s->ivs[keys - s->keys];
	uint64_t iv_hash = hash_bytes(sniffer_salt, iv);
	uint64_t message = hash_bytes(sniffer_salt, datagram);
	size_t known = ivs->count < SNIFFER_IDS ? ivs->count : SNIFFER_IDS;

	for (size_t i = 0; i < known; i++) {
		if (ivs->iv[i] != iv_hash)
			continue;
		if (ivs->message[i] != message)
			world_fail(s->world, "an IV comes twice under the keys of %016" PRIx64,
				   keys->spi_i);
		return;
	}
	ivs->iv[ivs->count % SNIFFER_IDS] = iv_hash;
	ivs->message[ivs->count++ % SNIFFER_IDS] = message;
}

/* What an SK or SKF payload is. */
struct opened {
	uint8_t first;
	struct skf_header fragment; /* total 0: a whole message */
	size_t len;                 /* of what is inside */
};

/* Takes an SK payload's body apart: IV | ciphertext | ICV (RFC 7296 3.14). */
static enum err sealed_open(struct sniffer *s, const struct sniffer_keys *keys,
			    const struct ike_header *header, struct span datagram,
			    struct span sealed, bool watch, uint8_t *buffer, size_t *ret_len)
{
	bool from_initiator = header->flags & IKE_FLAG_INITIATOR;
	const struct cipher *cipher = cipher_find(keys->encr.id, keys->encr.key_bits);
	const struct integ *integ =
		keys->integ.id == INTEG_NONE ? NULL : integ_find(keys->integ.id);
	struct seal_keys seal = {
		.cipher = cipher, .integ = integ,
		.encr = secret_span(from_initiator ? &keys->ei : &keys->er),
		.integrity = secret_span(from_initiator ? &keys->ai : &keys->ar),
	};
	struct reader r = reader_of(sealed);
	struct span iv, data, icv;
	struct sealer *sealer = NULL;
	enum err err;

	TRY_THAT(cipher != NULL, ERR_UNSUPPORTED);
	iv = reader_take(&r, cipher->iv_len);
	TRY_THAT(reader_left(&r) > seal_icv_len(cipher, integ), ERR_LENGTH);
	data = reader_take(&r, reader_left(&r) - seal_icv_len(cipher, integ));
	icv = reader_rest(&r);
	TRY_THAT(reader_ok(&r) && data.len % cipher->block_len == 0, ERR_LENGTH);
	memcpy(buffer, data.data, data.len);
	sealer = crypto_sealer_new(&s->crypto);
	TRY_THAT(sealer != NULL, ERR_MEMORY);
	TRY(crypto_sealer_key(&s->crypto, sealer, &seal));
	TRY(crypto_open(&s->crypto, sealer,
			span_head(datagram, (size_t)(sealed.data - datagram.data)), iv, buffer,
			data.len, SPAN_EMPTY, icv));
	TRY_THAT((size_t)buffer[data.len - 1] + 1 <= data.len, ERR_LENGTH); /* padding */
	if (watch)
		iv_watch(s, keys, iv, datagram);
	*ret_len = data.len - 1 - buffer[data.len - 1];
out:
	crypto_sealer_free(&s->crypto, sealer);
	return err;
}

static enum err owner_open(struct sniffer *s, unsigned owner, struct span datagram, bool watch,
			   uint8_t *buffer, struct opened *ret)
{
	struct opened opened = { 0 };
	struct ike_header header;
	struct payload_list outer;
	const struct sniffer_keys *keys;
	const struct payload *sk;
	struct span sealed;
	uint8_t critical;
	enum err err;

	TRY(ike_header_parse(&header, datagram));
	TRY(payload_list_parse(&outer, header.next_payload, span_tail(datagram, IKE_HEADER_LEN),
			       &critical));
	sk = payload_find(&outer, PAYLOAD_SK);
	if (!sk)
		sk = payload_find(&outer, PAYLOAD_SKF);
	TRY_THAT(sk != NULL, ERR_MISSING);
	sealed = sk->body;
	if (sk->type == PAYLOAD_SKF)
		TRY(skf_parse(&opened.fragment, &sealed, sk->body));
	keys = sniffer_keys_of(s, owner, &header);
	TRY_THAT(keys != NULL, ERR_NOT_FOUND);
	TRY(sealed_open(s, keys, &header, datagram, sealed, watch, buffer, &opened.len));
	opened.first = sk->next;
	*ret = opened;
out:
	return err;
}

enum err sniffer_open(struct sniffer *s, unsigned owner, struct span datagram, uint8_t *buffer,
		      size_t *ret_len, uint8_t *ret_first)
{
	struct opened opened;
	enum err err = owner_open(s, owner, datagram, false, buffer, &opened);

	if (err != ERR_OK)
		return err;
	if (opened.fragment.total > 0)
		return ERR_UNSUPPORTED;
	*ret_len = opened.len;
	*ret_first = opened.first;
	return ERR_OK;
}

/* Notifies, announced SPIs, and what an INFORMATIONAL request is for. */
static void payloads_describe(struct sighting *seen, const struct payload_list *list)
{
	static struct sa sa; /* large; overwritten whole by each parse */
	enum coverage_row row = list->count == 0 ? ROW_LIVENESS : ROW_OTHER;

	for (size_t i = 0; i < list->count; i++) {
		const struct payload *p = &list->items[i];
		struct notify notify;
		struct delete_payload del;

		if (p->type == PAYLOAD_NOTIFY && notify_parse(&notify, p->body) == ERR_OK &&
		    seen->notifies_count < SIGHTING_NOTIFIES_MAX)
			seen->notifies[seen->notifies_count++] = notify.type;
		if (p->type == PAYLOAD_SA && sa_parse(&sa, p->body) == ERR_OK && sa.count > 0 &&
		    sa.proposals[0].protocol == PROTOCOL_ESP)
			seen->esp_spi = (uint32_t)sa.proposals[0].spi;
		if (p->type == PAYLOAD_DELETE && delete_parse(&del, p->body) == ERR_OK)
			row = del.protocol == PROTOCOL_IKE ? ROW_DELETE_IKE : ROW_DELETE_CHILD;
	}
	if (seen->exchange == EXCHANGE_INFORMATIONAL && !seen->response)
		seen->row = row;
}

static struct track *track_of(struct sniffer *s, uint64_t spi_i, uint64_t spi_r,
			      unsigned *ret_number)
{
	for (size_t i = 0; i < s->tracks_count; i++) {
		if (s->tracks[i].spi_i == spi_i && s->tracks[i].spi_r == spi_r) {
			*ret_number = (unsigned)i + 1;
			return &s->tracks[i];
		}
	}
	if (s->tracks_count == SNIFFER_TRACKS_MAX)
		return NULL;
	/* SA_INIT was the initiator's request 0. */
	s->tracks[s->tracks_count] = (struct track){ .spi_i = spi_i, .spi_r = spi_r,
						     .next = { spi_r ? 1 : 0, 0 } };
	*ret_number = (unsigned)s->tracks_count + 1;
	return &s->tracks[s->tracks_count++];
}

static bool init_ambiguous(const struct sniffer *s, uint64_t spi_i)
{
	for (size_t i = 0; i < s->tracks_count; i++) {
		if (s->tracks[i].spi_i == spi_i && s->tracks[i].spi_r == 0)
			return s->tracks[i].ambiguous || s->tampering;
	}
	return s->tampering;
}

/* RFC7296 2.2, 2.3: the next ID is one more, and only when the one before was answered. */
static void request_follow(struct sniffer *s, struct track *t, const struct sighting *seen,
			   uint64_t hash, bool judge)
{
	unsigned side = seen->from_initiator ? 0 : 1;
	struct track_id *id = &t->ids[side][seen->message_id % SNIFFER_IDS];
	const struct track_id *before = &t->ids[side][(seen->message_id - 1) % SNIFFER_IDS];

	if (id->asked && id->id == seen->message_id) {
		/*
		 * An initiator may go on with the next of several answers to its SA_INIT (RFC 7296
		 * 2.4).
		 */
		if (judge && id->request_hash != hash && seen->exchange != EXCHANGE_IKE_SA_INIT &&
		    !(seen->exchange == EXCHANGE_IKE_AUTH && init_ambiguous(s, t->spi_i)))
			world_fail(s->world,
				   "%s %u of %016" PRIx64 " is sent again with other bytes",
				   coverage_row_name(seen->row), seen->message_id, t->spi_i);
		return;
	}
	if (judge && seen->message_id != t->next[side])
		world_fail(s->world, "message ID %u of %016" PRIx64 " runs wild: %u comes next",
			   seen->message_id, t->spi_i, t->next[side]);
	if (judge && before->asked && before->id + 1 == seen->message_id &&
	    !before->answer_arrived)
		world_fail(s->world, "request %u of %016" PRIx64 " leaves before %u is answered",
			   seen->message_id, t->spi_i, before->id);
	*id = (struct track_id){ .asked = true, .id = seen->message_id, .row = seen->row,
				 .request_hash = hash };
	if (judge)
		t->next[side] = seen->message_id + 1;
}

/* RFC7296 2.1: a response is to a request, and is the same whenever it is sent again. */
static void response_follow(struct sniffer *s, struct track *t, struct sighting *seen,
			    uint64_t hash, bool judge)
{
	unsigned side = seen->from_initiator ? 1 : 0;
	struct track_id *id = &t->ids[side][seen->message_id % SNIFFER_IDS];

	if (id->id != seen->message_id || !id->asked) {
		if (judge)
			world_fail(s->world, "a response to %u of %016" PRIx64 ", never asked",
				   seen->message_id, t->spi_i);
		return;
	}
	seen->row = id->row;
	if (judge && !id->arrived)
		world_fail(s->world, "a response to %u of %016" PRIx64 ", which never arrived",
			   seen->message_id, t->spi_i);
	if (judge && id->answered && id->response_hash != hash &&
	    seen->exchange != EXCHANGE_IKE_SA_INIT)
		world_fail(s->world, "the response to %u of %016" PRIx64 " changes",
			   seen->message_id, t->spi_i);
	/* RFC7383 2.6.1: of a request in fragments, the first one asks for the response again. */
	if (judge && ++id->answers > id->askings && !s->tampering &&
	    seen->exchange != EXCHANGE_IKE_SA_INIT)
		world_fail(s->world, "%u responses to %u of %016" PRIx64 ", which came %u times",
			   id->answers, seen->message_id, t->spi_i, id->askings);
	if (id->answered && id->response_hash != hash)
		t->ambiguous = true;
	seen->again = id->answered;
	id->answered = true;
	id->response_hash = hash;
}

static void sighting_sender(struct sighting *seen)
{
	if (seen->response)
		seen->sender = seen->from_initiator ? SENDER_I_RESPONSE : SENDER_R_RESPONSE;
	else
		seen->sender = seen->from_initiator ? SENDER_I_REQUEST : SENDER_R_REQUEST;
}

/* A message is followed once it is whole: with the last of its fragments. */
static void sighting_follow(struct sniffer *s, struct sighting *seen, uint64_t hash, bool judge)
{
	struct track *t;

	/* What is neither sealed nor of SA_INIT is a one-way notification (RFC 7296 1.5). */
	if (!seen->sealed && seen->exchange != EXCHANGE_IKE_SA_INIT)
		return;
	/* What damaged datagrams led to cannot be followed by what was sent. */
	if (s->tampering && (!judge || seen->exchange == EXCHANGE_IKE_SA_INIT))
		return;
	t = track_of(s, seen->spi_i, seen->exchange == EXCHANGE_IKE_SA_INIT ? 0 : seen->spi_r,
		     &seen->track);
	if (!t || seen->fragment < seen->fragments)
		return;
	if (seen->response)
		response_follow(s, t, seen, hash, judge);
	else
		request_follow(s, t, seen, hash, judge);
}

static enum coverage_row row_of_exchange(uint8_t exchange)
{
	switch (exchange) {
	case EXCHANGE_IKE_SA_INIT: return ROW_SA_INIT;
	case EXCHANGE_IKE_AUTH: return ROW_AUTH;
	case EXCHANGE_CREATE_CHILD_SA: return ROW_CREATE_CHILD;
	default: return ROW_OTHER;
	}
}

/* Takes the next fragment of a message; true when it is whole, then *hash is of all of it. */
static bool assembly_take(struct assembly *a, unsigned owner, const struct sighting *seen,
			  const struct opened *piece, const uint8_t *data, uint64_t *hash)
{
	const struct skf_header *number = &piece->fragment;

	if (number->number == 1) {
		*a = (struct assembly){ .owner = owner, .spi_i = seen->spi_i, .spi_r = seen->spi_r,
					.message_id = seen->message_id,
					.response = seen->response, .next = 1,
					.total = number->total, .first = piece->first };
	}
	if (a->next != number->number || a->total != number->total || a->owner != owner ||
	    a->spi_i != seen->spi_i || a->spi_r != seen->spi_r ||
	    a->message_id != seen->message_id || a->response != seen->response ||
	    piece->len > sizeof(a->data) - a->len) {
		a->next = 0;
		return false;
	}
	memcpy(a->data + a->len, data, piece->len);
	a->len += piece->len;
	a->hash = hash_bytes(sniffer_salt, span_of(&(uint64_t[]){ a->hash, *hash },
						   2 * sizeof(uint64_t)));
	if (a->next < a->total) {
		a->next++;
		return false;
	}
	a->next = 0;
	*hash = a->hash;
	return true;
}

static void inner_describe(struct sighting *seen, uint8_t first, struct span inner)
{
	static struct payload_list list; /* large; overwritten whole by each parse */
	uint8_t critical;

	seen->opened = payload_list_parse(&list, first, inner, &critical) == ERR_OK;
	if (!seen->opened)
		return;
	seen->inner_len = inner.len;
	payloads_describe(seen, &list);
}

static void sighting_open(struct sniffer *s, unsigned owner, const struct ike_header *header,
			  struct span datagram, bool judge, struct sighting *seen, uint64_t *hash)
{
	static struct payload_list list; /* large; overwritten whole by each parse */
	struct assembly *a = s->assembly;
	uint8_t buffer[DATAGRAM_MAX];
	struct opened opened;
	uint8_t critical;

	if (payload_list_parse(&list, header->next_payload, span_tail(datagram, IKE_HEADER_LEN),
			       &critical) != ERR_OK)
		return;
	seen->sealed = payload_find(&list, PAYLOAD_SK) || payload_find(&list, PAYLOAD_SKF);
	if (!seen->sealed) {
		seen->opened = true;
		payloads_describe(seen, &list);
		return;
	}
	if (owner_open(s, owner, datagram, judge, buffer, &opened) != ERR_OK)
		return;
	seen->fragment = opened.fragment.number;
	seen->fragments = opened.fragment.total;
	if (seen->fragments == 0)
		inner_describe(seen, opened.first, span_of(buffer, opened.len));
	else if (assembly_take(a, owner, seen, &opened, buffer, hash))
		inner_describe(seen, a->first, span_of(a->data, a->len));
	else
		seen->opened = a->next > 0;
}

struct sighting sniffer_see(struct sniffer *s, unsigned owner, struct span datagram, bool judge)
{
	struct sighting seen = { .row = ROW_OTHER };
	uint64_t hash = hash_bytes(sniffer_salt, datagram);
	struct ike_header header;
	enum err err;

	err = ike_header_parse(&header, datagram);
	if (err != ERR_OK && (judge || err != ERR_VERSION))
		return seen;
	seen.ike = true;
	seen.response = header.flags & IKE_FLAG_RESPONSE;
	seen.from_initiator = header.flags & IKE_FLAG_INITIATOR;
	seen.spi_i = header.spi_i;
	seen.spi_r = header.spi_r;
	seen.exchange = header.exchange;
	seen.message_id = header.message_id;
	seen.row = row_of_exchange(header.exchange);
	sighting_sender(&seen);
	sighting_open(s, owner, &header, datagram, judge, &seen, &hash);
	if (judge && !seen.opened && !s->lean)
		world_fail(s->world,
			   "a datagram of %016" PRIx64 " does not open with the keys told",
			   seen.spi_i);
	sighting_follow(s, &seen, hash, judge);
	if (seen.fragments > 0 && seen.exchange == EXCHANGE_IKE_AUTH)
		seen.row = ROW_AUTH_FRAGMENT;
	for (unsigned i = 0; judge && s->coverage && i < seen.notifies_count; i++)
		coverage_notify(s->coverage, seen.notifies[i], true);
	return seen;
}

void sniffer_arrived(struct sniffer *s, const struct sighting *seen, bool engine)
{
	struct track_id *id;
	unsigned side;

	for (unsigned i = 0; engine && s->coverage && i < seen->notifies_count; i++)
		coverage_notify(s->coverage, seen->notifies[i], false);
	if (seen->track == 0)
		return;
	side = seen->response == seen->from_initiator ? 1 : 0;
	id = &s->tracks[seen->track - 1].ids[side][seen->message_id % SNIFFER_IDS];
	if (id->id != seen->message_id)
		return;
	if (!seen->response && seen->fragment <= 1)
		id->askings++;
	if (seen->fragments > 0) {
		id->pieces[seen->response] |= UINT64_C(1) << (seen->fragment - 1) % 64;
		if (id->pieces[seen->response] != UINT64_MAX >> (64 - seen->fragments % 65))
			return;
	}
	if (seen->response)
		id->answer_arrived = true;
	else
		id->arrived = true;
}
