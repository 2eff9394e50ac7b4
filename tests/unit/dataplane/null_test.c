/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/dataplane/null.c, and of the list of dataplanes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane.h"
#include "registry.h"

static struct memory memory;
static struct crypto crypto;

static int setup(void **state)
{
	struct dataplane_env env = { .crypto = &crypto, .memory = &memory, .child_sas = 2 };
	struct dataplane *d = NULL;

	memory = memory_system(1 << 20);
	assert_int_equal(crypto_test_new(&crypto, 1), ERR_OK);
	assert_int_equal(dataplane_null.new(&d, &env), ERR_OK);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	dataplane_null.free(*state, true);
	crypto_test_free(&crypto);
	assert_int_equal(memory.used, 0);
	return 0;
}

static struct child_spec spec_of(uint32_t spi_in)
{
	return (struct child_spec){ .spi_in = spi_in, .protocol = PROTOCOL_ESP };
}

static void sas_are_kept_until_removed(void **state)
{
	struct dataplane *d = *state;
	struct child_spec one = spec_of(0x1000), two = spec_of(0x2000), three = spec_of(0x3000);
	struct dataplane_counters c;
	struct path path = { 0 };

	assert_int_equal(dataplane_null.query(d, 0x1000, &c), ERR_NOT_FOUND);
	assert_int_equal(dataplane_null.install(d, &one, 1), ERR_OK);
	assert_int_equal(dataplane_null.install(d, &one, 1), ERR_EXISTS);
	assert_int_equal(dataplane_null.install(d, &two, 1), ERR_OK);
	assert_int_equal(dataplane_null.install(d, &three, 1), ERR_LIMIT);
	assert_int_equal(dataplane_null.query(d, 0x1000, &c), ERR_OK);
	assert_int_equal(dataplane_null.update(d, 0x1000, &path), ERR_OK);
	assert_int_equal(dataplane_null.update(d, 0x3000, &path), ERR_NOT_FOUND);
	assert_int_equal(dataplane_null.remove(d, 0x1000), ERR_OK);
	assert_int_equal(dataplane_null.remove(d, 0x1000), ERR_NOT_FOUND);
	assert_int_equal(dataplane_null.install(d, &three, 1), ERR_OK);
	one.protocol = PROTOCOL_AH;
	assert_int_equal(dataplane_null.install(d, &one, 1), ERR_UNSUPPORTED);
}

static void packets_are_counted_by_spi(void **state)
{
	struct dataplane *d = *state;
	struct child_spec one = spec_of(0x1000);
	struct dataplane_counters c;
	struct path path = { 0 };
	uint8_t known[8] = { 0, 0, 0x10, 0 }, unknown[8] = { 0, 0, 0x10, 1 };

	assert_int_equal(dataplane_null.install(d, &one, 1), ERR_OK);
	dataplane_null.input(d, &path, &(struct outer){ 0 }, known, 8, 5);
	dataplane_null.input(d, &path, &(struct outer){ 0 }, unknown, 8, 6);
	dataplane_null.input(d, &path, &(struct outer){ 0 }, known, 3, 7);
	assert_int_equal(dataplane_null.query(d, 0x1000, &c), ERR_OK);
	assert_int_equal(c.packets_in, 1);
	assert_int_equal(c.bytes_in, 8);
	assert_int_equal(c.last_in, 5);
	dataplane_null.totals(d, &c);
	assert_int_equal(c.packets_in, 1);
	assert_int_equal(c.no_sa, 1);
	assert_int_equal(c.malformed, 1);
}

static void it_has_nothing_to_poll(void **state)
{
	int fds[4];

	assert_int_equal(dataplane_null.descriptors(*state, fds, 4), 0);
}

static void dataplanes_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(dataplane_find("null"), &dataplane_null);
	assert_ptr_equal(dataplane_find("tun"), &dataplane_tun);
	assert_ptr_equal(dataplane_find("xfrm"), &dataplane_xfrm);
	assert_ptr_equal(dataplane_find("auto"), dataplane_xfrm_there() ? &dataplane_xfrm : &dataplane_tun);
	assert_null(dataplane_find("kernel"));
	assert_null(dataplane_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sas_are_kept_until_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(packets_are_counted_by_spi, setup, teardown),
		cmocka_unit_test_setup_teardown(it_has_nothing_to_poll, setup, teardown),
		cmocka_unit_test(dataplanes_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
