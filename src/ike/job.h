/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job: work that the engine wants done elsewhere (decision 2 of docs/architecture.md).
 *
 * A job is a plain struct. The engine owns it and every byte it points to from the moment
 * adit_engine_jobs() hands it out until adit_engine_complete() is called with its id: an SA that
 * dies meanwhile leaves its jobs standing. A result is borrowed for the call. A second completion
 * of the same id is ignored, and a late one is wiped.
 */
#ifndef ADIT_IKE_JOB_H
#define ADIT_IKE_JOB_H

#include "address.h"
#include "child_spec.h"
#include "config.h"
#include "crypto.h"
#include "memory.h"
#include "payloads.h"
#include "sign.h"

typedef uint64_t job_id; /* slot and generation; never 0 */

enum job_kind {
	JOB_KE_GENERATE = 1,
	JOB_KE_AGREE,
	JOB_AUTH_SIGN,
	JOB_AUTH_VERIFY,
	JOB_CHILD_INSTALL,
	JOB_CHILD_UPDATE,
	JOB_CHILD_REMOVE,
	JOB_CHILD_QUERY,
	JOB_KINDS
};

/* Make a key pair (crypto_ke_generate). */
struct job_ke_generate {
	uint16_t method;
	struct bytes peer; /* the initiator's value when we respond, else empty */
};

/* Agree on a shared secret (crypto_ke_agree). */
struct job_ke_agree {
	uint16_t method;
	struct bytes private_key, peer;
};

/*
 * The AUTH payload of one side (RFC 7296 2.15). The octets to be authenticated are message | nonce
 * | prf_id, the last being prf(SK_p, RestOfIDPayload). For a shared key: prf(prf(secret, "Key Pad
 * for IKEv2"), octets); with a certificate: a signature of the octets.
 */
struct job_auth {
	enum auth_kind kind;
	uint16_t prf;
	struct config *config;           /* whose secrets count */
	struct identity local, remote;   /* ours and the peer's, whoever signs */
	struct bytes message;            /* the SA_INIT message that the signer sent */
	struct bytes nonce;              /* of the other side */
	struct secret prf_id;
	uint8_t method;                  /* verify: of the AUTH payload */
	struct bytes data;               /* verify: of the AUTH payload */
	/* With certificates (RFC 7296 3.6, 3.7, RFC 7427): */
	const struct conn_config
		*conn; /* of config; its constraints, certificates and anchors count */
	struct bytes certs;              /* verify: what came, as records of pki's sign.h */
	struct bytes certreq;            /* sign: CA hashes the peer asked for, concatenated */
	bool with_certs;                 /* sign: our certificates are to be sent */
	bool peer_7427;                  /* the peer sent SIGNATURE_HASH_ALGORITHMS */
	uint16_t peer_hashes;            /* 1 << number of each */
};

struct job_child {
	struct child_spec spec;          /* update: path and SPIs count; remove and query: SPIs */
};

struct job {
	job_id id;
	enum job_kind kind;
	union {
		struct job_ke_generate ke_generate;
		struct job_ke_agree ke_agree;
		struct job_auth auth;
		struct job_child child;
	};
};

/* err first: ERR_OK, or why it could not be done (ERR_AUTH and ERR_KE_VALUE: the peer's fault). */
struct job_result {
	enum err err;
	enum verify_fault fault; /* JOB_AUTH_VERIFY of certificates: why not */
	struct span why; /* words, when err alone does not say it; never a peer's bytes unescaped */
	union {
		struct {
			struct span public_key, private_key;
		} ke_generate;
		struct {
			struct span shared;
		} ke_agree;
		struct {
			uint8_t method;
			struct span data;
			struct span certs; /* to be sent before it, as records of pki's sign.h */
		} auth_sign;
		struct {
			uint64_t bytes_in, packets_in, bytes_out, packets_out;
			nanos idle_in, idle_out; /* since the last packet; NANOS_NEVER: none yet */
		} child_query;
	};
};

#endif
