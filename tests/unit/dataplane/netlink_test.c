/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/dataplane/tun/netlink.c against the kernel, in a namespace of our own. Needs root. */
#include "lab.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tun/netlink.h"

static const struct rule any_rule = { .action = RULE_LOOKUP, .priority = 300, .target = 300, .family = IP_V4,
				      .from = { .ip = { .family = IP_V4, .bytes = { 10, 1 } }, .bits = 16 } };

static void open_in(struct netlink *n, int netns)
{
	netns_enter(netns);
	*n = (struct netlink){ 0 };
	assert_int_equal(netlink_open(n), ERR_OK);
}

static void addresses_add(int netns, unsigned count)
{
	char name[] = "/tmp/adit-netlink-XXXXXX";
	int fd = mkstemp(name);
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	for (unsigned i = 0; i < count; i++)
		fprintf(f, "addr add 172.16.%u.%u/32 dev lo\n", i >> 8, i & 255);
	assert_int_equal(fclose(f), 0);
	run_in(netns, "ip -batch %s", name);
	assert_int_equal(unlink(name), 0);
}

/* A dump asked for and left unread, as after an error half-way. */
static void leave_an_answer(struct netlink *n)
{
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);
	struct rtmsg *m;

	h->nlmsg_type = RTM_GETADDR;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++n->seq;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtm_family = AF_INET;
	assert_true(mnl_socket_sendto(n->socket, h, h->nlmsg_len) > 0);
}

static void an_answer_to_an_older_request_is_passed_over(void **state)
{
	int netns = netns_new();
	struct netlink n;

	(void)state;
	addresses_add(netns, 500);
	open_in(&n, netns);
	for (unsigned i = 0; i < 3; i++) {
		leave_an_answer(&n);
		assert_int_equal(netlink_rule_add(&n, &any_rule), ERR_OK);
		assert_int_equal(count_in(netns, "ip rule show prio 300 | wc -l"), 1);
		leave_an_answer(&n);
		assert_int_equal(netlink_rule_delete(&n, &any_rule), ERR_OK);
		assert_int_equal(netlink_rule_delete(&n, &any_rule), ERR_NOT_FOUND);
	}
	netlink_close(&n);
	(void)close(netns);
}

static pid_t churn_start(int netns)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)setpgid(0, 0);
		for (;;)
			run_in(netns, "for i in 1 2 3 4 5 6 7 8; do echo addr add 172.31.0.$i/32 dev lo; done | "
				      "ip -batch - && for i in 1 2 3 4 5 6 7 8; do "
				      "echo addr del 172.31.0.$i/32 dev lo; done | ip -batch -");
	}
	return pid;
}

static void a_list_that_changes_while_it_is_read_is_read_all_the_same(void **state)
{
	struct selector wanted = lab_selector("172.16.7.0/24", 0, 0, 65535);
	int netns = netns_new(), status;
	struct netlink n;
	pid_t pid;

	(void)state;
	addresses_add(netns, 2000);
	open_in(&n, netns);
	pid = churn_start(netns);
	for (unsigned i = 0; i < 300; i++) {
		struct ip ip;

		assert_int_equal(netlink_address_within(&n, IP_V4, &wanted, 1, &ip), ERR_OK);
		assert_int_equal(ip.bytes[2], 7);
		assert_int_equal(netlink_rule_add(&n, &any_rule), ERR_OK);
		assert_int_equal(netlink_rule_delete(&n, &any_rule), ERR_OK);
	}
	(void)kill(-pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	netlink_close(&n);
	(void)close(netns);
}

static void a_socket_that_fails_is_replaced(void **state)
{
	int netns = netns_new(), other;
	struct netlink n;

	(void)state;
	open_in(&n, netns);
	other = udp_socket(netns, NULL, 0);
	/* In its place one that netlink does not answer. */
	assert_true(dup2(other, mnl_socket_get_fd(n.socket)) >= 0);
	assert_int_equal(netlink_rule_add(&n, &any_rule), ERR_SYSTEM);
	assert_int_not_equal(n.why, 0);
	assert_int_equal(netlink_rule_add(&n, &any_rule), ERR_OK);
	(void)close(other);
	netlink_close(&n);
	(void)close(netns);
}

static void nothing_of_others_is_flushed(void **state)
{
	int netns = netns_new();
	struct netlink n;

	(void)state;
	run_in(netns, "ip rule add from 10.1.0.0/16 prio 300 lookup 301 && ip route add 10.5.0.0/16 dev lo table 300");
	open_in(&n, netns);
	assert_int_equal(netlink_rule_add(&n, &any_rule), ERR_OK);
	assert_int_equal(netlink_rule_add(&n, &any_rule), ERR_OK);
	assert_int_equal(count_in(netns, "ip rule show prio 300 | wc -l"), 2);
	assert_int_equal(netlink_flush(&n), ERR_OK);
	assert_int_equal(count_in(netns, "ip rule show prio 300 | wc -l"), 1);
	assert_int_equal(count_in(netns, "ip route show table 300 | wc -l"), 1);
	netlink_close(&n);
	(void)close(netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_to_an_older_request_is_passed_over),
		cmocka_unit_test(a_list_that_changes_while_it_is_read_is_read_all_the_same),
		cmocka_unit_test(a_socket_that_fails_is_replaced),
		cmocka_unit_test(nothing_of_others_is_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
