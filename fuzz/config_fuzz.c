/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a configuration file: the settings language, the checks, what is built, and what prints it again. */
#include <stdlib.h>

#include "config.h"
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

static void conn_visit(const struct config *c, const struct conn_config *conn)
{
	const struct child_config *child;
	char buffer[1024];
	struct text t = TEXT_ARRAY(buffer);

	REQUIRE(conn->local_addrs_count && conn->remote_addrs_count && conn->proposals_count);
	REQUIRE(conn->local.kind == AUTH_KIND_PSK && conn->remote.kind == AUTH_KIND_PSK);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char errors[8192], warnings[8192];
	struct text e = TEXT_ARRAY(errors), w = TEXT_ARRAY(warnings);
	struct config *c = NULL;
	enum err err;

	if (!size)
		return 0;
	identities(data, size);
	err = config_load_text(&c, "fuzz.conf", span_of(data, size), &e, &w);
	REQUIRE((err == ERR_OK) == (c != NULL));
	REQUIRE((err == ERR_OK) == (e.len == 0));
	if (err)
		return 0;
	for (size_t i = 0; i < c->conns_count; i++)
		conn_visit(c, &c->conns[i]);
	config_unref(c);
	return 0;
}
