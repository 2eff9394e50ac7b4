/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof: makes and checks AUTH payloads for the executor of jobs: shared keys by hand (RFC 7296
 * 2.15), certificates by the room that the daemon's worker uses.
 */
#ifndef ADIT_SIM_PROOF_H
#define ADIT_SIM_PROOF_H

#include "crypto.h"
#include "job.h"
#include "world.h"

/* What a result points into. */
struct proof {
	struct sign_result signature;
	uint8_t mac[SECRET_MAX];
	char why[256];
};

/*
 * Does a JOB_AUTH_SIGN or JOB_AUTH_VERIFY. Certificates are judged by the world's clock; what the
 * library draws at random is a function of the world's seed and of number.
 */
void proof_do(struct proof *p, const struct world *w, const struct crypto *crypto,
	      const struct job *job, uint64_t number, struct job_result *ret);
/* Whether the job has to do with certificates. */
bool proof_is_pubkey(const struct job *job);

#endif
