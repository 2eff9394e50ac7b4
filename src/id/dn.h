/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn: distinguished names as DER and as text (X.501, RFC 4514 in spirit, written as swanctl writes
 * them).
 *
 * "C=CH, O=Example, CN=moon", or "/C=CH/O=Example/CN=moon". In a value, a backslash takes the next
 * character as it is and "\xNN" a byte. Reads DER of strangers: bounded, without recursion, and
 * what is malformed matches nothing.
 */
#ifndef ADIT_ID_DN_H
#define ADIT_ID_DN_H

#include "error.h"
#include "text.h"
#include "writer.h"

/* ERR_SYNTAX, or ERR_LENGTH past max. */
MUST_USE enum err dn_encode(uint8_t *ret, size_t max, size_t *ret_len, struct span text);
/* False, and nothing put, when it is not a DN. */
bool text_dn(struct text *t, struct span der);
/*
 * 3: the same names in the same order, 2: the same where pattern's values are not "*", 0: no. Text
 * compares without regard to case (ASCII) and string type.
 */
int dn_match(struct span pattern, struct span dn);
/* Whether a value in it is "*". */
bool dn_is_pattern(struct span dn);
/* The same bytes for names that match by 3, no more than dn has. False, with w spoilt, when it is malformed. */
bool dn_fold(struct writer *w, struct span dn);

#endif
