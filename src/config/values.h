/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values: the small values of the configuration, from text.
 *
 * Booleans, numbers, times, ratios, secrets, lists, address patterns and traffic selectors. Pure;
 * each takes all of its text or gives ERR_SYNTAX. What the complaint says is the caller's, who
 * knows the key.
 */
#ifndef ADIT_CONFIG_VALUES_H
#define ADIT_CONFIG_VALUES_H

#include "config.h"

#define VALUE_ITEM_MAX 255 /* bytes of one item of a list of addresses or selectors */

/* Without blanks at either end. */
struct span span_trim(struct span text);
/* The next item of a list with commas, trimmed; false at the end. */
bool list_next(struct span *rest, struct span *ret);
/* The number of items. */
size_t list_count(struct span list);

/* yes, true, enabled, on, 1 and no, false, disabled, off, 0, in any case. */
MUST_USE enum err value_bool(bool *ret, struct span text);
/* Decimal, at most max. */
MUST_USE enum err value_count(uint64_t *ret, struct span text, uint64_t max);
/* A number and ms, s, m, h or d; without a unit it is seconds. In milliseconds. */
MUST_USE enum err value_time(uint64_t *ret_ms, struct span text);
/* "1.8" as 180. */
MUST_USE enum err value_ratio(uint64_t *ret_percent, struct span text);
/* Text, "0x" hex, "0s" base64. ERR_LENGTH past max. What failed leaves nothing in ret. */
MUST_USE enum err value_secret(uint8_t *ret, size_t max, size_t *ret_len, struct span text);
/* "%any", an address, a prefix. ERR_UNSUPPORTED for what looks like a name or a range. */
MUST_USE enum err value_host(struct host_pattern *ret, struct span text);
/* "dynamic", "10.0.0.0/8", "10.0.0.1..10.0.0.9", "10.0.0.1-10.0.0.9", each with "[protocol/port]"
 * if wanted. */
MUST_USE enum err value_selector(struct selector_config *ret, struct span text);

#endif
