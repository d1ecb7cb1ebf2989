/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of /sys/devices/system/memory that agents write to, with an open file for each
 * block. A write to the open file of a removed block fails with ENODEV.
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
	int fd; /* the attribute file; -1 if it was not opened yet */
};

struct blocks {
	const char *choice;    /* "hotplugged", "all", "movable", or a list of numbers */
	const char *attribute; /* "state" or "online" */
	/* when blocks_refresh() last checked the folder; 0: it must check at the next call */
	uint64_t checked_ns;
	unsigned count;
	struct block at[BLOCKS_MAX];
	struct listing dir;
};

/*
 * Records which blocks exist when init starts; all others were plugged later. Returns 0 or -errno.
 */
int blocks_remember(void);
/* Returns true if the block existed when init started. */
bool blocks_at_boot(unsigned number);
/*
 * Sets *RET to the number of the N-th block that existed when init started, in ascending order.
 * Returns false if there are fewer.
 */
bool blocks_boot(unsigned n, unsigned *ret);

/* Returns the size of a block in bytes, or 0 if the kernel has no memory hotplug. */
uint64_t blocks_size(void);

/* Returns true if the agent `probe` has added the block, at an address without memory. */
bool blocks_void(uint64_t number);

/* Initialises BLOCKS and checks CHOICE. Does not list or open blocks. Returns 0 or -errno. */
int blocks_init(struct blocks *blocks, const char *choice, const char *attribute);

/*
 * Lists the blocks again if some were added or removed. Does nothing if the last check was less
 * than 20 ms ago, unless blocks_gone() was called since.
 */
void blocks_refresh(struct blocks *blocks, uint64_t now_ns);

/* Returns the file descriptor of the block's open attribute, or -errno. */
int blocks_file(struct blocks *blocks, struct block *block);
/*
 * Must be called after ENODEV or ENOENT from a file of the block: makes the next blocks_refresh()
 * list all blocks again.
 */
void blocks_gone(struct blocks *blocks, struct block *block);

#endif
