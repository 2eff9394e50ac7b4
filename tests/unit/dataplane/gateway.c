/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void gateway_open_v6(struct gateway *g)
{
	run_in(g->netns, "ip addr add fd01::1/64 dev lan nodad && ip addr add fd09::1/64 dev wan nodad");
	run_in(g->netns, "ip -6 route add default via fd09::2 && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
	run_in(g->host, "ip addr add fd01::2/64 dev eth0 nodad && ip -6 route add default via fd01::1");
	run_in(g->world, "ip addr add fd09::2/64 dev eth0 nodad && ip addr add fd51::1/128 dev lo nodad");
	run_in(g->world, "ip -6 route add fd01::/64 via fd09::1");
}

/* rp_filter 1 drops much of what the guard is for by itself; 0 leaves it to the guard. */
void gateway_open_filtering(struct gateway *g, int rp_filter)
{
	g->netns = netns_new();
	g->host = netns_new();
	g->world = netns_new();
	veth_between(g->netns, "lan", "10.1.0.1/24", g->host, "eth0", "10.1.0.2/24");
	veth_between(g->netns, "wan", "192.0.2.1/24", g->world, "eth0", "192.0.2.2/24");
	run_in(g->world, "ip addr add 198.51.100.1/32 dev lo && ip route add 10.1.0.0/24 via 192.0.2.1");
	run_in(g->host, "ip route add default via 10.1.0.1");
	run_in(g->netns, "ip route add default via 192.0.2.2 && echo 1 > /proc/sys/net/ipv4/ip_forward");
	run_in(g->netns, "for i in all default lan wan; do echo %d > /proc/sys/net/ipv4/conf/$i/rp_filter; done", rp_filter);
	gateway_open_v6(g);
	g->host_udp = udp_socket(g->host, "10.1.0.2", 7);
	g->world_udp = udp_socket(g->world, "0.0.0.0", 7);
	g->host_udp6 = udp_socket(g->host, "fd01::2", 7);
	g->world_udp6 = udp_socket(g->world, "::", 7);
	g->world_sniffer = sniffer(g->world, "eth0");
}

void gateway_open(struct gateway *g)
{
	gateway_open_filtering(g, 0);
}

void gateway_close(struct gateway *g)
{
	(void)close(g->host_udp);
	(void)close(g->host_udp6);
	(void)close(g->world_udp6);
	(void)close(g->world_udp);
	(void)close(g->world_sniffer);
	(void)close(g->netns);
	(void)close(g->host);
	(void)close(g->world);
}

/* Who speaks, by family. */
struct cast {
	const char *host, *lan, *plain, *unbound;
	int host_udp;
};

static struct cast cast_for(const struct gateway *g, const char *address)
{
	if (strchr(address, ':'))
		return (struct cast){ "fd01::2", "fd01::1", "fd51::1", "::", g->host_udp6 };
	return (struct cast){ "10.1.0.2", "10.1.0.1", "198.51.100.1", NULL, g->host_udp };
}

/* How many of our packets to a protected address the world sees, from the LAN and from the gateway itself. */
unsigned leaks_out(struct gateway *g, const char *protected_address)
{
	struct cast cast = cast_for(g, protected_address);
	int own = udp_socket(g->netns, cast.unbound, 0), inside = udp_socket(g->netns, cast.lan, 0);
	unsigned count;

	(void)udp_send(cast.host_udp, protected_address, 7, "secret");
	(void)udp_send(own, protected_address, 7, "secret");
	(void)udp_send(inside, protected_address, 7, "secret");
	/* Both to the same next hop, and so in order. */
	assert_true(udp_send(cast.host_udp, cast.plain, 7, "plain"));
	count = sniffed_before(g->world_sniffer, "secret", "plain");
	(void)close(own);
	(void)close(inside);
	return count;
}

/* Whether a clear packet with that source reaches the LAN; one from elsewhere must in any case. */
bool leaks_in(struct gateway *g, const char *src, uint16_t src_port)
{
	struct cast cast = cast_for(g, src);

	inject(g->world, src, src_port, cast.host, 7, "spoofed");
	inject(g->world, cast.plain, 7, cast.host, 7, "honest");
	if (udp_arrives(cast.host_udp, "spoofed", 100)) {
		assert_true(udp_arrives(cast.host_udp, "honest", LAB_PATIENCE_MS));
		return true;
	}
	return false;
}

static bool arrives_from(struct gateway *g, const char *plain)
{
	struct cast cast = cast_for(g, plain);

	inject(g->world, plain, 7, cast.host, 7, "honest");
	return udp_arrives(cast.host_udp, "honest", LAB_PATIENCE_MS);
}

bool plain_traffic_arrives(struct gateway *g)
{
	return arrives_from(g, "198.51.100.1");
}

void assert_open(struct gateway *g, const char *address)
{
	assert_int_equal(leaks_out(g, address), 3);
	assert_true(leaks_in(g, address, 7));
}

void assert_closed(struct gateway *g, const char *address)
{
	assert_int_equal(leaks_out(g, address), 0);
	assert_false(leaks_in(g, address, 7));
	assert_true(arrives_from(g, cast_for(g, address).plain));
}

void assert_nothing_left(struct gateway *g)
{
	assert_int_equal(count_in(g->netns, "ip route show table all proto 173 | wc -l"), 0);
	assert_int_equal(count_in(g->netns, "ip -6 route show table all proto 173 | wc -l"), 0);
	assert_int_equal(count_in(g->netns, "ip rule | wc -l"), 3);
	assert_int_equal(count_in(g->netns, "ip -6 rule | wc -l"), 2);
	assert_int_equal(count_in(g->netns, "nft list ruleset | wc -l"), 0);
	assert_int_equal(count_in(g->netns, "ip link show type tun | wc -l"), 0);
}

/* A process that holds a dataplane with these SAs, until it is killed. */
pid_t holder_start(struct gateway *g, const struct child_spec *specs, size_t count)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		lab_plane_open(&g->plane, g->netns);
		for (size_t i = 0; i < count; i++)
			lab_plane_install(&g->plane, &specs[i]);
		if (write(ready[1], "1", 1) != 1)
			_exit(1);
		for (;;)
			(void)!dataplane_tun.ready(g->plane.plane, g->plane.fd, 1);
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return pid;
}

void holder_kill(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

unsigned footprint(struct gateway *g)
{
	return count_in(g->netns, "(ip rule; ip -6 rule; ip route show table all proto 173; "
			"ip -6 route show table all proto 173; nft list ruleset; ip link show type tun) | wc -l");
}
