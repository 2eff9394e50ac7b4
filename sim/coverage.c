/* SPDX-License-Identifier: Apache-2.0 */
/* coverage: counts what the runs met, and says what they never met. */
#include "coverage.h"

#include <inttypes.h>

#include "registry.h"
#include "require.h"

#define X(name) #name,
static const char *const row_names[] = { COVERAGE_EXCHANGE_ROWS(X) };
static const char *const sender_names[] = { COVERAGE_SENDER_ROWS(X) };
static const char *const fault_names[] = { COVERAGE_FAULT_ROWS(X) };
static const char *const job_fault_names[] = { COVERAGE_JOB_FAULT_ROWS(X) };
static const char *const work_names[] = { COVERAGE_WORK_ROWS(X) };
#undef X

/* The cells that this stage of the protocol can reach. */
#define SENDER_BIT(name) (1u << SENDER_##name)
#define SENDERS_HANDSHAKE (SENDER_BIT(I_REQUEST) | SENDER_BIT(R_RESPONSE))
#define SENDERS_ALL (SENDERS_HANDSHAKE | SENDER_BIT(R_REQUEST) | SENDER_BIT(I_RESPONSE))

static const unsigned reachable_senders[COVERAGE_ROWS] = {
	[ROW_SA_INIT] = SENDERS_HANDSHAKE,
	[ROW_AUTH] = SENDERS_HANDSHAKE,
	[ROW_AUTH_FRAGMENT] = SENDERS_HANDSHAKE,
	[ROW_LIVENESS] = SENDERS_ALL,
	[ROW_DELETE_IKE] = SENDERS_ALL,
	[ROW_DELETE_CHILD] = SENDERS_ALL,
};

/* X(name, sent, received): what an engine of this stage must have sent and have been sent.
 * INVALID_MESSAGE_ID is optional (RFC 7296 2.3). */
#define REQUIRED_NOTIFIES(X)                            \
	X(UNSUPPORTED_CRITICAL_PAYLOAD, true, true)     \
	X(INVALID_IKE_SPI, true, true)                  \
	X(INVALID_MAJOR_VERSION, true, true)            \
	X(INVALID_SYNTAX, true, true)                   \
	X(NO_PROPOSAL_CHOSEN, true, true)               \
	X(INVALID_KE_PAYLOAD, true, true)               \
	X(AUTHENTICATION_FAILED, true, true)            \
	X(NO_ADDITIONAL_SAS, true, true)                \
	X(TS_UNACCEPTABLE, true, true)                  \
	X(TEMPORARY_FAILURE, true, true)                \
	X(CHILD_SA_NOT_FOUND, true, true)               \
	X(COOKIE, true, true)

static const struct {
	uint16_t type;
	bool sent, received;
} required_notifies[] = {
#define X(name, sent, received) { NOTIFY_##name, sent, received },
	REQUIRED_NOTIFIES(X)
#undef X
};

/* What the fixed certificates can be refused for; src/pki's own tests have the others. */
static const enum verify_fault required_verdicts[] = {
	VERIFY_NONE, VERIFY_NO_CERT, VERIFY_EXPIRED, VERIFY_NOT_YET_VALID, VERIFY_REVOKED,
	VERIFY_REVOCATION_UNKNOWN, VERIFY_UNTRUSTED, VERIFY_SCHEME, VERIFY_SIGNATURE,
	VERIFY_IDENTITY,
};

const char *coverage_row_name(enum coverage_row row)
{
	return row_names[row];
}

const char *coverage_sender_name(enum coverage_sender sender)
{
	return sender_names[sender];
}

const char *coverage_fault_name(enum coverage_fault fault)
{
	return fault_names[fault];
}

const char *coverage_job_fault_name(enum job_fault fault)
{
	return job_fault_names[fault];
}

const char *coverage_work_name(enum coverage_work work)
{
	return work_names[work];
}

enum coverage_work coverage_work_of(enum job_kind kind, bool certificates)
{
	static const enum coverage_work works[JOB_KINDS] = {
		[JOB_KE_GENERATE] = WORK_KE_GENERATE,     [JOB_KE_AGREE] = WORK_KE_AGREE,
		[JOB_AUTH_SIGN] = WORK_AUTH_SIGN,         [JOB_AUTH_VERIFY] = WORK_AUTH_VERIFY,
		[JOB_CHILD_INSTALL] = WORK_CHILD_INSTALL, [JOB_CHILD_UPDATE] = WORK_CHILD_UPDATE,
		[JOB_CHILD_REMOVE] = WORK_CHILD_REMOVE,   [JOB_CHILD_QUERY] = WORK_CHILD_QUERY,
	};

	REQUIRE(kind > 0 && kind < JOB_KINDS);
	if (certificates)
		return kind == JOB_AUTH_SIGN ? WORK_CERT_SIGN : WORK_CERT_VERIFY;
	return works[kind];
}

void coverage_exchange(struct coverage *c, enum coverage_row row, enum coverage_sender sender,
		       enum coverage_fault fault)
{
	c->exchanges[row][sender][fault]++;
}

void coverage_job(struct coverage *c, enum coverage_work work, enum job_fault fault)
{
	c->jobs[work][fault]++;
}

void coverage_verdict(struct coverage *c, enum err err, struct span why)
{
	for (unsigned v = VERIFY_NONE + 1; err && v < COVERAGE_VERDICTS; v++) {
		struct span words = span_text(verify_fault_words((enum verify_fault)v));

		if (span_equal(span_head(why, words.len), words))
			c->verdicts[v]++;
	}
	if (!err)
		c->verdicts[VERIFY_NONE]++;
}

static const struct coverage_notify *notify_counted(const struct coverage *c, uint16_t type)
{
	for (size_t i = 0; i < c->notifies_count; i++) {
		if (c->notifies[i].type == type)
			return &c->notifies[i];
	}
	return NULL;
}

void coverage_notify(struct coverage *c, uint16_t type, bool sent)
{
	size_t i = 0;

	while (i < c->notifies_count && c->notifies[i].type != type)
		i++;
	if (i == c->notifies_count) {
		if (c->notifies_count == COVERAGE_NOTIFIES_MAX)
			return;
		c->notifies[c->notifies_count++].type = type;
	}
	if (sent)
		c->notifies[i].sent++;
	else
		c->notifies[i].received++;
}

static void exchanges_print(const struct coverage *c, FILE *to)
{
	fprintf(to, "%-14s %-11s", "exchange", "sender");
	for (unsigned f = 0; f < COVERAGE_FAULTS; f++)
		fprintf(to, " %10s", fault_names[f]);
	fputc('\n', to);
	for (unsigned r = 0; r < COVERAGE_ROWS; r++) {
		for (unsigned s = 0; s < COVERAGE_SENDERS; s++) {
			if (c->exchanges[r][s][FAULT_DELIVERED] == 0 &&
			    !(reachable_senders[r] & 1u << s))
				continue;
			fprintf(to, "%-14s %-11s", row_names[r], sender_names[s]);
			for (unsigned f = 0; f < COVERAGE_FAULTS; f++)
				fprintf(to, " %10" PRIu64, c->exchanges[r][s][f]);
			fputc('\n', to);
		}
	}
}

static const char *verdict_words(unsigned verdict)
{
	return verdict == VERIFY_NONE ? "good" : verify_fault_words((enum verify_fault)verdict);
}

void coverage_print(const struct coverage *c, FILE *to)
{
	fprintf(to, "%" PRIu64 " runs, %" PRIu64 " steps, %" PRIu64 " datagrams\n\n", c->runs,
		c->steps, c->datagrams);
	exchanges_print(c, to);
	fprintf(to, "\n%-26s", "job");
	for (unsigned f = 0; f < JOB_FAULTS; f++)
		fprintf(to, " %10s", job_fault_names[f]);
	fputc('\n', to);
	for (unsigned k = 0; k < COVERAGE_WORKS; k++) {
		fprintf(to, "%-26s", work_names[k]);
		for (unsigned f = 0; f < JOB_FAULTS; f++)
			fprintf(to, " %10" PRIu64, c->jobs[k][f]);
		fputc('\n', to);
	}
	fprintf(to, "\n%-80s %10s\n", "verdict on a certificate", "given");
	for (unsigned v = 0; v < COVERAGE_VERDICTS; v++) {
		if (c->verdicts[v] > 0)
			fprintf(to, "%-80s %10" PRIu64 "\n", verdict_words(v), c->verdicts[v]);
	}
	fprintf(to, "\n%-37s %10s %10s\n", "notify", "sent", "received");
	for (size_t i = 0; i < c->notifies_count; i++) {
		const struct coverage_notify *n = &c->notifies[i];
		const char *name = notify_name(n->type);

		fprintf(to, "%-30s %6u %10" PRIu64 " %10" PRIu64 "\n", name ? name : "?",
			n->type, n->sent, n->received);
	}
}

static bool jobs_complete(const struct coverage *c, FILE *to)
{
	bool complete = true;

	for (unsigned k = 0; k < COVERAGE_WORKS; k++) {
		for (unsigned f = 0; f < JOB_FAULTS; f++) {
			if (c->jobs[k][f] > 0)
				continue;
			fprintf(to, "never met: job %s %s\n", work_names[k], job_fault_names[f]);
			complete = false;
		}
	}
	return complete;
}

static bool verdicts_complete(const struct coverage *c, FILE *to)
{
	bool complete = true;

	for (size_t i = 0; i < ARRAY_LEN(required_verdicts); i++) {
		if (c->verdicts[required_verdicts[i]] > 0)
			continue;
		fprintf(to, "never given: %s\n", verdict_words(required_verdicts[i]));
		complete = false;
	}
	return complete;
}

static bool notifies_complete(const struct coverage *c, FILE *to)
{
	bool complete = true;

	for (size_t i = 0; i < ARRAY_LEN(required_notifies); i++) {
		const struct coverage_notify *n = notify_counted(c, required_notifies[i].type);
		const char *name = notify_name(required_notifies[i].type);

		REQUIRE(name != NULL);
		if (required_notifies[i].sent && (!n || n->sent == 0)) {
			fprintf(to, "never sent: %s\n", name);
			complete = false;
		}
		if (required_notifies[i].received && (!n || n->received == 0)) {
			fprintf(to, "never received: %s\n", name);
			complete = false;
		}
	}
	return complete;
}

bool coverage_complete(const struct coverage *c, FILE *to)
{
	bool complete = true;

	for (unsigned r = 0; r < COVERAGE_ROWS; r++) {
		for (unsigned s = 0; s < COVERAGE_SENDERS; s++) {
			if (!(reachable_senders[r] & 1u << s))
				continue;
			for (unsigned f = 0; f < COVERAGE_FAULTS; f++) {
				if (c->exchanges[r][s][f] > 0)
					continue;
				fprintf(to, "never met: %s %s %s\n", row_names[r], sender_names[s],
					fault_names[f]);
				complete = false;
			}
		}
	}
	complete = jobs_complete(c, to) && complete;
	complete = verdicts_complete(c, to) && complete;
	return notifies_complete(c, to) && complete;
}
