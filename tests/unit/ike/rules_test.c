/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules.h"

static struct payload_list list_of(const uint8_t *types, size_t count)
{
	struct payload_list list = { .count = count };

	for (size_t i = 0; i < count; i++)
		list.items[i].type = types[i];
	return list;
}

#define CHECK(rule, wanted, ...)                                          \
	do {                                                              \
		const uint8_t types[] = { __VA_ARGS__ };                  \
		struct payload_list list = list_of(types, sizeof(types)); \
		assert_int_equal(rule_check((rule), &list), (wanted));    \
	} while (0)

/* RFC7296 1.2, 3.10, 3.12: and any notify or Vendor ID with them */
static void sa_init_wants_sa_ke_and_nonce_in_any_order(void **state)
{
	const struct rule *rule = rule_find(EXCHANGE_IKE_SA_INIT, true, 0);

	(void)state;
	assert_non_null(rule);
	CHECK(rule, ERR_OK, PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE);
	CHECK(rule, ERR_OK, PAYLOAD_NOTIFY, PAYLOAD_NONCE, PAYLOAD_KE, PAYLOAD_SA, PAYLOAD_VENDOR, PAYLOAD_NOTIFY);
	CHECK(rule, ERR_MISSING, PAYLOAD_SA, PAYLOAD_KE);
	CHECK(rule, ERR_MISSING, PAYLOAD_NOTIFY);
	CHECK(rule, ERR_UNEXPECTED, PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE, PAYLOAD_AUTH);
	CHECK(rule, ERR_UNEXPECTED, PAYLOAD_SA, PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE);
	CHECK(rule, ERR_UNEXPECTED, PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE, PAYLOAD_SK);
}

/* RFC7296 2.5 */
static void unknown_payloads_are_passed_over_wherever_they_stand(void **state)
{
	(void)state;
	CHECK(rule_find(EXCHANGE_IKE_SA_INIT, true, 0), ERR_OK, 200, PAYLOAD_SA, 49, PAYLOAD_KE, 255, PAYLOAD_NONCE, 1);
	CHECK(rule_find(EXCHANGE_INFORMATIONAL, true, PHASE_UP), ERR_OK, 128);
}

static void nothing_but_ike_auth_is_taken_before_authentication(void **state)
{
	static const uint8_t exchanges[] = { EXCHANGE_CREATE_CHILD_SA, EXCHANGE_INFORMATIONAL, EXCHANGE_IKE_FOLLOWUP_KE, EXCHANGE_IKE_SESSION_RESUME,
					     33, 0, 255 };

	(void)state;
	for (unsigned phase = PHASE_INIT; phase <= PHASE_AUTH; phase++) {
		for (size_t i = 0; i < sizeof(exchanges); i++)
			assert_null(rule_find(exchanges[i], true, phase));
	}
	assert_non_null(rule_find(EXCHANGE_IKE_AUTH, true, PHASE_AUTH));
	assert_null(rule_find(EXCHANGE_IKE_AUTH, true, PHASE_UP));
	assert_null(rule_find(EXCHANGE_IKE_SA_INIT, true, PHASE_UP));
}

static void an_established_sa_takes_informational_and_create_child_requests(void **state)
{
	(void)state;
	CHECK(rule_find(EXCHANGE_INFORMATIONAL, true, PHASE_UP), ERR_OK, PAYLOAD_DELETE, PAYLOAD_DELETE, PAYLOAD_NOTIFY);
	CHECK(rule_find(EXCHANGE_INFORMATIONAL, true, PHASE_UP), ERR_UNEXPECTED, PAYLOAD_SA);
	CHECK(rule_find(EXCHANGE_CREATE_CHILD_SA, true, PHASE_UP), ERR_OK, PAYLOAD_SA, PAYLOAD_NONCE, PAYLOAD_TSI, PAYLOAD_TSR);
	CHECK(rule_find(EXCHANGE_CREATE_CHILD_SA, true, PHASE_UP), ERR_MISSING, PAYLOAD_NONCE);
	assert_null(rule_find(EXCHANGE_CREATE_CHILD_SA, false, PHASE_UP)); /* we ask for none */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sa_init_wants_sa_ke_and_nonce_in_any_order),
		cmocka_unit_test(unknown_payloads_are_passed_over_wherever_they_stand),
		cmocka_unit_test(nothing_but_ike_auth_is_taken_before_authentication),
		cmocka_unit_test(an_established_sa_takes_informational_and_create_child_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
