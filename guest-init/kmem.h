/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory blocks that the driver kmem has added for a dax device. The agents dax and cxl write
 * states to them, and set all of them offline before the memory is removed.
 */
#ifndef GUEST_KMEM_H
#define GUEST_KMEM_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"

#define KMEM_BUS "/sys/bus/dax"
#define KMEM_DRIVER KMEM_BUS "/drivers/kmem"
#define KMEM_NAME 32
#define KMEM_STATES 8

struct kmem {
	char dax[KMEM_NAME];	/* "dax0.0" */
	uint64_t first, end;	/* its whole memory blocks; valid after kmem_locate() */
	enum op states[KMEM_STATES];
	unsigned n_states;
	uint64_t writes;	/* maximum number before the memory is removed */
	uint64_t left, tries;
	bool leaving;		/* all blocks are being set offline */
};

/* Reads the parameters `states` and `writes`. Returns 0, or -errno after run_fail(). */
int kmem_prepare(struct run *run, struct kmem *kmem);

/*
 * Computes the blocks of the dax device, from its sysfs files. kmem adds only whole memory blocks.
 * Returns 0 or -errno.
 */
int kmem_locate(struct kmem *kmem);
/*
 * With THERE, returns 0 if all its blocks exist, else -ENXIO. Without, returns 0 if none exists,
 * else -EBUSY.
 */
int kmem_check(const struct kmem *kmem, bool there);
/* Returns true if the device is bound to the driver whose folder in sysfs is DRIVER. */
bool kmem_bound(const struct kmem *kmem, const char *driver);

/* Draws the number of writes. Must be called after the memory was added. */
void kmem_begin(struct run *run, struct kmem *kmem);
/*
 * One operation: writes a state to a block. Returns true, without an operation, when all blocks are
 * offline and the memory is to be removed: a block that is online at the unbind would stay until
 * the next boot (drivers/dax/kmem.c, dev_dax_kmem_remove), so no other agent may set these online.
 */
bool kmem_turn(struct run *run, struct kmem *kmem);
/* Sets all blocks offline, for `cleanup`. False: a block stays online; do not remove the memory. */
bool kmem_leave(struct run *run, struct kmem *kmem);

#endif
