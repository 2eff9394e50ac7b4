/* SPDX-License-Identifier: Apache-2.0 */
/*
 * esp: the walk of one packet through userspace ESP, tunnel mode (RFC 4301 5, RFC 4303 3.3, 3.4).
 *
 * Outbound: inner header → SPD → seal. Inbound: SPI → replay → ICV → padding → inner header →
 * selectors. Each drop has one reason and is counted under it, in its SA and in the totals.
 * Sans-I/O: what is to be sent or delivered is left in the caller's buffer, which may be one of an
 * array.
 */
#ifndef ADIT_ESP_ESP_H
#define ADIT_ESP_ESP_H

#include "sad.h"
#include "spd.h"

struct esp {
	const struct crypto *crypto;
	struct sad sad;
	struct spd spd;
	struct esp_counters totals; /* over all SAs ever, and of packets that matched none */
	uint32_t exhausted; /* spi_in of the SA that last ran out of sequence numbers */
};

MUST_USE enum err esp_init(struct esp *e, const struct crypto *c, struct memory *m,
			   uint32_t child_sas);
void esp_clear(struct esp *e);

/* Both directions at once; errors as sad_add() and spd_add(), nothing changed then. */
MUST_USE enum err esp_install(struct esp *e, const struct child_spec *spec, struct esp_sa **ret);
void esp_remove(struct esp *e, struct esp_sa *sa);

/*
 * b holds a packet of the host, and then the ESP packet for *ret_sa's path. ERR_NOT_FOUND: no SA
 * wants it; ERR_SYNTAX and its like: it is no IP packet; ERR_LIMIT: sequence numbers used up,
 * `exhausted` says whose; ERR_SPACE: too big. When it fails the packet is dropped and counted.
 */
MUST_USE enum err esp_transmit(struct esp *e, struct esp_buffer *b, nanos now,
			       struct esp_sa **ret_sa);

struct esp_received {
	struct esp_sa *sa;
	uint8_t *packet; /* the inner packet, within data */
	size_t len;      /* 0: a dummy packet, to be forgotten */
	bool newest;     /* as in struct esp_opened */
};

/* data is an ESP packet without outer headers, opened in place. When it fails it is dropped and
 * counted. */
MUST_USE enum err esp_receive(struct esp *e, uint8_t *data, size_t len, nanos now,
			      struct esp_received *ret);

#endif
