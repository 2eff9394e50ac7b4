/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/certs.h"

#include "schemes.h"
#include "state.h"

#define ENCODING_X509 4 /* RFC 7296 3.6 */
#define HASH_NUMBER_MAX 15

enum err certs_collect(struct adit_engine *e, const struct payload_list *list, struct bytes *ret)
{
	struct writer w;
	uint8_t *room;
	enum err err;

	if (!payload_find(list, PAYLOAD_CERT))
		return ERR_OK;
	room = memory_alloc(e->memory, CERT_RECORDS_MAX);
	if (!room)
		return ERR_MEMORY;
	w = writer_of(room, CERT_RECORDS_MAX);
	for (size_t i = 0; i < list->count; i++) {
		struct cert_payload cert;

		if (list->items[i].type != PAYLOAD_CERT)
			continue;
		TRY(cert_parse(&cert, list->items[i].body));
		TRY_THAT(cert.data.len <= UINT16_MAX, ERR_LENGTH);
		writer_u8(&w, cert.encoding);
		writer_u16(&w, (uint16_t)cert.data.len);
		writer_put(&w, cert.data);
	}
	TRY_THAT(writer_end(&w) == ERR_OK, ERR_TOO_MANY);
	TRY(bytes_set(ret, e->memory, writer_span(&w)));
out:
	memory_free(e->memory, room, CERT_RECORDS_MAX);
	return err;
}

void certs_build(struct chain *c, struct span records)
{
	struct reader r = reader_of(records);

	while (reader_left(&r) > 0) {
		uint8_t encoding = reader_u8(&r);

		cert_build(c, PAYLOAD_CERT, encoding, reader_take(&r, reader_u16(&r)));
	}
	REQUIRE(reader_end(&r) == ERR_OK);
}

enum err certreq_read(struct adit_engine *e, struct ike_sa *sa, const struct payload_list *list)
{
	struct handshake *h = sa->handshake;
	uint8_t hashes[CERTREQ_MAX];
	struct writer w = writer_of(hashes, sizeof(hashes));
	struct cert_payload request;
	size_t room;
	enum err err;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].type != PAYLOAD_CERTREQ)
			continue;
		TRY(cert_parse(&request, list->items[i].body));
		h->certreq_came = true;
		/* RFC7296 3.7: other encodings are passed over, and so are more CAs than we keep.
		 */
		room = (w.cap - w.len) / CA_HASH_LEN * CA_HASH_LEN;
		if (request.encoding == ENCODING_X509)
			writer_put(&w, span_head(request.data, room));
	}
	err = bytes_set(&h->peer_certreq, e->memory, writer_span(&w));
out:
	return err;
}

void certreq_build(struct chain *c, const struct conn_config *conn)
{
	if (conn->remote.kind == AUTH_KIND_PUBKEY && conn->send_certreq && conn->certreq_len > 0)
		cert_build(c, PAYLOAD_CERTREQ, ENCODING_X509,
			   span_of(conn->certreq, conn->certreq_len));
}

void hashes_read(struct ike_sa *sa, const struct payload_list *list)
{
	struct handshake *h = sa->handshake;
	struct notify n;
	struct reader r;

	h->peer_hashes = 0;
	h->peer_7427 = notify_find(&n, list, NOTIFY_SIGNATURE_HASH_ALGORITHMS);
	if (!h->peer_7427)
		return;
	for (r = reader_of(n.data); reader_left(&r) >= 2;) {
		uint16_t number = reader_u16(&r);

		if (number <= HASH_NUMBER_MAX)
			h->peer_hashes |= (uint16_t)(1u << number);
	}
}

void hashes_build(struct chain *c)
{
	uint8_t data[2 * HASH_NUMBER_MAX];
	struct writer w = writer_of(data, sizeof(data));

	for (uint16_t number = 1; number < HASH_NUMBER_MAX; number++) {
		if (HASHES_OURS & HASH_BIT(number))
			writer_u16(&w, number);
	}
	notify_build_data(c, NOTIFY_SIGNATURE_HASH_ALGORITHMS, writer_span(&w)); /* RFC7427 4 */
}

bool certs_wanted(const struct conn_config *conn)
{
	return conn->local.kind == AUTH_KIND_PUBKEY || conn->remote.kind == AUTH_KIND_PUBKEY;
}
