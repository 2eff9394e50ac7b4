/* SPDX-License-Identifier: Apache-2.0 */
/* lists: SAs, connections, algorithms and counters as VICI messages; key names and value forms are
 * strongSwan's. */
#include "daemon.h"
#include "proposal.h"
#include "selectors.h"

#define TEXT_SIZE 640

static void put_ip(struct vici_writer *v, const char *key, const struct ip *ip)
{
	char words[64];
	struct text t = TEXT_ARRAY(words);

	text_ip(&t, ip);
	vici_put(v, key, words);
}

static void put_identity(struct vici_writer *v, const char *key, const struct identity *id)
{
	char words[TEXT_SIZE];
	struct text t = TEXT_ARRAY(words);

	text_identity(&t, id);
	vici_put(v, key, words);
}

static void put_algorithm(struct vici_writer *v, const char *key, const char *key_size,
			  const struct transform *t)
{
	const struct transform_row *row = transform_find(t->type, t->id, t->key_bits);

	if (t->type == 0 || !row || (t->type == TRANSFORM_INTEG && t->id == INTEG_NONE))
		return;
	vici_put(v, key, row->name);
	if (key_size && t->key_bits)
		vici_put_u64(v, key_size, t->key_bits);
}

static void put_selectors(struct vici_writer *v, const char *key, const struct selector *items,
			  size_t count)
{
	vici_list(v, key);
	for (size_t i = 0; i < count; i++) {
		char words[128];
		struct text t = TEXT_ARRAY(words);

		text_selector(&t, &items[i]);
		vici_list_item(v, words);
	}
	vici_list_end(v);
}

static uint64_t seconds_since(nanos then, nanos now)
{
	return then && now > then ? (now - then) / NANOS_SECOND : 0;
}

static void put_use(struct vici_writer *v, const char *key, nanos last, nanos now)
{
	if (last)
		vici_put_u64(v, key, seconds_since(last, now));
}

static void put_child(struct daemon *d, struct vici_writer *v, const struct adit_child_info *c)
{
	struct dataplane_counters n = { 0 };
	char name[NAME_MAX_LEN + 16];
	struct text t = TEXT_ARRAY(name);

	text_put(&t, c->name);
	text_char(&t, '-');
	text_u64(&t, c->unique);
	vici_section(v, name);
	vici_put(v, "name", c->name);
	vici_put_u64(v, "uniqueid", c->unique);
	vici_put_u64(v, "reqid", c->reqid);
	vici_put(v, "state", c->installed ? "INSTALLED" : "INSTALLING");
	vici_put(v, "mode", c->mode == CHILD_TUNNEL ? "TUNNEL" : "TRANSPORT");
	vici_put(v, "protocol", c->protocol == PROTOCOL_AH ? "AH" : "ESP");
	if (c->encap)
		vici_put(v, "encap", "yes");
	vici_put_hex(v, "spi-in", c->spi_in, 8);
	if (c->installed) {
		vici_put_hex(v, "spi-out", c->spi_out, 8);
		put_algorithm(v, "encr-alg", "encr-keysize", &c->encr);
		put_algorithm(v, "integ-alg", "integ-keysize", &c->integ);
		if (c->esn)
			vici_put(v, "esn", "1");
		if (d->shard.ops->query(d->shard.plane, c->spi_in, &n) == ERR_OK) {
			vici_put_u64(v, "bytes-in", n.bytes_in);
			vici_put_u64(v, "packets-in", n.packets_in);
			put_use(v, "use-in", n.last_in, d->now);
			vici_put_u64(v, "bytes-out", n.bytes_out);
			vici_put_u64(v, "packets-out", n.packets_out);
			put_use(v, "use-out", n.last_out, d->now);
		}
		vici_put_u64(v, "install-time", seconds_since(c->installed_at, d->now));
	}
	put_selectors(v, "local-ts", c->local_ts, c->local_count);
	put_selectors(v, "remote-ts", c->remote_ts, c->remote_count);
	vici_section_end(v);
}

static const char *state_name(enum ike_state state)
{
	switch (state) {
	case IKE_STATE_ESTABLISHED:
		return "ESTABLISHED";
	case IKE_STATE_DELETING:
		return "DELETING";
	default:
		return "CONNECTING";
	}
}

static void put_ike_body(struct daemon *d, struct vici_writer *v, const struct adit_ike_info *i)
{
	vici_put_u64(v, "uniqueid", i->unique);
	vici_put(v, "version", "2");
	vici_put(v, "state", state_name(i->state));
	put_ip(v, "local-host", &i->path.local.ip);
	vici_put_u64(v, "local-port", i->path.local.port);
	put_identity(v, "local-id", &i->local_id);
	put_ip(v, "remote-host", &i->path.remote.ip);
	vici_put_u64(v, "remote-port", i->path.remote.port);
	put_identity(v, "remote-id", &i->remote_id);
	if (i->initiator)
		vici_put(v, "initiator", "yes");
	vici_put_hex(v, "initiator-spi", i->spi_i, 16);
	vici_put_hex(v, "responder-spi", i->spi_r, 16);
	if (i->nat_local)
		vici_put(v, "nat-local", "yes");
	if (i->nat_remote)
		vici_put(v, "nat-remote", "yes");
	if (i->nat_fake)
		vici_put(v, "nat-fake", "yes");
	if (i->nat_local || i->nat_remote || i->nat_fake)
		vici_put(v, "nat-any", "yes");
	put_algorithm(v, "encr-alg", "encr-keysize", &i->encr);
	put_algorithm(v, "integ-alg", NULL, &i->integ);
	put_algorithm(v, "prf-alg", NULL, &i->prf);
	put_algorithm(v, "dh-group", NULL, &i->ke);
	if (i->established)
		vici_put_u64(v, "established", seconds_since(i->established, d->now));
}

static bool named(const char *wanted, const char *name)
{
	return !*wanted || strcmp(wanted, name) == 0;
}

/* The Child SAs of an IKE SA; the filter's child keys choose among them. */
static void put_children(struct daemon *d, struct vici_writer *v, const struct adit_ike_info *i,
			 uint32_t only, const char *child)
{
	struct adit_child_info c;

	vici_section(v, "child-sas");
	for (uint32_t at = i->first_child; adit_engine_child_at(d->shard.engine, at, &c);
	     at = c.next_child) {
		if ((only == 0 || only == c.unique) && named(child, c.name))
			put_child(d, v, &c);
	}
	vici_section_end(v);
}

bool list_put_ike(struct daemon *d, struct vici_writer *v, uint32_t ike_unique,
		  uint32_t child_unique)
{
	struct adit_ike_info i;

	for (uint32_t cursor = 0; adit_engine_ike_info(d->shard.engine, &cursor, &i);) {
		if (i.unique != ike_unique)
			continue;
		vici_section(v, i.conn);
		put_ike_body(d, v, &i);
		if (child_unique)
			put_children(d, v, &i, child_unique, "");
		vici_section_end(v);
		return true;
	}
	return false;
}

static bool has_child(struct daemon *d, const struct adit_ike_info *i, const struct listing *l)
{
	struct adit_child_info c;

	if (!l->child_unique && !*l->child)
		return true;
	for (uint32_t at = i->first_child; adit_engine_child_at(d->shard.engine, at, &c);
	     at = c.next_child) {
		if ((!l->child_unique || l->child_unique == c.unique) && named(l->child, c.name))
			return true;
	}
	return false;
}

static void end_listing(struct daemon *d, struct listing *l)
{
	struct vici_writer v = vici_begin(d->segment, sizeof(d->segment), VICI_CMD_RESPONSE, NULL);
	control_id session = l->session;
	struct span segment;

	*l = (struct listing){ 0 };
	if (vici_finish(&v, &segment) == ERR_OK)
		control_respond(d->control.server, session, segment);
}

/* Nothing is made for who did not register for it. */
static enum err listened(const struct daemon *d, const struct listing *l, const char *event)
{
	return control_session_wants(d->control.server, l->session, event) ? ERR_OK : ERR_NOT_FOUND;
}

/* Streams until all are said, nobody listens, or the session's queue is full; then the server calls
 * again. */
static void go_on(struct daemon *d, struct listing *l)
{
	struct adit_ike_info i;
	enum err err = listened(d, l, "list-sa");

	while (err != ERR_NOT_FOUND) {
		uint32_t before = l->cursor;
		struct vici_writer v;
		struct span segment;

		if (!adit_engine_ike_info(d->shard.engine, &l->cursor, &i))
			break;
		if ((l->ike_unique && l->ike_unique != i.unique) || !named(l->ike, i.conn) ||
		    !has_child(d, &i, l))
			continue;
		v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT, "list-sa");
		vici_section(&v, i.conn);
		put_ike_body(d, &v, &i);
		put_children(d, &v, &i, l->child_unique, l->child);
		vici_section_end(&v);
		if (vici_finish(&v, &segment))
			continue;
		err = control_stream(d->control.server, l->session, segment);
		if (err == ERR_LIMIT) {
			l->cursor = before;
			return;
		}
	}
	end_listing(d, l);
}

static struct listing *listing_of(struct daemon *d, control_id session)
{
	for (size_t i = 0; i < CONTROL_SESSIONS_MAX; i++) {
		if (d->listings[i].session == session)
			return &d->listings[i];
	}
	return NULL;
}

/* A listing whose session has gone leaves its place. NULL: the session has its answer. */
static struct listing *listing_new(struct daemon *d, control_id session)
{
	struct listing *l = listing_of(d, 0);

	for (size_t i = 0; !l && i < CONTROL_SESSIONS_MAX; i++) {
		if (control_session_done(d->control.server, d->listings[i].session, NULL))
			l = &d->listings[i];
	}
	if (l)
		*l = (struct listing){ .session = session };
	else
		control_respond_result(d->control.server, session, "too many lists at once");
	return l;
}

/* A filter that was cut would list what was not asked for. */
static void refuse_listing(struct daemon *d, struct listing *l)
{
	control_id session = l->session;

	*l = (struct listing){ 0 };
	control_respond_result(
		d->control.server, session,
		"a name has 63 bytes at most and no NUL among them; ids are numbers from 1 on");
}

void command_list_sas(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct listing *l = listing_new(d, session);
	long ike_id = 0, child_id = 0;

	if (!l)
		return;
	if (!request_word(message, "ike", l->ike, sizeof(l->ike)) ||
	    !request_word(message, "child", l->child, sizeof(l->child)) ||
	    !request_number(message, "ike-id", 1, UINT32_MAX, &ike_id) ||
	    !request_number(message, "child-id", 1, UINT32_MAX, &child_id)) {
		refuse_listing(d, l);
		return;
	}
	l->ike_unique = (uint32_t)ike_id;
	l->child_unique = (uint32_t)child_id;
	go_on(d, l);
}

void command_list_sas_more(void *ctx, control_id session)
{
	struct daemon *d = ctx;
	struct listing *l = listing_of(d, session);

	if (l)
		go_on(d, l);
}

static void put_hosts(struct vici_writer *v, const char *key, const struct host_pattern *items,
		      size_t count)
{
	vici_list(v, key);
	if (count == 0)
		vici_list_item(v, "%any");
	for (size_t i = 0; i < count; i++) {
		char words[80];
		struct text t = TEXT_ARRAY(words);

		if (items[i].any)
			text_put(&t, "%any");
		else if (items[i].prefix.bits == 8 * ip_len(&items[i].prefix.ip))
			text_ip(&t, &items[i].prefix.ip);
		else
			text_prefix(&t, &items[i].prefix);
		if (items[i].interface[0]) {
			text_char(&t, '%');
			text_put(&t, items[i].interface);
		}
		vici_list_item(v, words);
	}
	vici_list_end(v);
}

static void put_auth(struct vici_writer *v, const char *name, const struct auth_config *auth)
{
	vici_section(v, name);
	vici_put(v, "class", "pre-shared key");
	put_identity(v, "id", &auth->id);
	vici_section_end(v);
}

static void put_configured(struct vici_writer *v, const char *key,
			   const struct selector_config *items, size_t count)
{
	vici_list(v, key);
	for (size_t i = 0; i < count; i++) {
		char words[128];
		struct text t = TEXT_ARRAY(words);

		if (items[i].dynamic)
			text_put(&t, "dynamic");
		else
			text_selector(&t, &items[i].selector);
		vici_list_item(v, words);
	}
	vici_list_end(v);
}

static void put_conn(struct vici_writer *v, const struct conn_config *c)
{
	vici_section(v, c->name);
	put_hosts(v, "local_addrs", c->local_addrs, c->local_addrs_count);
	put_hosts(v, "remote_addrs", c->remote_addrs, c->remote_addrs_count);
	vici_put(v, "version", "IKEv2");
	vici_put_u64(v, "reauth_time", 0);
	vici_put_u64(v, "rekey_time", 0);
	vici_put(v, "unique", "UNIQUE_NO");
	if (c->dpd_delay)
		vici_put_u64(v, "dpd_delay", c->dpd_delay / NANOS_SECOND);
	put_auth(v, "local-1", &c->local);
	put_auth(v, "remote-1", &c->remote);
	vici_section(v, "children");
	for (size_t i = 0; i < c->children_count; i++) {
		const struct child_config *child = &c->children[i];

		vici_section(v, child->name);
		vici_put(v, "mode", child->mode == CHILD_TUNNEL ? "TUNNEL" : "TRANSPORT");
		vici_put_u64(v, "rekey_time", 0);
		vici_put_u64(v, "rekey_bytes", 0);
		vici_put_u64(v, "rekey_packets", 0);
		put_configured(v, "local-ts", child->local_ts, child->local_ts_count);
		put_configured(v, "remote-ts", child->remote_ts, child->remote_ts_count);
		vici_section_end(v);
	}
	vici_section_end(v);
	vici_section_end(v);
}

/* A reload in the middle of a list may leave out or repeat one; nothing worse. */
static void conns_go_on(struct daemon *d, struct listing *l)
{
	const struct config *config = d->shard.config;
	enum err err = listened(d, l, "list-conn");

	for (; err != ERR_NOT_FOUND && l->cursor < config->conns_count; l->cursor++) {
		const struct conn_config *conn = &config->conns[l->cursor];
		struct vici_writer v;
		struct span segment;

		if (!named(l->ike, conn->name))
			continue;
		v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT, "list-conn");
		put_conn(&v, conn);
		if (vici_finish(&v, &segment))
			continue;
		err = control_stream(d->control.server, l->session, segment);
		if (err == ERR_LIMIT)
			return;
	}
	end_listing(d, l);
}

void command_list_conns(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct listing *l = listing_new(d, session);

	if (l && request_word(message, "ike", l->ike, sizeof(l->ike)))
		conns_go_on(d, l);
	else if (l)
		refuse_listing(d, l);
}

void command_list_conns_more(void *ctx, control_id session)
{
	struct daemon *d = ctx;
	struct listing *l = listing_of(d, session);

	if (l)
		conns_go_on(d, l);
}

/* The lines kept, as `log` events to this session. */
static void log_go_on(struct daemon *d, struct listing *l)
{
	const struct log_line *line;
	enum err err = listened(d, l, "log");
	uint64_t next = l->line;

	while (err != ERR_NOT_FOUND && (line = log_next(&d->log, &next))) {
		char words[LOG_TEXT_MAX + 64];
		struct text t = TEXT_ARRAY(words);
		struct vici_writer v = vici_begin(d->segment, sizeof(d->segment), VICI_EVENT,
						  "log");
		struct span segment;

		text_log_line(&t, line);
		vici_put(&v, "group", "IKE");
		vici_put_u64(&v, "level", line->level);
		vici_put(&v, "ikesa-name", line->conn);
		vici_put_u64(&v, "ikesa-uniqueid", line->ike_unique);
		vici_put(&v, "msg", words);
		if (vici_finish(&v, &segment) == ERR_OK)
			err = control_stream(d->control.server, l->session, segment);
		if (err == ERR_LIMIT)
			return;
		l->line = next;
	}
	end_listing(d, l);
}

void command_log(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct listing *l = listing_new(d, session);

	(void)message;
	if (l)
		log_go_on(d, l);
}

void command_log_more(void *ctx, control_id session)
{
	struct daemon *d = ctx;
	struct listing *l = listing_of(d, session);

	if (l)
		log_go_on(d, l);
}

/* A section a kind: algorithm = provider. AEADs are a kind of their own. */
static void put_kind(struct daemon *d, struct vici_writer *v, const char *name, uint8_t type,
		     int aead)
{
	const struct transform_row *row;
	const char *last = "";

	vici_section(v, name);
	for (size_t i = 0; (row = transform_at(i)); i++) {
		if (row->type != type || (aead >= 0 && (row->cipher->icv_len > 0) != (aead > 0)) ||
		    !crypto_has(&d->shard.crypto, row->type, row->id, row->key_bits) ||
		    strcmp(row->name, last) == 0)
			continue;
		vici_put(v, row->name, d->shard.crypto.ops->name);
		last = row->name;
	}
	vici_section_end(v);
}

void command_get_algorithms(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct vici_writer v = vici_begin(d->segment, sizeof(d->segment), VICI_CMD_RESPONSE, NULL);
	struct span segment;

	(void)message;
	put_kind(d, &v, "encryption", TRANSFORM_ENCR, 0);
	put_kind(d, &v, "integrity", TRANSFORM_INTEG, -1);
	put_kind(d, &v, "aead", TRANSFORM_ENCR, 1);
	put_kind(d, &v, "prf", TRANSFORM_PRF, -1);
	put_kind(d, &v, "ke", TRANSFORM_KE, -1);
	if (vici_finish(&v, &segment) == ERR_OK)
		control_respond(d->control.server, session, segment);
	else
		control_respond_result(d->control.server, session, "the answer is too long");
}

/* Packets lost on this host, by reason: what a person asks for when a tunnel is up and carries
 * nothing. */
static void put_drops(struct daemon *d, struct vici_writer *v)
{
	struct dataplane_counters n = { 0 };

	d->shard.ops->totals(d->shard.plane, &n);
	vici_put_u64(v, "esp-drop-integrity", n.integrity);
	vici_put_u64(v, "esp-drop-replay", n.replay);
	vici_put_u64(v, "esp-drop-selector", n.selector);
	vici_put_u64(v, "esp-drop-malformed", n.malformed);
	vici_put_u64(v, "esp-drop-too-big", n.too_big);
	vici_put_u64(v, "esp-drop-no-sa", n.no_sa);
	vici_put_u64(v, "esp-drop-congestion", n.congestion);
	vici_put_u64(v, "esp-drop-exhausted", n.exhausted);
	vici_put_u64(v, "esp-drop-failed", n.failed);
	vici_put_u64(v, "esp-not-sent", d->shard.sockets.esp_not_sent);
	vici_put_u64(v, "ike-not-sent", d->shard.sockets.ike_not_sent);
}

void command_get_counters(void *ctx, control_id session, struct span message)
{
	struct daemon *d = ctx;
	struct vici_writer v = vici_begin(d->segment, sizeof(d->segment), VICI_CMD_RESPONSE, NULL);
	struct span segment;
	const char *name;

	(void)message;
	vici_section(&v, "counters");
	vici_section(&v, "");
	for (size_t i = 0; (name = adit_counter_name(i)); i++)
		vici_put_u64(&v, name, adit_engine_counter(d->shard.engine, i));
	put_drops(d, &v);
	vici_section_end(&v);
	vici_section_end(&v);
	vici_put_bool(&v, "success", true);
	if (vici_finish(&v, &segment) == ERR_OK)
		control_respond(d->control.server, session, segment);
	else
		control_respond_result(d->control.server, session, "the answer is too long");
}
