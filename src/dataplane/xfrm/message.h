/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: NETLINK_XFRM requests, built in a buffer and nothing else. No socket, no state.
 *
 * A message holds keys: whoever had it built wipes its buffer after sending it. RFC 4301 4.4.
 */
#ifndef ADIT_DATAPLANE_XFRM_MESSAGE_H
#define ADIT_DATAPLANE_XFRM_MESSAGE_H

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>

#include "child_spec.h"

#define XFRM_MESSAGE_MAX 4096 /* the longest, an SA with a window of 4096, takes about 1500 */

/*
 * What is ours in the kernel: SAs and policies whose reqid has this in its upper eight bits. The
 * lower 24 are those of the engine's own reqid, which is a random number to begin with.
 */
#define XFRM_REQID_OURS 0xad000000U
#define XFRM_REQID_MASK 0xff000000U

enum xfrm_way { XFRM_IN, XFRM_OUT };

/* What names an SA to the kernel. */
struct xfrm_name_of_sa {
	struct ip source, destination;
	uint32_t spi;
	uint8_t ip_protocol; /* ESP or AH */
	struct mark mark;
};

struct xfrm_policy_wanted {
	uint8_t direction; /* XFRM_POLICY_IN, _OUT, _FWD */
	struct xfrm_selector selector;
	struct ip source, destination; /* outer; of the SA that is to carry it */
	uint32_t spi;                  /* 0: any of the reqid */
	uint32_t reqid;
	uint8_t ip_protocol;
	enum child_mode mode;
	bool icmp; /* as in struct child_spec */
	struct mark mark;
	uint32_t if_id;
};

/* The kernel's reqid of an engine's one, and whether one is ours. */
uint32_t xfrm_reqid(uint32_t reqid);
bool xfrm_reqid_ours(uint32_t reqid);

void xfrm_address(xfrm_address_t *ret, const struct ip *ip);
struct ip xfrm_ip(const xfrm_address_t *address, uint16_t family);
struct xfrm_name_of_sa xfrm_name_of(const struct child_spec *spec, enum xfrm_way way);

/* Each begins a message in buffer (XFRM_MESSAGE_MAX bytes, zeroed); sequence and flags are the
 * sender's business. ERR_UNSUPPORTED: an algorithm that the kernel does not have. */
MUST_USE enum err xfrm_sa_new(void *buffer, const struct child_spec *spec, enum xfrm_way way);
void xfrm_sa_named(void *buffer, uint16_t type, const struct xfrm_name_of_sa *name);
/* type: XFRM_MSG_NEWPOLICY or XFRM_MSG_UPDPOLICY. */
void xfrm_policy_new(void *buffer, uint16_t type, const struct xfrm_policy_wanted *wanted);
/* type: XFRM_MSG_DELPOLICY or XFRM_MSG_GETPOLICY. */
void xfrm_policy_named(void *buffer, uint16_t type, const struct xfrm_policy_wanted *wanted);
void xfrm_dump(void *buffer, uint16_t type);

#endif
