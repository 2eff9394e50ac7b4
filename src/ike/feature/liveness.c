/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/liveness.h"

#include "state.h"

void liveness_start(struct adit_engine *e, struct ike_sa *sa)
{
	sa->liveness.last_in = e->now;
	if (sa->conn->dpd_delay)
		timers_set(&e->timers, &sa->liveness.timer,
			   nanos_after(e->now, sa->conn->dpd_delay));
}

void liveness_probe(struct adit_engine *e, struct ike_sa *sa)
{
	/* A request of ours that is out, or waits, asks the same question. */
	if (sa->phase == PHASE_UP && sa->first_exchange == SLAB_NONE && informational_queue(e, sa))
		exchange_pump(e, sa);
}

/* Quiet for how long: asks the dataplane when IKE has heard nothing, and probes when that has not
 * either. */
void liveness_timer(struct adit_engine *e, struct ike_sa *sa)
{
	nanos delay = sa->conn->dpd_delay;
	struct child_sa *child = child_at(e, sa->first_child);
	struct job *job = NULL;

	if (sa->phase != PHASE_UP)
		return;
	if (e->now - sa->liveness.last_in < delay) {
		timers_set(&e->timers, &sa->liveness.timer,
			   nanos_after(sa->liveness.last_in, delay));
		return;
	}
	timers_set(&e->timers, &sa->liveness.timer, nanos_after(e->now, delay));
	if (child && child->state == CHILD_UP && !sa->liveness.query)
		job = job_new(e, JOB_CHILD_QUERY, OWNER_LIVENESS, sa_slot(e, sa));
	if (!job) {
		liveness_probe(e, sa);
		return;
	}
	job->child.spec.child_unique = child->unique;
	job->child.spec.spi_in = child->spi_in;
	job->child.spec.spi_out = child->spi_out;
	sa->liveness.query = job->id;
}

void liveness_queried(struct adit_engine *e, struct ike_sa *sa, const struct job_result *result)
{
	nanos delay = sa->conn->dpd_delay;

	sa->liveness.query = 0;
	if (sa->phase != PHASE_UP || delay == 0)
		return;
	if (result->err || result->child_query.idle_in >= delay) {
		liveness_probe(e, sa);
		return;
	}
	timers_set(&e->timers, &sa->liveness.timer,
		   nanos_after(e->now, delay - result->child_query.idle_in));
}
