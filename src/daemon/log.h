/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one structured line an event, to a descriptor (the journal) and to a ring for `adit log`.
 *
 *     2026-01-02T03:04:05.678Z notice ike-up conn=home ike=1 peer=192.0.2.1[500]
 *
 * Values that a person or a peer may have chosen go in quotes, with everything but plain printable
 * ASCII escaped, so that nobody writes lines of his own. Lines below `error` are limited per event
 * name: a flood of bad datagrams costs a few lines a second and one that counts the rest. Never
 * gets a secret: there is no call that takes one.
 */
#ifndef ADIT_DAEMON_LOG_H
#define ADIT_DAEMON_LOG_H

#include "event.h"
#include "map.h"
#include "text.h"

#define LOG_TEXT_MAX 1024     /* longest line kept */
#define LOG_RING_LINES 256    /* kept for those who ask later */
#define LOG_BURST 32          /* lines of one event name at once … */
#define LOG_RATE 8            /* … and then so many a second */
#define LOG_BUCKETS 64        /* event names share them by hash */

/* A line as it is kept. text begins with the event's name; time, level and priority are added on
 * output. */
struct log_line {
	uint64_t number; /* 1, 2, …; 0: an empty place of the ring */
	nanos wall;
	uint8_t level;   /* enum log_level */
	uint32_t ike_unique, request;
	char conn[NAME_MAX_LEN + 1];
	char text[LOG_TEXT_MAX];
};

struct log_bucket {
	nanos filled;
	uint32_t tokens;
	uint64_t held_back;
};

struct log {
	int fd;                /* -1: none */
	enum log_level level;  /* nothing beyond it */
	bool journal;          /* fd is the journal's: priority in front, no time */
	nanos now;             /* of the loop's turn; for the limits */
	uint64_t last;         /* number of the newest line */
	struct log_line *ring; /* LOG_RING_LINES */
	struct log_bucket buckets[LOG_BUCKETS];
	void (*sink)(void *ctx, const struct log_line *line); /* may be NULL; must not log */
	void *sink_ctx;
};

MUST_USE enum err log_init(struct log *log, int fd, enum log_level level);
void log_clear(struct log *log);

/* Making a line: log_begin(), fields, log_end(). */
struct log_entry {
	struct log *log; /* NULL: this line is not wanted, or held back */
	struct log_line line;
	struct text t;
};
void log_begin(struct log_entry *e, struct log *log, enum log_level level, const char *event);
/* A line that no limit holds back, for what only a person or an authentic peer can cause. */
void log_begin_always(struct log_entry *e, struct log *log, enum log_level level,
		      const char *event);
void log_put(struct log_entry *e, const char *key, const char *value); /* quoted when it must be */
void log_put_u64(struct log_entry *e, const char *key, uint64_t value);
void log_put_hex(struct log_entry *e, const char *key, uint64_t value, unsigned digits);
void log_put_ip(struct log_entry *e, const char *key, const struct ip *ip);
void log_put_endpoint(struct log_entry *e, const char *key, const struct endpoint *endpoint);
/* More words, made by us or escaped before (the engine's lines). */
void log_words(struct log_entry *e, const char *words);
void log_end(struct log_entry *e);

/* A line of an event name and one message. */
void log_say(struct log *log, enum log_level level, const char *event, const char *message);
/* The same with errno's words as error=…. */
void log_errno(struct log *log, enum log_level level, const char *event, const char *what,
	       int code);

/* The oldest kept line numbered at least *number, which becomes the number after it; NULL: no more.
 */
const struct log_line *log_next(const struct log *log, uint64_t *number);
/* "2026-01-02T03:04:05.678Z notice " and the line's text. */
void text_log_line(struct text *t, const struct log_line *line);
const char *log_level_name(enum log_level level);

#endif
