/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth: what an AUTH payload covers, and the jobs that make and check it (RFC 7296 2.15).
 *
 * The engine knows no method: it gathers the octets and hands them to a job. A method is a file
 * beside this one, for whoever does the job.
 */
#ifndef ADIT_IKE_AUTH_AUTH_H
#define ADIT_IKE_AUTH_AUTH_H

#include "job.h"

struct adit_engine;
struct ike_sa;

/* Fills a JOB_AUTH_SIGN for our side. On failure the job is abandoned. */
MUST_USE enum err auth_fill_sign(struct adit_engine *e, const struct ike_sa *sa, struct job *job);
/* What the peer brings forward; all borrowed. */
struct auth_claim {
	const struct payload_list *message; /* its CERT payloads are in it */
	struct span id_body;                /* of its ID payload, as it came */
	uint8_t method;
	struct span data;
};
/* Fills a JOB_AUTH_VERIFY for the peer's AUTH payload. */
MUST_USE enum err auth_fill_verify(struct adit_engine *e, const struct ike_sa *sa, struct job *job,
				   const struct auth_claim *claim);

#endif
