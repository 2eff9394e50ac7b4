/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the rows of registry.h. The compiler makes the searches: every one is a switch. */
#include "registry.h"

const char *exchange_name(uint8_t exchange)
{
	switch (exchange) {
#define X(name, number) \
	case number:    \
		return #name;
		EXCHANGE_ROWS(X)
#undef X
	default:
		return NULL;
	}
}

const char *payload_name(uint8_t payload)
{
	switch (payload) {
#define X(name, number, short_name, least) \
	case number:                       \
		return short_name;
		PAYLOAD_ROWS(X)
#undef X
	default:
		return NULL;
	}
}

bool payload_least(uint8_t payload, size_t *ret_least)
{
	switch (payload) {
#define X(name, number, short_name, least) \
	case number:                       \
		*ret_least = least;        \
		return true;
		PAYLOAD_ROWS(X)
#undef X
	default:
		return false;
	}
}

const char *notify_name(uint16_t notify)
{
	switch (notify) {
#define X(name, number, least, most) \
	case number:                 \
		return #name;
		NOTIFY_ROWS(X)
#undef X
	default:
		return NULL;
	}
}

bool notify_sizes(uint16_t notify, size_t *ret_least, size_t *ret_most)
{
	switch (notify) {
#define X(name, number, least, most) \
	case number:                 \
		*ret_least = least;  \
		*ret_most = most;    \
		return true;
		NOTIFY_ROWS(X)
#undef X
	default:
		return false;
	}
}

const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
#define X(name, number) \
	case number:    \
		return #name;
		PROTOCOL_ROWS(X)
#undef X
	default:
		return NULL;
	}
}

const char *id_type_name(uint8_t type)
{
	switch (type) {
#define X(name, number, least, most) \
	case number:                 \
		return #name;
		ID_ROWS(X)
#undef X
	default:
		return NULL;
	}
}

bool id_type_sizes(uint8_t type, size_t *ret_least, size_t *ret_most)
{
	switch (type) {
#define X(name, number, least, most) \
	case number:                 \
		*ret_least = least;  \
		*ret_most = most;    \
		return true;
		ID_ROWS(X)
#undef X
	default:
		return false;
	}
}

const char *auth_method_name(uint8_t method)
{
	switch (method) {
#define X(name, number) \
	case number:    \
		return #name;
		AUTH_ROWS(X)
#undef X
	default:
		return NULL;
	}
}
