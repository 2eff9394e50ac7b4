/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs: CERT and CERTREQ payloads and SIGNATURE_HASH_ALGORITHMS on their way between messages and
 * jobs (RFC 7296 3.6, 3.7, RFC 7427 4).
 *
 * The engine looks into no certificate: it carries them as records (pki's sign.h) to and from the
 * jobs that do.
 */
#ifndef ADIT_IKE_FEATURE_CERTS_H
#define ADIT_IKE_FEATURE_CERTS_H

#include "config.h"
#include "memory.h"
#include "payloads.h"

struct adit_engine;
struct ike_sa;

/* The CERT payloads of a message as records. ERR_TOO_MANY past CERT_RECORDS_MAX. */
MUST_USE enum err certs_collect(struct adit_engine *e, const struct payload_list *list,
				struct bytes *ret);
/* Records as CERT payloads. */
void certs_build(struct chain *c, struct span records);
/* Notes the peer's CERTREQs in the handshake; those past CERTREQ_MAX are left out. */
MUST_USE enum err certreq_read(struct adit_engine *e, struct ike_sa *sa,
			       const struct payload_list *list);
/* Our CERTREQ, when the connection wants one. */
void certreq_build(struct chain *c, const struct conn_config *conn);
/* Notes the peer's SIGNATURE_HASH_ALGORITHMS. */
void hashes_read(struct ike_sa *sa, const struct payload_list *list);
void hashes_build(struct chain *c);
/* Whether a connection has anything to do with certificates. */
bool certs_wanted(const struct conn_config *conn);

#endif
