/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_daemon: a child process that answers VICI on a UNIX socket with canned messages.
 *
 * It is the real server room under invented commands, so that the command is tested against what
 * the daemon speaks. The child ends with fake_stop().
 */
#ifndef ADIT_TESTS_FAKE_DAEMON_H
#define ADIT_TESTS_FAKE_DAEMON_H

#include <sys/types.h>

#include "vici.h"

enum fake_mood {
	FAKE_WELL,    /* two connections are configured, gw and office; gw is up */
	FAKE_EMPTY,   /* nothing is configured, nothing is up */
	FAKE_REFUSES, /* every change fails */
	FAKE_LEAVES,  /* ends after adit-log and one more line */
	FAKE_OLD,     /* knows no commands */
	FAKE_SILENT,  /* takes requests and never answers */
	FAKE_DIES,    /* closes the connection instead of answering */
	FAKE_BABBLES, /* answers with what is not VICI */
};

struct fake {
	pid_t pid;
	char folder[64], path[96];
};

void fake_start(struct fake *f, enum fake_mood mood);
void fake_stop(struct fake *f);

/* list-sa's message for the SA that is up, also for tests of its printing. */
void fake_sa(struct vici_writer *v);
void fake_conns(struct vici_writer *v);

#endif
