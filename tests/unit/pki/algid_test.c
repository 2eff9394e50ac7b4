/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers: those of RFC 7427 appendix A, our own, and ones that are a little wrong. */
#include "vector.h"

static uint8_t auth[512];

/* AUTH data with a signature of three bytes behind the identifier. */
static enum verify_fault read_algid(const void *der, size_t len, const struct scheme_row **ret)
{
	struct span signature = SPAN_EMPTY;
	enum verify_fault fault;

	*ret = NULL;
	auth[0] = (uint8_t)len;
	memcpy(&auth[1], der, len);
	memcpy(&auth[1 + len], "sig", 3);
	fault = scheme_read(AUTH_DIGITAL_SIGNATURE, span_of(auth, len + 4), ret, &signature);
	if (!fault)
		assert_true(span_equal(signature, span_text("sig")));
	return fault;
}

/* RFC7427 A.4.1 */
static void the_rfc_s_examples_are_read_as_what_they_are(void **state)
{
	static const struct {
		const char *section, *name; /* NULL: nothing that we take */
		enum verify_fault fault;
	} rows[] = {
		{ "A.1.1.  sha1With", NULL, VERIFY_WEAK_HASH },
		{ "A.1.2.  sha256With", "rsa-sha256", VERIFY_NONE },
		{ "A.1.3.  sha384With", "rsa-sha384", VERIFY_NONE },
		{ "A.1.4.  sha512With", "rsa-sha512", VERIFY_NONE },
		{ "A.2.1.  dsa-with-sha1", NULL, VERIFY_SCHEME },
		{ "A.2.2.  dsa-with-sha256", NULL, VERIFY_SCHEME },
		{ "A.3.1.  ecdsa-with-sha1", NULL, VERIFY_WEAK_HASH },
		{ "A.3.2.  ecdsa-with-sha256", "ecdsa-sha256", VERIFY_NONE },
		{ "A.3.3.  ecdsa-with-sha384", "ecdsa-sha384", VERIFY_NONE },
		{ "A.3.4.  ecdsa-with-sha512", "ecdsa-sha512", VERIFY_NONE },
		{ "A.4.1.  RSASSA-PSS with Empty", NULL, VERIFY_WEAK_HASH },
		{ "A.4.2.  RSASSA-PSS with Default", NULL, VERIFY_WEAK_HASH },
		{ "A.4.3.  RSASSA-PSS with SHA-256", "rsa/pss-sha256", VERIFY_NONE },
	};
	const char *text = vector_file("rfc7427-sig-algid.txt");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = strstr(text, rows[i].section), *length, *dump;
		const struct scheme_row *row;
		uint8_t der[128];
		size_t len;

		assert_non_null(at);
		length = strstr(at, "Length = ");
		assert_non_null(length);
		dump = strstr(length, "0000: ");
		assert_non_null(dump);
		len = vector_hex(dump, true, der, sizeof(der));
		assert_int_equal(len, strtoul(length + strlen("Length = "), NULL, 10));
		assert_int_equal(read_algid(der, len, &row), rows[i].fault);
		if (rows[i].name)
			assert_string_equal(row->name, rows[i].name);
		/* What we send is what the RFC shows, but for PSS's default trailer field, which DER leaves out. */
		if (rows[i].name && !row->pss)
			assert_true(span_equal(row->algid, span_of(der, len)));
	}
}

/* RFC7427 3, RFC8420 3 */
static void what_we_send_is_read_back_as_the_same_scheme(void **state)
{
	const struct scheme_row *row;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < schemes_count(); i++) {
		if (scheme_at(i)->method != AUTH_DIGITAL_SIGNATURE)
			continue;
		assert_int_equal(read_algid(scheme_at(i)->algid.data, scheme_at(i)->algid.len, &row), VERIFY_NONE);
		assert_ptr_equal(row, scheme_at(i));
		count++;
	}
	assert_int_equal(count, 11);
}

/* RFC7296 3.8 */
static void methods_before_rfc_7427_have_rows_by_number(void **state)
{
	static const uint8_t methods[] = { AUTH_RSA_SIGNATURE, AUTH_ECDSA_256, AUTH_ECDSA_384, AUTH_ECDSA_521 };
	const struct scheme_row *row;
	struct span signature;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		assert_int_equal(scheme_read(methods[i], span_text("sig"), &row, &signature), VERIFY_NONE);
		assert_int_equal(row->method, methods[i]);
		assert_true(span_equal(signature, span_text("sig")));
	}
	for (unsigned method = 0; method < 256; method++) {
		bool ours = method == 1 || (method >= 9 && method <= 11);

		if (method != AUTH_DIGITAL_SIGNATURE)
			assert_int_equal(scheme_read((uint8_t)method, span_text("sig"), &row, &signature), ours ? VERIFY_NONE : VERIFY_SCHEME);
	}
}

static void parameters_of_a_hash_may_be_left_out(void **state)
{
	static const uint8_t pkcs1[] = "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
	static const uint8_t pss[] = "\x30\x3d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x30"
				     "\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"
				     "\xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"
				     "\xa2\x03\x02\x01\x30";
	const struct scheme_row *row;

	(void)state;
	assert_int_equal(read_algid(pkcs1, sizeof(pkcs1) - 1, &row), VERIFY_NONE);
	assert_string_equal(row->name, "rsa-sha256");
	assert_int_equal(read_algid(pss, sizeof(pss) - 1, &row), VERIFY_NONE);
	assert_string_equal(row->name, "rsa/pss-sha384");
}

/* RFC 7427 A.4.3, changed in one place each. */
static void pss_parameters_that_do_not_fit_each_other_are_refused(void **state)
{
	static const uint8_t good[] = "\x30\x46\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x39\xa0"
				      "\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
				      "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30"
				      "\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03"
				      "\x02\x01\x20\xa3\x03\x02\x01\x01";
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{ 29, 0x02 }, /* hash SHA-384, mask hash SHA-256 */
		{ 29, 0x04 }, /* SHA-224 */
		{ 59, 0x02 }, /* mask hash SHA-384 */
		{ 46, 0x09 }, /* another mask generation function */
		{ 66, 0x1f }, /* salt of 31 bytes */
		{ 66, 0x00 }, { 66, 0xe0 }, /* 0, -32 */
		{ 71, 0x02 }, { 71, 0x00 }, /* trailer field */
		{ 67, 0xa4 }, { 62, 0xa1 }, { 15, 0xa1 }, /* tags */
		{ 1, 0x45 }, { 1, 0x47 }, { 14, 0x38 }, { 14, 0x3a }, { 16, 0x0e }, { 63, 0x04 }, { 65, 0x02 }, /* lengths */
		{ 30, 0x04 }, { 31, 0x01 }, { 0, 0x31 }, { 13, 0x31 },
	};
	const struct scheme_row *row;

	(void)state;
	assert_int_equal(read_algid(good, sizeof(good) - 1, &row), VERIFY_NONE);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t der[sizeof(good)];

		memcpy(der, good, sizeof(good));
		assert_int_not_equal(der[rows[i].at], rows[i].value);
		der[rows[i].at] = rows[i].value;
		if (read_algid(der, sizeof(good) - 1, &row) != VERIFY_SCHEME)
			fail_msg("byte %zu as %02x is taken", rows[i].at, rows[i].value);
	}
}

static void pss_without_a_mask_hash_or_salt_is_refused(void **state)
{
	/* hash alone; hash and salt without mask: what is left out would mean SHA-1 and 20 */
	static const uint8_t alone[] = "\x30\x1e\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x11\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
				       "\x01\x05\x00";
	static const uint8_t maskless[] = "\x30\x23\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x16\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"
					  "\x02\x01\x05\x00\xa2\x03\x02\x01\x20";
	static const uint8_t empty_mask[] = "\x30\x25\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x18\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"
					    "\x02\x01\x05\x00\xa1\x00\xa2\x03\x02\x01\x20";
	static const uint8_t absent[] = "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
	static const uint8_t bare_mgf[] = "\x30\x34\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x27\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"
					  "\x02\x01\x05\x00\xa1\x0d\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\xa2\x03\x02\x01\x20";
	const struct scheme_row *row;

	(void)state;
	assert_int_equal(read_algid(alone, sizeof(alone) - 1, &row), VERIFY_SCHEME);
	assert_int_equal(read_algid(maskless, sizeof(maskless) - 1, &row), VERIFY_SCHEME);
	assert_int_equal(read_algid(empty_mask, sizeof(empty_mask) - 1, &row), VERIFY_SCHEME);
	assert_int_equal(read_algid(absent, sizeof(absent) - 1, &row), VERIFY_SCHEME);
	assert_int_equal(read_algid(bare_mgf, sizeof(bare_mgf) - 1, &row), VERIFY_SCHEME);
}

static void ecdsa_and_eddsa_have_no_parameters(void **state)
{
	static const uint8_t ecdsa[] = "\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00";
	static const uint8_t ed[] = "\x30\x07\x06\x03\x2b\x65\x70\x05\x00";
	static const uint8_t rsa[] = "\x30\x0e\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x01\x00";
	static const uint8_t rsa_more[] = "\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00\x05\x00";
	const struct scheme_row *row;

	(void)state;
	assert_int_equal(read_algid(ecdsa, sizeof(ecdsa) - 1, &row), VERIFY_SCHEME);
	assert_int_equal(read_algid(ed, sizeof(ed) - 1, &row), VERIFY_SCHEME);
	assert_int_equal(read_algid(rsa, sizeof(rsa) - 1, &row), VERIFY_SCHEME);
	assert_int_equal(read_algid(rsa_more, sizeof(rsa_more) - 1, &row), VERIFY_SCHEME);
}

static void identifiers_that_are_cut_off_or_run_over_are_refused(void **state)
{
	const struct scheme_row *row;
	struct span signature;

	(void)state;
	for (size_t i = 0; i < schemes_count(); i++) {
		struct span der = scheme_at(i)->algid;
		uint8_t longer[128];

		for (size_t len = 0; len < der.len; len++)
			assert_int_equal(read_algid(der.data, len, &row), VERIFY_SCHEME);
		if (!der.len)
			continue;
		memcpy(longer, der.data, der.len);
		longer[der.len] = 0;
		assert_int_equal(read_algid(longer, der.len + 1, &row), VERIFY_SCHEME);
	}
	/* The length octet promises more than there is, or there is none. */
	assert_int_equal(scheme_read(AUTH_DIGITAL_SIGNATURE, span_of("\x0f\x30\x0d", 3), &row, &signature), VERIFY_SCHEME);
	assert_int_equal(scheme_read(AUTH_DIGITAL_SIGNATURE, SPAN_EMPTY, &row, &signature), VERIFY_SCHEME);
	/* A length in more bytes than it needs. */
	assert_int_equal(read_algid("\x30\x81\x05\x06\x03\x2b\x65\x70", 8, &row), VERIFY_SCHEME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_s_examples_are_read_as_what_they_are),
		cmocka_unit_test(what_we_send_is_read_back_as_the_same_scheme),
		cmocka_unit_test(methods_before_rfc_7427_have_rows_by_number),
		cmocka_unit_test(parameters_of_a_hash_may_be_left_out),
		cmocka_unit_test(pss_parameters_that_do_not_fit_each_other_are_refused),
		cmocka_unit_test(pss_without_a_mask_hash_or_salt_is_refused),
		cmocka_unit_test(ecdsa_and_eddsa_have_no_parameters),
		cmocka_unit_test(identifiers_that_are_cut_off_or_run_over_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
