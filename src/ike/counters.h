/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters: what the engine counts, as rows. The first eighteen are VICI's (facts of get-counters);
 * the drops name why a datagram was not taken.
 */
#ifndef ADIT_IKE_COUNTERS_H
#define ADIT_IKE_COUNTERS_H

#define COUNTER_ROWS(X)                                   \
	X(IKE_INIT_IN_REQ, "ike-init-in-req")             \
	X(IKE_INIT_IN_RESP, "ike-init-in-resp")           \
	X(IKE_INIT_OUT_REQ, "ike-init-out-req")           \
	X(IKE_INIT_OUT_RESP, "ike-init-out-resp")         \
	X(IKE_AUTH_IN_REQ, "ike-auth-in-req")             \
	X(IKE_AUTH_IN_RESP, "ike-auth-in-resp")           \
	X(IKE_AUTH_OUT_REQ, "ike-auth-out-req")           \
	X(IKE_AUTH_OUT_RESP, "ike-auth-out-resp")         \
	X(CREATE_CHILD_IN_REQ, "create-child-in-req")     \
	X(CREATE_CHILD_IN_RESP, "create-child-in-resp")   \
	X(CREATE_CHILD_OUT_REQ, "create-child-out-req")   \
	X(CREATE_CHILD_OUT_RESP, "create-child-out-resp") \
	X(INFO_IN_REQ, "info-in-req")                     \
	X(INFO_IN_RESP, "info-in-resp")                   \
	X(INFO_OUT_REQ, "info-out-req")                   \
	X(INFO_OUT_RESP, "info-out-resp")                 \
	X(INVALID, "invalid")                             \
	X(INVALID_SPI, "invalid-spi")                     \
	X(DROP_HEADER, "drop-header")                     \
	X(DROP_VERSION, "drop-version")                   \
	X(DROP_SYNTAX, "drop-syntax")                     \
	X(DROP_EXCHANGE, "drop-exchange")                 \
	X(DROP_INTEGRITY, "drop-integrity")               \
	X(DROP_MESSAGE_ID, "drop-message-id")             \
	X(DROP_DUPLICATE, "drop-duplicate")               \
	X(DROP_HALF_OPEN, "drop-half-open")               \
	X(DROP_LIMIT, "drop-limit")                       \
	X(DROP_COOKIE, "drop-cookie")                     \
	X(DROP_RATE, "drop-rate")                         \
	X(DROP_OUTPUT, "drop-output")                     \
	X(COOKIES_SENT, "cookies-sent")                   \
	X(RETRANSMITS, "retransmits")                     \
	X(RESPONSES_RESENT, "responses-resent")           \
	X(KEEPALIVES, "keepalives")                       \
	X(EVENTS_LOST, "events-lost")                     \
	X(JOBS_LATE, "jobs-late")                         \
	X(JOBS_TIMED_OUT, "jobs-timed-out")

enum counter {
#define X(name, text) COUNTER_##name,
	COUNTER_ROWS(X)
#undef X
	COUNTERS
};

#endif
