/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payloads: the bodies of the payloads of RFC 7296 3.3–3.16, as values.
 *
 * x_parse() reads a body (what follows the generic header) and borrows from it; x_build() puts a
 * whole payload on a chain. Both of one payload live in one file. Reserved fields are written zero
 * and ignored when read (RFC 7296 3).
 */
#ifndef ADIT_WIRE_PAYLOADS_H
#define ADIT_WIRE_PAYLOADS_H

#include "address.h"
#include "message.h"

/* Security Association, 3.3 (sa.c) */
struct transform {
	uint8_t type;      /* enum transform_type of crypto, or any number */
	uint16_t id;
	uint16_t key_bits; /* Key Length attribute; 0: none */
	bool unknown;      /* has an attribute we do not know: must not be chosen (3.3.6) */
};

struct proposal {
	uint8_t number;
	uint8_t protocol;  /* enum protocol */
	uint8_t spi_len;   /* 0, 4 or 8 */
	uint64_t spi;      /* 0 when spi_len is 0 */
	uint8_t count;
	struct transform transforms[TRANSFORMS_MAX];
};

struct sa {
	uint8_t count;
	struct proposal proposals[PROPOSALS_MAX];
};

/* Proposals past PROPOSALS_MAX or with more than TRANSFORMS_MAX transforms are checked for shape
 * and left out. ERR_SYNTAX where numbers, "last" markers, SPI sizes or lengths
 * contradict 3.3.1–3.3.5; numbers may begin anywhere and have gaps, but must grow. Proposals of
 * unknown protocols are left out too. A Key Length of 0, twice, or in TLV form makes a transform
 * unknown. */
MUST_USE enum err sa_parse(struct sa *ret, struct span body);
void sa_build(struct chain *c, const struct sa *sa);

/* Key Exchange, 3.4 (ke.c) */
struct ke_payload {
	uint16_t method;
	struct span data;
};
MUST_USE enum err ke_parse(struct ke_payload *ret, struct span body);
void ke_build(struct chain *c, uint16_t method, struct span data);

/* Identification, 3.5 (id.c); type PAYLOAD_IDI or PAYLOAD_IDR */
struct id_payload {
	uint8_t type; /* enum id_type, or any number */
	struct span data;
};
/* ERR_LENGTH where the registry row of the type knows better. */
MUST_USE enum err id_parse(struct id_payload *ret, struct span body);
void id_build(struct chain *c, uint8_t payload, uint8_t type, struct span data);

/* Certificate and Certificate Request, 3.6 and 3.7 (cert.c) */
struct cert_payload {
	uint8_t encoding;
	struct span data;
};
MUST_USE enum err cert_parse(struct cert_payload *ret, struct span body);
void cert_build(struct chain *c, uint8_t payload, uint8_t encoding, struct span data);

/* Authentication, 3.8 (auth.c) */
struct auth_payload {
	uint8_t method;
	struct span data;
};
MUST_USE enum err auth_parse(struct auth_payload *ret, struct span body);
void auth_build(struct chain *c, uint8_t method, struct span data);

/* Nonce, 3.9 (nonce.c): ERR_LENGTH unless 16 to 256 bytes */
MUST_USE enum err nonce_parse(struct span *ret, struct span body);
void nonce_build(struct chain *c, struct span nonce);

/* Notify, 3.10 (notify.c). The lengths that registry rows know are checked: ERR_LENGTH. */
struct notify {
	uint8_t protocol;
	uint8_t spi_len; /* 0, 4 or 8 */
	uint64_t spi;
	uint16_t type;   /* enum notify_type, or any number */
	struct span data;
};
MUST_USE enum err notify_parse(struct notify *ret, struct span body);
void notify_build(struct chain *c, const struct notify *n);
void notify_build_data(struct chain *c, uint16_t type, struct span data); /* no protocol, no SPI */
/* The first well-formed notify of a type; false when there is none. */
bool notify_find(struct notify *ret, const struct payload_list *list, uint16_t type);
/* The first well-formed notify of an error type (below 16384). */
bool notify_find_error(struct notify *ret, const struct payload_list *list);

/* Delete, 3.11 (delete.c) */
struct delete_payload {
	uint8_t protocol;
	uint8_t spi_len;
	uint16_t count;
	struct span spis; /* count × spi_len bytes */
};
/* ERR_SYNTAX for an IKE SPI or count, a Child SPI that is not 4 bytes, or another protocol. */
MUST_USE enum err delete_parse(struct delete_payload *ret, struct span body);
uint32_t delete_spi(const struct delete_payload *d, size_t index); /* protocol ESP or AH */
void delete_build_ike(struct chain *c);
void delete_build_child(struct chain *c, uint8_t protocol, const uint32_t *spis, size_t count);

/* Vendor ID, 3.12 (vendor.c) */
void vendor_build(struct chain *c, struct span id);

/* Traffic Selectors, 3.13 (ts.c); type PAYLOAD_TSI or PAYLOAD_TSR */
struct selector {
	uint8_t protocol;              /* IP protocol; 0: any */
	uint16_t port_first, port_last; /* 0…65535: any; first > last (65535…0): OPAQUE */
	struct ip first, last;
};
struct selectors {
	uint8_t count;
	struct selector items[TS_OFFERED_MAX];
};
/* Selectors of unknown types and those past TS_OFFERED_MAX are left out. ERR_SYNTAX for bad
 * lengths, first > last addresses, inverted ports that are not OPAQUE, and a payload of no
 * selectors. */
MUST_USE enum err ts_parse(struct selectors *ret, struct span body);
void ts_build(struct chain *c, uint8_t payload, const struct selector *items, size_t count);

/* Encrypted, 3.14, and Encrypted Fragment, RFC 7383 2.5 (sk.c): the envelope only; sealing is
 * ike/protect */
struct skf_header {
	uint16_t number, total;
};
/* ERR_SYNTAX unless 1 ≤ number ≤ total. */
MUST_USE enum err skf_parse(struct skf_header *ret, struct span *ret_sealed, struct span body);
void skf_header_build(struct writer *w, const struct skf_header *header);

/* Configuration, 3.15 (cp.c) */
struct cp_attribute {
	uint16_t type;
	struct span value;
};
struct cp_payload {
	uint8_t type; /* enum cp_type */
	uint8_t count;
	struct cp_attribute items[PAYLOADS_MAX];
};
/* ERR_TOO_MANY past PAYLOADS_MAX attributes. */
MUST_USE enum err cp_parse(struct cp_payload *ret, struct span body);
void cp_build(struct chain *c, const struct cp_payload *cp);

/* Extensible Authentication Protocol, 3.16 (eap.c) */
struct eap_payload {
	uint8_t code, identifier;
	uint8_t type;      /* 0 for Success and Failure */
	struct span data;  /* after the type */
	struct span whole; /* the EAP message */
};
/* ERR_LENGTH when the EAP length is not the body's (3.16); ERR_SYNTAX for codes other than 1 to 4.
 */
MUST_USE enum err eap_parse(struct eap_payload *ret, struct span body);
void eap_build(struct chain *c, struct span message);

#endif
