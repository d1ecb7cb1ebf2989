/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a vCPU wait inside an update (a non-atomic read-modify-write): after the instruction has
 * read its memory, before it writes. If another vCPU changes the memory meanwhile, that change is
 * lost.
 */
#ifndef RIG_PLUGIN_UPDATE_H
#define RIG_PLUGIN_UPDATE_H

#include <stdbool.h>

#include "plugin/orders.h"

struct qemu_plugin_insn;

/*
 * Prepares the watches of ORDERS of the kind WATCH_UPDATE. REACHED is called, with the watch, when
 * a vCPU has read the memory of an update at which it is held. Returns false if memory cannot be
 * allocated.
 */
bool updates_start(struct orders *orders, void (*reached)(unsigned int cpu, void *watch));
/*
 * Instruments INSN, which is in the range of WATCH. IS_FIRST: it is the range's first instruction;
 * IS_UPDATE: it is an update. FLAGS are those that REACHED needs.
 */
void updates_watch(struct qemu_plugin_insn *insn, struct watch *watch, bool is_first,
		   bool is_update, int flags);

#endif
