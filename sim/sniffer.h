/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sniffer: sees every datagram as it leaves, opens it with the keys its sender exported, and says
 * what it is.
 *
 * Independent of the engine's own sealing, window and parser of meaning: it uses the wire room's
 * parsers and the crypto room's opener alone. It watches what a wire can show of RFC 7296 2.1–2.3:
 * message IDs go up by one, a window of one is kept, a retransmission is the same bytes, a response
 * answers a request that arrived. What a scripted peer sends is described but not judged.
 */
#ifndef ADIT_SIM_SNIFFER_H
#define ADIT_SIM_SNIFFER_H

#include "coverage.h"
#include "crypto.h"
#include "payloads.h"
#include "world.h"

#define SNIFFER_KEYS_MAX 256
#define SNIFFER_TRACKS_MAX 256
#define SNIFFER_IDS 64 /* message IDs remembered a direction */
#define SIGHTING_NOTIFIES_MAX 16

/* What one datagram is. */
struct sighting {
	bool ike;            /* has an IKE header */
	bool opened;         /* its SK payload was opened, or it has none */
	bool sealed;         /* it has an SK or SKF payload */
	bool response, from_initiator;
	bool again;          /* a response that was sent before */
	uint64_t spi_i, spi_r;
	uint8_t exchange;
	uint32_t message_id;
	/*
	 * A fragment (RFC 7383) of so many; 0: a whole message. What is inside a message in
	 * fragments is described with the last of them.
	 */
	uint16_t fragment, fragments;
	size_t inner_len;    /* of what was sealed; 0: not known (yet) */
	enum coverage_row row;
	enum coverage_sender sender;
	uint32_t esp_spi;    /* announced in an SA payload; 0: none */
	uint8_t notifies_count;
	uint16_t notifies[SIGHTING_NOTIFIES_MAX];
	unsigned track;      /* index + 1; 0: not followed */
};

struct sniffer_keys {
	unsigned owner;
	uint64_t spi_i, spi_r;
	struct transform encr, integ;
	struct secret ei, er, ai, ar;
};

/* What was sealed last under one set of keys. */
struct sniffer_ivs {
	uint64_t iv[SNIFFER_IDS], message[SNIFFER_IDS]; /* hashes */
	size_t count;
};

/* One message ID of one direction. */
struct track_id {
	bool asked, arrived, answered, answer_arrived;
	uint32_t id;
	enum coverage_row row;
	uint64_t request_hash, response_hash;
	unsigned askings; /* arrivals of the request, or of its first fragment */
	unsigned answers; /* times the response was sent */
	uint64_t pieces[2]; /* fragments of request and response that have arrived, a bit each */
};

/* The fragments of a message as its sender gives them out: in order, nothing between them. */
struct assembly {
	unsigned owner;
	uint64_t spi_i, spi_r, hash;
	uint32_t message_id;
	bool response;
	uint16_t next, total; /* the fragment that comes next; 0: none is awaited */
	uint8_t first;
	size_t len;
	uint8_t data[MESSAGE_MAX];
};

/* The SA_INITs of one SPIi, or what is sealed under one pair of SPIs. */
struct track {
	bool ambiguous;   /* SA_INIT: different answers were seen */
	uint64_t spi_i, spi_r; /* spi_r is zero for SA_INIT */
	uint32_t next[2]; /* the next request's ID: of the initiator, of the responder */
	struct track_id ids[2][SNIFFER_IDS];
};

struct sniffer {
	struct world *world;
	struct coverage *coverage;
	struct crypto crypto;
	struct sniffer_keys *keys;
	struct sniffer_ivs *ivs; /* beside keys */
	size_t keys_count;
	struct track *tracks;
	size_t tracks_count;
	struct assembly *assembly;
	bool tampering; /* the network has damaged something */
	bool lean;      /* memory has been short: keys may not have been told */
};

void sniffer_init(struct sniffer *s, struct world *world, struct coverage *coverage,
		  const struct crypto *crypto);
void sniffer_clear(struct sniffer *s);
/* Keys that owner has for an IKE SA; the oldest are forgotten when there are too many. */
void sniffer_learn(struct sniffer *s, const struct sniffer_keys *keys);
/* Describes what owner sends; judge: owner is an engine and has to keep the rules. */
struct sighting sniffer_see(struct sniffer *s, unsigned owner, struct span datagram, bool judge);
/* It arrived, untouched. engine: at an engine, so that its notifies count as received. */
void sniffer_arrived(struct sniffer *s, const struct sighting *seen, bool engine);
/*
 * Opens datagram, a whole message, with owner's keys: the run of inner payloads into buffer, the
 * type of the first into *ret_first.
 */
MUST_USE enum err sniffer_open(struct sniffer *s, unsigned owner, struct span datagram,
			       uint8_t *buffer, size_t *ret_len, uint8_t *ret_first);

#endif
