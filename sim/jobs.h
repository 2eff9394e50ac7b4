/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs: does what an engine asks for, and answers late, out of order, twice, never, or that it
 * failed.
 *
 * A job is done when it is taken or, by chance, when it is answered: both are legitimate for an
 * executor, so an engine must not count on either. "Never" is for the length of the run: the result
 * is kept and given at the very end (sim_jobs_release), since an engine's accounts can only close
 * when every job has come back.
 */
#ifndef ADIT_SIM_JOBS_H
#define ADIT_SIM_JOBS_H

#include "coverage.h"
#include "plane.h"

#define SIM_JOBS_MAX 1024 /* out at once */

struct host;

/* Rates are permille; delays are drawn up to the maxima. */
struct job_faults {
	unsigned late, twice, never, failed;
	nanos usual_max, late_max, again_max; /* again: of a second answer */
};

/* One chosen job meets one chosen fault, and somebody is told at that instant. */
struct job_rule {
	bool on;
	enum job_kind kind;
	unsigned nth; /* 0: the first of that kind */
	enum job_fault fault;
	enum err err;
	nanos delay;
	void (*hit)(void *ctx);
	void *ctx;
	unsigned met;
	bool struck;
};

struct sim_job;

struct sim_jobs {
	struct host *host;
	struct job_faults faults;
	struct job_rule rule;
	struct sim_job *out[SIM_JOBS_MAX];
	size_t out_count;
	uint64_t taken;
};

void sim_jobs_init(struct sim_jobs *j, struct host *host);
/* Forgets all that is out, as when the engine is freed. */
void sim_jobs_clear(struct sim_jobs *j);
/* Takes one job from the engine; its answer is planned. */
void sim_jobs_take(struct sim_jobs *j, const struct job *job);
/* Answers all that were to be answered never. */
void sim_jobs_release(struct sim_jobs *j);
/* Jobs that the engine has not had an answer to. */
size_t sim_jobs_unanswered(const struct sim_jobs *j);

#endif
