/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the arena that owns all memory of one configuration, or of one tree of settings.
 *
 * Things are added and never given back one by one; store_free() wipes and frees everything, which
 * matters because pre-shared keys live here. The hooks come from a struct memory, so that tests can
 * count and refuse. Never shared between threads while it grows.
 */
#ifndef ADIT_CONFIG_STORE_H
#define ADIT_CONFIG_STORE_H

#include "memory.h"

#define STORE_LIMIT ((size_t)512 << 20) /* bytes; 10,000 connections take about 60 MiB */

struct config_store;

/* An empty store with the hooks and the limit of like; NULL when out of memory. */
struct config_store *store_new(const struct memory *like);
void store_free(struct config_store *s);
/* count zero-filled items of size bytes, aligned for any type; NULL when out of memory. At least
 * one byte. */
void *store_alloc(struct config_store *s, size_t count, size_t size);
/* A NUL-terminated copy; NULL when out of memory. */
char *store_text(struct config_store *s, struct span text);
/* Where it gets its memory, for what is given back at once. */
struct memory *store_memory(struct config_store *s);

#endif
