/* SPDX-License-Identifier: Apache-2.0 */
/* down: finds the SAs that a name means and has them deleted. */
#include <stdlib.h>

#include "print.h"
#include "talk.h"

#define DOWN_GRACE_MS 10000 /* for the daemon's own timeout to come first */
#define ID_LEN_MAX 20

struct id {
	char text[ID_LEN_MAX + 1];
};

/* The unique ids of the SAs to delete, so that one that comes up meanwhile is not meant. */
struct targets {
	const struct options *o;
	struct id *ikes, *children;
	size_t ikes_count, children_count;
	bool failed; /* out of memory, or what came makes no sense */
};

static void id_add(struct targets *t, struct id **ids, size_t *count, struct span id)
{
	struct id *more = NULL;

	if (id.len > 0 && id.len <= ID_LEN_MAX)
		more = realloc(*ids, (*count + 1) * sizeof(**ids));
	if (!more) {
		t->failed = true;
		return;
	}
	*ids = more;
	more[*count] = (struct id){ 0 };
	memcpy(more[*count].text, id.data, id.len);
	(*count)++;
}

static void children_take(struct targets *t, struct span sas)
{
	struct vici_reader r = vici_reader_of(sas);
	struct span section, body, name, id;

	while (vici_next_section(&r, &section, &body)) {
		if (vici_find(body, "name", &name) && span_equal(name, span_text(t->o->name)) &&
		    vici_find(body, "uniqueid", &id))
			id_add(t, &t->children, &t->children_count, id);
	}
}

static void on_sa(void *ctx, struct span event, struct span message)
{
	struct vici_reader r = vici_reader_of(message);
	struct targets *t = ctx;
	struct span conn, body, id, section, children;

	if (!span_equal(event, span_text("list-sa")))
		return;
	while (vici_next_section(&r, &conn, &body)) {
		struct vici_reader inner = vici_reader_of(body);

		if (t->o->all || span_equal(conn, span_text(t->o->name))) {
			if (vici_find(body, "uniqueid", &id))
				id_add(t, &t->ikes, &t->ikes_count, id);
			continue;
		}
		while (vici_next_section(&inner, &section, &children)) {
			if (span_equal(section, span_text("child-sas")))
				children_take(t, children);
		}
	}
}

static enum cli_status terminate(struct talk *t, const struct options *o, const char *key,
				 const struct id *id)
{
	struct vici_writer v = talk_begin(t, "terminate");
	int timeout_ms = (o->timeout_s ? o->timeout_s : DOWN_TIMEOUT_S) * 1000;
	struct span response, errmsg;
	enum cli_status status;

	vici_put(&v, key, id->text);
	if (o->force)
		vici_put_bool(&v, "force", true);
	vici_put_u64(&v, "timeout", (uint64_t)timeout_ms);
	status = talk_send(t, &v, timeout_ms + DOWN_GRACE_MS, NULL, NULL, &response);
	if (status != CLI_OK || talk_success(response, &errmsg))
		return status;
	fprintf(t->cli->err, "adit: SA %s is not down: ", id->text);
	print_lines(t->cli->err, errmsg);
	return CLI_FAILED;
}

static enum cli_status down(struct talk *t, struct targets *targets)
{
	const struct options *o = targets->o;
	enum cli_status status = talk_list(t, "list-sas", "list-sa", on_sa, targets), one;
	/* A name that is both a connection's and a child's means the connection, as in `up`. */
	bool ikes = targets->ikes_count > 0;
	const struct id *ids = ikes ? targets->ikes : targets->children;
	size_t count = ikes ? targets->ikes_count : targets->children_count, done = 0;

	if (status != CLI_OK)
		return status;
	if (targets->failed) {
		fputs("adit: cannot make sense of aditd's list of SAs\n", t->cli->err);
		return CLI_FAILED;
	}
	if (count == 0 && !o->all) {
		talk_complain(t, "nothing named ", o->name, " is up");
		return CLI_FAILED;
	}
	for (size_t i = 0; i < count && status != CLI_NO_DAEMON; i++) {
		one = terminate(t, o, ikes ? "ike-id" : "child-id", &ids[i]);
		if (one == CLI_OK)
			done++;
		else
			status = one;
	}
	if (count == 0)
		fputs("Nothing is up.\n", t->cli->out);
	else
		fprintf(t->cli->out, "%zu of %zu %s SA%s down.\n", done, count,
			ikes ? "IKE" : "Child", count == 1 ? " is" : "s are");
	if (done < count && !o->force)
		fputs("A peer that does not answer need not be waited for: --force.\n", t->cli->err);
	return status;
}

enum cli_status cli_down(const struct cli *cli, const struct options *o)
{
	struct targets targets = { .o = o };
	struct talk t;
	enum cli_status status = talk_open(&t, cli, o);

	if (status != CLI_OK)
		return status;
	status = down(&t, &targets);
	free(targets.ikes);
	free(targets.children);
	talk_close(&t);
	return status;
}
