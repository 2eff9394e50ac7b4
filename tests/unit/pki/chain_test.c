/* SPDX-License-Identifier: Apache-2.0 */
/* Paths through graphs of certificates: long, crossed, circular, forged; and that each ends soon. */
#include <stdio.h>
#include <time.h>

#include "chain.h"
#include "scene.h"

#define CA_EXTENSIONS "basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign"

/* A CA without key identifiers, so that its name alone says who it is; by issuer with sign_with's key when given. */
static struct made ca_plain(const char *subject, const struct made *issuer, EVP_PKEY *key)
{
	return made_cert(&(struct recipe){ .subject = subject, .issuer = issuer, .key = key, .extensions = { CA_EXTENSIONS } });
}

static void chain_of(struct scene *s, size_t cas, struct made *ret_leaf)
{
	struct made above = s->root;
	char name[32];

	s->more_len = 0;
	for (size_t i = 0; i < cas; i++) {
		assert_true(snprintf(name, sizeof(name), "CN=sub %zu", i) > 0);
		above = made_ca(name, &above);
		scene_send(s, &above);
	}
	*ret_leaf = made_leaf("moon", &above);
}

static void a_chain_may_have_so_many_certificates_and_no_more(void **state)
{
	struct made leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	chain_of(&s, CHAIN_MAX - 2, &leaf);
	assert_fault(scene_judge(&s, &leaf), NONE);
	chain_of(&s, CHAIN_MAX - 1, &leaf);
	assert_fault(scene_judge(&s, &leaf), TOO_LONG);
	scene_clear(&s);
}

static void cas_that_certify_each_other_lead_nowhere(void **state)
{
	struct made a, b, leaf, a_by_b, b_by_a;
	struct scene s;

	(void)state;
	scene_init(&s);
	a = made_ca("CN=a", NULL);
	b = made_ca("CN=b", NULL);
	a_by_b = ca_plain("CN=a", &b, a.key);
	b_by_a = ca_plain("CN=b", &a, b.key);
	leaf = made_leaf("moon", &a);
	scene_send(&s, &a_by_b);
	scene_send(&s, &b_by_a);
	assert_fault(scene_judge(&s, &leaf), TOO_LONG);
	/* Until one of them is certified by somebody we trust. */
	b = ca_plain("CN=b", &s.root, b.key);
	scene_send(&s, &b);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void a_dense_graph_of_cross_certificates_ends_soon(void **state)
{
	struct made cas[6], leaf;
	clock_t begin;
	struct scene s;
	char name[32];

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < ARRAY_LEN(cas); i++) {
		assert_true(snprintf(name, sizeof(name), "CN=ca %zu", i) > 0);
		cas[i] = made_ca(name, NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(cas); i++) {
		assert_true(snprintf(name, sizeof(name), "CN=ca %zu", i) > 0);
		for (size_t k = 0; k < ARRAY_LEN(cas); k++) {
			struct made crossed;

			if (k == i)
				continue;
			crossed = ca_plain(name, &cas[k], cas[i].key);
			scene_send(&s, &crossed);
		}
	}
	leaf = made_leaf("moon", &cas[0]);
	begin = clock();
	assert_fault(scene_judge(&s, &leaf), TOO_LONG);
	assert_true(clock() - begin < 2 * CLOCKS_PER_SEC); /* 64 signatures; all paths of the graph were over a thousand */
	scene_clear(&s);
}

static void of_two_cas_with_one_name_the_one_that_signed_is_taken(void **state)
{
	struct made old, new, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	old = ca_plain("CN=twin", NULL, NULL);
	new = ca_plain("CN=twin", NULL, NULL);
	add_cert(s.c, CREDENTIAL_CA, "old", old.x);
	add_cert(s.c, CREDENTIAL_CA, "new", new.x);
	leaf = made_leaf("moon", &old);
	assert_fault(scene_judge(&s, &leaf), NONE);
	leaf = made_leaf("moon", &new);
	assert_fault(scene_judge(&s, &leaf), NONE);
	new = ca_plain("CN=twin", NULL, NULL);
	leaf = made_leaf("moon", &new);
	assert_fault(scene_judge(&s, &leaf), CHAIN_SIGNATURE);
	scene_clear(&s);
}

static void impostors_of_an_intermediate_do_not_hide_it(void **state)
{
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	for (int i = 0; i < 10; i++) {
		struct made impostor = ca_plain("CN=sub", NULL, NULL);

		scene_send(&s, &impostor);
	}
	sub = ca_plain("CN=sub", &s.root, NULL);
	leaf = made_leaf("moon", &sub);
	assert_fault(scene_judge(&s, &leaf), CHAIN_SIGNATURE);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void another_path_is_tried_where_the_first_one_has_expired(void **state)
{
	struct recipe r = { .subject = "CN=old root", .extensions = { CA_EXTENSIONS }, .from_days = -20, .to_days = -1 };
	struct made old, sub, crossed, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	old = made_cert(&r);
	add_cert(s.c, CREDENTIAL_CA, "old", old.x);
	crossed = ca_plain("CN=sub", &old, NULL);
	sub = ca_plain("CN=sub", &s.root, crossed.key);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &crossed);
	assert_fault(scene_judge(&s, &leaf), EXPIRED);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void no_more_whole_paths_are_checked_than_the_limit(void **state)
{
	struct recipe r = { .extensions = { CA_EXTENSIONS }, .from_days = -20, .to_days = -1 };
	struct made sub = { 0 }, leaf;
	struct scene s;
	char name[32];

	(void)state;
	scene_init(&s);
	r.subject = name;
	for (int i = 0; i < CHAIN_PATHS_MAX; i++) {
		struct made old;

		assert_true(snprintf(name, sizeof(name), "CN=old %d", i) > 0);
		old = made_cert(&r);
		add_cert(s.c, CREDENTIAL_CA, name, old.x);
		sub = ca_plain("CN=sub", &old, sub.key);
		scene_send(&s, &sub);
	}
	sub = ca_plain("CN=sub", &s.root, sub.key);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub); /* the good one comes after eight bad ones */
	assert_fault(scene_judge(&s, &leaf), EXPIRED);
	s.more_len = 0;
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void a_ca_that_certified_its_own_new_key_is_followed(void **state)
{
	/* Key identifiers are how the library tells it from a self-signed one (RFC 5280 4.2.1.1). */
	struct recipe r = { .subject = "CN=roll", .extensions = { "basicConstraints", "critical,CA:TRUE", "subjectKeyIdentifier", "hash",
								  "authorityKeyIdentifier", "keyid:always" } };
	struct made root, rolled, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	root = made_ca("CN=roll", NULL);
	r.issuer = &root;
	rolled = made_cert(&r);
	add_cert(s.c, CREDENTIAL_CA, "roll", root.x);
	leaf = made_leaf("moon", &rolled);
	assert_fault(scene_judge(&s, &leaf), CHAIN_SIGNATURE);
	scene_send(&s, &rolled);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void an_intermediate_among_the_cas_is_no_anchor_without_its_root(void **state)
{
	struct made root, sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	root = made_ca("CN=elsewhere", NULL);
	sub = made_ca("CN=sub", &root);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	add_cert(s.c, CREDENTIAL_CA, "sub", sub.x);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	s.more_len = 0;
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	add_cert(s.c, CREDENTIAL_CA, "elsewhere", root.x); /* and with its root it completes the chain */
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void an_intermediate_that_the_connection_names_is_trusted_alone(void **state)
{
	struct made root, sub, leaf;
	struct scene s;
	uint32_t anchor;

	(void)state;
	scene_init(&s);
	root = made_ca("CN=elsewhere", NULL);
	sub = made_ca("CN=sub", &root);
	leaf = made_leaf("moon", &sub);
	add_cert(s.c, CREDENTIAL_CA, "sub", sub.x);
	anchor = credentials_ca(s.c, "sub");
	s.q.anchors = &anchor;
	s.q.anchors_count = 1;
	assert_fault(scene_judge(&s, &leaf), NONE);
	leaf = made_leaf("moon", &root);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	scene_clear(&s);
}

/* Whether the connection names it or not. */
static void an_intermediate_that_its_root_revoked_vouches_for_nobody(void **state)
{
	struct made sub, leaf;
	struct scene s;
	uint32_t anchor;

	(void)state;
	scene_init(&s);
	sub = made_ca("CN=sub", &s.root);
	leaf = made_leaf("moon", &sub);
	add_cert(s.c, CREDENTIAL_CA, "sub", sub.x);
	anchor = credentials_ca(s.c, "sub");
	s.q.anchors = &anchor;
	assert_fault(scene_judge(&s, &leaf), NONE);
	s.q.anchors_count = 1;
	assert_fault(scene_judge(&s, &leaf), NONE);
	add_crl(s.c, made_crl(&s.root, sub.x, -1, 30));
	assert_fault(scene_judge(&s, &leaf), REVOKED);
	s.q.anchors_count = 0;
	assert_fault(scene_judge(&s, &leaf), REVOKED);
	scene_clear(&s);
}

static unsigned crls_hashed;
int __real_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key);
int __wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key);

int __wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key)
{
	crls_hashed++;
	return __real_X509_CRL_verify(crl, key);
}

/* Lists may be as long as the store takes, and strangers may name themselves like who issued one. */
static void no_list_is_hashed_for_a_path_that_a_stranger_has_made_up(void **state)
{
	struct made sub, leaf, stranger = { 0 };
	struct scene s;

	(void)state;
	scene_init(&s);
	sub = made_ca("CN=sub", &s.root);
	leaf = made_leaf("moon", &sub);
	add_crl(s.c, made_crl(&sub, leaf.x, -1, 30));
	stranger.key = made_key("EC", 256);
	stranger = made_cert(&(struct recipe){ .subject = "CN=sub", .issuer = &s.root, .key = stranger.key, .sign_with = stranger.key,
					       .extensions = { CA_EXTENSIONS } });
	scene_send(&s, &stranger);
	leaf = made_leaf("moon", &stranger);
	crls_hashed = 0;
	assert_fault(scene_judge(&s, &leaf), CHAIN_SIGNATURE);
	assert_int_equal(crls_hashed, 0);
	add_cert(s.c, CREDENTIAL_CERT, "sub", sub.x);
	assert_fault(scene_judge(&s, &leaf), CHAIN_SIGNATURE);
	assert_int_equal(crls_hashed, 1); /* when the set was settled */
	scene_clear(&s);
}

static void a_list_by_an_intermediate_that_only_the_peer_has_counts(void **state)
{
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	sub = made_ca("CN=sub", &s.root);
	leaf = made_leaf("moon", &sub);
	scene_send(&s, &sub);
	assert_fault(scene_judge(&s, &leaf), NONE);
	add_crl(s.c, made_crl(&sub, leaf.x, -1, 30));
	assert_fault(scene_judge(&s, &leaf), REVOKED);
	scene_clear(&s);
}

static void intermediates_of_our_own_set_are_used(void **state)
{
	struct made sub, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	sub = made_ca("CN=sub", &s.root);
	leaf = made_leaf("moon", &sub);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED);
	add_cert(s.c, CREDENTIAL_CERT, "sub", sub.x);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void an_anchor_that_the_connection_does_not_name_may_still_lie_between(void **state)
{
	struct made sub, leaf;
	struct scene s;
	uint32_t anchor;

	(void)state;
	scene_init(&s);
	sub = made_ca("CN=sub", &s.root);
	leaf = made_leaf("moon", &sub);
	add_cert(s.c, CREDENTIAL_CA, "sub", sub.x);
	anchor = credentials_ca(s.c, "root.pem");
	s.q.anchors = &anchor;
	s.q.anchors_count = 1;
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static void a_self_signed_end_entity_among_the_anchors_stands_for_itself(void **state)
{
	struct made self;
	struct scene s;

	(void)state;
	scene_init(&s);
	self = made_leaf("moon", NULL);
	add_cert(s.c, CREDENTIAL_CA, "moon", self.x);
	assert_fault(scene_judge(&s, &self), NONE);
	scene_clear(&s);
}

static void key_identifiers_must_fit(void **state)
{
	struct recipe r = { .subject = "CN=moon", .extensions = { "subjectAltName", "DNS:moon", "authorityKeyIdentifier", "keyid:always" } };
	struct made impostor, leaf;
	struct scene s;

	(void)state;
	scene_init(&s);
	impostor = made_ca("CN=root", NULL);
	r.issuer = &impostor;
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), UNTRUSTED); /* not a forgery: another CA of the name */
	r.issuer = &s.root;
	leaf = made_cert(&r);
	assert_fault(scene_judge(&s, &leaf), NONE);
	scene_clear(&s);
}

static const struct wanted anything = { .any = true };

static void our_own_chain_is_found_up_to_its_anchor(void **state)
{
	struct made one, two, leaf;
	struct own_chain own;
	struct scene s;

	(void)state;
	scene_init(&s);
	one = made_ca("CN=one", &s.root);
	two = made_ca("CN=two", &one);
	leaf = made_leaf("moon", &two);
	chain_own(s.c, leaf.x, &anything, &own);
	assert_int_equal(own.path.len, 1);
	assert_false(own.anchored);
	add_cert(s.c, CREDENTIAL_CERT, "one", one.x);
	add_cert(s.c, CREDENTIAL_CERT, "two", two.x);
	chain_own(s.c, leaf.x, &anything, &own);
	assert_int_equal(own.path.len, 4);
	assert_true(own.anchored);
	assert_int_equal(X509_cmp(own.path.certs[1], two.x), 0);
	assert_int_equal(X509_cmp(own.path.certs[3], s.root.x), 0);
	scene_clear(&s);
}

static void an_anchor_that_did_not_sign_is_not_the_end_of_our_own_chain(void **state)
{
	struct made twin, one, two, sub, leaf;
	struct own_chain own;
	struct scene s;

	(void)state;
	scene_init(&s);
	one = ca_plain("CN=twin", NULL, NULL);
	two = ca_plain("CN=twin", NULL, NULL);
	twin = ca_plain("CN=twin", NULL, NULL);
	add_cert(s.c, CREDENTIAL_CA, "one", one.x);
	add_cert(s.c, CREDENTIAL_CA, "two", two.x);
	sub = ca_plain("CN=sub", &twin, NULL);
	add_cert(s.c, CREDENTIAL_CERT, "sub", sub.x);
	leaf = made_leaf("moon", &sub);
	chain_own(s.c, leaf.x, &anything, &own);
	assert_int_equal(own.path.len, 2);
	assert_false(own.anchored);
	scene_clear(&s);
}

static void our_own_chain_does_not_go_in_circles(void **state)
{
	struct made a, b, a_by_b, b_by_a, leaf;
	struct own_chain own;
	struct scene s;

	(void)state;
	scene_init(&s);
	a = made_ca("CN=a", NULL);
	b = made_ca("CN=b", NULL);
	a_by_b = ca_plain("CN=a", &b, a.key);
	b_by_a = ca_plain("CN=b", &a, b.key);
	add_cert(s.c, CREDENTIAL_CERT, "1", a_by_b.x);
	add_cert(s.c, CREDENTIAL_CERT, "2", b_by_a.x);
	leaf = made_leaf("moon", &a);
	chain_own(s.c, leaf.x, &anything, &own);
	assert_int_equal(own.path.len, 3);
	assert_false(own.anchored);
	scene_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_may_have_so_many_certificates_and_no_more),
		cmocka_unit_test(cas_that_certify_each_other_lead_nowhere),
		cmocka_unit_test(a_dense_graph_of_cross_certificates_ends_soon),
		cmocka_unit_test(of_two_cas_with_one_name_the_one_that_signed_is_taken),
		cmocka_unit_test(impostors_of_an_intermediate_do_not_hide_it),
		cmocka_unit_test(another_path_is_tried_where_the_first_one_has_expired),
		cmocka_unit_test(no_more_whole_paths_are_checked_than_the_limit),
		cmocka_unit_test(a_ca_that_certified_its_own_new_key_is_followed),
		cmocka_unit_test(an_intermediate_among_the_cas_is_no_anchor_without_its_root),
		cmocka_unit_test(an_intermediate_that_the_connection_names_is_trusted_alone),
		cmocka_unit_test(an_intermediate_that_its_root_revoked_vouches_for_nobody),
		cmocka_unit_test(no_list_is_hashed_for_a_path_that_a_stranger_has_made_up),
		cmocka_unit_test(a_list_by_an_intermediate_that_only_the_peer_has_counts),
		cmocka_unit_test(intermediates_of_our_own_set_are_used),
		cmocka_unit_test(an_anchor_that_the_connection_does_not_name_may_still_lie_between),
		cmocka_unit_test(a_self_signed_end_entity_among_the_anchors_stands_for_itself),
		cmocka_unit_test(key_identifiers_must_fit),
		cmocka_unit_test(our_own_chain_is_found_up_to_its_anchor),
		cmocka_unit_test(an_anchor_that_did_not_sign_is_not_the_end_of_our_own_chain),
		cmocka_unit_test(our_own_chain_does_not_go_in_circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
