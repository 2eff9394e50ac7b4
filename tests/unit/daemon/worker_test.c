/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: what comes back for each job. AUTH values are computed here with libcrypto alone, straight from RFC 7296 2.15. The engine is
 * not there: this file is the one that jobs are completed to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <cmocka.h>

#include "worker.h"

#define BYTES(a) ((struct bytes){ .data = (a), .len = sizeof(a) })

static const char text_config[] =
	"connections { c { local { auth = psk\n id = a.example.org }\n remote { auth = psk\n id = b.example.org }\n"
	"children { n { } } } }\n"
	"secrets { ike-ab { id-1 = a.example.org\n id-2 = b.example.org\n secret = \"between the two\" } }\n";

/* What the last job led to. */
static struct {
	unsigned count;
	job_id id;
	struct job_result result;
} done;

void adit_engine_complete(struct adit_engine *e, job_id id, const struct job_result *result, nanos now)
{
	(void)e;
	(void)now;
	done.count++;
	done.id = id;
	done.result = *result;
}

struct fixture {
	struct crypto crypto;
	struct memory memory;
	struct config *config;
	struct worker worker;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char errors[1000], warnings[1000];
	struct text e = TEXT_ARRAY(errors), w = TEXT_ARRAY(warnings);
	struct dataplane_env env;

	assert_non_null(f);
	f->memory = memory_system(SIZE_MAX);
	assert_int_equal(crypto_libcrypto_new(&f->crypto), ERR_OK);
	if (config_load_text(&f->config, "test", span_text(text_config), &e, &w))
		fail_msg("%s", errors);
	f->worker = (struct worker){ .crypto = &f->crypto, .ops = &dataplane_null };
	env = (struct dataplane_env){ .crypto = &f->crypto, .memory = &f->memory, .child_sas = 2 };
	assert_int_equal(dataplane_null.new(&f->worker.plane, &env), ERR_OK);
	memset(&done, 0, sizeof(done));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	dataplane_null.free(f->worker.plane, true);
	config_unref(f->config);
	crypto_libcrypto_free(&f->crypto);
	free(f);
	return 0;
}

static struct job_result run(struct fixture *f, struct job *job)
{
	unsigned before = done.count;

	job->id = 0x100000007;
	worker_do(&f->worker, NULL, job, 50 * NANOS_SECOND);
	assert_int_equal(done.count, before + 1);
	assert_int_equal(done.id, job->id);
	return done.result;
}

static size_t hmac(const char *digest, struct span key, struct span data, uint8_t *ret)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t len = 0;

	assert_int_equal(EVP_MAC_init(ctx, key.data, key.len, params), 1);
	assert_int_equal(EVP_MAC_update(ctx, data.data, data.len), 1);
	assert_int_equal(EVP_MAC_final(ctx, ret, &len, 64), 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return len;
}

static uint8_t message[300], nonce[32];

static struct job auth_job(struct fixture *f, enum job_kind kind, uint16_t prf, uint8_t prf_len)
{
	struct job job = { .kind = kind, .auth = { .kind = AUTH_KIND_PSK, .prf = prf, .config = f->config } };

	memset(message, 0x11, sizeof(message));
	memset(nonce, 0x22, sizeof(nonce));
	memset(job.auth.prf_id.bytes, 0x33, prf_len);
	job.auth.prf_id.len = prf_len;
	job.auth.message = BYTES(message);
	job.auth.nonce = BYTES(nonce);
	assert_int_equal(identity_parse(&job.auth.local, "a.example.org"), ERR_OK);
	assert_int_equal(identity_parse(&job.auth.remote, "b.example.org"), ERR_OK);
	return job;
}

/* prf(prf(secret, "Key Pad for IKEv2"), message | nonce | prf_id), RFC 7296 2.15 */
static size_t expected_auth(const char *digest, const struct job *job, uint8_t *ret)
{
	uint8_t key[64], octets[sizeof(message) + sizeof(nonce) + 64];
	size_t prf_len = job->auth.prf_id.len;
	size_t key_len = hmac(digest, span_text("between the two"), span_text("Key Pad for IKEv2"), key);

	memcpy(octets, message, sizeof(message));
	memcpy(octets + sizeof(message), nonce, sizeof(nonce));
	memcpy(octets + sizeof(message) + sizeof(nonce), job->auth.prf_id.bytes, prf_len);
	return hmac(digest, span_of(key, key_len),
		    span_of(octets, sizeof(message) + sizeof(nonce) + prf_len), ret);
}

static const struct {
	uint16_t prf;
	uint8_t len;
	const char *digest;
} prfs[] = {
	{ PRF_HMAC_SHA2_256, 32, "SHA256" },
	{ PRF_HMAC_SHA2_384, 48, "SHA384" },
	{ PRF_HMAC_SHA2_512, 64, "SHA512" },
};

static uint8_t signed_data[64];
static size_t signed_len;

/* The result is borrowed for the call of adit_engine_complete() and wiped after it, so verification is what shows its value. */
static void a_shared_key_verifies_what_libcrypto_computes_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(prfs); i++) {
		struct job job = auth_job(f, JOB_AUTH_VERIFY, prfs[i].prf, prfs[i].len);

		signed_len = expected_auth(prfs[i].digest, &job, signed_data);
		assert_int_equal(signed_len, prfs[i].len);
		job.auth.method = AUTH_SHARED_KEY;
		job.auth.data = (struct bytes){ .data = signed_data, .len = signed_len };
		assert_int_equal(run(f, &job).err, ERR_OK);
		for (size_t at = 0; at < signed_len; at++) {
			signed_data[at] ^= 1;
			assert_int_equal(run(f, &job).err, ERR_AUTH);
			signed_data[at] ^= 1;
		}
		job.auth.data.len--;
		assert_int_equal(run(f, &job).err, ERR_AUTH);
		job.auth.data.len = 0;
		assert_int_equal(run(f, &job).err, ERR_AUTH);
		job.auth.data.len = signed_len;
		message[7] ^= 1;
		assert_int_equal(run(f, &job).err, ERR_AUTH);
		message[7] ^= 1;
		job.auth.method = AUTH_RSA_SIGNATURE;
		assert_int_equal(run(f, &job).err, ERR_AUTH);
	}
}

static void a_signature_is_of_the_prfs_length_and_is_wiped_after_use(void **state)
{
	static const uint8_t zero[64];
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(prfs); i++) {
		struct job job = auth_job(f, JOB_AUTH_SIGN, prfs[i].prf, prfs[i].len);
		struct job_result result = run(f, &job);

		assert_int_equal(result.err, ERR_OK);
		assert_int_equal(result.auth_sign.method, AUTH_SHARED_KEY);
		assert_int_equal(result.auth_sign.data.len, prfs[i].len);
		assert_memory_equal(result.auth_sign.data.data, zero, prfs[i].len);
	}
}

static void without_a_secret_for_the_pair_nothing_is_signed_or_verified(void **state)
{
	struct fixture *f = *state;
	struct job job = auth_job(f, JOB_AUTH_SIGN, PRF_HMAC_SHA2_256, 32);

	assert_int_equal(identity_parse(&job.auth.local, "c.example.org"), ERR_OK);
	assert_int_equal(identity_parse(&job.auth.remote, "d.example.org"), ERR_OK);
	assert_int_equal(run(f, &job).err, ERR_NOT_FOUND);
	job.kind = JOB_AUTH_VERIFY;
	job.auth.method = AUTH_SHARED_KEY;
	job.auth.data = BYTES(nonce);
	assert_int_equal(run(f, &job).err, ERR_NOT_FOUND);
}

static void an_unknown_way_to_authenticate_is_refused(void **state)
{
	struct fixture *f = *state;
	struct job job = auth_job(f, JOB_AUTH_SIGN, PRF_HMAC_SHA2_256, 32);

	job.auth.kind = (enum auth_kind)99;
	assert_int_equal(run(f, &job).err, ERR_UNSUPPORTED);
	job.kind = JOB_AUTH_VERIFY;
	assert_int_equal(run(f, &job).err, ERR_UNSUPPORTED);
}

static void a_key_pair_has_the_methods_sizes_and_leaves_no_private_key_behind(void **state)
{
	static const uint8_t zero[KE_PRIVATE_MAX];
	static const uint16_t methods[] = { KE_CURVE_25519, KE_ECP_256, KE_MODP_2048 };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		struct job job = { .kind = JOB_KE_GENERATE, .ke_generate = { .method = methods[i] } };
		struct job_result result = run(f, &job);

		assert_int_equal(result.err, ERR_OK);
		assert_int_equal(result.ke_generate.public_key.len, ke_find(methods[i])->public_len_i);
		assert_true(result.ke_generate.private_key.len > 0);
		assert_memory_equal(f->worker.a, zero, sizeof(zero));
		assert_memory_equal(f->worker.b, zero, sizeof(zero));
	}
}

static void a_peers_bad_public_value_is_the_peers_fault(void **state)
{
	struct fixture *f = *state;
	uint8_t private_key[KE_PRIVATE_MAX], public_key[KE_PUBLIC_MAX], bad[32] = { 0 };
	size_t private_len, public_len;
	struct job job = { .kind = JOB_KE_AGREE, .ke_agree = { .method = KE_CURVE_25519, .peer = BYTES(bad) } };

	assert_int_equal(crypto_ke_generate(&f->crypto, KE_CURVE_25519, SPAN_EMPTY, public_key, &public_len,
					    private_key, &private_len), ERR_OK);
	job.ke_agree.private_key = (struct bytes){ .data = private_key, .len = private_len };
	assert_int_equal(run(f, &job).err, ERR_KE_VALUE); /* RFC 8031 2.3: all zero */
	job.ke_agree.peer.len = 31;
	assert_int_equal(run(f, &job).err, ERR_KE_VALUE);
	job.ke_agree.peer = (struct bytes){ .data = public_key, .len = public_len };
	assert_int_equal(run(f, &job).err, ERR_OK);
	assert_int_equal(done.result.ke_agree.shared.len, 32);
}

static struct job child_job(enum job_kind kind)
{
	struct job job = { .kind = kind };

	job.child.spec.protocol = PROTOCOL_ESP;
	job.child.spec.spi_in = 0xc0000001;
	job.child.spec.mode = CHILD_TUNNEL;
	return job;
}

static void child_sas_go_to_the_dataplane_and_its_word_comes_back(void **state)
{
	struct fixture *f = *state;
	struct job install = child_job(JOB_CHILD_INSTALL), query = child_job(JOB_CHILD_QUERY);
	struct job update = child_job(JOB_CHILD_UPDATE), remove = child_job(JOB_CHILD_REMOVE);
	uint8_t packet[64] = { 0xc0, 0, 0, 1 };
	struct path path = { .encap = true };
	struct job_result result;

	assert_int_equal(run(f, &query).err, ERR_NOT_FOUND);
	assert_int_equal(run(f, &install).err, ERR_OK);
	assert_int_equal(run(f, &install).err, ERR_EXISTS);
	assert_int_equal(run(f, &update).err, ERR_OK);
	result = run(f, &query);
	assert_int_equal(result.err, ERR_OK);
	assert_int_equal(result.child_query.idle_in, NANOS_NEVER);
	assert_int_equal(result.child_query.idle_out, NANOS_NEVER);
	dataplane_null.input(f->worker.plane, &path, &(struct outer){ 0 }, packet, sizeof(packet), 20 * NANOS_SECOND);
	result = run(f, &query);
	assert_int_equal(result.child_query.packets_in, 1);
	assert_int_equal(result.child_query.bytes_in, sizeof(packet));
	assert_int_equal(result.child_query.idle_in, 30 * NANOS_SECOND); /* it is 50 s */
	assert_int_equal(result.child_query.idle_out, NANOS_NEVER);
	assert_int_equal(run(f, &remove).err, ERR_OK);
	assert_int_equal(run(f, &remove).err, ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_shared_key_verifies_what_libcrypto_computes_and_nothing_else),
		TEST(a_signature_is_of_the_prfs_length_and_is_wiped_after_use),
		TEST(without_a_secret_for_the_pair_nothing_is_signed_or_verified),
		TEST(an_unknown_way_to_authenticate_is_refused),
		TEST(a_key_pair_has_the_methods_sizes_and_leaves_no_private_key_behind),
		TEST(a_peers_bad_public_value_is_the_peers_fault),
		TEST(child_sas_go_to_the_dataplane_and_its_word_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
