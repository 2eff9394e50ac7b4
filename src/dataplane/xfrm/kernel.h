/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel: one NETLINK_XFRM socket for requests, one for the kernel's news.
 *
 * Each request has its answer before the call returns; buffers that may hold keys are wiped. A call
 * that failed spoils none after it.
 */
#ifndef ADIT_DATAPLANE_XFRM_KERNEL_H
#define ADIT_DATAPLANE_XFRM_KERNEL_H

#include <libmnl/libmnl.h>

#include "error.h"

#define KERNEL_ALIGN 8 /* of messages: XFRM's structures have fields of 64 bits */

struct kernel {
	struct mnl_socket *socket;
	uint32_t seq, port;
	int why; /* errno of the last refusal */
};

MUST_USE enum err kernel_open(struct kernel *k);
void kernel_close(struct kernel *k);
/*
 * Sends a message, wipes it, and gives each message of the answer to take (which may be NULL).
 * flags beside NLM_F_REQUEST and what the message has. ERR_EXISTS, ERR_NOT_FOUND, ERR_UNSUPPORTED
 * (the kernel lacks a protocol or algorithm), ERR_SYSTEM.
 */
MUST_USE enum err kernel_ask(struct kernel *k, void *message, uint16_t flags, mnl_cb_t take,
			     void *ctx);

/* A socket that hears of acquires, expiries and changed NAT mappings; -1 with errno. */
struct mnl_socket *kernel_news_open(void);

#endif
