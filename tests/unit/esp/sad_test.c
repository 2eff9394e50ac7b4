/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/esp/sad.c. */
#include "fixture.h"

#define COUNT 32

static const uint64_t salt[2] = { 1, 2 };

static void sas_are_found_as_in_a_plain_list(void **state)
{
	struct fixture *f = *state;
	struct sad sad;
	struct esp_sa *model[64] = { NULL };
	uint64_t stream = 5;
	unsigned used = 0, full = 0;

	assert_int_equal(sad_init(&sad, &f->crypto, &f->memory, COUNT, salt), ERR_OK);
	for (unsigned i = 0; i < 4000; i++) {
		unsigned n = (unsigned)(stream_next(&stream) % ARRAY_LEN(model));
		uint32_t spi = 256 + n * 0x01010101u;
		struct child_spec spec = spec_gcm(spi, 0x2000, "10.1.0.0/16", "10.2.0.0/16");
		struct esp_sa *sa = NULL;
		enum err err;

		assert_ptr_equal(sad_find(&sad, spi), model[n]);
		if (model[n] && stream_next(&stream) % 3 == 0) {
			sad_remove(&sad, model[n]);
			model[n] = NULL;
			used--;
			continue;
		}
		err = sad_add(&sad, &spec, &sa);
		assert_int_equal(err, model[n] ? ERR_EXISTS : used == COUNT ? ERR_LIMIT : ERR_OK);
		full += err == ERR_LIMIT;
		if (err == ERR_OK) {
			model[n] = sa;
			used++;
		}
	}
	assert_true(full > 100);
	sad_clear(&sad);
}

static void what_cannot_be_done_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct child_spec good = spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16"), spec;
	struct esp_sa *sa = NULL;
	struct sad sad;
	size_t used;

	assert_int_equal(sad_init(&sad, &f->crypto, &f->memory, COUNT, salt), ERR_OK);
	used = f->memory.used;
	spec = good;
	spec.spi_in = 255;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_SYNTAX);
	spec = good;
	spec.mode = CHILD_TRANSPORT; /* between networks */
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_SELECTOR);
	spec = good;
	spec.mode = 3;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_UNSUPPORTED);
	spec = good;
	spec.protocol = PROTOCOL_IKE;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_UNSUPPORTED);
	spec = good;
	spec.protocol = PROTOCOL_AH; /* in UDP */
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_UNSUPPORTED);
	spec.encap = false; /* without addresses */
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_UNSUPPORTED);
	spec = good;
	spec.encr.key_bits = 0;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_UNSUPPORTED);
	spec = good;
	spec.encr.key_bits = 256; /* the keys are those of 128 */
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_LENGTH);
	spec = good;
	spec.integ.id = INTEG_HMAC_SHA2_256_128;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_UNSUPPORTED);
	spec = good;
	spec.encr_out.len--;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_LENGTH);
	spec = good;
	spec.replay_window = REPLAY_WINDOW_MAX + 1;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_LIMIT);
	spec = good;
	spec.remote_count = 0;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_SELECTOR);
	assert_null(sa);
	assert_int_equal(sad.sas.used, 0);
	assert_int_equal(f->memory.used, used);
	assert_int_equal(sad_add(&sad, &good, &sa), ERR_OK);
	sad_clear(&sad);
}

static void without_memory_nothing_leaks(void **state)
{
	struct fixture *f = *state;
	struct child_spec spec = spec_gcm(0x1000, 0x2000, "10.1.0.0/16", "10.2.0.0/16");
	struct esp_sa *sa;
	struct sad sad;
	size_t used;

	assert_int_equal(sad_init(&sad, &f->crypto, &f->memory, COUNT, salt), ERR_OK);
	used = f->memory.used;
	assert_int_equal(sad_add(&sad, &spec, &sa), ERR_OK);
	f->memory.limit = f->memory.used;
	sad_remove(&sad, sa);
	/* Every limit below what it took fails somewhere, and gives everything back. */
	for (size_t limit = used; limit < f->memory.peak; limit++) {
		f->memory.limit = limit;
		if (sad_add(&sad, &spec, &sa) == ERR_OK) {
			assert_true(limit > used);
			sad_remove(&sad, sa);
			break;
		}
		assert_int_equal(f->memory.used, used);
	}
	f->memory.limit = SIZE_MAX;
	sad_clear(&sad);
	f->memory.limit = 1000;
	assert_int_equal(sad_init(&sad, &f->crypto, &f->memory, COUNT, salt), ERR_MEMORY);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(sas_are_found_as_in_a_plain_list),
		T(what_cannot_be_done_leaves_nothing_behind),
		T(without_memory_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
