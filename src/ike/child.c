/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include "selectors.h"
#include "state.h"

struct child_sa *child_at(const struct adit_engine *e, uint32_t slot)
{
	return slab_at(&e->children, slot);
}

uint32_t child_slot(const struct adit_engine *e, const struct child_sa *child)
{
	return slab_slot(&e->children, child);
}

struct child_sa *child_find_in(const struct adit_engine *e, uint32_t spi_in)
{
	struct child_sa *child = child_at(e, spi_esp_slot(&e->spi, spi_in));

	return child && child->spi_in == spi_in && child->sa != SLAB_NONE ? child : NULL;
}

/* The Child SA of an IKE SA that a test accepts; an IKE SA has few. */
#define FOR_CHILDREN(e, sa, child)                                                          \
	for (struct child_sa *child = child_at(e, (sa)->first_child); child;                \
	     child = child_at(e, child->next))

struct child_sa *child_find_out(const struct adit_engine *e, const struct ike_sa *sa,
				uint8_t protocol, uint32_t spi_out)
{
	FOR_CHILDREN(e, sa, child) {
		if (child->suite.protocol == protocol && child->spi_out == spi_out &&
		    child->state >= CHILD_UP)
			return child;
	}
	return NULL;
}

struct child_sa *child_find_unique(const struct adit_engine *e, const struct ike_sa *sa,
				   uint32_t unique)
{
	FOR_CHILDREN(e, sa, child) {
		if (child->unique == unique)
			return child;
	}
	return NULL;
}

struct child_sa *child_new(struct adit_engine *e, struct ike_sa *sa,
			   const struct child_config *config)
{
	struct child_sa *child = NULL;
	uint32_t random;

	if (engine_random32(e, &random) == ERR_OK)
		child = slab_alloc(&e->children);
	if (!child)
		return NULL;
	child->sa = sa_slot(e, sa);
	child->next = sa->first_child;
	sa->first_child = child_slot(e, child);
	child->unique = ++e->next_child_unique;
	child->state = CHILD_NEW;
	child->mode = CHILD_TUNNEL;
	child->config = config;
	child->spi_in = spi_esp_make(&e->spi, child_slot(e, child), random);
	return child;
}

static void unlink_child(struct adit_engine *e, struct child_sa *child)
{
	struct ike_sa *sa = sa_at(e, child->sa);
	uint32_t *at = &sa->first_child;

	while (*at != child_slot(e, child)) {
		REQUIRE(*at != SLAB_NONE);
		at = &child_at(e, *at)->next;
	}
	*at = child->next;
	child->sa = SLAB_NONE;
}

static size_t selectors_size(const struct child_sa *child)
{
	return sizeof(struct selector) * (size_t)(child->local_count + child->remote_count);
}

static void free_record(struct adit_engine *e, struct child_sa *child)
{
	memory_free(e->memory, child->selectors, selectors_size(child));
	slab_free(&e->children, child);
}

static bool queue_removal(struct adit_engine *e, const struct child_sa *child)
{
	struct job *job = job_new(e, JOB_CHILD_REMOVE, OWNER_NONE, SLAB_NONE);

	if (!job)
		return false;
	job->child.spec.child_unique = child->unique;
	job->child.spec.protocol = child->suite.protocol;
	job->child.spec.spi_in = child->spi_in;
	job->child.spec.spi_out = child->spi_out;
	return true;
}

void child_destroy(struct adit_engine *e, struct child_sa *child, enum err why)
{
	struct ike_sa *sa = sa_at(e, child->sa);
	bool installed = child->state >= CHILD_UP;
	struct event *event;

	if (installed) {
		event = report_new(e, EVENT_CHILD_DOWN, sa, child);
		if (event) {
			event->err = why;
			report_send(e, event);
		}
	}
	if (sa->handshake && sa->handshake->child_sa == child_slot(e, child))
		sa->handshake->child_sa = SLAB_NONE;
	request_done(e, child->end_request, ERR_OK);
	unlink_child(e, child);
	/* An installation that is out is undone when it comes back (jobs.c). */
	if (installed && !queue_removal(e, child)) {
		child->state = CHILD_DELETING;
		e->orphans++;
		return;
	}
	free_record(e, child);
}

void child_reap(struct adit_engine *e)
{
	struct child_sa *child;

	for (uint32_t slot = 0; e->orphans && (child = slab_next(&e->children, &slot)); slot++) {
		if (child->sa != SLAB_NONE)
			continue;
		if (!queue_removal(e, child))
			return;
		e->orphans--;
		free_record(e, child);
	}
}

enum err child_set_selectors(struct adit_engine *e, struct child_sa *child,
			     const struct selector *local, size_t local_count,
			     const struct selector *remote, size_t remote_count)
{
	size_t total = local_count + remote_count;
	struct selector *copy;

	REQUIRE(local_count > 0 && remote_count > 0);
	REQUIRE(local_count <= SELECTORS_MAX && remote_count <= SELECTORS_MAX);
	copy = memory_alloc(e->memory, sizeof(*copy) * total);
	if (!copy)
		return ERR_MEMORY;
	memcpy(copy, local, sizeof(*copy) * local_count);
	memcpy(copy + local_count, remote, sizeof(*copy) * remote_count);
	memory_free(e->memory, child->selectors, selectors_size(child));
	child->selectors = copy;
	child->local_count = (uint8_t)local_count;
	child->remote_count = (uint8_t)remote_count;
	return ERR_OK;
}

static void tell_keys(struct adit_engine *e, const struct ike_sa *sa, const struct child_sa *child,
		      const struct child_spec *spec)
{
	struct event *event;

	if (!e->export_keys)
		return;
	event = report_new(e, EVENT_CHILD_KEYS, sa, child);
	if (!event)
		return;
	event->child_keys.spi_in = spec->spi_in;
	event->child_keys.spi_out = spec->spi_out;
	event->child_keys.encr = spec->encr;
	event->child_keys.integ = spec->integ;
	event->child_keys.encr_in = spec->encr_in;
	event->child_keys.integ_in = spec->integ_in;
	event->child_keys.encr_out = spec->encr_out;
	event->child_keys.integ_out = spec->integ_out;
	report_send(e, event);
}

/* The kernels of old that this is for agree on 128 bits and use 96; the key is the same. */
static struct transform integ_of(const struct child_sa *child)
{
	struct transform integ = child->suite.integ;

	if (child->config->sha256_96 && integ.id == INTEG_HMAC_SHA2_256_128)
		integ.id = INTEG_HMAC_SHA2_256_96;
	return integ;
}

static void fill_keys(struct child_spec *spec, const struct child_keys *keys, bool initiator)
{
	/* RFC7296 2.17: the first set protects what the initiator of the exchange sends. */
	spec->encr_out = initiator ? keys->encr_i : keys->encr_r;
	spec->integ_out = initiator ? keys->integ_i : keys->integ_r;
	spec->encr_in = initiator ? keys->encr_r : keys->encr_i;
	spec->integ_in = initiator ? keys->integ_r : keys->integ_i;
}

/* Whether a packet can match one of each. */
static bool overlap(const struct selector *a, size_t a_count, const struct selector *b,
		    size_t b_count)
{
	struct selector common[SELECTORS_MAX];
	bool less;

	return selectors_narrow(common, SELECTORS_MAX, a, a_count, b, b_count, &less) > 0;
}

static bool carry_the_same(const struct child_sa *a, const struct child_sa *b)
{
	return a->mode == CHILD_TRANSPORT && b->mode == CHILD_TRANSPORT &&
	       overlap(a->selectors, a->local_count, b->selectors, b->local_count) &&
	       overlap(a->selectors + a->local_count, a->remote_count,
		       b->selectors + b->local_count, b->remote_count);
}

/* RFC3948 5.2: whoever comes second gets none. A peer that comes again is the same one. */
bool child_conflicts(struct adit_engine *e, const struct ike_sa *sa, const struct child_sa *child)
{
	const struct child_sa *other;
	uint32_t slot = 0;

	for (; (other = slab_next(&e->children, &slot)) != NULL; slot++) {
		const struct ike_sa *theirs = sa_at(e, other->sa);

		if (!theirs || theirs == sa || other->state < CHILD_INSTALLING ||
		    !(sa->nat.remote || theirs->nat.remote) || !carry_the_same(child, other) ||
		    identity_equal(sa->remote_id, theirs->remote_id))
			continue;
		report_why(e, sa, DIAGNOSIS_SELECTORS, "", "",
			   "another peer behind the same NAT has transport mode for this traffic, "
			   "and what is meant for one would go to the other",
			   "connections.<conn>.children.<child>.mode");
		return true;
	}
	return false;
}

enum err child_fill_install(struct adit_engine *e, const struct ike_sa *sa,
			    const struct child_sa *child, struct span shared, struct span ni,
			    struct span nr, struct job *job)
{
	struct child_spec *spec = &job->child.spec;
	struct child_keys keys = { 0 };
	enum err err;

	TRY(keys_child(e->crypto, sa->suite.prf.id, &child->suite, secret_span(&sa->sk_d), shared,
		       ni, nr, &keys));
	spec->ike_unique = sa->unique;
	spec->child_unique = child->unique;
	spec->reqid = child->config->reqid;
	memcpy(spec->conn, sa->conn->name, sizeof(spec->conn));
	memcpy(spec->child, child->config->name, sizeof(spec->child));
	spec->spi_in = child->spi_in;
	spec->spi_out = child->spi_out;
	spec->protocol = child->suite.protocol;
	spec->mode = child->mode;
	spec->encr = child->suite.encr;
	spec->integ = integ_of(child);
	spec->esn = child->suite.esn;
	spec->replay_window = child->config->replay_window;
	/* RFC7296 1.3.1: only for a peer that takes it */
	spec->tfc_padding = child->no_tfc || spec->protocol == PROTOCOL_AH ? 0 :
			    child->config->tfc_padding;
	spec->icmp = child->config->icmp;
	spec->copy_ecn = child->config->copy_ecn;
	spec->copy_df = child->config->copy_df;
	spec->copy_dscp = child->config->copy_dscp;
	spec->match = child->config->match;
	spec->path = sa->path;
	spec->encap = nat_encap(&sa->nat);
	spec->local_count = child->local_count;
	spec->remote_count = child->remote_count;
	memcpy(spec->local_ts, child->selectors, sizeof(struct selector) * child->local_count);
	memcpy(spec->remote_ts, child->selectors + child->local_count,
	       sizeof(struct selector) * child->remote_count);
	fill_keys(spec, &keys, sa->initiator);
	tell_keys(e, sa, child, spec);
out:
	if (err)
		job_abandon(e, job->id);
	child_keys_clear(&keys);
	return err;
}

void child_installed(struct adit_engine *e, struct ike_sa *sa, struct child_sa *child)
{
	struct event *event;

	child->state = CHILD_UP;
	child->installed_at = e->now;
	event = report_new(e, EVENT_CHILD_UP, sa, child);
	if (event)
		report_send(e, event);
}

bool child_update_paths(struct adit_engine *e, struct ike_sa *sa)
{
	FOR_CHILDREN(e, sa, child) {
		struct job *job;

		if (child->state < CHILD_UP)
			continue;
		job = job_new(e, JOB_CHILD_UPDATE, OWNER_NONE, SLAB_NONE);
		if (!job) {
			count(e, COUNTER_DROP_LIMIT);
			return false;
		}
		job->child.spec.child_unique = child->unique;
		job->child.spec.spi_in = child->spi_in;
		job->child.spec.spi_out = child->spi_out;
		job->child.spec.path = sa->path;
		job->child.spec.encap = nat_encap(&sa->nat);
	}
	return true;
}

void child_delete(struct adit_engine *e, struct ike_sa *sa, struct child_sa *child)
{
	struct exchange *x;

	if (child->state == CHILD_DELETING || sa->phase != PHASE_UP)
		return;
	x = informational_queue(e, sa);
	if (!x) {
		child_destroy(e, child, ERR_LIMIT);
		return;
	}
	x->info.delete_child = child->unique;
	x->info.delete_spi = child->spi_in;
	x->info.delete_protocol = child->suite.protocol;
	child->state = CHILD_DELETING;
	exchange_pump(e, sa);
}
