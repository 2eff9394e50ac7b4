/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the row of the toy signature scheme: certificates authenticate by it, in a constraint's name. */
#include "two.h"

#include <stdio.h>
#include <stdlib.h>

static char folder[] = "/tmp/adit-toy-XXXXXX";

static int certificates_make(void **state)
{
	char command[2048];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(command, sizeof(command),
		 "cd %s && exec 2>log && openssl req -x509 -newkey ed25519 -nodes -subj /CN=ca -keyout ca.key -out ca.pem && "
		 "for n in client gateway; do openssl req -newkey ed25519 -nodes -subj /CN=$n -keyout $n.key -out $n.csr && "
		 "echo subjectAltName=DNS:$n.example.org >ext && openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -set_serial 7 -extfile ext "
		 "-out $n.pem || exit 1; done; chmod 600 *.key",
		 folder);
	return system(command);
}

static int certificates_remove(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* What one end is told in words that live until the next call for it. */
static struct one_words words_of(bool initiator, const char *auth)
{
	static char words[2][3][256];
	char(*w)[256] = words[initiator];
	const char *name = initiator ? "client" : "gateway";

	snprintf(w[0], sizeof(w[0]), "certs = %s/%s.pem", folder, name);
	snprintf(w[1], sizeof(w[1]), "cacerts = %s/ca.pem", folder);
	snprintf(w[2], sizeof(w[2]), "private-1 { file = %s/%s.key\n }\n", folder, name);
	return (struct one_words){ .conn = "", .auth = auth, .local = w[0], .remote = w[1], .keys = w[2] };
}

static enum err end_with(const char *initiator, const char *responder, unsigned *ret_ups)
{
	struct one_words i = words_of(true, initiator), r = words_of(false, responder);
	struct two t;
	enum err err;

	two_init(&t, &i, &r);
	two_connect(&t);
	two_pass(&t, 300 * NANOS_SECOND); /* a refusal may be believed late */
	assert_int_equal(t.i.requests, 1);
	err = t.i.request_err;
	*ret_ups = t.i.ups + t.r.ups;
	two_clear(&t);
	return err;
}

static void two_engines_authenticate_by_it(void **state)
{
	unsigned ups;

	(void)state;
	assert_int_equal(end_with("ike:ed25519-sha512", "ike:ed25519-sha512", &ups), ERR_OK);
	assert_int_equal(ups, 2);
}

static void an_engine_that_does_not_take_it_refuses_it(void **state)
{
	unsigned ups;

	(void)state;
	assert_int_equal(end_with("ike:ed25519-sha512", "ike:ed25519-identity", &ups), ERR_AUTH);
	assert_int_equal(ups, 0);
}

static void the_library_s_schemes_stay_as_they_are(void **state)
{
	unsigned ups;

	(void)state;
	assert_int_equal(end_with("ike:ed25519-identity", "ike:ed25519-identity", &ups), ERR_OK);
	assert_int_equal(ups, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_engines_authenticate_by_it),
		cmocka_unit_test(an_engine_that_does_not_take_it_refuses_it),
		cmocka_unit_test(the_library_s_schemes_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, certificates_make, certificates_remove);
}
