/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <ctype.h>

#include "writer.h"

uint8_t fixture_random[16];
bool fixture_random_set;

static struct fixture *current;

static enum err random_given(void *ctx, uint8_t *ret, size_t len)
{
	if (!fixture_random_set)
		return current->real.ops->random(ctx, ret, len);
	for (size_t i = 0; i < len; i++)
		ret[i] = fixture_random[i % sizeof(fixture_random)];
	return ERR_OK;
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->memory = memory_system(64 << 20);
	assert_int_equal(crypto_libcrypto_new(&f->real), ERR_OK);
	f->ops = *f->real.ops;
	f->ops.random = random_given;
	f->crypto = f->real;
	f->crypto.ops = &f->ops;
	fixture_random_set = false;
	current = f;
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->memory.used, 0);
	crypto_libcrypto_free(&f->real);
	free(f);
	return 0;
}

size_t hex_read(uint8_t *ret, size_t max, const char *text, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		char digit[2] = { text[i], '\0' };

		if (isspace((unsigned char)text[i]))
			continue;
		assert_true(isxdigit((unsigned char)text[i]) && digits / 2 < max);
		if (digits % 2 == 0)
			ret[digits / 2] = 0;
		ret[digits / 2] = (uint8_t)(ret[digits / 2] << 4 | strtoul(digit, NULL, 16));
		digits++;
	}
	assert_int_equal(digits % 2, 0);
	return digits / 2;
}

uint64_t stream_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

struct esp_suite suite_new(struct fixture *f, uint16_t encr, uint16_t bits, uint16_t integ, struct span key,
			   struct span integ_key, bool esn)
{
	struct esp_suite suite = { .cipher = cipher_find(encr, bits), .esn = esn };
	struct seal_keys keys = { .encr = key, .integrity = integ_key };

	if (integ != INTEG_NONE)
		suite.integ = integ_find(integ);
	keys.cipher = suite.cipher;
	keys.integ = suite.integ;
	assert_int_equal(esp_suite_check(suite.cipher, suite.integ), ERR_OK);
	suite.sealer = crypto_sealer_new(&f->crypto);
	assert_non_null(suite.sealer);
	assert_int_equal(crypto_sealer_key(&f->crypto, suite.sealer, &keys), ERR_OK);
	return suite;
}

void suite_free(struct fixture *f, struct esp_suite *suite)
{
	crypto_sealer_free(&f->crypto, suite->sealer);
}

struct selector selector_v4(const char *text, uint8_t protocol, uint16_t first, uint16_t last)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(&prefix, text), ERR_OK);
	return (struct selector){ .protocol = protocol, .port_first = first, .port_last = last,
				  .first = prefix.ip, .last = prefix_last(&prefix) };
}

struct child_spec spec_gcm(uint32_t spi_in, uint32_t spi_out, const char *local, const char *remote)
{
	struct child_spec spec = { .spi_in = spi_in, .spi_out = spi_out, .protocol = PROTOCOL_ESP,
				   .mode = CHILD_TUNNEL, .replay_window = 64, .encap = true,
				   .local_count = 1, .remote_count = 1 };
	uint8_t key[20] = { 0 };

	spec.encr = (struct transform){ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = 128 };
	spec.integ = (struct transform){ .type = TRANSFORM_INTEG, .id = INTEG_NONE };
	key[0] = (uint8_t)spi_in;
	key[1] = (uint8_t)(spi_in >> 8);
	secret_set(&spec.encr_in, SPAN_ARRAY(key));
	key[0] = (uint8_t)spi_out;
	key[1] = (uint8_t)(spi_out >> 8);
	secret_set(&spec.encr_out, SPAN_ARRAY(key));
	spec.local_ts[0] = selector_v4(local, 0, 0, 65535);
	spec.remote_ts[0] = selector_v4(remote, 0, 0, 65535);
	return spec;
}

void spec_make_ah(struct child_spec *spec)
{
	uint8_t key[32] = { 1 };

	spec->protocol = PROTOCOL_AH;
	spec->encap = false;
	spec->path.local.ip = ip_v4(192, 0, 2, 1);
	spec->path.remote.ip = ip_v4(192, 0, 2, 2);
	spec->encr = (struct transform){ 0 };
	spec->encr_in = spec->encr_out = (struct secret){ 0 };
	spec->integ = (struct transform){ .type = TRANSFORM_INTEG, .id = INTEG_HMAC_SHA2_256_128 };
	secret_set(&spec->integ_in, SPAN_ARRAY(key));
	key[0] = 2;
	secret_set(&spec->integ_out, SPAN_ARRAY(key));
}

struct child_spec spec_reversed(const struct child_spec *s)
{
	struct child_spec r = *s;

	r.spi_in = s->spi_out;
	r.spi_out = s->spi_in;
	r.encr_in = s->encr_out;
	r.encr_out = s->encr_in;
	r.integ_in = s->integ_out;
	r.integ_out = s->integ_in;
	r.local_count = s->remote_count;
	r.remote_count = s->local_count;
	r.path.local = s->path.remote;
	r.path.remote = s->path.local;
	memcpy(r.local_ts, s->remote_ts, sizeof(r.local_ts));
	memcpy(r.remote_ts, s->local_ts, sizeof(r.remote_ts));
	return r;
}

size_t packet_v4(uint8_t *ret, const char *src, const char *dst, uint8_t protocol, uint16_t src_port,
		 uint16_t dst_port, size_t payload_len)
{
	struct writer w = writer_of(ret, 24 + payload_len);
	struct ip from, to;

	assert_int_equal(ip_parse(&from, src), ERR_OK);
	assert_int_equal(ip_parse(&to, dst), ERR_OK);
	writer_u8(&w, 0x45);
	writer_u8(&w, 0);
	writer_u16(&w, (uint16_t)(24 + payload_len));
	writer_u32(&w, 0);
	writer_u8(&w, 64);
	writer_u8(&w, protocol);
	writer_u16(&w, 0);
	writer_put(&w, ip_span(&from));
	writer_put(&w, ip_span(&to));
	writer_u16(&w, src_port);
	writer_u16(&w, dst_port);
	for (size_t i = 0; i < payload_len; i++)
		writer_u8(&w, (uint8_t)i);
	assert_int_equal(writer_end(&w), ERR_OK);
	return w.len;
}
