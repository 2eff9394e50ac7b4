/* SPDX-License-Identifier: Apache-2.0 */
/*
 * info: snapshots for lists and checks. Reads only.
 */
#include "state.h"

bool adit_engine_ike_info(const struct adit_engine *e, uint32_t *cursor, struct adit_ike_info *ret)
{
	const struct ike_sa *sa = slab_next(&e->sas, cursor);

	if (!sa)
		return false;
	(*cursor)++;
	*ret = (struct adit_ike_info){
		.unique = sa->unique,
		.state = sa->phase == PHASE_UP	     ? IKE_STATE_ESTABLISHED :
			 sa->phase == PHASE_DELETING ? IKE_STATE_DELETING :
						       IKE_STATE_CONNECTING,
		.initiator = sa->initiator,
		.nat_local = sa->nat.local,
		.nat_remote = sa->nat.remote,
		.nat_fake = sa->nat.forced,
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.path = sa->path,
		.encr = sa->suite.encr,
		.integ = sa->suite.integ,
		.prf = sa->suite.prf,
		.ke = sa->suite.ke,
		.established = sa->established,
		.first_child = sa->first_child == SLAB_NONE ? 0 : sa->first_child + 1,
	};
	if (sa->conn)
		memcpy(ret->conn, sa->conn->name, sizeof(ret->conn));
	if (sa->local_id)
		ret->local_id = *sa->local_id;
	if (sa->remote_id)
		ret->remote_id = *sa->remote_id;
	return true;
}

static void child_info(const struct adit_engine *e, const struct child_sa *child,
		       struct adit_child_info *ret)
{
	const struct ike_sa *sa = sa_at(e, child->sa);

	*ret = (struct adit_child_info){
		.ike_unique = sa->unique,
		.unique = child->unique,
		.reqid = child->config->reqid,
		.installed = child->state >= CHILD_UP,
		.encap = nat_encap(&sa->nat),
		.esn = child->suite.esn,
		.mode = child->mode,
		.protocol = child->suite.protocol,
		.spi_in = child->spi_in,
		.spi_out = child->spi_out,
		.encr = child->suite.encr,
		.integ = child->suite.integ,
		.local_count = child->local_count,
		.remote_count = child->remote_count,
		.installed_at = child->installed_at,
		.next_child = child->next == SLAB_NONE ? 0 : child->next + 1,
	};
	memcpy(ret->conn, sa->conn->name, sizeof(ret->conn));
	memcpy(ret->name, child->config->name, sizeof(ret->name));
	if (child->selectors) {
		memcpy(ret->local_ts, child->selectors,
		       sizeof(struct selector) * child->local_count);
		memcpy(ret->remote_ts, child->selectors + child->local_count,
		       sizeof(struct selector) * child->remote_count);
	}
}

bool adit_engine_child_info(const struct adit_engine *e, uint32_t *cursor,
			    struct adit_child_info *ret)
{
	const struct child_sa *child;

	/* A Child SA that is only waiting for its removal belongs to nobody. */
	while ((child = slab_next(&e->children, cursor)) && child->sa == SLAB_NONE)
		(*cursor)++;
	if (!child)
		return false;
	(*cursor)++;
	child_info(e, child, ret);
	return true;
}

bool adit_engine_child_at(const struct adit_engine *e, uint32_t place, struct adit_child_info *ret)
{
	const struct child_sa *child = place ? child_at(e, place - 1) : NULL;

	if (!child || child->sa == SLAB_NONE)
		return false;
	child_info(e, child, ret);
	return true;
}

struct adit_engine_usage adit_engine_usage(const struct adit_engine *e)
{
	return (struct adit_engine_usage){
		.ike_sas = e->sas.used,
		.half_open = e->half_open,
		.handshakes = e->handshakes.used,
		.exchanges = e->exchanges.used,
		.child_sas = e->children.used,
		.tombstones = e->tombstones.used,
		.jobs_live = e->jobs.records.used - e->jobs.abandoned,
		.jobs_abandoned = e->jobs.abandoned,
		.timers = e->timers.count,
		.outputs = e->outputs_count,
		.events = e->reports.count,
	};
}

bool adit_engine_ike_digest(const struct adit_engine *e, uint32_t unique, uint64_t *ret)
{
	static const uint64_t salt[2] = { 1, 2 };
	const struct ike_sa *sa;
	uint8_t bytes[5 * SECRET_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));

	for (uint32_t slot = 0; (sa = slab_next(&e->sas, &slot)); slot++) {
		if (sa->unique == unique)
			break;
	}
	if (!sa || sa->phase < PHASE_AUTH)
		return false;
	writer_put(&w, secret_span(&sa->sk_d));
	writer_put(&w, secret_span(&sa->protect.ei));
	writer_put(&w, secret_span(&sa->protect.er));
	writer_put(&w, secret_span(&sa->protect.ai));
	writer_put(&w, secret_span(&sa->protect.ar));
	*ret = hash_bytes(salt, writer_span(&w));
	secret_wipe(bytes, sizeof(bytes));
	return true;
}
