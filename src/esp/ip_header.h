/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip_header: an IP header with its options or extension headers, as far as AH and transport mode
 * touch it (RFC 4302 3.3.3.1 and appendix A, RFC 791, RFC 8200).
 *
 * It reads with bounds and changes fixed fields in place; what it reads may be anybody's bytes.
 */
#ifndef ADIT_ESP_IP_HEADER_H
#define ADIT_ESP_IP_HEADER_H

#include "child_spec.h"
#include "inner.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40

struct ip_header {
	uint8_t family;
	size_t len;          /* to where AH or ESP goes: options, and hop-by-hop and routing headers, too */
	size_t packet_len;   /* as the header has it */
	size_t next_at;      /* of the octet that names what follows */
	uint8_t next_header;
	struct ip src, dst;
	bool fragment;       /* part of a packet only */
	bool routed;         /* by a source route, in IPv6 one that is not at its end */
};

/* Errors as inner_parse(). */
MUST_USE enum err ip_header_parse(struct ip_header *ret, struct span packet);
/* Names another payload and length; a checksum is not set right. */
void ip_header_set(uint8_t *packet, const struct ip_header *h, uint8_t next_header, size_t len);
/* IPv4: an identification in the place of 0, never 0 itself. */
void ip_header_identify(uint8_t *packet, const struct ip_header *h, uint16_t number);
/* IPv4: the header's checksum. */
void ip_header_checksum(uint8_t *packet, const struct ip_header *h);
/* Zeroes what may change on the way; of options, those that do (RFC4302 A1, A2). ERR_SYNTAX: they
 * are none. */
MUST_USE enum err ip_header_zero_mutable(uint8_t *packet, const struct ip_header *h);

/* A header without options. */
void ip_header_build(uint8_t *ret, const struct ip *src, const struct ip *dst, uint8_t next_header,
		     struct outer outer, size_t packet_len);
static inline size_t ip_header_len(uint8_t family)
{
	return family == IP_V6 ? IPV6_HEADER : IPV4_HEADER;
}

/* RFC 1071: sums 16-bit words; begin with 0 and end with internet_sum_fold(). Only the last part
 * may be of odd length. */
uint32_t internet_sum(uint32_t sum, struct span bytes);
uint16_t internet_sum_fold(uint32_t sum);

#endif
