/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair: two engines wired to each other without loss or delay, for unit tests that want an SA; the simulator does the rest.
 */
#ifndef ADIT_TESTS_UNIT_IKE_PAIR_H
#define ADIT_TESTS_UNIT_IKE_PAIR_H

#include "engine.h"

struct side {
	struct adit_engine *engine;
	struct crypto crypto;
	struct memory memory;
	struct config *config;
	struct event last_diagnosis;
	unsigned ups, downs, child_ups, child_downs, diagnoses;
	enum err request_err;
	unsigned requests;
	uint32_t installed[8], removed[8]; /* inbound SPIs */
	unsigned installs, removals;
	struct child_spec spec;            /* of the last installation */
	struct child_spec gone;            /* and removal */
	enum err fail[JOB_KINDS];          /* what jobs of a kind come back with, once set */
	uint16_t adds;                     /* a notify that its IKE_AUTH messages get besides; 0: none */
	uint8_t auth_first, auth[2048]; /* the payloads of its last one */
	size_t auth_len;
};

struct pair {
	struct side i, r;
	nanos now;
	unsigned datagrams;
	uint32_t drop_mask; /* bit n: datagram n is lost */
	struct ip nat_i, nat_r; /* what a NAT makes of each side's address; IP_NONE: there is none */
};

/* Where the sides' cryptography comes from: crypto_test_new() and its like, unless a test says otherwise before pair_init(). */
extern enum err (*pair_crypto_new)(struct crypto *ret, uint64_t seed);
extern void (*pair_crypto_free)(struct crypto *c);
/* Sees every job before it is done; NULL: nobody does. */
extern void (*pair_job_seen)(const struct job *job);

/* Texts of connections and secrets; NULL takes a pair that fits. */
void pair_init(struct pair *p, const char *initiator, const char *responder);
/* Runs until nothing moves; the clock stands. */
void pair_settle(struct pair *p);
/* Lets time pass, settling at every deadline on the way. */
void pair_pass(struct pair *p, nanos time);
/* Whether the side's last IKE_AUTH message had such a notify. */
bool pair_said(const struct side *s, uint16_t notify);
/* initiate gw/net on the initiator's side; REQUIREs that it starts. */
void pair_initiate(struct pair *p);
/* The initiator dies without a word and begins anew. */
void pair_restart_initiator(struct pair *p);
/* Ends both; every byte must have come back. */
void pair_clear(struct pair *p);

extern const char pair_initiator_text[], pair_responder_text[];

#endif
