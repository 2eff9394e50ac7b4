/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a configuration file: the settings language, the checks, what is built, and what prints it again. Files it names have
 * the same text. */
#include <stdlib.h>

#include "config_in.h"
#include "proposal.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void identity_print(const struct identity *id)
{
	char buffer[4 * ID_MAX];
	struct text t = TEXT_ARRAY(buffer);

	text_identity(&t, id);
	REQUIRE(id->type == IDENTITY_ANY || identity_match(id, id) == 3);
}

static void auth_visit(const struct auth_config *auth)
{
	REQUIRE(auth->kind == AUTH_KIND_PSK || auth->kind == AUTH_KIND_PUBKEY);
	REQUIRE(auth->constraints.count <= SCHEMES_MAX && auth->constraints.chain_count <= SCHEMES_MAX);
	for (size_t i = 0; i < auth->certs_count; i++)
		REQUIRE(auth->certs[i]);
	for (size_t i = 0; i < auth->anchors_count; i++)
		REQUIRE(auth->anchors[i]);
}

static void conn_visit(const struct config *c, const struct conn_config *conn)
{
	const struct child_config *child;
	char buffer[1024];
	struct text t = TEXT_ARRAY(buffer);

	REQUIRE(conn->local_addrs_count && conn->remote_addrs_count && conn->proposals_count);
	auth_visit(&conn->local);
	auth_visit(&conn->remote);
	REQUIRE(conn->remote.kind != AUTH_KIND_PUBKEY || conn->remote.certs_count || conn->certreq_len);
	identity_print(&conn->local.id);
	identity_print(&conn->remote.id);
	(void)config_psk(c, &conn->local.id, &conn->remote.id);
	for (size_t i = 0; i < conn->proposals_count; i++)
		text_proposal(&t, &conn->proposals[i]);
	for (size_t i = 0; i < conn->children_count; i++) {
		REQUIRE(conn->children[i].reqid && conn->children[i].local_ts_count);
		REQUIRE(config_child(c, conn->children[i].name, &child));
	}
}

/* The same bytes as an identity, written and from a peer. */
static void identities(const uint8_t *data, size_t size)
{
	struct identity id, wire;
	char *text = malloc(size + 1);

	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (identity_parse(&id, text) == ERR_OK)
		identity_print(&id);
	free(text);
	if (size && identity_from_wire(&wire, data[0], span_of(&data[1], size - 1)) == ERR_OK)
		identity_print(&wire);
}

/* Every file there is has the input in it, and every folder one file. */
static enum err input_read(void *ctx, struct config_store *store, const char *path, size_t max, struct span *ret,
			   uint64_t ret_identity[2], bool *ret_world_readable)
{
	const struct span *input = ctx;

	(void)store;
	if (input->len > max)
		return ERR_LIMIT;
	*ret = *input;
	ret_identity[0] = ret_identity[1] = strlen(path);
	*ret_world_readable = strlen(path) % 2;
	return ERR_OK;
}

static enum err input_match(void *ctx, struct config_store *store, const char *pattern, size_t max, const char *const **ret,
			    size_t *ret_count)
{
	const char **names = store_alloc(store, 1, sizeof(*names));

	(void)ctx;
	(void)max;
	if (!names)
		return ERR_MEMORY;
	names[0] = store_text(store, span_text(pattern));
	*ret = names;
	*ret_count = 1;
	return names[0] ? ERR_OK : ERR_MEMORY;
}

static int64_t input_now(void *ctx)
{
	(void)ctx;
	return 1800000000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size);
	const struct settings_access access = { .ctx = &input, .read = input_read, .match = input_match, .now = input_now };
	struct memory memory = memory_system(STORE_LIMIT);
	static char errors[8192], warnings[8192];
	struct text e = TEXT_ARRAY(errors), w = TEXT_ARRAY(warnings);
	struct config *c = NULL;
	enum err err;

	if (!size)
		return 0;
	identities(data, size);
	err = config_load_text_in(&c, &memory, &access, "fuzz.conf", input, &e, &w);
	REQUIRE((err == ERR_OK) == (c != NULL));
	REQUIRE((err == ERR_OK) == (e.len == 0));
	if (err)
		return 0;
	for (size_t i = 0; i < c->conns_count; i++)
		conn_visit(c, &c->conns[i]);
	config_unref(c);
	return 0;
}
