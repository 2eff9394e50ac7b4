/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/dataplane/tun: real devices, routes and filters in namespaces of our own. Needs root. */
#include "gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two gateways whose planes are joined by hand. */
struct pair {
	struct lab_plane a, b;
	int host_a, host_b; /* UDP sockets behind them */
};

static void pair_open(struct pair *p)
{
	int a = netns_new(), b = netns_new();

	run_in(a, "ip addr add 10.1.0.1/24 dev lo");
	run_in(b, "ip addr add 10.2.0.1/24 dev lo");
	lab_plane_open(&p->a, a);
	lab_plane_open(&p->b, b);
	p->a.peer = &p->b;
	p->b.peer = &p->a;
	p->a.from = (struct path){ .local = { ip_v4(192, 0, 2, 2), 4500 },
				   .remote = { ip_v4(192, 0, 2, 1), 4500 }, .encap = true };
	p->b.from = (struct path){ .local = { ip_v4(192, 0, 2, 1), 4500 },
				   .remote = { ip_v4(192, 0, 2, 2), 4500 }, .encap = true };
	p->host_a = udp_socket(a, "10.1.0.1", 7);
	p->host_b = udp_socket(b, "10.2.0.1", 7);
}

static struct child_spec reversed(const struct child_spec *s)
{
	struct child_spec r = *s;

	r.spi_in = s->spi_out;
	r.spi_out = s->spi_in;
	r.encr_in = s->encr_out;
	r.encr_out = s->encr_in;
	r.path.local = s->path.remote;
	r.path.remote = s->path.local;
	r.local_count = s->remote_count;
	r.remote_count = s->local_count;
	memcpy(r.local_ts, s->remote_ts, sizeof(r.local_ts));
	memcpy(r.remote_ts, s->local_ts, sizeof(r.remote_ts));
	return r;
}

static void pair_install(struct pair *p, uint32_t spi_a, uint32_t spi_b)
{
	struct child_spec spec = lab_spec(spi_a, spi_b, "10.1.0.0/24", "10.2.0.0/24"), back = reversed(&spec);

	lab_plane_install(&p->a, &spec);
	lab_plane_install(&p->b, &back);
}

static void pair_close(struct pair *p)
{
	(void)close(p->host_a);
	(void)close(p->host_b);
	lab_plane_close(&p->a);
	lab_plane_close(&p->b);
	(void)close(p->a.netns);
	(void)close(p->b.netns);
}

static struct dataplane_counters totals(struct lab_plane *p)
{
	struct dataplane_counters c;

	dataplane_tun.totals(p->plane, &c);
	return c;
}

static void packets_travel_both_ways(void **state)
{
	static struct pair p;
	struct dataplane_counters c;

	(void)state;
	pair_open(&p);
	pair_install(&p, 0x1001, 0x2001);
	assert_true(udp_send(p.host_a, "10.2.0.1", 7, "there"));
	lab_pump(&p.a);
	assert_true(udp_arrives(p.host_b, "there", LAB_PATIENCE_MS));
	assert_true(udp_send(p.host_b, "10.1.0.1", 7, "and back"));
	lab_pump(&p.a);
	assert_true(udp_arrives(p.host_a, "and back", LAB_PATIENCE_MS));
	assert_int_equal(dataplane_tun.query(p.a.plane, 0x1001, &c), ERR_OK);
	assert_int_equal(c.packets_out, 1);
	assert_int_equal(c.packets_in, 1);
	assert_int_equal(c.bytes_out, 28 + 5);
	assert_int_equal(c.bytes_in, 28 + 8);
	assert_int_equal(p.a.moves, 0);
	pair_close(&p);
}

static void a_socket_without_address_gets_one_from_the_local_selectors(void **state)
{
	static struct pair p;
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(7) };
	socklen_t len = sizeof(sin);
	int fd;

	(void)state;
	pair_open(&p);
	pair_install(&p, 0x1001, 0x2001);
	fd = udp_socket(p.a.netns, NULL, 0);
	assert_int_equal(inet_pton(AF_INET, "10.2.0.1", &sin.sin_addr), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(ntohl(sin.sin_addr.s_addr), 0x0a010001);
	assert_int_equal(send(fd, "who", 3, 0), 3);
	lab_pump(&p.a);
	assert_true(udp_arrives(p.host_b, "who", LAB_PATIENCE_MS));
	(void)close(fd);
	pair_close(&p);
}

static void the_newer_of_two_equal_sas_sends_and_both_receive(void **state)
{
	static struct pair p;

	(void)state;
	pair_open(&p);
	pair_install(&p, 0x1001, 0x2001);
	pair_install(&p, 0x1002, 0x2002);
	assert_true(udp_send(p.host_a, "10.2.0.1", 7, "new"));
	lab_pump(&p.a);
	assert_int_equal(p.a.last_spi, 0x2002);
	assert_true(udp_arrives(p.host_b, "new", LAB_PATIENCE_MS));

	/* The peer still sends over the old one until it is removed. */
	assert_int_equal(dataplane_tun.remove(p.b.plane, 0x2002), ERR_OK);
	assert_true(udp_send(p.host_b, "10.1.0.1", 7, "old"));
	lab_pump(&p.a);
	assert_int_equal(p.b.last_spi, 0x1001);
	assert_true(udp_arrives(p.host_a, "old", LAB_PATIENCE_MS));

	/* Without the older one, routes and rules that both wanted are still there. */
	assert_int_equal(dataplane_tun.remove(p.a.plane, 0x1001), ERR_OK);
	assert_true(udp_send(p.host_a, "10.2.0.1", 7, "still"));
	lab_pump(&p.a);
	assert_int_equal(p.a.last_spi, 0x2002);
	assert_int_equal(count_in(p.a.netns, "ip route show table 220 | wc -l"), 2);
	assert_int_equal(dataplane_tun.remove(p.a.plane, 0x1002), ERR_OK);
	assert_int_equal(count_in(p.a.netns, "ip route show table 220 | wc -l"), 0);
	assert_int_equal(count_in(p.a.netns, "ip rule | grep -c 'lookup 220'; true"), 0);
	pair_close(&p);
}

static void an_spi_is_installed_once_and_unknown_ones_are_not_found(void **state)
{
	static struct pair p;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");
	struct dataplane_counters c;

	(void)state;
	pair_open(&p);
	lab_plane_install(&p.a, &spec);
	assert_int_equal(dataplane_tun.install(p.a.plane, &spec, 1), ERR_EXISTS);
	assert_int_equal(dataplane_tun.remove(p.a.plane, 0x9999), ERR_NOT_FOUND);
	assert_int_equal(dataplane_tun.update(p.a.plane, 0x9999, &spec.path), ERR_NOT_FOUND);
	assert_int_equal(dataplane_tun.query(p.a.plane, 0x9999, &c), ERR_NOT_FOUND);
	spec.spi_in = 0x1002;
	spec.mode = CHILD_TRANSPORT;
	assert_int_equal(dataplane_tun.install(p.a.plane, &spec, 1), ERR_SELECTOR);
	pair_close(&p);
}


/* One packet of the device, sealed and kept in the plane's queue. */
static size_t seal_one(struct pair *p, const char *text, uint8_t *ret, size_t max)
{
	size_t len;

	assert_true(udp_send(p->host_a, "10.2.0.1", 7, text));
	for (unsigned i = 0; p->a.queued == 0 && i < 100; i++) {
		assert_int_equal(dataplane_tun.ready(p->a.plane, p->a.fd, 1), ERR_OK);
		(void)usleep(1000);
	}
	assert_int_equal(p->a.queued, 1);
	len = p->a.queue_len[0];
	assert_true(len <= max);
	memcpy(ret, p->a.queue[0], len);
	p->a.queued = 0;
	return len;
}

static void input_copy(struct lab_plane *p, const struct path *path, const uint8_t *packet, size_t len, nanos now)
{
	uint8_t copy[2048];

	memcpy(copy, packet, len);
	dataplane_tun.input(p->plane, path, &(struct outer){ 0 }, copy, len, now);
}

static void what_is_not_authentic_or_not_new_is_dropped_and_counted(void **state)
{
	static struct pair p;
	uint8_t packet[2048], forged[2048];
	size_t len;

	(void)state;
	pair_open(&p);
	pair_install(&p, 0x1001, 0x2001);
	len = seal_one(&p, "once", packet, sizeof(packet));
	memcpy(forged, packet, len);
	forged[len - 1] ^= 1;
	input_copy(&p.b, &p.a.from, forged, len, 1);
	assert_int_equal(totals(&p.b).integrity, 1);
	input_copy(&p.b, &p.a.from, packet, len, 1);
	input_copy(&p.b, &p.a.from, packet, len, 1);
	assert_int_equal(totals(&p.b).replay, 1);
	input_copy(&p.b, &p.a.from, packet, 20, 1);
	assert_int_equal(totals(&p.b).malformed, 1);
	packet[0] ^= 1;
	input_copy(&p.b, &p.a.from, packet, len, 1);
	assert_int_equal(totals(&p.b).no_sa, 1);
	assert_int_equal(totals(&p.b).packets_in, 1);
	assert_true(udp_arrives(p.host_b, "once", LAB_PATIENCE_MS));
	assert_false(udp_arrives(p.host_b, "once", 50));
	pair_close(&p);
}

static void a_packet_outside_the_selectors_never_reaches_the_host(void **state)
{
	static struct pair p;
	struct child_spec wide = lab_spec(0x1001, 0x2001, "10.0.0.0/8", "10.2.0.0/24"), narrow;
	uint8_t packet[2048];
	size_t len;

	(void)state;
	pair_open(&p);
	lab_plane_install(&p.a, &wide);
	narrow = reversed(&wide);
	narrow.remote_ts[0] = lab_selector("10.1.0.128/25", 0, 0, 65535);
	lab_plane_install(&p.b, &narrow);
	len = seal_one(&p, "from elsewhere", packet, sizeof(packet));
	input_copy(&p.b, &p.a.from, packet, len, 1);
	assert_int_equal(totals(&p.b).selector, 1);
	assert_false(udp_arrives(p.host_b, "from elsewhere", 50));
	pair_close(&p);
}

static void only_an_authentic_and_newest_packet_tells_that_the_peer_moved(void **state)
{
	static struct pair p;
	uint8_t first[2048], second[2048];
	struct path elsewhere;
	size_t first_len, second_len;

	(void)state;
	pair_open(&p);
	pair_install(&p, 0x1001, 0x2001);
	first_len = seal_one(&p, "first", first, sizeof(first));
	second_len = seal_one(&p, "second", second, sizeof(second));
	elsewhere = p.a.from;
	elsewhere.remote = (struct endpoint){ ip_v4(198, 51, 100, 9), 1024 };

	second[second_len - 1] ^= 1;
	input_copy(&p.b, &elsewhere, second, second_len, 1);
	assert_int_equal(p.b.moves, 0);
	second[second_len - 1] ^= 1;
	input_copy(&p.b, &p.a.from, second, second_len, 1);
	assert_int_equal(p.b.moves, 0);
	/* Authentic, but held back: whoever sends it now need not be the peer. */
	input_copy(&p.b, &elsewhere, first, first_len, 1);
	assert_int_equal(totals(&p.b).packets_in, 2);
	assert_int_equal(p.b.moves, 0);

	first_len = seal_one(&p, "third", first, sizeof(first));
	input_copy(&p.b, &elsewhere, first, first_len, 1);
	assert_int_equal(p.b.moves, 1);
	assert_true(endpoint_equal(&p.b.moved, &elsewhere.remote));
	/* The same news is not told with every packet, and not at all once it is taken. */
	first_len = seal_one(&p, "fourth", first, sizeof(first));
	input_copy(&p.b, &elsewhere, first, first_len, 2);
	assert_int_equal(p.b.moves, 1);
	first_len = seal_one(&p, "fifth", first, sizeof(first));
	input_copy(&p.b, &elsewhere, first, first_len, 2 * NANOS_SECOND);
	assert_int_equal(p.b.moves, 2);
	assert_int_equal(dataplane_tun.update(p.b.plane, 0x2001, &elsewhere), ERR_OK);
	first_len = seal_one(&p, "sixth", first, sizeof(first));
	input_copy(&p.b, &elsewhere, first, first_len, 9 * NANOS_SECOND);
	assert_int_equal(p.b.moves, 2);
	pair_close(&p);
}

static void a_packet_of_the_whole_mtu_fits_1500_outside(void **state)
{
	static struct pair p;
	static char text[1400 - 28 + 1];
	uint8_t packet[2048];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	pair_open(&p);
	pair_install(&p, 0x1001, 0x2001);
	/* With IPv6 and UDP headers outside. */
	assert_true(seal_one(&p, text, packet, sizeof(packet)) + 48 <= 1500);
	pair_close(&p);
}

/* RFC4301 5.2: what should have come protected and did not is dropped */
static void protected_traffic_is_captured_and_given_back(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");

	(void)state;
	gateway_open(&g);
	assert_open(&g, "10.2.0.9");
	lab_plane_open(&g.plane, g.netns);
	assert_open(&g, "10.2.0.9"); /* no SA: the host's own affair */
	lab_plane_install(&g.plane, &spec);
	assert_closed(&g, "10.2.0.9");
	lab_pump(&g.plane);
	assert_int_equal(g.plane.sent, 3);
	assert_int_equal(dataplane_tun.remove(g.plane.plane, 0x1001), ERR_OK);
	assert_open(&g, "10.2.0.9");
	lab_plane_install(&g.plane, &spec);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	assert_int_equal(count_in(g.netns, "cat /proc/sys/net/ipv4/conf/all/src_valid_mark"), 0);
	assert_open(&g, "10.2.0.9");
	gateway_close(&g);
}

static void a_killed_process_leaks_nothing_either_way(void **state)
{
	static struct gateway g;
	struct child_spec specs[2] = { lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24"),
				       lab_spec(0x1002, 0x2002, "10.1.0.0/24", "10.3.0.0/24") };
	unsigned before;
	pid_t pid;

	(void)state;
	specs[1].local_ts[0] = lab_selector("10.1.0.0/24", 17, 0, 65535);
	gateway_open(&g);
	pid = holder_start(&g, specs, 2);
	assert_closed(&g, "10.2.0.9");
	assert_closed(&g, "10.3.0.9");
	before = footprint(&g);
	holder_kill(pid);
	assert_closed(&g, "10.2.0.9");
	assert_closed(&g, "10.3.0.9");
	assert_int_equal(footprint(&g), before);

	/* The next start keeps it closed before there is any SA, doubles nothing, and takes over. */
	lab_plane_open(&g.plane, g.netns);
	assert_closed(&g, "10.2.0.9");
	assert_closed(&g, "10.3.0.9");
	lab_plane_install(&g.plane, &specs[0]);
	lab_plane_install(&g.plane, &specs[1]);
	assert_int_equal(footprint(&g), before);
	assert_int_equal(dataplane_tun.remove(g.plane.plane, 0x1001), ERR_OK);
	assert_open(&g, "10.2.0.9");
	assert_closed(&g, "10.3.0.9");
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void what_a_killed_process_left_goes_with_the_next_orderly_end(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");

	(void)state;
	spec.remote_ts[0] = lab_selector("10.2.0.0/24", 17, 7, 7);
	gateway_open(&g);
	holder_kill(holder_start(&g, &spec, 1));
	lab_plane_open(&g.plane, g.netns);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	assert_open(&g, "10.2.0.9");
	gateway_close(&g);
}

static void try_tunnel_to_everywhere(int rp_filter)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "0.0.0.0/0");
	int own, lan, marked, mark = DATAPLANE_MARK;

	gateway_open_filtering(&g, rp_filter);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	own = udp_socket(g.netns, "192.0.2.1", 9);
	lan = udp_socket(g.netns, "10.1.0.1", 9);
	assert_true(udp_send(own, "198.51.100.1", 7, "own"));
	assert_true(udp_arrives(g.world_udp, "own", LAB_PATIENCE_MS));
	inject(g.world, "203.0.113.5", 7, "192.0.2.1", 9, "to the host");
	assert_true(udp_arrives(own, "to the host", LAB_PATIENCE_MS));
	/* What the LAN sends goes into the tunnel, what the daemon's marked sockets send does not. */
	assert_true(udp_send(g.host_udp, "198.51.100.1", 7, "secret"));
	marked = udp_socket(g.netns, NULL, 0);
	assert_int_equal(setsockopt(marked, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)), 0);
	assert_true(udp_send(marked, "198.51.100.1", 7, "marked"));
	assert_true(udp_arrives(g.world_udp, "marked", LAB_PATIENCE_MS));
	assert_int_equal(sniffed_before(g.world_sniffer, "secret", "marked"), 0);
	lab_pump(&g.plane);
	assert_int_equal(g.plane.sent, 1);
	/* The LAN and its gateway still see each other. */
	assert_true(udp_send(lan, "10.1.0.2", 7, "hello"));
	assert_true(udp_arrives(g.host_udp, "hello", LAB_PATIENCE_MS));
	assert_true(udp_send(g.host_udp, "10.1.0.1", 9, "hello"));
	assert_true(udp_arrives(lan, "hello", LAB_PATIENCE_MS));
	/* And from everywhere nothing comes to the LAN in clear. */
	inject(g.world, "203.0.113.5", 7, "10.1.0.2", 7, "spoofed");
	assert_false(udp_arrives(g.host_udp, "spoofed", 100));
	(void)close(own);
	(void)close(lan);
	(void)close(marked);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void a_tunnel_to_everywhere_leaves_the_host_its_own_traffic(void **state)
{
	(void)state;
	for (int rp_filter = 0; rp_filter <= 2; rp_filter++)
		try_tunnel_to_everywhere(rp_filter);
}

static void try_tunnel_between_everywheres(int rp_filter)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "0.0.0.0/0", "0.0.0.0/0");
	int ike, nat_t, other, everybody, looped, passing;

	gateway_open_filtering(&g, rp_filter);
	lab_plane_open(&g.plane, g.netns);
	spec.path.local.port = 5600;
	lab_plane_install(&g.plane, &spec);
	ike = udp_socket(g.netns, "192.0.2.1", 500);
	nat_t = udp_socket(g.netns, "192.0.2.1", 5600);
	other = udp_socket(g.netns, "192.0.2.1", 9);
	everybody = udp_socket(g.netns, "0.0.0.0", 68);
	run_in(g.world, "ip route add 255.255.255.255/32 dev eth0");
	looped = udp_socket(g.netns, "127.0.0.1", 10);
	inject(g.world, "203.0.113.5", 500, "192.0.2.1", 500, "ike");
	inject(g.world, "203.0.113.5", 500, "192.0.2.1", 5600, "esp");
	inject(g.world, "203.0.113.5", 500, "192.0.2.1", 9, "clear");
	inject(g.world, "192.0.2.2", 67, "255.255.255.255", 68, "offer");
	assert_true(udp_arrives(ike, "ike", LAB_PATIENCE_MS));
	assert_true(udp_arrives(nat_t, "esp", LAB_PATIENCE_MS));
	assert_true(udp_arrives(everybody, "offer", LAB_PATIENCE_MS));
	assert_false(udp_arrives(other, "clear", 100));
	assert_true(udp_send(looped, "127.0.0.1", 10, "loop"));
	assert_true(udp_arrives(looped, "loop", LAB_PATIENCE_MS));
	/* IKE that only passes through is traffic like any other. */
	passing = udp_socket(g.host, "10.1.0.2", 500);
	inject(g.world, "203.0.113.5", 7, "10.1.0.2", 500, "passing");
	assert_false(udp_arrives(passing, "passing", 100));
	(void)close(passing);
	(void)close(ike);
	(void)close(nat_t);
	(void)close(other);
	(void)close(everybody);
	(void)close(looped);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void a_tunnel_between_everywheres_lets_ike_esp_loopback_and_broadcast_in(void **state)
{
	(void)state;
	for (int rp_filter = 0; rp_filter <= 2; rp_filter++)
		try_tunnel_between_everywheres(rp_filter);
}

static void a_protocol_between_the_gateways_themselves_lets_ike_in(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "192.0.2.1/32", "192.0.2.2/32");
	int ike, other;

	(void)state;
	gateway_open(&g);
	spec.local_ts[0] = lab_selector("192.0.2.1/32", 17, 0, 65535);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	ike = udp_socket(g.netns, "192.0.2.1", 500);
	other = udp_socket(g.netns, "192.0.2.1", 9);
	inject(g.world, "192.0.2.2", 500, "192.0.2.1", 500, "ike");
	inject(g.world, "192.0.2.2", 500, "192.0.2.1", 9, "clear");
	assert_true(udp_arrives(ike, "ike", LAB_PATIENCE_MS));
	assert_false(udp_arrives(other, "clear", 100));
	(void)close(ike);
	(void)close(other);
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void address_ranges_are_captured_to_the_address(void **state)
{
	static struct gateway g;
	struct child_spec spec = lab_spec(0x1001, 0x2001, "10.1.0.0/24", "10.2.0.0/24");

	(void)state;
	gateway_open(&g);
	spec.remote_ts[0].first = ip_v4(10, 2, 0, 3);
	spec.remote_ts[0].last = ip_v4(10, 2, 0, 9);
	lab_plane_open(&g.plane, g.netns);
	lab_plane_install(&g.plane, &spec);
	assert_open(&g, "10.2.0.2");
	assert_closed(&g, "10.2.0.3");
	assert_closed(&g, "10.2.0.9");
	assert_open(&g, "10.2.0.10");
	lab_plane_close(&g.plane);
	assert_nothing_left(&g);
	gateway_close(&g);
}

static void a_second_one_in_the_same_namespace_is_refused_with_words(void **state)
{
	static struct lab_plane first, second;
	int netns = netns_new();

	(void)state;
	lab_plane_open(&first, netns);
	assert_int_equal(lab_plane_try(&second, netns), ERR_SYSTEM);
	assert_int_equal(second.errors, 1);
	assert_non_null(strstr(second.log, "another"));
	lab_plane_close(&first);
	(void)close(netns);
}

static void without_privilege_it_refuses_with_words(void **state)
{
	static struct lab_plane p;
	int netns = netns_new(), status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		netns_enter(netns);
		if (setresuid(65534, 65534, 65534) != 0)
			_exit(10);
		/* Entering the namespace again would need privilege of its own. */
		_exit(lab_plane_try_here(&p) == ERR_SYSTEM && p.errors == 1 && strstr(p.log, "CAP_NET_ADMIN") ? 0 : 11);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_travel_both_ways),
		cmocka_unit_test(a_socket_without_address_gets_one_from_the_local_selectors),
		cmocka_unit_test(the_newer_of_two_equal_sas_sends_and_both_receive),
		cmocka_unit_test(an_spi_is_installed_once_and_unknown_ones_are_not_found),
		cmocka_unit_test(what_is_not_authentic_or_not_new_is_dropped_and_counted),
		cmocka_unit_test(a_packet_outside_the_selectors_never_reaches_the_host),
		cmocka_unit_test(only_an_authentic_and_newest_packet_tells_that_the_peer_moved),
		cmocka_unit_test(a_packet_of_the_whole_mtu_fits_1500_outside),
		cmocka_unit_test(protected_traffic_is_captured_and_given_back),
		cmocka_unit_test(a_killed_process_leaks_nothing_either_way),
		cmocka_unit_test(what_a_killed_process_left_goes_with_the_next_orderly_end),
		cmocka_unit_test(a_tunnel_to_everywhere_leaves_the_host_its_own_traffic),
		cmocka_unit_test(a_tunnel_between_everywheres_lets_ike_esp_loopback_and_broadcast_in),
		cmocka_unit_test(a_protocol_between_the_gateways_themselves_lets_ike_in),
		cmocka_unit_test(address_ranges_are_captured_to_the_address),
		cmocka_unit_test(a_second_one_in_the_same_namespace_is_refused_with_words),
		cmocka_unit_test(without_privilege_it_refuses_with_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
