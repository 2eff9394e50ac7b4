/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup: configurations of the simulator's hosts, from a few fields that scenarios change.
 *
 * The text goes through the product's own configuration language, so that what the simulator runs
 * is what an operator could write.
 */
#ifndef ADIT_SIM_SETUP_H
#define ADIT_SIM_SETUP_H

#include "config.h"

#define SETUP_SUITE "aes128gcm16-prfsha256-x25519"
#define SETUP_ESP "aes128gcm16"

struct setup {
	const char *local, *remote;          /* addresses; remote may be %any */
	const char *id, *peer_id, *secret;
	const char *proposals, *esp_proposals;
	const char *local_ts, *remote_ts;
	const char *auth, *peer_auth;        /* as swanctl.conf's auth */
	const char *files;                   /* of certificates.h; NULL: none */
	const char *certs, *cacerts;         /* the only ones to use; NULL: any */
	const char *revocation, *send_cert, *fragmentation;
	const char *close_action, *dpd_action; /* of the child */
	unsigned dpd_s, keyingtries;
	unsigned ike_sas, half_open, cookie_threshold;
	unsigned half_open_timeout_s, retransmit_tries;
	bool encap, two_children;
};

/* Two ends that fit: initiator 10.0.0.1, responder 10.0.0.2. */
struct setup setup_initiator(void);
struct setup setup_responder(void);
/* Both authenticate by the chains of a kind, "ed", "ec" or "rsa", or one of them by the secret. */
enum setup_who { SETUP_BOTH, SETUP_LEFT, SETUP_RIGHT };
void setup_certificates(struct setup *left, struct setup *right, const char *kind,
			enum setup_who who);
/*
 * The connection is "gw", its child "net" (and "more" with two_children). A text that does not load
 * is a bug.
 */
struct config *setup_load(const struct setup *s);

#endif
