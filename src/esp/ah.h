/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ah: one AH packet, made and checked in place (RFC 4302).
 *
 * AH stands inside an IP packet and authenticates it whole, header and all, but for the fields that
 * change on the way. So this file works on IP packets: the host's own in transport mode, one that
 * transport.h or the caller has put around another in tunnel mode. No byte of the payload is
 * copied; the header makes room. Fragments are not for AH (RFC 4302 3.3.4), nor are source routes
 * that are still under way, whose final form only a router knows.
 */
#ifndef ADIT_ESP_AH_H
#define ADIT_ESP_AH_H

#include "packet.h"

#define AH_FIXED 12          /* next header, length, reserved, SPI, sequence number */
#define AH_HEADER_MAX 512    /* an IP header with its options or extension headers that is taken */
#define AH_ICV_MAX 32
#define AH_HEADROOM (40 + AH_FIXED + ESP_IV_MAX + AH_ICV_MAX + 4) /* an IPv6 header and AH */

/* ERR_UNSUPPORTED unless the algorithm can make AH packets. */
MUST_USE enum err ah_suite_check(const struct integ *integ);
/* Bytes that AH adds to a packet of the family. */
size_t ah_len(const struct integ *integ, uint8_t family);
/*
 * Puts AH into the IP packet that b holds, with the next sequence number. ERR_SPACE without ah_len()
 * before it, or where it would be too long; ERR_LIMIT when the sequence numbers are used up (RFC
 * 4302 3.3.2); ERR_UNSUPPORTED: a fragment or a source route; else what is wrong with its header.
 * An IPv4 packet whose identification is 0 gets one, as it is authenticated.
 */
MUST_USE enum err ah_seal(const struct crypto *c, struct esp_out *out, struct esp_buffer *b);

struct ah_opened {
	uint8_t *packet;     /* the IP packet without AH, within the buffer */
	size_t len;
	size_t header_len;   /* of it, to what AH protected */
	uint8_t next_header; /* of that */
	bool newest;
};

/* The SPI of an AH packet, which is then to be looked up. */
MUST_USE enum err ah_spi(uint32_t *ret, struct span packet);
/* Checks an IP packet and takes AH out of it. Errors as esp_open(). */
MUST_USE enum err ah_open(const struct crypto *c, struct esp_in *in, uint8_t *data, size_t len,
			  struct ah_opened *ret);

#endif
