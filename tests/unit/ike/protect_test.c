/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "payloads.h"
#include "protect.h"

struct rig {
	struct crypto crypto;
	struct sealer *sealer;
	struct protect protect;
};

static void fill(struct secret *s, uint8_t seed, size_t len)
{
	uint8_t bytes[SECRET_MAX];

	memset(bytes, seed, sizeof(bytes));
	secret_set(s, span_of(bytes, len));
}

static void rig_init(struct rig *rig, bool aead)
{
	memset(rig, 0, sizeof(*rig));
	assert_int_equal(crypto_libcrypto_new(&rig->crypto), ERR_OK);
	rig->sealer = crypto_sealer_new(&rig->crypto);
	rig->protect.cipher = aead ? cipher_find(ENCR_AES_GCM_16, 256) : cipher_find(ENCR_AES_CBC, 128);
	rig->protect.integ = aead ? NULL : integ_find(INTEG_HMAC_SHA2_256_128);
	fill(&rig->protect.ei, 1, aead ? 36 : 16);
	fill(&rig->protect.er, 2, aead ? 36 : 16);
	if (!aead) {
		fill(&rig->protect.ai, 3, 32);
		fill(&rig->protect.ar, 4, 32);
	}
}

static void rig_clear(struct rig *rig)
{
	crypto_sealer_free(&rig->crypto, rig->sealer);
	crypto_libcrypto_free(&rig->crypto);
}

static const struct ike_header header = { .spi_i = 1, .spi_r = 2, .version = IKE_VERSION, .exchange = EXCHANGE_INFORMATIONAL, .message_id = 9 };

/* A message with one notify of len data bytes. */
static struct span sealed(struct rig *rig, uint8_t *buffer, size_t cap, size_t len)
{
	uint8_t data[64] = { 0 };
	struct sealing sealing;
	struct span datagram;

	protect_begin(&sealing, &rig->protect, buffer, cap, &header);
	notify_build_data(&sealing.chain, NOTIFY_INITIAL_CONTACT, span_of(data, len));
	assert_int_equal(protect_seal(&rig->crypto, rig->sealer, &rig->protect, true, &sealing, &datagram), ERR_OK);
	return datagram;
}

static enum err open_it(struct rig *rig, bool from_initiator, struct span datagram, struct span *ret)
{
	static uint8_t plain[4096];
	struct skf_header fragment;
	uint8_t first = 0;
	enum err err = protect_open(&rig->crypto, rig->sealer, &rig->protect, from_initiator, datagram, plain, &first, ret, &fragment);

	if (!err)
		assert_int_equal(first, PAYLOAD_NOTIFY);
	return err;
}

static void what_is_sealed_opens_at_every_length(void **state)
{
	(void)state;
	for (int aead = 0; aead < 2; aead++) {
		struct rig rig;

		rig_init(&rig, aead);
		for (size_t len = 0; len < 48; len++) {
			uint8_t buffer[512];
			struct span datagram = sealed(&rig, buffer, sizeof(buffer), len), payloads;

			assert_int_equal(open_it(&rig, true, datagram, &payloads), ERR_OK);
			assert_int_equal(payloads.len, 8 + len);
		}
		rig_clear(&rig);
	}
}

/* RFC7296 3.14: an authentic message whose Pad Length says more than there is. */
static void a_pad_length_beyond_the_payload_is_malformed(void **state)
{
	(void)state;
	for (int aead = 0; aead < 2; aead++) {
		static const unsigned pads[] = { 0, 1, 4, 14, 15, 16, 17, 255 };
		struct rig rig;

		rig_init(&rig, aead);
		for (size_t i = 0; i < ARRAY_LEN(pads); i++) {
			struct seal_keys keys = { .cipher = rig.protect.cipher, .integ = rig.protect.integ,
						  .encr = secret_span(&rig.protect.ei),
						  .integrity = rig.protect.integ ? secret_span(&rig.protect.ai) : SPAN_EMPTY };
			size_t iv_len = rig.protect.cipher->iv_len, icv_len = seal_icv_len(rig.protect.cipher, rig.protect.integ);
			uint8_t buffer[128] = { 0 }, *body;
			struct writer w = writer_of(buffer, sizeof(buffer));
			struct span payloads;
			struct ike_header h = header;

			h.next_payload = PAYLOAD_SK;
			h.length = (uint32_t)(IKE_HEADER_LEN + PAYLOAD_HEADER_LEN + iv_len + 16 + icv_len);
			ike_header_build(&w, &h);
			writer_u8(&w, PAYLOAD_NOTIFY);
			writer_u8(&w, 0);
			writer_u16(&w, (uint16_t)(PAYLOAD_HEADER_LEN + iv_len + 16 + icv_len));
			writer_zero(&w, iv_len);
			body = writer_room(&w, 16);
			memset(body, 0, 16);
			body[15] = (uint8_t)pads[i];
			(void)writer_room(&w, icv_len);
			writer_patch32(&w, 24, w.len);
			assert_int_equal(writer_end(&w), ERR_OK);
			assert_int_equal(crypto_sealer_key(&rig.crypto, rig.sealer, &keys), ERR_OK);
			assert_int_equal(crypto_seal(&rig.crypto, rig.sealer, span_of(buffer, 32), span_of(buffer + 32, iv_len), body, 16,
						     SPAN_EMPTY, body + 16), ERR_OK);
			assert_int_equal(open_it(&rig, true, writer_span(&w), &payloads), pads[i] <= 15 ? ERR_OK : ERR_SYNTAX);
		}
		rig_clear(&rig);
	}
}

/* RFC5282 5.1: from the first bit of the message to the last of the SK payload's header */
static void every_changed_bit_is_noticed(void **state)
{
	(void)state;
	for (int aead = 0; aead < 2; aead++) {
		uint8_t buffer[512];
		struct rig rig;
		struct span datagram, payloads;

		rig_init(&rig, aead);
		datagram = sealed(&rig, buffer, sizeof(buffer), 5);
		for (size_t bit = 0; bit < 8 * datagram.len; bit++) {
			buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(open_it(&rig, true, datagram, &payloads), ERR_OK);
			buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t len = 0; len < datagram.len; len++)
			assert_int_not_equal(open_it(&rig, true, span_head(datagram, len), &payloads), ERR_OK);
		/* The other direction has keys of its own. */
		assert_int_equal(open_it(&rig, false, datagram, &payloads), ERR_INTEGRITY);
		assert_int_equal(open_it(&rig, true, datagram, &payloads), ERR_OK);
		rig_clear(&rig);
	}
}

/* RFC5282 3.1 */
static void an_aead_nonce_is_never_used_twice(void **state)
{
	uint8_t first[512], second[512];
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	(void)sealed(&rig, first, sizeof(first), 4);
	(void)sealed(&rig, second, sizeof(second), 4);
	assert_memory_not_equal(first + IKE_HEADER_LEN + PAYLOAD_HEADER_LEN, second + IKE_HEADER_LEN + PAYLOAD_HEADER_LEN, 8);
	rig_clear(&rig);
}

static void a_message_that_does_not_fit_is_not_sent(void **state)
{
	uint8_t buffer[60], data[32] = { 0 };
	struct sealing sealing;
	struct span datagram;
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	protect_begin(&sealing, &rig.protect, buffer, sizeof(buffer), &header);
	notify_build_data(&sealing.chain, NOTIFY_COOKIE, SPAN_ARRAY(data));
	assert_int_equal(protect_seal(&rig.crypto, rig.sealer, &rig.protect, true, &sealing, &datagram), ERR_SPACE);
	rig_clear(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_at_every_length),
		cmocka_unit_test(a_pad_length_beyond_the_payload_is_malformed),
		cmocka_unit_test(every_changed_bit_is_noticed),
		cmocka_unit_test(an_aead_nonce_is_never_used_twice),
		cmocka_unit_test(a_message_that_does_not_fit_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
