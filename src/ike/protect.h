/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protect: sealing and opening of IKE messages (RFC 7296 3.14, RFC 5282).
 */
#ifndef ADIT_IKE_PROTECT_H
#define ADIT_IKE_PROTECT_H

#include "crypto.h"
#include "message.h"
#include "payloads.h"

/* Keys of both directions, by who sends: i the SA's original initiator. */
struct protect {
	const struct cipher *cipher;
	const struct integ *integ; /* NULL with an AEAD */
	struct secret ei, er, ai, ar;
	uint64_t sent; /* messages sealed: the explicit part of an AEAD's nonce, never repeated
			  under a key */
};

/* Wipes the keys. `sent` goes on, lest a nonce come twice when the same keys are derived again (RFC
 * 5282 3.1). */
void protect_clear(struct protect *p);

/*
 * Opens a protected datagram into plain, which has room for its length: *ret_payloads is the run of
 * inner payloads, *ret_first the type of the first. from_initiator says whose keys. A fragment
 * (SKF, RFC 7383 2.5) gives its number and total in *ret_fragment, and its piece of the payloads; a
 * whole message total 0. Nothing outside plain changes. ERR_MISSING: neither SK nor SKF;
 * ERR_INTEGRITY; syntax errors of the outer chain; after the integrity check ERR_SYNTAX for bad
 * padding.
 */
MUST_USE enum err protect_open(const struct crypto *c, struct sealer *s, const struct protect *p,
			       bool from_initiator, struct span datagram, uint8_t *plain,
			       uint8_t *ret_first, struct span *ret_payloads,
			       struct skf_header *ret_fragment);

/* A protected message under construction. */
struct sealing {
	struct writer w;
	struct chain chain;     /* payloads go here */
	size_t sk_length_at, iv_at, body_at;
};

/* Writes header and SK envelope into buffer; what is put on sealing->chain is encrypted by
 * protect_seal(). */
void protect_begin(struct sealing *ret, const struct protect *p, void *buffer, size_t cap,
		   const struct ike_header *header);
/* Pads, encrypts, authenticates, patches lengths. iv_random: IV for CBC comes from the backend. */
MUST_USE enum err protect_seal(const struct crypto *c, struct sealer *s, struct protect *p,
			       bool from_initiator, struct sealing *sealing,
			       struct span *ret_datagram);
/* The bytes the message will have when it is sealed whole. */
size_t protect_sealed_len(const struct protect *p, const struct sealing *sealing);
/*
 * Seals in fragments of at most limit bytes each, one after the other into ret (RFC 7383 2.5);
 * sealing is used up. ERR_LIMIT when it takes more than FRAGMENTS_MAX.
 */
MUST_USE enum err protect_seal_fragments(const struct crypto *c, struct sealer *s,
					 struct protect *p, bool from_initiator,
					 const struct sealing *sealing, size_t limit,
					 struct writer *ret);

#endif
