/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport: transport mode where only whole packets go in and come out (RFC 4303 3.1.1, RFC 7296
 * 2.23.1).
 *
 * The device gives packets with an IP header and wants such; ESP carries what is behind it. The
 * header's addresses are those of the outer one, which are the selectors' too; its other fields but
 * TOS and DF are lost on the way and made up again. Behind a NAT the addresses are not those that
 * the sender's checksums were made with (RFC 3948 3.1.2).
 */
#ifndef ADIT_ESP_TRANSPORT_H
#define ADIT_ESP_TRANSPORT_H

#include "ip_header.h"
#include "packet.h"

/*
 * Takes the IP header off the packet that b holds. ERR_UNSUPPORTED: a fragment (RFC 4303 3.3.4), or
 * one with options or extension headers that would have to stay outside.
 */
MUST_USE enum err transport_strip(struct esp_buffer *b, uint8_t *ret_next_header);

/* The header for a payload that came without one: ip_header_len() bytes. ERR_LENGTH: too long. */
MUST_USE enum err transport_header(uint8_t ret[IPV6_HEADER], const struct ip *src,
				   const struct ip *dst, uint8_t next_header, uint8_t tos,
				   size_t payload_len);
/* Sets a TCP, UDP or ICMPv6 checksum right for these addresses; leaves alone what has none. */
void transport_checksum(const struct ip *src, const struct ip *dst, uint8_t next_header,
			uint8_t *payload, size_t len);

#endif
