/* SPDX-License-Identifier: Apache-2.0 */
/* When a certificate is valid, for those who warn in time (RFC 5280 4.1.2.5). */
#include "credentials_in.h"

static bool seconds_of(const ASN1_TIME *time, int64_t *ret)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool done = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

	ASN1_TIME_free(epoch);
	if (done)
		*ret = (int64_t)days * 86400 + seconds;
	return done;
}

bool credentials_validity(const struct credentials *c, uint32_t cert, int64_t *ret_from, int64_t *ret_until)
{
	const struct cert_entry *entry = credentials_entry(c, cert);
	int64_t from, until;

	if (!entry || !seconds_of(X509_get0_notBefore(entry->x), &from) || !seconds_of(X509_get0_notAfter(entry->x), &until))
		return false;
	*ret_from = from;
	*ret_until = until;
	return true;
}
