/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include "map.h"
#include "transform.h"
#include "values.h"

/* Secrets up to which each connection is tried against all of them, to warn of those without; it
 * costs their product. */
#define PSKS_TRIED_MAX 1000

static bool build_name(struct build *b, const struct setting *section, char ret[NAME_MAX_LEN + 1])
{
	size_t len = strlen(section->name);

	if (len > NAME_MAX_LEN) {
		report_error(b->report, section, NULL,
			     "the name is longer than 63 bytes; shorten it");
		return false;
	}
	memcpy(ret, section->name, len);
	return true;
}

static enum action action_of(struct span word)
{
	if (key_value_in("start|restart", word))
		return ACTION_START;
	return key_value_in("clear", word) ? ACTION_CLEAR : ACTION_NONE;
}

static bool has_single_address(const struct conn_config *conn)
{
	for (size_t i = 0; i < conn->remote_addrs_count; i++) {
		const struct host_pattern *host = &conn->remote_addrs[i];

		if (!host->any && host->prefix.bits == ip_len(&host->prefix.ip) * 8)
			return true;
	}
	return false;
}

static void build_actions(struct build *b, const struct setting *section,
			  const struct conn_config *conn, struct child_config *child)
{
	static const enum key keys[] = { KEY_CHILD_START_ACTION, KEY_CHILD_CLOSE_ACTION,
					 KEY_CHILD_DPD_ACTION };
	enum action *const actions[] = { &child->start_action, &child->close_action,
					 &child->dpd_action };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct span word;

		if (!build_choice(b, section, keys[i], &word))
			continue;
		*actions[i] = action_of(word);
		/* Restarting is harmless where the peer has to begin; starting is a mistake there.
		 */
		if (keys[i] == KEY_CHILD_START_ACTION && *actions[i] == ACTION_START &&
		    !has_single_address(conn))
			build_wrong(b, section, keys[i],
				    "start needs the peer's address; write it in the connection's "
				    "remote_addrs");
	}
}

/* Words of swanctl.conf; keys.h takes no others. */
static enum copy_dscp copy_dscp_of(struct span word)
{
	if (key_value_in("out", word))
		return COPY_DSCP_OUT;
	if (key_value_in("in", word))
		return COPY_DSCP_IN;
	return key_value_in("yes", word) ? COPY_DSCP_BOTH : COPY_DSCP_NO;
}

/* RFC7296 1.3.1: transport mode has no inner addresses. */
static void check_hosts(struct build *b, const struct setting *section, enum key key,
			const struct selector_config *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!list[i].dynamic &&
		    !ip_equal(&list[i].selector.first, &list[i].selector.last)) {
			build_wrong(b, section, key,
				    "names more than one address, and transport mode is for what two "
				    "hosts say to each other; write dynamic, or mode = tunnel");
			return;
		}
	}
}

static bool offers_ah_alone(const struct child_config *child)
{
	for (size_t i = 0; i < child->proposals_count; i++) {
		if (child->proposals[i].protocol != PROTOCOL_AH)
			return false;
	}
	return child->proposals_count > 0;
}

/* RFC4303 3.3.3: the high half of an extended number is found by the window. */
static void warn_esn(struct build *b, const struct setting *section,
		     const struct child_config *child)
{
	const struct setting *at;

	(void)build_text(section, KEY_CHILD_REPLAY_WINDOW, &at);
	for (size_t i = 0; at && child->replay_window == 0 && i < child->proposals_count; i++) {
		const struct proposal *p = &child->proposals[i];

		for (size_t j = 0; j < p->count; j++) {
			if (p->transforms[j].type != TRANSFORM_ESN ||
			    p->transforms[j].id != ESN_YES)
				continue;
			text_put(report_begin(b->report, REPORT_WARNING, at, NULL),
				 "is 0, and esn needs a window to know which number is meant; "
				 "write noesn, or 32 or more");
			report_end(b->report);
			return;
		}
	}
}

static enum err build_child(struct build *b, const struct setting *section,
			    const struct conn_config *conn, struct child_config *child)
{
	enum err err = ERR_OK;
	struct span word;
	uint64_t window = 0;
	bool policies;

	TRY(build_origin(b, section, &child->origin));
	build_name(b, section, child->name);
	child->mode = CHILD_TUNNEL;
	if (build_choice(b, section, KEY_CHILD_MODE, &word) && key_value_in("transport", word))
		child->mode = CHILD_TRANSPORT;
	build_bool(b, section, KEY_CHILD_POLICIES, &policies);
	build_number(b, section, KEY_CHILD_REPLAY_WINDOW, &window);
	child->replay_window = (uint32_t)window;
	child->tfc_padding = build_tfc(b, section);
	build_bool(b, section, KEY_CHILD_SHA256_96, &child->sha256_96);
	build_bool(b, section, KEY_CHILD_ICMP, &child->icmp);
	build_bool(b, section, KEY_CHILD_COPY_DF, &child->copy_df);
	build_bool(b, section, KEY_CHILD_COPY_ECN, &child->copy_ecn);
	if (build_choice(b, section, KEY_CHILD_COPY_DSCP, &word))
		child->copy_dscp = copy_dscp_of(word);
	TRY(build_child_proposals(b, section, &child->proposals, &child->proposals_count));
	TRY(build_selectors(b, section, KEY_CHILD_LOCAL_TS, &child->local_ts,
			    &child->local_ts_count));
	TRY(build_selectors(b, section, KEY_CHILD_REMOTE_TS, &child->remote_ts,
			    &child->remote_ts_count));
	warn_esn(b, section, child);
	if (child->mode == CHILD_TRANSPORT) {
		check_hosts(b, section, KEY_CHILD_LOCAL_TS, child->local_ts, child->local_ts_count);
		check_hosts(b, section, KEY_CHILD_REMOTE_TS, child->remote_ts,
			    child->remote_ts_count);
	}
	if (conn->encap && offers_ah_alone(child))
		build_wrong(b, section, KEY_CHILD_AH_PROPOSALS,
			    "AH cannot go in UDP; write esp_proposals, or take encap out of the "
			    "connection");
	build_actions(b, section, conn, child);
out:
	return err;
}

static enum err build_children(struct build *b, const struct setting *section,
			       struct conn_config *conn)
{
	enum err err = ERR_OK;
	const struct setting *children = setting_find(section, span_text("children"), true);
	struct child_config *list;
	size_t count = 0;

	if (!children)
		return ERR_OK;
	for (const struct setting *at = children->first; at; at = at->next)
		count += setting_is_section(at);
	if (count > CHILDREN_MAX) {
		report_error(b->report, children, NULL,
			     "has more than 64 children; make it several connections");
		return ERR_OK;
	}
	list = store_alloc(b->store, count, sizeof(*list));
	TRY_THAT(list, ERR_MEMORY);
	count = 0;
	for (const struct setting *at = children->first; at; at = at->next) {
		if (!setting_is_section(at))
			continue;
		build_match(b, section, at, &list[count].match);
		TRY(build_child(b, at, conn, &list[count++]));
	}
	conn->children = list;
	conn->children_count = count;
out:
	return err;
}

/* What goes into messages besides what has to. */
static void build_messages(struct build *b, const struct setting *section, struct conn_config *conn)
{
	struct span word;

	if (build_choice(b, section, KEY_CONN_SEND_CERT, &word))
		conn->send_cert = key_value_in("always", word) ? SEND_CERT_ALWAYS :
				  key_value_in("never", word) ? SEND_CERT_NEVER : SEND_CERT_IFASKED;
	build_bool(b, section, KEY_CONN_SEND_CERTREQ, &conn->send_certreq);
	if (build_choice(b, section, KEY_CONN_FRAGMENTATION, &word))
		conn->fragmentation = key_value_in("accept", word) ? FRAGMENTATION_ACCEPT :
				      key_value_in("force", word) ? FRAGMENTATION_FORCE :
				      key_value_in("no", word) ? FRAGMENTATION_NO : FRAGMENTATION_YES;
}

static enum err build_conn(struct build *b, const struct setting *section, struct conn_config *conn)
{
	enum err err = ERR_OK;
	uint64_t local_port = 0, remote_port = 0, dpd_delay = 0, tries = 0;
	struct span ignored;
	bool mobike;

	TRY(build_origin(b, section, &conn->origin));
	build_name(b, section, conn->name);
	build_choice(b, section, KEY_CONN_VERSION, &ignored);
	TRY(build_hosts(b, section, KEY_CONN_LOCAL_ADDRS, &conn->local_addrs,
			&conn->local_addrs_count));
	TRY(build_hosts(b, section, KEY_CONN_REMOTE_ADDRS, &conn->remote_addrs,
			&conn->remote_addrs_count));
	build_number(b, section, KEY_CONN_LOCAL_PORT, &local_port);
	build_number(b, section, KEY_CONN_REMOTE_PORT, &remote_port);
	TRY(build_proposals(b, section, KEY_CONN_PROPOSALS, &conn->proposals,
			    &conn->proposals_count));
	build_bool(b, section, KEY_CONN_ENCAP, &conn->encap);
	build_bool(b, section, KEY_CONN_MOBIKE, &mobike);
	build_number(b, section, KEY_CONN_DPD_DELAY, &dpd_delay);
	build_messages(b, section, conn);
	build_number(b, section, KEY_CONN_KEYINGTRIES, &tries);
	build_choice(b, section, KEY_CONN_UNIQUE, &ignored);
	conn->local_port = (uint16_t)local_port;
	conn->remote_port = (uint16_t)remote_port;
	conn->dpd_delay = dpd_delay * NANOS_MILLI;
	conn->keyingtries = (unsigned)tries;
	TRY(build_authentication(b, section, conn));
	TRY(build_children(b, section, conn));
out:
	return err;
}

static void hash_add(uint64_t hash[2], struct span bytes)
{
	hash[1] = hash_bytes(hash, bytes);
	hash[0]++;
}

static void hash_selectors(uint64_t hash[2], const struct selector_config *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct selector *ts = &list[i].selector;
		uint16_t words[] = { list[i].dynamic, ts->protocol, ts->port_first, ts->port_last };

		hash_add(hash, SPAN_ARRAY(words));
		hash_add(hash, ip_span(&ts->first));
		hash_add(hash, ip_span(&ts->last));
	}
}

/* A hash of what makes the packets of one Child SA unfit for another. */
static uint64_t child_hash(const struct conn_config *conn, const struct child_config *child)
{
	uint64_t hash[2] = { 0, 0 };

	hash_add(hash, span_text(conn->name));
	hash_add(hash, span_text(child->name));
	hash_selectors(hash, child->local_ts, child->local_ts_count);
	hash_selectors(hash, child->remote_ts, child->remote_ts_count);
	return hash[1];
}

static enum err reqid_choose(struct map *taken, uint64_t hash, uint32_t *ret)
{
	uint32_t reqid = (uint32_t)hash & 0x3fffffff;
	enum err err;

	do {
		reqid = reqid % 0x3fffffff + 1;
		err = map_put(taken, reqid, 0);
	} while (err == ERR_EXISTS);
	*ret = reqid;
	return err;
}

/*
 * Gives each child a reqid. It follows from the child's names and selectors, so that a reload
 * leaves it to a child that did not change and to no other, and a run stays a function of its
 * inputs.
 */
static enum err build_reqids(struct build *b, struct conn_config *conns, size_t count)
{
	static const uint64_t salt[2] = { 1, 2 };
	enum err err = ERR_OK;
	struct map taken = { 0 };
	size_t children = 0;

	for (size_t i = 0; i < count; i++)
		children += conns[i].children_count;
	if (!children)
		return ERR_OK;
	TRY(map_init(&taken, store_memory(b->store), (uint32_t)children, salt));
	for (size_t i = 0; i < count; i++) {
		/* Only the configuration's readers may not change it; it is still being built. */
		struct child_config *list = (struct child_config *)conns[i].children;

		for (size_t j = 0; j < conns[i].children_count; j++)
			TRY(reqid_choose(&taken, child_hash(&conns[i], &list[j]), &list[j].reqid));
	}
out:
	if (taken.memory)
		map_clear(&taken);
	return err;
}

static enum err build_conns(struct build *b, const struct setting *root)
{
	enum err err = ERR_OK;
	const struct setting *section = setting_find(root, span_text("connections"), true);
	struct conn_config *conns;
	size_t count = 0;

	if (!section)
		return ERR_OK;
	for (const struct setting *at = section->first; at; at = at->next)
		count += setting_is_section(at);
	conns = store_alloc(b->store, count, sizeof(*conns));
	TRY_THAT(conns, ERR_MEMORY);
	count = 0;
	for (const struct setting *at = section->first; at; at = at->next) {
		if (setting_is_section(at))
			TRY(build_conn(b, at, &conns[count++]));
	}
	b->config->conns = conns;
	b->config->conns_count = count;
	count = 0;
	for (const struct setting *at = section->first; at; at = at->next) {
		if (setting_is_section(at))
			TRY(build_trust(b, at, &conns[count++]));
	}
	TRY(build_reqids(b, conns, count));
out:
	return err;
}

/* A connection that cannot authenticate for want of a key is worth a word; a key may still come over VICI. */
static void warn_no_psk(struct build *b, const struct conn_config *conn)
{
	struct text *t;

	if (conn->local.kind != AUTH_KIND_PSK && conn->remote.kind != AUTH_KIND_PSK)
		return;
	if (identity_is_pattern(&conn->local.id) || identity_is_pattern(&conn->remote.id) ||
	    config_psk(b->config, &conn->local.id, &conn->remote.id))
		return;
	t = report_begin_at(b->report, REPORT_WARNING, conn->origin.file, conn->origin.line);
	text_put(t, "connections.");
	text_put(t, conn->name);
	text_put(t, ": no pre-shared key is for ");
	text_identity(t, &conn->local.id);
	text_put(t, " and ");
	text_identity(t, &conn->remote.id);
	text_put(t, "; add one to secrets");
	report_end(b->report);
}

/* The folder of the file, where no key names another. */
static enum err folder_find(struct build *b, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!path || b->folder)
		return ERR_OK;
	b->folder = store_text(b->scratch, slash ? span_of(path, (size_t)(slash - path)) : span_text("."));
	return b->folder ? ERR_OK : ERR_MEMORY;
}

enum err config_build(struct config *config, struct config_store *store, const struct settings *s,
		      const struct build_from *from, struct report *report)
{
	enum err err = ERR_OK;
	struct build b = { .store = store, .scratch = s->store, .config = config, .report = report, .access = from->access };

	b.owns_end = &b.owns;
	config->credentials = credentials_new();
	TRY_THAT(config->credentials, ERR_MEMORY);
	TRY(build_adit(&b, setting_find(&s->root, span_text("adit"), true)));
	TRY(folder_find(&b, from->path));
	TRY(build_keys(&b, &s->root));
	TRY(build_conns(&b, &s->root));
	TRY(build_secrets(&b, &s->root));
	TRY_THAT(report->errors_count == 0, ERR_CONFIG);
	for (size_t i = 0; i < config->conns_count && config->psks_count <= PSKS_TRIED_MAX; i++)
		warn_no_psk(&b, &config->conns[i]);
	credentials_settle(config->credentials);
	build_dates(&b);
out:
	return err;
}
