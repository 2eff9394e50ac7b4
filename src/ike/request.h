/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what the control socket asked for and waits for. A request ends once, with
 * EVENT_REQUEST, when all it asked of is done.
 */
#ifndef ADIT_IKE_REQUEST_H
#define ADIT_IKE_REQUEST_H

#include "engine.h"

#define REQUESTS_MAX 256 /* at once; control clients are few */

struct request {
	uint32_t number; /* 0: free */
	uint32_t pending; /* 0 in a request that has ended: its event waits to be made */
	enum err err;    /* the first failure */
};

struct requests {
	struct request items[REQUESTS_MAX];
	uint32_t last;
	uint32_t ended; /* requests whose event waits to be made */
};

/* A new request with pending parts; 0 when there is no room. */
uint32_t request_new(struct adit_engine *e, uint32_t pending);
/* One part is done. number 0 is fine. */
void request_done(struct adit_engine *e, uint32_t number, enum err err);
/* It never began: nobody is told. */
void request_cancel(struct adit_engine *e, uint32_t number);
/* The event of an ended request that had no room in the queue; false when there is none. */
bool request_take_event(struct adit_engine *e, struct event *ret);

#endif
