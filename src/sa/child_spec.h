/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child_spec: a Child SA as the engine hands it to a dataplane; the contract between the two.
 *
 * A value that owns its keys: whoever holds one wipes it with secret_wipe(). RFC 4301 4.4.2, RFC
 * 7296 2.17.
 */
#ifndef ADIT_SA_CHILD_SPEC_H
#define ADIT_SA_CHILD_SPEC_H

#include "address.h"
#include "bounds.h"
#include "payloads.h"
#include "secret.h"

/*
 * In transport mode each selector is one address: that of the host, and the peer's as we know it.
 * Behind a NAT those are the outer ones too (RFC 7296 2.23.1).
 */
enum child_mode { CHILD_TUNNEL = 1, CHILD_TRANSPORT = 2 };

#define TFC_PADDING_MTU UINT16_MAX /* as long as the path takes */

/* Which ways the DSCP is copied between inner and outer header. */
enum copy_dscp { COPY_DSCP_NO = 0, COPY_DSCP_OUT = 1, COPY_DSCP_IN = 2, COPY_DSCP_BOTH = 3 };

/* Fields of an outer IP header beside its addresses. */
struct outer {
	uint8_t tos; /* TOS octet or traffic class, ECN in its low bits */
	bool df;     /* not to be fragmented on the way */
};

/* A firewall mark of packets: their mark's bits under the mask are the value. Mask 0: any, or none
 * to set. */
struct mark {
	uint32_t value, mask;
};

/* For a kernel's dataplane: what else tells which packets an SA is for. */
struct kernel_match {
	struct mark mark_in, mark_out;         /* of the policies, and of the outbound SA */
	bool mark_in_sa;                       /* of the inbound SA too */
	struct mark set_mark_in, set_mark_out; /* given to packets that an SA has carried */
	uint32_t if_id_in, if_id_out;          /* XFRM interfaces; 0: none */
};

struct child_spec {
	uint32_t ike_unique, child_unique, reqid;
	char conn[NAME_MAX_LEN + 1], child[NAME_MAX_LEN + 1];
	uint32_t spi_in, spi_out;
	uint8_t protocol;                /* PROTOCOL_ESP, PROTOCOL_AH */
	enum child_mode mode;
	struct transform encr, integ;    /* integ.id INTEG_NONE with an AEAD; AH has no encr */
	bool esn;
	struct secret encr_in, integ_in, encr_out, integ_out;
	uint32_t replay_window;          /* packets; 0: replays are not looked for */
	bool icmp;                       /* ICMP errors about what it carries, too (RFC 4301 6.2) */
	uint16_t tfc_padding;            /* least bytes of an ESP packet; 0: none; TFC_PADDING_MTU */
	struct path path;                /* outer addresses and ports as IKE uses them */
	bool encap;                      /* UDP encapsulation of ESP */
	/* Between inner and outer header (RFC 4301 5.1.2, RFC 6040) */
	bool copy_ecn, copy_df;
	enum copy_dscp copy_dscp;
	struct kernel_match match;
	uint8_t local_count, remote_count;
	struct selector local_ts[SELECTORS_MAX], remote_ts[SELECTORS_MAX];
};

#endif
