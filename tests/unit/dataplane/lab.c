/* SPDX-License-Identifier: Apache-2.0 */
#include "lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry.h"

/* Namespaces */

void netns_enter(int netns)
{
	if (setns(netns, CLONE_NEWNET) != 0)
		fail_msg("setns: %s (these tests need root)", strerror(errno));
}

int netns_new(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		fail_msg("unshare: %s (these tests need root)", strerror(errno));
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	run_in(fd, "ip link set lo up");
	return fd;
}

void run_in(int netns, const char *format, ...)
{
	char command[512];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	netns_enter(netns);
	status = system(command);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("failed: %s", command);
}

unsigned count_in(int netns, const char *format, ...)
{
	char command[512], line[64] = "";
	va_list args;
	FILE *pipe;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	netns_enter(netns);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	assert_non_null(fgets(line, sizeof(line), pipe));
	(void)pclose(pipe);
	return (unsigned)strtoul(line, NULL, 10);
}

void veth_between(int a, const char *name_a, const char *address_a, int b, const char *name_b,
		  const char *address_b)
{
	run_in(a, "ip link add %s type veth peer name %s netns /proc/%d/fd/%d", name_a, name_b, (int)getpid(), b);
	run_in(a, "ip addr add %s dev %s && ip link set %s up", address_a, name_a, name_a);
	run_in(b, "ip addr add %s dev %s && ip link set %s up", address_b, name_b, name_b);
}

/* Dataplanes */

static void lab_send(void *ctx, const struct path *path, const struct outer *outer, struct span packet)
{
	struct lab_plane *p = ctx;
	uint32_t spi;

	p->last_path = *path;
	p->last_outer = *outer;
	p->last_len = packet.len;
	p->sent++;
	assert_true(packet.len >= 8);
	memcpy(&spi, packet.data, 4);
	p->last_spi = ntohl(spi);
	if (!p->peer || p->queued == ARRAY_LEN(p->queue))
		return;
	assert_true(packet.len <= sizeof(p->queue[0]));
	memcpy(p->queue[p->queued], packet.data, packet.len);
	p->queue_outer[p->queued] = *outer;
	if (p->outer_tos)
		p->queue_outer[p->queued].tos = p->outer_tos;
	p->queue_len[p->queued++] = packet.len;
}

static void lab_moved(void *ctx, uint32_t spi_in, const struct endpoint *remote)
{
	struct lab_plane *p = ctx;

	(void)spi_in;
	p->moves++;
	p->moved = *remote;
}

static size_t lab_path_mtu(void *ctx, const struct path *path)
{
	const struct lab_plane *p = ctx;

	(void)path;
	return p->mtu;
}

static void lab_log(void *ctx, int level, const char *line)
{
	struct lab_plane *p = ctx;

	if (level == 0)
		p->errors++;
	snprintf(p->log, sizeof(p->log), "%s", line);
}

enum err lab_plane_try(struct lab_plane *p, int netns)
{
	netns_enter(netns);
	p->netns = netns;
	return lab_plane_try_here(p);
}

enum err lab_plane_try_here(struct lab_plane *p)
{
	int netns = p->netns;
	struct dataplane_env env = { .child_sas = 64, .routing_table = p->table ? p->table : 220,
				     .routing_table_prio = p->priority ? p->priority : 220,
				     .ctx = p, .mss = p->mss, .path_mtu = lab_path_mtu, .send = lab_send, .moved = lab_moved, .log = lab_log };
	int fds[2];
	enum err err;

	memset(p, 0, sizeof(*p));
	p->netns = netns;
	p->table = env.routing_table;
	p->priority = env.routing_table_prio;
	p->memory = memory_system(64 << 20);
	assert_int_equal(crypto_libcrypto_new(&p->crypto), ERR_OK);
	env.memory = &p->memory;
	env.crypto = &p->crypto;
	err = dataplane_tun.new(&p->plane, &env);
	if (err != ERR_OK) {
		assert_int_equal(p->memory.used, 0);
		crypto_libcrypto_free(&p->crypto);
		return err;
	}
	assert_int_equal(dataplane_tun.descriptors(p->plane, fds, 2), 2);
	p->fd = fds[0];
	p->watch = fds[1];
	return ERR_OK;
}

void lab_plane_open(struct lab_plane *p, int netns)
{
	enum err err = lab_plane_try(p, netns);

	if (err != ERR_OK)
		fail_msg("dataplane: %s (%s)", err_name(err), p->log);
}

void lab_plane_close(struct lab_plane *p)
{
	lab_plane_end(p, true);
}

void lab_plane_end(struct lab_plane *p, bool orderly)
{
	netns_enter(p->netns);
	dataplane_tun.free(p->plane, orderly);
	assert_int_equal(p->memory.used, 0);
	crypto_libcrypto_free(&p->crypto);
}

void lab_plane_install(struct lab_plane *p, const struct child_spec *spec)
{
	enum err err;

	netns_enter(p->netns);
	err = dataplane_tun.install(p->plane, spec, 1);
	if (err != ERR_OK)
		fail_msg("install: %s (%s)", err_name(err), p->log);
}

static bool carry(struct lab_plane *p)
{
	bool any = p->queued > 0;

	for (size_t i = 0; i < p->queued; i++)
		dataplane_tun.input(p->peer->plane, &p->from, &p->queue_outer[i], p->queue[i], p->queue_len[i], 1);
	p->queued = 0;
	return any;
}

static bool take_from_device(struct lab_plane *p)
{
	struct pollfd poll_fd = { .fd = p->fd, .events = POLLIN };

	if (poll(&poll_fd, 1, 20) != 1)
		return false;
	assert_int_equal(dataplane_tun.ready(p->plane, p->fd, p->now ? p->now : 1), ERR_OK);
	return true;
}

void lab_pump(struct lab_plane *p)
{
	bool busy = true;

	for (unsigned i = 0; busy && i < 100; i++) {
		busy = take_from_device(p);
		if (p->peer) {
			busy = take_from_device(p->peer) || busy;
			busy = carry(p) || busy;
			busy = carry(p->peer) || busy;
		}
	}
}

struct selector lab_selector(const char *text, uint8_t protocol, uint16_t port_first, uint16_t port_last)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(&prefix, text), ERR_OK);
	return (struct selector){ .protocol = protocol, .port_first = port_first, .port_last = port_last,
				  .first = prefix.ip, .last = prefix_last(&prefix) };
}

static void key_make(struct secret *s, uint32_t spi, size_t len)
{
	uint8_t bytes[SECRET_MAX];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(spi >> i % 4 * 8 ^ i * 37);
	secret_set(s, span_of(bytes, len));
}

struct child_spec lab_spec(uint32_t spi_in, uint32_t spi_out, const char *local, const char *remote)
{
	struct child_spec spec = { .spi_in = spi_in, .spi_out = spi_out, .protocol = PROTOCOL_ESP,
				   .mode = CHILD_TUNNEL, .replay_window = 64, .encap = true,
				   .local_count = 1, .remote_count = 1 };

	spec.encr = (struct transform){ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = 128 };
	spec.integ = (struct transform){ .type = TRANSFORM_INTEG, .id = INTEG_NONE };
	key_make(&spec.encr_in, spi_in, 20);
	key_make(&spec.encr_out, spi_out, 20);
	spec.local_ts[0] = lab_selector(local, 0, 0, 65535);
	spec.remote_ts[0] = lab_selector(remote, 0, 0, 65535);
	spec.path = (struct path){ .local = { ip_v4(192, 0, 2, 1), 4500 },
				   .remote = { ip_v4(192, 0, 2, 2), 4500 }, .encap = true };
	return spec;
}

/* Packets */

static socklen_t address_of(struct sockaddr_storage *ret, const char *address, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(ret, 0, sizeof(*ret));
	if (strchr(address, ':')) {
		assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
		memcpy(ret, &v6, sizeof(v6));
		return sizeof(v6);
	}
	assert_int_equal(inet_pton(AF_INET, address, &v4.sin_addr), 1);
	memcpy(ret, &v4, sizeof(v4));
	return sizeof(v4);
}

int udp_socket(int netns, const char *address, uint16_t port)
{
	struct sockaddr_storage here;
	socklen_t len = address_of(&here, address ? address : "0.0.0.0", port);
	int fd, on = 1;

	netns_enter(netns);
	fd = socket(here.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	if (here.ss_family == AF_INET6)
		assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	if (address && bind(fd, (struct sockaddr *)&here, len) != 0)
		fail_msg("bind %s: %s", address, strerror(errno));
	return fd;
}

bool udp_send(int fd, const char *address, uint16_t port, const char *text)
{
	struct sockaddr_storage there;
	socklen_t len = address_of(&there, address, port);

	return sendto(fd, text, strlen(text), 0, (struct sockaddr *)&there, len) >= 0;
}

bool udp_arrives(int fd, const char *text, int patience_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char got[2048];

	while (poll(&poll_fd, 1, patience_ms) == 1) {
		ssize_t len = recv(fd, got, sizeof(got), 0);

		if (len == (ssize_t)strlen(text) && memcmp(got, text, (size_t)len) == 0)
			return true;
	}
	return false;
}

int sniffer(int netns, const char *interface)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd, on = 1;

	netns_enter(netns);
	ll.sll_ifindex = (int)if_nametoindex(interface);
	assert_true(ll.sll_ifindex != 0);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&ll, sizeof(ll)), 0);
	return fd;
}

unsigned sniffed_before(int fd, const char *text, const char *until)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	unsigned count = 0;
	uint8_t packet[2048];

	while (poll(&poll_fd, 1, LAB_PATIENCE_MS) == 1) {
		ssize_t len = recv(fd, packet, sizeof(packet), 0);

		assert_true(len > 0);
		if (memmem(packet, (size_t)len, until, strlen(until)))
			return count;
		if (memmem(packet, (size_t)len, text, strlen(text)))
			count++;
	}
	fail_msg("\"%s\" never passed", until);
	return count;
}

static uint16_t checksum(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The header, with what the kernel does not fill in; gives its length. */
static size_t header_make(uint8_t *packet, const struct sockaddr_storage *from, const struct sockaddr_storage *to, size_t len)
{
	const struct sockaddr_in *from4 = (const void *)from, *to4 = (const void *)to;
	const struct sockaddr_in6 *from6 = (const void *)from, *to6 = (const void *)to;

	if (from->ss_family == AF_INET6) {
		packet[0] = 0x60;
		packet[4] = (uint8_t)(len >> 8);
		packet[5] = (uint8_t)len;
		packet[6] = IPPROTO_UDP;
		packet[7] = 64;
		memcpy(&packet[8], &from6->sin6_addr, 16);
		memcpy(&packet[24], &to6->sin6_addr, 16);
		return 40;
	}
	packet[0] = 0x45;
	packet[8] = 64;
	packet[9] = IPPROTO_UDP;
	memcpy(&packet[12], &from4->sin_addr, 4);
	memcpy(&packet[16], &to4->sin_addr, 4);
	return 20;
}

void inject(int netns, const char *src, uint16_t src_port, const char *dst, uint16_t dst_port, const char *text)
{
	uint8_t packet[256] = { 0 };
	struct sockaddr_storage from, to;
	socklen_t to_len = address_of(&to, dst, 0);
	size_t len = 8 + strlen(text), head;
	uint16_t sum;
	int fd, on = 1;

	(void)address_of(&from, src, 0);
	assert_int_equal(from.ss_family, to.ss_family);
	head = header_make(packet, &from, &to, len);
	assert_true(head + len <= sizeof(packet));
	packet[head] = (uint8_t)(src_port >> 8);
	packet[head + 1] = (uint8_t)src_port;
	packet[head + 2] = (uint8_t)(dst_port >> 8);
	packet[head + 3] = (uint8_t)dst_port;
	packet[head + 4] = (uint8_t)(len >> 8);
	packet[head + 5] = (uint8_t)len;
	memcpy(&packet[head + 8], text, strlen(text));
	if (head == 40) { /* over the addresses too, and a must */
		sum = checksum(&packet[8], 32 + len, IPPROTO_UDP + (uint32_t)len);
		packet[head + 6] = (uint8_t)(sum >> 8);
		packet[head + 7] = (uint8_t)sum;
	}
	netns_enter(netns);
	/* IPv4: length and checksum are the kernel's work. */
	fd = socket(to.ss_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	assert_int_equal(sendto(fd, packet, head + len, 0, (struct sockaddr *)&to, to_len), (ssize_t)(head + len));
	(void)close(fd);
}
