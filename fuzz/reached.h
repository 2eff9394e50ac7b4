/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reached: which handlers the inputs of one process have reached, by the engine's own tables: rows of
 * rules.c with each payload they take, notifies that the engine asks for, jobs, diagnoses, counters.
 *
 * With ADIT_FUZZ_REACHED=print the process prints them when it ends; with =all it also fails when one
 * was not reached. The linker puts reached.c between the engine and rule_check() and notify_find().
 */
#ifndef ADIT_FUZZ_REACHED_H
#define ADIT_FUZZ_REACHED_H

#include "engine.h"

void reached_init(void);
void reached_job(enum job_kind kind, bool failed);
void reached_event(const struct event *event);
void reached_counters(const struct adit_engine *e);

#endif
