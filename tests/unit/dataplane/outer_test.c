/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/dataplane/tun towards the outer header: TOS, DF, paths that are too narrow, bare and in UDP. Needs root. */
#include "lab.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two gateways whose planes are joined by hand. */
struct pair {
	struct lab_plane a, b;
	int host_a, host_b, host_a6, host_b6;
};

static struct child_spec spec_of(uint32_t spi_in, uint32_t spi_out, bool mirrored)
{
	struct child_spec spec = lab_spec(spi_in, spi_out, mirrored ? "10.2.0.0/24" : "10.1.0.0/24",
					  mirrored ? "10.1.0.0/24" : "10.2.0.0/24");

	spec.local_count = spec.remote_count = 2;
	spec.local_ts[1] = lab_selector(mirrored ? "fd02::/64" : "fd01::/64", 0, 0, 65535);
	spec.remote_ts[1] = lab_selector(mirrored ? "fd01::/64" : "fd02::/64", 0, 0, 65535);
	spec.copy_ecn = spec.copy_df = true;
	spec.copy_dscp = COPY_DSCP_OUT;
	return spec;
}

static int bound(int netns, const char *address)
{
	int fd = udp_socket(netns, address, 7), on = 1;

	if (strchr(address, ':'))
		assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)), 0);
	else
		assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)), 0);
	return fd;
}

static void pair_open(struct pair *p, struct child_spec spec, uint32_t mss)
{
	int a = netns_new(), b = netns_new();
	struct child_spec back = spec_of(spec.spi_out, spec.spi_in, true);

	run_in(a, "ip addr add 10.1.0.1/24 dev lo && ip addr add fd01::1/64 dev lo nodad");
	run_in(b, "ip addr add 10.2.0.1/24 dev lo && ip addr add fd02::1/64 dev lo nodad");
	p->a.mss = mss;
	lab_plane_open(&p->a, a);
	lab_plane_open(&p->b, b);
	p->a.peer = &p->b;
	p->b.peer = &p->a;
	back.copy_ecn = spec.copy_ecn;
	back.copy_df = spec.copy_df;
	back.copy_dscp = spec.copy_dscp;
	back.encap = spec.encap;
	lab_plane_install(&p->a, &spec);
	lab_plane_install(&p->b, &back);
	p->host_a = bound(a, "10.1.0.1");
	p->host_b = bound(b, "10.2.0.1");
	p->host_a6 = bound(a, "fd01::1");
	p->host_b6 = bound(b, "fd02::1");
}

static void pair_close(struct pair *p)
{
	(void)close(p->host_a);
	(void)close(p->host_b);
	(void)close(p->host_a6);
	(void)close(p->host_b6);
	lab_plane_close(&p->a);
	lab_plane_close(&p->b);
	(void)close(p->a.netns);
	(void)close(p->b.netns);
}

static void tos_of(int fd, bool v6, int tos)
{
	assert_int_equal(v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos)) :
			      setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)), 0);
}

/* The TOS octet or traffic class of the next packet that arrives; -1: none does. */
static int tos_arriving(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	_Alignas(struct cmsghdr) char control[64];
	char bytes[2048];
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };

	if (poll(&poll_fd, 1, 200) != 1 || recvmsg(fd, &m, 0) < 0)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == IP_TOS || c->cmsg_type == IPV6_TCLASS)
			return *CMSG_DATA(c);
	}
	return 0;
}

/* RFC 6040 4.1, 4.2 */
static void ecn_and_dscp_cross_as_the_sa_says(void **state)
{
	static struct pair p;
	struct dataplane_counters c;

	(void)state;
	pair_open(&p, spec_of(0x1001, 0x2001, false), 0);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		int from = v6 ? p.host_a6 : p.host_a, to = v6 ? p.host_b6 : p.host_b;
		const char *there = v6 ? "fd02::1" : "10.2.0.1";

		tos_of(from, v6, 0xb8 | 2);
		assert_true(udp_send(from, there, 7, "one"));
		p.a.peer = NULL; /* not yet */
		lab_pump(&p.a);
		assert_int_equal(p.a.last_outer.tos, 0xb8 | 2);
		p.a.peer = &p.b;
		assert_true(udp_send(from, there, 7, "two"));
		p.a.outer_tos = 3; /* congested on the way, and another DSCP */
		lab_pump(&p.a);
		assert_int_equal(tos_arriving(to), 0xb8 | 3);
		tos_of(from, v6, 0xb8);
		assert_true(udp_send(from, there, 7, "three"));
		lab_pump(&p.a);
		assert_int_equal(tos_arriving(to), -1);
		p.a.outer_tos = 0;
	}
	dataplane_tun.totals(p.b.plane, &c);
	assert_int_equal(c.congestion, 2);
	assert_int_equal(dataplane_tun.query(p.b.plane, 0x2001, &c), ERR_OK);
	assert_int_equal(c.congestion, 2);
	pair_close(&p);
}

static void without_copying_the_outer_header_says_nothing_of_the_inner_one(void **state)
{
	static struct pair p;
	struct child_spec spec = spec_of(0x1001, 0x2001, false);

	(void)state;
	spec.copy_ecn = spec.copy_df = false;
	spec.copy_dscp = COPY_DSCP_NO;
	pair_open(&p, spec, 0);
	tos_of(p.host_a, false, 0xb8 | 2);
	assert_true(udp_send(p.host_a, "10.2.0.1", 7, "one"));
	p.a.outer_tos = 0xff;
	lab_pump(&p.a);
	assert_int_equal(p.a.last_outer.tos, 0);
	assert_false(p.a.last_outer.df);
	assert_int_equal(tos_arriving(p.host_b), 0xb8 | 2);
	pair_close(&p);
}

static void df_of(int fd, bool df)
{
	int value = df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;

	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &value, sizeof(value)), 0);
}

static void narrow_to(struct lab_plane *p, size_t mtu)
{
	const struct path way = { .remote.ip = ip_v4(192, 0, 2, 2) };

	p->mtu = mtu;
	netns_enter(p->netns);
	dataplane_tun.narrow(p->plane, &way);
}

static char long_text[1400];

/* Sends so many bytes of payload; the kernel's word on it. */
static int send_long(int fd, const char *to, size_t len)
{
	bool sent;

	memset(long_text, 'x', sizeof(long_text));
	long_text[len] = '\0';
	sent = udp_send(fd, to, 7, long_text);
	return sent ? 0 : errno;
}

/* RFC 4301 8.2: the sender learns what fits. AES-GCM, UDP and IPv4 outside: 20 + 8 + 8 + 8 + 16, and 2. */
static void what_is_too_long_and_has_df_is_answered_with_what_fits(void **state)
{
	static struct pair p;
	struct dataplane_counters c;
	size_t fits = (1300 - 60) / 4 * 4 - 2;

	(void)state;
	pair_open(&p, spec_of(0x1001, 0x2001, false), 0);
	narrow_to(&p.a, 1300);
	df_of(p.host_a, true);
	assert_int_equal(send_long(p.host_a, "10.2.0.1", 1300), 0);
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 0);
	/* The host has taken the answer to heart: */
	assert_int_equal(send_long(p.host_a, "10.2.0.1", fits - 28 + 1), EMSGSIZE);
	assert_int_equal(send_long(p.host_a, "10.2.0.1", fits - 28), 0);
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 1);
	assert_true(p.a.last_outer.df);
	assert_true(p.a.last_len + 28 <= 1300 && p.a.last_len + 28 > 1300 - 4);
	assert_true(udp_arrives(p.host_b, long_text, LAB_PATIENCE_MS));
	/* IPv6 likewise, but never below 1280. */
	narrow_to(&p.a, 1400);
	p.a.sent = 0;
	assert_int_equal(send_long(p.host_a6, "fd02::1", 1352), 0); /* 1400 inside */
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 0);
	assert_int_equal(send_long(p.host_a6, "fd02::1", 1352), 0);
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 2); /* its host fragments now */
	assert_true(udp_arrives(p.host_b6, long_text, LAB_PATIENCE_MS));
	dataplane_tun.totals(p.a.plane, &c);
	assert_int_equal(c.too_big, 2);
	pair_close(&p);
}

static void ipv6_of_1280_bytes_goes_whole_through_the_narrowest_path(void **state)
{
	static struct pair p;

	(void)state;
	pair_open(&p, spec_of(0x1001, 0x2001, false), 0);
	narrow_to(&p.a, 1000);
	assert_int_equal(send_long(p.host_a6, "fd02::1", 1280 - 48), 0);
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 1);
	assert_false(p.a.last_outer.df); /* the outer packet is fragmented */
	assert_true(p.a.last_len > 1000);
	assert_true(udp_arrives(p.host_b6, long_text, LAB_PATIENCE_MS));
	pair_close(&p);
}

static void ipv4_without_df_is_cut_and_put_together_behind_the_tunnel(void **state)
{
	static struct pair p;
	struct dataplane_counters c;

	(void)state;
	pair_open(&p, spec_of(0x1001, 0x2001, false), 0);
	narrow_to(&p.a, 900);
	df_of(p.host_a, false);
	assert_int_equal(send_long(p.host_a, "10.2.0.1", 1300), 0);
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 2);
	assert_false(p.a.last_outer.df);
	assert_true(udp_arrives(p.host_b, long_text, LAB_PATIENCE_MS));
	dataplane_tun.totals(p.a.plane, &c);
	assert_int_equal(c.too_big, 0);
	pair_close(&p);
}

/* RFC 4301 7.1 */
static void an_sa_for_some_ports_carries_no_fragments_and_so_longer_packets(void **state)
{
	static struct pair p;
	struct child_spec spec = spec_of(0x1001, 0x2001, false);

	(void)state;
	spec.remote_ts[0] = lab_selector("10.2.0.0/24", 17, 7, 7);
	pair_open(&p, spec, 0);
	narrow_to(&p.a, 900);
	df_of(p.host_a, false);
	assert_int_equal(send_long(p.host_a, "10.2.0.1", 1300), 0);
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 1);
	assert_true(p.a.last_len > 1300);
	assert_false(p.a.last_outer.df);
	assert_true(udp_arrives(p.host_b, long_text, LAB_PATIENCE_MS));
	pair_close(&p);
}

static void a_path_that_is_wide_again_is_used_again(void **state)
{
	static struct pair p;

	(void)state;
	pair_open(&p, spec_of(0x1001, 0x2001, false), 0);
	narrow_to(&p.a, 900);
	p.a.mtu = 1500; /* as when the kernel forgot what it learnt, which nobody tells */
	p.a.now = 2 * NANOS_SECOND;
	df_of(p.host_a, true);
	assert_int_equal(send_long(p.host_a, "10.2.0.1", 1300), 0);
	lab_pump(&p.a);
	assert_int_equal(p.a.sent, 1);
	assert_true(udp_arrives(p.host_b, long_text, LAB_PATIENCE_MS));
	pair_close(&p);
}

static void answers_are_bounded_in_rate(void **state)
{
	static struct pair p;
	struct dataplane_counters c;
	unsigned answers;

	(void)state;
	pair_open(&p, spec_of(0x1001, 0x2001, false), 0);
	narrow_to(&p.a, 900);
	/* The host would stop after the first one: these come through it from another. */
	run_in(p.a.netns, "ip addr add 10.1.0.9/24 dev lo; echo 1 > /proc/sys/net/ipv4/ip_no_pmtu_disc");
	for (unsigned i = 0; i < 100; i++) {
		run_in(p.a.netns, "ip route flush cache");
		df_of(p.host_a, true);
		(void)send_long(p.host_a, "10.2.0.1", 1200);
		lab_pump(&p.a);
	}
	dataplane_tun.totals(p.a.plane, &c);
	answers = count_in(p.a.netns, "awk '/adit0/ { print $3 }' /proc/net/dev");
	assert_int_equal(c.too_big, 100);
	assert_int_equal(answers, 64);
	pair_close(&p);
}

/* RFC 7296 2.23 */
static void what_was_agreed_for_udp_may_come_bare_and_the_other_way_round(void **state)
{
	static struct pair p;
	struct child_spec spec = spec_of(0x1001, 0x2001, false);

	(void)state;
	spec.encap = false;
	pair_open(&p, spec, 0);
	assert_true(udp_send(p.host_a, "10.2.0.1", 7, "bare"));
	p.a.from = (struct path){ .remote.ip = ip_v4(192, 0, 2, 1), .local.ip = ip_v4(192, 0, 2, 2) };
	lab_pump(&p.a);
	assert_false(p.a.last_path.encap);
	assert_true(udp_arrives(p.host_b, "bare", LAB_PATIENCE_MS));
	p.a.from.encap = true;
	p.a.from.remote.port = 4511;
	assert_true(udp_send(p.host_a, "10.2.0.1", 7, "in UDP"));
	lab_pump(&p.a);
	assert_true(udp_arrives(p.host_b, "in UDP", LAB_PATIENCE_MS));
	assert_int_equal(p.b.moves, 0); /* without a NAT nobody moves */
	assert_true(udp_send(p.host_b, "10.1.0.1", 7, "answered"));
	lab_pump(&p.a);
	assert_false(p.b.last_path.encap);
	pair_close(&p);
}

static int mss_through(struct pair *p, bool v6)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(80), .sin6_addr.s6_addr = { 0xfd, 2, [15] = 1 } };
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(0x0a020001) };
	int server, client, family = v6 ? AF_INET6 : AF_INET, mss = 0;
	socklen_t len = sizeof(mss);
	struct sockaddr *to = v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4;
	socklen_t to_len = v6 ? sizeof(to6) : sizeof(to4);

	netns_enter(p->b.netns);
	server = socket(family, SOCK_STREAM, 0);
	assert_int_equal(bind(server, to, to_len), 0);
	assert_int_equal(listen(server, 1), 0);
	netns_enter(p->a.netns);
	client = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)connect(client, to, to_len);
	for (unsigned i = 0; i < 5; i++)
		lab_pump(&p->a);
	assert_int_equal(getsockopt(client, IPPROTO_TCP, TCP_MAXSEG, &mss, &len), 0);
	(void)close(client);
	client = accept(server, NULL, NULL);
	assert_true(client >= 0);
	len = sizeof(mss);
	{
		int theirs = 0;

		assert_int_equal(getsockopt(client, IPPROTO_TCP, TCP_MAXSEG, &theirs, &len), 0);
		assert_int_equal(theirs, mss); /* both ways */
	}
	(void)close(client);
	(void)close(server);
	return mss;
}

static void tcp_is_told_what_fits_when_asked_to(void **state)
{
	static struct pair p;
	size_t fits = (1300 - 60) / 4 * 4 - 2;

	(void)state;
	pair_open(&p, spec_of(0x1001, 0x2001, false), DATAPLANE_MSS_FIT);
	narrow_to(&p.a, 1300);
	assert_int_equal(mss_through(&p, false) + 12, fits - 40); /* timestamps take 12 */
	assert_int_equal(mss_through(&p, true) + 12, fits - 60);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ecn_and_dscp_cross_as_the_sa_says),
		cmocka_unit_test(without_copying_the_outer_header_says_nothing_of_the_inner_one),
		cmocka_unit_test(what_is_too_long_and_has_df_is_answered_with_what_fits),
		cmocka_unit_test(ipv6_of_1280_bytes_goes_whole_through_the_narrowest_path),
		cmocka_unit_test(ipv4_without_df_is_cut_and_put_together_behind_the_tunnel),
		cmocka_unit_test(an_sa_for_some_ports_carries_no_fragments_and_so_longer_packets),
		cmocka_unit_test(a_path_that_is_wide_again_is_used_again),
		cmocka_unit_test(answers_are_bounded_in_rate),
		cmocka_unit_test(what_was_agreed_for_udp_may_come_bare_and_the_other_way_round),
		cmocka_unit_test(tcp_is_told_what_fits_when_asked_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
