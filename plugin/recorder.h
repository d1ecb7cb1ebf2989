/* SPDX-License-Identifier: GPL-2.0-only */
/* The lock recorder's side to QEMU: registers and memory of the guest. */
#ifndef RIG_PLUGIN_RECORDER_H
#define RIG_PLUGIN_RECORDER_H

#include "plugin/api.h"
#include "plugin/orders.h"

/*
 * ORDERS, which stays: what to record; FD: the file for it. NULL, or why locks cannot be recorded:
 * a static string.
 */
const char *recorder_start(uint64_t id, const struct qemu_info *info, struct orders *orders,
			   int fd);
/* INSN is the first instruction of the function that WATCH names, or one that returns. */
void recorder_watch(struct qemu_plugin_insn *insn, struct watch *watch);
/*
 * Tasks are stopped in the trap, if ORDERS have one, while it is armed. ENDED is called after each
 * wait, by the vCPU's own thread.
 */
void recorder_trap(const struct qemu_info *info,
		   void (*ended)(unsigned cpu, int64_t start_ns, int64_t length_ns, bool met,
				 void *data));
void recorder_arm(bool armed);
/* Writes the file. The number of edges; -1: nothing is recorded, or an error. */
long recorder_write(void);

#endif
