/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print: VICI messages for people and for programs.
 *
 * Values come from peers by way of the daemon: for a terminal everything but printable ASCII is
 * escaped as \xNN, for JSON (RFC 8259) quotes, backslashes, controls and what is not UTF-8
 * (RFC 3629) are. Nothing here judges a value; what does not apply is left out.
 */
#ifndef ADIT_CLI_PRINT_H
#define ADIT_CLI_PRINT_H

#include <stdio.h>

#include "vici.h"

/* Text that somebody else chose, on one line. */
void print_text(FILE *out, struct span text);
/* The same of several lines, each ended. */
void print_lines(FILE *out, struct span text);
/* Any text as a JSON string, with its quotes. */
void print_json_string(FILE *out, struct span text);
/*
 * A well-formed message as one JSON object on one line, without a new line: sections are objects,
 * lists arrays, values strings.
 */
void print_json(FILE *out, struct span message);
/* The same as indented lines for people: "key: value"; an answer's success is left out. */
void print_tree(FILE *out, struct span message);

/* "3 min 12 s", "2 d 4 h": the two largest units of so many seconds (decimal text). */
void print_duration(FILE *out, struct span seconds);
/* "1.2 KiB" from bytes as decimal text. */
void print_bytes(FILE *out, struct span bytes);
/* The items of a list at the message's top level, with `between` between them; false: no such list,
 * or empty. */
bool print_list(FILE *out, struct span message, const char *list, const char *between);

#endif
