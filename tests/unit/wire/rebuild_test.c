/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of all payloads over seeded random bytes and values: nothing is read past its end (under the sanitizers), what
 * parses is built to the same, and what is built parses to the same.
 */
#include "wire_test.h"

#include <stdlib.h>

#include "rebuild.h"

static uint64_t seed;
static struct rebuilt scratch;

static uint32_t draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* Bytes that a parser of lengths and markers finds interesting. */
static uint8_t draw_byte(void)
{
	static const uint8_t usual[] = { 0, 0, 0, 1, 2, 3, 4, 7, 8, 8, 12, 14, 16, 20, 40, 0x80, 0xff };

	return draw(4) ? usual[draw(sizeof(usual))] : (uint8_t)draw(256);
}

/* A copy that ends exactly at its end, so that the address sanitizer sees a byte too far. */
static struct span exact(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	return span_of(copy, len);
}

static size_t parsed[256];

static void body_try(uint8_t type, const uint8_t *bytes, size_t len)
{
	struct span body = exact(bytes, len);

	parsed[type] += rebuild_payload(&scratch, type, body) == ERR_OK;
	free((void *)(uintptr_t)body.data);
}

static void random_bodies_are_refused_or_survive(void **state)
{
	uint8_t bytes[120];

	(void)state;
	seed = 1;
	for (int round = 0; round < 40000; round++) {
		size_t len = draw(2) ? draw(16) : draw(sizeof(bytes)); /* exact lengths are short */

		for (size_t i = 0; i < len; i++)
			bytes[i] = draw_byte();
		for (uint8_t type = PAYLOAD_SA; type <= PAYLOAD_SKF; type++)
			body_try(type, bytes, len);
	}
	assert_true(parsed[PAYLOAD_NOTIFY] > 100);
	assert_true(parsed[PAYLOAD_CP] > 10);
	assert_true(parsed[PAYLOAD_SKF] > 100);
}

static void fill(struct span *ret, uint8_t *bytes, size_t max)
{
	size_t len = draw((uint32_t)max + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)draw(256);
	*ret = span_of(bytes, len);
}

static struct sa draw_sa(void)
{
	struct sa sa = { .count = (uint8_t)(1 + draw(PROPOSALS_MAX)) };
	uint8_t number = 0;

	for (size_t i = 0; i < sa.count; i++) {
		struct proposal *p = &sa.proposals[i];

		number = (uint8_t)(number + 1 + draw(3));
		p->number = number;
		p->protocol = (uint8_t)(1 + draw(3));
		p->spi_len = p->protocol != PROTOCOL_IKE ? 4 : draw(2) ? 8 : 0;
		p->spi = p->spi_len == 8 ? (uint64_t)draw(UINT32_C(1) << 31) << 32 | draw(99)
		       : p->spi_len ? draw(UINT32_C(1) << 31) : 0;
		p->count = (uint8_t)(1 + draw(TRANSFORMS_MAX));
		for (size_t j = 0; j < p->count; j++)
			p->transforms[j] = (struct transform){ .type = (uint8_t)draw(256),
							       .id = (uint16_t)draw(65536),
							       .key_bits = (uint16_t)(draw(2) ? draw(65536) : 0) };
	}
	return sa;
}

static void random_proposals_survive(void **state)
{
	struct built b;

	(void)state;
	seed = 2;
	for (int round = 0; round < 2000; round++) {
		struct sa sa = draw_sa(), again;

		sa_build(built_begin(&b), &sa);
		assert_int_equal(sa_parse(&again, built_body(&b, PAYLOAD_SA)), ERR_OK);
		assert_int_equal(again.count, sa.count);
		for (size_t i = 0; i < sa.count; i++)
			same_proposal(&sa.proposals[i], &again.proposals[i]);
		assert_int_equal(rebuild_sa(&scratch, built_body(&b, PAYLOAD_SA)), ERR_OK);
	}
}

static struct selector draw_selector(void)
{
	struct selector s = { .protocol = (uint8_t)draw(256), .port_first = (uint16_t)draw(65536) };
	uint8_t family = draw(2) ? IP_V4 : IP_V6;

	s.port_last = (uint16_t)(s.port_first + draw(65536u - s.port_first));
	if (draw(8) == 0) {
		s.port_first = 65535;
		s.port_last = 0;
	}
	s.first.family = family;
	for (size_t i = 0; i < ip_len(&s.first); i++)
		s.first.bytes[i] = (uint8_t)draw(256);
	s.last = s.first;
	for (size_t i = draw((uint32_t)ip_len(&s.first)); i < ip_len(&s.first); i++)
		s.last.bytes[i] = (uint8_t)(s.last.bytes[i] | draw(256));
	return s;
}

static void random_selectors_survive(void **state)
{
	struct built b;

	(void)state;
	seed = 3;
	for (int round = 0; round < 2000; round++) {
		struct selector items[TS_OFFERED_MAX];
		size_t count = 1 + draw(TS_OFFERED_MAX);
		struct selectors again;

		for (size_t i = 0; i < count; i++)
			items[i] = draw_selector();
		ts_build(built_begin(&b), PAYLOAD_TSI, items, count);
		assert_int_equal(ts_parse(&again, built_body(&b, PAYLOAD_TSI)), ERR_OK);
		assert_int_equal(again.count, count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(again.items[i].protocol, items[i].protocol);
			assert_int_equal(again.items[i].port_first, items[i].port_first);
			assert_int_equal(again.items[i].port_last, items[i].port_last);
			assert_true(ip_equal(&again.items[i].first, &items[i].first));
			assert_true(ip_equal(&again.items[i].last, &items[i].last));
		}
	}
}

/* A message of many payloads, for the mutations below. */
static void build_message(struct built *b)
{
	uint8_t bytes[64];
	struct sa sa = draw_sa();
	struct selector s = draw_selector();
	struct cp_payload cp = { .type = CP_REQUEST, .count = 2, .items = { { 1, SPAN_EMPTY }, { 3, SPAN_EMPTY } } };
	struct span data;

	sa.count = 1;
	built_begin(b);
	sa_build(&b->c, &sa);
	fill(&data, bytes, sizeof(bytes));
	ke_build(&b->c, 31, data);
	nonce_build(&b->c, span_of(sa.proposals, 32));
	notify_build_data(&b->c, NOTIFY_COOKIE, span_text("cookie"));
	ts_build(&b->c, PAYLOAD_TSI, &s, 1);
	cp_build(&b->c, &cp);
	id_build(&b->c, PAYLOAD_IDI, ID_FQDN, span_text("host"));
	eap_build(&b->c, BYTES(1, 1, 0, 5, 1));
	delete_build_child(&b->c, PROTOCOL_ESP, (const uint32_t[]){ 256, 257 }, 2);
	payload_put(&b->c, PAYLOAD_SK, data);
}

static void message_try(uint8_t first, const uint8_t *bytes, size_t len, size_t *passed)
{
	struct span message = exact(bytes, len);
	struct payload_list list;
	uint8_t critical;

	if (payload_list_parse(&list, first, message, &critical) == ERR_OK) {
		for (size_t i = 0; i < list.count; i++)
			*passed += rebuild_payload(&scratch, list.items[i].type, list.items[i].body) == ERR_OK;
	}
	free((void *)(uintptr_t)message.data);
}

static void mutated_messages_are_refused_or_survive(void **state)
{
	static struct built b;
	size_t passed = 0;

	(void)state;
	seed = 4;
	for (int round = 0; round < 20000; round++) {
		size_t len;

		build_message(&b);
		len = built_payloads(&b).len;
		for (uint32_t changes = draw(4); changes > 0; changes--)
			b.data[1 + draw((uint32_t)len)] = draw_byte();
		if (draw(8) == 0)
			len = draw((uint32_t)len);
		message_try(b.data[0], b.data + 1, len, &passed);
	}
	assert_true(passed > 10000);
}

static void a_message_cut_anywhere_is_an_error(void **state)
{
	static struct built b;
	struct payload_list list;
	uint8_t critical;

	(void)state;
	seed = 5;
	build_message(&b);
	assert_int_equal(payload_list_parse(&list, b.data[0], built_payloads(&b), &critical), ERR_OK);
	for (size_t len = 0; len < built_payloads(&b).len; len++) {
		struct span cut = exact(b.data + 1, len);

		assert_int_not_equal(payload_list_parse(&list, b.data[0], cut, &critical), ERR_OK);
		free((void *)(uintptr_t)cut.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bodies_are_refused_or_survive),
		cmocka_unit_test(random_proposals_survive),
		cmocka_unit_test(random_selectors_survive),
		cmocka_unit_test(mutated_messages_are_refused_or_survive),
		cmocka_unit_test(a_message_cut_anywhere_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
