/* SPDX-License-Identifier: Apache-2.0 */
#include "reached.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "counters.h"
#include "require.h"
#include "rules.h"

#define RULES_MAX 64
#define PAYLOAD_BITS 64
#define DIAGNOSES (DIAGNOSIS_SYNTAX + 1)

static struct {
	uint64_t rows[RULES_MAX], payloads[RULES_MAX][PAYLOAD_BITS];
	uint64_t asked[UINT16_MAX + 1], found[UINT16_MAX + 1];
	uint64_t jobs[JOB_KINDS][2];
	uint64_t diagnoses[DIAGNOSES];
	uint64_t counters[COUNTERS];
} reached;

/* What no input can reach, and why. */
static const struct {
	enum counter counter;
	const char *why;
} excused[] = {
	{ COUNTER_CREATE_CHILD_OUT_REQ, "we answer CREATE_CHILD_SA and send none" },
	{ COUNTER_CREATE_CHILD_IN_RESP, "we answer CREATE_CHILD_SA and send none" },
	{ COUNTER_DROP_OUTPUT, "outputs are taken after every call" },
	{ COUNTER_EVENTS_LOST, "events are taken after every call" },
};

static const char *const job_names[JOB_KINDS] = {
	[JOB_KE_GENERATE] = "KE_GENERATE",     [JOB_KE_AGREE] = "KE_AGREE",
	[JOB_AUTH_SIGN] = "AUTH_SIGN",	       [JOB_AUTH_VERIFY] = "AUTH_VERIFY",
	[JOB_CHILD_INSTALL] = "CHILD_INSTALL", [JOB_CHILD_UPDATE] = "CHILD_UPDATE",
	[JOB_CHILD_REMOVE] = "CHILD_REMOVE",   [JOB_CHILD_QUERY] = "CHILD_QUERY",
};

static const char *const diagnosis_names[DIAGNOSES] = {
	[DIAGNOSIS_PROPOSAL] = "PROPOSAL",
	[DIAGNOSIS_KE] = "KE",
	[DIAGNOSIS_NO_CONNECTION] = "NO_CONNECTION",
	[DIAGNOSIS_IDENTITY] = "IDENTITY",
	[DIAGNOSIS_SECRET] = "SECRET",
	[DIAGNOSIS_CERTIFICATE] = "CERTIFICATE",
	[DIAGNOSIS_SELECTORS] = "SELECTORS",
	[DIAGNOSIS_TIMEOUT] = "TIMEOUT",
	[DIAGNOSIS_REFUSED] = "REFUSED",
	[DIAGNOSIS_LOCAL] = "LOCAL",
	[DIAGNOSIS_SYNTAX] = "SYNTAX",
};

/* ---- between the engine and its tables: -Wl,--wrap ---- */

enum err __real_rule_check(const struct rule *rule, const struct payload_list *list);
enum err __wrap_rule_check(const struct rule *rule, const struct payload_list *list);
bool __real_notify_find(struct notify *ret, const struct payload_list *list, uint16_t type);
bool __wrap_notify_find(struct notify *ret, const struct payload_list *list, uint16_t type);

static void message_count(size_t row, const struct payload_list *list)
{
	reached.rows[row]++;
	for (size_t i = 0; i < list->count; i++) {
		if (payload_name(list->items[i].type))
			reached.payloads[row][list->items[i].type - PAYLOAD_SA]++;
	}
}

enum err __wrap_rule_check(const struct rule *rule, const struct payload_list *list)
{
	enum err err = __real_rule_check(rule, list);
	size_t row = 0;

	while (rule_at(row) != rule)
		row++;
	REQUIRE(row < RULES_MAX);
	if (!err) /* it goes to its step */
		message_count(row, list);
	return err;
}

bool __wrap_notify_find(struct notify *ret, const struct payload_list *list, uint16_t type)
{
	bool found = __real_notify_find(ret, list, type);

	reached.asked[type]++;
	reached.found[type] += found;
	return found;
}

/* ---- what the targets see ---- */

void reached_job(enum job_kind kind, bool failed)
{
	reached.jobs[kind][failed]++;
}

void reached_event(const struct event *event)
{
	if (event->kind == EVENT_DIAGNOSIS)
		reached.diagnoses[event->diagnosis.kind]++;
}

void reached_counters(const struct adit_engine *e)
{
	for (size_t i = 0; i < COUNTERS; i++)
		reached.counters[i] += adit_engine_counter(e, i);
}

/* ---- at the end ---- */

struct sum {
	unsigned handlers, unreached;
};

static void line(struct sum *sum, const char *kind, const char *name, const char *part, uint64_t count)
{
	printf("%s %s %s%s%" PRIu64 "\n", count ? "reached" : "UNREACHED", kind, name, part, count);
	sum->handlers++;
	sum->unreached += count == 0;
}

static void rows_print(struct sum *sum)
{
	const struct rule *rule;
	char name[64], part[32];

	for (size_t row = 0; (rule = rule_at(row)); row++) {
		uint64_t taken = rule->required | rule->optional | PAYLOAD_BIT(PAYLOAD_NOTIFY) |
				 PAYLOAD_BIT(PAYLOAD_VENDOR);

		snprintf(name, sizeof(name), "%s %s phases %02x", exchange_name(rule->exchange),
			 rule->request ? "request" : "response", rule->phases);
		line(sum, "row", name, " ", reached.rows[row]);
		for (unsigned bit = 0; bit < PAYLOAD_BITS; bit++) {
			if (!(taken >> bit & 1))
				continue;
			snprintf(part, sizeof(part), " %s ", payload_name((uint8_t)(PAYLOAD_SA + bit)));
			line(sum, "payload", name, part, reached.payloads[row][bit]);
		}
	}
}

static const char *excuse(size_t counter)
{
	for (size_t i = 0; i < ARRAY_LEN(excused); i++) {
		if ((size_t)excused[i].counter == counter)
			return excused[i].why;
	}
	return NULL;
}

static void counters_print(struct sum *sum)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		if (reached.counters[i] == 0 && excuse(i))
			printf("excused counter %s: %s\n", adit_counter_name(i), excuse(i));
		else
			line(sum, "counter", adit_counter_name(i), " ", reached.counters[i]);
	}
}

/* Exit handlers cannot set the code that exit() was called with. */
static void at_end(void)
{
	const char *want = getenv("ADIT_FUZZ_REACHED");
	struct sum sum = { 0 };

	rows_print(&sum);
	for (uint32_t type = 0; type <= UINT16_MAX; type++) {
		if (reached.asked[type])
			line(&sum, "notify", notify_name((uint16_t)type), " ", reached.found[type]);
	}
	for (unsigned kind = 1; kind < JOB_KINDS; kind++) {
		line(&sum, "job", job_names[kind], " done ", reached.jobs[kind][0]);
		line(&sum, "job", job_names[kind], " failed ", reached.jobs[kind][1]);
	}
	for (unsigned kind = 1; kind < DIAGNOSES; kind++)
		line(&sum, "diagnosis", diagnosis_names[kind], " ", reached.diagnoses[kind]);
	counters_print(&sum);
	printf("%u handlers, %u unreached\n", sum.handlers, sum.unreached);
	fflush(stdout);
	if (sum.unreached && strcmp(want, "all") == 0)
		_exit(1);
}

void reached_init(void)
{
	const char *want = getenv("ADIT_FUZZ_REACHED");

	memset(&reached, 0, sizeof(reached)); /* what made the stages does not count */
	if (want)
		REQUIRE(atexit(at_end) == 0);
}
