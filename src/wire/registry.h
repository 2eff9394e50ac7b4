/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry: IANA's IKEv2 numbers as rows (decision 5 of docs/architecture.md).
 *
 * A notify, a payload, an exchange, an identity type is one row here; enums, names, sizes, the
 * validator and the fuzz dictionary are made from it. Numbers: RFC 7296 3 and the IANA registry.
 */
#ifndef ADIT_WIRE_REGISTRY_H
#define ADIT_WIRE_REGISTRY_H

#include "span.h"

/* X(name, number) RFC 7296 3.1; 9242; 9370; 5723 */
#define EXCHANGE_ROWS(X)          \
	X(IKE_SA_INIT, 34)        \
	X(IKE_AUTH, 35)           \
	X(CREATE_CHILD_SA, 36)    \
	X(INFORMATIONAL, 37)      \
	X(IKE_SESSION_RESUME, 38) \
	X(IKE_INTERMEDIATE, 43)   \
	X(IKE_FOLLOWUP_KE, 44)

enum exchange_type {
#define X(name, number) EXCHANGE_##name = number,
	EXCHANGE_ROWS(X)
#undef X
};

/* X(name, number, short name as RFC 7296 1.2 writes it, least body bytes) RFC 7296 3.2; 7383 */
#define PAYLOAD_ROWS(X)            \
	X(SA, 33, "SA", 8)         \
	X(KE, 34, "KE", 4)         \
	X(IDI, 35, "IDi", 4)       \
	X(IDR, 36, "IDr", 4)       \
	X(CERT, 37, "CERT", 1)     \
	X(CERTREQ, 38, "CERTREQ", 1) \
	X(AUTH, 39, "AUTH", 4)     \
	X(NONCE, 40, "Nonce", 16)  \
	X(NOTIFY, 41, "N", 4)      \
	X(DELETE, 42, "D", 4)      \
	X(VENDOR, 43, "V", 0)      \
	X(TSI, 44, "TSi", 4)       \
	X(TSR, 45, "TSr", 4)       \
	X(SK, 46, "SK", 0)         \
	X(CP, 47, "CP", 4)         \
	X(EAP, 48, "EAP", 4)       \
	X(SKF, 53, "SKF", 4)

enum payload_type {
	PAYLOAD_NONE = 0,
#define X(name, number, short_name, least) PAYLOAD_##name = number,
	PAYLOAD_ROWS(X)
#undef X
};

/*
 * X(name, number, least data bytes, most data bytes). Errors are below 16384 (RFC 7296 3.10.1).
 * Sizes are of the notification data.
 */
#define NOTIFY_ROWS(X)                               \
	X(UNSUPPORTED_CRITICAL_PAYLOAD, 1, 1, 1)     \
	X(INVALID_IKE_SPI, 4, 0, 65535)              \
	X(INVALID_MAJOR_VERSION, 5, 0, 65535)        \
	X(INVALID_SYNTAX, 7, 0, 65535)               \
	X(INVALID_MESSAGE_ID, 9, 4, 4)               \
	X(INVALID_SPI, 11, 4, 4)                     \
	X(NO_PROPOSAL_CHOSEN, 14, 0, 65535)          \
	X(INVALID_KE_PAYLOAD, 17, 2, 2)              \
	X(AUTHENTICATION_FAILED, 24, 0, 65535)       \
	X(SINGLE_PAIR_REQUIRED, 34, 0, 65535)        \
	X(NO_ADDITIONAL_SAS, 35, 0, 65535)           \
	X(INTERNAL_ADDRESS_FAILURE, 36, 0, 65535)    \
	X(FAILED_CP_REQUIRED, 37, 0, 65535)          \
	X(TS_UNACCEPTABLE, 38, 0, 65535)             \
	X(INVALID_SELECTORS, 39, 0, 65535)           \
	X(UNACCEPTABLE_ADDRESSES, 40, 0, 65535)      \
	X(UNEXPECTED_NAT_DETECTED, 41, 0, 65535)     \
	X(USE_ASSIGNED_HOA, 42, 0, 65535)            \
	X(TEMPORARY_FAILURE, 43, 0, 65535)           \
	X(CHILD_SA_NOT_FOUND, 44, 0, 65535)          \
	X(INVALID_GROUP_ID, 45, 0, 65535)            \
	X(AUTHORIZATION_FAILED, 46, 0, 65535)        \
	X(STATE_NOT_FOUND, 47, 0, 65535)             \
	X(TS_MAX_QUEUE, 48, 0, 65535)                \
	X(INITIAL_CONTACT, 16384, 0, 65535)          \
	X(SET_WINDOW_SIZE, 16385, 4, 4)              \
	X(ADDITIONAL_TS_POSSIBLE, 16386, 0, 65535)   \
	X(IPCOMP_SUPPORTED, 16387, 3, 65535)         \
	X(NAT_DETECTION_SOURCE_IP, 16388, 20, 20)    \
	X(NAT_DETECTION_DESTINATION_IP, 16389, 20, 20) \
	X(COOKIE, 16390, 1, 64)                      \
	X(USE_TRANSPORT_MODE, 16391, 0, 65535)       \
	X(HTTP_CERT_LOOKUP_SUPPORTED, 16392, 0, 65535) \
	X(REKEY_SA, 16393, 0, 65535)                 \
	X(ESP_TFC_PADDING_NOT_SUPPORTED, 16394, 0, 65535) \
	X(NON_FIRST_FRAGMENTS_ALSO, 16395, 0, 65535) \
	X(MOBIKE_SUPPORTED, 16396, 0, 65535)         \
	X(ADDITIONAL_IP4_ADDRESS, 16397, 4, 4)       \
	X(ADDITIONAL_IP6_ADDRESS, 16398, 16, 16)     \
	X(NO_ADDITIONAL_ADDRESSES, 16399, 0, 65535)  \
	X(UPDATE_SA_ADDRESSES, 16400, 0, 65535)      \
	X(COOKIE2, 16401, 8, 64)                     \
	X(NO_NATS_ALLOWED, 16402, 0, 65535)          \
	X(AUTH_LIFETIME, 16403, 4, 4)                \
	X(MULTIPLE_AUTH_SUPPORTED, 16404, 0, 65535)  \
	X(ANOTHER_AUTH_FOLLOWS, 16405, 0, 65535)     \
	X(REDIRECT_SUPPORTED, 16406, 0, 65535)       \
	X(REDIRECT, 16407, 2, 65535)                 \
	X(REDIRECTED_FROM, 16408, 2, 65535)          \
	X(TICKET_LT_OPAQUE, 16409, 4, 65535)         \
	X(TICKET_REQUEST, 16410, 0, 65535)           \
	X(TICKET_ACK, 16411, 0, 65535)               \
	X(TICKET_NACK, 16412, 0, 65535)              \
	X(TICKET_OPAQUE, 16413, 0, 65535)            \
	X(EAP_ONLY_AUTHENTICATION, 16417, 0, 65535)  \
	X(CHILDLESS_IKEV2_SUPPORTED, 16418, 0, 65535) \
	X(QUICK_CRASH_DETECTION, 16419, 0, 65535)    \
	X(IKEV2_MESSAGE_ID_SYNC_SUPPORTED, 16420, 0, 65535) \
	X(IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED, 16421, 0, 65535) \
	X(IKEV2_MESSAGE_ID_SYNC, 16422, 0, 65535)    \
	X(IPSEC_REPLAY_COUNTER_SYNC, 16423, 0, 65535) \
	X(IKEV2_FRAGMENTATION_SUPPORTED, 16430, 0, 65535) \
	X(SIGNATURE_HASH_ALGORITHMS, 16431, 0, 65535) \
	X(USE_PPK, 16435, 0, 65535)                  \
	X(PPK_IDENTITY, 16436, 0, 65535)             \
	X(NO_PPK_AUTH, 16437, 0, 65535)              \
	X(INTERMEDIATE_EXCHANGE_SUPPORTED, 16438, 0, 65535) \
	X(ADDITIONAL_KEY_EXCHANGE, 16441, 0, 65535)  \
	X(USE_AGGFRAG, 16442, 0, 65535)              \
	X(SUPPORTED_AUTH_METHODS, 16443, 0, 65535)   \
	X(SA_RESOURCE_INFO, 16444, 0, 65535)         \
	X(USE_PPK_INT, 16445, 0, 65535)              \
	X(PPK_IDENTITY_KEY, 16446, 0, 65535)         \
	X(IKE_SA_INIT_FULL_TRANSCRIPT_AUTH, 16447, 0, 65535)

enum notify_type {
#define X(name, number, least, most) NOTIFY_##name = number,
	NOTIFY_ROWS(X)
#undef X
};

#define NOTIFY_STATUS_FIRST 16384

/* X(name, number) RFC 7296 3.3.1 */
#define PROTOCOL_ROWS(X) X(IKE, 1) X(AH, 2) X(ESP, 3)

enum protocol {
	PROTOCOL_NONE = 0,
#define X(name, number) PROTOCOL_##name = number,
	PROTOCOL_ROWS(X)
#undef X
};

/* X(name, number, least bytes, most bytes) RFC 7296 3.5; 7619 */
#define ID_ROWS(X)                         \
	X(IPV4_ADDR, 1, 4, 4)              \
	X(FQDN, 2, 1, 65535)               \
	X(RFC822_ADDR, 3, 1, 65535)        \
	X(IPV6_ADDR, 5, 16, 16)            \
	X(DER_ASN1_DN, 9, 2, 65535)        \
	X(DER_ASN1_GN, 10, 2, 65535)       \
	X(KEY_ID, 11, 1, 65535)            \
	X(NULL, 13, 0, 65535)

enum id_type {
#define X(name, number, least, most) ID_##name = number,
	ID_ROWS(X)
#undef X
};

/* X(name, number) RFC 7296 3.8; 4754; 7427; 7619 */
#define AUTH_ROWS(X)             \
	X(RSA_SIGNATURE, 1)      \
	X(SHARED_KEY, 2)         \
	X(DSS_SIGNATURE, 3)      \
	X(ECDSA_256, 9)          \
	X(ECDSA_384, 10)         \
	X(ECDSA_521, 11)         \
	X(GSPM, 12)              \
	X(NULL, 13)              \
	X(DIGITAL_SIGNATURE, 14)

enum auth_method {
#define X(name, number) AUTH_##name = number,
	AUTH_ROWS(X)
#undef X
};

/* X(name, number) RFC 7296 3.15 */
#define CP_TYPE_ROWS(X) X(REQUEST, 1) X(REPLY, 2) X(SET, 3) X(ACK, 4)

enum cp_type {
#define X(name, number) CP_##name = number,
	CP_TYPE_ROWS(X)
#undef X
};

/* X(name, number) RFC 7296 3.13.1 */
#define TS_TYPE_ROWS(X) X(IPV4_ADDR_RANGE, 7) X(IPV6_ADDR_RANGE, 8)

enum ts_type {
#define X(name, number) TS_##name = number,
	TS_TYPE_ROWS(X)
#undef X
};

/* Names for logs, "IKE_AUTH", "SA", "NO_PROPOSAL_CHOSEN"; NULL for a number without a row. */
const char *exchange_name(uint8_t exchange);
const char *payload_name(uint8_t payload);
const char *notify_name(uint16_t notify);
const char *protocol_name(uint8_t protocol);
const char *id_type_name(uint8_t type);
const char *auth_method_name(uint8_t method);
/* Least and most bytes of notification data; false for a number without a row. */
bool notify_sizes(uint16_t notify, size_t *ret_least, size_t *ret_most);
bool id_type_sizes(uint8_t type, size_t *ret_least, size_t *ret_most);
/* Least bytes of a payload's body; false for an unknown payload. */
bool payload_least(uint8_t payload, size_t *ret_least);

#endif
