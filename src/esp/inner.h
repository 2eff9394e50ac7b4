/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inner: the packet inside the tunnel, as far as selectors look at it (RFC 4301 4.4.1.1).
 *
 * Reads an IPv4 or IPv6 header and the ports behind it, with bounds on everything: it sees bytes of
 * authenticated but not trusted peers, and of the host. It changes nothing and checks no checksum,
 * which the host's stack does.
 */
#ifndef ADIT_ESP_INNER_H
#define ADIT_ESP_INNER_H

#include "address.h"

enum {
	IP_PROTO_ICMP = 1,
	IP_PROTO_IPIP = 4,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_DCCP = 33,
	IP_PROTO_IPV6 = 41,
	IP_PROTO_ESP = 50,
	IP_PROTO_AH = 51,
	IP_PROTO_ICMPV6 = 58,
	IP_PROTO_NONE = 59,
	IP_PROTO_SCTP = 132,
	IP_PROTO_UDPLITE = 136,
};

#define IPV6_EXTENSIONS_MAX 8 /* headers before the upper layer; real packets have 0 to 2 */

struct inner {
	struct ip src, dst;
	uint8_t protocol;        /* of the upper layer */
	bool has_ports;          /* false in later fragments and where the protocol has none */
	uint16_t src_port, dst_port; /* ICMP: type and code in both, packed as in RFC 7296 3.13.1 */
	size_t len;              /* of the packet; what was read may be longer (RFC 4303 2.7) */
};

/* ERR_VERSION: neither 4 nor 6; ERR_TRUNCATED, ERR_LENGTH, ERR_SYNTAX: its lengths contradict each
 * other; ERR_TOO_MANY extension headers. */
MUST_USE enum err inner_parse(struct inner *ret, struct span packet);

/* The same of a payload whose header is elsewhere; len stays 0. */
MUST_USE enum err inner_of(struct inner *ret, const struct ip *src, const struct ip *dst,
			   uint8_t next_header, struct span payload);
/*
 * Of an ICMP error that inner_parse() read: the packet it is about, as far as it quotes it; len is
 * what that one's header says. False: it is no error, or quotes too little, or quotes a packet that
 * its receiver did not send.
 */
bool inner_quoted(struct inner *ret, const struct inner *in, struct span packet);
/* Whether packets of that IP protocol begin with two 16-bit ports. */
bool protocol_has_ports(uint8_t protocol);

#endif
