/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory blocks of /sys/devices/system/memory that something writes to: which there are, with an
 * open file each. A write to an open file whose block was removed meanwhile gives ENODEV.
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
	int fd; /* of the attribute, -1 when not open yet */
};

struct blocks {
	const char *choice;    /* "hotplugged", "all", "movable", or a list of numbers */
	const char *attribute; /* "state" or "online" */
	uint64_t checked_ns;
	unsigned count;
	struct block at[BLOCKS_MAX];
	struct listing dir;
};

/* Remembers which blocks were there when init started: the others were plugged in. 0 or -errno. */
int blocks_remember(void);
/* Was it there then? */
bool blocks_at_boot(unsigned number);
/* The N-th of those, ascending; false where there are not as many. */
bool blocks_boot(unsigned n, unsigned *ret);

/* Bytes of a block; 0 without memory hotplug. */
uint64_t blocks_size(void);

/* A block that `probe` made up, without memory behind it. */
bool blocks_void(uint64_t number);

/* CHOICE is checked; nothing is opened or listed. 0 or -errno. */
int blocks_init(struct blocks *blocks, const char *choice, const char *attribute);

/* Lists anew if blocks came or went; looks at most every 20 ms unless one was seen to be gone. */
void blocks_refresh(struct blocks *blocks, uint64_t now_ns);

/* The open attribute of a block, or -errno. */
int blocks_file(struct blocks *blocks, struct block *block);
/* After an ENODEV or ENOENT there. */
void blocks_gone(struct blocks *blocks, struct block *block);

#endif
