/* SPDX-License-Identifier: Apache-2.0 */
/* control: the life of the UNIX socket and of its connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "control.h"

#define LONG_ANSWER 400000

struct fixture {
	char folder[32], path[64];
	struct loop loop;
	struct control control;
	control_id waiting; /* whose `wait` runs */
	unsigned calls;
};

static void on_short(void *ctx, control_id session, struct span message)
{
	struct fixture *f = ctx;

	(void)message;
	f->calls++;
	control_respond_result(f->control.server, session, NULL);
}

static void on_long(void *ctx, control_id session, struct span message)
{
	static uint8_t buffer[VICI_SEGMENT_MAX + VICI_LENGTH_LEN];
	struct fixture *f = ctx;
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_RESPONSE, NULL);
	char value[1001];
	struct span segment;

	(void)message;
	memset(value, 'x', 1000);
	value[1000] = '\0';
	vici_list(&v, "list");
	for (unsigned i = 0; i < LONG_ANSWER / 1000; i++)
		vici_list_item(&v, value);
	vici_list_end(&v);
	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	control_respond(f->control.server, session, segment);
}

static void on_wait(void *ctx, control_id session, struct span message)
{
	struct fixture *f = ctx;

	(void)message;
	f->waiting = session;
}

/* Answers another session's command, too. */
static void on_release(void *ctx, control_id session, struct span message)
{
	struct fixture *f = ctx;

	(void)message;
	control_respond_result(f->control.server, f->waiting, NULL);
	control_respond_result(f->control.server, session, NULL);
}

static const struct control_command commands[] = {
	{ "short", on_short, NULL }, { "long", on_long, NULL }, { "wait", on_wait, NULL }, { "release", on_release, NULL },
};

static enum err open_at(struct fixture *f, struct control *c, const char *path)
{
	const struct control_params params = { .commands = commands, .commands_count = ARRAY_LEN(commands), .ctx = f };

	return control_open(c, &f->loop, path, &params);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	memcpy(f->folder, "control-XXXXXX", 15);
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof(f->path), "%s/sock", f->folder);
	assert_int_equal(loop_init(&f->loop), ERR_OK);
	f->control.listener.fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	control_close(&f->control);
	loop_clear(&f->loop);
	(void)unlink(f->path);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

static void turns(struct fixture *f)
{
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
		loop_serve(&f->loop);
		control_work(&f->control);
	}
}

static int client_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void ask(int fd, const char *command)
{
	uint8_t buffer[64];
	struct vici_writer v = vici_begin(buffer, sizeof(buffer), VICI_CMD_REQUEST, command);
	struct span segment;

	assert_int_equal(vici_finish(&v, &segment), ERR_OK);
	assert_int_equal(send(fd, segment.data, segment.len, 0), segment.len);
}

static ssize_t hear(int fd)
{
	static uint8_t buffer[65536];

	return recv(fd, buffer, sizeof(buffer), 0);
}

static void the_socket_is_for_owner_and_group_and_goes_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	mode_t mask = umask(0);

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	assert_int_equal(umask(mask), 0);
	assert_int_equal(lstat(f->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0770);
	control_close(&f->control);
	assert_int_equal(lstat(f->path, &st), -1);
}

static void the_folder_of_the_socket_is_made_when_it_is_not_there(void **state)
{
	struct fixture *f = *state;
	char path[80], folder[64];

	(void)snprintf(folder, sizeof(folder), "%s/new", f->folder);
	(void)snprintf(path, sizeof(path), "%s/new/sock", f->folder);
	assert_int_equal(open_at(f, &f->control, path), ERR_OK);
	control_close(&f->control);
	assert_int_equal(rmdir(folder), 0);
}

static void a_client_is_answered(void **state)
{
	struct fixture *f = *state;
	int fd;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	fd = client_open(f->path);
	ask(fd, "short");
	turns(f);
	assert_true(hear(fd) > 5);
	ask(fd, "short");
	ask(fd, "short");
	turns(f);
	assert_true(hear(fd) > 5);
	assert_int_equal(f->calls, 3);
	close(fd);
	turns(f);
	assert_int_equal(control_usage(f->control.server).sessions, 0);
}

static void a_second_daemon_does_not_take_the_socket_of_the_first(void **state)
{
	struct fixture *f = *state;
	struct control second;
	struct stat st;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	assert_int_equal(open_at(f, &second, f->path), ERR_EXISTS);
	assert_int_equal(lstat(f->path, &st), 0);
	assert_int_equal(close(client_open(f->path)), 0);
}

static void a_socket_that_a_dead_daemon_left_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;

	memcpy(address.sun_path, f->path, strlen(f->path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd);
	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	client = client_open(f->path);
	ask(client, "short");
	turns(f);
	assert_true(hear(client) > 5);
	close(client);
}

static void a_daemon_that_is_too_busy_to_accept_is_alive(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;

	memcpy(address.sun_path, f->path, strlen(f->path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 0), 0);
	client = client_open(f->path); /* the queue is full now */
	assert_int_equal(open_at(f, &f->control, f->path), ERR_EXISTS);
	close(client);
	close(fd);
}

static void what_is_no_socket_is_not_removed(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->path, O_CREAT | O_WRONLY, 0600);
	struct stat st;

	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	assert_int_equal(open_at(f, &f->control, f->path), ERR_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(lstat(f->path, &st), 0);
	assert_int_equal(st.st_size, 8);
}

static void a_path_that_is_too_long_is_an_error(void **state)
{
	struct fixture *f = *state;
	char path[200];

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(open_at(f, &f->control, path), ERR_SYSTEM);
	assert_int_equal(errno, ENAMETOOLONG);
}

static void idle_clients_make_room_for_a_new_one(void **state)
{
	struct fixture *f = *state;
	int fds[CONTROL_SESSIONS_MAX], late;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++) {
		fds[i] = client_open(f->path);
		turns(f);
	}
	ask(fds[0], "wait");
	turns(f);
	late = client_open(f->path);
	ask(late, "short");
	turns(f);
	assert_true(hear(late) > 5);
	assert_int_equal(hear(fds[1]), 0); /* the longest silent; the first one's command runs */
	assert_true(hear(fds[0]) < 0);
	assert_true(hear(fds[2]) < 0);
	close(late);
	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++)
		close(fds[i]);
}

static void a_flood_of_commands_leaves_the_loop_its_turns(void **state)
{
	struct fixture *f = *state;
	unsigned before;
	int fd;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	fd = client_open(f->path);
	turns(f);
	for (unsigned i = 0; i < 100; i++)
		ask(fd, "short");
	for (unsigned turn = 0; f->calls < 100; turn++) {
		before = f->calls;
		assert_true(turn < 100);
		assert_true(turn == 0 || control_due(&f->control));
		assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
		loop_serve(&f->loop);
		control_work(&f->control);
		assert_in_range(f->calls - before, 1, 2 * CONTROL_COMMANDS_TURN);
	}
	turns(f);
	assert_false(control_due(&f->control));
	ask(fd, "short"); /* and is heard again */
	turns(f);
	assert_int_equal(f->calls, 101);
	close(fd);
}

static void a_client_over_the_limit_is_sent_away_and_later_ones_come_in(void **state)
{
	struct fixture *f = *state;
	int fds[CONTROL_SESSIONS_MAX], late;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++) {
		fds[i] = client_open(f->path);
		ask(fds[i], "wait");
		turns(f);
	}
	late = client_open(f->path);
	turns(f);
	assert_int_equal(hear(late), 0);
	close(late);
	close(fds[5]);
	turns(f);
	late = client_open(f->path);
	ask(late, "short");
	turns(f);
	assert_true(hear(late) > 5);
	close(late);
	fds[5] = -1;
	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static void an_answer_longer_than_the_socket_takes_arrives_in_pieces(void **state)
{
	struct fixture *f = *state;
	size_t total = 0;
	ssize_t len;
	int fd;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	fd = client_open(f->path);
	ask(fd, "long");
	for (unsigned i = 0; i < 1000 && total < LONG_ANSWER; i++) {
		turns(f);
		while ((len = hear(fd)) > 0)
			total += (size_t)len;
	}
	assert_true(total > LONG_ANSWER);
	close(fd);
}

static void a_client_that_reads_nothing_holds_up_nobody(void **state)
{
	struct fixture *f = *state;
	int deaf, other;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	deaf = client_open(f->path);
	for (unsigned i = 0; i < 50; i++)
		ask(deaf, "long");
	turns(f);
	other = client_open(f->path);
	ask(other, "short");
	turns(f);
	assert_true(hear(other) > 5);
	/* nothing is asked of the loop as long as the deaf one reads nothing */
	assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
	assert_int_equal(f->loop.count, 0);
	close(deaf);
	close(other);
	turns(f);
	assert_int_equal(control_usage(f->control.server).sessions, 0);
}

static void a_client_that_leaves_while_its_command_runs_is_forgotten(void **state)
{
	struct fixture *f = *state;
	int gone, other;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	gone = client_open(f->path);
	ask(gone, "wait");
	turns(f);
	assert_true(f->waiting != 0);
	close(gone);
	turns(f);
	assert_int_equal(control_usage(f->control.server).sessions, 0);
	other = client_open(f->path);
	ask(other, "release"); /* answers the one that is gone */
	turns(f);
	assert_true(hear(other) > 5);
	close(other);
}

static void a_client_that_only_stops_sending_gets_its_answers(void **state)
{
	struct fixture *f = *state;
	int half, other;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	half = client_open(f->path);
	ask(half, "wait");
	assert_int_equal(shutdown(half, SHUT_WR), 0);
	turns(f);
	assert_true(hear(half) < 0);
	other = client_open(f->path);
	ask(other, "release");
	turns(f);
	assert_true(hear(half) > 5);
	assert_int_equal(hear(half), 0);
	close(half);
	close(other);
}

static void an_answer_from_another_session_is_sent_in_the_same_turn(void **state)
{
	struct fixture *f = *state;
	int first, second;

	assert_int_equal(open_at(f, &f->control, f->path), ERR_OK);
	first = client_open(f->path);
	turns(f);
	second = client_open(f->path);
	turns(f);
	ask(first, "wait");
	turns(f);
	/* `release` is run while the answer of `short` is sent, after the first session's turn */
	ask(second, "short");
	ask(second, "release");
	assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
	loop_serve(&f->loop);
	control_work(&f->control);
	assert_true(hear(first) > 5);
	close(first);
	close(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_socket_is_for_owner_and_group_and_goes_at_the_end),
		TEST(the_folder_of_the_socket_is_made_when_it_is_not_there),
		TEST(a_client_is_answered),
		TEST(a_second_daemon_does_not_take_the_socket_of_the_first),
		TEST(a_socket_that_a_dead_daemon_left_is_replaced),
		TEST(a_daemon_that_is_too_busy_to_accept_is_alive),
		TEST(what_is_no_socket_is_not_removed),
		TEST(a_path_that_is_too_long_is_an_error),
		TEST(idle_clients_make_room_for_a_new_one),
		TEST(a_flood_of_commands_leaves_the_loop_its_turns),
		TEST(a_client_over_the_limit_is_sent_away_and_later_ones_come_in),
		TEST(an_answer_longer_than_the_socket_takes_arrives_in_pieces),
		TEST(a_client_that_reads_nothing_holds_up_nobody),
		TEST(a_client_that_leaves_while_its_command_runs_is_forgotten),
		TEST(a_client_that_only_stops_sending_gets_its_answers),
		TEST(an_answer_from_another_session_is_sent_in_the_same_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
