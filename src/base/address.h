/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address: IP addresses, prefixes, endpoints and paths as values.
 *
 * No sockets: the shell converts to and from sockaddr. Text forms are the usual ones (RFC 4291 2.2,
 * RFC 5952 on output).
 */
#ifndef ADIT_BASE_ADDRESS_H
#define ADIT_BASE_ADDRESS_H

#include "error.h"
#include "text.h"

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

struct ip {
	uint8_t family;    /* enum ip_family; IP_NONE: no address, or any */
	uint8_t bytes[16]; /* network order; unused ones are zero */
};

struct prefix {
	struct ip ip; /* host bits are zero */
	uint8_t bits;
};

struct endpoint {
	struct ip ip;
	uint16_t port; /* host order */
};

/*
 * The way a datagram takes. `encap`: the socket carries the non-ESP marker (RFC 3948 2.2), which
 * the shell strips on arrival and adds on departure; the engine never sees it.
 */
struct path {
	struct endpoint local, remote;
	uint32_t interface; /* index; 0: any */
	bool encap;
};

static inline size_t ip_len(const struct ip *ip)
{
	return ip->family == IP_V4 ? 4 : ip->family == IP_V6 ? 16 : 0;
}

static inline struct span ip_span(const struct ip *ip)
{
	return span_of(ip->bytes, ip_len(ip));
}

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
/* From 4 or 16 bytes; ERR_LENGTH otherwise. */
MUST_USE enum err ip_from_bytes(struct ip *ret, struct span bytes);
MUST_USE enum err ip_parse(struct ip *ret, const char *text);
MUST_USE enum err prefix_parse(struct prefix *ret, const char *text); /* "a.b.c.d[/n]" */
void text_ip(struct text *t, const struct ip *ip);
void text_prefix(struct text *t, const struct prefix *prefix);
void text_endpoint(struct text *t, const struct endpoint *e); /* 192.0.2.1[500] */

/* fe80::/10: an address means something only together with an interface. */
bool ip_is_link_local(const struct ip *ip);
bool ip_equal(const struct ip *a, const struct ip *b);
/* Orders by family, then as numbers: below zero, zero, above. */
int ip_compare(const struct ip *a, const struct ip *b);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool path_equal(const struct path *a, const struct path *b);
bool prefix_holds(const struct prefix *prefix, const struct ip *ip);
/* The last address of a prefix. */
struct ip prefix_last(const struct prefix *prefix);
/* True when first…last is exactly one prefix. */
bool prefix_of_range(struct prefix *ret, const struct ip *first, const struct ip *last);

#endif
