/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psk: the shared-key method, for whoever does JOB_AUTH_SIGN and JOB_AUTH_VERIFY (RFC 7296 2.15).
 * Pure functions of job and configuration.
 */
#ifndef ADIT_IKE_AUTH_PSK_H
#define ADIT_IKE_AUTH_PSK_H

#include "job.h"

/* AUTH = prf(prf(secret, "Key Pad for IKEv2"), message | nonce | prf_id). ERR_NOT_FOUND: no secret
 * for the pair. ret has room for SECRET_MAX. */
MUST_USE enum err psk_sign(const struct crypto *c, const struct job_auth *auth, uint8_t *ret,
			   size_t *ret_len);
/* ERR_AUTH when method or data are not what psk_sign() would give, in constant time. */
MUST_USE enum err psk_verify(const struct crypto *c, const struct job_auth *auth);

#endif
