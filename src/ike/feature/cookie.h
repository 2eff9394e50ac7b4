/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cookie: stateless cookies for IKE_SA_INIT (RFC 7296 2.6).
 *
 * Cookie = version | prf(secret[version], Ni | IPi | SPIi). Two secrets, the older good for one
 * more period.
 */
#ifndef ADIT_IKE_FEATURE_COOKIE_H
#define ADIT_IKE_FEATURE_COOKIE_H

#include "address.h"
#include "error.h"
#include "timers.h"

struct adit_engine;

#define COOKIE_PERIOD (60 * NANOS_SECOND) /* of a secret */
#define COOKIE_SECRET_LEN 32
#define COOKIE_LEN 33                     /* version and HMAC-SHA2-256 */

struct cookies {
	uint8_t secrets[2][COOKIE_SECRET_LEN];
	uint8_t version;        /* of the newer secret, which is secrets[version % 2] */
	nanos renewed;
	bool ready;
};

MUST_USE enum err cookie_make(struct adit_engine *e, struct span nonce, const struct ip *ip,
			      uint64_t spi_i, uint8_t ret[COOKIE_LEN]);
bool cookie_good(struct adit_engine *e, struct span cookie, struct span nonce, const struct ip *ip,
		 uint64_t spi_i);

#endif
