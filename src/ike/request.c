/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "state.h"

static struct request *find(struct adit_engine *e, uint32_t number)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		if (e->requests.items[i].number == number)
			return &e->requests.items[i];
	}
	return NULL;
}

uint32_t request_new(struct adit_engine *e, uint32_t pending)
{
	struct request *r = find(e, 0);

	REQUIRE(pending > 0);
	if (!r)
		return 0;
	if (++e->requests.last == 0)
		e->requests.last = 1;
	*r = (struct request){ .number = e->requests.last, .pending = pending };
	return r->number;
}

void request_done(struct adit_engine *e, uint32_t number, enum err err)
{
	struct request *r = number ? find(e, number) : NULL;
	struct event *event;

	if (!r || r->pending == 0)
		return;
	if (err && !r->err)
		r->err = err;
	if (--r->pending > 0)
		return;
	event = report_new(e, EVENT_REQUEST, NULL, NULL);
	if (!event) { /* somebody waits for it: it is told when the queue is empty */
		e->requests.ended++;
		return;
	}
	event->request = r->number;
	event->err = r->err;
	report_send(e, event);
	*r = (struct request){ 0 };
}

void request_cancel(struct adit_engine *e, uint32_t number)
{
	struct request *r = find(e, number);

	if (r)
		*r = (struct request){ 0 };
}

bool request_take_event(struct adit_engine *e, struct event *ret)
{
	for (size_t i = 0; e->requests.ended > 0 && i < REQUESTS_MAX; i++) {
		struct request *r = &e->requests.items[i];

		if (r->number == 0 || r->pending > 0)
			continue;
		*ret = (struct event){
			.kind = EVENT_REQUEST,
			.level = LOG_INFO,
			.at = e->now,
			.request = r->number,
			.err = r->err,
		};
		*r = (struct request){ 0 };
		e->requests.ended--;
		return true;
	}
	return false;
}
