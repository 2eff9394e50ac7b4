/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: the engine's jobs, done. One row a kind; public-key work and secrets are here and nowhere
 * else in the daemon.
 */
#ifndef ADIT_DAEMON_WORKER_H
#define ADIT_DAEMON_WORKER_H

#include "dataplane.h"
#include "engine.h"
#include "sign.h"

struct worker {
	const struct crypto *crypto;
	const struct dataplane_ops *ops;
	struct dataplane *plane;
	/* Room for results. */
	uint8_t a[KE_PRIVATE_MAX], b[KE_PRIVATE_MAX];
	struct sign_result signature;
	char why[400];
};

/* Does the job and completes it; nothing of a secret stays behind. */
void worker_do(struct worker *w, struct adit_engine *e, const struct job *job, nanos now);

#endif
