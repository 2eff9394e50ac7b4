/* SPDX-License-Identifier: Apache-2.0 */
/*
 * informational: INFORMATIONAL, both roles: liveness, DELETE of Child and IKE SAs, notifies (RFC
 * 7296 1.4, 1.4.1, 2.4, 2.25).
 */
#include "payloads.h"
#include "rules.h"
#include "state.h"

/* ---- the peer asks ---- */

/* What a request wants ended. */
struct ending {
	bool ike;
	enum err why;
	uint32_t children[SPIS_MAX]; /* slots */
	size_t count;
};

static void add_children(struct adit_engine *e, struct ike_sa *sa, const struct delete_payload *d,
			 struct ending *ending)
{
	for (size_t i = 0; i < d->count && ending->count < SPIS_MAX; i++) {
		/* RFC7296 1.4.1: the sender names the SPIs it receives on, our outbound ones. */
		struct child_sa *child = child_find_out(e, sa, d->protocol, delete_spi(d, i));
		bool seen = false;

		for (size_t j = 0; child && j < ending->count; j++)
			seen |= ending->children[j] == child_slot(e, child);
		if (child && !seen)
			ending->children[ending->count++] = child_slot(e, child);
	}
}

static enum err read_ending(struct adit_engine *e, struct ike_sa *sa,
			    const struct payload_list *list, struct ending *ret)
{
	struct ending ending = { .why = ERR_DELETED };
	struct delete_payload d;
	struct notify n;
	enum err err;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].type != PAYLOAD_DELETE)
			continue;
		err = delete_parse(&d, list->items[i].body);
		if (err)
			return err;
		if (d.protocol == PROTOCOL_IKE)
			ending.ike = true;
		else
			add_children(e, sa, &d, &ending);
	}
	/* RFC7296 2.21.2: the initiator could not authenticate us after all. */
	if (notify_find(&n, list, NOTIFY_AUTHENTICATION_FAILED)) {
		report_why(e, sa, DIAGNOSIS_REFUSED, "AUTHENTICATION_FAILED", "",
			   "the peer could not authenticate us",
			   sa->conn->local.kind == AUTH_KIND_PUBKEY
				   ? "connections.<conn>.local.certs, id"
				   : "secrets.ike<suffix>, connections.<conn>.local.id");
		ending.ike = true;
		ending.why = ERR_AUTH;
	}
	*ret = ending;
	return ERR_OK;
}

/* RFC7296 1.4.1: the answer deletes the other halves, but for those whose deletion we have asked
 * for ourselves. */
static void build_deletes(struct adit_engine *e, struct chain *c, const struct ending *ending,
			  uint8_t protocol)
{
	uint32_t spis[SPIS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < ending->count; i++) {
		const struct child_sa *child = child_at(e, ending->children[i]);

		if (child->state == CHILD_UP && child->suite.protocol == protocol)
			spis[count++] = child->spi_in;
	}
	if (count > 0)
		delete_build_child(c, protocol, spis, count);
}

static void end_children(struct adit_engine *e, struct ike_sa *sa, const struct ending *ending)
{
	for (size_t i = 0; i < ending->count; i++) {
		struct child_sa *child = child_at(e, ending->children[i]);

		if (child->config->close_action == ACTION_START && child->state == CHILD_UP)
			restart_later(e, sa->conn, child->config, &sa->path, 0, 0, 0);
		child_destroy(e, child, ERR_DELETED);
	}
}

enum err informational_request(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct payload_list list;
	struct ending ending;
	struct sealing sealing;
	struct span datagram;
	enum err err;

	exchange_payloads(x, &list);
	TRY(read_ending(e, sa, &list, &ending));
	message_begin(e, sa, &sealing, EXCHANGE_INFORMATIONAL, x->message_id, true);
	if (!ending.ike) { /* RFC7296 1.4.1: the end of the IKE SA is answered by an empty message */
		build_deletes(e, &sealing.chain, &ending, PROTOCOL_ESP);
		build_deletes(e, &sealing.chain, &ending, PROTOCOL_AH);
	}
	TRY(message_seal(e, sa, &sealing, &datagram));
	TRY(exchange_respond(e, sa, x, datagram));
	if (ending.ike)
		sa_doom(sa, ending.why);
	else
		end_children(e, sa, &ending);
out:
	return err;
}

/* ---- we ask ---- */

struct exchange *informational_queue(struct adit_engine *e, struct ike_sa *sa)
{
	struct exchange *x = exchange_new(e, sa, EXCHANGE_INFORMATIONAL, true);

	if (x)
		x->step = informational_send;
	return x;
}

enum err informational_send(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct child_sa *child;
	struct sealing sealing;
	struct span datagram;
	enum err err;

	x->message_id = sa->window.send_next;
	message_begin(e, sa, &sealing, EXCHANGE_INFORMATIONAL, x->message_id, false);
	if (x->info.notify)
		notify_build_data(&sealing.chain, x->info.notify, SPAN_EMPTY);
	if (x->info.delete_ike)
		delete_build_ike(&sealing.chain);
	else if (x->info.delete_child)
		delete_build_child(&sealing.chain, x->info.delete_protocol, &x->info.delete_spi, 1);
	TRY(message_seal(e, sa, &sealing, &datagram));
	TRY(exchange_send(e, sa, x, datagram));
	sa->window.send_next++;
	return exchange_wait(e, x, informational_answered);
out:
	/* It could not be said; the peer finds out when its packets are not answered. */
	child = x->info.delete_child ? child_find_unique(e, sa, x->info.delete_child) : NULL;
	if (child)
		child_destroy(e, child, err);
	return err;
}

enum err informational_answered(struct adit_engine *e, struct ike_sa *sa, struct exchange *x)
{
	struct payload_list list;
	struct child_sa *child;
	struct notify n;

	exchange_payloads(x, &list);
	if (notify_find(&n, &list, NOTIFY_INVALID_SYNTAX)) /* RFC7296 2.21.3: fatal at both ends */
		sa_doom(sa, ERR_REFUSED);
	if (x->info.delete_ike)
		sa_doom(sa, ERR_DELETED);
	if (x->info.notify)
		sa_doom(sa, ERR_AUTH);
	if (x->info.delete_child) {
		child = child_find_unique(e, sa, x->info.delete_child);
		if (child)
			child_destroy(e, child, ERR_DELETED);
	}
	return ERR_OK;
}
