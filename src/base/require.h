/* SPDX-License-Identifier: Apache-2.0 */
/*
 * require: assertions that stay on in release builds.
 *
 * A broken requirement is a bug of ours and ends the process. Never use it on bytes from a peer, a
 * file or a control client: those get an error (error.h).
 */
#ifndef ADIT_BASE_REQUIRE_H
#define ADIT_BASE_REQUIRE_H

/* Reports the place on standard error with write(2) and aborts. */
_Noreturn void require_failed(const char *what, const char *file, int line);

#define REQUIRE(cond) \
	((cond) ? (void)0 : require_failed(#cond, __FILE__, __LINE__))

#endif
