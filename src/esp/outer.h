/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outer: what crosses between the inner IP header and the outer one: ECN, DSCP and DF (RFC 4301
 * 5.1.2, RFC 6040).
 *
 * The outer header itself is the shell's: here it is a struct outer. Inner packets are ones that
 * inner_parse() took. ECN is a table, RFC 6040 figures 3 and 4. Sans-I/O.
 */
#ifndef ADIT_ESP_OUTER_H
#define ADIT_ESP_OUTER_H

#include "child_spec.h"

/* RFC 3168 5: the low two bits of the TOS octet or traffic class. */
enum ecn { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

#define ECN_BITS 0x03

/* How an SA copies; from its child_spec. */
struct outer_rules {
	bool copy_ecn, copy_df;
	enum copy_dscp copy_dscp;
};

/* The TOS octet or traffic class of a packet; 0 when it is shorter than that. */
/* Takes DF off an IPv4 header; its checksum is the sender's business. */
void packet_df_clear(uint8_t *packet, size_t len);
uint8_t packet_tos(struct span packet);
/* IPv4 with DF, or IPv6, which routers never fragment. */
bool packet_df(struct span packet);
/* Sets it, and an IPv4 header's checksum with it (RFC 1624). */
void packet_tos_set(uint8_t *packet, size_t len, uint8_t tos);

/* The outer header's fields for an inner packet. */
struct outer outer_of(const struct outer_rules *rules, struct span inner);
/*
 * The inner packet after it came in an outer header with that TOS octet, in place. False: it is to
 * be dropped, since its sender knows no other sign of congestion (RFC 6040 4.2).
 */
bool outer_undo(const struct outer_rules *rules, uint8_t *inner, size_t len, uint8_t tos);

#endif
