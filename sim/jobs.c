/* SPDX-License-Identifier: Apache-2.0 */
/* jobs: the executor and its faults. */
#include "jobs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "host.h"
#include "proof.h"
#include "require.h"

struct sim_job {
	struct sim_jobs *jobs;
	unsigned generation, deliveries;
	uint64_t number;
	job_id id;
	const struct job *job;
	enum job_kind kind;
	enum coverage_work work;
	enum err forced;  /* ERR_OK: as it turns out */
	bool done, answered, held, overtaken;
	struct job_result result;
	uint8_t a[KE_PRIVATE_MAX], b[KE_PUBLIC_MAX];
	struct proof *proof; /* of an auth job; NULL: not done */
};

void sim_jobs_init(struct sim_jobs *j, struct host *host)
{
	*j = (struct sim_jobs){ .host = host,
				.faults = { .usual_max = 2 * NANOS_MILLI,
					    .late_max = 8 * NANOS_SECOND,
					    .again_max = 8 * NANOS_SECOND } };
}

/* Forgotten when nothing will refer to it any more. */
static void sim_job_settle(struct sim_job *s)
{
	struct sim_jobs *j = s->jobs;

	if (s->deliveries > 0 || s->held)
		return;
	for (size_t i = 0; i < j->out_count; i++) {
		if (j->out[i] == s) {
			j->out[i] = j->out[--j->out_count];
			break;
		}
	}
	if (s->proof)
		secret_wipe(s->proof, sizeof(*s->proof));
	free(s->proof);
	secret_wipe(s, sizeof(*s));
	free(s);
}

void sim_jobs_clear(struct sim_jobs *j)
{
	for (size_t i = j->out_count; i > 0; i--) {
		struct sim_job *s = j->out[i - 1];

		s->held = false;
		s->answered = true;
		sim_job_settle(s); /* those with deliveries planned go with them */
	}
}

/* What it points into goes with the job. */
static void auth_do(struct sim_job *s)
{
	struct host *h = s->jobs->host;

	s->proof = calloc(1, sizeof(*s->proof));
	REQUIRE(s->proof != NULL);
	proof_do(s->proof, h->env.world, &h->crypto, s->job, s->number << 8 | h->station,
		 &s->result);
	if (h->env.coverage && s->kind == JOB_AUTH_VERIFY && proof_is_pubkey(s->job))
		coverage_verdict(h->env.coverage, s->result.err, s->result.why);
}

static enum err ke_do(struct sim_job *s)
{
	struct host *h = s->jobs->host;
	const struct job *job = s->job;
	size_t a_len = 0, b_len = 0;
	enum err err;

	if (s->kind == JOB_KE_GENERATE) {
		err = crypto_ke_generate(&h->crypto, job->ke_generate.method,
					 bytes_span(&job->ke_generate.peer), s->b, &b_len, s->a,
					 &a_len);
		s->result.ke_generate.public_key = span_of(s->b, b_len);
		s->result.ke_generate.private_key = span_of(s->a, a_len);
		return err;
	}
	err = crypto_ke_agree(&h->crypto, job->ke_agree.method,
			      bytes_span(&job->ke_agree.private_key),
			      bytes_span(&job->ke_agree.peer), s->a, &a_len);
	s->result.ke_agree.shared = span_of(s->a, a_len);
	return err;
}

static enum err child_do(struct sim_job *s)
{
	struct plane *plane = &s->jobs->host->plane;
	const struct child_spec *spec = &s->job->child.spec;

	switch (s->kind) {
	case JOB_CHILD_INSTALL: return plane_install(plane, spec);
	case JOB_CHILD_UPDATE: return plane_update(plane, spec);
	case JOB_CHILD_REMOVE: return plane_remove(plane, spec->spi_in);
	default: break;
	}
	REQUIRE(s->kind == JOB_CHILD_QUERY);
	if (!plane_find(plane, spec->spi_in))
		return ERR_NOT_FOUND;
	s->result.child_query.idle_in = plane->idle_in;
	s->result.child_query.idle_out = plane->idle_in;
	return ERR_OK;
}

static void sim_job_do(struct sim_job *s)
{
	if (s->done)
		return;
	s->done = true;
	/*
	 * A removal that fails for the engine has been done all the same: there is nothing it could
	 * do about it.
	 */
	if (s->forced != ERR_OK && s->kind != JOB_CHILD_REMOVE) {
		s->result.err = s->forced;
		return;
	}
	if (s->kind == JOB_KE_GENERATE || s->kind == JOB_KE_AGREE)
		s->result.err = ke_do(s);
	else if (s->kind == JOB_AUTH_SIGN || s->kind == JOB_AUTH_VERIFY)
		auth_do(s);
	else
		s->result.err = child_do(s);
	if (s->forced != ERR_OK)
		s->result.err = s->forced;
}

static void overtaken_count(struct sim_jobs *j, const struct sim_job *by)
{
	for (size_t i = 0; i < j->out_count; i++) {
		struct sim_job *s = j->out[i];

		if (s->number < by->number && !s->answered && !s->overtaken) {
			s->overtaken = true;
			if (j->host->env.coverage)
				coverage_job(j->host->env.coverage, s->work, JOB_FAULT_OVERTAKEN);
		}
	}
}

static void sim_job_answer(struct sim_job *s)
{
	struct host *h = s->jobs->host;
	struct job_result result;

	if (!s->answered)
		sim_job_do(s);
	result = s->result;
	overtaken_count(s->jobs, s);
	world_note(h->env.world, "%s answers %s %" PRIu64 ": %s%s", h->name,
		   coverage_work_name(s->work), s->number, err_name(result.err),
		   s->answered ? " (again)" : "");
	s->answered = true;
	s->job = NULL; /* the engine's own from now on */
	host_complete(h, s->id, &result);
}

static void sim_job_run(void *ctx, uint64_t arg)
{
	struct sim_job *s = ctx;

	(void)arg;
	if (s->generation == s->jobs->host->generation && s->jobs->host->engine)
		sim_job_answer(s);
	s->deliveries--;
	sim_job_settle(s);
}

static void sim_job_drop(void *ctx)
{
	struct sim_job *s = ctx;

	s->deliveries--;
	sim_job_settle(s);
}

static void sim_job_plan(struct sim_job *s, nanos wait)
{
	struct world *w = s->jobs->host->env.world;

	s->deliveries++;
	world_plan(w, w->now + wait, sim_job_run, sim_job_drop, s, 0);
}

static enum job_fault fault_draw(struct sim_jobs *j, enum err *ret_err, nanos *ret_wait)
{
	static const enum err errors[] = { ERR_SYSTEM, ERR_MEMORY, ERR_CRYPTO, ERR_LIMIT };
	struct random *r = &j->host->env.world->random;
	const struct job_faults *f = &j->faults;

	*ret_wait = f->usual_max > 0 ? random_below(r, f->usual_max) : 0;
	if (random_chance(r, f->failed)) {
		*ret_err = errors[random_below(r, ARRAY_LEN(errors))];
		return JOB_FAULT_FAILED;
	}
	if (random_chance(r, f->never))
		return JOB_FAULT_NEVER;
	if (random_chance(r, f->twice))
		return JOB_FAULT_TWICE;
	if (random_chance(r, f->late)) {
		*ret_wait = random_below(r, f->late_max);
		return JOB_FAULT_LATE;
	}
	return JOB_FAULT_DONE;
}

/* The rule's fault when this is the job it names. */
static bool rule_strikes(struct job_rule *rule, enum job_kind kind)
{
	if (!rule->on || rule->struck || rule->kind != kind)
		return false;
	rule->struck = rule->met++ == rule->nth;
	return rule->struck;
}

/*
 * A second answer is at its worst when the place of its job is taken by another: then it comes at
 * once.
 */
static void again_provoke(struct sim_jobs *j, job_id id)
{
	for (size_t i = 0; i < j->out_count; i++) {
		struct sim_job *s = j->out[i];

		if (s->answered && s->deliveries > 0 && (uint32_t)s->id == (uint32_t)id)
			sim_job_plan(s, 0);
	}
}

void sim_jobs_take(struct sim_jobs *j, const struct job *job)
{
	struct host *h = j->host;
	struct sim_job *s = calloc(1, sizeof(*s));
	enum err forced = ERR_OK;
	nanos wait;
	enum job_fault fault = fault_draw(j, &forced, &wait);
	bool struck = rule_strikes(&j->rule, job->kind);

	REQUIRE(s != NULL && j->out_count < SIM_JOBS_MAX);
	if (struck) {
		fault = j->rule.fault;
		forced = fault == JOB_FAULT_FAILED ? j->rule.err : ERR_OK;
		wait = fault == JOB_FAULT_LATE ? j->rule.delay : NANOS_MILLI;
	}
	*s = (struct sim_job){ .jobs = j, .generation = h->generation, .number = j->taken++,
			       .id = job->id, .job = job, .kind = job->kind, .forced = forced,
			       .work = coverage_work_of(job->kind, proof_is_pubkey(job)) };
	for (size_t i = 0; i < j->out_count; i++) {
		if (!j->out[i]->answered && j->out[i]->id == job->id)
			world_fail(h->env.world, "%s gives job %016" PRIx64 " out twice", h->name,
				   job->id);
	}
	again_provoke(j, job->id);
	j->out[j->out_count++] = s;
	world_note(h->env.world, "%s takes %s %" PRIu64 "%s%s", h->name,
		   coverage_work_name(s->work), s->number, fault ? ", to be " : "",
		   fault ? coverage_job_fault_name(fault) : "");
	if (h->env.coverage)
		coverage_job(h->env.coverage, s->work, fault);
	if (fault == JOB_FAULT_NEVER || random_chance(&h->env.world->random, 500))
		sim_job_do(s);
	if (fault == JOB_FAULT_NEVER)
		s->held = true;
	else
		sim_job_plan(s, wait);
	if (fault == JOB_FAULT_TWICE)
		sim_job_plan(s, wait + random_below(&h->env.world->random, j->faults.again_max));
	if (struck && j->rule.hit)
		j->rule.hit(j->rule.ctx);
}

void sim_jobs_release(struct sim_jobs *j)
{
	for (size_t i = 0; i < j->out_count; i++) {
		struct sim_job *s = j->out[i];

		if (!s->held)
			continue;
		s->held = false;
		sim_job_plan(s, NANOS_MILLI);
	}
}

size_t sim_jobs_unanswered(const struct sim_jobs *j)
{
	size_t count = 0;

	for (size_t i = 0; i < j->out_count; i++)
		count += !j->out[i]->answered;
	return count;
}
