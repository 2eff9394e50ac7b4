/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene: a verifier with one CA, and peers that sign before it.
 *
 * scene_judge() makes the AUTH payload with a leaf's own key, sends the leaf and whatever scene_send() added, and gives the fault; tests change what
 * lies between.
 */
#ifndef ADIT_TESTS_PKI_SCENE_H
#define ADIT_TESTS_PKI_SCENE_H

/* clang-format off: cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
/* clang-format on */

#include "maker.h"
#include "registry.h"
#include "signature.h"

struct scene {
	struct credentials *c;
	struct made root; /* the anchor */
	struct verify_query q;
	struct identity id;
	struct scheme_constraints constraints;
	uint8_t more[65536]; /* records behind the leaf's */
	size_t more_len;
	uint8_t auth[AUTH_DATA_MAX];
	char why[1024];
};

static inline void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->c = credentials_new();
	s->root = made_ca("CN=root", NULL);
	add_cert(s->c, CREDENTIAL_CA, "root.pem", s->root.x);
	assert_int_equal(identity_parse(&s->id, "moon"), ERR_OK);
	s->q.id = &s->id;
	s->q.constraints = &s->constraints;
	s->q.now = MADE_NOW;
	s->q.octets = (struct auth_octets){ { span_text("a real message"), span_text("nonce"), span_text("prf") } };
}

static inline void scene_clear(struct scene *s)
{
	credentials_free(s->c);
	makers_clear();
}

static inline void scene_id(struct scene *s, const char *text)
{
	assert_int_equal(identity_parse(&s->id, text), ERR_OK);
}

static inline void scene_send(struct scene *s, const struct made *m)
{
	record_add(s->more, &s->more_len, sizeof(s->more), m->x);
}

/* The first row of method 14 that fits the key, or the one of that name. */
static inline const struct scheme_row *row_for(const EVP_PKEY *key, const char *name)
{
	struct scheme_constraints lax = { .rsa_bits = 512, .ecdsa_bits = 160 };
	struct key_facts facts;
	const char *words;

	(void)key_judge(key, &lax, &facts, &words);
	for (size_t i = 0; i < schemes_count(); i++) {
		const struct scheme_row *row = scheme_at(i);

		if (scheme_fits_key(row, &facts) && (!name || strcmp(row->name, name) == 0))
			return row;
	}
	fail_msg("no scheme %s for the key", name ? name : "");
	return NULL;
}

/* Judges AUTH data as they are in s->q. */
static inline enum verify_fault scene_verify(struct scene *s, struct span records)
{
	struct text why = TEXT_ARRAY(s->why);
	enum verify_fault fault = VERIFY_NO_CERT, again = VERIFY_NO_CERT;
	enum err err;

	s->q.peer_certs = records;
	err = verify_auth(s->c, &s->q, &fault, &why);
	assert_int_equal(err, fault ? ERR_AUTH : ERR_OK);
	/* What is known of CRLs beforehand changes no verdict. */
	why = TEXT_ARRAY(s->why);
	credentials_settle(s->c);
	assert_int_equal(verify_auth(s->c, &s->q, &again, &why), err);
	assert_int_equal(again, fault);
	return fault;
}

static inline void scene_sign(struct scene *s, EVP_PKEY *key, const char *scheme)
{
	const struct scheme_row *row = row_for(key, scheme);
	size_t len;

	assert_int_equal(signature_make(row, key, &s->q.octets, s->auth, sizeof(s->auth), &len), ERR_OK);
	s->q.method = row->method;
	s->q.auth = span_of(s->auth, len);
}

/* Sends leaf and the rest; AUTH is what scene_sign() made. */
static inline enum verify_fault scene_send_leaf(struct scene *s, const struct made *leaf)
{
	uint8_t *records = malloc(sizeof(s->more) + 8192);
	enum verify_fault fault;
	size_t len = 0;

	record_add(records, &len, 8192, leaf->x);
	memcpy(&records[len], s->more, s->more_len);
	fault = scene_verify(s, span_of(records, len + s->more_len));
	free(records);
	return fault;
}

static inline enum verify_fault scene_judge(struct scene *s, const struct made *leaf)
{
	scene_sign(s, leaf->key, NULL);
	return scene_send_leaf(s, leaf);
}

#define assert_fault(have, name)                                                                                 \
	do {                                                                                                     \
		enum verify_fault have_ = (have);                                                                \
		if (have_ != VERIFY_##name)                                                                      \
			fail_msg("\"%s\" and not \"%s\": %s", verify_fault_words(have_), verify_fault_words(VERIFY_##name), s.why); \
	} while (0)

#endif
