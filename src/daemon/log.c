/* SPDX-License-Identifier: Apache-2.0 */
/* log: lines, their limits and their ring. */
#include "log.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

static const char *const level_names[] = { "error", "notice", "info", "debug" };
static const char *const level_priorities[] = { "<3>", "<5>", "<6>", "<7>" }; /* sd-daemon(3) */

const char *log_level_name(enum log_level level)
{
	return (size_t)level < ARRAY_LEN(level_names) ? level_names[level] : "debug";
}

/* JOURNAL_STREAM names the journal's end by device and inode; it is inherited by who redirects his
 * output, too. */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[48];
	struct text t = TEXT_ARRAY(own);
	struct stat st;

	if (!stream || fd < 0 || fstat(fd, &st) < 0)
		return false;
	text_u64(&t, (uint64_t)st.st_dev);
	text_char(&t, ':');
	text_u64(&t, (uint64_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

enum err log_init(struct log *log, int fd, enum log_level level)
{
	*log = (struct log){ .fd = fd, .level = level };
	log->ring = calloc(LOG_RING_LINES, sizeof(*log->ring));
	if (!log->ring)
		return ERR_MEMORY;
	log->journal = is_journal(fd);
	return ERR_OK;
}

void log_clear(struct log *log)
{
	free(log->ring);
	*log = (struct log){ .fd = -1 };
}

/* The bucket of an event name; its tokens are brought up to date. */
static struct log_bucket *bucket_fill(struct log *log, const char *event)
{
	static const uint64_t salt[2] = { 1, 2 }; /* event names are ours, nobody can steer them */
	struct log_bucket *b = &log->buckets[hash_bytes(salt, span_text(event)) % LOG_BUCKETS];
	uint64_t due = (log->now - b->filled) / (NANOS_SECOND / LOG_RATE);

	if (!b->filled || log->now < b->filled || due >= LOG_BURST) {
		b->tokens = LOG_BURST;
		b->filled = log->now ? log->now : 1;
	} else if (due) {
		b->tokens = b->tokens + due > LOG_BURST ? LOG_BURST : b->tokens + (uint32_t)due;
		b->filled += due * (NANOS_SECOND / LOG_RATE);
	}
	return b;
}

void log_begin_always(struct log_entry *e, struct log *log, enum log_level level, const char *event)
{
	e->log = NULL;
	if (!log || level > log->level || !log->ring)
		return;
	e->log = log;
	e->line = (struct log_line){ .level = (uint8_t)level };
	e->t = TEXT_ARRAY(e->line.text);
	text_put(&e->t, event);
}

void log_begin(struct log_entry *e, struct log *log, enum log_level level, const char *event)
{
	struct log_bucket *b;

	log_begin_always(e, log, level, event);
	if (!e->log || level == LOG_ERROR)
		return;
	b = bucket_fill(log, event);
	if (!b->tokens) {
		b->held_back++;
		e->log = NULL;
		return;
	}
	b->tokens--;
	if (b->held_back) {
		log_put_u64(e, "held_back", b->held_back);
		b->held_back = 0;
	}
}

static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

/* Backslashes stay, since what comes from a peer was escaped with them before (text_peer); but one
 * before a quote would take it away. */
static void put_quoted(struct text *t, const char *value)
{
	text_char(t, '"');
	for (; *value; value++) {
		if (*value == '"') {
			text_put(t, "\\\"");
		} else if (*value == '\\' && (value[1] == '"' || value[1] == '\0')) {
			text_put(t, "\\x5c");
		} else if (*value >= ' ' && *value < 0x7f) {
			text_char(t, *value);
		} else {
			text_put(t, "\\x");
			text_hex64(t, (uint8_t)*value, 2);
		}
	}
	text_char(t, '"');
}

static struct text *put_key(struct log_entry *e, const char *key)
{
	if (!e->log)
		return NULL;
	text_char(&e->t, ' ');
	text_put(&e->t, key);
	text_char(&e->t, '=');
	return &e->t;
}

void log_put(struct log_entry *e, const char *key, const char *value)
{
	struct text *t = put_key(e, key);
	size_t plain = 0;

	if (!t)
		return;
	while (is_plain(value[plain]))
		plain++;
	if (plain > 0 && value[plain] == '\0')
		text_put(t, value);
	else
		put_quoted(t, value);
}

void log_put_u64(struct log_entry *e, const char *key, uint64_t value)
{
	struct text *t = put_key(e, key);

	if (t)
		text_u64(t, value);
}

void log_put_hex(struct log_entry *e, const char *key, uint64_t value, unsigned digits)
{
	struct text *t = put_key(e, key);

	if (t)
		text_hex64(t, value, digits);
}

void log_put_ip(struct log_entry *e, const char *key, const struct ip *ip)
{
	struct text *t = put_key(e, key);

	if (t)
		text_ip(t, ip);
}

void log_put_endpoint(struct log_entry *e, const char *key, const struct endpoint *endpoint)
{
	struct text *t = put_key(e, key);

	if (t)
		text_endpoint(t, endpoint);
}

void log_words(struct log_entry *e, const char *words)
{
	if (!e->log || !*words)
		return;
	text_char(&e->t, ' ');
	for (; *words; words++)
		text_char(&e->t, *words >= ' ' && *words < 0x7f ? *words : '?');
}

static void put_two(struct text *t, unsigned value)
{
	text_char(t, (char)('0' + value / 10 % 10));
	text_char(t, (char)('0' + value % 10));
}

static void text_time(struct text *t, nanos wall)
{
	time_t seconds = (time_t)(wall / NANOS_SECOND);
	unsigned milli = (unsigned)(wall % NANOS_SECOND / NANOS_MILLI);
	struct tm tm = { 0 };

	(void)gmtime_r(&seconds, &tm);
	text_u64(t, (uint64_t)(tm.tm_year + 1900));
	text_char(t, '-');
	put_two(t, (unsigned)tm.tm_mon + 1);
	text_char(t, '-');
	put_two(t, (unsigned)tm.tm_mday);
	text_char(t, 'T');
	put_two(t, (unsigned)tm.tm_hour);
	text_char(t, ':');
	put_two(t, (unsigned)tm.tm_min);
	text_char(t, ':');
	put_two(t, (unsigned)tm.tm_sec);
	text_char(t, '.');
	text_char(t, (char)('0' + milli / 100));
	put_two(t, milli % 100);
	text_char(t, 'Z');
}

void text_log_line(struct text *t, const struct log_line *line)
{
	text_time(t, line->wall);
	text_char(t, ' ');
	text_put(t, log_level_name(line->level));
	text_char(t, ' ');
	text_put(t, line->text);
}

static void line_write(const struct log *log, const struct log_line *line)
{
	char buffer[LOG_TEXT_MAX + 64];
	struct text t = text_of(buffer, sizeof(buffer) - 1);
	struct pollfd ready = { .fd = log->fd, .events = POLLOUT };
	ssize_t written;

	/* A pipe that nobody reads must not stop the daemon; O_NONBLOCK would be for everybody who
	 * has it. */
	if (log->fd < 0 || poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
		return;
	if (log->journal) {
		text_put(&t, level_priorities[line->level]);
		text_put(&t, line->text);
	} else {
		text_log_line(&t, line);
	}
	buffer[t.len] = '\n';
	/* One call a line, so that lines of several writers do not mix; one that was not taken is
	 * in the ring. */
	written = write(log->fd, buffer, t.len + 1);
	(void)written;
}

void log_end(struct log_entry *e)
{
	struct log *log = e->log;
	struct log_line *place;

	if (!log)
		return;
	e->line.wall = clock_wall();
	e->line.number = ++log->last;
	place = &log->ring[log->last % LOG_RING_LINES];
	*place = e->line;
	line_write(log, place);
	if (log->sink)
		log->sink(log->sink_ctx, place);
	e->log = NULL;
}

void log_say(struct log *log, enum log_level level, const char *event, const char *message)
{
	struct log_entry e;

	log_begin(&e, log, level, event);
	log_put(&e, "message", message);
	log_end(&e);
}

void log_errno(struct log *log, enum log_level level, const char *event, const char *what, int code)
{
	struct log_entry e;
	const char *words = strerrordesc_np(code);

	log_begin(&e, log, level, event);
	log_put(&e, "message", what);
	log_put(&e, "error", words ? words : "unknown");
	log_end(&e);
}

const struct log_line *log_next(const struct log *log, uint64_t *number)
{
	uint64_t oldest = log->last >= LOG_RING_LINES ? log->last - LOG_RING_LINES + 1 : 1;

	if (*number < oldest)
		*number = oldest;
	if (*number > log->last)
		return NULL;
	return &log->ring[(*number)++ % LOG_RING_LINES];
}
