/* SPDX-License-Identifier: Apache-2.0 */
#include "loading.h"

#include "identity.h"
#include "registry.h"

static struct identity parse(const char *text)
{
	struct identity id;

	if (identity_parse(&id, text) != ERR_OK)
		fail_msg("%s is not taken", text);
	return id;
}

static const char *print(const struct identity *id)
{
	static char buffer[4 * ID_MAX];
	struct text t = TEXT_ARRAY(buffer);

	text_identity(&t, id);
	return buffer;
}

static void identities_have_the_types_swanctl_gives_them(void **state)
{
	static const struct {
		const char *text;
		uint8_t type;
		const char *printed;
	} rows[] = {
		{ "%any", IDENTITY_ANY, "%any" },
		{ "", IDENTITY_ANY, "%any" },
		{ "*", IDENTITY_ANY, "%any" },
		{ "0.0.0.0", IDENTITY_ANY, "%any" },
		{ "::", IDENTITY_ANY, "%any" },
		{ "moon.example.org", ID_FQDN, "moon.example.org" },
		{ "moon", ID_FQDN, "moon" },
		{ "@moon", ID_FQDN, "moon" },
		{ "@192.0.2.1", ID_FQDN, "192.0.2.1" },
		{ "fqdn:a@b", ID_FQDN, "a@b" },
		{ "dns:moon", ID_FQDN, "moon" },
		{ "192.0.2.1", ID_IPV4_ADDR, "192.0.2.1" },
		{ "192.0.2.256", ID_FQDN, "192.0.2.256" },
		{ "ipv4:192.0.2.1", ID_IPV4_ADDR, "192.0.2.1" },
		{ "ipv4:#c0000201", ID_IPV4_ADDR, "192.0.2.1" },
		{ "2001:DB8::1", ID_IPV6_ADDR, "2001:db8::1" },
		{ "ipv6:2001:db8::1", ID_IPV6_ADDR, "2001:db8::1" },
		{ "what:ever", ID_KEY_ID, "what:ever" },
		{ "carol@example.org", ID_RFC822_ADDR, "carol@example.org" },
		{ "@@carol@example.org", ID_RFC822_ADDR, "carol@example.org" },
		{ "@@carol", ID_RFC822_ADDR, "carol" },
		{ "email:carol", ID_RFC822_ADDR, "carol" },
		{ "rfc822:carol", ID_RFC822_ADDR, "carol" },
		{ "@#0a0B", ID_KEY_ID, "0a:0b" },
		{ "@#6d6f6f6e", ID_KEY_ID, "moon" },
		{ "keyid:moon", ID_KEY_ID, "moon" },
		{ "keyid:#0a", ID_KEY_ID, "0a" },
		{ "C=CH, O=Example, CN=moon", ID_DER_ASN1_DN, "C=CH, O=Example, CN=moon" },
		{ "asn1dn:/C=CH/CN=moon", ID_DER_ASN1_DN, "C=CH, CN=moon" },
		{ "CN=carol@example.org", ID_DER_ASN1_DN, "CN=carol@example.org" },
		{ "asn1dn:#300d310b3009060355040613024348", ID_DER_ASN1_DN, "C=CH" },
		{ "{2}:192.0.2.1", ID_FQDN, "192.0.2.1" },
		{ "{1}:#c0000201", ID_IPV4_ADDR, "192.0.2.1" },
		{ "{11}:#0a0b", ID_KEY_ID, "0a:0b" },
		{ "{9}:C=CH", ID_DER_ASN1_DN, "C=CH" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct identity id = parse(rows[i].text);

		assert_int_equal(id.type, rows[i].type);
		assert_string_equal(print(&id), rows[i].printed);
	}
}

static void malformed_identities_are_refused(void **state)
{
	static const char *const bad[] = {
		"@", "@@", "@#", "@#0", "@#xy", "a=b", "C=", "=x", "fqdn:", "keyid:", "keyid:#", "ipv4:", "ipv4:::1",
		"ipv6:192.0.2.1", "ipv4:#c00002", "asn1dn:", "asn1dn:#", "C=CH,,CN=x",
		"{2}", "{2:x", "{}:x", "{x}:y", "{0}:x", "{1}:#c00002", "{258}:x", "{99}:x", "{9}:x", "{2}:",
	};
	struct identity id;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (identity_parse(&id, bad[i]) != ERR_SYNTAX)
			fail_msg("%s was taken", bad[i]);
	}
}

/* Taken as a key ID, such a one would load and match nobody. */
static void kinds_that_are_not_done_are_refused(void **state)
{
	static const char *const bad[] = { "ipv4net:192.0.2.0/24", "ipv6net:2001:db8::/32", "ipv4range:192.0.2.1-192.0.2.9", "ipv6range:::1-::2",
					   "range:192.0.2.1-192.0.2.9", "asn1gn:#0a", "xmppaddr:moon@example.org", "any:x" };
	struct identity id;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (identity_parse(&id, bad[i]) != ERR_UNSUPPORTED)
			fail_msg("%s was taken", bad[i]);
	}
	assert_int_equal(identity_parse(&id, "@any:x"), ERR_OK);
}

static void an_identity_has_at_most_512_bytes(void **state)
{
	char text[ID_MAX + 3];
	struct identity id;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '@';
	text[ID_MAX + 1] = '\0';
	assert_int_equal(identity_parse(&id, text), ERR_OK);
	assert_int_equal(id.len, ID_MAX);
	text[ID_MAX + 1] = 'a';
	text[ID_MAX + 2] = '\0';
	assert_int_equal(identity_parse(&id, text), ERR_LENGTH);
}

static void a_peer_may_not_send_the_identity_that_matches_everything(void **state)
{
	struct identity id;

	(void)state;
	assert_int_equal(identity_from_wire(&id, IDENTITY_ANY, span_text("x")), ERR_SYNTAX);
}

static void sizes_of_identities_from_the_wire_are_checked(void **state)
{
	uint8_t bytes[ID_MAX + 1] = { 192, 0, 2, 1 };
	struct identity id;

	(void)state;
	assert_int_equal(identity_from_wire(&id, ID_IPV4_ADDR, span_of(bytes, 4)), ERR_OK);
	assert_string_equal(print(&id), "192.0.2.1");
	assert_int_equal(identity_from_wire(&id, ID_IPV4_ADDR, span_of(bytes, 5)), ERR_LENGTH);
	assert_int_equal(identity_from_wire(&id, ID_IPV6_ADDR, span_of(bytes, 4)), ERR_LENGTH);
	assert_int_equal(identity_from_wire(&id, ID_FQDN, SPAN_EMPTY), ERR_LENGTH);
	assert_int_equal(identity_from_wire(&id, ID_KEY_ID, span_of(bytes, ID_MAX)), ERR_OK);
	assert_int_equal(identity_from_wire(&id, ID_KEY_ID, span_of(bytes, ID_MAX + 1)), ERR_LENGTH);
	assert_int_equal(identity_from_wire(&id, 200, span_of(bytes, 4)), ERR_OK);
	assert_string_equal(print(&id), "(ID type 200) c0:00:02:01");
}

static void bytes_of_a_peer_are_escaped_when_printed(void **state)
{
	struct identity id;

	(void)state;
	assert_int_equal(identity_from_wire(&id, ID_FQDN, span_text("a\n\"b\\")), ERR_OK);
	assert_string_equal(print(&id), "a\\x0a\\x22b\\x5c");
	assert_int_equal(identity_from_wire(&id, ID_DER_ASN1_DN, span_text("not DER")), ERR_OK);
	assert_string_equal(print(&id), "6e:6f:74:20:44:45:52");
}

static void patterns_match_by_equality_wildcard_and_any(void **state)
{
	static const struct {
		const char *pattern, *id;
		int fit;
	} rows[] = {
		{ "%any", "moon.example.org", 1 },
		{ "%any", "192.0.2.1", 1 },
		{ "moon.example.org", "MOON.example.ORG", 3 },
		{ "moon.example.org", "sun.example.org", 0 },
		{ "moon.example.org", "moon.example.org.", 0 },
		{ "*.example.org", "moon.example.org", 2 },
		{ "*.example.org", "a.moon.Example.org", 2 },
		{ "*.example.org", "example.org", 0 },
		{ "*.example.org", ".example.org", 0 },
		{ "*.example.org", "moon.example.com", 0 },
		{ "*.example.org", "carol@moon.example.org", 0 },
		{ "fqdn:*", "moon", 2 },
		{ "*@example.org", "carol@example.org", 2 },
		{ "*@example.org", "carol@example.com", 0 },
		{ "*@example.org", "@carol@example.org", 0 },
		{ "@moon", "keyid:moon", 0 },
		{ "keyid:moon", "keyid:Moon", 0 },
		{ "keyid:*", "keyid:moon", 0 },
		{ "192.0.2.1", "192.0.2.1", 3 },
		{ "192.0.2.1", "192.0.2.2", 0 },
		{ "192.0.2.1", "@192.0.2.1", 0 },
		{ "C=CH, O=Example, CN=moon", "C=CH, O=Example, CN=moon", 3 },
		{ "C=CH, O=Example, CN=moon", "C=ch, O=EXAMPLE, CN=Moon", 3 },
		{ "C=CH, O=Example, CN=*", "C=CH, O=Example, CN=moon", 2 },
		{ "C=*, O=*, CN=*", "C=CH, O=Example, CN=moon", 2 },
		{ "C=CH, CN=*", "C=CH, O=Example, CN=moon", 0 },
		{ "C=CH, O=Example, CN=*", "C=CH, O=Example", 0 },
		{ "C=CH, CN=*", "CN=moon, C=CH", 0 },
		{ "CN=moon", "CN=*", 0 },
		{ "CN=m*", "CN=moon", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct identity pattern = parse(rows[i].pattern), id = parse(rows[i].id);

		if (identity_match(&pattern, &id) != rows[i].fit)
			fail_msg("%s against %s: %d", rows[i].pattern, rows[i].id, identity_match(&pattern, &id));
	}
}

static void equality_needs_the_same_type(void **state)
{
	struct identity fqdn = parse("@moon"), mail = parse("@@moon"), upper = parse("@MOON");

	(void)state;
	assert_true(identity_equal(&fqdn, &upper));
	assert_false(identity_equal(&fqdn, &mail));
}

static void only_what_may_stand_for_more_than_one_is_a_pattern(void **state)
{
	static const struct {
		const char *text;
		bool pattern;
	} rows[] = {
		{ "%any", true },
		{ "*.example.org", true },
		{ "*@example.org", true },
		{ "C=CH, CN=*", true },
		{ "moon.example.org", false },
		{ "C=CH, CN=moon", false },
		{ "C=CH, CN=moon, E=moon@example.org", false }, /* its OIDs have a byte 0x2a */
		{ "192.0.2.42", false },
		{ "@#2a", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct identity id = parse(rows[i].text);

		if (identity_is_pattern(&id) != rows[i].pattern)
			fail_msg("%s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities_have_the_types_swanctl_gives_them),
		cmocka_unit_test(malformed_identities_are_refused),
		cmocka_unit_test(kinds_that_are_not_done_are_refused),
		cmocka_unit_test(an_identity_has_at_most_512_bytes),
		cmocka_unit_test(a_peer_may_not_send_the_identity_that_matches_everything),
		cmocka_unit_test(sizes_of_identities_from_the_wire_are_checked),
		cmocka_unit_test(bytes_of_a_peer_are_escaped_when_printed),
		cmocka_unit_test(patterns_match_by_equality_wildcard_and_any),
		cmocka_unit_test(equality_needs_the_same_type),
		cmocka_unit_test(only_what_may_stand_for_more_than_one_is_a_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
