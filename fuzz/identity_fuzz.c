/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity_fuzz: two identities, as text or from a peer: what equality, keys, wildcards and printing promise each other (RFC 7296 3.5).
 *
 * First byte: bit 0, 1: the first, second comes from a peer. Then the length of the first, the first, and the second.
 */
#include "dn.h"
#include "identity.h"
#include "registry.h"
#include "require.h"

#define PRINTED_MAX (8 * ID_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool identity_read(struct identity *ret, bool from_peer, struct span bytes)
{
	char text[ID_MAX * 4 + 1];

	if (from_peer)
		return bytes.len && identity_from_wire(ret, bytes.data[0], span_tail(bytes, 1)) == ERR_OK;
	if (bytes.len >= sizeof(text))
		return false;
	memset(text, 0, sizeof(text));
	if (bytes.len)
		memcpy(text, bytes.data, bytes.len);
	return identity_parse(ret, text) == ERR_OK;
}

/* What is printed is plain, and a DN of plain words is the same when it is read again. */
static void printed_check(const struct identity *id, bool from_peer, struct span bytes)
{
	char words[PRINTED_MAX];
	struct text t = TEXT_ARRAY(words);
	struct identity again;
	bool plain = !from_peer;

	text_identity(&t, id);
	for (size_t i = 0; i < t.len; i++)
		REQUIRE(words[i] >= 0x20 && words[i] < 0x7f);
	for (size_t i = 0; i < bytes.len; i++)
		plain &= bytes.data[i] >= 0x20 && bytes.data[i] < 0x7f && bytes.data[i] != '\\';
	if (!plain || id->type != ID_DER_ASN1_DN || memchr(bytes.data, '#', bytes.len))
		return;
	REQUIRE(identity_parse(&again, words) == ERR_OK && identity_equal(id, &again));
}

static void pair_check(const struct identity *a, const struct identity *b)
{
	uint8_t a_key[IDENTITY_KEY_MAX], b_key[IDENTITY_KEY_MAX];
	bool equal = identity_equal(a, b);
	int fit = identity_match(a, b);

	REQUIRE(identity_equal(b, a) == equal);
	REQUIRE(!equal || span_equal(identity_key(a, a_key), identity_key(b, b_key)));
	if (a->type == IDENTITY_ANY)
		REQUIRE(fit == 1);
	else
		REQUIRE((fit == 3) == equal && fit != 1);
	REQUIRE(fit != 2 || memchr(a->data, '*', a->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity ids[2];
	struct span bytes[2];
	uint8_t how;

	if (size < 2)
		return 0;
	how = data[0];
	bytes[0] = span_head(span_of(&data[2], size - 2), data[1]);
	bytes[1] = span_tail(span_of(&data[2], size - 2), bytes[0].len);
	for (unsigned i = 0; i < 2; i++) {
		bool from_peer = (how >> i & 1) != 0;

		if (!identity_read(&ids[i], from_peer, bytes[i]))
			return 0;
		printed_check(&ids[i], from_peer, bytes[i]);
		pair_check(&ids[i], &ids[i]);
	}
	pair_check(&ids[0], &ids[1]);
	pair_check(&ids[1], &ids[0]);
	return 0;
}
