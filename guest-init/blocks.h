/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of /sys/devices/system/memory that agents write to, with an open file for each
 * block. Writing to the open file of a removed block gives ENODEV.
 */
#ifndef GUEST_BLOCKS_H
#define GUEST_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "files.h"

#define BLOCKS_DIR "/sys/devices/system/memory"
#define BLOCKS_MAX LISTING_MAX

struct block {
	unsigned number;
	int fd; /* the open attribute file; -1 if not open yet */
};

struct blocks {
	const char *choice;    /* "hotplugged", "all", "movable", or a list of numbers */
	const char *attribute; /* "state" or "online" */
	uint64_t checked_ns;
	unsigned count;
	struct block at[BLOCKS_MAX];
	struct listing dir;
};

/* Records which blocks exist when init starts; all others were plugged later. 0 or -errno. */
int blocks_remember(void);
/* True: the block existed when init started. */
bool blocks_at_boot(unsigned number);
/* Gets the N-th of the blocks that existed at boot, in ascending order; false: there are fewer. */
bool blocks_boot(unsigned n, unsigned *ret);

/* Returns the size of a block in bytes; 0 without memory hotplug. */
uint64_t blocks_size(void);

/* True: the block has no memory, because the agent `probe` added it. */
bool blocks_void(uint64_t number);

/* Checks CHOICE. Does not open or list blocks. Returns 0 or -errno. */
int blocks_init(struct blocks *blocks, const char *choice, const char *attribute);

/*
 * Lists the blocks again if some were added or removed. Checks this at most every 20 ms, unless
 * blocks_gone() was called.
 */
void blocks_refresh(struct blocks *blocks, uint64_t now_ns);

/* Returns the file descriptor of the block's open attribute, or -errno. */
int blocks_file(struct blocks *blocks, struct block *block);
/* Must be called after an ENODEV or ENOENT for the block. */
void blocks_gone(struct blocks *blocks, struct block *block);

#endif
