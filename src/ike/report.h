/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: events, log lines, diagnoses and counters on their way out. Never fails its caller: what
 * there is no room for is counted.
 */
#ifndef ADIT_IKE_REPORT_H
#define ADIT_IKE_REPORT_H

#include "counters.h"
#include "engine.h"

struct ike_sa;
struct child_sa;

#define EVENTS_FOR_ALL (EVENTS_MAX - EVENTS_MAX / 8) /* the rest is for what must not be lost */
#define EVENTS_RESERVE 16 /* for what is no log line, when memory is short */

struct reports {
	struct event *ring[EVENTS_MAX]; /* owned, or in the reserve */
	struct event reserve[EVENTS_RESERVE];
	bool reserved[EVENTS_RESERVE];
	uint32_t head, count;
	uint64_t counters[COUNTERS];
};

void count(struct adit_engine *e, enum counter counter);

/* A log line under construction: line_begin, line_* for each key, line_end. */
struct line {
	struct adit_engine *e;
	const struct ike_sa *sa;
	enum log_level level;
	char line[400];
	struct text text;
};

/* what is the event's name and the line's first word: "message-dropped", "retransmit". sa may be
 * NULL. */
void line_begin(struct line *l, struct adit_engine *e, enum log_level level,
		const struct ike_sa *sa, const char *what);
void line_word(struct line *l, const char *key, const char *value); /* from our own tables */
void line_u64(struct line *l, const char *key, uint64_t value);
void line_spi(struct line *l, const char *key, uint64_t spi, unsigned digits);
void line_endpoint(struct line *l, const char *key, const struct endpoint *endpoint);
void line_identity(struct line *l, const char *key, const struct identity *id);
void line_end(struct line *l);

/* An event about an SA; NULL when there is no room. report_send() queues it. */
struct event *report_new(struct adit_engine *e, enum event_kind kind, const struct ike_sa *sa,
			 const struct child_sa *child);
void report_send(struct adit_engine *e, struct event *event);
/* A diagnosis that the caller has filled in. request: who asked for what failed; 0: nobody. */
void report_diagnosis(struct adit_engine *e, const struct ike_sa *sa, uint32_t request,
		      const struct diagnosis *d);
/* A diagnosis about a peer that has no SA. */
void report_stranger(struct adit_engine *e, const struct path *path, const struct diagnosis *d);
/* The same for plain words; any of them may be "". */
void report_why(struct adit_engine *e, const struct ike_sa *sa, enum diagnosis_kind kind,
		const char *theirs, const char *ours, const char *parted, const char *setting);
void reports_clear(struct adit_engine *e);

#endif
