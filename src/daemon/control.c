/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Twice what is served: a burst of clients that do not wait for room must not be turned away */
#define BACKLOG 64
#define READ_BYTES 16384
#define PASSES_MAX 8 /* over the connections, a turn; what is left is sent in the next one */

static bool address_of(struct sockaddr_un *ret, const char *path)
{
	size_t len = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0 || len >= sizeof(ret->sun_path))
		return false;
	memcpy(ret->sun_path, path, len + 1);
	return true;
}

static bool somebody_answers(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers;

	if (fd < 0)
		return false;
	/* EAGAIN: somebody listens and has no time. */
	answers = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		  errno == EAGAIN;
	close(fd);
	return answers;
}

/* A socket that nobody answers on is left over from a daemon that died; anything else at its place
 * is not ours. */
static void remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
}

/* The folder of the socket, one level: /run/adit. */
static void make_folder(const char *path)
{
	char folder[108];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len == 0 || len >= sizeof(folder))
		return;
	memcpy(folder, path, len);
	folder[len] = '\0';
	(void)mkdir(folder, 0755); /* when it fails, bind() says so better */
}

static void connection_close(struct control_connection *k)
{
	struct control *c = k->owner;

	loop_remove(c->loop, &k->source);
	close(k->source.fd);
	control_session_close(c->server, k->id);
	k->source.fd = -1;
}

static void connection_read(struct control_connection *k)
{
	struct control *c = k->owner;
	uint8_t bytes[READ_BYTES];
	ssize_t len = recv(k->source.fd, bytes, sizeof(bytes), 0);

	if (len > 0) {
		control_session_input(c->server, k->id, span_of(bytes, (size_t)len));
	} else if (len == 0) {
		k->ended = true;
		control_session_eof(c->server, k->id);
	} else if (errno != EAGAIN && errno != EINTR) {
		connection_close(k);
	}
}

/* True when something was sent. */
static bool connection_write(struct control_connection *k)
{
	struct control *c = k->owner;
	struct span out;
	bool any = false;

	while ((out = control_session_output(c->server, k->id)).len > 0) {
		ssize_t sent = send(k->source.fd, out.data, out.len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			connection_close(k);
			break;
		}
		if (sent <= 0)
			break;
		control_session_sent(c->server, k->id, (size_t)sent);
		any = true;
	}
	return any;
}

static void on_connection(void *ctx, int fd, uint32_t events)
{
	struct control_connection *k = ctx;

	(void)fd;
	if (events & (EPOLLERR | EPOLLHUP) && !(events & EPOLLIN)) {
		connection_close(k);
		return;
	}
	if (events & EPOLLIN && control_session_reading(k->owner->server, k->id))
		connection_read(k);
}

/* Who connected and fell silent must not lock out who has something to say. */
static void make_room(struct control *c)
{
	control_id id = control_session_idlest(c->server);

	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++) {
		if (c->connections[i].source.fd < 0)
			return;
	}
	for (size_t i = 0; id && i < CONTROL_SESSIONS_MAX; i++) {
		if (c->connections[i].id == id) {
			connection_close(&c->connections[i]);
			return;
		}
	}
}

static void on_listener(void *ctx, int fd, uint32_t events)
{
	struct control *c = ctx;
	int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	control_id id;

	(void)events;
	if (got < 0)
		return;
	make_room(c);
	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++) {
		struct control_connection *k = &c->connections[i];

		if (k->source.fd >= 0)
			continue;
		if (control_session_open(c->server, &id))
			break;
		*k = (struct control_connection){
			.source = { .fd = got, .ready = on_connection, .ctx = k },
			.owner = c,
			.id = id,
			.wanted = EPOLLIN,
		};
		if (loop_add(c->loop, &k->source, EPOLLIN) == ERR_OK)
			return;
		control_session_close(c->server, id);
		k->source.fd = -1;
		break;
	}
	close(got);
}

/* True when something was sent: that may have called a handler, whose words may be for another
 * connection. */
static bool connection_work(struct control *c, struct control_connection *k)
{
	uint32_t wanted;
	bool any;

	if (k->source.fd < 0)
		return false;
	any = connection_write(k);
	if (k->source.fd < 0)
		return any;
	if (control_session_done(c->server, k->id, NULL)) {
		connection_close(k);
		return any;
	}
	wanted = !k->ended && control_session_reading(c->server, k->id) ? EPOLLIN : 0;
	if (control_session_output(c->server, k->id).len > 0)
		wanted |= EPOLLOUT;
	if (wanted != k->wanted)
		loop_change(c->loop, &k->source, wanted);
	k->wanted = wanted;
	return any;
}

bool control_due(const struct control *c)
{
	return control_server_due(c->server);
}

void control_work(struct control *c)
{
	bool any = true;

	control_server_turn(c->server);
	for (unsigned pass = 0; any && pass < PASSES_MAX; pass++) {
		any = false;
		for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++)
			any |= connection_work(c, &c->connections[i]);
	}
}

static enum err listen_on(struct control *c, const char *path)
{
	struct sockaddr_un address;
	mode_t mask;
	bool bound;

	if (!address_of(&address, path)) {
		errno = ENAMETOOLONG;
		return ERR_SYSTEM;
	}
	if (somebody_answers(&address))
		return ERR_EXISTS;
	make_folder(path);
	c->listener = (struct loop_source){ .ready = on_listener, .ctx = c };
	c->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listener.fd < 0)
		return ERR_SYSTEM;
	remove_stale(path);
	/* Owner and group from the first moment on, and nobody else. */
	mask = umask(0007);
	bound = bind(c->listener.fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	(void)umask(mask);
	if (!bound)
		return ERR_SYSTEM;
	c->path = path;
	if (listen(c->listener.fd, BACKLOG) < 0)
		return ERR_SYSTEM;
	return loop_add(c->loop, &c->listener, EPOLLIN);
}

enum err control_open(struct control *c, struct loop *loop, const char *path,
		      const struct control_params *params)
{
	struct control_params own = *params;
	enum err err;

	*c = (struct control){ .loop = loop,
			       .memory = memory_system(SIZE_MAX),
			       .listener = { .fd = -1 } };
	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++)
		c->connections[i].source.fd = -1;
	own.memory = &c->memory;
	own.commands_turn = CONTROL_COMMANDS_TURN;
	TRY(listen_on(c, path));
	TRY(control_server_new(&c->server, &own));
out:
	if (err)
		control_close(c);
	return err;
}

void control_close(struct control *c)
{
	int code = errno;

	for (size_t i = 0; c->server && i < CONTROL_SESSIONS_MAX; i++) {
		if (c->connections[i].source.fd >= 0)
			connection_close(&c->connections[i]);
	}
	control_server_free(c->server);
	c->server = NULL;
	if (c->listener.fd >= 0) {
		loop_remove(c->loop, &c->listener);
		close(c->listener.fd);
		c->listener.fd = -1;
	}
	if (c->path)
		(void)unlink(c->path);
	c->path = NULL;
	errno = code; /* of what failed before */
}
