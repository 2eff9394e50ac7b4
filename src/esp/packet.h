/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: one ESP packet, sealed and opened in place (RFC 4303; 4106 for AES-GCM, 4309
 * for CCM, 4543 for GMAC, 7634 for ChaCha20-Poly1305, 3602 for AES-CBC, 3686 for AES-CTR, 8750 for
 * implicit IVs).
 *
 * Seal and open are mirror images over the caller's buffer: no byte is copied. The sender keeps the
 * sequence number, the receiver the replay window; both belong to one thread. What is inside (which
 * next header, which addresses) is not this file's affair. It never looks at plaintext before the
 * ICV holds.
 */
#ifndef ADIT_ESP_PACKET_H
#define ADIT_ESP_PACKET_H

#include "crypto.h"
#include "replay.h"

#define ESP_HEADER 8        /* SPI and sequence number */
#define ESP_IV_MAX 16
#define ESP_HEADROOM (ESP_HEADER + ESP_IV_MAX)
#define ESP_TAILROOM (15 + 2 + 32) /* padding, its length, next header, ICV: the most there is */

/* What both directions need to know of an SA's algorithms. */
struct esp_suite {
	const struct cipher *cipher;
	const struct integ *integ; /* NULL with an AEAD */
	struct sealer *sealer;     /* with its keys; owned by whoever made it */
	bool esn;                  /* RFC 4304; RFC 4303 2.2.1 */
};

struct esp_out {
	struct esp_suite suite;
	uint32_t spi;
	uint64_t seq; /* of the last packet; 0: none yet */
	uint16_t pad_to; /* least bytes of a packet, where its payload tells its own length */
};

struct esp_in {
	struct esp_suite suite;
	uint32_t spi;
	struct replay replay;
};

/* The longest payload whose ESP packet is no longer than room; 0: none. */
size_t esp_payload_max(const struct esp_suite *suite, size_t room);

/* A packet of len bytes at start, in a buffer of cap bytes. */
struct esp_buffer {
	uint8_t *data;
	size_t cap, start, len;
};

struct esp_opened {
	uint8_t *payload; /* within the buffer that was opened */
	size_t len;
	uint8_t next_header;
	bool newest;      /* the highest sequence number so far */
};

/* ERR_UNSUPPORTED unless the row pair is a suite that packets can be made with. */
MUST_USE enum err esp_suite_check(const struct cipher *cipher, const struct integ *integ);

/*
 * Seals the payload that b holds with the next sequence number; b then is the ESP packet. ERR_SPACE
 * without ESP_HEADROOM before and ESP_TAILROOM behind it; ERR_LIMIT when the sequence numbers are
 * used up, which only a new SA cures (RFC 4303 3.3.3).
 */
MUST_USE enum err esp_seal(const struct crypto *c, struct esp_out *out, uint8_t next_header,
			   struct esp_buffer *b);
/* The longest packet of the suite that is no longer than room. */
size_t esp_fit(const struct esp_suite *suite, size_t room);
/* The same with a given sequence number and IV (cipher->iv_len bytes, sent or not), which must never
 * repeat under one key. */
MUST_USE enum err esp_seal_as(const struct crypto *c, const struct esp_out *out, uint64_t seq,
			      struct span iv, uint8_t next_header, struct esp_buffer *b);
/*
 * Opens a packet in place. ERR_LENGTH: it cannot be one of this suite; ERR_UNKNOWN_SPI; ERR_REPLAY;
 * ERR_INTEGRITY; ERR_SYNTAX: authentic, but its padding is wrong. data is unspecified after an
 * error.
 */
MUST_USE enum err esp_open(const struct crypto *c, struct esp_in *in, uint8_t *data, size_t len,
			   struct esp_opened *ret);

#endif
