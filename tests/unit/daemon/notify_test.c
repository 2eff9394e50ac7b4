/* SPDX-License-Identifier: Apache-2.0 */
/* notify: what the service manager's socket gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "notify.h"

/* A manager's socket in the abstract name space. */
static int manager_open(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int len = snprintf(name, sizeof(name), "@adit-notify-test-%d", (int)getpid());

	assert_true(fd >= 0 && len > 0);
	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return fd;
}

static const char *heard(int fd)
{
	static char buffer[256];
	ssize_t len = recv(fd, buffer, sizeof(buffer) - 1, 0);

	buffer[len > 0 ? len : 0] = '\0';
	return buffer;
}

static void what_is_sent_arrives_as_it_is(void **state)
{
	int fd = manager_open();
	struct notify_socket n;

	(void)state;
	notify_open(&n, 1);
	notify_send(&n, "READY=1");
	assert_string_equal(heard(fd), "READY=1");
	notify_reloading(&n);
	assert_int_equal(strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	notify_close(&n);
	notify_send(&n, "READY=1");
	assert_string_equal(heard(fd), "");
	close(fd);
}

static void without_a_manager_nothing_happens(void **state)
{
	struct notify_socket n;
	const char *const names[] = { "", "relative", "@", "/no/such/socket" };

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_open(&n, 1);
	assert_int_equal(n.fd, -1);
	notify_send(&n, "READY=1");
	assert_int_equal(notify_watchdog(&n, 1), NANOS_NEVER);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_open(&n, 1);
		assert_int_equal(n.fd, -1);
	}
}

static void the_watchdog_hears_us_twice_in_its_time(void **state)
{
	int fd = manager_open();
	struct notify_socket n;
	nanos due;

	(void)state;
	setenv("WATCHDOG_USEC", "30000000", 1);
	notify_open(&n, 100);
	due = notify_watchdog(&n, 100);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	assert_int_equal(due, 100 + 15 * NANOS_SECOND);
	assert_int_equal(notify_watchdog(&n, due - 1), due);
	assert_string_equal(heard(fd), "");
	assert_int_equal(notify_watchdog(&n, due), due + 15 * NANOS_SECOND);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	notify_close(&n);
	assert_int_equal(notify_watchdog(&n, due), NANOS_NEVER);
	close(fd);
}

static void a_watchdog_of_another_process_or_nonsense_is_none(void **state)
{
	const char *const bad[][2] = {
		{ "30000000", "1" }, { "30000000", "x" }, { "0", NULL }, { "-1", NULL }, { "1s", NULL }, { "", NULL },
	};
	int fd = manager_open();
	struct notify_socket n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		setenv("WATCHDOG_USEC", bad[i][0], 1);
		unsetenv("WATCHDOG_PID");
		if (bad[i][1])
			setenv("WATCHDOG_PID", bad[i][1], 1);
		notify_open(&n, 1);
		assert_int_equal(notify_watchdog(&n, 1), NANOS_NEVER);
		notify_close(&n);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_arrives_as_it_is),
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(the_watchdog_hears_us_twice_in_its_time),
		cmocka_unit_test(a_watchdog_of_another_process_or_nonsense_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
