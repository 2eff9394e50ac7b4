/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coverage: what the runs of one process have met, so that a fault nobody ever met cannot pass for
 * one that is survived.
 *
 * Four tables: {exchange row × who sent it × fault of the network}, {job × fault of the executor},
 * {verdict on a peer's certificate}, and {error notify × sent and received by an engine}. A zero in
 * a cell that ought to be reachable fails coverage_complete().
 */
#ifndef ADIT_SIM_COVERAGE_H
#define ADIT_SIM_COVERAGE_H

#include <stdio.h>

#include "job.h"

/* X(name): exchanges, INFORMATIONAL by what it is for. A response counts to its request's row, a
 * fragment of IKE_AUTH to one of its own. */
#define COVERAGE_EXCHANGE_ROWS(X) \
	X(SA_INIT)                \
	X(AUTH)                   \
	X(AUTH_FRAGMENT)          \
	X(CREATE_CHILD)           \
	X(LIVENESS)               \
	X(DELETE_IKE)             \
	X(DELETE_CHILD)           \
	X(OTHER)

enum coverage_row {
#define X(name) ROW_##name,
	COVERAGE_EXCHANGE_ROWS(X)
#undef X
	COVERAGE_ROWS
};

/* Whose message: i and r are the SA's original initiator and responder. */
#define COVERAGE_SENDER_ROWS(X) X(I_REQUEST) X(R_RESPONSE) X(R_REQUEST) X(I_RESPONSE)

enum coverage_sender {
#define X(name) SENDER_##name,
	COVERAGE_SENDER_ROWS(X)
#undef X
	COVERAGE_SENDERS
};

#define COVERAGE_FAULT_ROWS(X) X(DELIVERED) X(LOST) X(DUPLICATED) X(DELAYED) X(FLIPPED) X(TRUNCATED)

enum coverage_fault {
#define X(name) FAULT_##name,
	COVERAGE_FAULT_ROWS(X)
#undef X
	COVERAGE_FAULTS
};

#define COVERAGE_JOB_FAULT_ROWS(X) X(DONE) X(LATE) X(OVERTAKEN) X(TWICE) X(NEVER) X(FAILED)

enum job_fault {
#define X(name) JOB_FAULT_##name,
	COVERAGE_JOB_FAULT_ROWS(X)
#undef X
	JOB_FAULTS
};

/* X(name): jobs by their kind, and beside them those with certificates. */
#define COVERAGE_WORK_ROWS(X) \
	X(KE_GENERATE)        \
	X(KE_AGREE)           \
	X(AUTH_SIGN)          \
	X(AUTH_VERIFY)        \
	X(CHILD_INSTALL)      \
	X(CHILD_UPDATE)       \
	X(CHILD_REMOVE)       \
	X(CHILD_QUERY)        \
	X(CERT_SIGN)          \
	X(CERT_VERIFY)

enum coverage_work {
#define X(name) WORK_##name,
	COVERAGE_WORK_ROWS(X)
#undef X
	COVERAGE_WORKS
};

#define COVERAGE_VERDICTS (VERIFY_IDENTITY + 1)
#define COVERAGE_NOTIFIES_MAX 128

struct coverage_notify {
	uint16_t type;
	uint64_t sent, received;
};

struct coverage {
	uint64_t exchanges[COVERAGE_ROWS][COVERAGE_SENDERS][COVERAGE_FAULTS];
	uint64_t jobs[COVERAGE_WORKS][JOB_FAULTS];
	uint64_t verdicts[COVERAGE_VERDICTS]; /* by enum verify_fault */
	struct coverage_notify notifies[COVERAGE_NOTIFIES_MAX];
	size_t notifies_count;
	uint64_t runs, steps, datagrams;
};

void coverage_exchange(struct coverage *c, enum coverage_row row, enum coverage_sender sender,
		       enum coverage_fault fault);
void coverage_job(struct coverage *c, enum coverage_work work, enum job_fault fault);
/* How a certificate job that was done ended, and in which words. */
void coverage_verdict(struct coverage *c, enum err err, struct span why);
void coverage_notify(struct coverage *c, uint16_t type, bool sent);
/* The four tables. */
void coverage_print(const struct coverage *c, FILE *to);
/* Names each reachable cell that is zero; true when there is none. */
bool coverage_complete(const struct coverage *c, FILE *to);

const char *coverage_row_name(enum coverage_row row);
const char *coverage_sender_name(enum coverage_sender sender);
const char *coverage_fault_name(enum coverage_fault fault);
const char *coverage_job_fault_name(enum job_fault fault);
const char *coverage_work_name(enum coverage_work work);
enum coverage_work coverage_work_of(enum job_kind kind, bool certificates);

#endif
