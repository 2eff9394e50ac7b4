/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/dataplane/tun with IPv6 inside, alone and beside IPv4: real devices, routes and filters. Needs root. */
#include "gateway.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

/* An SA with selectors of both families. */
static struct child_spec both_spec(uint32_t spi_in, uint32_t spi_out)
{
	struct child_spec spec = lab_spec(spi_in, spi_out, "10.1.0.0/24", "10.2.0.0/24");

	spec.local_count = spec.remote_count = 2;
	spec.local_ts[1] = lab_selector("fd01::/64", 0, 0, 65535);
	spec.remote_ts[1] = lab_selector("fd02::/64", 0, 0, 65535);
	return spec;
}

static struct child_spec v6_spec(uint32_t spi_in, uint32_t spi_out)
{
	return lab_spec(spi_in, spi_out, "fd01::/64", "fd02::/64");
}

/* RFC 4301 5.2 */
static void protected_ipv6_is_captured_and_given_back(void **state)
{
	static struct gateway g;
	struct child_spec spec = v6_spec(0x1001, 0x2001);

	(void)state;
	gateway_open(&g);
	assert_open(&g, "fd02::9");
	lab_plane_open(&g.plane, g.netns);
	assert_open(&g, "fd02::9");
	lab_plane_install(&g.plane, &spec);
	assert_closed(&g, "fd02::9");
	assert_open(&g, "10.2.0.9");
	assert_int_equal(dataplane_tun.remove(g.plane.plane, 0x1001), ERR_OK);
	assert_open(&g, "fd02::9");
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void one_sa_protects_both_families(void **state)
{
	static struct gateway g;
	struct child_spec spec = both_spec(0x1001, 0x2001);

	(void)state;
	gateway_open(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	assert_closed(&g, "fd02::9");
	assert_closed(&g, "10.2.0.9");
	assert_open(&g, "fd03::9");
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void a_killed_process_leaks_no_ipv6_either_way(void **state)
{
	static struct gateway g;
	struct child_spec specs[2] = { v6_spec(0x1001, 0x2001), lab_spec(0x1002, 0x2002, "fd01::/64", "fd03::/64") };
	unsigned before;
	pid_t pid;

	(void)state;
	specs[1].local_ts[0].protocol = 17;
	gateway_open(&g);
	pid = holder_start(&g, specs, 2);
	assert_closed(&g, "fd02::9");
	assert_closed(&g, "fd03::9");
	before = footprint(&g);
	holder_kill(pid);
	assert_closed(&g, "fd02::9");
	assert_closed(&g, "fd03::9");
	assert_int_equal(footprint(&g), before);

	/* Also without the device, whose routes the kernel takes with it. */
	run_in(g.netns, "ip link del adit0");
	assert_closed(&g, "fd02::9");

	/* The next start, with another priority, takes it over and doubles nothing. */
	g.plane.priority = 500;
	assert_int_equal(lab_plane_try(&g.plane, g.netns), ERR_OK);
	assert_closed(&g, "fd02::9");
	assert_closed(&g, "fd03::9");
	lab_plane_install(&g.plane, &specs[0]);
	lab_plane_install(&g.plane, &specs[1]);
	assert_int_equal(footprint(&g), before);
	assert_int_equal(dataplane_tun.remove(g.plane.plane, 0x1001), ERR_OK);
	assert_open(&g, "fd02::9");
	assert_closed(&g, "fd03::9");
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void a_tunnel_to_all_of_ipv6_leaves_the_lan_and_neighbour_discovery_alone(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "fd01::/64", "::/0");
	int inside;

	(void)state;
	gateway_open(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	/* Neighbours forget each other, and find each other again. */
	run_in(g.netns, "ip -6 neigh flush all; true");
	run_in(g.host, "ip -6 neigh flush all; true");
	inside = udp_socket(g.netns, "fd01::1", 0);
	assert_true(udp_send(inside, "fd01::2", 7, "near"));
	assert_true(udp_arrives(g.host_udp6, "near", LAB_PATIENCE_MS));
	(void)close(inside);
	inside = udp_socket(g.netns, "::", 0);
	assert_true(udp_send(inside, "fd01::2", 7, "near too"));
	assert_true(udp_arrives(g.host_udp6, "near too", LAB_PATIENCE_MS));
	(void)close(inside);
	run_in(g.host, "ping -6 -c 1 -W 2 fd01::1 > /dev/null");
	/* The world's neighbours too, though its addresses are protected. */
	run_in(g.netns, "ping -6 -c 1 -W 2 -I wan -m %u fd09::2 > /dev/null", DATAPLANE_MARK);
	assert_false(leaks_in(&g, "fd02::9", 7));
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void a_socket_without_address_gets_an_ipv6_one_from_the_local_selectors(void **state)
{
	static struct gateway g;
	struct child_spec spec = v6_spec(0x1001, 0x2001);
	struct sockaddr_in6 sin = { .sin6_family = AF_INET6, .sin6_port = htons(7) }, want = sin;
	socklen_t len = sizeof(sin);
	int fd;

	(void)state;
	gateway_open(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	fd = udp_socket(g.netns, "::", 0);
	assert_int_equal(inet_pton(AF_INET6, "fd02::9", &sin.sin6_addr), 1);
	assert_int_equal(inet_pton(AF_INET6, "fd01::1", &want.sin6_addr), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	assert_memory_equal(&sin.sin6_addr, &want.sin6_addr, 16);
	(void)close(fd);
	/* Elsewhere it is the host's own affair. */
	fd = udp_socket(g.netns, "::", 0);
	assert_true(udp_send(fd, "fd51::1", 7, "elsewhere"));
	assert_true(udp_arrives(g.world_udp6, "elsewhere", LAB_PATIENCE_MS));
	(void)close(fd);
	lab_plane_close(&g.plane);
	gateway_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protected_ipv6_is_captured_and_given_back),
		cmocka_unit_test(one_sa_protects_both_families),
		cmocka_unit_test(a_killed_process_leaks_no_ipv6_either_way),
		cmocka_unit_test(a_tunnel_to_all_of_ipv6_leaves_the_lan_and_neighbour_discovery_alone),
		cmocka_unit_test(a_socket_without_address_gets_an_ipv6_one_from_the_local_selectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
