/* SPDX-License-Identifier: Apache-2.0 */
/*
 * esp_packet: seals and opens ESP packets for esp_scapy_test.py, one command a line on standard input:
 *	seal SUITE ESN KEY INTEGRITY SPI SEQ PAYLOAD	→ the packet
 *	open SUITE ESN KEY INTEGRITY SPI SEQ PACKET	→ next header and payload, or the error's name
 * SUITE is one as esp_proposals has it ("aes128gcm16", "aes256-sha256"); ESN is 1 with extended sequence
 * numbers, else 0; binary fields are hex, "-" is none; SEQ is the number of the packet to make, or the highest
 * one received so far.
 */
#include <stdio.h>
#include <stdlib.h>

#include "inner.h"
#include "packet.h"
#include "registry.h"

#define FIELD_MAX 4096

struct command {
	char verb[8], suite[64];
	unsigned esn;
	unsigned long spi, seq;
	uint8_t key[FIELD_MAX], integrity[FIELD_MAX], data[FIELD_MAX];
	size_t key_len, integrity_len, data_len;
};

static size_t hex_read(uint8_t *ret, const char *text)
{
	size_t len = 0;

	if (strcmp(text, "-") == 0)
		return 0;
	for (; text[0] && text[1] && len < FIELD_MAX; text += 2) {
		char digits[3] = { text[0], text[1], '\0' };

		ret[len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return len;
}

static void hex_print(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
}

static bool command_read(struct command *c, const char *line)
{
	static char key[2 * FIELD_MAX + 1], integrity[2 * FIELD_MAX + 1], data[2 * FIELD_MAX + 1];

	if (sscanf(line, "%7s %63s %u %8192s %8192s %lx %lu %8192s", c->verb, c->suite, &c->esn, key, integrity,
		   &c->spi, &c->seq, data) != 8)
		return false;
	c->key_len = hex_read(c->key, key);
	c->integrity_len = hex_read(c->integrity, integrity);
	c->data_len = hex_read(c->data, data);
	return true;
}

static enum err suite_make(struct esp_suite *ret, const struct crypto *crypto, const struct command *c)
{
	const char *dash = strchr(c->suite, '-');
	struct span words = span_text(c->suite);
	const struct transform_row *encr = transform_by_keyword(
		dash ? span_head(words, (size_t)(dash - c->suite)) : words, PROTOCOL_ESP);
	const struct transform_row *integ = dash ? transform_by_keyword(span_text(dash + 1), PROTOCOL_ESP) : NULL;
	struct esp_suite suite = {
		.cipher = encr && encr->type == TRANSFORM_ENCR ? encr->cipher : NULL,
		.integ = integ && integ->type == TRANSFORM_INTEG ? integ->integ : NULL,
		.esn = c->esn != 0,
	};
	struct seal_keys keys = { .cipher = suite.cipher, .integ = suite.integ,
				  .encr = span_of(c->key, c->key_len),
				  .integrity = span_of(c->integrity, c->integrity_len) };
	enum err err;

	TRY(esp_suite_check(suite.cipher, suite.integ));
	suite.sealer = crypto_sealer_new(crypto);
	TRY_THAT(suite.sealer, ERR_MEMORY);
	err = crypto_sealer_key(crypto, suite.sealer, &keys);
	if (err != ERR_OK)
		crypto_sealer_free(crypto, suite.sealer);
	else
		*ret = suite;
out:
	return err;
}

static enum err do_seal(const struct crypto *crypto, struct esp_suite *suite, const struct command *c)
{
	static uint8_t room[ESP_HEADROOM + FIELD_MAX + ESP_TAILROOM];
	struct esp_out out = { .suite = *suite, .spi = (uint32_t)c->spi, .seq = c->seq - 1 };
	struct esp_buffer b = { .data = room, .cap = sizeof(room), .start = ESP_HEADROOM, .len = c->data_len };
	enum err err;

	memcpy(&room[ESP_HEADROOM], c->data, c->data_len);
	err = esp_seal(crypto, &out, IP_PROTO_IPIP, &b);
	if (err == ERR_OK)
		hex_print(&room[b.start], b.len);
	return err;
}

static enum err do_open(const struct crypto *crypto, struct memory *memory, struct esp_suite *suite,
			struct command *c)
{
	struct esp_in in = { .suite = *suite, .spi = (uint32_t)c->spi };
	struct esp_opened opened;
	enum err err;

	TRY(replay_init(&in.replay, memory, 64));
	if (c->seq > 0)
		(void)replay_update(&in.replay, c->seq);
	err = esp_open(crypto, &in, c->data, c->data_len, &opened);
	if (err == ERR_OK) {
		printf("%u ", opened.next_header);
		hex_print(opened.payload, opened.len);
	}
	replay_clear(&in.replay);
out:
	return err;
}

int main(void)
{
	static char line[8 * FIELD_MAX];
	static struct command c;
	struct memory memory = memory_system(1 << 20);
	struct crypto crypto;

	if (crypto_libcrypto_new(&crypto) != ERR_OK)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		struct esp_suite suite = { 0 };
		enum err err = ERR_SYNTAX;

		if (command_read(&c, line))
			err = suite_make(&suite, &crypto, &c);
		if (err == ERR_OK) {
			err = strcmp(c.verb, "seal") == 0 ? do_seal(&crypto, &suite, &c)
							  : do_open(&crypto, &memory, &suite, &c);
			crypto_sealer_free(&crypto, suite.sealer);
		}
		puts(err == ERR_OK ? "" : err_name(err));
		(void)fflush(stdout);
	}
	crypto_libcrypto_free(&crypto);
	return 0;
}
