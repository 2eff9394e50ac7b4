/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: the identities that a certificate carries, and whether one of them is the peer's.
 *
 * Reads the subject, the subjectAltName and the subjectKeyIdentifier; never the common name, which is no identity (RFC 4945 5.1.2, RFC 6125).
 * Bounded in the names that are looked at. Private to src/pki. RFC 4945 3.1, 5.1; RFC 5280 4.1.2.6, 4.2.1.6, 7.1.
 */
#ifndef ADIT_PKI_NAMES_H
#define ADIT_PKI_NAMES_H

#include <openssl/x509.h>

#include "identity.h"

#define NAMES_MAX 256 /* subject alternative names that are looked at in one certificate */

/* Subject first when it is not empty, then the SANs that are IKE identities; gives their number, at most max. */
size_t names_list(const X509 *x, struct identity *ret, size_t max);
/* Whether the certificate carries the identity: a DN equals the subject, FQDN a dNSName, RFC822_ADDR an rfc822Name, an address an
 * iPAddress and never a dNSName that spells it, KEY_ID the subjectKeyIdentifier. */
bool names_carry(const X509 *x, const struct identity *id);
/* Hashes by which the certificate is found by identity (names_hash() of each it carries); at most max. */
size_t names_hashes(const X509 *x, uint64_t *ret, size_t max);
uint64_t names_hash(const struct identity *id);

#endif
