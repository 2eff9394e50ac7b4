/* SPDX-License-Identifier: Apache-2.0 */
/* up: finds what a name means, initiates it, and tells how it went. */
#include "bounds.h"
#include "print.h"
#include "talk.h"

#define UP_GRACE_MS 10000 /* for the daemon's own timeout to come first */
#define KNOWN_MAX 400

struct name {
	char text[NAME_MAX_LEN + 1];
};

/* What list-conns says about a name. */
struct meaning {
	const struct options *o;
	bool is_conn;
	struct name conn;                   /* the connection, or the first one with such a child */
	struct name children[CHILDREN_MAX]; /* of the connection, or the one that was meant */
	size_t children_count;
	char known_words[KNOWN_MAX];
	struct text known;
};

static bool name_set(struct name *ret, struct span name)
{
	struct text t = TEXT_ARRAY(ret->text);

	text_putn(&t, (const char *)name.data, name.len);
	return !t.cut;
}

static void child_add(struct meaning *m, struct span child)
{
	if (m->children_count < CHILDREN_MAX && name_set(&m->children[m->children_count], child))
		m->children_count++;
}

/* A connection's children, or the one that is meant. */
static void children_take(struct meaning *m, struct span children, const char *only)
{
	struct vici_reader r = vici_reader_of(children);
	struct span name, body;

	while (vici_next_section(&r, &name, &body)) {
		if (!only || span_equal(name, span_text(only)))
			child_add(m, name);
	}
}

static void conn_take(struct meaning *m, struct span conn, struct span children)
{
	struct span wanted = span_text(m->o->name);

	if (m->known.len)
		text_put(&m->known, ", ");
	text_peer(&m->known, conn);
	if (span_equal(conn, wanted)) {
		m->is_conn = name_set(&m->conn, conn);
		m->children_count = 0;
		children_take(m, children, m->o->child);
	} else if (!m->is_conn && m->children_count == 0 && !m->o->child) {
		children_take(m, children, m->o->name);
		if (m->children_count && !name_set(&m->conn, conn))
			m->children_count = 0;
	}
}

static void on_conn(void *ctx, struct span event, struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct span conn, body, section, children;

	if (!span_equal(event, span_text("list-conn")))
		return;
	while (vici_next_section(&r, &conn, &body)) {
		struct vici_reader inner = vici_reader_of(body);

		children = SPAN_EMPTY;
		while (vici_next_section(&inner, &section, &children)) {
			if (span_equal(section, span_text("children")))
				break;
			children = SPAN_EMPTY;
		}
		conn_take(ctx, conn, children);
	}
}

static void on_log(void *ctx, struct span event, struct span message)
{
	const struct cli *cli = ctx;
	struct span msg;

	if (!span_equal(event, span_text("control-log")) || !vici_find(message, "msg", &msg))
		return;
	print_text(cli->out, msg);
	fputc('\n', cli->out);
	fflush(cli->out);
}

static void put_target(FILE *out, const struct meaning *m, const char *child)
{
	print_text(out, span_text(m->conn.text));
	if (child) {
		fputc('/', out);
		print_text(out, span_text(child));
	}
}

/* child is NULL for an IKE SA without children. */
static enum cli_status initiate(struct talk *t, const struct meaning *m, const char *child)
{
	struct vici_writer v = talk_begin(t, "initiate");
	int wait = CLIENT_WAIT_FOREVER;
	struct span response, errmsg;
	enum cli_status status;

	vici_put(&v, "ike", m->conn.text);
	if (child)
		vici_put(&v, "child", child);
	vici_put_u64(&v, "timeout", (uint64_t)m->o->timeout_s * 1000); /* 0: for ever */
	if (m->o->timeout_s)
		wait = m->o->timeout_s * 1000 + UP_GRACE_MS;
	status = talk_send(t, &v, wait, on_log, (void *)t->cli, &response);
	if (status != CLI_OK)
		return status;
	if (talk_success(response, &errmsg)) {
		put_target(t->cli->out, m, child);
		fputs(" is up.\n", t->cli->out);
		return CLI_OK;
	}
	fflush(t->cli->out);
	fputs("adit: ", t->cli->err);
	put_target(t->cli->err, m, child);
	fputs(" did not come up: ", t->cli->err);
	print_lines(t->cli->err, errmsg);
	return CLI_FAILED;
}

static enum cli_status unknown_name(struct talk *t, const struct meaning *m)
{
	if (m->is_conn)
		talk_complain(t, "the connection has no child named ", m->o->child, "");
	else
		talk_complain(t,
			      m->o->child ? "no connection is named "
					  : "no connection and no child is named ",
			      m->o->name, "");
	if (m->known.len == 0)
		fputs("No connection is configured.\n", t->cli->err);
	else if (!m->is_conn)
		fprintf(t->cli->err, "Connections are: %s%s\n", m->known_words,
			m->known.cut ? " …" : "");
	return CLI_FAILED;
}

static enum cli_status up(struct talk *t, struct meaning *m)
{
	enum cli_status status = talk_list(t, "list-conns", "list-conn", on_conn, m);

	if (status != CLI_OK)
		return status;
	if (m->children_count == 0 && (!m->is_conn || m->o->child))
		return unknown_name(t, m);
	status = talk_register(t, "control-log");
	if (status == CLI_OK && m->children_count == 0)
		return initiate(t, m, NULL);
	for (size_t i = 0; i < m->children_count && status == CLI_OK; i++)
		status = initiate(t, m, m->children[i].text);
	return status;
}

enum cli_status cli_up(const struct cli *cli, const struct options *o)
{
	struct meaning m = { .o = o };
	enum cli_status status;
	struct talk t;

	m.known = TEXT_ARRAY(m.known_words);
	status = talk_open(&t, cli, o);
	if (status != CLI_OK)
		return status;
	status = up(&t, &m);
	talk_close(&t);
	return status;
}
