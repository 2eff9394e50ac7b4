/* SPDX-License-Identifier: Apache-2.0 */
/*
 * liveness: is the peer still there (RFC 7296 2.4). An empty INFORMATIONAL request when nothing
 * authentic came for dpd_delay, neither IKE nor, as the dataplane tells, ESP.
 */
#ifndef ADIT_IKE_FEATURE_LIVENESS_H
#define ADIT_IKE_FEATURE_LIVENESS_H

#include "job.h"
#include "timers.h"

struct adit_engine;
struct ike_sa;

struct liveness {
	nanos last_in;      /* the last authentic IKE message */
	struct timer timer;
	job_id query;       /* out, or 0 */
};

void liveness_start(struct adit_engine *e, struct ike_sa *sa);
void liveness_timer(struct adit_engine *e, struct ike_sa *sa);
/* Asks now, when the SA is up and nothing of ours is out. The SA may end. */
void liveness_probe(struct adit_engine *e, struct ike_sa *sa);
void liveness_queried(struct adit_engine *e, struct ike_sa *sa, const struct job_result *result);

#endif
