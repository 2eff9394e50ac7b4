/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include "require.h"

#define QUEUE_CAP_FIRST 4096

struct queue queue_of(struct memory *m, size_t max)
{
	return (struct queue){ .memory = m, .max = max };
}

void queue_clear(struct queue *q)
{
	memory_free(q->memory, q->data, q->cap);
	*q = queue_of(q->memory, q->max);
}

/* Room for need bytes behind the ones that wait: by moving them to the front when that costs less
 * than what was taken since, else in a larger block with slack, so that a byte is moved a bounded
 * number of times. */
static enum err make_room(struct queue *q, size_t need)
{
	size_t cap = q->cap ? q->cap : QUEUE_CAP_FIRST;
	uint8_t *data;

	if (need <= q->cap - q->start - q->len)
		return ERR_OK;
	if (q->start >= q->len && q->len + need <= q->cap) {
		memcpy(q->data, q->data + q->start, q->len);
		q->start = 0;
		return ERR_OK;
	}
	while (cap < q->len + need + q->len / 2)
		cap *= 2;
	data = memory_alloc(q->memory, cap);
	if (!data)
		return ERR_MEMORY;
	if (q->len)
		memcpy(data, q->data + q->start, q->len);
	memory_free(q->memory, q->data, q->cap);
	q->data = data;
	q->cap = cap;
	q->start = 0;
	return ERR_OK;
}

enum err queue_put(struct queue *q, struct span bytes)
{
	enum err err = ERR_OK;

	if (bytes.len == 0)
		goto out;
	TRY_THAT(bytes.len <= q->max - q->len, ERR_LIMIT);
	TRY(make_room(q, bytes.len));
	memcpy(q->data + q->start + q->len, bytes.data, bytes.len);
	q->len += bytes.len;
out:
	return err;
}

struct span queue_span(const struct queue *q)
{
	return q->len ? span_of(q->data + q->start, q->len) : SPAN_EMPTY;
}

void queue_take(struct queue *q, size_t n)
{
	REQUIRE(n <= q->len);
	q->start += n;
	q->len -= n;
	if (q->len == 0)
		queue_clear(q);
}
