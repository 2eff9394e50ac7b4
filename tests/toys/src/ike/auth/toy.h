/* SPDX-License-Identifier: Apache-2.0 */
/* toy: an auth method that is not one: the secret as MAC key, nothing else. For a test of how
 * methods are added. */
#ifndef ADIT_IKE_AUTH_TOY_H
#define ADIT_IKE_AUTH_TOY_H

#include "job.h"

MUST_USE enum err toy_sign(const struct crypto *c, const struct job_auth *auth, uint8_t *ret,
			   size_t *ret_len);
MUST_USE enum err toy_verify(const struct crypto *c, const struct job_auth *auth);

#endif
