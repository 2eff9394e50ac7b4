/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error: the one error type of the house.
 *
 * An error is one row: name, whose fault it is, and words. PEER: what came from outside is wrong;
 * LOCAL: our memory, limits, system or configuration; WAIT: a job is out, come back later.
 * A bug is neither: it is a broken REQUIRE.
 */
#ifndef ADIT_BASE_ERROR_H
#define ADIT_BASE_ERROR_H

#include "span.h"

enum err_kind { ERR_KIND_NONE, ERR_KIND_PEER, ERR_KIND_LOCAL, ERR_KIND_WAIT };

#define ERROR_ROWS(X)                                                                            \
	X(OK, NONE, "no error")                                                                  \
	X(TRUNCATED, PEER, "ends before it should")                                              \
	X(TRAILING, PEER, "has bytes left over")                                                 \
	X(LENGTH, PEER, "has a wrong length")                                                    \
	X(SYNTAX, PEER, "is malformed")                                                          \
	X(VERSION, PEER, "has an unsupported major version")                                     \
	X(CRITICAL, PEER, "has an unknown critical payload")                                     \
	X(TOO_MANY, PEER, "has more items than we take")                                         \
	X(MISSING, PEER, "lacks a required payload")                                             \
	X(UNEXPECTED, PEER, "has a payload or exchange that is not allowed there")               \
	X(INTEGRITY, PEER, "fails its integrity check")                                          \
	X(REPLAY, PEER, "was seen before")                                                       \
	X(MESSAGE_ID, PEER, "has a message ID outside the window")                               \
	X(UNKNOWN_SPI, PEER, "names an SPI we do not have")                                      \
	X(NO_PROPOSAL, PEER, "offers no proposal we accept")                                     \
	X(KE_METHOD, PEER, "uses a key exchange method we did not choose")                       \
	X(KE_VALUE, PEER, "has an unacceptable public key")                                      \
	X(AUTH, PEER, "fails authentication")                                                    \
	X(SELECTOR, PEER, "has unacceptable traffic selectors")                                  \
	X(REFUSED, PEER, "refused by the peer")                                                  \
	X(TIMEOUT, PEER, "was not answered in time")                                             \
	X(DELETED, PEER, "deleted")                                                              \
	X(MEMORY, LOCAL, "out of memory")                                                        \
	X(LIMIT, LOCAL, "a configured limit is reached")                                         \
	X(UNSUPPORTED, LOCAL, "not supported")                                                   \
	X(CONFIG, LOCAL, "configuration error")                                                  \
	X(NOT_FOUND, LOCAL, "not found")                                                         \
	X(EXISTS, LOCAL, "exists already")                                                       \
	X(NO_ROUTE, LOCAL, "there is no route to the peer")                                      \
	X(SPACE, LOCAL, "does not fit into its buffer")                                          \
	X(CRYPTO, LOCAL, "the cryptographic library failed")                                     \
	X(SYSTEM, LOCAL, "a system call failed")                                                 \
	X(CANCELLED, LOCAL, "cancelled")                                                         \
	X(PENDING, WAIT, "a job is out")

enum err {
#define X(name, kind, words) ERR_##name,
	ERROR_ROWS(X)
#undef X
	ERR_ROWS
};

/* "TRUNCATED", "NO_PROPOSAL", …: stable, for logs and counters. */
const char *err_name(enum err err);
/* A phrase that completes "the message …". */
const char *err_words(enum err err);
enum err_kind err_kind(enum err err);

/* Leaves for the function's single `out:` label with `err` set. */
#define TRY(expr)                         \
	do {                              \
		err = (expr);             \
		if (err != ERR_OK)        \
			goto out;         \
	} while (0)

/* The same with a condition and the error it stands for. */
#define TRY_THAT(cond, code)              \
	do {                              \
		if (!(cond)) {            \
			err = (code);     \
			goto out;         \
		}                         \
	} while (0)

#endif
