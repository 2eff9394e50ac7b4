/* SPDX-License-Identifier: Apache-2.0 */
/*
 * narrow: what becomes of an inner packet that is too long for its way (RFC 4301 8.1, 8.2).
 *
 * Its sender is told with the ICMP message of its family (RFC 1191, RFC 4443 3.2), or it is cut into
 * fragments (RFC 791 3.2), or TCP is kept from making it so long (MSS). Packets are ones that
 * inner_parse() took. Sans-I/O; whom to answer how often is the caller's affair.
 */
#ifndef ADIT_ESP_NARROW_H
#define ADIT_ESP_NARROW_H

#include "error.h"
#include "span.h"

#define NARROW_V4_MIN 576  /* what every host takes (RFC 791 3.1): never asked to send less */
#define NARROW_V6_MIN 1280 /* what every link takes (RFC 8200 5) */
#define NARROW_ICMP_MAX NARROW_V6_MIN

/*
 * The ICMP message that tells the packet's sender the longest one that fits, in ret_message (room
 * for NARROW_ICMP_MAX), but no less than NARROW_V4_MIN or NARROW_V6_MIN; gives its length. 0: to such a packet there is no answer (RFC 1122 3.2.2,
 * RFC 4443 2.4 e). It comes from the packet's destination: of all addresses behind the tunnel that
 * is one which the host's own filters let in from there, and the host needs none of its own.
 */
size_t narrow_tell(struct span packet, size_t mtu, uint8_t *ret_message);

/* The fragments of an IPv4 packet. */
struct narrow_cut {
	struct span packet;
	size_t header_len, at; /* of the payload, what is out already */
	size_t room;           /* of payload in one, a multiple of 8 */
};

/* ERR_UNSUPPORTED: it has DF, or is IPv6, or mtu holds no payload. */
MUST_USE enum err narrow_cut_begin(struct narrow_cut *ret, struct span packet, size_t mtu);
/* The next one, in ret_fragment (room for mtu bytes); gives its length, 0 after the last. */
size_t narrow_cut_next(struct narrow_cut *c, uint8_t *ret_fragment);

/* Lowers the MSS option of a TCP SYN to mss, in place. */
void narrow_mss(uint8_t *packet, size_t len, size_t mss);

#endif
