/* SPDX-License-Identifier: Apache-2.0 */
#include "hosts.h"

#include "auth/psk.h"
#include "auth/pubkey.h"
#include "certs.h"
#include "config_in.h"
#include "payloads.h"
#include "reached.h"

#define WALL_CLOCK 1800000000 /* the certificates are good then */
#define IV_LEN 8
#define ICV_LEN 16
#define CONFIG_WORDS 1024

/* ---- a cipher that is none: the ICV is zero, or the message was changed on its way ---- */

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
	memset(ret_icv, 0, ICV_LEN);
	return ERR_OK;
}

static enum err null_open(struct sealer *s, struct span aad, struct span iv, uint8_t *data,
			  size_t len, struct span tail, struct span icv)
{
	static const uint8_t good[ICV_LEN];

	(void)s;
	(void)aad;
	(void)iv;
	(void)data;
	(void)len;
	(void)tail;
	return span_equal(icv, SPAN_ARRAY(good)) ? ERR_OK : ERR_INTEGRITY;
}

/* The sealer of an engine that goes back to a stage was not freed. */
static void null_free(struct sealer *s)
{
	(void)s;
}

static const struct crypto_ops *null_ops(const struct crypto_ops *from)
{
	static struct crypto_ops ops;

	ops = *from;
	ops.sealer_free = null_free;
	ops.sealer_key = null_key;
	ops.seal = null_seal;
	ops.open = null_open;
	return &ops;
}

/* ---- configurations ---- */

#define SUITE "proposals = aes128gcm16-prfsha256-"
#define CHILD(local, remote)                                                                    \
	" children { net { local_ts = " local "\n remote_ts = " remote "\n mode = tunnel\n"     \
	" esp_proposals = aes128gcm16\n close_action = start\n }\n"                             \
	" one { local_ts = dynamic\n remote_ts = dynamic\n esp_proposals = aes128gcm16\n } }\n"
#define LIMITS "adit { ike_sas = 4\n child_sas = 6\n half_open = 3\n "

static const char *const texts[PAIR_KINDS][2] = {
	[PAIR_PSK] = {
		"connections { gw { remote_addrs = 192.0.2.1\n dpd_delay = 5s\n " SUITE "x25519\n"
		" local { auth = psk\n id = c\n }\n remote { auth = psk\n id = g\n }\n"
		CHILD("10.2.0.0/24", "10.1.0.0/24") "} }\n" LIMITS "}\n"
		"secrets { ike-1 { secret = s\n } }\n",
		"connections { rw { local_addrs = 192.0.2.1\n " SUITE "x25519\n"
		" local { auth = psk\n id = g\n }\n remote { auth = psk\n id = c\n }\n"
		CHILD("10.1.0.0/24", "10.2.0.0/24") "}\n"
		" any { local_addrs = 192.0.2.1\n " SUITE "x25519\n local { auth = psk\n }\n"
		" remote { auth = psk\n id = *.example.org\n }\n" CHILD("10.1.0.0/24", "dynamic") "} }\n"
		LIMITS "cookie_threshold = 2\n }\nsecrets { ike-1 { secret = s\n } }\n",
	},
	[PAIR_CERT] = {
		"connections { gw { remote_addrs = 192.0.2.1\n " SUITE "x25519\n send_cert = always\n"
		" local { auth = pubkey\n certs = /carol.pem\n id = carol.example\n }\n"
		" remote { auth = pubkey\n cacerts = /ca.pem\n id = moon.example\n }\n"
		CHILD("10.2.0.0/24", "10.1.0.0/24") "} }\n" LIMITS "}\n"
		"secrets { private { file = /carol.key\n } }\n",
		"connections { rw { local_addrs = 192.0.2.1\n " SUITE "x25519\n"
		" local { auth = pubkey\n certs = /moon.pem\n id = moon.example\n }\n"
		" remote { auth = pubkey\n cacerts = /ca.pem\n }\n"
		CHILD("10.1.0.0/24", "10.2.0.0/24") "} }\n" LIMITS "}\n"
		"secrets { private { file = /moon.key\n } }\n",
	},
	[PAIR_COOKIE] = {
		"connections { gw { remote_addrs = 192.0.2.1\n dpd_delay = 9s\n encap = yes\n "
		SUITE "x25519-ecp256\n local { auth = psk\n id = \"C=CH, CN=c\"\n }\n"
		" remote { auth = psk\n id = \"C=CH, CN=*\"\n }\n"
		CHILD("10.2.0.0/24", "10.1.0.0/24") "} }\n" LIMITS "keepalive = 20s\n }\n"
		"secrets { ike-1 { secret = s\n } }\n",
		"connections { rw { local_addrs = 192.0.2.1\n dpd_delay = 7s\n encap = yes\n "
		SUITE "ecp256\n local { auth = psk\n id = \"C=CH, CN=g\"\n }\n"
		" remote { auth = psk\n id = \"C=CH, CN=c\"\n }\n"
		CHILD("10.1.0.0/24", "10.2.0.0/24") "} }\n" LIMITS "cookie_threshold = 0\n }\n"
		"secrets { ike-1 { secret = s\n } }\n",
	},
};

static enum err file_read(void *ctx, struct config_store *store, const char *path, size_t max,
			  struct span *ret, uint64_t ret_identity[2], bool *ret_world_readable)
{
	(void)ctx;
	(void)store;
	(void)max;
	for (size_t i = 0; i < ARRAY_LEN(certs_files); i++) {
		if (strcmp(certs_files[i].path, path) != 0)
			continue;
		*ret = span_text(certs_files[i].text);
		ret_identity[0] = ret_identity[1] = i;
		*ret_world_readable = false;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

static enum err file_match(void *ctx, struct config_store *store, const char *pattern, size_t max,
			   const char *const **ret, size_t *ret_count)
{
	(void)ctx;
	(void)store;
	(void)pattern;
	(void)max;
	*ret = NULL;
	*ret_count = 0;
	return ERR_OK;
}

static int64_t wall_clock(void *ctx)
{
	(void)ctx;
	return WALL_CLOCK;
}

static struct config *config_make(const char *text)
{
	const struct settings_access access = { NULL, file_read, file_match, wall_clock };
	struct memory memory = memory_system(SIZE_MAX);
	char words[CONFIG_WORDS], more[CONFIG_WORDS];
	struct text errors = TEXT_ARRAY(words), warnings = TEXT_ARRAY(more);
	struct config *config = NULL;
	enum err err = config_load_text_in(&config, &memory, &access, "fuzz", span_text(text),
					   &errors, &warnings);

	REQUIRE(err == ERR_OK);
	return config;
}

/* ---- jobs ---- */

/* What is borrowed until the job is complete. */
static struct {
	uint8_t a[KE_PRIVATE_MAX], b[KE_PUBLIC_MAX];
	struct sign_result signature;
	char why[160];
} made;

static void ke_do(struct host *h, const struct job *job, struct job_result *ret)
{
	size_t a_len = 0, b_len = 0;

	if (job->kind == JOB_KE_GENERATE) {
		ret->err = crypto_ke_generate(&h->crypto, job->ke_generate.method,
					      bytes_span(&job->ke_generate.peer), made.b, &b_len,
					      made.a, &a_len);
		ret->ke_generate.public_key = span_of(made.b, b_len);
		ret->ke_generate.private_key = span_of(made.a, a_len);
		return;
	}
	ret->err = crypto_ke_agree(&h->crypto, job->ke_agree.method,
				   bytes_span(&job->ke_agree.private_key),
				   bytes_span(&job->ke_agree.peer), made.a, &a_len);
	ret->ke_agree.shared = span_of(made.a, a_len);
}

static void auth_sign(struct host *h, const struct job_auth *auth, struct job_result *ret)
{
	struct text why = TEXT_ARRAY(made.why);
	size_t len = 0;

	if (auth->kind == AUTH_KIND_PSK) {
		ret->err = psk_sign(&h->crypto, auth, made.a, &len);
		ret->auth_sign.method = AUTH_SHARED_KEY;
		ret->auth_sign.data = span_of(made.a, len);
		return;
	}
	ret->err = pubkey_sign(auth, WALL_CLOCK, &made.signature, &why);
	ret->why = span_of(made.why, why.len);
	if (ret->err)
		return;
	ret->auth_sign.method = made.signature.method;
	ret->auth_sign.data = span_of(made.signature.auth, made.signature.auth_len);
	ret->auth_sign.certs = span_of(made.signature.certs, made.signature.certs_len);
}

static void auth_verify(struct hosts *hs, struct host *h, const struct job_auth *auth,
			struct job_result *ret)
{
	struct text why = TEXT_ARRAY(made.why);

	if (auth->kind == AUTH_KIND_PSK)
		ret->err = psk_verify(&h->crypto, auth);
	else
		ret->err = pubkey_verify(auth, WALL_CLOCK, &ret->fault, &why);
	ret->why = span_of(made.why, why.len);
	if (hs->trusting)
		ret->err = ERR_OK;
}

static enum err failure(enum job_kind kind)
{
	switch (kind) {
	case JOB_KE_AGREE:
		return ERR_KE_VALUE;
	case JOB_AUTH_SIGN:
		return ERR_NOT_FOUND;
	case JOB_AUTH_VERIFY:
		return ERR_AUTH;
	default:
		return ERR_LIMIT;
	}
}

static void do_job(struct hosts *hs, enum side side, job_id id, const struct job *job)
{
	struct host *h = &hs->host[side];
	struct job_result result = { .err = ERR_OK };

	if (hs->failing & 1u << job->kind) {
		result.err = failure(job->kind);
		result.why = span_text("it was to fail");
	} else if (job->kind == JOB_KE_GENERATE || job->kind == JOB_KE_AGREE) {
		ke_do(h, job, &result);
	} else if (job->kind == JOB_AUTH_SIGN) {
		auth_sign(h, &job->auth, &result);
	} else if (job->kind == JOB_AUTH_VERIFY) {
		auth_verify(hs, h, &job->auth, &result);
	} else if (job->kind == JOB_CHILD_QUERY) {
		result.child_query.idle_in = hs->now % (10 * NANOS_SECOND);
	}
	reached_job(job->kind, result.err != ERR_OK);
	adit_engine_complete(h->engine, id, &result, hs->now);
}

void host_work(struct hosts *hs, enum side side)
{
	struct host *h = &hs->host[side];
	struct job *jobs[8];
	struct event event;
	size_t count;

	while ((count = adit_engine_jobs(h->engine, jobs, ARRAY_LEN(jobs))) > 0) {
		for (size_t i = 0; i < count; i++) {
			if (!hs->holding || h->held_count == HELD_MAX) {
				do_job(hs, side, jobs[i]->id, jobs[i]);
				continue;
			}
			h->held[h->held_count] = jobs[i]->id;
			h->held_jobs[h->held_count++] = jobs[i];
		}
	}
	while (adit_engine_event(h->engine, &event))
		reached_event(&event);
}

void host_release(struct hosts *hs, enum side side)
{
	struct host *h = &hs->host[side];

	while (h->held_count > 0) {
		h->held_count--;
		do_job(hs, side, h->held[h->held_count], h->held_jobs[h->held_count]);
	}
	host_work(hs, side);
}

/* ---- what goes between them ---- */

static const struct ip addresses[2] = {
	[INITIATOR] = { .family = IP_V4, .bytes = { 192, 0, 2, 2 } },
	[RESPONDER] = { .family = IP_V4, .bytes = { 192, 0, 2, 1 } },
};

/* Where the initiator of PAIR_COOKIE seems to be. */
static const struct ip nat_address = { .family = IP_V4, .bytes = { 198, 51, 100, 7 } };

bool host_output(struct hosts *hs, enum side from, struct writer *ret)
{
	struct path *in = &hs->host[!from].from;
	struct path out;

	host_work(hs, from);
	if (!adit_engine_output(hs->host[from].engine, &out, ret))
		return false;
	REQUIRE(writer_end(ret) == ERR_OK && ret->len > 0 && ret->len <= DATAGRAM_MAX);
	in->encap = out.encap;
	in->local = (struct endpoint){ addresses[!from], out.encap ? 4500 : 500 };
	in->remote = (struct endpoint){ addresses[from], out.encap ? 4500 : 500 };
	if (hs->natted && from == INITIATOR)
		in->remote = (struct endpoint){ nat_address, (uint16_t)(out.encap ? 40001 : 40000) };
	return true;
}

void host_input(struct hosts *hs, enum side to, struct span datagram)
{
	struct host *h = &hs->host[to];

	adit_engine_input(h->engine, &h->from, datagram, hs->now);
	host_work(hs, to);
}

unsigned hosts_carry(struct hosts *hs, unsigned max)
{
	uint8_t buffer[DATAGRAM_MAX];
	unsigned carried = 0;

	while (carried < max) {
		enum side from = INITIATOR;
		struct writer w = writer_of(buffer, sizeof(buffer));

		if (!host_output(hs, INITIATOR, &w)) {
			from = RESPONDER;
			if (!host_output(hs, RESPONDER, &w))
				break;
		}
		host_input(hs, !from, writer_span(&w));
		carried++;
	}
	return carried;
}

void hosts_pass(struct hosts *hs, nanos time)
{
	hs->now = nanos_after(hs->now, time);
	for (enum side side = INITIATOR; side <= RESPONDER; side++) {
		adit_engine_advance(hs->host[side].engine, hs->now);
		host_work(hs, side);
	}
}

/* ---- stages ---- */

static struct hosts all[PAIR_KINDS][STAGES];

static void host_make(struct hosts *hs, enum side side, struct config *config)
{
	struct host *h = &hs->host[side];
	struct adit_engine_params params = {
		.crypto = &h->crypto,
		.memory = &h->still.memory,
		.config = config,
		.shards = 1,
		.log_level = LOG_DEBUG,
	};

	still_init(&h->still);
	REQUIRE(crypto_test_new(&h->crypto, hs->seed + side) == ERR_OK);
	h->crypto.ops = null_ops(h->crypto.ops);
	h->config = config;
	config->refs = 1;
	REQUIRE(adit_engine_new(&h->engine, &params, hs->now) == ERR_OK);
	h->from = (struct path){
		.local = { addresses[side], 500 },
		.remote = { addresses[!side], 500 },
	};
}

static void stage_make(struct hosts *hs, struct config *const configs[2], unsigned stage, uint64_t seed,
		       bool natted)
{
	uint32_t request;

	*hs = (struct hosts){ .seed = seed, .now = NANOS_SECOND, .natted = natted };
	for (enum side side = INITIATOR; side <= RESPONDER; side++)
		host_make(hs, side, configs[side]);
	REQUIRE(adit_engine_initiate(hs->host[INITIATOR].engine, "gw", "net",
				     &(struct path){ .local.ip = addresses[INITIATOR] }, hs->now, &request) == ERR_OK);
	for (enum side side = INITIATOR; side <= RESPONDER; side++)
		host_work(hs, side);
	hosts_carry(hs, stage + 1 < STAGES ? stage : 100);
	for (enum side side = INITIATOR; side <= RESPONDER; side++) {
		struct host *h = &hs->host[side];

		still_take(&h->still);
		h->refs = h->config->refs;
		h->began_from = h->from;
		if (stage + 1 == STAGES)
			REQUIRE(adit_engine_usage(h->engine).child_sas == 1);
	}
	hs->began = hs->now;
}

void hosts_init(void)
{
	for (unsigned kind = 0; kind < PAIR_KINDS; kind++) {
		struct config *const configs[2] = { config_make(texts[kind][INITIATOR]),
						    config_make(texts[kind][RESPONDER]) };

		for (unsigned stage = 0; stage < STAGES; stage++)
			stage_make(&all[kind][stage], configs, stage, kind * 100 + stage * 2, kind == PAIR_COOKIE);
	}
}

struct hosts *hosts_begin(enum pair_kind kind, unsigned stage)
{
	struct hosts *hs = &all[kind][stage];

	hs->now = hs->began;
	hs->trusting = hs->holding = false;
	hs->failing = 0;
	for (enum side side = INITIATOR; side <= RESPONDER; side++) {
		struct host *h = &hs->host[side];
		const struct crypto_ops *ops = h->crypto.ops;

		still_return(&h->still);
		h->config->refs = h->refs;
		h->held_count = 0;
		h->still.memory.limit = SIZE_MAX;
		crypto_test_free(&h->crypto);
		REQUIRE(crypto_test_new(&h->crypto, hs->seed + side + 10000) == ERR_OK);
		h->crypto.ops = ops;
		h->from = h->began_from;
	}
	return hs;
}

void hosts_end(struct hosts *hs)
{
	for (enum side side = INITIATOR; side <= RESPONDER; side++) {
		struct host *h = &hs->host[side];

		reached_counters(h->engine);
		adit_engine_free(h->engine);
		REQUIRE(h->still.memory.used == 0);
		REQUIRE(h->config->refs == 1);
	}
}

/* ---- messages ---- */

enum err message_open(struct opened *ret, struct span datagram)
{
	struct opened m = { .outer = PAYLOAD_NONE };
	struct payload_list list;
	const struct payload *sk;
	struct span sealed;
	uint8_t critical;
	enum err err;

	TRY(ike_header_parse(&m.header, datagram));
	m.first = m.header.next_payload;
	m.payloads = span_tail(datagram, IKE_HEADER_LEN);
	TRY(payload_list_parse(&list, m.first, m.payloads, &critical));
	sk = list.count ? &list.items[list.count - 1] : NULL;
	if (sk && (sk->type == PAYLOAD_SK || sk->type == PAYLOAD_SKF)) {
		sealed = sk->body;
		if (sk->type == PAYLOAD_SKF)
			TRY(skf_parse(&m.fragment, &sealed, sk->body));
		TRY_THAT(sealed.len > IV_LEN + ICV_LEN, ERR_LENGTH);
		m.outer = sk->type;
		m.first = sk->next;
		m.payloads = span_head(span_tail(sealed, IV_LEN), sealed.len - IV_LEN - ICV_LEN - 1);
	}
	*ret = m;
out:
	return err;
}

void message_close(struct writer *w, const struct opened *m)
{
	struct ike_header header = m->header;

	header.next_payload = m->outer ? m->outer : m->first;
	ike_header_build(w, &header);
	if (m->outer) {
		writer_u8(w, m->first);
		writer_u8(w, 0);
		writer_u16(w, (uint16_t)(PAYLOAD_HEADER_LEN + (m->outer == PAYLOAD_SKF ? 4 : 0) + IV_LEN +
					 m->payloads.len + 1 + ICV_LEN));
		if (m->outer == PAYLOAD_SKF) { /* any numbers, which skf_header_build() would not take */
			writer_u16(w, m->fragment.number);
			writer_u16(w, m->fragment.total);
		}
		writer_zero(w, IV_LEN);
	}
	writer_put(w, m->payloads);
	if (m->outer)
		writer_zero(w, 1 + ICV_LEN);
	ike_header_finish(w, 0);
}

static uint32_t awaited_id(const struct adit_engine *e, const struct ike_sa *sa)
{
	for (uint32_t slot = sa->first_exchange; slot != SLAB_NONE;) {
		const struct exchange *x = exchange_at(e, slot);

		if (x->ours && x->state == EXCHANGE_SENT)
			return x->message_id;
		slot = x->next;
	}
	return sa->window.send_next;
}

void message_aim(const struct hosts *hs, enum side to, uint8_t exchange, bool response,
		 struct ike_header *ret)
{
	const struct adit_engine *e = hs->host[to].engine;
	uint32_t slot = 0;
	const struct ike_sa *sa = slab_next(&e->sas, &slot);
	bool stranger = !sa || (exchange == EXCHANGE_IKE_SA_INIT && !response);

	*ret = (struct ike_header){
		.spi_i = UINT64_C(0x0123456789abcdef),
		.version = IKE_VERSION,
		.exchange = exchange,
		.flags = response ? IKE_FLAG_RESPONSE : 0,
	};
	if (stranger || !sa->initiator)
		ret->flags |= IKE_FLAG_INITIATOR;
	if (stranger)
		return;
	ret->spi_i = sa->spi_i;
	ret->spi_r = sa->spi_r ? sa->spi_r : 1;
	ret->message_id = response ? awaited_id(e, sa) : sa->window.recv_next;
}
