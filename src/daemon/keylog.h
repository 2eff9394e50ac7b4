/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keylog: keys for Wireshark, written only when an operator named a folder (adit.keylog).
 *
 * The folder holds ikev2_decryption_table and esp_sa, which Wireshark and tshark read from a
 * profile. THE FILES HOLD LIVE KEYS: they are made with mode 0600, lines are appended, nothing is
 * ever logged, and lines are wiped from memory when they are written. Suites that Wireshark has no
 * name for are left out and said so.
 */
#ifndef ADIT_DAEMON_KEYLOG_H
#define ADIT_DAEMON_KEYLOG_H

#include "event.h"

#define KEYLOG_LINE_MAX 2048

/* One line each, without the line's end; ERR_UNSUPPORTED for a suite that Wireshark does not know.
 */
MUST_USE enum err text_keylog_ike(struct text *t, const struct event *e);
/* Two lines: inbound and outbound. */
MUST_USE enum err text_keylog_child(struct text *t, const struct event *e);

/* Appends what an EVENT_IKE_KEYS or EVENT_CHILD_KEYS holds. ERR_SYSTEM with errno set; EPERM: the
 * file is not ours alone (owner, mode 0600). */
MUST_USE enum err keylog_write(const char *folder, const struct event *e);

#endif
