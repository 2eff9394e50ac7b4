/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: what the engine tells; nobody answers.
 *
 * Events are values, copied out by adit_engine_event(). A full queue drops new LOG events first and
 * counts what it drops (counter events_lost); up, down and request results are never dropped while
 * the queue has its reserve.
 */
#ifndef ADIT_IKE_EVENT_H
#define ADIT_IKE_EVENT_H

#include "address.h"
#include "config.h"
#include "secret.h"

enum event_kind {
	EVENT_LOG = 1,
	EVENT_IKE_UP,
	EVENT_IKE_DOWN,
	EVENT_CHILD_UP,
	EVENT_CHILD_DOWN,
	EVENT_PATH,      /* the peer's address changed (2.23) */
	EVENT_DIAGNOSIS, /* a negotiation failed, and why */
	EVENT_REQUEST,   /* what adit_engine_initiate() and its like asked for is done or failed */
	EVENT_IKE_KEYS,  /* only with params.export_keys */
	EVENT_CHILD_KEYS,
};

enum log_level { LOG_ERROR, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* Where a negotiation parted (decision 7). */
enum diagnosis_kind {
	DIAGNOSIS_PROPOSAL = 1,
	DIAGNOSIS_KE,
	DIAGNOSIS_NO_CONNECTION,
	DIAGNOSIS_IDENTITY,
	DIAGNOSIS_SECRET,
	DIAGNOSIS_CERTIFICATE,
	DIAGNOSIS_SELECTORS,
	DIAGNOSIS_TIMEOUT,
	DIAGNOSIS_REFUSED,
	DIAGNOSIS_LOCAL,
	DIAGNOSIS_SYNTAX,
};

struct diagnosis {
	enum diagnosis_kind kind;
	char theirs[320];  /* what the peer offered or said */
	char ours[320];    /* what we would take */
	char parted[160];  /* the first point where they part */
	char setting[160]; /* the key that would change it */
};

struct event {
	enum event_kind kind;
	enum log_level level;
	nanos at;
	uint32_t ike_unique, child_unique; /* 0: none */
	uint32_t request; /* EVENT_REQUEST, and LOG events on its behalf; 0: none */
	enum err err;                      /* why: IKE_DOWN, CHILD_DOWN, REQUEST */
	char conn[NAME_MAX_LEN + 1], child[NAME_MAX_LEN + 1];
	struct path path;
	union {
		char text[400]; /* LOG: the event's name, then key=value; IKE_UP: the peer's
				   identity */
		struct diagnosis diagnosis;
		struct {                       /* Wireshark's ikev2_decryption_table */
			uint64_t spi_i, spi_r;
			struct transform encr, integ;
			struct secret ei, er, ai, ar;
		} ike_keys;
		struct {                       /* Wireshark's esp_sa */
			uint32_t spi_in, spi_out;
			struct transform encr, integ;
			struct secret encr_in, integ_in, encr_out, integ_out;
		} child_keys;
	};
};

#endif
