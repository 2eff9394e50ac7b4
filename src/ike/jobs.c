/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs.h"

#include "state.h"

static job_id id_of(const struct jobs *j, const struct job_record *r)
{
	return (uint64_t)r->generation << 32 | slab_slot(&j->records, r);
}

enum err jobs_init(struct jobs *j, struct memory *m, uint32_t count)
{
	*j = (struct jobs){ .first = SLAB_NONE, .last = SLAB_NONE };
	return slab_init(&j->records, m, sizeof(struct job_record), count);
}

static void clear_auth(struct memory *m, struct job_auth *auth)
{
	bytes_clear(&auth->message, m);
	bytes_clear(&auth->nonce, m);
	bytes_clear(&auth->data, m);
	bytes_clear(&auth->certs, m);
	bytes_clear(&auth->certreq, m);
	config_unref(auth->config);
}

static void job_free(struct adit_engine *e, struct job_record *r)
{
	struct memory *m = e->memory;
	struct job *job = r->job;

	switch (job->kind) {
	case JOB_KE_GENERATE:
		bytes_clear(&job->ke_generate.peer, m);
		break;
	case JOB_KE_AGREE:
		bytes_clear(&job->ke_agree.private_key, m);
		bytes_clear(&job->ke_agree.peer, m);
		break;
	case JOB_AUTH_SIGN:
	case JOB_AUTH_VERIFY:
		clear_auth(m, &job->auth);
		break;
	default: /* a Child SA's specification is a value */
		break;
	}
	memory_free(m, job, sizeof(*job)); /* wipes */
	if (r->abandoned)
		e->jobs.abandoned--;
	slab_free(&e->jobs.records, r);
}

void jobs_clear(struct adit_engine *e)
{
	struct job_record *r;

	if (!e->jobs.records.memory)
		return;
	for (uint32_t slot = 0; (r = slab_next(&e->jobs.records, &slot)); slot++)
		job_free(e, r);
	slab_clear(&e->jobs.records);
}

static void due(struct jobs *j, struct job_record *r)
{
	uint32_t slot = slab_slot(&j->records, r);

	r->next = SLAB_NONE;
	if (j->last == SLAB_NONE)
		j->first = slot;
	else
		((struct job_record *)slab_at(&j->records, j->last))->next = slot;
	j->last = slot;
}

static void renew(struct jobs *j, struct job_record *r)
{
	if (++j->generation == 0)
		j->generation = 1;
	r->generation = j->generation;
	r->job->id = id_of(j, r);
}

struct job *job_new(struct adit_engine *e, enum job_kind kind, enum job_owner owner,
		    uint32_t owner_slot)
{
	struct job_record *r = slab_alloc(&e->jobs.records);

	if (!r)
		return NULL;
	r->job = memory_alloc(e->memory, sizeof(*r->job));
	if (!r->job) {
		slab_free(&e->jobs.records, r);
		return NULL;
	}
	r->job->kind = kind;
	r->owner = (uint8_t)owner;
	r->owner_slot = owner_slot;
	renew(&e->jobs, r);
	due(&e->jobs, r);
	return r->job;
}

static struct job_record *find(const struct jobs *j, job_id id)
{
	struct job_record *r = slab_at(&j->records, (uint32_t)id);

	return r && r->generation == id >> 32 ? r : NULL;
}

void job_abandon(struct adit_engine *e, job_id id)
{
	struct job_record *r = find(&e->jobs, id);

	if (!r || r->abandoned)
		return;
	r->abandoned = true;
	r->owner = OWNER_NONE;
	e->jobs.abandoned++;
}

size_t adit_engine_jobs(struct adit_engine *e, struct job **ret_jobs, size_t max)
{
	struct jobs *j = &e->jobs;
	size_t taken = 0;

	while (taken < max && j->first != SLAB_NONE) {
		struct job_record *r = slab_at(&j->records, j->first);

		j->first = r->next;
		if (j->first == SLAB_NONE)
			j->last = SLAB_NONE;
		if (r->abandoned) { /* nobody has seen it */
			job_free(e, r);
			continue;
		}
		r->handed = true;
		ret_jobs[taken++] = r->job;
	}
	return taken;
}

/* The Child SA that it installed has no owner any more: the same record removes it. */
static void turn_into_removal(struct adit_engine *e, struct job_record *r)
{
	e->jobs.abandoned--;
	r->abandoned = false;
	r->handed = false;
	r->job->kind = JOB_CHILD_REMOVE;
	renew(&e->jobs, r);
	due(&e->jobs, r);
}

void adit_engine_complete(struct adit_engine *e, job_id id, const struct job_result *result,
			  nanos now)
{
	struct job_record *r = find(&e->jobs, id);
	enum job_owner owner;
	uint32_t slot;

	e->now = now;
	if (!r || !r->handed) {
		count(e, COUNTER_JOBS_LATE);
		return;
	}
	if (r->abandoned) {
		count(e, COUNTER_JOBS_LATE);
		if (r->job->kind == JOB_CHILD_INSTALL && result->err == ERR_OK)
			turn_into_removal(e, r);
		else
			job_free(e, r);
		return;
	}
	owner = (enum job_owner)r->owner;
	slot = r->owner_slot;
	if (owner == OWNER_EXCHANGE)
		exchange_answered(e, slot, id, result);
	else if (owner == OWNER_HANDSHAKE)
		handshake_agreed(e, sa_at(e, slot), result);
	else if (owner == OWNER_LIVENESS)
		liveness_queried(e, sa_at(e, slot), result);
	/* The owner's step may have ended the owner, but never another's job record. */
	r = find(&e->jobs, id);
	if (r)
		job_free(e, r);
	child_reap(e);
}
