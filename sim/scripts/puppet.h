/* SPDX-License-Identifier: Apache-2.0 */
/*
 * puppet: a scripted peer: speaks IKEv2 by hand, rightly or wrongly, as a script says.
 *
 * Has none of the engine's code: it builds with the wire room, seals and derives keys with the
 * crypto room alone (RFC 7296 2.14, 2.15, 2.17), so that a mistake in the engine's own is not made
 * twice. It knows one suite (SETUP_SUITE) and a shared key. Calls that wait run the world
 * meanwhile. Everything it sends by default is right; `bend` says what is to be wrong.
 */
#ifndef ADIT_SIM_PUPPET_H
#define ADIT_SIM_PUPPET_H

#include "bench.h"

#define PUPPET_INBOX 64
#define PUPPET_NONCE_LEN 32

struct puppet_keys {
	struct secret d, ei, er, pi, pr;
};

/* What the next messages have wrong; zero-filled: nothing. */
struct puppet_bend {
	uint8_t version;         /* instead of 2.0 */
	uint8_t critical;        /* an unknown payload of this type at the end, critical; 0: none */
	uint16_t ke_method;      /* of the KE payload and nothing else */
	uint16_t encr;           /* offered instead of ours */
	uint8_t auth_flip;       /* spoils the AUTH payload */
	bool no_sa, no_ke, no_nonce, no_auth, no_ts, double_sa;
	bool short_nonce;
	bool ke_bad;             /* a public value that agreement refuses */
	bool broken_ts;          /* a TSi with a wrong length inside */
	const char *id;          /* another IDi or IDr */
	uint16_t esp_encr;
	struct ip ts;            /* a single address instead of our net */
	uint16_t notify;         /* added, or as a response: instead of everything */
	bool vendor;             /* a Vendor ID at the end of SA_INIT */
	bool integrity;          /* a spoilt ICV */
};

struct puppet {
	struct bench *bench;
	struct endpoint self, other;
	unsigned station;
	bool initiator;
	bool fragments;                /* it says that it takes them (RFC 7383 2.3) */
	uint64_t spi_i, spi_r;
	uint32_t next_id;              /* of our next request */
	uint8_t nonce_i[NONCE_MAX], nonce_r[NONCE_MAX];
	size_t nonce_i_len, nonce_r_len;
	uint8_t public_key[KE_PUBLIC_MAX], private_key[KE_PRIVATE_MAX];
	size_t public_len, private_len;
	uint8_t peer_public[KE_PUBLIC_MAX];
	size_t peer_public_len;
	uint8_t cookie[COOKIE_MAX];
	size_t cookie_len;
	struct puppet_keys keys;
	bool keyed;
	uint8_t init_request[DATAGRAM_MAX], init_response[DATAGRAM_MAX];
	size_t init_request_len, init_response_len;
	const char *id, *peer_id, *secret;
	struct prefix local_ts, remote_ts;
	uint32_t esp_spi, peer_esp_spi;
	struct puppet_bend bend;

	struct datagram *inbox[PUPPET_INBOX];
	unsigned inbox_count;
	uint64_t received;

	/* The last message that was taken out. */
	uint8_t got[DATAGRAM_MAX], plain[DATAGRAM_MAX];
	size_t got_len;
	struct endpoint got_from, got_at;
	struct ike_header header;
	struct payload_list outer, list; /* list: what is inside SK, else the outer payloads */
	bool opened;
};

/* A station of its own; setup's ids and nets are the puppet's. */
void puppet_init(struct puppet *p, struct bench *b, const struct setup *setup, const char *other);
void puppet_clear(struct puppet *p);
/* Forgets the SA, not the place: new SPI, nonce and keys. */
void puppet_renew(struct puppet *p);

/* Takes the next datagram, waiting up to wait for it; parsed and opened as far as may be. */
bool puppet_receive(struct puppet *p, nanos wait);
/* The same, until a datagram of that exchange and kind came. */
bool puppet_receive_exchange(struct puppet *p, uint8_t exchange, bool response, nanos wait);
/* The last message taken holds this notify. */
bool puppet_told(const struct puppet *p, uint16_t notify);
void puppet_send(struct puppet *p, struct span bytes);
void puppet_send_from(struct puppet *p, const struct endpoint *src, struct span bytes);

/* Messages. Each gives its length in buffer of DATAGRAM_MAX bytes. */
size_t puppet_init_build(struct puppet *p, bool response, uint8_t *buffer);
/* Inner payloads start at inner[1]; inner[0] is the type of the first. */
size_t puppet_seal(struct puppet *p, uint8_t exchange, bool response, uint32_t id,
		   struct span inner, uint8_t *buffer);
/* A fragment (RFC 7383 2.5) when number is not NULL; first is the type of the first payload. */
size_t puppet_seal_piece(struct puppet *p, uint8_t exchange, bool response, uint32_t id,
			 const struct skf_header *number, uint8_t first, struct span piece,
			 uint8_t *buffer);
size_t puppet_auth_inner(struct puppet *p, bool response, uint8_t *inner);

/* Exchanges as initiator: true when the answer is the right kind. */
bool puppet_init_exchange(struct puppet *p);
bool puppet_auth_exchange(struct puppet *p);
/*
 * A sealed request with one notify, or none (0), or whatever inner holds; waits for its response.
 */
bool puppet_request(struct puppet *p, uint8_t exchange, struct span inner);
bool puppet_request_notify(struct puppet *p, uint8_t exchange, uint16_t notify);
/* As responder: waits for the request and answers it. */
bool puppet_answer_init(struct puppet *p);
bool puppet_answer_init_taken(struct puppet *p); /* answers the request taken last */
bool puppet_answer_auth(struct puppet *p);
bool puppet_take_auth(struct puppet *p, nanos wait); /* without an answer */
/* A sealed response to the message last taken. */
void puppet_respond(struct puppet *p, struct span inner);
void puppet_respond_notify(struct puppet *p, uint16_t notify);
/* Keys from what was sent and received. */
void puppet_derive(struct puppet *p);

/* Inner payloads, of 64 bytes at most; each gives its length. */
size_t inner_notify(uint8_t *inner, uint16_t type);
size_t inner_empty(uint8_t *inner);
size_t inner_delete_ike(uint8_t *inner);
size_t inner_delete_child(uint8_t *inner, uint32_t spi);

#endif
