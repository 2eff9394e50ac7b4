/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pubkey: authentication by certificates, for whoever does JOB_AUTH_SIGN and JOB_AUTH_VERIFY (RFC
 * 7296 2.15, 3.6–3.8, RFC 7427). Between the engine's jobs and src/pki; the wall clock is an
 * argument.
 */
#ifndef ADIT_IKE_AUTH_PUBKEY_H
#define ADIT_IKE_AUTH_PUBKEY_H

#include "job.h"

/* As sign_auth(); words of failure in ret_why. */
MUST_USE enum err pubkey_sign(const struct job_auth *auth, int64_t wall_clock,
			      struct sign_result *ret, struct text *ret_why);
/* As verify_auth(); words of failure in ret_why. */
MUST_USE enum err pubkey_verify(const struct job_auth *auth, int64_t wall_clock,
				enum verify_fault *ret_fault, struct text *ret_why);

#endif
