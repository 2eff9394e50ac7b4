/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handshake: what an IKE SA needs only until it is up. Freed then (decision 4 of
 * docs/architecture.md).
 *
 * Owns nonces, the key pair, both IKE_SA_INIT messages (RFC 7296 2.15), the peer's answers that may
 * be forged (2.4), and datagrams that came before the keys were derived.
 */
#ifndef ADIT_IKE_HANDSHAKE_H
#define ADIT_IKE_HANDSHAKE_H

#include "engine.h"
#include "sa.h"

#define ANSWERS_MAX \
	8 /* different IKE_SA_INIT answers an initiator keeps; one of them is genuine (2.4) */

struct waiting {
	struct path path;
	struct bytes datagram;
};

struct handshake {
	uint32_t sa;                  /* slot */
	uint8_t our_nonce[NONCE_LEN];
	struct bytes peer_nonce;
	uint16_t ke_method;
	struct bytes ke_public, ke_private, ke_peer;
	struct bytes init_request, init_response; /* as sent, from the IKE header on */
	struct secret sk_pi, sk_pr;
	struct bytes peer_certreq;    /* CA hashes of the peer's CERTREQs, concatenated */
	bool certreq_came, peer_7427;
	uint16_t peer_hashes;         /* of SIGNATURE_HASH_ALGORITHMS, 1 << number each */
	struct bytes cookie;
	uint8_t cookie_tries, ke_tries;
	bool agreeing;                /* responder: JOB_KE_AGREE is out */
	job_id agree_job;
	struct waiting waiting[WAITING_DATAGRAMS_MAX];
	bool half_open;               /* counted as such */
	struct bytes answers[ANSWERS_MAX];
	uint8_t answers_count, answer_at;
	uint8_t proposal_number;      /* responder: which of the peer's proposals was chosen */
	uint16_t refused;             /* the last error notify that nobody authenticated; 0: none */
	uint8_t refusals;             /* transmissions that were answered by one */
	unsigned refused_try;         /* the last of them */
	enum err suspect; /* what is wrong with the answer at answer_at; ERR_OK: nothing */
	bool tell;                    /* whoever gave it believes that we are up */
	struct timer expire; /* responder: half_open_timeout; initiator: until a better answer must
				be here */
	const struct child_config *child; /* initiator: what is to be set up */
	uint32_t child_sa;            /* its record's slot, SLAB_NONE before */
	uint32_t request;             /* who waits for it; 0: nobody */
	unsigned tries;               /* attempts before this one (keyingtries) */
};

struct handshake *handshake_new(struct adit_engine *e, struct ike_sa *sa);
void handshake_free(struct adit_engine *e, struct ike_sa *sa);

/* Ni and Nr, whoever we are. */
struct span handshake_nonce_i(const struct ike_sa *sa);
struct span handshake_nonce_r(const struct ike_sa *sa);

/* Keeps a datagram until the keys are derived and asks for the shared secret when nobody has. */
void handshake_wait(struct adit_engine *e, struct ike_sa *sa, const struct path *path,
		    struct span datagram);
/* The shared secret is here (or is not): derives the keys and takes the waiting datagrams in order.
 */
void handshake_agreed(struct adit_engine *e, struct ike_sa *sa, const struct job_result *result);
/* What JOB_KE_AGREE needs, copied into it. */
MUST_USE enum err handshake_fill_agree(struct adit_engine *e, const struct ike_sa *sa,
				       struct job *job);

#endif
