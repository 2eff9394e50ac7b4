/* SPDX-License-Identifier: Apache-2.0 */
/* The global section: what an engine may hold, how the daemon runs, and where certificates are. */
#include "build.h"

static nanos time_of(struct build *b, const struct setting *section, enum key key)
{
	uint64_t ms = 0;

	build_number(b, section, key, &ms);
	return ms * NANOS_MILLI;
}

static uint32_t count_of(struct build *b, const struct setting *section, enum key key)
{
	uint64_t value = 0;

	build_number(b, section, key, &value);
	return (uint32_t)value;
}

static void build_engine(struct build *b, const struct setting *section)
{
	struct engine_config *e = &b->config->engine;

	e->ike_sas = count_of(b, section, KEY_ADIT_IKE_SAS);
	e->child_sas = count_of(b, section, KEY_ADIT_CHILD_SAS);
	e->half_open = count_of(b, section, KEY_ADIT_HALF_OPEN);
	e->cookie_threshold = count_of(b, section, KEY_ADIT_COOKIE_THRESHOLD);
	e->half_open_timeout = time_of(b, section, KEY_ADIT_HALF_OPEN_TIMEOUT);
	e->retransmit_timeout = time_of(b, section, KEY_ADIT_RETRANSMIT_TIMEOUT);
	e->retransmit_base_percent = count_of(b, section, KEY_ADIT_RETRANSMIT_BASE);
	e->retransmit_tries = count_of(b, section, KEY_ADIT_RETRANSMIT_TRIES);
	e->keepalive = time_of(b, section, KEY_ADIT_KEEPALIVE);
	e->job_timeout = time_of(b, section, KEY_ADIT_JOB_TIMEOUT);
	e->response_keep = time_of(b, section, KEY_ADIT_RESPONSE_KEEP);
}

#define PATH_LEN_MAX 107 /* what a UNIX socket's address holds, less its NUL */

static enum err build_path(struct build *b, const struct setting *section, enum key key,
			   const char **ret)
{
	const struct setting *at;
	struct span text = build_text(section, key, &at);

	*ret = NULL;
	if (!text.len && key_row(key)->type == KEY_PATH_OR_NONE)
		return ERR_OK;
	if (!text.len || text.data[0] != '/')
		build_wrong(b, section, key, "is not an absolute path; begin it with \"/\"");
	else if (text.len > PATH_LEN_MAX)
		build_wrong(b, section, key, "is longer than 107 bytes; shorten it");
	*ret = store_text(b->store, text);
	return *ret ? ERR_OK : ERR_MEMORY;
}

/* Only for the loading; it may be as long as a value. */
static enum err build_folder(struct build *b, const struct setting *section)
{
	const struct setting *at;
	struct span text = build_text(section, KEY_ADIT_CREDENTIALS, &at);

	if (!text.len)
		return ERR_OK;
	if (text.data[0] != '/') {
		build_wrong(b, section, KEY_ADIT_CREDENTIALS, "is not an absolute path; begin it with \"/\"");
		return ERR_OK;
	}
	while (text.len && text.data[text.len - 1] == '/')
		text.len--;
	b->folder = store_text(b->scratch, text);
	if (!b->folder)
		return ERR_MEMORY;
	return build_folder_check(b, section);
}

#define MSS_FIT 1
#define MSS_LEAST 216 /* with headers, what a SLIP link of old takes: less is a mistake */

static uint32_t build_mss(struct build *b, const struct setting *section)
{
	const struct setting *at;
	struct span text = build_text(section, KEY_ADIT_MSS, &at);
	uint32_t mss = 0;

	if (key_value_in("no|0", text))
		return 0;
	if (key_value_in("fit", text))
		return MSS_FIT;
	for (size_t i = 0; i < text.len && mss <= UINT16_MAX; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			mss = UINT16_MAX;
		mss = mss * 10 + (text.data[i] - '0');
	}
	if (mss >= MSS_LEAST && mss <= UINT16_MAX)
		return mss;
	build_wrong(b, section, KEY_ADIT_MSS, "is no segment length; write no, fit, or 216 to 65535");
	return 0;
}

enum err build_adit(struct build *b, const struct setting *section)
{
	enum err err = ERR_OK;
	struct daemon_config *d = &b->config->daemon;
	struct span dataplane = SPAN_EMPTY;

	build_engine(b, section);
	TRY(build_path(b, section, KEY_ADIT_VICI_SOCKET, &d->vici_socket));
	TRY(build_path(b, section, KEY_ADIT_KEYLOG, &d->keylog));
	TRY(build_folder(b, section));
	build_choice(b, section, KEY_ADIT_DATAPLANE, &dataplane);
	d->dataplane = store_text(b->store, dataplane);
	TRY_THAT(d->dataplane, ERR_MEMORY);
	d->port = (uint16_t)count_of(b, section, KEY_ADIT_PORT);
	d->port_nat_t = (uint16_t)count_of(b, section, KEY_ADIT_PORT_NAT_T);
	d->routing_table = count_of(b, section, KEY_ADIT_ROUTING_TABLE);
	d->mss = build_mss(b, section);
	d->mtu = count_of(b, section, KEY_ADIT_MTU);
	d->routing_table_prio = count_of(b, section, KEY_ADIT_ROUTING_TABLE_PRIO);
	/* The host's own tables: default, main, local. */
	if (section && d->routing_table >= 253 && d->routing_table <= 255)
		build_wrong(b, section, KEY_ADIT_ROUTING_TABLE,
			    "is one of the host's own tables (253 to 255); choose another, "
			    "usually 220");
	if (section && d->port && d->port == d->port_nat_t)
		build_wrong(b, section, KEY_ADIT_PORT_NAT_T,
			    "is the same as port; choose another, usually 4500");
out:
	return err;
}
