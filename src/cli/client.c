/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "require.h"

#define RECEIVED_MAX (VICI_LENGTH_LEN + VICI_SEGMENT_MAX)

struct packet {
	uint8_t type;
	struct span name, message; /* borrowed until something is received again */
};

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : clock_ms() + timeout_ms;
}

static enum err system_failed(struct client *c, int error)
{
	c->system_error = error;
	return ERR_SYSTEM;
}

enum err client_open(struct client *ret, const char *socket_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct client c = { .fd = -1 };
	enum err err = ERR_OK;

	TRY_THAT(strlen(socket_path) < sizeof(address.sun_path), ERR_LENGTH);
	memcpy(address.sun_path, socket_path, strlen(socket_path));
	c.received = malloc(RECEIVED_MAX);
	TRY_THAT(c.received, ERR_MEMORY);
	c.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	TRY_THAT(c.fd >= 0, system_failed(&c, errno));
	TRY_THAT(connect(c.fd, (const struct sockaddr *)&address, sizeof(address)) == 0,
		 system_failed(&c, errno));
out:
	if (err != ERR_OK)
		client_close(&c);
	*ret = c;
	return err;
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->received);
	c->fd = -1;
	c->received = NULL;
	c->start = c->len = 0;
}

/* Waits until fd is readable or writable; ERR_TIMEOUT at the deadline. */
static enum err wait_for(struct client *c, short what, int64_t deadline)
{
	for (;;) {
		struct pollfd fd = { .fd = c->fd, .events = what };
		int64_t left = deadline == INT64_MAX ? -1 : deadline - clock_ms();
		int ready;

		if (deadline != INT64_MAX && left < 0)
			left = 0;
		ready = poll(&fd, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (ready > 0)
			return ERR_OK;
		if (ready < 0 && errno != EINTR)
			return system_failed(c, errno);
		if (ready == 0 && clock_ms() >= deadline)
			return ERR_TIMEOUT;
	}
}

static enum err send_all(struct client *c, struct span bytes, int64_t deadline)
{
	enum err err = ERR_OK;

	while (bytes.len) {
		ssize_t n;

		TRY(wait_for(c, POLLOUT, deadline));
		n = send(c->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		TRY_THAT(n >= 0, system_failed(c, errno));
		bytes = span_tail(bytes, (size_t)n);
	}
out:
	return err;
}

static enum err receive_some(struct client *c, int64_t deadline)
{
	enum err err;
	ssize_t n;

	REQUIRE(c->len < RECEIVED_MAX);
	if (c->start)
		memmove(c->received, c->received + c->start, c->len);
	c->start = 0;
	do {
		TRY(wait_for(c, POLLIN, deadline));
		n = recv(c->fd, c->received + c->len, RECEIVED_MAX - c->len, MSG_DONTWAIT);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	TRY_THAT(n >= 0, system_failed(c, errno));
	TRY_THAT(n > 0, system_failed(c, 0));
	c->len += (size_t)n;
out:
	return err;
}

/* The next packet, well-formed. */
static enum err packet_receive(struct client *c, int64_t deadline, struct packet *ret)
{
	struct packet packet = { 0 };
	enum err err;

	for (;;) {
		struct reader r = reader_of(span_of(c->received + c->start, c->len));
		uint32_t len = reader_u32(&r);

		if (reader_ok(&r)) {
			TRY_THAT(len > 0 && len <= VICI_SEGMENT_MAX, ERR_LENGTH);
			if (reader_left(&r) >= len) {
				TRY(vici_packet_parse(reader_take(&r, len), &packet.type,
						      &packet.name, &packet.message));
				TRY(vici_check(packet.message));
				c->start += VICI_LENGTH_LEN + len;
				c->len -= VICI_LENGTH_LEN + len;
				*ret = packet;
				goto out;
			}
		}
		TRY(receive_some(c, deadline));
	}
out:
	return err;
}

/* Waits for the answer to what was sent last, and hands on the events before it. */
static enum err answer_receive(struct client *c, int64_t deadline, client_event on_event, void *ctx,
			       struct packet *ret)
{
	struct packet packet = { 0 };
	enum err err;

	for (;;) {
		TRY(packet_receive(c, deadline, &packet));
		if (packet.type != VICI_EVENT)
			break;
		if (on_event)
			on_event(ctx, packet.name, packet.message);
	}
	*ret = packet;
out:
	return err;
}

enum err client_register(struct client *c, const char *event, int timeout_ms)
{
	uint8_t buffer[300];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_EVENT_REGISTER, event);
	int64_t deadline = deadline_of(timeout_ms);
	struct packet packet;
	struct span segment;
	enum err err;

	TRY(vici_finish(&v, &segment));
	TRY(send_all(c, segment, deadline));
	TRY(answer_receive(c, deadline, NULL, NULL, &packet));
	TRY_THAT(packet.type != VICI_EVENT_UNKNOWN, ERR_UNSUPPORTED);
	TRY_THAT(packet.type == VICI_EVENT_CONFIRM, ERR_UNEXPECTED);
out:
	return err;
}

enum err client_request(struct client *c, struct span segment, int timeout_ms,
			client_event on_event, void *ctx, struct span *ret_response)
{
	int64_t deadline = deadline_of(timeout_ms);
	struct packet packet;
	enum err err;

	TRY(send_all(c, segment, deadline));
	TRY(answer_receive(c, deadline, on_event, ctx, &packet));
	TRY_THAT(packet.type != VICI_CMD_UNKNOWN, ERR_UNSUPPORTED);
	TRY_THAT(packet.type == VICI_CMD_RESPONSE, ERR_UNEXPECTED);
	*ret_response = packet.message;
out:
	return err;
}

enum err client_listen(struct client *c, client_event on_event, void *ctx)
{
	struct packet packet;
	enum err err = answer_receive(c, INT64_MAX, on_event, ctx, &packet);

	return err == ERR_OK ? ERR_UNEXPECTED : err;
}
