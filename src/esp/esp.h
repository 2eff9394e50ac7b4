/* SPDX-License-Identifier: Apache-2.0 */
/*
 * esp: the walk of one packet through userspace ESP or AH (RFC 4301 5, RFC 4302 3.3, 3.4, RFC
 * 4303 3.3, 3.4).
 *
 * Outbound: inner header → SPD → seal. Inbound: SPI → replay → ICV → padding → inner header →
 * selectors. Each drop has one reason and is counted under it, in its SA and in the totals.
 * Sans-I/O: what is to be sent or delivered is left in the caller's buffer, which may be one of an
 * array.
 */
#ifndef ADIT_ESP_ESP_H
#define ADIT_ESP_ESP_H

#include "ah.h"
#include "ip_header.h"
#include "sad.h"
#include "spd.h"

struct esp {
	const struct crypto *crypto;
	struct sad sad;
	struct spd spd;
	struct esp_counters totals; /* over all SAs ever, and of packets that matched none */
	uint32_t too_long;  /* spi_in of the SA whose inner_max a packet last exceeded; 0: none */
	uint32_t exhausted; /* spi_in of the SA that last ran out of sequence numbers */
};

MUST_USE enum err esp_init(struct esp *e, const struct crypto *c, struct memory *m,
			   uint32_t child_sas);
void esp_clear(struct esp *e);

/* Both directions at once; errors as sad_add() and spd_add(), nothing changed then. */
MUST_USE enum err esp_install(struct esp *e, const struct child_spec *spec, struct esp_sa **ret);
void esp_remove(struct esp *e, struct esp_sa *sa);

/* The longest inner packet that goes out as an IP packet of at most mtu bytes; 0: there is none. */
size_t esp_inner_max(const struct esp_sa *sa, size_t mtu);

#define TRANSMIT_HEADROOM AH_HEADROOM /* before a packet of the host; ESP wants less */

/*
 * b holds a packet of the host, and then what goes out by *ret_sa's path: an ESP packet, whose
 * outer header has the fields *ret_outer; of an AH SA the whole IP packet. ERR_NOT_FOUND: no SA
 * wants it; ERR_SYNTAX and its like: it is no IP packet; ERR_LIMIT: sequence numbers used up,
 * `exhausted` says whose; ERR_SPACE: too big. When it fails the packet is dropped and counted; but
 * when `too_long` then says whose inner_max it exceeds, it is as it was, and nothing is counted.
 */
MUST_USE enum err esp_transmit(struct esp *e, struct esp_buffer *b, nanos now,
			       struct esp_sa **ret_sa, struct outer *ret_outer);

struct esp_received {
	struct esp_sa *sa;
	uint8_t *packet; /* the inner packet, within data; in transport mode what follows head */
	size_t len;      /* 0, with head_len: a dummy packet, to be forgotten */
	uint8_t head[IPV6_HEADER]; /* transport mode of ESP: the packet's IP header */
	size_t head_len;
	bool newest;     /* as in struct esp_opened */
};

/* data is an ESP packet, opened in place, and tos that field of the outer header it came in. When it
 * fails it is dropped and counted. */
MUST_USE enum err esp_receive(struct esp *e, uint8_t *data, size_t len, uint8_t tos, nanos now,
			      struct esp_received *ret);
/* The same of an AH packet, which is the whole IP packet. */
MUST_USE enum err esp_receive_ah(struct esp *e, uint8_t *data, size_t len, nanos now,
				 struct esp_received *ret);

#endif
