/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_daemon.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"

#define CONNECTIONS_MAX 4

static struct control_server *server;
static enum fake_mood mood;
static bool leaving;
static uint8_t buffer[64 * 1024];

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

static struct span finish(struct vici_writer *v)
{
	struct span segment = SPAN_EMPTY;

	must(vici_finish(v, &segment) == ERR_OK, "a canned message is too long");
	return segment;
}

static struct vici_writer response(void)
{
	return vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
}

static struct vici_writer event(const char *name)
{
	return vici_begin(buffer, sizeof(buffer), VICI_EVENT, name);
}

static void respond(control_id id, struct vici_writer *v)
{
	control_respond(server, id, finish(v));
}

static void stream(control_id id, struct vici_writer *v)
{
	must(control_stream(server, id, finish(v)) == ERR_OK, "the client did not register");
}

static void put_items(struct vici_writer *v, const char *list, const char *a, const char *b)
{
	vici_list(v, list);
	vici_list_item(v, a);
	if (b)
		vici_list_item(v, b);
	vici_list_end(v);
}

void fake_sa(struct vici_writer *v)
{
	static const char *const ike[][2] = {
		{ "uniqueid", "7" },
		{ "version", "2" },
		{ "state", "ESTABLISHED" },
		{ "local-host", "192.0.2.1" },
		{ "local-port", "4500" },
		{ "local-id", "moon.example" },
		{ "remote-host", "198.51.100.2" },
		{ "remote-port", "4500" },
		{ "remote-id", "C=CH, CN=\"sun\"\033[2J" },
		{ "initiator", "yes" },
		{ "initiator-spi", "0011223344556677" },
		{ "responder-spi", "8899aabbccddeeff" },
		{ "nat-remote", "yes" },
		{ "encr-alg", "AES_GCM_16" },
		{ "encr-keysize", "256" },
		{ "prf-alg", "PRF_HMAC_SHA2_256" },
		{ "dh-group", "CURVE_25519" },
		{ "established", "3723" },
	};
	static const char *const child[][2] = {
		{ "name", "net" },
		{ "uniqueid", "3" },
		{ "reqid", "1" },
		{ "state", "INSTALLED" },
		{ "mode", "TUNNEL" },
		{ "protocol", "ESP" },
		{ "encap", "yes" },
		{ "spi-in", "c1234567" },
		{ "spi-out", "cabcdef0" },
		{ "encr-alg", "AES_CBC" },
		{ "encr-keysize", "128" },
		{ "integ-alg", "HMAC_SHA2_256_128" },
		{ "esn", "1" },
		{ "bytes-in", "1536" },
		{ "packets-in", "12" },
		{ "bytes-out", "84" },
		{ "packets-out", "1" },
		{ "install-time", "61" },
	};

	vici_section(v, "gw");
	for (size_t i = 0; i < ARRAY_LEN(ike); i++)
		vici_put(v, ike[i][0], ike[i][1]);
	vici_section(v, "child-sas");
	vici_section(v, "net-3");
	for (size_t i = 0; i < ARRAY_LEN(child); i++)
		vici_put(v, child[i][0], child[i][1]);
	put_items(v, "local-ts", "10.1.0.0/16", NULL);
	put_items(v, "remote-ts", "10.2.0.0/16", "10.3.0.0/16");
	vici_section_end(v);
	vici_section_end(v);
	vici_section_end(v);
}

static void put_child(struct vici_writer *v, const char *name)
{
	vici_section(v, name);
	vici_put(v, "mode", "TUNNEL");
	put_items(v, "local-ts", "10.1.0.0/16", NULL);
	put_items(v, "remote-ts", "10.2.0.0/16", NULL);
	vici_section_end(v);
}

void fake_conns(struct vici_writer *v)
{
	vici_section(v, "gw");
	put_items(v, "local_addrs", "192.0.2.1", NULL);
	put_items(v, "remote_addrs", "198.51.100.2", NULL);
	vici_put(v, "version", "IKEv2");
	vici_section(v, "local-1");
	vici_put(v, "class", "pre-shared key");
	vici_put(v, "id", "moon.example");
	vici_section_end(v);
	vici_section(v, "remote-1");
	vici_put(v, "class", "pre-shared key");
	vici_section_end(v);
	vici_section(v, "children");
	put_child(v, "net");
	put_child(v, "dmz");
	vici_section_end(v);
	vici_section_end(v);
}

static void on_list_sas(void *ctx, control_id id, struct span message)
{
	struct vici_writer v = event("list-sa");

	(void)ctx;
	(void)message;
	if (mood != FAKE_EMPTY) {
		fake_sa(&v);
		stream(id, &v);
	}
	v = response();
	respond(id, &v);
}

static void on_list_conns(void *ctx, control_id id, struct span message)
{
	struct vici_writer v = event("list-conn");

	(void)ctx;
	(void)message;
	if (mood != FAKE_EMPTY) {
		fake_conns(&v);
		stream(id, &v);
		v = event("list-conn");
		vici_section(&v, "office");
		vici_section(&v, "children");
		vici_section(&v, "lan");
		vici_section_end(&v);
		vici_section_end(&v);
		vici_section_end(&v);
		stream(id, &v);
	}
	v = response();
	respond(id, &v);
}

/* Tells in a control-log line what it was asked for. */
static void on_initiate(void *ctx, control_id id, struct span message)
{
	static const char *const keys[] = { "ike", "child", "timeout" };
	char line[300];
	struct text t = TEXT_ARRAY(line);
	struct vici_writer v = event("control-log");
	struct span value;

	(void)ctx;
	text_put(&t, "initiate");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!vici_find(message, keys[i], &value))
			continue;
		text_char(&t, ' ');
		text_put(&t, keys[i]);
		text_char(&t, '=');
		text_peer(&t, value);
	}
	vici_put(&v, "msg", line);
	stream(id, &v);
	control_respond_result(server, id,
			       mood == FAKE_REFUSES ? "no proposal chosen\ntheirs: 3DES" : NULL);
}

/* Takes exactly what the tests ask for. */
static void on_terminate(void *ctx, control_id id, struct span message)
{
	struct span ike = SPAN_EMPTY, child = SPAN_EMPTY, force = SPAN_EMPTY, timeout = SPAN_EMPTY;
	const char *errmsg = NULL;

	(void)ctx;
	(void)vici_find(message, "ike-id", &ike);
	(void)vici_find(message, "child-id", &child);
	(void)vici_find(message, "force", &force);
	(void)vici_find(message, "timeout", &timeout);
	if (!span_equal(ike, span_text("7")) && !span_equal(child, span_text("3")))
		errmsg = "no such SA";
	else if (span_equal(force, span_text("yes")) != span_equal(timeout, span_text("5000")))
		errmsg = "force and a timeout of five seconds go together here";
	else if (mood == FAKE_REFUSES)
		errmsg = "the peer did not answer";
	control_respond_result(server, id, errmsg);
}

static void on_log(void *ctx, control_id id, struct span message)
{
	struct vici_writer v;

	(void)ctx;
	(void)message;
	for (unsigned i = 1; i <= 2; i++) {
		v = event("log");
		vici_put_u64(&v, "level", i);
		vici_put(&v, "msg",
			 i == 1 ? "notice ike-up conn=gw id=\"sun\"" : "evil \033[2J line\n");
		stream(id, &v);
	}
	v = response();
	respond(id, &v);
	if (mood == FAKE_LEAVES) {
		v = event("log");
		vici_put(&v, "msg", "goodbye");
		control_broadcast(server, finish(&v));
		leaving = true;
	}
}

static void on_stats(void *ctx, control_id id, struct span message)
{
	struct vici_writer v = response();

	(void)ctx;
	(void)message;
	vici_section(&v, "uptime");
	vici_put(&v, "running", "5 minutes");
	vici_section_end(&v);
	put_items(&v, "plugins", "a", "b");
	respond(id, &v);
}

static void on_counters(void *ctx, control_id id, struct span message)
{
	struct vici_writer v = response();

	(void)ctx;
	(void)message;
	vici_section(&v, "counters");
	vici_section(&v, "");
	vici_put_u64(&v, "invalid", 4);
	vici_section_end(&v);
	vici_section_end(&v);
	vici_put_bool(&v, "success", true);
	respond(id, &v);
}

static void on_version(void *ctx, control_id id, struct span message)
{
	struct vici_writer v = response();

	(void)ctx;
	(void)message;
	vici_put(&v, "daemon", "aditd");
	vici_put(&v, "version", "9.8.7");
	vici_put(&v, "sysname", "Linux");
	respond(id, &v);
}

static void on_reload(void *ctx, control_id id, struct span message)
{
	(void)ctx;
	(void)message;
	control_respond_result(server, id,
			       mood == FAKE_REFUSES ? "adit.conf:3: unknown key\nadit.conf:9: too"
						    : NULL);
}

static const struct control_command commands[] = {
	{ "list-sas", on_list_sas, NULL },      { "list-conns", on_list_conns, NULL },
	{ "initiate", on_initiate, NULL },      { "terminate", on_terminate, NULL },
	{ "adit-log", on_log, NULL },           { "stats", on_stats, NULL },
	{ "get-counters", on_counters, NULL },  { "version", on_version, NULL },
	{ "reload-settings", on_reload, NULL },
};
static const char *const events[] = { "list-sa", "list-conn", "control-log", "log" };

/* What comes in the moods that do not reach a command handler. False: close the connection. */
static bool misbehave(int fd)
{
	static const uint8_t babble[] = "HTTP/1.1 400 Bad Request\r\n";

	if (mood == FAKE_DIES)
		return false;
	if (mood == FAKE_BABBLES)
		must(send(fd, babble, sizeof(babble), MSG_NOSIGNAL) > 0, "send");
	return true;
}

/* One connection until its end. */
static void serve(int fd)
{
	control_id id = 0;
	uint8_t piece[100]; /* odd sizes on purpose */

	must(control_session_open(server, &id) == ERR_OK, "open");
	while (!control_session_done(server, id, NULL)) {
		struct span output = control_session_output(server, id);
		struct pollfd p = { .fd = fd, .events = POLLIN | (output.len ? POLLOUT : 0) };
		ssize_t n;

		if (leaving && output.len == 0)
			break;
		must(poll(&p, 1, -1) > 0, "poll");
		if (p.revents & POLLOUT) {
			n = send(fd, output.data, output.len > 77 ? 77 : output.len, MSG_NOSIGNAL);
			if (n < 0)
				break;
			control_session_sent(server, id, (size_t)n);
			continue;
		}
		n = recv(fd, piece, sizeof(piece), 0);
		if (n <= 0) {
			control_session_eof(server, id);
			continue;
		}
		if (mood >= FAKE_SILENT) {
			if (!misbehave(fd))
				break;
			continue;
		}
		control_session_input(server, id, span_of(piece, (size_t)n));
	}
	control_session_close(server, id);
	close(fd);
}

_Noreturn static void run(int listener)
{
	struct memory memory = memory_system(SIZE_MAX);
	struct control_params params = {
		.memory = &memory,
		.commands = commands,
		.commands_count = mood == FAKE_OLD ? 0 : ARRAY_LEN(commands),
		.events = events,
		.events_count = ARRAY_LEN(events),
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(control_server_new(&server, &params) == ERR_OK, "server");
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		must(fd >= 0, "accept");
		serve(fd);
	}
}

void fake_start(struct fake *f, enum fake_mood as)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(listener >= 0, "socket");
	strcpy(f->folder, "/tmp/adit-cli-XXXXXX");
	must(mkdtemp(f->folder) != NULL, "mkdtemp");
	snprintf(f->path, sizeof(f->path), "%s/vici.sock", f->folder);
	strcpy(address.sun_path, f->path);
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	must(listen(listener, CONNECTIONS_MAX) == 0, "listen");
	mood = as;
	fflush(NULL);
	f->pid = fork();
	must(f->pid >= 0, "fork");
	if (f->pid == 0)
		run(listener);
	close(listener);
}

void fake_stop(struct fake *f)
{
	must(kill(f->pid, SIGKILL) == 0, "kill");
	must(waitpid(f->pid, NULL, 0) == f->pid, "waitpid");
	unlink(f->path);
	rmdir(f->folder);
}
