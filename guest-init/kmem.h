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
	/* numbers of its memory blocks, from `first` to `end` - 1; valid after kmem_locate() */
	uint64_t first, end;
	enum op states[KMEM_STATES];
	unsigned n_states;
	uint64_t writes;	/* maximum number of writes before the memory is removed */
	/*
	 * `left`: number of writes until the memory is removed; `tries`: number of failed attempts
	 * to set the current block offline
	 */
	uint64_t left, tries;
	bool leaving;		/* all blocks are being set offline */
};

/* Reads the parameters `states` and `writes`. Returns 0, or -errno after run_fail(). */
int kmem_prepare(struct run *run, struct kmem *kmem);

/*
 * Computes `first` and `end` from the sysfs files of the dax device: the driver kmem adds only
 * whole memory blocks. Returns 0 or -errno.
 */
int kmem_locate(struct kmem *kmem);
/*
 * If THERE, returns 0 if all of the device's blocks exist, otherwise -ENXIO. If not THERE, returns
 * 0 if none of them exists, otherwise -EBUSY.
 */
int kmem_check(const struct kmem *kmem, bool there);
/* Returns true if the device is bound to the driver whose folder in sysfs is DRIVER. */
bool kmem_bound(const struct kmem *kmem, const char *driver);

/* Draws the number of writes. Must be called after the memory was added. */
void kmem_begin(struct run *run, struct kmem *kmem);
/*
 * Does one operation: writes a state to a block. After the number of writes that kmem_begin() drew,
 * each further call sets a block offline. Returns true, without an operation, when all blocks are
 * offline: the caller must then remove the memory. A block that is online when kmem is unbound
 * would remain until the next boot (drivers/dax/kmem.c, dev_dax_kmem_remove), so no other agent may
 * set these blocks online.
 */
bool kmem_turn(struct run *run, struct kmem *kmem);
/*
 * Sets all blocks offline, for `cleanup`. Returns false if a block remains online; then the memory
 * must not be removed.
 */
bool kmem_leave(struct run *run, struct kmem *kmem);

#endif
