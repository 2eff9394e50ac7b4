/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: IKE identities as swanctl writes them (RFC 7296 3.5).
 *
 * "moon.example.org" FQDN, "@moon" FQDN, "@#0a0b" KEY_ID, "@@u@h" and "u@h" RFC822_ADDR,
 * "192.0.2.1" and "2001:db8::1" addresses, "C=CH, CN=moon" DN, "%any" anything, and the prefixes
 * "fqdn:", "dns:", "rfc822:", "email:", "ipv4:", "ipv6:", "keyid:", "asn1dn:", and "{2}:" for a type
 * by its number; "#" behind a prefix begins hex.
 */
#ifndef ADIT_ID_IDENTITY_H
#define ADIT_ID_IDENTITY_H

#include "error.h"
#include "bounds.h"
#include "text.h"

#define IDENTITY_ANY 0 /* as a type: matches everything, never sent */

struct identity {
	uint8_t type; /* enum id_type of wire, or IDENTITY_ANY */
	uint16_t len;
	uint8_t data[ID_MAX];
};

/* ERR_SYNTAX, or ERR_LENGTH past ID_MAX. */
MUST_USE enum err identity_parse(struct identity *ret, const char *text);
/* From an ID payload; ERR_LENGTH when the type's size rules are broken or it is past ID_MAX. */
MUST_USE enum err identity_from_wire(struct identity *ret, uint8_t type, struct span data);
/* As swanctl prints it; bytes of a peer are escaped. */
void text_identity(struct text *t, const struct identity *id);

bool identity_equal(const struct identity *a, const struct identity *b);
/* The same bytes for identities that are equal, to find them by a hash; ret has room for IDENTITY_KEY_MAX. */
#define IDENTITY_KEY_MAX (1 + ID_MAX)
struct span identity_key(const struct identity *id, uint8_t *ret);
/*
 * Whether id fits a configured pattern: %any, equality, "*" and "*.example.org" for FQDN and
 * "*@host" for RFC822_ADDR (case-insensitive both). Gives 0 for no, higher for a closer fit: 1
 * %any, 2 wildcard, 3 equal.
 */
int identity_match(const struct identity *pattern, const struct identity *id);

/* Whether identity_match() may give 1 or 2 for it: it may stand for more than one. */
bool identity_is_pattern(const struct identity *id);

#endif
