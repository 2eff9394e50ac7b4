/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

struct nearest nearest_of(struct span wanted)
{
	/* A third of the letters may differ; of short names, one or two. */
	return (struct nearest){ .wanted = wanted, .distance = (unsigned)(wanted.len / 3) + 2 };
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned char lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* Rows of the usual table: two back, one back, this one. */
static unsigned distance(struct span a, struct span b)
{
	unsigned rows[3][NEAREST_LEN_MAX + 1];

	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3], *back = rows[(i + 2) % 3], *back2 = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);

			row[j] = least(back[j - 1] + (same ? 0 : 1),
				       least(back[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && lower(a.data[i - 1]) == lower(b.data[j - 2]) &&
			    lower(a.data[i - 2]) == lower(b.data[j - 1]))
				row[j] = least(row[j], back2[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

void nearest_offer(struct nearest *n, struct span name)
{
	unsigned d;

	if (!n->wanted.len || n->wanted.len > NEAREST_LEN_MAX || name.len > NEAREST_LEN_MAX)
		return;
	d = distance(n->wanted, name);
	if (d < n->distance && d < name.len) {
		n->distance = d;
		n->best = name;
	}
}
