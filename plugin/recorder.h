/* SPDX-License-Identifier: GPL-2.0-only */
/* Connects the lock recorder to QEMU: reads registers and memory of the guest. */
#ifndef RIG_PLUGIN_RECORDER_H
#define RIG_PLUGIN_RECORDER_H

#include "plugin/api.h"
#include "plugin/orders.h"

/*
 * Starts recording. ORDERS must stay valid; FD is the file for the record. Returns NULL, or a
 * static string with the reason why locks cannot be recorded.
 */
const char *recorder_start(uint64_t id, const struct qemu_info *info, struct orders *orders,
			   int fd);
/*
 * Instruments INSN, which is the first instruction of the function of WATCH, or one that returns
 * from it.
 */
void recorder_watch(struct qemu_plugin_insn *insn, struct watch *watch);
/*
 * Starts the trap (lock-trap.h) if ORDERS contains one. ENDED is called after each wait of a
 * stopped task, in the thread of the vCPU.
 */
void recorder_trap(const struct qemu_info *info,
		   void (*ended)(unsigned cpu, int64_t start_ns, int64_t length_ns, bool met,
				 void *data));
/* Lets the trap stop tasks if ARMED is true; otherwise ends all its waits. */
void recorder_arm(bool armed);
/*
 * Writes the record. Returns the number of edges, or -1 if locks are not recorded or a write
 * failed.
 */
long recorder_write(void);

#endif
