/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/notify.c. */
#include "wire_test.h"

static void a_notify_about_no_sa_has_neither_protocol_nor_spi(void **state)
{
	struct notify n;
	struct built b;

	(void)state;
	notify_build_data(built_begin(&b), NOTIFY_INVALID_KE_PAYLOAD, BYTES(0, 19));
	assert_span_equal(built_body(&b, PAYLOAD_NOTIFY), BYTES(0, 0, 0, 17, 0, 19));
	assert_int_equal(notify_parse(&n, built_body(&b, PAYLOAD_NOTIFY)), ERR_OK);
	assert_int_equal(n.type, NOTIFY_INVALID_KE_PAYLOAD);
	assert_int_equal(n.spi_len, 0);
	assert_span_equal(n.data, BYTES(0, 19));
}

static void a_notify_about_a_child_sa_names_it(void **state)
{
	const struct notify rekey = {
		.protocol = PROTOCOL_ESP, .spi_len = 4, .spi = 0xdeadbeef, .type = NOTIFY_REKEY_SA
	};
	struct notify n;
	struct built b;

	(void)state;
	notify_build(built_begin(&b), &rekey);
	assert_span_equal(built_body(&b, PAYLOAD_NOTIFY), BYTES(3, 4, 0x40, 9, 0xde, 0xad, 0xbe, 0xef));
	assert_int_equal(notify_parse(&n, built_body(&b, PAYLOAD_NOTIFY)), ERR_OK);
	assert_int_equal(n.protocol, PROTOCOL_ESP);
	assert_true(n.spi == 0xdeadbeef);
	assert_int_equal(n.data.len, 0);
}

static void eight_bytes_of_spi_are_read_whole(void **state)
{
	struct notify n;

	(void)state;
	assert_int_equal(notify_parse(&n, BYTES(1, 8, 0x40, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9)), ERR_OK);
	assert_true(n.spi == UINT64_C(0x0102030405060708));
	assert_span_equal(n.data, BYTES(9));
}

/* RFC7296 3.10: and none is sent */
static void the_protocol_is_ignored_without_an_spi(void **state)
{
	struct notify n;
	struct built b;

	(void)state;
	assert_int_equal(notify_parse(&n, BYTES(1, 0, 0, 14)), ERR_OK);
	assert_int_equal(n.protocol, PROTOCOL_NONE);
	n.protocol = PROTOCOL_IKE;
	notify_build(built_begin(&b), &n);
	assert_span_equal(built_body(&b, PAYLOAD_NOTIFY), BYTES(0, 0, 0, 14));
}

static void other_spi_sizes_are_malformed(void **state)
{
	static const uint8_t zeros[300] = { 3 };
	uint8_t bytes[sizeof(zeros)];
	struct notify n = { .type = 7 };

	(void)state;
	for (int size = 0; size < 256; size++) {
		memcpy(bytes, zeros, sizeof(bytes));
		bytes[1] = (uint8_t)size;
		assert_int_equal(notify_parse(&n, SPAN_ARRAY(bytes)),
				 size == 0 || size == 4 || size == 8 ? ERR_OK : ERR_SYNTAX);
	}
}

static void a_cut_notify_is_an_error(void **state)
{
	const struct span whole = BYTES(3, 4, 0x40, 9, 1, 2, 3, 4);
	struct notify n = { .type = 7 };

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
		assert_int_not_equal(notify_parse(&n, span_head(whole, len)), ERR_OK);
	assert_int_equal(n.type, 7);
}

static void the_data_has_the_size_of_its_row(void **state)
{
	static uint8_t body[100];
	struct notify n;

	(void)state;
	for (size_t len = 0; len < 90; len++) {
		body[2] = NOTIFY_COOKIE >> 8;
		body[3] = NOTIFY_COOKIE & 0xff;
		assert_int_equal(notify_parse(&n, span_of(body, 4 + len)),
				 len >= 1 && len <= 64 ? ERR_OK : ERR_LENGTH);
		body[3] = NOTIFY_NAT_DETECTION_SOURCE_IP & 0xff;
		assert_int_equal(notify_parse(&n, span_of(body, 4 + len)), len == 20 ? ERR_OK : ERR_LENGTH);
		body[2] = 0xa0; /* private use: nobody knows */
		assert_int_equal(notify_parse(&n, span_of(body, 4 + len)), ERR_OK);
	}
}

static void the_first_well_formed_one_of_a_type_is_found(void **state)
{
	struct payload_list list;
	uint8_t critical;
	struct notify n;
	struct built b;

	(void)state;
	built_begin(&b);
	vendor_build(&b.c, span_text("v"));
	notify_build_data(&b.c, NOTIFY_COOKIE, SPAN_EMPTY); /* malformed */
	notify_build_data(&b.c, NOTIFY_COOKIE, span_text("first"));
	notify_build_data(&b.c, NOTIFY_COOKIE, span_text("second"));
	notify_build_data(&b.c, NOTIFY_SET_WINDOW_SIZE, BYTES(0, 0, 0, 4));
	assert_int_equal(payload_list_parse(&list, b.data[0], built_payloads(&b), &critical), ERR_OK);
	assert_true(notify_find(&n, &list, NOTIFY_COOKIE));
	assert_span_equal(n.data, span_text("first"));
	assert_true(notify_find(&n, &list, NOTIFY_SET_WINDOW_SIZE));
	assert_false(notify_find(&n, &list, NOTIFY_REKEY_SA));
	assert_int_equal(n.type, NOTIFY_SET_WINDOW_SIZE);
	assert_false(notify_find_error(&n, &list));
}

static void an_error_is_any_type_below_16384(void **state)
{
	struct payload_list list;
	uint8_t critical;
	struct notify n;
	struct built b;

	(void)state;
	built_begin(&b);
	notify_build_data(&b.c, NOTIFY_INITIAL_CONTACT, SPAN_EMPTY);
	notify_build_data(&b.c, 16383, span_text("an error of tomorrow"));
	notify_build_data(&b.c, NOTIFY_NO_PROPOSAL_CHOSEN, SPAN_EMPTY);
	assert_int_equal(payload_list_parse(&list, b.data[0], built_payloads(&b), &critical), ERR_OK);
	assert_true(notify_find_error(&n, &list));
	assert_int_equal(n.type, 16383);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notify_about_no_sa_has_neither_protocol_nor_spi),
		cmocka_unit_test(a_notify_about_a_child_sa_names_it),
		cmocka_unit_test(eight_bytes_of_spi_are_read_whole),
		cmocka_unit_test(the_protocol_is_ignored_without_an_spi),
		cmocka_unit_test(other_spi_sizes_are_malformed),
		cmocka_unit_test(a_cut_notify_is_an_error),
		cmocka_unit_test(the_data_has_the_size_of_its_row),
		cmocka_unit_test(the_first_well_formed_one_of_a_type_is_found),
		cmocka_unit_test(an_error_is_any_type_below_16384),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
