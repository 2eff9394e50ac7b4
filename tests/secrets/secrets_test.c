/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two engines come up, check each other, fail and end, and ESP packets pass, while every key is poisoned (poison.h). Under valgrind this must
 * say nothing; --leak adds a branch on a key, which it must report.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <valgrind/valgrind.h>

#include "fixture.h"
#include "pair.h"
#include "poison.h"

static unsigned secret_specs;

static void job_seen(const struct job *job)
{
	const struct child_spec *spec = &job->child.spec;

	if (job->kind == JOB_CHILD_INSTALL && is_poisoned(spec->encr_in.bytes, spec->encr_in.len) &&
	    is_poisoned(spec->encr_out.bytes, spec->encr_out.len))
		secret_specs++;
}

/* A configuration's secrets are const to everybody else. */
static void poison_psks(struct config *c)
{
	for (size_t i = 0; i < c->psks_count; i++)
		poison(c->psks[i].data, c->psks[i].len);
}

static void with_setting(char *ret, size_t cap, const char *from, const char *more)
{
	const char *brace = strchr(from, '{'), *second = strchr(brace + 1, '{');

	(void)snprintf(ret, cap, "%.*s\n%s%s", (int)(second + 1 - from), from, more, second + 1);
}

static void up_and_down(const char *proposals, const char *secret_of_responder, bool up)
{
	char initiator[2048], responder[2048], *place;
	struct pair p;

	with_setting(initiator, sizeof(initiator), pair_initiator_text, proposals);
	with_setting(responder, sizeof(responder), pair_responder_text, proposals);
	place = strstr(responder, "open sesame");
	memcpy(place, secret_of_responder, strlen("open sesame"));
	pair_init(&p, initiator, responder);
	poison_psks(p.i.config);
	poison_psks(p.r.config);
	pair_initiate(&p);
	pair_settle(&p);
	assert_int_equal(p.i.ups, up);
	pair_pass(&p, 30 * NANOS_SECOND); /* liveness checks, or the end of what failed */
	pair_clear(&p);
}

static void keys_of_the_ike_sa(void **state)
{
	static const char *const suites[] = {
		"proposals = aes128gcm16-prfsha256-x25519\n",
		"proposals = aes256-sha256-prfsha384-ecp256\n",
		"proposals = aes256gcm16-prfsha512-modp2048\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		up_and_down(suites[i], "open sesame", true);
	assert_true(secret_specs >= 2 * ARRAY_LEN(suites));
}

static void a_wrong_secret(void **state)
{
	(void)state;
	up_and_down("", "open Sesame", false);
}

static void keys_of_esp(void **state)
{
	struct child_spec out = spec_gcm(0x1001, 0x2001, "10.1.0.0/16", "10.2.0.0/16"), in;
	struct memory memory = memory_system(SIZE_MAX);
	struct esp a, b;
	struct crypto crypto;
	struct esp_sa *sa;
	uint8_t data[512];

	(void)state;
	assert_int_equal(poison_crypto_new(&crypto, 0), ERR_OK);
	poison(out.encr_in.bytes, out.encr_in.len);
	poison(out.encr_out.bytes, out.encr_out.len);
	in = spec_reversed(&out);
	assert_int_equal(esp_init(&a, &crypto, &memory, 4), ERR_OK);
	assert_int_equal(esp_init(&b, &crypto, &memory, 4), ERR_OK);
	assert_int_equal(esp_install(&a, &out, &sa), ERR_OK);
	assert_int_equal(esp_install(&b, &in, &sa), ERR_OK);
	for (int i = 0; i < 4; i++) {
		struct esp_buffer buffer = { .data = data, .cap = sizeof(data), .start = ESP_HEADROOM };
		struct esp_received got;

		buffer.len = packet_v4(&data[ESP_HEADROOM], "10.1.0.1", "10.2.0.1", 17, 1, 2, 64);
		assert_int_equal(esp_transmit(&a, &buffer, 1, &sa), ERR_OK);
		data[buffer.start + 30] ^= i == 3; /* a forged one ends in the same places */
		assert_int_equal(esp_receive(&b, &data[buffer.start], buffer.len, 1, &got), i == 3 ? ERR_INTEGRITY : ERR_OK);
	}
	esp_clear(&a);
	esp_clear(&b);
	poison_crypto_free(&crypto);
	assert_int_equal(memory.used, 0);
}

/* What the whole run is there to find. */
static void a_branch_on_a_key(void **state)
{
	uint8_t key = 1;
	volatile int seen = 0;

	(void)state;
	poison(&key, 1);
	if (key & 1)
		seen++;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest clean[] = {
		cmocka_unit_test(keys_of_the_ike_sa),
		cmocka_unit_test(a_wrong_secret),
		cmocka_unit_test(keys_of_esp),
	};
	const struct CMUnitTest leaky[] = { cmocka_unit_test(a_branch_on_a_key) };

	if (!RUNNING_ON_VALGRIND) {
		(void)fprintf(stderr, "run by tests/secrets/run.py, under valgrind\n");
		return 2;
	}
	pair_crypto_new = poison_crypto_new;
	pair_crypto_free = poison_crypto_free;
	pair_job_seen = job_seen;
	if (argc > 1 && strcmp(argv[1], "--leak") == 0)
		return cmocka_run_group_tests(leaky, NULL, NULL);
	return cmocka_run_group_tests(clean, NULL, NULL);
}
