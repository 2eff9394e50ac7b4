/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_fuzz: the engine against arbitrary messages, with a cipher that is none, so that bytes reach every handler.
 *
 * The first byte of the input says how far a genuine handshake with a second engine goes before the strange messages come, and which of the
 * two gets them. Then follow messages: flags, length, bytes. Flags may ask for a header that fits the SA: SPIs, message ID, lengths, SK payload.
 */
#include <stdlib.h>

#include "auth/psk.h"
#include "engine.h"
#include "require.h"

#define STAGES 6 /* datagrams of a genuine handshake before the fuzz: 0 … 5 */

enum message_flag { FIT_HEADER = 1, FIT_SK = 2, PASS_TIME = 4, RESPONSE = 8, REVERSE = 16 };

struct host {
	struct adit_engine *engine;
	struct crypto crypto;
	struct memory memory;
	struct config *config;
};

static nanos now;
static struct config *configs[2];

/* ---- a cipher that is none ---- */

static enum err null_key(struct sealer *s, const struct seal_keys *keys)
{
	(void)s;
	(void)keys;
	return ERR_OK;
}

static enum err null_seal(struct sealer *s, struct span aad, struct span iv, uint8_t *data,
			  size_t len, struct span tail, uint8_t *ret_icv)
{
	(void)s;
	(void)aad;
	(void)iv;
	(void)data;
	(void)len;
	(void)tail;
	memset(ret_icv, 0, 16);
	return ERR_OK;
}

static enum err null_open(struct sealer *s, struct span aad, struct span iv, uint8_t *data,
			  size_t len, struct span tail, struct span icv)
{
	(void)s;
	(void)aad;
	(void)iv;
	(void)data;
	(void)len;
	(void)tail;
	(void)icv;
	return ERR_OK;
}

static const struct crypto_ops *null_ops(const struct crypto_ops *from)
{
	static struct crypto_ops ops;

	ops = *from;
	ops.sealer_key = null_key;
	ops.seal = null_seal;
	ops.open = null_open;
	return &ops;
}

/* ---- two hosts ---- */

static const char initiator_text[] =
	"connections { gw { remote_addrs = 192.0.2.1\n dpd_delay = 5s\n proposals = aes128gcm16-prfsha256-x25519\n"
	" local { auth = psk\n id = c\n }\n remote { auth = psk\n id = g\n }\n"
	" children { net { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/24\n esp_proposals = aes128gcm16\n } } } }\n"
	"adit { ike_sas = 4\n child_sas = 4\n half_open = 4\n }\n"
	"secrets { ike-1 { secret = s\n } }\n";
static const char responder_text[] =
	"connections { rw { local_addrs = 192.0.2.1\n proposals = aes128gcm16-prfsha256-x25519\n"
	" local { auth = psk\n id = g\n }\n remote { auth = psk\n id = c\n }\n"
	" children { net { local_ts = 10.1.0.0/24\n remote_ts = 10.2.0.0/24\n esp_proposals = aes128gcm16\n } } } }\n"
	"adit { cookie_threshold = 2\n half_open = 8\n ike_sas = 16\n child_sas = 16\n }\n"
	"secrets { ike-1 { secret = s\n } }\n";

/* The configuration is made once for all inputs. */
static void host_init(struct host *h, struct config **config, const char *text, uint64_t seed)
{
	char words[512];
	char more[512];
	struct text errors = TEXT_ARRAY(words), warnings = TEXT_ARRAY(more);
	struct adit_engine_params params = { .crypto = &h->crypto, .memory = &h->memory, .shards = 1 };

	h->memory = memory_system(SIZE_MAX);
	REQUIRE(crypto_test_new(&h->crypto, seed) == ERR_OK);
	h->crypto.ops = null_ops(h->crypto.ops);
	if (!*config)
		REQUIRE(config_load_text(config, "fuzz", span_text(text), &errors, &warnings) ==
			ERR_OK);
	h->config = *config;
	params.config = h->config;
	REQUIRE(adit_engine_new(&h->engine, &params, now) == ERR_OK);
}

static void host_clear(struct host *h)
{
	adit_engine_free(h->engine);
	REQUIRE(h->memory.used == 0);
	crypto_test_free(&h->crypto);
}

static void do_job(struct host *h, struct job *job)
{
	static uint8_t a[KE_PRIVATE_MAX], b[KE_PRIVATE_MAX];
	struct job_result result = { .err = ERR_OK };
	size_t a_len = 0, b_len = 0;

	switch (job->kind) {
	case JOB_KE_GENERATE:
		result.err = crypto_ke_generate(&h->crypto, job->ke_generate.method,
						bytes_span(&job->ke_generate.peer), a, &a_len, b, &b_len);
		result.ke_generate.public_key = span_of(a, a_len);
		result.ke_generate.private_key = span_of(b, b_len);
		break;
	case JOB_KE_AGREE:
		result.err = crypto_ke_agree(&h->crypto, job->ke_agree.method,
					     bytes_span(&job->ke_agree.private_key),
					     bytes_span(&job->ke_agree.peer), a, &a_len);
		result.ke_agree.shared = span_of(a, a_len);
		break;
	case JOB_AUTH_SIGN:
		result.err = psk_sign(&h->crypto, &job->auth, a, &a_len);
		result.auth_sign.method = AUTH_SHARED_KEY;
		result.auth_sign.data = span_of(a, a_len);
		break;
	case JOB_AUTH_VERIFY:
		/* Any AUTH of one particular first byte is good, so that what follows it is reached. */
		if (job->auth.data.data[0] != 0x5a)
			result.err = psk_verify(&h->crypto, &job->auth);
		break;
	default:
		break;
	}
	adit_engine_complete(h->engine, job->id, &result, now);
}

static void work(struct host *h)
{
	struct job *jobs[8];
	struct event event;
	size_t count;

	while ((count = adit_engine_jobs(h->engine, jobs, ARRAY_LEN(jobs))) > 0) {
		for (size_t i = 0; i < count; i++)
			do_job(h, jobs[i]);
	}
	while (adit_engine_event(h->engine, &event))
		;
}

static struct path reversed(const struct path *out)
{
	return (struct path){ .local = out->remote, .remote = out->local, .encap = out->encap };
}

/* Carries up to max genuine datagrams from one to the other and back; gives the number. */
static unsigned carry(struct host *from, struct host *to, unsigned max)
{
	uint8_t buffer[DATAGRAM_MAX];
	struct path out, in;
	unsigned carried = 0;

	for (;;) {
		struct writer w = writer_of(buffer, sizeof(buffer));

		work(from);
		if (carried == max || !adit_engine_output(from->engine, &out, &w))
			return carried;
		in = reversed(&out);
		adit_engine_input(to->engine, &in, writer_span(&w), now);
		carried++;
	}
}

/* What the target sends is looked at for its size alone and lost. */
static void drain(struct host *h)
{
	uint8_t buffer[DATAGRAM_MAX];
	struct path out;

	for (;;) {
		struct writer w = writer_of(buffer, sizeof(buffer));

		work(h);
		if (!adit_engine_output(h->engine, &out, &w))
			return;
		REQUIRE(writer_end(&w) == ERR_OK && w.len > 0);
	}
}

/* ---- strange messages ---- */

struct aim {
	uint64_t spi_i, spi_r;
	bool to_initiator;
	uint32_t message_id[2]; /* of the next request, of the next response */
};

static size_t make(uint8_t *buffer, size_t cap, const struct aim *aim, uint8_t flags,
		   struct span bytes)
{
	struct writer w = writer_of(buffer, cap);
	struct reader r = reader_of(bytes);
	bool response = (flags & RESPONSE) != 0;
	struct ike_header header = { .spi_i = aim->spi_i, .spi_r = aim->spi_r, .version = IKE_VERSION };

	if (!(flags & FIT_HEADER)) {
		writer_put(&w, bytes);
		return w.len;
	}
	header.exchange = (uint8_t)(EXCHANGE_IKE_SA_INIT + reader_u8(&r) % 5);
	header.next_payload = reader_u8(&r);
	header.flags = (uint8_t)((aim->to_initiator ? 0 : IKE_FLAG_INITIATOR) |
				 (response ? IKE_FLAG_RESPONSE : 0));
	header.message_id = aim->message_id[response];
	if (header.exchange == EXCHANGE_IKE_SA_INIT) {
		header.message_id = 0;
		if (!aim->to_initiator)
			header.spi_r = 0;
	}
	if (!(flags & FIT_SK)) {
		ike_header_build(&w, &header);
		writer_put(&w, reader_rest(&r));
		ike_header_finish(&w, 0);
		return w.overflow ? 0 : w.len;
	}
	bytes = reader_rest(&r);
	header.next_payload = PAYLOAD_SK;
	ike_header_build(&w, &header);
	/* Generic header, IV, plaintext, pad length, ICV. */
	writer_u8(&w, r.failed ? 0 : header.next_payload == PAYLOAD_SK && bytes.len ? bytes.data[0] : 0);
	writer_u8(&w, 0);
	bytes = span_tail(bytes, 1);
	writer_u16(&w, (uint16_t)(PAYLOAD_HEADER_LEN + 8 + bytes.len + 1 + 16));
	writer_zero(&w, 8);
	writer_put(&w, bytes);
	writer_u8(&w, 0);
	writer_zero(&w, 16);
	ike_header_finish(&w, 0);
	return w.overflow ? 0 : w.len;
}

static void aim_at(struct aim *aim, const struct host *h)
{
	struct adit_ike_info info;
	uint32_t cursor = 0;

	if (!adit_engine_ike_info(h->engine, &cursor, &info))
		return;
	aim->spi_i = info.spi_i;
	aim->spi_r = info.spi_r;
}

/* libFuzzer calls it; no header declares it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buffer[70000];
	struct host i, r, *target;
	struct reader in = reader_of(span_of(data, size));
	struct path path = {
		.local = { ip_v4(192, 0, 2, 1), 500 },
		.remote = { ip_v4(192, 0, 2, 2), 500 },
	};
	struct ip local = ip_v4(192, 0, 2, 2);
	struct aim aim = { .spi_i = 1 };
	uint8_t mode = reader_u8(&in);
	uint32_t request;

	now = NANOS_SECOND;
	host_init(&i, &configs[0], initiator_text, 1);
	host_init(&r, &configs[1], responder_text, 2);
	REQUIRE(adit_engine_initiate(i.engine, "gw", "net", &local, now, &request) == ERR_OK);
	for (unsigned stage = mode % STAGES, n = 0; n < stage; n++)
		(void)(n % 2 ? carry(&r, &i, 1) : carry(&i, &r, 1));
	work(&i);
	work(&r);
	aim.to_initiator = (mode & 0x80) != 0;
	target = aim.to_initiator ? &i : &r;
	if (aim.to_initiator)
		path = (struct path){ .local = path.remote, .remote = path.local };

	for (unsigned messages = 0; messages < 16 && reader_left(&in) > 0; messages++) {
		uint8_t flags = reader_u8(&in);
		struct span bytes = reader_take(&in, reader_u8(&in) * 4u);
		size_t len;

		aim_at(&aim, target);
		aim.message_id[0] = (mode % STAGES) > 2 && !aim.to_initiator ? 2 : mode % STAGES > 1;
		aim.message_id[0] += messages * !!(flags & REVERSE);
		aim.message_id[1] = mode % STAGES > 1;
		len = make(buffer, sizeof(buffer), &aim, flags, bytes);
		adit_engine_input(target->engine, &path, span_of(buffer, len), now);
		drain(target);
		if (flags & PASS_TIME) {
			now += NANOS_SECOND * 3;
			adit_engine_advance(target->engine, now);
			drain(target);
		}
	}
	host_clear(&i);
	host_clear(&r);
	return 0;
}
