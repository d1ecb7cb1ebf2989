/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of /sys/devices/system/memory that agents write to, with an open file each. A
 * write to the open file of a removed block gives ENODEV.
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
	int fd; /* the open attribute; -1 if not open yet */
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
/* The N-th block that existed at boot, ascending; false: there are fewer. */
bool blocks_boot(unsigned n, unsigned *ret);

/* Bytes of a block; 0 without memory hotplug. */
uint64_t blocks_size(void);

/* True: a block without memory that the agent `probe` added. */
bool blocks_void(uint64_t number);

/* Checks CHOICE; opens and lists nothing. 0 or -errno. */
int blocks_init(struct blocks *blocks, const char *choice, const char *attribute);

/*
 * Lists again if blocks were added or removed; checks at most every 20 ms unless blocks_gone() was
 * called.
 */
void blocks_refresh(struct blocks *blocks, uint64_t now_ns);

/* The open attribute of a block, or -errno. */
int blocks_file(struct blocks *blocks, struct block *block);
/* To be called after an ENODEV or ENOENT for the block. */
void blocks_gone(struct blocks *blocks, struct block *block);

#endif
