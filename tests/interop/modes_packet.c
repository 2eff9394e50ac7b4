/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modes_packet: what src/esp makes of a host's packet and of one from the wire, for modes_scapy_test.py, one command a line:
 *	send PROTOCOL MODE FAMILY BITS KEY INTEG INTEGKEY SPI SEQ ESN PACKET	→ ESP packet, or IP packet with AH
 *	take PROTOCOL MODE FAMILY BITS KEY INTEG INTEGKEY SPI SEQ ESN PACKET	→ the packet for the host, or the error's name
 * PROTOCOL is esp or ah, MODE tunnel or transport, FAMILY that outside; binary fields are hex, "-" is none; INTEG is IANA's number;
 * SEQ is the number of the packet to make, or the highest one received so far. From 192.0.2.1 to 192.0.2.2, or the same of 2001:db8::.
 */
#include <stdio.h>
#include <stdlib.h>

#include "esp.h"
#include "registry.h"

#define FIELD_MAX 4096

struct command {
	char verb[8], protocol[8], mode[16];
	unsigned family, bits, integ, esn;
	unsigned long spi;
	unsigned long long seq;
	uint8_t key[64], integrity[64], data[TRANSMIT_HEADROOM + FIELD_MAX + ESP_TAILROOM];
	size_t key_len, integrity_len, data_len;
};

static size_t hex_read(uint8_t *ret, size_t max, const char *text)
{
	size_t len = 0;

	if (strcmp(text, "-") == 0)
		return 0;
	for (; text[0] && text[1] && len < max; text += 2) {
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
	static char key[129], integrity[129], data[2 * FIELD_MAX + 1];

	if (sscanf(line, "%7s %7s %15s %u %u %128s %u %128s %lx %llu %u %8192s", c->verb, c->protocol, c->mode, &c->family, &c->bits,
		   key, &c->integ, integrity, &c->spi, &c->seq, &c->esn, data) != 12)
		return false;
	c->key_len = hex_read(c->key, sizeof(c->key), key);
	c->integrity_len = hex_read(c->integrity, sizeof(c->integrity), integrity);
	c->data_len = hex_read(&c->data[TRANSMIT_HEADROOM], FIELD_MAX, data);
	return true;
}

static struct selector selector_of(const char *text)
{
	struct prefix prefix = { 0 };

	if (prefix_parse(&prefix, text) != ERR_OK)
		abort();
	return (struct selector){ .port_last = UINT16_MAX, .first = prefix.ip, .last = prefix_last(&prefix) };
}

/* The sender's view, or the receiver's. */
static struct child_spec spec_of(const struct command *c, bool sender)
{
	bool tunnel = strcmp(c->mode, "tunnel") == 0, v6 = c->family == 6, ah = strcmp(c->protocol, "ah") == 0;
	struct selector a = selector_of(v6 ? "2001:db8::1/128" : "192.0.2.1/32"), b = selector_of(v6 ? "2001:db8::2/128" : "192.0.2.2/32");
	struct child_spec spec = { .protocol = ah ? PROTOCOL_AH : PROTOCOL_ESP, .mode = tunnel ? CHILD_TUNNEL : CHILD_TRANSPORT,
				   .spi_in = sender ? 0x1000 : (uint32_t)c->spi, .spi_out = sender ? (uint32_t)c->spi : 0x1000,
				   .esn = c->esn, .replay_window = 64, .local_count = 1, .remote_count = 1 };

	spec.path.local.ip = sender ? a.first : b.first;
	spec.path.remote.ip = sender ? b.first : a.first;
	if (tunnel) {
		a = selector_of("10.1.0.0/16");
		b = selector_of("10.2.0.0/16");
	}
	spec.local_ts[0] = sender ? a : b;
	spec.remote_ts[0] = sender ? b : a;
	if (!ah)
		spec.encr = (struct transform){ .type = TRANSFORM_ENCR, .id = c->integ ? ENCR_AES_CBC : ENCR_AES_GCM_16,
						.key_bits = (uint16_t)c->bits };
	spec.integ = (struct transform){ .type = TRANSFORM_INTEG, .id = (uint16_t)c->integ };
	secret_set(&spec.encr_in, span_of(c->key, c->key_len));
	secret_set(&spec.integ_in, span_of(c->integrity, c->integrity_len));
	spec.encr_out = spec.encr_in;
	spec.integ_out = spec.integ_in;
	return spec;
}

static enum err do_send(struct esp *e, struct esp_sa *sa, struct command *c)
{
	struct esp_buffer b = { .data = c->data, .cap = sizeof(c->data), .start = TRANSMIT_HEADROOM, .len = c->data_len };
	struct outer outer;
	enum err err;

	sa->out.seq = c->seq - 1;
	err = esp_transmit(e, &b, 1, &sa, &outer);
	if (err == ERR_OK)
		hex_print(&b.data[b.start], b.len);
	return err;
}

static enum err do_take(struct esp *e, struct esp_sa *sa, struct command *c)
{
	uint8_t *data = &c->data[TRANSMIT_HEADROOM];
	struct esp_received got = { 0 };
	enum err err;

	if (c->seq > 0)
		(void)replay_update(&sa->in.replay, c->seq);
	err = sa->protocol == PROTOCOL_AH ? esp_receive_ah(e, data, c->data_len, 1, &got) :
					    esp_receive(e, data, c->data_len, 0, 1, &got);
	if (err == ERR_OK) {
		hex_print(got.head, got.head_len);
		hex_print(got.packet, got.len);
	}
	return err;
}

int main(void)
{
	static char line[8 * FIELD_MAX];
	static struct command c;
	struct memory memory = memory_system(1 << 24);
	struct crypto crypto;

	if (crypto_libcrypto_new(&crypto) != ERR_OK)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		struct esp esp = { 0 };
		struct esp_sa *sa;
		enum err err = ERR_SYNTAX;

		if (command_read(&c, line)) {
			bool sender = strcmp(c.verb, "send") == 0;
			struct child_spec spec = spec_of(&c, sender);

			err = esp_init(&esp, &crypto, &memory, 1);
			if (err == ERR_OK)
				err = esp_install(&esp, &spec, &sa);
			if (err == ERR_OK)
				err = sender ? do_send(&esp, sa, &c) : do_take(&esp, sa, &c);
			esp_clear(&esp);
		}
		puts(err == ERR_OK ? "" : err_name(err));
		(void)fflush(stdout);
	}
	crypto_libcrypto_free(&crypto);
	return 0;
}
