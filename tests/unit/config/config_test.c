/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include "build.h"
#include "proposal.h"

static struct identity id_of(const char *text)
{
	struct identity id;

	assert_int_equal(identity_parse(&id, text), ERR_OK);
	return id;
}

static const char *psk_for(const struct config *c, const char *local, const char *remote)
{
	struct identity l = id_of(local), r = id_of(remote);
	const struct psk_config *psk = config_psk(c, &l, &r);

	return psk ? psk->name : "none";
}

static void the_secret_that_fits_best_is_chosen(void **state)
{
	struct config *c = load_good("secrets { ike-any { secret = 1 } ike-me { secret = 2\n id = me }\n"
				     "ike-you { secret = 3\n id = you }\n ike-both { secret = 4\n id1 = me\n id2 = both }\n"
				     "ike-net { secret = 5\n id = *.example.org }\n ike-sun { secret = 6\n id = sun.example.org }\n"
				     "ike-addr { secret = 7\n id = 192.0.2.1 } }");

	(void)state;
	assert_string_equal(psk_for(c, "me", "both"), "ike-both");
	assert_string_equal(psk_for(c, "me", "you"), "ike-you");
	assert_string_equal(psk_for(c, "me", "stranger"), "ike-me");
	assert_string_equal(psk_for(c, "other", "stranger"), "ike-any");
	assert_string_equal(psk_for(c, "me", "moon.example.org"), "ike-net");
	assert_string_equal(psk_for(c, "me", "sun.example.org"), "ike-sun");
	assert_string_equal(psk_for(c, "other", "192.0.2.1"), "ike-addr");
	config_unref(c);
}

static void a_secret_that_names_somebody_else_is_not_for_a_stranger(void **state)
{
	struct config *c = load_good("secrets { ike-both { secret = 1\n id1 = me\n id2 = you } }");

	(void)state;
	assert_string_equal(psk_for(c, "me", "you"), "ike-both");
	assert_string_equal(psk_for(c, "me", "stranger"), "none");
	assert_string_equal(psk_for(c, "other", "you"), "ike-both");
	assert_string_equal(psk_for(c, "other", "stranger"), "none");
	config_unref(c);
}

static void connections_and_children_are_found_by_name(void **state)
{
	struct config *c = load_good("connections { a { " AUTHS "children { x { } } } b { " AUTHS
				     "children { x { } y { } } } }");
	const struct child_config *child = NULL;

	(void)state;
	assert_string_equal(config_conn(c, "b")->name, "b");
	assert_null(config_conn(c, "c"));
	assert_string_equal(conn_child(config_conn(c, "b"), "y")->name, "y");
	assert_null(conn_child(config_conn(c, "a"), "y"));
	assert_string_equal(config_child(c, "x", &child)->name, "a");
	assert_ptr_equal(child, conn_child(config_conn(c, "a"), "x"));
	assert_string_equal(config_child(c, "y", &child)->name, "b");
	assert_null(config_child(c, "z", &child));
	config_unref(c);
}

static void the_closest_address_pattern_counts(void **state)
{
	struct config *c = load_good("connections { a { " AUTHS
				     "remote_addrs = 10.0.0.0/8, 10.1.0.0/16, 10.1.2.3, %any6\n local_addrs = %any } }");
	const struct conn_config *conn = config_conn(c, "a");
	struct ip far = ip_v4(192, 0, 2, 1), net = ip_v4(10, 9, 9, 9), near = ip_v4(10, 1, 9, 9), host = ip_v4(10, 1, 2, 3);
	struct ip six = { .family = IP_V6 };

	(void)state;
	assert_int_equal(host_patterns_match(conn->remote_addrs, conn->remote_addrs_count, &far), 0);
	assert_int_equal(host_patterns_match(conn->remote_addrs, conn->remote_addrs_count, &net), 10);
	assert_int_equal(host_patterns_match(conn->remote_addrs, conn->remote_addrs_count, &near), 18);
	assert_int_equal(host_patterns_match(conn->remote_addrs, conn->remote_addrs_count, &host), 34);
	assert_int_equal(host_patterns_match(conn->remote_addrs, conn->remote_addrs_count, &six), 2);
	assert_int_equal(host_patterns_match(conn->local_addrs, conn->local_addrs_count, &far), 1);
	config_unref(c);
}

static void a_configuration_lives_as_long_as_it_is_referenced(void **state)
{
	struct config *c = load_good("adit { ike_sas = 5 }");

	(void)state;
	assert_ptr_equal(config_ref(c), c);
	config_unref(c);
	assert_int_equal(c->engine.ike_sas, 5);
	config_unref(c);
	config_unref(NULL);
}

static void a_failure_leaves_the_result_alone(void **state)
{
	struct config *c = load_good(""), *kept = c;
	char errors[256];
	struct text e = TEXT_ARRAY(errors);

	(void)state;
	assert_int_equal(config_load_text(&c, "t", span_text("adit { port = x }"), &e, NULL), ERR_CONFIG);
	assert_ptr_equal(c, kept);
	config_unref(c);
}

static void errors_that_do_not_fit_are_cut(void **state)
{
	char errors[32];
	struct text e = TEXT_ARRAY(errors);
	struct config *c = NULL;

	(void)state;
	assert_int_equal(config_load_text(&c, "t", span_text("adit { port = x }\nfoo { }"), &e, NULL), ERR_CONFIG);
	assert_true(e.cut);
	assert_string_equal(errors, "t:2: foo: unknown section; remo");
}

/* An allocator that counts what is out and refuses the allocation number `refuse`. */
struct meter {
	size_t out, calls, refuse;
};

static void *meter_alloc(void *ctx, size_t size)
{
	struct meter *m = ctx;

	if (++m->calls == m->refuse)
		return NULL;
	m->out += size;
	return calloc(1, size);
}

static void meter_free(void *ctx, void *block, size_t size)
{
	struct meter *m = ctx;
	const uint8_t *bytes = block;

	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], 0); /* it was wiped */
	m->out -= size;
	free(block);
}

static const char *const everything =
	"base { encap = yes\n proposals = default, aes128gcm16-prfsha256-x25519 }\n"
	"connections { a : base { local { auth = psk\n id = me }\n remote { auth = psk\n id = you }\n"
	"children { x { local_ts = dynamic, 10.0.0.0/8 } y { } } } b { " AUTHS "} }\n"
	"secrets { ike { secret = 0x0102\n id1 = me\n id2 = you\n id3 = \"C=CH, CN=x\" } }\n"
	"adit { keylog = /tmp\n dataplane = null }\n";

static void every_allocation_may_fail_and_nothing_leaks(void **state)
{
	size_t refuse = 0;
	enum err err;

	(void)state;
	do {
		struct meter meter = { .refuse = ++refuse };
		struct memory memory = { .alloc = meter_alloc, .free = meter_free, .ctx = &meter, .limit = SIZE_MAX };
		struct config *c = NULL;
		char errors[1024];
		struct text e = TEXT_ARRAY(errors);

		err = config_load_text_in(&c, &memory, NULL, "t", span_text(everything), &e, NULL);
		assert_int_equal(err == ERR_OK, c != NULL);
		assert_int_equal(err == ERR_OK, e.len == 0);
		config_unref(c);
		assert_int_equal(meter.out, 0);
		assert_true(refuse < 1000);
	} while (err);
	assert_true(refuse > 5);
}

/* The same for a limit, which refuses smaller pieces than blocks. */
static void every_limit_of_memory_is_kept(void **state)
{
	enum err err = ERR_MEMORY;

	(void)state;
	for (size_t limit = 0; err; limit += 1000) {
		struct meter meter = { 0 };
		struct memory memory = { .alloc = meter_alloc, .free = meter_free, .ctx = &meter, .limit = limit };
		struct config *c = NULL;

		err = config_load_text_in(&c, &memory, NULL, "t", span_text(everything), NULL, NULL);
		assert_true(err == ERR_OK || err == ERR_MEMORY || err == ERR_SYNTAX);
		config_unref(c);
		assert_int_equal(meter.out, 0);
		assert_true(limit < 10000000);
	}
}

static void the_examples_load_and_fit_each_other(void **state)
{
	static struct loaded l;
	struct text errors = TEXT_ARRAY(l.errors), warnings = TEXT_ARRAY(l.warnings);
	struct config *gateway = NULL, *client = NULL;
	const struct conn_config *road, *home;
	const struct psk_config *one, *two;

	(void)state;
	assert_int_equal(config_load(&gateway, EXAMPLES "/gateway.conf", &errors, &warnings), ERR_OK);
	assert_int_equal(config_load(&client, EXAMPLES "/client.conf", &errors, &warnings), ERR_OK);
	assert_string_equal(l.errors, "");
	road = config_conn(gateway, "road");
	home = config_conn(client, "home");
	assert_true(identity_match(&road->remote.id, &home->local.id));
	assert_true(identity_match(&home->remote.id, &road->local.id));
	one = config_psk(gateway, &road->local.id, &home->local.id);
	two = config_psk(client, &home->local.id, &road->local.id);
	assert_non_null(one);
	assert_non_null(two);
	assert_int_equal(one->len, two->len);
	assert_memory_equal(one->data, two->data, one->len);
	assert_int_equal(home->children[0].start_action, ACTION_NONE);
	assert_int_equal(home->remote_addrs_count, 1);
	config_unref(gateway);
	config_unref(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_secret_that_fits_best_is_chosen),
		cmocka_unit_test(a_secret_that_names_somebody_else_is_not_for_a_stranger),
		cmocka_unit_test(connections_and_children_are_found_by_name),
		cmocka_unit_test(the_closest_address_pattern_counts),
		cmocka_unit_test(a_configuration_lives_as_long_as_it_is_referenced),
		cmocka_unit_test(a_failure_leaves_the_result_alone),
		cmocka_unit_test(errors_that_do_not_fit_are_cut),
		cmocka_unit_test(every_allocation_may_fail_and_nothing_leaks),
		cmocka_unit_test(every_limit_of_memory_is_kept),
		cmocka_unit_test(the_examples_load_and_fit_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
