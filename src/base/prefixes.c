/* SPDX-License-Identifier: Apache-2.0 */
#include "prefixes.h"

#include "require.h"

/* The widest prefix that begins at `at` and ends at or before `last`. */
static struct prefix prefix_from(const struct ip *at, const struct ip *last)
{
	struct prefix p = { .ip = *at, .bits = (uint8_t)(ip_len(at) * 8) };

	while (p.bits > 0) {
		struct prefix wider = { .ip = *at, .bits = p.bits - 1 };
		struct ip end = prefix_last(&wider);

		if (at->bytes[wider.bits / 8] & 0x80 >> wider.bits % 8 ||
		    ip_compare(&end, last) > 0)
			break;
		p = wider;
	}
	return p;
}

static void ip_increment(struct ip *ip)
{
	for (size_t i = ip_len(ip); i > 0 && ++ip->bytes[i - 1] == 0; i--)
		;
}

size_t prefixes_of_range(const struct ip *first, const struct ip *last,
			 struct prefix ret[PREFIXES_MAX])
{
	struct ip at = *first, end;
	size_t count = 0;

	REQUIRE(first->family == last->family && ip_len(first) > 0 &&
		ip_compare(first, last) <= 0);
	do {
		REQUIRE(count < PREFIXES_MAX);
		ret[count] = prefix_from(&at, last);
		at = end = prefix_last(&ret[count++]);
		ip_increment(&at);
	} while (!ip_equal(&end, last));
	return count;
}
