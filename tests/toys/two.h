/* SPDX-License-Identifier: Apache-2.0 */
/*
 * two: two engines that talk to each other, with real cryptography and the daemon's own worker for
 * their jobs, so that what a toy adds to the worker's tables is used as the daemon would use it.
 */
#ifndef ADIT_TESTS_TOYS_TWO_H
#define ADIT_TESTS_TOYS_TWO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker.h"

struct one {
	struct adit_engine *engine;
	struct crypto crypto;
	struct memory memory;
	struct config *config;
	struct dataplane *plane;
	struct worker worker;
	unsigned ups, downs, requests;
	enum err request_err;
	struct event diagnosis;
};

struct two {
	struct one i, r;
	nanos now;
	unsigned drop; /* that many datagrams are lost next */
};

/* What one side is told. */
struct one_words {
	const char *conn; /* more of its connection, "proposals = …"; "" */
	const char *auth; /* of local and remote */
	const char *secret;
	/* More of local, remote and secrets, for certificates; NULL: nothing. */
	const char *local, *remote, *keys;
};

void two_init(struct two *t, const struct one_words *i, const struct one_words *r);
/* Sets up gw/net and runs until nothing moves. */
void two_connect(struct two *t);
void two_settle(struct two *t);
/* Lets time pass, settling at every deadline on the way. */
void two_pass(struct two *t, nanos time);
/* Ends both; every byte must have come back. */
void two_clear(struct two *t);

#endif
