/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of the xfrm dataplane in a network namespace of their own: taken, shared, given back. Root. */
#include <arpa/inet.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "xfrm/policies.h"
#include "xfrm/selectors.h"

#define COUNT 4

struct room {
	struct memory memory;
	struct kernel kernel;
	struct policies policies;
};

static int enter(void **state)
{
	static const uint64_t salt[2] = { 1, 2 };
	static struct room room;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	room = (struct room){ .memory = memory_system(SIZE_MAX) };
	assert_int_equal(kernel_open(&room.kernel), ERR_OK);
	assert_int_equal(policies_init(&room.policies, &room.kernel, &room.memory, COUNT, salt), ERR_OK);
	*state = &room;
	return 0;
}

static int leave(void **state)
{
	struct room *room = *state;

	policies_clear(&room->policies);
	kernel_close(&room->kernel);
	return 0;
}

static struct xfrm_selector selector(uint8_t net)
{
	struct xfrm_selector sel = { .family = AF_INET, .prefixlen_s = 24, .prefixlen_d = 24 };

	sel.saddr.a4 = htonl(0x0a010000U | (uint32_t)net << 8);
	sel.daddr.a4 = htonl(0x0a020000);
	return sel;
}

static struct carrier carrier(uint32_t spi_out)
{
	return (struct carrier){ .local = ip_v4(192, 0, 2, 1),
				 .remote = ip_v4(192, 0, 2, 2),
				 .spi_out = spi_out,
				 .reqid = xfrm_reqid(7),
				 .ip_protocol = 50,
				 .mode = CHILD_TUNNEL };
}

struct seen {
	unsigned count;
	uint32_t spi_out;
};

static int see(const struct nlmsghdr *h, void *ctx)
{
	const struct xfrm_userpolicy_info *p = mnl_nlmsg_get_payload(h);
	struct seen *seen = ctx;
	const struct nlattr *attr;

	seen->count++;
	mnl_attr_for_each(attr, h, sizeof(*p)) {
		const struct xfrm_user_tmpl *t = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == XFRMA_TMPL && p->dir == XFRM_POLICY_OUT)
			seen->spi_out = ntohl(t->id.spi);
	}
	return MNL_CB_OK;
}

/* How many there are, and which SPI an outbound one names. */
static struct seen look(struct room *room)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	struct seen seen = { 0 };

	xfrm_dump(buffer, XFRM_MSG_GETPOLICY);
	assert_int_equal(kernel_ask(&room->kernel, buffer, 0, see, &seen), ERR_OK);
	return seen;
}

static void a_policy_has_three_directions_and_goes_with_its_sa(void **state)
{
	struct room *room = *state;
	struct carrier sa = carrier(0x101);
	struct xfrm_selector sel = selector(0);
	struct hold hold;

	assert_int_equal(policies_take(&room->policies, &hold, &sa, &sel), ERR_OK);
	assert_int_equal(look(room).count, 3);
	assert_int_equal(look(room).spi_out, 0x101);
	assert_int_equal(policies_drop(&room->policies, &hold), ERR_OK);
	assert_int_equal(look(room).count, 0);
}

static void transport_mode_forwards_nothing(void **state)
{
	struct room *room = *state;
	struct carrier sa = carrier(0x101);
	struct xfrm_selector sel = selector(0);
	struct hold hold;

	sa.mode = CHILD_TRANSPORT;
	assert_int_equal(policies_take(&room->policies, &hold, &sa, &sel), ERR_OK);
	assert_int_equal(look(room).count, 2);
	assert_int_equal(policies_drop(&room->policies, &hold), ERR_OK);
	assert_int_equal(look(room).count, 0);
}

/* Whichever mode comes first, and whichever goes first. */
static void forwarding_ends_with_the_last_tunnel(void **state)
{
	struct room *room = *state;
	struct carrier sas[2] = { carrier(0x101), carrier(0x102) };
	struct xfrm_selector sel = selector(0);
	struct hold holds[2];

	sas[1].mode = CHILD_TRANSPORT;
	for (unsigned i = 0; i < 4; i++) {
		unsigned first = i % 2, gone = i / 2;

		assert_int_equal(policies_take(&room->policies, &holds[first], &sas[first], &sel), ERR_OK);
		assert_int_equal(policies_take(&room->policies, &holds[!first], &sas[!first], &sel), ERR_OK);
		assert_int_equal(look(room).count, 3);
		assert_int_equal(policies_drop(&room->policies, &holds[gone]), ERR_OK);
		assert_int_equal(look(room).count, gone == 0 ? 2 : 3);
		assert_int_equal(look(room).spi_out, sas[!gone].spi_out);
		assert_int_equal(policies_drop(&room->policies, &holds[!gone]), ERR_OK);
		assert_int_equal(look(room).count, 0);
	}
}

/* RFC7296 2.8 */
static void the_newest_sa_carries_what_goes_out(void **state)
{
	struct room *room = *state;
	struct carrier old = carrier(0x101), new = carrier(0x102), third = carrier(0x103);
	struct xfrm_selector sel = selector(0);
	struct hold holds[3];

	assert_int_equal(policies_take(&room->policies, &holds[0], &old, &sel), ERR_OK);
	assert_int_equal(policies_take(&room->policies, &holds[1], &new, &sel), ERR_OK);
	assert_int_equal(look(room).count, 3);
	assert_int_equal(look(room).spi_out, 0x102);
	assert_int_equal(policies_take(&room->policies, &holds[2], &third, &sel), ERR_OK);
	assert_int_equal(policies_drop(&room->policies, &holds[1]), ERR_OK);
	assert_int_equal(look(room).spi_out, 0x103);
	assert_int_equal(policies_drop(&room->policies, &holds[2]), ERR_OK);
	assert_int_equal(look(room).spi_out, 0x101);
	assert_int_equal(policies_drop(&room->policies, &holds[0]), ERR_OK);
	assert_int_equal(look(room).count, 0);
}

static void marks_and_interfaces_keep_policies_apart(void **state)
{
	struct room *room = *state;
	struct carrier one = carrier(0x101), two = carrier(0x102);
	struct xfrm_selector sel = selector(0);
	struct hold holds[2];

	two.match.mark_out = (struct mark){ 1, 0xff };
	two.match.mark_in = (struct mark){ 1, 0xff };
	assert_int_equal(policies_take(&room->policies, &holds[0], &one, &sel), ERR_OK);
	assert_int_equal(policies_take(&room->policies, &holds[1], &two, &sel), ERR_OK);
	assert_int_equal(look(room).count, 6);
	assert_int_equal(policies_drop(&room->policies, &holds[0]), ERR_OK);
	assert_int_equal(look(room).count, 3);
	assert_int_equal(look(room).spi_out, 0x102);
	assert_int_equal(policies_drop(&room->policies, &holds[1]), ERR_OK);
	assert_int_equal(look(room).count, 0);
}

/* What another daemon has put there is neither changed nor removed. */
static void somebody_elses_policy_stays(void **state)
{
	struct room *room = *state;
	struct carrier theirs = carrier(0x201), ours = carrier(0x101);
	struct xfrm_selector sel = selector(0);
	struct hold hold, other;
	uint64_t salt[2] = { 3, 4 };
	struct policies elsewhere;

	theirs.reqid = 16389;
	assert_int_equal(policies_init(&elsewhere, &room->kernel, &room->memory, COUNT, salt), ERR_OK);
	assert_int_equal(policies_take(&elsewhere, &other, &theirs, &sel), ERR_OK);
	assert_int_equal(policies_take(&room->policies, &hold, &ours, &sel), ERR_EXISTS);
	assert_int_equal(look(room).count, 3);
	assert_int_equal(look(room).spi_out, 0x201);
	assert_int_equal(policies_drop(&elsewhere, &other), ERR_OK);
	assert_int_equal(policies_take(&room->policies, &hold, &ours, &sel), ERR_OK);
	assert_int_equal(policies_drop(&room->policies, &hold), ERR_OK);
	policies_clear(&elsewhere);
}

static void what_a_run_before_left_is_taken_over(void **state)
{
	struct room *room = *state;
	struct carrier before = carrier(0x201), now = carrier(0x101);
	struct xfrm_selector sel = selector(0);
	struct hold hold, left;
	uint64_t salt[2] = { 3, 4 };
	struct policies killed;

	assert_int_equal(policies_init(&killed, &room->kernel, &room->memory, COUNT, salt), ERR_OK);
	assert_int_equal(policies_take(&killed, &left, &before, &sel), ERR_OK);
	policies_clear(&killed);
	assert_int_equal(policies_take(&room->policies, &hold, &now, &sel), ERR_OK);
	assert_int_equal(look(room).count, 3);
	assert_int_equal(look(room).spi_out, 0x101);
	assert_int_equal(policies_drop(&room->policies, &hold), ERR_OK);
	assert_int_equal(look(room).count, 0);
}

static void there_is_a_limit_and_it_leaves_nothing_behind(void **state)
{
	struct room *room = *state;
	struct carrier sa = carrier(0x101);
	struct hold holds[COUNT + 1];
	struct xfrm_selector sel;

	for (uint8_t i = 0; i < COUNT; i++) {
		sel = selector(i);
		assert_int_equal(policies_take(&room->policies, &holds[i], &sa, &sel), ERR_OK);
	}
	sel = selector(COUNT);
	assert_int_equal(policies_take(&room->policies, &holds[COUNT], &sa, &sel), ERR_LIMIT);
	assert_int_equal(look(room).count, 3 * COUNT);
	for (uint8_t i = 0; i < COUNT; i++)
		assert_int_equal(policies_drop(&room->policies, &holds[i]), ERR_OK);
	assert_int_equal(look(room).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_policy_has_three_directions_and_goes_with_its_sa, enter, leave),
		cmocka_unit_test_setup_teardown(transport_mode_forwards_nothing, enter, leave),
		cmocka_unit_test_setup_teardown(forwarding_ends_with_the_last_tunnel, enter, leave),
		cmocka_unit_test_setup_teardown(the_newest_sa_carries_what_goes_out, enter, leave),
		cmocka_unit_test_setup_teardown(marks_and_interfaces_keep_policies_apart, enter, leave),
		cmocka_unit_test_setup_teardown(somebody_elses_policy_stays, enter, leave),
		cmocka_unit_test_setup_teardown(what_a_run_before_left_is_taken_over, enter, leave),
		cmocka_unit_test_setup_teardown(there_is_a_limit_and_it_leaves_nothing_behind, enter, leave),
	};

	return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
