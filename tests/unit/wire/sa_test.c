/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/wire/sa.c. */
#include "wire_test.h"

/* Two proposals for IKE: AES-CBC-128, HMAC-SHA2-256, SHA2-256-128, MODP-2048; then AES-GCM-16-256 … x25519. */
static const uint8_t two_proposals[] = {
	2, 0, 0, 44, 1, 1, 0, 4,
	3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128,
	3, 0, 0, 8, 2, 0, 0, 5,
	3, 0, 0, 8, 3, 0, 0, 12,
	0, 0, 0, 8, 4, 0, 0, 14,
	0, 0, 0, 36, 2, 1, 0, 3,
	3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
	3, 0, 0, 8, 2, 0, 0, 5,
	0, 0, 0, 8, 4, 0, 0, 31,
};

static void proposals_are_read_transform_by_transform(void **state)
{
	const struct proposal *p;
	struct sa sa;

	(void)state;
	assert_int_equal(sa_parse(&sa, SPAN_ARRAY(two_proposals)), ERR_OK);
	assert_int_equal(sa.count, 2);
	p = &sa.proposals[0];
	assert_int_equal(p->number, 1);
	assert_int_equal(p->protocol, PROTOCOL_IKE);
	assert_int_equal(p->spi_len, 0);
	assert_int_equal(p->count, 4);
	assert_int_equal(p->transforms[0].type, 1);
	assert_int_equal(p->transforms[0].id, 12);
	assert_int_equal(p->transforms[0].key_bits, 128);
	assert_false(p->transforms[0].unknown);
	assert_int_equal(p->transforms[3].type, 4);
	assert_int_equal(p->transforms[3].id, 14);
	assert_int_equal(p->transforms[3].key_bits, 0);
	assert_int_equal(sa.proposals[1].number, 2);
	assert_int_equal(sa.proposals[1].transforms[0].key_bits, 256);
	assert_int_equal(sa.proposals[1].transforms[2].id, 31);
}

/* RFC7296 3.3.5: the Key Length is of the short form */
static void proposals_are_written_as_they_are_read(void **state)
{
	struct built b;
	struct sa sa;

	(void)state;
	assert_int_equal(sa_parse(&sa, SPAN_ARRAY(two_proposals)), ERR_OK);
	sa_build(built_begin(&b), &sa);
	assert_span_equal(built_body(&b, PAYLOAD_SA), SPAN_ARRAY(two_proposals));
}

static void every_prefix_and_every_extension_is_malformed(void **state)
{
	uint8_t longer[sizeof(two_proposals) + 1] = { 0 };
	struct sa sa = { .count = 9 };

	(void)state;
	for (size_t len = 0; len < sizeof(two_proposals); len++)
		assert_int_equal(sa_parse(&sa, span_of(two_proposals, len)), ERR_SYNTAX);
	memcpy(longer, two_proposals, sizeof(two_proposals));
	assert_int_equal(sa_parse(&sa, SPAN_ARRAY(longer)), ERR_SYNTAX);
	assert_int_equal(sa.count, 9);
}

/* Every byte that says how the payload is laid out, at a value that contradicts the rest. RFC7296 3.3.1. */
static void contradictions_are_malformed(void **state)
{
	static const struct {
		uint8_t at, value;
	} rows[] = {
		{ 0, 0 }, { 0, 1 }, { 0, 3 },                  /* the last proposal, though another follows */
		{ 2, 1 }, { 3, 0 }, { 3, 7 }, { 3, 43 }, { 3, 45 }, { 3, 80 }, { 3, 81 },
		{ 4, 0 }, { 4, 2 }, { 4, 255 },                /* numbers: none, not growing */
		{ 6, 1 }, { 6, 4 }, { 6, 8 }, { 6, 255 },      /* SPI sizes */
		{ 7, 0 }, { 7, 3 }, { 7, 5 }, { 7, 255 },      /* numbers of transforms */
		{ 8, 0 }, { 8, 2 }, { 28, 0 }, { 36, 3 },      /* last transform, or not */
		{ 11, 0 }, { 11, 4 }, { 11, 7 }, { 11, 9 }, { 11, 10 }, { 11, 11 }, { 11, 13 }, { 10, 255 },
		{ 39, 7 }, { 39, 9 },
		{ 44, 2 }, { 44, 3 }, { 47, 35 }, { 47, 37 }, { 48, 1 },
		{ 16, 0 },                                     /* 14 as TLV reaches past its transform */
	};
	uint8_t bytes[sizeof(two_proposals)];
	struct sa sa;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memcpy(bytes, two_proposals, sizeof(bytes));
		bytes[rows[i].at] = rows[i].value;
		if (sa_parse(&sa, SPAN_ARRAY(bytes)) != ERR_SYNTAX)
			fail_msg("byte %d as %d parses", rows[i].at, rows[i].value);
	}
}

static void reserved_bytes_are_ignored(void **state)
{
	static const uint8_t places[] = { 1, 9, 13, 21, 25, 45 };
	uint8_t bytes[sizeof(two_proposals)];
	struct sa sa;

	(void)state;
	memcpy(bytes, two_proposals, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		bytes[places[i]] = 0xff;
	assert_int_equal(sa_parse(&sa, SPAN_ARRAY(bytes)), ERR_OK);
	assert_int_equal(sa.proposals[0].transforms[0].key_bits, 128);
}

static void numbers_may_begin_anywhere_and_have_gaps(void **state)
{
	uint8_t bytes[sizeof(two_proposals)];
	struct sa sa;

	(void)state;
	memcpy(bytes, two_proposals, sizeof(bytes));
	bytes[4] = 7;
	bytes[48] = 9;
	assert_int_equal(sa_parse(&sa, SPAN_ARRAY(bytes)), ERR_OK);
	assert_int_equal(sa.proposals[1].number, 9);
}

/* RFC7296 3.3.1 */
static void an_spi_has_the_size_of_its_protocol(void **state)
{
	struct sa sa;
	struct built b;
	const struct span esp = BYTES(0, 0, 0, 20, 1, 3, 4, 1, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 8, 5, 0, 0, 0);
	const struct span ike =
		BYTES(0, 0, 0, 24, 1, 1, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 8, 2, 0, 0, 5);

	(void)state;
	assert_int_equal(sa_parse(&sa, esp), ERR_OK);
	assert_int_equal(sa.proposals[0].spi_len, 4);
	assert_true(sa.proposals[0].spi == 0xdeadbeef);
	sa_build(built_begin(&b), &sa);
	assert_span_equal(built_body(&b, PAYLOAD_SA), esp);
	assert_int_equal(sa_parse(&sa, ike), ERR_OK);
	assert_true(sa.proposals[0].spi == UINT64_C(0x0102030405060708));
	sa_build(built_begin(&b), &sa);
	assert_span_equal(built_body(&b, PAYLOAD_SA), ike);
	/* ESP without an SPI, AH with eight bytes, IKE with four. */
	assert_int_equal(sa_parse(&sa, BYTES(0, 0, 0, 16, 1, 3, 0, 1, 0, 0, 0, 8, 5, 0, 0, 0)), ERR_SYNTAX);
	assert_int_equal(sa_parse(&sa, BYTES(0, 0, 0, 24, 1, 2, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 8, 5, 0,
					     0, 0)), ERR_SYNTAX);
	assert_int_equal(sa_parse(&sa, BYTES(0, 0, 0, 20, 1, 1, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0)),
			 ERR_SYNTAX);
}

static void a_proposal_of_an_unknown_protocol_is_left_out(void **state)
{
	struct sa sa;

	(void)state;
	assert_int_equal(sa_parse(&sa, BYTES(2, 0, 0, 19, 1, 77, 3, 1, 1, 2, 3, 0, 0, 0, 8, 5, 0, 0, 0,
					     0, 0, 0, 16, 2, 1, 0, 1, 0, 0, 0, 8, 2, 0, 0, 5)), ERR_OK);
	assert_int_equal(sa.count, 1);
	assert_int_equal(sa.proposals[0].number, 2);
	/* Its shape counts all the same: here the SPI eats the transform. */
	assert_int_equal(sa_parse(&sa, BYTES(0, 0, 0, 19, 1, 77, 11, 1, 1, 2, 3, 0, 0, 0, 8, 5, 0, 0, 0)),
			 ERR_SYNTAX);
}

/* One transform with the attributes given. */
static struct transform with_attributes(struct span attributes, enum err want)
{
	uint8_t buffer[64];
	struct writer w = writer_of(buffer, sizeof(buffer));
	struct sa sa = { 0 };

	writer_put(&w, BYTES(0, 0, 0, (uint8_t)(16 + attributes.len), 1, 1, 0, 1));
	writer_put(&w, BYTES(0, 0, 0, (uint8_t)(8 + attributes.len), 1, 0, 0, 12));
	writer_put(&w, attributes);
	assert_int_equal(sa_parse(&sa, writer_span(&w)), want);
	return sa.proposals[0].transforms[0];
}

static void an_attribute_that_is_not_understood_spoils_its_transform_only(void **state)
{
	struct transform t;

	(void)state;
	t = with_attributes(BYTES(0x80, 14, 0, 128), ERR_OK);
	assert_false(t.unknown);
	assert_int_equal(t.key_bits, 128);
	assert_true(with_attributes(BYTES(0x80, 15, 0, 128), ERR_OK).unknown);
	t = with_attributes(BYTES(0x80, 14, 0, 128, 0x80, 15, 0, 1), ERR_OK);
	assert_true(t.unknown);
	assert_int_equal(t.key_bits, 128);
	assert_true(with_attributes(BYTES(0, 99, 0, 3, 1, 2, 3), ERR_OK).unknown);
	assert_true(with_attributes(BYTES(0, 99, 0, 0), ERR_OK).unknown);
}

static void a_key_length_is_given_once_in_short_form(void **state)
{
	(void)state;
	assert_true(with_attributes(BYTES(0x80, 14, 0, 128, 0x80, 14, 1, 0), ERR_OK).unknown);
	assert_true(with_attributes(BYTES(0, 14, 0, 2, 0, 128), ERR_OK).unknown);
	assert_true(with_attributes(BYTES(0x80, 14, 0, 0), ERR_OK).unknown);
	assert_true(with_attributes(BYTES(0x80, 14, 0, 0, 0x80, 14, 0, 128), ERR_OK).unknown);
}

static void an_attribute_reaches_no_farther_than_its_transform(void **state)
{
	(void)state;
	with_attributes(BYTES(0x80), ERR_SYNTAX);
	with_attributes(BYTES(0x80, 14, 0), ERR_SYNTAX);
	with_attributes(BYTES(0, 99, 0, 1), ERR_SYNTAX);
	with_attributes(BYTES(0, 99, 0xff, 0xff, 1, 2), ERR_SYNTAX);
	with_attributes(BYTES(0x80, 14, 0, 128, 0), ERR_SYNTAX);
}

static void proposals_past_the_limit_are_left_out(void **state)
{
	uint8_t bytes[(PROPOSALS_MAX + 4) * 16];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct sa sa;

	(void)state;
	for (uint8_t i = 1; i <= PROPOSALS_MAX + 4; i++)
		writer_put(&w, BYTES(i < PROPOSALS_MAX + 4 ? 2 : 0, 0, 0, 16, i, 1, 0, 1, 0, 0, 0, 8, 2, 0, 0, 5));
	assert_int_equal(sa_parse(&sa, writer_span(&w)), ERR_OK);
	assert_int_equal(sa.count, PROPOSALS_MAX);
	assert_int_equal(sa.proposals[PROPOSALS_MAX - 1].number, PROPOSALS_MAX);
	bytes[sizeof(bytes) - 5] = 9; /* but they are checked for shape */
	assert_int_equal(sa_parse(&sa, writer_span(&w)), ERR_SYNTAX);
}

static struct span many_transforms(struct writer *w, uint8_t count)
{
	size_t length_at;

	writer_u16(w, 0);
	length_at = writer_mark16(w);
	writer_put(w, BYTES(1, 1, 0, count));
	for (int i = 1; i <= count; i++)
		writer_put(w, BYTES(i < count ? 3 : 0, 0, 0, 8, 4, 0, 0, (uint8_t)i));
	writer_patch16(w, length_at, w->len);
	return writer_span(w);
}

static void a_proposal_with_too_many_transforms_is_left_out(void **state)
{
	uint8_t bytes[8 + 8 * 255];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct sa sa;

	(void)state;
	assert_int_equal(sa_parse(&sa, many_transforms(&w, TRANSFORMS_MAX)), ERR_OK);
	assert_int_equal(sa.count, 1);
	assert_int_equal(sa.proposals[0].count, TRANSFORMS_MAX);
	assert_int_equal(sa.proposals[0].transforms[TRANSFORMS_MAX - 1].id, TRANSFORMS_MAX);
	w = writer_of(bytes, sizeof(bytes));
	assert_int_equal(sa_parse(&sa, many_transforms(&w, TRANSFORMS_MAX + 1)), ERR_OK);
	assert_int_equal(sa.count, 0);
	w = writer_of(bytes, sizeof(bytes));
	assert_int_equal(sa_parse(&sa, many_transforms(&w, 255)), ERR_OK);
	assert_int_equal(sa.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proposals_are_read_transform_by_transform),
		cmocka_unit_test(proposals_are_written_as_they_are_read),
		cmocka_unit_test(every_prefix_and_every_extension_is_malformed),
		cmocka_unit_test(contradictions_are_malformed),
		cmocka_unit_test(reserved_bytes_are_ignored),
		cmocka_unit_test(numbers_may_begin_anywhere_and_have_gaps),
		cmocka_unit_test(an_spi_has_the_size_of_its_protocol),
		cmocka_unit_test(a_proposal_of_an_unknown_protocol_is_left_out),
		cmocka_unit_test(an_attribute_that_is_not_understood_spoils_its_transform_only),
		cmocka_unit_test(a_key_length_is_given_once_in_short_form),
		cmocka_unit_test(an_attribute_reaches_no_farther_than_its_transform),
		cmocka_unit_test(proposals_past_the_limit_are_left_out),
		cmocka_unit_test(a_proposal_with_too_many_transforms_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
