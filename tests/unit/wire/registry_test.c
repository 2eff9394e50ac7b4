/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/registry.c. */
#include "wire_test.h"

#include "registry.h"

static void numbers_have_the_names_of_the_iana_registry(void **state)
{
	(void)state;
	assert_string_equal(exchange_name(34), "IKE_SA_INIT");
	assert_string_equal(exchange_name(37), "INFORMATIONAL");
	assert_string_equal(exchange_name(43), "IKE_INTERMEDIATE");
	assert_string_equal(payload_name(33), "SA");
	assert_string_equal(payload_name(35), "IDi");
	assert_string_equal(payload_name(53), "SKF");
	assert_string_equal(notify_name(14), "NO_PROPOSAL_CHOSEN");
	assert_string_equal(notify_name(16390), "COOKIE");
	assert_string_equal(notify_name(16430), "IKEV2_FRAGMENTATION_SUPPORTED");
	assert_string_equal(protocol_name(3), "ESP");
	assert_string_equal(id_type_name(11), "KEY_ID");
	assert_string_equal(id_type_name(13), "NULL");
	assert_string_equal(auth_method_name(14), "DIGITAL_SIGNATURE");
}

static void numbers_without_a_row_have_no_name(void **state)
{
	size_t least = 7, most = 7;

	(void)state;
	assert_null(exchange_name(0));
	assert_null(exchange_name(2));
	assert_null(payload_name(0));
	assert_null(payload_name(1)); /* IKEv1's SA */
	assert_null(payload_name(255));
	assert_null(notify_name(0));
	assert_null(notify_name(40960));
	assert_null(protocol_name(0));
	assert_null(id_type_name(0));
	assert_null(auth_method_name(0));
	assert_false(notify_sizes(2, &least, &most));
	assert_false(id_type_sizes(4, &least, &most));
	assert_false(payload_least(0, &least));
	assert_int_equal(least, 7);
	assert_int_equal(most, 7);
}

static void sizes_are_those_of_the_rows(void **state)
{
	size_t least, most;

	(void)state;
	assert_true(notify_sizes(NOTIFY_NAT_DETECTION_SOURCE_IP, &least, &most));
	assert_int_equal(least, 20);
	assert_int_equal(most, 20);
	assert_true(notify_sizes(NOTIFY_COOKIE, &least, &most));
	assert_int_equal(least, 1);
	assert_int_equal(most, COOKIE_MAX);
	assert_true(id_type_sizes(ID_IPV6_ADDR, &least, &most));
	assert_int_equal(least, 16);
	assert_int_equal(most, 16);
	assert_true(payload_least(PAYLOAD_NONCE, &least));
	assert_int_equal(least, NONCE_MIN);
	assert_true(payload_least(PAYLOAD_VENDOR, &least));
	assert_int_equal(least, 0);
}

static void errors_come_before_status_types(void **state)
{
	size_t errors = 0, statuses = 0;

	(void)state;
	for (uint32_t type = 0; type <= UINT16_MAX; type++) {
		size_t least, most;

		assert_int_equal(notify_name((uint16_t)type) != NULL,
				 notify_sizes((uint16_t)type, &least, &most));
		if (!notify_name((uint16_t)type))
			continue;
		assert_true(least <= most);
		errors += type < NOTIFY_STATUS_FIRST;
		statuses += type >= NOTIFY_STATUS_FIRST;
	}
	assert_true(errors > 20);
	assert_true(statuses > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_the_names_of_the_iana_registry),
		cmocka_unit_test(numbers_without_a_row_have_no_name),
		cmocka_unit_test(sizes_are_those_of_the_rows),
		cmocka_unit_test(errors_come_before_status_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
