/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include "dn.h"

static size_t encode(uint8_t *der, size_t max, const char *text)
{
	size_t len = 0;

	assert_int_equal(dn_encode(der, max, &len, span_text(text)), ERR_OK);
	return len;
}

/* As `openssl asn1parse` and X.501 have it. */
static void a_name_is_encoded_as_der(void **state)
{
	static const uint8_t want[] = {
		0x30, 0x2d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, 'C', 'H', 0x31, 0x1e, 0x30,
		0x1c, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01, 0x16, 0x0f, 'u', '@', 'e', 'x',
		'a', 'm', 'p', 'l', 'e', '.', 't', 'e', 's', 't', 's',
	};
	uint8_t der[128];
	size_t len = encode(der, sizeof(der), "C=CH, E=u@example.tests");

	(void)state;
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(der, want, sizeof(want));
}

static void names_print_as_they_were_written(void **state)
{
	static const char *const rows[][2] = {
		{ "C=CH, ST=Zug, L=Baar, O=Example, OU=Lab, CN=moon, E=m@example.org", NULL },
		{ "c=CH,st=Zug , l = Baar", "C=CH, ST=Zug, L=Baar" },
		{ "/C=CH/O=a, b/CN=x", "C=CH, O=a\\, b, CN=x" },
		{ "C=CH, O=a\\, b, CN=x", NULL },
		{ "emailAddress=a@b, serialNumber=7, DC=org, UID=u", "E=a@b, SN=7, DC=org, UID=u" },
		{ "O=\\x5c\\x22", NULL },
		{ "O=\\ ", "O= " },
		{ "CN=a/b=c", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buffer[256];
		struct text t = TEXT_ARRAY(buffer);
		uint8_t der[256];
		size_t len = encode(der, sizeof(der), rows[i][0]);

		assert_true(text_dn(&t, span_of(der, len)));
		assert_string_equal(buffer, rows[i][1] ? rows[i][1] : rows[i][0]);
	}
}

static void an_attribute_without_a_name_prints_its_number(void **state)
{
	static const uint8_t der[] = { 0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x2a, 0x86, 0x48, 0x0c, 0x02, 'h', 'i' };
	char buffer[64];
	struct text t = TEXT_ARRAY(buffer);

	(void)state;
	assert_true(text_dn(&t, SPAN_ARRAY(der)));
	assert_string_equal(buffer, "1.2.840=hi");
}

static void relative_names_of_several_attributes_are_joined_by_plus(void **state)
{
	static const uint8_t der[] = {
		0x30, 0x16, 0x31, 0x14, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 'a',
		0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x0b, 0x0c, 0x01, 'b',
	};
	char buffer[64];
	struct text t = TEXT_ARRAY(buffer);
	uint8_t two[64];
	size_t len = encode(two, sizeof(two), "CN=a, OU=b");

	(void)state;
	assert_true(text_dn(&t, SPAN_ARRAY(der)));
	assert_string_equal(buffer, "CN=a+OU=b");
	assert_int_equal(dn_match(SPAN_ARRAY(der), span_of(two, len)), 0);
	assert_int_equal(dn_match(SPAN_ARRAY(der), SPAN_ARRAY(der)), 3);
}

static void string_types_do_not_matter_to_a_match(void **state)
{
	static const uint8_t utf8[] = { 0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x0c, 0x02, 'c', 'h' };
	uint8_t printable[64];
	size_t len = encode(printable, sizeof(printable), "C=CH");

	(void)state;
	assert_int_equal(dn_match(span_of(printable, len), SPAN_ARRAY(utf8)), 3);
}

static void every_truncation_of_a_name_is_no_name(void **state)
{
	uint8_t der[256];
	size_t len = encode(der, sizeof(der), "C=CH, O=Example, CN=moon");
	char buffer[64];

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		struct text t = TEXT_ARRAY(buffer);
		uint8_t *copy = malloc(cut ? cut : 1);

		assert_non_null(copy);
		memcpy(copy, der, cut);
		assert_false(text_dn(&t, span_of(copy, cut)));
		assert_int_equal(t.len, 0);
		assert_int_equal(dn_match(span_of(der, len), span_of(copy, cut)), 0);
		assert_int_equal(dn_match(span_of(copy, cut), span_of(copy, cut)), 0);
		free(copy);
	}
}

static void names_that_do_not_fit_are_refused(void **state)
{
	uint8_t der[300];
	char text[304] = "CN=";
	size_t len;

	(void)state;
	assert_int_equal(dn_encode(der, 8, &len, span_text("CN=moon")), ERR_LENGTH);
	memset(&text[3], 'a', 257);
	assert_int_equal(dn_encode(der, sizeof(der), &len, span_text(text)), ERR_LENGTH);
	text[3 + 256] = '\0';
	assert_int_equal(dn_encode(der, sizeof(der), &len, span_text(text)), ERR_OK);
	assert_int_equal(dn_match(span_of(der, len), span_of(der, len)), 3);
	text[3 + 200] = '\0';
	assert_int_equal(dn_encode(der, sizeof(der), &len, span_text(text)), ERR_OK);
	assert_int_equal(dn_match(span_of(der, len), span_of(der, len)), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_encoded_as_der),
		cmocka_unit_test(names_print_as_they_were_written),
		cmocka_unit_test(an_attribute_without_a_name_prints_its_number),
		cmocka_unit_test(relative_names_of_several_attributes_are_joined_by_plus),
		cmocka_unit_test(string_types_do_not_matter_to_a_match),
		cmocka_unit_test(every_truncation_of_a_name_is_no_name),
		cmocka_unit_test(names_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
