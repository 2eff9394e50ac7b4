/* SPDX-License-Identifier: Apache-2.0 */
/* checker: agreement between ends, and accounts within each. */
#include "checker.h"

#include <inttypes.h>

static bool transform_equal(const struct transform *a, const struct transform *b)
{
	return a->id == b->id && a->key_bits == b->key_bits;
}

static bool selectors_equal(const struct selector *a, uint8_t a_count, const struct selector *b,
			    uint8_t b_count)
{
	if (a_count != b_count)
		return false;
	for (uint8_t i = 0; i < a_count; i++) {
		if (a[i].protocol != b[i].protocol || a[i].port_first != b[i].port_first ||
		    a[i].port_last != b[i].port_last || !ip_equal(&a[i].first, &b[i].first) ||
		    !ip_equal(&a[i].last, &b[i].last))
			return false;
	}
	return true;
}

static const char *ike_difference(const struct host *x, const struct adit_ike_info *a,
				  const struct host *y, const struct adit_ike_info *b)
{
	uint64_t a_digest, b_digest;

	if (a->initiator == b->initiator)
		return "roles";
	if (!transform_equal(&a->encr, &b->encr) || !transform_equal(&a->integ, &b->integ) ||
	    !transform_equal(&a->prf, &b->prf) || !transform_equal(&a->ke, &b->ke))
		return "suite";
	if (!identity_equal(&a->local_id, &b->remote_id) ||
	    !identity_equal(&a->remote_id, &b->local_id))
		return "identities";
	if (!adit_engine_ike_digest(x->engine, a->unique, &a_digest) ||
	    !adit_engine_ike_digest(y->engine, b->unique, &b_digest))
		return "having keys";
	return a_digest == b_digest ? NULL : "keys";
}

static const char *child_difference(const struct host *x, const struct adit_child_info *a,
				    const struct host *y, const struct adit_child_info *b)
{
	const struct child_spec *p = plane_find(&x->plane, a->spi_in);
	const struct child_spec *q = plane_find(&y->plane, b->spi_in);

	if (!transform_equal(&a->encr, &b->encr) || !transform_equal(&a->integ, &b->integ) ||
	    a->esn != b->esn || a->mode != b->mode || a->protocol != b->protocol)
		return "suite or mode";
	if (!selectors_equal(a->local_ts, a->local_count, b->remote_ts, b->remote_count) ||
	    !selectors_equal(a->remote_ts, a->remote_count, b->local_ts, b->local_count))
		return "selectors";
	if (!p || !q)
		return NULL;
	if (p->spi_out != q->spi_in || p->spi_in != q->spi_out)
		return "installed SPIs";
	if (!secret_equal(secret_span(&p->encr_in), secret_span(&q->encr_out)) ||
	    !secret_equal(secret_span(&p->encr_out), secret_span(&q->encr_in)) ||
	    !secret_equal(secret_span(&p->integ_in), secret_span(&q->integ_out)) ||
	    !secret_equal(secret_span(&p->integ_out), secret_span(&q->integ_in)))
		return "installed keys";
	if (p->encr_in.len == 0 ||
	    secret_equal(secret_span(&p->encr_in), secret_span(&p->encr_out)))
		return "having two keys";
	return NULL;
}

/* The SA that y has under the same SPIs, established too. */
static bool ike_twin(const struct host *y, const struct adit_ike_info *a, struct adit_ike_info *ret)
{
	uint32_t cursor = 0;

	while (adit_engine_ike_info(y->engine, &cursor, ret)) {
		if (ret->spi_i == a->spi_i && ret->spi_r == a->spi_r)
			return true;
	}
	return false;
}

static bool child_twin(const struct host *y, const struct adit_child_info *a,
		       struct adit_child_info *ret)
{
	uint32_t cursor = 0;

	while (adit_engine_child_info(y->engine, &cursor, ret)) {
		if (ret->spi_in == a->spi_out && ret->spi_out == a->spi_in)
			return true;
	}
	return false;
}

static void pair_check(struct bench *b, const struct host *x, const struct host *y)
{
	static struct adit_ike_info ike, ike_other; /* large */
	static struct adit_child_info child, child_other;
	const char *difference;
	uint32_t cursor = 0;

	while (adit_engine_ike_info(x->engine, &cursor, &ike)) {
		if (ike.state != IKE_STATE_ESTABLISHED || !ike_twin(y, &ike, &ike_other) ||
		    ike_other.state != IKE_STATE_ESTABLISHED)
			continue;
		difference = ike_difference(x, &ike, y, &ike_other);
		if (difference)
			world_fail(&b->world, "%s and %s differ in %s of IKE SA %016" PRIx64,
				   x->name, y->name, difference, ike.spi_i);
	}
	cursor = 0;
	while (adit_engine_child_info(x->engine, &cursor, &child)) {
		if (!child.installed || !child_twin(y, &child, &child_other) ||
		    !child_other.installed)
			continue;
		difference = child_difference(x, &child, y, &child_other);
		if (difference)
			world_fail(&b->world, "%s and %s differ in %s of Child SA %08x/%08x",
				   x->name, y->name, difference, child.spi_in, child.spi_out);
	}
}

/* Whatever is unfinished waits for something that will come. */
static void host_check(struct bench *b, const struct host *h)
{
	struct adit_engine_usage u = adit_engine_usage(h->engine);
	size_t unanswered = sim_jobs_unanswered(&h->jobs);

	if ((u.half_open > 0 || u.exchanges > 0 || u.handshakes > 0) &&
	    adit_engine_deadline(h->engine) == NANOS_NEVER)
		world_fail(&b->world, "%s has %u exchanges and %u handshakes that wait for nothing",
			   h->name, u.exchanges, u.handshakes);
	if (!h->jobs_left && u.jobs_live + u.jobs_abandoned != unanswered)
		world_fail(&b->world, "%s counts %u + %u jobs, of which %zu are out", h->name,
			   u.jobs_live, u.jobs_abandoned, unanswered);
	if (u.outputs > 0 || u.events > 0)
		world_fail(&b->world, "%s keeps %u datagrams and %u events back", h->name,
			   u.outputs, u.events);
}

void checker_step(struct bench *b)
{
	for (unsigned i = 0; i < b->hosts_count; i++) {
		host_check(b, b->hosts[i]);
		for (unsigned k = i + 1; k < b->hosts_count; k++)
			pair_check(b, b->hosts[i], b->hosts[k]);
	}
}

static void settled_check(struct bench *b, const struct host *x, const struct host *y)
{
	struct adit_ike_info ike, ike_other;
	struct adit_child_info child, child_other;
	uint32_t cursor = 0;

	while (adit_engine_ike_info(x->engine, &cursor, &ike)) {
		if (ike.state == IKE_STATE_ESTABLISHED && !ike_twin(y, &ike, &ike_other))
			world_fail(&b->world, "%s has IKE SA %016" PRIx64 ", which %s has not",
				   x->name, ike.spi_i, y->name);
	}
	cursor = 0;
	while (adit_engine_child_info(x->engine, &cursor, &child)) {
		if (child.installed && !child_twin(y, &child, &child_other))
			world_fail(&b->world, "%s has Child SA %08x, which %s has not", x->name,
				   child.spi_in, y->name);
		if (child.installed && !plane_find(&x->plane, child.spi_in))
			world_fail(&b->world, "%s calls %08x installed, and it is not", x->name,
				   child.spi_in);
	}
}

void checker_settled(struct bench *b, const struct host *x, const struct host *y)
{
	settled_check(b, x, y);
	settled_check(b, y, x);
	for (unsigned i = 0; i < b->hosts_count; i++) {
		const struct host *h = b->hosts[i];

		if (h->plane.count != host_children(h))
			world_fail(&b->world, "%s has %zu SAs installed for %u Child SAs", h->name,
				   h->plane.count, host_children(h));
	}
}

void checker_idle(struct bench *b)
{
	for (unsigned i = 0; i < b->hosts_count; i++) {
		struct adit_engine_usage u = adit_engine_usage(b->hosts[i]->engine);

		if (!adit_engine_idle(b->hosts[i]->engine))
			world_fail(&b->world,
				   "%s does not end: %u IKE SAs, %u half-open, %u handshakes, "
				   "%u exchanges, %u Child SAs, %u + %u jobs",
				   b->hosts[i]->name, u.ike_sas, u.half_open, u.handshakes,
				   u.exchanges, u.child_sas, u.jobs_live, u.jobs_abandoned);
	}
	world_fail(&b->world, "tombstones or datagrams stay after the close");
}

/* Ends of requests are told whatever memory there is; ups and downs may be lost for want of it. */
static void lives_check(struct bench *b, const struct host *h)
{
	for (size_t i = 0; i < h->lives_count && !h->lean; i++) {
		const struct host_life *life = &h->lives[i];

		if (life->up && !life->down)
			world_fail(&b->world, "%s never said that %s %u is down", h->name,
				   life->child ? "Child SA" : "IKE SA", life->unique);
	}
	for (size_t i = 0; i < h->requests_count; i++) {
		if (!h->requests[i].done)
			world_fail(&b->world, "%s never said how request %u ended", h->name,
				   h->requests[i].id);
	}
}

void checker_closed(struct bench *b)
{
	for (unsigned i = 0; i < b->hosts_count; i++) {
		const struct host *h = b->hosts[i];
		struct adit_engine_usage u = adit_engine_usage(h->engine);

		if (u.ike_sas || u.half_open || u.handshakes || u.exchanges || u.child_sas ||
		    u.tombstones || u.jobs_live || u.jobs_abandoned || u.timers || u.outputs ||
		    u.events)
			world_fail(&b->world,
				   "%s is left with %u IKE SAs, %u half-open, %u handshakes, "
				   "%u exchanges, %u Child SAs, %u tombstones, %u + %u jobs, "
				   "%u timers",
				   h->name, u.ike_sas, u.half_open, u.handshakes, u.exchanges,
				   u.child_sas, u.tombstones, u.jobs_live, u.jobs_abandoned,
				   u.timers);
		if (h->plane.count > 0)
			world_fail(&b->world, "%s is left with %zu SAs installed, first %08x",
				   h->name, h->plane.count, h->plane.sas[0].spi_in);
		if (h->plane.installs != h->plane.removes)
			world_fail(&b->world, "%s installed %" PRIu64 " and removed %" PRIu64,
				   h->name, h->plane.installs, h->plane.removes);
		lives_check(b, h);
	}
}
