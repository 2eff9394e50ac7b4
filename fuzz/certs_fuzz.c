/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs_fuzz: CERT, CERTREQ and AUTH payloads as an IKE_AUTH has them, the whole way: the chain of payloads, what the engine keeps of
 * them, and what src/pki makes of that (RFC 7296 3.6, 3.7, 3.8; RFC 7427).
 *
 * First byte: bit 0: the AUTH data are those of a genuine signature, if they are for this peer; bits 1, 2: revocation. Second: the type
 * of the first payload.
 */
#include "certs.h"
#include "feature/certs.h"
#include "payloads.h"
#include "require.h"
#include "state.h"

#define WALL_CLOCK 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct credentials *ours, *theirs;
static struct sign_result genuine;

static void add(struct credentials *c, enum credential_kind kind, size_t file)
{
	char words[256];
	struct text why = TEXT_ARRAY(words);

	REQUIRE(credentials_add(c, kind, certs_files[file].path, span_text(certs_files[file].text), SPAN_EMPTY, &why) == ERR_OK);
}

static enum err sign(const struct credentials *c, const char *name, struct span certreq, struct sign_result *ret)
{
	struct identity id;
	char words[256];
	struct text why = TEXT_ARRAY(words);
	struct sign_query q = { .id = &id, .certreq = certreq, .peer_7427 = true, .peer_hashes = HASHES_OURS, .with_certs = true,
				.octets = { { span_text("octets") } } };

	REQUIRE(identity_parse(&id, name) == ERR_OK);
	return sign_auth(c, &q, ret, &why);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	ours = credentials_new();
	theirs = credentials_new();
	REQUIRE(ours && theirs);
	add(ours, CREDENTIAL_CA, 0);
	add(ours, CREDENTIAL_CERT, 1);
	add(ours, CREDENTIAL_KEY, 2);
	add(theirs, CREDENTIAL_CA, 0);
	add(theirs, CREDENTIAL_CERT, 3);
	add(theirs, CREDENTIAL_KEY, 4);
	REQUIRE(sign(theirs, "carol.example", SPAN_EMPTY, &genuine) == ERR_OK && genuine.certs_len > 0);
	return 0;
}

static void verify(const struct payload_list *list, struct span certs, uint8_t how)
{
	const struct payload *id = payload_find(list, PAYLOAD_IDI), *payload = payload_find(list, PAYLOAD_AUTH);
	struct identity identity;
	struct id_payload wire;
	struct auth_payload auth = { genuine.method, span_of(genuine.auth, genuine.auth_len) };
	struct verify_query q = { .id = &identity, .peer_certs = certs, .peer_7427 = true, .octets = { { span_text("octets") } },
				  .revocation = (enum revocation)((how >> 1) % 3), .now = WALL_CLOCK };
	enum verify_fault fault = VERIFY_NONE;
	char words[512];
	struct text why = TEXT_ARRAY(words);
	enum err err;

	REQUIRE(identity_parse(&identity, "carol.example") == ERR_OK);
	if (id && (id_parse(&wire, id->body) || identity_from_wire(&identity, wire.type, wire.data)))
		return;
	if (!(how & 1) && payload && auth_parse(&auth, payload->body))
		return;
	q.method = auth.method;
	q.auth = auth.data;
	err = verify_auth(ours, &q, &fault, &why);
	REQUIRE((err == ERR_OK) == (fault == VERIFY_NONE));
}

/* What was kept goes out again as it came. */
static void certs_rebuild(const struct payload_list *list, struct span certs)
{
	static uint8_t room[2 * CERT_RECORDS_MAX];
	struct writer w = writer_of(room, sizeof(room));
	struct payload_list again;
	struct chain c;
	uint8_t critical;
	size_t at = 0;

	writer_u8(&w, 0);
	c = chain_begin(&w, 0);
	certs_build(&c, certs);
	REQUIRE(writer_end(&w) == ERR_OK);
	REQUIRE(payload_list_parse(&again, room[0], span_tail(writer_span(&w), 1), &critical) == ERR_OK);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].type == PAYLOAD_CERT)
			REQUIRE(at < again.count && span_equal(again.items[at++].body, list->items[i].body));
	}
	REQUIRE(at == again.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct adit_engine e;
	static struct handshake h;
	static struct sign_result result;
	struct memory memory = memory_system(SIZE_MAX);
	struct ike_sa sa = { .handshake = &h };
	struct payload_list list;
	struct bytes certs = { 0 };
	uint8_t critical;

	if (size < 2 || payload_list_parse(&list, data[1], span_of(&data[2], size - 2), &critical))
		return 0;
	e.memory = &memory;
	if (certs_collect(&e, &list, &certs) == ERR_OK) {
		certs_rebuild(&list, bytes_span(&certs));
		verify(&list, certs.len ? bytes_span(&certs) : span_of(genuine.certs, genuine.certs_len), data[0]);
	}
	if (certreq_read(&e, &sa, &list) == ERR_OK)
		REQUIRE(sign(ours, "moon.example", bytes_span(&h.peer_certreq), &result) == ERR_OK);
	hashes_read(&sa, &list);
	bytes_clear(&certs, &memory);
	bytes_clear(&h.peer_certreq, &memory);
	REQUIRE(memory.used == 0);
	return 0;
}
