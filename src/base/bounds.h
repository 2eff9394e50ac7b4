/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds: every limit of the house, with its reason.
 *
 * What an operator may want to move is a key of the `adit` section (config/defaults.h); the rest
 * are constants here. Each is reached by a test.
 */
#ifndef ADIT_BASE_BOUNDS_H
#define ADIT_BASE_BOUNDS_H

#include <stdint.h>

/* Messages (RFC 7296 2: at least 1280 bytes must be taken, 3000 should be). */
#define DATAGRAM_MAX 8192 /* longest IKE message taken; certificates beyond it are fragmented */
#define MESSAGE_MAX 32768        /* an IKE message put together from fragments (RFC 7383) */
#define FRAGMENTS_MAX 64         /* of one message; 32 KiB in pieces of 512 bytes */
#define FRAGMENT_IP_MAX 1280     /* IP packets our fragments fit: every IPv6 path carries them */
#define PAYLOADS_MAX 64          /* in one message, outer or inner; a busy IKE_AUTH has about 20 */
#define SPIS_MAX 32              /* in one DELETE payload that we act on */

/* Negotiation (RFC 7296 3.3). */
#define PROPOSALS_MAX 16         /* in one SA payload that we look at; Windows offers up to 12 */
#define TRANSFORMS_MAX \
	64 /* in one proposal; strongSwan's default list has 35 (tests/vectors/captures/zeek); a \
	      longer one is left out */
#define NONCE_MIN 16             /* RFC 7296 2.10 */
#define NONCE_MAX 256            /* RFC 7296 3.9 */
#define NONCE_LEN 32             /* ours: half of the longest PRF's key or more, RFC 7296 2.10 */
#define KE_PUBLIC_MAX 1600       /* MODP-8192 takes 1024, ML-KEM-1024 1568 */
#define KE_PRIVATE_MAX 3200      /* ML-KEM-1024's decapsulation key is 3168 */
#define KE_SHARED_MAX 1024       /* MODP-8192 */
#define COOKIE_MAX 64            /* RFC 7296 2.6 */
#define ID_MAX 512 /* identity bytes we take; longest DN seen in the field is about 300 */
#define AUTH_DATA_MAX 4096       /* RSA-16384's signature is 2048 */
#define CERT_RECORDS_MAX 16384   /* bytes of certificates in one IKE_AUTH: eight RSA-4096 ones */
#define CERTREQ_MAX 16000        /* bytes of CA hashes kept of a peer's CERTREQs: eight hundred; Windows names every root it knows */
#define SELECTORS_MAX 16         /* in one TSi or TSr after narrowing */
#define TS_OFFERED_MAX 64        /* in one TS payload that we look at */

/* Keys. */
#define KEYMAT_MAX 512           /* seven IKE keys of 64 bytes, or a Child SA's four */

/* Engine. */
#define JOBS_PER_EXCHANGE_MAX 4
#define WAITING_DATAGRAMS_MAX 16 /* kept for an SA whose keys are being derived */
#define INVALID_SPI_RATE 10      /* unprotected error answers a second, all peers together */
#define STRANGERS_RATE 10        /* diagnoses a second of peers that have no SA */
#define COOKIE_TRIES_MAX 3       /* COOKIE and INVALID_KE_PAYLOAD answers an initiator follows */
#define INVALID_KE_TRIES_MAX 3
#define EVENTS_MAX 1024          /* waiting to be taken; later ones are counted and lost */
#define OUTPUTS_MAX 4096         /* datagrams waiting to be taken */

/* SPIs (architecture, "SPIs"). */
#define SHARDS_MAX 256
#define IKE_SLOT_BITS 24
#define ESP_SPI_MIN 256          /* RFC 4303 2.1: 1–255 are reserved */

/* Configuration. */
#define NAME_MAX_LEN 63          /* connection and child names */
#define PSK_MAX 512
#define CHILDREN_MAX 64          /* in one connection */

/* Dataplane. */
#define REPLAY_WINDOW_DEFAULT 64 /* packets; RFC 4303 3.4.3 wants 32, 64 preferred */
#define REPLAY_WINDOW_MAX 4096
#define PACKET_MAX 65535

#endif
