/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/fragment.h"

#include "state.h"

#define HEADERS_V4 28 /* IPv4 and UDP */
#define HEADERS_V6 48
#define MARKER_LEN 4  /* RFC 3948 2.2 */

bool fragment_wanted(const struct ike_sa *sa)
{
	return sa->conn->fragmentation != FRAGMENTATION_NO;
}

void fragment_agreed(struct ike_sa *sa, const struct payload_list *theirs)
{
	struct notify n;

	/* RFC7383 2.3: only when both have said so. */
	sa->fragments.supported = fragment_wanted(sa) &&
				  notify_find(&n, theirs, NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED);
	sa->fragments.send = sa->fragments.supported &&
			     sa->conn->fragmentation != FRAGMENTATION_ACCEPT;
}

size_t fragment_limit(const struct path *path)
{
	size_t headers = path->remote.ip.family == IP_V6 ? HEADERS_V6 : HEADERS_V4;

	return FRAGMENT_IP_MAX - headers - (path->encap ? MARKER_LEN : 0);
}

void fragment_clear(struct adit_engine *e, struct ike_sa *sa)
{
	struct reassembly *r = sa->fragments.in;

	if (!r)
		return;
	for (size_t i = 0; i < FRAGMENTS_MAX; i++)
		bytes_clear(&r->pieces[i], e->memory);
	timers_unset(&e->timers, &r->expire);
	memory_free(e->memory, r, sizeof(*r));
	sa->fragments.in = NULL;
}

void fragment_overtaken(struct adit_engine *e, struct ike_sa *sa, const struct ike_header *header)
{
	const struct reassembly *r = sa->fragments.in;

	if (r && r->message_id == header->message_id &&
	    r->response == ((header->flags & IKE_FLAG_RESPONSE) != 0))
		fragment_clear(e, sa);
}

/* RFC7383 2.6: a fragment of another message, or of the same one cut into more pieces, begins anew;
 * of one cut into fewer, it is stale. */
static enum err begin(struct adit_engine *e, struct ike_sa *sa, const struct ike_header *header,
		      const struct skf_header *number)
{
	bool response = (header->flags & IKE_FLAG_RESPONSE) != 0;
	struct reassembly *r = sa->fragments.in;

	if (r && r->message_id == header->message_id && r->response == response) {
		if (number->total < r->total)
			return ERR_PENDING;
		if (number->total == r->total)
			return ERR_OK;
	}
	fragment_clear(e, sa);
	r = memory_alloc(e->memory, sizeof(*r));
	if (!r)
		return ERR_MEMORY;
	r->message_id = header->message_id;
	r->response = response;
	r->total = number->total;
	r->expire = (struct timer){ .kind = TIMER_FRAGMENTS, .slot = sa_slot(e, sa) };
	timers_set(&e->timers, &r->expire, nanos_after(e->now, e->limits.half_open_timeout));
	sa->fragments.in = r;
	return ERR_OK;
}

static void put_together(const struct reassembly *r, uint8_t *ret, size_t *ret_len)
{
	struct writer w = writer_of(ret, MESSAGE_MAX);

	for (unsigned i = 0; i < r->total; i++)
		writer_put(&w, bytes_span(&r->pieces[i]));
	REQUIRE(writer_end(&w) == ERR_OK && w.len == r->size);
	*ret_len = w.len;
}

enum err fragment_take(struct adit_engine *e, struct ike_sa *sa, const struct ike_header *header,
		       const struct skf_header *number, uint8_t first, uint64_t hash,
		       struct span piece, uint8_t *ret, size_t *ret_len, uint8_t *ret_first,
		       uint64_t *ret_hash)
{
	struct reassembly *r;
	struct bytes *place;
	enum err err;

	TRY_THAT(sa->fragments.supported, ERR_UNEXPECTED);
	TRY_THAT(number->total <= FRAGMENTS_MAX, ERR_TOO_MANY);
	TRY_THAT(piece.len > 0, ERR_LENGTH);
	TRY(begin(e, sa, header, number));
	r = sa->fragments.in;
	place = &r->pieces[number->number - 1];
	if (place->len > 0) /* seen */
		return ERR_PENDING;
	TRY_THAT(piece.len <= MESSAGE_MAX - r->size, ERR_TOO_MANY);
	TRY(bytes_set(place, e->memory, piece));
	r->size += piece.len;
	r->have++;
	if (number->number == 1) {
		r->first = first;
		r->hash = hash;
	}
	if (r->have < r->total)
		return ERR_PENDING;
	put_together(r, ret, ret_len);
	*ret_first = r->first;
	*ret_hash = r->hash;
	fragment_clear(e, sa);
out:
	return err;
}
