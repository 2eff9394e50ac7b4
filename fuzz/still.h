/* SPDX-License-Identifier: Apache-2.0 */
/*
 * still: memory that goes back to a moment, so that an input starts in the middle of a conversation
 * without leading up to it.
 *
 * Blocks taken before the moment live in an arena with poisoned gaps and are copied; those taken
 * later come from malloc(), where the sanitizer looks best. Going back wants every later block to
 * have been given back.
 */
#ifndef ADIT_FUZZ_STILL_H
#define ADIT_FUZZ_STILL_H

#include "memory.h"

#define STILL_BLOCKS_MAX 512

struct still {
	struct memory memory;
	bool taken;          /* the moment has come */
	uint8_t *arena, *copy, *filled;
	size_t len;          /* of the arena, in use */
	struct {
		size_t offset, len;
		bool live;   /* at the moment, once it has come */
	} blocks[STILL_BLOCKS_MAX];
	size_t count, used;  /* blocks; bytes that memory counted at the moment */
};

/* It stays where it is: the memory's hooks know it. */
void still_init(struct still *s);
void still_take(struct still *s);
/* REQUIREs that nothing is out but the blocks of the moment, if those. */
void still_return(struct still *s);

#endif
