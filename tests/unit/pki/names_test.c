/* SPDX-License-Identifier: Apache-2.0 */
/* Which identities a certificate carries (RFC 4945 3.1, 5.1). */
#include <openssl/x509v3.h>
#include <stdio.h>

#include "names.h"
#include "scene.h"

static struct made made_with(const char *subject, const char *san)
{
	struct recipe r = { .subject = subject, .extensions = { "subjectKeyIdentifier", "hash", san ? "subjectAltName" : NULL, san } };

	return made_cert(&r);
}

static bool carries(const struct made *m, const char *text)
{
	struct identity id;

	assert_int_equal(identity_parse(&id, text), ERR_OK);
	return names_carry(m->x, &id);
}

static void names_are_found_where_they_belong(void **state)
{
	struct made m = made_with("C=CH, O=Example, CN=moon",
				  "DNS:moon.example.org,DNS:192.0.2.7,DNS:2001:db8::7,email:carol@example.org,IP:192.0.2.1,IP:2001:db8::1,"
				  "URI:http://uri.example.org");
	static const struct {
		const char *id;
		bool carried;
	} rows[] = {
		{ "moon.example.org", true },
		{ "MOON.Example.ORG", true },
		{ "moon.example.or", false },
		{ "x.moon.example.org", false },
		{ "uri.example.org", false },
		{ "moon", false }, /* a common name is no identity */
		{ "carol@example.org", true },
		{ "@@carol@example.org", true },
		{ "dave@example.org", false },
		{ "fqdn:carol@example.org", false },
		{ "rfc822:moon.example.org", false },
		{ "192.0.2.1", true },
		{ "192.0.2.2", false },
		{ "192.0.2.7", false }, /* a dNSName that spells it is none, RFC 5280 4.2.1.10 */
		{ "@192.0.2.7", true },
		{ "@192.0.2.1", false },
		{ "2001:db8::1", true },
		{ "2001:db8:0::7", false },
		{ "2001:db8::2", false },
		{ "C=CH, O=Example, CN=moon", true },
		{ "C=CH, O=example, CN=MOON", true }, /* RFC 5280 7.1 */
		{ "C=CH, O=Example,  CN= moon", true },
		{ "C=CH, O=Example, CN=sun", false },
		{ "C=CH, CN=moon", false },
		{ "O=Example, C=CH, CN=moon", false },
		{ "C=CH, O=Example, CN=*", false },
		{ "%any", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (carries(&m, rows[i].id) != rows[i].carried)
			fail_msg("%s", rows[i].id);
	}
	makers_clear();
}

static void wildcards_in_a_certificate_are_letters(void **state)
{
	struct made m = made_with("CN=moon", "DNS:*.example.org");

	(void)state;
	assert_false(carries(&m, "moon.example.org"));
	assert_true(carries(&m, "*.example.org"));
	makers_clear();
}

static void a_zero_inside_a_name_does_not_end_it(void **state)
{
	/* dNSName "moon\0.evil" */
	struct made m = made_cert(&(struct recipe){ .subject = "CN=moon",
						    .extensions = { "subjectAltName", "DER:300c820a6d6f6f6e002e6576696c" } });
	struct identity id, ret[4];

	(void)state;
	assert_false(carries(&m, "moon"));
	assert_int_equal(identity_from_wire(&id, ID_FQDN, span_of("moon\0.evil", 10)), ERR_OK);
	assert_true(names_carry(m.x, &id));
	assert_int_equal(names_list(m.x, ret, 4), 2);
	/* "192.0.2.7\0.evil": no address either */
	m = made_cert(&(struct recipe){ .subject = "CN=moon",
					.extensions = { "subjectAltName", "DER:3011820f3139322e302e322e37002e6576696c" } });
	assert_int_equal(names_list(m.x, ret, 4), 2);
	assert_false(carries(&m, "192.0.2.7"));
	makers_clear();
}

static void a_key_id_is_the_subject_key_identifier(void **state)
{
	struct made m = made_with("CN=moon", NULL);
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(m.x);
	struct identity id;

	(void)state;
	assert_int_equal(identity_from_wire(&id, ID_KEY_ID, span_of(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski))), ERR_OK);
	assert_true(names_carry(m.x, &id));
	id.data[0] ^= 1;
	assert_false(names_carry(m.x, &id));
	m = made_cert(&(struct recipe){ .subject = "CN=moon" });
	id.len = 0;
	assert_false(names_carry(m.x, &id));
	makers_clear();
}

static void malformed_and_empty_distinguished_names_are_nobody_s(void **state)
{
	struct made m = made_cert(&(struct recipe){ .subject = "", .extensions = { "subjectAltName", "critical,DNS:moon" } });
	struct identity id;

	(void)state;
	assert_true(carries(&m, "moon"));
	assert_int_equal(identity_from_wire(&id, ID_DER_ASN1_DN, span_of("\x30\x00", 2)), ERR_OK);
	assert_false(names_carry(m.x, &id)); /* the empty name would fit every such certificate */
	m = made_with("CN=moon", NULL);
	assert_int_equal(identity_parse(&id, "CN=moon"), ERR_OK);
	assert_true(names_carry(m.x, &id));
	id.data[id.len++] = 0;
	assert_false(names_carry(m.x, &id));
	id.len -= 2;
	assert_false(names_carry(m.x, &id));
	makers_clear();
}

static void identities_are_listed_subject_first(void **state)
{
	struct made m = made_with("CN=moon", "DNS:moon.example.org,email:a@b,IP:192.0.2.1,IP:2001:db8::1,URI:http://no");
	static const uint8_t types[] = { ID_DER_ASN1_DN, ID_FQDN, ID_RFC822_ADDR, ID_IPV4_ADDR, ID_IPV6_ADDR };
	struct identity ids[8];

	(void)state;
	assert_int_equal(names_list(m.x, ids, ARRAY_LEN(ids)), ARRAY_LEN(types));
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		assert_int_equal(ids[i].type, types[i]);
	assert_int_equal(names_list(m.x, ids, 2), 2);
	assert_int_equal(names_list(m.x, ids, 0), 0);
	makers_clear();
}

static void every_carried_identity_has_its_hash_among_the_certificate_s(void **state)
{
	struct made m = made_with("C=CH, CN=moon", "DNS:Moon.example.org,DNS:192.0.2.7,email:a@B,IP:192.0.2.1");
	static const char *const ids[] = { "moon.example.ORG", "@192.0.2.7", "A@b", "192.0.2.1", "C=ch, CN=MOON" };
	uint64_t hashes[NAMES_MAX];
	size_t count = names_hashes(m.x, hashes, NAMES_MAX);

	(void)state;
	assert_int_equal(count, 6); /* subject, key identifier, four names */
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct identity id;
		bool found = false;

		assert_int_equal(identity_parse(&id, ids[i]), ERR_OK);
		for (size_t k = 0; k < count; k++)
			found |= hashes[k] == names_hash(&id);
		assert_true(found);
	}
	makers_clear();
}

static void a_thousand_names_are_looked_at_up_to_the_limit(void **state)
{
	static char san[NAMES_MAX * 16];
	uint64_t hashes[NAMES_MAX];
	struct made m;
	size_t len = 0;

	(void)state;
	for (int i = 0; i <= NAMES_MAX; i++)
		len += (size_t)snprintf(&san[len], sizeof(san) - len, "%sDNS:n%d", i ? "," : "", i);
	m = made_with("CN=moon", san);
	assert_true(carries(&m, "n255"));
	assert_false(carries(&m, "n256"));
	assert_int_equal(names_hashes(m.x, hashes, NAMES_MAX), NAMES_MAX);
	makers_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_where_they_belong),
		cmocka_unit_test(wildcards_in_a_certificate_are_letters),
		cmocka_unit_test(a_zero_inside_a_name_does_not_end_it),
		cmocka_unit_test(a_key_id_is_the_subject_key_identifier),
		cmocka_unit_test(malformed_and_empty_distinguished_names_are_nobody_s),
		cmocka_unit_test(identities_are_listed_subject_first),
		cmocka_unit_test(every_carried_identity_has_its_hash_among_the_certificate_s),
		cmocka_unit_test(a_thousand_names_are_looked_at_up_to_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
