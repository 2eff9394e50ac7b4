/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild: the property that the tests and the fuzzer check on any payload (RFC 7296 3).
 *
 * What parses is built again and must come out the same: byte by byte, reserved fields apart, where a payload has one
 * form only; as values where a parser leaves things out (unknown attributes, selectors, protocols). Broken requirements
 * end the process, so that one text serves cmocka and libFuzzer.
 */
#ifndef ADIT_TESTS_REBUILD_H
#define ADIT_TESTS_REBUILD_H

#include "payloads.h"
#include "require.h"

struct rebuilt {
	uint8_t data[70000];
	struct writer w;
	struct chain c;
};

static inline struct chain *rebuilt_begin(struct rebuilt *b)
{
	b->w = writer_of(b->data, sizeof(b->data));
	writer_u8(&b->w, 0);
	b->c = chain_begin(&b->w, 0);
	return &b->c;
}

static inline struct span rebuilt_body(const struct rebuilt *b, uint8_t type)
{
	struct payload_list list;
	uint8_t critical;

	REQUIRE(writer_end(&b->w) == ERR_OK);
	REQUIRE(payload_list_parse(&list, b->data[0], span_tail(writer_span(&b->w), 1), &critical) ==
		ERR_OK);
	REQUIRE(list.count == 1 && list.items[0].type == type && !list.items[0].critical);
	return list.items[0].body;
}

/* The same bytes, except that those from..to of the original may be anything and were written zero. */
static inline void same_but(struct span original, struct span rebuilt, size_t from, size_t to)
{
	REQUIRE(original.len == rebuilt.len);
	for (size_t i = 0; i < original.len; i++)
		REQUIRE(rebuilt.data[i] == (i >= from && i < to ? 0 : original.data[i]));
}

static inline void same_proposal(const struct proposal *a, const struct proposal *b)
{
	REQUIRE(a->number == b->number && a->protocol == b->protocol && a->spi_len == b->spi_len &&
		a->spi == b->spi && a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct transform *s = &a->transforms[i], *t = &b->transforms[i];

		/* What was unknown is not written again. */
		REQUIRE(s->type == t->type && s->id == t->id && s->key_bits == t->key_bits && !t->unknown);
	}
}

static inline enum err rebuild_sa(struct rebuilt *b, struct span body)
{
	struct sa sa, again;
	enum err err = sa_parse(&sa, body);

	if (err || sa.count == 0)
		return err;
	sa_build(rebuilt_begin(b), &sa);
	REQUIRE(sa_parse(&again, rebuilt_body(b, PAYLOAD_SA)) == ERR_OK);
	REQUIRE(sa.count == again.count && sa.count <= PROPOSALS_MAX);
	for (size_t i = 0; i < sa.count; i++)
		same_proposal(&sa.proposals[i], &again.proposals[i]);
	return ERR_OK;
}

static inline enum err rebuild_ts(struct rebuilt *b, uint8_t type, struct span body)
{
	struct selectors ts, again;
	enum err err = ts_parse(&ts, body);

	if (err || ts.count == 0)
		return err;
	ts_build(rebuilt_begin(b), type, ts.items, ts.count);
	REQUIRE(ts_parse(&again, rebuilt_body(b, type)) == ERR_OK);
	REQUIRE(ts.count == again.count && ts.count <= TS_OFFERED_MAX);
	for (size_t i = 0; i < ts.count; i++) {
		const struct selector *s = &ts.items[i], *t = &again.items[i];

		REQUIRE(s->protocol == t->protocol && s->port_first == t->port_first &&
			s->port_last == t->port_last && ip_equal(&s->first, &t->first) &&
			ip_equal(&s->last, &t->last) && ip_compare(&s->first, &s->last) <= 0);
	}
	return ERR_OK;
}

static inline enum err rebuild_cp(struct rebuilt *b, struct span body)
{
	struct cp_payload cp, again;
	enum err err = cp_parse(&cp, body);

	if (err)
		return err;
	cp_build(rebuilt_begin(b), &cp);
	REQUIRE(cp_parse(&again, rebuilt_body(b, PAYLOAD_CP)) == ERR_OK);
	REQUIRE(cp.type == again.type && cp.count == again.count);
	for (size_t i = 0; i < cp.count; i++)
		REQUIRE(cp.items[i].type == again.items[i].type &&
			span_equal(cp.items[i].value, again.items[i].value));
	return ERR_OK;
}

static inline enum err rebuild_notify(struct rebuilt *b, struct span body)
{
	struct notify n;
	enum err err = notify_parse(&n, body);

	if (err)
		return err;
	notify_build(rebuilt_begin(b), &n);
	same_but(body, rebuilt_body(b, PAYLOAD_NOTIFY), 0, n.spi_len ? 0 : 1);
	return ERR_OK;
}

static inline enum err rebuild_delete(struct rebuilt *b, struct span body)
{
	struct delete_payload d;
	uint32_t spis[UINT16_MAX / 4];
	enum err err = delete_parse(&d, body);

	if (err)
		return err;
	for (size_t i = 0; d.protocol != PROTOCOL_IKE && i < d.count; i++)
		spis[i] = delete_spi(&d, i);
	if (d.protocol == PROTOCOL_IKE)
		delete_build_ike(rebuilt_begin(b));
	else
		delete_build_child(rebuilt_begin(b), d.protocol, spis, d.count);
	same_but(body, rebuilt_body(b, PAYLOAD_DELETE), 0, 0);
	return ERR_OK;
}

static inline enum err rebuild_skf(struct rebuilt *b, struct span body)
{
	struct skf_header header;
	struct span sealed;
	enum err err = skf_parse(&header, &sealed, body);

	if (err)
		return err;
	payload_begin(rebuilt_begin(b), PAYLOAD_SKF, false);
	skf_header_build(&b->w, &header);
	writer_put(&b->w, sealed);
	payload_end(&b->c);
	same_but(body, rebuilt_body(b, PAYLOAD_SKF), 0, 0);
	return ERR_OK;
}

static inline enum err rebuild_eap(struct rebuilt *b, struct span body)
{
	struct eap_payload eap;
	enum err err = eap_parse(&eap, body);

	if (err)
		return err;
	REQUIRE(span_equal(eap.whole, body) && (eap.code <= 2 || eap.type == 0));
	eap_build(rebuilt_begin(b), eap.whole);
	same_but(body, rebuilt_body(b, PAYLOAD_EAP), 0, 0);
	return ERR_OK;
}

/* The payloads that are a number or two and data. */
static inline enum err rebuild_plain(struct rebuilt *b, uint8_t type, struct span body)
{
	struct auth_payload auth;
	struct cert_payload cert;
	struct id_payload id;
	struct ke_payload ke;
	struct span nonce;
	enum err err;

	switch (type) {
	case PAYLOAD_KE:
		TRY(ke_parse(&ke, body));
		ke_build(rebuilt_begin(b), ke.method, ke.data);
		same_but(body, rebuilt_body(b, type), 2, 4);
		break;
	case PAYLOAD_IDI:
	case PAYLOAD_IDR:
		TRY(id_parse(&id, body));
		id_build(rebuilt_begin(b), type, id.type, id.data);
		same_but(body, rebuilt_body(b, type), 1, 4);
		break;
	case PAYLOAD_CERT:
	case PAYLOAD_CERTREQ:
		TRY(cert_parse(&cert, body));
		cert_build(rebuilt_begin(b), type, cert.encoding, cert.data);
		same_but(body, rebuilt_body(b, type), 0, 0);
		break;
	case PAYLOAD_AUTH:
		TRY(auth_parse(&auth, body));
		auth_build(rebuilt_begin(b), auth.method, auth.data);
		same_but(body, rebuilt_body(b, type), 1, 4);
		break;
	case PAYLOAD_NONCE:
		TRY(nonce_parse(&nonce, body));
		nonce_build(rebuilt_begin(b), nonce);
		same_but(body, rebuilt_body(b, type), 0, 0);
		break;
	default: /* VENDOR, SK and what nobody knows: the body is all there is */
		payload_put(rebuilt_begin(b), type, body);
		same_but(body, rebuilt_body(b, type), 0, 0);
		err = ERR_OK;
	}
out:
	return err;
}

/* Parses the payload's body and, when that works, checks that it survives being built. Gives the parser's verdict. */
static inline enum err rebuild_payload(struct rebuilt *b, uint8_t type, struct span body)
{
	switch (type) {
	case PAYLOAD_SA:
		return rebuild_sa(b, body);
	case PAYLOAD_NOTIFY:
		return rebuild_notify(b, body);
	case PAYLOAD_DELETE:
		return rebuild_delete(b, body);
	case PAYLOAD_TSI:
	case PAYLOAD_TSR:
		return rebuild_ts(b, type, body);
	case PAYLOAD_SKF:
		return rebuild_skf(b, body);
	case PAYLOAD_CP:
		return rebuild_cp(b, body);
	case PAYLOAD_EAP:
		return rebuild_eap(b, body);
	default:
		return rebuild_plain(b, type, body);
	}
}

#endif
