/* SPDX-License-Identifier: Apache-2.0 */
/* sockets: markers, keepalives and addresses, over the loopback of a network namespace of its own (needs root). */
#include <setjmp.h>
#include <stdarg.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "sockets.h"

#define BYTES(...) SPAN_ARRAY(((const uint8_t[]){ __VA_ARGS__ }))

static const struct outer plain;

struct fixture {
	struct loop loop;
	struct sockets sockets;
	unsigned ike, esp;
	struct path path;
	uint8_t data[65536];
	size_t len;
	uint8_t order[256]; /* fifth byte of each ESP packet */
	size_t lengths[256];
	uint8_t tos;
	unsigned narrow;
};

static void keep(struct fixture *f, const struct path *path, struct span data)
{
	f->path = *path;
	memcpy(f->data, data.data, data.len);
	f->len = data.len;
}

static void on_ike(void *ctx, const struct path *path, struct span datagram)
{
	struct fixture *f = ctx;

	f->ike++;
	keep(f, path, datagram);
}

static void on_esp(void *ctx, const struct path *path, const struct outer *outer, uint8_t *data, size_t len)
{
	struct fixture *f = ctx;

	f->tos = outer->tos;

	f->order[f->esp % 256] = len > 4 ? data[4] : 0;
	f->lengths[f->esp % 256] = len;
	f->esp++;
	keep(f, path, span_of(data, len));
}

static void on_narrow(void *ctx, const struct path *path)
{
	struct fixture *f = ctx;

	f->narrow++;
	f->path = *path;
}

static int setup_all(void **state)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
	return 0;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct sockets_env env = { .ctx = f, .ike = on_ike, .esp = on_esp, .narrow = on_narrow };
	char why[160] = "";

	assert_non_null(f);
	assert_int_equal(loop_init(&f->loop), ERR_OK);
	if (sockets_open(&f->sockets, &f->loop, &env, 500, 4500, why))
		fail_msg("%s", why);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sockets_close(&f->sockets);
	loop_clear(&f->loop);
	free(f);
	return 0;
}

/* A peer at 127.0.0.1[4000] or ::1[4000]. */
static int peer_open(int family)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(4000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(4000), .sin6_addr = in6addr_loopback };
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_int_equal(family == AF_INET ? bind(fd, (struct sockaddr *)&v4, sizeof(v4)) :
					     bind(fd, (struct sockaddr *)&v6, sizeof(v6)), 0);
	return fd;
}

static void peer_send(struct fixture *f, int fd, const char *to, uint16_t port, struct span data)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	ssize_t sent;

	if (inet_pton(AF_INET, to, &v4.sin_addr) == 1) {
		sent = sendto(fd, data.data, data.len, 0, (struct sockaddr *)&v4, sizeof(v4));
	} else {
		assert_int_equal(inet_pton(AF_INET6, to, &v6.sin6_addr), 1);
		sent = sendto(fd, data.data, data.len, 0, (struct sockaddr *)&v6, sizeof(v6));
	}
	assert_int_equal(sent, data.len);
	f->len = 0;
	assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
	loop_serve(&f->loop);
}

static void on_the_ike_port_all_is_ike_and_the_path_says_whence_and_whither(void **state)
{
	struct fixture *f = *state;
	int fd = peer_open(AF_INET);
	const struct path expected = {
		.local = { .ip = ip_v4(127, 0, 0, 2), .port = 500 },
		.remote = { .ip = ip_v4(127, 0, 0, 1), .port = 4000 },
	};

	peer_send(f, fd, "127.0.0.2", 500, BYTES(0, 0, 0, 0, 9));
	assert_int_equal(f->ike, 1);
	assert_true(path_equal(&f->path, &expected));
	assert_int_equal(f->len, 5);
	peer_send(f, fd, "127.0.0.2", 500, BYTES(0xff));
	assert_int_equal(f->ike, 2);
	assert_int_equal(f->esp, 0);
	close(fd);
}

static void on_the_nat_port_the_marker_tells_ike_from_esp(void **state)
{
	struct fixture *f = *state;
	int fd = peer_open(AF_INET);

	peer_send(f, fd, "127.0.0.1", 4500, BYTES(0, 0, 0, 0, 7, 8));
	assert_int_equal(f->ike, 1);
	assert_int_equal(f->len, 2);
	assert_int_equal(f->data[0], 7);
	assert_true(f->path.encap);
	assert_int_equal(f->path.local.port, 4500);
	peer_send(f, fd, "127.0.0.1", 4500, BYTES(0, 0, 1, 0, 7, 8));
	assert_int_equal(f->esp, 1);
	assert_int_equal(f->len, 6);
	assert_int_equal(f->data[2], 1);
	/* the longest there is */
	memset(f->data, 0x42, 65507);
	peer_send(f, fd, "127.0.0.1", 4500, span_of(f->data, 65507));
	assert_int_equal(f->esp, 2);
	assert_int_equal(f->len, 65507);
	close(fd);
}

static void keepalives_and_what_is_too_short_go_nowhere(void **state)
{
	struct fixture *f = *state;
	int fd = peer_open(AF_INET);

	peer_send(f, fd, "127.0.0.1", 4500, BYTES(0xff));
	peer_send(f, fd, "127.0.0.1", 4500, SPAN_EMPTY);
	peer_send(f, fd, "127.0.0.1", 4500, BYTES(0));
	peer_send(f, fd, "127.0.0.1", 4500, BYTES(1, 2, 3));
	assert_int_equal(f->ike + f->esp, 0);
	peer_send(f, fd, "127.0.0.1", 4500, BYTES(0, 0, 0, 0));
	assert_int_equal(f->ike, 1); /* an empty IKE message is the engine's to drop */
	assert_int_equal(f->len, 0);
	close(fd);
}

static void a_batch_is_taken_in_order_and_the_rest_in_the_next_turn(void **state)
{
	struct fixture *f = *state;
	int fd = peer_open(AF_INET);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(4500), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (uint8_t i = 0; i < SOCKETS_BATCH + 2; i++) {
		const uint8_t data[5] = { 1, 1, 1, 1, i };

		assert_int_equal(sendto(fd, data, 5, 0, (struct sockaddr *)&to, sizeof(to)), 5);
	}
	assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
	loop_serve(&f->loop);
	assert_int_equal(f->esp, SOCKETS_BATCH);
	assert_int_equal(f->data[4], SOCKETS_BATCH - 1);
	assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
	loop_serve(&f->loop);
	assert_int_equal(f->esp, SOCKETS_BATCH + 2);
	assert_int_equal(f->data[4], SOCKETS_BATCH + 1);
	close(fd);
}

static ssize_t hear(int fd, uint8_t *ret, struct sockaddr_in *ret_from)
{
	socklen_t len = sizeof(*ret_from);

	return recvfrom(fd, ret, 100, 0, (struct sockaddr *)ret_from, &len);
}

static void what_is_sent_comes_from_the_paths_address_with_the_marker_where_it_belongs(void **state)
{
	struct fixture *f = *state;
	int fd = peer_open(AF_INET);
	struct path path = {
		.local = { .ip = ip_v4(127, 0, 0, 3), .port = 4500 },
		.remote = { .ip = ip_v4(127, 0, 0, 1), .port = 4000 },
		.encap = true,
	};
	struct sockaddr_in from = { 0 };
	uint8_t data[100];

	assert_true(sockets_send_ike(&f->sockets, &path, BYTES(5, 6)));
	assert_int_equal(hear(fd, data, &from), 6);
	assert_memory_equal(data, "\0\0\0\0\5\6", 6);
	assert_int_equal(ntohs(from.sin_port), 4500);
	assert_int_equal(ntohl(from.sin_addr.s_addr), 0x7f000003);
	assert_true(sockets_send_ike(&f->sockets, &path, BYTES(0xff)));
	assert_int_equal(hear(fd, data, &from), 1);
	assert_int_equal(data[0], 0xff);
	sockets_send_esp(&f->sockets, &path, &plain, BYTES(1, 2, 3, 4, 5));
	sockets_flush(&f->sockets);
	assert_int_equal(hear(fd, data, &from), 5);
	assert_int_equal(ntohs(from.sin_port), 4500);
	path.encap = false;
	path.local.port = 500;
	path.local.ip = (struct ip){ 0 };
	assert_true(sockets_send_ike(&f->sockets, &path, BYTES(5, 6)));
	assert_int_equal(hear(fd, data, &from), 2);
	assert_int_equal(ntohs(from.sin_port), 500);
	close(fd);
}

static void serve(struct fixture *f)
{
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
		loop_serve(&f->loop);
	}
}

/* The way from us to ourselves, so that trains come back as the kernel leaves them. */
static struct path to_ourselves(void)
{
	return (struct path){
		.local = { .ip = ip_v4(127, 0, 0, 3), .port = 4500 },
		.remote = { .ip = ip_v4(127, 0, 0, 1), .port = 4500 },
		.encap = true,
	};
}

static void send_numbered(struct fixture *f, const struct path *path, uint8_t number, size_t len)
{
	uint8_t packet[2000] = { 1, 1, 1, 1, number };

	sockets_send_esp(&f->sockets, path, &plain, span_of(packet, len));
}

static void packets_that_travel_together_arrive_one_by_one_in_order(void **state)
{
	struct fixture *f = *state;
	const struct path path = to_ourselves();

	for (uint8_t i = 0; i < 200; i++)
		send_numbered(f, &path, i, 1400);
	sockets_flush(&f->sockets);
	sockets_flush(&f->sockets);
	serve(f);
	assert_int_equal(f->esp, 200);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(f->order[i], i);
		assert_int_equal(f->lengths[i], 1400);
	}
}

static void lengths_and_peers_change_without_mixing_packets(void **state)
{
	static const size_t lengths[] = { 100, 100, 60, 100, 100, 1400, 1400, 5, 5, 6, 1400 };
	struct fixture *f = *state;
	struct path path = to_ourselves();
	int fd = peer_open(AF_INET);
	uint8_t data[100];

	for (uint8_t i = 0; i < ARRAY_LEN(lengths); i++)
		send_numbered(f, &path, i, lengths[i]);
	path.remote.port = 4000;
	send_numbered(f, &path, 77, 50);
	path.remote.port = 4500;
	send_numbered(f, &path, 99, 50);
	sockets_flush(&f->sockets);
	serve(f);
	assert_int_equal(f->esp, ARRAY_LEN(lengths) + 1);
	for (unsigned i = 0; i < ARRAY_LEN(lengths); i++) {
		assert_int_equal(f->order[i], i);
		assert_int_equal(f->lengths[i], lengths[i]);
	}
	assert_int_equal(f->order[ARRAY_LEN(lengths)], 99);
	assert_int_equal(recv(fd, data, sizeof(data), 0), 50);
	assert_int_equal(data[4], 77);
	assert_true(recv(fd, data, sizeof(data), 0) < 0);
	close(fd);
}

static void packets_longer_than_the_mtu_arrive_all_the_same(void **state)
{
	struct fixture *f = *state;
	const struct path path = to_ourselves();
	struct ifreq request = { .ifr_name = "lo", .ifr_mtu = 1300 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
	for (uint8_t i = 0; i < 5; i++)
		send_numbered(f, &path, i, 1400);
	sockets_flush(&f->sockets);
	request.ifr_mtu = 65536;
	assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
	close(fd);
	serve(f);
	assert_int_equal(f->esp, 5);
	assert_int_equal(f->order[4], 4);
}

static void what_the_system_does_not_take_is_said_so(void **state)
{
	struct fixture *f = *state;
	struct path path = { .local = { .ip = ip_v4(192, 0, 2, 1), .port = 500 }, .remote = { .ip = ip_v4(127, 0, 0, 1), .port = 9 } };

	assert_false(sockets_send_ike(&f->sockets, &path, BYTES(1))); /* not our address */
	path.local.ip = (struct ip){ 0 };
	path.remote.ip = ip_v4(198, 51, 100, 1);
	assert_false(sockets_send_ike(&f->sockets, &path, BYTES(1))); /* no way there */
	path.remote.ip = (struct ip){ 0 };
	assert_false(sockets_send_ike(&f->sockets, &path, BYTES(1))); /* nowhere */
}

static void both_families_work_alike(void **state)
{
	struct fixture *f = *state;
	int fd = peer_open(AF_INET6);
	struct path path;
	uint8_t data[100];

	peer_send(f, fd, "::1", 4500, BYTES(0, 0, 0, 0, 7));
	assert_int_equal(f->ike, 1);
	assert_int_equal(f->path.local.ip.family, IP_V6);
	assert_int_equal(f->path.local.ip.bytes[15], 1);
	assert_int_equal(f->path.remote.port, 4000);
	path = f->path;
	assert_true(sockets_send_ike(&f->sockets, &path, BYTES(5, 6)));
	assert_int_equal(recv(fd, data, sizeof(data), 0), 6);
	close(fd);
}

static void a_port_in_use_is_said_in_words(void **state)
{
	struct fixture *f = *state, *g = calloc(1, sizeof(*g));
	const struct sockets_env env = { .ctx = g, .ike = on_ike, .esp = on_esp };
	char why[160] = "";

	assert_non_null(g);
	assert_int_equal(sockets_open(&g->sockets, &f->loop, &env, 500, 4501, why), ERR_SYSTEM);
	assert_string_equal(why, "UDP port 500, IPv4: bind (does another IKE daemon run here?): Address already in use");
	free(g);
}

static void the_routing_table_knows_our_address(void **state)
{
	struct ip remote = ip_v4(127, 0, 0, 9), expected = ip_v4(127, 0, 0, 1), local;

	(void)state;
	assert_true(sockets_local_address(&remote, 0, &local));
	assert_true(ip_equal(&local, &expected));
	remote = ip_v4(198, 51, 100, 1);
	assert_false(sockets_local_address(&remote, 0, &local));
}

static void what_the_system_does_not_take_is_counted(void **state)
{
	struct fixture *f = *state;
	struct path path = {
		.local = { .ip = ip_v4(192, 0, 2, 77), .port = 4500 }, /* not ours */
		.remote = { .ip = ip_v4(127, 0, 0, 1), .port = 4000 },
		.encap = true,
	};

	assert_false(sockets_send_ike(&f->sockets, &path, BYTES(1, 2, 3, 4)));
	assert_int_equal(f->sockets.ike_not_sent, 1);
	for (unsigned i = 0; i < 3; i++)
		sockets_send_esp(&f->sockets, &path, &plain, BYTES(1, 2, 3, 4));
	sockets_flush(&f->sockets);
	assert_int_equal(f->sockets.esp_not_sent, 3);
	path.local.ip = ip_v4(127, 0, 0, 1);
	assert_true(sockets_send_ike(&f->sockets, &path, BYTES(1, 2, 3, 4)));
	sockets_send_esp(&f->sockets, &path, &plain, BYTES(1, 2, 3, 4));
	sockets_flush(&f->sockets);
	assert_int_equal(f->sockets.ike_not_sent, 1);
	assert_int_equal(f->sockets.esp_not_sent, 3);
}

static void a_host_without_ipv6_leaves_no_reason_for_a_failure(void **state)
{
	const struct sockets_env env = { 0 };
	struct sockets *s = calloc(1, sizeof(*s));
	struct rlimit before, few;
	char why[160] = "";
	struct loop loop;
	int lowest;
	enum err err;

	(void)state;
	assert_non_null(s);
	assert_int_equal(loop_init(&loop), ERR_OK);
	lowest = dup(0);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)lowest + 3; /* enough for IPv4 */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	err = sockets_open(s, &loop, &env, 1500, 5500, why);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(s->items[3].family, IP_NONE);
	assert_string_equal(why, "");
	sockets_close(s);
	loop_clear(&loop);
	free(s);
}

/* The way from us to ourselves, bare. RFC 4303 2: IP protocol 50. */
static struct path bare_to_ourselves(bool v6)
{
	struct path path = { .local.ip = ip_v4(127, 0, 0, 3), .remote.ip = ip_v4(127, 0, 0, 1) };

	if (v6)
		path.local.ip = path.remote.ip = (struct ip){ .family = IP_V6, .bytes = { [15] = 1 } };
	path.local.port = path.remote.port = 500; /* IKE's, and nothing to bare ESP */
	return path;
}

/* RFC 7296 2.23 */
static void bare_esp_comes_and_goes_many_a_call(void **state)
{
	struct fixture *f = *state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		const struct path path = bare_to_ourselves(v6);
		const struct outer outer = { .tos = 0xb9 };

		f->esp = 0;
		for (uint8_t i = 0; i < 100; i++) {
			const uint8_t packet[200] = { 1, 1, 1, 1, i };

			sockets_send_esp(&f->sockets, &path, &outer, span_of(packet, 100 + i));
		}
		sockets_flush(&f->sockets);
		serve(f);
		assert_int_equal(f->esp, 100);
		for (unsigned i = 0; i < 100; i++) {
			assert_int_equal(f->order[i], i);
			assert_int_equal(f->lengths[i], 100 + i);
		}
		assert_false(f->path.encap);
		assert_int_equal(f->path.remote.port, 0);
		assert_true(ip_equal(&f->path.remote.ip, &path.local.ip));
		assert_true(ip_equal(&f->path.local.ip, &path.remote.ip));
		assert_int_equal(f->tos, 0xb9);
		assert_int_equal(f->ike, 0);
		assert_int_equal(f->sockets.esp_not_sent, 0);
	}
}

static void the_tos_octet_goes_out_and_comes_in_with_each_packet(void **state)
{
	struct fixture *f = *state;

	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct path path = bare_to_ourselves(v6);

		path.encap = true;
		path.local.port = path.remote.port = 4500;
		for (unsigned tos = 0; tos < 256; tos++) {
			const struct outer outer = { .tos = (uint8_t)tos };

			sockets_send_esp(&f->sockets, &path, &outer, BYTES(1, 2, 3, 4, 5));
			sockets_flush(&f->sockets);
			assert_int_equal(loop_wait(&f->loop, 0, 1), ERR_OK);
			loop_serve(&f->loop);
			assert_int_equal(f->tos, tos);
		}
	}
	assert_int_equal(f->esp, 512);
}

static void lo_mtu(int mtu)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_mtu = mtu };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
	close(fd);
}

static void a_packet_with_df_that_is_too_long_says_that_the_way_is_narrow(void **state)
{
	static const uint8_t packet[2000] = { 1, 1, 1, 1 };
	const struct outer whole = { .df = true };
	struct fixture *f = *state;

	lo_mtu(1500);
	for (unsigned i = 0; i < 4; i++) { /* bare and in UDP, both families */
		struct path path = bare_to_ourselves(i % 2);

		path.encap = i >= 2;
		if (path.encap)
			path.local.port = path.remote.port = 4500;
		f->narrow = f->esp = 0;
		assert_int_equal(sockets_path_mtu(&path), 1500);
		sockets_send_esp(&f->sockets, &path, &whole, span_of(packet, 2000));
		sockets_send_esp(&f->sockets, &path, &whole, span_of(packet, 1000));
		sockets_flush(&f->sockets);
		assert_int_equal(f->narrow, 1);
		assert_true(ip_equal(&f->path.remote.ip, &path.remote.ip));
		/* Without DF the kernel cuts it and puts it together again. */
		sockets_send_esp(&f->sockets, &path, &plain, span_of(packet, 2000));
		sockets_flush(&f->sockets);
		serve(f);
		assert_int_equal(f->narrow, 1);
		assert_int_equal(f->esp, 2);
		assert_int_equal(f->lengths[0], 1000);
		assert_int_equal(f->lengths[1], 2000);
	}
	lo_mtu(65536);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(on_the_ike_port_all_is_ike_and_the_path_says_whence_and_whither),
		TEST(on_the_nat_port_the_marker_tells_ike_from_esp),
		TEST(keepalives_and_what_is_too_short_go_nowhere),
		TEST(a_batch_is_taken_in_order_and_the_rest_in_the_next_turn),
		TEST(what_is_sent_comes_from_the_paths_address_with_the_marker_where_it_belongs),
		TEST(packets_that_travel_together_arrive_one_by_one_in_order),
		TEST(lengths_and_peers_change_without_mixing_packets),
		TEST(packets_longer_than_the_mtu_arrive_all_the_same),
		TEST(what_the_system_does_not_take_is_said_so),
		TEST(both_families_work_alike),
		TEST(a_port_in_use_is_said_in_words),
		TEST(the_routing_table_knows_our_address),
		TEST(what_the_system_does_not_take_is_counted),
		TEST(bare_esp_comes_and_goes_many_a_call),
		TEST(the_tos_octet_goes_out_and_comes_in_with_each_packet),
		TEST(a_packet_with_df_that_is_too_long_says_that_the_way_is_narrow),
		cmocka_unit_test(a_host_without_ipv6_leaves_no_reason_for_a_failure),
	};

	return cmocka_run_group_tests(tests, setup_all, NULL);
}
