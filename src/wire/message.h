/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: an IKE message as a bounded value (RFC 7296 3.1, 3.2).
 *
 * Parsing has no side effects and allocates nothing: a struct payload_list borrows the datagram.
 * The chain of generic payload headers is walked once; what is inside a payload is parsed by that
 * payload's own file (sa.h, ke.h, …) when somebody asks.
 */
#ifndef ADIT_WIRE_MESSAGE_H
#define ADIT_WIRE_MESSAGE_H

#include "error.h"
#include "bounds.h"
#include "reader.h"
#include "registry.h"
#include "writer.h"

#define IKE_HEADER_LEN 28
#define IKE_VERSION 0x20      /* 2.0 */
#define IKE_FLAG_INITIATOR 0x08
#define IKE_FLAG_VERSION 0x10
#define IKE_FLAG_RESPONSE 0x20
#define PAYLOAD_HEADER_LEN 4

struct ike_header {
	uint64_t spi_i, spi_r;
	uint8_t next_payload;
	uint8_t version; /* major << 4 | minor */
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length;
};

struct payload {
	uint8_t type;     /* enum payload_type, or any unknown number */
	uint8_t next;     /* what its header says follows; for SK and SKF the first inner payload */
	bool critical;
	struct span body; /* without the generic header */
	size_t offset;    /* of the generic header in the run that was parsed */
};

struct payload_list {
	struct payload items[PAYLOADS_MAX];
	size_t count;
};

/*
 * Reads the fixed header. ERR_TRUNCATED, ERR_LENGTH (Length is not the datagram's), ERR_VERSION
 * (major is not 2; header is filled in all the same, for INVALID_MAJOR_VERSION). Reserved flag bits
 * and the minor version are ignored (3.1).
 */
MUST_USE enum err ike_header_parse(struct ike_header *ret, struct span datagram);
/* Writes the header with Length zero; ike_header_finish() patches it to all that was written. */
void ike_header_build(struct writer *w, const struct ike_header *header);
void ike_header_finish(struct writer *w, size_t header_at);

/*
 * Walks a chain of payloads that starts with type first and fills bytes exactly. An unknown payload
 * with the critical bit gives ERR_CRITICAL and its type in *ret_critical (3.2); known payloads'
 * critical bits are ignored, and their bodies have at least the bytes of their rows (ERR_LENGTH).
 * SK and SKF end the chain (3.14). ERR_TOO_MANY, ERR_LENGTH, ERR_TRUNCATED, ERR_TRAILING. Type NONE
 * with no bytes is an empty list.
 */
MUST_USE enum err payload_list_parse(struct payload_list *ret, uint8_t first, struct span bytes,
				     uint8_t *ret_critical);
/* The first payload of a type, or NULL. */
const struct payload *payload_find(const struct payload_list *list, uint8_t type);

/*
 * Building a chain. payload_begin() patches the predecessor's Next Payload field and reserves the
 * length; payload_end() fills it in. A chain starts with chain_begin(), told where the field is
 * that names the first payload (16 in the IKE header, next_at of an SK payload's own chain once it
 * has begun).
 */
struct chain {
	struct writer *w;
	size_t next_at;   /* where the type of the next payload goes */
	size_t length_at; /* of the payload being built */
	bool open;
};

struct chain chain_begin(struct writer *w, size_t next_at);
void payload_begin(struct chain *c, uint8_t type, bool critical);
void payload_end(struct chain *c);
/* A whole payload at once. */
void payload_put(struct chain *c, uint8_t type, struct span body);

#endif
