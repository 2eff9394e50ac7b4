/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What src/dataplane/tun keeps from leaving and coming in clear, and what it leaves alone, whatever comes, goes,
 * fails and is killed: real routes and filters in namespaces of our own. Needs root.
 */
#include "gateway.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void take_down(struct gateway *g, uint32_t spi)
{
	assert_int_equal(dataplane_tun.remove(g->plane.plane, spi), ERR_OK);
}

/* Installs both, takes the one down and then the other: each stays protected as long as it is there. */
static void try_together(const struct child_spec *a, const char *to_a, const struct child_spec *b, const char *to_b)
{
	static struct gateway g;

	gateway_open(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, a);
	lab_plane_install(&g.plane, b);
	assert_closed(&g, to_a);
	assert_closed(&g, to_b);
	take_down(&g, a->spi_in);
	assert_open(&g, to_a);
	assert_closed(&g, to_b);
	lab_plane_install(&g.plane, a);
	assert_closed(&g, to_a);
	take_down(&g, b->spi_in);
	assert_closed(&g, to_a);
	assert_open(&g, to_b);
	lab_plane_install(&g.plane, b);
	take_down(&g, b->spi_in);
	assert_closed(&g, to_a);
	take_down(&g, a->spi_in);
	assert_open(&g, to_a);
	assert_int_equal(g.plane.errors, 0);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void sas_with_wide_and_narrow_local_selectors_do_not_touch_each_other(void **state)
{
	struct child_spec wide = lab_spec(0x1001, 0x2001, "0.0.0.0/0", "10.2.0.0/24"),
			  narrow = lab_spec(0x1002, 0x2002, "10.1.0.0/24", "10.3.0.0/24"),
			  protocol = lab_spec(0x1003, 0x2003, "10.1.0.0/24", "10.4.0.0/24");

	(void)state;
	protocol.local_ts[0] = lab_selector("10.1.0.0/24", 17, 0, 65535);
	try_together(&wide, "10.2.0.9", &narrow, "10.3.0.9");
	try_together(&narrow, "10.3.0.9", &wide, "10.2.0.9");
	try_together(&narrow, "10.3.0.9", &protocol, "10.4.0.9");
	try_together(&protocol, "10.4.0.9", &narrow, "10.3.0.9");
	try_together(&protocol, "10.4.0.9", &wide, "10.2.0.9");
}

static void a_selector_with_a_protocol_captures_no_other_one(void **state)
{
	static struct gateway g;
	struct child_spec any = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.3.0.0/24"),
			  udp = lab_spec(0x1002, 0x2002, "10.1.0.0/24", "10.4.0.0/24");

	(void)state;
	udp.local_ts[0] = lab_selector("10.1.0.0/24", 17, 0, 65535);
	gateway_open(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &any);
	lab_plane_install(&g.plane, &udp);
	assert_int_equal(count_in(g.netns, "ip route get 10.4.0.9 from 10.1.0.2 iif lan ipproto udp | grep -c adit0"), 1);
	assert_int_equal(count_in(g.netns, "ip route get 10.4.0.9 from 10.1.0.2 iif lan ipproto tcp | grep -c wan"), 1);
	lab_plane_close(&g.plane);
	gateway_close(&g);
}

static void a_tunnel_to_everywhere_leaves_other_local_networks_alone(void **state)
{
	static struct gateway g;
	struct child_spec full = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "0.0.0.0/0"),
			  other = lab_spec(0x1002, 0x2002, "10.9.0.0/24", "10.77.0.0/16");
	int fd;

	(void)state;
	gateway_open(&g);
	run_in(g.netns, "ip addr add 10.9.0.1/24 dev lo");
	run_in(g.world, "ip route add 10.9.0.0/24 via 192.0.2.1");
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &other);
	lab_plane_install(&g.plane, &full);
	fd = udp_socket(g.netns, "10.9.0.1", 9);
	assert_true(udp_send(fd, "198.51.100.1", 7, "plain"));
	assert_true(udp_arrives(g.world_udp, "plain", LAB_PATIENCE_MS));
	inject(g.world, "10.77.0.1", 7, "10.9.0.1", 9, "spoofed");
	inject(g.world, "198.51.100.1", 7, "10.9.0.1", 9, "honest");
	assert_false(udp_arrives(fd, "spoofed", 100));
	inject(g.world, "198.51.100.1", 7, "10.9.0.1", 9, "honest");
	assert_true(udp_arrives(fd, "honest", LAB_PATIENCE_MS));
	assert_true(udp_send(g.host_udp, "198.51.100.1", 7, "secret"));
	assert_true(udp_send(fd, "10.77.0.1", 7, "secret"));
	assert_true(udp_send(fd, "198.51.100.1", 7, "until"));
	assert_int_equal(sniffed_before(g.world_sniffer, "secret", "until"), 0);
	(void)close(fd);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

/* One of them is the host's "default", 253, which some hosts have no rule for. */
static void tables_of_others_are_passed_over(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");

	(void)state;
	gateway_open(&g);
	run_in(g.netns, "ip route add 198.18.0.0/15 via 192.0.2.2 table 251 && ip rule add from 198.19.0.1 lookup 252 "
			"&& ip rule del lookup default");
	g.plane.table = 251;
	netns_enter(g.netns);
	g.plane.netns = g.netns;
	assert_int_equal(lab_plane_try_here(&g.plane), ERR_OK);
	lab_plane_install(&g.plane, &spec);
	assert_closed(&g, "10.2.0.9");
	assert_int_equal(count_in(g.netns, "ip route show table 251 | wc -l"), 1);
	assert_int_equal(count_in(g.netns, "ip route show table 256 proto 173 | wc -l"), 2);
	lab_plane_close(&g.plane);
	assert_int_equal(count_in(g.netns, "ip route show table 251 | wc -l"), 1);
	assert_int_equal(count_in(g.netns, "ip rule | wc -l"), 3);
	gateway_close(&g);
}

static void the_hosts_own_tables_are_refused(void **state)
{
	static struct lab_plane p;

	(void)state;
	p.netns = netns_new();
	for (uint32_t table = 253; table <= 255; table++) {
		p.table = table;
		assert_int_equal(lab_plane_try_here(&p), ERR_CONFIG);
	}
	p.table = 220;
	p.priority = 32758;
	assert_int_equal(lab_plane_try_here(&p), ERR_CONFIG);
	p.priority = 32757;
	assert_int_equal(lab_plane_try_here(&p), ERR_OK);
	lab_plane_close(&p);
	(void)close(p.netns);
}

/* To routing rules a fragment has no ports: it must not pass them by. */
static void selectors_with_ports_capture_the_protocol_and_fragments_with_it(void **state)
{
	static struct gateway g;
	static char big[3001];
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");
	struct dataplane_counters c;

	(void)state;
	for (size_t i = 0; i + 6 < sizeof(big); i += 6)
		memcpy(&big[i], "secret", 6);
	gateway_open(&g);
	spec.local_ts[0] = lab_selector("10.1.0.0/24", 17, 7, 7);
	spec.remote_ts[0] = lab_selector("10.2.0.0/24", 17, 7, 8);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	assert_true(udp_send(g.host_udp, "10.2.0.9", 7, "secret"));
	assert_true(udp_send(g.host_udp, "10.2.0.9", 8, "secret"));
	assert_true(udp_send(g.host_udp, "10.2.0.9", 9, "secret"));
	assert_true(udp_send(g.host_udp, "10.2.0.9", 7, big));
	assert_true(udp_send(g.host_udp, "198.51.100.1", 7, "plain"));
	assert_int_equal(sniffed_before(g.world_sniffer, "secret", "plain"), 0);
	lab_pump(&g.plane);
	assert_int_equal(g.plane.sent, 3);
	dataplane_tun.totals(g.plane.plane, &c);
	assert_int_equal(c.packets_out, 3); /* the first fragment has ports */
	assert_true(c.no_sa >= 3); /* port 9 and the other fragments */
	assert_false(leaks_in(&g, "10.2.0.9", 7));
	assert_false(leaks_in(&g, "10.2.0.9", 8));
	assert_false(leaks_in(&g, "10.2.0.9", 9));
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

/* The local selector is wider than the LAN, and the remote one around both. */
static void of_the_own_network_only_what_the_host_has_a_way_to_is_clear(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/16", "0.0.0.0/0");
	int lan, unbound;

	(void)state;
	gateway_open(&g);
	run_in(g.world, "ip addr add 10.1.200.9/32 dev lo");
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	lan = udp_socket(g.netns, "10.1.0.1", 9);
	unbound = udp_socket(g.netns, NULL, 0);
	assert_true(udp_send(g.host_udp, "10.1.200.9", 7, "secret"));
	assert_true(udp_send(lan, "10.1.200.9", 7, "secret"));
	assert_true(udp_send(unbound, "10.1.200.9", 7, "secret"));
	run_in(g.netns, "ip addr add 192.0.2.7/32 dev wan");
	assert_int_equal(count_in(g.netns, "ip route get 10.1.200.9 from 10.1.0.1 | grep -c adit0"), 1);
	lab_pump(&g.plane);
	assert_int_equal(g.plane.sent, 3);
	/* From beyond the LAN, and as if from it: neither came in where it belongs. */
	inject(g.world, "10.1.200.9", 7, "10.1.0.1", 9, "spoofed");
	inject(g.world, "10.1.0.77", 7, "10.1.0.1", 9, "spoofed");
	inject(g.world, "10.1.0.77", 7, "10.1.0.2", 7, "spoofed");
	assert_false(udp_arrives(lan, "spoofed", 100));
	assert_false(udp_arrives(g.host_udp, "spoofed", 100));
	assert_true(udp_send(lan, "10.1.0.2", 7, "hello"));
	assert_true(udp_arrives(g.host_udp, "hello", LAB_PATIENCE_MS));
	assert_true(udp_send(unbound, "10.1.0.2", 7, "hello"));
	assert_true(udp_arrives(g.host_udp, "hello", LAB_PATIENCE_MS));
	assert_true(udp_send(g.host_udp, "10.1.0.1", 9, "hello"));
	assert_true(udp_arrives(lan, "hello", LAB_PATIENCE_MS));
	(void)close(lan);
	(void)close(unbound);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void the_networks_broadcast_address_is_protected_like_its_others(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");
	int fd;

	(void)state;
	gateway_open(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	fd = udp_socket(g.netns, "0.0.0.0", 9);
	inject(g.world, "10.2.0.9", 7, "10.1.0.255", 9, "spoofed");
	inject(g.world, "198.51.100.1", 7, "10.1.0.255", 9, "honest");
	assert_false(udp_arrives(fd, "spoofed", 100));
	inject(g.world, "198.51.100.1", 7, "10.1.0.255", 9, "honest");
	assert_true(udp_arrives(fd, "honest", LAB_PATIENCE_MS));
	(void)close(fd);
	lab_plane_close(&g.plane);
	gateway_close(&g);
}

static void a_run_that_fails_keeps_what_a_killed_one_left(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");
	unsigned before;

	(void)state;
	gateway_open(&g);
	/* Alone, it leaves nothing; after an SA, all. */
	lab_plane_open(&g.plane, g.netns);
	lab_plane_end(&g.plane, false);
	assert_nothing_left(&g);
	holder_kill(holder_start(&g, &spec, 1));
	before = footprint(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_end(&g.plane, false);
	assert_int_equal(footprint(&g), before);
	assert_closed(&g, "10.2.0.9");
	lab_plane_open(&g.plane, g.netns);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	lab_plane_end(&g.plane, false);
	assert_int_equal(footprint(&g), before);
	assert_closed(&g, "10.2.0.9");
	gateway_close(&g);
}

/* Also where the host has no other way back to them; and those it never protected come in. */
static void assert_in_closed(struct gateway *g)
{
	assert_false(leaks_in(g, "10.2.0.9", 7));
	assert_true(plain_traffic_arrives(g));
	run_in(g->netns, "ip route del default");
	assert_false(leaks_in(g, "10.2.0.9", 7));
	assert_true(plain_traffic_arrives(g));
	run_in(g->netns, "ip route add default via 192.0.2.2");
}

static void a_device_that_is_down_leaks_nothing_and_works_again_when_it_is_up(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24"),
			  later = lab_spec(0x1002, 0x2002, "10.1.0.0/24", "10.3.0.0/24");

	(void)state;
	gateway_open(&g);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	assert_int_equal(dataplane_tun.ready(g.plane.plane, g.plane.watch, 1), ERR_OK);
	run_in(g.netns, "ip link set adit0 down");
	assert_in_closed(&g);
	assert_int_equal(leaks_out(&g, "10.2.0.9"), 0);
	assert_int_equal(dataplane_tun.ready(g.plane.plane, g.plane.watch, 1), ERR_OK);
	assert_int_equal(g.plane.errors, 1);
	lab_plane_install(&g.plane, &later);
	assert_closed(&g, "10.3.0.9");
	run_in(g.netns, "ip link set adit0 up");
	assert_int_equal(dataplane_tun.ready(g.plane.plane, g.plane.watch, 1), ERR_OK);
	lab_pump(&g.plane);
	g.plane.sent = 0;
	assert_closed(&g, "10.2.0.9");
	assert_closed(&g, "10.3.0.9");
	lab_pump(&g.plane);
	assert_int_equal(g.plane.sent, 6);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void nothing_leaks_even_when_the_device_is_removed(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");

	(void)state;
	gateway_open(&g);
	holder_kill(holder_start(&g, &spec, 1));
	run_in(g.netns, "ip link del adit0");
	assert_int_equal(leaks_out(&g, "10.2.0.9"), 0);
	assert_in_closed(&g);
	/* A run that sees it happen says so, and ends with everything in place. */
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	run_in(g.netns, "ip link del adit0");
	assert_int_equal(dataplane_tun.ready(g.plane.plane, g.plane.fd, 1), ERR_SYSTEM);
	assert_int_equal(g.plane.errors, 1);
	lab_plane_end(&g.plane, false);
	assert_int_equal(leaks_out(&g, "10.2.0.9"), 0);
	assert_in_closed(&g);
	gateway_close(&g);
}

static void what_a_killed_run_left_for_everywhere_is_taken_over_and_given_back(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "0.0.0.0/0", "10.2.0.0/24");
	unsigned before;

	(void)state;
	gateway_open(&g);
	holder_kill(holder_start(&g, &spec, 1));
	before = footprint(&g);
	assert_closed(&g, "10.2.0.9");
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	assert_int_equal(footprint(&g), before);
	take_down(&g, 0x1001);
	assert_open(&g, "10.2.0.9");
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void another_priority_and_table_after_a_kill_take_everything_over(void **state)
{
	static struct gateway g;
	struct child_spec specs[2] = { lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24"),
				       lab_spec(0x1002, 0x2002, "10.1.0.0/24", "0.0.0.0/0") };
	static const uint32_t priorities[] = { 300, 221, 222, 219, 100 };

	(void)state;
	specs[0].local_ts[0] = lab_selector("10.1.0.0/24", 17, 0, 65535);
	for (size_t i = 0; i < ARRAY_LEN(priorities); i++) {
		unsigned before;
		int marked, mark = DATAPLANE_MARK;

		gateway_open(&g);
		g.plane = (struct lab_plane){ 0 };
		holder_kill(holder_start(&g, specs, 2));
		before = footprint(&g);
		g.plane.table = 400;
		g.plane.priority = priorities[i];
		g.plane.netns = g.netns;
		if (lab_plane_try_here(&g.plane) != ERR_OK)
			fail_msg("priority %u: %s", priorities[i], g.plane.log);
		assert_int_equal(footprint(&g), before);
		marked = udp_socket(g.netns, NULL, 0);
		assert_int_equal(setsockopt(marked, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)), 0);
		(void)udp_send(g.host_udp, "10.2.0.9", 7, "secret");
		(void)udp_send(g.host_udp, "198.51.100.1", 7, "secret");
		assert_true(udp_send(marked, "198.51.100.1", 7, "until"));
		assert_int_equal(sniffed_before(g.world_sniffer, "secret", "until"), 0);
		inject(g.world, "10.2.0.9", 7, "10.1.0.2", 7, "spoofed");
		assert_false(udp_arrives(g.host_udp, "spoofed", 100));
		(void)close(marked);
		lab_plane_close(&g.plane);
		assert_nothing_left(&g);
		assert_int_equal(count_in(g.netns, "cat /proc/sys/net/ipv4/conf/all/src_valid_mark"), 0);
		assert_open(&g, "10.2.0.9");
		gateway_close(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sas_with_wide_and_narrow_local_selectors_do_not_touch_each_other),
		cmocka_unit_test(a_selector_with_a_protocol_captures_no_other_one),
		cmocka_unit_test(a_tunnel_to_everywhere_leaves_other_local_networks_alone),
		cmocka_unit_test(tables_of_others_are_passed_over),
		cmocka_unit_test(the_hosts_own_tables_are_refused),
		cmocka_unit_test(selectors_with_ports_capture_the_protocol_and_fragments_with_it),
		cmocka_unit_test(of_the_own_network_only_what_the_host_has_a_way_to_is_clear),
		cmocka_unit_test(the_networks_broadcast_address_is_protected_like_its_others),
		cmocka_unit_test(a_run_that_fails_keeps_what_a_killed_one_left),
		cmocka_unit_test(a_device_that_is_down_leaks_nothing_and_works_again_when_it_is_up),
		cmocka_unit_test(nothing_leaks_even_when_the_device_is_removed),
		cmocka_unit_test(what_a_killed_run_left_for_everywhere_is_taken_over_and_given_back),
		cmocka_unit_test(another_priority_and_table_after_a_kill_take_everything_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
